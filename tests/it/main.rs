//! Every story that crosses the whole path, in one binary.

mod azurite;
mod crashes;
mod house;
mod rig;
mod rotation;
mod worlds;
