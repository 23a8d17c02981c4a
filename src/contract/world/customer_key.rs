//! What a world says of customer-managed keys: how vaults are protected and opened, their keys, and who is encrypted with them.

use serde::{Deserialize, Serialize};

/// How a vault decides, and its keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct VaultSecurity {
    /// Whether it decides by roles instead of access policies.
    pub by_roles: bool,
    /// Whether what is deleted can be recovered.
    pub soft_delete: bool,
    /// Whether what is deleted cannot be destroyed before its time.
    pub purge_protection: bool,
    /// Whether the vault itself is deleted and can be recovered.
    pub deleted: bool,
    /// Whether the caller may do everything with its keys, by whatever way.
    pub caller_may: bool,
    /// Its keys.
    pub keys: Vec<VaultKey>,
}

impl Default for VaultSecurity {
    fn default() -> Self {
        Self { by_roles: true, soft_delete: true, purge_protection: false, deleted: false, caller_may: true, keys: Vec::new() }
    }
}

/// A key in a vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct VaultKey {
    /// The name.
    pub name: String,
    /// `RSA`, `RSA-HSM`, `EC`.
    #[serde(default = "default_kind")]
    pub kind: String,
    /// Bits.
    #[serde(default = "default_size")]
    pub size: u16,
    /// Whether its newest version may be used.
    #[serde(default = "default_true")]
    pub enabled: bool,
    /// Whether it is deleted and can be recovered.
    #[serde(default)]
    pub deleted: bool,
}

impl VaultKey {
    /// An RSA key of 2048 bits with one version.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), kind: default_kind(), size: default_size(), enabled: true, deleted: false }
    }
}

/// The identities and the key of a media account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MediaEncryption {
    /// Whether it has a system-assigned identity.
    pub system_identity: bool,
    /// Its user-assigned identities, by id.
    pub user_identities: Vec<String>,
    /// The identifier of its key; absent for a Microsoft-managed one. The identity is given access to its vault.
    pub key: Option<String>,
}

/// A user-assigned identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct UserIdentity {
    /// The full id.
    pub id: String,
    /// The object id in the tenant.
    pub principal: String,
}

fn default_kind() -> String {
    "RSA".into()
}

fn default_size() -> u16 {
    2048
}

fn default_true() -> bool {
    true
}
