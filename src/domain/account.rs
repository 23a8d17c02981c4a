//! A storage account: where it is, what it allows, and what is in its two slots.

use time::OffsetDateTime;

use super::key::{Fingerprint, Slot, StorageKey};
use super::resource_id::ResourceId;

/// The four services of a storage account that accept a key, and the Data Lake endpoint over the same data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Blob containers (and Data Lake file systems, whose keys are proven on this endpoint).
    Blob,
    /// File shares.
    File,
    /// Queues.
    Queue,
    /// Tables.
    Table,
}

impl Service {
    /// All services in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Blob, Self::File, Self::Queue, Self::Table];

    /// The name in endpoints and in `untested-SERVICE`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Blob => "blob",
            Self::File => "file",
            Self::Queue => "queue",
            Self::Table => "table",
        }
    }

    /// The service of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.name() == name)
    }
}

impl std::fmt::Display for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// A storage account as Resource Manager describes it (Microsoft.Storage 2023-05-01).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageAccount {
    /// The account's id.
    pub id: ResourceId,
    /// The Azure region.
    pub location: String,
    /// Whether keys are accepted at all; absent on the wire means yes.
    pub shared_key_allowed: bool,
    /// Days after which the key policy calls a key overdue, if there is a policy.
    pub key_expiration_days: Option<u32>,
    /// The primary endpoint of each service that the account has, as URLs that end in a slash.
    pub endpoints: Vec<(Service, String)>,
    /// The provisioning state (`Succeeded`).
    pub provisioning_state: String,
}

impl StorageAccount {
    /// The endpoint of a service, if the account has that service (a `BlobStorage` account has only blobs).
    #[must_use]
    pub fn endpoint(&self, service: Service) -> Option<&str> {
        self.endpoints.iter().find(|(known, _)| *known == service).map(|(_, url)| url.as_str())
    }

    /// Whether a URL, or a host name, leads to this account: one of its endpoints, the secondary of one, or the Data Lake
    /// endpoint over its blobs. Case and port do not matter.
    #[must_use]
    pub fn owns_host(&self, url: &str) -> bool {
        fn host(url: &str) -> Option<String> {
            let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
            let authority = rest.split(['/', '?', '#']).next()?;
            if authority.contains('@') {
                return None;
            }
            Some(authority.split(':').next()?.to_ascii_lowercase()).filter(|host| !host.is_empty())
        }
        let Some(asked) = host(url) else { return false };
        let (label, rest) = asked.split_once('.').unwrap_or((&asked, ""));
        let primary = format!("{}.{rest}", label.strip_suffix("-secondary").unwrap_or(label));
        let blob = primary.replacen(".dfs.", ".blob.", 1);
        self.endpoints.iter().filter_map(|(_, endpoint)| host(endpoint)).any(|own| own == asked || own == primary || own == blob)
    }

    /// The domain suffix after `ACCOUNT.SERVICE.` in the endpoints (`core.windows.net`), which tells the accounts of
    /// different clouds apart.
    #[must_use]
    pub fn endpoint_suffix(&self) -> Option<String> {
        self.endpoints.iter().find_map(|(service, url)| {
            let host = url.split("://").nth(1)?.split('/').next()?;
            let prefix = format!("{}.{}.", self.id.name(), service.name());
            host.to_ascii_lowercase().strip_prefix(&prefix.to_ascii_lowercase()).map(str::to_owned)
        })
    }
}

/// A key with the time at which its slot was last regenerated.
#[derive(Clone, Debug)]
pub struct SlotKey {
    /// Which slot.
    pub slot: Slot,
    /// The secret itself.
    pub key: StorageKey,
    /// When the slot was last regenerated; absent on accounts whose keys were never rotated.
    pub created: Option<OffsetDateTime>,
}

/// Both keys of an account as `listKeys` answered them.
#[derive(Clone, Debug)]
pub struct AccountKeys {
    /// `key1`.
    pub key1: SlotKey,
    /// `key2`.
    pub key2: SlotKey,
}

impl AccountKeys {
    /// The key in a slot.
    #[must_use]
    pub fn get(&self, slot: Slot) -> &SlotKey {
        match slot {
            Slot::Key1 => &self.key1,
            Slot::Key2 => &self.key2,
        }
    }

    /// The slot that holds this text now, if one does. Compared in constant time.
    #[must_use]
    pub fn slot_of(&self, text: &str) -> Option<Slot> {
        Slot::BOTH.into_iter().find(|slot| self.get(*slot).key.matches(text))
    }

    /// What may be written down about both slots.
    #[must_use]
    pub fn state(&self, account: &ResourceId) -> KeyState {
        let describe = |slot: &SlotKey| Generation { fingerprint: slot.key.fingerprint(account), created: slot.created };
        KeyState { key1: describe(&self.key1), key2: describe(&self.key2) }
    }
}

/// One generation of one slot, without the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// Stands for the key.
    pub fingerprint: Fingerprint,
    /// When the slot was last regenerated, if the service says so.
    pub created: Option<OffsetDateTime>,
}

/// Both slots without secrets: what journals and plans hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyState {
    /// `key1`.
    pub key1: Generation,
    /// `key2`.
    pub key2: Generation,
}

impl KeyState {
    /// The generation in a slot.
    #[must_use]
    pub fn get(&self, slot: Slot) -> &Generation {
        match slot {
            Slot::Key1 => &self.key1,
            Slot::Key2 => &self.key2,
        }
    }

    /// The slots whose fingerprint differs between two states.
    #[must_use]
    pub fn changed(&self, other: &Self) -> Vec<Slot> {
        Slot::BOTH.into_iter().filter(|slot| self.get(*slot).fingerprint != other.get(*slot).fingerprint).collect()
    }
}
