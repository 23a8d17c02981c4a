//! Worlds that stories begin in.

use keyroll::contract::world::{
    AttachedStorage, Datastore, MediaAccount, Secret, StorageAccount, Subscription, Vault, Workspace, World,
};

pub const SUBSCRIPTION: &str = "11111111-1111-1111-1111-111111111111";

/// An id in the one resource group of these worlds.
pub fn id(kind: &str, name: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/prod/providers/{kind}/{name}")
}

/// The storage account that is rolled.
pub fn account() -> String {
    id("Microsoft.Storage/storageAccounts", "stprod")
}

/// A storage account that nothing depends on.
pub fn lonely() -> World {
    let subscription = Subscription { id: SUBSCRIPTION.to_owned(), name: "prod".to_owned() };
    World { subscriptions: vec![subscription], storage_accounts: vec![StorageAccount::new(&account())], ..World::default() }
}

/// One of everything: two media accounts, a workspace with system and user datastores, a vault with two secrets. key1 is in use.
pub fn production() -> World {
    let account = account();
    let mut world = lonely();
    for name in ["media-a", "media-b"] {
        world.media_accounts.push(MediaAccount::new(&id("Microsoft.Media/mediaservices", name), &account));
    }
    let mut workspace =
        Workspace::new(&id("Microsoft.MachineLearningServices/workspaces", "ml-a"), &account).with_system_datastores("key1");
    workspace.datastores.extend([
        Datastore::new("ds-raw", "AzureBlob", &account, "containerName", "raw").with_key("key1", &account),
        Datastore::new("ds-share", "AzureFile", &account, "fileShareName", "share").with_key("key1", &account),
        Datastore::new("ds-lake", "AzureDataLakeGen2", &account, "filesystem", "lake").with_key("key1", &account),
        Datastore::new("ds-sas", "AzureBlob", &account, "containerName", "shared").with_sas("key1", &account, "shared"),
        Datastore::new("ds-none", "AzureBlob", &account, "containerName", "public"),
    ]);
    world.workspaces.push(workspace);
    let mut vault = Vault::new(&id("Microsoft.KeyVault/vaults", "kv-prod"));
    vault.secrets.push(Secret::dual_credential("storage-key", "key1", &account));
    let mut connection = Secret::new(
        "storage-connection",
        &format!(
            "DefaultEndpointsProtocol=https;AccountName=stprod;AccountKey={{key1 of {account}}};EndpointSuffix=core.windows.net"
        ),
    );
    connection.tags.insert("ProviderAddress".into(), account.clone());
    vault.secrets.push(connection);
    world.vaults.push(vault);
    world
}

/// The id of the second storage account.
pub fn second() -> String {
    id("Microsoft.Storage/storageAccounts", "stsecond")
}

/// A second account in the workspace, the vault and the media account of the first.
pub fn shared() -> World {
    let mut world = production();
    let second = second();
    world.storage_accounts.push(StorageAccount::new(&second));
    world.media_accounts[0].storage_accounts.push(AttachedStorage { id: second.clone(), primary: false, synced: true });
    world.workspaces[0].datastores.extend([
        Datastore::new("second-raw", "AzureBlob", &second, "containerName", "raw").with_key("key1", &second),
        Datastore::new("second-share", "AzureFile", &second, "fileShareName", "share").with_key("key1", &second),
    ]);
    world.vaults[0].secrets.push(Secret::dual_credential("second-key", "key1", &second));
    world
}
