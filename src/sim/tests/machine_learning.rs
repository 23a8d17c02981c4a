//! Workspaces and datastores: which key a resync takes, what a full replace loses.

use azure_core::http::Method;
use serde_json::{Value, json};

use super::super::holder::HolderKind;
use super::{Caller, id, one_account, storage_id};
use crate::contract::world::{Datastore, Fault, FaultKind, ResyncTakes, Span, SystemDatastores, Workspace, World};

fn workspace_id() -> String {
    id("Microsoft.MachineLearningServices/workspaces", "ml-a")
}

fn world() -> World {
    let mut world = one_account();
    let storage = storage_id();
    let mut workspace = Workspace::new(&workspace_id(), &storage).with_system_datastores("key1");
    workspace.datastores.push(Datastore::new("raw", "AzureBlob", &storage, "containerName", "raw").with_key("key1", &storage));
    workspace
        .datastores
        .push(Datastore::new("shared", "AzureBlob", &storage, "containerName", "shared").with_sas("key1", &storage, "shared"));
    workspace.datastores.push(Datastore::new("open", "AzureBlob", &storage, "containerName", "open"));
    world.workspaces = vec![workspace];
    world.unknowns.accept_seconds = Span::new(10, 10);
    world.unknowns.refuse_seconds = Span::new(60, 60);
    world
}

fn path(rest: &str) -> String {
    let separator = if rest.contains('?') { '&' } else { '?' };
    format!("{}/{rest}{separator}api-version=2024-04-01", workspace_id())
}

fn workspace_key(caller: &Caller) -> String {
    caller.arm(Method::Post, &path("listKeys"), "").json()["userStorageKey"].as_str().expect("a key").to_owned()
}

fn store_secret(caller: &Caller, name: &str) -> Value {
    caller.arm(Method::Post, &path(&format!("datastores/{name}/listSecrets")), "").json()
}

#[test]
fn a_resync_is_an_operation_with_two_signed_addresses() {
    let caller = Caller::new(world());
    let accepted = caller.arm(Method::Post, &path("resyncKeys"), "");
    assert_eq!((accepted.status, accepted.header("retry-after")), (202, ""));
    let (status, location) = (accepted.header("azure-asyncoperation").to_owned(), accepted.header("location").to_owned());
    assert_ne!(status, location);
    assert_eq!(caller.arm(Method::Get, &status, "").json(), json!({ "status": "InProgress" }));
    let early = caller.arm(Method::Get, &location, "");
    assert_eq!(early.status, 202);
    assert_ne!(early.header("location"), location, "each answer signs a new address");
    assert_eq!(caller.arm(Method::Get, &status.replace("&t=", "&t=9"), "").status, 403, "a changed address is noticed");
    caller.wait(30);
    assert_eq!(caller.arm(Method::Get, &status, "").json()["status"], "Succeeded");
    assert_eq!(caller.arm(Method::Get, &location, "").json()["name"], "ml-a");
    let mut world = world();
    world.unknowns.resync_seconds = None;
    assert_eq!(Caller::new(world).arm(Method::Post, &path("resyncKeys"), "").status, 200);
}

#[test]
fn which_key_a_resync_takes_is_a_parameter_of_the_world() {
    for (takes, wait, slot) in
        [(ResyncTakes::Key1, 0, 0), (ResyncTakes::Keep, 0, 1), (ResyncTakes::FirstValid, 0, 1), (ResyncTakes::FirstValid, 60, 0)]
    {
        let mut world = world();
        world.unknowns.resync_takes = takes;
        world.unknowns.resync_seconds = None;
        world.workspaces[0].storage_key = Some(format!("{{key2 of {}}}", storage_id()));
        let caller = Caller::new(world);
        assert_eq!(workspace_key(&caller), caller.keys(&storage_id())[1]);
        caller.regenerate(&storage_id(), "key1").expect("lives").expect("holds");
        caller.wait(wait);
        caller.arm(Method::Post, &path("resyncKeys"), "");
        let keys = caller.keys(&storage_id());
        assert_eq!(workspace_key(&caller), keys[slot], "{takes:?} after {wait} s");
        assert_eq!(store_secret(&caller, "workspaceblobstore")["key"], keys[slot]);
    }
}

#[test]
fn a_resync_may_leave_system_datastores_alone() {
    for (rewrites, expected) in [
        (SystemDatastores::All, [true, true]),
        (SystemDatastores::BlobAndFile, [true, false]),
        (SystemDatastores::None, [false, false]),
    ] {
        let mut world = world();
        world.unknowns.resync_rewrites = rewrites;
        world.unknowns.resync_seconds = None;
        let caller = Caller::new(world);
        caller.regenerate(&storage_id(), "key1").expect("lives").expect("holds");
        caller.arm(Method::Post, &path("resyncKeys"), "");
        let key = caller.keys(&storage_id())[0].clone();
        let fresh =
            ["workspacefilestore", "workspaceartifactstore"].map(|name| store_secret(&caller, name)["key"] == key.as_str());
        assert_eq!(fresh, expected, "{rewrites:?}");
    }
}

#[test]
fn an_operation_may_never_end_and_a_workspace_may_refresh_by_itself() {
    let mut endless = world();
    endless.faults = vec![Fault::at("workspace.resyncKeys", 1, FaultKind::EndlessOperation)];
    let caller = Caller::new(endless);
    let status = caller.arm(Method::Post, &path("resyncKeys"), "").header("azure-asyncoperation").to_owned();
    caller.wait(80_000);
    assert_eq!(caller.arm(Method::Get, &status, "").json()["status"], "InProgress");
    let mut fresh = world();
    fresh.unknowns.workspace_refresh_minutes = Some(60);
    let caller = Caller::new(fresh);
    caller.regenerate(&storage_id(), "key1").expect("lives").expect("holds");
    caller.wait(3601);
    assert_eq!(workspace_key(&caller), caller.keys(&storage_id())[0]);
}

#[test]
fn who_holds_a_regenerated_key_is_down_until_it_is_told() {
    let caller = Caller::new(world());
    caller.regenerate(&storage_id(), "key1").expect("lives").expect("holds");
    let holders = caller.azure.audit().regenerates[0].holders.clone();
    assert_eq!(holders.len(), 7, "the workspace, four system datastores, raw and the SAS of shared: {holders:?}");
    caller.wait(600);
    let down: Vec<HolderKind> = caller.azure.audit().downtimes.iter().map(|down| down.kind).collect();
    assert_eq!(down.len(), 7);
    let key = caller.keys(&storage_id())[0].clone();
    let body = json!({ "properties": {
        "datastoreType": "AzureBlob", "accountName": "stprod", "containerName": "raw",
        "credentials": { "credentialsType": "AccountKey", "secrets": { "secretsType": "AccountKey", "key": key } },
    } });
    let got = caller.arm(Method::Put, &path("datastores/raw?skipValidation=false"), &body.to_string());
    assert_eq!(got.status, 200, "{}", got.text);
    assert_eq!(got.json()["properties"]["credentials"], json!({ "credentialsType": "AccountKey" }), "never the secret");
    let audit = caller.azure.audit();
    assert_eq!(audit.losses, [] as [&str; 0]);
    let raw: Vec<bool> =
        audit.downtimes.iter().filter(|down| down.dependent.ends_with("/raw")).map(|down| down.lasting).collect();
    assert_eq!(raw, [false]);
    assert_eq!(audit.writes_of(&format!("{}/datastores/raw", workspace_id())), 1);
}

#[test]
fn a_full_replace_loses_what_is_left_out() {
    let mut world = world();
    let raw = &mut world.workspaces[0].datastores[4];
    raw.properties.insert("tags".into(), json!({ "team": "vision" }));
    raw.properties.insert("serviceDataAccessAuthIdentity".into(), json!("WorkspaceSystemAssignedIdentity"));
    let caller = Caller::new(world);
    let key = caller.keys(&storage_id())[0].clone();
    let body = json!({ "properties": {
        "datastoreType": "AzureBlob", "accountName": "stprod", "containerName": "raw",
        "credentials": { "credentialsType": "AccountKey", "secrets": { "secretsType": "AccountKey", "key": key } },
    } });
    caller.arm(Method::Put, &path("datastores/raw"), &body.to_string());
    let losses = caller.azure.audit().losses;
    let store = format!("{}/datastores/raw", workspace_id());
    assert_eq!(losses, [format!("{store} lost serviceDataAccessAuthIdentity"), format!("{store} lost tags")]);
}

#[test]
fn validation_tries_the_key_and_secrets_are_only_told_when_asked_for() {
    let caller = Caller::new(world());
    let body = json!({ "properties": {
        "datastoreType": "AzureBlob", "accountName": "stprod", "containerName": "raw",
        "credentials": { "credentialsType": "AccountKey", "secrets": { "secretsType": "AccountKey", "key": "wrong" } },
    } });
    let refused = caller.arm(Method::Put, &path("datastores/raw"), &body.to_string());
    assert_eq!((refused.status, refused.code().as_str()), (400, "UserError"));
    assert_eq!(caller.arm(Method::Put, &path("datastores/raw?skipValidation=true"), &body.to_string()).status, 200);
    let list = caller.arm(Method::Get, &path("datastores"), "");
    assert_eq!(list.json()["value"].as_array().map(Vec::len), Some(7));
    assert!(!list.text.contains(&caller.keys(&storage_id())[0]));
    assert!(store_secret(&caller, "shared")["sasToken"].as_str().is_some_and(|sas| sas.contains("sig=")));
    assert_eq!(caller.arm(Method::Post, &path("datastores/open/listSecrets"), "").status, 400);
    assert_eq!(caller.arm(Method::Get, &path("datastores/none"), "").status, 404);
}

#[test]
fn a_datastore_may_show_its_old_key_for_a_while() {
    let mut world = world();
    world.unknowns.datastore_lag_seconds = 90;
    let caller = Caller::new(world);
    let [old, new] = caller.keys(&storage_id());
    let mut properties = caller.arm(Method::Get, &path("datastores/raw"), "").json()["properties"].clone();
    properties["credentials"] =
        json!({ "credentialsType": "AccountKey", "secrets": { "secretsType": "AccountKey", "key": new } });
    caller.arm(Method::Put, &path("datastores/raw"), &json!({ "properties": properties }).to_string());
    assert_eq!(store_secret(&caller, "raw")["key"], old.as_str());
    caller.wait(90);
    assert_eq!(store_secret(&caller, "raw")["key"], new.as_str());
}

#[test]
fn datastores_come_in_pages_by_skip() {
    let mut world = world();
    world.unknowns.page_size = 3;
    let caller = Caller::new(world);
    let first = caller.arm(Method::Get, &path("datastores"), "").json();
    let link = first["nextLink"].as_str().expect("more").to_owned();
    assert!(link.contains("skip=3"), "{link}");
    assert_eq!(caller.arm(Method::Get, &link, "").json()["value"].as_array().map(Vec::len), Some(3));
}

#[test]
fn somebody_elses_deployment_is_seen_and_told_apart() {
    let mut world = world();
    world.faults = vec![Fault::at("datastore.get", 1, FaultKind::OthersDeploy { slot: "key2".into() })];
    let caller = Caller::new(world);
    caller.arm(Method::Get, &path("datastores/raw"), "");
    assert_eq!(store_secret(&caller, "raw")["key"], caller.keys(&storage_id())[1]);
    let audit = caller.azure.audit();
    assert_eq!((audit.writes.len(), audit.writes_of(&format!("{}/datastores/raw", workspace_id()))), (1, 0));
}

#[test]
fn a_project_uses_its_hubs_key_and_follows_its_resync() {
    let mut world = world();
    let project = id("Microsoft.MachineLearningServices/workspaces", "ml-project");
    world.workspaces[0].kind = "Hub".into();
    let mut member = Workspace::new(&project, &storage_id()).with_system_datastores("key1");
    member.kind = "Project".into();
    member.hub = Some(workspace_id());
    world.workspaces.push(member);
    world.unknowns.resync_seconds = None;
    let caller = Caller::new(world);
    caller.regenerate(&storage_id(), "key1").expect("lives").expect("holds");
    caller.wait(60);
    let of = |rest: &str| format!("{project}/{rest}?api-version=2024-04-01");
    let fresh = |caller: &Caller| {
        let key = caller.keys(&storage_id())[0].clone();
        let own = caller.arm(Method::Post, &of("listKeys"), "").json()["userStorageKey"] == key.as_str();
        (own, caller.arm(Method::Post, &of("datastores/workspaceblobstore/listSecrets"), "").json()["key"] == key.as_str())
    };
    caller.arm(Method::Post, &of("resyncKeys"), "");
    assert_eq!(fresh(&caller), (false, false), "a project holds nothing that it could re-read");
    caller.arm(Method::Post, &path("resyncKeys"), "");
    assert_eq!(fresh(&caller), (true, true));
    let hub = caller.arm(Method::Get, &format!("{}?api-version=2024-04-01", workspace_id()), "").json();
    assert_eq!(hub["properties"]["associatedWorkspaces"][0], project);
}

#[test]
fn a_key_of_another_account_opens_nothing() {
    let mut world = world();
    let other = id("Microsoft.Storage/storageAccounts", "stother");
    world.storage_accounts.push(crate::contract::world::StorageAccount::new(&other));
    world.workspaces[0].datastores[4].credentials.secret = Some(format!("{{key1 of {other}}}"));
    world.workspaces[0].datastores[5].properties.insert("endpoint".into(), json!("core.chinacloudapi.cn"));
    let caller = Caller::new(world);
    caller.wait(60);
    let audit = caller.azure.audit();
    let down: Vec<&str> = audit.downtimes.iter().map(|down| down.dependent.rsplit('/').next().unwrap_or_default()).collect();
    assert_eq!(down, ["raw"]);
    assert!(
        !audit.holders.iter().any(|held| held.dependent.ends_with("/shared")),
        "the same name in another cloud is another account"
    );
}
