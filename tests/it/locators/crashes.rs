//! A crash at every call and at every line of the journal: no locator is lost, and resume comes to the same end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use keyroll::contract::world::{Moment, World};
use keyroll::domain::locator::report::LocatorReport;
use keyroll::domain::problem::Problem;
use keyroll::domain::report::RunStatus;
use keyroll::rotation::locators::survey::Selection;
use keyroll::sim::audit::LocatorRecord;

use super::rig::{Rig, world};

/// Three assets, one locator extended.
fn busy() -> World {
    let mut world = world(3, 2);
    world.media_v2_accounts[0].locators[1].expires_in_hours = Some(24 * 900);
    world
}

fn survive(rig: &Rig, first: Option<Result<LocatorReport, Problem>>, place: &str) -> Vec<LocatorRecord> {
    let mut outcome = first;
    for _ in 0..5 {
        if let Some(Ok(report)) = &outcome {
            assert_eq!(report.status, RunStatus::Done, "{place}");
            return rig.locators();
        }
        rig.azure.crash_switch().reset();
        rig.azure.forget_crash();
        rig.memory.release_locks();
        rig.clock.advance(Duration::from_secs(30));
        outcome = match rig.run(rig.engine().resume("run")) {
            // Nothing was begun: the same delivery once more.
            Some(Err(problem)) if problem.code == "noSuchRun" => Some(rig.recreate()),
            other => other,
        };
    }
    panic!("{place}: {outcome:?}");
}

fn undisturbed() -> (Vec<LocatorRecord>, u64, u64) {
    let rig = Rig::new(busy());
    let order = rig.survey(&Selection::default()).expect("looks");
    let looked = rig.azure.audit().all_calls();
    rig.run(rig.engine().begin(Rig::start(order))).expect("lives").expect("recreates");
    let lines = rig.heard.0.lock().expect("no panic").len() as u64;
    (rig.locators(), rig.azure.audit().all_calls() - looked, lines)
}

#[test]
fn at_every_call_before_and_after_it_took_effect() {
    let (expected, calls, _) = undisturbed();
    assert_eq!(calls, 6 * 4 + 1);
    for nth in 1..=calls {
        for moment in [Moment::Before, Moment::After] {
            let rig = Rig::new(busy());
            let order = rig.survey(&Selection::default()).expect("looks");
            rig.azure.crash_at(nth, moment);
            let outcome = rig.run(rig.engine().begin(Rig::start(order)));
            assert!(outcome.is_none(), "call {nth} was never made");
            let place = format!("crash at call {nth}, {moment:?}");
            assert_eq!(survive(&rig, outcome, &place), expected, "{place}");
            rig.leaks_nothing();
        }
    }
}

#[test]
fn at_every_line_of_the_journal_nothing_of_it_half_of_it_or_all_of_it_written() {
    let (expected, _, lines) = undisturbed();
    for nth in 0..lines {
        for part in [0, 1, 2] {
            let mut rig = Rig::new(busy());
            let order = rig.survey(&Selection::default()).expect("looks");
            let seen = Arc::new(AtomicU64::new(0));
            let (count, switch) = (Arc::clone(&seen), rig.azure.crash_switch());
            let whole = rig.memory.clone();
            rig.memory = whole.with_tear(Arc::new(move |line: &str| {
                (count.fetch_add(1, Ordering::Relaxed) == nth).then(|| {
                    switch.trip();
                    line.len() * part / 2
                })
            }));
            let outcome = rig.run(rig.engine().begin(Rig::start(order)));
            let place = format!("crash at line {nth}, {part}/2 written");
            let outcome = outcome.filter(|_| !rig.azure.crash_switch().is_tripped());
            assert_eq!(survive(&rig, outcome, &place), expected, "{place}");
        }
    }
}
