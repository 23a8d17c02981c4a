//! Machine Learning datastores: each holds a key or a shared access signature of its own, which is read and written.

use async_trait::async_trait;
use url::Url;
use zeroize::Zeroizing;

use crate::azure::data_plane::Acceptance;
use crate::azure::machine_learning::{Datastore, DatastoreSecret};
use crate::domain::account::Service;
use crate::domain::binding::{Binding, Held, Knowledge};
use crate::domain::dependent::{Dependent, Movement};
use crate::domain::key::Slot;
use crate::domain::planted::{Mistake, is_planted};
use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;
use crate::domain::shared_access::{SharedAccess, Signer};

use super::{Adapter, Expected, Moved, Proof, Scene, Verdict, wrong_movement};

/// Belong to the workspace's resync (API dossier, 4.4).
const SYSTEM: [&str; 4] = ["workspaceblobstore", "workspacefilestore", "workspaceartifactstore", "workspaceworkingdirectory"];
/// How often a datastore that others change meanwhile is read and written again.
const TRIES: usize = 3;

#[derive(Debug)]
pub(super) struct Datastores;

/// Whether the workspace itself looks after the datastore of this name.
pub(super) fn is_system(name: &str) -> bool {
    SYSTEM.iter().any(|system| system.eq_ignore_ascii_case(name))
}

/// Whether a datastore lies in the account of the scene: the name and the suffix of its endpoint.
pub(super) fn lies_in(scene: &Scene<'_>, store: &Datastore) -> bool {
    store.place().is_some() && is_named_after(scene, store) && has_suffix(scene, store)
}

pub(super) fn is_named_after(scene: &Scene<'_>, store: &Datastore) -> bool {
    let name = store.text("accountName").or_else(|| store.text("storeName"));
    name.is_some_and(|name| name.eq_ignore_ascii_case(scene.account.id.name()))
}

pub(super) fn has_suffix(scene: &Scene<'_>, store: &Datastore) -> bool {
    let own = scene.account.endpoint_suffix().unwrap_or_else(|| scene.client.cloud().storage_suffix.clone());
    store.text("endpoint").unwrap_or("core.windows.net").eq_ignore_ascii_case(&own)
}

/// What a datastore holds.
pub(super) async fn binding_of(scene: &Scene<'_>, store: &Datastore) -> Result<Binding, Problem> {
    match scene.client.datastore_secret(&store.id).await? {
        DatastoreSecret::AccountKey(key) => Ok(scene.binding_of(&key)),
        DatastoreSecret::Sas(token) => signature_binding(scene, store, &token),
        DatastoreSecret::Other(_) => Ok(Binding::guessed(Held::Unknown, Knowledge::Unknown, scene.now())),
    }
}

fn signature_binding(scene: &Scene<'_>, store: &Datastore, token: &str) -> Result<Binding, Problem> {
    let read = |held, fingerprint| Ok(Binding::read(held, fingerprint, scene.now()));
    match signer(scene, store, token)? {
        Signer::Slot(slot) => read(Held::Slot(slot), Some(scene.keys.get(slot).key.fingerprint(&scene.account.id))),
        Signer::NeitherSlot => read(Held::Stale, None),
        Signer::UserDelegation => read(Held::Nothing, None),
        // Either slot may have signed it, and nothing here can make it anew: it is named, not moved.
        Signer::Unknown(_) => Ok(Binding {
            lasting_signatures: Slot::BOTH.to_vec(),
            ..Binding::guessed(Held::Nothing, Knowledge::Unknown, scene.now())
        }),
    }
}

fn signer(scene: &Scene<'_>, store: &Datastore, token: &str) -> Result<Signer, Problem> {
    let path = store.place().map(|(_, path)| path);
    match SharedAccess::parse(token) {
        Some(signed) => signed.signer(scene.account.id.name(), path, scene.keys),
        None => Ok(Signer::Unknown("it is not of the documented form")),
    }
}

/// Writes the key of `slot` into a datastore, unless it is already there: reads directly before, carries everything over,
/// compares after, and begins anew when somebody else wrote in between.
pub(super) async fn write(scene: &Scene<'_>, id: &ResourceId, slot: Slot) -> Result<Moved, Problem> {
    let mut correlation_id = None;
    for _ in 0..TRIES {
        let held = scene.client.datastore_secret(id).await?;
        let before = scene.client.datastore(id).await?;
        if !lies_in(scene, &before) {
            return Err(Problem::drift(
                "datastoreMoved",
                format!("datastore {} no longer lies in {}", id.name(), scene.account.id.name()),
            )
            .hint("make a new plan: somebody pointed the datastore elsewhere"));
        }
        let next = match next_secret(scene, &before, held, slot)? {
            Next::Write(secret) => secret,
            kept => {
                let how = match (kept, &correlation_id) {
                    (Next::Lasting, _) => "its SAS cannot be made anew".to_owned(),
                    (_, Some(_)) => format!("holds {slot} now"),
                    (_, None) => format!("already holds {slot}"),
                };
                return Ok(Moved { sent: correlation_id.is_some(), how, correlation_id: correlation_id.flatten() });
            }
        };
        let validate = before.place().is_none_or(|(service, _)| !scene.untested.contains(&service));
        let written = scene.client.put_datastore(&carried_over(&before), &next, validate).await?;
        let lost = differences(&before, &written.datastore);
        if !lost.is_empty() {
            return Err(Problem::person(
                "datastoreDiffers",
                format!("the write of datastore {} changed more than its credentials: {}", id.name(), lost.join(", ")),
            )
            .hint("compare the datastore with its definition, put the members back, then resume"));
        }
        correlation_id = Some(written.correlation_id);
        let after = scene.client.datastore(id).await?;
        if is_untouched(&written.datastore, &after) {
            return Ok(Moved { sent: true, how: format!("written with {slot}"), correlation_id: correlation_id.flatten() });
        }
    }
    Err(Problem::drift("datastoreContended", format!("somebody else keeps writing datastore {}", id.name()))
        .hint("stop the deployment that writes it, then resume"))
}

/// Everything that a full replace has to carry over.
fn carried_over(before: &Datastore) -> Datastore {
    let mut store = before.clone();
    if is_planted(Mistake::LoseMember)
        && let Some(members) = store.properties.as_object_mut()
    {
        members.remove("serviceDataAccessAuthIdentity");
        members.remove("tags");
    }
    store
}

/// What has to be done with a datastore.
enum Next {
    /// This has to be written.
    Write(DatastoreSecret),
    /// It holds the key already.
    Held,
    /// It holds a SAS that no key of ours can replace.
    Lasting,
}

/// What has to be written, if anything has. Only what is held now decides, not what was held when the plan was made.
fn next_secret(scene: &Scene<'_>, store: &Datastore, held: DatastoreSecret, slot: Slot) -> Result<Next, Problem> {
    let key = &scene.keys.get(slot).key;
    match held {
        DatastoreSecret::AccountKey(current) if current == *key => Ok(Next::Held),
        DatastoreSecret::AccountKey(_) => Ok(Next::Write(DatastoreSecret::AccountKey(key.clone()))),
        DatastoreSecret::Sas(token) => match signer(scene, store, &token)? {
            Signer::Slot(current) if current == slot => Ok(Next::Held),
            Signer::Unknown(_) | Signer::UserDelegation => Ok(Next::Lasting),
            Signer::Slot(_) | Signer::NeitherSlot => {
                let path = store.place().map(|(_, path)| path);
                let Some(signed) = SharedAccess::parse(&token) else { return Ok(Next::Lasting) };
                Ok(Next::Write(DatastoreSecret::Sas(signed.signed_by(scene.account.id.name(), path, key)?)))
            }
        },
        DatastoreSecret::Other(_) if store.credentials_type() == "AccountKey" => {
            Ok(Next::Write(DatastoreSecret::AccountKey(key.clone())))
        }
        DatastoreSecret::Other(kind) => {
            Err(Problem::drift("datastoreKeyless", format!("datastore {} now holds a {kind} and no key", store.id.name()))
                .hint("make a new plan: somebody changed its credentials"))
        }
    }
}

/// Whether nobody wrote between our write and the reading after it.
fn is_untouched(written: &Datastore, after: &Datastore) -> bool {
    let same_time = written.modified.zip(after.modified).is_none_or(|(one, other)| one == other);
    let same_kind = written.credentials_type().eq_ignore_ascii_case(after.credentials_type());
    same_time && same_kind && differences(written, after).is_empty()
}

/// The members that differ, credentials apart. Absent, null and empty are the same to the service.
fn differences(one: &Datastore, other: &Datastore) -> Vec<String> {
    let empty = serde_json::Map::new();
    let (one, other) = (one.properties.as_object().unwrap_or(&empty), other.properties.as_object().unwrap_or(&empty));
    let is_empty = |value: Option<&serde_json::Value>| match value {
        None | Some(serde_json::Value::Null) => true,
        Some(serde_json::Value::Object(members)) => members.is_empty(),
        Some(serde_json::Value::Array(items)) => items.is_empty(),
        Some(serde_json::Value::String(text)) => text.is_empty(),
        Some(_) => false,
    };
    let mut names: Vec<&String> = one.keys().chain(other.keys()).filter(|name| *name != "credentials").collect();
    names.sort_unstable();
    names.dedup();
    let differs = |name: &&String| {
        let (left, right) = (one.get(*name), other.get(*name));
        left != right && !(is_empty(left) && is_empty(right))
    };
    names.into_iter().filter(differs).cloned().collect()
}

#[async_trait(?Send)]
impl Adapter for Datastores {
    async fn binding(&self, scene: &Scene<'_>, dependent: &Dependent) -> Result<Binding, Problem> {
        let id: ResourceId = dependent.id.parse()?;
        match scene.client.datastore_secret(&id).await? {
            DatastoreSecret::AccountKey(key) => Ok(scene.binding_of(&key)),
            // Where it lies is needed to recompute the signature, and only then.
            DatastoreSecret::Sas(token) => signature_binding(scene, &scene.client.datastore(&id).await?, &token),
            DatastoreSecret::Other(_) => Ok(Binding::guessed(Held::Unknown, Knowledge::Unknown, scene.now())),
        }
    }

    async fn tell(&self, scene: &Scene<'_>, dependent: &Dependent) -> Result<Moved, Problem> {
        let Some(workspace) = dependent.parent.as_ref().filter(|_| dependent.movement == Movement::WithParent) else {
            return Err(wrong_movement(dependent, "told to fetch a key: it has to be given one"));
        };
        let answer = scene.client.resync_keys(&workspace.parse()?).await?;
        Ok(Moved { sent: true, how: "resyncKeys of its workspace is done".to_owned(), correlation_id: answer.correlation_id() })
    }

    async fn publish(&self, scene: &Scene<'_>, dependent: &Dependent, slot: Slot) -> Result<Moved, Problem> {
        write(scene, &dependent.id.parse()?, slot).await
    }

    async fn prove(&self, scene: &Scene<'_>, dependent: &Dependent, expected: Expected) -> Result<Proof, Problem> {
        let store = scene.client.datastore(&dependent.id.parse()?).await?;
        let proof = |verdict, how: &str| Ok(Proof { verdict, how: how.to_owned() });
        let secret = scene.client.datastore_secret(&store.id).await?;
        let slot = match &secret {
            DatastoreSecret::AccountKey(key) => scene.keys.slot_of(key.expose()),
            DatastoreSecret::Sas(token) => match signer(scene, &store, token)? {
                Signer::Slot(slot) => Some(slot),
                Signer::NeitherSlot => None,
                Signer::UserDelegation => return proof(Verdict::Assumed, "its SAS is made with a user delegation key"),
                Signer::Unknown(_) => return proof(Verdict::Assumed, "its SAS cannot be traced to a key"),
            },
            DatastoreSecret::Other(_) => return proof(Verdict::Assumed, "its key is not shown"),
        };
        let Some(slot) = slot.filter(|slot| expected == Expected::AnyCurrent || expected == Expected::Slot(*slot)) else {
            return proof(Verdict::Pending, "an old key is still read back");
        };
        let service = store.place().map_or(Service::Blob, |(service, _)| service);
        if scene.untested.contains(&service) {
            return proof(Verdict::Assumed, &format!("{slot} is read back; the {service} service cannot be tried from here"));
        }
        match try_out(scene, &store, &secret, service).await? {
            None => proof(Verdict::Proven, &format!("its SAS is read back signed with {slot}; its rights do not allow a try")),
            Some(Acceptance::Accepted) => {
                proof(Verdict::Proven, &format!("{slot} is read back and the {service} service accepts it"))
            }
            Some(Acceptance::Refused) => {
                proof(Verdict::Pending, &format!("{slot} is read back, the {service} service still refuses it"))
            }
            // Nobody accepted that this service stays untried, and a connection may come back.
            Some(Acceptance::Unreachable { why }) => {
                proof(Verdict::Pending, &format!("{slot} is read back, but could not be tried: {why}"))
            }
            Some(Acceptance::KeyAccessOff) => {
                Err(Problem::blocked("keyAccessOff", format!("{} accepts no keys any more", scene.account.id.name()))
                    .hint("set allowSharedKeyAccess of the account to true while it is rolled"))
            }
        }
    }

    async fn rescue(&self, scene: &Scene<'_>, dependent: &Dependent) -> Result<Option<Moved>, Problem> {
        if dependent.movement != Movement::WithParent || self.binding(scene, dependent).await?.held != Held::Stale {
            return Ok(None);
        }
        let youngest = Slot::BOTH.into_iter().max_by_key(|slot| scene.keys.get(*slot).created).unwrap_or(Slot::Key1);
        write(scene, &dependent.id.parse()?, youngest).await.map(Some)
    }
}

/// Uses what came back with one read; `None` where a signature's rights do not reach that far.
async fn try_out(
    scene: &Scene<'_>,
    store: &Datastore,
    secret: &DatastoreSecret,
    service: Service,
) -> Result<Option<Acceptance>, Problem> {
    match secret {
        DatastoreSecret::AccountKey(key) => scene.client.accepts(scene.account, service, key).await.map(Some),
        DatastoreSecret::Sas(token) => {
            let Some(signed) = SharedAccess::parse(token) else { return Ok(None) };
            let Some(scope) = signed.listable(scene.now()) else { return Ok(None) };
            let Some(endpoint) = scene.account.endpoint(service) else { return Ok(None) };
            let path = match scope {
                crate::domain::shared_access::SignedScope::Service => "",
                _ => store.place().map_or("", |(_, path)| path),
            };
            let address = Zeroizing::new(format!("{endpoint}{path}?{}", signed.query()));
            let Ok(url) = Url::parse(&address) else { return Ok(None) };
            scene.client.accepts_signature(url, scope).await.map(Some)
        }
        DatastoreSecret::Other(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_write_lost_is_named_and_what_is_empty_is_not_lost() {
        let store = |properties: serde_json::Value| Datastore {
            id: ResourceId::new("s", "g", "Microsoft.MachineLearningServices", "workspaces", "w").child("datastores", "d"),
            properties,
            modified: None,
        };
        let before =
            store(json!({"tags": null, "description": "d", "isDefault": true, "credentials": {"credentialsType": "AccountKey"},
            "serviceDataAccessAuthIdentity": "WorkspaceSystemAssignedIdentity"}));
        let same = store(json!({"tags": {}, "description": "d", "isDefault": true, "credentials": {"credentialsType": "Sas"},
            "serviceDataAccessAuthIdentity": "WorkspaceSystemAssignedIdentity", "resourceGroup": null}));
        assert!(differences(&before, &same).is_empty());
        let lost = store(json!({"isDefault": false, "serviceDataAccessAuthIdentity": "None"}));
        assert_eq!(differences(&before, &lost), ["description", "isDefault", "serviceDataAccessAuthIdentity"]);
    }

    #[test]
    fn the_four_system_datastores_are_known_by_name() {
        assert!(is_system("WorkspaceBlobStore") && is_system("workspaceworkingdirectory"));
        assert!(!is_system("workspaceblobstore2"));
    }
}
