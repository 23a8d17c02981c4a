//! Roles at vaults (2022-04-01), user-assigned identities (2023-01-31), and what either lets somebody do with keys.

use serde_json::json;

use super::super::message::{Incoming, Reply};
use super::super::route::Target;
use super::super::state::State;
use super::RoleRecord;

/// Roles with everything on keys.
const EVERYTHING: [&str; 2] = ["14b46e9e-c2b7-41b4-b07b-48a6ebf60603", "00482a5a-887f-4fb3-b363-3b7fe8e74483"];

/// Key Vault Crypto Service Encryption User.
const ENCRYPTION: &str = "e147488a-f6f5-4113-8e2d-b22465e65bf6";

impl State {
    /// Whether an object may do something with the keys of a vault now.
    pub(super) fn may_with_key(&self, vault: &str, object: &str, permission: &str) -> bool {
        let Some(record) = self.customer_keys.vaults.get(vault) else { return false };
        if !record.by_roles {
            return record.policies.iter().any(|(known, granted, since)| {
                known.eq_ignore_ascii_case(object)
                    && (granted.eq_ignore_ascii_case(permission) || granted.eq_ignore_ascii_case("all"))
                    && *since <= self.now
            });
        }
        let scope = format!("/vaults/{vault}");
        self.customer_keys.roles.iter().any(|role| {
            let enough = EVERYTHING.contains(&role.role.as_str())
                || (role.role == ENCRYPTION
                    && matches!(permission.to_ascii_lowercase().as_str(), "get" | "wrapkey" | "unwrapkey"));
            role.principal.eq_ignore_ascii_case(object)
                && role.scope.to_ascii_lowercase().ends_with(&scope)
                && role.since <= self.now
                && enough
        })
    }

    pub(super) fn list_roles(&self, incoming: &Incoming, target: &Target) -> Reply {
        let filter = incoming.query("$filter").unwrap_or_default();
        let principal = filter.split('\'').nth(1).unwrap_or_default().to_owned();
        let here = self.customer_keys.roles.iter().filter(|role| role.scope.eq_ignore_ascii_case(&target.scope));
        let rows = here.filter(|role| principal.is_empty() || role.principal.eq_ignore_ascii_case(&principal));
        let rows = rows.map(|role| describe(role, &target.subscription));
        self.page(incoming, target, rows.collect::<Vec<_>>(), "nextLink", "$skiptoken")
    }

    pub(super) fn put_role(&mut self, incoming: &Incoming, target: &Target) -> Reply {
        let body = incoming.json();
        let properties = &body["properties"];
        let (Some(definition), Some(principal)) = (properties["roleDefinitionId"].as_str(), properties["principalId"].as_str())
        else {
            return Reply::error(400, "BadRequestFormat", "The request was incorrectly formatted.");
        };
        let name = target.names.first().cloned().unwrap_or_default();
        let role = definition.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let same = |known: &RoleRecord| {
            known.role == role && known.principal == principal && known.scope.eq_ignore_ascii_case(&target.scope)
        };
        if self.customer_keys.roles.iter().any(|known| same(known) && known.name != name) {
            return Reply::error(409, "RoleAssignmentExists", "The role assignment already exists.");
        }
        let since = self.now + self.delay(self.world.unknowns.access_seconds, &format!("role {name}"));
        let record = RoleRecord { name: name.clone(), scope: target.scope.clone(), role, principal: principal.to_owned(), since };
        if let Some(known) = self.customer_keys.roles.iter().find(|known| known.name == name) {
            return Reply::json(200, &describe(known, &target.subscription));
        }
        let answer = describe(&record, &target.subscription);
        self.customer_keys.roles.push(record);
        Reply::json(201, &answer)
    }

    pub(super) fn get_identity(&self, target: &Target) -> Reply {
        let id = Self::id_in(target, "Microsoft.ManagedIdentity", "userAssignedIdentities");
        let Some(found) = self.world.user_identities.iter().find(|known| known.id.eq_ignore_ascii_case(id.as_str())) else {
            let message = format!(
                "The Resource 'Microsoft.ManagedIdentity/userAssignedIdentities/{}' under resource group '{}' was not found.",
                id.name(),
                id.resource_group()
            );
            return Reply::gateway_error(404, "ResourceNotFound", &message);
        };
        Reply::json(
            200,
            &json!({
                "id": found.id, "name": id.name(), "type": "Microsoft.ManagedIdentity/userAssignedIdentities", "location": "westeurope", "tags": {},
                "properties": { "tenantId": self.world.tenant, "principalId": found.principal, "clientId": self.principal_of(&found.id) },
            }),
        )
    }
}

fn describe(role: &RoleRecord, subscription: &str) -> serde_json::Value {
    json!({
        "id": format!("{}/providers/Microsoft.Authorization/roleAssignments/{}", role.scope, role.name), "name": role.name,
        "type": "Microsoft.Authorization/roleAssignments",
        "properties": {
            "roleDefinitionId": format!("/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{}", role.role),
            "principalId": role.principal, "scope": role.scope,
        },
    })
}
