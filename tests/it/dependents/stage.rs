//! A world with every kind of dependent, and a client that looks at it.

use std::future::Future;
use std::sync::Arc;

use azure_core::http::HttpClient;
use keyroll::azure::client::{Client, ClientOptions, Unobserved};
use keyroll::azure::cloud::Cloud;
use keyroll::contract::world::{
    Asset, AttachedStorage, Credentials, Datastore, ManagedStorageAccount, MediaAccount, Secret, StorageAccount, Subscription,
    Vault, Workspace, World,
};
use keyroll::dependents::{Found, Scene, Scope, discover};
use keyroll::domain::account::{AccountKeys, StorageAccount as Account};
use keyroll::domain::dependent::Dependent;
use keyroll::domain::key::Slot;
use keyroll::domain::resource_id::ResourceId;
use keyroll::sim::simulator::Simulator;
use keyroll::sim::virtual_clock::VirtualClock;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub(super) const SUBSCRIPTION: &str = "11111111-2222-3333-4444-555555555555";

pub(super) fn id(kind: &str, name: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/prod/providers/{kind}/{name}")
}

pub(super) fn storage() -> String {
    id("Microsoft.Storage/storageAccounts", "stprod")
}

fn other_storage() -> String {
    id("Microsoft.Storage/storageAccounts", "stother")
}

pub(super) fn workspace(name: &str) -> String {
    id("Microsoft.MachineLearningServices/workspaces", name)
}

/// Everything that section 8 of the design knows, in one group.
pub(super) fn world() -> World {
    let st = storage();
    let media = |name: &str| id("Microsoft.Media/mediaservices", name);
    let mut identity = MediaAccount::new(&media("media-identity"), &st);
    identity.storage_authentication = "ManagedIdentity".into();
    let mut empty = MediaAccount::new(&media("media-empty"), &st);
    empty.storage_accounts.push(AttachedStorage { id: other_storage(), primary: false, synced: true });
    empty.assets = vec![Asset { name: "a".into(), storage_account_name: "stother".into(), container: "c".into() }];

    let mut ml_a = Workspace::new(&workspace("ml-a"), &st).with_system_datastores("key1");
    let mut gen2 = Datastore::new("ds-gen2", "AzureDataLakeGen2", &st, "filesystem", "lake").with_key("key2", &st);
    gen2.properties.insert("tags".into(), serde_json::json!({"team": "vision"}));
    gen2.properties.insert("serviceDataAccessAuthIdentity".into(), "WorkspaceSystemAssignedIdentity".into());
    let mut china = Datastore::new("ds-china", "AzureBlob", &st, "containerName", "c").with_key("key1", &st);
    china.properties.insert("endpoint".into(), "core.chinacloudapi.cn".into());
    let mut principal = Datastore::new("ds-principal", "AzureBlob", &st, "containerName", "c");
    principal.credentials = Credentials { kind: "ServicePrincipal".into(), secret: Some("x".into()) };
    ml_a.datastores.extend([
        Datastore::new("ds-raw", "AzureBlob", &st, "containerName", "raw").with_key("key1", &st),
        Datastore::new("ds-sas", "AzureBlob", &st, "containerName", "films").with_sas("key1", &st, "films"),
        Datastore::new("ds-files", "AzureFile", &st, "fileShareName", "share").with_key("key1", &st),
        Datastore::new("ds-open", "AzureBlob", &st, "containerName", "c"),
        Datastore::new("ds-elsewhere", "AzureBlob", &other_storage(), "containerName", "c").with_key("key1", &other_storage()),
        gen2,
        china,
        principal,
    ]);
    let mut ml_b = Workspace::new(&workspace("ml-b"), &other_storage());
    ml_b.datastores = vec![Datastore::new("ds-raw", "AzureBlob", &st, "containerName", "raw").with_key("key1", &st)];

    let vault = |name: &str| Vault::new(&id("Microsoft.KeyVault/vaults", name));
    let mut kv = vault("kv-prod");
    kv.secrets = vec![
        Secret { content_type: Some("text/plain".into()), ..Secret::dual_credential("storage-key", "key1", &st) },
        Secret::new("connection", &format!("{{connection string key2 of {st}}}")),
        Secret::new("films", &format!("https://stprod.blob.core.windows.net/films?{{container sas films key1 of {st}}}")),
        Secret::new("unrelated", "hello"),
        Secret { enabled: false, ..Secret::dual_credential("off", "key1", &st) },
    ];
    let mut closed = vault("kv-closed");
    closed.forbidden = true;
    World {
        subscriptions: vec![Subscription { id: SUBSCRIPTION.into(), name: "Production".into() }],
        storage_accounts: vec![StorageAccount::new(&st), StorageAccount::new(&other_storage())],
        media_accounts: vec![
            MediaAccount::new(&media("media-a"), &st),
            identity,
            empty,
            MediaAccount::new(&media("media-other"), &other_storage()),
        ],
        workspaces: vec![ml_a, ml_b],
        vaults: vec![kv, closed],
        ..World::default()
    }
}

/// A vault that regenerates the account's keys by itself.
pub(super) fn regenerating_vault() -> Vault {
    let mut vault = Vault::new(&id("Microsoft.KeyVault/vaults", "kv-auto"));
    vault.managed_storage_accounts =
        vec![ManagedStorageAccount { name: "managed".into(), resource_id: storage(), auto_regenerate_key: true }];
    vault
}

/// The world with somebody who looks at it.
pub(super) struct Stage {
    pub(super) clock: VirtualClock,
    pub(super) azure: Simulator,
    pub(super) client: Client,
    pub(super) scope: Scope,
}

impl Stage {
    pub(super) fn new(world: World) -> Self {
        Self::between(world, |azure| azure)
    }

    /// A stage whose requests pass through somebody on their way to Azure.
    pub(super) fn between(world: World, wrap: impl FnOnce(Arc<dyn HttpClient>) -> Arc<dyn HttpClient>) -> Self {
        let clock = VirtualClock::new(OffsetDateTime::parse(&world.now, &Rfc3339).expect("a time"));
        let azure = Simulator::new(world, Arc::new(clock.steady())).expect("a sound world");
        let client = Client::new(ClientOptions {
            transport: wrap(azure.transport()),
            cloud: Cloud::public(),
            credential: Some(azure.credential()),
            clock: Arc::new(clock.clone()),
            observer: Arc::new(Unobserved),
            client_request_id: None,
        });
        let scope = Scope { subscriptions: vec![SUBSCRIPTION.into()], ..Scope::default() };
        Self { clock, azure, client, scope }
    }

    pub(super) fn run<F: Future>(&self, future: F) -> F::Output {
        self.clock.run(future).expect("nothing waits for anything but the clock")
    }

    /// The account and its keys as they are now.
    pub(super) fn account(&self) -> (Account, AccountKeys) {
        let id: ResourceId = storage().parse().expect("an id");
        self.run(async {
            let account = self.client.storage_account(&id).await.expect("the account");
            (account, self.client.list_keys(&id).await.expect("its keys"))
        })
    }

    pub(super) fn discover(&self) -> Found {
        let (account, keys) = self.account();
        let scene = Scene::new(&self.client, &account, &keys);
        self.run(discover(&scene, &self.scope)).expect("a search")
    }

    /// The dependent of this name.
    pub(super) fn dependent(&self, name: &str) -> Dependent {
        let found = self.discover();
        let names: Vec<&str> = found.dependents.iter().map(|dependent| dependent.name.as_str()).collect();
        found
            .dependents
            .iter()
            .find(|dependent| dependent.name == name)
            .unwrap_or_else(|| panic!("{name} is not in {names:?}"))
            .clone()
    }

    pub(super) fn regenerate(&self, slot: Slot) {
        let id: ResourceId = storage().parse().expect("an id");
        self.run(self.client.regenerate_key(&id, slot)).expect("regenerated");
    }

    /// Until a new key is accepted and an old one refused everywhere.
    pub(super) fn propagate(&self) {
        self.wait(time::Duration::minutes(20));
    }

    pub(super) fn wait(&self, time: time::Duration) {
        self.clock.advance(time.unsigned_abs());
    }
}
