//! The deterministic simulation: a seed makes a world, faults and crash points; the engine rolls in virtual time; promises
//! are checked. `KEYROLL_SEEDS` says how many seeds are run, `KEYROLL_SEED` runs a single one.

mod judge;
mod planted;
mod tally;
mod trial;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use tally::Tally;
use trial::Trial;

/// Seeds without `KEYROLL_SEEDS`: enough for a look while writing.
const FEW: u64 = 200;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

#[test]
fn every_seed_keeps_every_promise() {
    let (first, last) = match number("KEYROLL_SEED") {
        Some(seed) => (seed, seed),
        None => (1, number("KEYROLL_SEEDS").unwrap_or(FEW)),
    };
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
                    let trial = Trial::of(seed);
                    tally.lock().expect("no panic").add(&trial);
                    for violation in judge::violations(&trial) {
                        broken.lock().expect("no panic").push((seed, violation));
                    }
                }
            });
        }
    });
    let tally = tally.into_inner().expect("no panic");
    eprintln!("{tally}");
    let mut broken = broken.into_inner().expect("no panic");
    broken.sort();
    let seeds: std::collections::BTreeSet<u64> = broken.iter().map(|(seed, _)| *seed).collect();
    for (seed, violation) in broken.iter().take(40) {
        eprintln!(
            "{violation}\n    repeat with: KEYROLL_SEED={seed} cargo test --features serve,planted-bugs --test it every_seed"
        );
    }
    assert!(broken.is_empty(), "{} of {} seeds broke a promise", seeds.len(), last - first + 1);
    if first != last {
        tally.hold_floors(last - first + 1);
    }
}
