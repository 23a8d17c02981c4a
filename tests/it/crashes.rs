//! A crash at every call and at every line of the journal: resume comes to the same end (promise P10).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use keyroll::contract::world::Moment;
use keyroll::domain::key::Slot;
use keyroll::domain::plan::Options;
use keyroll::domain::report::RunStatus;
use keyroll::rotation::Patience;
use keyroll::sim::holder::HolderKind;

use crate::rig::Rig;
use crate::worlds::production;

/// Every dependent of the world with the slots that it holds in the end.
type EndState = Vec<(String, Vec<String>, bool)>;

fn end_state(rig: &Rig) -> EndState {
    let audit = rig.azure.audit();
    assert!(audit.losses.is_empty(), "{:?}", audit.losses);
    assert_eq!(audit.own_regenerates().count(), 2, "each slot once");
    let needs_key = |kind: HolderKind| matches!(kind, HolderKind::Datastore | HolderKind::Consumer);
    let down: Vec<_> = audit.downtimes.iter().filter(|down| needs_key(down.kind)).collect();
    assert!(down.is_empty(), "{down:#?}");
    // Consumers and origins follow in their own time.
    let kept = |kind: HolderKind| !matches!(kind, HolderKind::Consumer | HolderKind::MediaOrigin);
    audit
        .holders
        .into_iter()
        .filter(|held| kept(held.kind))
        .map(|held| (held.dependent, held.generations, held.current))
        .collect()
}

fn undisturbed() -> (EndState, u64, u64) {
    let rig = Rig::new(production());
    let plan = rig.plan(&Options::default()).expect("plans");
    let planned = rig.azure.audit().all_calls();
    rig.run(rig.engine().rotate(Rig::start(plan, Patience::Wait))).expect("lives").expect("rolls");
    let calls = rig.azure.audit().all_calls() - planned;
    let lines = rig.heard.events().len() as u64;
    (end_state(&rig), calls, lines)
}

/// Goes on as a scheduler would until the run is done.
fn survive(
    rig: &Rig,
    first: Option<Result<keyroll::domain::report::Report, keyroll::domain::problem::Problem>>,
    place: &str,
) -> EndState {
    let mut outcome = first;
    for _ in 0..5 {
        if let Some(Ok(report)) = &outcome {
            assert_eq!(report.status, RunStatus::Done, "{place}");
            return end_state(rig);
        }
        rig.azure.crash_switch().reset();
        rig.azure.forget_crash();
        rig.memory.release_locks();
        rig.clock.advance(Duration::from_secs(30));
        outcome = match rig.run(rig.engine().resume("run", Vec::new(), Patience::Wait)) {
            // Nothing was begun: the same delivery once more.
            Some(Err(problem)) if problem.code == "noSuchRun" => {
                let plan = rig.plan(&Options::default()).expect("plans");
                rig.run(rig.engine().rotate(Rig::start(plan, Patience::Wait)))
            }
            other => other,
        };
    }
    panic!("{place}: {outcome:?}");
}

#[test]
fn at_every_call_before_and_after_it_took_effect() {
    let (expected, calls, _) = undisturbed();
    assert!(calls > 50, "only {calls} calls");
    for nth in 1..=calls {
        for moment in [Moment::Before, Moment::After] {
            let rig = Rig::new(production());
            let plan = rig.plan(&Options::default()).expect("plans");
            rig.azure.crash_at(nth, moment);
            let outcome = rig.run(rig.engine().rotate(Rig::start(plan, Patience::Wait)));
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
            let mut rig = Rig::new(production());
            let plan = rig.plan(&Options::default()).expect("plans");
            let seen = Arc::new(AtomicU64::new(0));
            let (count, switch) = (Arc::clone(&seen), rig.azure.crash_switch());
            let whole = rig.memory.clone();
            rig.memory = whole.with_tear(Arc::new(move |line: &str| {
                (count.fetch_add(1, Ordering::Relaxed) == nth).then(|| {
                    switch.trip();
                    line.len() * part / 2
                })
            }));
            let outcome = rig.run(rig.engine().rotate(Rig::start(plan, Patience::Wait)));
            let place = format!("crash at line {nth}, {part}/2 written");
            let outcome = outcome.filter(|_| !rig.azure.crash_switch().is_tripped());
            assert_eq!(survive(&rig, outcome, &place), expected, "{place}");
        }
    }
}

#[test]
fn the_end_is_both_keys_new_and_everything_on_the_second() {
    let (state, _, _) = undisturbed();
    let raw = state.iter().find(|(name, _, _)| name.ends_with("/ds-raw")).expect("is there");
    assert!(raw.1.iter().all(|generation| generation.contains(Slot::Key2.name())), "{raw:?}");
    assert!(state.iter().all(|(_, _, current)| *current), "{state:#?}");
}
