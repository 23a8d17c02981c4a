//! Secrets on the data plane of a vault (7.x): versions, and the consumers that read them.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::contract::world;
use crate::domain::account::Service;

use super::audit::{Author, WriteRecord};
use super::event::Event;
use super::holder::HolderKind;
use super::message::{Incoming, Reply};
use super::route::Target;
use super::state::State;

/// A secret.
#[derive(Clone, Debug)]
pub(super) struct Secret {
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
    /// A secret as the world begins with it.
    pub(super) fn make_secret(&mut self, given: &world::Secret) -> Secret {
        let expires = given.expires_in_days.map(|days| (self.start + time::Duration::days(i64::from(days))).unix_timestamp());
        let version = Version {
            id: self.next_hex(),
            value: self.resolve(&given.value),
            tags: given.tags.clone(),
            content_type: given.content_type.clone(),
            enabled: given.enabled,
            created: self.start - super::media::seconds(given.created_hours_ago * 3600),
            expires,
        };
        Secret {
            name: given.name.clone(),
            deleted: given.soft_deleted,
            consumers: given.consumers.clone(),
            versions: vec![version],
        }
    }

    /// A secret that holds a key is held by the vault and used by its consumers.
    pub(super) fn begin_secret(&mut self, vault: usize, secret: usize) {
        let value = self.vaults[vault].secrets[secret].versions[0].value.clone();
        self.note_secret(&value);
        if self.vaults[vault].secrets[secret].deleted || self.generation_in(&value, "").is_none() {
            return;
        }
        let id = self.secret_url(vault, secret);
        let generation = self.generation_in(&value, "");
        self.hold(&id, HolderKind::Secret, &[], generation);
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
        let generation = self.generation_in(&value, "");
        let account = generation.and_then(|found| self.account_by_id(self.keyring.get(found).account.as_str()));
        let services = account.map_or_else(|| vec![Service::Blob], |at| self.accounts[at].services()[..1].to_vec());
        self.hold(&id, kind, &services, generation);
    }

    /// The address of a secret without a version: the name of the dependent.
    fn secret_url(&self, vault: usize, secret: usize) -> String {
        format!("{}/secrets/{}", self.vault_url(vault), self.vaults[vault].secrets[secret].name)
    }
    pub(super) fn list_secrets(&self, incoming: &Incoming, target: &Target, vault: usize) -> Reply {
        let all = self.vaults[vault].secrets.iter().enumerate().filter(|(_, secret)| !secret.deleted);
        let rows =
            all.filter_map(|(at, secret)| Some(describe_version(secret.versions.last()?, &self.secret_url(vault, at), false)));
        self.page(incoming, target, rows, "nextLink", "$skiptoken")
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

    pub(super) fn get_secret(&self, target: &Target, vault: usize) -> Reply {
        let secret = match self.find_secret(target, vault) {
            Ok(secret) => secret,
            Err(missing) => return missing,
        };
        let versions = &self.vaults[vault].secrets[secret].versions;
        let version = if let Some(id) = target.names.get(2) {
            versions.iter().find(|version| version.id == *id)
        } else {
            let lag = super::media::seconds(self.world.unknowns.secret_lag_seconds);
            versions.iter().rfind(|version| version.created + lag <= self.now).or(versions.first())
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

    pub(super) fn list_versions(&self, incoming: &Incoming, target: &Target, vault: usize) -> Reply {
        let secret = match self.find_secret(target, vault) {
            Ok(secret) => secret,
            Err(missing) => return missing,
        };
        let url = self.secret_url(vault, secret);
        let versions = self.vaults[vault].secrets[secret].versions.iter();
        let rows = versions.map(|version| describe_version(version, &format!("{url}/{}", version.id), false));
        self.page(incoming, target, rows, "nextLink", "$skiptoken")
    }

    /// Always a new version. A name that is deleted but recoverable cannot be used.
    pub(super) fn put_secret(&mut self, incoming: &Incoming, target: &Target, vault: usize) -> Reply {
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
            let generation = self.generation_in(&value, "");
            self.hold(&id, HolderKind::Secret, &[], generation);
        }
        for consumer in 0..self.vaults[vault].secrets[secret].consumers.len() {
            let reader = &self.vaults[vault].secrets[secret].consumers[consumer];
            if !reader.pinned {
                let delay = super::media::seconds(self.random.between(0, reader.cache_hours * 3600));
                self.events.plan(self.now + delay, Event::ConsumerReads { vault, secret, consumer });
            }
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
