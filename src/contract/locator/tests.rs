//! Literal JSON of everything that a run that recreates locators writes down.

use serde_json::json;

use super::*;
use crate::contract;
use crate::contract::event::FIRST;
use crate::contract::time::parse as moment;
use crate::domain::event::Outcome;
use crate::domain::locator::away::Away;
use crate::domain::locator::event::{Deed, Entry, Event, Started};
use crate::domain::locator::order::{Item, Order, Verdict};
use crate::domain::locator::report::{LocatorLine, LocatorReport, Standing};
use crate::domain::locator::seal::{SealKind, SealSource, Sealed};
use crate::domain::locator::streaming::{ContentKey, ContentKeyValue, Streaming};
use crate::domain::problem::Problem;
use crate::domain::report::RunStatus;
use crate::domain::streaming::{Addresses, After, Checked, Sighting, StreamingUrl, Verdict as StreamVerdict};

fn locator(kind: LocatorKind) -> Locator {
    Locator {
        id: "nb:lid:UUID:1".into(),
        name: Some("film".into()),
        kind,
        asset: "nb:cid:UUID:2".into(),
        policy: "nb:pid:UUID:3".into(),
        start: moment("2026-11-01T00:00:00Z"),
        expires: moment("2027-11-01T00:00:00.5Z").expect("a time"),
        path: Some("http://ams1.streaming/1/".into()),
        streaming: None,
    }
}

fn streaming() -> Locator {
    let key = ContentKey {
        id: "k1".into(),
        label: Some("cencKeyDefault".into()),
        value: None,
        sealed: Some(Sealed { key: "1:0123456789abcdef".into(), text: "AAEC".into() }),
    };
    let streaming = Streaming {
        streaming_locator_id: "8888".into(),
        default_content_key_policy: Some("drm".into()),
        alternative_media_id: Some("m".into()),
        filters: vec!["f".into()],
        content_keys: vec![key],
        created: moment("2026-08-24T02:00:00.297Z"),
    };
    Locator {
        id: "premiere".into(),
        name: None,
        asset: "film".into(),
        policy: "Predefined_MultiDrmCencStreaming".into(),
        start: None,
        path: None,
        streaming: Some(Box::new(streaming)),
        ..locator(LocatorKind::Streaming)
    }
}

fn at() -> StreamingUrl {
    StreamingUrl { locator: "nb:lid:UUID:1".into(), url: "https://ams1.streaming/1/".into() }
}

fn deeds() -> Vec<Deed> {
    let until = moment("2026-11-22T02:05:30Z").expect("a time");
    vec![
        Deed::Snapshot(Box::new(locator(LocatorKind::OnDemandOrigin))),
        Deed::Snapshot(Box::new(streaming())),
        Deed::KeyRefused { key: "k1".into(), why: "it already exists".into() },
        Deed::KeyIdChosen { old: "k1".into(), new: "k2".into() },
        Deed::PolicyIntent { name: "keyroll r1 1".into() },
        Deed::PolicyMade { policy: "nb:pid:UUID:9".into() },
        Deed::DeleteIntent,
        Deed::Unknown { why: "the connection broke".into() },
        Deed::Unchanged { until },
        Deed::Deleted { seen_later: true },
        Deed::CreateIntent,
        Deed::NotDone { why: "409".into() },
        Deed::Created,
        Deed::MergeIntent,
        Deed::Merged,
        Deed::Retrying { why: "503".into(), until },
        Deed::Restored { how: "back as it was".into() },
        Deed::Left { why: "it is gone".into() },
        Deed::Streamed { url: at().url, seen: Sighting::Refuses { status: 403, error: Some("MPE_X".into()) } },
        Deed::StreamChecked { url: at().url, verdict: StreamVerdict::Answers },
        Deed::Failed { problem: Box::new(Problem::person("locatorDiffers", "it differs")) },
    ]
}

fn events() -> Vec<Event> {
    let head = Started {
        run_id: "r1".into(),
        account: "ams1".into(),
        order_digest: "d".into(),
        request_digest: "q".into(),
        tool: "keyroll 0.1.0".into(),
        identity: Some("o".into()),
        change_reference: Some("CHG1".into()),
        parent: Some("r0".into()),
        seal: None,
    };
    let seal =
        SealSource { kind: SealKind::KeyVault, fingerprint: "1:0123456789abcdef".into(), place: Some("https://v/1".into()) };
    let mut events = vec![
        Event::Started(Box::new(Started { seal: Some(seal), ..head.clone() })),
        Event::Started(Box::new(head)),
        Event::Resumed { tool: "keyroll 0.1.0".into(), identity: None },
        Event::AbortStarted { keep_moved: false },
        Event::AbortStarted { keep_moved: true },
        Event::Stopped { problem: Box::new(Problem::failed("x", "it stopped")) },
        Event::Interrupted { signal: 2 },
        Event::StreamsAwaited { urls: 2, from: moment("2026-11-22T02:10:10Z").expect("a time") },
        Event::Finished { outcome: Outcome::Done },
    ];
    events.extend(deeds().into_iter().map(|deed| Event::Locator { id: "nb:lid:UUID:1".into(), deed }));
    events
}

#[test]
fn every_event_goes_there_and_back() {
    let time = moment("2026-11-22T02:05:00Z").expect("a time");
    for (place, event) in events().into_iter().enumerate() {
        let entry = Entry { sequence: place as u64 + 1, time, event };
        let text = line(&entry, FIRST);
        assert_eq!(parse(&text).expect("our own line"), (entry.clone(), FIRST.to_owned()), "{text}");
        assert!(streamed("r1", &entry).contains("\"runId\":\"r1\""));
    }
}

#[test]
fn a_snapshot_is_this_line() {
    let time = moment("2026-11-22T02:05:00Z").expect("a time");
    let event = Event::Locator { id: "nb:lid:UUID:1".into(), deed: deeds().remove(0) };
    assert_eq!(
        line(&Entry { sequence: 2, time, event }, FIRST),
        format!(
            "{{\"schema\":\"keyroll.locatorEvent/1\",\"seq\":2,\"time\":\"2026-11-22T02:05:00Z\",\"prev\":\"{FIRST}\",\"event\":\"snapshot\",\
             \"locator\":\"nb:lid:UUID:1\",\"snapshot\":{{\"id\":\"nb:lid:UUID:1\",\"name\":\"film\",\"type\":\"onDemandOrigin\",\
             \"asset\":\"nb:cid:UUID:2\",\"policy\":\"nb:pid:UUID:3\",\"start\":\"2026-11-01T00:00:00Z\",\"expires\":\"2027-11-01T00:00:00.5Z\",\
             \"path\":\"http://ams1.streaming/1/\"}}}}"
        )
    );
}

#[test]
fn a_streaming_locators_snapshot_is_this_line_and_holds_no_content_key() {
    let time = moment("2026-11-22T02:05:00Z").expect("a time");
    let mut known = streaming();
    known.streaming.as_mut().expect("streams").content_keys[0].value =
        Some(ContentKeyValue::new(zeroize::Zeroizing::new("vCpyk4q/2REItr3BrR/dUA==".into())));
    let event = Event::Locator { id: "premiere".into(), deed: Deed::Snapshot(Box::new(known)) };
    assert_eq!(
        line(&Entry { sequence: 2, time, event }, FIRST),
        format!(
            "{{\"schema\":\"keyroll.locatorEvent/1\",\"seq\":2,\"time\":\"2026-11-22T02:05:00Z\",\"prev\":\"{FIRST}\",\"event\":\"snapshot\",\
             \"locator\":\"premiere\",\"snapshot\":{{\"id\":\"premiere\",\"type\":\"streaming\",\"asset\":\"film\",\
             \"policy\":\"Predefined_MultiDrmCencStreaming\",\"expires\":\"2027-11-01T00:00:00.5Z\",\"streaming\":{{\
             \"streamingLocatorId\":\"8888\",\"defaultContentKeyPolicy\":\"drm\",\"alternativeMediaId\":\"m\",\"filters\":[\"f\"],\
             \"contentKeys\":[{{\"id\":\"k1\",\"label\":\"cencKeyDefault\",\"sealed\":{{\"key\":\"1:0123456789abcdef\",\"text\":\"AAEC\"}}}}],\
             \"created\":\"2026-08-24T02:00:00.297Z\"}}}}}}"
        )
    );
}

#[test]
fn the_head_names_the_seal_key_and_a_new_key_id_is_this_line() {
    let time = moment("2026-11-22T02:05:00Z").expect("a time");
    let head = line(&Entry { sequence: 1, time, event: events().remove(0) }, FIRST);
    let seal = "\"seal\":{\"kind\":\"keyVault\",\"fingerprint\":\"1:0123456789abcdef\",\"place\":\"https://v/1\"}}";
    assert!(head.ends_with(seal), "{head}");
    let event = Event::Locator { id: "premiere".into(), deed: Deed::KeyIdChosen { old: "k1".into(), new: "k2".into() } };
    let chosen = line(&Entry { sequence: 9, time, event }, FIRST);
    assert!(chosen.ends_with("\"event\":\"keyIdChosen\",\"locator\":\"premiere\",\"old\":\"k1\",\"new\":\"k2\"}"), "{chosen}");
}

#[test]
fn a_sas_leaves_no_address_anywhere() {
    let event = Event::Locator { id: "x".into(), deed: Deed::Snapshot(Box::new(locator(LocatorKind::Sas))) };
    let text = line(&Entry { sequence: 1, time: moment("2026-11-22T02:05:00Z").expect("a time"), event }, FIRST);
    assert!(!text.contains("streaming") && !text.contains("path"), "{text}");
}

#[test]
fn foreign_and_future_lines_are_told_apart() {
    let line = |schema: &str, event: &str| {
        format!(
            "{{\"schema\":\"{schema}\",\"seq\":1,\"time\":\"2026-11-22T02:05:00Z\",\"prev\":\"{FIRST}\",\"event\":\"{event}\"}}"
        )
    };
    for (text, code) in [
        (line("keyroll.locatorEvent/2", "abortStarted"), "journalFromTheFuture"),
        (line("keyroll.locatorEvent/1", "polished"), "journalFromTheFuture"),
        (line("keyroll.event/1", "abortStarted"), "journalDamaged"),
        ("{".to_owned(), "journalDamaged"),
    ] {
        assert_eq!(parse(&text).expect_err(&text).code, code, "{text}");
    }
}

#[test]
fn an_order_goes_there_and_back_and_its_digest_ignores_the_order_of_members() {
    let item = |verdict| Item {
        locator: locator(LocatorKind::OnDemandOrigin),
        duration: std::time::Duration::from_secs(365 * 86_400),
        permissions: 1,
        verdict,
    };
    let order = Order {
        account: "ams1".into(),
        endpoint: "https://ams1.restv2.westeurope.media.azure.net/api/".into(),
        created: moment("2026-11-22T02:05:00Z").expect("a time"),
        address_file: None,
        concurrency: 8,
        items: vec![item(Verdict::Recreate), item(Verdict::Leave { why: "it expired".into() })],
        streams: Some(Addresses { urls: vec![at()], without: Vec::new(), left_out: 0 }),
    };
    assert_eq!(order.media_account().expect("an address"), None);
    let account = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Media/mediaservices/ams1";
    let of_v3 = Order {
        endpoint: account.into(),
        items: vec![Item { locator: streaming(), ..item(Verdict::Recreate) }],
        ..order.clone()
    };
    assert_eq!(parse_order(&order_document(&of_v3).to_string()).expect("our own"), of_v3);
    assert_eq!(of_v3.media_account().expect("an id").expect("there").as_str(), account);
    let document = order_document(&order);
    assert_eq!(document["streams"], json!({ "urls": [{ "locator": "nb:lid:UUID:1", "url": "https://ams1.streaming/1/" }] }));
    assert_eq!(document["schema"], "keyroll.locatorOrder/1");
    assert_eq!(document["locators"][1]["why"], "it expired");
    assert_eq!(parse_order(&document.to_string()).expect("our own"), order);
    assert_eq!(stored_order(&order), contract::canonical(&document), "what is stored is what its digest is taken of");
    let future = document.to_string().replace("locatorOrder/1", "locatorOrder/2");
    assert_eq!(parse_order(&future).expect_err("version 2").code, "orderFromTheFuture");
}

#[test]
fn a_report_is_this_json() {
    let start = moment("2026-11-22T02:05:00Z").expect("a time");
    let report = LocatorReport {
        run_id: "r1".into(),
        account: "ams1".into(),
        status: RunStatus::Done,
        started: start,
        finished: Some(start),
        change_reference: None,
        parent: None,
        tool: "keyroll 0.1.0".into(),
        identities: vec!["o".into()],
        address_file: None,
        seal: Some(SealSource {
            kind: SealKind::File,
            fingerprint: "1:0123456789abcdef".into(),
            place: Some("/s/seal.key".into()),
        }),
        locators: vec![LocatorLine {
            id: "nb:lid:UUID:1".into(),
            name: None,
            kind: LocatorKind::OnDemandOrigin,
            asset: "nb:cid:UUID:2".into(),
            expires: start,
            standing: Standing::Restored,
            how: "back as it was".into(),
            away: Away { since: Some(start), until: Some(start) },
        }],
        streaming: Some(After {
            urls: vec![Checked { at: at(), verdict: StreamVerdict::Fails { why: "answers 404".into() } }],
            ..After::default()
        }),
        problem: None,
    };
    assert_eq!(
        report_document(&report),
        json!({
            "schema": "keyroll.locatorReport/1", "runId": "r1", "account": "ams1", "state": "done", "started": "2026-11-22T02:05:00Z",
            "finished": "2026-11-22T02:05:00Z", "summary": "1 restored", "tool": "keyroll 0.1.0", "identities": ["o"],
            "seal": { "kind": "file", "fingerprint": "1:0123456789abcdef", "place": "/s/seal.key" }, "locators": [{
                "id": "nb:lid:UUID:1", "type": "onDemandOrigin", "asset": "nb:cid:UUID:2", "expires": "2026-11-22T02:05:00Z",
                "state": "restored", "how": "back as it was", "awaySince": "2026-11-22T02:05:00Z", "awayUntil": "2026-11-22T02:05:00Z"
            }],
            "streaming": { "urls": [{
                "locator": "nb:lid:UUID:1", "url": "https://ams1.streaming/1/", "state": "fails", "why": "answers 404"
            }] }
        })
    );
    assert!(report_line(&report).starts_with("{\"schema\":\"keyroll.locatorReport/1\"") && report_text(&report).contains('\n'));
}
