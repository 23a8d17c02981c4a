//! `apply`: what is missing between what is wanted and what is. Pure.

use crate::domain::customer_key::{Access, Identity, Key, KeyFound, KeyId, Planned, Step, VaultFound, Wanted};
use crate::domain::customer_key::{Account, Found};
use crate::domain::problem::{Kind, Problem};

/// The sizes of RSA keys that Media Services takes.
pub const SIZES: [u16; 3] = [2048, 3072, 4096];

/// The steps that are missing, in order. What only a later look can tell is not among them.
#[must_use]
pub fn missing(wanted: &Wanted, found: &Found) -> Vec<Planned> {
    let mut steps = Vec::new();
    of_account(wanted, found, &mut steps);
    of_vault(wanted, found, &mut steps);
    of_key(wanted, found, &mut steps);
    of_encryption(wanted, found, &mut steps);
    steps
}

fn planned(step: Step, touches: &str, why: impl Into<String>, wait: &str) -> Planned {
    Planned { step, touches: touches.to_owned(), why: why.into(), wait: wait.to_owned() }
}

fn of_account(wanted: &Wanted, found: &Found, steps: &mut Vec<Planned>) {
    let name = wanted.account.name();
    match &found.account {
        None => {
            if let (Some(storage), None) = (&wanted.storage, &found.storage) {
                steps.push(planned(Step::CreateStorage, storage.name(), "it is not there", "~ 1m"));
            }
            steps.push(planned(Step::CreateAccount, name, format!("it is not there; {}", identity(wanted)), "~ 1m"));
        }
        Some(account) if !account.has(&wanted.identity) => {
            steps.push(planned(Step::AssignIdentity, name, format!("it has not the {}", identity(wanted)), "~ 1m"));
        }
        Some(_) => {}
    }
}

fn of_vault(wanted: &Wanted, found: &Found, steps: &mut Vec<Planned>) {
    let name = wanted.vault.name();
    match &found.vault {
        VaultFound::Missing => {
            let why = format!("it is not there; access by {}", wanted.access.name());
            steps.push(planned(Step::CreateVault, name, why, "~ 1m"));
            if wanted.access == Access::Roles {
                if wanted.operator.is_some() {
                    steps.push(planned(Step::GrantOperator, name, "to make the key", "≤ 10m"));
                }
                steps.push(planned(Step::GrantIdentity, name, "to get, wrap and unwrap", "≤ 10m"));
            }
        }
        VaultFound::Deleted { protected, .. } => {
            steps.push(planned(Step::RecoverVault, name, "it was deleted and can be recovered", "~ 1m"));
            if !protected {
                steps.push(planned(Step::ProtectVault, name, "Media Services demands soft delete and purge protection", ""));
            }
        }
        VaultFound::Present(vault) => {
            if !vault.purge_protection || !vault.soft_delete {
                steps.push(planned(Step::ProtectVault, name, "Media Services demands soft delete and purge protection", ""));
            }
            let wait = if vault.access == Access::Roles { "≤ 10m" } else { "" };
            if matches!(found.key, KeyFound::Forbidden { .. }) {
                steps.push(planned(Step::GrantOperator, name, "this sign-in may not read keys there", wait));
            }
            if !found.identity_may {
                steps.push(planned(Step::GrantIdentity, name, "to get, wrap and unwrap", wait));
            }
        }
    }
}

fn of_key(wanted: &Wanted, found: &Found, steps: &mut Vec<Planned>) {
    let name = &wanted.key.name;
    let size = format!("it is not there; RSA {}", wanted.key_size);
    match &found.key {
        KeyFound::Unknown if found.vault == VaultFound::Missing => steps.push(planned(Step::CreateKey, name, size, "")),
        KeyFound::Missing => steps.push(planned(Step::CreateKey, name, size, "")),
        KeyFound::Deleted { .. } => {
            steps.push(planned(Step::RecoverKey, name, "it was deleted and can be recovered", "~ 1m"));
        }
        KeyFound::Unknown | KeyFound::Forbidden { .. } | KeyFound::Present(_) => {}
    }
}

fn of_encryption(wanted: &Wanted, found: &Found, steps: &mut Vec<Planned>) {
    let name = wanted.account.name();
    let (encrypted, reports) = found.account.as_ref().map_or((false, false), |account| standing(wanted, account, &found.key));
    if !encrypted {
        let how = if wanted.pinned { "this version of the key only" } else { "follows new versions of the key" };
        steps.push(planned(Step::Encrypt, name, how, "~ 1m"));
    }
    if !reports {
        steps.push(planned(Step::AwaitKey, name, "until it says which version it uses", "≤ 15m"));
    }
}

/// Whether the account was told this key, and whether it says that it uses it.
fn standing(wanted: &Wanted, account: &Account, key: &KeyFound) -> (bool, bool) {
    let newest = key.present().map(|key| &key.id);
    let told = account.key.as_ref().is_some_and(|told| match (wanted.pinned, newest) {
        (false, _) => *told == wanted.key.versionless(),
        (true, Some(newest)) => told.is_same_key(newest) && told.version == newest.version,
        (true, None) => false,
    });
    let current = account.current.as_ref();
    let uses =
        current.zip(newest).is_some_and(|(current, newest)| current.is_same_key(newest) && current.version == newest.version);
    (told && account.uses(&wanted.identity), uses && account.state.eq_ignore_ascii_case("Succeeded"))
}

/// The identifier that the account is told.
#[must_use]
pub fn identifier(wanted: &Wanted, key: &Key) -> KeyId {
    if wanted.pinned { key.id.clone() } else { wanted.key.versionless() }
}

fn identity(wanted: &Wanted) -> String {
    match &wanted.identity {
        Identity::System => "system-assigned identity".to_owned(),
        Identity::User(id) => format!("user-assigned identity {}", id.name()),
    }
}

/// What keeps the order from being carried out, all of it, before anything is created.
#[must_use]
pub fn blockers(wanted: &Wanted, found: &Found) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(of_storage(wanted, found));
    problems.extend(of_regions(wanted, found));
    problems.extend(of_deleted(wanted, found));
    if let KeyFound::Present(key) = &found.key {
        problems.extend(unusable(key));
    }
    let shut = match &found.vault {
        VaultFound::Missing => wanted.access == Access::Policies,
        _ => matches!(found.key, KeyFound::Forbidden { .. }),
    };
    if shut && wanted.operator.is_none() {
        let message =
            format!("vault {} has to let this sign-in make keys, and its token does not say who it is", wanted.vault.name());
        problems.push(Problem::new(Kind::Permission, "operatorUnknown", message).hint(
            "name the object id of the sign-in with --service-principal-object-id; `az ad sp show --id APP --query id` tells it",
        ));
    }
    problems
}

fn of_storage(wanted: &Wanted, found: &Found) -> Option<Problem> {
    match (&found.account, &wanted.storage) {
        (None, None) => Some(
            Problem::usage(
                "storageAccountMissing",
                format!("{} has to be created, and no storage account was named for it", wanted.account.name()),
            )
            .hint("add --storage-name NAME: it is taken if it is there, and created if it is not"),
        ),
        (Some(account), Some(storage)) if !account.storage.contains(storage) => {
            let own: Vec<&str> = account.storage.iter().map(|id| id.name()).collect();
            let message = format!("{} uses the storage accounts {}, not {}", account.id.name(), own.join(", "), storage.name());
            Some(
                Problem::blocked("storageNotAttached", message)
                    .hint("leave --storage-name out: an account that is there keeps its own"),
            )
        }
        _ => None,
    }
}

/// Media Services requires the vault in the region of the account; a storage account elsewhere works, and costs.
fn of_regions(wanted: &Wanted, found: &Found) -> Vec<Problem> {
    let mut problems = Vec::new();
    let rule = "the vault has to lie in the region of the media account; a storage account elsewhere works, at the price of latency and egress; the resource group's own region plays no part";
    let account = found.account.as_ref().map(|account| account.location.as_str()).or(wanted.location.as_deref());
    let Some(account) = account else {
        problems.push(
            Problem::usage(
                "locationMissing",
                format!("{} has to be created, and no region was named for it", wanted.account.name()),
            )
            .because(rule)
            .hint("add --resource-location REGION; `az account list-locations -o table` lists them"),
        );
        return problems;
    };
    let differs = |other: &str| !other.is_empty() && region(other) != region(account);
    if let (Some(existing), Some(asked)) = (&found.account, &wanted.location)
        && differs(asked)
    {
        let message = format!("{} lies in {}, not in {asked}", existing.id.name(), existing.location);
        problems.push(Problem::blocked("regionMismatch", message).because(rule).hint("leave --resource-location out"));
    }
    let vault = match &found.vault {
        VaultFound::Present(vault) => Some(&vault.location),
        VaultFound::Deleted { location, .. } => Some(location),
        VaultFound::Missing => None,
    };
    if let Some(vault) = vault.filter(|vault| differs(vault)) {
        let message = format!("vault {} lies in {vault}, and {} in {account}", wanted.vault.name(), wanted.account.name());
        let hint = format!("take or make a vault in {account}: --key-vault-name NAME");
        problems.push(Problem::blocked("regionMismatch", message).because(rule).hint(hint));
    }
    problems
}

/// `West Europe` and `westeurope` are one region.
fn region(text: &str) -> String {
    text.replace(' ', "").to_ascii_lowercase()
}

fn of_deleted(wanted: &Wanted, found: &Found) -> Option<Problem> {
    if let VaultFound::Deleted { id, purged, .. } = &found.vault {
        let until = purged.map_or_else(String::new, |at| format!(", until {}", at.date()));
        let message =
            format!("a vault named {} was deleted and can be recovered{until}; its name stays taken", wanted.vault.name());
        if *id != wanted.vault {
            return Some(
                Problem::blocked("vaultDeleted", message).because(format!("it was {id}")).hint("take another --key-vault-name"),
            );
        }
        if !wanted.recover {
            return Some(
                Problem::blocked("vaultDeleted", message)
                    .hint("add --recover to bring it back with its keys, or take another --key-vault-name"),
            );
        }
    }
    if let KeyFound::Deleted { purged } = &found.key
        && !wanted.recover
    {
        let until = purged.map_or_else(String::new, |at| format!(", until {}", at.date()));
        let message = format!(
            "a key named {} of vault {} was deleted and can be recovered{until}; its name stays taken",
            wanted.key.name,
            wanted.vault.name()
        );
        return Some(Problem::blocked("keyDeleted", message).hint("add --recover to bring it back, or take another --key-name"));
    }
    None
}

/// Why a key cannot be taken.
#[must_use]
pub fn unusable(key: &Key) -> Option<Problem> {
    let name = &key.id.name;
    if !key.kind.to_ascii_uppercase().starts_with("RSA") {
        let message = format!("key {name} is of type {}, and Media Services takes RSA keys only", key.kind);
        return Some(
            Problem::blocked("wrongKeyType", message).hint("take another --key-name: a key of type RSA is made if there is none"),
        );
    }
    if key.size != 0 && !SIZES.contains(&key.size) {
        let message = format!("key {name} has {} bits, and Media Services takes 2048, 3072 or 4096", key.size);
        return Some(Problem::blocked("wrongKeySize", message).hint("take another --key-name"));
    }
    if !key.enabled {
        let command = format!("az keyvault key set-attributes --enabled true --id {}", key.id);
        return Some(
            Problem::blocked("keyDisabled", format!("the newest version of key {name} is disabled"))
                .hint(format!("enable it with `{command}`, or take another --key-name")),
        );
    }
    None
}

/// What is worth knowing and stops nothing.
#[must_use]
pub fn notes(wanted: &Wanted, found: &Found) -> Vec<String> {
    let mut notes = Vec::new();
    let account = found.account.as_ref().map(|account| account.location.as_str()).or(wanted.location.as_deref());
    if let (Some(storage), Some(account)) = (&found.storage, account)
        && region(&storage.location) != region(account)
    {
        notes.push(format!(
            "storage account {} lies in {}, the media account in {account}: that works, at the price of latency and egress",
            storage.id.name(),
            storage.location
        ));
    }
    if let Some(vault) = found.vault.present().filter(|vault| vault.firewalled) {
        notes.push(format!(
            "vault {} has a firewall: Media Services passes it only as a trusted service (bypass AzureServices)",
            vault.id.name()
        ));
    }
    if let Some(old) = found.account.as_ref().and_then(|account| account.key.as_ref()).filter(|old| !old.is_same_key(&wanted.key))
    {
        notes.push(format!(
            "{} is encrypted with {old} now; keep that key until the account says that it uses the other",
            wanted.account.name()
        ));
    }
    if let Some(status) = found.account.as_ref().and_then(|account| account.status.as_deref()) {
        notes.push(format!("{} says of its key: {status}", wanted.account.name()));
    }
    notes
}
