//! The gate before a regenerate, and what it does when the world is no longer the plan's: the run is amended, not ended.

use time::OffsetDateTime;

use crate::domain::act::Act;
use crate::domain::binding::Held;
use crate::domain::dependent::{Dependent, DependentKind, Movement};
use crate::domain::event::Event;
use crate::domain::key::{Fingerprint, Slot};
use crate::domain::plan::{Acceptance, Plan, Step};

use super::decide::grace_of;
use super::inventory::Search;
use super::legs::Legs;
use super::planner::of_dependent;
use super::state::RunState;

/// What each dependent was seen to hold, as the journal notes it.
pub type Bindings = Vec<(String, Held, Option<Fingerprint>)>;

/// What the gate says.
#[derive(Debug)]
pub enum Gate {
    /// The slot may be regenerated.
    Open(Bindings),
    /// Not before this time.
    Wait(OffsetDateTime, String),
    /// The run has to be amended first.
    Amend(Box<Event>),
}

/// What the bindings say, however they were read.
#[must_use]
pub fn bindings(dependents: &[Dependent]) -> Bindings {
    dependents
        .iter()
        .filter(|dependent| dependent.movement != Movement::NoKey)
        .map(|dependent| (dependent.id.clone(), dependent.binding.held.clone(), dependent.binding.fingerprint.clone()))
        .collect()
}

/// Judges what a fresh search brought before `step` regenerates its slot.
#[must_use]
pub fn judge(plan: &Plan, state: &RunState, step: &Step, search: &Search, now: OffsetDateTime) -> Gate {
    let slot = step.slot;
    let found = &search.found;
    let new: Vec<&Dependent> = found
        .dependents
        .iter()
        .filter(|dependent| dependent.movement != Movement::NoKey)
        .filter(|dependent| {
            state.is_gone(&dependent.id)
                || state.dependent(&dependent.id).is_none_or(|known| known.movement != dependent.movement)
        })
        .collect();
    let late: Vec<&Dependent> = found.dependents.iter().filter(|dependent| must_move(state, dependent, slot)).collect();
    let acceptances = new_acceptances(state, step.act, slot, search);
    if late.is_empty() && new.is_empty() && acceptances.is_empty() {
        return match grace_of(plan, &found.dependents, slot).filter(|(until, _)| *until > now) {
            Some((until, why)) => Gate::Wait(until, why),
            None => Gate::Open(bindings(&found.dependents)),
        };
    }
    let mut dependents: Vec<Dependent> = new.iter().map(|dependent| (*dependent).clone()).collect();
    for dependent in &late {
        if !dependents.iter().any(|known| known.is(&dependent.id)) {
            dependents.push((*dependent).clone());
        }
    }
    let ids: Vec<String> = late.iter().map(|dependent| dependent.id.clone()).collect();
    let remaining = joined_by(remaining(state), &new);
    let steps = Legs::new(&plan.options, &dependents, next_number(state)).of_amendment(slot.other(), &ids, &remaining);
    Gate::Amend(Box::new(Event::Amended { why: reason(slot, &late, &new, &acceptances), dependents, steps, acceptances }))
}

/// Whether a push dependent must be moved before `slot` may be regenerated. One whose key is hidden is moved unless this run
/// has moved it already.
fn must_move(state: &RunState, dependent: &Dependent, slot: Slot) -> bool {
    let moved = state.published.get(&dependent.id.to_ascii_lowercase()).is_some_and(|(now, _)| *now != slot);
    dependent.movement == Movement::Push
        && match dependent.binding.held {
            Held::Slot(held) => held == slot,
            Held::Both => true,
            // A dead key is no reason to wait, and one to help as long as we are here.
            Held::Unknown | Held::Stale => !moved,
            Held::Nothing => false,
        }
}

fn reason(slot: Slot, late: &[&Dependent], new: &[&Dependent], acceptances: &[Acceptance]) -> String {
    let names =
        |dependents: &[&Dependent]| dependents.iter().map(|dependent| dependent.name.as_str()).collect::<Vec<_>>().join(", ");
    if !late.is_empty() {
        format!("found on {slot} directly before it would have been regenerated: {}", names(late))
    } else if !new.is_empty() {
        format!("new since the plan was made: {}", names(new))
    } else {
        format!(
            "no longer seen as the plan saw it: {}",
            acceptances.iter().map(|needed| needed.name.as_str()).collect::<Vec<_>>().join(", ")
        )
    }
}

fn new_acceptances(state: &RunState, act: Act, slot: Slot, search: &Search) -> Vec<Acceptance> {
    let from_dependents = search.found.dependents.iter().flat_map(|dependent| of_dependent(dependent, slot, act));
    let from_unseen = search.found.not_inspected.iter().filter_map(|unseen| {
        let name = unseen.acceptance.clone()?;
        Some(Acceptance { name, why: format!("{}: {}", unseen.what, unseen.why), act })
    });
    let mut needed: Vec<Acceptance> = Vec::new();
    for acceptance in from_dependents.chain(from_unseen) {
        let known = state.acceptances.iter().chain(&needed).any(|known| known.name.eq_ignore_ascii_case(&acceptance.name));
        let accepted = state.accepted.iter().any(|name| name.eq_ignore_ascii_case(&acceptance.name));
        if !known && !accepted {
            needed.push(acceptance);
        }
    }
    needed
}

/// The steps that are not finished.
#[must_use]
pub fn remaining(state: &RunState) -> Vec<Step> {
    state.steps.iter().filter(|step| state.of(step.number).finished.is_none()).cloned().collect()
}

/// New dependents take part in what remains: pull dependents are told at each regenerate, push dependents move back with the rest.
fn joined_by(mut steps: Vec<Step>, new: &[&Dependent]) -> Vec<Step> {
    for step in &mut steps {
        let wanted: fn(&Dependent) -> bool = match (step.act, step.phase) {
            (Act::Stage | Act::Retire | Act::Test | Act::Settle, _) => Dependent::rereads_keys,
            (Act::Locators, Act::Stage | Act::Retire) => {
                |dependent| dependent.kind == DependentKind::MediaAccount && dependent.rereads_keys()
            }
            (Act::Publish | Act::Prove, Act::Stage | Act::Return) => |dependent| dependent.movement == Movement::Push,
            _ => continue,
        };
        if step.act == Act::Test && !matches!(step.phase, Act::Stage | Act::Retire) {
            continue;
        }
        for dependent in new.iter().filter(|dependent| wanted(dependent)) {
            if !step.dependents.iter().any(|id| dependent.is(id)) {
                step.dependents.push(dependent.id.clone());
            }
        }
    }
    steps
}

/// The number that follows every number ever given in this run.
#[must_use]
pub fn next_number(state: &RunState) -> u32 {
    let steps = state.steps.iter().map(|step| step.number);
    steps.chain(state.progress.keys().copied()).max().unwrap_or(0) + 1
}
