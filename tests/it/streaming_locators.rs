//! Streaming locators of AMS v3: none is ever lost (promise P4), and no content key is told (promise P6).

mod bad_days;
mod command_line;
mod content_keys;
mod crashes;
mod recreating;
pub mod rig;
mod seal_keys;
mod simulation;
