//! Media Services v3 accounts of a world.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::customer_key::MediaEncryption;

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
    /// Its identities and its key.
    #[serde(default)]
    pub encryption: MediaEncryption,
    /// Its streaming locators.
    #[serde(default)]
    pub streaming_locators: Vec<StreamingLocator>,
    /// Its own streaming policies, beside the predefined ones.
    #[serde(default)]
    pub streaming_policies: Vec<StreamingPolicy>,
    /// The names of its content key policies.
    #[serde(default)]
    pub content_key_policies: Vec<String>,
    /// The names of its account filters.
    #[serde(default)]
    pub account_filters: Vec<String>,
    /// The names of the filters of its assets, by the name of the asset.
    #[serde(default)]
    pub asset_filters: BTreeMap<String, Vec<String>>,
    /// Its streaming endpoints; its v2 face has the same.
    #[serde(default = "default_streaming_endpoints")]
    pub streaming_endpoints: Vec<StreamingEndpoint>,
    /// Whether somebody streams through each streaming locator all the time, so that its failed seconds are counted.
    #[serde(default)]
    pub viewers: bool,
}

/// A streaming policy that encrypts for DRM, with a content key for each label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StreamingPolicy {
    /// The policy's name.
    pub name: String,
    /// The labels of its content keys, that of the default key first.
    pub labels: Vec<String>,
}

/// A streaming endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StreamingEndpoint {
    /// The endpoint's name; the first one of an account is `default`.
    pub name: String,
    /// `Running`, `Stopped`, …, as it stands on the wire.
    #[serde(default = "default_endpoint_state")]
    pub state: String,
    /// What Resource Manager tells as its host; made from the names where absent.
    #[serde(default)]
    pub host_name: Option<String>,
    /// Where it redirects every request to; it streams itself where absent.
    #[serde(default)]
    pub redirects_to: Option<String>,
}

/// A streaming locator, with what `listContentKeys` would tell of its keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StreamingLocator {
    /// The locator's name.
    pub name: String,
    /// The asset that it streams.
    pub asset_name: String,
    /// The streaming policy, one of the predefined ones or of the account's own.
    pub streaming_policy_name: String,
    /// The id in its URLs.
    pub streaming_locator_id: String,
    /// From when it streams, as it stands on the wire.
    #[serde(default)]
    pub start_time: Option<String>,
    /// Until when it streams, as it stands on the wire; for ever when absent.
    #[serde(default)]
    pub end_time: Option<String>,
    /// The content key policy.
    #[serde(default)]
    pub default_content_key_policy_name: Option<String>,
    /// Another id for the media.
    #[serde(default)]
    pub alternative_media_id: Option<String>,
    /// The names of its filters.
    #[serde(default)]
    pub filters: Vec<String>,
    /// Its content keys; where its policy needs some and none are given, the service makes them.
    #[serde(default)]
    pub content_keys: Vec<ContentKey>,
}

/// A content key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ContentKey {
    /// Its id.
    pub id: String,
    /// The label of the policy that it is for: `clearKeyDefault`, `cencKeyDefault`, `cbcsKeyDefault`.
    pub label_reference_in_streaming_policy: String,
    /// Sixteen bytes in base64.
    pub value: String,
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

fn default_streaming_endpoints() -> Vec<StreamingEndpoint> {
    vec![StreamingEndpoint::named("default")]
}

fn default_endpoint_state() -> String {
    "Running".into()
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

impl StreamingLocator {
    /// A locator that streams an asset for ever.
    #[must_use]
    pub fn new(name: &str, asset: &str, policy: &str, id: &str) -> Self {
        Self {
            name: name.to_owned(),
            asset_name: asset.to_owned(),
            streaming_policy_name: policy.to_owned(),
            streaming_locator_id: id.to_owned(),
            start_time: None,
            end_time: None,
            default_content_key_policy_name: None,
            alternative_media_id: None,
            filters: Vec::new(),
            content_keys: Vec::new(),
        }
    }
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
            encryption: MediaEncryption::default(),
            streaming_locators: Vec::new(),
            streaming_policies: Vec::new(),
            content_key_policies: Vec::new(),
            account_filters: Vec::new(),
            asset_filters: BTreeMap::new(),
            streaming_endpoints: default_streaming_endpoints(),
            viewers: false,
        }
    }
}

impl StreamingEndpoint {
    /// An endpoint that runs.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), state: default_endpoint_state(), host_name: None, redirects_to: None }
    }
}
