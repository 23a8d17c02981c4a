//! Times as RFC 3339 in UTC, durations as people write them (`1h 30m`).

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// A point in time on the wire: RFC 3339 in UTC, as many digits of a second as needed, at most nine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub OffsetDateTime);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text(self.0))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = String::deserialize(deserializer)?;
        parse(&written).map(Self).ok_or_else(|| D::Error::custom(format_args!("`{written}` is not an RFC 3339 time")))
    }
}

/// A length of time on the wire: `90s`, `1h 30m`, `7days`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Duration);

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&humantime::format_duration(self.0))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = String::deserialize(deserializer)?;
        duration(&written).map(Self).map_err(D::Error::custom)
    }
}

/// The longest length of time that is read, ten years: any time of ours plus it can still be told.
const LONGEST: Duration = Duration::from_secs(10 * 366 * 86_400);

/// Reads a length of time as it is written in contracts and on the command line.
///
/// # Errors
/// A sentence, when it is none or is longer than ten years.
pub fn duration(written: &str) -> Result<Duration, String> {
    let read = humantime::parse_duration(written)
        .map_err(|_| format!("`{written}` is not a length of time: write a number and a unit, such as 30m, 24h or 7d"))?;
    if read > LONGEST { Err(format!("`{written}` is longer than ten years")) } else { Ok(read) }
}

/// A time as it is written in contracts.
#[must_use]
pub fn text(time: OffsetDateTime) -> String {
    // Only years outside 0 to 9999 cannot be written; no clock of ours reaches them.
    time.to_offset(UtcOffset::UTC).format(&Rfc3339).unwrap_or_else(|_| "0000-01-01T00:00:00Z".to_owned())
}

/// Reads a time as it is written in contracts.
#[must_use]
pub fn parse(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(|time| time.to_offset(UtcOffset::UTC))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nanoseconds_and_whole_seconds_survive() {
        for written in ["2026-11-22T02:05:00Z", "2026-11-22T02:05:00.000000001Z", "2026-11-22T02:05:00.5Z"] {
            assert_eq!(text(parse(written).expect(written)), written);
        }
        assert_eq!(text(parse("2026-11-22T03:05:00+01:00").expect("an offset")), "2026-11-22T02:05:00Z");
        assert_eq!(parse("yesterday"), None);
    }

    #[test]
    fn durations_are_written_as_people_write_them() {
        for (seconds, written) in [(0, "0s"), (90, "1m 30s"), (86_400, "1day"), (3_600, "1h")] {
            let span = Span(Duration::from_secs(seconds));
            assert_eq!(serde_json::to_value(span).expect("a string"), written);
            assert_eq!(serde_json::from_value::<Span>(written.into()).expect(written), span);
        }
        for refused in ["soon", "11years", "99999999999999days"] {
            assert!(serde_json::from_value::<Span>(refused.into()).is_err(), "{refused}");
        }
    }
}
