//! The journal's lines: one event each, chained by the SHA-256 of the line before.
//!
//! `{"schema":"keyroll.event/1","seq":3,"time":"…","prev":"<64 hex>","event":"stepStarted","step":1}`

mod document;

use serde::{Deserialize, Serialize};

use crate::domain::event::{Entry, Event};
use crate::domain::problem::Problem;

use super::Version;
use super::time::Time;
use document::EventDocument;

/// The schema of one line.
pub const SCHEMA: &str = "keyroll.event/1";

/// What the first line of a journal has as `prev`.
pub const FIRST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

#[derive(Debug, Serialize)]
struct Written<'a> {
    schema: &'static str,
    seq: u64,
    time: Time,
    prev: &'a str,
    #[serde(flatten)]
    event: EventDocument,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Streamed<'a> {
    schema: &'static str,
    /// Absent where the event itself names the run, as the first one does: no member stands twice in an object.
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<&'a str>,
    seq: u64,
    time: Time,
    #[serde(flatten)]
    event: EventDocument,
}

/// One line of a journal, or as `--events` and hosts get it.
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

#[derive(Debug, Deserialize)]
struct Read {
    seq: u64,
    time: Time,
    prev: String,
    #[serde(flatten)]
    event: EventDocument,
}

#[derive(Debug, Deserialize)]
struct Head {
    schema: String,
}

/// One line of the journal, without its line break. `previous` is the [`digest`] of the line before, or [`FIRST`].
#[must_use]
pub fn line(entry: &Entry, previous: &str) -> String {
    let written = Written {
        schema: SCHEMA,
        seq: entry.sequence,
        time: Time(entry.time),
        prev: previous,
        event: EventDocument::from(&entry.event),
    };
    serde_json::to_string(&written).unwrap_or_default()
}

/// One entry as `--events` and hosts get it: as in the journal, with the run's id in place of the chain.
#[must_use]
pub fn streamed(run_id: &str, entry: &Entry) -> String {
    let (seq, time, event) = (entry.sequence, Time(entry.time), EventDocument::from(&entry.event));
    let run_id = (!matches!(entry.event, Event::RunStarted(_))).then_some(run_id);
    serde_json::to_string(&Streamed { schema: SCHEMA, run_id, seq, time, event }).unwrap_or_default()
}

/// Reads one line: the entry, and the digest of the line before it as this line names it.
///
/// # Errors
/// `journalFromTheFuture` when a newer keyroll wrote it (another version of the schema, an event that is not known
/// here), `journalDamaged` when it is not a line of a journal.
pub fn parse(line: &str) -> Result<(Entry, String), Problem> {
    let head: Head = serde_json::from_str(line).map_err(damaged)?;
    match super::version(&head.schema, SCHEMA) {
        Version::Same => {}
        Version::Other => return Err(future(&format!("the schema {}", head.schema))),
        Version::Foreign => return Err(damaged(format!("its schema is `{}`", head.schema))),
    }
    let read: Read = serde_json::from_str(line).map_err(damaged)?;
    let event = read.event.into_event().ok_or_else(|| future(&format!("the event `{}`", event_name(line))))?;
    Ok((Entry { sequence: read.seq, time: read.time.0, event }, read.prev))
}

/// What the next line names as `prev`: SHA-256 of this line, without its line break, in hexadecimal.
#[must_use]
pub fn digest(line: &str) -> String {
    super::sha256(line)
}

fn event_name(line: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
    value["event"].as_str().unwrap_or_default().to_owned()
}

fn future(what: &str) -> Problem {
    Problem::usage("journalFromTheFuture", format!("the journal was written by a newer keyroll: it holds {what}"))
        .hint("update keyroll, then run the same command again")
}

fn damaged(why: impl std::fmt::Display) -> Problem {
    Problem::usage("journalDamaged", "a line of the journal cannot be read")
        .because(why)
        .hint("run `keyroll report --verify` to see where the chain breaks, or update keyroll if a newer one wrote it")
}

#[cfg(test)]
#[path = "event/tests.rs"]
mod tests;
