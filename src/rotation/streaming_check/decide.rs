//! What comes next for one streaming URL. Pure: from what it said before, what it said last, and the time.
//!
//! Endpoints answer from their caches for five minutes, what was there and what was not. An answer within that time proves nothing,
//! and a question within it could even put "not there" into the cache, for everybody: so nothing is asked before.
//!
//! | before | last | then |
//! | --- | --- | --- |
//! | silent, or refused for another reason than a dead key | | not checked |
//! | answered | answers | answers |
//! | answered | refuses, until the ceiling | fails |
//! | answered | silent, until the ceiling | not checked: the host cannot be reached |
//! | refused, its key dead | answers | answers now |
//! | refused, its key dead | anything else, until the ceiling | not checked |

use std::time::Duration;

use time::OffsetDateTime;

use crate::domain::streaming::{Sighting, Verdict};

/// How long streaming endpoints answer from their caches.
pub const CACHE: Duration = Duration::from_secs(5 * 60);
/// How often a URL is asked at least before it is said to fail, however late it is.
const LEAST: u32 = 3;

/// How a URL is waited on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How long after the event the first question is asked.
    pub first: Duration,
    /// How long after a question the next one is asked.
    pub pace: Duration,
    /// How long after the event a URL that does not answer is said to fail.
    pub ceiling: Duration,
}

/// After a locator of AMS v2 was made again: it answers after 30 to 40 seconds, and caches keep what they had for five minutes.
pub const V2_LOCATOR: Patience =
    Patience { first: Duration::from_secs(5 * 60 + 10), pace: Duration::from_secs(20), ceiling: Duration::from_secs(10 * 60) };

/// After a streaming locator of v3 was made again.
pub const V3_LOCATOR: Patience = V2_LOCATOR;

/// After a key has died: the origins of v3 take over the other one within the hour.
pub const KEY: Patience =
    Patience { first: Duration::from_secs(5 * 60 + 10), pace: Duration::from_secs(60), ceiling: Duration::from_secs(60 * 60) };

/// What was asked of a URL last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What it said.
    pub seen: Sighting,
    /// When.
    pub at: OffsetDateTime,
    /// How often it was asked by then.
    pub times: u32,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing before this time.
    Wait(OffsetDateTime),
    /// Ask it.
    Ask,
    /// Nothing more.
    Over(Verdict),
}

/// What comes next for a URL that said `before`, and `last` after what happened at `since`.
#[must_use]
pub fn decide(before: &Sighting, last: Option<&Asked>, since: OffsetDateTime, now: OffsetDateTime, patience: &Patience) -> Next {
    if !before.is_worth_asking() {
        return Next::Over(Verdict::NotChecked { why: format!("before, it {}", past(before)) });
    }
    let first = since + patience.first;
    let Some(asked) = last else { return if now < first { Next::Wait(first) } else { Next::Ask } };
    if asked.seen == Sighting::Answers {
        return Next::Over(if before.is_dead_key() { Verdict::AnswersNow } else { Verdict::Answers });
    }
    if asked.times >= LEAST && now >= since + patience.ceiling {
        return Next::Over(end(before, &asked.seen));
    }
    let next = asked.at + patience.pace;
    if now < next { Next::Wait(next) } else { Next::Ask }
}

fn end(before: &Sighting, last: &Sighting) -> Verdict {
    match last {
        Sighting::Silent { why } => Verdict::NotChecked { why: why.clone() },
        refuses if before.is_dead_key() => {
            Verdict::NotChecked { why: format!("before, it {}, and now it {refuses}", past(before)) }
        }
        refuses => Verdict::Fails { why: refuses.to_string() },
    }
}

fn past(seen: &Sighting) -> String {
    match seen {
        Sighting::Silent { why } => format!("was silent: {why}"),
        answered => answered.to_string().replacen("answers", "answered", 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::streaming::STORAGE_AUTHENTICATION_FAILED;

    fn at(seconds: u64) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn refuses(status: u16, error: Option<&str>) -> Sighting {
        Sighting::Refuses { status, error: error.map(str::to_owned) }
    }

    fn silent() -> Sighting {
        Sighting::Silent { why: "o cannot be reached".into() }
    }

    fn next(before: &Sighting, last: Option<(Sighting, u64, u32)>, now: u64) -> Next {
        let asked = last.map(|(seen, when, times)| Asked { seen, at: at(when), times });
        decide(before, asked.as_ref(), at(0), at(now), &V2_LOCATOR)
    }

    #[test]
    fn nothing_is_asked_while_a_cache_could_answer() {
        assert_eq!(next(&Sighting::Answers, None, 0), Next::Wait(at(310)));
        assert_eq!(next(&Sighting::Answers, None, 310), Next::Ask);
        assert_eq!(next(&Sighting::Answers, None, 90_000), Next::Ask);
        assert!(V2_LOCATOR.first > CACHE && KEY.first > CACHE);
    }

    #[test]
    fn what_did_not_answer_before_cannot_be_checked_and_is_not_asked() {
        for before in [silent(), refuses(404, None), refuses(302, None), refuses(403, Some("MPE_OUTPUT_FORMAT_BLOCKED"))] {
            let Next::Over(Verdict::NotChecked { why }) = next(&before, None, 0) else { panic!("{before:?}") };
            assert!(why.starts_with("before, it "), "{why}");
        }
    }

    #[test]
    fn an_answer_ends_it_and_a_refusal_is_asked_again_until_the_ceiling() {
        let before = Sighting::Answers;
        assert_eq!(next(&before, Some((Sighting::Answers, 310, 1)), 310), Next::Over(Verdict::Answers));
        assert_eq!(next(&before, Some((refuses(404, None), 310, 1)), 310), Next::Wait(at(330)));
        assert_eq!(next(&before, Some((refuses(404, None), 310, 1)), 330), Next::Ask);
        let dead = refuses(403, Some(STORAGE_AUTHENTICATION_FAILED));
        let why = "answers 403 MPE_STORAGE_AUTHENTICATION_FAILED".to_owned();
        assert_eq!(next(&before, Some((dead, 600, 15)), 600), Next::Over(Verdict::Fails { why }));
    }

    #[test]
    fn however_late_it_is_one_bad_answer_is_not_the_end() {
        assert_eq!(next(&Sighting::Answers, Some((refuses(404, None), 9000, 2)), 9000), Next::Wait(at(9020)));
        assert!(matches!(next(&Sighting::Answers, Some((refuses(404, None), 9000, 3)), 9000), Next::Over(Verdict::Fails { .. })));
    }

    #[test]
    fn a_host_that_cannot_be_reached_any_more_is_no_failure_of_the_locator() {
        let Next::Over(Verdict::NotChecked { why }) = next(&Sighting::Answers, Some((silent(), 600, 9)), 600) else {
            panic!("it cannot be checked");
        };
        assert_eq!(why, "o cannot be reached");
    }

    #[test]
    fn a_url_that_failed_because_its_key_was_dead_is_waited_on_too() {
        let dead = refuses(403, Some(STORAGE_AUTHENTICATION_FAILED));
        assert_eq!(next(&dead, None, 0), Next::Wait(at(310)));
        assert_eq!(next(&dead, Some((Sighting::Answers, 310, 1)), 310), Next::Over(Verdict::AnswersNow));
        assert!(matches!(next(&dead, Some((dead.clone(), 600, 9)), 600), Next::Over(Verdict::NotChecked { .. })));
    }
}
