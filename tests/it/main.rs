//! Every story that crosses the whole path, in one binary.

#![allow(unreachable_pub, reason = "one binary, many modules")]

mod azurite;
mod bad_days;
mod crashes;
mod dependents;
mod house;
mod publish_time;
mod recordings;
mod requests;
mod rig;
mod rotation;
mod simulation;
mod worlds;
