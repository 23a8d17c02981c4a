//! Trying keys on the data plane and proving dependents (promise P5).

use crate::azure::data_plane::Acceptance;
use crate::dependents::{Expected, Verdict, adapter};
use crate::domain::account::Service;
use crate::domain::act::Act;
use crate::domain::event::{Certainty, Event};
use crate::domain::key::{Slot, StorageKey};
use crate::domain::plan::Acceptance as Needed;
use crate::domain::planted::{Mistake, is_planted};
use crate::domain::problem::{Kind, Problem};

use super::super::amend;
use super::super::state::Regenerate;
use super::super::timing;
use super::moves::not_there_yet;
use super::{Failure, Worker};

impl Worker {
    /// Uses the key of the step's slot on a service until it is accepted several times in a row; after a retire also
    /// until the old one is refused as often.
    pub(super) async fn try_service(&self, number: u32, service: Service) -> Result<(), Problem> {
        let name = service.name();
        let step = self.step(number)?;
        let slot = step.slot;
        if self.untested.contains(&service) {
            // Whoever uses this service gets the key next, and nothing shows whether its front ends take it by now.
            if self.propagated(slot).is_err() {
                let why = format!("{service} cannot be reached from here: {slot} gets the ten minutes that storage may take");
                return self.retry(number, name, Failure::NotYet(why), timing::LOOK_AGAIN, timing::TEST_CEILING);
            }
            let how = format!("{service} cannot be reached from here; accepted as untested");
            return self.note(Event::Tested { step: number, service, certainty: Certainty::Assumed, how });
        }
        let keys = match self.expected_keys().await {
            Ok(keys) => keys,
            Err(Failure::Final(problem)) if problem.kind == Kind::Drift => return Err(problem),
            Err(failure) => return self.retry(number, name, failure, timing::TRY_AGAIN, timing::TEST_CEILING),
        };
        let tries = timing::ANSWERS_IN_A_ROW;
        if let Err(failure) = self.repeatedly(service, slot, &keys.get(slot).key, &Acceptance::Accepted).await {
            return self.untried(number, service, failure);
        }
        let mut how = format!("{slot} accepted {tries}/{tries}");
        let mut certainty = Certainty::Proven;
        if step.phase == Act::Retire {
            let old = self.old_key.borrow().as_ref().filter(|(retired, _)| *retired == slot).map(|(_, key)| key.clone());
            match old {
                Some(old) => {
                    if let Err(failure) = self.repeatedly(service, slot, &old, &Acceptance::Refused).await {
                        return self.untried(number, service, failure);
                    }
                    how = format!("{how}, the old one refused {tries}/{tries}");
                }
                None => match self.propagated(slot) {
                    // keyroll was restarted, and the old key went with the process that knew it.
                    Ok(()) => {
                        certainty = Certainty::Assumed;
                        how = format!("{how}; the old key is not at hand after a restart, so its refusal is assumed");
                    }
                    Err(failure) => return self.retry(number, name, failure, timing::LOOK_AGAIN, timing::TEST_CEILING),
                },
            }
        }
        self.note(Event::Tested { step: number, service, certainty, how })
    }

    /// A service that went out of reach after the plan was made, and stays there, has to be accepted as untested.
    fn untried(&self, step: u32, service: Service, failure: Failure) -> Result<(), Problem> {
        let known = self.target(step, service.name());
        let overdue = known.pending_since.is_some_and(|since| self.client.clock().now() - since >= timing::TEST_CEILING);
        match failure {
            Failure::OutOfReach(why) if overdue => {
                let (act, steps) = (self.step(step)?.act, amend::remaining(&self.journal.borrow().state));
                let name = format!("untested-{service}");
                let acceptances = vec![Needed {
                    name,
                    why: format!("{why}; nobody tries the new key there, and checks that need it are assumed"),
                    act,
                }];
                self.note(Event::Amended { why, dependents: Vec::new(), steps, acceptances })
            }
            failure => self.retry(step, service.name(), failure, timing::TRY_AGAIN, timing::TEST_CEILING),
        }
    }

    async fn repeatedly(&self, service: Service, slot: Slot, key: &StorageKey, wanted: &Acceptance) -> Result<(), Failure> {
        if is_planted(Mistake::SkipTest) {
            return Ok(());
        }
        for attempt in 0..timing::ANSWERS_IN_A_ROW {
            if attempt > 0 {
                self.client.clock().sleep(timing::BETWEEN_TRIES).await;
            }
            let answer = self.client.accepts(&self.account, service, key).await?;
            if answer == *wanted {
                continue;
            }
            return Err(match answer {
                Acceptance::Accepted => Failure::NotYet(format!("{service} still accepts the old {slot}")),
                Acceptance::Refused => Failure::NotYet(format!("{service} does not accept the new {slot} yet")),
                Acceptance::Unreachable { why } => Failure::OutOfReach(format!("{service} cannot be reached: {why}")),
                Acceptance::KeyAccessOff => Failure::Final(
                    Problem::blocked("keyAccessOff", format!("{} accepts no keys any more", self.account.id.name()))
                        .hint("allow shared key access again, or end the run with keyroll abort"),
                ),
            });
        }
        Ok(())
    }

    /// Whether the documented time for a key to spread has passed since `slot` was regenerated.
    fn propagated(&self, slot: Slot) -> Result<(), Failure> {
        let journal = self.journal.borrow();
        let regenerated = journal
            .state
            .steps
            .iter()
            .filter(|step| step.slot == slot)
            .filter_map(|step| match journal.state.of(step.number).regenerate {
                Regenerate::Done { at } => Some(at),
                Regenerate::NotBegun | Regenerate::Unknown { .. } => None,
            })
            .max();
        match regenerated {
            Some(at) if self.client.clock().now() - at < timing::PROPAGATION => {
                Err(Failure::NotYet(format!("the old {slot} may be accepted for up to ten minutes")))
            }
            _ => Ok(()),
        }
    }

    pub(super) async fn prove(&self, step: u32, id: &str, expected: Expected) -> Result<(), Problem> {
        let dependent = self.dependent(id)?;
        let keys = match self.expected_keys().await {
            Ok(keys) => keys,
            Err(Failure::Final(problem)) if problem.kind == Kind::Drift => return Err(problem),
            Err(failure) => return self.retry(step, id, failure, timing::PROVE_AGAIN, timing::PATIENCE),
        };
        let proof = match adapter(dependent.kind).prove(&self.scene(&keys), &dependent, expected).await {
            Ok(proof) => proof,
            Err(problem) if self.no_longer_depends(&dependent, &problem).await => {
                return self.note(Event::Gone { step, dependent: id.to_owned() });
            }
            Err(problem) => return self.retry(step, id, not_there_yet(problem), timing::PROVE_AGAIN, timing::PATIENCE),
        };
        let certainty = match proof.verdict {
            Verdict::Proven => Certainty::Proven,
            Verdict::Assumed => Certainty::Assumed,
            Verdict::Pending => {
                let ceiling = dependent.kind.proof_ceiling();
                let known = self.target(step, id);
                let overdue = known.pending_since.is_some_and(|since| self.client.clock().now() - since >= ceiling);
                if overdue && !known.rescued {
                    let slot = match expected {
                        Expected::Slot(slot) => slot,
                        Expected::AnyCurrent => self.step(step)?.slot,
                    };
                    if self.rescue(step, &dependent, slot).await? {
                        return Ok(());
                    }
                }
                let why = format!("{}: {}", dependent.name, proof.how);
                return self.retry(step, id, Failure::NotYet(why), timing::PROVE_AGAIN, ceiling);
            }
        };
        self.note(Event::Proven { step, dependent: id.to_owned(), certainty, how: proof.how })
    }
}
