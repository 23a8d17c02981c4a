//! A media account as the holder of a customer-managed key (Microsoft.Media 2021-11-01).
//!
//! A PUT replaces the whole account: one storage account left out is detached. So every change reads the account directly before,
//! carries all of it back, and compares afterwards (design, promise P7).

use std::collections::BTreeMap;

use azure_core::http::Method;
use serde_json::{Map, Value, json};

use crate::domain::customer_key::{Account, Identity, KeyId, RUN_TAG, Wanted};
use crate::domain::planted::{Mistake, is_planted};
use crate::domain::problem::{Kind, Problem};
use crate::domain::resource_id::ResourceId;

use super::call::{Answer, Audience, Call, Effect};
use super::client::Client;
use super::media::ACCOUNT_TYPE;

const API_VERSION: &str = "2021-11-01";

/// The codes with which Resource Manager says that it no longer knows a service.
const RETIRED: [&str; 4] =
    ["InvalidResourceType", "InvalidResourceNamespace", "NoRegisteredProviderFound", "ResourceTypeNotSupported"];

impl Client {
    /// A media account with its identities and its key; nothing when there is none.
    ///
    /// # Errors
    /// As [`Client::send`]; `mediaServicesRetired` where Resource Manager no longer knows the service.
    pub async fn media_encryption(&self, id: &ResourceId) -> Result<Option<Account>, Problem> {
        match self.send(self.media_call(Method::Get, id, Effect::Read)).await {
            Ok(answer) => account(&answer.parse()?).map(Some),
            Err(problem) if problem.http_status == Some(410) || is_retired(&problem) => Err(retired(problem)),
            Err(problem) if problem.kind == Kind::NotFound => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// Creates a media account over one storage account, with its identity and a Microsoft-managed key.
    ///
    /// # Errors
    /// As [`Client::send`] and [`Client::finish`]; `mediaServicesRetired` where new accounts are no longer taken.
    pub async fn create_media_account(&self, wanted: &Wanted, storage: &ResourceId, run: &str) -> Result<Answer, Problem> {
        let tags = BTreeMap::from([(RUN_TAG, run)]);
        let body = json!({
            "location": wanted.location, "tags": tags, "identity": identities(&Value::Null, &wanted.identity),
            "properties": {
                "storageAccounts": [{ "id": storage.as_str(), "type": "Primary" }],
                "encryption": { "type": "SystemKey" },
            },
        });
        let sent = self.send(self.media_call(Method::Put, &wanted.account, Effect::Idempotent).json(&body)).await;
        let answer = sent.map_err(|problem| if is_retired(&problem) { retired(problem) } else { problem })?;
        self.finish(answer).await
    }

    /// Gives a media account one more identity; those that it has stay.
    ///
    /// # Errors
    /// As [`Client::send`] and [`Client::finish`]; `accountChanged` when something else differs afterwards.
    pub async fn assign_identity(&self, id: &ResourceId, identity: &Identity) -> Result<Answer, Problem> {
        self.replace_media_account(id, |whole| {
            let with = identities(&whole["identity"], identity);
            whole["identity"] = with;
        })
        .await
    }

    /// Tells a media account its key, and which of its identities opens it.
    ///
    /// # Errors
    /// As [`Client::send`] and [`Client::finish`]; `accountChanged` when something else differs afterwards.
    pub async fn encrypt_media_account(&self, id: &ResourceId, key: &KeyId, identity: &Identity) -> Result<Answer, Problem> {
        let mut encryption = json!({ "type": "CustomerKey", "keyVaultProperties": { "keyIdentifier": key.to_string() } });
        encryption["identity"] = match identity {
            Identity::System => json!({ "useSystemAssignedIdentity": true }),
            Identity::User(user) => json!({ "userAssignedIdentity": user.as_str(), "useSystemAssignedIdentity": false }),
        };
        self.replace_media_account(id, |whole| whole["properties"]["encryption"] = encryption).await
    }

    /// Takes a media account back to a Microsoft-managed key.
    ///
    /// # Errors
    /// As [`Client::send`] and [`Client::finish`]; `accountChanged` when something else differs afterwards.
    pub async fn decrypt_media_account(&self, id: &ResourceId) -> Result<Answer, Problem> {
        self.replace_media_account(id, |whole| whole["properties"]["encryption"] = json!({ "type": "SystemKey" })).await
    }

    /// Deletes a media account. Its storage accounts stay with what is in them.
    ///
    /// # Errors
    /// As [`Client::send`] and [`Client::finish`]; an account that is gone already is as good.
    pub async fn delete_media_account(&self, id: &ResourceId) -> Result<(), Problem> {
        match self.send(self.media_call(Method::Delete, id, Effect::Idempotent)).await {
            Ok(answer) => self.finish(answer).await.map(|_| ()),
            Err(problem) if problem.kind == Kind::NotFound => Ok(()),
            Err(problem) => Err(problem),
        }
    }

    /// Reads, changes, writes, and compares everything else.
    async fn replace_media_account(&self, id: &ResourceId, change: impl FnOnce(&mut Value)) -> Result<Answer, Problem> {
        let before: Value = self.send(self.media_call(Method::Get, id, Effect::Read)).await?.parse()?;
        let mut whole = writable(&before);
        change(&mut whole);
        let answer = self.send(self.media_call(Method::Put, id, Effect::Idempotent).json(&whole)).await?;
        let answer = self.finish(answer).await?;
        let after: Value = self.send(self.media_call(Method::Get, id, Effect::Read)).await?.parse()?;
        let lost = differences(&comparable(whole), &comparable(writable(&after)));
        if lost.is_empty() {
            return Ok(answer);
        }
        Err(Problem::person("accountChanged", format!("{} is not as it was sent: {}", id.name(), lost.join(", ")))
            .hint(format!("compare it with `az resource show --ids {id}`, mend it, then resume")))
    }

    fn media_call(&self, method: Method, id: &ResourceId, effect: Effect) -> Call {
        Call::new(method, self.resource_manager_url(id.as_str(), API_VERSION), effect, Audience::ResourceManager)
    }
}

fn is_retired(problem: &Problem) -> bool {
    problem.service_code.as_deref().is_some_and(|code| RETIRED.contains(&code))
}

fn retired(problem: Problem) -> Problem {
    let message = "Media Services was retired on 30 June 2024, and this Resource Manager no longer answers for it";
    Problem {
        http_status: problem.http_status,
        service_code: problem.service_code,
        correlation_id: problem.correlation_id,
        ..Problem::not_found("mediaServicesRetired", message).because(problem.message)
    }
    .hint("a cloud of your own that still has it is named with --cloud FILE; `keyroll simulate serve` has it, too")
}

/// The account as it may be sent back: without what only the service writes.
fn writable(whole: &Value) -> Value {
    let mut copy = Map::new();
    for name in ["location", "tags", "identity", "properties"] {
        if name == "tags" && is_planted(Mistake::LoseMember) {
            continue;
        }
        if let Some(value) = whole.get(name).filter(|value| !value.is_null()) {
            copy.insert(name.to_owned(), value.clone());
        }
    }
    let mut copy = Value::Object(copy);
    strip(&mut copy, "identity", &["principalId", "tenantId"]);
    if let Some(users) = copy.pointer_mut("/identity/userAssignedIdentities").and_then(Value::as_object_mut) {
        for user in users.values_mut() {
            *user = json!({});
        }
    }
    strip(&mut copy, "properties", &["mediaServiceId", "provisioningState", "privateEndpointConnections"]);
    if let Some(encryption) = copy.pointer_mut("/properties/encryption") {
        remove(encryption, "status");
        strip(encryption, "keyVaultProperties", &["currentKeyIdentifier"]);
        if encryption["type"] == "SystemKey" {
            *encryption = json!({ "type": "SystemKey" });
        }
    }
    if let Some(storage) = copy.pointer_mut("/properties/storageAccounts").and_then(Value::as_array_mut) {
        for account in storage {
            remove(account, "status");
        }
    }
    copy
}

/// The account as it is compared: older versions of the service leave out that its key is opened by the system identity
/// (recorded, 2020-05-01).
fn comparable(mut whole: Value) -> Value {
    if let Some(encryption) = whole.pointer_mut("/properties/encryption")
        && encryption.pointer("/identity/useSystemAssignedIdentity") == Some(&Value::Bool(true))
    {
        remove(encryption, "identity");
    }
    whole
}

fn strip(whole: &mut Value, member: &str, names: &[&str]) {
    if let Some(part) = whole.get_mut(member) {
        for name in names {
            remove(part, name);
        }
    }
}

fn remove(part: &mut Value, name: &str) {
    if let Some(members) = part.as_object_mut() {
        members.remove(name);
    }
}

/// The members that were sent and came back otherwise. Ids have no case; what the service adds by itself does not count.
fn differences(sent: &Value, after: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", sent, after, &mut found);
    found
}

fn compare(path: &str, sent: &Value, after: &Value, found: &mut Vec<String>) {
    match (sent, after) {
        (Value::Object(sent), Value::Object(after)) => {
            for (name, value) in sent {
                let place = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                let same = |known: &&String| known.eq_ignore_ascii_case(name);
                match after.keys().find(same).and_then(|known| after.get(known)) {
                    Some(other) => compare(&place, value, other, found),
                    None => found.push(place),
                }
            }
        }
        (Value::Array(sent), Value::Array(after)) if sent.len() == after.len() => {
            for (one, other) in sent.iter().zip(after) {
                compare(path, one, other, found);
            }
        }
        (Value::String(sent), Value::String(after)) if loose(sent) == loose(after) => {}
        (sent, after) if sent == after => {}
        _ => found.push(path.to_owned()),
    }
}

/// `Central US` and `centralus` are one region, and ids have no case.
fn loose(text: &str) -> String {
    text.replace(' ', "").to_ascii_lowercase()
}

/// The identities that an account has, and one more.
fn identities(known: &Value, wanted: &Identity) -> Value {
    let kind = known["type"].as_str().unwrap_or_default().to_ascii_lowercase();
    let system = kind.contains("systemassigned") || *wanted == Identity::System;
    let mut users = known["userAssignedIdentities"].as_object().cloned().unwrap_or_default();
    if let Identity::User(id) = wanted
        && !users.keys().any(|known| known.eq_ignore_ascii_case(id.as_str()))
    {
        users.insert(id.as_str().to_owned(), json!({}));
    }
    let kind = match (system, users.is_empty()) {
        (true, true) => "SystemAssigned",
        (true, false) => "SystemAssigned,UserAssigned",
        _ => "UserAssigned",
    };
    let mut identity = json!({ "type": kind });
    if !users.is_empty() {
        identity["userAssignedIdentities"] = Value::Object(users);
    }
    identity
}

/// The account as Resource Manager describes it.
fn account(whole: &Value) -> Result<Account, Problem> {
    let malformed =
        || Problem::failed("unexpectedAnswer", "Resource Manager answered a media account that is not of the documented shape");
    let id = whole["id"].as_str().and_then(|id| ResourceId::parse_as(id, ACCOUNT_TYPE).ok()).ok_or_else(malformed)?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let encryption = &whole["properties"]["encryption"];
    let customer = encryption["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("CustomerKey"));
    let key = |name: &str| {
        let identifier = encryption["keyVaultProperties"][name].as_str().filter(|_| customer);
        identifier.and_then(|identifier| identifier.parse::<KeyId>().ok())
    };
    let user = |(id, user): (&String, &Value)| Some((id.parse::<ResourceId>().ok()?, text(&user["principalId"])));
    let mut storage: Vec<&Value> = whole["properties"]["storageAccounts"].as_array().into_iter().flatten().collect();
    storage.sort_by_key(|account| account["type"] != "Primary");
    Ok(Account {
        id,
        location: text(&whole["location"]).unwrap_or_default(),
        tags: serde_json::from_value(whole["tags"].clone()).unwrap_or_default(),
        system: text(&whole["identity"]["principalId"]),
        users: whole["identity"]["userAssignedIdentities"].as_object().into_iter().flatten().filter_map(user).collect(),
        storage: storage.into_iter().filter_map(|account| account["id"].as_str()?.parse().ok()).collect(),
        key: key("keyIdentifier"),
        current: key("currentKeyIdentifier"),
        key_identity: encryption["identity"]["userAssignedIdentity"].as_str().and_then(|id| id.parse().ok()),
        status: text(&encryption["status"]),
        state: text(&whole["properties"]["provisioningState"]).unwrap_or_else(|| "Succeeded".to_owned()),
    })
}

#[cfg(test)]
#[path = "media_encryption_tests.rs"]
mod tests;
