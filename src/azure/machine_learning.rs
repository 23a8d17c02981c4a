//! Machine Learning: workspaces, their keys, and datastores (Microsoft.MachineLearningServices 2024-04-01).

use azure_core::http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

use crate::domain::account::Service;
use crate::domain::key::StorageKey;
use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;

use super::call::{Answer, Audience, Call, Effect};
use super::client::Client;

const API_VERSION: &str = "2024-04-01";
/// The type of a workspace.
pub const WORKSPACE_TYPE: &str = "Microsoft.MachineLearningServices/workspaces";

/// A workspace, as far as keyroll needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// The workspace's id.
    pub id: ResourceId,
    /// Its default storage account.
    pub storage_account: Option<ResourceId>,
    /// Whether its system datastores use an identity, so that there is nothing to sync.
    pub uses_identity: bool,
    /// The hub that it is a project of, whose storage account it shares.
    pub hub: Option<ResourceId>,
}

#[derive(Deserialize)]
struct WireWorkspace {
    id: String,
    #[serde(default)]
    properties: WireProperties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireProperties {
    storage_account: Option<String>,
    system_datastores_auth_mode: Option<String>,
    hub_resource_id: Option<String>,
}

impl Workspace {
    /// Reads a workspace as Resource Manager or Resource Graph describes it.
    ///
    /// # Errors
    /// `unexpectedAnswer` when it is not of the documented shape.
    pub fn from_json(item: &Value) -> Result<Self, Problem> {
        let wire = WireWorkspace::deserialize(item).map_err(|_| malformed("a workspace"))?;
        let id = |text: Option<String>| text.and_then(|text| text.parse().ok());
        Ok(Self {
            id: ResourceId::parse_as(&wire.id, WORKSPACE_TYPE).map_err(|_| malformed("a workspace"))?,
            storage_account: id(wire.properties.storage_account),
            uses_identity: wire.properties.system_datastores_auth_mode.is_some_and(|mode| mode.eq_ignore_ascii_case("identity")),
            hub: id(wire.properties.hub_resource_id),
        })
    }
}

/// A datastore as it came, since a write replaces it whole and everything has to be carried over (API dossier, trap 5).
#[derive(Clone, Debug, PartialEq)]
pub struct Datastore {
    /// The datastore's id.
    pub id: ResourceId,
    /// Its `properties`. Never holds a secret: answers show the kind of credentials only.
    pub properties: Value,
    /// When it was last written, if the service says so. It has no entity tag, so this is what tells that others wrote it.
    pub modified: Option<OffsetDateTime>,
}

impl Datastore {
    /// Reads a datastore as Resource Manager describes it.
    ///
    /// # Errors
    /// `unexpectedAnswer` when it is not of the documented shape.
    pub fn from_json(mut item: Value) -> Result<Self, Problem> {
        let id = item["id"].as_str().and_then(|id| id.parse().ok()).ok_or_else(|| malformed("a datastore"))?;
        let properties = item.get_mut("properties").map(Value::take).filter(Value::is_object);
        let properties = properties.ok_or_else(|| malformed("a datastore"))?;
        let modified = item["systemData"]["lastModifiedAt"].as_str().and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
        Ok(Self { id, properties, modified })
    }

    /// A text member of the properties; empty counts as absent.
    #[must_use]
    pub fn text(&self, member: &str) -> Option<&str> {
        self.properties[member].as_str().filter(|text| !text.is_empty())
    }

    /// `AccountKey`, `Sas`, `ServicePrincipal`, `Certificate`, `None`.
    #[must_use]
    pub fn credentials_type(&self) -> &str {
        self.properties["credentials"]["credentialsType"].as_str().unwrap_or("None")
    }

    /// The service of the storage account that it reaches and the container, file system or share there; `None` for the
    /// types that do not lie in a storage account.
    #[must_use]
    pub fn place(&self) -> Option<(Service, &str)> {
        match self.text("datastoreType")? {
            "AzureBlob" => Some((Service::Blob, self.text("containerName").unwrap_or_default())),
            "AzureDataLakeGen2" => Some((Service::Blob, self.text("filesystem").unwrap_or_default())),
            "AzureFile" => Some((Service::File, self.text("fileShareName").unwrap_or_default())),
            _ => None,
        }
    }
}

/// The secret of a datastore.
pub enum DatastoreSecret {
    /// An account key.
    AccountKey(StorageKey),
    /// A shared access signature: a query, or a URL with one.
    Sas(Zeroizing<String>),
    /// Something that holds no key, or a value that the service hides.
    Other(String),
}

impl std::fmt::Debug for DatastoreSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::AccountKey(_) => "AccountKey(…)",
            Self::Sas(_) => "Sas(…)",
            Self::Other(kind) => kind,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSecret {
    secrets_type: String,
    key: Option<String>,
    sas_token: Option<String>,
}

impl From<WireSecret> for DatastoreSecret {
    fn from(wire: WireSecret) -> Self {
        match (wire.secrets_type.as_str(), wire.key.filter(is_shown), wire.sas_token.filter(is_shown)) {
            ("AccountKey", Some(key), _) => Self::AccountKey(StorageKey::new(key)),
            ("Sas", _, Some(token)) => Self::Sas(Zeroizing::new(token)),
            _ => Self::Other(wire.secrets_type),
        }
    }
}

/// Whether a value is more than a mask (`********`), which some surfaces answer instead of a key.
#[expect(clippy::ptr_arg, reason = "it is a predicate of Option<String>::filter")]
fn is_shown(value: &String) -> bool {
    value.chars().any(|c| c != '*')
}

fn malformed(what: &str) -> Problem {
    Problem::failed("unexpectedAnswer", format!("Resource Manager answered {what} that is not of the documented shape"))
}

impl Client {
    /// One workspace.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn workspace(&self, id: &ResourceId) -> Result<Workspace, Problem> {
        Workspace::from_json(&self.send(self.read(id.as_str())).await?.parse()?)
    }

    /// All workspaces of a subscription, as raw JSON.
    ///
    /// # Errors
    /// As [`Client::list`].
    pub async fn workspaces(&self, subscription: &str) -> Result<Vec<Value>, Problem> {
        self.list(self.read(&format!("/subscriptions/{subscription}/providers/{WORKSPACE_TYPE}"))).await
    }

    /// The storage key that a workspace holds; `None` when it does not say.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn workspace_storage_key(&self, id: &ResourceId) -> Result<Option<StorageKey>, Problem> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire {
            user_storage_key: Option<String>,
        }
        let url = self.resource_manager_url(&format!("{id}/listKeys"), API_VERSION);
        let answer = self.send(Call::new(Method::Post, url, Effect::Read, Audience::ResourceManager)).await?;
        let key = answer.parse::<Wire>()?.user_storage_key;
        Ok(key.filter(|key| !key.is_empty()).filter(is_shown).map(StorageKey::new))
    }

    /// Tells a workspace to re-read its keys, and waits for nothing.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn begin_resync_keys(&self, id: &ResourceId) -> Result<Answer, Problem> {
        let url = self.resource_manager_url(&format!("{id}/resyncKeys"), API_VERSION);
        self.send(Call::new(Method::Post, url, Effect::Idempotent, Audience::ResourceManager)).await
    }

    /// Tells a workspace to re-read its keys and waits until it has (200, or 202 and a long-running operation).
    ///
    /// # Errors
    /// As [`Client::send`] and [`Client::finish`].
    pub async fn resync_keys(&self, id: &ResourceId) -> Result<Answer, Problem> {
        let answer = self.begin_resync_keys(id).await?;
        let correlation_id = answer.correlation_id();
        self.finish(answer)
            .await
            .map_err(|problem| Problem { correlation_id: problem.correlation_id.clone().or(correlation_id), ..problem })
    }

    /// All datastores of a workspace.
    ///
    /// # Errors
    /// As [`Client::list`].
    pub async fn datastores(&self, workspace: &ResourceId) -> Result<Vec<Datastore>, Problem> {
        let items = self.list(self.read(&format!("{workspace}/datastores"))).await?;
        items.into_iter().map(Datastore::from_json).collect()
    }

    /// One datastore.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn datastore(&self, id: &ResourceId) -> Result<Datastore, Problem> {
        Datastore::from_json(self.send(self.read(id.as_str())).await?.parse()?)
    }

    /// What a datastore holds.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn datastore_secret(&self, id: &ResourceId) -> Result<DatastoreSecret, Problem> {
        let url = self.resource_manager_url(&format!("{id}/listSecrets"), API_VERSION);
        let answer = self.send(Call::new(Method::Post, url, Effect::Read, Audience::ResourceManager)).await?;
        Ok(answer.parse::<WireSecret>()?.into())
    }

    /// Replaces a datastore by itself with another secret, and returns it as the service then has it. With `validate` the
    /// service tries the secret first and refuses one that does not work.
    ///
    /// # Errors
    /// As [`Client::send`]; `notWritable` for a secret that is neither a key nor a signature.
    pub async fn put_datastore(&self, before: &Datastore, secret: &DatastoreSecret, validate: bool) -> Result<Written, Problem> {
        let credentials = match secret {
            DatastoreSecret::AccountKey(key) => {
                json!({"credentialsType": "AccountKey", "secrets": {"secretsType": "AccountKey", "key": key.expose()}})
            }
            DatastoreSecret::Sas(token) => {
                json!({"credentialsType": "Sas", "secrets": {"secretsType": "Sas", "sasToken": token.as_str()}})
            }
            DatastoreSecret::Other(kind) => {
                return Err(Problem::failed(
                    "notWritable",
                    format!("datastore {} holds a {kind}, which is no key", before.id.name()),
                ));
            }
        };
        let mut properties = before.properties.clone();
        properties["credentials"] = credentials;
        let mut url = self.resource_manager_url(before.id.as_str(), API_VERSION);
        url.query_pairs_mut().append_pair("skipValidation", if validate { "false" } else { "true" });
        let call =
            Call::new(Method::Put, url, Effect::Idempotent, Audience::ResourceManager).json(&json!({ "properties": properties }));
        let answer = self.send(call).await?;
        Ok(Written { correlation_id: answer.correlation_id(), datastore: Datastore::from_json(answer.parse()?)? })
    }

    fn read(&self, path: &str) -> Call {
        Call::new(Method::Get, self.resource_manager_url(path, API_VERSION), Effect::Read, Audience::ResourceManager)
    }
}

/// What a write answered.
#[derive(Clone, Debug)]
pub struct Written {
    /// The datastore as the service has it now.
    pub datastore: Datastore,
    /// Resource Manager's correlation id.
    pub correlation_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_or_foreign_secret_is_not_taken_for_a_key() {
        let secret = |json: &str| DatastoreSecret::from(serde_json::from_str::<WireSecret>(json).expect("parses"));
        assert!(
            matches!(secret(r#"{"secretsType":"AccountKey","key":"k"}"#), DatastoreSecret::AccountKey(key) if key.expose() == "k")
        );
        assert!(
            matches!(secret(r#"{"secretsType":"Sas","sasToken":"?sv=1"}"#), DatastoreSecret::Sas(token) if *token == "?sv=1")
        );
        for json in [
            r#"{"secretsType":"AccountKey","key":"********"}"#,
            r#"{"secretsType":"AccountKey","key":null}"#,
            r#"{"secretsType":"ServicePrincipal","clientSecret":"s"}"#,
        ] {
            assert!(matches!(secret(json), DatastoreSecret::Other(_)), "{json}");
        }
    }

    #[test]
    fn a_datastore_tells_where_it_lies() {
        let datastore = |properties: Value| Datastore {
            id: ResourceId::new("s", "g", "Microsoft.MachineLearningServices", "workspaces", "w").child("datastores", "d"),
            properties,
            modified: None,
        };
        let gen2 = datastore(json!({"datastoreType": "AzureDataLakeGen2", "filesystem": "f"}));
        assert_eq!(gen2.place(), Some((Service::Blob, "f")));
        assert_eq!(gen2.credentials_type(), "None");
        assert_eq!(datastore(json!({"datastoreType": "AzureFile", "fileShareName": "s"})).place(), Some((Service::File, "s")));
        assert_eq!(datastore(json!({"datastoreType": "OneLake"})).place(), None);
    }
}
