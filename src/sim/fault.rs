//! Which call is hit by which fault.

use crate::contract::world::{Fault, FaultKind};

use super::random::Random;

/// Something wrong that the service itself does while it carries out a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Twist {
    /// The other slot changes.
    WrongSlot,
    /// Both slots change.
    BothSlots,
    /// The change happens later.
    Late,
    /// The token counts as expired.
    ExpiredToken,
    /// The operation that begins never ends.
    Endless,
    /// Resource Graph leaves rows out.
    PartialGraph,
}

/// The faults still to come.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    entries: Vec<Entry>,
    random: Random,
    /// What the service does wrong in the current call.
    pub twist: Option<Twist>,
}

#[derive(Clone, Debug)]
struct Entry {
    fault: Fault,
    seen: u64,
    hits: u64,
}

impl Schedule {
    /// The schedule of a world.
    pub(super) fn new(faults: &[Fault], seed: u64) -> Self {
        Self {
            entries: faults.iter().map(|fault| Entry { fault: fault.clone(), seen: 0, hits: 0 }).collect(),
            random: Random::for_purpose(seed, "faults"),
            twist: None,
        }
    }

    /// Adds a fault; its calls are counted from now.
    pub(super) fn add(&mut self, fault: Fault) {
        self.entries.push(Entry { fault, seen: 0, hits: 0 });
    }

    /// Whether any read may come back stale: only then must answers be remembered.
    pub(super) fn has_stale_reads(&self) -> bool {
        self.entries.iter().any(|entry| entry.fault.kind == FaultKind::StaleRead)
    }

    /// The fault that hits this call, if any: the first in the schedule's order. Every entry counts every call.
    pub(super) fn hit(&mut self, route: &str) -> Option<FaultKind> {
        let mut chosen = None;
        for entry in &mut self.entries {
            if !entry.fault.means(route) {
                continue;
            }
            entry.seen += 1;
            if chosen.is_some() || entry.hits >= entry.fault.times {
                continue;
            }
            let hits = match entry.fault.nth {
                Some(nth) => entry.seen >= nth,
                None => self.random.chance(entry.fault.probability),
            };
            if hits {
                entry.hits += 1;
                chosen = Some(entry.fault.kind.clone());
            }
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_hits_the_call_that_it_was_meant_for() {
        let throttle = FaultKind::Throttle { retry_after: 17 };
        let mut twice = Fault::at("storage.*", 2, throttle.clone());
        twice.times = 2;
        let mut schedule = Schedule::new(&[twice, Fault::at("*", 5, FaultKind::ResetAfter)], 1);
        let hits: Vec<Option<FaultKind>> = ["storage.get", "secret.get", "storage.get", "storage.listKeys", "storage.get"]
            .iter()
            .map(|route| schedule.hit(route))
            .collect();
        assert_eq!(hits, [None, None, Some(throttle.clone()), Some(throttle), Some(FaultKind::ResetAfter)]);
    }

    #[test]
    fn probabilities_are_drawn_from_the_seed() {
        let fault = Fault::sometimes("*", 0.5, u64::MAX, FaultKind::ResetBefore);
        let hits = |seed| -> Vec<bool> {
            let mut schedule = Schedule::new(std::slice::from_ref(&fault), seed);
            (0..64).map(|_| schedule.hit("storage.get").is_some()).collect()
        };
        assert_eq!(hits(1), hits(1));
        assert_ne!(hits(1), hits(2));
        assert!((16..48).contains(&hits(1).iter().filter(|hit| **hit).count()));
    }
}
