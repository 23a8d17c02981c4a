//! Which operation a request means.

use crate::contract::world::Endpoints;
use crate::domain::account::Service;

use super::catalog::Catalog;
use super::customer_key::route::Operation;
use super::message::Incoming;
use super::odata_route::MediaV2Route;
use super::sign_in::{SignIn, is_own_address};
use super::streaming_endpoint::StreamingCall;
use super::streaming_locator::MediaCall;

/// An operation that the simulator answers. The names are those that faults are scheduled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Route {
    Subscriptions,
    Subscription,
    StorageList,
    StorageGet,
    ListKeys,
    RegenerateKey,
    MediaList,
    MediaGet,
    SyncStorageKeys,
    Assets,
    ListContainerSas,
    Media(MediaCall),
    Streaming(StreamingCall),
    ClassicPutKey,
    MediaV2(MediaV2Route),
    WorkspaceList,
    WorkspaceGet,
    WorkspaceListKeys,
    ResyncKeys,
    WorkspaceOperation,
    Datastores,
    DatastoreGet,
    DatastorePut,
    DatastoreListSecrets,
    BatchList,
    BatchGet,
    SyncAutoStorageKeys,
    VaultList,
    VaultGet,
    Secrets,
    SecretGet,
    SecretVersions,
    SecretPut,
    VaultStorage,
    Graph,
    Locks,
    Permissions,
    PolicyToken,
    CustomerKey(Operation),
    Catalog(Catalog),
    SignIn(SignIn),
    Data(Service),
    Unknown,
}

impl Route {
    /// The name in fault schedules, audits and histograms.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Subscriptions => "subscription.list",
            Self::Subscription => "subscription.get",
            Self::StorageList => "storage.list",
            Self::StorageGet => "storage.get",
            Self::ListKeys => "storage.listKeys",
            Self::RegenerateKey => "storage.regenerateKey",
            Self::MediaList => "media.list",
            Self::MediaGet => "media.get",
            Self::SyncStorageKeys => "media.syncStorageKeys",
            Self::Assets => "media.assets",
            Self::ListContainerSas => "media.listContainerSas",
            Self::Media(call) => call.name(),
            Self::Streaming(call) => call.name(),
            Self::ClassicPutKey => "classic.putKey",
            Self::MediaV2(route) => route.name(),
            Self::WorkspaceList => "workspace.list",
            Self::WorkspaceGet => "workspace.get",
            Self::WorkspaceListKeys => "workspace.listKeys",
            Self::ResyncKeys => "workspace.resyncKeys",
            Self::WorkspaceOperation => "workspace.operation",
            Self::Datastores => "datastore.list",
            Self::DatastoreGet => "datastore.get",
            Self::DatastorePut => "datastore.put",
            Self::DatastoreListSecrets => "datastore.listSecrets",
            Self::BatchList => "batch.list",
            Self::BatchGet => "batch.get",
            Self::SyncAutoStorageKeys => "batch.syncAutoStorageKeys",
            Self::VaultList => "vault.list",
            Self::VaultGet => "vault.get",
            Self::Secrets => "secret.list",
            Self::SecretGet => "secret.get",
            Self::SecretVersions => "secret.versions",
            Self::SecretPut => "secret.put",
            Self::VaultStorage => "secret.storage",
            Self::Graph => "graph.query",
            Self::Locks => "lock.list",
            Self::Permissions => "permission.list",
            Self::PolicyToken => "policy.acquireToken",
            Self::CustomerKey(operation) => operation.name(),
            Self::Catalog(call) => call.name(),
            Self::SignIn(call) => call.name(),
            Self::Data(Service::Blob) => "data.blob",
            Self::Data(Service::File) => "data.file",
            Self::Data(Service::Queue) => "data.queue",
            Self::Data(Service::Table) => "data.table",
            Self::Unknown => "unknown",
        }
    }

    /// The action that the caller needs; none where everybody who may sign in may call.
    pub(super) fn action(self) -> Option<&'static str> {
        Some(match self {
            Self::StorageList | Self::StorageGet => "Microsoft.Storage/storageAccounts/read",
            Self::ListKeys => "Microsoft.Storage/storageAccounts/listkeys/action",
            Self::RegenerateKey => "Microsoft.Storage/storageAccounts/regeneratekey/action",
            Self::MediaList | Self::MediaGet => "Microsoft.Media/mediaservices/read",
            Self::SyncStorageKeys => "Microsoft.Media/mediaservices/syncStorageKeys/action",
            Self::Assets => "Microsoft.Media/mediaservices/assets/read",
            Self::ListContainerSas => "Microsoft.Media/mediaservices/assets/listContainerSas/action",
            Self::Media(call) => call.action(),
            Self::Streaming(call) => return call.action(),
            Self::WorkspaceList | Self::WorkspaceGet => "Microsoft.MachineLearningServices/workspaces/read",
            Self::WorkspaceListKeys => "Microsoft.MachineLearningServices/workspaces/listKeys/action",
            Self::ResyncKeys => "Microsoft.MachineLearningServices/workspaces/resyncKeys/action",
            Self::Datastores | Self::DatastoreGet => "Microsoft.MachineLearningServices/workspaces/datastores/read",
            Self::DatastorePut => "Microsoft.MachineLearningServices/workspaces/datastores/write",
            Self::DatastoreListSecrets => "Microsoft.MachineLearningServices/workspaces/datastores/listSecrets/action",
            Self::BatchList | Self::BatchGet => "Microsoft.Batch/batchAccounts/read",
            Self::SyncAutoStorageKeys => "Microsoft.Batch/batchAccounts/syncAutoStorageKeys/action",
            Self::VaultList | Self::VaultGet => "Microsoft.KeyVault/vaults/read",
            Self::Secrets | Self::SecretVersions => "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
            Self::SecretGet => "Microsoft.KeyVault/vaults/secrets/getSecret/action",
            Self::SecretPut => "Microsoft.KeyVault/vaults/secrets/setSecret/action",
            Self::Locks => "Microsoft.Authorization/locks/read",
            Self::Permissions => "Microsoft.Authorization/permissions/read",
            Self::CustomerKey(operation) => return operation.action(),
            _ => return None,
        })
    }

    /// Whether the operation is one of Key Vault's data plane.
    pub(super) fn is_vault_data(self) -> bool {
        let key = matches!(self, Self::CustomerKey(operation) if operation.permission().is_some());
        key || matches!(self, Self::Secrets | Self::SecretGet | Self::SecretVersions | Self::SecretPut | Self::VaultStorage)
    }

    /// Whether the operation is one of AMS v2's OData service.
    pub(super) fn is_media_v2(self) -> bool {
        matches!(self, Self::MediaV2(_))
    }

    /// Whether the operation is one of signing in, which needs no token.
    pub(super) fn is_sign_in(self) -> bool {
        matches!(self, Self::SignIn(_))
    }

    /// Whether the operation is one of a storage service.
    pub(super) fn is_storage_data(self) -> bool {
        matches!(self, Self::Data(_))
    }

    /// Whether it changes something that may be told apart from not having happened.
    pub(super) fn is_change(self) -> bool {
        match self {
            Self::RegenerateKey
            | Self::SyncStorageKeys
            | Self::ResyncKeys
            | Self::SyncAutoStorageKeys
            | Self::DatastorePut
            | Self::SecretPut
            | Self::ClassicPutKey => true,
            Self::Media(call) => call.is_change(),
            Self::MediaV2(route) => route.is_change(),
            Self::CustomerKey(operation) => operation.is_change(),
            _ => false,
        }
    }
}

/// A request with its operation and the parts of its address.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// The operation.
    pub route: Route,
    /// What comes before the last `/providers/`: a subscription, group or resource, as written.
    pub scope: String,
    /// The subscription in the path, empty when there is none.
    pub subscription: String,
    /// The resource group in the path.
    pub group: Option<String>,
    /// The resource names in the path in order: account, child.
    pub names: Vec<String>,
    /// Resource Manager's type of the resource, for messages: `Microsoft.Storage/storageAccounts`.
    pub kind: String,
}

impl Target {
    /// Reads a request. This machine's own address stands for Resource Manager too.
    pub(super) fn of(incoming: &Incoming, endpoints: &Endpoints) -> Self {
        let authority = incoming.authority();
        if let Some(call) = SignIn::of(incoming, endpoints) {
            return Self { route: Route::SignIn(call), ..Self::unknown() };
        }
        if authority.eq_ignore_ascii_case(&endpoints.resource_manager) || is_own_address(&incoming.url) {
            return Self::resource_manager(incoming);
        }
        let mut target = Self::unknown();
        let segments = incoming.segments();
        if authority == endpoints.classic_management.to_ascii_lowercase() {
            return Self::classic(incoming.method, &segments);
        }
        if authority == endpoints.media_legacy.to_ascii_lowercase() {
            target.route = Route::MediaV2(MediaV2Route::Legacy);
            return target;
        }
        // Before the media suffix, which these lie beneath.
        if StreamingCall::is_for(&authority, endpoints) {
            target.route = Route::Streaming(StreamingCall::Stream);
            target.names = std::iter::once(authority).chain(segments).collect();
            return target;
        }
        if let Some(host) = authority.strip_suffix(&format!(".{}", endpoints.media_suffix.to_ascii_lowercase())) {
            target.route = Route::MediaV2(MediaV2Route::of(incoming, &segments));
            let key = segments.get(1).and_then(|entity| entity.split_once("('")?.1.strip_suffix("')")).map(str::to_owned);
            target.names = std::iter::once(host.to_owned()).chain(key).collect();
            return target;
        }
        if let Some(rest) = authority.strip_suffix(&format!(".{}", endpoints.storage_suffix.to_ascii_lowercase()))
            && let Some((account, service)) = rest.split_once('.')
            && let Some(service) = Service::from_name(service)
        {
            target.route = Route::Data(service);
            target.names = vec![account.to_owned()];
        } else if let Some(vault) = authority.strip_suffix(&format!(".{}", endpoints.key_vault_suffix.to_ascii_lowercase())) {
            let words: Vec<&str> = segments.iter().map(String::as_str).collect();
            target.route = match (incoming.method, words.as_slice()) {
                ("GET", ["secrets"]) => Route::Secrets,
                ("GET", ["secrets", _, "versions"]) => Route::SecretVersions,
                ("GET", ["secrets", _] | ["secrets", _, _]) => Route::SecretGet,
                ("PUT", ["secrets", _]) => Route::SecretPut,
                ("GET", ["storage"] | ["storage", _]) => Route::VaultStorage,
                (method, words) => Operation::of_vault(method, words).map_or(Route::Unknown, Route::CustomerKey),
            };
            target.names = std::iter::once(vault.to_owned()).chain(segments.into_iter().skip(1)).collect();
        }
        target
    }

    /// `PUT /SUBSCRIPTION/services/mediaservices/Accounts/A/StorageAccounts/S/Key`.
    fn classic(method: &str, segments: &[String]) -> Self {
        let mut target = Self::unknown();
        let words: Vec<&str> = segments.iter().map(String::as_str).collect();
        if let ("PUT", [subscription, "services", "mediaservices", "Accounts", account, "StorageAccounts", storage, "Key"]) =
            (method, words.as_slice())
        {
            target.route = Route::ClassicPutKey;
            target.names = [subscription, account, storage].map(|name| (*name).to_owned()).to_vec();
        }
        target
    }

    fn unknown() -> Self {
        Self {
            route: Route::Unknown,
            scope: String::new(),
            subscription: String::new(),
            group: None,
            names: Vec::new(),
            kind: String::new(),
        }
    }

    fn resource_manager(incoming: &Incoming) -> Self {
        let segments = incoming.segments();
        let lower: Vec<String> = segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
        let mut target = Self::unknown();
        if lower.first().is_some_and(|word| word == "subscriptions") {
            target.subscription = segments.get(1).cloned().unwrap_or_default();
            if lower.get(2).is_some_and(|word| word == "resourcegroups") {
                target.group = segments.get(3).cloned();
            }
        }
        let Some(at) = lower.iter().rposition(|word| word == "providers") else {
            let words: Vec<&str> = lower.iter().map(String::as_str).collect();
            target.route = match (incoming.method, words.as_slice()) {
                ("GET", ["subscriptions"]) => Route::Subscriptions,
                ("GET", ["subscriptions", _]) => Route::Subscription,
                (method, words) => Catalog::of(method, words).map_or(Route::Unknown, Route::Catalog),
            };
            return target;
        };
        target.scope = segments[..at].iter().fold(String::new(), |scope, segment| format!("{scope}/{segment}"));
        let rest = &lower[at + 1..];
        let words: Vec<&str> = rest.iter().map(String::as_str).collect();
        target.names = segments[at + 1..].iter().skip(2).step_by(2).cloned().collect();
        let spelled: Vec<&str> = segments[at + 1..].iter().map(String::as_str).collect();
        target.kind = spelled.iter().take(2).copied().collect::<Vec<_>>().join("/");
        target.route = Operation::of_resource_manager(incoming.method, &words)
            .map_or_else(|| route(incoming.method, &words), Route::CustomerKey);
        target
    }
}

fn route(method: &str, words: &[&str]) -> Route {
    match (method, words) {
        ("POST", ["microsoft.resourcegraph", "resources"]) => Route::Graph,
        ("GET", [_] | []) => Route::Catalog(Catalog::Providers),
        ("GET", ["microsoft.authorization", "locks"]) => Route::Locks,
        ("GET", ["microsoft.authorization", "permissions"]) => Route::Permissions,
        ("POST", ["microsoft.authorization", "acquirepolicytoken"]) => Route::PolicyToken,
        ("GET", ["microsoft.storage", "storageaccounts"]) => Route::StorageList,
        ("GET", ["microsoft.storage", "storageaccounts", _]) => Route::StorageGet,
        ("POST", ["microsoft.storage", "storageaccounts", _, "listkeys"]) => Route::ListKeys,
        ("POST", ["microsoft.storage", "storageaccounts", _, "regeneratekey"]) => Route::RegenerateKey,
        (method, ["microsoft.media", "mediaservices", rest @ ..]) => media(method, rest),
        (method, ["microsoft.machinelearningservices", "workspaces", rest @ ..]) => workspace(method, rest),
        ("GET", ["microsoft.machinelearningservices", "locations", _, "workspaceoperationsstatus", _]) => {
            Route::WorkspaceOperation
        }
        ("GET", ["microsoft.batch", "batchaccounts"]) => Route::BatchList,
        ("GET", ["microsoft.batch", "batchaccounts", _]) => Route::BatchGet,
        ("POST", ["microsoft.batch", "batchaccounts", _, "syncautostoragekeys"]) => Route::SyncAutoStorageKeys,
        ("GET", ["microsoft.keyvault", "vaults"]) => Route::VaultList,
        ("GET", ["microsoft.keyvault", "vaults", _]) => Route::VaultGet,
        _ => Route::Unknown,
    }
}

fn media(method: &str, rest: &[&str]) -> Route {
    match (method, rest) {
        ("GET", []) => Route::MediaList,
        ("GET", [_]) => Route::MediaGet,
        ("POST", [_, "syncstoragekeys"]) => Route::SyncStorageKeys,
        ("GET", [_, "assets"]) => Route::Assets,
        ("GET", [_, "streamingendpoints"]) => Route::Streaming(StreamingCall::List),
        ("GET", [_, "streamingendpoints", _]) => Route::Streaming(StreamingCall::Get),
        ("POST", [_, "assets", _, "listcontainersas"]) => Route::ListContainerSas,
        (method, [_, rest @ ..]) => MediaCall::of(method, rest).map_or(Route::Unknown, Route::Media),
        _ => Route::Unknown,
    }
}

fn workspace(method: &str, rest: &[&str]) -> Route {
    match (method, rest) {
        ("GET", []) => Route::WorkspaceList,
        ("GET", [_]) => Route::WorkspaceGet,
        ("POST", [_, "listkeys" | "liststorageaccountkeys"]) => Route::WorkspaceListKeys,
        ("POST", [_, "resynckeys"]) => Route::ResyncKeys,
        ("GET", [_, "datastores"]) => Route::Datastores,
        ("GET", [_, "datastores", _]) => Route::DatastoreGet,
        ("PUT", [_, "datastores", _]) => Route::DatastorePut,
        ("POST", [_, "datastores", _, "listsecrets"]) => Route::DatastoreListSecrets,
        _ => Route::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(method: &'static str, url: &str) -> Target {
        let incoming =
            Incoming { method, url: url.parse().expect("a URL"), headers: std::collections::BTreeMap::new(), body: Vec::new() };
        Target::of(&incoming, &Endpoints::default())
    }

    #[test]
    fn case_and_order_of_resource_manager_paths_do_not_matter() {
        let group = "https://management.azure.com/subscriptions/s/resourcegroups/G";
        let keys =
            target("POST", &format!("{group}/providers/microsoft.storage/StorageAccounts/st/LISTKEYS?api-version=2023-05-01"));
        assert_eq!((keys.route, keys.subscription.as_str(), keys.group.as_deref()), (Route::ListKeys, "s", Some("G")));
        assert_eq!(keys.names, ["st"]);
        let store = target("PUT", &format!("{group}/providers/Microsoft.MachineLearningServices/workspaces/w/datastores/d"));
        assert_eq!((store.route, store.names), (Route::DatastorePut, vec!["w".to_owned(), "d".to_owned()]));
        let locks = target(
            "GET",
            &format!("{group}/providers/Microsoft.Storage/storageAccounts/st/providers/Microsoft.Authorization/locks"),
        );
        assert_eq!(locks.route, Route::Locks);
        assert_eq!(locks.scope, "/subscriptions/s/resourcegroups/G/providers/Microsoft.Storage/storageAccounts/st");
    }

    #[test]
    fn faults_can_be_scheduled_on_every_route_by_its_name() {
        let mut all = vec![
            Route::Subscriptions,
            Route::Subscription,
            Route::StorageList,
            Route::StorageGet,
            Route::ListKeys,
            Route::RegenerateKey,
            Route::MediaList,
            Route::MediaGet,
            Route::SyncStorageKeys,
            Route::Assets,
            Route::ListContainerSas,
            Route::ClassicPutKey,
            Route::WorkspaceList,
            Route::WorkspaceGet,
            Route::WorkspaceListKeys,
            Route::ResyncKeys,
            Route::WorkspaceOperation,
            Route::Datastores,
            Route::DatastoreGet,
            Route::DatastorePut,
            Route::DatastoreListSecrets,
            Route::BatchList,
            Route::BatchGet,
            Route::SyncAutoStorageKeys,
            Route::VaultList,
            Route::VaultGet,
            Route::Secrets,
            Route::SecretGet,
            Route::SecretVersions,
            Route::SecretPut,
            Route::VaultStorage,
            Route::Graph,
            Route::Locks,
            Route::Permissions,
            Route::PolicyToken,
        ];
        all.extend(MediaCall::ALL.map(Route::Media));
        all.extend(StreamingCall::ALL.map(Route::Streaming));
        all.extend(Catalog::ALL.map(Route::Catalog));
        all.extend(SignIn::ALL.map(Route::SignIn));
        all.extend(Service::ALL.map(Route::Data));
        all.extend(MediaV2Route::ALL.map(Route::MediaV2));
        let names: Vec<&str> = all.into_iter().map(Route::name).collect();
        assert_eq!(names, crate::contract::world::ROUTES);
    }

    #[test]
    fn the_host_decides_between_services() {
        assert_eq!(target("GET", "https://st.queue.core.windows.net/?comp=list").route, Route::Data(Service::Queue));
        assert_eq!(target("GET", "https://st.dfs.core.windows.net/").route, Route::Unknown);
        let secret = target("GET", "https://kv.vault.azure.net/secrets/n/0123?api-version=7.4");
        assert_eq!((secret.route, secret.names), (Route::SecretGet, vec!["kv".to_owned(), "n".to_owned(), "0123".to_owned()]));
        assert_eq!(target("GET", "https://evil.example/").route, Route::Unknown);
    }
}
