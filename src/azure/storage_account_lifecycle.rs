//! Storage accounts that come and go (Microsoft.Storage 2023-05-01): create, look into, delete.

use std::collections::BTreeMap;

use azure_core::http::Method;
use serde::Deserialize;
use serde_json::json;

use crate::domain::customer_key::{RUN_TAG, Storage};
use crate::domain::problem::{Kind, Problem};
use crate::domain::resource_id::ResourceId;

use super::call::{Answer, Audience, Call, Effect};
use super::client::Client;
use super::storage::ACCOUNT_TYPE;

const API_VERSION: &str = "2023-05-01";

/// What can lie in a storage account, as Resource Manager lists it.
const CONTENTS: [(&str, &str); 4] = [
    ("blobServices/default/containers", "container"),
    ("fileServices/default/shares", "file share"),
    ("queueServices/default/queues", "queue"),
    ("tableServices/default/tables", "table"),
];

#[derive(Deserialize)]
struct Wire {
    id: String,
    #[serde(default)]
    location: String,
    tags: Option<BTreeMap<String, String>>,
    #[serde(default)]
    properties: Properties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Properties {
    provisioning_state: Option<String>,
}

impl Client {
    /// A storage account, as far as a key needs it; nothing when there is none.
    ///
    /// # Errors
    /// As [`Client::send`], but for 404.
    pub async fn storage_found(&self, id: &ResourceId) -> Result<Option<Storage>, Problem> {
        let wire: Wire = match self.send(self.lifecycle_call(Method::Get, id.as_str(), Effect::Read)).await {
            Ok(answer) => answer.parse()?,
            Err(problem) if problem.kind == Kind::NotFound => return Ok(None),
            Err(problem) => return Err(problem),
        };
        Ok(Some(Storage {
            id: ResourceId::parse_as(&wire.id, ACCOUNT_TYPE)?,
            location: wire.location,
            tags: wire.tags.unwrap_or_default(),
            state: wire.properties.provisioning_state.unwrap_or_default(),
        }))
    }

    /// Creates a general-purpose account, geo-redundant as in the article.
    ///
    /// # Errors
    /// As [`Client::send`] and [`Client::finish`]; `storageNameTaken` where the name is somebody else's.
    pub async fn create_storage_account(&self, id: &ResourceId, location: &str, run: &str) -> Result<Answer, Problem> {
        let tags = BTreeMap::from([(RUN_TAG, run)]);
        let body = json!({
            "sku": { "name": "Standard_GRS" }, "kind": "StorageV2", "location": location, "tags": tags,
            "properties": { "minimumTlsVersion": "TLS1_2", "supportsHttpsTrafficOnly": true, "allowBlobPublicAccess": false },
        });
        let sent = self.send(self.lifecycle_call(Method::Put, id.as_str(), Effect::Idempotent).json(&body)).await;
        let taken = |problem: Problem| match problem.service_code.as_deref() {
            Some("StorageAccountAlreadyTaken" | "StorageAccountAlreadyExists") => {
                let message = format!("the storage account name {} is taken, and not by an account of this group", id.name());
                Problem {
                    http_status: problem.http_status,
                    ..Problem::blocked("storageNameTaken", message).because(problem.message)
                }
                .hint("names of storage accounts are unique in the world: take another --storage-name")
            }
            _ => problem,
        };
        self.finish(sent.map_err(taken)?).await
    }

    /// What lies in a storage account: `container films`, `queue jobs`. Empty for an empty account.
    ///
    /// # Errors
    /// As [`Client::list`]: an account that cannot be looked into is not empty.
    pub async fn storage_contents(&self, id: &ResourceId) -> Result<Vec<String>, Problem> {
        let mut contents = Vec::new();
        for (path, word) in CONTENTS {
            let items = match self.list(self.lifecycle_call(Method::Get, &format!("{id}/{path}"), Effect::Read)).await {
                Ok(items) => items,
                // Kinds of accounts without this service. Any other refusal says nothing about what lies in it.
                Err(problem) if problem.service_code.as_deref() == Some("FeatureNotSupportedForAccount") => Vec::new(),
                Err(problem) => return Err(problem),
            };
            contents.extend(items.iter().map(|item| format!("{word} {}", item["name"].as_str().unwrap_or("without a name"))));
        }
        Ok(contents)
    }

    /// Deletes a storage account with everything in it.
    ///
    /// # Errors
    /// As [`Client::send`]; an account that is gone already is as good.
    pub async fn delete_storage_account(&self, id: &ResourceId) -> Result<(), Problem> {
        match self.send(self.lifecycle_call(Method::Delete, id.as_str(), Effect::Idempotent)).await {
            Ok(_) => Ok(()),
            Err(problem) if problem.kind == Kind::NotFound => Ok(()),
            Err(problem) => Err(problem),
        }
    }

    fn lifecycle_call(&self, method: Method, path: &str, effect: Effect) -> Call {
        Call::new(method, self.resource_manager_url(path, API_VERSION), effect, Audience::ResourceManager)
    }
}
