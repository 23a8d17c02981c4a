//! The documents as literal JSON: a change here is a change for files and scripts.

use serde_json::json;
use time::OffsetDateTime;

use super::*;
use crate::domain::customer_key::{Access, Entry, Event, Identity, Order, Remove, Roll, Started, Target, Wanted};
use crate::domain::problem::Problem;

const ACCOUNT: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Media/mediaservices/ams";
const VAULT: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv";

fn orders() -> Vec<Order> {
    let account = || ACCOUNT.parse().expect("an id");
    let key = "https://kv.vault.azure.net/keys/k";
    vec![
        Order::Apply(Box::new(Wanted {
            account: account(),
            storage: None,
            location: Some("westeurope".into()),
            identity: Identity::System,
            vault: VAULT.parse().expect("an id"),
            tenant: "t".into(),
            key: key.parse().expect("a key"),
            key_size: 3072,
            pinned: false,
            access: Access::Roles,
            operator: Some("o".into()),
            recover: true,
        })),
        Order::Roll(Roll {
            account: account(),
            old: format!("{key}/v1").parse().expect("a key"),
            key_size: 2048,
            pinned: true,
            disable_old: true,
            subscriptions: vec!["s".into()],
        }),
        Order::Remove(Remove {
            account: account(),
            delete: vec![Target { kind: TargetKind::Key, id: key.into(), run: "r1".into() }],
            subscriptions: Vec::new(),
        }),
    ]
}

#[test]
fn an_order_is_read_back_as_it_was_written() {
    for order in orders() {
        assert_eq!(parse_order(&super::order(&order).to_string()).expect("our own"), order);
    }
    assert_eq!(
        super::order(&orders()[1]),
        json!({"schema":"keyroll.customerKey/1","command":"roll","account":ACCOUNT,
            "old":"https://kv.vault.azure.net/keys/k/v1","keySize":2048,"pinned":true,"disableOld":true,"subscriptions":["s"]})
    );
    assert_eq!(parse_order(r#"{"schema":"keyroll.customerKey/2","command":"roll"}"#).expect_err("a version").code, "notAnOrder");
}

fn events() -> Vec<Event> {
    let step = Step::CreateKey;
    vec![
        Event::Started(Box::new(Started {
            run_id: "r".into(),
            command: "apply".into(),
            account: ACCOUNT.into(),
            order_digest: "d".into(),
            request_digest: "q".into(),
            tool: "keyroll".into(),
            identity: Some("o".into()),
            change_reference: None,
            accepted: vec!["user-x".into()],
            confirmed: vec![Step::CreateVault],
        })),
        Event::Resumed { tool: "keyroll".into(), identity: None, accepted: Vec::new() },
        Event::Intent { step, touches: "k".into() },
        Event::Unknown { step, why: "reset".into() },
        Event::Done {
            step,
            touches: "k".into(),
            how: "created".into(),
            created: true,
            seen_later: true,
            correlation_id: Some("c".into()),
        },
        Event::Waiting { step: Step::AwaitKey, until: OffsetDateTime::UNIX_EPOCH, why: "soon".into() },
        Event::Stopped { problem: Box::new(Problem::blocked("x", "y").hint("z")) },
        Event::Interrupted { signal: 15 },
        Event::Finished { outcome: Outcome::Done },
    ]
}

#[test]
fn a_line_is_read_back_as_it_was_written() {
    for (at, event) in events().into_iter().enumerate() {
        let entry = Entry { sequence: at as u64 + 1, time: OffsetDateTime::UNIX_EPOCH, event };
        assert_eq!(parse(&line(&entry, "p")).expect("our own"), (entry, "p".to_owned()));
    }
}

#[test]
fn a_line_is_what_it_always_was() {
    let entry = Entry { sequence: 3, time: OffsetDateTime::UNIX_EPOCH, event: events().remove(2) };
    assert_eq!(
        line(&entry, "p"),
        r#"{"schema":"keyroll.customerKeyEvent/1","seq":3,"time":"1970-01-01T00:00:00Z","prev":"p","event":"intent","step":"createKey","touches":"k"}"#
    );
    assert_eq!(
        streamed("r", &entry),
        r#"{"schema":"keyroll.customerKeyEvent/1","runId":"r","seq":3,"time":"1970-01-01T00:00:00Z","event":"intent","step":"createKey","touches":"k"}"#
    );
    let future = line(&entry, "p").replace("\"intent\"", "\"levitated\"");
    assert_eq!(parse(&future).expect_err("a newer event").code, "journalFromTheFuture");
    let foreign = line(&entry, "p").replace("customerKeyEvent", "event");
    assert_eq!(parse(&foreign).expect_err("another journal").code, "journalDamaged");
}
