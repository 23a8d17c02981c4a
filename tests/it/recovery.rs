//! Ways out: ending a run after drift, and what a run must not forget across processes.

use std::time::Duration;

use keyroll::contract::world::{Datastore, Fault, FaultKind, Moment, World};
use keyroll::domain::account::Service;
use keyroll::domain::event::Event;
use keyroll::domain::plan::Options;
use keyroll::domain::problem::Problem;
use keyroll::domain::report::{Report, RunStatus};
use keyroll::rotation::{Patience, timing};
use keyroll::sim::holder::HolderKind;

use crate::rig::Rig;
use crate::worlds::production;

fn begun(world: World, faults: Vec<Fault>) -> (Rig, Option<Result<Report, Problem>>) {
    let rig = Rig::new(world);
    let plan = rig.plan(&Options::default()).expect("plans");
    for fault in faults {
        rig.azure.add_fault(fault);
    }
    let outcome = rig.run(rig.engine().rotate(Rig::start(plan, Patience::Wait)));
    (rig, outcome)
}

fn abort(rig: &Rig) -> Report {
    rig.run(rig.engine().abort("run", Patience::Wait)).expect("lives").expect("aborts")
}

/// Everybody but caches and origins, who follow in their own time, holds a living key.
fn assert_everybody_lives(rig: &Rig) {
    let late = |kind: HolderKind| matches!(kind, HolderKind::Consumer | HolderKind::MediaOrigin);
    let dead: Vec<_> = rig.azure.audit().holders.into_iter().filter(|held| !held.current && !late(held.kind)).collect();
    assert!(dead.is_empty(), "{dead:#?}");
}

#[test]
fn after_somebody_else_regenerated_a_slot_abort_leaves_everybody_with_a_living_key() {
    for slot in ["key1", "key2"] {
        // Everything is published to key2 by then; the gate before retire notices.
        let others = FaultKind::OthersRegenerate { slot: slot.to_owned() };
        let (rig, outcome) = begun(production(), vec![Fault::at("storage.get", 1, others)]);
        assert_eq!(outcome.expect("lives").expect_err("stops").exit_code(), 11, "{slot}");
        assert_eq!(abort(&rig).status, RunStatus::Aborted, "{slot}");
        assert_everybody_lives(&rig);
    }
}

#[test]
fn another_slot_at_retire_is_remembered_by_every_process() {
    for kind in [FaultKind::WrongSlot, FaultKind::BothSlots] {
        let (rig, outcome) = begun(production(), vec![Fault::at("storage.regenerateKey", 2, kind.clone())]);
        assert_eq!(outcome.expect("lives").expect_err("stops").code, "wrongSlotChanged");
        let again = rig.run(rig.engine().resume("run", Vec::new(), Patience::Wait)).expect("lives");
        assert_eq!(again.expect_err("stops again").code, "wrongSlotChanged", "{kind:?}");
        assert_eq!(abort(&rig).status, RunStatus::Aborted);
        assert_everybody_lives(&rig);
    }
}

#[test]
fn an_abort_right_after_a_regenerate_tells_those_who_reread_keys() {
    let (rig, outcome) =
        begun(production(), vec![Fault::at("storage.regenerateKey", 1, FaultKind::Crash { moment: Moment::After })]);
    assert!(outcome.is_none(), "it dies right after the regenerate");
    rig.azure.crash_switch().reset();
    rig.memory.release_locks();
    assert_eq!(abort(&rig).status, RunStatus::Aborted);
    rig.clock.advance(Duration::from_secs(3600));
    assert_everybody_lives(&rig);
}

#[test]
fn an_abort_waits_for_a_regenerate_whose_outcome_is_unknown() {
    let mut world = production();
    world.unknowns.late_effect_seconds = 420;
    let late = Fault::at("storage.regenerateKey", 1, FaultKind::LateEffect);
    let rig = Rig::new(world);
    let plan = rig.plan(&Options::default()).expect("plans");
    rig.azure.add_fault(late);
    let waiting = rig.run(rig.engine().rotate(Rig::start(plan, Patience::UntilFirstWait))).expect("lives").expect("waits");
    assert_eq!(waiting.status, RunStatus::Waiting);
    assert_eq!(abort(&rig).status, RunStatus::Aborted);
    assert_eq!(rig.heard.events().iter().filter(|event| matches!(event, Event::Regenerated { .. })).count(), 1);
    rig.clock.advance(Duration::from_secs(3600));
    assert_everybody_lives(&rig);
}

#[test]
fn a_write_that_was_begun_is_pointed_back_too() {
    let (rig, outcome) = begun(production(), vec![Fault::at("datastore.put", 2, FaultKind::Crash { moment: Moment::After })]);
    assert!(outcome.is_none(), "it dies in a write");
    rig.azure.crash_switch().reset();
    rig.memory.release_locks();
    assert_eq!(abort(&rig).status, RunStatus::Aborted);
    for held in rig.azure.audit().holders.iter().filter(|held| held.kind == HolderKind::Datastore) {
        assert!(held.generations.iter().all(|generation| generation.contains("key1")), "{held:?}");
    }
}

#[test]
fn a_dependent_that_the_search_no_longer_returns_is_asked_itself() {
    // Resource Graph answers only its first row before retire, and a deployment has written key1 back meanwhile.
    let mut world = production();
    let account = crate::worlds::account();
    world.workspaces[0]
        .datastores
        .push(Datastore::new("ds-late", "AzureBlob", &account, "containerName", "x").with_key("key1", &account));
    let rig = Rig::new(world);
    let plan = rig.plan(&Options::default()).expect("plans");
    rig.azure.add_fault(Fault::at("graph.query", 1, FaultKind::PartialGraph));
    rig.azure.add_fault(Fault::at("storage.get", 1, FaultKind::OthersDeploy { slot: "key1".to_owned() }));
    let report = rig.run(rig.engine().rotate(Rig::start(plan, Patience::Wait))).expect("lives").expect("rolls");
    assert_eq!(report.status, RunStatus::Done);
    let amended = rig.heard.events().into_iter().any(|event| matches!(event, Event::Amended { steps, .. } if !steps.is_empty()));
    assert!(amended, "it is taken along although the search left it out");
    let audit = rig.azure.audit();
    let down: Vec<_> = audit.downtimes.iter().filter(|down| down.kind == HolderKind::Datastore).collect();
    assert!(down.is_empty(), "{down:#?}");
}

#[test]
fn what_was_asked_and_mended_is_not_asked_again() {
    let rig = Rig::new(production());
    let plan = rig.plan(&Options::default()).expect("plans");
    rig.azure.add_fault(Fault::at("workspace.listKeys", 3, FaultKind::Outage { seconds: 3 * 3600 }));
    let outcome = rig.run(rig.engine().rotate(Rig::start(plan, Patience::Wait))).expect("lives");
    if let Err(problem) = outcome {
        rig.clock.advance(Duration::from_secs(4 * 3600));
        let resumed = rig.run(rig.engine().resume("run", Vec::new(), Patience::Wait)).expect("lives");
        assert_eq!(resumed.unwrap_or_else(|again| panic!("{problem}: then {again}")).status, RunStatus::Done);
    }
}

#[test]
fn a_service_that_went_out_of_reach_after_the_plan_is_asked_about_and_then_left_alone() {
    let rig = Rig::new(production());
    let plan = rig.plan(&Options::default()).expect("plans");
    let mut cut = Fault::at("data.queue", 1, FaultKind::ConnectionRefused);
    cut.times = u64::MAX;
    rig.azure.add_fault(cut);
    let problem = rig.run(rig.engine().rotate(Rig::start(plan, Patience::Wait))).expect("lives").expect_err("asks");
    assert_eq!((problem.exit_code(), problem.accept), (12, vec!["untested-queue".to_owned()]));
    let resumed = rig.run(rig.engine().resume("run", vec!["untested-queue".to_owned()], Patience::Wait)).expect("lives");
    assert_eq!(resumed.expect("goes on").status, RunStatus::Done);
    assert_everybody_lives(&rig);
}

#[test]
fn a_key_that_cannot_be_tried_gets_the_time_that_storage_may_take_before_anybody_is_given_it() {
    let rig = Rig::new(production());
    let mut cut = Fault::at("data.file", 1, FaultKind::ConnectionRefused);
    cut.times = u64::MAX;
    rig.azure.add_fault(cut);
    let report = rig.rotate(&Options::default()).expect("rolls");
    assert_eq!(report.status, RunStatus::Done);
    let (mut regenerated, mut waited) = (None, Vec::new());
    for (time, event) in rig.heard.timed() {
        match event {
            Event::Regenerated { .. } => regenerated = Some(time),
            Event::Tested { service: Service::File, .. } => waited.extend(regenerated.map(|since| time - since)),
            _ => {}
        }
    }
    assert!(waited.len() == 2 && waited.iter().all(|waited| *waited >= timing::PROPAGATION), "{waited:?}");
    assert_everybody_lives(&rig);
}
