//! Everything about Azure that nothing readable tells (the marks [U] of the API dossier), as parameters of a world.

use serde::{Deserialize, Serialize};

/// A range of seconds from which the seed draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Span {
    /// The smallest value.
    pub min: u64,
    /// The largest value.
    pub max: u64,
}

impl Span {
    /// A range.
    #[must_use]
    pub fn new(min: u64, max: u64) -> Self {
        Self { min, max }
    }
}

/// Which key a workspace takes when it is told to resync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ResyncTakes {
    /// Always key1.
    Key1,
    /// The slot that it held before; key1 when it held neither.
    Keep,
    /// key1 if storage accepts it everywhere at that moment, else key2.
    FirstValid,
}

/// Which system datastores a resync rewrites.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum SystemDatastores {
    /// All four.
    All,
    /// Only `workspaceblobstore` and `workspacefilestore`.
    BlobAndFile,
    /// None.
    None,
}

/// Which keys a media or Batch account takes when it is synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum MediaHolds {
    /// Both, and it uses whichever works.
    Both,
    /// Only key1.
    Key1,
    /// Only one: key1 if storage accepts it at that moment, else key2.
    FirstValid,
}

/// What `listContainerSas` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ContainerSas {
    /// One URL for each key that the account holds.
    EachKey,
    /// One URL, signed with the first key.
    FirstKey,
    /// Always two URLs, the second signed by something that the storage account does not know.
    SecondUnverifiable,
}

/// The parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own that the documents leave open")]
pub struct Unknowns {
    /// Which key a workspace takes.
    pub resync_takes: ResyncTakes,
    /// Which system datastores a resync rewrites.
    pub resync_rewrites: SystemDatastores,
    /// How long a resync takes; absent for a plain 200.
    pub resync_seconds: Option<u64>,
    /// How often a workspace refreshes by itself; absent for never.
    pub workspace_refresh_minutes: Option<u64>,
    /// Which keys a media account takes.
    pub media_holds: MediaHolds,
    /// What `listContainerSas` answers.
    pub container_sas: ContainerSas,
    /// Which keys a Batch account takes.
    pub batch_holds: MediaHolds,
    /// How long after the 204 a Batch account has re-read the keys and says so.
    pub batch_sync_seconds: u64,
    /// The success status of `syncStorageKeys`.
    pub media_sync_status: u16,
    /// How long after the 200 the sync has its effect.
    pub media_sync_seconds: u64,
    /// How long streaming origins go on with what they had, at most.
    pub origin_cache_minutes: u64,
    /// Whether the id of a content key stays taken once its streaming locator is deleted.
    pub content_key_ids_stay_taken: bool,
    /// The success status of a datastore PUT that replaces.
    pub datastore_put_status: u16,
    /// Front ends per service of a storage account.
    pub front_ends: u8,
    /// When a front end begins to accept a new key.
    pub accept_seconds: Span,
    /// When a front end begins to refuse the old key.
    pub refuse_seconds: Span,
    /// How long `listKeys` may answer yesterday's keys after a regenerate.
    pub stale_list_keys_seconds: u64,
    /// Whether the stale answers alternate with fresh ones.
    pub list_keys_flaps: bool,
    /// Whether pull dependents read the stale answer too.
    pub pulls_read_stale: bool,
    /// How long after a lost answer the change has its effect.
    pub late_effect_seconds: u64,
    /// How long a vault may answer the version before the last.
    pub secret_lag_seconds: u64,
    /// How long `listSecrets` may answer what a datastore held before.
    pub datastore_lag_seconds: u64,
    /// The success status of the classic `PUT …/Key`.
    pub media_v2_key_status: u16,
    /// How long streaming endpoints serve a locator from their cache after it was deleted.
    pub locator_cache_seconds: u64,
    /// How long streaming endpoints go on to say that a locator is not there, once they were asked for it in vain.
    pub not_there_cache_seconds: u64,
    /// How long a new locator takes to answer on its streaming URL.
    pub locator_ready_seconds: u64,
    /// Whether a locator may be made that start and policy let expire in the past.
    pub takes_expired_locators: bool,
    /// Whether OData takes a MERGE that travels as a POST with `X-HTTP-Method`.
    pub takes_tunnelled_merge: bool,
    /// Whether Resource Manager answers ids in another case than they were made in, as it often does.
    pub respells_ids: bool,
    /// How a full permission is spelled: `FULL` today, `Full` in old versions.
    pub permissions_spelling: String,
    /// How long a media account takes to use a new version of its key.
    pub media_key_seconds: Span,
    /// How long a storage account takes to use a new version of its key.
    pub storage_key_seconds: Span,
    /// How long what a vault grants takes to be honoured.
    pub access_seconds: Span,
    /// How long it takes to create or change a storage or media account.
    pub resource_seconds: u64,
    /// Whether Resource Manager no longer knows Media Services.
    pub media_retired: bool,
    /// How long one call takes, in milliseconds.
    pub latency_milliseconds: Span,
    /// Rows per page of every list.
    pub page_size: usize,
}

impl Default for Unknowns {
    /// The friendliest reading of the documents.
    fn default() -> Self {
        Self {
            resync_takes: ResyncTakes::Key1,
            resync_rewrites: SystemDatastores::All,
            resync_seconds: Some(30),
            workspace_refresh_minutes: None,
            media_holds: MediaHolds::Both,
            container_sas: ContainerSas::EachKey,
            batch_holds: MediaHolds::Both,
            batch_sync_seconds: 0,
            media_sync_status: 200,
            media_sync_seconds: 0,
            origin_cache_minutes: 45,
            content_key_ids_stay_taken: false,
            datastore_put_status: 200,
            front_ends: 3,
            accept_seconds: Span::new(0, 30),
            refuse_seconds: Span::new(5, 60),
            stale_list_keys_seconds: 0,
            list_keys_flaps: false,
            pulls_read_stale: false,
            late_effect_seconds: 0,
            secret_lag_seconds: 0,
            datastore_lag_seconds: 0,
            media_v2_key_status: 204,
            locator_cache_seconds: 0,
            not_there_cache_seconds: 0,
            locator_ready_seconds: 35,
            takes_expired_locators: false,
            takes_tunnelled_merge: true,
            respells_ids: false,
            permissions_spelling: "FULL".into(),
            media_key_seconds: Span::new(300, 900),
            storage_key_seconds: Span::new(3600, 24 * 3600),
            access_seconds: Span::new(0, 120),
            resource_seconds: 20,
            media_retired: false,
            latency_milliseconds: Span::new(80, 250),
            page_size: 30,
        }
    }
}
