//! Pointing a run back: everything that it moved goes where it was, while the old key lives.

use crate::domain::account::KeyState;
use crate::domain::binding::Held;
use crate::domain::dependent::{DependentKind, Movement};
use crate::domain::event::Event;
use crate::domain::key::Slot;
use crate::domain::problem::Problem;
use crate::domain::report::Report;
use crate::domain::resource_id::ResourceId;

use super::address_file;
use super::amend::next_number;
use super::certificate;
use super::decide::Task;
use super::drive::Patience;
use super::engine::Engine;
use super::journal::Journal;
use super::legs::Legs;
use super::timing;

impl Engine {
    /// Points push dependents back while the old key lives, and ends the run.
    ///
    /// # Errors
    /// Blocked, when a retire was begun: then going on is the only way. Otherwise as [`Self::resume`].
    pub async fn abort(&self, run: &str, patience: Patience) -> Result<Report, Problem> {
        let Some((mut journal, _lock)) = self.open(run)? else { return self.report(run) };
        if !journal.state.can_point_back() && !self.has_drifted(&journal).await? {
            return Err(Problem::blocked(
                "tooLateToAbort",
                format!("run {run} has begun to retire the old key, so there is nothing to point back to"),
            )
            .hint(format!("go on with keyroll resume --run-id {run}")));
        }
        certificate::needed(&self.client, &journal.state, true)?;
        address_file::needed(&journal)?;
        journal.append(self.resumed(Vec::new()))?;
        let mut journal = self.find_out(journal, patience).await?;
        let keys = self.keys_now(&journal.plan.account.id).await?;
        let back = way_back(&journal, &keys);
        let state = &journal.state;
        let touched = state.steps.iter().any(|step| step.act.is_irreversible() && state.of(step.number).started.is_some());
        let legs = Legs::new(&journal.plan.options, &state.dependents, next_number(state));
        let relocated = relocated(&journal, &keys, &back);
        let steps = legs.of_abort(journal.plan.active, touched, &back, &relocated);
        journal.append(Event::AbortStarted { keys, steps })?;
        self.work(journal, patience).await
    }

    /// Whether somebody else changed a slot: then going on is no way, however far the run has come.
    async fn has_drifted(&self, journal: &Journal) -> Result<bool, Problem> {
        let (account, expected) = (&journal.plan.account.id, &journal.state.keys);
        Ok(journal.state.unknown_regenerate().is_none() && !self.keys_now(account).await?.changed(expected).is_empty())
    }

    /// Before anything is pointed anywhere, a regenerate whose answer was lost is looked after until its outcome is known.
    async fn find_out(&self, journal: Journal, patience: Patience) -> Result<Journal, Problem> {
        let worker = self.worker(journal);
        while let Some((step, slot)) = worker.unknown_regenerate() {
            worker.perform(Task::Look(step, slot)).await?;
            if worker.unknown_regenerate().is_none() {
                break;
            }
            if patience == Patience::UntilFirstWait || self.cancel.signal().is_some() {
                return Err(Problem::blocked(
                    "outcomeUnknown",
                    format!("whether {slot} was regenerated is not known yet, so nothing can be pointed back"),
                )
                .hint("call abort again in a minute; within ten minutes it is known"));
            }
            self.client.clock().sleep(timing::LOOK_AGAIN).await;
        }
        Ok(worker.into_journal())
    }

    /// Both slots as they are now, the same in several reads: a stale answer must not decide where anything is pointed.
    async fn keys_now(&self, account: &ResourceId) -> Result<KeyState, Problem> {
        let mut known = self.client.list_keys(account).await?.state(account);
        let mut equal = 1;
        while equal < timing::STABLE_READS {
            self.client.clock().sleep(timing::BETWEEN_READS).await;
            let again = self.client.list_keys(account).await?.state(account);
            equal = if known.changed(&again).is_empty() { equal + 1 } else { 1 };
            known = again;
        }
        Ok(known)
    }
}

/// Where each push dependent that the run moved, or began to move, or whose key died meanwhile, goes: the slot that it held at
/// first, if that key lives, else the slot that was in use, else where it is as long as that key lives; and if none of them
/// does, the slot in use as it is now.
fn way_back(journal: &Journal, now: &KeyState) -> Vec<(Slot, Vec<String>)> {
    let (plan, state) = (&journal.plan, &journal.state);
    let lives = |slot: Slot| plan.keys.get(slot).fingerprint == now.get(slot).fingerprint;
    let mut back: Vec<(Slot, Vec<String>)> = Vec::new();
    let pushes =
        state.dependents.iter().filter(|dependent| dependent.movement == Movement::Push && !state.is_gone(&dependent.id));
    for dependent in pushes {
        let intended = state.intended.get(&dependent.id.to_ascii_lowercase()).copied();
        let target = match (&dependent.binding.held, intended) {
            (Held::Slot(held), None) if lives(*held) => continue,
            (Held::Slot(held), _) if lives(*held) => *held,
            (Held::Stale | Held::Nothing | Held::Unknown, None) => continue,
            _ if lives(plan.active) => plan.active,
            (_, Some(slot)) if state.wrong.is_none() && state.keys.get(slot).fingerprint == now.get(slot).fingerprint => slot,
            _ => plan.active,
        };
        match back.iter_mut().find(|(known, _)| *known == target) {
            Some((_, ids)) => ids.push(dependent.id.clone()),
            None => back.push((target, vec![dependent.id.clone()])),
        }
    }
    back
}

/// The dependents whose locators have to be made again once they were given their key back: those of which this run made some under
/// another key, and those whose first key died.
fn relocated(journal: &Journal, now: &KeyState, back: &[(Slot, Vec<String>)]) -> Vec<String> {
    let (plan, state) = (&journal.plan, &journal.state);
    let slot_of = |step: u32| state.steps.iter().chain(&plan.steps).find(|known| known.number == step).map(|step| step.slot);
    let hangs_elsewhere = |slot: Slot, id: &str| {
        let first = match state.dependent(id).map(|dependent| &dependent.binding.held) {
            Some(Held::Slot(held)) => *held,
            _ => plan.active,
        };
        let died = plan.keys.get(first).fingerprint != now.get(first).fingerprint;
        let moved = |(step, of, _): (u32, &str, _)| of.eq_ignore_ascii_case(id) && slot_of(step) != Some(slot);
        died || state.locators().any(moved)
    };
    let has_locators = |id: &String| state.dependent(id).is_some_and(|dependent| dependent.kind == DependentKind::MediaV2Account);
    let pairs = back.iter().flat_map(|(slot, ids)| ids.iter().map(move |id| (*slot, id)));
    pairs.filter(|(slot, id)| has_locators(id) && hangs_elsewhere(*slot, id)).map(|(_, id)| id.clone()).collect()
}
