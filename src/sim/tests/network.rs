//! Calls that overlap, die, or are repeated; and that the same seed always does the same.

use azure_core::http::headers::HeaderName;
use azure_core::http::{HttpClient, Method, Request};
use futures::future::{Either, join, select};
use serde_json::json;

use super::super::audit::Author;
use super::super::{demo, seed};
use super::{Caller, id, one_account, storage_id};
use crate::contract::world::{Datastore, Fault, FaultKind, Workspace, World};
use crate::domain::clock::Clock;
use crate::domain::key::Slot;

fn put(caller: &Caller, name: &str) -> Request {
    let workspace = id("Microsoft.MachineLearningServices/workspaces", "ml-a");
    let url = format!("https://management.azure.com{workspace}/datastores/{name}?api-version=2024-04-01&skipValidation=true");
    let mut request = Request::new(url.parse().expect("a URL"), Method::Put);
    let (header, token) = caller.token("https://management.azure.com/.default");
    request.insert_header(HeaderName::from_static(header), token);
    let body = json!({ "properties": { "datastoreType": "AzureBlob", "accountName": "stprod", "containerName": name,
        "credentials": { "credentialsType": "None" } } });
    request.set_body(body.to_string());
    request
}

fn two_stores() -> World {
    let mut world = one_account();
    let mut workspace = Workspace::new(&id("Microsoft.MachineLearningServices/workspaces", "ml-a"), &storage_id());
    workspace.datastores =
        ["a", "b"].map(|name| Datastore::new(name, "AzureBlob", &storage_id(), "containerName", name)).to_vec();
    world.workspaces = vec![workspace];
    world
}

#[test]
fn two_writers_of_one_dependent_are_noticed() {
    let caller = Caller::new(two_stores());
    let (one, other) = (put(&caller, "a"), put(&caller, "b"));
    caller
        .clock
        .run(join(caller.azure.execute_request(&one), caller.azure.execute_request(&other)))
        .expect("both end")
        .0
        .expect("holds");
    assert_eq!(caller.azure.audit().overlapping_writes, [] as [&str; 0], "two dependents at once are fine");
    caller.clock.run(join(caller.azure.execute_request(&one), caller.azure.execute_request(&one)));
    assert_eq!(caller.azure.audit().overlapping_writes.len(), 1);
}

#[test]
fn a_write_that_was_abandoned_is_no_second_writer() {
    let caller = Caller::new(two_stores());
    let request = put(&caller, "a");
    caller.clock.run(async {
        let wait = caller.clock.sleep(std::time::Duration::from_millis(1));
        assert!(matches!(select(caller.azure.execute_request(&request), wait).await, Either::Right(_)));
        caller.azure.execute_request(&request).await.expect("holds");
    });
    assert_eq!(caller.azure.audit().overlapping_writes, [] as [&str; 0]);
}

#[test]
fn what_others_do_is_not_the_callers_deed() {
    let mut world = one_account();
    world.faults = vec![
        Fault::at("storage.listKeys", 2, FaultKind::OthersRegenerate { slot: "key2".into() }),
        Fault::at("storage.get", 1, FaultKind::LockAppears),
    ];
    let caller = Caller::new(world);
    let before = caller.keys(&storage_id());
    let after = caller.keys(&storage_id());
    assert_eq!((before[0] == after[0], before[1] == after[1]), (true, false));
    assert_eq!(caller.azure.key(&storage_id(), Slot::Key2).expect("a key").expose(), after[1]);
    let audit = caller.azure.audit();
    assert_eq!((audit.regenerates[0].author, audit.own_regenerates().count()), (Author::Other, 0));
    assert_eq!(caller.arm(Method::Get, &storage_id(), "").status, 200);
    let locked = caller.regenerate(&storage_id(), "key1").expect("lives").expect("holds");
    assert_eq!(locked.code(), "ScopeLocked");
}

#[test]
fn a_lost_permission_and_an_expired_token_are_told_apart() {
    let mut world = one_account();
    world.faults =
        vec![Fault::at("storage.get", 1, FaultKind::ExpiredToken), Fault::at("storage.get", 2, FaultKind::PermissionLost)];
    let caller = Caller::new(world);
    let codes = [(); 3].map(|()| caller.arm(Method::Get, &storage_id(), "").code());
    assert_eq!(codes, ["ExpiredAuthenticationToken", "AuthorizationFailed", "AuthorizationFailed"]);
}

#[test]
fn a_slow_answer_takes_its_time_and_the_trace_tells_it() {
    let mut world = one_account();
    world.faults = vec![Fault::at("storage.get", 1, FaultKind::Slow { seconds: 40 })];
    let caller = Caller::new(world);
    caller.arm(Method::Get, &storage_id(), "");
    assert!(caller.clock.elapsed() >= std::time::Duration::from_secs(40));
    let trace = caller.azure.audit().trace;
    assert_eq!(trace, [format!("+0s storage.get 200 management.azure.com{} [slow]", storage_id())]);
}

#[test]
fn the_same_seed_does_the_same_to_the_last_byte() {
    let run = |number: u64| {
        let world = World { faults: seed::faults(number), ..seed::world(number) };
        let caller = Caller::new(world);
        for _ in 0..3 {
            let _ = caller.try_arm(Method::Get, "/subscriptions", "");
            let _ = caller.regenerate(&seed::storage_account(), "key1");
            caller.wait(100);
        }
        serde_json::to_string(&caller.azure.audit()).expect("serialises")
    };
    for number in 0..20 {
        assert_eq!(run(number), run(number), "seed {number}");
    }
    assert_ne!(run(1), run(2));
}

#[test]
fn a_thousand_datastores_and_the_demonstration_fit_in_memory_and_time() {
    let mut world = demo::world();
    for number in 0..1000 {
        let store = Datastore::new(&format!("d{number}"), "AzureBlob", &demo::storage_account(), "containerName", "c");
        world.workspaces[0].datastores.push(store.with_key("key1", &demo::storage_account()));
    }
    let caller = Caller::new(world);
    caller.regenerate(&demo::storage_account(), "key1").expect("lives").expect_err("the demonstration loses this answer");
    assert!(caller.azure.audit().regenerates[0].holders.len() > 1000);
    let credential = caller.azure.credential();
    let token = caller.clock.run(azure_core::credentials::TokenCredential::get_token(
        &*credential,
        &["https://vault.azure.net/.default"],
        None,
    ));
    assert!(token.expect("ends").expect("a token").token.secret().starts_with("eyJ"));
}

#[test]
fn a_stale_answer_is_the_one_before_and_changes_are_never_stale() {
    let mut world = one_account();
    world.faults = vec![
        Fault { times: 2, ..Fault::at("storage.listKeys", 1, FaultKind::StaleRead) },
        Fault::at("storage.regenerateKey", 2, FaultKind::StaleRead),
    ];
    let caller = Caller::new(world);
    let first = caller.keys(&storage_id());
    let answer = caller.regenerate(&storage_id(), "key1").expect("lives").expect("holds").json()["keys"][0]["value"].clone();
    assert_eq!(caller.keys(&storage_id()), first, "stale");
    assert_eq!(caller.keys(&storage_id())[0], answer);
    let again = caller.regenerate(&storage_id(), "key1").expect("lives").expect("holds").json()["keys"][0]["value"].clone();
    assert_ne!(again, answer);
}

#[test]
fn ids_may_come_back_in_another_case_and_mean_the_same() {
    let mut world = demo::world();
    world.unknowns.respells_ids = true;
    world.faults.clear();
    let caller = Caller::new(world);
    let media = caller.arm(
        Method::Get,
        &demo::storage_account().replace("Microsoft.Storage/storageAccounts/stprod", "Microsoft.Media/mediaservices/ams-live"),
        "",
    );
    let storage = media.json()["properties"]["storageAccounts"][0]["id"].as_str().expect("an id").to_owned();
    assert_ne!(storage, demo::storage_account());
    assert_eq!(caller.arm(Method::Get, &storage, "").json()["name"], "stprod");
}
