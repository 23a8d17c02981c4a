//! From order and state to a report. Pure.

use crate::domain::event::Outcome;
use crate::domain::locator::order::{Item, Order, Verdict};
use crate::domain::locator::report::{LocatorLine, LocatorReport, Standing};
use crate::domain::report::RunStatus;

use super::state::{Progress, RunState, Stage};

/// What the run came to so far.
#[must_use]
pub fn report(order: &Order, state: &RunState) -> LocatorReport {
    let status = match (&state.outcome, &state.problem) {
        (Some((Outcome::Done, _)), _) => RunStatus::Done,
        (Some((Outcome::Aborted, _)), _) => RunStatus::Aborted,
        (None, Some(_)) => RunStatus::Stopped,
        (None, None) => RunStatus::Unfinished,
    };
    LocatorReport {
        run_id: state.head.run_id.clone(),
        account: state.head.account.clone(),
        status,
        started: state.started,
        finished: state.outcome.map(|(_, time)| time),
        change_reference: state.head.change_reference.clone(),
        tool: state.head.tool.clone(),
        identities: state.identities.clone(),
        address_file: order.address_file.clone(),
        locators: order.items.iter().map(|item| line(item, &state.of(&item.locator.id), status)).collect(),
        problem: state.problem.clone(),
    }
}

fn line(item: &Item, progress: &Progress, status: RunStatus) -> LocatorLine {
    let (standing, how) = match (&item.verdict, standing(progress)) {
        (Verdict::Leave { why }, _) => (Standing::Left, why.clone()),
        (Verdict::Recreate, Standing::Open) if status == RunStatus::Aborted => (Standing::Left, "it was not begun".to_owned()),
        (Verdict::Recreate, standing) => (standing, progress.how.clone()),
    };
    let locator = &item.locator;
    LocatorLine {
        id: locator.id.clone(),
        name: locator.name.clone(),
        kind: locator.kind,
        asset: locator.asset.clone(),
        expires: locator.expires,
        standing,
        how,
    }
}

fn standing(progress: &Progress) -> Standing {
    match progress.stage {
        Stage::Deleted | Stage::CreateIntent => Standing::Deleted,
        _ if progress.failed.is_some() => Standing::Failed,
        Stage::Restored => Standing::Restored,
        Stage::Left => Standing::Left,
        Stage::Untouched if progress.again => Standing::Begun,
        Stage::Untouched => Standing::Open,
        Stage::Snapshot
        | Stage::PolicyIntent(_)
        | Stage::DeleteIntent { .. }
        | Stage::Created
        | Stage::MergeIntent
        | Stage::Merged => Standing::Begun,
    }
}
