//! The search for dependents over subscriptions: Resource Graph first, plain lists where it does not answer.

use std::collections::HashMap;

use futures::stream::{self, StreamExt as _};
use serde_json::Value;

use crate::azure::batch::{BATCH_TYPE, BatchAccount};
use crate::azure::key_vault::VAULT_TYPE;
use crate::azure::machine_learning::{WORKSPACE_TYPE, Workspace};
use crate::azure::media::{ACCOUNT_TYPE as MEDIA_TYPE, MediaAccount};
use crate::domain::dependent::{Dependent, Extent, Movement, NotInspected};
use crate::domain::problem::{Kind, Problem};

use super::{
    Found, Scene, Scope, batch_account, datastore_search, media_account, media_v2_account, naming, vault_search, workspace,
};

/// How many reads go on at once.
pub(super) const CONCURRENCY: usize = 8;

/// What a search has brought so far.
#[derive(Debug, Default)]
pub(super) struct Search {
    pub(super) dependents: Vec<Dependent>,
    pub(super) blockers: Vec<Problem>,
    notes: Vec<NotInspected>,
    unseen: Vec<Unseen>,
}

/// A resource that could not be looked at, or not completely.
#[derive(Debug)]
struct Unseen {
    id: String,
    extent: Extent,
    why: String,
    needs_acceptance: bool,
}

impl Search {
    /// Takes dependents whose binding was asked for. Where that failed, the dependent is named as unreadable. One that is
    /// told stays in the list, because telling needs no reading; one that would have to be written does not: a write whose
    /// reading is refused could only fail after the first key is gone.
    pub(super) fn take(&mut self, found: Vec<(Dependent, Option<Problem>)>, what: &str) -> Result<(), Problem> {
        for (dependent, problem) in found {
            if let Some(problem) = problem {
                self.unavailable(&dependent.id, what, problem)?;
                if dependent.movement != Movement::Pull {
                    continue;
                }
            }
            self.dependents.push(dependent);
        }
        Ok(())
    }

    /// Names a resource of which `what` could not be read.
    ///
    /// # Errors
    /// The problem itself when it is not about the resource: no sign-in, an interrupt.
    pub(super) fn unavailable(&mut self, id: &str, what: &str, problem: Problem) -> Result<(), Problem> {
        let why = reason(what, problem)?;
        self.unseen.push(Unseen { id: id.to_owned(), extent: Extent::Unavailable, why, needs_acceptance: true });
        Ok(())
    }

    /// Names a resource of which a part could not be read, without asking for acceptance.
    ///
    /// # Errors
    /// As [`Self::unavailable`].
    pub(super) fn partly(&mut self, id: &str, what: &str, problem: Problem) -> Result<(), Problem> {
        let why = reason(what, problem)?;
        self.unseen.push(Unseen { id: id.to_owned(), extent: Extent::Partial, why, needs_acceptance: false });
        Ok(())
    }

    /// Names a resource of which a part was not looked at.
    pub(super) fn partial(&mut self, id: &str, why: &str) {
        let why = why.to_owned();
        self.unseen.push(Unseen { id: id.to_owned(), extent: Extent::Partial, why, needs_acceptance: false });
    }

    /// Names a resource that was read and not understood.
    pub(super) fn doubtful(&mut self, id: &str, why: &str) {
        self.unseen.push(Unseen { id: id.to_owned(), extent: Extent::Unavailable, why: why.to_owned(), needs_acceptance: true });
    }

    /// Names a row of a list that is not of the documented shape.
    pub(super) fn unreadable(&mut self, item: &Value, problem: &Problem) {
        let id = item["id"].as_str().unwrap_or("a resource without an id");
        self.doubtful(id, &problem.message);
    }

    /// Reads the rows of a list; those that are not of the documented shape are named.
    fn read<T>(&mut self, items: &[Value], from_json: fn(&Value) -> Result<T, Problem>) -> Vec<T> {
        let mut read = Vec::with_capacity(items.len());
        for item in items {
            match from_json(item) {
                Ok(resource) => read.push(resource),
                Err(problem) => self.unreadable(item, &problem),
            }
        }
        read
    }

    fn note(&mut self, what: &str, why: String) {
        self.notes.push(NotInspected { what: what.to_owned(), extent: Extent::Partial, why, acceptance: None });
    }

    /// Sorts, names and hands everything over.
    pub(super) fn finish(mut self) -> Found {
        self.dependents.sort_by_key(|dependent| (dependent.kind, dependent.id.to_ascii_lowercase()));
        self.dependents.dedup_by(|one, other| one.is(&other.id));
        let ids = self.dependents.iter().map(|dependent| dependent.id.as_str());
        let names = naming::names(ids.chain(self.unseen.iter().map(|unseen| unseen.id.as_str())));
        let name = |id: &str| names.get(&id.to_ascii_lowercase()).cloned().unwrap_or_else(|| id.to_owned());
        for dependent in &mut self.dependents {
            dependent.name = name(&dependent.id);
        }
        let mut merged: HashMap<String, NotInspected> = HashMap::new();
        for unseen in self.unseen {
            let what = name(&unseen.id);
            let acceptance = unseen.needs_acceptance.then(|| format!("unavailable-{what}"));
            merged
                .entry(what.clone())
                .and_modify(|known| {
                    known.why = format!("{}; {}", known.why, unseen.why);
                    known.acceptance = known.acceptance.take().or_else(|| acceptance.clone());
                    if unseen.extent == Extent::Unavailable {
                        known.extent = Extent::Unavailable;
                    }
                })
                .or_insert(NotInspected { what, extent: unseen.extent, why: unseen.why, acceptance });
        }
        let mut not_inspected: Vec<NotInspected> = merged.into_values().chain(self.notes).collect();
        not_inspected.sort_by(|one, other| one.what.cmp(&other.what));
        Found { dependents: self.dependents, not_inspected, blockers: self.blockers }
    }
}

/// `403 AuthorizationFailed on its datastores`.
fn reason(what: &str, problem: Problem) -> Result<String, Problem> {
    match (problem.kind, problem.http_status) {
        (Kind::Interrupted(_), _) | (Kind::Permission, None | Some(401)) => Err(problem),
        (_, Some(status)) => {
            let code = problem.service_code.as_deref().map(|code| format!(" {code}")).unwrap_or_default();
            Ok(format!("{status}{code} on {what}"))
        }
        _ => Ok(format!("{what}: {}", problem.message)),
    }
}

/// Looks for everything that holds a key of the account, or a signature made with one.
///
/// A resource that cannot be read is named in the result and stops nothing.
///
/// # Errors
/// When nothing at all can be said: no sign-in, an interrupt, a current key that is unusable.
pub async fn discover(scene: &Scene<'_>, scope: &Scope) -> Result<Found, Problem> {
    let mut search = Search::default();
    let resources = resources(scene, scope, &mut search).await?;
    let found_by = resources.found_by;
    let media_accounts = search.read(&resources.media_accounts, MediaAccount::from_json);
    media_account::find(scene, &media_accounts, found_by, &mut search).await?;
    media_v2_account::find(scene, &scope.media_v2, &mut search).await?;
    let batch_accounts = search.read(&resources.batch_accounts, BatchAccount::from_json);
    batch_account::find(scene, &batch_accounts, found_by, &mut search).await?;
    let workspaces = search.read(&resources.workspaces, Workspace::from_json);
    workspace::find(scene, &workspaces, found_by, &mut search).await?;
    datastore_search::find(scene, &workspaces, &mut search).await?;
    vault_search::find(scene, &resources.vaults, &scope.vaults, &mut search).await?;
    Ok(search.finish())
}

/// The resources that may hold keys, as raw JSON.
#[derive(Debug, Default)]
struct Resources {
    media_accounts: Vec<Value>,
    workspaces: Vec<Value>,
    batch_accounts: Vec<Value>,
    vaults: Vec<Value>,
    found_by: &'static str,
}

async fn resources(scene: &Scene<'_>, scope: &Scope, search: &mut Search) -> Result<Resources, Problem> {
    let query = format!(
        "resources | where type in~ ('{MEDIA_TYPE}', '{WORKSPACE_TYPE}', '{BATCH_TYPE}', '{VAULT_TYPE}') | project id, name, type, properties | order by id asc"
    );
    match scene.client.resource_graph(&query, &scope.subscriptions).await {
        Ok(rows) if !rows.truncated => {
            search.note("Resource Graph", "its data may be some minutes old".to_owned());
            let mut resources = Resources { found_by: "Resource Graph", ..Resources::default() };
            for row in rows.rows {
                let is = |kind: &str| row["type"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(kind));
                let list = match () {
                    () if is(MEDIA_TYPE) => &mut resources.media_accounts,
                    () if is(WORKSPACE_TYPE) => &mut resources.workspaces,
                    () if is(BATCH_TYPE) => &mut resources.batch_accounts,
                    () if is(VAULT_TYPE) => &mut resources.vaults,
                    () => continue,
                };
                list.push(row);
            }
            Ok(resources)
        }
        Ok(_) => {
            search.note("Resource Graph", "it held results back, so the plain lists were read instead".to_owned());
            plain_lists(scene, scope, search).await
        }
        Err(problem) => {
            let why = reason("the query", problem)?;
            search.note("Resource Graph", format!("{why}, so the plain lists were read instead"));
            plain_lists(scene, scope, search).await
        }
    }
}

async fn plain_lists(scene: &Scene<'_>, scope: &Scope, search: &mut Search) -> Result<Resources, Problem> {
    let client = scene.client;
    let lists = scope.subscriptions.iter().map(|subscription| async move {
        let lists = [
            client.media_accounts(subscription).await,
            client.workspaces(subscription).await,
            client.batch_accounts(subscription).await,
            client.vaults(subscription).await,
        ];
        (subscription, lists)
    });
    let lists: Vec<_> = stream::iter(lists).buffered(CONCURRENCY).collect().await;
    let mut resources = Resources { found_by: "list", ..Resources::default() };
    for (subscription, [media_accounts, workspaces, batch_accounts, vaults]) in lists {
        for (list, into, what) in [
            (media_accounts, &mut resources.media_accounts, "its media accounts"),
            (workspaces, &mut resources.workspaces, "its workspaces"),
            (batch_accounts, &mut resources.batch_accounts, "its Batch accounts"),
            (vaults, &mut resources.vaults, "its vaults"),
        ] {
            match list {
                Ok(items) => into.extend(items),
                Err(problem) if is_unregistered(&problem) => {}
                Err(problem) => search.unavailable(subscription, what, problem)?,
            }
        }
    }
    Ok(resources)
}

/// A subscription that never used a provider has no resources of it.
fn is_unregistered(problem: &Problem) -> bool {
    let codes =
        ["MissingSubscriptionRegistration", "NoRegisteredProviderFound", "InvalidResourceNamespace", "InvalidResourceType"];
    problem.service_code.as_deref().is_some_and(|code| codes.contains(&code))
}
