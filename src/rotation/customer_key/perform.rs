//! One step as the request that it sends.

use crate::azure::call::Answer;
use crate::azure::client::Client;
use crate::azure::role_assignments::{CRYPTO_OFFICER, SERVICE_ENCRYPTION};
use crate::azure::vaults::{IDENTITY_PERMISSIONS, OPERATOR_PERMISSIONS};
use crate::domain::customer_key::{Access, Found, Identity, KeyId, Remove, Roll, Step, VaultFound, Wanted};
use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;

use super::decide;
use super::remove::{self, RemoveFound};
use super::roll::{Own, RollFound};

/// What a step came to.
#[derive(Clone, Debug, Default)]
pub(super) struct Effect {
    /// What it touched: a resource id or a key's identifier.
    pub touches: String,
    /// What it came to, as a clause.
    pub how: String,
    /// Whether it created that.
    pub created: bool,
    /// Resource Manager's correlation id.
    pub correlation_id: Option<String>,
}

impl Effect {
    fn of(touches: impl ToString, how: &str, answer: Option<&Answer>) -> Self {
        let correlation_id = answer.and_then(Answer::correlation_id);
        Self { touches: touches.to_string(), how: how.to_owned(), created: false, correlation_id }
    }

    fn created(self) -> Self {
        Self { created: true, ..self }
    }
}

/// What a step of `apply` touches.
pub(super) fn touched_by_apply(wanted: &Wanted, step: Step) -> String {
    match step {
        Step::CreateStorage => wanted.storage.as_ref().map(ToString::to_string).unwrap_or_default(),
        Step::CreateAccount | Step::AssignIdentity | Step::Encrypt | Step::AwaitKey => wanted.account.to_string(),
        Step::CreateKey | Step::RecoverKey => wanted.key.to_string(),
        _ => wanted.vault.to_string(),
    }
}

/// Carries out one step of `apply`.
///
/// # Errors
/// As the call that it makes; `notKnownYet` when something that it needs was not found.
pub(super) async fn apply(client: &Client, wanted: &Wanted, found: &Found, run: &str, step: Step) -> Result<Effect, Problem> {
    let touches = touched_by_apply(wanted, step);
    let location =
        wanted.location.as_deref().or(found.account.as_ref().map(|account| account.location.as_str())).unwrap_or_default();
    match step {
        Step::CreateStorage => {
            let storage = wanted.storage.as_ref().ok_or_else(|| unknown("the storage account"))?;
            let answer = client.create_storage_account(storage, location, run).await?;
            Ok(Effect::of(touches, "created", Some(&answer)).created())
        }
        Step::CreateAccount => {
            let storage = wanted.storage.as_ref().ok_or_else(|| unknown("the storage account"))?;
            let answer = client.create_media_account(wanted, storage, run).await?;
            Ok(Effect::of(touches, "created with its identity", Some(&answer)).created())
        }
        Step::AssignIdentity => {
            let answer = client.assign_identity(&wanted.account, &wanted.identity).await?;
            Ok(Effect::of(touches, "has the identity now; everything else is as it was", Some(&answer)))
        }
        Step::RecoverVault => {
            let VaultFound::Deleted { id, location, .. } = &found.vault else { return Err(unknown("the deleted vault")) };
            let answer = client.recover_vault(id, location, &wanted.tenant).await?;
            Ok(Effect::of(touches, "recovered with its keys", Some(&answer)))
        }
        Step::CreateVault => {
            let here = Wanted { location: Some(location.to_owned()), ..wanted.clone() };
            let answer = client.create_vault(&here, found.principal.as_deref(), run).await?;
            Ok(Effect::of(touches, "created with soft delete and purge protection", Some(&answer)).created())
        }
        Step::ProtectVault => {
            let answer = client.protect_vault(&wanted.vault).await?;
            Ok(Effect::of(touches, "soft delete and purge protection are on", Some(&answer)))
        }
        Step::GrantOperator => {
            let operator = wanted.operator.as_deref().ok_or_else(|| unknown("who runs this"))?;
            grant(client, wanted, found, operator, true).await
        }
        Step::GrantIdentity => {
            let principal = found.principal.as_deref().ok_or_else(|| unknown("the object id of the identity"))?;
            grant(client, wanted, found, principal, false).await
        }
        Step::RecoverKey => {
            client.recover_key(&wanted.key).await?;
            Ok(Effect::of(touches, "recovered", None))
        }
        Step::CreateKey => {
            let (key, correlation_id) = client.create_key(&wanted.key, wanted.key_size, run).await?;
            let how = format!("created, version {}", key.id.short());
            Ok(Effect { how, correlation_id, ..Effect::of(touches, "", None).created() })
        }
        Step::Encrypt => {
            let key = found.key.present().ok_or_else(|| unknown("the key"))?;
            let identifier = decide::identifier(wanted, key);
            let answer = client.encrypt_media_account(&wanted.account, &identifier, &wanted.identity).await?;
            Ok(Effect { how: format!("told {identifier}"), ..Effect::of(touches, "", Some(&answer)) })
        }
        _ => Err(unknown("such a step")),
    }
}

async fn grant(client: &Client, wanted: &Wanted, found: &Found, object: &str, operator: bool) -> Result<Effect, Problem> {
    let access = found.vault.present().map_or(wanted.access, |vault| vault.access);
    let (role, permissions): (_, &[&str]) =
        if operator { (CRYPTO_OFFICER, &OPERATOR_PERMISSIONS) } else { (SERVICE_ENCRYPTION, &IDENTITY_PERMISSIONS) };
    match access {
        Access::Policies => {
            let answer = client.add_access_policy(&wanted.vault, &wanted.tenant, object, permissions).await?;
            let how = format!("an access policy lets {object} {}", permissions.join(", "));
            Ok(Effect { how, ..Effect::of(&wanted.vault, "", Some(&answer)) })
        }
        Access::Roles => {
            let answer = client.assign_role(&wanted.vault, role, object, !operator).await?;
            let how = format!("{object} has the role {}", role.name);
            Ok(Effect { how, ..Effect::of(&wanted.vault, "", answer.as_ref()) })
        }
    }
}

/// What a step of `roll` touches before it is known which version it makes.
pub(super) fn touched_by_roll(roll: &Roll, step: Step) -> String {
    match step {
        Step::Encrypt | Step::AwaitNewVersion => roll.account.to_string(),
        Step::DisableOld => roll.old.to_string(),
        _ => roll.old.versionless().to_string(),
    }
}

/// Carries out one step of `roll`.
///
/// # Errors
/// As the call that it makes.
pub(super) async fn roll(client: &Client, roll: &Roll, found: &RollFound, own: &Own, step: Step) -> Result<Effect, Problem> {
    match step {
        Step::NewVersion => {
            let (key, correlation_id) = client.create_key(&roll.old.versionless(), roll.key_size, &own.run).await?;
            let how = format!("version {} made; {} stays enabled", key.id.short(), roll.old.short());
            Ok(Effect { how, correlation_id, ..Effect::of(&key.id, "", None) })
        }
        Step::Encrypt => {
            let new: &KeyId = own.version(found).ok_or_else(|| unknown("the new version"))?;
            let user = found.account.as_ref().and_then(|account| account.key_identity.clone());
            let identity = user.map_or(Identity::System, Identity::User);
            let answer = client.encrypt_media_account(&roll.account, new, &identity).await?;
            Ok(Effect { how: format!("told {new}"), ..Effect::of(&roll.account, "", Some(&answer)) })
        }
        Step::DisableOld => {
            let answer = client.disable_key(&roll.old).await?;
            let how = format!("disabled; `az keyvault key set-attributes --enabled true --id {}` brings it back", roll.old);
            Ok(Effect { how, ..Effect::of(&roll.old, "", Some(&answer)) })
        }
        _ => Err(unknown("such a step")),
    }
}

/// What a step of `remove` touches.
pub(super) fn touched_by_remove(order: &Remove, found: &RemoveFound, step: Step) -> String {
    remove::target(order, found, step).map_or_else(|| order.account.to_string(), |target| target.id.clone())
}

/// Carries out one step of `remove`.
///
/// # Errors
/// As the call that it makes.
pub(super) async fn remove(client: &Client, order: &Remove, found: &RemoveFound, step: Step) -> Result<Effect, Problem> {
    let touches = touched_by_remove(order, found, step);
    let id = || touches.parse::<ResourceId>();
    match step {
        Step::SystemKey => {
            let answer = client.decrypt_media_account(&order.account).await?;
            return Ok(Effect::of(touches, "encrypted with a Microsoft-managed key", Some(&answer)));
        }
        Step::DeleteAccount => client.delete_media_account(&id()?).await?,
        Step::DeleteStorage => client.delete_storage_account(&id()?).await?,
        Step::DeleteKey => client.delete_key(&touches.parse()?).await?,
        Step::DeleteVault => client.delete_vault(&id()?).await?,
        _ => return Err(unknown("such a step")),
    }
    let how =
        if matches!(step, Step::DeleteKey | Step::DeleteVault) { "deleted; can be recovered for a while" } else { "deleted" };
    Ok(Effect::of(touches, how, None))
}

fn unknown(what: &str) -> Problem {
    Problem::failed("notKnownYet", format!("{what} is not known at this point")).hint("resume the run: it looks anew")
}
