//! Media Services v3: accounts, the call that makes them re-read storage keys, and assets (Microsoft.Media).
//!
//! Accounts 2021-11-01, assets 2022-08-01. The service was retired on 2024-06-30; custom clouds and recordings remain.

use azure_core::http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

use crate::domain::problem::{Kind, Problem};
use crate::domain::resource_id::ResourceId;

use super::call::{Answer, Audience, Call, Effect};
use super::client::Client;

const ACCOUNTS: &str = "2021-11-01";
const ASSETS: &str = "2022-08-01";
/// The type of a media account.
pub const ACCOUNT_TYPE: &str = "Microsoft.Media/mediaservices";

/// A media account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaAccount {
    /// The account's id.
    pub id: ResourceId,
    /// The ids of its storage accounts.
    pub storage_accounts: Vec<ResourceId>,
    /// How many entries of its list of storage accounts are no resource ids.
    pub unreadable_storage: usize,
    /// Whether it uses a managed identity towards storage, and so holds no key.
    pub uses_identity: bool,
}

#[derive(Deserialize)]
struct WireAccount {
    id: String,
    #[serde(default)]
    properties: Properties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Properties {
    storage_accounts: Option<Vec<WireStorage>>,
    storage_authentication: Option<String>,
}

#[derive(Deserialize)]
struct WireStorage {
    id: Option<String>,
}

/// An asset, as far as keyroll needs it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Asset {
    /// The asset's name.
    pub name: String,
    properties: AssetProperties,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssetProperties {
    storage_account_name: Option<String>,
}

impl Asset {
    /// Whether the asset lies in the storage account of this name.
    #[must_use]
    pub fn is_in(&self, storage_account: &str) -> bool {
        self.properties.storage_account_name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(storage_account))
    }
}

impl MediaAccount {
    /// Reads an account as Resource Manager or Resource Graph describes it.
    ///
    /// # Errors
    /// `unexpectedAnswer` when it is not of the documented shape.
    pub fn from_json(item: &Value) -> Result<Self, Problem> {
        let malformed = || {
            Problem::failed("unexpectedAnswer", "Resource Manager answered a media account that is not of the documented shape")
        };
        let wire = WireAccount::deserialize(item).map_err(|_| malformed())?;
        let storage = wire.properties.storage_accounts.unwrap_or_default();
        let storage_accounts: Vec<ResourceId> = storage.iter().filter_map(|storage| storage.id.as_ref()?.parse().ok()).collect();
        Ok(Self {
            id: ResourceId::parse_as(&wire.id, ACCOUNT_TYPE).map_err(|_| malformed())?,
            unreadable_storage: storage.len() - storage_accounts.len(),
            storage_accounts,
            uses_identity: wire.properties.storage_authentication.is_some_and(|how| how.eq_ignore_ascii_case("ManagedIdentity")),
        })
    }

    /// Whether this storage account is attached.
    #[must_use]
    pub fn uses(&self, storage: &ResourceId) -> bool {
        self.storage_accounts.contains(storage)
    }
}

impl Client {
    /// One media account.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn media_account(&self, id: &ResourceId) -> Result<MediaAccount, Problem> {
        let url = self.resource_manager_url(id.as_str(), ACCOUNTS);
        let answer = self.send(Call::new(Method::Get, url, Effect::Read, Audience::ResourceManager)).await?;
        MediaAccount::from_json(&answer.parse()?)
    }

    /// All media accounts of a subscription, as raw JSON.
    ///
    /// # Errors
    /// As [`Client::list`].
    pub async fn media_accounts(&self, subscription: &str) -> Result<Vec<Value>, Problem> {
        let path = format!("/subscriptions/{subscription}/providers/{ACCOUNT_TYPE}");
        self.list(Call::new(Method::Get, self.resource_manager_url(&path, ACCOUNTS), Effect::Read, Audience::ResourceManager))
            .await
    }

    /// Tells a media account to re-read both keys of one of its storage accounts. The full id is sent, as real clients do;
    /// the specification's example with a bare name is wrong (API dossier, 2.1). A 200 only means "taken".
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn sync_storage_keys(&self, media: &ResourceId, storage: &ResourceId) -> Result<Answer, Problem> {
        let url = self.resource_manager_url(&format!("{media}/syncStorageKeys"), ACCOUNTS);
        let call = Call::new(Method::Post, url, Effect::Idempotent, Audience::ResourceManager)
            .json(&json!({ "id": storage.as_str() }))
            .without_secret();
        self.send(call).await
    }

    /// An asset of a media account that lies in the storage account of this name, if there is one. The first page of the
    /// list is enough nearly always; only if it holds none are the others read.
    ///
    /// # Errors
    /// As [`Client::list`].
    pub async fn asset_in(&self, media: &ResourceId, storage_account: &str) -> Result<Option<Asset>, Problem> {
        #[derive(Deserialize)]
        struct Page {
            value: Vec<Value>,
            #[serde(rename = "@odata.nextLink")]
            next: Option<String>,
        }
        let url = self.resource_manager_url(&format!("{media}/assets"), ASSETS);
        let call = Call::new(Method::Get, url, Effect::Read, Audience::ResourceManager);
        let first: Page = self.send(call.clone()).await?.parse()?;
        let find = |items: Vec<Value>| {
            let assets = items.into_iter().filter_map(|item| serde_json::from_value::<Asset>(item).ok());
            assets.into_iter().find(|asset| asset.is_in(storage_account))
        };
        let found = find(first.value);
        if found.is_some() || first.next.is_none_or(|next| next.is_empty()) {
            return Ok(found);
        }
        Ok(find(self.list(call).await?))
    }

    /// One asset; nothing when it is not there.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn asset(&self, media: &ResourceId, name: &str) -> Result<Option<Asset>, Problem> {
        let mut url = self.resource_manager_url(media.as_str(), ASSETS);
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(["assets", name]);
        }
        match self.send(Call::new(Method::Get, url, Effect::Read, Audience::ResourceManager)).await {
            Ok(answer) => answer.parse().map(Some),
            Err(problem) if problem.kind == Kind::NotFound => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// The addresses of an asset's container with read-only shared access signatures that end at `expiry`. Secrets.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn list_container_sas(
        &self,
        media: &ResourceId,
        asset: &str,
        expiry: OffsetDateTime,
    ) -> Result<Vec<Zeroizing<String>>, Problem> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire {
            asset_container_sas_urls: Vec<String>,
        }
        let expiry = expiry.format(&Rfc3339).map_err(|_| Problem::failed("unusableTime", "an expiry time cannot be written"))?;
        let mut url = self.resource_manager_url(media.as_str(), ASSETS);
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(["assets", asset, "listContainerSas"]);
        }
        let call = Call::new(Method::Post, url, Effect::Read, Audience::ResourceManager)
            .json(&json!({ "permissions": "Read", "expiryTime": expiry }));
        let urls = self.send(call).await?.parse::<Wire>()?.asset_container_sas_urls;
        Ok(urls.into_iter().map(Zeroizing::new).collect())
    }
}
