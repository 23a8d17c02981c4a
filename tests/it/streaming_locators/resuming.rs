//! A run that goes on: what is away comes back first, and nothing else is deleted before everything was asked that can be known.

use keyroll::contract::world::{Fault, FaultKind, Moment};
use keyroll::domain::locator::event::Deed;
use keyroll::domain::locator::report::Standing;
use keyroll::domain::report::RunStatus;

use super::rig::{Rig, world};

const MAKES: &str = "Microsoft.Media/mediaservices/streamingLocators/write";
const DELETES: &str = "Microsoft.Media/mediaservices/streamingLocators/delete";

/// Three assets with two locators each, one locator away from each of the first two, and a run that works on one asset at a time.
fn two_away() -> Rig {
    let rig = Rig::new(world(3, 2));
    let order = rig.run(rig.engine().with_streaming_check(rig.order())).expect("lives").expect("finds the URLs");
    // Refused as if something were in the way, again and again, until somebody has to look.
    rig.azure.add_fault(Fault { times: 8, ..Fault::at("streamingLocator.put", 1, FaultKind::Status { code: 409 }) });
    rig.azure.add_fault(Fault::at("streamingLocator.delete", 3, FaultKind::Status { code: 403 }));
    rig.begin(order).expect("lives").expect_err("two are away");
    let report = rig.engine().report("run").expect("a report");
    let away: Vec<&str> =
        report.locators.iter().filter(|line| line.standing == Standing::Deleted).map(|line| line.id.as_str()).collect();
    assert_eq!(away, ["loc-0", "loc-2"]);
    rig
}

#[test]
fn what_is_away_from_any_asset_comes_back_before_anything_else_is_deleted_or_streamed() {
    let rig = two_away();
    let seen = rig.azure.audit().trace.len();
    let report = rig.resume().expect("lives").expect("recreates");
    assert_eq!((report.status, report.count(Standing::Restored)), (RunStatus::Done, 6));
    let changes = rig.changes_since(seen);
    assert_eq!(changes[..2], ["streamingLocator.put", "streamingLocator.put"], "{changes:?}");
    assert_eq!(changes.iter().filter(|route| *route == "streamingLocator.delete").count(), 4);
    assert_eq!(rig.locators(), Rig::new(world(3, 2)).locators());
}

#[test]
fn after_a_crash_with_one_away_from_each_of_two_assets_they_come_back_first() {
    let mut crashed = 0;
    for nth in 1..40 {
        let rig = Rig::new(world(2, 2));
        let order = keyroll::domain::locator::order::Order { concurrency: 2, ..rig.order() };
        rig.azure.crash_at(nth, Moment::After);
        let outcome = rig.begin(order);
        let away = 4 - rig.locators().len();
        if outcome.is_some() || away < 2 {
            continue;
        }
        crashed += 1;
        rig.azure.crash_switch().reset();
        rig.azure.forget_crash();
        rig.memory.release_locks();
        let seen = rig.azure.audit().trace.len();
        rig.resume().expect("lives").expect("recreates");
        let changes = rig.changes_since(seen);
        assert_eq!(changes[..2], ["streamingLocator.put", "streamingLocator.put"], "call {nth}: {changes:?}");
        assert_eq!(rig.locators(), Rig::new(world(2, 2)).locators(), "call {nth}");
    }
    assert!(crashed >= 2, "both were away at {crashed} calls only");
}

#[test]
fn whoever_may_not_make_any_more_deletes_no_more() {
    let rig = Rig::new(world(1, 3));
    let before = rig.locators();
    let order = rig.order();
    rig.azure.add_fault(Fault::at("streamingLocator.delete", 2, FaultKind::Status { code: 403 }));
    rig.begin(order).expect("lives").expect_err("stops");
    rig.azure.others_take_permission(MAKES);
    let refused = rig.resume().expect("lives").expect_err("may not make");
    assert_eq!((refused.code.as_str(), refused.exit_code()), ("missingPermissions", 4), "{refused:?}");
    assert!(refused.message.contains(MAKES), "{refused:?}");
    assert!(refused.hints.iter().any(|hint| hint.contains("keyroll resume --run-id run")), "{refused:?}");
    assert_eq!((rig.locators(), rig.calls("streamingLocator.delete")), (before.clone(), 2));
    rig.azure.others_give_permission(MAKES);
    assert_eq!(rig.resume().expect("lives").expect("recreates").count(Standing::Restored), 3);
    assert_eq!(rig.locators(), before);
}

#[test]
fn a_missing_permission_keeps_nothing_away_that_can_be_made() {
    let rig = two_away();
    rig.azure.others_take_permission(DELETES);
    let refused = rig.resume().expect("lives").expect_err("may not delete");
    assert_eq!((refused.code.as_str(), refused.exit_code()), ("missingPermissions", 4), "{refused:?}");
    assert_eq!(rig.locators(), Rig::new(world(3, 2)).locators(), "both came back first");
}

#[test]
fn what_somebody_made_again_meanwhile_is_written_down_anew_before_it_is_deleted() {
    for crashes in [false, true] {
        let rig = Rig::new(world(1, 3));
        let before = rig.locators();
        let order = rig.order();
        // Once its snapshot is written: before the delete is intended, as far as is known, or after.
        if crashes {
            rig.azure.crash_at(3, Moment::Before);
        } else {
            rig.azure.add_fault(Fault::at("streamingLocator.delete", 1, FaultKind::Status { code: 403 }));
        }
        assert_eq!(rig.begin(order).is_none(), crashes);
        rig.azure.crash_switch().reset();
        rig.azure.forget_crash();
        rig.memory.release_locks();
        rig.clock.advance(std::time::Duration::from_secs(60));
        let media = rig.by_hand();
        let same = rig.run(media.complete("loc-0")).expect("lives").expect("reads").expect("is there");
        rig.run(media.delete("loc-0")).expect("lives").expect("deletes");
        rig.run(media.create(&same)).expect("lives").expect("makes it again");
        let made = rig.run(media.described("loc-0")).expect("lives").expect("reads").expect("is there");
        let told = rig.heard.deeds().len();
        assert_eq!(rig.resume().expect("lives").expect("recreates").count(Standing::Restored), 3);
        let deeds = rig.heard.deeds();
        let of_it: Vec<&Deed> = deeds[told..].iter().filter(|(id, _)| id == "loc-0").map(|(_, deed)| deed).collect();
        let delete = of_it.iter().position(|deed| matches!(deed, Deed::DeleteIntent)).expect("it is deleted");
        let snapshot = of_it[..delete].iter().rev().find_map(|deed| match deed {
            Deed::Snapshot(locator) => Some(locator),
            _ => None,
        });
        let created = |locator: &keyroll::domain::locator::Locator| locator.streaming.as_ref().and_then(|it| it.created);
        assert_eq!(snapshot.map(|locator| created(locator)), Some(created(&made)), "crashes: {crashes}");
        assert_eq!(rig.locators(), before);
    }
}
