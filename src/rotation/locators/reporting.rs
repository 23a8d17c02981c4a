//! From order and state to a report. Pure.

use crate::domain::event::Outcome;
use crate::domain::locator::order::{Item, Order, Verdict};
use crate::domain::locator::report::{LocatorLine, LocatorReport, Standing};
use crate::domain::problem::Problem;
use crate::domain::report::RunStatus;

use super::decide::{GONE, NEW_KEY_ID, UNPROVEN};
use super::state::{Progress, RunState, Stage};
use super::streams;

/// What the run came to so far.
#[must_use]
pub fn report(order: &Order, state: &RunState) -> LocatorReport {
    let status = match (&state.outcome, &state.problem) {
        (Some((Outcome::Done, _)), _) => RunStatus::Done,
        (Some((Outcome::Aborted, _)), _) => RunStatus::Aborted,
        (None, Some(_)) => RunStatus::Stopped,
        (None, None) => RunStatus::Unfinished,
    };
    let streaming = streams::fared(order, state, status);
    LocatorReport {
        run_id: state.head.run_id.clone(),
        account: state.head.account.clone(),
        status,
        started: state.started,
        finished: state.outcome.map(|(_, time)| time),
        change_reference: state.head.change_reference.clone(),
        parent: state.head.parent.clone(),
        tool: state.head.tool.clone(),
        identities: state.identities.clone(),
        address_file: order.address_file.clone(),
        seal: state.head.seal.clone(),
        locators: order.items.iter().map(|item| line(item, &state.of(&item.locator.id), status)).collect(),
        problem: state
            .problem
            .clone()
            .or_else(|| unserved(order, state, status))
            .or_else(|| streams::failing(streaming.as_ref(), status)),
        streaming,
    }
}

/// The code of locators that were to be recreated and were left as they are.
pub const LEFT: &str = "locatorsLeft";

/// How many locators a problem names.
const NAMED: usize = 5;

/// What somebody has to know of a run that is over: ordered and left, deleted and certainly not to come back, or back under the id of
/// another content key.
fn unserved(order: &Order, state: &RunState, status: RunStatus) -> Option<Problem> {
    let of = |told: &Told<'_>| told.problem(order, state);
    let unproven = Told {
        code: "contentKeysUnproven",
        what: "are there, and nobody can tell whether with their content keys",
        hint: "play something through each of them, and make it again where that fails",
        of: &|progress| progress.how.starts_with(UNPROVEN),
    };
    let renamed = Told {
        code: "contentKeyIdsChanged",
        what: "came back under another content key id, because the service refuses the old one",
        hint: "addresses and key values are as before; tell whoever looks keys up by their id, and clear caches of licences",
        of: &|progress| progress.how.starts_with(NEW_KEY_ID),
    };
    let lost = Told {
        code: "locatorsLost",
        what: "were deleted and cannot be made again",
        hint: "make a new locator for each asset that is to be streamed, and tell who has the old address",
        of: &|progress| progress.failed.is_some(),
    };
    let left = Told {
        code: LEFT,
        what: "were to be recreated and were left as they are",
        hint: "mend what is named, then begin a new run with keyroll recreate-locators for these locators",
        of: &|progress| progress.stage == Stage::Left && progress.how != GONE,
    };
    match status {
        RunStatus::Done => of(&left).or_else(|| of(&renamed)),
        RunStatus::Aborted => of(&lost).or_else(|| of(&unproven)).or_else(|| of(&renamed)),
        RunStatus::Waiting | RunStatus::Stopped | RunStatus::Unfinished => None,
    }
}

/// What is told of some locators together.
struct Told<'a> {
    code: &'static str,
    what: &'static str,
    hint: &'static str,
    /// Of which ones.
    of: &'a dyn Fn(&Progress) -> bool,
}

impl Told<'_> {
    fn problem(&self, order: &Order, state: &RunState) -> Option<Problem> {
        let items = order.recreated().map(|item| (item, state.of(&item.locator.id)));
        let items: Vec<(&Item, Progress)> = items.filter(|(_, progress)| (self.of)(progress)).collect();
        if items.is_empty() {
            return None;
        }
        let ids: Vec<&str> = items.iter().take(NAMED).map(|(item, _)| item.locator.id.as_str()).collect();
        let more = items.len().saturating_sub(NAMED);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let message = format!("{} locators {}: {}{more}", items.len(), self.what, ids.join(", "));
        let named = items.iter().take(NAMED).map(|(item, progress)| format!("{}: {}", item.locator.id, progress.how));
        Some(named.fold(Problem::person(self.code, message), Problem::because).hint(self.hint))
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
        away: progress.away,
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
