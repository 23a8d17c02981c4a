//! One locator from where it stands to where it belongs: decide, write the intent, send, write what came of it.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::OnceCell;

use crate::azure::media_v2::Listed;
use crate::azure::streaming_locators::{KEY_ID_TAKEN, taken_key};
use crate::domain::clock::Clock;
use crate::domain::locator::event::{Deed, Event};
use crate::domain::locator::order::{Item, Order};
use crate::domain::locator::{Locator, LocatorKind};
use crate::domain::planted::{Mistake, is_planted};
use crate::domain::problem::{Kind, Problem};
use crate::rotation::timing;

use super::addresses::Addresses;
use super::decide::{GONE, Ground, Next, REFUSED, Run, Sight, UNPROVEN, decide};
use super::journal::Journal;
use super::media::{HangsOn, Media};
use super::sealing::Sealing;
use super::state::{CANNOT_RETURN, Progress, Stage, Whereabouts};
use super::streams::Streams;

/// How often something may go on failing that time mends, before the run stops.
const ATTEMPTS: u32 = 20;

/// How often a refused sign-in is tried again.
const SIGN_INS: u32 = 5;

/// Works on the locators of one order.
#[derive(Debug)]
pub(super) struct Worker {
    pub media: Media,
    pub clock: Arc<dyn Clock>,
    pub journal: RefCell<Journal>,
    pub order: Order,
    pub addresses: Option<Addresses>,
    pub sealing: Sealing,
    pub streams: Streams,
    /// Whether what the locators hang on was judged long ago, or by another process.
    pub judge_again: bool,
    /// What they hang on now: listed once, when the first of them is to be deleted.
    pub surroundings: OnceCell<HangsOn>,
    /// Set when nothing new may be begun.
    pub halted: Cell<bool>,
}

impl Worker {
    /// Works on a locator until it is back, is left, needs somebody, or nothing new may be begun.
    ///
    /// # Errors
    /// When the journal or the file of addresses cannot be written: then nothing more may be sent.
    pub(super) async fn recreate(&self, item: &Item) -> Result<(), Problem> {
        let id = item.locator.id.as_str();
        let mut sight = Sight::Nothing;
        let mut missed = false;
        loop {
            let (progress, opened) = match self.unsealed(id) {
                Ok(unsealed) => unsealed,
                Err(problem) => return self.without_its_keys(id, problem).await,
            };
            let next = self.decide(item, &progress, &sight);
            if progress.failed.is_some() || (self.halted.get() && may_stop(&progress.stage, &next)) {
                return Ok(());
            }
            sight = match next {
                Next::Over => return Ok(()),
                Next::Look => self.look(id).await?,
                Next::Inspect => match self.surroundings.get_or_try_init(|| self.media.surroundings(&self.order)).await {
                    Ok(_) => sight,
                    Err(problem) => self.setback(id, problem)?,
                },
                Next::Wait(until) => {
                    self.clock.sleep(Duration::try_from(until - self.clock.now()).unwrap_or_default()).await;
                    Sight::Nothing
                }
                Next::Snapshot(locator) => self.snapshot(locator).await?,
                Next::Policy { name, duration } => {
                    self.policy(item, &progress, &name, duration).await?;
                    sight
                }
                Next::Delete => match sight {
                    // Only what can be opened brings it back.
                    Sight::Seen(seen) if !opened => self.snapshot(seen).await?,
                    _ => self.delete(id).await?,
                },
                Next::Gone => self.note(id, Deed::Deleted { seen_later: true })?,
                Next::Create { policy, start } => self.create(&snapshot_of(item, &progress), &policy, start).await?,
                Next::Merge => self.merge(&snapshot_of(item, &progress)).await?,
                Next::KeyId { old } => {
                    self.note(id, Deed::KeyIdChosen { old, new: azure_core::Uuid::new_v4().to_string() })?;
                    sight
                }
                Next::Unchanged => self.note(id, Deed::Unchanged { until: self.clock.now() + timing::LOOK_AGAIN })?,
                Next::Restored(how) => self.note(id, Deed::Restored { how })?,
                // One answer may be a front end's that lags behind, and what is left dies with its key.
                Next::Leave(why) if why == GONE && !missed => {
                    missed = true;
                    self.clock.sleep(timing::BETWEEN_READS).await;
                    Sight::Nothing
                }
                Next::Leave(why) => self.note(id, Deed::Left { why })?,
                Next::Person(problem) => {
                    let problem = self.with_who_is_in_the_way(*problem, &item.locator.asset).await;
                    self.note(id, Deed::Failed { problem: Box::new(problem) })?
                }
            };
        }
    }

    pub(super) fn progress(&self, id: &str) -> Progress {
        self.journal.borrow().state.of(id)
    }

    pub(super) fn whereabouts(&self, id: &str) -> Whereabouts {
        self.journal.borrow().state.whereabouts(id)
    }

    /// How far a locator has come, with the content keys of its snapshot, and whether these could be opened. Where they could not, a
    /// locator that may be in its place needs a new snapshot before it is deleted.
    ///
    /// # Errors
    /// When it is away, and its content keys do not open.
    fn unsealed(&self, id: &str) -> Result<(Progress, bool), Problem> {
        let mut progress = self.progress(id);
        let Some(snapshot) = progress.snapshot.as_ref().filter(|_| !progress.is_over() && progress.failed.is_none()) else {
            return Ok((progress, true));
        };
        match self.sealing.opened(snapshot, &self.run()) {
            Ok(opened) => {
                progress.snapshot = Some(Box::new(opened));
                Ok((progress, true))
            }
            Err(_) if matches!(progress.stage, Stage::Untouched | Stage::Snapshot | Stage::DeleteIntent { .. }) => {
                Ok((progress, false))
            }
            Err(problem) => Err(problem),
        }
    }

    /// A locator is away whose content keys do not open. Nothing is given up; but where it was made again, by hand or by a creation
    /// whose answer was lost, a run that is being ended leaves that.
    async fn without_its_keys(&self, id: &str, problem: Problem) -> Result<(), Problem> {
        let aborting = self.journal.borrow().state.aborting;
        let progress = self.progress(id);
        let before = progress.snapshot.and_then(|snapshot| snapshot.streaming);
        if let (true, Some(before), Sight::Seen(Locator { streaming: Some(now), .. })) = (aborting, before, self.look(id).await?)
            && before.is_older_than(&now) == Some(true)
        {
            let chosen =
                progress.key_ids.iter().map(|(old, new)| format!("; perhaps with the content key id {new} in place of {old}"));
            let why = format!("{UNPROVEN}{}", chosen.collect::<String>());
            return self.note(id, Deed::Left { why }).map(|_| ());
        }
        self.fail(id, problem).map(|_| ())
    }

    fn decide(&self, item: &Item, progress: &Progress, sight: &Sight) -> Next {
        let ground = match self.surroundings.get() {
            Some(now) => now.hindrance_since(item, progress.policy.as_deref()).map_or(Ground::Sound, Ground::Hindered),
            None if self.judge_again => Ground::Unread,
            None => Ground::Sound,
        };
        let journal = self.journal.borrow();
        let state = &journal.state;
        let run = Run { id: &state.head.run_id, aborting: state.aborting, now: self.clock.now(), ground: &ground };
        decide(item, progress, sight, &run)
    }

    /// Writes a deed; what was seen before it counts no more.
    fn note(&self, id: &str, deed: Deed) -> Result<Sight, Problem> {
        self.journal.borrow_mut().note(id, deed)?;
        Ok(Sight::Nothing)
    }

    async fn look(&self, id: &str) -> Result<Sight, Problem> {
        match self.media.locator(id).await {
            Ok(Some(listed)) => {
                self.keep_new_address(&listed)?;
                Ok(Sight::Seen(listed.locator))
            }
            Ok(None) => Ok(Sight::Absent),
            Err(problem) => self.setback(id, problem),
        }
    }

    /// Of a SAS locator the address is read once more, because only a read has it: it goes into the user's file, and nowhere else.
    async fn snapshot(&self, locator: Locator) -> Result<Sight, Problem> {
        if let (LocatorKind::Sas, Some(addresses)) = (locator.kind, &self.addresses) {
            match self.media.locator(&locator.id).await {
                Ok(Some(Listed { address: Some(address), .. })) => addresses.before(&locator, &address)?,
                Ok(Some(_)) => return self.note(&locator.id, Deed::Left { why: "its address cannot be read".to_owned() }),
                Ok(None) => return Ok(Sight::Nothing),
                Err(problem) => return self.setback(&locator.id, problem),
            }
        }
        let id = locator.id.clone();
        if let Err(problem) = self.keep(&locator)? {
            return self.fail(&id, problem);
        }
        Ok(Sight::Seen(locator))
    }

    /// Writes a snapshot down. What was sealed in it is read back as it is stored and opened before anything relies on it.
    fn keep(&self, locator: &Locator) -> Result<Result<(), Problem>, Problem> {
        let sealed = match self.sealing.sealed(locator, &self.run()) {
            Ok(sealed) => sealed,
            Err(problem) => return Ok(Err(problem)),
        };
        self.note(&locator.id, Deed::Snapshot(Box::new(sealed)))?;
        if locator.content_keys().is_empty() {
            return Ok(Ok(()));
        }
        let stored = match self.journal.borrow().last_stored()?.event {
            Event::Locator { deed: Deed::Snapshot(stored), .. } => self.sealing.opened(&stored, &self.run()),
            _ => return Ok(Err(self.not_kept(locator))),
        };
        Ok(match stored {
            Ok(opened) if opened == *locator => Ok(()),
            Ok(_) => Err(self.not_kept(locator)),
            Err(problem) => Err(self.not_kept(locator).because(problem)),
        })
    }

    fn not_kept(&self, locator: &Locator) -> Problem {
        let message = format!("the sealed content keys of {} could not be read back as they were written", locator.id);
        Problem::failed("sealNotReadable", message)
            .hint("check the disk that holds the state; this locator was not deleted")
            .hint(format!("then go on with keyroll resume --run-id {}", self.run()))
    }

    /// Once a SAS locator was made again, its new address is written down before the journal says that it is back.
    fn keep_new_address(&self, listed: &Listed) -> Result<(), Problem> {
        let made = matches!(
            self.progress(&listed.locator.id).stage,
            Stage::CreateIntent | Stage::Created | Stage::MergeIntent | Stage::Merged
        );
        match (&self.addresses, &listed.address) {
            (Some(addresses), Some(address)) if made => addresses.after(&listed.locator, address),
            _ => Ok(()),
        }
    }

    async fn policy(&self, item: &Item, progress: &Progress, name: &str, duration: Duration) -> Result<(), Problem> {
        let id = item.locator.id.as_str();
        if matches!(progress.stage, Stage::PolicyIntent(_)) {
            match self.media.policy_named(name).await {
                Ok(Some(policy)) => return self.note(id, Deed::PolicyMade { policy }).map(|_| ()),
                Ok(None) => {}
                Err(problem) => return self.setback(id, problem).map(|_| ()),
            }
        }
        self.note(id, Deed::PolicyIntent { name: name.to_owned() })?;
        match self.media.create_policy(name, duration, item.permissions).await {
            Ok(policy) => self.note(id, Deed::PolicyMade { policy }).map(|_| ()),
            Err(problem) => self.setback(id, problem).map(|_| ()),
        }
    }

    async fn delete(&self, id: &str) -> Result<Sight, Problem> {
        self.note(id, Deed::DeleteIntent)?;
        match self.media.delete_locator(id).await {
            // It was there a moment ago: an earlier delete of ours took it.
            Ok(was_there) => self.note(id, Deed::Deleted { seen_later: !was_there }),
            Err(problem) if problem.kind == Kind::OutcomeUnknown => self.unknown(id, &problem),
            Err(problem) => {
                self.note(id, Deed::NotDone { why: problem.message.clone() })?;
                self.setback(id, problem)
            }
        }
    }

    async fn create(&self, snapshot: &Locator, policy: &str, start: Option<OffsetDateTime>) -> Result<Sight, Problem> {
        let id = snapshot.id.as_str();
        self.note(id, Deed::CreateIntent)?;
        match self.media.create_locator(snapshot, policy, start).await {
            Ok(listed) => {
                self.note(id, Deed::Created)?;
                listed.iter().try_for_each(|listed| self.keep_new_address(listed))?;
                Ok(listed.map_or(Sight::Nothing, |listed| Sight::Told(listed.locator)))
            }
            Err(problem) if problem.kind == Kind::OutcomeUnknown => self.unknown(id, &problem),
            Err(problem)
                if problem.code == KEY_ID_TAKEN
                    && names_a_key_of(snapshot, &problem)
                    && self.progress(id).attempts < ATTEMPTS =>
            {
                let key = taken_key(&problem).unwrap_or_default().to_owned();
                self.note(id, Deed::KeyRefused { key, why: problem.message })?;
                self.pace(id)
            }
            // Either an earlier attempt made it, or something is in the way: a look tells.
            Err(problem) if problem.code == "conflict" => {
                self.note(id, Deed::NotDone { why: problem.message })?;
                if self.progress(id).conflicts > 1 {
                    self.pace(id)?;
                }
                Ok(Sight::Nothing)
            }
            Err(problem) if self.progress(id).attempts < patience(&problem) => self.setback(id, problem),
            Err(problem) => {
                let problem = match self.why_never(snapshot, policy, &problem).await {
                    Some(why) => self.cannot_return(id, &why, problem),
                    None => self.not_made_again(id, problem),
                };
                self.fail(id, problem)
            }
        }
    }

    /// Why no later attempt can make a locator again whose creation was refused: asked only when the run is being ended, for
    /// that needs an end. Where a list cannot be read, nothing is certain.
    async fn why_never(&self, snapshot: &Locator, policy: &str, refused: &Problem) -> Option<String> {
        let aborting = self.journal.borrow().state.aborting;
        if !aborting || refused.kind == Kind::Permission || patience(refused) > 0 {
            return None;
        }
        // A streaming locator may be made with an end in the past.
        if snapshot.kind != LocatorKind::Streaming && snapshot.has_expired(self.clock.now()) {
            return Some(format!("it expired on {}", snapshot.expires.date()));
        }
        self.media.gone(snapshot, policy).await.ok()?
    }

    /// Names the locators that the asset has now, if its places are what is missing.
    async fn with_who_is_in_the_way(&self, problem: Problem, asset: &str) -> Problem {
        if problem.code != REFUSED {
            return problem;
        }
        let Ok(ids) = self.media.locators_of(asset).await else { return problem };
        let there: Vec<String> = ids
            .into_iter()
            .map(|id| {
                let ours = self.order.items.iter().any(|item| item.locator.id.eq_ignore_ascii_case(&id));
                if ours { id } else { format!("{id} (not of this run)") }
            })
            .collect();
        problem.because(format!("asset {asset} has {} locators now: {}", there.len(), there.join(", ")))
    }

    fn cannot_return(&self, id: &str, why: &str, refused: Problem) -> Problem {
        Problem::person(CANNOT_RETURN, format!("locator {id} was deleted and cannot be made again: {why}"))
            .because(refused)
            .hint(format!("what it was stands in the journal: keyroll report --run-id {}", self.run()))
    }

    async fn merge(&self, snapshot: &Locator) -> Result<Sight, Problem> {
        let id = snapshot.id.as_str();
        self.note(id, Deed::MergeIntent)?;
        match self.media.merge_times(snapshot).await {
            Ok(()) => self.note(id, Deed::Merged),
            Err(problem) if problem.kind == Kind::NotFound => self.note(id, Deed::NotDone { why: problem.message }),
            Err(problem) if self.progress(id).attempts < patience(&problem) => self.setback(id, problem),
            Err(problem) => {
                self.note(id, Deed::NotDone { why: problem.message.clone() })?;
                let message = format!("locator {id} is back, but its expiry could not be put back to {}", snapshot.expires);
                let kind = if problem.kind == Kind::Permission { Kind::Permission } else { Kind::Person };
                let told = Problem::new(kind, "locatorExpiryDiffers", message).because(&problem);
                self.fail(id, told.hint(format!("put it right, or try again with keyroll resume --run-id {}", self.run())))
            }
        }
    }

    /// The answer was lost. What was seen before counts no more.
    fn unknown(&self, id: &str, problem: &Problem) -> Result<Sight, Problem> {
        self.note(id, Deed::Unknown { why: problem.to_string() })?;
        let attempts = self.progress(id).attempts;
        if attempts >= ATTEMPTS {
            return self.fail(id, problem.clone());
        }
        if attempts > 1 {
            self.pace(id)?;
        }
        Ok(Sight::Nothing)
    }

    /// What time may mend is tried again, everything else fails.
    fn setback(&self, id: &str, problem: Problem) -> Result<Sight, Problem> {
        let attempts = self.progress(id).attempts;
        if attempts >= patience(&problem) {
            return self.fail(id, problem);
        }
        let until = self.clock.now() + pause(attempts);
        self.note(id, Deed::Retrying { why: problem.to_string(), until })
    }

    fn pace(&self, id: &str) -> Result<Sight, Problem> {
        let progress = self.progress(id);
        let until = self.clock.now() + pause(progress.attempts.max(progress.conflicts));
        self.note(id, Deed::Retrying { why: progress.how, until })
    }

    /// Where a permission is missing, the next locator would fare no better: nothing new is begun.
    fn fail(&self, id: &str, problem: Problem) -> Result<Sight, Problem> {
        if !matches!(problem.kind, Kind::Person) {
            self.halted.set(true);
        }
        self.note(id, Deed::Failed { problem: Box::new(problem) })
    }

    fn not_made_again(&self, id: &str, problem: Problem) -> Problem {
        let kind = if problem.kind == Kind::Permission { Kind::Permission } else { Kind::Person };
        let refused = Problem::new(kind, REFUSED, format!("locator {id} was deleted, and the service refuses to make it again"));
        let refused = match kind {
            Kind::Permission => refused.hint("a locator of another media account may have this id now, or a role is missing"),
            _ => refused,
        };
        refused
            .because(problem)
            .hint(format!("mend that and go on with keyroll resume --run-id {}: it is complete in the journal", self.run()))
    }

    fn run(&self) -> String {
        self.journal.borrow().state.head.run_id.clone()
    }
}

/// Before the delete is certain, nothing is lost by stopping.
fn may_stop(stage: &Stage, next: &Next) -> bool {
    match stage {
        Stage::Untouched | Stage::Snapshot | Stage::PolicyIntent(_) => !matches!(next, Next::Gone),
        Stage::DeleteIntent { .. } => matches!(next, Next::Unchanged | Next::Wait(_) | Next::Delete | Next::Snapshot(_)),
        _ => false,
    }
}

fn names_a_key_of(snapshot: &Locator, refused: &Problem) -> bool {
    taken_key(refused).is_some_and(|id| snapshot.content_keys().iter().any(|key| key.id.eq_ignore_ascii_case(id)))
}

/// What is made: the snapshot, but for ids that had to be chosen anew.
fn snapshot_of(item: &Item, progress: &Progress) -> Locator {
    let snapshot = progress.snapshot.as_deref().unwrap_or(&item.locator).clone();
    let streaming = snapshot.streaming.as_ref().map(|streaming| Box::new(streaming.with_key_ids(&progress.key_ids)));
    let mut whole = Locator { streaming, ..snapshot };
    if is_planted(Mistake::LoseMember) {
        whole.streaming.iter_mut().for_each(|streaming| streaming.content_keys.clear());
    }
    whole
}

/// How often what time may mend is tried again. A refused token is renewed at once by the client; refused again, it may be the
/// directory that is slow, and whoever streams should not wait for a person.
fn patience(problem: &Problem) -> u32 {
    let passing = ["throttled", "serviceFailed", "cannotConnect", "connectionBroken", "unexpectedAnswer", "contentKeysHidden"];
    match problem.code.as_str() {
        code if passing.contains(&code) || problem.kind == Kind::OutcomeUnknown => ATTEMPTS,
        "notSignedIn" => SIGN_INS,
        _ => 0,
    }
}

/// Two seconds, doubled with each attempt, five minutes at most: whoever streams is waiting.
fn pause(attempts: u32) -> Duration {
    Duration::from_secs((2_u64 << attempts.min(10)).min(300))
}
