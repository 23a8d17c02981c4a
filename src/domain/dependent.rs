//! What depends on a storage account, and how it can be moved to another key.

use std::fmt;
use std::time::Duration;

use super::account::Service;
use super::binding::Binding;
use super::problem::Problem;

/// The kinds of dependents that keyroll moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DependentKind {
    /// A Media Services v3 account; `syncStorageKeys` re-reads both keys.
    MediaAccount,
    /// A Machine Learning workspace; `resyncKeys` re-reads a key of the service's own choice.
    Workspace,
    /// A datastore of a Machine Learning workspace.
    Datastore,
    /// A secret in a Key Vault.
    VaultSecret,
    /// An AMS v2 account, the predecessor of Media Services v3; it is handed one key through classic service management.
    MediaV2Account,
    /// A Batch account; `syncAutoStorageKeys` re-reads a key of the service's own choice.
    BatchAccount,
}

impl DependentKind {
    /// All kinds.
    pub const ALL: [Self; 6] =
        [Self::MediaAccount, Self::Workspace, Self::Datastore, Self::VaultSecret, Self::MediaV2Account, Self::BatchAccount];

    /// The name in contracts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MediaAccount => "mediaAccount",
            Self::Workspace => "workspace",
            Self::Datastore => "datastore",
            Self::VaultSecret => "vaultSecret",
            Self::MediaV2Account => "mediaV2Account",
            Self::BatchAccount => "batchAccount",
        }
    }

    /// The name in a table for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::MediaAccount => "media account",
            Self::Workspace => "ML workspace",
            Self::Datastore => "ML datastore",
            Self::VaultSecret => "Key Vault secret",
            Self::MediaV2Account => "AMS v2 account",
            Self::BatchAccount => "Batch account",
        }
    }

    /// How long after a move its consumers may still use what they cached: the floor of the settle act.
    ///
    /// Media origins cache for an hour (AMS v3 roll article). Consumers of a vault secret are given the 24 hours that
    /// App Service needs to follow a new version. Nothing is done with an AMS v2 account for 30 minutes after it was given a key,
    /// so that jobs at work are not disturbed (AMS v2 roll article, steps 2 and 6). A workspace, a datastore and a Batch account use what they hold at once.
    #[must_use]
    pub fn settle_floor(self) -> Duration {
        match self {
            Self::MediaAccount => Duration::from_secs(60 * 60),
            Self::VaultSecret => Duration::from_secs(24 * 60 * 60),
            Self::MediaV2Account => Duration::from_secs(30 * 60),
            Self::Workspace | Self::Datastore | Self::BatchAccount => Duration::ZERO,
        }
    }

    /// How long a proof may take before the run gives up and says so.
    #[must_use]
    pub fn proof_ceiling(self) -> Duration {
        match self {
            Self::MediaAccount | Self::MediaV2Account | Self::Workspace => Duration::from_secs(60 * 60),
            Self::Datastore | Self::VaultSecret | Self::BatchAccount => Duration::from_secs(15 * 60),
        }
    }
}

impl fmt::Display for DependentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.title())
    }
}

impl std::str::FromStr for DependentKind {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| Problem::usage("unknownKind", format!("`{text}` is not a kind of dependent that this version knows")))
    }
}

/// How a dependent comes to hold another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Movement {
    /// We write the key into it.
    Push,
    /// It re-reads the keys when told, and nobody can choose its slot.
    Pull,
    /// It is refreshed together with its parent (a workspace's system datastores).
    WithParent,
    /// It holds no key of the account; listed because people ask.
    NoKey,
}

impl Movement {
    /// The name in contracts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Pull => "pull",
            Self::WithParent => "withParent",
            Self::NoKey => "noKey",
        }
    }

    /// The movement of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Push, Self::Pull, Self::WithParent, Self::NoKey].into_iter().find(|movement| movement.name() == name)
    }
}

/// One thing that holds a copy of a key, or a shared access signature (SAS) made with one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependent {
    /// The resource id, or for a vault secret its URL without version. Compared without case; locked and journalled under this.
    pub id: String,
    /// What it is.
    pub kind: DependentKind,
    /// The shortest name that is unambiguous within the plan.
    pub name: String,
    /// How it is moved.
    pub movement: Movement,
    /// What form the key has there: `key`, `connection string`, `SAS`, or why there is none.
    pub form: String,
    /// How it was found: `Resource Graph`, `workspace list`, `tag ProviderAddress`.
    pub found_by: String,
    /// The resource that it belongs to (the workspace of a datastore), if any.
    pub parent: Option<String>,
    /// The services of the account that it uses.
    pub services: Vec<Service>,
    /// What it holds now, as far as anyone can tell.
    pub binding: Binding,
}

impl Dependent {
    /// Whether it re-reads keys of its own choice, told itself or through its hub: then it may fail for a while after a
    /// regenerate, and has to be proven after it. (System datastores are part of their workspace's proof.)
    #[must_use]
    pub fn rereads_keys(&self) -> bool {
        match self.movement {
            Movement::Pull => true,
            Movement::WithParent => self.kind == DependentKind::Workspace,
            Movement::Push | Movement::NoKey => false,
        }
    }

    /// Whether two ids mean the same dependent.
    #[must_use]
    pub fn is(&self, id: &str) -> bool {
        self.id.eq_ignore_ascii_case(id)
    }
}

/// Something that was looked for and not, or not completely, seen (promise P9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotInspected {
    /// What it is: a resource's name or a kind of thing.
    pub what: String,
    /// How much was seen.
    pub extent: Extent,
    /// Why, in one clause.
    pub why: String,
    /// The name that `--accept` takes, where acceptance is needed (`unavailable-func2`).
    pub acceptance: Option<String>,
}

/// How much of something was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Some of it was seen.
    Partial,
    /// It exists but could not be read.
    Unavailable,
    /// Nobody can see it through Azure's interfaces.
    Invisible,
}

impl Extent {
    /// The name in contracts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Partial => "partial",
            Self::Unavailable => "unavailable",
            Self::Invisible => "invisible",
        }
    }

    /// The extent of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Partial, Self::Unavailable, Self::Invisible].into_iter().find(|extent| extent.name() == name)
    }
}

/// What no interface of Azure shows, so that every plan names it (design, section 8, last line).
pub const INVISIBLE: [&str; 9] = [
    "AKS volumes",
    "VM mounts and diagnostics extension",
    "Databricks",
    "App Configuration",
    "Automation assets",
    "pipeline variables",
    "Terraform state",
    "SAS in the field",
    "code outside Azure",
];
