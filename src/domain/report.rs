//! What a run came to: the fold of its journal that a person or an auditor reads.

use time::OffsetDateTime;

use super::account::KeyState;
use super::act::Act;
use super::dependent::{DependentKind, Movement, NotInspected};
use super::event::Certainty;
use super::key::Slot;
use super::problem::Problem;
use super::streaming::After;

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunStatus {
    /// Finished, everything done.
    Done,
    /// Finished by abort.
    Aborted,
    /// Waiting for a time; healthy.
    Waiting,
    /// Unfinished; a process may be at work on it, or it was interrupted.
    Unfinished,
    /// Unfinished and stopped by a problem.
    Stopped,
}

impl RunStatus {
    /// The name in contracts (`state`).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Aborted => "aborted",
            Self::Waiting => "waiting",
            Self::Unfinished => "unfinished",
            Self::Stopped => "stopped",
        }
    }
}

/// One step as it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepReport {
    /// Its number.
    pub number: u32,
    /// What it did.
    pub act: Act,
    /// The phase that it belongs to.
    pub phase: Act,
    /// Its slot.
    pub slot: Slot,
    /// When it began, if it did.
    pub started: Option<OffsetDateTime>,
    /// When it was done, if it was.
    pub finished: Option<OffsetDateTime>,
    /// What it came to, or what it waits for.
    pub how: String,
    /// How many of its targets are done.
    pub targets_done: usize,
    /// How many targets it has.
    pub targets: usize,
    /// Resource Manager's correlation ids of the changes it made.
    pub correlation_ids: Vec<String>,
}

/// One dependent as it came through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DependentReport {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: DependentKind,
    /// How it is moved.
    pub movement: Movement,
    /// Which key it held before, in words of the contract.
    pub held_before: String,
    /// The slot whose key it was given last, if one was written.
    pub published: Option<Slot>,
    /// When it was last written or told.
    pub moved: Option<OffsetDateTime>,
    /// How the last check ended.
    pub certainty: Option<Certainty>,
    /// What was checked and seen, or what is the matter.
    pub how: String,
    /// Whether it was found to be gone.
    pub gone: bool,
}

/// A window in which a pull dependent may have failed: from the regenerate under it until it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowReport {
    /// The dependent's name.
    pub name: String,
    /// The slot that was regenerated under it.
    pub slot: Slot,
    /// When the slot was regenerated.
    pub opened: OffsetDateTime,
    /// When it was proven again (or assumed, where nothing proves), if it was.
    pub closed: Option<OffsetDateTime>,
}

/// The locators of one dependent, recreated in one step by a run of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocatorsReport {
    /// The step's number.
    pub step: u32,
    /// The slot whose key they were made under.
    pub slot: Option<Slot>,
    /// The dependent's name.
    pub name: String,
    /// The id of the run that recreates them; its report names each of them.
    pub run_id: String,
    /// When that was over, if it was.
    pub finished: Option<OffsetDateTime>,
    /// How many are back as they were.
    pub recreated: usize,
    /// How many were left as they are.
    pub left: usize,
    /// The ids of those that are deleted and not made again at this moment.
    pub away: Vec<String>,
    /// What it came to, in one clause.
    pub how: String,
}

/// The streaming URLs of one dependent, compared in one step with what they said before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamingReport {
    /// The step's number.
    pub step: u32,
    /// The slot that was regenerated before.
    pub slot: Slot,
    /// The dependent's name.
    pub name: String,
    /// What became of each URL, as far as that is known.
    pub after: After,
    /// Why none could be asked, in one clause.
    pub unchecked: Option<String>,
    /// What it came to, in one clause.
    pub how: String,
}

/// A whole run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The run's id.
    pub run_id: String,
    /// The account's resource id.
    pub account: String,
    /// Where the run stands.
    pub status: RunStatus,
    /// When it began.
    pub started: OffsetDateTime,
    /// When it ended, if it did.
    pub finished: Option<OffsetDateTime>,
    /// The user's change reference.
    pub change_reference: Option<String>,
    /// keyroll's version at the start.
    pub tool: String,
    /// Who acted, by object id, in order of appearance.
    pub identities: Vec<String>,
    /// The names that were accepted.
    pub accepted: Vec<String>,
    /// Both slots before.
    pub keys_before: KeyState,
    /// Both slots now, as the journal knows them.
    pub keys_after: KeyState,
    /// The steps.
    pub steps: Vec<StepReport>,
    /// The dependents.
    pub dependents: Vec<DependentReport>,
    /// Windows as they were.
    pub windows: Vec<WindowReport>,
    /// Locators that were recreated.
    pub locators: Vec<LocatorsReport>,
    /// Streaming URLs that were compared with what they said before.
    pub streaming: Vec<StreamingReport>,
    /// What was not looked at.
    pub not_inspected: Vec<NotInspected>,
    /// Slots that were regenerated, in order.
    pub regenerated: Vec<Slot>,
    /// When there is something to do next, if the run waits.
    pub next_due: Option<OffsetDateTime>,
    /// What is waited for, or what comes next.
    pub next: String,
    /// What stopped the run, if it is stopped; what somebody has to look into, if it is over.
    pub problem: Option<Problem>,
}
