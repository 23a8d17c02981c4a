//! Every story that crosses the whole path, in one binary.

mod bad_days;
mod crashes;
mod house;
mod rig;
mod rotation;
mod worlds;
