//! Every story that crosses the whole path, in one binary.

mod azurite;
mod bad_days;
mod binary;
mod cli_bad_input;
#[cfg(feature = "serve")]
mod cli_roll;
mod cli_surface;
mod crashes;
mod dependents;
mod house;
mod publish_time;
mod recordings;
mod requests;
mod rig;
mod rotation;
#[cfg(feature = "serve")]
mod served;
mod simulation;
mod worlds;
