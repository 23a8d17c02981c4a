//! The operations that are replayed: how each is recognised, and the client call that sends it.

use keyroll::azure::batch::BatchAccount;
use keyroll::azure::call::{Audience, Call, Effect};
use keyroll::azure::client::Client;
use keyroll::azure::key_vault::{ManagedStorage, Secret, SecretAttributes, vault_address};
use keyroll::azure::machine_learning::{Datastore, DatastoreSecret, Workspace};
use keyroll::azure::media::MediaAccount;
use keyroll::domain::account::Service;
use keyroll::domain::key::{Slot, StorageKey};
use keyroll::domain::problem::Problem;
use keyroll::domain::resource_id::ResourceId;
use keyroll::domain::shared_access::SharedAccess;
use serde_json::Value;
use time::OffsetDateTime;

use super::replay::Exchange;
use super::streaming_locators;

/// Name, method and path; `*` stands for one segment.
pub(crate) const OPERATIONS: [(&str, &str, &str); 41] = [
    ("storage get", "GET", "/subscriptions/*/resourceGroups/*/providers/Microsoft.Storage/storageAccounts/*"),
    ("storage list", "GET", "/subscriptions/*/providers/Microsoft.Storage/storageAccounts"),
    ("storage list group", "GET", "/subscriptions/*/resourceGroups/*/providers/Microsoft.Storage/storageAccounts"),
    ("storage listKeys", "POST", "/subscriptions/*/resourceGroups/*/providers/Microsoft.Storage/storageAccounts/*/listKeys"),
    (
        "storage regenerateKey",
        "POST",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.Storage/storageAccounts/*/regenerateKey",
    ),
    ("media get", "GET", "/subscriptions/*/resourceGroups/*/providers/Microsoft.Media/mediaservices/*"),
    ("media list", "GET", "/subscriptions/*/providers/Microsoft.Media/mediaservices"),
    ("media list group", "GET", "/subscriptions/*/resourceGroups/*/providers/Microsoft.Media/mediaservices"),
    (
        "media syncStorageKeys",
        "POST",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.Media/mediaservices/*/syncStorageKeys",
    ),
    ("media assets", "GET", "/subscriptions/*/resourceGroups/*/providers/Microsoft.Media/mediaservices/*/assets"),
    (
        "media listContainerSas",
        "POST",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.Media/mediaservices/*/assets/*/listContainerSas",
    ),
    ("locator list", "GET", "/subscriptions/*/resourceGroups/*/providers/Microsoft.Media/mediaservices/*/streamingLocators"),
    ("locator get", "GET", "/subscriptions/*/resourceGroups/*/providers/Microsoft.Media/mediaservices/*/streamingLocators/*"),
    ("locator put", "PUT", "/subscriptions/*/resourceGroups/*/providers/Microsoft.Media/mediaservices/*/streamingLocators/*"),
    (
        "locator delete",
        "DELETE",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.Media/mediaservices/*/streamingLocators/*",
    ),
    (
        "locator listContentKeys",
        "POST",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.Media/mediaservices/*/streamingLocators/*/listContentKeys",
    ),
    ("locator policy", "GET", "/subscriptions/*/resourceGroups/*/providers/Microsoft.Media/mediaservices/*/streamingPolicies/*"),
    (
        "locator contentKeyPolicy",
        "GET",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.Media/mediaservices/*/contentKeyPolicies/*",
    ),
    ("workspace get", "GET", "/subscriptions/*/resourceGroups/*/providers/Microsoft.MachineLearningServices/workspaces/*"),
    ("workspace list", "GET", "/subscriptions/*/providers/Microsoft.MachineLearningServices/workspaces"),
    (
        "workspace listKeys",
        "POST",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.MachineLearningServices/workspaces/*/listKeys",
    ),
    (
        "workspace resyncKeys",
        "POST",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.MachineLearningServices/workspaces/*/resyncKeys",
    ),
    (
        "datastore list",
        "GET",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.MachineLearningServices/workspaces/*/datastores",
    ),
    (
        "datastore get",
        "GET",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.MachineLearningServices/workspaces/*/datastores/*",
    ),
    (
        "datastore put",
        "PUT",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.MachineLearningServices/workspaces/*/datastores/*",
    ),
    (
        "datastore listSecrets",
        "POST",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.MachineLearningServices/workspaces/*/datastores/*/listSecrets",
    ),
    ("batch get", "GET", "/subscriptions/*/resourceGroups/*/providers/Microsoft.Batch/batchAccounts/*"),
    ("batch list", "GET", "/subscriptions/*/providers/Microsoft.Batch/batchAccounts"),
    (
        "batch syncAutoStorageKeys",
        "POST",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.Batch/batchAccounts/*/syncAutoStorageKeys",
    ),
    ("vault get", "GET", "/subscriptions/*/resourceGroups/*/providers/Microsoft.KeyVault/vaults/*"),
    ("vault list", "GET", "/subscriptions/*/providers/Microsoft.KeyVault/vaults"),
    ("secret list", "GET", "/secrets"),
    ("secret versions", "GET", "/secrets/*/versions"),
    ("managed storage list", "GET", "/storage"),
    ("managed storage get", "GET", "/storage/*"),
    ("secret get", "GET", "/secrets/*"),
    ("secret get version", "GET", "/secrets/*/*"),
    ("secret set", "PUT", "/secrets/*"),
    ("resource graph", "POST", "/providers/Microsoft.ResourceGraph/resources"),
    ("locks of a subscription", "GET", "/subscriptions/*/providers/Microsoft.Authorization/locks"),
    ("locks of a group", "GET", "/subscriptions/*/resourceGroups/*/providers/Microsoft.Authorization/locks"),
];

/// The operation of a request, if it is one of ours.
pub(crate) fn operation(method: &str, path: &str) -> Option<&'static str> {
    let matches = |template: &str| {
        let (wanted, given): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
        wanted.len() == given.len()
            && wanted.iter().zip(given).all(|(wanted, given)| *wanted == "*" || wanted.eq_ignore_ascii_case(given))
    };
    OPERATIONS.iter().find(|(_, verb, template)| *verb == method && matches(template)).map(|(name, ..)| *name)
}

/// Sends the operation through the client and checks what it makes of the answer.
pub(crate) async fn send(name: &str, client: &Client, exchange: &Exchange) -> Result<(), Problem> {
    match name.split(' ').next().expect("a word") {
        "storage" => storage(name, client, exchange).await,
        "media" => media(name, client, exchange).await,
        "locator" => streaming_locators::send(name, client, exchange).await,
        "workspace" => workspace(name, client, exchange).await,
        "datastore" => datastore(name, client, exchange).await,
        "batch" => batch(name, client, exchange).await,
        "secret" => secret(name, client, exchange).await,
        _ => others(name, client, exchange).await,
    }
}

/// The id of the resource that the first `segments` of the path name.
pub(super) fn id(exchange: &Exchange, segments: usize) -> ResourceId {
    let path: Vec<&str> = exchange.path.split('/').take(segments + 1).collect();
    path.join("/").parse().expect("a recorded path is an id")
}

async fn storage(name: &str, client: &Client, exchange: &Exchange) -> Result<(), Problem> {
    match name {
        "storage get" => {
            let account = client.storage_account(&id(exchange, 8)).await?;
            let endpoint = &exchange.json()["properties"]["primaryEndpoints"]["blob"];
            assert_eq!(account.endpoint(Service::Blob), endpoint.as_str(), "{}", exchange.source);
        }
        "storage list" => {
            let accounts = client.storage_accounts(exchange.segment(2)).await?;
            assert_eq!(accounts.len(), exchange.json()["value"].as_array().expect("a list").len());
        }
        "storage list group" => {
            let accounts = client.storage_accounts_in(exchange.segment(2), exchange.segment(4)).await?;
            assert_eq!(accounts.len(), exchange.json()["value"].as_array().expect("a list").len());
        }
        "storage listKeys" => {
            let keys = client.list_keys(&id(exchange, 8)).await?;
            compare_keys(&keys, exchange);
        }
        _ => {
            let asked = exchange.request.as_ref().and_then(|body| body["keyName"].as_str()).unwrap_or("key1");
            let regenerated = client.regenerate_key(&id(exchange, 8), asked.parse().unwrap_or(Slot::Key1)).await?;
            compare_keys(&regenerated.keys, exchange);
        }
    }
    Ok(())
}

/// Each key under its own name, whatever stands beside it.
fn compare_keys(keys: &keyroll::domain::account::AccountKeys, exchange: &Exchange) {
    let answer = exchange.json();
    for slot in Slot::BOTH {
        let listed = answer["keys"].as_array().and_then(|keys| keys.iter().find(|key| key["keyName"] == slot.name()));
        let value = listed.map_or(&answer[slot.name()], |key| &key["value"]).as_str().expect("a key");
        assert!(keys.get(slot).key.matches(value), "{slot} of {}", exchange.source);
        let created = listed.is_some_and(|key| key["creationTime"].is_string());
        assert_eq!(keys.get(slot).created.is_some(), created, "{}", exchange.source);
    }
}

async fn media(name: &str, client: &Client, exchange: &Exchange) -> Result<(), Problem> {
    match name {
        "media get" => {
            let account = client.media_account(&id(exchange, 8)).await?;
            let listed = exchange.json()["properties"]["storageAccounts"].as_array().map_or(0, Vec::len);
            assert_eq!(account.storage_accounts.len(), listed, "{}", exchange.source);
        }
        "media list" | "media list group" => {
            let items = if name == "media list" {
                client.media_accounts(exchange.segment(2)).await?
            } else {
                let url = client.resource_manager_url(&exchange.path, "2021-11-01");
                client.list(Call::new(azure_core::http::Method::Get, url, Effect::Read, Audience::ResourceManager)).await?
            };
            for item in &items {
                MediaAccount::from_json(item)?;
            }
        }
        "media syncStorageKeys" => {
            let storage = exchange.request.as_ref().and_then(|body| body["id"].as_str()?.parse().ok());
            let storage = storage.unwrap_or_else(|| ResourceId::new("s", "g", "Microsoft.Storage", "storageAccounts", "st"));
            client.sync_storage_keys(&id(exchange, 8), &storage).await?;
        }
        "media assets" => {
            let answer = exchange.json();
            let first = answer["value"][0]["properties"]["storageAccountName"].as_str();
            let found = client.asset_in(&id(exchange, 8), first.unwrap_or("nothing")).await?;
            assert_eq!(found.is_some(), first.is_some(), "{}", exchange.source);
            assert_eq!(client.asset_in(&id(exchange, 8), "another").await?, None);
        }
        _ => {
            let expiry = OffsetDateTime::from_unix_timestamp(1_800_000_300).expect("a time");
            let urls = client.list_container_sas(&id(exchange, 8), exchange.segment(10), expiry).await?;
            assert_eq!(urls.len(), 2, "{}", exchange.source);
            assert!(urls.iter().all(|url| SharedAccess::parse(url).is_some() || exchange.source.starts_with("examples")));
        }
    }
    Ok(())
}

async fn workspace(name: &str, client: &Client, exchange: &Exchange) -> Result<(), Problem> {
    match name {
        "workspace get" => {
            client.workspace(&id(exchange, 8)).await?;
        }
        "workspace list" => {
            for item in client.workspaces(exchange.segment(2)).await? {
                Workspace::from_json(&item)?;
            }
        }
        "workspace listKeys" => {
            let key = client.workspace_storage_key(&id(exchange, 8)).await?;
            let shown = exchange.json()["userStorageKey"].as_str().is_some_and(|key| key.chars().any(|c| c != '*'));
            assert_eq!(key.is_some(), shown, "{}", exchange.source);
        }
        _ => {
            let answer = client.resync_keys(&id(exchange, 8)).await?;
            // An example of a 202 carries no URL to follow.
            let end = if exchange.headers.is_empty() { exchange.status } else { 200 };
            assert_eq!(answer.status, end, "the operation is followed to its end");
        }
    }
    Ok(())
}

async fn datastore(name: &str, client: &Client, exchange: &Exchange) -> Result<(), Problem> {
    match name {
        "datastore list" => {
            let stores = client.datastores(&id(exchange, 8)).await?;
            assert_eq!(stores.len(), exchange.json()["value"].as_array().expect("a list").len());
        }
        "datastore get" => {
            let store = client.datastore(&id(exchange, 10)).await?;
            assert_eq!(store.properties, exchange.json()["properties"]);
        }
        "datastore put" => {
            let asked = exchange.request.clone().unwrap_or_else(|| serde_json::json!({"properties": {}}));
            let before = Datastore { id: id(exchange, 10), properties: asked["properties"].clone(), modified: None };
            let key = asked["properties"]["credentials"]["secrets"]["key"].as_str().unwrap_or("k").to_owned();
            client.put_datastore(&before, &DatastoreSecret::AccountKey(StorageKey::new(key)), false).await?;
        }
        _ => {
            client.datastore_secret(&id(exchange, 10)).await?;
        }
    }
    Ok(())
}

async fn batch(name: &str, client: &Client, exchange: &Exchange) -> Result<(), Problem> {
    match name {
        "batch get" => {
            let account = client.batch_account(&id(exchange, 8)).await?;
            let auto = &exchange.json()["properties"]["autoStorage"];
            assert_eq!(account.storage_account.as_ref().map(ResourceId::as_str), auto["storageAccountId"].as_str());
            assert_eq!(account.last_key_sync.is_some(), auto["lastKeySync"].is_string(), "{}", exchange.source);
        }
        "batch list" => {
            for item in client.batch_accounts(exchange.segment(2)).await? {
                BatchAccount::from_json(&item)?;
            }
        }
        _ => {
            client.sync_auto_storage_keys(&id(exchange, 8)).await?;
        }
    }
    Ok(())
}

async fn secret(name: &str, client: &Client, exchange: &Exchange) -> Result<(), Problem> {
    let vault = client.vault(&format!("https://{}/", exchange.host))?;
    let secret_name = exchange.path.split('/').nth(2).unwrap_or_default();
    match name {
        "secret list" => assert_eq!(client.secrets(&vault).await?.len(), exchange.json()["value"].as_array().map_or(0, Vec::len)),
        "secret versions" => {
            let versions = client.secret_versions(&vault, secret_name).await?;
            assert!(versions.iter().all(|item| !item.version.is_empty()), "{}", exchange.source);
        }
        "secret get" => assert!(!client.secret(&vault, secret_name, "").await?.version.is_empty()),
        "secret get version" => {
            assert_eq!(client.secret(&vault, secret_name, exchange.segment(3)).await?.version, exchange.segment(3));
        }
        _ => {
            let asked = exchange.request.clone().unwrap_or_default();
            let next = Secret {
                version: String::new(),
                value: asked["value"].as_str().unwrap_or("v").to_owned().into(),
                content_type: None,
                attributes: SecretAttributes::default(),
                tags: serde_json::from_value(asked["tags"].clone()).unwrap_or_default(),
            };
            assert!(!client.set_secret(&vault, secret_name, &next).await?.version.is_empty());
        }
    }
    Ok(())
}

async fn others(name: &str, client: &Client, exchange: &Exchange) -> Result<(), Problem> {
    match name {
        "vault get" => {
            let url = client.resource_manager_url(&exchange.path, "2023-07-01");
            let call = Call::new(azure_core::http::Method::Get, url, Effect::Read, Audience::ResourceManager);
            let (_, address) = vault_address(&client.send(call).await?.parse::<Value>()?)?;
            // A test ring of Microsoft's is not part of the public cloud and gets no token.
            assert_eq!(client.vault(&address).is_ok(), address.contains(".vault.azure.net"), "{address}");
        }
        "vault list" => {
            for item in client.vaults(exchange.segment(2)).await? {
                vault_address(&item)?;
            }
        }
        "managed storage list" => {
            let vault = client.vault(&format!("https://{}/", exchange.host))?;
            let listed = exchange.json()["value"].as_array().map_or(0, Vec::len);
            assert_eq!(client.managed_storage(&vault).await?.len(), listed, "{}", exchange.source);
        }
        "managed storage get" => {
            let vault = client.vault(&format!("https://{}/", exchange.host))?;
            let managed =
                ManagedStorage { id: format!("{}storage/{}", vault.url, exchange.segment(2)), resource_id: String::new() };
            let regenerates = client.regenerates_by_itself(&vault, &managed).await?;
            assert_eq!(Some(regenerates), exchange.json()["autoRegenerateKey"].as_bool(), "{}", exchange.source);
        }
        "resource graph" => {
            let asked = exchange.request.as_ref().and_then(|body| body["query"].as_str()).unwrap_or("resources | project id");
            let rows = client.resource_graph(asked, &["s".to_owned()]).await?;
            let data = &exchange.json()["data"];
            assert!(rows.rows.len() >= data.as_array().or(data["rows"].as_array()).expect("rows").len(), "{}", exchange.source);
        }
        _ => {
            let group = if name == "locks of a group" { exchange.segment(4) } else { "nodeTestGroup4712" };
            let account = ResourceId::new(exchange.segment(2), group, "Microsoft.Storage", "storageAccounts", "st");
            let locks = client.locks(&account).await?;
            assert_eq!(locks.read_only(), None, "{}", exchange.source);
            assert_eq!(locks.unseen.is_some(), name == "locks of a group");
        }
    }
    Ok(())
}
