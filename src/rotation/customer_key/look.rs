//! Reads everything that an order depends on, as it is at this moment.

use crate::azure::client::Client;
use crate::azure::media::MediaAccount;
use crate::azure::vaults::IDENTITY_PERMISSIONS;
use crate::domain::customer_key::{
    Access, Found, Identity, KeyFound, KeyId, Order, RUN_TAG, Remove, Roll, Target, TargetKind, User, VaultFound, Wanted,
};
use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;
use crate::rotation::kind::RunKind;
use crate::rotation::storage::Storage;
use crate::rotation::unfinished;

use super::journal;
use super::remove::{RemoveFound, TargetFound};
use super::roll::RollFound;

/// Everything that `apply` depends on.
///
/// # Errors
/// When anything of it cannot be read; what is not there, or not for us to see, is no error.
pub(super) async fn for_apply(client: &Client, wanted: &Wanted) -> Result<Found, Problem> {
    let account = client.media_encryption(&wanted.account).await?;
    let storage = match &wanted.storage {
        Some(id) => client.storage_found(id).await?,
        None => None,
    };
    let vault = client.vault_found(&wanted.vault).await?;
    let principal = match &wanted.identity {
        Identity::System => account.as_ref().and_then(|account| account.system.clone()),
        Identity::User(id) => Some(client.identity_principal(id).await?),
    };
    let (mut key, mut identity_may, mut operator_named) = (KeyFound::Unknown, false, false);
    if let VaultFound::Present(vault) = &vault {
        key = client.key(&wanted.key).await?;
        identity_may = match (&principal, vault.access) {
            (None, _) => false,
            (Some(principal), Access::Policies) => vault.grants(principal, &IDENTITY_PERMISSIONS),
            (Some(principal), Access::Roles) => client.may_encrypt(&wanted.vault, principal).await?,
        };
        operator_named = wanted.operator.as_ref().is_some_and(|object| vault.grants(object, &["get", "create"]));
    }
    Ok(Found { account, storage, vault, key, principal, identity_may, operator_named })
}

/// Everything that `roll` depends on. Users of the key are asked for only once the account is on a new version.
///
/// # Errors
/// When anything of it cannot be read.
pub(super) async fn for_roll(client: &Client, roll: &Roll, with_users: bool) -> Result<RollFound, Problem> {
    let account = client.media_encryption(&roll.account).await?;
    let versions = client.key_versions(&roll.old).await?;
    let users = if with_users && roll.disable_old { Some(client.key_users(&roll.old, &roll.subscriptions).await?) } else { None };
    Ok(RollFound { account, versions, users })
}

/// Everything that `remove` depends on.
///
/// # Errors
/// When anything of it cannot be read: what cannot be looked into is not deleted.
pub(super) async fn for_remove(client: &Client, storage: &dyn Storage, remove: &Remove) -> Result<RemoveFound, Problem> {
    let account = client.media_encryption(&remove.account).await?;
    let mut targets = Vec::new();
    for target in &remove.delete {
        targets.push(target_found(client, storage, remove, target).await?);
    }
    Ok(RemoveFound { account, targets })
}

async fn target_found(client: &Client, storage: &dyn Storage, remove: &Remove, target: &Target) -> Result<TargetFound, Problem> {
    let mut found = TargetFound::default();
    match target.kind {
        TargetKind::Account => {
            let id: ResourceId = target.id.parse()?;
            // Runs of our own kind on the account that this run is on are the engine's business: this run is one of them.
            let own = id == remove.account;
            found.unfinished =
                unfinished::runs_on(storage, &id)?.into_iter().find(|(kind, _)| !own || *kind != RunKind::CustomerKey);
            let account = client.media_encryption(&id).await?;
            found.exists = account.is_some();
            found.ours = account.is_some_and(|account| account.tags.get(RUN_TAG) == Some(&target.run));
        }
        TargetKind::Storage => {
            let id: ResourceId = target.id.parse()?;
            found.unfinished = unfinished::runs_on(storage, &id)?.into_iter().next();
            if let Some(account) = client.storage_found(&id).await? {
                found.exists = true;
                found.ours = account.tags.get(RUN_TAG) == Some(&target.run);
                found.users = media_accounts_on(client, &id, &remove.subscriptions).await?;
                found.contents = client.storage_contents(&id).await?;
            }
        }
        TargetKind::Key => {
            let key: KeyId = target.id.parse()?;
            let read = match client.key(&key).await {
                Ok(read) => read,
                // A vault that is gone has no address any more. So it seems, too, when only the way to it is broken.
                Err(problem) if problem.code == "cannotConnect" && is_vault_gone(client, storage, target).await? => {
                    KeyFound::Missing
                }
                Err(problem) => return Err(problem),
            };
            if let KeyFound::Forbidden { why } = &read {
                return Err(Problem::new(
                    crate::domain::problem::Kind::Permission,
                    "keyNotReadable",
                    format!("this sign-in may not read key {} of vault {}", key.name, key.vault_name()),
                )
                .because(why)
                .hint("leave the key out of --delete, or let an owner of the vault allow it"));
            }
            if read.present().is_some() {
                found.exists = true;
                let versions = client.key_versions(&key).await?;
                found.ours = versions.iter().any(|version| version.tags.get(RUN_TAG) == Some(&target.run));
                found.users = client.key_users(&key, &remove.subscriptions).await?;
            }
        }
        TargetKind::Vault => {
            if let VaultFound::Present(vault) = client.vault_found(&target.id.parse()?).await? {
                found.exists = true;
                found.ours = vault.tags.get(RUN_TAG) == Some(&target.run);
                found.users = client.vault_users(&vault.url, &remove.subscriptions).await?;
            }
        }
    }
    Ok(found)
}

/// Whether Resource Manager knows no vault (any more) where the run that created this key found or made one.
async fn is_vault_gone(client: &Client, storage: &dyn Storage, key: &Target) -> Result<bool, Problem> {
    let Some(Order::Apply(wanted)) = journal::order_of(storage, &key.run)? else { return Ok(false) };
    Ok(client.vault_found(&wanted.vault).await?.present().is_none())
}

/// The media accounts that a storage account is attached to. One with an attachment that cannot be read may be on this one.
async fn media_accounts_on(client: &Client, storage: &ResourceId, subscriptions: &[String]) -> Result<Vec<User>, Problem> {
    let mut users = Vec::new();
    for subscription in subscriptions {
        for item in client.media_accounts(subscription).await? {
            let account = MediaAccount::from_json(&item)?;
            if account.uses(storage) || account.unreadable_storage > 0 {
                users.push(User { id: account.id.as_str().to_owned(), current: None, pinned: None });
            }
        }
    }
    Ok(users)
}
