//! Every story that crosses the whole path, in one binary.

#![allow(unreachable_pub, reason = "one binary, many modules")]

mod bad_days;
mod crashes;
mod dependents;
mod house;
mod recordings;
mod rig;
mod rotation;
mod simulation;
mod worlds;
