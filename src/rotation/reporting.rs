//! From plan and state to a report. Pure.

use time::OffsetDateTime;

use crate::domain::act::Act;
use crate::domain::dependent::{Dependent, Movement, NotInspected};
use crate::domain::event::Outcome;
use crate::domain::locator::report::Standing;
use crate::domain::plan::{Plan, Step};
use crate::domain::problem::Problem;
use crate::domain::report::{DependentReport, LocatorsReport, Report, RunStatus, StepReport, StreamingReport, WindowReport};

use super::decide::{Next, decide, silent_in_the_end};
use super::locators::engine;
use super::locators::streams::STREAMS_FAIL;
use super::state::{Locators, Regenerate, RunState, Target};
use super::storage::Storage;
use super::streaming_check::account;

/// What the run came to so far.
#[must_use]
pub fn report(plan: &Plan, state: &RunState, now: OffsetDateTime) -> Report {
    let (status, next_due, next) = standing(plan, state, now);
    Report {
        run_id: state.head.run_id.clone(),
        account: state.head.account.clone(),
        status,
        started: state.started,
        finished: state.outcome.map(|(_, time)| time),
        change_reference: state.head.change_reference.clone(),
        tool: state.head.tool.clone(),
        identities: state.identities.clone(),
        accepted: state.accepted.iter().chain(&state.lapsed).cloned().collect(),
        keys_before: state.head.keys.clone(),
        keys_after: state.keys.clone(),
        steps: state.steps.iter().map(|step| step_report(state, step)).collect(),
        dependents: state.dependents.iter().map(|dependent| dependent_report(state, dependent)).collect(),
        windows: windows(state),
        locators: locators(plan, state),
        streaming: streaming(state),
        not_inspected: not_inspected(plan, state),
        regenerated: state.regenerated.iter().map(|(slot, _)| *slot).collect(),
        next_due,
        next,
        problem: state.problem.clone().or_else(|| unserved(state)).or_else(|| streams_fail(state)),
    }
}

/// What somebody has to do about locators once the run is over. Streaming URLs count as they were after the last round of each
/// dependent; what was left or lost stays so.
fn unserved(state: &RunState) -> Option<Problem> {
    state.outcome.as_ref()?;
    let rounds: Vec<_> = state.locators().collect();
    let told = rounds.iter().enumerate().find_map(|(place, (_, id, round))| {
        let problem = round.problem.as_ref()?;
        let later = rounds[place + 1..].iter().any(|(_, other, _)| other == id);
        (problem.code != STREAMS_FAIL || !later).then_some(problem)
    });
    told.cloned()
}

fn standing(plan: &Plan, state: &RunState, now: OffsetDateTime) -> (RunStatus, Option<OffsetDateTime>, String) {
    match state.outcome {
        Some((Outcome::Done, _)) => return (RunStatus::Done, None, String::new()),
        Some((Outcome::Aborted, _)) => return (RunStatus::Aborted, None, String::new()),
        None => {}
    }
    if let Some(problem) = &state.problem {
        return (RunStatus::Stopped, None, problem.message.clone());
    }
    match decide(plan, state, now) {
        Next::WaitUntil { until, why, .. } => (RunStatus::Waiting, Some(until), why),
        Next::Ask(names) => {
            let list: Vec<String> = names.into_iter().map(|needed| needed.name).collect();
            (RunStatus::Stopped, None, format!("{} must be accepted", list.join(", ")))
        }
        Next::Blocked(problem) => (RunStatus::Stopped, None, problem.message),
        Next::Do(_) | Next::Reconcile(_) | Next::Done(_) => {
            let act = state.current().map_or_else(String::new, |step| format!("{} {}", step.act, step.slot));
            (RunStatus::Unfinished, Some(now), act)
        }
    }
}

fn step_report(state: &RunState, step: &Step) -> StepReport {
    let progress = state.of(step.number);
    let relevant = |id: &&String| !state.is_gone(id);
    let done = |target: &Target| {
        target.failed.is_none()
            && (target.certainty.is_some()
                || target.has_recreated()
                || !target.streams.is_empty()
                || (target.moved.is_some() && step.act != Act::Test))
    };
    let named = step.dependents.iter().filter(relevant).count();
    let targets_done = if progress.finished.is_some() {
        named
    } else {
        step.dependents.iter().filter(relevant).filter_map(|id| progress.target(id)).filter(|target| done(target)).count()
    };
    let how = match (&progress.finished, &progress.waiting) {
        (None, Some((_, why))) => why.clone(),
        _ => progress.how.clone(),
    };
    StepReport {
        number: step.number,
        act: step.act,
        phase: step.phase,
        slot: step.slot,
        started: progress.started,
        finished: progress.finished,
        how,
        targets_done,
        targets: named,
        correlation_ids: progress.correlation_ids.clone(),
    }
}

/// The last thing that any step knows of a dependent.
fn last_target<'a>(state: &'a RunState, id: &str, wanted: impl Fn(&Target) -> bool) -> Option<&'a Target> {
    state.steps.iter().rev().filter_map(|step| state.of(step.number).target(id)).find(|target| wanted(target))
}

fn dependent_report(state: &RunState, dependent: &Dependent) -> DependentReport {
    let id = dependent.id.to_ascii_lowercase();
    // A check of what the dependent held before it was told or written anew says nothing about what it holds now.
    let checked = last_target(state, &id, |target| target.certainty.is_some() || target.moved.is_some());
    // What became of streaming URLs is told by itself.
    let latest = last_target(state, &id, |target| target.streams.is_empty());
    let published = state.published.get(&id);
    let gone = state.is_gone(&id);
    let how = match (dependent.movement, gone) {
        (Movement::NoKey, _) => dependent.form.clone(),
        (_, true) => "it is gone".to_owned(),
        _ => latest.or(checked).map_or_else(String::new, |target| target.how.clone()),
    };
    DependentReport {
        id: dependent.id.clone(),
        name: dependent.name.clone(),
        kind: dependent.kind,
        movement: dependent.movement,
        held_before: dependent.binding.held.name().to_owned(),
        published: published.map(|(slot, _)| *slot),
        moved: published.map(|(_, time)| *time).into_iter().chain(state.told.get(&id).copied()).max(),
        certainty: checked.and_then(|target| target.certainty),
        how,
        gone,
    }
}

/// From each regenerate under a pull dependent until it was shown to hold a living key again.
fn windows(state: &RunState) -> Vec<WindowReport> {
    let mut windows = Vec::new();
    for step in state.steps.iter().filter(|step| step.act.is_irreversible()) {
        let Regenerate::Done { at } = state.of(step.number).regenerate else { continue };
        let test =
            state.steps.iter().find(|other| other.act == Act::Test && other.phase == step.phase && other.number > step.number);
        for dependent in step.dependents.iter().filter_map(|id| state.dependent(id)) {
            let closed = test.and_then(|test| {
                let certain = state.of(test.number).target(&dependent.id).is_some_and(|target| target.certainty.is_some());
                if certain { state.of(test.number).finished } else { None }
            });
            windows.push(WindowReport { name: dependent.name.clone(), slot: step.slot, opened: at, closed });
        }
    }
    windows
}

/// What the rotation itself knows of each run that recreates locators for it.
fn locators(plan: &Plan, state: &RunState) -> Vec<LocatorsReport> {
    let of_run = |(step, id, locators): (u32, &str, &Locators)| LocatorsReport {
        step,
        slot: state.steps.iter().chain(&plan.steps).find(|known| known.number == step).map(|step| step.slot),
        name: state.dependent(id).map_or_else(|| id.to_owned(), |dependent| dependent.name.clone()),
        run_id: locators.run.clone(),
        finished: locators.finished,
        recreated: usize::try_from(locators.recreated).unwrap_or(usize::MAX),
        left: usize::try_from(locators.left).unwrap_or(usize::MAX),
        away: Vec::new(),
        how: state.of(step).target(id).map_or_else(String::new, |target| target.how.clone()),
    };
    state.locators().map(of_run).collect()
}

/// What the streaming URLs of media accounts came to in each step that compares them.
fn streaming(state: &RunState) -> Vec<StreamingReport> {
    let steps = state.steps.iter().filter(|step| step.act == Act::Locators && state.of(step.number).started.is_some());
    let pairs = steps.flat_map(|step| step.dependents.iter().map(move |id| (step, id)));
    let compared = |(step, id): (&Step, &String)| {
        let (seen, name) = (state.streams_of(id)?, &state.dependent(id)?.name);
        let known = state.of(step.number).target(id).map_or(&[][..], |target| &target.streams);
        Some(StreamingReport {
            step: step.number,
            slot: step.slot,
            name: name.clone(),
            after: seen.after(known),
            unchecked: seen.unchecked.clone(),
            how: seen.came_to(name, known),
        })
    };
    pairs.filter_map(compared).collect()
}

/// What the plan named, and in place of what it foresaw of streaming URLs what the run met.
fn not_inspected(plan: &Plan, state: &RunState) -> Vec<NotInspected> {
    let mut unseen = plan.not_inspected.clone();
    for dependent in &state.dependents {
        let Some(seen) = state.streams_of(&dependent.id) else { continue };
        let met = account::not_inspected(&dependent.name, seen.unchecked.as_deref(), &seen.before.without, seen.before.left_out);
        unseen.retain(|known| known.what != account::what(&dependent.name));
        unseen.extend(met);
    }
    unseen
}

/// What somebody has to look into once a run is over: streaming URLs that answered before, and do not now.
fn streams_fail(state: &RunState) -> Option<Problem> {
    state.outcome.filter(|(outcome, _)| *outcome == Outcome::Done)?;
    let silent = silent_in_the_end(state);
    let names: Vec<&str> = silent.iter().map(|(name, _)| name.as_str()).collect();
    let first = names.first()?;
    let message = format!("the keys are rolled, and streaming URLs of {} answered before and do not now", names.join(", "));
    let problem = silent.iter().fold(Problem::person("streamsFail", message), |problem, (_, why)| problem.because(why));
    let hint = "look at the streams again an hour later: origins keep what they knew for so long";
    Some(
        problem
            .hint(format!("let it re-read the keys once more: keyroll sync-keys media --account-name {first} --always"))
            .hint(hint),
    )
}

/// The same report; of locators that are being recreated it tells how far that has come, from the journal of the run that does it.
///
/// # Errors
/// When that journal cannot be read.
pub fn with_parts(storage: &dyn Storage, mut report: Report) -> Result<Report, Problem> {
    for open in report.locators.iter_mut().filter(|locators| locators.finished.is_none()) {
        if engine::request_of(storage, &open.run_id)?.is_none() {
            continue;
        }
        let part = engine::report(storage, &open.run_id)?;
        (open.recreated, open.left) = (part.count(Standing::Restored), part.count(Standing::Left));
        let away = part.locators.iter().filter(|line| line.standing == Standing::Deleted);
        open.away = away.map(|line| line.id.clone()).collect();
        if open.how.is_empty() {
            open.how = part.summary();
        }
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::samples::Any;
    use crate::domain::event::{Certainty, Entry, Event, RunStarted};
    use crate::domain::key::Slot;

    #[test]
    fn a_proof_of_the_old_keys_counts_no_more_once_the_dependent_was_told_of_the_new_one() {
        let mut any = Any(2);
        let mut plan = any.plan();
        let mut workspace = any.dependent();
        (workspace.id, workspace.movement) = ("/ml-a".into(), Movement::Pull);
        plan.dependents = vec![workspace];
        let step = |number, act| Step {
            number,
            act,
            phase: act,
            slot: Slot::Key2,
            dependents: vec!["/ml-a".into()],
            why: String::new(),
            floor: std::time::Duration::ZERO,
            ceiling: std::time::Duration::ZERO,
            may_fail: Vec::new(),
        };
        plan.steps = vec![step(1, Act::Presync), step(2, Act::Stage), step(3, Act::Test)];
        let head = RunStarted {
            run_id: "7f3a".into(),
            account: plan.account.id.as_str().into(),
            plan_digest: String::new(),
            request_digest: String::new(),
            tool: String::new(),
            identity: None,
            change_reference: None,
            accepted: Vec::new(),
            keys: plan.keys.clone(),
            siblings: Vec::new(),
        };
        let now = OffsetDateTime::UNIX_EPOCH;
        let mut state = RunState::new(&plan, head, now);
        let mut after = |event| {
            state.apply(&Entry { sequence: 1, time: now, event });
            let dependent = report(&plan, &state, now).dependents.remove(0);
            (dependent.certainty, dependent.how)
        };
        let told = |step| Event::Told { step, dependent: "/ml-a".into(), how: "taken".into(), correlation_id: None };
        let proven = |step| Event::Proven {
            step,
            dependent: "/ml-a".into(),
            certainty: Certainty::Proven,
            how: "answers the current key".into(),
        };
        assert_eq!(after(told(1)), (None, "taken".into()));
        assert_eq!(after(proven(1)), (Some(Certainty::Proven), "answers the current key".into()));
        assert_eq!(after(told(2)), (None, "taken".into()));
        assert_eq!(after(proven(3)), (Some(Certainty::Proven), "answers the current key".into()));
    }
}
