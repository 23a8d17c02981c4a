//! How a media account is encrypted, and what hangs on its key.

use crate::azure::client::Client;
use crate::azure::vaults::IDENTITY_PERMISSIONS;
use crate::domain::customer_key::{Access, Account, KeyFound, User, VaultFound};
use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;

use super::begin::missing;
use super::decide;

/// What `customer-key show` tells.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The media account.
    pub account: Account,
    /// The vault of its key.
    pub vault: VaultFound,
    /// The key.
    pub key: KeyFound,
    /// Everybody who is encrypted with it.
    pub users: Vec<User>,
    /// What would break if the key went away.
    pub would_break: Vec<String>,
    /// What is not as it should be.
    pub findings: Vec<String>,
}

impl Standing {
    /// Reads it.
    ///
    /// # Errors
    /// `noSuchMediaAccount`; when something cannot be read. A vault or key that is not for us to see is a finding.
    pub async fn of(client: &Client, id: &ResourceId, subscriptions: &[String]) -> Result<Self, Problem> {
        let account = client.media_encryption(id).await?.ok_or_else(|| missing(id))?;
        let nothing = Self {
            vault: VaultFound::Missing,
            key: KeyFound::Unknown,
            users: Vec::new(),
            would_break: Vec::new(),
            findings: Vec::new(),
            account,
        };
        let Some(told) = nothing.account.key.clone() else { return Ok(nothing) };
        let mut standing = nothing;
        let vaults = client.vaults(id.subscription()).await?;
        let named = vaults.iter().filter_map(|vault| vault["id"].as_str()?.parse::<ResourceId>().ok());
        let vault = named.into_iter().find(|vault| vault.name().eq_ignore_ascii_case(told.vault_name()));
        if let Some(vault) = &vault {
            standing.vault = client.vault_found(vault).await?;
        }
        standing.key = client.key(&told).await?;
        standing.users = client.key_users(&told, subscriptions).await?;
        standing.would_break = would_break(&standing.users);
        standing.findings = standing.find(client).await?;
        Ok(standing)
    }

    async fn find(&self, client: &Client) -> Result<Vec<String>, Problem> {
        let mut findings = Vec::new();
        let name = self.account.id.name();
        match &self.key {
            KeyFound::Missing => findings.push("the key is gone: media is unreadable until it is recovered".to_owned()),
            KeyFound::Deleted { .. } => {
                findings.push("the key is deleted: media is unreadable until it is recovered (apply --recover)".to_owned());
            }
            KeyFound::Forbidden { why } => findings.push(format!("this sign-in may not read the key: {why}")),
            KeyFound::Present(key) => {
                findings.extend(decide::unusable(key).map(|problem| problem.message));
                let behind = self.account.current.as_ref().is_some_and(|current| current.version != key.id.version);
                if behind && self.account.key.as_ref().is_some_and(|told| told.version.is_none()) {
                    findings.push(format!(
                        "version {} is newer than the one in use; {name} follows within 15 minutes",
                        key.id.short()
                    ));
                }
            }
            KeyFound::Unknown => {}
        }
        match self.vault.present() {
            None => findings.push("the vault is not among those that this sign-in sees".to_owned()),
            Some(vault) => {
                if !vault.purge_protection {
                    findings.push("the vault has no purge protection: whoever may purge can destroy the key".to_owned());
                }
                let principal = match &self.account.key_identity {
                    Some(user) => {
                        self.account.users.iter().find(|(id, _)| id == user).and_then(|(_, principal)| principal.clone())
                    }
                    None => self.account.system.clone(),
                };
                if let Some(principal) = principal {
                    let may = match vault.access {
                        Access::Policies => vault.grants(&principal, &IDENTITY_PERMISSIONS),
                        Access::Roles => client.may_encrypt(&vault.id, &principal).await?,
                    };
                    if !may {
                        findings.push(format!(
                            "the identity {principal} may not get, wrap and unwrap keys there: media is or becomes unreadable"
                        ));
                    }
                }
            }
        }
        if let Some(status) = self.account.status.as_deref().filter(|status| status.to_ascii_lowercase().contains("inaccessible"))
        {
            findings.push(format!("{name} says {status}: only GET, LIST and DELETE work until it may use the key again"));
        }
        Ok(findings)
    }
}

/// What each user would lose.
fn would_break(users: &[User]) -> Vec<String> {
    let what = |user: &User| {
        let id = user.id.to_ascii_lowercase();
        let lost = if id.contains("/microsoft.media/") {
            "content keys, streaming and encoding; only GET, LIST and DELETE of the account remain"
        } else if id.contains("/microsoft.storage/") {
            "all data in it"
        } else {
            "whatever it encrypts with the key"
        };
        format!("{}: {lost}", user.name())
    };
    users.iter().map(what).collect()
}
