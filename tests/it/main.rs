//! Every story that crosses the whole path, in one binary.

mod house;
mod rig;
mod rotation;
