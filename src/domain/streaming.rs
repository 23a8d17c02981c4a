//! What streaming URLs answer, before and after something that could break them.

/// What the error's name says when the key that the origin holds is not accepted by storage (Streaming endpoint error codes).
pub const STORAGE_AUTHENTICATION_FAILED: &str = "MPE_STORAGE_AUTHENTICATION_FAILED";

/// A streaming URL of a locator. It is printed in web pages and no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamingUrl {
    /// The locator: its id (AMS v2) or its name (v3).
    pub locator: String,
    /// The whole URL.
    pub url: String,
}

/// The URLs to ask, and what has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// The URLs.
    pub urls: Vec<StreamingUrl>,
    /// The locators that have none, and why.
    pub without: Vec<(String, String)>,
    /// How many locators were left out of the sample.
    pub left_out: usize,
}

/// What a streaming URL said at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// It gave what a player asks for (any 2xx).
    Answers,
    /// It gave something else.
    Refuses {
        /// The HTTP status.
        status: u16,
        /// The error's name, where the answer holds one (`MPE_…`).
        error: Option<String>,
    },
    /// It was not heard: the host does not answer, or was not asked.
    Silent {
        /// Why, in one clause.
        why: String,
    },
}

impl Sighting {
    /// Whether storage refuses the key that the origin holds.
    #[must_use]
    pub fn is_dead_key(&self) -> bool {
        matches!(self, Self::Refuses { error: Some(error), .. } if error == STORAGE_AUTHENTICATION_FAILED)
    }

    /// Whether a URL that said this before is worth asking afterwards: nothing can be said of one that failed for another reason
    /// than its key.
    #[must_use]
    pub fn is_worth_asking(&self) -> bool {
        *self == Self::Answers || self.is_dead_key()
    }
}

impl std::fmt::Display for Sighting {
    /// One clause: `answers`, `answers 403 MPE_STORAGE_AUTHENTICATION_FAILED`, `is silent: no connection`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Answers => f.write_str("answers"),
            Self::Refuses { status, error: None } => write!(f, "answers {status}"),
            Self::Refuses { status, error: Some(error) } => write!(f, "answers {status} {error}"),
            Self::Silent { why } => write!(f, "is silent: {why}"),
        }
    }
}

/// A streaming URL, and what it said before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    /// The URL.
    pub at: StreamingUrl,
    /// What it said.
    pub seen: Sighting,
}

/// What became of a streaming URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It answers as before.
    Answers,
    /// It answers, and did not before, because its key was dead.
    AnswersNow,
    /// Nothing can be said.
    NotChecked {
        /// Why, in one clause.
        why: String,
    },
    /// It answered before and does not now.
    Fails {
        /// What it says instead, in one clause.
        why: String,
    },
}

impl Verdict {
    /// The name in contracts.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Answers => "answers",
            Self::AnswersNow => "answersNow",
            Self::NotChecked { .. } => "notChecked",
            Self::Fails { .. } => "fails",
        }
    }
}

impl std::fmt::Display for Verdict {
    /// One clause about the URL.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Answers => f.write_str("answers as before"),
            Self::AnswersNow => f.write_str("answers, and did not before"),
            Self::NotChecked { why } => write!(f, "could not be checked: {why}"),
            Self::Fails { why } => write!(f, "answered before, and now {why}"),
        }
    }
}

/// A streaming URL and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The URL.
    pub at: StreamingUrl,
    /// What became of it.
    pub verdict: Verdict,
}

/// What is known of an account's streaming URLs before something that could break them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// The URLs that were asked, and what they said.
    pub urls: Vec<Baseline>,
    /// The locators that have no URL to ask, and why.
    pub without: Vec<(String, String)>,
    /// How many locators were left out of the sample.
    pub left_out: usize,
}

/// How the streaming URLs of an account fared. Says what was not looked at (design, promise P9).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct After {
    /// The URLs.
    pub urls: Vec<Checked>,
    /// The locators that have no URL to ask, and why.
    pub without: Vec<(String, String)>,
    /// How many locators were left out of the sample.
    pub left_out: usize,
}

/// How many URLs came to which end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Answer as before, or again.
    pub answer: usize,
    /// Could not be checked.
    pub not_checked: usize,
    /// Answered before and do not now.
    pub fail: usize,
}

impl Tally {
    /// Counts verdicts.
    pub fn of<'a>(verdicts: impl IntoIterator<Item = &'a Verdict>) -> Self {
        let mut tally = Self::default();
        for verdict in verdicts {
            match verdict {
                Verdict::Answers | Verdict::AnswersNow => tally.answer += 1,
                Verdict::NotChecked { .. } => tally.not_checked += 1,
                Verdict::Fails { .. } => tally.fail += 1,
            }
        }
        tally
    }
}

impl std::fmt::Display for Tally {
    /// `3 answer as before, 1 could not be checked, 1 fails`, without what there is none of.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plural = |count: usize, one: &str, more: &str| format!("{count} {}", if count == 1 { one } else { more });
        let parts = [
            (self.answer, plural(self.answer, "answers as before", "answer as before")),
            (self.not_checked, format!("{} could not be checked", self.not_checked)),
            (self.fail, plural(self.fail, "fails", "fail")),
        ];
        let parts: Vec<String> = parts.into_iter().filter(|(count, _)| *count > 0).map(|(_, text)| text).collect();
        f.write_str(if parts.is_empty() { "none was checked".to_owned() } else { parts.join(", ") }.as_str())
    }
}

impl After {
    /// How many URLs came to which end; a locator without a URL could not be checked.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::of(self.urls.iter().map(|checked| &checked.verdict));
        tally.not_checked += self.without.len();
        tally
    }

    /// One sentence without a full stop: how many URLs came to which end, and how many locators were not looked at.
    #[must_use]
    pub fn summary(&self) -> String {
        format!("streaming URLs: {}", self.came_to())
    }

    /// The same, without what it is about.
    #[must_use]
    pub fn came_to(&self) -> String {
        match self.left_out {
            0 => self.tally().to_string(),
            left => format!("{}; {left} locators were not looked at", self.tally()),
        }
    }

    /// The URLs that answered before and do not now.
    pub fn failing(&self) -> impl Iterator<Item = &Checked> {
        self.urls.iter().filter(|checked| matches!(checked.verdict, Verdict::Fails { .. }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_tells_what_was_not_looked_at() {
        let at = StreamingUrl { locator: "l".into(), url: "https://o/l/".into() };
        let checked = |verdict| Checked { at: at.clone(), verdict };
        let after = After {
            urls: vec![checked(Verdict::Answers), checked(Verdict::Fails { why: "answers 404".into() })],
            without: vec![("m".into(), "no streaming endpoint is running".into())],
            left_out: 7,
        };
        assert_eq!(
            after.summary(),
            "streaming URLs: 1 answers as before, 1 could not be checked, 1 fails; 7 locators were not looked at"
        );
        assert_eq!(after.failing().count(), 1);
        assert_eq!(After::default().summary(), "streaming URLs: none was checked");
    }

    #[test]
    fn a_dead_key_is_told_by_the_name_that_the_service_gives_it() {
        let refuses = |error: Option<&str>| Sighting::Refuses { status: 403, error: error.map(str::to_owned) };
        assert!(refuses(Some(STORAGE_AUTHENTICATION_FAILED)).is_dead_key());
        assert!(!refuses(Some("MPE_OUTPUT_FORMAT_BLOCKED")).is_dead_key() && !refuses(None).is_dead_key());
        assert_eq!(refuses(Some("MPE_X")).to_string(), "answers 403 MPE_X");
    }
}
