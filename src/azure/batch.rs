//! Batch accounts and the call that makes them re-read the key of their auto-storage account (Microsoft.Batch 2024-02-01).

use azure_core::http::Method;
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;

use super::call::{Answer, Audience, Call, Effect};
use super::client::Client;

const API_VERSION: &str = "2024-02-01";
/// The type of a Batch account.
pub const BATCH_TYPE: &str = "Microsoft.Batch/batchAccounts";

/// A Batch account, as far as keyroll needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchAccount {
    /// The account's id.
    pub id: ResourceId,
    /// The storage account that it keeps application packages in, if one is linked.
    pub storage_account: Option<ResourceId>,
    /// When it last read the keys, as the service says.
    pub last_key_sync: Option<OffsetDateTime>,
    /// Whether it uses its managed identity towards storage, and so holds no key.
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
    auto_storage: Option<AutoStorage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AutoStorage {
    storage_account_id: String,
    last_key_sync: Option<String>,
    authentication_mode: Option<String>,
}

impl BatchAccount {
    /// Reads an account as Resource Manager or Resource Graph describes it.
    ///
    /// # Errors
    /// `unexpectedAnswer` when it is not of the documented shape.
    pub fn from_json(item: &Value) -> Result<Self, Problem> {
        let malformed = || {
            Problem::failed("unexpectedAnswer", "Resource Manager answered a Batch account that is not of the documented shape")
        };
        let wire = WireAccount::deserialize(item).map_err(|_| malformed())?;
        let mut account = Self {
            id: ResourceId::parse_as(&wire.id, BATCH_TYPE).map_err(|_| malformed())?,
            storage_account: None,
            last_key_sync: None,
            uses_identity: false,
        };
        if let Some(auto) = wire.properties.auto_storage {
            account.storage_account = Some(auto.storage_account_id.parse().map_err(|_| malformed())?);
            account.last_key_sync = auto.last_key_sync.and_then(|text| OffsetDateTime::parse(&text, &Rfc3339).ok());
            account.uses_identity =
                auto.authentication_mode.is_some_and(|mode| mode.eq_ignore_ascii_case("BatchAccountManagedIdentity"));
        }
        Ok(account)
    }
}

impl Client {
    /// One Batch account.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn batch_account(&self, id: &ResourceId) -> Result<BatchAccount, Problem> {
        let url = self.resource_manager_url(id.as_str(), API_VERSION);
        let answer = self.send(Call::new(Method::Get, url, Effect::Read, Audience::ResourceManager)).await?;
        BatchAccount::from_json(&answer.parse()?)
    }

    /// All Batch accounts of a subscription, as raw JSON.
    ///
    /// # Errors
    /// As [`Client::list`].
    pub async fn batch_accounts(&self, subscription: &str) -> Result<Vec<Value>, Problem> {
        let path = format!("/subscriptions/{subscription}/providers/{BATCH_TYPE}");
        let url = self.resource_manager_url(&path, API_VERSION);
        self.list(Call::new(Method::Get, url, Effect::Read, Audience::ResourceManager)).await
    }

    /// Tells a Batch account to re-read the keys of its auto-storage account. It answers 204 and no body.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn sync_auto_storage_keys(&self, id: &ResourceId) -> Result<Answer, Problem> {
        let url = self.resource_manager_url(&format!("{id}/syncAutoStorageKeys"), API_VERSION);
        self.send(Call::new(Method::Post, url, Effect::Idempotent, Audience::ResourceManager)).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn account(auto_storage: &Value) -> Result<BatchAccount, Problem> {
        BatchAccount::from_json(&json!({
            "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Batch/batchAccounts/b",
            "properties": { "autoStorage": auto_storage },
        }))
    }

    #[test]
    fn what_a_batch_account_says_of_its_storage() {
        let storage = "/subscriptions/s/resourceGroups/other/providers/Microsoft.Storage/storageAccounts/st";
        let keys =
            account(&json!({ "storageAccountId": storage, "lastKeySync": "2016-03-10T23:48:38.9878479Z" })).expect("reads");
        assert_eq!(keys.storage_account.as_ref().map(ResourceId::as_str), Some(storage));
        assert!(keys.last_key_sync.is_some() && !keys.uses_identity);
        let identity =
            account(&json!({ "storageAccountId": storage, "authenticationMode": "BatchAccountManagedIdentity" })).expect("reads");
        assert!(identity.uses_identity);
        assert_eq!(account(&Value::Null).expect("nothing linked").storage_account, None);
        assert_eq!(account(&json!({ "storageAccountId": "st" })).expect_err("no id").code, "unexpectedAnswer");
    }
}
