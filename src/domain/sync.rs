//! What a sync came to: one row for each dependent and storage account.

use std::time::Duration;

use time::OffsetDateTime;

use super::binding::Held;
use super::dependent::{DependentKind, NotInspected};
use super::event::Certainty;
use super::problem::Problem;

/// How a sync of one dependent ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncOutcome {
    /// It was told, or written.
    Synced,
    /// It holds a current key, and nothing was sent.
    Current,
    /// It holds no key of the account, or none that can be moved.
    Skipped,
    /// It would be synced: a dry run.
    Planned,
    /// It was told or written, and whether it holds a current key is not known yet.
    Waiting,
    /// It did not work.
    Failed,
}

impl SyncOutcome {
    /// All outcomes.
    pub const ALL: [Self; 6] = [Self::Synced, Self::Current, Self::Skipped, Self::Planned, Self::Waiting, Self::Failed];

    /// The name in contracts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Synced => "synced",
            Self::Current => "current",
            Self::Skipped => "skipped",
            Self::Planned => "planned",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
        }
    }
}

/// One dependent of one storage account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncRow {
    /// The dependent's id, as [`super::dependent::Dependent::id`].
    pub resource: String,
    /// Its shortest unambiguous name.
    pub name: String,
    /// What it is.
    pub kind: DependentKind,
    /// The storage account's id.
    pub storage_account: String,
    /// How it ended.
    pub outcome: SyncOutcome,
    /// Which key it holds, as far as that was read or written.
    pub holds: Option<Held>,
    /// Whether it is proven or assumed to hold a current key.
    pub certainty: Option<Certainty>,
    /// What was seen or done, in one clause.
    pub why: String,
    /// From the first request to the last check.
    pub took: Option<Duration>,
    /// The run whose journal tells more.
    pub run_id: Option<String>,
    /// Resource Manager's correlation id of the change.
    pub correlation_id: Option<String>,
    /// From when on it may be worked with again: an AMS v2 account, whose locators may be recreated then.
    pub settled: Option<OffsetDateTime>,
    /// What failed.
    pub problem: Option<Problem>,
}

impl SyncRow {
    /// This row, failed.
    #[must_use]
    pub fn failed(self, problem: Problem) -> Self {
        Self { outcome: SyncOutcome::Failed, certainty: None, why: problem.message.clone(), problem: Some(problem), ..self }
    }
}

/// Where a sync stands as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncState {
    /// Nothing is left to do.
    Done,
    /// Something was told and is not proven yet.
    Waiting,
    /// Nothing was changed: a dry run.
    Planned,
    /// Something failed; the rest was done.
    Failed,
}

impl SyncState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Done, Self::Waiting, Self::Planned, Self::Failed];

    /// The name in contracts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Waiting => "waiting",
            Self::Planned => "planned",
            Self::Failed => "failed",
        }
    }
}

/// What a sync came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// Whether nothing was to be changed.
    pub dry_run: bool,
    /// One row for each dependent and storage account.
    pub rows: Vec<SyncRow>,
    /// What was not, or not completely, looked at.
    pub not_inspected: Vec<NotInspected>,
}

impl SyncReport {
    /// Where the sync stands.
    #[must_use]
    pub fn state(&self) -> SyncState {
        let any = |outcome| self.rows.iter().any(|row| row.outcome == outcome);
        if any(SyncOutcome::Failed) {
            SyncState::Failed
        } else if self.dry_run {
            SyncState::Planned
        } else if any(SyncOutcome::Waiting) {
            SyncState::Waiting
        } else {
            SyncState::Done
        }
    }

    /// How many rows ended like this.
    #[must_use]
    pub fn count(&self, outcome: SyncOutcome) -> usize {
        self.rows.iter().filter(|row| row.outcome == outcome).count()
    }

    /// The first problem, whose exit code is the command's.
    #[must_use]
    pub fn first_problem(&self) -> Option<&Problem> {
        self.rows.iter().find_map(|row| row.problem.as_ref())
    }

    /// The runs that are not over yet.
    #[must_use]
    pub fn waiting_runs(&self) -> Vec<&str> {
        let waiting = self.rows.iter().filter(|row| row.outcome == SyncOutcome::Waiting);
        let mut runs: Vec<&str> = waiting.filter_map(|row| row.run_id.as_deref()).collect();
        runs.dedup();
        runs
    }
}
