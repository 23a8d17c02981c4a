//! Keys on the data plane of a vault (7.x).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::super::message::{Incoming, Reply};
use super::super::random::Random;
use super::super::route::Target;
use super::super::state::State;
use super::route::Operation;
use super::{KeyRecord, VersionRecord};

impl State {
    /// Every call on the keys of a vault.
    pub(super) fn key_data(&mut self, incoming: &Incoming, target: &Target, operation: Operation) -> Reply {
        let vault = target.names.first().cloned().unwrap_or_default().to_ascii_lowercase();
        let Some(record) = self.customer_keys.vaults.get(&vault).filter(|record| record.deleted.is_none()) else {
            return Reply::error(404, "VaultNotFound", "The vault could not be found.");
        };
        let by_roles = record.by_roles;
        if !self.caller_may(&vault, operation.permission().unwrap_or_default()) {
            let object = &self.world.caller.object_id;
            let (message, inner) = if by_roles {
                (format!("Caller is not authorized to perform action on resource. Caller: oid={object}"), "ForbiddenByRbac")
            } else {
                let permission = operation.permission().unwrap_or_default();
                (
                    format!(
                        "The user, group or application 'oid={object}' does not have keys {permission} permission on key vault '{vault}'."
                    ),
                    "ForbiddenByPolicy",
                )
            };
            return Reply::json(
                403,
                &json!({ "error": { "code": "Forbidden", "message": message, "innererror": { "code": inner } } }),
            );
        }
        let name = target.names.get(1).cloned().unwrap_or_default();
        let version = target.names.get(2).cloned();
        match operation {
            Operation::KeyCreate => self.create_key(incoming, &vault, &name),
            Operation::KeyRecover | Operation::KeyDeleted => self.deleted_key(&vault, &name, operation),
            _ => self.existing_key(incoming, target, &vault, (&name, version.as_deref()), operation),
        }
    }

    fn caller_may(&self, vault: &str, permission: &str) -> bool {
        let caller = self.world.caller.object_id.clone();
        let given = self.customer_keys.vaults.get(vault).is_some_and(|record| record.caller_may);
        given || self.may_with_key(vault, &caller, permission)
    }

    fn create_key(&mut self, incoming: &Incoming, vault: &str, name: &str) -> Reply {
        let body = incoming.json();
        let version = VersionRecord {
            id: self.next_hex(),
            enabled: body["attributes"]["enabled"] != false,
            created: self.now,
            tags: body.get("tags").cloned().unwrap_or_else(|| json!({})),
        };
        let Some(record) = self.customer_keys.vaults.get_mut(vault) else { return Reply::empty(404) };
        let position = record.keys.iter().position(|key| key.name.eq_ignore_ascii_case(name));
        if position.is_some_and(|at| record.keys[at].deleted.is_some()) {
            let message = format!(
                "Key {name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the key can only be recovered or purged."
            );
            return Reply::json(
                409,
                &json!({ "error": { "code": "Conflict", "message": message, "innererror": { "code": "ObjectIsDeletedButRecoverable" } } }),
            );
        }
        let at = position.unwrap_or_else(|| {
            let kind = body["kty"].as_str().unwrap_or("RSA").to_owned();
            let size = body["key_size"].as_u64().and_then(|size| u16::try_from(size).ok()).unwrap_or(2048);
            record.keys.push(KeyRecord { name: name.to_owned(), kind, size, deleted: None, versions: Vec::new() });
            record.keys.len() - 1
        });
        record.keys[at].versions.push(version);
        *self.log.secret_versions.entry(format!("{vault}/keys/{name}")).or_default() += 1;
        self.key_bundle(vault, at, None)
    }

    fn deleted_key(&mut self, vault: &str, name: &str, operation: Operation) -> Reply {
        let Some(record) = self.customer_keys.vaults.get_mut(vault) else { return Reply::empty(404) };
        let found = record.keys.iter().position(|key| key.deleted.is_some() && key.name.eq_ignore_ascii_case(name));
        let Some(at) = found else {
            return Reply::error(404, "KeyNotFound", &format!("Deleted Key not found: {name}"));
        };
        if operation == Operation::KeyRecover {
            record.keys[at].deleted = None;
            return self.key_bundle(vault, at, None);
        }
        let deleted = record.keys[at].deleted.map(|at| at.unix_timestamp()).unwrap_or_default();
        let url = format!("{}/deletedkeys/{name}", self.vault_address(vault));
        let purge = deleted + 90 * 86_400;
        Reply::json(200, &json!({ "recoveryId": url, "deletedDate": deleted, "scheduledPurgeDate": purge, "attributes": {} }))
    }

    fn existing_key(
        &mut self,
        incoming: &Incoming,
        target: &Target,
        vault: &str,
        (name, version): (&str, Option<&str>),
        operation: Operation,
    ) -> Reply {
        let now = self.now;
        let Some(record) = self.customer_keys.vaults.get_mut(vault) else { return Reply::empty(404) };
        let found = record.keys.iter().position(|key| key.deleted.is_none() && key.name.eq_ignore_ascii_case(name));
        let missing = || {
            Reply::error(
                404,
                "KeyNotFound",
                &format!(
                    "A key with (name/id) {name} was not found in this key vault. If you recently deleted this key you may be able to recover it using the correct recovery command."
                ),
            )
        };
        let Some(at) = found else { return missing() };
        match operation {
            Operation::KeyUpdate => {
                let Some(known) = record.keys[at].versions.iter_mut().find(|known| Some(known.id.as_str()) == version) else {
                    return missing();
                };
                if let Some(enabled) = incoming.json()["attributes"]["enabled"].as_bool() {
                    let was = std::mem::replace(&mut known.enabled, enabled);
                    if was && !enabled {
                        self.customer_keys.deleted.push(format!("{vault}/keys/{name}/{}", version.unwrap_or_default()));
                    }
                }
                self.key_bundle(vault, at, version)
            }
            Operation::KeyDelete => {
                record.keys[at].deleted = Some(now);
                self.customer_keys.deleted.push(format!("{vault}/keys/{name}"));
                self.key_bundle(vault, at, None)
            }
            Operation::KeyVersions => {
                let url = format!("{}/keys/{name}", self.vault_address(vault));
                let versions = self.customer_keys.vaults[vault].keys[at].versions.clone();
                let rows = versions.iter().map(|version| {
                    json!({ "kid": format!("{url}/{}", version.id), "attributes": attributes(version), "tags": version.tags })
                });
                self.page(incoming, target, rows.collect::<Vec<_>>(), "nextLink", "$skiptoken")
            }
            _ => self.key_bundle(vault, at, version),
        }
    }

    /// The address of a vault, without a slash at its end.
    pub(super) fn vault_address(&self, vault: &str) -> String {
        format!("{}://{vault}.{}", self.world.endpoints.scheme, self.world.endpoints.key_vault_suffix)
    }

    /// A key as the vault shows it: its newest version, or the one asked for. The modulus is as long as it should be.
    fn key_bundle(&self, vault: &str, at: usize, version: Option<&str>) -> Reply {
        let key = &self.customer_keys.vaults[vault].keys[at];
        let found = version.map_or(key.versions.last(), |wanted| key.versions.iter().find(|known| known.id == wanted));
        let Some(version) = found else { return Reply::error(404, "KeyNotFound", "The version was not found.") };
        let mut modulus = Random::for_purpose(self.world.seed, &version.id).bytes(usize::from(key.size) / 8);
        if let Some(first) = modulus.first_mut() {
            *first |= 0x80;
        }
        let mut shown = json!({
            "kid": format!("{}/keys/{}/{}", self.vault_address(vault), key.name, version.id), "kty": key.kind,
            "key_ops": ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"],
        });
        if key.kind.starts_with("RSA") {
            shown["n"] = json!(URL_SAFE_NO_PAD.encode(modulus));
            shown["e"] = json!("AQAB");
        }
        Reply::json(200, &json!({ "key": shown, "attributes": attributes(version), "tags": version.tags }))
    }
}

fn attributes(version: &VersionRecord) -> Value {
    let created = version.created.unix_timestamp();
    json!({ "enabled": version.enabled, "created": created, "updated": created, "recoveryLevel": "Recoverable", "recoverableDays": 90 })
}
