//! A crash at every call and at every line of the journal, and at a thousand places between delete and create: no locator is
//! lost, and resume comes to the same end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use keyroll::contract::world::{Moment, World};
use keyroll::domain::locator::report::LocatorReport;
use keyroll::domain::problem::Problem;
use keyroll::domain::report::RunStatus;
use keyroll::rotation::locators::journal::replay;
use keyroll::rotation::locators::state::{Stage, Whereabouts};
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

/// What a run without a crash comes to, and how many calls and lines it takes.
fn undisturbed(world: World, concurrency: usize) -> (Vec<LocatorRecord>, u64, u64) {
    let rig = Rig::new(world);
    let mut order = rig.survey(&Selection::default()).expect("looks");
    order.concurrency = concurrency;
    let looked = rig.azure.audit().all_calls();
    rig.run(rig.engine().begin(Rig::start(order))).expect("lives").expect("recreates");
    let lines = rig.heard.0.lock().expect("no panic").len() as u64;
    (rig.locators(), rig.azure.audit().all_calls() - looked, lines)
}

/// Where a process dies.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// At this call, before or after the change.
    Call(u64, Moment),
    /// At this line of the journal (from 0), with none, half or all of it written.
    Line(u64, usize),
}

impl Place {
    /// All of a run with so many calls and lines.
    fn all(calls: u64, lines: u64) -> impl Iterator<Item = Self> {
        let at_calls = (1..=calls).flat_map(|nth| [Moment::Before, Moment::After].map(|moment| Self::Call(nth, moment)));
        at_calls.chain((0..lines).flat_map(|nth| [0, 1, 2].map(|halves| Self::Line(nth, halves))))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Call(_, Moment::Before) => "call, before it took effect",
            Self::Call(_, Moment::After) => "call, after it took effect",
            Self::Line(_, 0) => "line, nothing written",
            Self::Line(_, 1) => "line, half written",
            Self::Line(..) => "line, all written",
        }
    }
}

/// A run that died there.
fn died_at(world: World, concurrency: usize, place: Place) -> (Rig, Option<Result<LocatorReport, Problem>>) {
    let mut rig = Rig::new(world);
    let mut order = rig.survey(&Selection::default()).expect("looks");
    order.concurrency = concurrency;
    let seen = Arc::new(AtomicU64::new(0));
    match place {
        Place::Call(nth, moment) => rig.azure.crash_at(nth, moment),
        Place::Line(nth, halves) => {
            let (count, switch) = (Arc::clone(&seen), rig.azure.crash_switch());
            let whole = rig.memory.clone();
            rig.memory = whole.with_tear(Arc::new(move |line: &str| {
                (count.fetch_add(1, Ordering::Relaxed) == nth).then(|| {
                    switch.trip();
                    line.len() * halves / 2
                })
            }));
        }
    }
    let outcome = rig.run(rig.engine().begin(Rig::start(order)));
    assert!(rig.azure.crash_switch().is_tripped(), "{place:?} was never reached");
    let outcome = outcome.filter(|_| !rig.azure.crash_switch().is_tripped());
    (rig, outcome)
}

#[test]
fn at_every_call_before_and_after_it_took_effect_and_at_every_line_of_the_journal() {
    let (expected, calls, lines) = undisturbed(busy(), 4);
    assert_eq!(calls, 6 * 4 + 1);
    for place in Place::all(calls, lines) {
        let (rig, outcome) = died_at(busy(), 4, place);
        assert_eq!(survive(&rig, outcome, &format!("{place:?}")), expected, "{place:?}");
        rig.leaks_nothing();
    }
}

/// Worlds that differ in how many locators an asset has, how many assets are worked on at once, and whose times are put right.
fn worlds() -> impl Iterator<Item = (World, usize)> {
    [(1, 5, 1), (2, 2, 1), (4, 1, 4), (3, 2, 2), (5, 1, 3), (2, 4, 2), (4, 2, 4), (3, 3, 3), (8, 1, 8)].into_iter().map(
        |(assets, each, concurrency)| {
            let mut world = world(assets, each);
            world.seed = (assets * 100 + each * 10 + concurrency) as u64;
            for (place, locator) in world.media_v2_accounts[0].locators.iter_mut().enumerate() {
                match place % 4 {
                    1 => locator.expires_in_hours = Some(24 * 900),
                    2 => locator.started_hours_ago = None,
                    _ => {}
                }
            }
            (world, concurrency)
        },
    )
}

/// How far the locators are that are between their delete and their create, by the journal that the process left.
fn between(rig: &Rig) -> Vec<&'static str> {
    let Ok((_, state)) = replay(&rig.memory, "run") else { return Vec::new() };
    let at_risk = state.locators.values().filter(|progress| progress.whereabouts() < Whereabouts::InPlace);
    at_risk
        .map(|progress| match progress.stage {
            Stage::DeleteIntent { .. } => "deleteIntent",
            Stage::Deleted => "deleted",
            Stage::CreateIntent => "createIntent",
            _ => "another",
        })
        .collect()
}

#[test]
fn a_crash_between_delete_and_create_at_a_thousand_places_loses_nothing() {
    let mut places = 0;
    let mut histogram: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for (world, concurrency) in worlds() {
        let (expected, calls, lines) = undisturbed(world.clone(), concurrency);
        for place in Place::all(calls, lines) {
            let (rig, outcome) = died_at(world.clone(), concurrency, place);
            let open = between(&rig);
            if open.is_empty() {
                continue;
            }
            places += 1;
            for stage in open {
                *histogram.entry((stage, place.name())).or_default() += 1;
            }
            let what = format!("seed {}, {place:?}", world.seed);
            assert_eq!(survive(&rig, outcome, &what), expected, "{what}: a locator was lost or changed");
        }
    }
    eprintln!("{places} places between delete and create");
    for ((stage, place), count) in &histogram {
        eprintln!("{count:>8}  {stage:14} {place}");
    }
    assert!(places >= 1000, "only {places} places");
    for stage in ["deleteIntent", "deleted", "createIntent"] {
        let count: u32 = histogram.iter().filter(|((of, _), _)| *of == stage).map(|(_, count)| count).sum();
        assert!(count >= 100, "only {count} of them after {stage}");
    }
}
