//! Time, as a thing that can be handed in: the machine's, compressed for a demonstration, or virtual in a test.

use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;

/// Tells the time and waits. Everything in keyroll that waits does so here, so that a test or the demonstration can
/// run a day in a moment.
#[async_trait]
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The time now, in UTC.
    fn now(&self) -> OffsetDateTime;

    /// Returns when `duration` has passed on this clock.
    async fn sleep(&self, duration: Duration);
}
