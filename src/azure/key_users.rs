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
        let host = key.vault.split("://").last().unwrap_or_default();
        let query = format!("resources | where tostring(properties) contains '{host}' | project id, type, properties | order by id asc");
        let rows = self.resource_graph(&query, subscriptions).await?;
        if rows.truncated {
            return Err(Problem::failed("usersNotListed", format!("Resource Graph held back who uses {}", key.name))
                .hint("try again later, or name fewer subscriptions with --subscription"));
        }
        let mut users: Vec<User> = rows.rows.iter().filter_map(|row| user(row, key)).collect();
        users.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(users)
    }
}

/// A row that names the key: in one text, or as storage accounts do in three.
fn user(row: &Value, key: &KeyId) -> Option<User> {
    let id = row["id"].as_str()?.to_owned();
    let mut seen = Seen::default();
    search("", &row["properties"], key, &mut seen);
    seen.names.then_some(User { id, current: seen.current, pinned: seen.pinned })
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
