//! Every story that crosses the whole path, in one binary.

mod azurite;
mod house;
mod rig;
mod rotation;
