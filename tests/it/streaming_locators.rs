//! Streaming locators of AMS v3: none is ever lost (promise P4), and no content key is told (promise P6).

mod bad_days;
mod command_line;
mod conditions;
mod content_keys;
mod crashes;
mod kills;
mod recreating;
mod resuming;
pub mod rig;
mod roles;
mod seal_keys;
mod simulation;
