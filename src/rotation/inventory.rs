//! The inspect act: the account, its keys, everything that depends on it, and every check that can be made beforehand.

use time::OffsetDateTime;

use crate::azure::client::Client;
use crate::azure::data_plane::Acceptance;
use crate::dependents::data_plane::services_in_use;
use crate::dependents::{self, Found, Given, Scene, Scope, certificate_missing};
use crate::domain::account::{AccountKeys, KeyState, Service, StorageAccount};
use crate::domain::binding::Held;
use crate::domain::dependent::{Dependent, DependentKind, Extent, INVISIBLE, Movement, NotInspected};
use crate::domain::key::Slot;
use crate::domain::media_v2::MediaV2Account;
use crate::domain::plan::ActiveKnowledge;
use crate::domain::planted::{Mistake, is_planted};
use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;

use super::jobs;

/// Everything that a plan is made of.
#[derive(Debug)]
pub struct Inventory {
    /// The account.
    pub account: StorageAccount,
    /// Both slots.
    pub keys: KeyState,
    /// Who depends on it.
    pub found: Found,
    /// Where it was looked for.
    pub scope: Scope,
    /// The slot in use.
    pub active: Slot,
    /// How that is known.
    pub active_knowledge: ActiveKnowledge,
    /// The services on which keys are tested.
    pub services: Vec<Service>,
    /// Those among them that cannot be reached from here.
    pub untested: Vec<Service>,
    /// What stops a rotation.
    pub blockers: Vec<Problem>,
    /// Actions that this identity lacks.
    pub missing_permissions: Vec<String>,
    /// The AMS v2 accounts of which something about their jobs has to be accepted: under which name, and what.
    pub jobs: Vec<(String, String)>,
    /// When it was taken.
    pub observed: OffsetDateTime,
}

/// What the account and its dependents hold now: the part of the inventory that is taken again before each regenerate.
#[derive(Debug)]
pub struct Search {
    /// The account.
    pub account: StorageAccount,
    /// Both keys.
    pub keys: AccountKeys,
    /// Who depends on it.
    pub found: Found,
}

/// Reads the account and its keys, and looks for dependents with their bindings.
///
/// # Errors
/// When the account or its keys cannot be read. A dependent that cannot be read is part of the answer instead.
pub async fn search(
    client: &Client,
    account: &ResourceId,
    scope: &Scope,
    untested: &[Service],
    given: &[Given],
) -> Result<Search, Problem> {
    let account = client.storage_account(account).await?;
    let keys = client.list_keys(&account.id).await.map_err(|problem| explain_keys(problem, &account.id))?;
    let scene = Scene { untested, given, ..Scene::new(client, &account, &keys) };
    let mut found = dependents::discover(&scene, scope).await?;
    if is_planted(Mistake::HideUnseen) {
        found.not_inspected.clear();
    }
    Ok(Search { account, keys, found })
}

/// Takes the whole inventory, pre-checks included.
///
/// # Errors
/// As [`search`].
pub async fn take(client: &Client, account: &ResourceId, scope: &Scope, given: &[Given]) -> Result<Inventory, Problem> {
    let Search { account, keys, mut found } = search(client, account, scope, &[], given).await?;
    let (active, active_knowledge) = slot_in_use(&found.dependents);
    let mut blockers = std::mem::take(&mut found.blockers);
    blockers.extend(account_blocker(&account));
    let services = services_in_use(&account, &found.dependents);
    let mut untested = Vec::new();
    for service in &services {
        match client.accepts(&account, *service, &keys.get(active).key).await {
            Ok(Acceptance::Accepted) => {}
            Ok(Acceptance::Unreachable { .. }) => untested.push(*service),
            Ok(Acceptance::KeyAccessOff) => blockers.push(keys_not_accepted(&account)),
            Ok(Acceptance::Refused) => blockers.push(active_refused(&account, active, *service)),
            Err(problem) => blockers.push(problem),
        }
    }
    blockers.extend(media_v2_blockers(client, scope));
    let jobs = jobs_at_work(client, scope, &found).await?;
    lock_check(client, &account, &mut found, &mut blockers).await;
    let missing_permissions = permissions(client, &account, &mut found).await;
    found.not_inspected.extend(invisible());
    Ok(Inventory {
        keys: keys.state(&account.id),
        account,
        found,
        scope: scope.clone(),
        active,
        active_knowledge,
        services,
        untested,
        blockers,
        missing_permissions,
        jobs,
        observed: client.clock().now(),
    })
}

/// What an AMS v2 account needs before anything changes: a certificate that is valid, and an address of its locators.
fn media_v2_blockers(client: &Client, scope: &Scope) -> Vec<Problem> {
    let pushed = scope.media_v2.iter().find(|account| account.movement == Movement::Push);
    let certificate = pushed.and_then(|account| match client.management() {
        Some(management) => management.check(client.clock().now()).err(),
        None => Some(certificate_missing(MediaV2Account::name_in(&account.id))),
    });
    let homeless = scope.media_v2.iter().filter(|account| account.endpoint.is_none()).map(|account| {
        let name = MediaV2Account::name_in(&account.id);
        Problem::blocked("noMediaEndpoint", format!("where the OData service of {name} answers is not known"))
            .hint("name it with --endpoint: its locators are recreated there")
    });
    certificate.into_iter().chain(homeless).collect()
}

/// What has to be accepted of the jobs of AMS v2 accounts.
async fn jobs_at_work(client: &Client, scope: &Scope, found: &Found) -> Result<Vec<(String, String)>, Problem> {
    let mut concerns = Vec::new();
    for dependent in &found.dependents {
        if let Some(concern) = jobs::look(client, &scope.media_v2, dependent).await?.concern(&dependent.name) {
            concerns.push((jobs::acceptance_of(dependent), concern));
        }
    }
    Ok(concerns)
}

/// What nobody can see.
pub(super) fn invisible() -> impl Iterator<Item = NotInspected> {
    INVISIBLE.iter().map(|what| NotInspected {
        what: (*what).to_owned(),
        extent: Extent::Invisible,
        why: "Azure's interfaces do not show it".to_owned(),
        acceptance: None,
    })
}

/// The slot that dependents use: what most push dependents hold; failing those, what pull dependents hold; failing all, key1.
#[must_use]
pub fn slot_in_use(dependents: &[Dependent]) -> (Slot, ActiveKnowledge) {
    for movement in [Movement::Push, Movement::Pull] {
        let count = |slot: Slot| {
            dependents
                .iter()
                .filter(|dependent| dependent.movement == movement && dependent.binding.held == Held::Slot(slot))
                .count()
        };
        match (count(Slot::Key1), count(Slot::Key2)) {
            (0, 0) => {}
            (_, 0) => return (Slot::Key1, ActiveKnowledge::Read),
            (0, _) => return (Slot::Key2, ActiveKnowledge::Read),
            (first, second) => return (if second > first { Slot::Key2 } else { Slot::Key1 }, ActiveKnowledge::Majority),
        }
    }
    (Slot::Key1, ActiveKnowledge::Assumed)
}

/// What of the account itself forbids a rotation.
#[must_use]
pub fn account_blocker(account: &StorageAccount) -> Option<Problem> {
    if !account.shared_key_allowed {
        return Some(keys_not_accepted(account));
    }
    (!account.provisioning_state.eq_ignore_ascii_case("Succeeded")).then(|| {
        Problem::blocked("accountNotReady", format!("{} is in state {}", account.id.name(), account.provisioning_state))
            .hint("wait until the other change of the account has ended")
    })
}

fn keys_not_accepted(account: &StorageAccount) -> Problem {
    Problem::blocked("keyAccessOff", format!("{} accepts no keys (allowSharedKeyAccess is false)", account.id.name()))
        .hint("no key of this account is in use; regenerate with keyroll regenerate-key if its keys must be renewed all the same")
}

fn active_refused(account: &StorageAccount, active: Slot, service: Service) -> Problem {
    Problem::blocked("activeKeyRefused", format!("{service} of {} refuses {active}, the key in use", account.id.name()))
        .hint("a key that was regenerated within the last ten minutes may still be spreading: look again then")
}

/// A problem of `listKeys` with the way out of the most common one.
pub(super) fn explain_keys(problem: Problem, account: &ResourceId) -> Problem {
    if problem.http_status == Some(409) {
        return problem.hint(format!(
            "a read-only lock on {}, its group or its subscription blocks listKeys; remove it for the roll",
            account.name()
        ));
    }
    problem
}

async fn lock_check(client: &Client, account: &StorageAccount, found: &mut Found, blockers: &mut Vec<Problem>) {
    let partial = |why: String| NotInspected { what: "locks".to_owned(), extent: Extent::Partial, why, acceptance: None };
    match client.locks(&account.id).await {
        Ok(locks) => {
            if let Some(lock) = locks.read_only() {
                blockers.push(
                    Problem::blocked(
                        "readOnlyLock",
                        format!("the read-only lock `{}` on {} blocks regenerateKey", lock.name, lock.scope),
                    )
                    .hint("remove it for the roll; it blocks listKeys too"),
                );
            }
            found.not_inspected.extend(locks.unseen.map(partial));
        }
        Err(problem) => found.not_inspected.push(partial(problem.message)),
    }
}

/// The actions that the rotation needs at a resource of each kind (design, section 4: `doctor --role` prints the same).
#[must_use]
pub fn needed_actions(kind: Option<DependentKind>) -> &'static [&'static str] {
    match kind {
        None => &[
            "Microsoft.Storage/storageAccounts/read",
            "Microsoft.Storage/storageAccounts/listkeys/action",
            "Microsoft.Storage/storageAccounts/regeneratekey/action",
        ],
        Some(DependentKind::MediaAccount) => &[
            "Microsoft.Media/mediaservices/read",
            "Microsoft.Media/mediaservices/syncStorageKeys/action",
            "Microsoft.Media/mediaservices/assets/read",
            "Microsoft.Media/mediaservices/assets/listContainerSas/action",
        ],
        Some(DependentKind::Workspace) => &[
            "Microsoft.MachineLearningServices/workspaces/read",
            "Microsoft.MachineLearningServices/workspaces/listKeys/action",
            "Microsoft.MachineLearningServices/workspaces/resynckeys/action",
        ],
        Some(DependentKind::Datastore) => &[
            "Microsoft.MachineLearningServices/workspaces/datastores/read",
            "Microsoft.MachineLearningServices/workspaces/datastores/write",
            "Microsoft.MachineLearningServices/workspaces/datastores/listSecrets/action",
        ],
        Some(DependentKind::VaultSecret) => &[],
        Some(DependentKind::MediaV2Account) => {
            &["Microsoft.Media/mediaservices/read", "Microsoft.Media/mediaservices/syncStorageKeys/action"]
        }
        Some(DependentKind::BatchAccount) => {
            &["Microsoft.Batch/batchAccounts/read", "Microsoft.Batch/batchAccounts/syncAutoStorageKeys/action"]
        }
    }
}

/// The actions that a rotation makes use of at a resource of each kind and goes on without, telling what it could not look at.
#[must_use]
pub fn useful_actions(kind: Option<DependentKind>) -> &'static [&'static str] {
    match kind {
        Some(DependentKind::MediaAccount) => &[
            "Microsoft.Media/mediaservices/streamingEndpoints/read",
            "Microsoft.Media/mediaservices/streamingLocators/read",
            "Microsoft.Media/mediaservices/streamingLocators/listPaths/action",
        ],
        _ => &[],
    }
}

/// Asks once at the account and once at each resource that is moved; a datastore is covered by its workspace.
async fn permissions(client: &Client, account: &StorageAccount, found: &mut Found) -> Vec<String> {
    let mut asked: Vec<(ResourceId, Vec<&str>)> = vec![(account.id.clone(), needed_actions(None).to_vec())];
    for dependent in found.dependents.iter().filter(|dependent| dependent.movement != Movement::NoKey) {
        let place = match dependent.kind {
            DependentKind::MediaAccount | DependentKind::Workspace | DependentKind::BatchAccount => &dependent.id,
            DependentKind::Datastore => dependent.parent.as_ref().unwrap_or(&dependent.id),
            // What a certificate opens, no role does.
            DependentKind::MediaV2Account if dependent.movement == Movement::Pull => &dependent.id,
            DependentKind::VaultSecret | DependentKind::MediaV2Account => continue,
        };
        let Ok(place) = place.parse::<ResourceId>() else { continue };
        let actions = needed_actions(Some(dependent.kind));
        match asked.iter_mut().find(|(known, _)| *known == place) {
            Some((_, known)) => {
                known.extend(actions.iter().filter(|action| !known.contains(action)).copied().collect::<Vec<_>>());
            }
            None => asked.push((place, actions.to_vec())),
        }
    }
    let mut missing = Vec::new();
    for (place, actions) in asked {
        match client.permissions(&place).await {
            Ok(granted) => {
                missing.extend(granted.missing(&actions).into_iter().map(|action| format!("{action} on {}", place.name())));
            }
            Err(problem) => found.not_inspected.push(NotInspected {
                what: format!("permissions on {}", place.name()),
                extent: Extent::Unavailable,
                why: problem.message,
                acceptance: None,
            }),
        }
    }
    missing
}
