//! Streaming locators of Media Services v3 and what they hang on: assets, streaming policies, content key policies, filters
//! (Microsoft.Media, 2023-01-01).
//!
//! LIST hides content keys and GET hides their values: only `listContentKeys` tells them. PUT is create-only, and times are
//! rounded when they are read back (API dossier, section 2.4, traps 3, 4 and 15).

use std::collections::HashMap;

use azure_core::http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use url::Url;
use zeroize::Zeroizing;

use crate::domain::locator::streaming::{ContentKey, ContentKeyValue, Streaming};
use crate::domain::locator::{Locator, LocatorKind};
use crate::domain::problem::{Kind, Problem};
use crate::domain::resource_id::ResourceId;

use super::authorization::Permissions;
use super::call::{Audience, Call, Effect};
use super::client::Client;

const METADATA: &str = "2023-01-01";

/// The code of the refusal of a content key's id; the message names the id between its only single quotes.
pub const KEY_ID_TAKEN: &str = "contentKeyIdTaken";

#[derive(Deserialize)]
struct WireLocator {
    name: String,
    properties: WireProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireProperties {
    asset_name: Option<String>,
    streaming_policy_name: Option<String>,
    streaming_locator_id: Option<String>,
    start_time: Option<String>,
    end_time: Option<String>,
    created: Option<String>,
    default_content_key_policy_name: Option<String>,
    alternative_media_id: Option<String>,
    filters: Option<Vec<String>>,
    content_keys: Option<Vec<WireKey>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireKey {
    id: String,
    label_reference_in_streaming_policy: Option<String>,
    value: Option<String>,
}

#[derive(Serialize)]
struct Creation<'a> {
    properties: CreationProperties<'a>,
}

/// What a PUT takes. Types and policies of content keys are the service's to say.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CreationProperties<'a> {
    asset_name: &'a str,
    streaming_policy_name: &'a str,
    streaming_locator_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_content_key_policy_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alternative_media_id: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    filters: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    content_keys: Vec<CreationKey<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CreationKey<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    label_reference_in_streaming_policy: Option<&'a str>,
    value: &'a str,
}

/// The streaming locators of one account.
#[derive(Clone, Debug)]
pub struct StreamingLocators {
    client: Client,
    account: ResourceId,
}

impl StreamingLocators {
    /// Those of this media account.
    #[must_use]
    pub fn of(client: Client, account: ResourceId) -> Self {
        Self { client, account }
    }

    /// The media account.
    #[must_use]
    pub fn account(&self) -> &ResourceId {
        &self.account
    }

    /// What this sign-in may do at the account.
    ///
    /// # Errors
    /// As [`Client::permissions`].
    pub async fn permissions(&self) -> Result<Permissions, Problem> {
        self.client.permissions(&self.account).await
    }

    /// Every locator as the list tells it, without its content keys: good for names, assets and times, for nothing else.
    ///
    /// # Errors
    /// As [`Client::list`], and for rows of an unknown shape.
    pub async fn list(&self) -> Result<Vec<Locator>, Problem> {
        let mut locators = Vec::new();
        self.each(|locator| locators.push(locator)).await?;
        Ok(locators)
    }

    /// How many locators each asset has.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub async fn count_on_assets(&self) -> Result<HashMap<String, usize>, Problem> {
        let mut on_asset = HashMap::new();
        self.each(|locator| *on_asset.entry(locator.asset).or_default() += 1).await?;
        Ok(on_asset)
    }

    async fn each(&self, mut take: impl FnMut(Locator)) -> Result<(), Problem> {
        let call = self.call(Method::Get, &["streamingLocators"], Effect::Read);
        self.client.list_each(call, |row| locator(row).map(&mut take)).await
    }

    /// A locator, complete with its content keys and their values; nothing when it is not there.
    ///
    /// # Errors
    /// As [`Client::send`]; `contentKeysHidden` when the keys that the locator names and those that the service tells are not the
    /// same.
    pub async fn complete(&self, name: &str) -> Result<Option<Locator>, Problem> {
        let Some(mut found) = self.described(name).await? else { return Ok(None) };
        let Some(keys) = self.content_keys(name).await? else { return Ok(None) };
        let Some(streaming) = &mut found.streaming else { return Err(malformed("a streaming locator")) };
        let named = &streaming.content_keys;
        let same =
            named.len() == keys.len() && named.iter().all(|key| keys.iter().any(|told| told.id.eq_ignore_ascii_case(&key.id)));
        if !same {
            return Err(Problem::failed("contentKeysHidden", format!("the service does not tell every content key of {name}"))
                .hint("ask for a role that permits streamingLocators/listContentKeys/action, and try again"));
        }
        streaming.content_keys = keys;
        Ok(Some(found))
    }

    /// A locator without the values of its content keys; nothing when it is not there.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn described(&self, name: &str) -> Result<Option<Locator>, Problem> {
        let call = self.call(Method::Get, &["streamingLocators", name], Effect::Read);
        present(self.client.send(call).await)?.map(|answer| answer.parse().and_then(locator)).transpose()
    }

    /// The content keys of a locator with their values; nothing when there is no such locator.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn content_keys(&self, name: &str) -> Result<Option<Vec<ContentKey>>, Problem> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire {
            content_keys: Option<Vec<WireKey>>,
        }
        let call = self.call(Method::Post, &["streamingLocators", name, "listContentKeys"], Effect::Read);
        let Some(answer) = present(self.client.send(call).await)? else { return Ok(None) };
        let wire: Wire = answer.parse()?;
        Ok(Some(wire.content_keys.unwrap_or_default().into_iter().map(ContentKey::from).collect()))
    }

    /// Deletes a locator. Says whether it was there.
    ///
    /// # Errors
    /// As [`Client::send`]; `outcomeUnknown` when the answer was lost.
    pub async fn delete(&self, name: &str) -> Result<bool, Problem> {
        let call = self.call(Method::Delete, &["streamingLocators", name], Effect::Once);
        match present(self.client.send(call).await) {
            Ok(Some(answer)) if answer.body.is_empty() => Ok(answer.status != 204),
            // Somebody in between answered, who does not know what became of it.
            Ok(Some(_)) => Err(unknown("the answer to deleting a streaming locator is not the service's")),
            Ok(None) => Ok(false),
            Err(problem) if is_a_strangers(&problem) => {
                Err(unknown("a 404 to deleting a streaming locator is not the service's"))
            }
            Err(problem) => Err(problem),
        }
    }

    /// Makes a locator as this one is.
    ///
    /// # Errors
    /// As [`Self::delete`]; `conflict` when its name or id is in use; [`KEY_ID_TAKEN`] when the service does not take the id of a
    /// content key; `sealKeyUnavailable` when the value of one is not known.
    pub async fn create(&self, locator: &Locator) -> Result<(), Problem> {
        let body = creation(locator)?;
        let call = self.call(Method::Put, &["streamingLocators", &locator.id], Effect::Once).json(&body);
        match self.client.send(call).await {
            Ok(answer) if answer.parse::<WireLocator>().is_ok_and(|made| made.name.eq_ignore_ascii_case(&locator.id)) => Ok(()),
            Ok(_) => Err(unknown("the answer to making a streaming locator cannot be read")),
            Err(problem) if problem.http_status == Some(404) && problem.service_code.is_none() => {
                Err(unknown("a 404 to making a streaming locator is not the service's"))
            }
            Err(problem) if taken_key(&problem).is_some() => {
                Err(Problem { code: KEY_ID_TAKEN.to_owned(), ..without_values(problem, locator) })
            }
            Err(problem) => Err(without_values(problem, locator)),
        }
    }

    /// The labels of the content keys that a streaming policy needs; nothing when there is no such policy.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn policy_labels(&self, policy: &str) -> Result<Option<Vec<String>>, Problem> {
        let call = self.call(Method::Get, &["streamingPolicies", policy], Effect::Read);
        let Some(answer) = present(self.client.send(call).await)? else { return Ok(None) };
        let policy: Value = answer.parse()?;
        let schemes = ["envelopeEncryption", "commonEncryptionCenc", "commonEncryptionCbcs"];
        let keys = schemes.iter().map(|scheme| &policy["properties"][*scheme]["contentKeys"]);
        let labels = keys.flat_map(|keys| {
            let tracks = keys["keyToTrackMappings"].as_array().into_iter().flatten().map(|mapping| &mapping["label"]);
            std::iter::once(&keys["defaultKey"]["label"]).chain(tracks).filter_map(Value::as_str).map(str::to_owned)
        });
        Ok(Some(labels.collect()))
    }

    /// Whether there is an asset of this name.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn has_asset(&self, asset: &str) -> Result<bool, Problem> {
        self.has(&["assets", asset]).await
    }

    /// Whether there is a content key policy of this name.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn has_content_key_policy(&self, policy: &str) -> Result<bool, Problem> {
        self.has(&["contentKeyPolicies", policy]).await
    }

    /// Whether the account has a filter of this name.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn has_account_filter(&self, filter: &str) -> Result<bool, Problem> {
        self.has(&["accountFilters", filter]).await
    }

    /// Whether an asset has a filter of this name. One of the account does not count.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn has_asset_filter(&self, asset: &str, filter: &str) -> Result<bool, Problem> {
        self.has(&["assets", asset, "assetFilters", filter]).await
    }

    async fn has(&self, path: &[&str]) -> Result<bool, Problem> {
        Ok(present(self.client.send(self.call(Method::Get, path, Effect::Read)).await)?.is_some())
    }

    fn call(&self, method: Method, path: &[&str], effect: Effect) -> Call {
        let mut url: Url = self.client.resource_manager_url(self.account.as_str(), METADATA);
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        Call::new(method, url, effect, Audience::ResourceManager)
    }
}

/// The id of the content key whose taken id made the service refuse (AMS Explorer #137).
#[must_use]
pub fn taken_key(problem: &Problem) -> Option<&str> {
    let about = problem.http_status == Some(400) && problem.message.starts_with("Content key id '");
    let id = problem.message.split('\'').nth(1).filter(|id| !id.is_empty())?;
    (about && problem.message.contains("already exists")).then_some(id)
}

fn present<T>(answer: Result<T, Problem>) -> Result<Option<T>, Problem> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        // Any other code says that the account itself, its group or its subscription is gone, and nothing of the child.
        Err(problem) if problem.kind == Kind::NotFound => match problem.service_code.as_deref() {
            Some("NotFound") => Ok(None),
            Some(_) => Err(problem),
            None => Err(malformed("a 404").because(problem)),
        },
        Err(problem) => Err(problem),
    }
}

/// A 404 without the service's own code may come from anybody on the way.
fn is_a_strangers(problem: &Problem) -> bool {
    problem.code == "unexpectedAnswer"
}

/// The problem without the values of content keys: services sometimes repeat what they were sent, and these are too short to be
/// told from other words.
fn without_values(mut problem: Problem, locator: &Locator) -> Problem {
    for value in locator.content_keys().iter().filter_map(|key| key.value.as_ref()) {
        let plain = Zeroizing::new(value.expose().trim_end_matches('=').to_owned());
        let escaped = Zeroizing::new(plain.replace('/', "\\/"));
        let coded = Zeroizing::new(plain.replace('+', "\\u002b"));
        let hide = |text: &mut String| {
            for written in [&plain, &escaped, &coded] {
                if !written.is_empty() && text.contains(written.as_str()) {
                    *text = text.replace(written.as_str(), "\u{2026}");
                }
            }
        };
        hide(&mut problem.message);
        problem.causes.iter_mut().for_each(hide);
    }
    problem
}

fn creation(locator: &Locator) -> Result<Creation<'_>, Problem> {
    let streaming = locator.streaming.as_deref().ok_or_else(|| malformed("a streaming locator"))?;
    let content_keys = streaming.content_keys.iter().map(|key| {
        let value = key.value.as_ref().ok_or_else(|| {
            Problem::person("sealKeyUnavailable", format!("the value of content key {} of {} is not known", key.id, locator.id))
        })?;
        let label_reference_in_streaming_policy = key.label.as_deref();
        Ok(CreationKey { id: &key.id, label_reference_in_streaming_policy, value: value.expose() })
    });
    Ok(Creation {
        properties: CreationProperties {
            asset_name: &locator.asset,
            streaming_policy_name: &locator.policy,
            streaming_locator_id: &streaming.streaming_locator_id,
            start_time: locator.start.map(text).transpose()?,
            end_time: Some(locator.expires).filter(|_| !locator.is_for_ever()).map(text).transpose()?,
            default_content_key_policy_name: streaming.default_content_key_policy.as_deref(),
            alternative_media_id: streaming.alternative_media_id.as_deref(),
            filters: &streaming.filters,
            content_keys: content_keys.collect::<Result<_, Problem>>()?,
        },
    })
}

impl From<WireKey> for ContentKey {
    fn from(key: WireKey) -> Self {
        let value = key.value.map(|value| ContentKeyValue::new(Zeroizing::new(value)));
        Self { id: key.id, label: key.label_reference_in_streaming_policy, value, sealed: None }
    }
}

fn locator(row: Value) -> Result<Locator, Problem> {
    let WireLocator { name, properties: row } = serde_json::from_value(row).map_err(|_| malformed("a streaming locator"))?;
    let needed = |member: Option<String>| member.filter(|text| !text.is_empty()).ok_or_else(|| malformed("a streaming locator"));
    let streaming = Streaming {
        streaming_locator_id: needed(row.streaming_locator_id)?,
        default_content_key_policy: row.default_content_key_policy_name,
        alternative_media_id: row.alternative_media_id,
        filters: row.filters.unwrap_or_default(),
        content_keys: row.content_keys.unwrap_or_default().into_iter().map(ContentKey::from).collect(),
        created: row.created.as_deref().map(moment).transpose()?,
    };
    Ok(Locator {
        id: name,
        name: None,
        kind: LocatorKind::Streaming,
        asset: needed(row.asset_name)?,
        policy: needed(row.streaming_policy_name)?,
        start: row.start_time.as_deref().map(moment).transpose()?,
        expires: row.end_time.as_deref().map_or(Ok(FOR_EVER), moment)?,
        path: None,
        streaming: Some(Box::new(streaming)),
    })
}

/// What the service takes where no end is given.
const FOR_EVER: OffsetDateTime = time::Date::MAX.with_time(time::Time::MAX).assume_utc();

fn moment(text: &str) -> Result<OffsetDateTime, Problem> {
    OffsetDateTime::parse(text, &Rfc3339).map_err(|_| malformed("a time of a streaming locator"))
}

fn text(time: OffsetDateTime) -> Result<String, Problem> {
    time.to_offset(time::UtcOffset::UTC)
        .format(&Rfc3339)
        .map_err(|_| Problem::failed("unusableTime", "a time of a locator cannot be written"))
}

fn malformed(what: &str) -> Problem {
    Problem::failed("unexpectedAnswer", format!("Media Services answered {what} that is not of the documented shape"))
}

fn unknown(what: &str) -> Problem {
    Problem::new(Kind::OutcomeUnknown, "outcomeUnknown", what)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// As recorded on 2019-06-13 (2018-07-01), but for its ids.
    fn recorded() -> Value {
        json!({
            "name": "sln000006", "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Media/mediaservices/a/streamingLocators/sln000006",
            "type": "Microsoft.Media/mediaservices/streamingLocators", "properties": {
                "assetName": "asset000004", "created": "2019-06-13T22:54:17.3188637Z", "startTime": "2018-03-29T10:00:00Z",
                "endTime": "9999-12-31T23:59:59.997Z", "streamingLocatorId": "88888888-0000-0000-0000-000000000003",
                "streamingPolicyName": "spn000005", "contentKeys": [
                    { "id": "k2", "type": "CommonEncryptionCenc", "labelReferenceInStreamingPolicy": "testLabel2", "tracks": [] }
                ], "alternativeMediaId": "m", "filters": ["f"]
            }
        })
    }

    #[test]
    fn what_is_read_is_what_is_made_and_for_ever_has_no_end() {
        let mut read = locator(recorded()).expect("a locator");
        assert!(read.is_for_ever() && read.content_keys()[0].value.is_none());
        assert_eq!(creation(&read).err().map(|problem| problem.code).as_deref(), Some("sealKeyUnavailable"));
        read.streaming.as_mut().expect("streams").content_keys[0].value =
            Some(ContentKeyValue::new(Zeroizing::new("dmFsdWQ=".into())));
        assert_eq!(
            serde_json::to_value(creation(&read).expect("complete")).expect("JSON"),
            json!({ "properties": {
                "assetName": "asset000004", "streamingPolicyName": "spn000005",
                "streamingLocatorId": "88888888-0000-0000-0000-000000000003", "startTime": "2018-03-29T10:00:00Z",
                "alternativeMediaId": "m", "filters": ["f"],
                "contentKeys": [{ "id": "k2", "labelReferenceInStreamingPolicy": "testLabel2", "value": "dmFsdWQ=" }]
            } })
        );
        read.expires = moment("2018-03-29T12:00:00Z").expect("a time");
        let made = serde_json::to_value(creation(&read).expect("complete")).expect("JSON");
        assert_eq!(made["properties"]["endTime"], "2018-03-29T12:00:00Z");
        // Somebody wrote the date only: that is no "for ever", and has to come back as it is.
        read.expires = moment("9999-12-31T00:00:00Z").expect("a time");
        let made = serde_json::to_value(creation(&read).expect("complete")).expect("JSON");
        assert_eq!(made["properties"]["endTime"], "9999-12-31T00:00:00Z");
    }

    #[test]
    fn a_refusal_that_repeats_a_content_key_is_told_without_it() {
        let mut read = locator(recorded()).expect("a locator");
        let value = "vCpyk4q/2REItr3+rR/dUA==";
        read.streaming.as_mut().expect("streams").content_keys[0].value =
            Some(ContentKeyValue::new(Zeroizing::new(value.into())));
        let told = [value.to_owned(), value.replace('/', "\\/"), value.replace('+', "\\u002b")];
        let refused = told.iter().fold(Problem::failed("badRequest", told.join(" and ")), Problem::because);
        let told = format!("{:?}", without_values(refused, &read));
        assert!(!told.contains("vCpyk4q") && told.contains("badRequest"), "{told}");
    }

    #[test]
    fn the_refused_content_key_is_named() {
        let refused = |status, message: &str| Problem { http_status: Some(status), ..Problem::usage("badRequest", message) };
        let message = "Content key id 'K-1' already exists, please choose another one";
        assert_eq!(taken_key(&refused(400, message)), Some("K-1"));
        assert_eq!(taken_key(&refused(409, message)), None);
        assert_eq!(taken_key(&refused(400, "Asset 'x' already exists")), None);
    }

    #[test]
    fn what_is_not_a_locator_is_refused() {
        for member in ["assetName", "streamingPolicyName", "streamingLocatorId"] {
            let mut row = recorded();
            row["properties"][member] = Value::Null;
            assert_eq!(locator(row).expect_err(member).code, "unexpectedAnswer");
        }
        assert!(locator(json!({ "name": "x" })).is_err() && locator(Value::Null).is_err());
    }
}
