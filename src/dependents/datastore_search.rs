//! Finds the datastores of every workspace in scope that name the account, those without a key among them.

use futures::stream::{self, StreamExt as _};

use crate::azure::machine_learning::{Datastore, Workspace};
use crate::domain::account::Service;
use crate::domain::binding::{Binding, Held, Knowledge};
use crate::domain::dependent::{Dependent, DependentKind, Movement};
use crate::domain::problem::Problem;

use super::Scene;
use super::datastore::{binding_of, has_suffix, is_named_after, is_system};
use super::discovery::{CONCURRENCY, Search};

/// What of a workspace could not be read, where it is its datastores.
pub(crate) const DATASTORES: &str = "its datastores";

/// Lists the datastores of all these workspaces, since a datastore may reach into any account, and reads what they hold.
pub(super) async fn find(scene: &Scene<'_>, workspaces: &[Workspace], search: &mut Search) -> Result<(), Problem> {
    let lists = workspaces.iter().map(|workspace| async move { (workspace, scene.client.datastores(&workspace.id).await) });
    let lists: Vec<_> = stream::iter(lists).buffered(CONCURRENCY).collect().await;
    let mut stores = Vec::new();
    for (workspace, list) in lists {
        match list {
            Ok(list) => stores.extend(list.into_iter().filter_map(|store| Some((describe(scene, workspace, &store)?, store)))),
            Err(problem) => search.unavailable(workspace.id.as_str(), DATASTORES, problem)?,
        }
    }
    let reads = stores.into_iter().map(|(mut dependent, store)| async move {
        if dependent.movement == Movement::NoKey {
            return (dependent, None);
        }
        match binding_of(scene, &store).await {
            Ok(binding) => dependent.binding = binding,
            Err(problem) => return (dependent, Some(problem)),
        }
        if dependent.binding.held == Held::Nothing && dependent.binding.lasting_signatures.is_empty() {
            dependent.movement = Movement::NoKey;
            "SAS made with a user delegation key".clone_into(&mut dependent.form);
        }
        (dependent, None)
    });
    let found: Vec<_> = stream::iter(reads).buffered(CONCURRENCY).collect().await;
    search.take(found, "listSecrets")
}

/// The dependent that a datastore is, if it names the account. What it holds is not read yet.
fn describe(scene: &Scene<'_>, workspace: &Workspace, store: &Datastore) -> Option<Dependent> {
    if !is_named_after(scene, store) {
        return None;
    }
    // A workspace that uses an identity is not told to resync, so what still holds a key there has to be given one.
    let resynced = !workspace.uses_identity && workspace.storage_account.as_ref() == Some(&scene.account.id);
    let push = if resynced && is_system(store.id.name()) { Movement::WithParent } else { Movement::Push };
    let (movement, form) = match store.credentials_type() {
        _ if store.place().is_none() => {
            (Movement::NoKey, format!("is of type {}, which takes no key", store.text("datastoreType").unwrap_or("unknown")))
        }
        _ if !has_suffix(scene, store) => (
            Movement::NoKey,
            format!("its endpoint {} is another account's", store.text("endpoint").unwrap_or("core.windows.net")),
        ),
        "AccountKey" => (push, "key".to_owned()),
        "Sas" => (Movement::Push, "SAS".to_owned()),
        "ServicePrincipal" => (Movement::NoKey, "uses a service principal".to_owned()),
        "Certificate" => (Movement::NoKey, "uses a certificate".to_owned()),
        "None" => (Movement::NoKey, "uses no credentials".to_owned()),
        other => (Movement::NoKey, format!("uses credentials of type {other}")),
    };
    let binding = match movement {
        Movement::NoKey => Binding::read(Held::Nothing, None, scene.now()),
        _ => Binding::guessed(Held::Unknown, Knowledge::Unknown, scene.now()),
    };
    Some(Dependent {
        id: store.id.as_str().to_owned(),
        kind: DependentKind::Datastore,
        name: store.id.name().to_owned(),
        movement,
        form,
        found_by: format!("datastores of {}", workspace.id.name()),
        parent: Some(workspace.id.as_str().to_owned()),
        services: vec![store.place().map_or(Service::Blob, |(service, _)| service)],
        binding,
    })
}
