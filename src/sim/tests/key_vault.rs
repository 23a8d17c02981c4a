//! Vaults: versions, consumers with their caches, what a write may not lose; and Resource Graph.

use azure_core::http::Method;
use serde_json::json;

use super::super::holder::HolderKind;
use super::{Caller, SUBSCRIPTION, id, one_account, storage_id};
use crate::contract::world::{
    Consumer, Fault, FaultKind, ManagedStorageAccount, MediaAccount, Secret, Span, Vault, Workspace, World,
};

const SECRET: &str = "https://kv-prod.vault.azure.net/secrets/st-key?api-version=7.4";

fn world() -> World {
    let mut world = one_account();
    let storage = storage_id();
    let mut vault = Vault::new(&id("Microsoft.KeyVault/vaults", "kv-prod"));
    let mut plain = Secret::dual_credential("st-key", "key1", &storage);
    plain.consumers.push(Consumer { name: "pinned".into(), cache_hours: 24, pinned: true });
    vault.secrets = vec![plain, Secret::new("st-connection", &format!("{{connection string key1 of {storage}}}"))];
    vault.secrets.push(Secret { soft_deleted: true, ..Secret::new("gone", "x") });
    vault.secrets.push(Secret { enabled: false, ..Secret::new("off", "x") });
    vault.secrets.push(Secret::new("st-sas", &format!("{{blob of {storage}}}films?{{container sas films key1 of {storage}}}")));
    vault.managed_storage_accounts =
        vec![ManagedStorageAccount { name: "managed".into(), resource_id: storage, auto_regenerate_key: true }];
    world.vaults = vec![vault];
    world.unknowns.accept_seconds = Span::new(10, 10);
    world.unknowns.refuse_seconds = Span::new(60, 60);
    world
}

#[test]
fn templates_become_values_that_work() {
    let caller = Caller::new(world());
    let key = caller.keys(&storage_id())[0].clone();
    assert_eq!(caller.vault(Method::Get, SECRET, "").json()["value"], key.as_str());
    let connection = caller.vault(Method::Get, &SECRET.replace("st-key", "st-connection"), "").json();
    assert!(connection["value"].as_str().is_some_and(|text| text.contains(&format!("AccountName=stprod;AccountKey={key};"))));
    let sas =
        caller.vault(Method::Get, &SECRET.replace("st-key", "st-sas"), "").json()["value"].as_str().expect("a URL").to_owned();
    let got = caller.send(Method::Get, &format!("{sas}&restype=container&comp=list"), &[], "").expect("lives").expect("holds");
    assert_eq!(got.status, 200, "{}", got.text);
}

#[test]
fn consumers_follow_within_their_cache_and_pinned_ones_never() {
    let caller = Caller::new(world());
    caller.regenerate(&storage_id(), "key2").expect("lives").expect("holds");
    caller.wait(60);
    let key2 = caller.keys(&storage_id())[1].clone();
    let body = json!({ "value": key2, "tags": { "CredentialId": "key2", "ProviderAddress": storage_id(), "ValidityPeriodDays": "60" },
        "attributes": { "exp": 1_900_000_000 } });
    assert_eq!(caller.vault(Method::Put, SECRET, &body.to_string()).status, 200);
    caller.wait(24 * 3600);
    caller.regenerate(&storage_id(), "key1").expect("lives").expect("holds");
    caller.wait(3600);
    let audit = caller.azure.audit();
    assert_eq!(audit.losses, [] as [&str; 0]);
    assert_eq!(audit.secret_versions["https://kv-prod.vault.azure.net/secrets/st-key"], 1);
    let down: Vec<&str> = audit.downtimes.iter().filter_map(|down| down.dependent.split('#').nth(1)).collect();
    assert_eq!(down, ["reader of st-connection", "pinned", "reader of st-sas"], "the reader of st-key has followed");
    let kinds: Vec<HolderKind> = audit.downtimes.iter().map(|down| down.kind).collect();
    assert_eq!(kinds, [HolderKind::Consumer, HolderKind::PinnedConsumer, HolderKind::Consumer]);
    let versions =
        caller.vault(Method::Get, "https://kv-prod.vault.azure.net/secrets/st-key/versions?api-version=7.4", "").json();
    let rows = versions["value"].as_array().expect("rows").clone();
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| row.get("value").is_none()));
    let first = format!("{}?api-version=7.4", rows[0]["id"].as_str().expect("an id"));
    assert_ne!(caller.vault(Method::Get, &first, "").json()["value"], key2.as_str(), "the old version stays readable");
}

#[test]
fn a_write_that_forgets_tags_and_expiry_is_noticed() {
    let caller = Caller::new(world());
    let key = caller.keys(&storage_id())[0].clone();
    caller.vault(Method::Put, SECRET, &json!({ "value": key, "tags": { "CredentialId": "key1" } }).to_string());
    let losses = caller.azure.audit().losses;
    assert_eq!(
        losses.iter().filter_map(|text| text.split(" lost ").nth(1)).collect::<Vec<_>>(),
        ["tag ProviderAddress", "tag ValidityPeriodDays", "exp"]
    );
}

#[test]
fn a_vault_answers_as_it_was_recorded() {
    let caller = Caller::new(world());
    let open = caller.send(Method::Get, SECRET, &[], "").expect("lives").expect("holds");
    assert_eq!(open.status, 401);
    assert!(open.header("www-authenticate").contains("resource=\"https://vault.azure.net\""));
    let of = |name: &str| SECRET.replace("st-key", name);
    assert_eq!(caller.vault(Method::Get, &of("nobody"), "").code(), "SecretNotFound");
    let deleted = caller.vault(Method::Put, &of("gone"), r#"{"value":"y"}"#);
    assert_eq!(
        (deleted.status, deleted.json()["error"]["innererror"]["code"].clone()),
        (409, json!("ObjectIsDeletedButRecoverable"))
    );
    assert_eq!(caller.vault(Method::Get, &of("off"), "").json()["error"]["innererror"]["code"], "SecretDisabled");
    let list = caller.vault(Method::Get, "https://kv-prod.vault.azure.net/secrets?api-version=7.4&maxresults=25", "");
    assert_eq!(list.json()["value"].as_array().map(Vec::len), Some(4), "all but the deleted one");
    assert!(!list.text.contains(&caller.keys(&storage_id())[0]));
    assert!(list.json()["nextLink"].is_null());
    let managed = caller.vault(Method::Get, "https://kv-prod.vault.azure.net/storage?api-version=7.4", "").json();
    assert!(managed["value"][0].get("autoRegenerateKey").is_none(), "the list does not tell");
    let one = caller.vault(Method::Get, "https://kv-prod.vault.azure.net/storage/managed?api-version=7.4", "").json();
    assert_eq!((one["autoRegenerateKey"].clone(), one["resourceId"].clone()), (json!(true), json!(storage_id())));
}

#[test]
fn a_vault_may_answer_the_version_before_for_a_while() {
    let mut world = world();
    world.unknowns.secret_lag_seconds = 30;
    let caller = Caller::new(world);
    caller.vault(Method::Put, SECRET, r#"{"value":"new"}"#);
    assert_ne!(caller.vault(Method::Get, SECRET, "").json()["value"], "new");
    caller.wait(30);
    assert_eq!(caller.vault(Method::Get, SECRET, "").json()["value"], "new");
}

#[test]
fn the_graph_finds_types_in_pages_and_may_leave_rows_out() {
    let mut world = world();
    world.media_accounts = vec![MediaAccount::new(&id("Microsoft.Media/mediaservices", "m"), &storage_id())];
    world.workspaces = vec![Workspace::new(&id("Microsoft.MachineLearningServices/workspaces", "w"), &storage_id())];
    world.unknowns.page_size = 2;
    world.faults = vec![Fault::at("graph.query", 3, FaultKind::PartialGraph)];
    let caller = Caller::new(world);
    let ask = |token: Option<&str>| {
        let query = "resources | where type in~ ('Microsoft.Media/mediaServices','microsoft.machinelearningservices/workspaces','microsoft.keyvault/vaults') | project id, name, type, location, subscriptionId, resourceGroup, properties";
        let mut body = json!({ "subscriptions": [SUBSCRIPTION], "query": query, "options": { "$top": 1000, "resultFormat": "objectArray" } });
        if let Some(token) = token {
            body["options"]["$skipToken"] = json!(token);
        }
        caller.arm(Method::Post, "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01", &body.to_string()).json()
    };
    let first = ask(None);
    assert_eq!(
        (first["totalRecords"].clone(), first["count"].clone(), first["resultTruncated"].clone()),
        (json!(3), json!(2), json!("false"))
    );
    assert_eq!(first["data"][0]["type"], "microsoft.keyvault/vaults");
    let second = ask(first["$skipToken"].as_str());
    assert_eq!(second["data"][0]["properties"]["storageAccounts"][0]["id"], storage_id());
    assert!(second.get("$skipToken").is_none());
    assert_eq!(ask(None)["totalRecords"], 1);
    let wrong = caller.arm(Method::Post, "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01", "{}");
    assert_eq!((wrong.status, wrong.code().as_str()), (400, "BadRequest"));
}

#[test]
fn what_may_not_be_read_is_refused_or_left_out() {
    let mut world = world();
    world.vaults[0].forbidden = true;
    world.caller.missing_actions = vec!["Microsoft.Storage/storageAccounts/read".into()];
    let caller = Caller::new(world);
    let refused = caller.vault(Method::Get, "https://kv-prod.vault.azure.net/secrets?api-version=7.4", "");
    assert_eq!((refused.status, refused.json()["error"]["innererror"]["code"].clone()), (403, json!("ForbiddenByRbac")));
    let body = json!({ "subscriptions": [SUBSCRIPTION], "query": "resources | project id, type" }).to_string();
    let rows = caller.arm(Method::Post, "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01", &body).json();
    assert_eq!((rows["totalRecords"].clone(), rows["data"][0]["type"].clone()), (json!(1), json!("microsoft.keyvault/vaults")));
    let refused = caller.arm(Method::Get, &storage_id(), "");
    assert_eq!(refused.code(), "AuthorizationFailed");
}

#[test]
fn every_secret_of_a_world_is_told_for_leak_searches() {
    let caller = Caller::new(world());
    let sas =
        caller.vault(Method::Get, &SECRET.replace("st-key", "st-sas"), "").json()["value"].as_str().expect("a URL").to_owned();
    let encoded = sas.split("sig=").nth(1).and_then(|rest| rest.split('&').next()).expect("a signature").to_owned();
    let secrets = caller.azure.audit().secrets;
    assert!(secrets.contains(&encoded), "as it stands in the URL");
    assert!(secrets.iter().any(|text| text.starts_with("eyJ")), "the token that was sent");
    let plain: String =
        url::form_urlencoded::parse(format!("s={encoded}").as_bytes()).map(|(_, value)| value.into_owned()).collect();
    assert!(secrets.contains(&plain), "and decoded");
}
