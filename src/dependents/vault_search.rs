//! Finds the secrets that hold a key of the account: by tags in every vault, by value in the vaults that the user names.

use futures::stream::{self, StreamExt as _};
use serde_json::Value;

use crate::azure::key_vault::{ManagedStorage, SecretItem, Vault, vault_address};
use crate::domain::binding::{Binding, Held, Knowledge};
use crate::domain::dependent::{Dependent, DependentKind, Movement};
use crate::domain::problem::Problem;

use super::discovery::{CONCURRENCY, Search};
use super::vault_secret::{PROVIDER_ADDRESS, binding_of, copies, is_tagged, tagged_slot};
use super::{Scene, grace};

/// One vault and how thoroughly it is searched.
struct Searched {
    vault: Vault,
    /// Named by the user: every value in it is compared, not only the tagged ones.
    by_value: bool,
}

/// What one secret turned out to be.
enum Outcome {
    Dependent(Box<Dependent>),
    Unrelated,
    /// A value that may or may not be a signature of this account.
    Doubtful,
    Unreadable(Problem),
}

/// Searches the vaults of the subscriptions and those that the user named.
pub(super) async fn find(scene: &Scene<'_>, resources: &[Value], named: &[String], search: &mut Search) -> Result<(), Problem> {
    let mut vaults: Vec<Searched> = Vec::new();
    for name in named {
        vaults.push(Searched { vault: scene.client.vault(name)?, by_value: true });
    }
    for item in resources {
        match vault_address(item).and_then(|(_, address)| scene.client.vault(&address)) {
            Ok(vault) => vaults.push(Searched { vault, by_value: false }),
            Err(problem) => search.unreadable(item, &problem),
        }
    }
    // Those that were named stand first and win.
    vaults.sort_by(|one, other| one.vault.name.cmp(&other.vault.name).then(other.by_value.cmp(&one.by_value)));
    vaults.dedup_by(|one, other| one.vault.name == other.vault.name);
    let lists = vaults.iter().map(|searched| async move {
        (searched, scene.client.secrets(&searched.vault).await, regenerating(scene, &searched.vault).await)
    });
    let lists: Vec<_> = stream::iter(lists).buffered(CONCURRENCY).collect().await;
    let mut wanted = Vec::new();
    for (searched, secrets, managed) in lists {
        let related = match secrets {
            Ok(items) => {
                let tagged = items.iter().any(|item| is_tagged(scene, &item.tags));
                let looked_at =
                    items.into_iter().filter(|item| !item.managed && (searched.by_value || is_tagged(scene, &item.tags)));
                wanted.extend(looked_at.map(|item| (&searched.vault, item)));
                tagged || searched.by_value
            }
            Err(problem) => {
                search.unavailable(searched.vault.url.as_str(), "its secrets", problem)?;
                searched.by_value
            }
        };
        match managed {
            Ok(Some(blocker)) => search.blockers.push(blocker),
            Ok(None) => {}
            // A vault that has to do with the account has to be seen whole; any other is only mentioned.
            Err(problem) if related => {
                search.unavailable(searched.vault.url.as_str(), "its managed storage accounts", problem)?;
            }
            Err(problem) => search.partly(searched.vault.url.as_str(), "its managed storage accounts", problem)?,
        }
    }
    let reads = wanted.iter().map(|(vault, item)| async move { (vault, item, inspect(scene, vault, item).await) });
    let outcomes: Vec<_> = stream::iter(reads).buffered(CONCURRENCY).collect().await;
    for (vault, item, outcome) in outcomes {
        let id = secret_id(vault, item);
        match outcome? {
            Outcome::Dependent(dependent) => search.dependents.push(*dependent),
            Outcome::Unrelated => {}
            Outcome::Doubtful => {
                search.doubtful(&id, "it holds a SAS without an address, of which nobody can tell whose key made it");
            }
            Outcome::Unreadable(problem) => {
                let hint = tagged_slot(&item.tags).map(|slot| format!(", which its tag says is {slot}")).unwrap_or_default();
                search.unavailable(&id, &format!("its value{hint}"), problem)?;
            }
        }
    }
    Ok(())
}

fn secret_id(vault: &Vault, item: &SecretItem) -> String {
    format!("{}secrets/{}", vault.url, item.name)
}

/// Reads one secret and says what it is.
async fn inspect(scene: &Scene<'_>, vault: &Vault, item: &SecretItem) -> Result<Outcome, Problem> {
    let tagged = is_tagged(scene, &item.tags);
    let mut dependent = Dependent {
        id: secret_id(vault, item),
        kind: DependentKind::VaultSecret,
        name: format!("{}/{}", vault.name, item.name),
        movement: Movement::Push,
        form: "unread".to_owned(),
        found_by: if tagged { format!("tag {PROVIDER_ADDRESS}") } else { "value".to_owned() },
        parent: Some(vault.url.as_str().to_owned()),
        services: scene.account.endpoints.iter().map(|(service, _)| *service).collect(),
        binding: Binding::guessed(Held::Unknown, Knowledge::Unknown, scene.now()),
    };
    let secret = match scene.client.secret(vault, &item.name, "").await {
        Ok(secret) => secret,
        // What cannot be read cannot be moved either, so it is named and left to the user.
        Err(problem) => return Ok(Outcome::Unreadable(problem)),
    };
    let copies = copies(scene, &secret)?;
    if copies.is_empty() {
        return Ok(match (copies.doubtful, tagged) {
            (true, _) => Outcome::Doubtful,
            (false, true) => {
                let problem =
                    Problem::failed("secretKeyless", "it is tagged with the account, but holds no key of a form that is known");
                Outcome::Unreadable(problem)
            }
            (false, false) => Outcome::Unrelated,
        });
    }
    dependent.form = copies.form();
    let services = copies.services();
    dependent.services.retain(|service| services.contains(service));
    dependent.binding = binding_of(scene, &copies);
    match grace::of(scene, vault, &item.name, &secret, &dependent.binding.held).await {
        Ok(graces) => dependent.binding.graces = graces,
        Err(problem) => return Ok(Outcome::Unreadable(problem)),
    }
    Ok(Outcome::Dependent(Box::new(dependent)))
}

/// The blocker, if a vault regenerates the keys of this account behind everybody's back.
async fn regenerating(scene: &Scene<'_>, vault: &Vault) -> Result<Option<Problem>, Problem> {
    let ours =
        |managed: &ManagedStorage| managed.resource_id.trim_end_matches('/').eq_ignore_ascii_case(scene.account.id.as_str());
    for managed in scene.client.managed_storage(vault).await?.iter().filter(|managed| ours(managed)) {
        if scene.client.regenerates_by_itself(vault, managed).await? {
            let account = scene.account.id.name();
            return Ok(Some(
                Problem::blocked("vaultRegenerates", format!("vault {} regenerates the keys of {account} by itself", vault.name))
                    .hint(format!(
                        "end that with `az keyvault storage remove --vault-name {} --name NAME`, or let the vault roll the keys",
                        vault.name
                    )),
            ));
        }
    }
    Ok(None)
}
