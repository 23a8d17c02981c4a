//! Machine Learning workspaces (Microsoft.MachineLearningServices): get, list, `listKeys`, `resyncKeys`.

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::contract::world::{self, ResyncTakes, SystemDatastores};
use crate::domain::account::Service;
use crate::domain::key::Slot;
use crate::domain::resource_id::ResourceId;

use super::datastore::Store;
use super::event::Event;
use super::fault::Twist;
use super::holder::HolderKind;
use super::message::{Incoming, Reply};
use super::random::Random;
use super::route::Target;
use super::state::State;

/// The datastores that the service itself makes.
pub(super) const SYSTEM: [&str; 4] =
    ["workspaceblobstore", "workspacefilestore", "workspaceartifactstore", "workspaceworkingdirectory"];

/// A workspace.
#[derive(Clone, Debug)]
pub(super) struct Workspace {
    /// The id.
    pub id: ResourceId,
    /// What the world says of it.
    pub given: world::Workspace,
    /// The storage key that it holds.
    pub key: String,
    /// Its datastores.
    pub stores: Vec<Store>,
}

impl Workspace {
    /// Whether it holds a key of its own: a project uses its hub's.
    pub(super) fn holds_key(&self) -> bool {
        let identity =
            self.given.system_datastores_auth_mode.as_deref().is_some_and(|mode| mode.eq_ignore_ascii_case("identity"));
        self.given.hub.is_none() && !identity
    }
}

impl State {
    pub(super) fn begin_workspaces(&mut self) {
        let workspaces = self.world.workspaces.clone();
        // From here on the datastores that live are those of the workspaces below.
        self.world.workspaces.iter_mut().for_each(|given| given.datastores = Vec::new());
        for given in workspaces {
            let Ok(id) = given.id.parse::<ResourceId>() else { continue };
            let template = given.storage_key.clone().unwrap_or_else(|| format!("{{key1 of {}}}", given.storage_account));
            let key = self.resolve(&template);
            self.workspaces.push(Workspace { id, given, key, stores: Vec::new() });
            let workspace = self.workspaces.len() - 1;
            self.hold_workspace_key(workspace);
            self.begin_datastores(workspace);
            if let Some(minutes) = self.world.unknowns.workspace_refresh_minutes {
                let first = self.start + super::media::seconds(self.random.between(1, minutes * 60));
                self.events.plan(first, Event::WorkspaceRefresh { workspace });
            }
        }
    }

    fn hold_workspace_key(&mut self, workspace: usize) {
        if !self.workspaces[workspace].holds_key() {
            return;
        }
        let it = &self.workspaces[workspace];
        let Some(account) = self.account_by_id(&it.given.storage_account) else { return };
        let (id, generation) = (it.id.as_str().to_owned(), self.generation_of(account, &it.key, ""));
        self.hold(&id, HolderKind::Workspace, &[Service::Blob, Service::File], generation);
    }

    /// The workspace re-reads a key of its own choice, and writes its system datastores.
    pub(super) fn workspace_takes(&mut self, workspace: usize) {
        let Some(storage) = self.account_by_id(&self.workspaces[workspace].given.storage_account) else { return };
        if !self.workspaces[workspace].holds_key() {
            return;
        }
        let [key1, key2] = self.pulled(storage);
        let held = self.keyring.find_in(&self.workspaces[workspace].key).map(|id| self.keyring.get(id).slot);
        let taken = match self.world.unknowns.resync_takes {
            ResyncTakes::Key1 => key1,
            ResyncTakes::Keep => {
                if held == Some(Slot::Key2) {
                    key2
                } else {
                    key1
                }
            }
            ResyncTakes::FirstValid => {
                if self.keyring.get(key1).is_usable(&[Service::Blob, Service::File], self.now) {
                    key1
                } else {
                    key2
                }
            }
        };
        let key = self.keyring.get(taken).key.expose().to_owned();
        self.workspaces[workspace].key.clone_from(&key);
        self.hold_workspace_key(workspace);
        let rewritten = match self.world.unknowns.resync_rewrites {
            SystemDatastores::All => &SYSTEM[..],
            SystemDatastores::BlobAndFile => &SYSTEM[..2],
            SystemDatastores::None => &[],
        };
        let hub = self.workspaces[workspace].id.as_str().to_owned();
        for at in 0..self.workspaces.len() {
            let project = self.workspaces[at].given.hub.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(&hub));
            if at == workspace || project {
                self.rewrite_stores(at, rewritten, &key);
            }
        }
    }

    /// The service writes a key into system datastores that sign in with one.
    fn rewrite_stores(&mut self, workspace: usize, names: &[&str], key: &str) {
        for store in 0..self.workspaces[workspace].stores.len() {
            let it = &mut self.workspaces[workspace].stores[store];
            if it.kind == "AccountKey" && names.iter().any(|name| name.eq_ignore_ascii_case(&it.name)) {
                it.secret = Some(key.to_owned());
                self.hold_store(workspace, store);
            }
        }
    }

    pub(super) fn workspace_of(&self, target: &Target) -> Result<usize, Reply> {
        self.find(target, self.workspaces.iter().map(|workspace| &workspace.id))
    }

    pub(super) fn get_workspace(&self, target: &Target) -> Reply {
        self.workspace_of(target).map_or_else(|missing| missing, |at| Reply::json(200, &self.describe_workspace(at)))
    }

    pub(super) fn list_workspaces(&self, incoming: &Incoming, target: &Target) -> Reply {
        let all = (0..self.workspaces.len()).filter(|at| target.covers(&self.workspaces[*at].id));
        self.page(incoming, target, all.map(|at| self.describe_workspace(at)), "nextLink", "$skip")
    }

    /// The workspace as Resource Manager shows it (2024-04-01).
    pub(super) fn describe_workspace(&self, workspace: usize) -> Value {
        let Workspace { id, given, .. } = &self.workspaces[workspace];
        let mut properties = json!({
            "friendlyName": id.name(), "description": "", "storageAccount": given.storage_account, "hbiWorkspace": false,
            "tenantId": self.world.tenant, "provisioningState": "Succeeded", "v1LegacyMode": false,
            "workspaceId": Random::for_purpose(self.world.seed, id.as_str()).uuid(),
            "discoveryUrl": format!("https://{}.api.azureml.ms/discovery", given.location), "publicNetworkAccess": "Enabled",
        });
        if let Some(mode) = &given.system_datastores_auth_mode {
            properties["systemDatastoresAuthMode"] = json!(mode);
        }
        if let Some(hub) = &given.hub {
            properties["hubResourceId"] = json!(hub);
        }
        if given.kind == "Hub" {
            let projects = self
                .workspaces
                .iter()
                .filter(|it| it.given.hub.as_deref().is_some_and(|hub| hub.eq_ignore_ascii_case(id.as_str())));
            properties["associatedWorkspaces"] = projects.map(|it| json!(it.id.as_str())).collect();
            properties["workspaceHubConfig"] = json!({});
        }
        let principal = Random::for_purpose(self.world.seed, &format!("identity of {id}")).uuid();
        json!({
            "id": id.as_str(), "name": id.name(), "type": "Microsoft.MachineLearningServices/workspaces",
            "location": given.location, "tags": {}, "etag": null, "properties": properties, "kind": given.kind,
            "sku": { "name": "Basic", "tier": "Basic" },
            "identity": { "type": "SystemAssigned", "principalId": principal, "tenantId": self.world.tenant },
            "systemData": Self::system_data(self.start, self.start),
        })
    }

    /// What the workspace holds. Its member is `userStorageArmId` on the wire, whatever the specification says.
    pub(super) fn list_workspace_keys(&self, target: &Target) -> Reply {
        let workspace = match self.workspace_of(target) {
            Ok(at) => &self.workspaces[at],
            Err(missing) => return missing,
        };
        let hub = workspace.given.hub.as_deref();
        let owner =
            hub.and_then(|hub| self.workspaces.iter().find(|it| it.id.as_str().eq_ignore_ascii_case(hub))).unwrap_or(workspace);
        let key = owner.holds_key().then_some(&owner.key);
        Reply::json(
            200,
            &json!({
                "userStorageKey": key, "userStorageArmId": workspace.given.storage_account,
                "appInsightsInstrumentationKey": "c89bea2e-9bc3-4c2d-b035-07fa91682ca3", "containerRegistryCredentials": null,
                "notebookAccessKeys": { "primaryAccessKey": null, "secondaryAccessKey": null },
            }),
        )
    }

    pub(super) fn resync_keys(&mut self, incoming: &Incoming, target: &Target) -> Reply {
        let workspace = match self.workspace_of(target) {
            Ok(workspace) => workspace,
            Err(missing) => return missing,
        };
        self.log.tells.push(self.workspaces[workspace].id.as_str().to_owned());
        // Up to 2021-01-01 the call is over when it is answered.
        let asynchronous = incoming.api_version().as_str() > "2021-01-01";
        let Some(duration) = self.world.unknowns.resync_seconds.filter(|_| asynchronous) else {
            self.workspace_takes(workspace);
            return Reply::empty(200);
        };
        let ends: Option<OffsetDateTime> =
            (self.schedule.twist != Some(Twist::Endless)).then(|| self.now + super::media::seconds(duration));
        let id = self.begin_operation(workspace, ends);
        if let Some(ends) = ends {
            self.events.plan(ends, Event::ResyncEnds { workspace });
        }
        self.operation_accepted(incoming, &id)
    }
}
