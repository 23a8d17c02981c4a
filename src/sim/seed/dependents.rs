//! What depends on the account of a seeded world.

use serde_json::json;

use crate::contract::world::{
    Asset, AttachedStorage, BatchAccount, Consumer, Credentials, Datastore, JobV2, MediaAccount, MediaV2Account, Secret,
    StreamingLocator, Vault, Workspace,
};

use super::super::random::Random;
use super::id;

/// Which slot the drawn dependents hold.
pub(super) struct Habit {
    /// The slot of most.
    pub usual: String,
    /// Whether each has a slot of its own.
    pub mixed: bool,
    /// Whether the account has no files.
    pub only_blobs: bool,
}

impl Habit {
    fn slot(&self, random: &mut Random) -> String {
        if self.mixed { (*random.pick(&["key1", "key2"])).into() } else { self.usual.clone() }
    }
}
pub(super) fn media_account(random: &mut Random, number: u64, rolled: &str, other: &str) -> MediaAccount {
    let primary = if random.chance(0.8) { rolled } else { other };
    let mut media = MediaAccount::new(&id(0, "Microsoft.Media/mediaservices", &format!("ams{number}")), primary);
    if primary == other && random.chance(0.7) {
        media.storage_accounts.push(AttachedStorage { id: rolled.to_owned(), primary: false, synced: true });
        media.assets.push(Asset {
            name: "second".into(),
            storage_account_name: "stroll".into(),
            container: "asset-second".into(),
        });
    }
    if random.chance(0.2) {
        media.assets.clear();
    }
    if random.chance(0.1) {
        media.storage_authentication = "ManagedIdentity".into();
    }
    for attached in media.storage_accounts.iter_mut().filter(|attached| attached.id == rolled) {
        attached.synced = random.chance(0.9);
    }
    media
}

/// Streaming locators of its assets, on an endpoint that mostly runs.
pub(super) fn streams(random: &mut Random, media: &mut MediaAccount) {
    if !random.chance(0.5) {
        return;
    }
    for (number, asset) in media.assets.iter().enumerate() {
        let id = format!("7d4c3f9a-0000-4000-8000-{number:012}");
        let name = format!("stream-{}", asset.name);
        media.streaming_locators.push(StreamingLocator::new(&name, &asset.name, "Predefined_ClearStreamingOnly", &id));
    }
    if random.chance(0.2) {
        media.streaming_endpoints[0].state = "Stopped".into();
    }
}

pub(super) fn workspace(random: &mut Random, number: u64, rolled: &str, other: &str, habit: &Habit) -> Workspace {
    let storage = if random.chance(0.8) && !habit.only_blobs { rolled } else { other };
    let slot = habit.slot(random);
    let name = format!("ml-{number}");
    let mut workspace =
        Workspace::new(&id(0, "Microsoft.MachineLearningServices/workspaces", &name), storage).with_system_datastores(&slot);
    workspace.storage_key = Some(format!("{{{slot} of {storage}}}"));
    workspace.system_datastores_auth_mode =
        (*random.pick(&[Some("accesskey"), Some("accesskey"), None, Some("identity")])).map(Into::into);
    if workspace.system_datastores_auth_mode.as_deref() == Some("identity") {
        for store in &mut workspace.datastores {
            store.credentials = Credentials { kind: "None".into(), secret: None };
        }
    }
    for number in 0..random.between(0, 4) {
        workspace.datastores.push(datastore(random, number, rolled, habit));
    }
    workspace
}

fn datastore(random: &mut Random, number: u64, rolled: &str, habit: &Habit) -> Datastore {
    let name = format!("store{number}");
    let slot = habit.slot(random);
    let mut store = match random.between(0, 9) {
        0..=3 => Datastore::new(&name, "AzureBlob", rolled, "containerName", &name).with_key(&slot, rolled),
        4 if !habit.only_blobs => Datastore::new(&name, "AzureFile", rolled, "fileShareName", &name).with_key(&slot, rolled),
        5 | 6 => Datastore::new(&name, "AzureDataLakeGen2", rolled, "filesystem", &name).with_key(&slot, rolled),
        7 => Datastore::new(&name, "AzureBlob", rolled, "containerName", &name).with_sas(&slot, rolled, &name),
        8 => {
            let mut store = Datastore::new(&name, "AzureDataLakeGen2", rolled, "filesystem", &name);
            store.credentials.kind = "ServicePrincipal".into();
            store.credentials.secret = Some(format!("client secret of {name}, long enough"));
            store
        }
        _ => Datastore::new(&name, "AzureBlob", rolled, "containerName", &name),
    };
    if random.chance(0.5) {
        store.properties.insert("tags".into(), json!({ "note": "\u{1b}[2Jraw\r\ndata" }));
        store.properties.insert("description".into(), json!("kept by hand"));
    }
    if random.chance(0.3) {
        store.properties.insert("serviceDataAccessAuthIdentity".into(), json!("WorkspaceSystemAssignedIdentity"));
    }
    store
}

pub(super) fn batch_account(random: &mut Random, number: u64, rolled: &str, other: &str) -> BatchAccount {
    let storage = if random.chance(0.8) { rolled } else { other };
    let mut batch = BatchAccount::new(&id(1, "Microsoft.Batch/batchAccounts", &format!("batch{number}")), storage);
    if let Some(auto) = &mut batch.auto_storage {
        auto.synced = random.chance(0.9) || storage == other;
        auto.authentication_mode =
            (*random.pick(&[None, None, Some("StorageKeys"), Some("BatchAccountManagedIdentity")])).map(Into::into);
    }
    batch
}

/// What Resource Manager shows of an AMS v2 account, and the account.
pub(super) fn media_v2_account(random: &mut Random, rolled: &str) -> (MediaAccount, MediaV2Account) {
    let id = id(0, "Microsoft.Media/mediaservices", "amsv2");
    let locators = usize::try_from(random.between(0, 3)).unwrap_or_default();
    let mut face = MediaV2Account::new(&id, rolled).with_locators(locators, 1);
    face.keys[0].slot = (*random.pick(&["key1", "key2"])).into();
    if random.chance(0.2) {
        let ends = i64::try_from(random.between(10, 600)).ok();
        face.jobs.push(JobV2 { ends_in_minutes: ends, ..JobV2::at_work("nb:jid:UUID:00000000-0000-4000-8000-000000000001") });
    }
    (MediaAccount::new(&id, rolled), face)
}

pub(super) fn vault(random: &mut Random, number: u64, rolled: &str, habit: &Habit) -> Vault {
    let mut vault =
        Vault::new(&id(usize::try_from(number).unwrap_or_default(), "Microsoft.KeyVault/vaults", &format!("kv-{number}")));
    for number in 0..random.between(0, 4) {
        let (name, slot) = (format!("secret{number}"), habit.slot(random));
        let mut secret = match random.between(0, 6) {
            0..=2 => Secret::dual_credential(&name, &slot, rolled),
            3 => Secret::new(&name, &format!("{{connection string {slot} of {rolled}}}")),
            4 => Secret::new(&name, &format!("{{blob of {rolled}}}{name}?{{container sas {name} {slot} of {rolled}}}")),
            5 => Secret { soft_deleted: true, ..Secret::new(&name, "something else") },
            _ => Secret::new(&name, "something else"),
        };
        if !secret.value.starts_with("something") {
            secret.tags.insert("ProviderAddress".into(), rolled.to_owned());
            secret.tags.insert("CredentialId".into(), slot);
            secret.content_type = random.chance(0.5).then(|| "text/plain".into());
        }
        let cache_hours = random.between(0, 23);
        secret.consumers = vec![Consumer { name: "app".into(), cache_hours, pinned: random.chance(0.05) }];
        vault.secrets.push(secret);
    }
    vault
}
