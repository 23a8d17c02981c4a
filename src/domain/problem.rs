//! What went wrong: a kind, a sentence, causes, and the way out.

use std::fmt;

use super::text;

/// The kind of a problem decides the exit code and what a caller may do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The command line, input or a file that the user named is wrong.
    Usage,
    /// A resource, run or file is not there, or not visible to this identity.
    NotFound,
    /// Sign-in failed or a permission is missing.
    Permission,
    /// Another run holds the storage account or the dependent.
    Locked,
    /// The world no longer matches the plan or the journal.
    Drift,
    /// A pre-check, evidence or a missing confirmation blocks the run; nothing was changed by this act.
    Blocked,
    /// A person must act before the run can go on.
    Person,
    /// A change was sent and nobody knows whether it took effect.
    OutcomeUnknown,
    /// The service or the network failed; the journal says how to go on.
    Failed,
    /// A signal or a cancel ended the command; the number is the signal's (2, 15, 1).
    Interrupted(u8),
}

impl Kind {
    /// The process exit code (design, section 4). This is the only place that maps kinds to codes.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Failed | Self::OutcomeUnknown => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Permission => 4,
            Self::Locked => 9,
            Self::Drift => 11,
            Self::Blocked => 12,
            Self::Person => 42,
            Self::Interrupted(signal) => 128 + signal,
        }
    }

    /// The name of the kind in contracts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::NotFound => "notFound",
            Self::Permission => "permission",
            Self::Locked => "locked",
            Self::Drift => "drift",
            Self::Blocked => "blocked",
            Self::Person => "person",
            Self::OutcomeUnknown => "outcomeUnknown",
            Self::Failed => "failed",
            Self::Interrupted(_) => "interrupted",
        }
    }
}

/// One failure as every surface shows it: one clear sentence naming the thing, causes, hints and the exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Decides the exit code.
    pub kind: Kind,
    /// A stable name in lowerCamelCase, for scripts.
    pub code: String,
    /// One sentence without a full stop at its end. Control characters are already replaced.
    pub message: String,
    /// What lies beneath, outermost first.
    pub causes: Vec<String>,
    /// Ways out, each a clause that begins with a verb.
    pub hints: Vec<String>,
    /// The HTTP status, when a service answered.
    pub http_status: Option<u16>,
    /// The service's own error code (`ResourceNotFound`).
    pub service_code: Option<String>,
    /// Resource Manager's correlation id, which support asks for.
    pub correlation_id: Option<String>,
    /// The names that `--accept` still needs, for a run that asks.
    pub accept: Vec<String>,
    /// The question that a host has to put to its user.
    pub question: Option<String>,
}

impl Problem {
    /// A problem of the given kind. `message` is made safe for a terminal.
    #[must_use]
    pub fn new(kind: Kind, code: &str, message: impl AsRef<str>) -> Self {
        Self {
            kind,
            code: code.to_owned(),
            message: text::shortened(&text::visible(message.as_ref()), 2000),
            causes: Vec::new(),
            hints: Vec::new(),
            http_status: None,
            service_code: None,
            correlation_id: None,
            accept: Vec::new(),
            question: None,
        }
    }

    /// The command line, input or a named file is wrong.
    #[must_use]
    pub fn usage(code: &str, message: impl AsRef<str>) -> Self {
        Self::new(Kind::Usage, code, message)
    }

    /// The thing is not there or not visible.
    #[must_use]
    pub fn not_found(code: &str, message: impl AsRef<str>) -> Self {
        Self::new(Kind::NotFound, code, message)
    }

    /// The service or network failed.
    #[must_use]
    pub fn failed(code: &str, message: impl AsRef<str>) -> Self {
        Self::new(Kind::Failed, code, message)
    }

    /// A pre-check blocks.
    #[must_use]
    pub fn blocked(code: &str, message: impl AsRef<str>) -> Self {
        Self::new(Kind::Blocked, code, message)
    }

    /// The world differs from the plan or journal.
    #[must_use]
    pub fn drift(code: &str, message: impl AsRef<str>) -> Self {
        Self::new(Kind::Drift, code, message)
    }

    /// A person must act.
    #[must_use]
    pub fn person(code: &str, message: impl AsRef<str>) -> Self {
        Self::new(Kind::Person, code, message)
    }

    /// Adds a way out.
    #[must_use]
    pub fn hint(mut self, hint: impl AsRef<str>) -> Self {
        self.hints.push(text::shortened(&text::visible(hint.as_ref()), 2000));
        self
    }

    /// Adds a cause beneath the ones already there.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.causes.push(text::shortened(&text::visible(&cause.to_string()), 2000));
        self
    }

    /// The exit code of the process that ends with this problem.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.kind.exit_code()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for cause in &self.causes {
            write!(f, ": {cause}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_the_exit_code_of_the_design() {
        let codes = [
            (Kind::Failed, 1),
            (Kind::OutcomeUnknown, 1),
            (Kind::Usage, 2),
            (Kind::NotFound, 3),
            (Kind::Permission, 4),
            (Kind::Locked, 9),
            (Kind::Drift, 11),
            (Kind::Blocked, 12),
            (Kind::Person, 42),
            (Kind::Interrupted(2), 130),
            (Kind::Interrupted(15), 143),
            (Kind::Interrupted(1), 129),
        ];
        for (kind, code) in codes {
            assert_eq!(kind.exit_code(), code, "{}", kind.name());
        }
    }
}
