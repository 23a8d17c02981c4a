//! The world of `keyroll demo`: everything that a roll meets, small enough to read.

use serde_json::json;

use crate::contract::world::{
    Asset, AttachedStorage, Consumer, Datastore, Fault, FaultKind, MediaAccount, Secret, Span, StorageAccount, Subscription,
    Vault, Workspace, World,
};

const SUBSCRIPTION: &str = "5d3f1c2a-0000-4000-8000-00000000c0de";

fn id(kind: &str, name: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/prod/providers/{kind}/{name}")
}

/// The id of the storage account that the demonstration rolls.
#[must_use]
pub fn storage_account() -> String {
    id("Microsoft.Storage/storageAccounts", "stprod")
}

/// Two media accounts, a workspace with its system datastores and five of its users', two vault secrets, one throttled
/// answer, and one regenerate whose answer is lost.
#[must_use]
pub fn world() -> World {
    let storage = storage_account();
    let mut account = StorageAccount::new(&storage);
    account.key_expiration_days = Some(90);
    account.key1.age_days = Some(212);
    account.key2.age_days = Some(212);
    let mut world = World {
        seed: 20_261_122,
        subscriptions: vec![Subscription { id: SUBSCRIPTION.into(), name: "Production".into() }],
        storage_accounts: vec![account, StorageAccount::new(&id("Microsoft.Storage/storageAccounts", "starchive"))],
        media_accounts: media_accounts(&storage),
        workspaces: vec![workspace(&storage)],
        vaults: vec![vault(&storage)],
        faults: vec![
            Fault::at("secret.put", 2, FaultKind::Throttle { retry_after: 17 }),
            Fault::at("storage.regenerateKey", 1, FaultKind::ResetAfter),
        ],
        ..World::default()
    };
    world.unknowns.accept_seconds = Span::new(20, 150);
    world.unknowns.refuse_seconds = Span::new(60, 240);
    world
}

fn media_accounts(storage: &str) -> Vec<MediaAccount> {
    let first = MediaAccount::new(&id("Microsoft.Media/mediaservices", "ams-live"), storage);
    let mut second = MediaAccount::new(&id("Microsoft.Media/mediaservices", "ams-archive"), storage);
    second.storage_accounts = vec![
        AttachedStorage { id: id("Microsoft.Storage/storageAccounts", "starchive"), primary: true, synced: true },
        AttachedStorage { id: storage.to_owned(), primary: false, synced: true },
    ];
    second.assets = vec![Asset {
        name: "premiere".into(),
        storage_account_name: "stprod".into(),
        container: "asset-77aa0d10-0000-4000-8000-000000000002".into(),
    }];
    vec![first, second]
}

fn workspace(storage: &str) -> Workspace {
    let mut workspace =
        Workspace::new(&id("Microsoft.MachineLearningServices/workspaces", "ml-a"), storage).with_system_datastores("key1");
    let mut raw = Datastore::new("raw", "AzureBlob", storage, "containerName", "raw").with_key("key1", storage);
    raw.properties.insert("tags".into(), json!({ "team": "vision" }));
    raw.properties.insert("description".into(), json!("pictures as they come"));
    let mut principal = Datastore::new("warehouse", "AzureDataLakeGen2", storage, "filesystem", "warehouse");
    principal.credentials.kind = "ServicePrincipal".into();
    principal.credentials.secret = Some("the-client-secret-of-somebody".into());
    workspace.datastores.extend([
        raw,
        Datastore::new("notebooks", "AzureFile", storage, "fileShareName", "notebooks").with_key("key1", storage),
        Datastore::new("lake", "AzureDataLakeGen2", storage, "filesystem", "lake").with_key("key1", storage),
        Datastore::new("partner", "AzureBlob", storage, "containerName", "partner").with_sas("key1", storage, "partner"),
        principal,
    ]);
    workspace
}

fn vault(storage: &str) -> Vault {
    let mut vault = Vault::new(&id("Microsoft.KeyVault/vaults", "kv-prod"));
    let mut connection = Secret::new("st-connection", &format!("{{connection string key1 of {storage}}}"));
    connection.tags.insert("ProviderAddress".into(), storage.to_owned());
    connection.tags.insert("CredentialId".into(), "key1".into());
    connection.content_type = Some("text/plain".into());
    connection.consumers = vec![Consumer { name: "web1".into(), cache_hours: 24, pinned: false }];
    vault.secrets = vec![Secret::dual_credential("st-key", "key1", storage), connection];
    vault
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::world::World;

    #[test]
    fn the_world_of_the_demonstration_is_sound_and_survives_its_file() {
        let world = world();
        world.validate().expect("no contradictions");
        assert_eq!(World::parse(&world.to_json()).expect("our own JSON"), world);
        crate::contract::schema::demand(&world.to_json());
    }
}
