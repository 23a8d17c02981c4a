//! Times and durations as people read them. Times are UTC and say so.

use std::time::Duration;

use time::{OffsetDateTime, UtcOffset};

pub use crate::domain::span::span;

/// `02:05`, in UTC.
#[must_use]
pub fn clock(time: OffsetDateTime) -> String {
    let time = time.to_offset(UtcOffset::UTC);
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// `02:05:03`, in UTC.
#[must_use]
pub fn exact(time: OffsetDateTime) -> String {
    format!("{}:{:02}", clock(time), time.to_offset(UtcOffset::UTC).second())
}

/// `2026-11-22 02:05 UTC`.
#[must_use]
pub fn date(time: OffsetDateTime) -> String {
    format!("{} {} UTC", time.to_offset(UtcOffset::UTC).date(), clock(time))
}

/// `Sun 04:10 UTC` within a week of `now`, else the date.
#[must_use]
pub fn near(time: OffsetDateTime, now: OffsetDateTime) -> String {
    if (time - now).abs() >= time::Duration::days(6) {
        return date(time);
    }
    let weekday = time.to_offset(UtcOffset::UTC).weekday().to_string();
    format!("{} {} UTC", &weekday[..3], clock(time))
}

/// `02:05` on the day of `start`, later `Mon 02:05`: for lists that say elsewhere that times are UTC.
#[must_use]
pub fn within(time: OffsetDateTime, start: OffsetDateTime) -> String {
    let (time, start) = (time.to_offset(UtcOffset::UTC), start.to_offset(UtcOffset::UTC));
    if time.date() == start.date() { clock(time) } else { near(time, start).replace(" UTC", "") }
}

/// How old something is: `212d`, or hours within the first two days.
#[must_use]
pub fn age(since: OffsetDateTime, now: OffsetDateTime) -> String {
    let seconds = (now - since).whole_seconds().max(0);
    match seconds {
        0..3_600 => format!("{}m", seconds / 60),
        3_600..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// `1.3s` below ten seconds, longer ones in whole seconds.
#[must_use]
pub fn brief(length: Duration) -> String {
    if length < Duration::from_secs(10) { format!("{:.1}s", length.as_secs_f64()) } else { span(length) }
}

/// The length between two times.
#[must_use]
pub fn between(from: OffsetDateTime, to: OffsetDateTime) -> Duration {
    (to - from).try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_say_that_they_are_utc() {
        let time = OffsetDateTime::from_unix_timestamp(1_795_313_100).expect("a time");
        assert_eq!((clock(time), exact(time)), ("02:05".into(), "02:05:00".into()));
        assert_eq!(date(time), "2026-11-22 02:05 UTC");
        assert_eq!(near(time, time - time::Duration::days(2)), "Sun 02:05 UTC");
        assert_eq!(near(time, time - time::Duration::days(20)), "2026-11-22 02:05 UTC");
        assert_eq!(within(time, time - time::Duration::hours(1)), "02:05");
        assert_eq!(within(time, time - time::Duration::hours(3)), "Sun 02:05");
        assert_eq!(age(time - time::Duration::days(212), time), "212d");
        assert_eq!(age(time - time::Duration::hours(30), time), "30h");
    }
}
