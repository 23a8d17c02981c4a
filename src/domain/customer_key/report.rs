//! What a run came to: the fold of its journal that people read.

use time::OffsetDateTime;

use crate::domain::problem::Problem;
use crate::domain::report::RunStatus;

use super::order::TargetKind;
use super::step::Step;

/// One step as it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepReport {
    /// Which step.
    pub step: Step,
    /// What it touched.
    pub touches: String,
    /// When it was done; absent while it is not.
    pub finished: Option<OffsetDateTime>,
    /// What it came to, or what it waits for.
    pub how: String,
    /// Resource Manager's correlation id.
    pub correlation_id: Option<String>,
}

/// Something that the run created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// What it is.
    pub kind: TargetKind,
    /// A resource id; of a key its identifier without a version.
    pub id: String,
}

/// A run as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its id.
    pub run_id: String,
    /// `apply`, `roll` or `remove`.
    pub command: String,
    /// The media account's id.
    pub account: String,
    /// Where it stands.
    pub status: RunStatus,
    /// When it began.
    pub started: OffsetDateTime,
    /// When it was over, if it is.
    pub finished: Option<OffsetDateTime>,
    /// The user's change reference.
    pub change_reference: Option<String>,
    /// The steps that were begun, in order.
    pub steps: Vec<StepReport>,
    /// What it created.
    pub created: Vec<Created>,
    /// When it goes on by itself, if it waits.
    pub next_due: Option<OffsetDateTime>,
    /// What it waits for or does next.
    pub next: String,
    /// What stopped it, if something did.
    pub problem: Option<Problem>,
}
