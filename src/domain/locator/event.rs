//! What happens in a run that recreates locators, as its journal holds it.

use time::OffsetDateTime;

use crate::domain::event::Outcome;
use crate::domain::problem::Problem;
use crate::domain::streaming::{Sighting, Verdict as StreamVerdict};

use super::Locator;
use super::seal::SealSource;

/// The head of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// The run's id.
    pub run_id: String,
    /// The media account.
    pub account: String,
    /// SHA-256 over the order's JSON with sorted members.
    pub order_digest: String,
    /// SHA-256 over the request's arguments; a run id used again with another request is refused.
    pub request_digest: String,
    /// keyroll's version.
    pub tool: String,
    /// The object id of who acts, if its token tells.
    pub identity: Option<String>,
    /// The user's change reference.
    pub change_reference: Option<String>,
    /// The rotation that this run is a part of; it is resumed and aborted with that one only.
    pub parent: Option<String>,
    /// Which key seals the content keys of its locators, where some have any.
    pub seal: Option<SealSource>,
}

/// What became of one locator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It was read directly before the delete, and is as it will be again. A later snapshot replaces an earlier one.
    Snapshot(Box<Locator>),
    /// An access policy of this name is about to be made for it, because its own would give another expiry.
    PolicyIntent {
        /// The policy's name, which no other has.
        name: String,
    },
    /// That policy is there.
    PolicyMade {
        /// Its id.
        policy: String,
    },
    /// It is about to be deleted.
    DeleteIntent,
    /// It is gone.
    Deleted {
        /// Whether that was seen by looking, after a lost answer.
        seen_later: bool,
    },
    /// It is about to be made.
    CreateIntent,
    /// It was made.
    Created,
    /// It was certainly not made, because the service does not take the id of this content key any more.
    KeyRefused {
        /// The content key's id.
        key: String,
        /// What the service said.
        why: String,
    },
    /// From now on it is made with another id for this content key.
    KeyIdChosen {
        /// The id that it had.
        old: String,
        /// The id that it gets.
        new: String,
    },
    /// Its times are about to be put right.
    MergeIntent,
    /// Its times were put right.
    Merged,
    /// The answer to what was intended last was lost.
    Unknown {
        /// What is known of the loss.
        why: String,
    },
    /// After a lost answer to a delete it is still there.
    Unchanged {
        /// When it is looked at again.
        until: OffsetDateTime,
    },
    /// What was intended last certainly did not happen.
    NotDone {
        /// How that is known.
        why: String,
    },
    /// Something did not work and is tried again.
    Retrying {
        /// Why.
        why: String,
        /// When.
        until: OffsetDateTime,
    },
    /// It is back as it was.
    Restored {
        /// What was seen.
        how: String,
    },
    /// Nothing was done to it.
    Left {
        /// Why.
        why: String,
    },
    /// One of its streaming URLs was asked before it is deleted.
    Streamed {
        /// The URL.
        url: String,
        /// What it said.
        seen: Sighting,
    },
    /// One of its streaming URLs was asked again since it is back.
    StreamChecked {
        /// The URL.
        url: String,
        /// What became of it.
        verdict: StreamVerdict,
    },
    /// It needs somebody, or another process.
    Failed {
        /// What failed.
        problem: Box<Problem>,
    },
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The head of the journal.
    Started(Box<Started>),
    /// A process took the run up again; earlier failures are tried anew.
    Resumed {
        /// keyroll's version.
        tool: String,
        /// The object id of who acts, if its token tells.
        identity: Option<String>,
    },
    /// Something became of a locator.
    Locator {
        /// Its id.
        id: String,
        /// What.
        deed: Deed,
    },
    /// The run is being ended: what was begun is brought back, the rest stays.
    AbortStarted {
        /// Whether what was moved stays where it is, because the rotation that this run is a part of moves it back. Otherwise it is
        /// made once more, so that it hangs on the key that the account has now.
        keep_moved: bool,
    },
    /// Everything is back; streaming URLs are asked whether they answer as before.
    StreamsAwaited {
        /// How many.
        urls: usize,
        /// From when on: caches have forgotten what they had then.
        from: OffsetDateTime,
    },
    /// The process stopped with a problem; the run is unfinished.
    Stopped {
        /// What stopped it.
        problem: Box<Problem>,
    },
    /// A signal or a cancel ended the process; the run is unfinished.
    Interrupted {
        /// 2, 15 or 1.
        signal: u8,
    },
    /// The run is over.
    Finished {
        /// How.
        outcome: Outcome,
    },
}

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// From 1.
    pub sequence: u64,
    /// When.
    pub time: OffsetDateTime,
    /// What.
    pub event: Event,
}
