//! A clock for a story with real sockets: each wait takes a small part of its length, and what happens between waits takes
//! no time at all, however slow the machine is.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use keyroll::domain::clock::Clock;
use time::OffsetDateTime;

/// A day of waiting takes about four seconds.
const HASTE: u32 = 20_000;

/// Moves only while somebody waits. Clones show the same time.
#[derive(Clone, Debug)]
pub(super) struct HastyClock(Arc<Mutex<OffsetDateTime>>);

impl HastyClock {
    /// A clock that shows `start` until somebody waits.
    pub(super) fn new(start: OffsetDateTime) -> Self {
        Self(Arc::new(Mutex::new(start)))
    }
}

#[async_trait]
impl Clock for HastyClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().expect("no panic")
    }

    async fn sleep(&self, duration: Duration) {
        let deadline = self.now() + duration;
        tokio::time::sleep(duration / HASTE).await;
        let mut now = self.0.lock().expect("no panic");
        *now = deadline.max(*now);
    }
}
