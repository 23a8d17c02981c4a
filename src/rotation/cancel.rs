//! Ending a run from outside: a signal, or a host's `cancel`.

use std::sync::Arc;

use tokio::sync::watch;

/// A switch that ends the run at the next safe place. Cheap to clone; all clones are one switch.
#[derive(Clone, Debug)]
pub struct Cancel(Arc<watch::Sender<Option<u8>>>);

impl Default for Cancel {
    fn default() -> Self {
        Self::new()
    }
}

impl Cancel {
    /// A switch that is off.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }

    /// Turns the switch on; `signal` is 2, 15 or 1 and becomes the exit code 128 + `signal`.
    pub fn trigger(&self, signal: u8) {
        self.0.send_if_modified(|state| {
            let first = state.is_none();
            if first {
                *state = Some(signal);
            }
            first
        });
    }

    /// The signal, if the switch is on.
    #[must_use]
    pub fn signal(&self) -> Option<u8> {
        *self.0.borrow()
    }

    /// Returns the signal once the switch is on; never before.
    pub async fn wait(&self) -> u8 {
        let mut receiver = self.0.subscribe();
        loop {
            if let Some(signal) = *receiver.borrow_and_update() {
                return signal;
            }
            if receiver.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}
