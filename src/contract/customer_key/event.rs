//! The journal's lines, chained as those of a rotation are.
//!
//! `{"schema":"keyroll.customerKeyEvent/1","seq":3,"time":"…","prev":"<64 hex>","event":"intent","step":"createKey","touches":"…"}`

use serde::{Deserialize, Serialize};

use crate::contract::name::Named;
use crate::contract::problem::ProblemDocument;
use crate::contract::time::Time;
use crate::contract::{Version, version};
use crate::domain::customer_key::{Entry, Event, Outcome, Started, Step};
use crate::domain::problem::Problem;

/// The schema of one line.
pub const SCHEMA: &str = "keyroll.customerKeyEvent/1";

/// One line of the journal of a `customer-key` run.
#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Line {
    schema: String,
    seq: u64,
    time: Time,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prev: Option<String>,
    #[serde(flatten)]
    event: EventDocument,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Streamed<'a> {
    schema: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<&'a str>,
    seq: u64,
    time: Time,
    #[serde(flatten)]
    event: EventDocument,
}

#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "event")]
enum EventDocument {
    Started {
        run_id: String,
        command: String,
        account: String,
        order_digest: String,
        request_digest: String,
        tool: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        identity: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        change_reference: Option<String>,
        #[serde(default)]
        accepted: Vec<String>,
        #[serde(default)]
        confirmed: Vec<Named<Step>>,
    },
    Resumed {
        tool: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        identity: Option<String>,
        #[serde(default)]
        accepted: Vec<String>,
    },
    Intent {
        step: Named<Step>,
        touches: String,
    },
    Unknown {
        step: Named<Step>,
        why: String,
    },
    Done {
        step: Named<Step>,
        touches: String,
        how: String,
        created: bool,
        seen_later: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        correlation_id: Option<String>,
    },
    Waiting {
        step: Named<Step>,
        until: Time,
        why: String,
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
    #[serde(other)]
    Future,
}

/// One line of the journal, without its line break. `previous` is the digest of the line before.
#[must_use]
pub fn line(entry: &Entry, previous: &str) -> String {
    let line = Line {
        schema: SCHEMA.to_owned(),
        seq: entry.sequence,
        time: Time(entry.time),
        prev: Some(previous.to_owned()),
        event: written(&entry.event),
    };
    serde_json::to_string(&line).unwrap_or_default()
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
    let line: Line = serde_json::from_str(text).map_err(|error| damaged(error.to_string()))?;
    match version(&line.schema, SCHEMA) {
        Version::Same => {}
        Version::Other => return Err(future(&format!("the schema {}", line.schema))),
        Version::Foreign => return Err(damaged(format!("its schema is `{}`", line.schema))),
    }
    let previous = line.prev.ok_or_else(|| damaged("it does not name the line before it".to_owned()))?;
    let event = read(line.event).ok_or_else(|| future("an event that is not known here"))?;
    Ok((Entry { sequence: line.seq, time: line.time.0, event }, previous))
}

fn written(event: &Event) -> EventDocument {
    match event.clone() {
        Event::Started(head) => EventDocument::Started {
            run_id: head.run_id,
            command: head.command,
            account: head.account,
            order_digest: head.order_digest,
            request_digest: head.request_digest,
            tool: head.tool,
            identity: head.identity,
            change_reference: head.change_reference,
            accepted: head.accepted,
            confirmed: head.confirmed.into_iter().map(Named).collect(),
        },
        Event::Resumed { tool, identity, accepted } => EventDocument::Resumed { tool, identity, accepted },
        Event::Intent { step, touches } => EventDocument::Intent { step: Named(step), touches },
        Event::Unknown { step, why } => EventDocument::Unknown { step: Named(step), why },
        Event::Done { step, touches, how, created, seen_later, correlation_id } => {
            EventDocument::Done { step: Named(step), touches, how, created, seen_later, correlation_id }
        }
        Event::Waiting { step, until, why } => EventDocument::Waiting { step: Named(step), until: Time(until), why },
        Event::Stopped { problem } => EventDocument::Stopped { problem: problem.as_ref().into() },
        Event::Interrupted { signal } => EventDocument::Interrupted { signal },
        Event::Finished { outcome } => EventDocument::Finished { outcome: Named(outcome) },
    }
}

fn read(document: EventDocument) -> Option<Event> {
    Some(match document {
        EventDocument::Started {
            run_id,
            command,
            account,
            order_digest,
            request_digest,
            tool,
            identity,
            change_reference,
            accepted,
            confirmed,
        } => Event::Started(Box::new(Started {
            run_id,
            command,
            account,
            order_digest,
            request_digest,
            tool,
            identity,
            change_reference,
            accepted,
            confirmed: confirmed.into_iter().map(|step| step.0).collect(),
        })),
        EventDocument::Resumed { tool, identity, accepted } => Event::Resumed { tool, identity, accepted },
        EventDocument::Intent { step, touches } => Event::Intent { step: step.0, touches },
        EventDocument::Unknown { step, why } => Event::Unknown { step: step.0, why },
        EventDocument::Done { step, touches, how, created, seen_later, correlation_id } => {
            Event::Done { step: step.0, touches, how, created, seen_later, correlation_id }
        }
        EventDocument::Waiting { step, until, why } => Event::Waiting { step: step.0, until: until.0, why },
        EventDocument::Stopped { problem } => Event::Stopped { problem: Box::new(problem.into()) },
        EventDocument::Interrupted { signal } => Event::Interrupted { signal },
        EventDocument::Finished { outcome } => Event::Finished { outcome: outcome.0 },
        EventDocument::Future => return None,
    })
}
