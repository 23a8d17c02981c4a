//! What the schemas say of names, times and lengths of time.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{Name, Named};
use crate::contract::time::{Span, Time};
use crate::domain::account::Service;
use crate::domain::act::Act;
use crate::domain::customer_key::{Step, TargetKind};
use crate::domain::dependent::DependentKind;
use crate::domain::sync::{SyncOutcome, SyncState};

/// The names that belong to no list of all: whoever adds a variant to the domain adds its name here, because documents that
/// hold it fit their schema no more.
const WORDS: [&str; 31] = [
    "key1",
    "key2",
    "both",
    "stale",
    "unknown",
    "none",
    "read",
    "tagged",
    "majority",
    "assumed",
    "proven",
    "push",
    "pull",
    "withParent",
    "noKey",
    "partial",
    "unavailable",
    "invisible",
    "bothSlots",
    "standbyOnly",
    "sync",
    "done",
    "aborted",
    "waiting",
    "unfinished",
    "stopped",
    "sas",
    "onDemandOrigin",
    "streaming",
    "host",
    "keyVault",
];

impl<T: Name> JsonSchema for Named<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::WHAT.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        match T::WHAT {
            "fingerprint" => return json_schema!({ "type": "string", "pattern": "^1:[0-9a-f]{16}$" }),
            "resource id" => return json_schema!({ "type": "string", "pattern": "^/subscriptions/[^/]+/" }),
            _ => {}
        }
        let listed = Act::ALL.map(Act::name).into_iter();
        let listed = listed.chain(DependentKind::ALL.map(DependentKind::name)).chain(Service::ALL.map(Service::name));
        let listed = listed.chain(Step::ALL.map(Step::name)).chain(TargetKind::ALL.map(TargetKind::name));
        let listed = listed.chain(SyncOutcome::ALL.map(SyncOutcome::name)).chain(SyncState::ALL.map(SyncState::name));
        let mut seen = std::collections::BTreeSet::new();
        let all = listed.chain(WORDS).filter(move |word| seen.insert(*word));
        let own: Vec<&str> = all.filter(|word| T::named(word).is_some_and(|found| found.text() == *word)).collect();
        assert!(!own.is_empty(), "no name of a {} is known here", T::WHAT);
        json_schema!({ "type": "string", "enum": own })
    }
}

impl JsonSchema for Time {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "time".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let pattern = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$";
        json_schema!({ "type": "string", "format": "date-time", "pattern": pattern })
    }
}

impl JsonSchema for Span {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "span".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": r"^\d+[a-z]+( \d+[a-z]+)*$" })
    }
}
