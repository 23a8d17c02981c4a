//! Whether a trial kept the promises.

use std::fmt;

use keyroll::contract::world::{Fault, FaultKind};
use keyroll::domain::dependent::{DependentKind, Movement};
use keyroll::domain::event::Event;
use keyroll::domain::plan::Plan;
use keyroll::rotation::timing;
use keyroll::sim::audit::{Author, LocatorRecord};
use keyroll::sim::holder::HolderKind;

use super::trial::{End, Trial, is_hostile};

/// A promise that was not kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// `P1` … `P12`, `end` for a run that did not come to its end on a day without hostility, or `recovery` for an account
    /// that the named way out of a stopped run did not lead out.
    pub promise: &'static str,
    /// What happened.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.promise, self.what)
    }
}

/// Every promise that this trial broke.
pub fn violations(trial: &Trial) -> Vec<Violation> {
    let mut judge = Judge { trial, found: Vec::new() };
    judge.never_a_slot_in_use();
    judge.intents_first();
    judge.once_per_act();
    judge.every_locator_is_there();
    judge.proofs_are_true();
    judge.no_secret_left();
    judge.touched_only_what_was_known();
    judge.came_to_the_end();
    judge.asked_and_repeated();
    judge.found_the_way_out();
    judge.found
}

struct Judge<'a> {
    trial: &'a Trial,
    found: Vec<Violation>,
}

impl Judge<'_> {
    fn broken(&mut self, promise: &'static str, what: impl Into<String>) {
        self.found.push(Violation { promise, what: what.into() });
    }

    fn hostile(&self) -> bool {
        let hit = |kind: &str| self.trial.audit.faults.keys().any(|name| name.starts_with(kind));
        self.trial.faults.iter().any(|fault| is_hostile(&fault.kind) && hit(fault.kind.name()))
    }

    fn plan(&self) -> Option<&Plan> {
        self.trial.plan.as_ref()
    }

    /// How the dependent of a holder is moved, if it is one that the run knows. A holder's id may name a consumer after `#`.
    fn movement(&self, holder: &str) -> Option<Movement> {
        let id = holder.split('#').next().unwrap_or(holder);
        let amended = self.trial.rig.heard.events().into_iter().rev().find_map(|event| match event {
            Event::Amended { dependents, .. } => dependents.iter().find(|dependent| dependent.is(id)).map(|known| known.movement),
            _ => None,
        });
        let plans = self.trial.recovery.iter().filter_map(|recovery| recovery.plan.as_ref()).chain(self.plan());
        let planned = plans.filter_map(|plan| plan.dependent(id)).map(|dependent| dependent.movement);
        amended.or_else(|| planned.into_iter().next())
    }

    fn never_a_slot_in_use(&mut self) {
        if self.hostile() {
            return;
        }
        for record in self.trial.audit.own_regenerates() {
            for holder in &record.holders {
                let pushed = matches!(
                    holder.kind,
                    HolderKind::MediaV2Account | HolderKind::Datastore | HolderKind::Secret | HolderKind::Consumer
                );
                if pushed && self.movement(&holder.dependent) == Some(Movement::Push) {
                    let what = format!("{:?} was regenerated while {} held it", record.slots, holder.dependent);
                    self.broken("P1", what);
                }
            }
        }
    }

    fn intents_first(&mut self) {
        let begin = self.trial.rig.begin();
        let intents: Vec<i64> = self
            .trial
            .rig
            .heard
            .timed()
            .into_iter()
            .filter(|(_, event)| matches!(event, Event::RegenerateIntent { .. }))
            .map(|(time, _)| (time - begin).whole_seconds())
            .collect();
        let jumped = self.trial.audit.faults.keys().any(|name| name.starts_with("clockJump"));
        for (place, record) in self.trial.audit.own_regenerates().enumerate() {
            match intents.get(place) {
                None => self.broken("P2", "a regenerate arrived without an intent in the journal"),
                Some(intent) if *intent > record.arrived_seconds && !jumped => {
                    self.broken("P2", "a regenerate arrived before its intent was in the journal");
                }
                Some(_) => {}
            }
        }
        let events = self.trial.rig.heard.events();
        for write in self.trial.audit.writes.iter().filter(|write| write.author == Author::Caller) {
            let known = events.iter().any(|event| match event {
                Event::PublishIntent { dependent, .. } => dependent.eq_ignore_ascii_case(&write.dependent),
                Event::TellIntent { dependent, .. } => {
                    write.dependent.to_ascii_lowercase().starts_with(&dependent.to_ascii_lowercase())
                }
                _ => false,
            });
            if !known {
                self.broken("P2", format!("{} was written without an intent in the journal", write.dependent));
            }
        }
    }

    /// No key dies under a locator that can be made again, and every locator is as it was but for the key that it hangs on.
    fn every_locator_is_there(&mut self) {
        let plain = |record: &LocatorRecord| LocatorRecord { generation: None, ..record.clone() };
        let before: Vec<LocatorRecord> = self.trial.locators.iter().map(plain).collect();
        if before != self.trial.audit.locators.iter().map(plain).collect::<Vec<_>>() {
            self.broken("P4", format!("before {before:#?}\nafter {:#?}", self.trial.audit.locators));
        }
        if self.hostile() {
            return;
        }
        for record in self.trial.audit.own_regenerates() {
            for holder in record.holders.iter().filter(|holder| holder.kind == HolderKind::Viewer) {
                if self.movement(&holder.dependent) == Some(Movement::Push) {
                    self.broken("P1", format!("{:?} was regenerated under the locator {}", record.slots, holder.dependent));
                }
            }
        }
    }

    fn once_per_act(&mut self) {
        if self.hostile() {
            return;
        }
        let effective = self.trial.audit.own_regenerates().filter(|record| record.effective_seconds.is_some()).count();
        let acts = self.plan().map_or(0, |plan| plan.steps.iter().filter(|step| step.act.is_irreversible()).count());
        if effective > acts {
            self.broken("P3", format!("{effective} regenerates took effect in {acts} acts"));
        }
    }

    fn proofs_are_true(&mut self) {
        if self.hostile() {
            return;
        }
        for lie in self.trial.rig.heard.lies() {
            self.broken("P5", lie);
        }
        if !matches!(self.trial.end, End::Done(_)) {
            return;
        }
        for down in &self.trial.audit.downtimes {
            // Who streams through a locator waits while it is made again.
            let pinned = matches!(down.kind, HolderKind::Secret | HolderKind::PinnedConsumer | HolderKind::Viewer);
            if self.movement(&down.dependent) != Some(Movement::Push) || pinned {
                continue;
            }
            self.broken("P5", format!("{} could not use its key for {} s", down.dependent, down.seconds));
        }
    }

    fn no_secret_left(&mut self) {
        let trial = self.trial;
        let state = String::from_utf8_lossy(&trial.rig.memory.everything()).into_owned();
        let told = format!("{state}{:?}{:?}{:?}", trial.rig.heard.notices, trial.problems, trial.end);
        if self.trial.audit.secrets.iter().any(|secret| told.contains(secret.as_str())) {
            self.broken("P6", "a secret is in the journal, plan, notices or problems");
        }
    }

    fn touched_only_what_was_known(&mut self) {
        for loss in self.trial.audit.losses.clone() {
            self.broken("P7", loss);
        }
        for write in self.trial.audit.writes.iter().filter(|write| write.author == Author::Caller) {
            let known = matches!(self.movement(&write.dependent), Some(Movement::Push | Movement::WithParent));
            if !known {
                self.broken("P7", format!("{} was written and never inventoried", write.dependent));
            }
        }
        for pair in &self.trial.audit.overlapping_writes {
            self.broken("P8", format!("{pair} was written by two at once"));
        }
    }

    fn came_to_the_end(&mut self) {
        if self.hostile() {
            return;
        }
        match &self.trial.end {
            End::Done(report) => {
                let expected: Vec<_> = self.plan().map(keyroll::rotation::legs::regenerated).unwrap_or_default();
                if report.regenerated.len() != expected.len() {
                    let what = format!("regenerated {:?}, the plan has {expected:?}", report.regenerated);
                    self.broken("P10", what);
                }
                self.everybody_holds_a_living_key("P10");
                self.windows_were_kept();
            }
            End::Stopped(problem) => self.broken("end", format!("stopped without hostility: {problem}")),
            End::Refused(_) => {
                if self.trial.audit.own_regenerates().next().is_some() {
                    self.broken("P12", "a refused plan changed something");
                }
            }
        }
    }

    fn everybody_holds_a_living_key(&mut self, promise: &'static str) {
        for holder in &self.trial.audit.holders {
            let moved = matches!(self.movement(&holder.dependent), Some(Movement::Push | Movement::Pull | Movement::WithParent));
            let kept = matches!(
                holder.kind,
                HolderKind::HandedOutSas
                    | HolderKind::Consumer
                    | HolderKind::PinnedConsumer
                    | HolderKind::MediaOrigin
                    // A locator that was made a moment ago answers half a minute later.
                    | HolderKind::Viewer
            );
            if moved && !kept && !holder.current {
                let what = format!("{} ended with {:?}", holder.dependent, holder.generations);
                self.broken(promise, what);
            }
        }
    }

    /// A pull dependent may fail only as long as the plan said, on a day on which nothing delays the run itself.
    fn windows_were_kept(&mut self) {
        let delayed = self.trial.crashes > 0 || !self.trial.faults.is_empty();
        if delayed {
            return;
        }
        for down in self.trial.audit.downtimes.clone() {
            let kind = match down.kind {
                HolderKind::MediaAccount | HolderKind::MediaOrigin => DependentKind::MediaAccount,
                HolderKind::Workspace | HolderKind::SystemDatastore => DependentKind::Workspace,
                HolderKind::BatchAccount => DependentKind::BatchAccount,
                HolderKind::MediaV2Account => DependentKind::MediaV2Account,
                _ => continue,
            };
            let window = i64::try_from(timing::window(kind).as_secs()).expect("small");
            if down.seconds > window && self.movement(&down.dependent).is_some() {
                self.broken("P1", format!("{} failed for {} s, longer than its window", down.dependent, down.seconds));
            }
        }
    }

    /// After an abort and a day, a second roll comes to its end and everybody holds a living key: unless somebody has to
    /// take a lock away or give a permission back, or interferes once more.
    fn found_the_way_out(&mut self) {
        let shut = |fault: &Fault| matches!(fault.kind, FaultKind::LockAppears | FaultKind::PermissionLost);
        let Some(recovery) = &self.trial.recovery else { return };
        if recovery.hit_again || self.trial.faults.iter().any(shut) {
            return;
        }
        let stopped_by = match &self.trial.end {
            End::Stopped(problem) => problem.code.clone(),
            End::Done(_) | End::Refused(_) => String::new(),
        };
        match &recovery.end {
            End::Done(_) => self.everybody_holds_a_living_key("recovery"),
            End::Stopped(problem) if recovery.plan.is_none() => {
                self.broken("recovery", format!("after {stopped_by} the abort failed with {}: {problem}", problem.code));
            }
            End::Stopped(problem) | End::Refused(problem) => {
                self.broken("recovery", format!("after {stopped_by} the second roll ended with {}: {problem}", problem.code));
            }
        }
    }

    fn asked_and_repeated(&mut self) {
        if self.trial.changed_unasked {
            self.broken("P12", "something changed although nothing was accepted");
        }
        if self.trial.changed_again {
            self.broken("P11", "delivering the finished run again changed something or failed");
        }
    }
}
