//! `keyroll.world/1`: a simulated Azure as a file, complete enough that two processes build the same one from it.
//!
//! Times are given relative to [`World::now`] (ages in days or hours), so that a world never grows stale. Secrets are
//! given as templates that name a slot instead of repeating a key: see [`Secret::value`].

mod batch;
mod customer_key;
mod fault;
mod key_vault;
mod machine_learning;
mod media;
mod media_v2;
mod storage;
mod template;
mod unknowns;
mod validate;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::problem::Problem;

pub use batch::{AutoStorage, BatchAccount};
pub use customer_key::{MediaEncryption, UserIdentity, VaultKey, VaultSecurity};
pub use fault::{CUSTOMER_KEY_ROUTES, Fault, FaultKind, Moment, ROUTES};
pub use key_vault::{Consumer, ManagedStorageAccount, Secret, Vault};
pub use machine_learning::{Credentials, Datastore, Workspace};
pub use media::{Asset, AttachedStorage, ContentKey, MediaAccount, StreamingEndpoint, StreamingLocator, StreamingPolicy};
pub use media_v2::{AccessPolicyV2, AssetV2, GivenKey, JobV2, LocatorV2, ManagementCertificate, MediaV2Account};
pub use storage::{HandedOutSas, SlotSeed, StorageAccount};
pub use template::{Form, Placeholder};
pub use unknowns::{ContainerSas, MediaHolds, ResyncTakes, Span, SystemDatastores, Unknowns};

/// The schema that this version reads and writes.
pub const SCHEMA: &str = "keyroll.world/1";

/// A whole simulated Azure as it is at the beginning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct World {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The moment at which the world begins, RFC 3339.
    #[serde(default = "default_now")]
    pub now: String,
    /// Decides every draw: keys, propagation, caches, latencies.
    #[serde(default)]
    pub seed: u64,
    /// The tenant's id.
    #[serde(default = "default_tenant")]
    pub tenant: String,
    /// Who calls, and what it may not do.
    #[serde(default)]
    pub caller: Caller,
    /// Host names and audiences.
    #[serde(default)]
    pub endpoints: Endpoints,
    /// The subscriptions that the caller sees.
    #[serde(default)]
    pub subscriptions: Vec<Subscription>,
    /// Storage accounts.
    #[serde(default)]
    pub storage_accounts: Vec<StorageAccount>,
    /// Media Services v3 accounts.
    #[serde(default)]
    pub media_accounts: Vec<MediaAccount>,
    /// The v2 face of some of them.
    #[serde(default, rename = "mediaV2Accounts")]
    pub media_v2_accounts: Vec<MediaV2Account>,
    /// The certificates that classic service management takes. Where the world is served over TLS it takes one more, made for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub management_certificates: Vec<ManagementCertificate>,
    /// Machine Learning workspaces.
    #[serde(default)]
    pub workspaces: Vec<Workspace>,
    /// Batch accounts.
    #[serde(default)]
    pub batch_accounts: Vec<BatchAccount>,
    /// Key vaults.
    #[serde(default)]
    pub vaults: Vec<Vault>,
    /// User-assigned identities.
    #[serde(default)]
    pub user_identities: Vec<UserIdentity>,
    /// Management locks.
    #[serde(default)]
    pub locks: Vec<Lock>,
    /// Every answer that Azure's documents do not give, as this world gives it.
    #[serde(default)]
    pub unknowns: Unknowns,
    /// What goes wrong, and when.
    #[serde(default)]
    pub faults: Vec<Fault>,
}

/// The identity behind the calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Caller {
    /// The object id in the tenant.
    pub object_id: String,
    /// The application's id: `client_id` of the sign-ins as a service principal.
    pub client_id: String,
    /// The application's one secret.
    pub client_secret: String,
    /// The user name and the password of the same identity, where it signs in as a person.
    pub user_name: String,
    /// See [`Self::user_name`].
    pub password: String,
    /// Actions that this identity lacks everywhere: `Microsoft.Storage/storageAccounts/regenerateKey/action`, and for
    /// vaults the data actions `Microsoft.KeyVault/vaults/secrets/getSecret/action` and `…/setSecret/action`.
    pub missing_actions: Vec<String>,
    /// The only actions, of vaults the data actions too, that this identity has, as those of a role; every one where absent.
    pub only_actions: Option<Vec<String>>,
    /// Whether bearer tokens are demanded and looked at.
    pub tokens_required: bool,
    /// How long a token of the simulator's own credential lives.
    pub token_lifetime_seconds: u64,
    /// Whether Azure Policy refuses every change in Resource Manager that brings no token of its own.
    pub policy_tokens_required: bool,
}

impl Default for Caller {
    fn default() -> Self {
        Self {
            object_id: "00000000-0000-0000-0000-00000000ca11".into(),
            client_id: "00000000-0000-0000-0000-00000000a991".into(),
            client_secret: "simulated-client-secret".into(),
            user_name: "operator@simulated.example".into(),
            password: "simulated-password".into(),
            missing_actions: Vec::new(),
            only_actions: None,
            tokens_required: true,
            token_lifetime_seconds: 3600,
            policy_tokens_required: false,
        }
    }
}

/// Where the simulated services answer. The defaults are those of the public cloud.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Endpoints {
    /// `https`, or `http` when served on loopback.
    pub scheme: String,
    /// The authority of Resource Manager.
    pub resource_manager: String,
    /// The authority of Microsoft Entra ID.
    pub login: String,
    /// The domain of storage endpoints, a port included where there is one.
    pub storage_suffix: String,
    /// The domain of vaults, a port included where there is one.
    pub key_vault_suffix: String,
    /// The audience of Resource Manager tokens.
    pub resource_manager_audience: String,
    /// The audience of Key Vault tokens.
    pub key_vault_audience: String,
    /// The domain of AMS v2's OData services, a port included where there is one.
    pub media_suffix: String,
    /// Where AMS v2 answered before each account had its own address; it redirects to the first account.
    pub media_legacy: String,
    /// The audience of AMS v2 tokens.
    pub media_audience: String,
    /// The authority of classic service management.
    pub classic_management: String,
    /// The domain of streaming endpoints, a port included where there is one.
    pub streaming_suffix: String,
    /// The domain of streaming endpoints in the addresses of AMS v2, a port included where there is one.
    pub streaming_suffix_v2: String,
}

impl Default for Endpoints {
    fn default() -> Self {
        Self {
            scheme: "https".into(),
            resource_manager: "management.azure.com".into(),
            login: "login.microsoftonline.com".into(),
            storage_suffix: "core.windows.net".into(),
            key_vault_suffix: "vault.azure.net".into(),
            resource_manager_audience: "https://management.azure.com".into(),
            key_vault_audience: "https://vault.azure.net".into(),
            media_suffix: "media.azure.net".into(),
            media_legacy: "media.windows.net".into(),
            media_audience: "https://rest.media.azure.net".into(),
            classic_management: "management.core.windows.net".into(),
            streaming_suffix: "streaming.media.azure.net".into(),
            streaming_suffix_v2: "streaming.mediaservices.windows.net".into(),
        }
    }
}

/// A subscription that the caller sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// The subscription's id.
    pub id: String,
    /// The display name.
    #[serde(default)]
    pub name: String,
}

/// A management lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Lock {
    /// The id of the subscription, group or resource that is locked.
    pub scope: String,
    /// The lock's name.
    pub name: String,
    /// `ReadOnly` (which blocks POSTs too) or `CanNotDelete`.
    pub level: String,
}

fn default_now() -> String {
    "2026-11-22T02:00:00Z".into()
}

fn default_tenant() -> String {
    "00000000-0000-0000-0000-0000000000aa".into()
}

impl Default for World {
    fn default() -> Self {
        Self {
            schema: SCHEMA.into(),
            now: default_now(),
            seed: 0,
            tenant: default_tenant(),
            caller: Caller::default(),
            endpoints: Endpoints::default(),
            subscriptions: Vec::new(),
            storage_accounts: Vec::new(),
            media_accounts: Vec::new(),
            media_v2_accounts: Vec::new(),
            management_certificates: Vec::new(),
            workspaces: Vec::new(),
            batch_accounts: Vec::new(),
            vaults: Vec::new(),
            user_identities: Vec::new(),
            locks: Vec::new(),
            unknowns: Unknowns::default(),
            faults: Vec::new(),
        }
    }
}

impl World {
    /// Reads a world and checks it.
    ///
    /// # Errors
    /// Usage problems: not JSON or not of this shape, another schema, members that nobody knows (all named), or
    /// contradictions as [`Self::validate`] tells them.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let shape =
            |error: &serde_json::Error| Problem::usage("malformedWorld", "the world is not the documented JSON").because(error);
        let value: Value = serde_json::from_str(text).map_err(|error| shape(&error))?;
        match value.get("schema").and_then(Value::as_str) {
            Some(SCHEMA) => {}
            Some(other) => {
                return Err(Problem::usage("unknownSchema", format!("the world's schema is `{other}`"))
                    .hint(format!("write it as `{SCHEMA}`")));
            }
            None => {
                return Err(
                    Problem::usage("unknownSchema", "the world names no schema").hint(format!("add \"schema\": \"{SCHEMA}\""))
                );
            }
        }
        let world: Self = serde_json::from_value(value.clone()).map_err(|error| shape(&error))?;
        let known = serde_json::to_value(&world).map_err(|error| shape(&error))?;
        let mut unknown = Vec::new();
        unknown_members("", &value, &known, &mut unknown);
        if !unknown.is_empty() {
            return Err(Problem::usage(
                "unknownMembers",
                format!("the world has members that nobody knows: {}", unknown.join(", ")),
            ));
        }
        world.validate()?;
        Ok(world)
    }

    /// The world as JSON text.
    ///
    /// # Panics
    /// Never: these types serialise.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a world serialises")
    }
}

/// Collects the members of `given` that did not survive the way through our types. serde can reject the first unknown
/// member, but only a comparison names them all.
fn unknown_members(path: &str, given: &Value, known: &Value, unknown: &mut Vec<String>) {
    match (given, known) {
        (Value::Object(given), Value::Object(known)) => {
            for (name, value) in given {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match known.get(name) {
                    Some(counterpart) => unknown_members(&path, value, counterpart, unknown),
                    None => unknown.push(path),
                }
            }
        }
        (Value::Array(given), Value::Array(known)) => {
            for (position, (value, counterpart)) in given.iter().zip(known).enumerate() {
                unknown_members(&format!("{path}[{position}]"), value, counterpart, unknown);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_world_survives_its_own_json() {
        let world = World { seed: 7, ..World::default() };
        assert_eq!(World::parse(&world.to_json()).expect("our own JSON"), world);
    }

    #[test]
    fn every_unknown_member_is_named() {
        let text = r#"{"schema":"keyroll.world/1","sead":1,"caller":{"objectID":"x"},
            "storageAccounts":[{"id":"/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/st","colour":1}]}"#;
        let problem = World::parse(text).expect_err("three unknown members");
        assert_eq!(problem.code, "unknownMembers");
        for name in ["sead", "caller.objectID", "storageAccounts[0].colour"] {
            assert!(problem.message.contains(name), "{name} is not in {}", problem.message);
        }
    }

    #[test]
    fn a_world_of_another_version_is_refused() {
        assert_eq!(World::parse(r#"{"schema":"keyroll.world/2"}"#).expect_err("version 2").code, "unknownSchema");
        assert_eq!(World::parse("{}").expect_err("no version").code, "unknownSchema");
        assert_eq!(World::parse("\u{1}").expect_err("no JSON").code, "malformedWorld");
    }
}
