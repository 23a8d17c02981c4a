//! Locators of AMS v2: none is ever lost (promise P4).

mod bad_days;
pub mod command_line;
mod crashes;
pub mod kills;
mod meanwhile;
mod numbers;
pub mod recreating;
pub mod rig;
mod simulation;
