//! The streaming check: URLs of locators answer before and after, and whatever keeps that from being said is told.

mod command_line;
mod recreating;
mod rig;
mod rotation;
mod urls;
mod viewers;
