//! What happens in a run, as its journal holds it.

use time::OffsetDateTime;

use crate::domain::problem::Problem;

use super::step::Step;

/// The head of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// The run's id.
    pub run_id: String,
    /// `apply`, `roll` or `remove`.
    pub command: String,
    /// The media account's id.
    pub account: String,
    /// SHA-256 over the order's JSON with sorted members.
    pub order_digest: String,
    /// SHA-256 over the request's arguments; a run id used again with another request is refused.
    pub request_digest: String,
    /// keyroll's version.
    pub tool: String,
    /// The object id of who acts, if its token tells.
    pub identity: Option<String>,
    /// The user's change reference.
    pub change_reference: Option<String>,
    /// The names that were accepted.
    pub accepted: Vec<String>,
    /// The steps that cannot be undone and that somebody confirmed.
    pub confirmed: Vec<Step>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything is as it was ordered.
    Done,
    /// Somebody ended the run; what was done stays.
    Aborted,
}

impl Outcome {
    /// The name in contracts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Aborted => "aborted",
        }
    }

    /// The outcome of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Done, Self::Aborted].into_iter().find(|outcome| outcome.name() == name)
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The head of the journal.
    Started(Box<Started>),
    /// A process took the run up again.
    Resumed {
        /// keyroll's version.
        tool: String,
        /// The object id of who acts, if its token tells.
        identity: Option<String>,
        /// Names accepted in addition.
        accepted: Vec<String>,
    },
    /// A change is about to be sent.
    Intent {
        /// Which step.
        step: Step,
        /// What is touched: a resource id, or a key's identifier.
        touches: String,
    },
    /// The answer to a change was lost.
    Unknown {
        /// Which step.
        step: Step,
        /// What is known of the loss.
        why: String,
    },
    /// A step is done.
    Done {
        /// Which step.
        step: Step,
        /// What was touched.
        touches: String,
        /// What it came to.
        how: String,
        /// Whether `touches` did not exist before and this run created it.
        created: bool,
        /// The answer was lost, and a later look showed the change.
        seen_later: bool,
        /// Resource Manager's correlation id.
        correlation_id: Option<String>,
    },
    /// Nothing can be done before a time.
    Waiting {
        /// For which step.
        step: Step,
        /// When it is looked at again.
        until: OffsetDateTime,
        /// What is waited for.
        why: String,
    },
    /// The run stopped.
    Stopped {
        /// Why.
        problem: Box<Problem>,
    },
    /// A signal ended the command.
    Interrupted {
        /// The signal's number.
        signal: u8,
    },
    /// The run is over.
    Finished {
        /// How.
        outcome: Outcome,
    },
}

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// From 1.
    pub sequence: u64,
    /// When.
    pub time: OffsetDateTime,
    /// What.
    pub event: Event,
}
