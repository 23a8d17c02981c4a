//! The AMS v2 face of media accounts of a world: what their OData service holds, and which storage keys they were given.

use serde::{Deserialize, Serialize};

/// The v2 face of a media account. What Resource Manager shows of it is the entry of the same id in `mediaAccounts`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MediaV2Account {
    /// The full id, as in `mediaAccounts`.
    pub id: String,
    /// The region in the host name: `ACCOUNT.restv2.REGION.` and the media suffix.
    #[serde(default = "default_region")]
    pub region: String,
    /// Which storage key it was given for each of its storage accounts.
    #[serde(default)]
    pub keys: Vec<GivenKey>,
    /// Its assets.
    #[serde(default)]
    pub assets: Vec<AssetV2>,
    /// Its access policies.
    #[serde(default)]
    pub policies: Vec<AccessPolicyV2>,
    /// Its locators, all made under the keys that it was given.
    #[serde(default)]
    pub locators: Vec<LocatorV2>,
    /// Its encoding jobs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jobs: Vec<JobV2>,
    /// The name of the manifest that each asset has among its files; null for none.
    #[serde(default = "default_manifest")]
    pub manifest: Option<String>,
}

/// The key of a storage account that a media account was given last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GivenKey {
    /// The storage account's full id.
    pub storage_account: String,
    /// `key1` or `key2`.
    #[serde(default = "default_slot")]
    pub slot: String,
}

/// A certificate that somebody uploaded for a subscription, for classic service management. It is known by its thumbprint alone,
/// because such certificates sign themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ManagementCertificate {
    /// The subscription's id.
    pub subscription: String,
    /// SHA-1 of its DER, as hexadecimal digits.
    pub thumbprint: String,
}

/// An asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AssetV2 {
    /// `nb:cid:UUID:…`.
    pub id: String,
    /// The bare name of the storage account that it lives in.
    pub storage_account_name: String,
}

/// An access policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AccessPolicyV2 {
    /// `nb:pid:UUID:…`.
    pub id: String,
    /// How long locators with it work, in minutes.
    pub duration_in_minutes: f64,
    /// 1 read, 2 write, 4 delete, 8 list, added up.
    #[serde(default = "default_permissions")]
    pub permissions: u32,
}

/// A locator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct LocatorV2 {
    /// `nb:lid:UUID:…`.
    pub id: String,
    /// 1 for a SAS, 2 for an origin.
    #[serde(rename = "type", default = "default_type")]
    pub kind: u32,
    /// The asset's id. The world may name one that is gone.
    pub asset: String,
    /// The access policy's id. The world may name one that is gone.
    pub policy: String,
    /// The name, if it has one.
    #[serde(default)]
    pub name: Option<String>,
    /// How many hours before the world began it starts; absent for no start.
    #[serde(default)]
    pub started_hours_ago: Option<i64>,
    /// When it expires, in hours from the world's beginning, where somebody changed that; else start and policy tell.
    #[serde(default)]
    pub expires_in_hours: Option<i64>,
}

/// An encoding job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct JobV2 {
    /// `nb:jid:UUID:…`.
    pub id: String,
    /// 0 queued, 1 scheduled, 2 processing, 3 finished, 4 error, 5 canceled, 6 canceling.
    #[serde(default = "default_state")]
    pub state: u32,
    /// When it is submitted, in minutes from the world's beginning; absent for before it.
    #[serde(default)]
    pub begins_in_minutes: Option<i64>,
    /// When it finishes, in minutes from the world's beginning; absent for never.
    #[serde(default)]
    pub ends_in_minutes: Option<i64>,
}

impl JobV2 {
    /// A job that was submitted before the world began, and is at work.
    #[must_use]
    pub fn at_work(id: &str) -> Self {
        Self { id: id.to_owned(), state: default_state(), begins_in_minutes: None, ends_in_minutes: None }
    }
}

fn default_state() -> u32 {
    2
}

#[expect(clippy::unnecessary_wraps, reason = "what serde takes as the default of an optional member")]
fn default_manifest() -> Option<String> {
    Some("film.ism".into())
}

fn default_region() -> String {
    "westeurope".into()
}

fn default_slot() -> String {
    "key1".into()
}

fn default_permissions() -> u32 {
    1
}

fn default_type() -> u32 {
    2
}

impl MediaV2Account {
    /// An account that was given key1 of one storage account, with one policy of a year that reads.
    #[must_use]
    pub fn new(id: &str, storage: &str) -> Self {
        Self {
            id: id.to_owned(),
            region: default_region(),
            keys: vec![GivenKey { storage_account: storage.to_owned(), slot: default_slot() }],
            assets: Vec::new(),
            policies: vec![AccessPolicyV2 {
                id: "nb:pid:UUID:00000000-0000-4000-8000-000000000001".into(),
                duration_in_minutes: 365.0 * 24.0 * 60.0,
                permissions: default_permissions(),
            }],
            locators: Vec::new(),
            jobs: Vec::new(),
            manifest: default_manifest(),
        }
    }

    /// The same account with so many assets, each with so many origin locators that began ten days ago.
    #[must_use]
    pub fn with_locators(mut self, assets: usize, each: usize) -> Self {
        let storage = self.keys.first().map(|key| key.storage_account.rsplit('/').next().unwrap_or_default().to_owned());
        let policy = self.policies[0].id.clone();
        for number in 0..assets {
            let asset = format!("nb:cid:UUID:00000000-0000-4000-9000-{number:012x}");
            for place in 0..each {
                self.locators.push(LocatorV2 {
                    id: format!("nb:lid:UUID:00000000-0000-4000-a{place:03x}-{number:012x}"),
                    kind: default_type(),
                    asset: asset.clone(),
                    policy: policy.clone(),
                    name: Some(format!("film {number}")),
                    started_hours_ago: Some(240),
                    expires_in_hours: None,
                });
            }
            self.assets.push(AssetV2 { id: asset, storage_account_name: storage.clone().unwrap_or_default() });
        }
        self
    }
}
