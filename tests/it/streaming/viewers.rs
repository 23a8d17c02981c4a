//! Who streams through locators of v3 all the time, and for how long that does not work.

use keyroll::contract::world::World;
use keyroll::domain::key::Slot;

use super::rig::{STREAM, account_id, verdicts, watched};
use crate::locators::rig::Rig;
use crate::worlds::account;

fn world() -> World {
    let mut world = watched(0);
    world.unknowns.origin_cache_minutes = 0;
    world
}

fn url(path: &str) -> String {
    format!("https://management.azure.com{}{path}", account_id())
}

/// Sends something to Resource Manager as the portal does.
fn send(rig: &Rig, method: azure_core::http::Method, path: &str, body: &serde_json::Value) {
    use keyroll::azure::call::{Audience, Call, Effect};
    let mut call = Call::new(method, url(path).parse().expect("a URL"), Effect::Idempotent, Audience::ResourceManager);
    if !body.is_null() {
        call = call.json(body);
    }
    rig.run(rig.client().send(call)).expect("lives").expect("done");
}

fn delete(rig: &Rig) {
    send(rig, azure_core::http::Method::Delete, "/streamingLocators/loc1?api-version=2022-08-01", &serde_json::Value::Null);
}

fn put(rig: &Rig) {
    let body = serde_json::json!({ "properties": {
        "assetName": "film", "streamingPolicyName": "Predefined_ClearStreamingOnly", "streamingLocatorId": STREAM,
    } });
    send(rig, azure_core::http::Method::Put, "/streamingLocators/loc1?api-version=2022-08-01", &body);
}

#[test]
fn a_locator_that_is_recreated_is_dark_until_the_new_one_answers() {
    let rig = Rig::new(world());
    let before = rig.before(rig.v3_addresses());
    assert_eq!(rig.dark(), [] as [i64; 0]);
    delete(&rig);
    put(&rig);
    let after = rig.after(&before);
    assert!(verdicts(&after).iter().all(|verdict| verdict.name() == "answers"), "{after:?}");
    let dark = rig.dark();
    assert!(matches!(dark[..], [30..=40]), "{dark:?}");
}

#[test]
fn caches_hide_a_short_absence_and_end() {
    let mut world = world();
    world.unknowns.locator_cache_seconds = 300;
    let rig = Rig::new(world);
    delete(&rig);
    rig.wait(120);
    put(&rig);
    rig.wait(600);
    assert_eq!(rig.dark(), [] as [i64; 0], "it was back before the caches had forgotten it");
    delete(&rig);
    rig.wait(400);
    let dark = rig.dark();
    assert!(matches!(dark[..], [90..=110]), "{dark:?}");
}

#[test]
fn a_roll_without_a_sync_is_dark_from_the_second_key_on() {
    let rig = Rig::new(world());
    let id = account().parse().expect("an id");
    let before = rig.before(rig.v3_addresses());
    for slot in Slot::BOTH {
        assert_eq!(rig.dark(), [] as [i64; 0], "the account holds the other one");
        rig.run(rig.client().regenerate_key(&id, slot)).expect("lives").expect("regenerates");
        rig.wait(300);
    }
    assert!(rig.dark()[0] >= 200, "{:?}", rig.dark());
    let after = rig.after(&before);
    assert_eq!(after.failing().count(), 3, "{after:?}");
    assert!(after.failing().all(|checked| checked.verdict.to_string().contains("MPE_STORAGE_AUTHENTICATION_FAILED")));
    let storage = serde_json::json!({ "id": account() });
    send(&rig, azure_core::http::Method::Post, "/syncStorageKeys?api-version=2021-11-01", &storage);
    rig.wait(10);
    let after = rig.after(&before);
    assert!(verdicts(&after).iter().all(|verdict| verdict.name() == "answers"), "{after:?}");
}
