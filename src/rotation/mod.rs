//! The rotation: discover, plan, decide (pure), drive (loop), journal and state.
//!
//! [`planner`] turns an [`inventory`] into a plan; [`decide`] says what comes next, from plan, journal and time alone;
//! [`drive`] carries that out and journals every change before its request leaves; [`engine`] is the door for commands.

mod abort;
mod address_file;
pub mod amend;
mod begin;
pub mod cancel;
mod certificate;
pub mod chain;
pub mod customer_key;
pub mod decide;
pub mod drive;
pub mod engine;
pub mod folder;
mod given;
pub mod inventory;
pub mod jobs;
pub mod journal;
pub mod kind;
pub mod legs;
pub mod locators;
pub mod memory;
mod outlook;
mod perform;
pub mod planner;
pub mod reporting;
pub mod seal;
pub mod sink;
pub mod state;
pub mod storage;
pub mod streaming_check;
mod streaming_outlook;
pub mod sync;
pub mod timing;
pub mod together;
pub mod unfinished;
pub mod verify;

pub use cancel::Cancel;
pub use drive::Patience;
pub use engine::{Engine, Start};
pub use sink::Sink;
