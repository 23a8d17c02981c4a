//! Who is encrypted with a key: whatever Resource Graph knows that names it.

use serde_json::Value;

use crate::domain::customer_key::{KeyId, User};
use crate::domain::problem::Problem;

use super::client::Client;

impl Client {
    /// Everything in these subscriptions that names a key, sorted by id. Resource Graph may be minutes behind.
    ///
    /// # Errors
    /// As [`Client::resource_graph`]; `usersNotListed` where it held rows back.
    pub async fn key_users(&self, key: &KeyId, subscriptions: &[String]) -> Result<Vec<User>, Problem> {
        let rows = self.naming_vault(&key.vault, subscriptions).await?;
        Ok(rows.iter().filter_map(|row| user(row, key)).collect())
    }

    /// Everything in these subscriptions that names any key of a vault (`https://NAME.vault.azure.net`), sorted by id.
    ///
    /// # Errors
    /// As [`Self::key_users`].
    pub async fn vault_users(&self, vault: &str, subscriptions: &[String]) -> Result<Vec<User>, Problem> {
        let rows = self.naming_vault(vault, subscriptions).await?;
        let users = rows.iter().filter(|row| names_a_key(&row["properties"], vault));
        Ok(users.filter_map(|row| Some(User { id: row["id"].as_str()?.to_owned(), current: None, pinned: None })).collect())
    }

    async fn naming_vault(&self, vault: &str, subscriptions: &[String]) -> Result<Vec<Value>, Problem> {
        let host = vault.split("://").last().unwrap_or_default();
        let query =
            format!("resources | where tostring(properties) contains '{host}' | project id, type, properties | order by id asc");
        let rows = self.resource_graph(&query, subscriptions).await?;
        if rows.truncated {
            return Err(Problem::failed("usersNotListed", format!("Resource Graph held back who uses {host}"))
                .hint("try again later, or name fewer subscriptions with --subscription"));
        }
        // Resource Graph is minutes behind; what would become unreadable is asked for directly, too.
        let mut rows = rows.rows;
        for subscription in subscriptions {
            rows.extend(self.media_accounts(subscription).await?);
        }
        let id = |row: &Value| row["id"].as_str().unwrap_or_default().to_ascii_lowercase();
        // The later of two rows is Resource Manager's own.
        rows.reverse();
        rows.sort_by_key(id);
        rows.dedup_by_key(|row| id(row));
        Ok(rows)
    }
}

/// A row that names the key: in one text, or as storage accounts do in three.
fn user(row: &Value, key: &KeyId) -> Option<User> {
    let id = row["id"].as_str()?.to_owned();
    let mut seen = Seen::default();
    search("", &row["properties"], key, &mut seen);
    seen.names.then_some(User { id, current: seen.current, pinned: seen.pinned })
}

/// Whether any text is the identifier of a key of this vault, or stands as storage accounts write it.
fn names_a_key(value: &Value, vault: &str) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(name, value)| {
            let uri = value.as_str().filter(|_| name.eq_ignore_ascii_case("keyvaulturi"));
            uri.is_some_and(|uri| uri.trim_end_matches('/').eq_ignore_ascii_case(vault)) || names_a_key(value, vault)
        }),
        Value::Array(items) => items.iter().any(|item| names_a_key(item, vault)),
        Value::String(text) => text.parse::<KeyId>().is_ok_and(|key| key.vault.eq_ignore_ascii_case(vault)),
        _ => false,
    }
}

#[derive(Default)]
struct Seen {
    names: bool,
    current: Option<String>,
    pinned: Option<String>,
}

fn search(member: &str, value: &Value, key: &KeyId, seen: &mut Seen) {
    match value {
        Value::Object(members) => {
            let text = |name: &str| {
                let found = members.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
                found.and_then(|(_, value)| value.as_str()).filter(|text| !text.is_empty())
            };
            if let (Some(vault), Some(name)) = (text("keyvaulturi"), text("keyname")) {
                let split = format!("{}/keys/{name}", vault.trim_end_matches('/')).parse::<KeyId>();
                if split.is_ok_and(|split| split.is_same_key(key)) {
                    seen.names = true;
                    seen.pinned = text("keyversion").map(str::to_owned).or(seen.pinned.take());
                }
            }
            members.iter().for_each(|(name, value)| search(name, value, key, seen));
        }
        Value::Array(items) => items.iter().for_each(|item| search(member, item, key, seen)),
        Value::String(text) => {
            let Some(named) = text.parse::<KeyId>().ok().filter(|named| named.is_same_key(key)) else { return };
            seen.names = true;
            if member.to_ascii_lowercase().starts_with("current") {
                seen.current = named.version.or(seen.current.take());
            } else {
                seen.pinned = named.version.or(seen.pinned.take());
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_user_is_found_however_it_names_the_key() {
        let key: KeyId = "https://kv.vault.azure.net/keys/k".parse().expect("a key");
        let storage = json!({ "id": "/st", "properties": { "encryption": { "keySource": "Microsoft.Keyvault", "keyvaultproperties": {
            "keyname": "K", "keyvaulturi": "https://KV.vault.azure.net/", "keyversion": "",
            "currentVersionedKeyIdentifier": "https://kv.vault.azure.net/keys/k/v1" } } } });
        assert_eq!(user(&storage, &key), Some(User { id: "/st".into(), current: Some("v1".into()), pinned: None }));
        let disk = json!({ "id": "/des", "properties": { "activeKey": { "keyUrl": "https://kv.vault.azure.net/keys/k/v0" } } });
        assert_eq!(user(&disk, &key), Some(User { id: "/des".into(), current: None, pinned: Some("v0".into()) }));
        let other = json!({ "id": "/x", "properties": { "a": "https://kv.vault.azure.net/keys/kk", "b": "https://kv.vault.azure.net/" } });
        assert_eq!(user(&other, &key), None);
    }
}
