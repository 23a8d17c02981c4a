//! What came of a sync: a fold of its journal over the rows that were planned. Pure.

use std::time::Duration;

use time::OffsetDateTime;

use crate::domain::binding::Held;
use crate::domain::dependent::{DependentKind, Movement};
use crate::domain::event::{Certainty, Entry, Event, Outcome};
use crate::domain::key::Slot;
use crate::domain::plan::Plan;
use crate::domain::problem::Problem;
use crate::domain::sync::{SyncOutcome, SyncRow};

/// What the journal tells of one dependent.
#[derive(Debug, Default)]
struct Told {
    began: Option<OffsetDateTime>,
    ended: Option<OffsetDateTime>,
    sent: bool,
    moved: bool,
    slot: Option<Slot>,
    certainty: Option<Certainty>,
    gone: bool,
    how: String,
    /// What telling it showed.
    taken: String,
    correlation_id: Option<String>,
    /// When a key was last written.
    written: Option<OffsetDateTime>,
    problem: Option<Problem>,
}

/// The rows of a run: those that were planned, with what the journal tells of them. `stopped` is what ended the run early.
pub(super) fn rows(plan: &Plan, entries: &[Entry], stopped: Option<&Problem>, run: &str, rows: Vec<SyncRow>) -> Vec<SyncRow> {
    let ended_early = ended_early(entries);
    let stopped = stopped.or(ended_early.as_ref());
    let mut rows: Vec<SyncRow> = rows
        .into_iter()
        .map(|row| {
            let dependent = plan.dependent(&row.resource);
            let with_parent =
                dependent.is_some_and(|it| it.movement == Movement::WithParent && it.kind == DependentKind::Datastore);
            if row.outcome != SyncOutcome::Planned || with_parent {
                return row;
            }
            finished(row, told(entries, dependent.map_or("", |dependent| &dependent.id)), stopped, run)
        })
        .collect();
    let parents = rows.clone();
    for row in rows.iter_mut().filter(|row| row.outcome == SyncOutcome::Planned) {
        let parent = plan.dependent(&row.resource).and_then(|dependent| dependent.parent.as_ref());
        if let Some(parent) = parents.iter().find(|known| parent.is_some_and(|id| known.resource.eq_ignore_ascii_case(id))) {
            row.outcome = parent.outcome;
            row.certainty = parent.certainty;
            row.took = parent.took;
            row.run_id.clone_from(&parent.run_id);
            row.problem.clone_from(&parent.problem);
            // What it holds now was chosen by the service and is part of the workspace's proof.
            row.holds = None;
        }
    }
    rows
}

/// What ended a run early that was begun before, as its journal tells.
fn ended_early(entries: &[Entry]) -> Option<Problem> {
    entries.iter().any(|entry| matches!(entry.event, Event::Finished { outcome: Outcome::Aborted })).then_some(())?;
    let stopped = entries.iter().rev().find_map(|entry| match &entry.event {
        Event::Stopped { problem } => Some((**problem).clone()),
        _ => None,
    });
    Some(stopped.unwrap_or_else(|| {
        Problem::blocked("syncSuperseded", "another sync of the account took the place of this one")
            .hint("run the same command without --run-id, or with another one")
    }))
}

/// What of an interrupted sync had left, in one clause.
pub(super) fn begun(plan: &Plan, entries: &[Entry]) -> String {
    let (mut arrived, mut open): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for dependent in &plan.dependents {
        let told = told(entries, &dependent.id);
        match told.began {
            Some(_) if told.moved => arrived.push(&dependent.name),
            Some(_) => open.push(&dependent.name),
            None => {}
        }
    }
    match (arrived.as_slice(), open.as_slice()) {
        ([], []) => "nothing had been sent".to_owned(),
        (arrived, []) => format!("what was sent to {} had arrived", arrived.join(", ")),
        (_, open) => format!("whether what was sent to {} arrived is not known; sending it again does no harm", open.join(", ")),
    }
}

fn finished(row: SyncRow, told: Told, stopped: Option<&Problem>, run: &str) -> SyncRow {
    let took = told.began.zip(told.ended).map(|(began, ended)| Duration::try_from(ended - began).unwrap_or_default());
    let row = SyncRow {
        took,
        run_id: Some(run.to_owned()),
        correlation_id: told.correlation_id,
        settled: told.written.filter(|_| row.kind == DependentKind::MediaV2Account).map(|at| at + row.kind.settle_floor()),
        holds: told.slot.map(Held::Slot).or_else(|| row.holds.filter(|_| !told.sent)),
        why: if told.how.is_empty() { row.why.clone() } else { told.how },
        ..row
    };
    match (told.problem, told.certainty) {
        (Some(problem), _) => row.failed(problem),
        _ if told.gone => {
            SyncRow { outcome: SyncOutcome::Skipped, why: "it holds no key of the account any more".to_owned(), ..row }
        }
        (None, Some(certainty)) => {
            let outcome = if told.sent { SyncOutcome::Synced } else { SyncOutcome::Current };
            SyncRow { outcome, certainty: Some(certainty), ..row }
        }
        (None, None) => match stopped {
            Some(problem) => row.failed(problem.clone()),
            None if told.moved => SyncRow { outcome: SyncOutcome::Waiting, why: format!("{}; not proven yet", row.why), ..row },
            None => SyncRow { outcome: SyncOutcome::Waiting, ..row },
        },
    }
}

fn told(entries: &[Entry], id: &str) -> Told {
    let mut told = Told::default();
    let is = |other: &String| other.eq_ignore_ascii_case(id);
    for Entry { time, event, .. } in entries {
        match event {
            Event::TellIntent { dependent, .. } | Event::PublishIntent { dependent, .. } if is(dependent) => {
                told.began.get_or_insert(*time);
            }
            Event::Told { dependent, how, correlation_id, .. } if is(dependent) => {
                told.how.clone_from(how);
                told.taken.clone_from(how);
                told.correlation_id.clone_from(correlation_id);
                (told.sent, told.moved) = (true, true);
            }
            Event::Published { dependent, slot, sent, how, correlation_id, .. } if is(dependent) => {
                told.how.clone_from(how);
                told.correlation_id.clone_from(correlation_id);
                told.taken.clone_from(how);
                told.slot = Some(*slot);
                told.written = Some(*time);
                told.sent |= sent;
                told.moved = true;
            }
            Event::Rescued { dependent, how, .. } if is(dependent) => {
                told.how.clone_from(how);
                told.sent = true;
            }
            Event::Proven { dependent, certainty, how, .. } if is(dependent) => {
                // A project is proven, and told through its hub.
                told.certainty = Some(*certainty);
                told.sent |= told.began.is_none();
                // Where a proof shows little, what the telling showed belongs to it.
                told.how = match certainty {
                    Certainty::Assumed if !told.taken.is_empty() => format!("{}; {how}", told.taken),
                    _ => how.clone(),
                };
                told.ended = Some(*time);
                told.problem = None;
            }
            Event::Gone { dependent, .. } if is(dependent) => told.gone = true,
            Event::Retrying { target, why, .. } if is(target) => told.how.clone_from(why),
            Event::TargetFailed { target, problem, .. } if is(target) => {
                told.ended = Some(*time);
                told.problem = Some((**problem).clone());
            }
            Event::Resumed { .. } => told.problem = None,
            _ => {}
        }
    }
    told
}
