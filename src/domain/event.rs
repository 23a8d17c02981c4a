//! What happens in a run, as the journal holds it. A run's state is a fold of these events and nothing else.

use time::OffsetDateTime;

use super::account::{KeyState, Service};
use super::act::Act;
use super::binding::Held;
use super::dependent::Dependent;
use super::key::{Fingerprint, Slot};
use super::plan::{Acceptance, Step};
use super::problem::Problem;
use super::streaming::{Before, Checked};

/// How a check ended, as it is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// The old key would have failed the check.
    Proven,
    /// Nothing contradicts, and nothing could.
    Assumed,
}

impl Certainty {
    /// The name in contracts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Assumed => "assumed",
        }
    }

    /// The certainty of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Proven, Self::Assumed].into_iter().find(|certainty| certainty.name() == name)
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every step was done.
    Done,
    /// Everything that could be was pointed back.
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

/// The head of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunStarted {
    /// The run's id.
    pub run_id: String,
    /// The account's resource id.
    pub account: String,
    /// SHA-256 over the plan's JSON with sorted members.
    pub plan_digest: String,
    /// SHA-256 over the request's arguments with sorted members; a run id used again with another request is refused.
    pub request_digest: String,
    /// keyroll's version.
    pub tool: String,
    /// The object id of the identity that acts, if its token tells.
    pub identity: Option<String>,
    /// The user's change reference (`CHG1234`).
    pub change_reference: Option<String>,
    /// The names that were accepted.
    pub accepted: Vec<String>,
    /// Both slots before the run.
    pub keys: KeyState,
    /// The runs of the same request on other accounts: begun before any of them changes anything.
    pub siblings: Vec<String>,
}

/// One thing that happened. `step` is the step's number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The head of the journal.
    RunStarted(Box<RunStarted>),
    /// A process took the run up again; earlier failures are tried anew.
    Resumed {
        /// keyroll's version.
        tool: String,
        /// The object id of the identity that acts, if its token tells.
        identity: Option<String>,
        /// Names accepted in addition.
        accepted: Vec<String>,
    },
    /// A step began.
    StepStarted {
        /// Which step.
        step: u32,
    },
    /// Bindings were re-read directly before a regenerate and allow it.
    GatePassed {
        /// Which step.
        step: u32,
        /// Which slot may be regenerated.
        slot: Slot,
        /// What each dependent held.
        bindings: Vec<(String, Held, Option<Fingerprint>)>,
    },
    /// A slot is about to be regenerated.
    RegenerateIntent {
        /// Which step.
        step: u32,
        /// Which slot.
        slot: Slot,
        /// Both slots before.
        before: KeyState,
    },
    /// The answer to a regenerate was lost.
    RegenerateUnknown {
        /// Which step.
        step: u32,
        /// Which slot.
        slot: Slot,
        /// What is known of the loss.
        why: String,
    },
    /// A look after a lost answer showed the slot unchanged.
    RegenerateUnseen {
        /// Which step.
        step: u32,
        /// Which slot.
        slot: Slot,
        /// When to look again.
        until: OffsetDateTime,
    },
    /// A regenerate certainly did not happen.
    RegenerateNotDone {
        /// Which step.
        step: u32,
        /// Which slot.
        slot: Slot,
        /// How that is known.
        why: String,
    },
    /// A slot was regenerated.
    Regenerated {
        /// Which step.
        step: u32,
        /// Which slot.
        slot: Slot,
        /// Both slots after.
        after: KeyState,
        /// Whether it was seen by looking, after a lost answer.
        seen_later: bool,
        /// Resource Manager's correlation id.
        correlation_id: Option<String>,
    },
    /// Exactly that slot changed, in repeated reads.
    KeysStable {
        /// Which step.
        step: u32,
        /// How many equal reads in a row.
        reads: u32,
    },
    /// A pull dependent is about to be told.
    TellIntent {
        /// Which step.
        step: u32,
        /// Which dependent.
        dependent: String,
    },
    /// A pull dependent was told.
    Told {
        /// Which step.
        step: u32,
        /// Which dependent.
        dependent: String,
        /// What was done.
        how: String,
        /// Resource Manager's correlation id.
        correlation_id: Option<String>,
    },
    /// A key was tried on a service.
    Tested {
        /// Which step.
        step: u32,
        /// Which service.
        service: Service,
        /// Whether it was proven or assumed.
        certainty: Certainty,
        /// What was tried and seen.
        how: String,
    },
    /// A key is about to be written into a push dependent.
    PublishIntent {
        /// Which step.
        step: u32,
        /// Which dependent.
        dependent: String,
        /// The slot whose key is written.
        slot: Slot,
    },
    /// A push dependent holds the key of a slot.
    Published {
        /// Which step.
        step: u32,
        /// Which dependent.
        dependent: String,
        /// The slot whose key it holds now.
        slot: Slot,
        /// Whether anything was sent.
        sent: bool,
        /// What was done.
        how: String,
        /// Resource Manager's correlation id.
        correlation_id: Option<String>,
    },
    /// A dependent was checked.
    Proven {
        /// Which step.
        step: u32,
        /// Which dependent.
        dependent: String,
        /// Whether it was proven or assumed.
        certainty: Certainty,
        /// What was checked and seen.
        how: String,
    },
    /// A dependent that did not follow in time was written as a last resort.
    Rescued {
        /// Which step.
        step: u32,
        /// Which dependent.
        dependent: String,
        /// What was done.
        how: String,
    },
    /// The locators of a dependent are about to be recreated, by a run of their own.
    LocatorsBegun {
        /// Which step.
        step: u32,
        /// Which dependent.
        dependent: String,
        /// The id of that run; there is never a second one for this step and dependent.
        run: String,
    },
    /// The run that recreates the locators of a dependent is over.
    LocatorsFinished {
        /// Which step.
        step: u32,
        /// Which dependent.
        dependent: String,
        /// How many locators are back as they were.
        recreated: u32,
        /// How many were left as they are.
        left: u32,
        /// Whether every locator was looked at and none stayed behind: only then it is known which key they hang on.
        whole: bool,
        /// What it came to, in one clause.
        how: String,
        /// What somebody has to do about them, although that run is over.
        problem: Option<Box<Problem>>,
    },
    /// What the streaming URLs of a dependent say before this run changes anything for it.
    StreamsSeen {
        /// Which step.
        step: u32,
        /// Which dependent.
        dependent: String,
        /// The URLs that were asked, and what they said.
        before: Before,
        /// Why none could be asked, in one clause.
        unchecked: Option<String>,
    },
    /// What became of streaming URLs of a dependent; each is told once in a step.
    StreamsChecked {
        /// Which step.
        step: u32,
        /// Which dependent.
        dependent: String,
        /// The URLs of which that is known now.
        urls: Vec<Checked>,
    },
    /// A dependent is gone: nothing holds the key there any more.
    Gone {
        /// Which step.
        step: u32,
        /// Which dependent.
        dependent: String,
    },
    /// Something did not work yet and is tried again.
    Retrying {
        /// Which step.
        step: u32,
        /// A dependent's id, a service's name, or `keys`.
        target: String,
        /// Why, in one clause.
        why: String,
        /// Whether the service answered (the answer was "not yet"); otherwise it could not be asked.
        answered: bool,
        /// When.
        until: OffsetDateTime,
    },
    /// Something failed for good as far as this process can do.
    TargetFailed {
        /// Which step.
        step: u32,
        /// A dependent's id, a service's name, or `keys`.
        target: String,
        /// What failed.
        problem: Box<Problem>,
    },
    /// The run waits.
    Waiting {
        /// Which step.
        step: u32,
        /// Until when.
        until: OffsetDateTime,
        /// For what.
        why: String,
    },
    /// A step is done.
    StepFinished {
        /// Which step.
        step: u32,
        /// What it came to, in one clause.
        how: String,
    },
    /// The world changed after stage, and the run with it: these steps replace all that were not finished.
    Amended {
        /// Why.
        why: String,
        /// Dependents that are new or changed.
        dependents: Vec<Dependent>,
        /// The steps that remain.
        steps: Vec<Step>,
        /// Names that are needed in addition.
        acceptances: Vec<Acceptance>,
    },
    /// The run is being pointed back; these steps replace all that were not finished.
    AbortStarted {
        /// Both slots as they are now, whoever changed them.
        keys: KeyState,
        /// The steps that remain.
        steps: Vec<Step>,
    },
    /// The process stopped with a problem; the run is unfinished.
    Stopped {
        /// What stopped it.
        problem: Box<Problem>,
    },
    /// A signal or a cancel ended the process; the run is unfinished.
    Interrupted {
        /// 2, 15 or 1.
        signal: u8,
    },
    /// The run is over.
    Finished {
        /// How.
        outcome: Outcome,
    },
}

impl Event {
    /// The step that the event belongs to.
    #[must_use]
    pub fn step(&self) -> Option<u32> {
        match self {
            Self::StepStarted { step }
            | Self::GatePassed { step, .. }
            | Self::RegenerateIntent { step, .. }
            | Self::RegenerateUnknown { step, .. }
            | Self::RegenerateUnseen { step, .. }
            | Self::RegenerateNotDone { step, .. }
            | Self::Regenerated { step, .. }
            | Self::KeysStable { step, .. }
            | Self::TellIntent { step, .. }
            | Self::Told { step, .. }
            | Self::Tested { step, .. }
            | Self::PublishIntent { step, .. }
            | Self::Published { step, .. }
            | Self::Proven { step, .. }
            | Self::Rescued { step, .. }
            | Self::LocatorsBegun { step, .. }
            | Self::LocatorsFinished { step, .. }
            | Self::StreamsSeen { step, .. }
            | Self::StreamsChecked { step, .. }
            | Self::Gone { step, .. }
            | Self::Retrying { step, .. }
            | Self::TargetFailed { step, .. }
            | Self::Waiting { step, .. }
            | Self::StepFinished { step, .. } => Some(*step),
            Self::RunStarted(_)
            | Self::Resumed { .. }
            | Self::Amended { .. }
            | Self::AbortStarted { .. }
            | Self::Stopped { .. }
            | Self::Interrupted { .. }
            | Self::Finished { .. } => None,
        }
    }
}

/// One event with its place in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number, from 1.
    pub sequence: u64,
    /// When it was written.
    pub time: OffsetDateTime,
    /// What happened.
    pub event: Event,
}

/// The phase names that a step's `phase` may have, in order.
pub const PHASES: [Act; 6] = [Act::Presync, Act::Converge, Act::Stage, Act::Retire, Act::Return, Act::Report];
