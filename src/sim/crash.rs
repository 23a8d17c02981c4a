//! The death of the caller's process, as something that can be arranged.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Shared between the simulator, the journal under test and the driver: once tripped, every call parks for ever, and
/// the driver drops the future. World and journal survive. Clones are the same switch.
#[derive(Clone, Debug, Default)]
pub struct CrashSwitch(Arc<AtomicBool>);

impl CrashSwitch {
    /// A switch that has not been tripped.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Kills the process.
    pub fn trip(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Starts a new process.
    pub fn reset(&self) {
        self.0.store(false, Ordering::Release);
    }

    /// Whether the process is dead.
    #[must_use]
    pub fn is_tripped(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
