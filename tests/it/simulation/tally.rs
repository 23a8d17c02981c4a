//! How often what happened over all seeds: a simulation whose faults never hit would prove nothing.

use std::collections::BTreeMap;
use std::fmt;

use super::trial::{End, Trial};

/// Sums over seeds.
#[derive(Debug, Default)]
pub struct Tally {
    done: u64,
    stopped: u64,
    refused: u64,
    recovered: u64,
    recoveries: u64,
    crashes: u64,
    regenerates: u64,
    faults: BTreeMap<String, u64>,
    stops: BTreeMap<String, u64>,
}

impl Tally {
    /// Takes a trial in.
    pub fn add(&mut self, trial: &Trial) {
        match &trial.end {
            End::Done(_) => self.done += 1,
            End::Stopped(problem) => {
                self.stopped += 1;
                *self.stops.entry(problem.code.clone()).or_default() += 1;
            }
            End::Refused(problem) => {
                self.refused += 1;
                *self.stops.entry(format!("refused: {}", problem.code)).or_default() += 1;
            }
        }
        if let Some(recovery) = &trial.recovery {
            self.recoveries += 1;
            self.recovered += u64::from(matches!(recovery.end, End::Done(_)));
        }
        self.crashes += trial.crashes;
        self.regenerates += trial.audit.own_regenerates().count() as u64;
        for (fault, count) in &trial.audit.faults {
            *self.faults.entry(fault.clone()).or_default() += count;
        }
    }

    /// Fails when too few of `seeds` hostile seeds needed a way out for that to mean anything.
    pub fn hold_recovery_floor(&self, seeds: u64) {
        assert!(self.recoveries * 4 >= seeds, "only {} recoveries in {seeds} hostile seeds", self.recoveries);
    }

    /// Fails when something happened too seldom for `seeds` seeds to mean anything.
    pub fn hold_floors(&self, seeds: u64) {
        assert!(self.done * 10 >= seeds * 5, "only {} of {seeds} runs came to their end", self.done);
        assert!(self.crashes * 2 >= seeds, "only {} crashes in {seeds} seeds", self.crashes);
        for kind in ["throttle", "status", "resetBefore", "resetAfter", "truncatedBody", "slow"] {
            let hits: u64 = self.faults.iter().filter(|(name, _)| name.starts_with(kind)).map(|(_, count)| count).sum();
            assert!(hits * 20 >= seeds, "{kind} hit only {hits} times in {seeds} seeds");
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "runs: {} done, {} stopped, {} refused; {} crashes; {} regenerates",
            self.done, self.stopped, self.refused, self.crashes, self.regenerates
        )?;
        writeln!(f, "recoveries: {} begun, {} came to a second roll's end", self.recoveries, self.recovered)?;
        for (why, count) in &self.stops {
            writeln!(f, "{count:>8}  ended by {why}")?;
        }
        for (fault, count) in &self.faults {
            writeln!(f, "{count:>8}  {fault}")?;
        }
        Ok(())
    }
}
