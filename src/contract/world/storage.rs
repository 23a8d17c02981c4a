//! Storage accounts of a world.

use serde::{Deserialize, Serialize};

/// A storage account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StorageAccount {
    /// The full id.
    pub id: String,
    /// The region.
    #[serde(default = "default_location")]
    pub location: String,
    /// `StorageV2`, `BlobStorage` (blobs only), `BlockBlobStorage` (blobs only), `FileStorage` (files only).
    #[serde(default = "default_kind")]
    pub kind: String,
    /// The primary key.
    #[serde(default)]
    pub key1: SlotSeed,
    /// The secondary key.
    #[serde(default)]
    pub key2: SlotSeed,
    /// `allowSharedKeyAccess`; absent on the wire when absent here, which means allowed.
    #[serde(default)]
    pub allow_shared_key_access: Option<bool>,
    /// The key policy's days, if there is one.
    #[serde(default)]
    pub key_expiration_days: Option<u32>,
    /// Services behind a firewall: `blob`, `file`, `queue`, `table`.
    #[serde(default)]
    pub blocked_services: Vec<String>,
    /// Shared access signatures that somebody outside was given.
    #[serde(default)]
    pub handed_out: Vec<HandedOutSas>,
    /// The provisioning state (`Succeeded`).
    #[serde(default = "default_state")]
    pub provisioning_state: String,
    /// The identifier of the key that it is encrypted with; absent for a Microsoft-managed one.
    #[serde(default)]
    pub customer_key: Option<String>,
    /// Containers in it, beside those of media assets.
    #[serde(default)]
    pub containers: Vec<String>,
}

/// One slot as the world begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct SlotSeed {
    /// The key itself (88 characters of base64); drawn from the seed when absent.
    pub value: Option<String>,
    /// How long ago the slot was regenerated; absent for a slot that never was (no creation time on the wire).
    pub age_days: Option<u32>,
}

impl Default for SlotSeed {
    fn default() -> Self {
        Self { value: None, age_days: Some(200) }
    }
}

/// A shared access signature in somebody's hands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HandedOutSas {
    /// Who has it.
    pub holder: String,
    /// `key1` or `key2`: what signed it.
    pub slot: String,
    /// When it expires.
    #[serde(default = "default_days")]
    pub expires_in_days: u32,
}

fn default_location() -> String {
    "westeurope".into()
}

fn default_kind() -> String {
    "StorageV2".into()
}

fn default_state() -> String {
    "Succeeded".into()
}

fn default_days() -> u32 {
    30
}

impl StorageAccount {
    /// An account with two drawn keys and nothing unusual.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            location: default_location(),
            kind: default_kind(),
            key1: SlotSeed::default(),
            key2: SlotSeed::default(),
            allow_shared_key_access: None,
            key_expiration_days: None,
            blocked_services: Vec::new(),
            handed_out: Vec::new(),
            provisioning_state: default_state(),
            customer_key: None,
            containers: Vec::new(),
        }
    }
}
