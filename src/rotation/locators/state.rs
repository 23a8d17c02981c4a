//! Where a run stands: the fold of its journal. Nothing else is state.

use std::collections::{BTreeSet, HashMap};

use time::OffsetDateTime;

use crate::domain::event::Outcome;
use crate::domain::locator::away::Away;
use crate::domain::locator::event::{Deed, Entry, Event, Started};
use crate::domain::locator::{Difference, Locator, LocatorKind};
use crate::domain::problem::Problem;

use super::streams::Stream;

/// How far a locator has come. After an intent, nobody knows whether it happened until the next stage is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// Nothing was written about it.
    #[default]
    Untouched,
    /// Its snapshot is durable.
    Snapshot,
    /// An access policy of this name may have been made.
    PolicyIntent(String),
    /// It may have been deleted.
    DeleteIntent {
        /// When that was written first.
        since: OffsetDateTime,
        /// How often it was seen unchanged since.
        unchanged: u32,
    },
    /// It is gone.
    Deleted,
    /// It may have been made.
    CreateIntent,
    /// It was made.
    Created,
    /// Its times may have been put right.
    MergeIntent,
    /// Its times were put right.
    Merged,
    /// It is back as it was.
    Restored,
    /// Nothing was done to it.
    Left,
}

/// The code of the failure that ends the work on a locator: it was deleted, and certainly cannot be made again.
pub const CANNOT_RETURN: &str = "locatorCannotReturn";

/// One locator in the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// How far it has come.
    pub stage: Stage,
    /// What it was directly before the delete; nothing where nobody will ask for it again.
    pub snapshot: Option<Box<Locator>>,
    /// The access policy that was made for it.
    pub policy: Option<String>,
    /// How many policies were made for it: the next one needs another name.
    pub policies: u32,
    /// How many deletes of it were sent that may have happened, or may still happen.
    pub deletes: u32,
    /// How often something did not work since something last did.
    pub attempts: u32,
    /// How often its creation was refused because something is in the way.
    pub conflicts: u32,
    /// How many creations of it were sent that may have happened, or may still happen, and since when.
    pub creates: (u32, Option<OffsetDateTime>),
    /// The content key whose id the service refused last, and how often in a row.
    pub refused_key: Option<(String, u32)>,
    /// Ids of content keys that it could not keep, and those that took their place.
    pub key_ids: Vec<(String, String)>,
    /// How often its times were put right.
    pub merges: u32,
    /// When it may be gone on with.
    pub not_before: Option<OffsetDateTime>,
    /// What failed for good, until somebody resumes.
    pub failed: Option<Box<Problem>>,
    /// Whether the run moved it and, being aborted, moves it once more.
    pub again: bool,
    /// When it was away.
    pub away: Away,
    /// When it was back.
    pub restored: Option<OffsetDateTime>,
    /// Its streaming URLs that were asked.
    pub streams: Vec<Stream>,
    /// What is known in one clause.
    pub how: String,
}

impl Progress {
    /// Whether nothing more happens to it.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Restored | Stage::Left)
    }

    /// Whether it may be deleted and not made again, as far as its last record tells.
    fn is_away(&self) -> bool {
        matches!(self.stage, Stage::DeleteIntent { .. } | Stage::Deleted | Stage::CreateIntent)
    }

    /// Its id as the service writes it, once its snapshot was taken.
    fn id(&self) -> Option<String> {
        self.snapshot.as_ref().map(|locator| locator.id.clone())
    }

    /// Whether it was recreated and hangs on another key than before: what an abort moves once more. A streaming locator of AMS v3
    /// hangs on none.
    fn is_moved(&self) -> bool {
        let hangs_on_a_key = |snapshot: &Locator| snapshot.kind != LocatorKind::Streaming;
        self.stage == Stage::Restored && self.snapshot.as_deref().is_some_and(hangs_on_a_key)
    }

    /// Where it is, as far as its records tell.
    #[must_use]
    pub fn whereabouts(&self) -> Whereabouts {
        match self.stage {
            Stage::Deleted | Stage::CreateIntent => Whereabouts::Away,
            Stage::DeleteIntent { .. } => Whereabouts::Unknown,
            Stage::Snapshot | Stage::PolicyIntent(_) if self.deletes > 0 => Whereabouts::Unknown,
            _ => Whereabouts::InPlace,
        }
    }

    fn key_refused(&mut self, key: &str, why: &str) {
        self.not_created();
        let before = self.refused_key.take().filter(|(known, _)| known == key);
        self.refused_key = Some((key.to_owned(), before.map_or(0, |(_, times)| times) + 1));
        why.clone_into(&mut self.how);
    }

    fn key_id_chosen(&mut self, old: &str, new: &str) {
        self.refused_key = None;
        match self.key_ids.iter_mut().find(|(_, chosen)| chosen == old) {
            Some((_, chosen)) => new.clone_into(chosen),
            None => self.key_ids.push((old.to_owned(), new.to_owned())),
        }
    }

    fn not_created(&mut self) {
        let rest = self.creates.0.saturating_sub(1);
        self.creates = (rest, self.creates.1.filter(|_| rest > 0));
    }

    fn apply(&mut self, deed: &Deed, now: OffsetDateTime) {
        if Stream::apply(&mut self.streams, deed) {
            return;
        }
        let failures = matches!(deed, Deed::Retrying { .. } | Deed::Unknown { .. } | Deed::NotDone { .. } | Deed::Failed { .. });
        let worked = !failures && !matches!(deed, Deed::KeyRefused { .. });
        let intent = matches!(deed, Deed::DeleteIntent | Deed::CreateIntent | Deed::MergeIntent | Deed::PolicyIntent { .. });
        if worked && !intent {
            self.attempts = 0;
        }
        if worked {
            self.not_before = None;
        }
        match deed {
            Deed::Snapshot(locator) => {
                let retimed = |old: &Locator| {
                    Locator { policy: locator.policy.clone(), ..old.clone() }.difference(locator) != Difference::None
                };
                // The policy that was made for it gives the expiry that it had.
                if self.snapshot.as_deref().is_some_and(retimed) {
                    self.policy = None;
                }
                (self.stage, self.snapshot) = (Stage::Snapshot, Some(locator.clone()));
            }
            Deed::PolicyIntent { name } => self.stage = Stage::PolicyIntent(name.clone()),
            Deed::PolicyMade { policy } => {
                (self.stage, self.policy) = (Stage::Snapshot, Some(policy.clone()));
                self.policies += 1;
            }
            Deed::DeleteIntent => {
                self.stage = Stage::DeleteIntent { since: now, unchanged: 0 };
                self.deletes += 1;
            }
            Deed::Unchanged { until } => {
                if let Stage::DeleteIntent { unchanged, .. } = &mut self.stage {
                    *unchanged += 1;
                }
                self.not_before = Some(*until);
            }
            Deed::Deleted { .. } => self.stage = Stage::Deleted,
            Deed::CreateIntent => {
                self.stage = Stage::CreateIntent;
                self.creates = (self.creates.0 + 1, self.creates.1.or(Some(now)));
            }
            Deed::Created => self.stage = Stage::Created,
            Deed::KeyRefused { key, why } => self.key_refused(key, why),
            Deed::KeyIdChosen { old, new } => self.key_id_chosen(old, new),
            Deed::MergeIntent => (self.stage, self.merges) = (Stage::MergeIntent, self.merges + 1),
            Deed::Merged => self.stage = Stage::Merged,
            Deed::Unknown { why } => {
                self.attempts += 1;
                self.how.clone_from(why);
            }
            Deed::NotDone { why } => {
                self.how.clone_from(why);
                match self.stage {
                    Stage::DeleteIntent { .. } => {
                        self.stage = Stage::Snapshot;
                        self.deletes = self.deletes.saturating_sub(1);
                    }
                    Stage::PolicyIntent(_) => self.stage = Stage::Snapshot,
                    Stage::CreateIntent => {
                        self.conflicts += 1;
                        self.not_created();
                    }
                    Stage::MergeIntent => self.stage = Stage::Created,
                    _ => {}
                }
            }
            Deed::Retrying { why, until } => {
                self.attempts += 1;
                self.not_before = Some(*until);
                self.how.clone_from(why);
            }
            Deed::Restored { how } => {
                (self.stage, self.restored) = (Stage::Restored, Some(now));
                self.how.clone_from(how);
            }
            Deed::Left { why } => {
                self.stage = Stage::Left;
                self.how.clone_from(why);
            }
            Deed::Failed { problem } => {
                self.failed = Some(problem.clone());
                self.how.clone_from(&problem.message);
                if problem.code == CANNOT_RETURN {
                    self.stage = Stage::Left;
                }
            }
            // Taken in above.
            Deed::Streamed { .. } | Deed::StreamChecked { .. } => {}
        }
        self.away.apply(deed, now, self.deletes);
        // Sealed content keys are long, and ten thousand such locators are to stay small. What hangs on a key may be moved once more.
        if self.is_over() {
            self.snapshot = self.snapshot.take().filter(|snapshot| snapshot.kind != LocatorKind::Streaming);
        }
    }
}

/// Where a locator is. The order is that in which a run looks after its locators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whereabouts {
    /// It was deleted, and not made again as far as is known.
    Away,
    /// A delete of it may have happened, or may still happen.
    Unknown,
    /// It was not deleted, or is back.
    InPlace,
}

impl Whereabouts {
    /// All of them, in that order.
    pub const IN_ORDER: [Self; 3] = [Self::Away, Self::Unknown, Self::InPlace];
}

/// How many locators are where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Back as they were.
    pub restored: usize,
    /// Begun, and neither over nor failed.
    pub working: usize,
}

impl Tally {
    fn of(progress: &Progress) -> Self {
        Self {
            restored: usize::from(progress.stage == Stage::Restored),
            working: usize::from(!progress.is_over() && progress.failed.is_none()),
        }
    }

    fn plus(self, other: Self) -> Self {
        Self { restored: self.restored + other.restored, working: self.working + other.working }
    }

    fn minus(self, other: Self) -> Self {
        Self { restored: self.restored - other.restored, working: self.working - other.working }
    }
}

/// Where a run stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunState {
    /// The head of the journal.
    pub head: Started,
    /// When the run began.
    pub started: OffsetDateTime,
    /// The locators that something is known of, by lower-case id.
    pub locators: HashMap<String, Progress>,
    /// How many of them are where, so that nobody counts ten thousand after each line.
    pub tally: Tally,
    /// The ids of those that may be deleted and not made again.
    pub away: BTreeSet<String>,
    /// Whether the run is being ended.
    pub aborting: bool,
    /// Object ids of those who acted, in order of appearance.
    pub identities: Vec<String>,
    /// What stopped the last process, until somebody resumes.
    pub problem: Option<Problem>,
    /// The signal that ended the last process, until somebody resumes.
    pub interrupted: Option<u8>,
    /// How the run ended.
    pub outcome: Option<(Outcome, OffsetDateTime)>,
}

impl RunState {
    /// The state after the first line.
    #[must_use]
    pub fn new(head: Started, time: OffsetDateTime) -> Self {
        Self {
            started: time,
            locators: HashMap::new(),
            tally: Tally::default(),
            away: BTreeSet::new(),
            aborting: false,
            identities: head.identity.iter().cloned().collect(),
            problem: None,
            interrupted: None,
            outcome: None,
            head,
        }
    }

    /// How far a locator has come.
    #[must_use]
    pub fn of(&self, id: &str) -> Progress {
        self.locators.get(&id.to_ascii_lowercase()).cloned().unwrap_or_default()
    }

    /// Where a locator is.
    #[must_use]
    pub fn whereabouts(&self, id: &str) -> Whereabouts {
        self.locators.get(&id.to_ascii_lowercase()).map_or(Whereabouts::InPlace, Progress::whereabouts)
    }

    fn count(&mut self) {
        self.tally = self.locators.values().map(Tally::of).fold(Tally::default(), Tally::plus);
        self.away = self.locators.values().filter(|progress| progress.is_away()).filter_map(Progress::id).collect();
    }

    /// Takes in one entry.
    pub fn apply(&mut self, entry: &Entry) {
        match &entry.event {
            Event::Started(_) => self.started = entry.time,
            Event::Resumed { identity, .. } => {
                (self.problem, self.interrupted) = (None, None);
                for progress in self.locators.values_mut().filter(|progress| !progress.is_over()) {
                    (progress.failed, progress.attempts, progress.conflicts, progress.merges) = (None, 0, 0, 0);
                    progress.not_before = None;
                }
                self.count();
                if let Some(identity) = identity.as_ref().filter(|identity| !self.identities.contains(identity)) {
                    self.identities.push(identity.clone());
                }
            }
            Event::Locator { id, deed } => {
                let id = id.to_ascii_lowercase();
                let before = self.locators.get(&id).map(Tally::of).unwrap_or_default();
                let progress = self.locators.entry(id).or_default();
                let named = progress.id();
                progress.apply(deed, entry.time);
                self.tally = self.tally.minus(before).plus(Tally::of(progress));
                match (progress.is_away(), progress.id().or(named)) {
                    (_, None) => {}
                    (true, Some(id)) => {
                        self.away.insert(id);
                    }
                    (false, Some(id)) => {
                        self.away.remove(&id);
                    }
                }
            }
            Event::AbortStarted { keep_moved } => {
                if !self.aborting && !keep_moved {
                    for progress in self.locators.values_mut().filter(|progress| progress.is_moved()) {
                        let Progress { how, snapshot, policy, policies, away, .. } = std::mem::take(progress);
                        *progress = Progress { again: true, how, snapshot, policy, policies, away, ..Progress::default() };
                    }
                }
                self.aborting = true;
                self.count();
            }
            Event::Stopped { problem } => self.problem = Some((**problem).clone()),
            Event::Interrupted { signal } => self.interrupted = Some(*signal),
            Event::StreamsAwaited { .. } => {}
            Event::Finished { outcome } => self.outcome = Some((*outcome, entry.time)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::locator::tests::locator;

    fn after(deeds: &[Deed]) -> Progress {
        let mut progress = Progress::default();
        for deed in deeds {
            progress.apply(deed, OffsetDateTime::UNIX_EPOCH);
        }
        progress
    }

    #[test]
    fn a_delete_that_may_be_on_its_way_is_remembered_and_one_that_was_refused_is_not() {
        let snapshot = || Deed::Snapshot(Box::new(locator(LocatorKind::OnDemandOrigin)));
        let refused = || Deed::NotDone { why: "403".into() };
        assert_eq!(after(&[snapshot(), Deed::DeleteIntent, refused()]).deletes, 0);
        assert_eq!(after(&[snapshot(), Deed::DeleteIntent, snapshot()]).deletes, 1);
        let again = after(&[snapshot(), Deed::DeleteIntent, Deed::DeleteIntent, refused()]);
        assert_eq!((again.deletes, again.stage.clone(), again.whereabouts()), (1, Stage::Snapshot, Whereabouts::Unknown));
    }

    #[test]
    fn a_policy_for_one_expiry_is_not_taken_for_another() {
        let sas = locator(LocatorKind::Sas);
        let later = Locator { expires: sas.expires + time::Duration::days(1), ..sas.clone() };
        let first = Deed::Snapshot(Box::new(sas));
        let made = Deed::PolicyMade { policy: "nb:pid:UUID:new".into() };
        let same = after(&[first.clone(), made.clone(), first.clone()]);
        assert_eq!(same.policy.as_deref(), Some("nb:pid:UUID:new"));
        let other = after(&[first, made, Deed::Snapshot(Box::new(later))]);
        assert_eq!((other.policy, other.policies), (None, 1));
    }
}
