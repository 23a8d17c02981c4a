//! AMS v2 accounts that the user names: which ones they are, and where their OData services answer.

use crate::dependents::{Scope, certificate_missing};
use crate::domain::dependent::Movement;
use crate::domain::media_v2::MediaV2Account;
use crate::domain::problem::{Kind, Problem};
use crate::domain::resource_id::ResourceId;
use crate::rotation::Engine;
use crate::rotation::locators::engine::host_of;
use crate::rotation::sync::named::Named;

use super::roll_options::ScopeOptions;

/// The accounts of `--media-v2`, each once. One that Resource Manager does not know is one of classic service management, in the
/// storage account's subscription. Which call moves them depends on whether the engine has the door to classic management.
///
/// # Errors
/// Usage, for an `--endpoint` of none of them; and when Resource Manager cannot be asked.
pub(super) async fn resolve(
    engine: &Engine,
    options: &ScopeOptions,
    storage: &ResourceId,
    subscriptions: &[String],
) -> Result<Vec<MediaV2Account>, Problem> {
    let movement = if engine.client.management().is_some() { Movement::Push } else { Movement::Pull };
    let mut accounts: Vec<MediaV2Account> = Vec::new();
    for name in &options.media_v2 {
        let account = one(engine, (name, &options.media_v2, &options.endpoint), storage, subscriptions).await?;
        let account = MediaV2Account { movement, ..account };
        if movement == Movement::Pull && MediaV2Account::is_classic(&account.id) {
            return Err(certificate_missing(MediaV2Account::name_in(&account.id))
                .because("Resource Manager does not know it, so that it cannot be told to read the keys again"));
        }
        if !accounts.iter().any(|known| known.id.eq_ignore_ascii_case(&account.id)) {
            accounts.push(account);
        }
    }
    for endpoint in &options.endpoint {
        if !accounts.iter().any(|account| account.endpoint.as_ref() == Some(endpoint)) {
            return Err(Problem::usage("endpointOfNobody", format!("{endpoint} is of none of the accounts of --media-v2"))
                .hint("its host begins with the account's name: https://ACCOUNT.restv2.REGION.media.azure.net/api/"));
        }
    }
    Ok(accounts)
}

/// The same scope, with only those accounts that this storage account is attached to: where several storage accounts are rolled in one
/// request, each is a matter of its own media accounts.
///
/// # Errors
/// When one cannot be read.
pub(super) async fn attached(engine: &Engine, storage: &ResourceId, mut scope: Scope) -> Result<Scope, Problem> {
    let mut kept = Vec::new();
    for media in scope.media_v2 {
        // What only classic management knows is listed nowhere.
        let uses = match media.id.parse::<ResourceId>() {
            Ok(id) => engine.client.media_account(&id).await?.uses(storage),
            Err(_) => true,
        };
        kept.extend(uses.then_some(media));
    }
    scope.media_v2 = kept;
    Ok(scope)
}

/// Whether each name stands for an account in one of the plans, whose media accounts have these ids.
///
/// # Errors
/// Usage, for one that uses none of the storage accounts.
pub(super) fn all_used(names: &[String], ids: &[String]) -> Result<(), Problem> {
    let stands_for = |name: &str, id: &String| MediaV2Account::name_in(id).eq_ignore_ascii_case(MediaV2Account::name_in(name));
    match names.iter().find(|name| !ids.iter().any(|id| stands_for(name, id))) {
        None => Ok(()),
        Some(name) => Err(Problem::usage("storageNotAttached", format!("{name} uses none of these storage accounts"))
            .hint("leave it out of --media-v2, or name the storage account that it uses")),
    }
}

/// The account of one name that is given the key of this storage account.
///
/// # Errors
/// As [`resolve`].
pub(super) async fn of_name(
    engine: &Engine,
    name: &str,
    storage: &ResourceId,
    subscriptions: &[String],
) -> Result<MediaV2Account, Problem> {
    one(engine, (name, &[], &[]), storage, subscriptions).await
}

async fn one(
    engine: &Engine,
    (name, names, endpoints): (&str, &[String], &[String]),
    storage: &ResourceId,
    subscriptions: &[String],
) -> Result<MediaV2Account, Problem> {
    // `-g` is the group of the storage account; the media account may be in another one.
    let found = match (Named { name, group: None, subscriptions }).media_account(&engine.client).await {
        Ok(media) => Some(media.id),
        Err(problem) if problem.kind == Kind::NotFound && !name.contains('/') => None,
        // Whoever may not look there may hold the certificate all the same.
        Err(problem) if problem.http_status == Some(403) && engine.client.management().is_some() => None,
        Err(problem) => return Err(problem),
    };
    let bare = MediaV2Account::name_in(name);
    let of_host = |endpoint: &&String| {
        host_of(endpoint).and_then(|host| host.split('.').next().map(str::to_owned)) == Some(bare.to_ascii_lowercase())
    };
    let written = match (names, endpoints) {
        ([_], [only]) => Some(only),
        _ => endpoints.iter().find(of_host),
    };
    let endpoint = match (written, &found) {
        (Some(endpoint), _) => Some(endpoint.clone()),
        (None, Some(id)) => match engine.client.media_v2_endpoint(id).await {
            Ok(endpoint) => Some(endpoint),
            Err(problem) if problem.kind == Kind::NotFound => None,
            Err(problem) => return Err(problem),
        },
        (None, None) => None,
    };
    let id = found.map_or_else(|| MediaV2Account::classic_id(storage.subscription(), bare), |id| id.to_string());
    Ok(MediaV2Account { id, endpoint, movement: Movement::Push, holds: None })
}
