//! Streaming locators of Media Services v3, and the other children of an account that their callers ask for.
//!
//! LIST hides content keys, GET hides their values, and only `listContentKeys` tells them; PUT is create-only and rounds its
//! times when it is read back (dossier, traps 3, 4 and 15).

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::contract::world;

use super::media::{encode, not_found};
use super::message::{Incoming, Reply};
use super::random::Random;
use super::route::Target;
use super::state::State;
use super::streaming_policy::{OWN, Policy};

/// An operation on a child of a media account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum MediaCall {
    Locators,
    Asset,
    AssetLocators,
    Policies,
    Policy,
    ContentKeyPolicy,
    AccountFilter,
    AssetFilter,
    Get,
    Put,
    Delete,
    ListPaths,
    ListContentKeys,
}

impl MediaCall {
    /// All of them, in the order of the routes' names.
    #[cfg(test)]
    pub(super) const ALL: [Self; 13] = [
        Self::Locators,
        Self::Asset,
        Self::AssetLocators,
        Self::Policies,
        Self::Policy,
        Self::ContentKeyPolicy,
        Self::AccountFilter,
        Self::AssetFilter,
        Self::Get,
        Self::Put,
        Self::Delete,
        Self::ListPaths,
        Self::ListContentKeys,
    ];

    /// The name in fault schedules, audits and histograms.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Locators => "media.streamingLocators",
            Self::Asset => "media.asset",
            Self::AssetLocators => "media.assetLocators",
            Self::Policies => "media.streamingPolicies",
            Self::Policy => "media.streamingPolicy",
            Self::ContentKeyPolicy => "media.contentKeyPolicy",
            Self::AccountFilter => "media.accountFilter",
            Self::AssetFilter => "media.assetFilter",
            Self::Get => "streamingLocator.get",
            Self::Put => "streamingLocator.put",
            Self::Delete => "streamingLocator.delete",
            Self::ListPaths => "streamingLocator.listPaths",
            Self::ListContentKeys => "streamingLocator.listContentKeys",
        }
    }

    /// The action that the caller needs.
    pub(super) fn action(self) -> &'static str {
        match self {
            Self::Locators | Self::Get => "Microsoft.Media/mediaservices/streamingLocators/read",
            Self::Asset => "Microsoft.Media/mediaservices/assets/read",
            Self::AssetLocators => "Microsoft.Media/mediaservices/assets/listStreamingLocators/action",
            Self::Policies | Self::Policy => "Microsoft.Media/mediaservices/streamingPolicies/read",
            Self::ContentKeyPolicy => "Microsoft.Media/mediaservices/contentKeyPolicies/read",
            Self::AccountFilter => "Microsoft.Media/mediaservices/accountFilters/read",
            Self::AssetFilter => "Microsoft.Media/mediaservices/assets/assetFilters/read",
            Self::Put => "Microsoft.Media/mediaservices/streamingLocators/write",
            Self::Delete => "Microsoft.Media/mediaservices/streamingLocators/delete",
            Self::ListPaths => "Microsoft.Media/mediaservices/streamingLocators/listPaths/action",
            Self::ListContentKeys => "Microsoft.Media/mediaservices/streamingLocators/listContentKeys/action",
        }
    }

    /// Whether it changes something.
    pub(super) fn is_change(self) -> bool {
        matches!(self, Self::Put | Self::Delete)
    }

    /// Reads the lower-case segments behind the account's name.
    pub(super) fn of(method: &str, words: &[&str]) -> Option<Self> {
        Some(match (method, words) {
            ("GET", ["streaminglocators"]) => Self::Locators,
            ("GET", ["assets", _]) => Self::Asset,
            ("POST", ["assets", _, "liststreaminglocators"]) => Self::AssetLocators,
            ("GET", ["streamingpolicies"]) => Self::Policies,
            ("GET", ["streamingpolicies", _]) => Self::Policy,
            ("GET", ["contentkeypolicies", _]) => Self::ContentKeyPolicy,
            ("GET", ["accountfilters", _]) => Self::AccountFilter,
            ("GET", ["assets", _, "assetfilters", _]) => Self::AssetFilter,
            ("GET", ["streaminglocators", _]) => Self::Get,
            ("PUT", ["streaminglocators", _]) => Self::Put,
            ("DELETE", ["streaminglocators", _]) => Self::Delete,
            ("POST", ["streaminglocators", _, "listpaths"]) => Self::ListPaths,
            ("POST", ["streaminglocators", _, "listcontentkeys"]) => Self::ListContentKeys,
            _ => return None,
        })
    }
}

/// A locator as it is now.
#[derive(Clone, Debug)]
pub(super) struct Locator {
    pub given: world::StreamingLocator,
    created: OffsetDateTime,
}

/// How much of a locator an answer shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// The answer to the PUT, with times as precise as they were made.
    Made,
    /// GET.
    One,
    /// LIST, without content keys.
    Row,
}

impl State {
    /// The locators that a world begins with.
    pub(super) fn begin_locators(&mut self, media: usize) {
        for given in self.media[media].given.streaming_locators.clone() {
            let created = self.start - time::Duration::days(90);
            self.keep_locator(media, given, created);
        }
    }

    /// Keeps a locator, with the content keys that its policy needs.
    pub(super) fn keep_locator(&mut self, media: usize, mut given: world::StreamingLocator, created: OffsetDateTime) {
        for label in self.labels_of_policy(media, &given.streaming_policy_name).unwrap_or_default() {
            if given.content_keys.iter().any(|key| key.label_reference_in_streaming_policy == label) {
                continue;
            }
            let purpose = format!("content key {} of {} at {created}", label, given.streaming_locator_id);
            let mut random = Random::for_purpose(self.world.seed, &purpose);
            given.content_keys.push(world::ContentKey {
                id: random.uuid(),
                label_reference_in_streaming_policy: label,
                value: encode(&random.bytes(16)),
            });
        }
        for key in &given.content_keys {
            self.note_secret(&key.value);
            self.media[media].content_key_ids.insert(key.id.to_ascii_lowercase());
        }
        let id = given.streaming_locator_id.clone();
        self.media[media].locators.push(Locator { given, created });
        self.stream_made(media, &id);
    }

    pub(super) fn media_child(&mut self, incoming: &Incoming, target: &Target, call: MediaCall) -> Reply {
        let media = match self.media_of(target) {
            Ok(media) => media,
            Err(missing) => return missing,
        };
        let name = target.names.get(1).cloned().unwrap_or_default();
        match call {
            MediaCall::Locators => {
                let rows = self.media[media].locators.iter().map(|locator| self.describe_locator(media, locator, View::Row));
                self.page(incoming, target, rows, "@odata.nextLink", "$skiptoken")
            }
            MediaCall::Asset => self.get_asset(target),
            MediaCall::AssetLocators => self.list_asset_locators(media, &name),
            MediaCall::Policies => self.list_streaming_policies(incoming, target, media),
            MediaCall::Policy => self.get_streaming_policy(target, media),
            MediaCall::ContentKeyPolicy => self.get_content_key_policy(media, &name),
            MediaCall::AccountFilter => self.get_account_filter(media, &name),
            MediaCall::AssetFilter => self.get_asset_filter(media, &name, target),
            MediaCall::Put => self.put_locator(incoming, media, &name),
            MediaCall::Delete => self.delete_locator(media, &name),
            MediaCall::Get | MediaCall::ListPaths | MediaCall::ListContentKeys => {
                let Some(locator) = self.media[media].locators.iter().find(|known| known.is_named(&name)) else {
                    return not_found();
                };
                let body = match call {
                    MediaCall::Get => self.describe_locator(media, locator, View::One),
                    MediaCall::ListPaths => locator.paths(),
                    _ => json!({ "contentKeys": locator.content_keys(true) }),
                };
                Reply::json(200, &body)
            }
        }
    }

    fn list_asset_locators(&self, media: usize, asset: &str) -> Reply {
        if !self.media[media].given.assets.iter().any(|known| known.name == asset) {
            return not_found();
        }
        let locators = self.media[media].locators.iter().filter(|locator| locator.given.asset_name == asset);
        let rows = locators.map(|locator| {
            let mut row = locator.properties(View::Row);
            for member in ["alternativeMediaId", "contentKeys", "filters"] {
                row.as_object_mut().map(|members| members.remove(member));
            }
            row["name"] = json!(locator.given.name);
            row
        });
        Reply::json(200, &json!({ "streamingLocators": rows.collect::<Vec<_>>() }))
    }

    pub(super) fn describe_locator(&self, media: usize, locator: &Locator, view: View) -> Value {
        let name = &locator.given.name;
        json!({
            "name": name, "id": self.media[media].id.child("streamingLocators", name).as_str(),
            "type": "Microsoft.Media/mediaservices/streamingLocators", "properties": locator.properties(view),
        })
    }
}

impl Locator {
    /// The id in its URLs.
    pub(super) fn id(&self) -> &str {
        &self.given.streaming_locator_id
    }

    /// The asset that it streams.
    pub(super) fn asset(&self) -> &str {
        &self.given.asset_name
    }

    /// Whether it streams at this moment.
    pub(super) fn is_timely(&self, now: OffsetDateTime) -> bool {
        let time = |text: &Option<String>| text.as_deref().and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
        time(&self.given.start_time).is_none_or(|start| start <= now) && time(&self.given.end_time).is_none_or(|end| now < end)
    }

    pub(super) fn is_named(&self, name: &str) -> bool {
        self.given.name.eq_ignore_ascii_case(name)
    }

    fn properties(&self, view: View) -> Value {
        let given = &self.given;
        let for_ever = if view == View::Made { "9999-12-31T23:59:59.9999999Z" } else { "9999-12-31T23:59:59.997Z" };
        let created = if view == View::Made { self.created } else { self.created.truncate_to_millisecond() };
        let mut properties = json!({
            "assetName": given.asset_name, "created": created.format(&Rfc3339).unwrap_or_default(),
            "endTime": given.end_time.as_deref().unwrap_or(for_ever), "streamingLocatorId": given.streaming_locator_id,
            "streamingPolicyName": given.streaming_policy_name, "filters": given.filters,
            "contentKeys": if view == View::Row { Vec::new() } else { self.content_keys(false) },
        });
        let optional = [
            ("startTime", &given.start_time),
            ("defaultContentKeyPolicyName", &given.default_content_key_policy_name),
            ("alternativeMediaId", &given.alternative_media_id),
        ];
        for (member, value) in optional {
            if let Some(value) = value {
                properties[member] = json!(value);
            }
        }
        properties
    }

    fn content_keys(&self, with_values: bool) -> Vec<Value> {
        let schemes = Policy::named(&self.given.streaming_policy_name).map_or(&OWN[..], |policy| policy.schemes);
        let describe = |key: &world::ContentKey| {
            let label = &key.label_reference_in_streaming_policy;
            let kind =
                schemes.iter().find(|scheme| scheme.label == Some(label)).map_or("CommonEncryptionCenc", |scheme| scheme.kind);
            let mut described = json!({ "id": key.id, "type": kind, "labelReferenceInStreamingPolicy": label, "tracks": [] });
            if with_values {
                described["value"] = json!(key.value);
                described["policyName"] = json!(self.given.default_content_key_policy_name);
            }
            described
        };
        self.given.content_keys.iter().map(describe).collect()
    }

    fn paths(&self) -> Value {
        let id = &self.given.streaming_locator_id;
        let schemes = Policy::named(&self.given.streaming_policy_name).map_or(&OWN[..], |policy| policy.schemes);
        let streaming = schemes.iter().flat_map(|scheme| {
            let kind = scheme.kind;
            scheme.paths().into_iter().map(move |(protocol, manifest)| {
                let path = format!("/{id}/film.ism/{manifest}");
                json!({ "streamingProtocol": protocol, "encryptionScheme": kind, "paths": [path] })
            })
        });
        let downloads = schemes.iter().filter(|scheme| scheme.downloads()).map(|_| json!(format!("/{id}/film.mp4")));
        json!({ "streamingPaths": streaming.collect::<Vec<_>>(), "downloadPaths": downloads.collect::<Vec<_>>() })
    }
}
