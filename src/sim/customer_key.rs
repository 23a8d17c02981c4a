//! Customer-managed keys: what vaults protect and to whom they open, keys with their versions, identities, who is encrypted with
//! what, and whether it can still be read.

mod keys;
mod media;
mod operations;
mod readable;
mod roles;
pub(super) mod route;
mod storage;
mod vaults;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use time::OffsetDateTime;

use crate::contract::world;
use crate::domain::resource_id::ResourceId;

use super::message::{Incoming, Reply};
use super::random::Random;
use super::route::Target;
use super::state::State;
use route::Operation;

/// Everything that is true of customer-managed keys.
#[derive(Clone, Debug, Default)]
pub(super) struct CustomerKeys {
    /// Vaults by their lower-case name.
    vaults: BTreeMap<String, VaultRecord>,
    /// Media accounts by their lower-case id.
    media: BTreeMap<String, MediaRecord>,
    /// The tags and the moment of readiness of storage accounts that were created, by lower-case id.
    storage: BTreeMap<String, (Value, OffsetDateTime)>,
    /// Roles that were given.
    roles: Vec<RoleRecord>,
    /// Long-running operations: what they are of, and when they end.
    operations: BTreeMap<String, (String, OffsetDateTime)>,
    /// Lower-case ids of what was deleted.
    gone: BTreeSet<String>,
    /// What the caller deleted or disabled, in order.
    pub deleted: Vec<String>,
    /// What could not be read at some moment, and why.
    pub unreadable: BTreeSet<String>,
}

#[derive(Clone, Debug)]
struct VaultRecord {
    location: String,
    tags: Value,
    by_roles: bool,
    soft_delete: bool,
    purge_protection: bool,
    /// Object id, key permission, and since when it is honoured.
    policies: Vec<(String, String, OffsetDateTime)>,
    deleted: Option<OffsetDateTime>,
    caller_may: bool,
    keys: Vec<KeyRecord>,
}

#[derive(Clone, Debug)]
struct KeyRecord {
    name: String,
    kind: String,
    size: u16,
    deleted: Option<OffsetDateTime>,
    versions: Vec<VersionRecord>,
}

#[derive(Clone, Debug)]
struct VersionRecord {
    id: String,
    enabled: bool,
    created: OffsetDateTime,
    tags: Value,
}

#[derive(Clone, Debug)]
struct MediaRecord {
    tags: Value,
    system: Option<String>,
    users: Vec<String>,
    /// The identifier that it was told.
    key: Option<String>,
    /// The user-assigned identity that opens it.
    key_identity: Option<String>,
    /// The version that was newest when it was told.
    first_version: String,
    /// How long it takes to use a new version.
    pick_up: time::Duration,
    key_delivery: Value,
    ready: OffsetDateTime,
}

#[derive(Clone, Debug)]
struct RoleRecord {
    name: String,
    scope: String,
    role: String,
    principal: String,
    since: OffsetDateTime,
}

impl State {
    /// What the world begins with.
    pub(super) fn begin_customer_keys(&mut self) {
        for given in self.world.vaults.clone() {
            self.begin_vault_record(&given);
        }
        for given in self.world.media_accounts.clone() {
            self.begin_media_record(&given);
        }
    }

    /// Answers an operation of customer-managed keys.
    pub(super) fn customer_key(&mut self, incoming: &Incoming, target: &Target, operation: Operation) -> Reply {
        let reply = match operation {
            Operation::StoragePut => self.put_storage(incoming, target),
            Operation::StorageDelete => self.delete_storage(target),
            Operation::StorageContents => self.storage_contents(incoming, target),
            Operation::StorageOperation => self.storage_operation(incoming, target),
            Operation::MediaPut => self.put_media(incoming, target),
            Operation::MediaDelete => self.delete_media(target),
            Operation::MediaOperation => self.media_operation(target),
            Operation::VaultPut => self.put_vault(incoming, target),
            Operation::VaultPatch => self.patch_vault(incoming, target),
            Operation::VaultDelete => self.delete_vault(target),
            Operation::VaultAccess => self.add_vault_access(incoming, target),
            Operation::VaultDeleted => self.list_deleted_vaults(incoming, target),
            Operation::RoleList => self.list_roles(incoming, target),
            Operation::RolePut => self.put_role(incoming, target),
            Operation::IdentityGet => self.get_identity(target),
            _ => self.key_data(incoming, target, operation),
        };
        self.note_unreadable();
        reply
    }

    /// Whether a resource was deleted.
    pub(super) fn is_gone(&self, id: &ResourceId) -> bool {
        self.customer_keys.gone.contains(&id.lowercase())
    }

    /// The full id that a request's path means.
    fn id_in(target: &Target, namespace: &str, kind: &str) -> ResourceId {
        let name = target.names.first().map(String::as_str).unwrap_or_default();
        ResourceId::new(&target.subscription, target.group.as_deref().unwrap_or_default(), namespace, kind, name)
    }

    /// A delay drawn from the seed, the same for the same purpose.
    fn delay(&self, span: world::Span, purpose: &str) -> time::Duration {
        let mut random = Random::for_purpose(self.world.seed, purpose);
        super::media::seconds(random.between(span.min, span.max))
    }

    /// The object id of an identity.
    fn principal_of(&self, purpose: &str) -> String {
        Random::for_purpose(self.world.seed, &format!("principal {}", purpose.to_ascii_lowercase())).uuid()
    }
}
