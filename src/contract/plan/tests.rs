use std::time::Duration;

use serde_json::json;

use super::*;
use crate::contract::samples::Any;
use crate::domain::act::Act;
use crate::domain::dependent::Movement;
use crate::domain::key::Slot;
use crate::domain::media_v2::MediaV2Account;
use crate::domain::plan::{Acceptance, Options, Step};

fn small() -> Plan {
    let mut plan = Any(7).plan();
    plan.created = crate::contract::time::parse("2026-11-22T02:05:00Z").expect("a time");
    plan.account.location = "westeurope".into();
    plan.account.shared_key_allowed = true;
    plan.account.key_expiration_days = Some(90);
    plan.account.endpoints = vec![(crate::domain::account::Service::Blob, "https://st.blob.core.windows.net/".into())];
    plan.account.provisioning_state = "Succeeded".into();
    let address_file = Some("/home/op/addresses.jsonl".to_owned());
    plan.options = Options { retire_after: Some(Duration::from_secs(7 * 86_400)), address_file, ..Options::default() };
    plan.active = Slot::Key1;
    plan.active_knowledge = crate::domain::plan::ActiveKnowledge::Read;
    plan.dependents.clear();
    plan.services = vec![crate::domain::account::Service::Blob];
    plan.untested.clear();
    plan.steps = vec![Step {
        number: 1,
        act: Act::Stage,
        phase: Act::Stage,
        slot: Slot::Key2,
        dependents: vec!["ml-a".into()],
        why: "key2 is not in use".into(),
        floor: Duration::ZERO,
        ceiling: Duration::from_secs(600),
        may_fail: vec!["ml-a ≤ 15m".into()],
    }];
    plan.acceptances =
        vec![Acceptance { name: "window-ml-a".into(), why: "ml-a may fail for 15 minutes".into(), act: Act::Stage }];
    plan.blockers.clear();
    plan.warnings = vec!["ams.pem expires soon".into()];
    plan.not_inspected.clear();
    plan.missing_permissions.clear();
    plan.subscriptions = vec!["s".into()];
    plan.vaults.clear();
    plan.media_v2 = vec![MediaV2Account {
        id: "/subscriptions/s/services/mediaservices/Accounts/ams1".into(),
        endpoint: Some("https://ams1.restv2.westeurope.media.azure.net/api/".into()),
        movement: Movement::Push,
        holds: Some(Slot::Key1),
    }];
    plan
}

#[test]
fn a_plan_is_this_json() {
    let plan = small();
    let keys = &plan.keys;
    let mut value = document(&plan);
    assert_eq!(value["keys"]["key1"]["fingerprint"], keys.key1.fingerprint.as_str());
    value["keys"] = json!("…");
    assert_eq!(
        value,
        json!({
            "schema": "keyroll.plan/1",
            "created": "2026-11-22T02:05:00Z",
            "account": {
                "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/st",
                "location": "westeurope",
                "sharedKeyAllowed": true,
                "keyExpirationDays": 90,
                "endpoints": [{"service": "blob", "url": "https://st.blob.core.windows.net/"}],
                "provisioningState": "Succeeded"
            },
            "options": {
                "strategy": "bothSlots", "finishOnOriginal": false, "retireAfter": "7days", "concurrency": 4,
                "addressFile": "/home/op/addresses.jsonl"
            },
            "keys": "…",
            "active": "key1",
            "activeKnowledge": "read",
            "dependents": [],
            "services": ["blob"],
            "untested": [],
            "steps": [{
                "number": 1, "act": "stage", "phase": "stage", "slot": "key2", "dependents": ["ml-a"],
                "why": "key2 is not in use", "floor": "0s", "ceiling": "10m", "mayFail": ["ml-a ≤ 15m"], "irreversible": true
            }],
            "acceptances": [{"name": "window-ml-a", "why": "ml-a may fail for 15 minutes", "act": "stage"}],
            "blockers": [],
            "warnings": ["ams.pem expires soon"],
            "notInspected": [],
            "missingPermissions": [],
            "subscriptions": ["s"],
            "vaults": [],
            "mediaV2": [{
                "id": "/subscriptions/s/services/mediaservices/Accounts/ams1",
                "endpoint": "https://ams1.restv2.westeurope.media.azure.net/api/", "movement": "push",
                "holds": "key1"
            }]
        })
    );
    assert!(text(&plan).starts_with("{\n  \"schema\": \"keyroll.plan/1\","));
}

#[test]
fn every_plan_goes_there_and_back_and_keeps_its_digest() {
    for seed in 0..500 {
        let plan = Any(seed).plan();
        let read = parse(&text(&plan)).expect("our own plan");
        assert_eq!(read, plan);
        let value = document(&plan);
        assert_eq!(digest(&document(&read)), digest(&value));
        let reserialised: Value = serde_json::from_str(&serde_json::to_string_pretty(&value).expect("JSON")).expect("JSON");
        assert_eq!(digest(&reserialised), digest(&value));
    }
}

#[test]
fn another_plan_has_another_digest() {
    let mut other = small();
    other.steps[0].slot = Slot::Key1;
    assert_ne!(digest(&document(&small())), digest(&document(&other)));
}

#[test]
fn another_version_and_anything_else_is_refused() {
    let future = text(&small()).replace("keyroll.plan/1", "keyroll.plan/2");
    let problem = parse(&future).expect_err("another version");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("planOfAnotherVersion", 2));
    assert!(problem.message.contains("keyroll.plan/2"));
    for text in ["", " \n", "\u{0}\u{1}binary", "[]", "{}", "{\"schema\":\"keyroll.event/1\"}", "{\"schema\":\"keyroll.plan/1\"}"]
    {
        let problem = parse(text).expect_err(text);
        assert_eq!((problem.code.as_str(), problem.exit_code()), ("notAPlan", 2));
        assert!(!problem.hints.is_empty());
    }
}
