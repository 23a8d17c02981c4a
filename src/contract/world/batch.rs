//! Batch accounts of a world.

use serde::{Deserialize, Serialize};

/// A Batch account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BatchAccount {
    /// The full id.
    pub id: String,
    /// The region as it stands on the wire.
    #[serde(default = "default_location")]
    pub location: String,
    /// The auto-storage account, if one is linked.
    #[serde(default)]
    pub auto_storage: Option<AutoStorage>,
}

/// The storage account of a Batch account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AutoStorage {
    /// The storage account's full id.
    pub storage_account_id: String,
    /// `StorageKeys`, or `BatchAccountManagedIdentity` (no key); absent on the wire when absent here.
    #[serde(default)]
    pub authentication_mode: Option<String>,
    /// Whether today's keys are held; `false` where the last sync was forgotten.
    #[serde(default = "default_true")]
    pub synced: bool,
}

fn default_location() -> String {
    "westeurope".into()
}

fn default_true() -> bool {
    true
}

impl BatchAccount {
    /// An account that holds today's keys of a storage account.
    #[must_use]
    pub fn new(id: &str, storage: &str) -> Self {
        Self {
            id: id.to_owned(),
            location: default_location(),
            auto_storage: Some(AutoStorage { storage_account_id: storage.to_owned(), authentication_mode: None, synced: true }),
        }
    }
}
