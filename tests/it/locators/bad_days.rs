//! What can go wrong around one locator, and what becomes of it.

use keyroll::contract::world::{Fault, FaultKind};
use keyroll::domain::locator::event::Deed;
use keyroll::domain::locator::report::Standing;
use keyroll::rotation::locators::survey::Selection;
use keyroll::rotation::storage::Storage as _;

use super::rig::{Rig, world};

/// Recreates one locator through this fault on this route; what became of it.
fn through(
    route: &str,
    kind: FaultKind,
    times: u64,
) -> (Rig, Result<keyroll::domain::locator::report::LocatorReport, keyroll::domain::problem::Problem>) {
    let mut world = world(1, 1);
    world.unknowns.late_effect_seconds = 90;
    let rig = Rig::new(world);
    let order = rig.survey(&Selection::default()).expect("looks");
    rig.azure.add_fault(Fault { times, ..Fault::at(route, 1, kind) });
    let ended = rig.run(rig.engine().begin(Rig::start(order))).expect("nobody dies");
    (rig, ended)
}

#[test]
fn a_lost_answer_is_looked_up_before_anything_is_repeated() {
    for kind in [
        FaultKind::ResetBefore,
        FaultKind::ResetAfter,
        FaultKind::LateEffect,
        FaultKind::Status { code: 503 },
        FaultKind::StatusAfter { code: 504 },
        FaultKind::WrongBody,
        FaultKind::TruncatedBody,
        FaultKind::DuplicateDelivery,
        FaultKind::Throttle { retry_after: 7 },
        FaultKind::ConnectionRefused,
        FaultKind::ExpiredToken,
        FaultKind::HugeError,
        FaultKind::StaleRead,
    ] {
        for route in ["odata.deleteLocator", "odata.createLocator", "odata.locator"] {
            let before = Rig::new(world(1, 1)).locators();
            let (rig, ended) = through(route, kind.clone(), 1);
            let place = format!("{route} {kind:?}");
            let report = ended.unwrap_or_else(|problem| panic!("{place}: {problem:?}"));
            assert_eq!(report.count(Standing::Restored), 1, "{place}: {report:?}");
            // Nothing that was on its way takes it afterwards.
            rig.clock.advance(std::time::Duration::from_secs(1800));
            assert_eq!(rig.locators(), before, "{place}");
        }
    }
}

#[test]
fn a_404_that_is_not_the_services_says_nothing() {
    let before = Rig::new(world(1, 1)).locators();
    for route in ["odata.locator", "odata.deleteLocator", "odata.createLocator"] {
        for times in [1, 2] {
            let (rig, ended) = through(route, FaultKind::Status { code: 404 }, times);
            let report = ended.unwrap_or_else(|problem| panic!("{route}: {problem:?}"));
            assert_eq!((report.count(Standing::Restored), &report.problem), (1, &None), "{route}: {report:?}");
            assert_eq!(rig.locators(), before, "{route}");
        }
    }
    // And as the very first thing: nobody believes that the locator is gone.
    let (rig, ended) = through("odata.locator", FaultKind::Status { code: 404 }, 99);
    let problem = ended.expect_err("nobody knows");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("unexpectedAnswer", 1), "{problem:?}");
    assert_eq!(rig.locators(), before);
}

#[test]
fn a_late_delete_never_takes_what_was_made_after_it() {
    let (rig, ended) = through("odata.deleteLocator", FaultKind::LateEffect, 1);
    ended.expect("recreates");
    let looks = rig.heard.deeds().iter().filter(|(_, deed)| matches!(deed, Deed::Unchanged { .. })).count();
    assert!(looks >= 2, "it was looked at until it was gone: {looks}");
    assert_eq!(rig.azure.audit().calls_of("odata.deleteLocator"), 1);
}

#[test]
fn a_delete_that_never_happened_is_repeated_once_that_is_sure() {
    let (rig, ended) = through("odata.deleteLocator", FaultKind::ResetBefore, 1);
    ended.expect("recreates");
    assert_eq!(rig.azure.audit().calls_of("odata.deleteLocator"), 2);
}

#[test]
fn an_outage_while_a_locator_is_away_is_waited_for() {
    let (rig, ended) = through("odata.createLocator", FaultKind::Outage { seconds: 1200 }, 1);
    assert_eq!(ended.expect("recreates").count(Standing::Restored), 1);
    assert_eq!(rig.locators().len(), 1);
}

#[test]
fn a_lost_permission_stops_the_run_before_the_next_delete() {
    let rig = Rig::new(world(5, 1));
    let mut order = rig.survey(&Selection::default()).expect("looks");
    order.concurrency = 1;
    rig.azure.add_fault(Fault { times: 100, ..Fault::at("odata.deleteLocator", 2, FaultKind::Status { code: 403 }) });
    let problem = rig.run(rig.engine().begin(Rig::start(order))).expect("lives").expect_err("stops");
    assert_eq!(problem.exit_code(), 4, "{problem:?}");
    assert!(problem.hints.iter().any(|hint| hint.contains("keyroll resume --run-id run")), "{problem:?}");
    assert_eq!((rig.locators().len(), rig.azure.audit().calls_of("odata.deleteLocator")), (5, 2));
}

#[test]
fn somebody_who_fills_the_asset_meanwhile_is_told_and_nothing_is_forgotten() {
    let rig = Rig::new(world(1, 1));
    let before = rig.locators();
    let order = rig.survey(&Selection::default()).expect("looks");
    rig.azure.add_fault(Fault { times: 9, ..Fault::at("odata.createLocator", 1, FaultKind::Status { code: 409 }) });
    let problem = rig.run(rig.engine().begin(Rig::start(order))).expect("lives").expect_err("stops");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("locatorRefused", 42));
    assert!(rig.locators().is_empty());
    let report = rig.run(rig.engine().resume("run")).expect("lives");
    let report = report.or_else(|_| rig.run(rig.engine().resume("run")).expect("lives")).expect("comes back");
    assert_eq!(report.count(Standing::Restored), 1);
    assert_eq!(rig.locators(), before);
}

#[test]
fn a_signal_ends_the_run_where_nothing_is_away() {
    let rig = Rig::new(world(50, 1));
    let before = rig.locators();
    let order = rig.survey(&Selection::default()).expect("looks");
    let cancel = rig.cancel.clone();
    let clock = rig.clock.clone();
    let signal = async move {
        keyroll::domain::clock::Clock::sleep(&clock, std::time::Duration::from_secs(3)).await;
        cancel.trigger(15);
    };
    let engine = rig.engine();
    let (ended, ()) = rig.run(futures::future::join(engine.begin(Rig::start(order)), signal)).expect("lives");
    assert_eq!(ended.expect_err("interrupted").exit_code(), 143);
    assert_eq!(rig.locators(), before, "what was away came back first");
    let open = rig.engine().report("run").expect("a report").count(Standing::Open);
    assert!(open > 0 && open < 50, "{open}");
}

#[test]
fn what_expired_before_the_run_went_on_is_left_and_the_run_says_so() {
    let mut world = world(2, 1);
    world.media_v2_accounts[0].locators[1].expires_in_hours = Some(1);
    let rig = Rig::new(world);
    let order = rig.survey(&Selection::default()).expect("looks");
    rig.azure.add_fault(Fault { times: 9, ..Fault::at("odata.deleteLocator", 1, FaultKind::Status { code: 403 }) });
    let stopped = rig.run(rig.engine().begin(Rig::start(order))).expect("lives").expect_err("stops");
    assert_eq!(stopped.exit_code(), 4, "{stopped:?}");
    rig.clock.advance(std::time::Duration::from_secs(7200));
    let before = rig.locators();
    let mut ended = rig.run(rig.engine().resume("run")).expect("lives");
    for _ in 0..9 {
        ended = ended.or_else(|_| rig.run(rig.engine().resume("run")).expect("lives"));
    }
    let report = ended.expect("ends");
    assert_eq!((report.count(Standing::Restored), report.count(Standing::Left)), (1, 1), "{report:?}");
    let problem = report.problem.expect("somebody is told");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("locatorsLeft", 42));
    assert!(problem.to_string().contains(&before[1].id), "{problem}");
    assert_eq!(rig.locators(), before);
}

#[test]
fn an_abort_has_an_end_for_what_cannot_come_back() {
    let mut world = world(2, 1);
    world.media_v2_accounts[0].locators[1].expires_in_hours = Some(1);
    let rig = Rig::new(world);
    let lost = rig.locators()[1].id.clone();
    let order = rig.survey(&Selection::default()).expect("looks");
    rig.azure.add_fault(Fault { times: 99, ..Fault::at("odata.createLocator", 1, FaultKind::Status { code: 400 }) });
    let stopped = rig.run(rig.engine().begin(Rig::start(order))).expect("lives").expect_err("stops");
    assert_eq!(stopped.code, "locatorRefused");
    let refused = rig.run(rig.engine().abort("run")).expect("lives").expect_err("neither is certain to be lost");
    assert_eq!(refused.code, "locatorRefused");
    rig.clock.advance(std::time::Duration::from_secs(7200));
    let other = rig.run(rig.engine().abort("run")).expect("lives").expect_err("the other one may yet come back");
    assert_eq!(other.code, "locatorRefused");
    let mut ended = Err(other);
    for _ in 0..99 {
        ended = ended.or_else(|_| rig.run(rig.engine().abort("run")).expect("lives"));
    }
    let report = ended.expect("ends");
    assert_eq!((report.count(Standing::Restored), report.count(Standing::Deleted)), (1, 0), "{report:?}");
    let problem = report.problem.expect("somebody is told");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("locatorsLost", 42));
    assert!(problem.to_string().contains(&lost), "{problem}");
}

#[test]
fn one_account_under_two_names_is_one() {
    let rig = Rig::new(world(1, 1));
    let order = rig.survey(&Selection::default()).expect("looks");
    rig.azure.add_fault(Fault::at("odata.deleteLocator", 1, FaultKind::Status { code: 403 }));
    rig.run(rig.engine().begin(Rig::start(order.clone()))).expect("lives").expect_err("stops");
    let mut other = Rig::start(order);
    other.run_id = Some("other".into());
    other.order.account = "an-alias".into();
    other.order.endpoint = other.order.endpoint.replace("media-v2", "MEDIA-V2");
    let refused = rig.run(rig.engine().begin(other)).expect("lives").expect_err("its run is not finished");
    assert_eq!((refused.code.as_str(), refused.exit_code()), ("unfinishedRun", 9));
}

#[test]
fn an_order_that_somebody_edited_is_not_carried_out() {
    let (rig, ended) = through("odata.deleteLocator", FaultKind::Status { code: 403 }, 1);
    ended.expect_err("it may not delete");
    let before = rig.locators();
    let written = rig.memory.read_plan("run").expect("reads").expect("is there");
    let mut order: serde_json::Value = serde_json::from_str(&written).expect("JSON");
    order["concurrency"] = 9.into();
    rig.memory.write_plan("run", &order.to_string()).expect("writes");
    let problem = rig.run(rig.engine().resume("run")).expect("lives").expect_err("another order");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("brokenPlan", 1));
    assert_eq!(rig.locators(), before);
    rig.memory.write_plan("run", &written).expect("writes");
    let report = rig.run(rig.engine().resume("run")).expect("lives").expect("goes on");
    assert_eq!((report.count(Standing::Restored), rig.locators()), (1, before));
}
