//! Regenerating a slot: the gate, the request, and what to do when its answer is lost (promises P1, P2, P3).

use crate::dependents::adapter;
use crate::domain::account::KeyState;
use crate::domain::binding::Held;
use crate::domain::dependent::{Dependent, Extent, Movement, NotInspected};
use crate::domain::event::Event;
use crate::domain::key::Slot;
use crate::domain::plan::Step;
use crate::domain::planted::{Mistake, is_planted};
use crate::domain::problem::{Kind, Problem};
use crate::domain::span::span;

use super::super::amend::{self, Gate};
use super::super::certificate;
use super::super::decide::{GRACE, earliest_regenerate};
use super::super::inventory::{self, Search};
use super::super::state::Regenerate;
use super::super::timing;
use super::{Failure, Worker};
use crate::dependents::Scope;

/// The target name under which the two keys themselves are retried.
const KEYS: &str = "keys";

impl Worker {
    pub(super) async fn regenerate(&self, number: u32, slot: Slot) -> Result<(), Problem> {
        let step = self.step(number)?;
        certificate::lasts(&self.client, &self.journal.borrow().state, &step)?;
        let (before, bindings) = match self.gate(&step).await {
            Ok(Gate::Open(bindings)) => (self.journal.borrow().state.keys.clone(), bindings),
            Ok(Gate::Wait(until, why)) => {
                return self.note(Event::Retrying { step: number, target: GRACE.to_owned(), why, answered: true, until });
            }
            Ok(Gate::Amend(event)) => return self.amend(number, *event),
            Err(Failure::Final(problem)) if problem.kind == Kind::Drift => return Err(problem),
            Err(failure) => return self.retry(number, KEYS, failure, timing::TRY_AGAIN, timing::PATIENCE),
        };
        self.note(Event::GatePassed { step: number, slot, bindings })?;
        if !is_planted(Mistake::JournalLate) {
            self.note(Event::RegenerateIntent { step: number, slot, before: before.clone() })?;
        }
        let old = self.keys.borrow().as_ref().map(|keys| keys.get(slot).key.clone());
        self.old_key.replace(old.map(|key| (slot, key)));
        self.in_flight.set(self.in_flight.get() + 1);
        let answer = self.client.regenerate_key(&self.account.id, slot).await;
        self.in_flight.set(self.in_flight.get() - 1);
        if is_planted(Mistake::JournalLate) {
            self.note(Event::RegenerateIntent { step: number, slot, before: before.clone() })?;
        }
        match answer {
            Ok(regenerated) => {
                let after = regenerated.keys.state(&self.account.id);
                // A stale answer shows nothing changed: then only looking tells.
                if before.changed(&after).is_empty() {
                    let why = "the answer shows both keys as they were".to_owned();
                    return self.note(Event::RegenerateUnknown { step: number, slot, why });
                }
                self.keys.replace(Some(regenerated.keys));
                self.regenerated(&step, after, false, regenerated.correlation_id)
            }
            Err(problem) if certainly_not_done(&problem) || is_planted(Mistake::RepeatLost) => {
                self.note(Event::RegenerateNotDone { step: number, slot, why: problem.message.clone() })?;
                self.change_refused(number, KEYS, problem)
            }
            Err(problem) => self.note(Event::RegenerateUnknown { step: number, slot, why: problem.message }),
        }
    }

    /// Takes in what changed since the plan. What only went out of sight may be a service's bad moment: it is looked for
    /// again for a while before anybody is asked to accept that.
    fn amend(&self, step: u32, event: Event) -> Result<(), Problem> {
        let out_of_sight = match &event {
            Event::Amended { dependents, acceptances, why, .. } if dependents.is_empty() && !acceptances.is_empty() => {
                Some(why.clone())
            }
            _ => None,
        };
        let known = self.target(step, KEYS);
        let since = known.pending_since;
        let now = self.client.clock().now();
        match out_of_sight {
            Some(why) if since.is_none_or(|since| now - since < timing::OUT_OF_SIGHT) => {
                let until = now + timing::LOOK_AGAIN * known.attempts.clamp(1, timing::SLOWEST);
                self.note(Event::Retrying { step, target: KEYS.to_owned(), why, answered: true, until })
            }
            _ => self.note(event),
        }
    }

    /// Re-reads what everybody holds, directly before a regenerate.
    async fn gate(&self, step: &Step) -> Result<Gate, Failure> {
        let (untouched, created, scope, expected) = {
            let journal = self.journal.borrow();
            let (plan, state) = (&journal.plan, &journal.state);
            let untouched = state.regenerated.is_empty() && state.published.is_empty() && state.amendments.is_empty();
            let scope = Scope::of(plan);
            (untouched, plan.created, scope, state.keys.clone())
        };
        if untouched && self.client.clock().now() - created < timing::FRESH {
            // The answer also sets the clock right: only then is the plan's age known.
            self.read_expected_keys().await?;
            let age = self.client.clock().now() - created;
            if !age.is_negative() && age < timing::FRESH {
                return Ok(Gate::Open(amend::bindings(&self.journal.borrow().plan.dependents)));
            }
        }
        let mut search = inventory::search(&self.client, &self.account.id, &scope, &self.untested, &self.given()?).await?;
        let changed = search.keys.state(&self.account.id).changed(&expected);
        // What was compared with keys that are not the expected ones says nothing.
        if !changed.is_empty() {
            self.read_expected_keys().await?;
            return Err(Failure::NotYet("listKeys answered stale keys while the dependents were read".to_owned()));
        }
        self.keys.replace(Some(search.keys.clone()));
        if let Some(problem) = search.found.blockers.first().cloned().or_else(|| inventory::account_blocker(&search.account)) {
            return Err(Failure::Final(problem));
        }
        self.ask_the_missing(step.number, &mut search).await?;
        let journal = self.journal.borrow();
        let (plan, state) = (&journal.plan, &journal.state);
        let now = self.client.clock().now();
        if let Some((until, why)) = earliest_regenerate(plan, state, step).filter(|(until, _)| *until > now) {
            return Ok(Gate::Wait(until, why));
        }
        Ok(amend::judge(plan, state, step, &search, now))
    }

    /// What the search no longer returned is asked itself: a list that leaves something out is no proof that it is gone.
    async fn ask_the_missing(&self, step: u32, search: &mut Search) -> Result<(), Failure> {
        let missing: Vec<Dependent> = {
            let state = &self.journal.borrow().state;
            let known = state.dependents.iter().filter(|known| known.movement != Movement::NoKey && !state.is_gone(&known.id));
            known
                .filter(|known| {
                    !search.found.dependents.iter().any(|found| found.is(&known.id) && found.movement != Movement::NoKey)
                })
                .cloned()
                .collect()
        };
        for dependent in missing {
            let keyless = search.found.dependents.iter().any(|found| found.is(&dependent.id));
            let binding =
                if keyless { None } else { Some(adapter(dependent.kind).binding(&self.scene(&search.keys), &dependent).await) };
            match binding {
                None => self.note(Event::Gone { step, dependent: dependent.id }).map_err(Failure::Final)?,
                Some(Ok(binding)) if binding.held == Held::Nothing && binding.lasting_signatures.is_empty() => {
                    self.note(Event::Gone { step, dependent: dependent.id }).map_err(Failure::Final)?;
                }
                Some(Ok(binding)) => search.found.dependents.push(Dependent { binding, ..dependent }),
                Some(Err(problem)) if problem.kind == Kind::NotFound => {
                    self.note(Event::Gone { step, dependent: dependent.id }).map_err(Failure::Final)?;
                }
                Some(Err(problem)) => match Failure::from(problem) {
                    Failure::Final(problem) => search.found.not_inspected.push(NotInspected {
                        acceptance: Some(format!("unavailable-{}", dependent.name)),
                        what: dependent.name,
                        extent: Extent::Unavailable,
                        why: problem.message,
                    }),
                    failure => return Err(failure),
                },
            }
        }
        Ok(())
    }

    /// Looks whether a regenerate whose answer was lost happened.
    pub(super) async fn look(&self, number: u32, slot: Slot) -> Result<(), Problem> {
        let step = self.step(number)?;
        let (before, regenerate) = {
            let state = &self.journal.borrow().state;
            (state.keys.clone(), state.of(number).regenerate.clone())
        };
        let Regenerate::Unknown { since, unchanged_reads } = regenerate else { return Ok(()) };
        let keys = match self.client.list_keys(&self.account.id).await {
            Ok(keys) => keys,
            Err(problem) => return self.retry(number, KEYS, problem.into(), timing::LOOK_AGAIN, timing::PATIENCE),
        };
        let after = keys.state(&self.account.id);
        let now = self.client.clock().now();
        let changed = before.changed(&after);
        // A stale answer may show an older generation of the other slot; only the slot that was meant counts before its time.
        if changed.contains(&slot) || (!changed.is_empty() && now - since >= timing::PROPAGATION) {
            self.keys.replace(Some(keys));
            return self.regenerated(&step, after, true, None);
        }
        if now - since >= timing::PROPAGATION && unchanged_reads >= timing::UNCHANGED_LOOKS {
            let why = format!("{slot} is unchanged {} after the request", span(timing::PROPAGATION));
            return self.note(Event::RegenerateNotDone { step: number, slot, why });
        }
        self.note(Event::RegenerateUnseen { step: number, slot, until: now + timing::LOOK_AGAIN })
    }

    fn regenerated(&self, step: &Step, after: KeyState, seen_later: bool, correlation_id: Option<String>) -> Result<(), Problem> {
        // Whether exactly this slot changed is judged from the journal, by every process alike.
        self.note(Event::Regenerated { step: step.number, slot: step.slot, after, seen_later, correlation_id })
    }

    /// Reads the keys until they are as the regenerate left them, several times in a row.
    pub(super) async fn confirm(&self, number: u32) -> Result<(), Problem> {
        let expected = self.journal.borrow().state.keys.clone();
        for reading in 1..=timing::STABLE_READS {
            let keys = match self.client.list_keys(&self.account.id).await {
                Ok(keys) => keys,
                Err(problem) => return self.retry(number, KEYS, problem.into(), timing::TRY_AGAIN, timing::PATIENCE),
            };
            if !keys.state(&self.account.id).changed(&expected).is_empty() {
                let Regenerate::Done { at } = self.journal.borrow().state.of(number).regenerate.clone() else { return Ok(()) };
                if self.client.clock().now() - at >= timing::PROPAGATION {
                    let changed = keys.state(&self.account.id).changed(&expected);
                    return Err(self.drift(&changed.iter().map(|slot| slot.name()).collect::<Vec<_>>().join(" and ")));
                }
                let failure = Failure::NotYet("listKeys does not show the new key yet".to_owned());
                return self.retry(number, KEYS, failure, timing::TRY_AGAIN, timing::PATIENCE);
            }
            self.keys.replace(Some(keys));
            if reading < timing::STABLE_READS {
                self.client.clock().sleep(timing::BETWEEN_READS).await;
            }
        }
        self.note(Event::KeysStable { step: number, reads: timing::STABLE_READS })
    }
}

/// Only a refusal says for certain that nothing happened; 408, 5xx, broken connections and unreadable answers say nothing.
fn certainly_not_done(problem: &Problem) -> bool {
    matches!(problem.http_status, Some(400 | 401 | 403 | 404 | 405 | 409 | 412 | 429))
        || matches!(problem.kind, Kind::Permission | Kind::NotFound | Kind::Usage)
}
