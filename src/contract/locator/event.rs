//! The journal's lines, chained as those of a rotation are.
//!
//! `{"schema":"keyroll.locatorEvent/1","seq":3,"time":"…","prev":"<64 hex>","event":"deleteIntent","locator":"nb:lid:UUID:…"}`

use serde::{Deserialize, Serialize};

use crate::contract::name::Named;
use crate::contract::problem::ProblemDocument;
use crate::contract::streaming::{SightingDocument, VerdictDocument};
use crate::contract::time::Time;
use crate::contract::{Version, version};
use crate::domain::event::Outcome;
use crate::domain::locator::event::{Deed, Entry, Event, Started};
use crate::domain::problem::Problem;

use super::LocatorDocument;
use super::streaming::SealDocument;

/// The schema of one line.
pub const SCHEMA: &str = "keyroll.locatorEvent/1";

#[derive(Debug, Deserialize, Serialize)]
struct Written {
    schema: String,
    seq: u64,
    time: Time,
    prev: String,
    #[serde(flatten)]
    event: EventDocument,
}

/// One line of the journal of a run that recreates locators, or as `--events` and hosts get it.
#[cfg(test)]
#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Line {
    schema: String,
    /// As `--events` and hosts get it.
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<String>,
    seq: u64,
    time: Time,
    /// In the journal: SHA-256 of the line before.
    #[serde(skip_serializing_if = "Option::is_none")]
    prev: Option<String>,
    #[serde(flatten)]
    event: EventDocument,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Streamed<'a> {
    schema: &'static str,
    /// Absent where the event itself names the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<&'a str>,
    seq: u64,
    time: Time,
    #[serde(flatten)]
    event: EventDocument,
}

#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum EventDocument {
    Started {
        run_id: String,
        account: String,
        order_digest: String,
        request_digest: String,
        tool: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        identity: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        change_reference: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seal: Option<SealDocument>,
    },
    Resumed {
        tool: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        identity: Option<String>,
    },
    AbortStarted {
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        keep_moved: bool,
    },
    Stopped {
        problem: ProblemDocument,
    },
    Interrupted {
        signal: u8,
    },
    Finished {
        outcome: Named<Outcome>,
    },
    Snapshot {
        locator: String,
        snapshot: LocatorDocument,
    },
    PolicyIntent {
        locator: String,
        name: String,
    },
    PolicyMade {
        locator: String,
        policy: String,
    },
    DeleteIntent {
        locator: String,
    },
    Deleted {
        locator: String,
        seen_later: bool,
    },
    CreateIntent {
        locator: String,
    },
    Created {
        locator: String,
    },
    KeyRefused {
        locator: String,
        key: String,
        why: String,
    },
    KeyIdChosen {
        locator: String,
        old: String,
        new: String,
    },
    MergeIntent {
        locator: String,
    },
    Merged {
        locator: String,
    },
    Unknown {
        locator: String,
        why: String,
    },
    Unchanged {
        locator: String,
        until: Time,
    },
    NotDone {
        locator: String,
        why: String,
    },
    Retrying {
        locator: String,
        why: String,
        until: Time,
    },
    Restored {
        locator: String,
        how: String,
    },
    Left {
        locator: String,
        why: String,
    },
    Streamed {
        locator: String,
        url: String,
        seen: SightingDocument,
    },
    StreamChecked {
        locator: String,
        url: String,
        verdict: VerdictDocument,
    },
    StreamsAwaited {
        urls: usize,
        from: Time,
    },
    Failed {
        locator: String,
        problem: ProblemDocument,
    },
    /// An event that only a newer keyroll knows.
    #[serde(other, skip_serializing)]
    Future,
}

/// One line of the journal, without its line break. `previous` is the digest of the line before.
#[must_use]
pub fn line(entry: &Entry, previous: &str) -> String {
    let (seq, time, event) = (entry.sequence, Time(entry.time), written(&entry.event));
    serde_json::to_string(&Written { schema: SCHEMA.to_owned(), seq, time, prev: previous.to_owned(), event }).unwrap_or_default()
}

/// One entry as `--events` and hosts get it: as in the journal, with the run's id in place of the chain.
#[must_use]
pub fn streamed(run_id: &str, entry: &Entry) -> String {
    let run_id = (!matches!(entry.event, Event::Started(_))).then_some(run_id);
    let (seq, time, event) = (entry.sequence, Time(entry.time), written(&entry.event));
    serde_json::to_string(&Streamed { schema: SCHEMA, run_id, seq, time, event }).unwrap_or_default()
}

/// Reads one line: the entry, and the digest of the line before it as this line names it.
///
/// # Errors
/// `journalFromTheFuture` when a newer keyroll wrote it, `journalDamaged` when it is not a line of such a journal.
pub fn parse(text: &str) -> Result<(Entry, String), Problem> {
    let damaged = |why: String| {
        Problem::usage("journalDamaged", "a line of the journal cannot be read")
            .because(why)
            .hint("run `keyroll report --verify` to see where the chain breaks")
    };
    let future = |what: &str| {
        Problem::usage("journalFromTheFuture", format!("the journal was written by a newer keyroll: it holds {what}"))
            .hint("update keyroll, then run the same command again")
    };
    let line: Written = serde_json::from_str(text).map_err(|error| damaged(error.to_string()))?;
    match version(&line.schema, SCHEMA) {
        Version::Same => {}
        Version::Other => return Err(future(&format!("the schema {}", line.schema))),
        Version::Foreign => return Err(damaged(format!("its schema is `{}`", line.schema))),
    }
    let event = read(line.event).ok_or_else(|| future("an event that is not known here"))?;
    Ok((Entry { sequence: line.seq, time: line.time.0, event }, line.prev))
}

fn written(event: &Event) -> EventDocument {
    match event {
        Event::Started(head) => {
            let Started { run_id, account, order_digest, request_digest, tool, identity, change_reference, parent, seal } =
                (**head).clone();
            let seal = seal.map(SealDocument::from);
            EventDocument::Started {
                run_id,
                account,
                order_digest,
                request_digest,
                tool,
                identity,
                change_reference,
                parent,
                seal,
            }
        }
        Event::Resumed { tool, identity } => EventDocument::Resumed { tool: tool.clone(), identity: identity.clone() },
        Event::Locator { id, deed } => deed_written(id.clone(), deed),
        Event::AbortStarted { keep_moved } => EventDocument::AbortStarted { keep_moved: *keep_moved },
        Event::Stopped { problem } => EventDocument::Stopped { problem: problem.as_ref().into() },
        Event::Interrupted { signal } => EventDocument::Interrupted { signal: *signal },
        Event::StreamsAwaited { urls, from } => EventDocument::StreamsAwaited { urls: *urls, from: Time(*from) },
        Event::Finished { outcome } => EventDocument::Finished { outcome: Named(*outcome) },
    }
}

fn deed_written(locator: String, deed: &Deed) -> EventDocument {
    match deed.clone() {
        Deed::Snapshot(snapshot) => EventDocument::Snapshot { locator, snapshot: snapshot.as_ref().into() },
        Deed::PolicyIntent { name } => EventDocument::PolicyIntent { locator, name },
        Deed::PolicyMade { policy } => EventDocument::PolicyMade { locator, policy },
        Deed::DeleteIntent => EventDocument::DeleteIntent { locator },
        Deed::Deleted { seen_later } => EventDocument::Deleted { locator, seen_later },
        Deed::CreateIntent => EventDocument::CreateIntent { locator },
        Deed::Created => EventDocument::Created { locator },
        Deed::KeyRefused { key, why } => EventDocument::KeyRefused { locator, key, why },
        Deed::KeyIdChosen { old, new } => EventDocument::KeyIdChosen { locator, old, new },
        Deed::MergeIntent => EventDocument::MergeIntent { locator },
        Deed::Merged => EventDocument::Merged { locator },
        Deed::Unknown { why } => EventDocument::Unknown { locator, why },
        Deed::Unchanged { until } => EventDocument::Unchanged { locator, until: Time(until) },
        Deed::NotDone { why } => EventDocument::NotDone { locator, why },
        Deed::Retrying { why, until } => EventDocument::Retrying { locator, why, until: Time(until) },
        Deed::Restored { how } => EventDocument::Restored { locator, how },
        Deed::Left { why } => EventDocument::Left { locator, why },
        Deed::Streamed { url, seen } => EventDocument::Streamed { locator, url, seen: (&seen).into() },
        Deed::StreamChecked { url, verdict } => EventDocument::StreamChecked { locator, url, verdict: (&verdict).into() },
        Deed::Failed { problem } => EventDocument::Failed { locator, problem: problem.as_ref().into() },
    }
}

fn read(document: EventDocument) -> Option<Event> {
    use EventDocument as Doc;
    let (id, deed) = match document {
        Doc::Started { run_id, account, order_digest, request_digest, tool, identity, change_reference, parent, seal } => {
            let seal = seal.map(SealDocument::into);
            let head = Started { run_id, account, order_digest, request_digest, tool, identity, change_reference, parent, seal };
            return Some(Event::Started(Box::new(head)));
        }
        Doc::Resumed { tool, identity } => return Some(Event::Resumed { tool, identity }),
        Doc::AbortStarted { keep_moved } => return Some(Event::AbortStarted { keep_moved }),
        Doc::Stopped { problem } => return Some(Event::Stopped { problem: Box::new(problem.into()) }),
        Doc::Interrupted { signal } => return Some(Event::Interrupted { signal }),
        Doc::StreamsAwaited { urls, from } => return Some(Event::StreamsAwaited { urls, from: from.0 }),
        Doc::Finished { outcome } => return Some(Event::Finished { outcome: outcome.0 }),
        Doc::Snapshot { locator, snapshot } => (locator, Deed::Snapshot(Box::new(snapshot.into()))),
        Doc::PolicyIntent { locator, name } => (locator, Deed::PolicyIntent { name }),
        Doc::PolicyMade { locator, policy } => (locator, Deed::PolicyMade { policy }),
        Doc::DeleteIntent { locator } => (locator, Deed::DeleteIntent),
        Doc::Deleted { locator, seen_later } => (locator, Deed::Deleted { seen_later }),
        Doc::CreateIntent { locator } => (locator, Deed::CreateIntent),
        Doc::Created { locator } => (locator, Deed::Created),
        Doc::KeyRefused { locator, key, why } => (locator, Deed::KeyRefused { key, why }),
        Doc::KeyIdChosen { locator, old, new } => (locator, Deed::KeyIdChosen { old, new }),
        Doc::MergeIntent { locator } => (locator, Deed::MergeIntent),
        Doc::Merged { locator } => (locator, Deed::Merged),
        Doc::Unknown { locator, why } => (locator, Deed::Unknown { why }),
        Doc::Unchanged { locator, until } => (locator, Deed::Unchanged { until: until.0 }),
        Doc::NotDone { locator, why } => (locator, Deed::NotDone { why }),
        Doc::Retrying { locator, why, until } => (locator, Deed::Retrying { why, until: until.0 }),
        Doc::Restored { locator, how } => (locator, Deed::Restored { how }),
        Doc::Left { locator, why } => (locator, Deed::Left { why }),
        Doc::Streamed { locator, url, seen } => (locator, Deed::Streamed { url, seen: seen.into() }),
        Doc::StreamChecked { locator, url, verdict } => (locator, Deed::StreamChecked { url, verdict: verdict.into() }),
        Doc::Failed { locator, problem } => (locator, Deed::Failed { problem: Box::new(problem.into()) }),
        Doc::Future => return None,
    };
    Some(Event::Locator { id, deed })
}
