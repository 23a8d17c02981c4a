//! Pure types and rules: what a storage account, a key, a dependent, a plan and a run *are*.
//!
//! Nothing here reads a clock, a file, the network or the environment. Wire shapes live in [`crate::contract`].

pub mod account;
pub mod act;
pub mod binding;
pub mod clock;
pub mod connection_string;
pub mod customer_key;
pub mod dependent;
pub mod event;
pub mod key;
pub mod locator;
pub mod media_v2;
pub mod plan;
pub mod planted;
pub mod problem;
pub mod report;
pub mod resource_id;
pub mod shared_access;
pub mod span;
pub mod streaming;
pub mod sync;
pub mod text;
