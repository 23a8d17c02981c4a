//! Both slots of an account: age, policy, fingerprint. Never the key.

use serde::Serialize;
use time::OffsetDateTime;

use crate::contract::name::Named;
use crate::contract::time::Time;
use crate::domain::account::{KeyState, StorageAccount};
use crate::domain::key::{Fingerprint, Slot};

use super::moment;
use super::table::Table;

/// The schema of a list of keys.
pub const SCHEMA: &str = "keyroll.keys/1";

/// Both slots of an account: age, policy, fingerprint. Never the key.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeysDocument<'a> {
    schema: &'static str,
    account: &'a str,
    shared_key_allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_expiration_days: Option<u32>,
    keys: Vec<KeyDocument>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct KeyDocument {
    slot: Named<Slot>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_days: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    overdue: Option<bool>,
    fingerprint: Named<Fingerprint>,
}

/// The slots as JSON text.
#[must_use]
pub fn json(account: &StorageAccount, keys: &KeyState, now: OffsetDateTime) -> String {
    let one = |slot: Slot| {
        let generation = keys.get(slot);
        KeyDocument {
            slot: Named(slot),
            created: generation.created.map(Time),
            age_days: generation.created.map(|created| (now - created).whole_days()),
            overdue: overdue(account, generation.created, now),
            fingerprint: Named(generation.fingerprint.clone()),
        }
    };
    let document = KeysDocument {
        schema: SCHEMA,
        account: account.id.as_str(),
        shared_key_allowed: account.shared_key_allowed,
        key_expiration_days: account.key_expiration_days,
        keys: Slot::BOTH.map(one).into(),
    };
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

/// The slots as a table.
#[must_use]
pub fn text(account: &StorageAccount, keys: &KeyState, now: OffsetDateTime, width: Option<u16>) -> String {
    let mut table = Table::new(&["slot", "created", "age", "policy", "fingerprint"], width);
    for slot in Slot::BOTH {
        let generation = keys.get(slot);
        let policy = match (account.key_expiration_days, overdue(account, generation.created, now)) {
            (Some(days), Some(true)) => format!("{days}d: overdue"),
            (Some(days), Some(false)) => format!("{days}d: kept"),
            (Some(days), None) => format!("{days}d: unknown"),
            (None, _) => "-".to_owned(),
        };
        table.row([
            slot.name(),
            &generation.created.map_or_else(|| "never regenerated, or long ago".to_owned(), moment::date),
            &generation.created.map_or_else(|| "-".to_owned(), |created| moment::age(created, now)),
            &policy,
            generation.fingerprint.as_str(),
        ]);
    }
    let mut text = table.text();
    if !account.shared_key_allowed {
        text.push_str("\nThis account refuses both keys: allowSharedKeyAccess is false.");
    }
    text
}

/// Whether a key is older than the account's policy allows, where both are known.
#[must_use]
pub fn overdue(account: &StorageAccount, created: Option<OffsetDateTime>, now: OffsetDateTime) -> Option<bool> {
    Some(now - created? > time::Duration::days(i64::from(account.key_expiration_days?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::samples::Any;

    #[test]
    fn a_key_past_its_policy_is_overdue_and_the_rest_is_said() {
        let mut plan = Any(5).plan();
        let now = OffsetDateTime::from_unix_timestamp(1_795_313_100).expect("a time");
        plan.account.shared_key_allowed = true;
        plan.account.key_expiration_days = Some(90);
        plan.keys.key1.created = Some(now - time::Duration::days(212));
        plan.keys.key2.created = None;
        let text = anstream::adapter::strip_str(&text(&plan.account, &plan.keys, now, None)).to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[1].contains("212d") && lines[1].contains("90d: overdue"), "{text}");
        assert!(lines[2].contains("never regenerated") && lines[2].contains("90d: unknown"), "{text}");
        let json: serde_json::Value = serde_json::from_str(&json(&plan.account, &plan.keys, now)).expect("JSON");
        assert_eq!(json["keys"][0]["ageDays"], 212);
        assert_eq!(json["keys"][0]["overdue"], true);
        assert_eq!(json["keys"][1].get("overdue"), None);
    }
}
