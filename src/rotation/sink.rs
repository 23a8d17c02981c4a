//! Who is told of a run while it goes.

use std::fmt::Debug;

use crate::domain::event::Entry;

use super::state::RunState;

/// Told of every journal entry as it is written: progress, `--events`, the host conversation.
pub trait Sink: Send + Sync + Debug {
    /// One entry, with the state after it.
    fn entry(&self, run_id: &str, entry: &Entry, state: &RunState);
}
