//! What is, as it was read at one moment.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use crate::domain::resource_id::ResourceId;

use super::key_id::KeyId;

/// Whose rights a media account uses in the vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The identity that Azure makes with the account, and deletes with it.
    System,
    /// An identity of its own.
    User(ResourceId),
}

/// How a vault decides who may do what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Access policies in the vault.
    Policies,
    /// Role assignments of Resource Manager.
    Roles,
}

impl Access {
    /// The name in contracts and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Policies => "policies",
            Self::Roles => "roles",
        }
    }

    /// The way of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Policies, Self::Roles].into_iter().find(|access| access.name() == name)
    }
}

/// Everything that an order needs to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The media account; absent when there is none.
    pub account: Option<Account>,
    /// The primary storage account that was asked for; absent when there is none.
    pub storage: Option<Storage>,
    /// The vault.
    pub vault: VaultFound,
    /// The key.
    pub key: KeyFound,
    /// The object id of the identity that the order names, once it exists.
    pub principal: Option<String>,
    /// Whether that identity may get, wrap and unwrap keys of the vault.
    pub identity_may: bool,
    /// Whether the vault's own rules name the operator, where that can be told.
    pub operator_named: bool,
}

/// A media account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: ResourceId,
    /// Its region as it was written.
    pub location: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The object id of its system-assigned identity, if it has one.
    pub system: Option<String>,
    /// Its user-assigned identities with their object ids.
    pub users: Vec<(ResourceId, Option<String>)>,
    /// The ids of its storage accounts, the primary one first.
    pub storage: Vec<ResourceId>,
    /// The key that it was told; absent with a Microsoft-managed key.
    pub key: Option<KeyId>,
    /// The version that it uses.
    pub current: Option<KeyId>,
    /// The id of the user-assigned identity that it uses for the key, if it is not the system's.
    pub key_identity: Option<ResourceId>,
    /// What it says of the key (`encryption.status`), if it says anything.
    pub status: Option<String>,
    /// The provisioning state.
    pub state: String,
}

impl Account {
    /// Whether the account has this identity.
    #[must_use]
    pub fn has(&self, identity: &Identity) -> bool {
        match identity {
            Identity::System => self.system.is_some(),
            Identity::User(wanted) => self.users.iter().any(|(id, _)| id == wanted),
        }
    }

    /// Whether the account uses this identity for its key.
    #[must_use]
    pub fn uses(&self, identity: &Identity) -> bool {
        match identity {
            Identity::System => self.key_identity.is_none(),
            Identity::User(wanted) => self.key_identity.as_ref() == Some(wanted),
        }
    }
}

/// A storage account, as far as a key needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storage {
    /// Its id.
    pub id: ResourceId,
    /// Its region.
    pub location: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The provisioning state.
    pub state: String,
}

/// What there is of a vault.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum VaultFound {
    /// Nothing of this name that can be seen.
    #[default]
    Missing,
    /// A vault of this name was deleted and can be recovered.
    Deleted {
        /// Its id.
        id: ResourceId,
        /// Its region.
        location: String,
        /// When it is gone for good.
        purged: Option<OffsetDateTime>,
        /// Whether it has purge protection.
        protected: bool,
    },
    /// It is there.
    Present(Vault),
}

impl VaultFound {
    /// The vault, if it is there.
    #[must_use]
    pub fn present(&self) -> Option<&Vault> {
        match self {
            Self::Present(vault) => Some(vault),
            _ => None,
        }
    }
}

/// A vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vault {
    /// Its id.
    pub id: ResourceId,
    /// Its region.
    pub location: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// `https://NAME.vault.azure.net`, without a slash at its end.
    pub url: String,
    /// How it decides about access.
    pub access: Access,
    /// Whether what is deleted can be recovered.
    pub soft_delete: bool,
    /// Whether what is deleted cannot be destroyed before its time.
    pub purge_protection: bool,
    /// The object ids of its access policies with their key permissions, in lower case.
    pub policies: Vec<(String, Vec<String>)>,
    /// Whether its firewall refuses networks that it does not know.
    pub firewalled: bool,
}

impl Vault {
    /// Whether the access policies grant all of these key permissions.
    #[must_use]
    pub fn grants(&self, object: &str, permissions: &[&str]) -> bool {
        let granted = self.policies.iter().filter(|(known, _)| known.eq_ignore_ascii_case(object));
        let granted: Vec<&String> = granted.flat_map(|(_, permissions)| permissions).collect();
        let has = |wanted: &str| granted.iter().any(|it| it.eq_ignore_ascii_case(wanted) || *it == "all");
        permissions.iter().all(|permission| has(permission))
    }
}

/// What there is of a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum KeyFound {
    /// The vault cannot be asked: it is not there.
    #[default]
    Unknown,
    /// The vault refuses to tell this sign-in.
    Forbidden {
        /// What it said.
        why: String,
    },
    /// Nothing of this name.
    Missing,
    /// A key of this name was deleted and can be recovered.
    Deleted {
        /// When it is gone for good.
        purged: Option<OffsetDateTime>,
    },
    /// It is there.
    Present(Key),
}

impl KeyFound {
    /// The key, if it is there.
    #[must_use]
    pub fn present(&self) -> Option<&Key> {
        match self {
            Self::Present(key) => Some(key),
            _ => None,
        }
    }
}

/// A key: its newest version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// With the newest version.
    pub id: KeyId,
    /// `RSA`, `RSA-HSM`, `EC`, …
    pub kind: String,
    /// Bits of an RSA key; 0 when the answer does not tell.
    pub size: u16,
    /// Whether the newest version may be used.
    pub enabled: bool,
    /// The tags of the newest version.
    pub tags: BTreeMap<String, String>,
}

/// One version of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyVersion {
    /// With its version.
    pub id: KeyId,
    /// Whether it may be used.
    pub enabled: bool,
    /// When it was made.
    pub created: Option<OffsetDateTime>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// Something that is encrypted with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its resource id.
    pub id: String,
    /// The version that it says it uses; absent when it does not say.
    pub current: Option<String>,
    /// The version that it was told to use; absent when it follows new ones.
    pub pinned: Option<String>,
}

impl User {
    /// The last name in the id.
    #[must_use]
    pub fn name(&self) -> &str {
        self.id.rsplit('/').next().unwrap_or_default()
    }

    /// The version that is in use, as far as anybody can tell.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.current.as_deref().or(self.pinned.as_deref())
    }
}
