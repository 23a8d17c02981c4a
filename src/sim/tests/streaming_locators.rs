//! Streaming locators: what hides where, and what a recreated one may keep.

use azure_core::http::Method;
use serde_json::{Value, json};

use super::{Caller, Got, id, one_account, storage_id};
use crate::contract::world::{ContentKey, Fault, FaultKind, MediaAccount, StreamingLocator, StreamingPolicy, World};

const GUID: &str = "88888888-0000-4000-8000-000000000001";

fn media() -> String {
    id("Microsoft.Media/mediaservices", "ams")
}

fn world() -> World {
    let mut account = MediaAccount::new(&media(), &storage_id());
    let mut locator = StreamingLocator::new("premiere", "film", "Predefined_MultiDrmStreaming", GUID);
    locator.content_keys = vec![ContentKey {
        id: "99999999-0000-4000-8000-000000000001".into(),
        label_reference_in_streaming_policy: "cencKeyDefault".into(),
        value: "vCpyk4q/2REItr3BrR/dUA==".into(),
    }];
    account.streaming_locators = vec![locator];
    World { media_accounts: vec![account], ..one_account() }
}

fn call(caller: &Caller, method: Method, rest: &str, body: &str) -> Got {
    caller.arm(method, &format!("{}/{rest}", media()), body)
}

/// A locator as somebody who knows the traps would save it.
fn snapshot(caller: &Caller) -> Value {
    let mut saved = call(caller, Method::Get, "streamingLocators/premiere", "").json()["properties"].take();
    let keys = call(caller, Method::Post, "streamingLocators/premiere/listContentKeys", "").json();
    saved["contentKeys"] = keys["contentKeys"].clone();
    saved
}

#[test]
fn lists_hide_keys_reads_hide_values_and_only_list_content_keys_tells_them() {
    let caller = Caller::new(world());
    let row = call(&caller, Method::Get, "streamingLocators", "").json()["value"][0].take();
    assert_eq!(row["properties"]["contentKeys"], json!([]));
    let one = call(&caller, Method::Get, "streamingLocators/premiere", "").json();
    let keys = one["properties"]["contentKeys"].as_array().expect("keys");
    assert_eq!(keys.len(), 2, "the service made the one that was not given");
    assert!(keys.iter().all(|key| key["value"].is_null()));
    let told = snapshot(&caller);
    assert_eq!(told["contentKeys"][0]["value"], "vCpyk4q/2REItr3BrR/dUA==");
    assert_eq!(told["contentKeys"][0]["type"], "CommonEncryptionCenc");
    assert!(caller.azure.audit().secrets.contains(&"vCpyk4q/2REItr3BrR/dUA==".to_owned()));
    let paths = call(&caller, Method::Post, "streamingLocators/premiere/listPaths", "").json();
    assert!(paths["streamingPaths"].as_array().expect("paths").iter().all(|path| path["paths"][0].to_string().contains(GUID)));
    let of_asset = call(&caller, Method::Post, "assets/film/listStreamingLocators", "").json();
    assert_eq!(of_asset["streamingLocators"][0]["name"], "premiere");
}

#[test]
fn a_put_creates_and_never_replaces() {
    let caller = Caller::new(world());
    let body = json!({ "properties": snapshot(&caller) }).to_string();
    assert_eq!(call(&caller, Method::Put, "streamingLocators/premiere", &body).status, 409);
    assert_eq!(call(&caller, Method::Delete, "streamingLocators/premiere", "").status, 200);
    assert_eq!(call(&caller, Method::Delete, "streamingLocators/premiere", "").status, 204, "it is gone already");
    assert_eq!(call(&caller, Method::Get, "streamingLocators/premiere", "").code(), "NotFound");
    let made = call(&caller, Method::Put, "streamingLocators/premiere", &body);
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.json()["properties"]["streamingLocatorId"], GUID);
    let nowhere = body.replace("\"film\"", "\"nothing\"");
    assert_eq!(call(&caller, Method::Put, "streamingLocators/other", &nowhere).status, 404);
}

#[test]
fn a_recreated_locator_is_the_same_but_for_rounding() {
    let caller = Caller::new(world());
    let before = snapshot(&caller);
    call(&caller, Method::Delete, "streamingLocators/premiere", "");
    let body = json!({ "properties": { "assetName": "film", "streamingPolicyName": before["streamingPolicyName"],
        "streamingLocatorId": GUID, "contentKeys": before["contentKeys"] } });
    let made = call(&caller, Method::Put, "streamingLocators/premiere", &body.to_string()).json();
    assert_eq!(made["properties"]["endTime"], "9999-12-31T23:59:59.9999999Z");
    let mut after = snapshot(&caller);
    assert_eq!(after["endTime"], "9999-12-31T23:59:59.997Z", "read back, it lost precision");
    after["created"] = before["created"].clone();
    assert_eq!(after, before);
}

#[test]
fn a_world_may_keep_the_ids_of_content_keys() {
    let mut world = world();
    world.unknowns.content_key_ids_stay_taken = true;
    let caller = Caller::new(world);
    let body = json!({ "properties": snapshot(&caller) }).to_string();
    call(&caller, Method::Delete, "streamingLocators/premiere", "");
    let refused = call(&caller, Method::Put, "streamingLocators/premiere", &body);
    assert_eq!(refused.status, 400);
    assert!(refused.text.contains("already exists, please choose another one."), "{}", refused.text);
}

#[test]
fn an_account_may_have_streaming_policies_of_its_own_with_several_labels() {
    let mut world = world();
    let labels = vec!["testLabel1".to_owned(), "testLabel2".to_owned()];
    world.media_accounts[0].streaming_policies = vec![StreamingPolicy { name: "own".into(), labels }];
    world.media_accounts[0].streaming_locators[0].streaming_policy_name = "own".into();
    world.media_accounts[0].streaming_locators[0].content_keys.clear();
    let caller = Caller::new(world);
    let keys = call(&caller, Method::Post, "streamingLocators/premiere/listContentKeys", "").json();
    let labels: Vec<&Value> =
        keys["contentKeys"].as_array().expect("keys").iter().map(|key| &key["labelReferenceInStreamingPolicy"]).collect();
    assert_eq!(labels, ["testLabel1", "testLabel2"]);
    let policy = call(&caller, Method::Get, "streamingPolicies/own", "").json();
    let described = &policy["properties"]["commonEncryptionCenc"]["contentKeys"];
    assert_eq!((&described["defaultKey"]["label"], &described["keyToTrackMappings"][0]["label"]), (labels[0], labels[1]));
    let body = json!({ "properties": { "assetName": "film", "streamingPolicyName": "own",
        "contentKeys": [{ "id": "k", "labelReferenceInStreamingPolicy": "other", "value": "AA==" }] } });
    assert_eq!(call(&caller, Method::Put, "streamingLocators/second", &body.to_string()).status, 400, "an unknown label");
}

#[test]
fn what_was_lost_may_happen_later() {
    let mut world = world();
    world.unknowns.late_effect_seconds = 60;
    let caller = Caller::new(world);
    let body = json!({ "properties": snapshot(&caller) }).to_string();
    let late = |route: &str| caller.azure.add_fault(Fault::at(route, 1, FaultKind::LateEffect));
    let there = || call(&caller, Method::Get, "streamingLocators/premiere", "").status;
    late("streamingLocator.delete");
    let place = format!("{}/streamingLocators/premiere", media());
    assert!(caller.try_arm(Method::Delete, &place, "").is_some_and(|answer| answer.is_err()), "nobody hears of it");
    assert_eq!(there(), 200);
    caller.wait(61);
    assert_eq!(there(), 404);
    late("streamingLocator.put");
    assert!(caller.try_arm(Method::Put, &place, &body).is_some_and(|answer| answer.is_err()), "nobody hears of it");
    assert_eq!(there(), 404);
    caller.wait(61);
    assert_eq!(there(), 200);
}
