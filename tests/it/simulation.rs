//! The deterministic simulation: a seed makes a world, faults and crash points; the engine rolls in virtual time; promises
//! are checked. `KEYROLL_SEEDS` says how many seeds are run, `KEYROLL_SEED` runs a single one.

mod judge;
mod planted;
mod recovery;
mod tally;
mod trial;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use judge::Violation;
use tally::Tally;
use trial::Trial;

/// Seeds without `KEYROLL_SEEDS`: enough for a look while writing.
const FEW: u64 = 200;

/// Seeds in which somebody interferes for certain, at most: they need a second roll.
const MANY_HOSTILE: u64 = 300;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

/// Lives these seeds on every core; what became of them, and the promises that they broke.
fn live(first: u64, last: u64, life: fn(u64) -> Trial) -> (Tally, Vec<(u64, Violation)>) {
    let next = AtomicU64::new(first);
    let tally = Mutex::new(Tally::default());
    let broken = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > last {
                        break;
                    }
                    let trial = life(seed);
                    tally.lock().expect("no panic").add(&trial);
                    for violation in judge::violations(&trial) {
                        broken.lock().expect("no panic").push((seed, violation));
                    }
                }
            });
        }
    });
    let mut broken = broken.into_inner().expect("no panic");
    broken.sort();
    (tally.into_inner().expect("no panic"), broken)
}

/// Prints what was broken, with the way to see it again, and fails if anything was.
fn assert_unbroken(test: &str, seeds: u64, broken: &[(u64, Violation)]) {
    for (seed, violation) in broken.iter().take(40) {
        eprintln!("{violation}\n    repeat with: KEYROLL_SEED={seed} cargo test --features serve,planted-bugs --test it {test}");
    }
    let guilty: std::collections::BTreeSet<u64> = broken.iter().map(|(seed, _)| *seed).collect();
    assert!(broken.is_empty(), "{} of {seeds} seeds broke a promise", guilty.len());
}

#[test]
fn every_seed_keeps_every_promise() {
    let (first, last) = match number("KEYROLL_SEED") {
        Some(seed) => (seed, seed),
        None => (1, number("KEYROLL_SEEDS").unwrap_or(FEW)),
    };
    let (tally, broken) = live(first, last, Trial::of);
    eprintln!("{tally}");
    assert_unbroken("every_seed", last - first + 1, &broken);
    if first != last {
        tally.hold_floors(last - first + 1);
    }
}

#[test]
fn every_hostile_seed_finds_its_way_out() {
    let (first, last) = match number("KEYROLL_SEED") {
        Some(seed) => (seed, seed),
        None => (1, number("KEYROLL_SEEDS").map_or(FEW, |seeds| seeds.min(MANY_HOSTILE))),
    };
    let (tally, broken) = live(first, last, Trial::hostile);
    eprintln!("{tally}");
    assert_unbroken("every_hostile", last - first + 1, &broken);
    if first != last {
        tally.hold_recovery_floor(last - first + 1);
    }
}
