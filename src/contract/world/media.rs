//! Media Services v3 accounts of a world.

use serde::{Deserialize, Serialize};

/// A Media Services v3 account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MediaAccount {
    /// The full id.
    pub id: String,
    /// The region as it stands on the wire.
    #[serde(default = "default_location")]
    pub location: String,
    /// The storage accounts that it uses.
    pub storage_accounts: Vec<AttachedStorage>,
    /// `System` (keys) or `ManagedIdentity` (no key).
    #[serde(default = "default_authentication")]
    pub storage_authentication: String,
    /// Its assets.
    #[serde(default)]
    pub assets: Vec<Asset>,
}

/// A storage account as a media account names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AttachedStorage {
    /// The storage account's full id.
    pub id: String,
    /// Whether it is the primary one.
    #[serde(default = "default_true")]
    pub primary: bool,
    /// Whether today's keys are held; `false` where the last sync was forgotten.
    #[serde(default = "default_true")]
    pub synced: bool,
}

/// An asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Asset {
    /// The asset's name.
    pub name: String,
    /// The bare name of the storage account that it lives in.
    pub storage_account_name: String,
    /// Its container.
    pub container: String,
}

fn default_location() -> String {
    "West Europe".into()
}

fn default_authentication() -> String {
    "System".into()
}

fn default_true() -> bool {
    true
}

impl MediaAccount {
    /// An account over one primary storage account with one asset in it.
    #[must_use]
    pub fn new(id: &str, storage: &str) -> Self {
        Self {
            id: id.to_owned(),
            location: default_location(),
            storage_accounts: vec![AttachedStorage { id: storage.to_owned(), primary: true, synced: true }],
            storage_authentication: default_authentication(),
            assets: vec![Asset {
                name: "film".into(),
                storage_account_name: storage.rsplit('/').next().unwrap_or_default().to_owned(),
                container: "asset-3f2a7c31-0000-4000-8000-000000000001".into(),
            }],
        }
    }
}
