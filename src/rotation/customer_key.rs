//! Runs of `customer-key`: look at everything, decide what is missing, do the first of it, look again.
//!
//! [`decide`], [`roll`] and [`remove`] are pure: from an order and what was found to the steps that are missing. `drive` carries out one at a time
//! and journals it before its request leaves. Because every round looks first, a run that is resumed needs to know hardly anything:
//! what it created (proven by the tag that it left there), and which version of a key is its own.

mod begin;
pub mod created;
pub mod decide;
mod drive;
pub mod engine;
pub mod journal;
mod look;
mod perform;
pub mod remove;
pub mod reporting;
pub mod roll;
pub mod standing;
pub mod state;

pub use begin::Draft;
pub use engine::{Engine, Listener, Order, Start};
