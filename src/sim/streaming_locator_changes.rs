//! Streaming locators that come and go: PUT is create-only, and what was deleted may keep the ids of its content keys taken.

use serde_json::json;
use time::OffsetDateTime;

use crate::contract::{self, world};

use super::audit::StreamingLocatorRecord;
use super::event::Event;
use super::fault::Twist;
use super::media::Media;
use super::message::{Incoming, Reply};
use super::random::Random;
use super::state::State;
use super::streaming_locator::View;

/// How many locators an asset takes (Media Services quotas).
const PER_ASSET: usize = 100;

impl State {
    /// Create-only: 201, or a refusal.
    pub(super) fn put_locator(&mut self, incoming: &Incoming, media: usize, name: &str) -> Reply {
        let mut body = incoming.json()["properties"].take();
        body["name"] = json!(name);
        if body["streamingLocatorId"].is_null() {
            body["streamingLocatorId"] = json!(Random::for_purpose(self.world.seed, &self.next_hex()).uuid());
        }
        if let Some(members) = body.as_object_mut() {
            members.retain(|_, value| !value.is_null());
        }
        let Ok(given) = serde_json::from_value::<world::StreamingLocator>(body) else {
            return Reply::error(400, "BadRequest", "The request body is not a streaming locator.");
        };
        if !self.media[media].given.assets.iter().any(|asset| asset.name == given.asset_name) {
            return Reply::error(404, "NotFound", &format!("Asset '{}' was not found.", given.asset_name));
        }
        let Some(labels) = self.labels_of_policy(media, &given.streaming_policy_name) else {
            let message = format!("Streaming policy '{}' was not found.", given.streaming_policy_name);
            return Reply::error(404, "NotFound", &message);
        };
        if let Some(refusal) = self.unmet_condition(media, &given) {
            return refusal;
        }
        let label = |key: &world::ContentKey| key.label_reference_in_streaming_policy.clone();
        if let Some(label) = given.content_keys.iter().map(label).find(|label| !labels.contains(label)) {
            return Reply::error(400, "BadRequest", &format!("The streaming policy has no content key label '{label}'."));
        }
        if given.content_keys.iter().any(|key| key.value.is_empty()) {
            return Reply::error(400, "BadRequest", "A content key has no value.");
        }
        if let Some(refusal) = self.in_the_way(media, &given) {
            return refusal;
        }
        if self.schedule.twist == Some(Twist::Late) {
            self.events.plan(self.late(), Event::StreamingLocatorMade { media, locator: Box::new(given) });
            return Reply::empty(201);
        }
        self.keep_locator(media, given, self.now);
        let made = self.media[media].locators.last().map(|locator| self.describe_locator(media, locator, View::Made));
        Reply::json(201, &made.unwrap_or_default())
    }

    pub(super) fn delete_locator(&mut self, media: usize, name: &str) -> Reply {
        if !self.media[media].locators.iter().any(|known| known.is_named(name)) {
            return Reply::empty(204);
        }
        if self.schedule.twist == Some(Twist::Late) {
            self.events.plan(self.late(), Event::StreamingLocatorDeleted { media, name: name.to_owned() });
        } else {
            self.remove_streaming_locator(media, name);
        }
        Reply::empty(200)
    }

    /// A request whose answer was lost has its effect now, if it still can.
    pub(super) fn make_streaming_locator_late(&mut self, media: usize, given: world::StreamingLocator) {
        if self.in_the_way(media, &given).is_none() {
            self.keep_locator(media, given, self.now);
        }
    }

    pub(super) fn remove_streaming_locator(&mut self, media: usize, name: &str) {
        let Some(at) = self.media[media].locators.iter().position(|known| known.is_named(name)) else { return };
        let locator = self.media[media].locators.remove(at);
        self.stream_gone(media, locator.id());
        if !self.world.unknowns.content_key_ids_stay_taken {
            for key in &locator.given.content_keys {
                self.media[media].content_key_ids.remove(&key.id.to_ascii_lowercase());
            }
        }
    }

    /// What uses its name, its id, or the id of one of its content keys.
    fn in_the_way(&self, media: usize, given: &world::StreamingLocator) -> Option<Reply> {
        let id = &given.streaming_locator_id;
        let mut all = self.media.iter().flat_map(|media| &media.locators);
        let taken = all.any(|known| known.given.streaming_locator_id.eq_ignore_ascii_case(id))
            || self.media[media].locators.iter().any(|known| known.is_named(&given.name));
        if taken {
            return Some(Reply::error(409, "Conflict", "A streaming locator with this name or id already exists."));
        }
        if self.media[media].locators.iter().filter(|known| known.given.asset_name == given.asset_name).count() >= PER_ASSET {
            return Some(Reply::error(409, "Conflict", "The asset has as many streaming locators as it takes."));
        }
        let known = &self.media[media].content_key_ids;
        let key = given.content_keys.iter().find(|key| known.contains(&key.id.to_ascii_lowercase()))?;
        let message = format!("Content key id '{}' already exists, please choose another one.", key.id);
        Some(Reply::error(400, "BadRequest", &message))
    }

    fn late(&self) -> OffsetDateTime {
        self.now + time::Duration::seconds(self.world.unknowns.late_effect_seconds.try_into().unwrap_or(i64::MAX))
    }

    /// Every streaming locator for the audit.
    pub(super) fn streaming_locator_records(&self) -> Vec<StreamingLocatorRecord> {
        let rows = self.media.iter().flat_map(|media| media.locators.iter().map(move |locator| (media, &locator.given)));
        let record = |(media, given): (&Media, &world::StreamingLocator)| {
            let mut content_keys: Vec<_> = given
                .content_keys
                .iter()
                .map(|key| (key.label_reference_in_streaming_policy.clone(), key.id.clone(), contract::sha256(&key.value)))
                .collect();
            content_keys.sort();
            let plain = world::StreamingLocator { content_keys: Vec::new(), ..given.clone() };
            StreamingLocatorRecord { account: media.id.as_str().to_owned(), locator: plain, content_keys }
        };
        let mut records: Vec<_> = rows.map(record).collect();
        records.sort_by(|one, two| one.locator.name.cmp(&two.locator.name));
        records
    }
}
