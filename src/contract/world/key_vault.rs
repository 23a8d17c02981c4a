//! Key vaults of a world.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::customer_key::VaultSecurity;

/// A key vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Vault {
    /// The full id.
    pub id: String,
    /// The region.
    #[serde(default = "default_location")]
    pub location: String,
    /// Its secrets.
    #[serde(default)]
    pub secrets: Vec<Secret>,
    /// Storage accounts whose keys the vault manages itself.
    #[serde(default)]
    pub managed_storage_accounts: Vec<ManagedStorageAccount>,
    /// Whether every data plane call is refused (the caller has no access policy there).
    #[serde(default)]
    pub forbidden: bool,
    /// How it decides, and its keys.
    #[serde(default)]
    pub security: VaultSecurity,
}

/// A secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Secret {
    /// The name.
    pub name: String,
    /// The value, a template. What stands in braces is replaced when the world begins:
    /// `{key1 of ID}` the key, `{connection string key1 of ID}`, `{account sas key1 of ID}` and
    /// `{container sas CONTAINER key1 of ID}` a query string signed by the slot, thirty days from the beginning; `{blob of ID}` (`file`, `queue`, `table`) an
    /// endpoint with its slash.
    pub value: String,
    /// Tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// The content type.
    #[serde(default)]
    pub content_type: Option<String>,
    /// Whether it may be read.
    #[serde(default = "default_true")]
    pub enabled: bool,
    /// Whether the name is deleted but recoverable.
    #[serde(default)]
    pub soft_deleted: bool,
    /// Age of the current version.
    #[serde(default = "default_hours")]
    pub created_hours_ago: u64,
    /// When it expires.
    #[serde(default)]
    pub expires_in_days: Option<u32>,
    /// Who reads it.
    #[serde(default)]
    pub consumers: Vec<Consumer>,
}

/// An application that reads a secret and uses what it read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Consumer {
    /// Its name.
    pub name: String,
    /// After how many hours at most it reads again (App Service: within 24).
    #[serde(default = "default_cache")]
    pub cache_hours: u64,
    /// Whether its reference names a version, so that it never follows.
    #[serde(default)]
    pub pinned: bool,
}

/// A storage account that the vault manages (the legacy `/storage` feature).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ManagedStorageAccount {
    /// The name in the vault.
    pub name: String,
    /// The storage account's full id.
    pub resource_id: String,
    /// Whether the vault regenerates keys by itself.
    #[serde(default)]
    pub auto_regenerate_key: bool,
}

fn default_location() -> String {
    "westeurope".into()
}

fn default_true() -> bool {
    true
}

fn default_hours() -> u64 {
    24 * 100
}

fn default_cache() -> u64 {
    24
}

impl Vault {
    /// An empty vault.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            location: default_location(),
            secrets: Vec::new(),
            managed_storage_accounts: Vec::new(),
            forbidden: false,
            security: VaultSecurity::default(),
        }
    }
}

impl Secret {
    /// A secret with one consumer that reads again within a day.
    #[must_use]
    pub fn new(name: &str, value: &str) -> Self {
        Self {
            name: name.to_owned(),
            value: value.to_owned(),
            tags: BTreeMap::new(),
            content_type: None,
            enabled: true,
            soft_deleted: false,
            created_hours_ago: default_hours(),
            expires_in_days: None,
            consumers: vec![Consumer { name: format!("reader of {name}"), cache_hours: 24, pinned: false }],
        }
    }

    /// The plain key of a slot with the tags of Microsoft's dual-credential tutorial.
    #[must_use]
    pub fn dual_credential(name: &str, slot: &str, account: &str) -> Self {
        let mut secret = Self::new(name, &format!("{{{slot} of {account}}}"));
        secret.tags = BTreeMap::from([
            ("CredentialId".into(), slot.into()),
            ("ProviderAddress".into(), account.into()),
            ("ValidityPeriodDays".into(), "60".into()),
        ]);
        secret.expires_in_days = Some(20);
        secret
    }
}
