//! Vaults in Resource Manager (Microsoft.KeyVault 2023-07-01): made, protected, opened to somebody, deleted and recovered.

use std::collections::BTreeMap;

use azure_core::http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::domain::customer_key::{Access, RUN_TAG, Vault, VaultFound, Wanted};
use crate::domain::problem::{Kind, Problem};
use crate::domain::resource_id::ResourceId;

use super::call::{Answer, Audience, Call, Effect};
use super::client::Client;
use super::key_vault::VAULT_TYPE;

const API_VERSION: &str = "2023-07-01";

/// What a media account's identity needs.
pub const IDENTITY_PERMISSIONS: [&str; 3] = ["get", "wrapKey", "unwrapKey"];

/// What whoever runs this needs: the article's list without those that nothing here uses.
pub const OPERATOR_PERMISSIONS: [&str; 6] = ["get", "list", "update", "create", "delete", "recover"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireVault {
    id: String,
    #[serde(default)]
    location: String,
    tags: Option<BTreeMap<String, String>>,
    properties: WireProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireProperties {
    vault_uri: Option<String>,
    #[serde(default)]
    access_policies: Vec<WirePolicy>,
    enable_rbac_authorization: Option<bool>,
    enable_soft_delete: Option<bool>,
    enable_purge_protection: Option<bool>,
    network_acls: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePolicy {
    object_id: String,
    #[serde(default)]
    permissions: WirePermissions,
}

#[derive(Default, Deserialize)]
struct WirePermissions {
    #[serde(default)]
    keys: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireDeleted {
    vault_id: String,
    #[serde(default)]
    location: String,
    scheduled_purge_date: Option<String>,
    purge_protection_enabled: Option<bool>,
}

impl WireVault {
    fn into_vault(self) -> Result<Vault, Problem> {
        let properties = self.properties;
        let policy = |policy: WirePolicy| {
            let keys = policy.permissions.keys.unwrap_or_default();
            (policy.object_id, keys.into_iter().map(|permission| permission.to_ascii_lowercase()).collect())
        };
        let roles = properties.enable_rbac_authorization.unwrap_or(false);
        let id = ResourceId::parse_as(&self.id, VAULT_TYPE).map_err(|_| malformed("a vault"))?;
        Ok(Vault {
            url: properties.vault_uri.unwrap_or_default().trim_end_matches('/').to_ascii_lowercase(),
            id,
            location: self.location,
            tags: self.tags.unwrap_or_default(),
            access: if roles { Access::Roles } else { Access::Policies },
            // Since 2020-12 every vault that is made has it, and old ones answer what they were given.
            soft_delete: properties.enable_soft_delete.unwrap_or(false),
            purge_protection: properties.enable_purge_protection.unwrap_or(false),
            policies: properties.access_policies.into_iter().map(policy).collect(),
            firewalled: properties.network_acls.is_some_and(|rules| rules["defaultAction"] == "Deny"),
        })
    }
}

fn malformed(what: &str) -> Problem {
    Problem::failed("unexpectedAnswer", format!("Resource Manager answered {what} that is not of the documented shape"))
}

impl Client {
    /// What there is of a vault: itself, or a deleted one of its name anywhere in the subscription.
    ///
    /// # Errors
    /// As [`Client::send`], but for 404.
    pub async fn vault_found(&self, id: &ResourceId) -> Result<VaultFound, Problem> {
        match self.send(self.vault_call(Method::Get, id.as_str(), Effect::Read)).await {
            Ok(answer) => return Ok(VaultFound::Present(answer.parse::<WireVault>()?.into_vault()?)),
            Err(problem) if problem.kind == Kind::NotFound => {}
            Err(problem) => return Err(problem),
        }
        let path = format!("/subscriptions/{}/providers/Microsoft.KeyVault/deletedVaults", id.subscription());
        let items = match self.list(self.vault_call(Method::Get, &path, Effect::Read)).await {
            Ok(items) => items,
            // Who may not see deleted vaults finds out when the name is taken.
            Err(problem) if problem.http_status == Some(403) => return Ok(VaultFound::Missing),
            Err(problem) => return Err(problem),
        };
        for item in items {
            if !item["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(id.name())) {
                continue;
            }
            let wire: WireDeleted =
                serde_json::from_value(item["properties"].clone()).map_err(|_| malformed("a deleted vault"))?;
            let purged = wire.scheduled_purge_date.and_then(|text| OffsetDateTime::parse(&text, &Rfc3339).ok());
            let id = ResourceId::parse_as(&wire.vault_id, VAULT_TYPE).map_err(|_| malformed("a deleted vault"))?;
            let protected = wire.purge_protection_enabled.unwrap_or(false);
            return Ok(VaultFound::Deleted { id, location: wire.location, purged, protected });
        }
        Ok(VaultFound::Missing)
    }

    /// Creates a vault with soft delete and purge protection, open to the operator and the media account where it uses access policies.
    ///
    /// # Errors
    /// As [`Client::send`] and [`Client::finish`].
    pub async fn create_vault(&self, wanted: &Wanted, principal: Option<&str>, run: &str) -> Result<Answer, Problem> {
        let tenant = &wanted.tenant;
        let mut policies = Vec::new();
        if wanted.access == Access::Policies {
            policies.extend(wanted.operator.as_deref().map(|object| policy(tenant, object, &OPERATOR_PERMISSIONS)));
            policies.extend(principal.map(|object| policy(tenant, object, &IDENTITY_PERMISSIONS)));
        }
        let tags = BTreeMap::from([(RUN_TAG, run)]);
        let body = json!({
            "location": wanted.location, "tags": tags,
            "properties": {
                "tenantId": tenant, "sku": { "name": "standard", "family": "A" }, "accessPolicies": policies,
                "enableRbacAuthorization": wanted.access == Access::Roles,
                "enableSoftDelete": true, "enablePurgeProtection": true,
                "networkAcls": { "bypass": "AzureServices", "defaultAction": "Allow", "ipRules": [], "virtualNetworkRules": [] },
            },
        });
        let call = self.vault_call(Method::Put, wanted.vault.as_str(), Effect::Idempotent).json(&body);
        self.finish(self.send(call).await?).await
    }

    /// Brings a deleted vault back, with the keys and access policies that it had.
    ///
    /// # Errors
    /// As [`Client::send`] and [`Client::finish`].
    pub async fn recover_vault(&self, id: &ResourceId, location: &str, tenant: &str) -> Result<Answer, Problem> {
        let body = json!({
            "location": location,
            "properties": { "tenantId": tenant, "sku": { "name": "standard", "family": "A" }, "createMode": "recover" },
        });
        let call = self.vault_call(Method::Put, id.as_str(), Effect::Idempotent).json(&body);
        self.finish(self.send(call).await?).await
    }

    /// Turns soft delete and purge protection on. The latter cannot be turned off again.
    ///
    /// # Errors
    /// As [`Client::send`] and [`Client::finish`].
    pub async fn protect_vault(&self, id: &ResourceId) -> Result<Answer, Problem> {
        let body = json!({ "properties": { "enableSoftDelete": true, "enablePurgeProtection": true } });
        let call = self.vault_call(Method::Patch, id.as_str(), Effect::Idempotent).json(&body);
        self.finish(self.send(call).await?).await
    }

    /// Adds permissions to what a vault's access policies grant; nothing is taken from anybody.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn add_access_policy(
        &self,
        id: &ResourceId,
        tenant: &str,
        object: &str,
        permissions: &[&str],
    ) -> Result<Answer, Problem> {
        let body = json!({ "properties": { "accessPolicies": [policy(tenant, object, permissions)] } });
        let call = self.vault_call(Method::Put, &format!("{id}/accessPolicies/add"), Effect::Idempotent).json(&body);
        self.send(call).await
    }

    /// Deletes a vault; until its retention time has passed it can be recovered.
    ///
    /// # Errors
    /// As [`Client::send`]; a vault that is gone already is as good.
    pub async fn delete_vault(&self, id: &ResourceId) -> Result<(), Problem> {
        match self.send(self.vault_call(Method::Delete, id.as_str(), Effect::Idempotent)).await {
            Ok(answer) => self.finish(answer).await.map(|_| ()),
            Err(problem) if problem.kind == Kind::NotFound => Ok(()),
            Err(problem) => Err(problem),
        }
    }

    fn vault_call(&self, method: Method, path: &str, effect: Effect) -> Call {
        Call::new(method, self.resource_manager_url(path, API_VERSION), effect, Audience::ResourceManager)
    }
}

fn policy(tenant: &str, object: &str, permissions: &[&str]) -> Value {
    json!({ "tenantId": tenant, "objectId": object, "permissions": { "keys": permissions } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_not_there() {
        let wire: WireVault = serde_json::from_value(json!({
            "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Keyvault/vaults/KV", "location": "westeurope",
            "properties": { "vaultUri": "https://KV.vault.azure.net/", "accessPolicies": [
                { "tenantId": "t", "objectId": "o", "permissions": { "keys": ["Get", "WrapKey", "UnwrapKey"], "secrets": ["all"] } },
                { "tenantId": "t", "objectId": "p", "permissions": { "secrets": ["get"] } }
            ] }
        }))
        .expect("parses");
        let vault = wire.into_vault().expect("a vault");
        assert_eq!((vault.access, vault.purge_protection, vault.soft_delete), (Access::Policies, false, false));
        assert_eq!(vault.url, "https://kv.vault.azure.net");
        assert!(vault.grants("O", &IDENTITY_PERMISSIONS) && !vault.grants("p", &["get"]));
    }
}
