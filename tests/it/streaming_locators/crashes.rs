//! A crash at every call and at every line of the journal: no streaming locator is lost, and resume comes to the same end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use keyroll::contract::world::Moment;
use keyroll::domain::report::RunStatus;
use keyroll::sim::audit::StreamingLocatorRecord;

use super::rig::{Outcome, Rig, world};

fn survive(rig: &Rig, first: Outcome, place: &str) -> Vec<StreamingLocatorRecord> {
    let mut outcome = first;
    for _ in 0..5 {
        if let Some(Ok(report)) = &outcome {
            assert_eq!(report.status, RunStatus::Done, "{place}");
            assert_eq!(report.problem, None, "{place}");
            rig.leaks_nothing();
            return rig.locators();
        }
        rig.azure.crash_switch().reset();
        rig.azure.forget_crash();
        rig.memory.release_locks();
        rig.clock.advance(Duration::from_secs(30));
        outcome = match rig.resume() {
            // Nothing was begun: the same delivery once more.
            Some(Err(problem)) if problem.code == "noSuchRun" => Some(rig.recreate()),
            other => other,
        };
    }
    panic!("{place}: {outcome:?}");
}

fn undisturbed() -> (Vec<StreamingLocatorRecord>, u64, u64) {
    let rig = Rig::new(world(1, 5));
    let before = rig.locators();
    let order = rig.order();
    let looked = rig.azure.audit().all_calls();
    rig.begin(order).expect("lives").expect("recreates");
    assert_eq!(rig.locators(), before);
    let lines = rig.heard.0.lock().expect("no panic").len() as u64;
    (before, rig.azure.audit().all_calls() - looked, lines)
}

#[test]
fn at_every_call_before_and_after_it_took_effect() {
    let (expected, calls, _) = undisturbed();
    assert_eq!(calls, 5 * 6, "two to read it with its keys, delete, put, and two to read it again");
    for nth in 1..=calls {
        for moment in [Moment::Before, Moment::After] {
            let rig = Rig::new(world(1, 5));
            let order = rig.order();
            rig.azure.crash_at(nth, moment);
            let outcome = rig.begin(order);
            assert!(outcome.is_none(), "call {nth} was never made");
            let place = format!("crash at call {nth}, {moment:?}");
            assert_eq!(survive(&rig, outcome, &place), expected, "{place}");
        }
    }
}

#[test]
fn at_every_line_of_the_journal_nothing_of_it_half_of_it_or_all_of_it_written() {
    let (expected, _, lines) = undisturbed();
    for nth in 0..lines {
        for part in [0, 1, 2] {
            let mut rig = Rig::new(world(1, 5));
            let order = rig.order();
            let seen = Arc::new(AtomicU64::new(0));
            let (count, switch) = (Arc::clone(&seen), rig.azure.crash_switch());
            let whole = rig.memory.clone();
            rig.memory = whole.with_tear(Arc::new(move |line: &str| {
                (count.fetch_add(1, Ordering::Relaxed) == nth).then(|| {
                    switch.trip();
                    line.len() * part / 2
                })
            }));
            let outcome = rig.begin(order);
            let place = format!("crash at line {nth}, {part}/2 written");
            let outcome = outcome.filter(|_| !rig.azure.crash_switch().is_tripped());
            assert_eq!(survive(&rig, outcome, &place), expected, "{place}");
        }
    }
}
