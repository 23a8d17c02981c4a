//! Recreating locators under the same id, so that no address is ever lost (design, promise P4).
//!
//! [`survey`] (AMS v2) and [`streaming_survey`] (AMS v3) list and judge, [`decide`] says what comes next for one locator, from the journal's records and what was
//! seen, alone; [`perform`](self) carries that out and journals every change before its request leaves; [`engine`] is the
//! door for commands.

pub mod addresses;
pub mod decide;
mod drive;
pub mod engine;
pub mod journal;
mod media;
mod perform;
mod private_file;
pub mod reporting;
mod sealing;
pub mod state;
mod streaming_surroundings;
pub mod streaming_survey;
pub mod streams;
mod surroundings;
pub mod survey;

pub use engine::{Engine, Listener, Start};
pub use sealing::Sealing;
