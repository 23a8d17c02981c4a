//! What stands in the way: another run on the same locators, a locator that needs a person, a run that is a part of this one.

use std::sync::Arc;

use keyroll::azure::media_v2::MediaV2;
use keyroll::contract::world::{Fault, FaultKind, Moment};
use keyroll::domain::act::Act;
use keyroll::domain::event::Event;
use keyroll::domain::key::Slot;
use keyroll::domain::locator::{Locator, LocatorKind};
use keyroll::domain::plan::Options;
use keyroll::domain::problem::Kind;
use keyroll::domain::report::RunStatus;
use keyroll::rotation::locators::survey::{Manner, Selection};
use keyroll::rotation::locators::{Engine, Start};
use keyroll::rotation::storage::Storage as _;
use keyroll::rotation::{self, Patience};
use keyroll::sim::audit::Author;

use super::rig::{Studio, call_of, died_at, films};
use crate::locators::rig::ENDPOINT;
use crate::rig::Rig;

/// Somebody who recreates locators by hand.
pub fn by_hand(studio: &Studio) -> Engine {
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
    let studio = died_at(call_of("odata.locators", 0), Moment::Before);
    let held = studio.rig.memory.lock("locators of media-v2").expect("locks").expect("is free");
    let problem = studio.resume().expect("lives").expect_err("somebody is at work");
    assert!(problem.message.contains("another run is at work on the locators of media-v2"), "{problem}");
    assert!(problem.hints.iter().any(|hint| hint.contains("keyroll resume --run-id run")), "{:?}", problem.hints);
    let waits = studio.rig.heard.events().into_iter().filter(|event| matches!(event, Event::Retrying { .. })).count();
    assert!(waits > 5, "{waits}");
    assert_eq!(studio.rig.azure.audit().own_regenerates().count(), 0);
    drop(held);
    studio.rig.memory.release_locks();
    assert_eq!(studio.resume().expect("lives").expect("rolls").status, RunStatus::Done);
}

#[test]
fn another_run_that_nobody_goes_on_with_is_named_with_both_ways_on() {
    let studio = Studio::new(films());
    let plan = studio.plan();
    let rig = &studio.rig;
    let begun = rig.run(studio.engine().rotate(Rig::start(plan, Patience::UntilFirstWait)));
    assert_eq!(begun.expect("lives").expect("waits").status, RunStatus::Waiting);
    // Meanwhile somebody recreates locators by hand, and dies with some of them away.
    let hand = by_hand(&studio);
    let manner = Manner { account: "media-v2".into(), address_file: None, concurrency: 4 };
    let order = rig.run(hand.survey(ENDPOINT, &Selection::default(), manner)).expect("lives").expect("looks");
    let run_id = Some("hand".to_owned());
    let start = Start { run_id, order, request_digest: "by hand".into(), change_reference: None, parent: None };
    rig.azure.crash_at(4, Moment::After);
    assert!(rig.run(hand.begin(start)).is_none(), "it dies");
    studio.new_process();
    let so_far = rig.azure.audit().trace.len();
    let problem = studio.resume().expect("lives").expect_err("nobody goes on with it");
    assert_eq!((problem.kind, problem.code.as_str()), (Kind::Locked, "unfinishedRun"));
    assert!(problem.message.contains("run hand on the locators of media-v2"), "{problem}");
    for way_on in ["keyroll resume --run-id hand,", "keyroll resume --run-id run"] {
        assert!(problem.hints.iter().any(|hint| hint.contains(way_on)), "{:?}", problem.hints);
    }
    assert!(!rig.azure.audit().trace[so_far..].iter().any(|line| line.contains("odata.locators")), "nothing is listed in vain");
    studio.new_process();
    rig.run(by_hand(&studio).resume("hand")).expect("lives").expect("comes to its end");
    assert_eq!(studio.resume().expect("lives").expect("rolls").status, RunStatus::Done);
    assert_eq!(studio.locators(), Studio::new(films()).locators());
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

#[test]
fn a_sas_that_appeared_since_the_plan_is_asked_for_before_its_key_dies() {
    let mut world = films();
    world.media_v2_accounts[0].locators.retain(|locator| locator.kind != 1);
    let late = films().media_v2_accounts[0].locators.iter().find(|locator| locator.kind == 1).cloned().expect("a SAS");
    let studio = Studio::new(world);
    let plan = studio.plan();
    assert!(!plan.acceptances.iter().any(|needed| needed.name.starts_with("sas-")), "{:?}", plan.acceptances);
    let media = MediaV2::at(studio.client(), ENDPOINT).expect("an endpoint");
    let locator = Locator {
        id: late.id,
        name: None,
        kind: LocatorKind::Sas,
        asset: late.asset,
        policy: late.policy.clone(),
        start: None,
        expires: studio.rig.begin(),
        path: None,
        streaming: None,
    };
    studio.rig.run(media.create_locator(&locator, &late.policy, None)).expect("lives").expect("is made");
    let asked = studio.rotate(plan).expect("lives").expect_err("something new");
    assert_eq!((asked.code.as_str(), asked.exit_code()), ("acceptanceNeeded", 12), "{asked}");
    assert_eq!(asked.accept, ["sas-key2", "sas-key1"]);
    assert_eq!(studio.rig.azure.audit().own_regenerates().count(), 0);
    // It never asks again, and without an answer it stops at the same place.
    studio.rig.memory.release_locks();
    let again = studio.resume().expect("lives").expect_err("still nobody accepted it");
    assert_eq!(again.accept, asked.accept);
    studio.rig.memory.release_locks();
    let report = studio.rig.run(studio.engine().resume("run", asked.accept, Patience::Wait)).expect("lives").expect("rolls");
    assert_eq!((report.status, studio.hang_on()), (RunStatus::Done, vec!["stprod key1#1".to_owned()]));
}

#[test]
fn a_plan_says_how_many_come_back_who_waits_and_what_dies() {
    let mut world = films();
    let account = &mut world.media_v2_accounts[0];
    account.locators[4].policy = "nb:pid:UUID:gone".into();
    account.locators[4].expires_in_hours = Some(24);
    let studio = Studio::new(world);
    let plan = studio.plan();
    let rounds: Vec<_> = plan.steps.iter().filter(|step| step.act == Act::Locators).collect();
    assert_eq!(rounds.len(), 3);
    for round in rounds {
        assert!(round.why.contains("5 locators of media-v2 are made again, 3 left: "), "{}", round.why);
        assert_eq!(round.may_fail, ["viewers of 5 locators ≤ 40s each"]);
    }
    let why = |name: &str| plan.acceptances.iter().find(|needed| needed.name == name).map(|needed| needed.why.clone());
    for name in ["sas-key1", "sas-key2"] {
        assert!(why(name).is_some_and(|why| why.contains("1 SAS locator of media-v2")), "{:?}", plan.acceptances);
    }
    let dying = why("locators-media-v2").expect("one dies");
    assert!(
        dying.contains("1 locator of media-v2 cannot be made again") && dying.contains("nb:pid:UUID:gone is gone"),
        "{dying}"
    );
    assert!(!plan.not_inspected.iter().any(|unseen| unseen.what.contains("locators")), "{:?}", plan.not_inspected);
}

#[test]
fn locators_that_may_not_be_listed_are_named_and_left_once_that_is_accepted() {
    let mut world = films();
    world.faults.push(Fault { times: 999, ..Fault::at("odata.locators", 1, FaultKind::Status { code: 403 }) });
    let studio = Studio::new(world);
    let plan = studio.plan();
    assert!(plan.not_inspected.iter().any(|unseen| unseen.what == "locators of media-v2"), "{:?}", plan.not_inspected);
    assert!(plan.acceptances.iter().any(|needed| needed.name == "unlisted-media-v2"), "{:?}", plan.acceptances);
    let report = studio.rotate(plan).expect("lives").expect("rolls");
    assert_eq!(report.status, RunStatus::Done);
    assert!(report.locators.iter().all(|round| round.recreated == 0 && round.how.contains("could not be listed")));
    assert!(studio.heard.runs().is_empty());
}

#[test]
fn a_locator_that_hangs_on_another_key_than_its_account_was_given_last_is_not_forgotten() {
    let studio = Studio::new(films());
    let rolled = studio.rotate(studio.plan()).expect("lives").expect("rolls");
    assert_eq!(rolled.status, RunStatus::Done);
    studio.rig.clock.advance(std::time::Duration::from_secs(86_400));
    // It hangs where the journal says: nothing has to converge.
    let known = studio.plan();
    assert!(!known.steps.iter().any(|step| step.phase == Act::Converge), "{:?}", known.steps);
    // A run that gave it the other key and came no further says nothing about its locators.
    let options = Options { until: Some(Act::Prove), finish_on_original: true, ..Options::default() };
    let (engine, rig) = (studio.engine(), &studio.rig);
    let half = rig.run(engine.plan(&rig.account, &rig.scope, &options)).expect("lives").expect("plans");
    let start = rotation::Start { run_id: Some("half".into()), ..Rig::start(half, Patience::Wait) };
    rig.run(engine.rotate(start)).expect("lives").expect("rolls as far as that");
    studio.rig.clock.advance(std::time::Duration::from_secs(86_400));
    let after = studio.plan();
    assert!(after.steps.iter().any(|step| step.phase == Act::Converge && step.act == Act::Locators), "{:?}", after.steps);
}
