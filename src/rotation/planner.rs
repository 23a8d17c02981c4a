//! From an inventory and options to a plan. Pure.

use crate::domain::act::Act;
use crate::domain::binding::Held;
use crate::domain::dependent::{Dependent, DependentKind, Extent, Movement, NotInspected};
use crate::domain::key::Slot;
use crate::domain::media_v2::MediaV2Account;
use crate::domain::plan::{Acceptance, Options, Plan, Step};
use crate::domain::problem::{Kind, Problem};
use crate::domain::span::span;

use super::inventory::Inventory;
use super::legs::Legs;
use super::timing;

/// Makes the plan.
#[must_use]
pub fn plan(inventory: Inventory, options: Options) -> Plan {
    let steps = Legs::new(&options, &inventory.found.dependents, 1).of_plan(inventory.active);
    let mut plan = Plan {
        account: inventory.account,
        created: inventory.observed,
        keys: inventory.keys,
        active: inventory.active,
        active_knowledge: inventory.active_knowledge,
        dependents: inventory.found.dependents,
        services: inventory.services,
        untested: inventory.untested,
        steps,
        acceptances: Vec::new(),
        blockers: inventory.blockers,
        warnings: inventory.scope.media_v2.iter().filter_map(said_to_hold).collect(),
        not_inspected: inventory.found.not_inspected,
        missing_permissions: inventory.missing_permissions,
        subscriptions: inventory.scope.subscriptions,
        vaults: inventory.scope.vaults,
        media_v2: inventory.scope.media_v2,
        options,
    };
    plan.not_inspected.push(not_looked_at());
    plan.acceptances = acceptances(&plan, &inventory.jobs);
    plan.blockers.extend(young_slots(&plan));
    plan.blockers.extend(missing_permissions(&plan));
    plan
}

/// What follows from a user's word about what an account holds.
fn said_to_hold(account: &MediaV2Account) -> Option<String> {
    let (name, slot) = (MediaV2Account::name_in(&account.id), account.holds?);
    Some(format!(
        "that {name} holds {slot} is what --media-v2-holds says: if it or its locators hang on {0}, they die when {0} is regenerated",
        slot.other()
    ))
}

/// What belongs to a rotation and this version does not look at.
fn not_looked_at() -> NotInspected {
    NotInspected {
        what: "storage logs".to_owned(),
        extent: Extent::Unavailable,
        why: "this version does not look for users of a key in them".to_owned(),
        acceptance: None,
    }
}

fn acceptances(plan: &Plan, jobs: &[(String, String)]) -> Vec<Acceptance> {
    let mut names = Names::default();
    for step in &plan.steps {
        if step.act.is_irreversible() {
            of_regenerate(&mut names, step, &plan.dependents);
        }
    }
    let first = plan.steps.iter().find(|step| step.act.is_irreversible()).map_or(Act::Publish, |step| step.act);
    for service in &plan.untested {
        names.need(
            format!("untested-{service}"),
            format!("{service} cannot be reached from here, so nobody tries the new key there; checks that need it are assumed"),
            first,
        );
    }
    for unseen in &plan.not_inspected {
        if let Some(name) = &unseen.acceptance {
            names.need(name.clone(), format!("{}: {}", unseen.what, unseen.why), first);
        }
    }
    let sends = plan.steps.iter().any(|step| matches!(step.act, Act::Presync | Act::Stage | Act::Publish | Act::Retire));
    for (name, concern) in jobs.iter().filter(|_| sends) {
        names.need(name.clone(), concern.clone(), Act::Publish);
    }
    names.0
}

fn of_regenerate(names: &mut Names, step: &Step, dependents: &[Dependent]) {
    let slot = step.slot;
    names.need(
        format!("unknown-usage-{slot}"),
        format!("whoever uses {slot} without being listed here loses access when it is regenerated; no log was looked at"),
        step.act,
    );
    for dependent in dependents {
        for acceptance in of_dependent(dependent, slot, step.act) {
            names.need(acceptance.name, acceptance.why, acceptance.act);
        }
    }
}

/// The names that one dependent needs when `slot` is regenerated.
#[must_use]
pub fn of_dependent(dependent: &Dependent, slot: Slot, act: Act) -> Vec<Acceptance> {
    let mut needed = Vec::new();
    let mut need = |name: String, why: String| needed.push(Acceptance { name, why, act });
    if dependent.rereads_keys() {
        let window = span(timing::window(dependent.kind));
        need(
            format!("window-{}", dependent.name),
            format!(
                "{} may fail for up to {window} each time a key changes under it: nobody can choose which one it uses",
                dependent.name
            ),
        );
    }
    // An AMS v2 account of which nothing is known is given a key before anything is regenerated.
    let converges = dependent.kind == DependentKind::MediaV2Account;
    if dependent.movement == Movement::Push && dependent.binding.held == Held::Unknown && !converges {
        need(format!("unavailable-{}", dependent.name), format!("which key {} holds could not be read", dependent.name));
    }
    if dependent.binding.lasting_signatures.contains(&slot) {
        need(
            format!("sas-{slot}"),
            format!("a SAS signed with {slot} that cannot be made anew dies with it (in {})", dependent.name),
        );
    }
    needed
}

#[derive(Default)]
struct Names(Vec<Acceptance>);

impl Names {
    fn need(&mut self, name: String, why: String, act: Act) {
        need(&mut self.0, Acceptance { name, why, act });
    }
}

/// Adds a name that has to be accepted; one that is needed already gets one more reason.
pub(super) fn need(names: &mut Vec<Acceptance>, needed: Acceptance) {
    match names.iter_mut().find(|known| known.name.eq_ignore_ascii_case(&needed.name)) {
        None => names.push(needed),
        Some(known) if !known.why.contains(&needed.why) => known.why = format!("{}; {}", known.why, needed.why),
        Some(_) => {}
    }
}

/// A slot that was regenerated a moment ago may not be accepted everywhere yet, and somebody may be in the middle of a roll.
fn young_slots(plan: &Plan) -> Vec<Problem> {
    let account = plan.account.id.name();
    Slot::BOTH
        .into_iter()
        .filter_map(|slot| plan.keys.get(slot).created.map(|created| (slot, created)))
        .filter(|(_, created)| plan.created - *created < timing::PROPAGATION)
        .map(|(slot, created)| {
            let age = span((plan.created - created).try_into().unwrap_or_default());
            Problem::blocked(
                "youngSlot",
                format!("{slot} of {account} was regenerated {age} ago, and storage takes up to ten minutes to spread a key"),
            )
            .hint("wait ten minutes; if this was not you, find out who is rolling this account")
        })
        .collect()
}

fn missing_permissions(plan: &Plan) -> Option<Problem> {
    (!plan.missing_permissions.is_empty()).then(|| {
        Problem::new(
            Kind::Permission,
            "missingPermissions",
            format!("this sign-in lacks {}", plan.missing_permissions.join(", ")),
        )
        .hint("assign a role that has them (keyroll doctor --role prints one), or sign in as somebody who does")
    })
}
