//! Keys on the data plane of a vault (7.4). The token is the client's business: Key Vault's 401 challenge only says what the cloud
//! already knows, and a token goes to no host that is not a vault of this cloud.

use std::collections::BTreeMap;

use azure_core::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::json;
use time::OffsetDateTime;

use crate::domain::customer_key::{Key, KeyFound, KeyId, KeyVersion, RUN_TAG};
use crate::domain::problem::{Kind, Problem};

use super::call::{Answer, Audience, Call, Effect};
use super::client::Client;
use super::key_vault::vault_url;

const API_VERSION: &str = "7.4";
/// The inner error code of a name whose deleted key can still be recovered.
const DELETED: &str = "ObjectIsDeletedButRecoverable";

#[derive(Deserialize)]
struct WireBundle {
    key: WireKey,
    #[serde(default)]
    attributes: WireAttributes,
    tags: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct WireKey {
    kid: String,
    #[serde(default)]
    kty: String,
    n: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireAttributes {
    enabled: Option<bool>,
    created: Option<i64>,
}

#[derive(Deserialize)]
struct WireItem {
    kid: String,
    #[serde(default)]
    attributes: WireAttributes,
    tags: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireDeleted {
    scheduled_purge_date: Option<i64>,
}

impl WireBundle {
    fn into_key(self) -> Result<Key, Problem> {
        Ok(Key {
            id: self.key.kid.parse().map_err(|_| malformed("a key"))?,
            kind: self.key.kty,
            size: self.key.n.as_deref().map_or(0, modulus_bits),
            enabled: self.attributes.enabled.unwrap_or(true),
            tags: self.tags.unwrap_or_default(),
        })
    }
}

/// The length of an RSA modulus in bits: its bytes without leading zeros.
fn modulus_bits(modulus: &str) -> u16 {
    let bytes = URL_SAFE_NO_PAD.decode(modulus.trim_end_matches('=')).unwrap_or_default();
    let length = bytes.iter().skip_while(|byte| **byte == 0).count();
    u16::try_from(length * 8).unwrap_or_default()
}

fn malformed(what: &str) -> Problem {
    Problem::failed("unexpectedAnswer", format!("Key Vault answered {what} that is not of the documented shape"))
}

impl Client {
    /// What there is of a key: its newest version, or that it was deleted, or that it is not for us to see.
    ///
    /// # Errors
    /// As [`Client::send`], but for 403 and 404.
    pub async fn key(&self, key: &KeyId) -> Result<KeyFound, Problem> {
        match self.send(self.key_call(Method::Get, key, &["keys", &key.name], Effect::Read)?).await {
            Ok(answer) => Ok(KeyFound::Present(answer.parse::<WireBundle>()?.into_key()?)),
            Err(problem) if problem.http_status == Some(403) => Ok(KeyFound::Forbidden { why: problem.message }),
            Err(problem) if problem.kind == Kind::NotFound => self.deleted_key(key).await,
            Err(problem) => Err(problem),
        }
    }

    /// Whether a key of this name is deleted and can be recovered. Who may not look sees nothing.
    async fn deleted_key(&self, key: &KeyId) -> Result<KeyFound, Problem> {
        match self.send(self.key_call(Method::Get, key, &["deletedkeys", &key.name], Effect::Read)?).await {
            Ok(answer) => {
                let purged = answer.parse::<WireDeleted>()?.scheduled_purge_date;
                Ok(KeyFound::Deleted { purged: purged.and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok()) })
            }
            Err(problem) if matches!(problem.http_status, Some(403 | 404)) => Ok(KeyFound::Missing),
            Err(problem) => Err(problem),
        }
    }

    /// All versions of a key, newest first.
    ///
    /// # Errors
    /// As [`Client::list`].
    pub async fn key_versions(&self, key: &KeyId) -> Result<Vec<KeyVersion>, Problem> {
        let mut call = self.key_call(Method::Get, key, &["keys", &key.name, "versions"], Effect::Read)?;
        call.url.query_pairs_mut().append_pair("maxresults", "25");
        let items = self.list(call).await?;
        let mut versions = Vec::new();
        for item in items {
            let wire: WireItem = serde_json::from_value(item).map_err(|_| malformed("a key"))?;
            versions.push(KeyVersion {
                id: wire.kid.parse().map_err(|_| malformed("a key"))?,
                enabled: wire.attributes.enabled.unwrap_or(true),
                created: wire.attributes.created.and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok()),
                tags: wire.tags.unwrap_or_default(),
            });
        }
        versions.sort_by_key(|version| std::cmp::Reverse(version.created));
        Ok(versions)
    }

    /// Makes an RSA key, or a new version of it. Every call makes one more, so it is done once. The version carries the run's id as a tag.
    ///
    /// # Errors
    /// As [`Client::send`] for a call that is done once; `keyDeleted` while a deleted key of this name can be recovered.
    pub async fn create_key(&self, key: &KeyId, size: u16, run: &str) -> Result<(Key, Option<String>), Problem> {
        let call = self.key_call(Method::Post, key, &["keys", &key.name, "create"], Effect::Once)?;
        let tags = BTreeMap::from([(RUN_TAG, run)]);
        let body = json!({ "kty": "RSA", "key_size": size, "attributes": { "enabled": true }, "tags": tags });
        match self.send(call.json(&body)).await {
            Ok(answer) => Ok((once(&answer)?, answer.correlation_id())),
            // Any other conflict (a key that is being deleted or recovered) passes.
            Err(problem) if problem.http_status == Some(409) && problem.causes.iter().any(|cause| cause.contains(DELETED)) => {
                Err(Problem {
                    http_status: problem.http_status,
                    service_code: problem.service_code,
                    ..deleted(key).because(problem.message)
                })
            }
            Err(problem) => Err(problem),
        }
    }

    /// Lets a version be used no more. It can be enabled again.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn disable_key(&self, version: &KeyId) -> Result<Answer, Problem> {
        let number = version.version.as_deref().unwrap_or_default();
        let call = self.key_call(Method::Patch, version, &["keys", &version.name, number], Effect::Idempotent)?;
        self.send(call.json(&json!({ "attributes": { "enabled": false } }))).await
    }

    /// Deletes a key with all its versions; until its retention time has passed it can be recovered.
    ///
    /// # Errors
    /// As [`Client::send`]; a key that is gone already is as good.
    pub async fn delete_key(&self, key: &KeyId) -> Result<(), Problem> {
        let call = self.key_call(Method::Delete, key, &["keys", &key.name], Effect::Idempotent)?;
        match self.send(call).await {
            Ok(_) => Ok(()),
            Err(problem) if problem.kind == Kind::NotFound => Ok(()),
            Err(problem) => Err(problem),
        }
    }

    /// Brings a deleted key back. It may take a while until it can be read again.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn recover_key(&self, key: &KeyId) -> Result<Answer, Problem> {
        self.send(self.key_call(Method::Post, key, &["deletedkeys", &key.name, "recover"], Effect::Idempotent)?).await
    }

    fn key_call(&self, method: Method, key: &KeyId, path: &[&str], effect: Effect) -> Result<Call, Problem> {
        let vault = self.vault(&key.vault)?;
        Ok(Call::new(method, vault_url(&vault, path, API_VERSION), effect, Audience::KeyVault))
    }
}

/// An answer that cannot be read does not undo what was done.
fn once(answer: &Answer) -> Result<Key, Problem> {
    let read = answer.parse::<WireBundle>().and_then(WireBundle::into_key);
    read.map_err(|problem| Problem { kind: Kind::OutcomeUnknown, code: "outcomeUnknown".into(), ..problem })
}

fn deleted(key: &KeyId) -> Problem {
    let message = format!("a key named {} of vault {} is deleted and can still be recovered", key.name, key.vault_name());
    Problem::blocked("keyDeleted", message).hint("bring it back with --recover, or take another --key-name")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_key_is_that_of_its_modulus() {
        let bundle = r#"{"key":{"kid":"https://v.vault.azure.net/keys/k/0123","kty":"RSA","key_ops":[],"n":"MODULUS","e":"AQAB"},"attributes":{"enabled":false,"created":5}}"#;
        let modulus = URL_SAFE_NO_PAD.encode([vec![0], vec![200; 384]].concat());
        let wire: WireBundle = serde_json::from_str(&bundle.replace("MODULUS", &modulus)).expect("parses");
        let key = wire.into_key().expect("a key");
        assert_eq!((key.size, key.enabled, key.id.version.as_deref()), (3072, false, Some("0123")));
    }
}
