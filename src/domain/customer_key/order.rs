//! What a run is to bring about. Fixed when the run begins, so that a later process carries out the same.

use crate::domain::resource_id::ResourceId;

use super::found::{Access, Identity};
use super::key_id::KeyId;

/// What a run is to bring about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// The account is encrypted with this key.
    Apply(Box<Wanted>),
    /// The key has a new version, and the account uses it.
    Roll(Roll),
    /// The account is encrypted with a Microsoft-managed key, and some of what we created is gone.
    Remove(Remove),
}

impl Order {
    /// The media account.
    #[must_use]
    pub fn account(&self) -> &ResourceId {
        match self {
            Self::Apply(wanted) => &wanted.account,
            Self::Roll(roll) => &roll.account,
            Self::Remove(remove) => &remove.account,
        }
    }

    /// The command: `apply`, `roll` or `remove`.
    #[must_use]
    pub fn command(&self) -> &'static str {
        match self {
            Self::Apply(_) => "apply",
            Self::Roll(_) => "roll",
            Self::Remove(_) => "remove",
        }
    }
}

/// The end state of `customer-key apply`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The media account, created if it is missing.
    pub account: ResourceId,
    /// Its primary storage account, created if it is missing; absent for an account that has its own.
    pub storage: Option<ResourceId>,
    /// The region of what is created; absent where nothing has to be.
    pub location: Option<String>,
    /// Whose rights the account uses in the vault.
    pub identity: Identity,
    /// The vault, created if it is missing.
    pub vault: ResourceId,
    /// The vault's tenant, for a vault that is created.
    pub tenant: String,
    /// `https://VAULT/keys/NAME`.
    pub key: KeyId,
    /// Bits of a key that is created: 2048, 3072 or 4096.
    pub key_size: u16,
    /// Whether the account stays on the version that is newest now, instead of following new ones.
    pub pinned: bool,
    /// How a vault that is created decides about access.
    pub access: Access,
    /// The object id of who creates the key, where it is known.
    pub operator: Option<String>,
    /// Whether a deleted vault or key of the same name is recovered.
    pub recover: bool,
}

/// What `customer-key roll` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roll {
    /// The media account.
    pub account: ResourceId,
    /// The key with the version that was in use at the beginning.
    pub old: KeyId,
    /// Bits of the new version: as many as the old one has.
    pub key_size: u16,
    /// Whether the account names a version, so that it has to be moved.
    pub pinned: bool,
    /// Whether the old version is disabled once nobody uses it.
    pub disable_old: bool,
    /// Where users of the key are looked for.
    pub subscriptions: Vec<String>,
}

/// What `customer-key remove` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remove {
    /// The media account.
    pub account: ResourceId,
    /// What is deleted afterwards, in this order.
    pub delete: Vec<Target>,
    /// Where users of a key are looked for.
    pub subscriptions: Vec<String>,
}

/// Something that a run of ours created and that is to be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// What it is.
    pub kind: TargetKind,
    /// A resource id; of a key its identifier.
    pub id: String,
    /// The run that created it.
    pub run: String,
}

impl Target {
    /// The last name in the id.
    #[must_use]
    pub fn name(&self) -> &str {
        self.id.rsplit('/').next().unwrap_or_default()
    }
}

/// What can be created and deleted, in the order of deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TargetKind {
    /// The media account.
    Account,
    /// A storage account.
    Storage,
    /// A key with all its versions.
    Key,
    /// A vault.
    Vault,
}

impl TargetKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Account, Self::Storage, Self::Key, Self::Vault];

    /// The name in contracts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Account => "mediaAccount",
            Self::Storage => "storageAccount",
            Self::Key => "key",
            Self::Vault => "vault",
        }
    }

    /// The kind of an id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        if id.parse::<KeyId>().is_ok() {
            return Some(Self::Key);
        }
        match id.parse::<ResourceId>().ok()?.resource_type().to_ascii_lowercase().as_str() {
            "microsoft.media/mediaservices" => Some(Self::Account),
            "microsoft.storage/storageaccounts" => Some(Self::Storage),
            "microsoft.keyvault/vaults" => Some(Self::Vault),
            _ => None,
        }
    }
}
