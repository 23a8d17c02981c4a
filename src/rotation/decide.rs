//! What comes next, from plan, state and time alone. Pure: the same journal at the same time gives the same answer in any
//! process, which is why a run can be killed anywhere and goes on (promise P10).

mod streaming;

use std::time::Duration;

use time::OffsetDateTime;

use crate::dependents::Expected;
use crate::domain::account::Service;
use crate::domain::act::Act;
use crate::domain::dependent::{Dependent, Movement};
use crate::domain::event::Outcome;
use crate::domain::key::Slot;
use crate::domain::plan::{Acceptance, Plan, Step, Strategy};
use crate::domain::planted::{Mistake, is_planted};
use crate::domain::problem::Problem;
use crate::domain::span::span;

use super::state::{Progress, Regenerate, RunState, Target};
use super::timing;

pub(super) use streaming::silent_in_the_end;

/// The target name under which the gate before a regenerate waits for caches.
pub const GRACE: &str = "grace";

/// One thing to do. Each is safe to begin again after a crash at any place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Note that a step begins.
    Begin(u32),
    /// Pass the gate (promise P1) and regenerate.
    Regenerate(u32, Slot),
    /// Look whether a regenerate whose answer was lost happened.
    Look(u32, Slot),
    /// Read the keys repeatedly: exactly one slot changed.
    Confirm(u32),
    /// Tell a pull dependent to re-read the keys.
    Tell(u32, String),
    /// Use a key on a service until it is accepted repeatedly.
    Try(u32, Service),
    /// Write a key into a push dependent.
    Publish(u32, String, Slot),
    /// Check a dependent.
    Prove(u32, String, Expected),
    /// Ask the streaming URLs of a dependent before anything changes for it.
    Baseline(u32, String),
    /// Ask them again: whether they answer as before.
    Compare(u32, String),
    /// Recreate the locators of a dependent, by a run of their own.
    Recreate(u32, String),
    /// End such a run: what it deleted is made again.
    EndRecreate(u32, String),
    /// Note that a step is done.
    Close(u32, String),
    /// Note that the run is over.
    Finish(Outcome),
}

impl Task {
    /// What tells two tasks apart while they are at work: no two of one step and target run at once.
    #[must_use]
    pub fn place(&self) -> (u32, String) {
        match self {
            Self::Begin(step) | Self::Close(step, _) => (*step, String::new()),
            Self::Regenerate(step, _) | Self::Look(step, _) | Self::Confirm(step) => (*step, "keys".to_owned()),
            Self::Tell(step, id)
            | Self::Publish(step, id, _)
            | Self::Prove(step, id, _)
            | Self::Baseline(step, id)
            | Self::Compare(step, id)
            | Self::Recreate(step, id)
            | Self::EndRecreate(step, id) => (*step, id.to_ascii_lowercase()),
            Self::Try(step, service) => (*step, service.name().to_owned()),
            Self::Finish(_) => (u32::MAX, String::new()),
        }
    }
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Do these, side by side.
    Do(Vec<Task>),
    /// Nothing before this time.
    WaitUntil {
        /// In which step.
        step: u32,
        /// Until when.
        until: OffsetDateTime,
        /// For what, in one clause.
        why: String,
    },
    /// Find out what happened before anything else.
    Reconcile(Task),
    /// These names must be accepted first.
    Ask(Vec<Acceptance>),
    /// The run is over.
    Done(Outcome),
    /// Nothing more can be done until somebody resumes.
    Blocked(Problem),
}

/// Says what comes next.
#[must_use]
pub fn decide(plan: &Plan, state: &RunState, now: OffsetDateTime) -> Next {
    if let Some((outcome, _)) = state.outcome {
        return Next::Done(outcome);
    }
    if let Some((meant, changed)) = &state.wrong {
        return Next::Blocked(wrong_slot(plan, state, *meant, changed));
    }
    let missing = state.missing_acceptances();
    if !missing.is_empty() && !state.aborting && !is_planted(Mistake::NeverAsk) {
        return Next::Ask(missing.into_iter().cloned().collect());
    }
    if state.aborting
        && let Some(next) = end_locators(state, now)
    {
        return next;
    }
    let Some(step) = state.current() else {
        let outcome = if state.aborting { Outcome::Aborted } else { Outcome::Done };
        return Next::Do(vec![Task::Finish(outcome)]);
    };
    let view = View { plan, state, step, progress: state.of(step.number), now };
    if view.progress.started.is_none() {
        return Next::Do(vec![Task::Begin(step.number)]);
    }
    match step.act {
        Act::Presync => view.tell_and_prove("every dependent that re-reads the keys was told and answered"),
        Act::Stage | Act::Retire => view.regenerate(),
        Act::Test => view.test(),
        Act::Publish => view.publish(),
        Act::Prove => view.prove(),
        Act::Settle => view.settle(),
        Act::Locators if is_planted(Mistake::RetireFirst) => view.close(""),
        Act::Locators => view.locators(),
        Act::Evidence => view.evidence(),
        Act::Inspect | Act::Converge | Act::Return | Act::Report => view.close("nothing to do"),
    }
}

/// Before anything is pointed back, every locator that this run deleted is brought back, by the run that deleted it. The step
/// that began that is no longer among those to come.
fn end_locators(state: &RunState, now: OffsetDateTime) -> Option<Next> {
    let dropped = |step: u32| !state.steps.iter().any(|known| known.number == step);
    let open: Vec<(u32, &str)> = state
        .locators()
        .filter(|(step, _, locators)| locators.finished.is_none() && dropped(*step))
        .map(|(step, id, _)| (step, id))
        .collect();
    let (first, _) = *open.first()?;
    let standings =
        open.into_iter().map(|(step, id)| standing(state.of(step).target(id), now, || Task::EndRecreate(step, id.to_owned())));
    foremost(first, standings)
}

/// The problem of a regenerate that changed another slot than the one it was meant for.
#[must_use]
pub fn wrong_slot(plan: &Plan, state: &RunState, meant: Slot, changed: &[Slot]) -> Problem {
    let what = if changed.contains(&meant) { "both keys" } else { meant.other().name() };
    let run = &state.head.run_id;
    let account = plan.account.id.name();
    Problem::drift("wrongSlotChanged", format!("{what} of {account} changed although only {meant} was to be regenerated")).hint(
        format!(
            "whoever held {} has lost access: keyroll abort --run-id {run} moves them to a living key at once and ends this run",
            meant.other()
        ),
    )
}

/// The earliest time at which a slot may be regenerated as far as consumers' caches are concerned, with the reason.
#[must_use]
pub fn grace_of(plan: &Plan, dependents: &[Dependent], slot: Slot) -> Option<(OffsetDateTime, String)> {
    if is_planted(Mistake::SkipGrace) {
        return None;
    }
    dependents
        .iter()
        .flat_map(|dependent| dependent.binding.graces.iter().map(move |grace| (dependent, grace)))
        .filter(|(_, grace)| grace.slot == slot)
        .map(|(dependent, grace)| {
            let until = match plan.options.settle {
                Some(settle) => later(grace.until - dependent.kind.settle_floor(), settle),
                None => grace.until,
            };
            (until, format!("consumers of {} may still use {slot} from their caches", dependent.name))
        })
        .max()
}

/// How one target of a step stands.
enum Standing {
    Ready(Task),
    Later(OffsetDateTime, String),
    Failed(Problem),
    Finished,
}

struct View<'a> {
    plan: &'a Plan,
    state: &'a RunState,
    step: &'a Step,
    progress: &'a Progress,
    now: OffsetDateTime,
}

impl View<'_> {
    fn regenerate(&self) -> Next {
        let number = self.step.number;
        match &self.progress.regenerate {
            Regenerate::NotBegun => {
                if let Some(next) = self.unfinished(self.baselines()) {
                    return next;
                }
                if let Some((until, why)) =
                    earliest_regenerate(self.plan, self.state, self.step).filter(|(until, _)| *until > self.now)
                {
                    return Next::WaitUntil { step: number, until, why };
                }
                // What the gate found that time alone opens is waited for under a name of its own.
                if let Standing::Later(until, why) = self.standing(GRACE, || Task::Begin(number)) {
                    return Next::WaitUntil { step: number, until, why };
                }
                let task = Task::Regenerate(number, self.step.slot);
                self.gather(vec![self.standing("keys", || task)], "")
            }
            Regenerate::Unknown { .. } => match self.standing("keys", || Task::Look(number, self.step.slot)) {
                Standing::Ready(task) => Next::Reconcile(task),
                other => self.gather(vec![other], ""),
            },
            Regenerate::Done { .. } => {
                let mut standings = self.tells();
                if !self.progress.stable {
                    standings.push(self.standing("keys", || Task::Confirm(number)));
                }
                self.gather(standings, &format!("only {} changed", self.step.slot))
            }
        }
    }

    fn test(&self) -> Next {
        let services =
            self.plan.services.iter().map(|service| match self.target(service.name()).and_then(|target| target.certainty) {
                Some(_) => Standing::Finished,
                None => self.standing(service.name(), || Task::Try(self.step.number, *service)),
            });
        match self.unfinished(services.collect()) {
            Some(next) => next,
            None => self.tell_and_prove(&format!("{} is accepted", self.step.slot)),
        }
    }

    fn tell_and_prove(&self, how: &str) -> Next {
        if let Some(next) = self.unfinished(self.tells()) {
            return next;
        }
        self.gather(self.proofs(), how)
    }

    fn tells(&self) -> Vec<Standing> {
        self.targets()
            .filter(|(_, dependent)| dependent.movement == Movement::Pull)
            .map(|(id, dependent)| match self.target(id) {
                Some(Target { moved: Some(_), .. }) => Standing::Finished,
                _ if self.step.act == Act::Presync && self.lacks_baseline(id, dependent) => {
                    self.standing(id, || Task::Baseline(self.step.number, id.to_owned()))
                }
                _ => self.standing(id, || Task::Tell(self.step.number, id.to_owned())),
            })
            .collect()
    }

    fn proofs(&self) -> Vec<Standing> {
        self.targets()
            .map(|(id, dependent)| {
                if self.target(id).is_some_and(|target| target.certainty.is_some()) {
                    return Standing::Finished;
                }
                let expected = match dependent.movement {
                    Movement::Push => Expected::Slot(self.expected_slot(id)),
                    Movement::Pull | Movement::WithParent | Movement::NoKey => Expected::AnyCurrent,
                };
                self.standing(id, || Task::Prove(self.step.number, id.to_owned(), expected))
            })
            .collect()
    }

    /// The slot that a push dependent was given last; a step that points back gives different ones to different dependents.
    fn expected_slot(&self, id: &str) -> Slot {
        self.state.published.get(&id.to_ascii_lowercase()).map_or(self.step.slot, |(slot, _)| *slot)
    }

    fn publish(&self) -> Next {
        let standings = self.targets().map(|(id, _)| match self.target(id) {
            Some(Target { moved: Some(_), .. }) => Standing::Finished,
            _ => self.standing(id, || Task::Publish(self.step.number, id.to_owned(), self.step.slot)),
        });
        self.gather(standings.collect(), &format!("{} is written", self.step.slot))
    }

    fn prove(&self) -> Next {
        self.gather(self.proofs(), "every dependent was checked")
    }

    fn settle(&self) -> Next {
        match settled(self.plan, self.state, self.targets().map(|(_, dependent)| dependent)) {
            Some((until, why)) if until > self.now => Next::WaitUntil { step: self.step.number, until, why },
            _ => self.close("caches had their time"),
        }
    }

    fn locators(&self) -> Next {
        let standings = self.targets().map(|(id, dependent)| match self.target(id) {
            _ if streaming::streams(dependent) => self.compared(id),
            Some(target) if target.has_recreated() => Standing::Finished,
            _ => self.standing(id, || Task::Recreate(self.step.number, id.to_owned())),
        });
        let standings: Vec<Standing> = standings.collect();
        if let Some(next) = self.unfinished(standings).or_else(|| self.silenced()) {
            return next;
        }
        let parts = self.targets().filter_map(|(id, dependent)| match self.target(id) {
            _ if streaming::streams(dependent) => Some(self.came_to(id, dependent)),
            target => target.map(|target| target.how.clone()),
        });
        self.close(&parts.collect::<Vec<_>>().join("; "))
    }

    fn evidence(&self) -> Next {
        let name = format!("unknown-usage-{}", self.step.slot);
        self.close(&format!("no log was looked at for users of {}; {name} was accepted", self.step.slot))
    }

    fn close(&self, how: &str) -> Next {
        Next::Do(vec![Task::Close(self.step.number, how.to_owned())])
    }

    fn targets(&self) -> impl Iterator<Item = (&str, &Dependent)> {
        self.step
            .dependents
            .iter()
            .filter(|id| !self.state.is_gone(id) && !self.failed_before(id))
            .filter_map(|id| self.state.dependent(id).map(|dependent| (id.as_str(), dependent)))
    }

    fn is_sync(&self) -> bool {
        self.plan.options.strategy == Strategy::Sync
    }

    /// Whether a sync gave up on this dependent in an earlier step.
    fn failed_before(&self, id: &str) -> bool {
        let earlier = self.state.steps.iter().filter(|step| self.is_sync() && step.number < self.step.number);
        earlier.filter_map(|step| self.state.of(step.number).target(id)).any(|target| target.failed.is_some())
    }

    fn target(&self, id: &str) -> Option<&Target> {
        self.progress.target(id)
    }

    fn standing(&self, id: &str, task: impl FnOnce() -> Task) -> Standing {
        standing(self.target(id), self.now, task)
    }

    /// What is next among these targets, or nothing if all are finished.
    fn unfinished(&self, standings: Vec<Standing>) -> Option<Next> {
        // In a sync each dependent stands for itself: the others go on, and the run ends all the same.
        let alone = self.is_sync() && self.step.act != Act::Test;
        foremost(self.step.number, standings.into_iter().filter(|standing| !(alone && matches!(standing, Standing::Failed(_)))))
    }

    fn gather(&self, standings: Vec<Standing>, how: &str) -> Next {
        let all = standings.len();
        let failed = standings.iter().filter(|standing| matches!(standing, Standing::Failed(_))).count();
        self.unfinished(standings).unwrap_or_else(|| match failed {
            // In a sync, what failed before is no target any more.
            0 if all == 0 && self.is_sync() && self.step.act == Act::Prove => self.close("nothing was left to do"),
            0 => self.close(how),
            failed if failed == all => self.close("failed"),
            failed => self.close(&format!("{how}, but for {failed} of {all} that failed")),
        })
    }
}

fn standing(target: Option<&Target>, now: OffsetDateTime, task: impl FnOnce() -> Task) -> Standing {
    match target {
        Some(Target { failed: Some(problem), .. }) => Standing::Failed(problem.clone()),
        Some(Target { not_before: Some(until), how, .. }) if *until > now => Standing::Later(*until, how.clone()),
        _ => Standing::Ready(task()),
    }
}

/// What is next among these, or nothing if all are finished.
fn foremost(step: u32, standings: impl IntoIterator<Item = Standing>) -> Option<Next> {
    let mut ready = Vec::new();
    let mut later: Option<(OffsetDateTime, String)> = None;
    let mut failed = Vec::new();
    for standing in standings {
        match standing {
            Standing::Ready(task) => ready.push(task),
            Standing::Later(until, why) => {
                if later.as_ref().is_none_or(|(earliest, _)| until < *earliest) {
                    later = Some((until, why));
                }
            }
            Standing::Failed(problem) => failed.push(problem),
            Standing::Finished => {}
        }
    }
    if !ready.is_empty() {
        return Some(Next::Do(ready));
    }
    if let Some((until, why)) = later {
        return Some(Next::WaitUntil { step, until, why });
    }
    let more = failed.len().saturating_sub(1);
    let first = failed.into_iter().next()?;
    Some(Next::Blocked(if more == 0 { first } else { first.because(format!("{more} more failed too")) }))
}

/// When a slot may be regenerated: after `--retire-after`, the grace of caches that were found to hold it, and the settle
/// floors of everything that this run moved away from it or told. The settle steps before it waited for those already, but
/// perhaps on a clock that was wrong.
#[must_use]
pub fn earliest_regenerate(plan: &Plan, state: &RunState, step: &Step) -> Option<(OffsetDateTime, String)> {
    let slot = step.slot;
    let kept = (step.act == Act::Retire).then_some(plan.options.retire_after).flatten().map(|keep| {
        let proofs = state.steps.iter().filter(|known| known.act == Act::Prove && known.number < step.number);
        let proven = proofs.filter_map(|known| state.of(known.number).finished).max();
        let staged = state.regenerated.iter().map(|(_, time)| *time).max();
        (later(proven.max(staged).unwrap_or(state.started), keep), format!("{slot} is kept for {} after the proof", span(keep)))
    });
    let living: Vec<Dependent> = state.dependents.iter().filter(|dependent| !state.is_gone(&dependent.id)).cloned().collect();
    let moved_away = |dependent: &&Dependent| match dependent.movement {
        Movement::Push => state.published.get(&dependent.id.to_ascii_lowercase()).is_some_and(|(now, _)| *now != slot),
        // Before the first regenerate a telling changed nothing that a cache could miss.
        Movement::Pull => !state.regenerated.is_empty(),
        Movement::WithParent | Movement::NoKey => false,
    };
    let settling = settled(plan, state, living.iter().filter(moved_away));
    kept.into_iter().chain(grace_of(plan, &living, slot)).chain(settling).chain(streamed_on(plan, state)).max()
}

/// When nobody streams any more through a locator as it was before this run recreated it.
fn streamed_on(plan: &Plan, state: &RunState) -> Option<(OffsetDateTime, String)> {
    let recreated = state.locators().filter(|(_, _, locators)| locators.recreated > 0);
    let last = recreated.filter_map(|(_, _, locators)| locators.finished).max()?;
    let floor = plan.options.settle.unwrap_or(timing::STREAMED_ON);
    Some((later(last, floor), format!("streaming endpoints may use a locator as it was for {}", span(floor))))
}

/// When the caches of these dependents, as far as this run moved or told them, have had their time.
fn settled<'a>(
    plan: &Plan,
    state: &RunState,
    dependents: impl Iterator<Item = &'a Dependent>,
) -> Option<(OffsetDateTime, String)> {
    if is_planted(Mistake::SkipGrace) {
        return None;
    }
    dependents
        .filter_map(|dependent| {
            let id = dependent.id.to_ascii_lowercase();
            let moved = match dependent.movement {
                Movement::Pull => state.told.get(&id).copied(),
                Movement::Push => state.published.get(&id).map(|(_, time)| *time),
                Movement::WithParent | Movement::NoKey => None,
            }?;
            let floor = plan.options.settle.unwrap_or_else(|| dependent.kind.settle_floor());
            Some((later(moved, floor), settle_reason(dependent, floor)))
        })
        .max()
}

/// A time and a length added; the end of time where that is longer than any calendar.
pub(super) fn later(time: OffsetDateTime, length: Duration) -> OffsetDateTime {
    time.saturating_add(length.try_into().unwrap_or(time::Duration::MAX))
}

fn settle_reason(dependent: &Dependent, floor: Duration) -> String {
    format!("{} {} may use what it cached for {}", dependent.kind, dependent.name, span(floor))
}
