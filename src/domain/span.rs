//! A length of time as people read it.

use std::time::Duration;

/// `17s`, `10m`, `1h 30m`, `24h`, `7d`: the two largest units, rounded down; hours go up to two days.
#[must_use]
pub fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (large, rest, small) = match seconds {
        0..60 => return format!("{seconds}s"),
        60..3_600 => (format!("{}m", seconds / 60), seconds % 60, "s"),
        3_600..172_801 => (format!("{}h", seconds / 3_600), seconds % 3_600 / 60, "m"),
        _ => (format!("{}d", seconds / 86_400), seconds % 86_400 / 3_600, "h"),
    };
    if rest == 0 { large } else { format!("{large} {rest}{small}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_units_at_most() {
        for (seconds, text) in
            [(0, "0s"), (17, "17s"), (600, "10m"), (90, "1m 30s"), (5_400, "1h 30m"), (86_400, "24h"), (604_800, "7d")]
        {
            assert_eq!(span(Duration::from_secs(seconds)), text);
        }
        assert_eq!(span(Duration::from_secs(3 * 86_400 + 7_300)), "3d 2h");
    }
}
