//! The machine's clock.

use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::domain::clock::Clock;

/// Wall time and tokio's timer: the only place in keyroll that uses either.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
