//! What comes next for one locator. Pure: from the order, the journal's records, what was seen, and the time.
//!
//! | written last | not there | there and equal | only times differ | otherwise different |
//! | --- | --- | --- | --- | --- |
//! | nothing | leave: it is gone | snapshot, then delete | snapshot, then delete | leave: it was changed |
//! | `deleteIntent` | create | delete again, once a late delete is ruled out | then a new snapshot: somebody changed it | a person's |
//! | `createIntent` | create | done, once the service says that it is there | put the times right | a person's |
//! | `created`, `mergeIntent`, `merged` | create | done, once its times were put right where they had to be | put the times right | a person's |
//!
//! Where another process judged what a locator hangs on, that is inspected once more before a delete.
//!
//! A streaming locator that somebody made again since its snapshot is written down anew before it is deleted.
//!
//! What a delete may have been sent for is never left because it is not there, whatever was written last. What expired is not
//! deleted any more: it would not come back.
//!
//! A read may be older than the delete and show what was there before it. So where it would end the work, something that cannot be
//! that old has to agree: the answer to the creation or the merge, or a creation that the service refuses because the id is in use.

mod streaming;

use std::time::Duration;

use time::OffsetDateTime;

use crate::domain::locator::order::Item;
use crate::domain::locator::{Difference, Locator, LocatorKind};
use crate::domain::planted::{Mistake, is_planted};
use crate::domain::problem::Problem;
use crate::rotation::timing;

use super::state::{Progress, Stage};

pub use streaming::{NEW_KEY_ID, UNPROVEN};

/// How often a locator's times are put right before a person is asked.
const MERGES: u32 = 5;
/// Why a locator is left that somebody else deleted.
pub const GONE: &str = "it is gone";
/// The code of a creation that the service refuses.
pub const REFUSED: &str = "locatorRefused";
/// How often its creation may be refused by something that a look does not show.
const CONFLICTS: u32 = 4;

/// What this process knows of a locator at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Nothing that still counts.
    Nothing,
    /// A read did not find it.
    Absent,
    /// The answer to its creation described it so.
    Told(Locator),
    /// A read found it so.
    Seen(Locator),
}

/// What this process knows of what a locator hangs on: its asset and its access policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ground {
    /// Nothing: another process judged it, maybe long ago.
    Unread,
    /// It would come back.
    Sound,
    /// It would not, and why.
    Hindered(String),
}

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Read it.
    Look,
    /// Look whether what it hangs on is still as it was judged.
    Inspect,
    /// Write down what it is.
    Snapshot(Locator),
    /// Look for the access policy of this name, and make it if it is not there.
    Policy {
        /// Its name.
        name: String,
        /// How long it lasts.
        duration: Duration,
    },
    /// Delete it.
    Delete,
    /// Write down that it is gone.
    Gone,
    /// Make it, with this policy and start.
    Create {
        /// The id of the access policy.
        policy: String,
        /// From when it works; from now, if that is not said.
        start: Option<OffsetDateTime>,
    },
    /// Put its times right.
    Merge,
    /// Choose another id for a content key, which the service does not take any more.
    KeyId {
        /// The id that it has.
        old: String,
    },
    /// Write down that it is unchanged, and look again later.
    Unchanged,
    /// Nothing before this time.
    Wait(OffsetDateTime),
    /// It is back as it was.
    Restored(String),
    /// Nothing is done to it.
    Leave(String),
    /// Somebody has to act.
    Person(Box<Problem>),
    /// Nothing more happens to it.
    Over,
}

/// What comes next for a locator.
#[must_use]
pub fn decide(item: &Item, progress: &Progress, sight: &Sight, run: &Run<'_>) -> Next {
    if progress.is_over() {
        return Next::Over;
    }
    if let Some(until) = progress.not_before.filter(|until| *until > run.now) {
        return Next::Wait(until);
    }
    let Some(snapshot) = &progress.snapshot else { return first(item, progress, sight, run) };
    match &progress.stage {
        Stage::Untouched => first(item, progress, sight, run),
        Stage::Snapshot | Stage::PolicyIntent(_) if run.aborting && !progress.again && progress.deletes == 0 => {
            Next::Leave("it was not deleted".to_owned())
        }
        Stage::Snapshot | Stage::PolicyIntent(_) => before_delete(item, snapshot, progress, sight, run),
        Stage::DeleteIntent { since, unchanged } => after_delete(snapshot, progress, sight, run, (*since, *unchanged)),
        Stage::Deleted => create(item, snapshot, progress, run),
        Stage::CreateIntent | Stage::Created | Stage::MergeIntent | Stage::Merged => {
            after_create(item, snapshot, progress, sight, run)
        }
        Stage::Restored | Stage::Left => Next::Over,
    }
}

/// What a decision has to know of the run.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// The run's id.
    pub id: &'a str,
    /// Whether it is being ended.
    pub aborting: bool,
    /// The time.
    pub now: OffsetDateTime,
    /// What the locator hangs on.
    pub ground: &'a Ground,
}

impl Run<'_> {
    /// What comes instead of a delete after which the locator might not come back.
    fn instead(&self, seen: &Locator) -> Option<Next> {
        if seen.has_expired(self.now) {
            return Some(Next::Leave(format!("it expired on {}", seen.expires.date())));
        }
        match self.ground {
            Ground::Unread => Some(Next::Inspect),
            Ground::Sound => None,
            Ground::Hindered(why) => Some(Next::Leave(why.clone())),
        }
    }
}

/// Directly before its delete a locator is read again: only what was judged may be deleted.
fn first(item: &Item, progress: &Progress, sight: &Sight, run: &Run<'_>) -> Next {
    if run.aborting && !progress.again {
        return Next::Leave("it was not begun".to_owned());
    }
    let seen = match sight {
        Sight::Nothing => return Next::Look,
        Sight::Absent => return Next::Leave(GONE.to_owned()),
        Sight::Told(seen) | Sight::Seen(seen) => seen,
    };
    // What is moved once more is what this run made, not what it found.
    let (expected, since) = match &progress.snapshot {
        Some(snapshot) if progress.again => (made_of(snapshot, progress), "this run made it"),
        _ => (item.locator.clone(), "it was looked at"),
    };
    if let Difference::Members(members) = expected.difference(seen) {
        return Next::Leave(format!("its {} changed since {since}", members.join(" and ")));
    }
    run.instead(seen).unwrap_or_else(|| Next::Snapshot(seen.clone()))
}

/// Another process may have written the snapshot long ago: what is deleted is what it says, and nothing else.
fn before_delete(item: &Item, snapshot: &Locator, progress: &Progress, sight: &Sight, run: &Run<'_>) -> Next {
    let seen = match sight {
        Sight::Nothing => return Next::Look,
        // A delete of ours may have taken it since.
        Sight::Absent if progress.deletes > 0 => {
            let policy = needed_policy(item, snapshot, progress, run);
            return policy.map_or(Next::Gone, |(name, duration)| Next::Policy { name, duration });
        }
        Sight::Absent => return Next::Leave(GONE.to_owned()),
        Sight::Told(seen) | Sight::Seen(seen) => seen,
    };
    if run.aborting && !progress.again {
        return Next::Leave("it was not deleted".to_owned());
    }
    if let Some(instead) = run.instead(seen) {
        return instead;
    }
    match (snapshot.difference(seen), needed_policy(item, snapshot, progress, run)) {
        (Difference::Members(members), _) => Next::Leave(format!("its {} changed since it was looked at", members.join(" and "))),
        (Difference::Times, _) => Next::Snapshot(seen.clone()),
        (Difference::None, _) if was_replaced(snapshot, seen) => Next::Snapshot(seen.clone()),
        (Difference::None, Some((name, duration))) => Next::Policy { name, duration },
        (Difference::None, None) => Next::Delete,
    }
}

/// Somebody made the same locator again since the snapshot. What tells the one that this run makes from the one that it deleted is
/// when they were made, so that the snapshot has to be of what is deleted.
fn was_replaced(snapshot: &Locator, seen: &Locator) -> bool {
    let both = snapshot.streaming.as_ref().zip(seen.streaming.as_ref());
    both.is_some_and(|(before, now)| before.is_older_than(now) == Some(true))
}

/// A SAS locator's times cannot be put right afterwards, so that its policy has to give them: name and duration of one that
/// does, if its own does not.
fn needed_policy(item: &Item, snapshot: &Locator, progress: &Progress, run: &Run<'_>) -> Option<(String, Duration)> {
    let start = snapshot.start.filter(|_| snapshot.kind == LocatorKind::Sas && progress.policy.is_none())?;
    if !snapshot.is_moved_by(item.duration) {
        return None;
    }
    let guid = snapshot.id.rsplit(':').next().unwrap_or_default();
    let another = if progress.policies == 0 { String::new() } else { format!(" {}", progress.policies + 1) };
    Some((format!("keyroll {} {guid}{another}", run.id), Duration::try_from(snapshot.expires - start).ok()?))
}

/// Nobody knows whether it was deleted.
fn after_delete(
    snapshot: &Locator,
    progress: &Progress,
    sight: &Sight,
    run: &Run<'_>,
    (since, unchanged): (OffsetDateTime, u32),
) -> Next {
    let seen = match sight {
        Sight::Nothing => return Next::Look,
        Sight::Absent if is_planted(Mistake::LoseLocator) => return Next::Leave(GONE.to_owned()),
        Sight::Absent => return Next::Gone,
        Sight::Told(seen) | Sight::Seen(seen) => seen,
    };
    let difference = snapshot.difference(seen);
    let persons = matches!(difference, Difference::Members(_)) && !run.aborting;
    // A delete on its way could still take what we made after it, or what we leave, so that it has to be ruled out first.
    if !persons && (unchanged < timing::UNCHANGED_LOOKS || run.now - since < timing::PROPAGATION) {
        return Next::Unchanged;
    }
    match difference {
        Difference::None | Difference::Times if run.aborting && !progress.again => Next::Leave("it was not deleted".to_owned()),
        Difference::None if was_replaced(snapshot, seen) => run.instead(seen).unwrap_or_else(|| Next::Snapshot(seen.clone())),
        Difference::None => run.instead(seen).unwrap_or(Next::Delete),
        // What somebody gave it meanwhile is what it has to come back with.
        Difference::Times => run.instead(seen).unwrap_or_else(|| Next::Snapshot(seen.clone())),
        Difference::Members(members) if run.aborting => {
            Next::Leave(format!("another one is there, with another {}", members.join(" and ")))
        }
        Difference::Members(members) => Next::Person(Box::new(different(snapshot, &members, run))),
    }
}

fn create(item: &Item, snapshot: &Locator, progress: &Progress, run: &Run<'_>) -> Next {
    let policy = progress.policy.clone().unwrap_or_else(|| snapshot.policy.clone());
    let duration = time::Duration::try_from(item.duration).unwrap_or(time::Duration::MAX);
    let start = match (snapshot.kind, snapshot.start) {
        // Counted from its creation it would live longer than it did.
        (LocatorKind::Sas, None) => snapshot.expires.checked_sub(duration),
        (LocatorKind::Sas | LocatorKind::Streaming, start) => start,
        // The service may refuse what expires before it begins; the times are put right afterwards.
        (LocatorKind::OnDemandOrigin, start) => {
            start.filter(|start| start.checked_add(duration).is_none_or(|expires| expires > run.now))
        }
    };
    Next::Create { policy, start }
}

/// It was made, or may have been.
fn after_create(item: &Item, snapshot: &Locator, progress: &Progress, sight: &Sight, run: &Run<'_>) -> Next {
    let (seen, proven) = match sight {
        Sight::Nothing => return Next::Look,
        Sight::Absent if progress.conflicts >= CONFLICTS => return Next::Person(Box::new(in_the_way(snapshot, progress, run))),
        Sight::Absent if streaming::is_refused_for_good(progress, run) => {
            let old = progress.refused_key.as_ref().map(|(key, _)| key.clone()).unwrap_or_default();
            return Next::KeyId { old };
        }
        Sight::Absent => return create(item, snapshot, progress, run),
        Sight::Told(told) => (told, false),
        Sight::Seen(seen) => (seen, true),
    };
    if let (Some(before), Some(now)) = (&snapshot.streaming, &seen.streaming)
        && let Some(new) = before.is_older_than(now)
    {
        return streaming::made_again(item, snapshot, (seen, new), progress, run);
    }
    let moved = snapshot.kind == LocatorKind::OnDemandOrigin && snapshot.is_moved_by(item.duration);
    match made_of(snapshot, progress).difference(seen) {
        // An answer that describes something else may be somebody's in between: only a read counts.
        Difference::None | Difference::Members(_) if !proven => Next::Look,
        // It was made with other times, whatever a read says; sent twice, a merge is as good as once.
        Difference::None if moved && progress.stage != Stage::Merged && progress.merges < MERGES => Next::Merge,
        Difference::None if progress.stage == Stage::CreateIntent && progress.conflicts == 0 => {
            create(item, snapshot, progress, run)
        }
        Difference::None => Next::Restored(back(progress)),
        Difference::Times if progress.merges >= MERGES || snapshot.kind != LocatorKind::OnDemandOrigin => {
            Next::Person(Box::new(other_times(snapshot, seen, progress, run)))
        }
        Difference::Times => Next::Merge,
        Difference::Members(members) if run.aborting => {
            Next::Leave(format!("another one is there, with another {}", members.join(" and ")))
        }
        Difference::Members(members) => Next::Person(Box::new(different(snapshot, &members, run))),
    }
}

/// What a locator is after this run made it again: as it was, but for a policy that was made for it, and for ids of content keys
/// that it could not keep.
fn made_of(snapshot: &Locator, progress: &Progress) -> Locator {
    let policy = progress.policy.clone().unwrap_or_else(|| snapshot.policy.clone());
    let streaming = snapshot.streaming.as_ref().map(|streaming| Box::new(streaming.with_key_ids(&progress.key_ids)));
    Locator { policy, streaming, ..snapshot.clone() }
}

fn back(progress: &Progress) -> String {
    let how = match (&progress.policy, progress.merges) {
        (Some(policy), _) => format!("back, with the expiry that it had by the new policy {policy}"),
        (None, 0) => "back as it was".to_owned(),
        (None, _) => "back as it was, its times put right".to_owned(),
    };
    if progress.again { format!("{how}, once more") } else { how }
}

fn different(snapshot: &Locator, members: &[&str], run: &Run<'_>) -> Problem {
    let message = format!("a locator with the id {} is there, but with another {}", snapshot.id, members.join(" and "));
    Problem::person("locatorDiffers", message)
        .because("this run was about to recreate it; what it was stands in the run's journal")
        .hint(format!("if it is to be as before, delete it and go on with keyroll resume --run-id {}", run.id))
        .hint(format!("if it is to stay, end the run with keyroll abort --run-id {}", run.id))
}

fn other_times(snapshot: &Locator, seen: &Locator, progress: &Progress, run: &Run<'_>) -> Problem {
    let message = format!("locator {} is back, but it expires on {} instead of {}", snapshot.id, seen.expires, snapshot.expires);
    let problem = Problem::person("locatorExpiryDiffers", message);
    let problem = if progress.how.is_empty() { problem } else { problem.because(&progress.how) };
    problem.hint(format!("put its expiry right, or try again with keyroll resume --run-id {}", run.id))
}

fn in_the_way(snapshot: &Locator, progress: &Progress, run: &Run<'_>) -> Problem {
    Problem::person(REFUSED, format!("locator {} was deleted, and the service refuses to make it again", snapshot.id))
        .because(&progress.how)
        .hint(match snapshot.kind {
            LocatorKind::Streaming => "a name and a streaming locator id are unique: delete what took them meanwhile".to_owned(),
            _ => format!("an asset takes five locators: delete one that was added to {} meanwhile", snapshot.asset),
        })
        .hint(format!("then go on with keyroll resume --run-id {}: it is complete in the journal", run.id))
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
