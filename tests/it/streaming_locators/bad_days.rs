//! What can go wrong around one streaming locator, and what becomes of it.

use std::time::Duration;

use keyroll::contract::world::{Fault, FaultKind};
use keyroll::domain::locator::event::Deed;
use keyroll::domain::locator::report::{LocatorReport, Standing};
use keyroll::domain::problem::Problem;
use keyroll::domain::report::RunStatus;

use super::rig::{Rig, world};

/// Recreates one locator with content keys through this fault on this route; what became of it.
fn through(route: &str, kind: FaultKind, times: u64) -> (Rig, Result<LocatorReport, Problem>) {
    let mut world = world(1, 3);
    world.media_accounts[0].streaming_locators.drain(..2);
    world.unknowns.late_effect_seconds = 90;
    let rig = Rig::new(world);
    let order = rig.order();
    rig.azure.add_fault(Fault { times, ..Fault::at(route, 1, kind) });
    let ended = rig.begin(order).expect("nobody dies");
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
        for route in
            ["streamingLocator.delete", "streamingLocator.put", "streamingLocator.get", "streamingLocator.listContentKeys"]
        {
            let place = format!("{route} {kind:?}");
            let (rig, ended) = through(route, kind.clone(), 1);
            let report = ended.unwrap_or_else(|problem| panic!("{place}: {problem:?}"));
            assert_eq!(report.count(Standing::Restored), 1, "{place}: {report:?}");
            assert_eq!(report.problem, None, "{place}");
            // Nothing that was on its way takes it afterwards.
            rig.clock.advance(Duration::from_secs(1800));
            let (untouched, _) = through("streamingLocator.nothing", FaultKind::HugeError, 1);
            assert_eq!(rig.locators(), untouched.locators(), "{place}");
            rig.leaks_nothing();
        }
    }
}

#[test]
fn reads_that_lag_behind_never_end_the_work_too_early() {
    for nth in 1..8 {
        let mut world = world(1, 3);
        world.media_accounts[0].streaming_locators.drain(..2);
        let rig = Rig::new(world);
        let before = rig.locators();
        // Answers have to be remembered before they can be old.
        rig.azure.add_fault(Fault { times: 0, ..Fault::at("streamingLocator.get", 1, FaultKind::StaleRead) });
        let order = rig.order();
        rig.azure.add_fault(Fault { times: 3, ..Fault::at("streamingLocator.*", nth, FaultKind::StaleRead) });
        let report = rig.begin(order).expect("lives").expect("recreates");
        assert_eq!(report.count(Standing::Restored), 1, "{nth}: {report:?}");
        assert_eq!(rig.locators(), before, "{nth}");
        assert!(rig.calls("streamingLocator.put") >= 1, "{nth}");
    }
}

#[test]
fn a_late_delete_never_takes_what_was_made_after_it() {
    let (rig, ended) = through("streamingLocator.delete", FaultKind::LateEffect, 1);
    ended.expect("recreates");
    let looks = rig.heard.deeds().iter().filter(|(_, deed)| matches!(deed, Deed::Unchanged { .. })).count();
    assert!(looks >= 2, "it was looked at until it was gone: {looks}");
    assert_eq!(rig.calls("streamingLocator.delete"), 1);
}

#[test]
fn a_delete_that_never_happened_is_repeated_once_that_is_sure() {
    let (rig, ended) = through("streamingLocator.delete", FaultKind::ResetBefore, 1);
    ended.expect("recreates");
    assert_eq!(rig.calls("streamingLocator.delete"), 2);
}

#[test]
fn an_outage_while_a_locator_is_away_is_waited_for() {
    let (rig, ended) = through("streamingLocator.put", FaultKind::Outage { seconds: 1200 }, 1);
    assert_eq!(ended.expect("recreates").count(Standing::Restored), 1);
    assert_eq!(rig.locators().len(), 1);
}

#[test]
fn a_lost_permission_stops_the_run_before_the_next_delete() {
    let rig = Rig::new(world(5, 1));
    let order = rig.order();
    rig.azure.add_fault(Fault { times: 100, ..Fault::at("streamingLocator.delete", 2, FaultKind::Status { code: 403 }) });
    let problem = rig.begin(order).expect("lives").expect_err("stops");
    assert_eq!(problem.exit_code(), 4, "{problem:?}");
    assert!(problem.hints.iter().any(|hint| hint.contains("keyroll resume --run-id run")), "{problem:?}");
    assert_eq!((rig.locators().len(), rig.calls("streamingLocator.delete")), (5, 2));
}

#[test]
fn whoever_takes_its_place_meanwhile_is_a_persons_and_nothing_is_forgotten() {
    let rig = Rig::new(world(1, 3));
    let before = rig.locators();
    let order = rig.order();
    rig.azure.add_fault(Fault { times: 9, ..Fault::at("streamingLocator.put", 3, FaultKind::Status { code: 409 }) });
    let problem = rig.begin(order).expect("lives").expect_err("stops");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("locatorRefused", 42));
    assert!(problem.hints[0].contains("streaming locator id"), "{problem:?}");
    let mut ended = rig.resume().expect("lives");
    for _ in 0..3 {
        ended = ended.or_else(|_| rig.resume().expect("lives"));
    }
    assert_eq!(ended.expect("comes back").count(Standing::Restored), 3);
    assert_eq!(rig.locators(), before);
}

#[test]
fn an_abort_brings_back_what_is_away_and_moves_nothing_once_more() {
    let rig = Rig::new(world(1, 5));
    let before = rig.locators();
    let order = rig.order();
    rig.azure.add_fault(Fault { times: 1, ..Fault::at("streamingLocator.put", 3, FaultKind::Status { code: 403 }) });
    rig.begin(order).expect("lives").expect_err("stops");
    let report = rig.abort().expect("lives").expect("ends");
    assert_eq!(report.status, RunStatus::Aborted);
    assert_eq!((report.count(Standing::Restored), report.count(Standing::Left)), (3, 2), "{report:?}");
    assert_eq!((rig.locators(), rig.calls("streamingLocator.delete")), (before, 3));
}

#[test]
fn a_signal_ends_the_run_where_nothing_is_away() {
    let rig = Rig::new(world(30, 1));
    let before = rig.locators();
    let order = rig.order();
    let (cancel, clock) = (rig.cancel.clone(), rig.clock.clone());
    let signal = async move {
        keyroll::domain::clock::Clock::sleep(&clock, Duration::from_secs(3)).await;
        cancel.trigger(15);
    };
    let engine = rig.engine();
    let (ended, ()) =
        rig.run(futures::future::join(engine.begin_sealing(Rig::start(order), rig.sealing()), signal)).expect("lives");
    assert_eq!(ended.expect_err("interrupted").exit_code(), 143);
    assert_eq!(rig.locators(), before, "what was away came back first");
    let open = rig.engine().report("run").expect("a report").count(Standing::Open);
    assert!(open > 0 && open < 30, "{open}");
}
