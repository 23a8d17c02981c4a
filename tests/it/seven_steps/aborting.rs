//! A rotation that is pointed back: what it deleted comes back at once, and what it moved hangs on the old key again.

use std::time::Duration;

use keyroll::contract::world::Moment;
use keyroll::domain::event::Event;
use keyroll::domain::key::Slot;
use keyroll::domain::problem::Kind;
use keyroll::domain::report::RunStatus;

use super::rig::{RECREATED, Studio, call_of, died_at, films};

#[test]
fn after_stage_every_locator_that_was_moved_hangs_on_the_old_key_again() {
    // Each round deletes every locator once: the converge round, then that of the stage.
    for nth in [RECREATED + 1, RECREATED + 3, 2 * RECREATED - 1] {
        let before = Studio::new(films()).locators();
        let studio = died_at(call_of("odata.deleteLocator", nth), Moment::After);
        let report = studio.abort().expect("lives").expect("is pointed back");
        assert_eq!(report.status, RunStatus::Aborted);
        assert_eq!(studio.locators(), before);
        assert_eq!(studio.hang_on(), ["stprod key1#0"]);
        // Only those that the run had moved are away once more, after the half hour that the account needs.
        let last = report.locators.last().expect("a round of the abort");
        let moved = report.locators[1].recreated;
        assert!(moved > nth - RECREATED && moved <= RECREATED, "{:?}", report.locators);
        assert_eq!(last.recreated, moved, "{:?}", report.locators);
        let timed = studio.rig.heard.timed();
        let synced = |(_, event): &&(_, Event)| matches!(event, Event::Published { slot: Slot::Key1, .. });
        let (synced, _) = timed.iter().rev().find(synced).expect("is given its key back");
        let (begun, _) = timed.iter().rev().find(|(_, event)| matches!(event, Event::LocatorsBegun { .. })).expect("recreates");
        assert!(*begun - *synced >= time::Duration::minutes(30));
        studio.leaks_nothing();
    }
}

#[test]
fn what_was_deleted_comes_back_before_anything_is_pointed_back() {
    let studio = died_at(call_of("odata.deleteLocator", RECREATED), Moment::After);
    studio.abort().expect("lives").expect("is pointed back");
    // The crash, half a minute, and what a new locator takes to answer; not the half hour that comes later.
    let longest = studio.blackouts().into_iter().map(|down| down.seconds).max();
    assert!(longest.is_some_and(|seconds| seconds <= 120), "{longest:?}");
    assert_eq!(studio.hang_on(), ["stprod key1#0"]);
}

#[test]
fn before_anything_was_moved_an_abort_leaves_the_locators_alone() {
    let studio = died_at(call_of("storage.regenerateKey", 0), Moment::After);
    let rounds = studio.heard.runs().len();
    let report = studio.abort().expect("lives").expect("is pointed back");
    assert_eq!((report.status, studio.heard.runs().len()), (RunStatus::Aborted, rounds));
    assert_eq!(studio.hang_on(), ["stprod key1#0"]);
}

#[test]
fn a_crash_at_every_call_of_the_abort_loses_nothing() {
    let death = call_of("odata.deleteLocator", RECREATED + 3);
    let before = Studio::new(films()).locators();
    let studio = died_at(death, Moment::After);
    let so_far = studio.rig.azure.audit().all_calls();
    studio.abort().expect("lives").expect("is pointed back");
    let calls = studio.rig.azure.audit().all_calls() - so_far;
    for nth in (1..=calls).step_by(3) {
        for moment in [Moment::Before, Moment::After] {
            let studio = died_at(death, Moment::After);
            studio.rig.azure.crash_at(nth, moment);
            let mut outcome = studio.abort();
            assert!(outcome.is_none(), "call {nth} was never made");
            for _ in 0..4 {
                studio.new_process();
                // Whether the abort had begun or not.
                outcome = studio.abort();
                if matches!(outcome, Some(Ok(_))) {
                    break;
                }
            }
            let report = outcome.expect("lives").expect("is pointed back");
            assert_eq!(report.status, RunStatus::Aborted, "call {nth}, {moment:?}");
            assert_eq!((studio.locators(), studio.hang_on()), (before.clone(), vec!["stprod key1#0".to_owned()]), "call {nth}");
        }
    }
}

#[test]
fn a_cancel_reaches_the_locators_and_nothing_stays_away() {
    let before = Studio::new(films()).locators();
    let studio = Studio::new(films());
    let plan = studio.plan();
    let (cancel, clock) = (studio.cancel.clone(), studio.rig.clock.clone());
    let engine = studio.engine();
    let ended = studio.rig.run(async {
        let rotation = engine.rotate(crate::rig::Rig::start(plan, keyroll::rotation::Patience::Wait));
        let signal = async {
            while studio.heard.0.lock().expect("no panic").len() < 5 {
                keyroll::domain::clock::Clock::sleep(&clock, Duration::from_millis(100)).await;
            }
            cancel.trigger(2);
        };
        futures::join!(rotation, signal).0
    });
    let problem = ended.expect("lives").expect_err("was interrupted");
    assert_eq!(problem.kind, Kind::Interrupted(2));
    assert_eq!(studio.locators(), before, "what was deleted came back before the process ended");
    let mut next = Studio { cancel: keyroll::rotation::Cancel::new(), ..studio };
    next.rig.memory.release_locks();
    next.heard = std::sync::Arc::default();
    assert_eq!(next.resume().expect("lives").expect("rolls").status, RunStatus::Done);
    assert_eq!((next.locators(), next.hang_on()), (before, vec!["stprod key1#1".to_owned()]));
}
