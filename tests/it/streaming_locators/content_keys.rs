//! The second exception of promise P4: where the service does not take the id of a content key any more, the locator comes back with
//! the same address and key under another id, and somebody is told.

use keyroll::contract::world::{Fault, FaultKind, Moment};
use keyroll::domain::locator::event::Deed;
use keyroll::domain::locator::report::Standing;
use keyroll::domain::report::RunStatus;
use keyroll::sim::audit::StreamingLocatorRecord;

use super::rig::{Rig, world};

/// A world that keeps the ids of content keys.
fn keeping() -> Rig {
    keeping_of(5)
}

fn keeping_of(locators: usize) -> Rig {
    let mut world = world(1, locators);
    world.unknowns.content_key_ids_stay_taken = true;
    world.unknowns.late_effect_seconds = 90;
    Rig::new(world)
}

/// Labels and values, without the ids.
fn but_for_key_ids(records: &[StreamingLocatorRecord]) -> Vec<StreamingLocatorRecord> {
    let plain = |record: &StreamingLocatorRecord| {
        let content_keys = record.content_keys.iter().map(|(label, _, value)| (label.clone(), String::new(), value.clone()));
        StreamingLocatorRecord { content_keys: content_keys.collect(), ..record.clone() }
    };
    records.iter().map(plain).collect()
}

#[test]
fn the_same_key_comes_back_under_another_id_and_both_ids_are_told() {
    let rig = keeping();
    let before = rig.locators();
    let report = rig.recreate().expect("recreates");
    let after = rig.locators();
    assert_eq!(but_for_key_ids(&after), but_for_key_ids(&before), "addresses, labels and values are as they were");
    assert_eq!((report.status, report.count(Standing::Restored)), (RunStatus::Done, 5));
    let problem = report.problem.as_ref().expect("somebody is told");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("contentKeyIdsChanged", 42));
    for (old, new) in before.iter().zip(&after) {
        let line = report.locators.iter().find(|line| line.id == old.locator.name).expect("a line");
        for ((_, old_id, _), (_, new_id, _)) in old.content_keys.iter().zip(&new.content_keys) {
            assert_ne!(old_id, new_id);
            assert!(line.how.contains(&format!("{new_id} in place of {old_id}")), "{line:?}");
            assert!(problem.to_string().contains(new_id) && problem.to_string().contains(old_id), "{problem}");
        }
    }
    assert_eq!(report.locators[0].how, "back as it was", "it has no content key");
    rig.leaks_nothing();
}

#[test]
fn another_id_is_written_down_before_it_is_used_and_only_after_several_refusals() {
    let rig = keeping();
    rig.recreate().expect("recreates");
    let deeds: Vec<Deed> = rig.heard.deeds().into_iter().filter(|(id, _)| id == "loc-1").map(|(_, deed)| deed).collect();
    let chosen = deeds.iter().position(|deed| matches!(deed, Deed::KeyIdChosen { .. })).expect("another id");
    let refusals = deeds[..chosen].iter().filter(|deed| matches!(deed, Deed::KeyRefused { .. })).count();
    assert_eq!(refusals, 3);
    assert!(matches!(deeds[chosen + 1], Deed::CreateIntent), "{deeds:?}");
}

#[test]
fn an_id_that_is_taken_for_a_moment_only_is_kept() {
    let rig = Rig::new(world(1, 2));
    let before = rig.locators();
    // A refusal that names another key is no reason to choose another id.
    let strange = FaultKind::Status { code: 400 };
    rig.azure.add_fault(Fault { times: 1, ..Fault::at("streamingLocator.put", 2, strange) });
    let stopped = rig.begin(rig.order()).expect("lives").expect_err("refused");
    assert_eq!((stopped.code.as_str(), stopped.exit_code()), ("locatorRefused", 42), "{stopped:?}");
    assert_eq!(rig.resume().expect("lives").expect("recreates").count(Standing::Restored), 2);
    assert_eq!(rig.locators(), before);
}

#[test]
fn whoever_may_have_taken_the_id_itself_waits_before_another_is_chosen() {
    for kind in [FaultKind::ResetBefore, FaultKind::ResetAfter, FaultKind::LateEffect, FaultKind::DuplicateDelivery] {
        let rig = keeping();
        let before = rig.locators();
        rig.azure.add_fault(Fault::at("streamingLocator.put", 2, kind.clone()));
        let report = rig.begin(rig.order()).expect("lives").expect("recreates");
        rig.clock.advance(std::time::Duration::from_secs(3600));
        assert_eq!(but_for_key_ids(&rig.locators()), but_for_key_ids(&before), "{kind:?}");
        let problem = report.problem.as_ref().expect("told");
        assert_eq!(problem.code, "contentKeyIdsChanged", "{kind:?}");
        for record in rig.locators() {
            let line = report.locators.iter().find(|line| line.id == record.locator.name).expect("a line");
            assert!(record.content_keys.iter().all(|(_, id, _)| line.how.contains(id)), "{kind:?}: {line:?} {record:?}");
        }
    }
}

#[test]
fn a_crash_around_the_choice_loses_nothing() {
    let calls = {
        let rig = keeping_of(3);
        let order = rig.order();
        let looked = rig.azure.audit().all_calls();
        rig.begin(order).expect("lives").expect("recreates");
        rig.azure.audit().all_calls() - looked
    };
    for nth in 1..=calls {
        for moment in [Moment::Before, Moment::After] {
            let rig = keeping_of(3);
            let before = rig.locators();
            let order = rig.order();
            rig.azure.crash_at(nth, moment);
            let mut outcome = rig.begin(order);
            assert!(outcome.is_none(), "call {nth} was never made");
            for _ in 0..3 {
                rig.azure.crash_switch().reset();
                rig.azure.forget_crash();
                rig.memory.release_locks();
                outcome = rig.resume();
                if matches!(outcome, Some(Ok(_))) {
                    break;
                }
            }
            let report = outcome.expect("lives").expect("recreates");
            assert_eq!(report.count(Standing::Restored), 3, "call {nth} {moment:?}: {report:?}");
            assert_eq!(but_for_key_ids(&rig.locators()), but_for_key_ids(&before), "call {nth} {moment:?}");
            rig.leaks_nothing();
        }
    }
}
