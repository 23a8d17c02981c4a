//! Vaults in Resource Manager (2023-07-01): made, protected, opened, deleted, recovered.

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::contract::world;
use crate::domain::resource_id::ResourceId;

use super::super::message::{Incoming, Reply};
use super::super::route::Target;
use super::super::state::State;
use super::{KeyRecord, VaultRecord, VersionRecord};

/// How long a deleted vault can be recovered.
const RETENTION: time::Duration = time::Duration::days(90);

impl State {
    pub(super) fn begin_vault_record(&mut self, given: &world::Vault) {
        let Ok(id) = given.id.parse::<ResourceId>() else { return };
        let security = &given.security;
        let created = self.start - time::Duration::days(100);
        let keys = security.keys.iter().map(|key| KeyRecord {
            name: key.name.clone(),
            kind: key.kind.clone(),
            size: key.size,
            deleted: key.deleted.then_some(created),
            versions: vec![VersionRecord {
                id: self.principal_of(&format!("{id} {}", key.name)).replace('-', ""),
                enabled: key.enabled,
                created,
                tags: json!({}),
            }],
        });
        let record = VaultRecord {
            location: given.location.clone(),
            tags: json!({}),
            by_roles: security.by_roles,
            soft_delete: security.soft_delete,
            purge_protection: security.purge_protection,
            policies: Vec::new(),
            deleted: security.deleted.then_some(self.start - time::Duration::days(3)),
            caller_may: security.caller_may,
            keys: keys.collect(),
        };
        if record.deleted.is_some() {
            self.customer_keys.gone.insert(id.lowercase());
        }
        self.customer_keys.vaults.insert(id.name().to_ascii_lowercase(), record);
    }

    /// What Resource Manager shows of a vault's protection and access.
    pub(in crate::sim) fn vault_properties(&self, id: &ResourceId) -> Value {
        let Some(record) = self.customer_keys.vaults.get(&id.name().to_ascii_lowercase()) else { return json!({}) };
        let mut objects: Vec<&String> = record.policies.iter().map(|(object, _, _)| object).collect();
        objects.dedup();
        let policy = |object: &&String| {
            let granted = record.policies.iter().filter(|(known, _, _)| known == *object);
            let keys: Vec<&String> = granted.map(|(_, permission, _)| permission).collect();
            json!({ "tenantId": self.world.tenant, "objectId": object, "permissions": { "keys": keys } })
        };
        let mut properties = json!({
            "location": record.location, "tags": record.tags,
            "accessPolicies": objects.iter().map(policy).collect::<Vec<_>>(),
            "enableRbacAuthorization": record.by_roles, "enableSoftDelete": record.soft_delete,
        });
        if record.purge_protection {
            properties["enablePurgeProtection"] = json!(true);
        }
        properties
    }

    fn vault_record(&mut self, target: &Target) -> Result<(ResourceId, &mut VaultRecord), Reply> {
        let position = self.find(target, self.vaults.iter().map(|vault| &vault.id))?;
        let id = self.vaults[position].id.clone();
        let record = self.customer_keys.vaults.get_mut(&id.name().to_ascii_lowercase());
        record.map(|record| (id, record)).ok_or_else(|| Reply::error(404, "VaultNotFound", "The vault could not be found."))
    }

    /// Creates, replaces or recovers.
    pub(super) fn put_vault(&mut self, incoming: &Incoming, target: &Target) -> Reply {
        if let Some(reply) = self.missing_group(target) {
            return reply;
        }
        let id = Self::id_in(target, "Microsoft.KeyVault", "vaults");
        let (name, body) = (id.name().to_ascii_lowercase(), incoming.json());
        let properties = &body["properties"];
        if body["location"].as_str().is_none() || properties["tenantId"].as_str().is_none() {
            return Reply::error(400, "BadRequest", "The location and the tenantId are required.");
        }
        let recovers = properties["createMode"] == "recover";
        if let Some(record) = self.customer_keys.vaults.get_mut(&name) {
            match (record.deleted, recovers) {
                (Some(_), true) => record.deleted = None,
                (Some(_), false) => {
                    let message = format!(
                        "A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault: {name}."
                    );
                    return Reply::error(409, "ConflictError", &message);
                }
                (None, true) => {}
                (None, false) => {
                    if record.purge_protection && properties["enablePurgeProtection"] == false {
                        return Reply::error(400, "BadRequest", "The property \"enablePurgeProtection\" cannot be set to false.");
                    }
                    record.purge_protection |= properties["enablePurgeProtection"] == true;
                }
            }
            self.customer_keys.gone.remove(&id.lowercase());
            return self.show_vault(target);
        }
        if recovers {
            return Reply::error(404, "VaultNotFound", "There is no deleted vault of this name.");
        }
        let record = VaultRecord {
            location: body["location"].as_str().unwrap_or_default().to_owned(),
            tags: body.get("tags").cloned().unwrap_or_else(|| json!({})),
            by_roles: properties["enableRbacAuthorization"] == true,
            soft_delete: properties["enableSoftDelete"] != false,
            purge_protection: properties["enablePurgeProtection"] == true,
            policies: Vec::new(),
            deleted: None,
            caller_may: false,
            keys: Vec::new(),
        };
        self.customer_keys.vaults.insert(name.clone(), record);
        let mut given = world::Vault::new(id.as_str());
        given.location = body["location"].as_str().unwrap_or_default().to_owned();
        self.world.vaults.push(given.clone());
        self.push_vault(id, given);
        self.add_policies(&name, &properties["accessPolicies"]);
        self.show_vault(target)
    }

    fn show_vault(&self, target: &Target) -> Reply {
        self.get_vault(target)
    }

    pub(super) fn patch_vault(&mut self, incoming: &Incoming, target: &Target) -> Reply {
        let body = incoming.json();
        match self.vault_record(target) {
            Err(missing) => return missing,
            Ok((_, record)) => {
                record.purge_protection |= body["properties"]["enablePurgeProtection"] == true;
                record.soft_delete |= body["properties"]["enableSoftDelete"] == true;
            }
        }
        self.show_vault(target)
    }

    pub(super) fn delete_vault(&mut self, target: &Target) -> Reply {
        let now = self.now;
        let id = match self.vault_record(target) {
            // 204 for what is not there, as Resource Manager answers.
            Err(_) => return Reply::empty(204),
            Ok((id, record)) => {
                record.deleted = Some(now);
                id
            }
        };
        self.customer_keys.gone.insert(id.lowercase());
        self.customer_keys.deleted.push(id.to_string());
        Reply::empty(200)
    }

    /// `accessPolicies/add` merges.
    pub(super) fn add_vault_access(&mut self, incoming: &Incoming, target: &Target) -> Reply {
        let name = match self.vault_record(target) {
            Err(missing) => return missing,
            Ok((id, _)) => id.name().to_ascii_lowercase(),
        };
        let body = incoming.json();
        self.add_policies(&name, &body["properties"]["accessPolicies"]);
        Reply::json(200, &json!({ "properties": body["properties"] }))
    }

    fn add_policies(&mut self, vault: &str, policies: &Value) {
        let since =
            self.now + self.delay(self.world.unknowns.access_seconds, &format!("access {vault} {}", self.seconds(self.now)));
        let Some(record) = self.customer_keys.vaults.get_mut(vault) else { return };
        for policy in policies.as_array().into_iter().flatten() {
            let object = policy["objectId"].as_str().unwrap_or_default().to_owned();
            for permission in policy["permissions"]["keys"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if !record.policies.iter().any(|(known, granted, _)| *known == object && granted.eq_ignore_ascii_case(permission))
                {
                    record.policies.push((object.clone(), permission.to_owned(), since));
                }
            }
        }
        record.policies.sort_by(|one, other| one.0.cmp(&other.0));
    }

    pub(super) fn list_deleted_vaults(&self, incoming: &Incoming, target: &Target) -> Reply {
        let rows = self.vaults.iter().filter(|vault| vault.id.subscription().eq_ignore_ascii_case(&target.subscription)).filter_map(|vault| {
            let record = self.customer_keys.vaults.get(&vault.id.name().to_ascii_lowercase())?;
            let deleted: OffsetDateTime = record.deleted?;
            Some(json!({
                "id": format!("/subscriptions/{}/providers/Microsoft.KeyVault/locations/{}/deletedVaults/{}", vault.id.subscription(), record.location, vault.id.name()),
                "name": vault.id.name(), "type": "Microsoft.KeyVault/deletedVaults",
                "properties": {
                    "vaultId": vault.id.as_str(), "location": record.location, "tags": record.tags,
                    "deletionDate": Self::stamp(deleted), "scheduledPurgeDate": Self::stamp(deleted + RETENTION),
                    "purgeProtectionEnabled": record.purge_protection,
                },
            }))
        });
        self.page(incoming, target, rows, "nextLink", "$skiptoken")
    }
}
