//! From what a command was asked to an order, its steps and everything that is in the way. Nothing is changed here.

use crate::azure::client::Client;
use crate::azure::role_assignments::{CRYPTO_OFFICER, SERVICE_ENCRYPTION};
use crate::domain::customer_key::{Access, Account, Found, KeyId, Order, Planned, Remove, Roll, Step, Wanted};
use crate::domain::problem::{Kind, Problem};
use crate::domain::resource_id::ResourceId;
use crate::rotation::storage::Storage;

use super::remove;
use super::roll::{self, Own, Turn};
use super::{created, decide, look};

/// An order that was not begun yet.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What is to be brought about.
    pub order: Order,
    /// The steps that are missing.
    pub steps: Vec<Planned>,
    /// What is worth knowing.
    pub notes: Vec<String>,
    /// What is in the way.
    pub blockers: Vec<Problem>,
}

impl Draft {
    /// The steps for `apply`. A region that was not named is that of what is there.
    ///
    /// # Errors
    /// When something cannot be read.
    pub async fn of_apply(client: &Client, mut wanted: Wanted) -> Result<Self, Problem> {
        let found = look::for_apply(client, &wanted).await?;
        if wanted.location.is_none() && found.account.is_none() {
            let storage = found.storage.as_ref().map(|storage| storage.location.clone());
            wanted.location = storage.or_else(|| found.vault.present().map(|vault| vault.location.clone()));
        }
        let (steps, notes) = (decide::missing(&wanted, &found), decide::notes(&wanted, &found));
        let mut blockers = decide::blockers(&wanted, &found);
        blockers.extend(no_right_to_assign(client, &found, &steps).await?);
        Ok(Self { order: Order::Apply(Box::new(wanted)), steps, notes, blockers })
    }

    /// The steps for `roll`.
    ///
    /// # Errors
    /// `noCustomerKey` for an account with a Microsoft-managed key; when something cannot be read.
    pub async fn of_roll(
        client: &Client,
        account: &ResourceId,
        disable_old: bool,
        subscriptions: Vec<String>,
        accepted: &[String],
    ) -> Result<Self, Problem> {
        let (found, told) = encrypted(client, account).await?;
        let newest = client.key(&told).await?;
        let Some(key) = newest.present() else {
            let message = format!("key {} of vault {} cannot be read", told.name, told.vault_name());
            return Err(Problem::new(Kind::Permission, "keyNotReadable", message)
                .hint(format!("look with keyroll customer-key show -a {}", account.name())));
        };
        let old =
            found.current.clone().or_else(|| told.version.is_some().then(|| told.clone())).unwrap_or_else(|| key.id.clone());
        let mut notes = Vec::new();
        if old.version != key.id.version {
            notes.push(format!("version {} is newer than {}, which {} uses", key.id.short(), old.short(), account.name()));
        }
        let size = if decide::SIZES.contains(&key.size) { key.size } else { decide::SIZES[0] };
        let order =
            Roll { account: account.clone(), old, key_size: size, pinned: told.version.is_some(), disable_old, subscriptions };
        // Who will keep the old version alive is better known before there is a new one.
        let found = look::for_roll(client, &order, disable_old).await?;
        let mut blockers: Vec<Problem> = decide::unusable(key).into_iter().collect();
        blockers.extend(roll::never_follows(&order, found.users.as_deref().unwrap_or_default(), accepted));
        match roll::turn(&order, &found, &Own::default(), client.clock().now()) {
            Turn::Steps(steps) => Ok(Self { order: Order::Roll(order), steps, notes, blockers }),
            Turn::Stop(problem) => Err(*problem),
        }
    }

    /// The steps for `remove`.
    ///
    /// # Errors
    /// `notCreatedByUs` for a name that no journal proves; `noSuchMediaAccount`; when something cannot be read.
    pub async fn of_remove(
        client: &Client,
        storage: &dyn Storage,
        account: &ResourceId,
        delete: &[String],
        subscriptions: Vec<String>,
    ) -> Result<Self, Problem> {
        let order = Remove { account: account.clone(), delete: created::named(storage, delete)?, subscriptions };
        let found = look::for_remove(client, storage, &order).await?;
        if found.account.is_none() && order.delete.is_empty() {
            return Err(missing(account));
        }
        let kept: Vec<String> = created::of_all(storage)?
            .into_iter()
            .filter(|target| !order.delete.iter().any(|named| named.id.eq_ignore_ascii_case(&target.id)))
            .map(|target| target.name().to_owned())
            .collect();
        let notes = if kept.is_empty() {
            Vec::new()
        } else {
            vec![format!("kept, because --delete does not name it: {}", kept.join(", "))]
        };
        let (steps, blockers) = (remove::missing(&order, &found), remove::blockers(&order, &found));
        Ok(Self { order: Order::Remove(order), steps, notes, blockers })
    }

    /// The steps that nothing can undo.
    #[must_use]
    pub fn to_confirm(&self) -> Vec<Step> {
        self.steps.iter().map(|planned| planned.step).filter(|step| step.irreversible().is_some()).collect()
    }

    /// What nothing can undo, each clause once.
    #[must_use]
    pub fn irreversible(&self) -> Vec<&'static str> {
        let mut clauses = Vec::new();
        for clause in self.steps.iter().filter_map(|planned| planned.step.irreversible()) {
            if !clauses.contains(&clause) {
                clauses.push(clause);
            }
        }
        clauses
    }
}

/// A vault that decides by roles opens only to who may give roles there: better known before anything is created.
async fn no_right_to_assign(client: &Client, found: &Found, steps: &[Planned]) -> Result<Option<Problem>, Problem> {
    let grants = |planned: &Planned| matches!(planned.step, Step::GrantIdentity | Step::GrantOperator);
    let Some(vault) = found.vault.present().filter(|vault| vault.access == Access::Roles) else { return Ok(None) };
    if !steps.iter().any(grants) {
        return Ok(None);
    }
    let missing = client.permissions(&vault.id).await?.missing(&[ASSIGN]);
    let message = format!("this sign-in may not give roles at vault {}, which decides about access by roles", vault.id.name());
    let hint = format!(
        "let an owner of the vault give the roles `{}` to the media account's identity and `{}` to you, or {ASSIGN} to you",
        SERVICE_ENCRYPTION.name, CRYPTO_OFFICER.name
    );
    Ok((!missing.is_empty()).then(|| Problem::new(Kind::Permission, "noRightToAssignRoles", message).hint(hint)))
}

/// The action that giving a role needs.
const ASSIGN: &str = "Microsoft.Authorization/roleAssignments/write";

/// An account with the key that it was told.
async fn encrypted(client: &Client, account: &ResourceId) -> Result<(Account, KeyId), Problem> {
    let found = client.media_encryption(account).await?.ok_or_else(|| missing(account))?;
    let Some(key) = found.key.clone() else {
        let message = format!("{} is encrypted with a Microsoft-managed key", account.name());
        return Err(Problem::blocked("noCustomerKey", message).hint("give it a key of yours with keyroll customer-key apply"));
    };
    Ok((found, key))
}

/// The problem of a media account that is not there.
#[must_use]
pub(super) fn missing(account: &ResourceId) -> Problem {
    let (name, group) = (account.name(), account.resource_group());
    Problem::not_found("noSuchMediaAccount", format!("no media account named {name} is visible in group {group}"))
        .hint("check -g, --subscription and -a, and who is signed in: what may not be read is not visible either")
}
