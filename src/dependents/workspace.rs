//! Machine Learning workspaces: they hold one key of the service's own choice and re-read it when told.

use async_trait::async_trait;
use futures::stream::{self, StreamExt as _};

use crate::azure::machine_learning::{Datastore, Workspace};
use crate::domain::account::Service;
use crate::domain::binding::{Binding, Held, Knowledge};
use crate::domain::dependent::{Dependent, DependentKind, Movement};
use crate::domain::key::Slot;
use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;

use super::datastore;
use super::discovery::{CONCURRENCY, Search};
use super::{Adapter, Expected, Moved, Proof, Scene, Verdict, wrong_movement};

#[derive(Debug)]
pub(super) struct Workspaces;

/// Finds the workspaces whose default storage account this is.
pub(super) async fn find(
    scene: &Scene<'_>,
    workspaces: &[Workspace],
    found_by: &str,
    search: &mut Search,
) -> Result<(), Problem> {
    let using: Vec<&Workspace> =
        workspaces.iter().filter(|workspace| workspace.storage_account.as_ref() == Some(&scene.account.id)).collect();
    let dependents = using.iter().map(|workspace| {
        let hub_is_here =
            workspace.hub.as_ref().is_some_and(|hub| using.iter().any(|other| other.id == *hub && !other.uses_identity));
        let mut dependent = Dependent {
            id: workspace.id.as_str().to_owned(),
            kind: DependentKind::Workspace,
            name: workspace.id.name().to_owned(),
            // A project shares the key of its hub, which is resynced once for all of them.
            movement: if hub_is_here { Movement::WithParent } else { Movement::Pull },
            form: "key".to_owned(),
            found_by: found_by.to_owned(),
            parent: workspace.hub.as_ref().map(|hub| hub.as_str().to_owned()),
            services: vec![Service::Blob, Service::File],
            binding: Binding::guessed(Held::Unknown, Knowledge::Unknown, scene.now()),
        };
        async move {
            if workspace.uses_identity {
                dependent.movement = Movement::NoKey;
                "its system datastores use an identity".clone_into(&mut dependent.form);
                dependent.binding = Binding::read(Held::Nothing, None, scene.now());
                return (dependent, None);
            }
            match Workspaces.binding(scene, &dependent).await {
                Ok(binding) => dependent.binding = binding,
                Err(problem) => return (dependent, Some(problem)),
            }
            (dependent, None)
        }
    });
    let found: Vec<_> = stream::iter(dependents).buffered(CONCURRENCY).collect().await;
    search.take(found, "listKeys")
}

#[async_trait(?Send)]
impl Adapter for Workspaces {
    async fn binding(&self, scene: &Scene<'_>, dependent: &Dependent) -> Result<Binding, Problem> {
        Ok(match scene.client.workspace_storage_key(&dependent.id.parse()?).await? {
            Some(key) => scene.binding_of(&key),
            None => Binding::guessed(Held::Unknown, Knowledge::Unknown, scene.now()),
        })
    }

    async fn tell(&self, scene: &Scene<'_>, dependent: &Dependent) -> Result<Moved, Problem> {
        let target: ResourceId = dependent.parent.as_ref().unwrap_or(&dependent.id).parse()?;
        let answer = if scene.awaits_operations {
            scene.client.resync_keys(&target).await?
        } else {
            scene.client.begin_resync_keys(&target).await?
        };
        let done = if scene.awaits_operations { "is done" } else { "was taken" };
        let how = match dependent.parent {
            Some(_) => format!("resyncKeys of hub {} {done}", target.name()),
            None => format!("resyncKeys {done}"),
        };
        Ok(Moved { sent: true, how, correlation_id: answer.correlation_id() })
    }

    async fn publish(&self, _: &Scene<'_>, dependent: &Dependent, _: Slot) -> Result<Moved, Problem> {
        Err(wrong_movement(dependent, "given a key: it re-reads one when told"))
    }

    async fn prove(&self, scene: &Scene<'_>, dependent: &Dependent, expected: Expected) -> Result<Proof, Problem> {
        let pending = |how: String| Ok(Proof { verdict: Verdict::Pending, how });
        let own = match self.binding(scene, dependent).await {
            Err(problem) if problem.http_status == Some(403) => Binding::guessed(Held::Unknown, Knowledge::Unknown, scene.now()),
            own => own?,
        };
        if is_old(&own, expected) {
            return pending("its listKeys still answers an old key".to_owned());
        }
        let (systems, refused) = match system_bindings(scene, &dependent.id.parse()?).await {
            Err(problem) if problem.http_status == Some(403) => (Vec::new(), true),
            systems => (systems?, false),
        };
        let stale: Vec<&str> =
            systems.iter().filter(|(_, binding)| is_old(binding, expected)).map(|(store, _)| store.id.name()).collect();
        if !stale.is_empty() {
            return pending(format!("{} still hold an old key", stale.join(", ")));
        }
        Ok(judged(&own, &systems, refused))
    }

    /// System datastores belong to the resync; only those that still hold no current key at its ceiling are written.
    async fn rescue(&self, scene: &Scene<'_>, dependent: &Dependent) -> Result<Option<Moved>, Problem> {
        let workspace: ResourceId = dependent.id.parse()?;
        let left: Vec<Datastore> = system_bindings(scene, &workspace)
            .await?
            .into_iter()
            .filter(|(_, binding)| is_old(binding, Expected::AnyCurrent))
            .map(|(store, _)| store)
            .collect();
        if left.is_empty() {
            return Ok(None);
        }
        let slot = match self.binding(scene, dependent).await?.held {
            Held::Slot(slot) => slot,
            _ => youngest(scene),
        };
        let mut correlation_id = None;
        for store in &left {
            correlation_id = datastore::write(scene, &store.id, slot).await?.correlation_id.or(correlation_id);
        }
        let names: Vec<&str> = left.iter().map(|store| store.id.name()).collect();
        Ok(Some(Moved { sent: true, how: format!("{} were written with {slot}", names.join(", ")), correlation_id }))
    }
}

/// The slot that was regenerated last: what everything is moving to, or what the service re-read last.
fn youngest(scene: &Scene<'_>) -> Slot {
    Slot::BOTH.into_iter().max_by_key(|slot| scene.keys.get(*slot).created).unwrap_or(Slot::Key1)
}

/// The verdict where nothing shows an old key: a proof only if everything could be read.
fn judged(own: &Binding, systems: &[(Datastore, Binding)], refused: bool) -> Proof {
    let is_hidden = |binding: &Binding| binding.held == Held::Unknown;
    let mut slots: Vec<&str> =
        systems.iter().map(|(_, binding)| binding).chain([own]).filter(|it| !is_hidden(it)).map(|it| it.held.name()).collect();
    slots.sort_unstable();
    slots.dedup();
    let mut hidden: Vec<&str> =
        systems.iter().filter(|(_, binding)| is_hidden(binding)).map(|(store, _)| store.id.name()).collect();
    if is_hidden(own) {
        hidden.insert(0, "listKeys");
    }
    if refused {
        hidden.push("its system datastores");
    }
    if hidden.is_empty() {
        let how = format!("listKeys and {} system datastores answer the current {}", systems.len(), slots.join(" and "));
        return Proof { verdict: Verdict::Proven, how };
    }
    let read = if slots.is_empty() {
        String::new()
    } else {
        format!("what can be read answers the current {}, but ", slots.join(" and "))
    };
    Proof { verdict: Verdict::Assumed, how: format!("{read}no key is shown by {}", hidden.join(", ")) }
}

/// Whether something is known to be held, and it is not what is expected.
fn is_old(binding: &Binding, expected: Expected) -> bool {
    match (&binding.held, expected) {
        (Held::Unknown, _) | (Held::Slot(_), Expected::AnyCurrent) => false,
        (Held::Slot(held), Expected::Slot(slot)) => *held != slot,
        _ => true,
    }
}

/// The system datastores that hold a key of this account, with what they hold.
async fn system_bindings(scene: &Scene<'_>, workspace: &ResourceId) -> Result<Vec<(Datastore, Binding)>, Problem> {
    let stores = scene.client.datastores(workspace).await?;
    let systems = stores.into_iter().filter(|store| {
        datastore::is_system(store.id.name()) && datastore::lies_in(scene, store) && store.credentials_type() == "AccountKey"
    });
    let reads = systems.map(|store| async move {
        let binding = datastore::binding_of(scene, &store).await?;
        Ok((store, binding))
    });
    stream::iter(reads).buffered(CONCURRENCY).collect::<Vec<_>>().await.into_iter().collect()
}
