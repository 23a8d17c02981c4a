//! Machine Learning workspaces of a world.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A workspace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Workspace {
    /// The full id.
    pub id: String,
    /// The region.
    #[serde(default = "default_location")]
    pub location: String,
    /// The full id of its storage account.
    pub storage_account: String,
    /// `accesskey`, `identity`, or absent as before 2023.
    #[serde(default)]
    pub system_datastores_auth_mode: Option<String>,
    /// `Default`, `Hub`, `Project`, `FeatureStore`.
    #[serde(default = "default_kind")]
    pub kind: String,
    /// The hub's full id, for a project.
    #[serde(default)]
    pub hub: Option<String>,
    /// The storage key that it holds, as a template (see [`super::Secret::value`]); its account's key1 when absent.
    #[serde(default)]
    pub storage_key: Option<String>,
    /// Its datastores, the four system ones included where it has them.
    #[serde(default)]
    pub datastores: Vec<Datastore>,
}

/// A datastore.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Datastore {
    /// The name.
    pub name: String,
    /// What it signs in with.
    pub credentials: Credentials,
    /// Everything else that the service keeps, as it stands on the wire (`datastoreType`, `accountName`,
    /// `containerName`, `endpoint`, `tags`, …).
    pub properties: Map<String, Value>,
}

/// What a datastore signs in with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Credentials {
    /// `AccountKey`, `Sas`, `ServicePrincipal`, `Certificate` or `None`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The secret as a template (see [`super::Secret::value`]); absent for `None`.
    #[serde(default)]
    pub secret: Option<String>,
}

fn default_location() -> String {
    "westeurope".into()
}

fn default_kind() -> String {
    "Default".into()
}

impl Workspace {
    /// A workspace that signs in with keys and has no datastore yet.
    #[must_use]
    pub fn new(id: &str, storage: &str) -> Self {
        Self {
            id: id.to_owned(),
            location: default_location(),
            storage_account: storage.to_owned(),
            system_datastores_auth_mode: Some("accesskey".into()),
            kind: default_kind(),
            hub: None,
            storage_key: None,
            datastores: Vec::new(),
        }
    }

    /// The same workspace with the four datastores that the service itself makes, all holding `slot`.
    #[must_use]
    pub fn with_system_datastores(mut self, slot: &str) -> Self {
        let account = self.storage_account.clone();
        for (name, kind, member, value, default) in [
            ("workspaceblobstore", "AzureBlob", "containerName", "azureml-blobstore-38f33446", true),
            ("workspacefilestore", "AzureFile", "fileShareName", "azureml-filestore-38f33446", false),
            ("workspaceartifactstore", "AzureBlob", "containerName", "azureml", false),
            ("workspaceworkingdirectory", "AzureFile", "fileShareName", "code-391ff5ac", false),
        ] {
            let mut store = Datastore::new(name, kind, &account, member, value).with_key(slot, &account);
            store.properties.insert("isDefault".into(), json!(default));
            if name == "workspaceblobstore" {
                store.properties.insert("serviceDataAccessAuthIdentity".into(), json!("WorkspaceSystemAssignedIdentity"));
            }
            self.datastores.push(store);
        }
        self
    }
}

impl Datastore {
    /// A datastore over an account without credentials: `member` is `containerName`, `fileShareName` or `filesystem`.
    ///
    /// # Panics
    /// Never: the literal is an object.
    #[must_use]
    pub fn new(name: &str, kind: &str, account: &str, member: &str, value: &str) -> Self {
        let Value::Object(mut properties) = json!({
            "description": null, "tags": null, "properties": null, "isDefault": false,
            "subscriptionId": null, "resourceGroup": null, "datastoreType": kind,
            "accountName": account.rsplit('/').next().unwrap_or_default(),
            "endpoint": "core.windows.net", "protocol": "https", "serviceDataAccessAuthIdentity": "None",
        }) else {
            unreachable!("the literal is an object")
        };
        properties.insert(member.to_owned(), json!(value));
        Self { name: name.to_owned(), credentials: Credentials { kind: "None".into(), secret: None }, properties }
    }

    /// The same datastore holding the key of a slot.
    #[must_use]
    pub fn with_key(mut self, slot: &str, account: &str) -> Self {
        self.credentials = Credentials { kind: "AccountKey".into(), secret: Some(format!("{{{slot} of {account}}}")) };
        self
    }

    /// The same datastore holding a SAS over a container, signed by a slot.
    #[must_use]
    pub fn with_sas(mut self, slot: &str, account: &str, container: &str) -> Self {
        self.credentials =
            Credentials { kind: "Sas".into(), secret: Some(format!("{{container sas {container} {slot} of {account}}}")) };
        self
    }
}
