//! Key Vault: vaults (Resource Manager, 2023-07-01), secrets (data plane, 7.4) and the storage accounts that a vault manages
//! by itself (data plane, 7.0).

use std::collections::BTreeMap;

use azure_core::http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use url::Url;
use zeroize::Zeroizing;

use crate::domain::problem::{Kind, Problem};
use crate::domain::resource_id::ResourceId;

use super::call::{Audience, Call, Effect};
use super::client::Client;
use super::loopback;

const VAULTS: &str = "2023-07-01";
const SECRETS: &str = "7.4";
const STORAGE: &str = "7.0";
/// The type of a vault.
pub const VAULT_TYPE: &str = "Microsoft.KeyVault/vaults";

/// A vault's data plane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vault {
    /// The vault's name, unique in its cloud.
    pub name: String,
    /// `https://NAME.vault.azure.net/`.
    pub url: Url,
}

/// The name of a secret, and what its list tells beside the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretItem {
    /// The secret's name.
    pub name: String,
    /// The version's identifier; empty in the list of secrets.
    pub version: String,
    /// Times and whether it may be read.
    pub attributes: SecretAttributes,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Whether it is the private part of a certificate, which Key Vault writes itself.
    pub managed: bool,
}

/// Times and state of one version. All times are Unix seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct SecretAttributes {
    /// Whether the value may be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Not before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// Expiry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// When this version was written.
    #[serde(skip_serializing)]
    pub created: Option<i64>,
}

impl SecretAttributes {
    /// When this version was written.
    #[must_use]
    pub fn created_at(&self) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp(self.created?).ok()
    }
}

/// One version of a secret with its value.
#[derive(Clone)]
pub struct Secret {
    /// The version's identifier.
    pub version: String,
    /// The value.
    pub value: Zeroizing<String>,
    /// What kind of text the value is, if its writer said so.
    pub content_type: Option<String>,
    /// Times and state.
    pub attributes: SecretAttributes,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret").field("version", &self.version).field("tags", &self.tags).finish_non_exhaustive()
    }
}

/// A storage account whose keys a vault manages.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManagedStorage {
    /// The definition's id in the vault.
    pub id: String,
    /// The storage account's id.
    pub resource_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSecret {
    id: String,
    value: Option<String>,
    content_type: Option<String>,
    #[serde(default)]
    attributes: SecretAttributes,
    tags: Option<BTreeMap<String, String>>,
    managed: Option<bool>,
}

impl WireSecret {
    /// `https://VAULT/secrets/NAME[/VERSION]`.
    fn name_and_version(&self) -> Result<(String, String), Problem> {
        let url = Url::parse(&self.id).map_err(|_| malformed("a secret"))?;
        let mut segments = url.path_segments().ok_or_else(|| malformed("a secret"))?.skip(1).map(str::to_owned);
        let name = segments.next().filter(|name| !name.is_empty()).ok_or_else(|| malformed("a secret"))?;
        Ok((name, segments.next().unwrap_or_default()))
    }

    fn into_item(self) -> Result<SecretItem, Problem> {
        let (name, version) = self.name_and_version()?;
        let (attributes, managed) = (self.attributes, self.managed.unwrap_or(false));
        Ok(SecretItem { name, version, attributes, tags: self.tags.unwrap_or_default(), managed })
    }

    fn into_secret(self) -> Result<Secret, Problem> {
        let (_, version) = self.name_and_version()?;
        let value = Zeroizing::new(self.value.ok_or_else(|| malformed("a secret"))?);
        let tags = self.tags.unwrap_or_default();
        Ok(Secret { version, value, content_type: self.content_type, attributes: self.attributes, tags })
    }
}

fn malformed(what: &str) -> Problem {
    Problem::failed("unexpectedAnswer", format!("Key Vault answered {what} that is not of the documented shape"))
}

/// The inner error code of a name whose deleted secret can still be recovered.
const DELETED: &str = "ObjectIsDeletedButRecoverable";

impl Client {
    /// The vault of this name, or at this address.
    ///
    /// # Errors
    /// `unknownVault` when the address is not one of a vault of this cloud: no token is ever sent elsewhere.
    pub fn vault(&self, name_or_url: &str) -> Result<Vault, Problem> {
        let unknown = || {
            Problem::usage("unknownVault", format!("`{name_or_url}` is not a Key Vault of {}", self.cloud().name))
                .hint(format!("name the vault, or write its address as https://NAME.{}", self.cloud().key_vault_suffix))
        };
        let url = if name_or_url.contains("://") {
            Url::parse(name_or_url).map_err(|_| unknown())?
        } else {
            self.cloud().vault_url(name_or_url)?
        };
        let bare = url.path() == "/" && url.query().is_none() && url.username().is_empty() && url.password().is_none();
        if !bare || !loopback::is_private(&url) || !self.cloud().owns(Audience::KeyVault, &url) {
            return Err(unknown());
        }
        let name = url.host_str().and_then(|host| host.split('.').next()).ok_or_else(unknown)?.to_owned();
        Ok(Vault { name, url })
    }

    /// All vaults of a subscription, as raw JSON.
    ///
    /// # Errors
    /// As [`Client::list`].
    pub async fn vaults(&self, subscription: &str) -> Result<Vec<Value>, Problem> {
        let path = format!("/subscriptions/{subscription}/providers/{VAULT_TYPE}");
        self.list(Call::new(Method::Get, self.resource_manager_url(&path, VAULTS), Effect::Read, Audience::ResourceManager)).await
    }

    /// The names, tags and attributes of all secrets of a vault.
    ///
    /// # Errors
    /// As [`Client::list`].
    pub async fn secrets(&self, vault: &Vault) -> Result<Vec<SecretItem>, Problem> {
        self.secret_items(vault, &["secrets"]).await
    }

    /// The versions of a secret, newest first.
    ///
    /// # Errors
    /// As [`Client::list`].
    pub async fn secret_versions(&self, vault: &Vault, name: &str) -> Result<Vec<SecretItem>, Problem> {
        let mut items = self.secret_items(vault, &["secrets", name, "versions"]).await?;
        items.sort_by_key(|item| std::cmp::Reverse(item.attributes.created));
        Ok(items)
    }

    async fn secret_items(&self, vault: &Vault, path: &[&str]) -> Result<Vec<SecretItem>, Problem> {
        let mut url = vault_url(vault, path, SECRETS);
        url.query_pairs_mut().append_pair("maxresults", "25");
        let items = self.list(Call::new(Method::Get, url, Effect::Read, Audience::KeyVault)).await?;
        let wire = items.into_iter().map(|item| serde_json::from_value::<WireSecret>(item).map_err(|_| malformed("a secret")));
        wire.map(|wire| wire.and_then(WireSecret::into_item)).collect()
    }

    /// The current version of a secret, or the one named. An empty version means the current one.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn secret(&self, vault: &Vault, name: &str, version: &str) -> Result<Secret, Problem> {
        let path: &[&str] = if version.is_empty() { &["secrets", name] } else { &["secrets", name, version] };
        let call = Call::new(Method::Get, vault_url(vault, path, SECRETS), Effect::Read, Audience::KeyVault);
        self.send(call).await?.parse::<WireSecret>()?.into_secret()
    }

    /// Writes a new version of a secret. Every call makes one more version, so it is done once.
    ///
    /// # Errors
    /// As [`Client::send`]; `secretDeleted` when a deleted secret of this name can still be recovered.
    pub async fn set_secret(&self, vault: &Vault, name: &str, next: &Secret) -> Result<Secret, Problem> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body<'a> {
            value: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            content_type: Option<&'a str>,
            attributes: &'a SecretAttributes,
            tags: &'a BTreeMap<String, String>,
        }
        let body = Body {
            value: &next.value,
            content_type: next.content_type.as_deref(),
            attributes: &next.attributes,
            tags: &next.tags,
        };
        let call =
            Call::new(Method::Put, vault_url(vault, &["secrets", name], SECRETS), Effect::Once, Audience::KeyVault).json(&body);
        match self.send(call).await {
            Ok(answer) => answer.parse::<WireSecret>()?.into_secret(),
            // Any other conflict (a secret that is being recovered or backed up) passes.
            Err(problem) if problem.http_status == Some(409) && problem.causes.iter().any(|cause| cause.contains(DELETED)) => {
                Err(Problem {
                    http_status: problem.http_status,
                    service_code: problem.service_code,
                    kind: Kind::Person,
                    ..Problem::person(
                        "secretDeleted",
                        format!(
                            "secret {name} of vault {} is deleted and can still be recovered, so its name cannot be written",
                            vault.name
                        ),
                    )
                    .because(problem.message)
                    .hint(format!(
                        "recover it with `az keyvault secret recover --vault-name {} --name {name}`, then resume",
                        vault.name
                    ))
                })
            }
            Err(problem) => Err(problem),
        }
    }

    /// The storage accounts whose keys a vault manages. Only vaults with access policies know them.
    ///
    /// # Errors
    /// As [`Client::list`].
    pub async fn managed_storage(&self, vault: &Vault) -> Result<Vec<ManagedStorage>, Problem> {
        let call = Call::new(Method::Get, vault_url(vault, &["storage"], STORAGE), Effect::Read, Audience::KeyVault);
        let items = self.list(call).await?;
        items.into_iter().map(|item| serde_json::from_value(item).map_err(|_| malformed("a managed storage account"))).collect()
    }

    /// Whether a vault regenerates the keys of a storage account by itself.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn regenerates_by_itself(&self, vault: &Vault, managed: &ManagedStorage) -> Result<bool, Problem> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire {
            auto_regenerate_key: Option<bool>,
        }
        let name = managed.id.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let call = Call::new(Method::Get, vault_url(vault, &["storage", name], STORAGE), Effect::Read, Audience::KeyVault);
        Ok(self.send(call).await?.parse::<Wire>()?.auto_regenerate_key.unwrap_or(false))
    }
}

pub(super) fn vault_url(vault: &Vault, path: &[&str], version: &str) -> Url {
    let mut url = vault.url.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.clear().extend(path);
    }
    url.query_pairs_mut().append_pair("api-version", version);
    url
}

/// The name and data-plane address of a vault as Resource Manager or Resource Graph describes it.
///
/// # Errors
/// `unexpectedAnswer` when it is not of the documented shape.
pub fn vault_address(item: &Value) -> Result<(ResourceId, String), Problem> {
    let id = item["id"].as_str().and_then(|id| ResourceId::parse_as(id, VAULT_TYPE).ok()).ok_or_else(|| malformed("a vault"))?;
    let address = item["properties"]["vaultUri"].as_str().map_or_else(|| id.name().to_owned(), str::to_owned);
    Ok((id, address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_with_its_version_and_never_printed() {
        let wire: WireSecret = serde_json::from_str(
            r#"{"value":"hidden","id":"https://v.vault.azure.net/secrets/s/0123","attributes":{"enabled":true,"created":1690270664,"updated":1,"recoverableDays":7},"tags":{"a":"b"}}"#,
        )
        .expect("parses");
        let secret = wire.into_secret().expect("a secret");
        assert_eq!((secret.version.as_str(), secret.attributes.created), ("0123", Some(1_690_270_664)));
        assert!(!format!("{secret:?}").contains("hidden"));
    }

    #[test]
    fn only_what_may_be_written_is_sent_back() {
        let attributes = SecretAttributes { enabled: Some(true), nbf: None, exp: Some(5), created: Some(4) };
        assert_eq!(serde_json::to_string(&attributes).expect("serialises"), r#"{"enabled":true,"exp":5}"#);
    }
}
