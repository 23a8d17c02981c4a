//! Time that runs a number of times as fast as the machine's, the same in every process that knows its anchor.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::domain::clock::Clock;

/// A clock that shows `shown` when the machine's shows `anchor`, and runs `times` as fast from there. Written to a
/// file, it makes a client share the time of a simulated Azure in another process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScaledClock {
    /// A moment of the machine's clock, in milliseconds since 1970.
    pub anchor_milliseconds: i64,
    /// What this clock shows at that moment, in milliseconds since 1970.
    pub shown_milliseconds: i64,
    /// How many times as fast it runs; at least 1.
    pub times: u32,
}

impl ScaledClock {
    /// A clock that shows `shown` now.
    #[must_use]
    pub fn starting_at(shown: OffsetDateTime, times: u32) -> Self {
        Self {
            anchor_milliseconds: milliseconds(OffsetDateTime::now_utc()),
            shown_milliseconds: milliseconds(shown),
            times: times.max(1),
        }
    }

    /// A clock that begins with the machine's time.
    #[must_use]
    pub fn starting_now(times: u32) -> Self {
        Self::starting_at(OffsetDateTime::now_utc(), times)
    }

    fn shown_at(&self, machine: i64) -> OffsetDateTime {
        let passed = machine.saturating_sub(self.anchor_milliseconds).saturating_mul(i64::from(self.times.max(1)));
        let shown = i128::from(self.shown_milliseconds.saturating_add(passed)) * 1_000_000;
        OffsetDateTime::from_unix_timestamp_nanos(shown).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

#[async_trait]
impl Clock for ScaledClock {
    fn now(&self) -> OffsetDateTime {
        self.shown_at(milliseconds(OffsetDateTime::now_utc()))
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration / self.times.max(1)).await;
    }
}

fn milliseconds(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_of_the_machine_is_an_hour_here_in_every_process() {
        let clock = ScaledClock { anchor_milliseconds: 1_000_000, shown_milliseconds: 0, times: 3600 };
        assert_eq!(clock.shown_at(1_001_000), OffsetDateTime::UNIX_EPOCH + time::Duration::HOUR);
        let text = serde_json::to_string(&clock).expect("serialises");
        assert_eq!(serde_json::from_str::<ScaledClock>(&text).expect("reads"), clock);
    }
}
