//! A crash at every call and every line of the locators act: no locator is lost, none is recreated by a second run, and the end is
//! that of an undisturbed rotation (promises P4, P10, P11).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use keyroll::contract::world::{Moment, World};
use keyroll::domain::problem::Problem;
use keyroll::domain::report::{Report, RunStatus};
use keyroll::rotation::storage::Storage as _;
use keyroll::sim::audit::LocatorRecord;

use super::rig::Studio;
use crate::locators::rig::world;

/// Two locators on one asset, one of them extended.
fn small() -> World {
    let mut world = world(1, 2);
    world.media_v2_accounts[0].locators[1].expires_in_hours = Some(24 * 900);
    world
}

#[derive(Debug, PartialEq)]
struct EndState {
    locators: Vec<LocatorRecord>,
    hang_on: Vec<String>,
    /// Each part with what it brought back.
    parts: Vec<(String, usize)>,
}

fn end_state(studio: &Studio, report: &Report) -> EndState {
    assert_eq!(report.status, RunStatus::Done);
    let audit = studio.rig.azure.audit();
    assert_eq!(audit.own_regenerates().count(), 2, "each slot once");
    let parts = report.locators.iter().map(|part| (part.run_id.clone(), part.recreated)).collect();
    let mut runs = studio.rig.memory.runs().expect("reads");
    runs.retain(|run| run.contains("-locators-"));
    assert_eq!(runs.len(), report.locators.len(), "never a second run for one step: {runs:?}");
    EndState { locators: studio.locators(), hang_on: studio.hang_on(), parts }
}

fn undisturbed() -> (EndState, u64, u64) {
    let studio = Studio::new(small());
    let plan = studio.plan();
    let planned = studio.rig.azure.audit().all_calls();
    let report = studio.rotate(plan).expect("lives").expect("rolls");
    let calls = studio.rig.azure.audit().all_calls() - planned;
    let lines = studio.rig.heard.events().len() + studio.heard.0.lock().expect("no panic").len();
    (end_state(&studio, &report), calls, lines as u64)
}

fn survive(studio: &Studio, first: Option<Result<Report, Problem>>, place: &str) -> EndState {
    let mut outcome = first;
    for _ in 0..5 {
        if let Some(Ok(report)) = &outcome {
            return end_state(studio, report);
        }
        studio.new_process();
        outcome = match studio.resume() {
            // Nothing was begun: the same delivery once more.
            Some(Err(problem)) if problem.code == "noSuchRun" => studio.rotate(studio.plan()),
            other => other,
        };
    }
    panic!("{place}: {outcome:?}");
}

#[test]
fn at_every_call_before_and_after_it_took_effect() {
    let (expected, calls, _) = undisturbed();
    assert!(calls > 60, "only {calls} calls");
    for nth in 1..=calls {
        for moment in [Moment::Before, Moment::After] {
            let studio = Studio::new(small());
            let plan = studio.plan();
            studio.rig.azure.crash_at(nth, moment);
            let outcome = studio.rotate(plan);
            assert!(outcome.is_none(), "call {nth} was never made");
            let place = format!("crash at call {nth}, {moment:?}");
            assert_eq!(survive(&studio, outcome, &place), expected, "{place}");
        }
    }
}

#[test]
fn at_every_line_of_both_journals_nothing_of_it_half_of_it_or_all_of_it_written() {
    let (expected, _, lines) = undisturbed();
    for nth in 0..lines {
        for part in [0, 1, 2] {
            let mut studio = Studio::new(small());
            let plan = studio.plan();
            let seen = Arc::new(AtomicU64::new(0));
            let (count, switch) = (Arc::clone(&seen), studio.rig.azure.crash_switch());
            let whole = studio.rig.memory.clone();
            studio.rig.memory = whole.with_tear(Arc::new(move |line: &str| {
                (count.fetch_add(1, Ordering::Relaxed) == nth).then(|| {
                    switch.trip();
                    line.len() * part / 2
                })
            }));
            let outcome = studio.rotate(plan).filter(|_| !studio.rig.azure.crash_switch().is_tripped());
            let place = format!("crash at line {nth}, {part}/2 written");
            let survived = survive(&studio, outcome, &place);
            assert_eq!(survived, expected, "{place}");
        }
    }
}
