//! Key vaults: in Resource Manager, and their secrets on the data plane (7.x).

use std::collections::BTreeMap;

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::contract::world;
use crate::domain::account::Service;
use crate::domain::resource_id::ResourceId;

use super::audit::{Author, WriteRecord};
use super::event::Event;
use super::holder::HolderKind;
use super::message::{Incoming, Reply};
use super::route::{Route, Target};
use super::state::State;

/// A vault.
#[derive(Clone, Debug)]
pub(super) struct Vault {
    /// The id.
    pub id: ResourceId,
    given: world::Vault,
    secrets: Vec<Secret>,
}

#[derive(Clone, Debug)]
struct Secret {
    name: String,
    deleted: bool,
    consumers: Vec<world::Consumer>,
    versions: Vec<Version>,
}

#[derive(Clone, Debug)]
struct Version {
    id: String,
    value: String,
    tags: BTreeMap<String, String>,
    content_type: Option<String>,
    enabled: bool,
    created: OffsetDateTime,
    expires: Option<i64>,
}

impl State {
    pub(super) fn begin_vaults(&mut self) {
        for given in self.world.vaults.clone() {
            let Ok(id) = given.id.parse::<ResourceId>() else { continue };
            let mut secrets = Vec::new();
            for secret in &given.secrets {
                let created = self.start - super::media::seconds(secret.created_hours_ago * 3600);
                let version = Version {
                    id: self.next_hex(),
                    value: self.resolve(&secret.value),
                    tags: secret.tags.clone(),
                    content_type: secret.content_type.clone(),
                    enabled: secret.enabled,
                    created,
                    expires: secret
                        .expires_in_days
                        .map(|days| (self.start + time::Duration::days(i64::from(days))).unix_timestamp()),
                };
                secrets.push(Secret {
                    name: secret.name.clone(),
                    deleted: secret.soft_deleted,
                    consumers: secret.consumers.clone(),
                    versions: vec![version],
                });
            }
            self.vaults.push(Vault { id, given, secrets });
            let vault = self.vaults.len() - 1;
            for secret in 0..self.vaults[vault].secrets.len() {
                self.begin_secret(vault, secret);
            }
        }
    }

    /// A secret that holds a key is held by the vault and used by its consumers.
    fn begin_secret(&mut self, vault: usize, secret: usize) {
        let value = self.vaults[vault].secrets[secret].versions[0].value.clone();
        self.note_secret(&value);
        if self.vaults[vault].secrets[secret].deleted || self.generation_in(&value, "").is_none() {
            return;
        }
        let id = self.secret_url(vault, secret);
        let start = self.start;
        self.hold_text(&id, HolderKind::Secret, &[], &value, "", start);
        for consumer in 0..self.vaults[vault].secrets[secret].consumers.len() {
            self.consumer_reads(vault, secret, consumer);
        }
    }

    /// A consumer reads the current version and uses it from now on.
    pub(super) fn consumer_reads(&mut self, vault: usize, secret: usize, consumer: usize) {
        let it = &self.vaults[vault].secrets[secret];
        let (Some(version), Some(reader)) = (it.versions.last(), it.consumers.get(consumer)) else { return };
        let kind = if reader.pinned { HolderKind::PinnedConsumer } else { HolderKind::Consumer };
        let (value, id) = (version.value.clone(), format!("{}#{}", self.secret_url(vault, secret), reader.name));
        let services = self.generation_in(&value, "").map_or_else(Vec::new, |generation| {
            let account = self.account_by_id(self.keyring.get(generation).account.as_str());
            account.map_or_else(Vec::new, |at| self.accounts[at].services()[..1].to_vec())
        });
        let services = if services.is_empty() { vec![Service::Blob] } else { services };
        let now = self.now;
        self.hold_text(&id, kind, &services, &value, "", now);
    }

    fn vault_url(&self, vault: usize) -> String {
        let endpoints = &self.world.endpoints;
        format!("{}://{}.{}", endpoints.scheme, self.vaults[vault].id.name(), endpoints.key_vault_suffix)
    }

    fn secret_url(&self, vault: usize, secret: usize) -> String {
        format!("{}/secrets/{}", self.vault_url(vault), self.vaults[vault].secrets[secret].name)
    }

    pub(super) fn get_vault(&self, target: &Target) -> Reply {
        self.find(target, self.vaults.iter().map(|vault| &vault.id))
            .map_or_else(|missing| missing, |vault| Reply::json(200, &self.describe_vault(vault)))
    }

    pub(super) fn list_vaults(&self, incoming: &Incoming, target: &Target) -> Reply {
        let all = (0..self.vaults.len()).filter(|vault| target.covers(&self.vaults[*vault].id));
        self.page(incoming, target, all.map(|vault| self.describe_vault(vault)).collect(), "nextLink", "$skiptoken")
    }

    /// The vault as Resource Manager shows it (2023-07-01).
    pub(super) fn describe_vault(&self, vault: usize) -> Value {
        let Vault { id, given, .. } = &self.vaults[vault];
        json!({
            "id": id.as_str(), "name": id.name(), "type": "Microsoft.KeyVault/vaults", "location": given.location, "tags": {},
            "properties": {
                "sku": { "family": "A", "name": "standard" }, "tenantId": self.world.tenant, "accessPolicies": [],
                "enableRbacAuthorization": true, "enableSoftDelete": true, "softDeleteRetentionInDays": 90,
                "vaultUri": format!("{}/", self.vault_url(vault)), "provisioningState": "Succeeded",
            },
        })
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

    fn list_secrets(&self, incoming: &Incoming, target: &Target, vault: usize) -> Reply {
        let all = self.vaults[vault].secrets.iter().enumerate().filter(|(_, secret)| !secret.deleted);
        let rows =
            all.filter_map(|(at, secret)| Some(describe_version(secret.versions.last()?, &self.secret_url(vault, at), false)));
        self.page(incoming, target, rows.collect(), "nextLink", "$skiptoken")
    }

    fn find_secret(&self, target: &Target, vault: usize) -> Result<usize, Reply> {
        let name = target.names.get(1).map(String::as_str).unwrap_or_default();
        let found =
            self.vaults[vault].secrets.iter().position(|secret| !secret.deleted && secret.name.eq_ignore_ascii_case(name));
        found.ok_or_else(|| {
            let message = format!("A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command.");
            Reply::error(404, "SecretNotFound", &message)
        })
    }

    fn get_secret(&self, target: &Target, vault: usize) -> Reply {
        let secret = match self.find_secret(target, vault) {
            Ok(secret) => secret,
            Err(missing) => return missing,
        };
        let versions = &self.vaults[vault].secrets[secret].versions;
        let version = match target.names.get(2) {
            Some(id) => versions.iter().find(|version| version.id == *id),
            None => {
                let lag = super::media::seconds(self.world.unknowns.secret_lag_seconds);
                versions.iter().rfind(|version| version.created + lag <= self.now).or(versions.first())
            }
        };
        let Some(version) = version else {
            return Reply::error(404, "SecretNotFound", "A secret version with that id was not found in this key vault.");
        };
        if !version.enabled {
            let inner = json!({ "code": "SecretDisabled" });
            let message = "Operation get is not allowed on a disabled secret.";
            return Reply::json(403, &json!({ "error": { "code": "Forbidden", "message": message, "innererror": inner } }));
        }
        let id = format!("{}/{}", self.secret_url(vault, secret), version.id);
        Reply::json(200, &describe_version(version, &id, true))
    }

    fn list_versions(&self, incoming: &Incoming, target: &Target, vault: usize) -> Reply {
        let secret = match self.find_secret(target, vault) {
            Ok(secret) => secret,
            Err(missing) => return missing,
        };
        let url = self.secret_url(vault, secret);
        let versions = self.vaults[vault].secrets[secret].versions.iter();
        let rows = versions.map(|version| describe_version(version, &format!("{url}/{}", version.id), false));
        self.page(incoming, target, rows.collect(), "nextLink", "$skiptoken")
    }

    /// Always a new version. A name that is deleted but recoverable cannot be used.
    fn put_secret(&mut self, incoming: &Incoming, target: &Target, vault: usize) -> Reply {
        let name = target.names.get(1).cloned().unwrap_or_default();
        let body = incoming.json();
        let Some(value) = body["value"].as_str() else {
            return Reply::error(400, "BadParameter", "Property value is missing.");
        };
        let tags = body["tags"].as_object().map(|tags| {
            tags.iter()
                .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
                .collect::<BTreeMap<_, _>>()
        });
        let version = Version {
            id: self.next_hex(),
            value: value.to_owned(),
            tags: tags.unwrap_or_default(),
            content_type: body["contentType"].as_str().map(str::to_owned),
            enabled: body["attributes"]["enabled"].as_bool().unwrap_or(true),
            created: self.now,
            expires: body["attributes"]["exp"].as_i64(),
        };
        let existing = self.vaults[vault].secrets.iter().position(|secret| secret.name.eq_ignore_ascii_case(&name));
        if existing.is_some_and(|at| self.vaults[vault].secrets[at].deleted) {
            let message = format!(
                "Secret {name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged."
            );
            let inner = json!({ "code": "ObjectIsDeletedButRecoverable" });
            return Reply::json(409, &json!({ "error": { "code": "Conflict", "message": message, "innererror": inner } }));
        }
        let secret = existing.unwrap_or_else(|| {
            self.vaults[vault].secrets.push(Secret { name, deleted: false, consumers: Vec::new(), versions: Vec::new() });
            self.vaults[vault].secrets.len() - 1
        });
        let url = self.secret_url(vault, secret);
        let answer = describe_version(&version, &format!("{url}/{}", version.id), true);
        self.note_write(vault, secret, &version);
        self.vaults[vault].secrets[secret].versions.push(version);
        self.follow_write(vault, secret);
        Reply::json(200, &answer)
    }

    /// Writes down the new version, and what it lost.
    fn note_write(&mut self, vault: usize, secret: usize, new: &Version) {
        let id = self.secret_url(vault, secret);
        if let Some(old) = self.vaults[vault].secrets[secret].versions.last() {
            let mut lost: Vec<String> =
                old.tags.keys().filter(|tag| !new.tags.contains_key(*tag)).map(|tag| format!("tag {tag}")).collect();
            if old.content_type.is_some() && old.content_type != new.content_type {
                lost.push("contentType".into());
            }
            if old.expires.is_some() && new.expires.is_none() {
                lost.push("exp".into());
            }
            self.log.losses.extend(lost.into_iter().map(|what| format!("{id} lost {what}")));
        }
        self.note_secret(&new.value);
        *self.log.secret_versions.entry(id.clone()).or_default() += 1;
        self.log.writes.push(WriteRecord { dependent: id, seconds: self.seconds(self.now), author: Author::Caller });
    }

    /// The vault holds the new value at once; its consumers read it when their caches end.
    fn follow_write(&mut self, vault: usize, secret: usize) {
        let id = self.secret_url(vault, secret);
        let Some(value) = self.vaults[vault].secrets[secret].versions.last().map(|version| version.value.clone()) else { return };
        if self.holders.contains_key(&id) || self.generation_in(&value, "").is_some() {
            let now = self.now;
            self.hold_text(&id, HolderKind::Secret, &[], &value, "", now);
        }
        for consumer in 0..self.vaults[vault].secrets[secret].consumers.len() {
            let reader = &self.vaults[vault].secrets[secret].consumers[consumer];
            if !reader.pinned {
                let delay = super::media::seconds(self.random.between(0, reader.cache_hours * 3600));
                self.events.plan(self.now + delay, Event::ConsumerReads { vault, secret, consumer });
            }
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
            None => self.page(incoming, target, managed.iter().map(|it| describe(it, false)).collect(), "nextLink", "$skiptoken"),
            Some(name) => match managed.iter().find(|it| it.name.eq_ignore_ascii_case(name)) {
                Some(it) => Reply::json(200, &describe(it, true)),
                None => Reply::error(404, "StorageAccountNotFound", &format!("Storage account not found: {name}")),
            },
        }
    }
}

fn describe_version(version: &Version, id: &str, whole: bool) -> Value {
    let created = version.created.unix_timestamp();
    let mut attributes = json!({
        "enabled": version.enabled, "created": created, "updated": created,
        "recoveryLevel": "Recoverable+Purgeable", "recoverableDays": 90,
    });
    if let Some(expires) = version.expires {
        attributes["exp"] = json!(expires);
    }
    let mut item = json!({ "id": id, "attributes": attributes, "tags": version.tags });
    if let Some(kind) = &version.content_type {
        item["contentType"] = json!(kind);
    }
    if whole {
        item["value"] = json!(version.value);
    }
    item
}
