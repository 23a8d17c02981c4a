//! From order and state to a report. Pure.

use crate::domain::event::Outcome;
use crate::domain::locator::order::{Item, Order, Verdict};
use crate::domain::locator::report::{LocatorLine, LocatorReport, Standing};
use crate::domain::problem::Problem;
use crate::domain::report::RunStatus;

use super::decide::{GONE, NEW_KEY_ID};
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
        seal: state.head.seal.clone(),
        locators: order.items.iter().map(|item| line(item, &state.of(&item.locator.id), status)).collect(),
        problem: state
            .problem
            .clone()
            .or_else(|| unserved(order, state, status))
            .or_else(|| under_new_key_ids(order, state).filter(|_| state.outcome.is_some())),
    }
}

/// How many locators a problem names.
const NAMED: usize = 5;

/// What a run that is over did not do although it was to: ordered and left, or deleted and certainly not to come back.
fn unserved(order: &Order, state: &RunState, status: RunStatus) -> Option<Problem> {
    let unserved = |progress: &Progress| match status {
        RunStatus::Done => progress.stage == Stage::Left && progress.how != GONE,
        RunStatus::Aborted => progress.failed.is_some(),
        RunStatus::Waiting | RunStatus::Stopped | RunStatus::Unfinished => false,
    };
    let items = order.recreated().map(|item| (item, state.of(&item.locator.id)));
    let items: Vec<(&Item, Progress)> = items.filter(|(_, progress)| unserved(progress)).collect();
    if items.is_empty() {
        return None;
    }
    let (code, what) = match status {
        RunStatus::Aborted => ("locatorsLost", "were deleted and cannot be made again"),
        _ => ("locatorsLeft", "were to be recreated and were left as they are"),
    };
    let ids: Vec<&str> = items.iter().take(NAMED).map(|(item, _)| item.locator.id.as_str()).collect();
    let more = items.len().saturating_sub(NAMED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let message = format!("{} locators {what}: {}{more}", items.len(), ids.join(", "));
    let named = items.iter().take(NAMED).map(|(item, progress)| format!("{}: {}", item.locator.id, progress.how));
    let problem = named.fold(Problem::person(code, message), Problem::because);
    Some(problem.hint(match status {
        RunStatus::Aborted => "make a new locator for each asset that is to be streamed, and tell who has the old address",
        _ => "mend what is named, then begin a new run with keyroll recreate-locators for these locators",
    }))
}

/// What came back under a new content key id: whoever named the old one in a player, a licence service or a playlist is told.
fn under_new_key_ids(order: &Order, state: &RunState) -> Option<Problem> {
    let items = order.recreated().map(|item| (item, state.of(&item.locator.id)));
    let items: Vec<(&Item, Progress)> = items.filter(|(_, progress)| progress.how.starts_with(NEW_KEY_ID)).collect();
    if items.is_empty() {
        return None;
    }
    let message = format!("{} locators came back under another content key id, because the service refuses the old one", items.len());
    let named = items.iter().take(NAMED).map(|(item, progress)| format!("{}: {}", item.locator.id, progress.how));
    let more = items.len().saturating_sub(NAMED);
    let problem = named.fold(Problem::person("contentKeyIdsChanged", message), Problem::because);
    let problem = if more == 0 { problem } else { problem.because(format!("{more} more; the report names them")) };
    Some(problem.hint("addresses and key values are as before; tell whoever looks keys up by their id, and clear caches of licences"))
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
