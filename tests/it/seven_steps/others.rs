//! What stands in the way: another run on the same locators, a locator that needs a person, a run that is a part of this one.

use std::sync::Arc;

use keyroll::contract::world::{Fault, FaultKind, Moment};
use keyroll::domain::event::Event;
use keyroll::domain::key::Slot;
use keyroll::domain::problem::Kind;
use keyroll::domain::report::RunStatus;
use keyroll::rotation::locators::survey::{Manner, Selection};
use keyroll::rotation::locators::{Engine, Start};
use keyroll::rotation::storage::Storage as _;
use keyroll::sim::audit::Author;

use super::rig::{Studio, call_of, died_at, films};
use crate::locators::rig::ENDPOINT;

/// Somebody who recreates locators by hand.
fn by_hand(studio: &Studio) -> Engine {
    Engine {
        client: studio.client(),
        storage: Arc::new(studio.rig.memory.clone()),
        listener: studio.heard.clone(),
        cancel: studio.cancel.clone(),
        identity: None,
    }
}

#[test]
fn another_run_on_the_same_locators_is_waited_for_and_then_named() {
    let studio = Studio::new(films());
    let plan = studio.plan();
    let _held = studio.rig.memory.lock("locators of media-v2").expect("locks").expect("is free");
    let problem = studio.rotate(plan).expect("lives").expect_err("somebody is at work");
    assert!(problem.message.contains("another run is at work on the locators of media-v2"), "{problem}");
    assert!(problem.hints.iter().any(|hint| hint.contains("keyroll resume --run-id run")), "{:?}", problem.hints);
    let waits = studio.rig.heard.events().into_iter().filter(|event| matches!(event, Event::Retrying { .. })).count();
    assert!(waits > 5, "{waits}");
    drop(_held);
    studio.rig.memory.release_locks();
    assert_eq!(studio.resume().expect("lives").expect("rolls").status, RunStatus::Done);
}

#[test]
fn nobody_else_begins_or_ends_what_is_a_part_of_a_rotation() {
    let studio = died_at(call_of("odata.deleteLocator", 2), Moment::After);
    let part = studio.heard.runs().remove(0);
    let hand = by_hand(&studio);
    let rig = &studio.rig;
    let manner = Manner { account: "media-v2".into(), address_file: None, concurrency: 4 };
    let order = rig.run(hand.survey(ENDPOINT, &Selection::default(), manner)).expect("lives").expect("looks");
    let start = Start { run_id: None, order, request_digest: "by hand".into(), change_reference: None, parent: None };
    let locked = rig.run(hand.begin(start)).expect("lives").expect_err("a rotation is at work");
    assert_eq!((locked.kind, locked.code.as_str()), (Kind::Locked, "unfinishedRun"));
    assert!(locked.hints[0].contains("--run-id run,"), "{:?}", locked.hints);
    for ended in [rig.run(hand.resume(&part)), rig.run(hand.abort(&part))] {
        let refused = ended.expect("lives").expect_err("it is a part");
        assert_eq!(refused.code, "partOfARotation");
        assert!(refused.hints[0].contains("keyroll resume --run-id run,"), "{:?}", refused.hints);
    }
    let status = studio.engine().report("run").expect("a report");
    assert!(status.locators.iter().any(|round| round.run_id == part && round.finished.is_none()), "{:?}", status.locators);
    assert_eq!(studio.resume().expect("lives").expect("rolls").status, RunStatus::Done);
}

#[test]
fn a_locator_that_needs_a_person_stops_the_run_before_a_key_dies() {
    let mut world = films();
    // The service does not make one of them again, until somebody mends that.
    world.faults.push(Fault::at("odata.createLocator", 9, FaultKind::Status { code: 400 }));
    let studio = Studio::new(world);
    let plan = studio.plan();
    let problem = studio.rotate(plan).expect("lives").expect_err("somebody has to act");
    assert_eq!((problem.kind, problem.exit_code()), (Kind::Person, 42), "{problem}");
    assert!(problem.hints.iter().any(|hint| hint.contains("keyroll resume --run-id run")), "{:?}", problem.hints);
    let audit = studio.rig.azure.audit();
    let regenerated: Vec<_> = audit.own_regenerates().flat_map(|record| record.slots.clone()).collect();
    assert_eq!(regenerated, [Slot::Key2.name()], "the old key lives");
    assert!(audit.regenerates.iter().all(|record| record.author == Author::Caller));
    studio.rig.memory.release_locks();
    let report = studio.resume().expect("lives").expect("rolls");
    assert_eq!((report.status, studio.hang_on()), (RunStatus::Done, vec!["stprod key1#1".to_owned()]));
    assert_eq!(studio.locators(), Studio::new(films()).locators());
}
