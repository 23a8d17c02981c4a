//! Every story that crosses the whole path, in one binary.

mod bad_days;
mod binary;
mod cli_bad_input;
#[cfg(feature = "serve")]
mod cli_roll;
mod cli_surface;
mod crashes;
mod house;
mod rig;
mod rotation;
#[cfg(feature = "serve")]
mod served;
mod worlds;
