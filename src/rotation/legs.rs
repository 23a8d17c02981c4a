//! The steps of a rotation as data: each leg moves everything to one slot, or regenerates one.

use std::time::Duration;

use crate::domain::act::Act;
use crate::domain::dependent::{Dependent, DependentKind, Movement};
use crate::domain::key::Slot;
use crate::domain::plan::{Options, Plan, Step, Strategy};
use crate::domain::span::span;

use super::timing;

/// Writes the steps of one plan, numbered on.
pub struct Legs<'a> {
    options: &'a Options,
    dependents: Vec<&'a Dependent>,
    steps: Vec<Step>,
    next_number: u32,
}

impl<'a> Legs<'a> {
    /// No steps yet; the first one gets `first_number`.
    #[must_use]
    pub fn new(options: &'a Options, dependents: impl IntoIterator<Item = &'a Dependent>, first_number: u32) -> Self {
        Self { options, dependents: dependents.into_iter().collect(), steps: Vec::new(), next_number: first_number }
    }

    /// All steps of a fresh plan in which `active` is the slot in use.
    #[must_use]
    pub fn of_plan(mut self, active: Slot) -> Vec<Step> {
        let standby = active.other();
        self.presync(active);
        match self.options.strategy {
            Strategy::BothSlots | Strategy::StandbyOnly => {
                self.converge(active);
                self.stage(standby);
                if self.options.strategy == Strategy::BothSlots {
                    self.retire(active);
                    self.come_back(active);
                }
            }
            Strategy::OneSlot(slot) => {
                self.converge(slot.other());
                self.retire(slot);
                if slot == active {
                    self.come_back(active);
                }
            }
            Strategy::Sync => {}
        }
        let until = self.options.until;
        self.steps.retain(|step| until.is_none_or(|until| rank(step) <= until));
        self.steps
    }

    /// Brings these push dependents onto `slot`: the leg that an amendment puts before a retire.
    #[must_use]
    pub fn of_amendment(mut self, slot: Slot, late: &[String], remaining: &[Step]) -> Vec<Step> {
        self.publish(Act::Stage, slot, late, "these hold the slot that is about to be regenerated");
        for step in remaining {
            let mut step = step.clone();
            step.number = self.take_number();
            self.steps.push(step);
        }
        self.steps
    }

    /// Points dependents back to the slot given for each.
    ///
    /// Nothing is regenerated after it, so that no cache has to be waited for; but the `relocated` ones need their time before
    /// their locators are made again.
    #[must_use]
    pub fn of_abort(mut self, active: Slot, touched: bool, back: &[(Slot, Vec<String>)], relocated: &[String]) -> Vec<Step> {
        let pulls = self.pulls();
        if touched && !pulls.is_empty() {
            let why = "a slot may have changed under what re-reads the keys by itself";
            self.step(Act::Presync, Act::Return, active, pulls, why).ceiling = timing::PATIENCE;
        }
        for (slot, dependents) in back {
            self.write(Act::Return, *slot, dependents, "the run is pointed back");
        }
        for (slot, dependents) in back {
            let settling: Vec<String> = dependents.iter().filter(|id| relocated.contains(id)).cloned().collect();
            self.settle(Act::Return, *slot, &settling);
            self.recreate(Act::Return, *slot, settling);
        }
        self.steps
    }

    /// Tells and proves these pull dependents, and writes `slot` into these push dependents. Nothing is regenerated, so that
    /// no cache has to be waited for.
    #[must_use]
    pub fn of_sync(mut self, slot: Slot, pulls: Vec<String>, pushes: &[String]) -> Vec<Step> {
        if !pulls.is_empty() {
            let why = "these re-read the keys by themselves";
            self.step(Act::Presync, Act::Presync, slot, pulls, why).ceiling = Duration::from_secs(60 * 60);
        }
        if !pushes.is_empty() {
            self.step(Act::Test, Act::Converge, slot, Vec::new(), "the key is used before it is published").ceiling =
                timing::TEST_CEILING;
            self.write(Act::Converge, slot, pushes, "these hold an old key");
        }
        self.steps
    }

    fn presync(&mut self, active: Slot) {
        let pulls = self.pulls();
        if !pulls.is_empty() {
            let why = "what re-reads the keys by itself must hold today's keys before one of them changes";
            self.step(Act::Presync, Act::Presync, active, pulls, why).ceiling = Duration::from_secs(60 * 60);
        }
    }

    fn converge(&mut self, slot: Slot) {
        let elsewhere: Vec<String> = self
            .pushes()
            .filter(|dependent| dependent.binding.held.may_be(slot.other()))
            .map(|dependent| dependent.id.clone())
            .collect();
        if elsewhere.is_empty() {
            return;
        }
        self.step(Act::Test, Act::Converge, slot, Vec::new(), "the key is used before it is published").ceiling =
            timing::TEST_CEILING;
        self.publish(Act::Converge, slot, &elsewhere, &format!("these hold {}, which is to be regenerated", slot.other()));
        self.evidence(Act::Converge, slot.other());
    }

    fn stage(&mut self, slot: Slot) {
        self.regenerate(Act::Stage, slot, "the standby key is renewed; the key in use stays as it is");
        let everyone: Vec<String> = self.pushes().map(|dependent| dependent.id.clone()).collect();
        self.publish(Act::Stage, slot, &everyone, "everything moves to the fresh key");
        self.evidence(Act::Stage, slot.other());
    }

    fn retire(&mut self, slot: Slot) {
        self.regenerate(Act::Retire, slot, "the old key dies");
        let pulls = self.pulls();
        self.settle(Act::Retire, slot, &pulls);
        self.locators(Act::Retire, slot, &[]);
    }

    fn come_back(&mut self, slot: Slot) {
        if !self.options.finish_on_original {
            return;
        }
        let everyone: Vec<String> = self.pushes().map(|dependent| dependent.id.clone()).collect();
        self.step(Act::Test, Act::Return, slot, Vec::new(), "the key is used before it is published").ceiling =
            timing::TEST_CEILING;
        self.publish(Act::Return, slot, &everyone, "everything moves back to the original slot");
    }

    fn regenerate(&mut self, act: Act, slot: Slot, why: &str) {
        let pulls = self.pulls();
        let mut may_fail = vec![format!("unknown users of {slot}")];
        may_fail
            .extend(self.named(&pulls).map(|dependent| format!("{} ≤ {}", dependent.name, span(timing::window(dependent.kind)))));
        self.step(act, act, slot, pulls.clone(), why).may_fail = may_fail;
        let why = match act {
            Act::Retire => "the new key is accepted and the old one refused",
            _ => "the new key is used before anything holds it",
        };
        self.step(Act::Test, act, slot, pulls, why).ceiling = timing::TEST_CEILING;
    }

    fn publish(&mut self, phase: Act, slot: Slot, dependents: &[String], why: &str) {
        self.write(phase, slot, dependents, why);
        let mut settling = dependents.to_vec();
        if phase == Act::Stage {
            settling.extend(self.pulls());
        }
        self.settle(phase, slot, &settling);
        self.locators(phase, slot, dependents);
    }

    fn write(&mut self, phase: Act, slot: Slot, dependents: &[String], why: &str) {
        if dependents.is_empty() {
            return;
        }
        self.step(Act::Publish, phase, slot, dependents.to_vec(), why).ceiling = timing::PATIENCE;
        let ceiling = self.named(dependents).map(|dependent| dependent.kind.proof_ceiling()).max().unwrap_or_default();
        self.step(Act::Prove, phase, slot, dependents.to_vec(), "each must be seen to hold the key and use it").ceiling = ceiling;
    }

    fn settle(&mut self, phase: Act, slot: Slot, dependents: &[String]) {
        let settle = self.options.settle;
        let floor = self.named(dependents).map(|dependent| settle.unwrap_or_else(|| dependent.kind.settle_floor())).max();
        let Some(floor) = floor.filter(|floor| !floor.is_zero()) else { return };
        let step =
            self.step(Act::Settle, phase, slot, dependents.to_vec(), "caches of their consumers may still hold the other key");
        step.floor = floor;
        step.ceiling = floor;
    }

    /// What was given its key by us has its locators made again after that. Of what re-reads the keys, nobody knows under which one
    /// it makes them, so that they are made again after each regenerate, and no more often: nothing else lets it settle first.
    fn locators(&mut self, phase: Act, slot: Slot, given: &[String]) {
        let hang_on_it = |dependent: &&&Dependent| match (dependent.kind, dependent.movement) {
            (DependentKind::MediaV2Account, Movement::Push) => given.contains(&dependent.id),
            // Their streaming URLs tell something once a key has changed under them, and their locators hang on another one then.
            (DependentKind::MediaV2Account | DependentKind::MediaAccount, Movement::Pull) => {
                matches!(phase, Act::Stage | Act::Retire)
            }
            _ => false,
        };
        let media: Vec<String> = self.dependents.iter().filter(hang_on_it).map(|dependent| dependent.id.clone()).collect();
        self.recreate(phase, slot, media);
    }

    fn recreate(&mut self, phase: Act, slot: Slot, media: Vec<String>) {
        if media.is_empty() {
            return;
        }
        let own = self.named(&media).any(|dependent| dependent.kind == DependentKind::MediaV2Account);
        let why = if own {
            "locators must hang on the key that their account has now, under the same addresses"
        } else {
            "streaming URLs must answer as before"
        };
        self.step(Act::Locators, phase, slot, media, why);
    }

    fn evidence(&mut self, phase: Act, slot: Slot) {
        let why = format!("nobody may use {slot} any more");
        self.step(Act::Evidence, phase, slot, Vec::new(), &why);
    }

    fn step(&mut self, act: Act, phase: Act, slot: Slot, dependents: Vec<String>, why: &str) -> &mut Step {
        let number = self.take_number();
        self.steps.push(Step {
            number,
            act,
            phase,
            slot,
            dependents,
            why: why.to_owned(),
            floor: Duration::ZERO,
            ceiling: Duration::ZERO,
            may_fail: Vec::new(),
        });
        let last = self.steps.len() - 1;
        &mut self.steps[last]
    }

    fn take_number(&mut self) -> u32 {
        let number = self.next_number;
        self.next_number += 1;
        number
    }

    fn pushes(&self) -> impl Iterator<Item = &'a Dependent> {
        self.dependents.iter().copied().filter(|dependent| dependent.movement == Movement::Push)
    }

    fn pulls(&self) -> Vec<String> {
        self.dependents.iter().filter(|dependent| dependent.rereads_keys()).map(|dependent| dependent.id.clone()).collect()
    }

    fn named(&self, ids: &[String]) -> impl Iterator<Item = &'a Dependent> {
        self.dependents.iter().copied().filter(|dependent| ids.iter().any(|id| dependent.is(id)))
    }
}

/// The place of a step in the order of acts, for `--until`.
fn rank(step: &Step) -> Act {
    // What re-reads keys is told again and proven in the test: that belongs to the regenerate.
    let second_telling = step.act == Act::Test && !step.dependents.is_empty();
    if step.phase == Act::Stage && !second_telling { step.act } else { step.phase }
}

/// The slots that a plan regenerates, each with the act that does it.
#[must_use]
pub fn regenerated(plan: &Plan) -> Vec<(Act, Slot)> {
    plan.steps.iter().filter(|step| step.act.is_irreversible()).map(|step| (step.act, step.slot)).collect()
}
