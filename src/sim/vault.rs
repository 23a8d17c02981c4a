//! Key vaults in Resource Manager, and the storage accounts that old vaults manage.

use serde_json::{Value, json};

use crate::contract::world;
use crate::domain::resource_id::ResourceId;

use super::message::{Incoming, Reply};
use super::route::{Route, Target};
use super::secret::Secret;
use super::state::State;

/// A vault.
#[derive(Clone, Debug)]
pub(super) struct Vault {
    /// The id.
    pub id: ResourceId,
    /// What the world says of it.
    given: world::Vault,
    /// Its secrets.
    pub secrets: Vec<Secret>,
}

impl State {
    pub(super) fn begin_vaults(&mut self) {
        for given in self.world.vaults.clone() {
            let Ok(id) = given.id.parse::<ResourceId>() else { continue };
            let secrets = given.secrets.iter().map(|secret| self.make_secret(secret)).collect();
            self.vaults.push(Vault { id, given, secrets });
            let vault = self.vaults.len() - 1;
            for secret in 0..self.vaults[vault].secrets.len() {
                self.begin_secret(vault, secret);
            }
        }
    }

    /// The address of a vault, without a slash at its end.
    pub(super) fn vault_url(&self, vault: usize) -> String {
        let endpoints = &self.world.endpoints;
        format!("{}://{}.{}", endpoints.scheme, self.vaults[vault].id.name(), endpoints.key_vault_suffix)
    }

    /// A vault begins to exist, without a secret.
    pub(super) fn push_vault(&mut self, id: ResourceId, given: world::Vault) {
        self.vaults.push(Vault { id, given, secrets: Vec::new() });
    }

    pub(super) fn get_vault(&self, target: &Target) -> Reply {
        self.find(target, self.vaults.iter().map(|vault| &vault.id))
            .map_or_else(|missing| missing, |vault| Reply::json(200, &self.describe_vault(vault)))
    }

    pub(super) fn list_vaults(&self, incoming: &Incoming, target: &Target) -> Reply {
        let all = (0..self.vaults.len())
            .filter(|vault| target.covers(&self.vaults[*vault].id) && !self.is_gone(&self.vaults[*vault].id));
        self.page(incoming, target, all.map(|vault| self.describe_vault(vault)), "nextLink", "$skiptoken")
    }

    /// The vault as Resource Manager shows it (2023-07-01).
    pub(super) fn describe_vault(&self, vault: usize) -> Value {
        let Vault { id, given, .. } = &self.vaults[vault];
        let mut shown = json!({
            "id": id.as_str(), "name": id.name(), "type": "Microsoft.KeyVault/vaults", "location": given.location, "tags": {},
            "properties": {
                "sku": { "family": "A", "name": "standard" }, "tenantId": self.world.tenant, "accessPolicies": [],
                "enableRbacAuthorization": true, "enableSoftDelete": true, "softDeleteRetentionInDays": 90,
                "vaultUri": format!("{}/", self.vault_url(vault)), "provisioningState": "Succeeded",
                "publicNetworkAccess": "Enabled", "enabledForDeployment": false,
            },
            "systemData": Self::system_data(self.start, self.start),
        });
        for (name, value) in self.vault_properties(id).as_object().into_iter().flatten() {
            let place = if name == "tags" || name == "location" { &mut shown[name] } else { &mut shown["properties"][name] };
            *place = value.clone();
        }
        shown
    }

    /// Every call on a vault's own address.
    pub(super) fn vault_data(&mut self, incoming: &Incoming, target: &Target) -> Reply {
        let name = target.names.first().map(String::as_str).unwrap_or_default();
        let Some(vault) = self.vaults.iter().position(|vault| vault.id.name().eq_ignore_ascii_case(name)) else {
            return Reply::error(404, "VaultNotFound", "The vault could not be found.");
        };
        if self.vaults[vault].given.forbidden {
            let message =
                format!("Caller is not authorized to perform action on resource. Caller: oid={}", self.world.caller.object_id);
            let inner = json!({ "code": "ForbiddenByRbac" });
            return Reply::json(403, &json!({ "error": { "code": "Forbidden", "message": message, "innererror": inner } }));
        }
        match target.route {
            Route::Secrets => self.list_secrets(incoming, target, vault),
            Route::SecretGet => self.get_secret(target, vault),
            Route::SecretVersions => self.list_versions(incoming, target, vault),
            Route::SecretPut => self.put_secret(incoming, target, vault),
            _ => self.vault_storage(incoming, target, vault),
        }
    }

    /// The legacy managed storage accounts. Only GET of one tells whether the vault regenerates by itself.
    fn vault_storage(&self, incoming: &Incoming, target: &Target, vault: usize) -> Reply {
        let url = self.vault_url(vault);
        let created = (self.start - time::Duration::days(100)).unix_timestamp();
        let describe = |managed: &world::ManagedStorageAccount, whole: bool| {
            let mut item = json!({
                "id": format!("{url}/storage/{}", managed.name), "resourceId": managed.resource_id,
                "attributes": { "enabled": true, "created": created, "updated": created, "recoveryLevel": "Purgeable" },
            });
            if whole {
                item["activeKeyName"] = json!("key1");
                item["autoRegenerateKey"] = json!(managed.auto_regenerate_key);
                item["regenerationPeriod"] = json!("P30D");
            }
            item
        };
        let managed = &self.vaults[vault].given.managed_storage_accounts;
        match target.names.get(1) {
            None => self.page(incoming, target, managed.iter().map(|it| describe(it, false)), "nextLink", "$skiptoken"),
            Some(name) => match managed.iter().find(|it| it.name.eq_ignore_ascii_case(name)) {
                Some(it) => Reply::json(200, &describe(it, true)),
                None => Reply::error(404, "StorageAccountNotFound", &format!("Storage account not found: {name}")),
            },
        }
    }
}
