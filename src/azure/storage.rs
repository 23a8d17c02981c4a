//! The storage resource provider: accounts, their keys, and the one call that nothing can undo.
//!
//! Microsoft.Storage 2023-05-01. Answers of older versions are read too, because a custom cloud may speak them.

use azure_core::http::Method;
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroize as _;

use crate::domain::account::{AccountKeys, Service, SlotKey, StorageAccount};
use crate::domain::key::{Slot, StorageKey};
use crate::domain::problem::{Kind, Problem};
use crate::domain::resource_id::ResourceId;

use super::call::{Answer, Audience, Call, Effect};
use super::client::Client;

const API_VERSION: &str = "2023-05-01";
/// The type of a storage account.
pub const ACCOUNT_TYPE: &str = "Microsoft.Storage/storageAccounts";

/// What a regenerate answered.
#[derive(Clone, Debug)]
pub struct Regenerated {
    /// Both keys, the new one among them.
    pub keys: AccountKeys,
    /// Resource Manager's correlation id.
    pub correlation_id: Option<String>,
}

impl Client {
    /// One storage account.
    ///
    /// # Errors
    /// As [`Client::send`]; `unexpectedAnswer` when it is not the documented shape.
    pub async fn storage_account(&self, id: &ResourceId) -> Result<StorageAccount, Problem> {
        let url = self.resource_manager_url(id.as_str(), API_VERSION);
        let sent = self.send(Call::new(Method::Get, url, Effect::Read, Audience::ResourceManager)).await;
        sent.map_err(|problem| unseen(id, problem))?.parse::<WireAccount>()?.into_account()
    }

    /// All storage accounts of a subscription, sorted by id.
    ///
    /// # Errors
    /// As [`Client::list`].
    pub async fn storage_accounts(&self, subscription: &str) -> Result<Vec<StorageAccount>, Problem> {
        self.accounts_under(&format!("/subscriptions/{subscription}")).await
    }

    /// All storage accounts of a resource group, sorted by id.
    ///
    /// # Errors
    /// As [`Client::list`].
    pub async fn storage_accounts_in(&self, subscription: &str, group: &str) -> Result<Vec<StorageAccount>, Problem> {
        self.accounts_under(&format!("/subscriptions/{subscription}/resourceGroups/{group}")).await
    }

    async fn accounts_under(&self, scope: &str) -> Result<Vec<StorageAccount>, Problem> {
        let url = self.resource_manager_url(&format!("{scope}/providers/{ACCOUNT_TYPE}"), API_VERSION);
        let items = self.list(Call::new(Method::Get, url, Effect::Read, Audience::ResourceManager)).await?;
        let mut accounts = items
            .into_iter()
            .map(|item| serde_json::from_value::<WireAccount>(item).map_err(|_| malformed("a storage account")))
            .map(|account| account.and_then(WireAccount::into_account))
            .collect::<Result<Vec<_>, _>>()?;
        accounts.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(accounts)
    }

    /// Both keys of an account. A POST that changes nothing.
    ///
    /// # Errors
    /// As [`Client::send`]; `keyMissing` when the answer lacks a slot.
    pub async fn list_keys(&self, id: &ResourceId) -> Result<AccountKeys, Problem> {
        let url = self.resource_manager_url(&format!("{id}/listKeys"), API_VERSION);
        let answer = self.send(Call::new(Method::Post, url, Effect::Read, Audience::ResourceManager)).await?;
        account_keys(id, answer)
    }

    /// Regenerates one slot. Synchronous; the old key of that slot and every SAS signed with it die.
    ///
    /// # Errors
    /// As [`Client::send`] for a call that is done once: `outcomeUnknown` when the answer was lost. An answer of success
    /// whose body cannot be read is an unknown outcome too, since the slot did change.
    pub async fn regenerate_key(&self, id: &ResourceId, slot: Slot) -> Result<Regenerated, Problem> {
        let url = self.resource_manager_url(&format!("{id}/regenerateKey"), API_VERSION);
        let call = Call::new(Method::Post, url, Effect::Once, Audience::ResourceManager)
            .json(&serde_json::json!({ "keyName": slot.name() }))
            .without_secret();
        let answer = self.send(call).await?;
        let correlation_id = answer.correlation_id();
        match account_keys(id, answer) {
            Ok(keys) => Ok(Regenerated { keys, correlation_id }),
            Err(problem) => Err(Problem {
                kind: crate::domain::problem::Kind::OutcomeUnknown,
                code: "outcomeUnknown".into(),
                correlation_id,
                ..problem
            }),
        }
    }
}

/// A 404 in our words: the server's text says neither what was asked for nor what to do.
fn unseen(id: &ResourceId, mut problem: Problem) -> Problem {
    if problem.kind != Kind::NotFound {
        return problem;
    }
    let (name, group, subscription) = (id.name(), id.resource_group(), id.subscription());
    let ours = format!("no storage account named {name} is visible in group {group} of subscription {subscription}");
    let theirs = std::mem::replace(&mut problem.message, ours);
    problem.causes.insert(0, theirs);
    "noSuchAccount".clone_into(&mut problem.code);
    problem.hint("check the id, and who is signed in: what may not be read is not visible either")
}

fn account_keys(id: &ResourceId, answer: Answer) -> Result<AccountKeys, Problem> {
    let keys = answer.parse::<WireKeys>();
    let mut body = answer.body;
    body.zeroize();
    keys?.into_keys(id)
}

fn malformed(what: &str) -> Problem {
    Problem::failed("unexpectedAnswer", format!("Resource Manager answered {what} that is not of the documented shape"))
}

#[derive(Deserialize)]
struct WireAccount {
    id: String,
    #[serde(default)]
    location: String,
    #[serde(default)]
    properties: WireProperties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireProperties {
    allow_shared_key_access: Option<bool>,
    key_policy: Option<WirePolicy>,
    primary_endpoints: Option<WireEndpoints>,
    provisioning_state: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePolicy {
    key_expiration_period_in_days: Option<u32>,
}

#[derive(Deserialize)]
struct WireEndpoints {
    blob: Option<String>,
    file: Option<String>,
    queue: Option<String>,
    table: Option<String>,
}

impl WireAccount {
    fn into_account(self) -> Result<StorageAccount, Problem> {
        let properties = self.properties;
        let endpoints = properties.primary_endpoints.map_or_else(Vec::new, |wire| {
            [(Service::Blob, wire.blob), (Service::File, wire.file), (Service::Queue, wire.queue), (Service::Table, wire.table)]
                .into_iter()
                .filter_map(|(service, url)| Some((service, url.filter(|url| !url.is_empty())?)))
                .map(|(service, url)| (service, if url.ends_with('/') { url } else { format!("{url}/") }))
                .collect()
        });
        Ok(StorageAccount {
            id: ResourceId::parse_as(&self.id, ACCOUNT_TYPE).map_err(|_| malformed("a storage account"))?,
            location: self.location,
            shared_key_allowed: properties.allow_shared_key_access.unwrap_or(true),
            key_expiration_days: properties.key_policy.and_then(|policy| policy.key_expiration_period_in_days),
            endpoints,
            provisioning_state: properties.provisioning_state.unwrap_or_default(),
        })
    }
}

/// Since 2016-01-01 a list; before, one member for each slot (API dossier, trap 10).
#[derive(Deserialize)]
#[serde(untagged)]
enum WireKeys {
    List { keys: Vec<WireKey> },
    Pair { key1: String, key2: String },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireKey {
    key_name: String,
    value: String,
    creation_time: Option<String>,
}

impl WireKeys {
    fn into_keys(self, id: &ResourceId) -> Result<AccountKeys, Problem> {
        let mut keys = match self {
            Self::List { keys } => keys,
            Self::Pair { key1, key2 } => [(Slot::Key1, key1), (Slot::Key2, key2)]
                .into_iter()
                .map(|(slot, value)| WireKey { key_name: slot.name().to_owned(), value, creation_time: None })
                .collect(),
        };
        let mut take = |slot: Slot| {
            let position = keys.iter().position(|key| key.key_name.eq_ignore_ascii_case(slot.name()));
            let wire = position.map(|position| keys.swap_remove(position)).filter(|wire| !wire.value.is_empty());
            wire.map(|wire| SlotKey {
                slot,
                created: wire.creation_time.as_deref().and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok()),
                key: StorageKey::new(wire.value),
            })
            .ok_or_else(|| {
                Problem::failed("keyMissing", format!("the answer about the keys of {} does not hold {slot}", id.name()))
                    .hint("check that the account is a Resource Manager storage account with both keys")
            })
        };
        Ok(AccountKeys { key1: take(Slot::Key1)?, key2: take(Slot::Key2)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> ResourceId {
        ResourceId::new("s", "g", "Microsoft.Storage", "storageAccounts", "st")
    }

    fn keys(json: &str) -> Result<AccountKeys, Problem> {
        serde_json::from_str::<WireKeys>(json).expect("one of the two shapes").into_keys(&account())
    }

    #[test]
    fn keys_are_matched_by_name_and_kerberos_keys_are_ignored() {
        let keys = keys(
            r#"{"keys":[{"keyName":"kerb1","value":"k"},{"keyName":"KEY2","value":"b","permissions":"FULL"},
                {"creationTime":"2022-11-17T09:25:20.1007575Z","keyName":"key1","value":"a","permissions":"Full"}]}"#,
        )
        .expect("both are there");
        assert_eq!((keys.key1.key.expose(), keys.key2.key.expose()), ("a", "b"));
        assert_eq!(keys.key1.created.expect("a time").unix_timestamp(), 1_668_677_120);
        assert_eq!(keys.key2.created, None);
    }

    #[test]
    fn the_shape_of_2015_is_read_too() {
        let keys = keys(r#"{"key1":"a","key2":"b"}"#).expect("both are there");
        assert_eq!((keys.key1.key.expose(), keys.key2.key.expose()), ("a", "b"));
    }

    #[test]
    fn a_missing_slot_is_named_and_no_key_is_told() {
        for json in [
            r#"{"keys":[{"keyName":"key1","value":"secret"},{"keyName":"key12","value":"secret"}]}"#,
            r#"{"key1":"secret","key2":""}"#,
        ] {
            let problem = keys(json).expect_err("key2 is missing");
            assert_eq!(problem.code, "keyMissing");
            assert!(problem.message.contains("key2") && problem.message.contains("st"));
            assert!(!format!("{problem:?}").contains("secret"));
        }
    }

    #[test]
    fn absent_means_allowed_and_endpoints_end_in_a_slash() {
        let wire: WireAccount = serde_json::from_str(
            r#"{"id":"/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/st","location":"westus",
                "properties":{"allowSharedKeyAccess":null,"keyPolicy":null,"provisioningState":"Succeeded",
                "primaryEndpoints":{"blob":"https://st.blob.core.windows.net","dfs":"x","queue":null}}}"#,
        )
        .expect("parses");
        let account = wire.into_account().expect("an account");
        assert!(account.shared_key_allowed);
        assert_eq!(account.endpoints, [(Service::Blob, "https://st.blob.core.windows.net/".to_owned())]);
        assert_eq!(account.endpoint_suffix().as_deref(), Some("core.windows.net"));
    }
}
