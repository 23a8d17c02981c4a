//! Every story that crosses the whole path, in one binary.

mod azurite;
mod bad_days;
mod crashes;
mod house;
mod publish_time;
mod requests;
mod rig;
mod rotation;
mod worlds;
