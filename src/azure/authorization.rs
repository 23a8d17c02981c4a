//! What forbids or allows a change: management locks (2016-09-01) and effective permissions (2022-04-01).

use azure_core::http::Method;
use serde::Deserialize;

use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;

use super::call::{Audience, Call, Effect};
use super::client::Client;

const LOCKS: &str = "2016-09-01";
const PERMISSIONS: &str = "2022-04-01";

/// How strict a lock is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockLevel {
    /// Reading and changing go on, deleting does not.
    CanNotDelete,
    /// Only reading goes on. Every POST is blocked, `listKeys` included.
    ReadOnly,
}

/// One lock that applies to a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// The lock's name.
    pub name: String,
    /// How strict it is.
    pub level: LockLevel,
    /// The resource, group or subscription that it was put on.
    pub scope: String,
}

/// The locks that apply to a resource, as far as they could be seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Locks {
    /// On the resource itself, its group and its subscription.
    pub locks: Vec<Lock>,
    /// Why locks on the subscription or the group may be missing here, if they may.
    pub unseen: Option<String>,
}

impl Locks {
    /// The first lock that blocks POSTs.
    #[must_use]
    pub fn read_only(&self) -> Option<&Lock> {
        self.locks.iter().find(|lock| lock.level == LockLevel::ReadOnly)
    }
}

/// What this sign-in may do at a resource: the union of its role assignments there and above.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions(Vec<Permission>);

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Permission {
    actions: Vec<String>,
    not_actions: Vec<String>,
    data_actions: Vec<String>,
    not_data_actions: Vec<String>,
}

impl Permissions {
    /// The control-plane actions among `actions` that are not granted.
    #[must_use]
    pub fn missing(&self, actions: &[&str]) -> Vec<String> {
        let granted = |action: &str| {
            self.0.iter().any(|entry| any_matches(&entry.actions, action) && !any_matches(&entry.not_actions, action))
        };
        actions.iter().filter(|action| !granted(action)).map(|action| (*action).to_owned()).collect()
    }

    /// The data-plane actions among `actions` that are not granted (Key Vault under role-based access).
    #[must_use]
    pub fn missing_data(&self, actions: &[&str]) -> Vec<String> {
        let granted = |action: &str| {
            self.0.iter().any(|entry| any_matches(&entry.data_actions, action) && !any_matches(&entry.not_data_actions, action))
        };
        actions.iter().filter(|action| !granted(action)).map(|action| (*action).to_owned()).collect()
    }
}

fn any_matches(patterns: &[String], action: &str) -> bool {
    patterns.iter().any(|pattern| wildcard(pattern, action))
}

/// `*` stands for any run of characters, slashes included; case does not matter.
fn wildcard(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_ascii_lowercase(), text.to_ascii_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

impl Client {
    /// The locks on a resource, on its group and on its subscription.
    ///
    /// One list of the subscription holds them all. Where this sign-in may not read that list, the group's and the resource's
    /// own are read and `unseen` says what is missing.
    ///
    /// # Errors
    /// As [`Client::list`].
    pub async fn locks(&self, id: &ResourceId) -> Result<Locks, Problem> {
        let subscription = format!("/subscriptions/{}", id.subscription());
        match self.locks_under(&subscription).await {
            Ok(all) => return Ok(Locks { locks: applying(all, id), unseen: None }),
            Err(problem) if problem.http_status != Some(403) => return Err(problem),
            Err(_) => {}
        }
        let group = format!("{subscription}/resourceGroups/{}", id.resource_group());
        match self.locks_under(&group).await {
            Ok(all) => {
                let unseen = Some(format!("locks of subscription {} could not be listed (403)", id.subscription()));
                Ok(Locks { locks: applying(all, id), unseen })
            }
            Err(problem) if problem.http_status == Some(403) => {
                let all = self.locks_under(id.as_str()).await?;
                let unseen = Some("locks of the resource group and the subscription could not be listed (403)".to_owned());
                Ok(Locks { locks: applying(all, id), unseen })
            }
            Err(problem) => Err(problem),
        }
    }

    async fn locks_under(&self, scope: &str) -> Result<Vec<Lock>, Problem> {
        let url = self.resource_manager_url(&format!("{scope}/providers/Microsoft.Authorization/locks"), LOCKS);
        let items = self.list(Call::new(Method::Get, url, Effect::Read, Audience::ResourceManager)).await?;
        items.into_iter().map(lock).collect()
    }

    /// What this sign-in may do at a resource.
    ///
    /// # Errors
    /// As [`Client::list`].
    pub async fn permissions(&self, id: &ResourceId) -> Result<Permissions, Problem> {
        let url = self.resource_manager_url(&format!("{id}/providers/Microsoft.Authorization/permissions"), PERMISSIONS);
        let items = self.list(Call::new(Method::Get, url, Effect::Read, Audience::ResourceManager)).await?;
        let entries = items.into_iter().map(|item| serde_json::from_value(item).map_err(|_| malformed("permissions")));
        entries.collect::<Result<Vec<_>, _>>().map(Permissions)
    }
}

fn malformed(what: &str) -> Problem {
    Problem::failed("unexpectedAnswer", format!("Resource Manager answered {what} that are not of the documented shape"))
}

fn lock(item: serde_json::Value) -> Result<Lock, Problem> {
    #[derive(Deserialize)]
    struct Wire {
        id: String,
        name: String,
        properties: Properties,
    }
    #[derive(Deserialize)]
    struct Properties {
        level: String,
    }
    let wire: Wire = serde_json::from_value(item).map_err(|_| malformed("locks"))?;
    let end =
        wire.id.to_ascii_lowercase().rfind("/providers/microsoft.authorization/locks/").ok_or_else(|| malformed("locks"))?;
    // A level that is not known counts as the strict one: a run that stops early does no harm.
    let deletable_only =
        wire.properties.level.eq_ignore_ascii_case("CanNotDelete") || wire.properties.level.eq_ignore_ascii_case("NotSpecified");
    let level = if deletable_only { LockLevel::CanNotDelete } else { LockLevel::ReadOnly };
    Ok(Lock { name: wire.name, level, scope: wire.id[..end].to_owned() })
}

/// The locks on the resource or on something that it lies in.
fn applying(all: Vec<Lock>, id: &ResourceId) -> Vec<Lock> {
    let id = format!("{}/", id.lowercase());
    all.into_iter().filter(|lock| id.starts_with(&format!("{}/", lock.scope.to_ascii_lowercase()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permissions(json: &str) -> Permissions {
        Permissions(serde_json::from_str(json).expect("an array of permissions"))
    }

    const REGENERATE: &str = "Microsoft.Storage/storageAccounts/regenerateKey/action";

    #[test]
    fn wildcards_and_exclusions_are_honoured_role_by_role() {
        assert!(permissions(r#"[{"actions":["*"]}]"#).missing(&[REGENERATE]).is_empty());
        assert!(permissions(r#"[{"actions":["microsoft.storage/*/regeneratekey/ACTION"]}]"#).missing(&[REGENERATE]).is_empty());
        assert_eq!(permissions(r#"[{"actions":["*/read"],"notActions":[]}]"#).missing(&[REGENERATE]), [REGENERATE]);
        let excluded = r#"[{"actions":["*"],"notActions":["Microsoft.Storage/storageAccounts/regeneratekey/*"]}]"#;
        assert_eq!(permissions(excluded).missing(&[REGENERATE]), [REGENERATE]);
        // What one role excludes another may grant.
        let both = r#"[{"actions":["*"],"notActions":["*/regeneratekey/action"]},{"actions":["Microsoft.Storage/*"]}]"#;
        assert!(permissions(both).missing(&[REGENERATE]).is_empty());
        assert_eq!(permissions("[]").missing(&[REGENERATE]), [REGENERATE]);
    }

    #[test]
    fn a_data_action_is_not_a_control_action() {
        let granted = permissions(r#"[{"actions":[],"dataActions":["Microsoft.KeyVault/vaults/secrets/*"]}]"#);
        assert!(granted.missing_data(&["Microsoft.KeyVault/vaults/secrets/getSecret/action"]).is_empty());
        assert_eq!(granted.missing(&["Microsoft.KeyVault/vaults/secrets/getSecret/action"]).len(), 1);
    }

    #[test]
    fn locks_of_the_account_its_group_and_its_subscription_apply_and_no_others() {
        let id = ResourceId::new("s", "g", "Microsoft.Storage", "storageAccounts", "st");
        let lock_on = |scope: &str, level: &str| {
            lock(serde_json::json!({"id": format!("{scope}/providers/Microsoft.Authorization/locks/l"), "name": "l", "properties": {"level": level}})).expect("a lock")
        };
        let all = vec![
            lock_on("/subscriptions/S", "CanNotDelete"),
            lock_on("/subscriptions/s/resourcegroups/G", "ReadOnly"),
            lock_on(id.as_str(), "CanNotDelete"),
            lock_on("/subscriptions/s/resourceGroups/g2", "ReadOnly"),
            lock_on(&format!("{id}2"), "ReadOnly"),
        ];
        let locks = Locks { locks: applying(all, &id), unseen: None };
        assert_eq!(locks.locks.len(), 3);
        assert_eq!(locks.read_only().expect("the group's").scope, "/subscriptions/s/resourcegroups/G");
    }
}
