//! The origins behind streaming endpoints: what a player gets, and what the endpoints' caches make of it.
//!
//! An origin reads the film with the key that it holds, and says `MPE_STORAGE_AUTHENTICATION_FAILED` where storage refuses that
//! ("Streaming endpoint (origin) errors"). A locator that was deleted is served from caches for a while; one that was asked for in
//! vain stays "not there" for a while, for everybody.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use crate::contract::world::StreamingEndpoint;
use crate::domain::account::Service;

use super::event::Event;
use super::holder::HolderKind;
use super::keyring::GenerationId;
use super::media::seconds;
use super::message::{Incoming, Reply};
use super::route::{Route, Target};
use super::state::State;
use super::streaming_endpoint::StreamingCall;

/// What the endpoints' caches hold, by lower-case id of the locator, and which streaming locators are not ready yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Origins {
    there: BTreeMap<String, OffsetDateTime>,
    not_there: BTreeMap<String, OffsetDateTime>,
    ready: BTreeMap<String, OffsetDateTime>,
}

impl Origins {
    /// Caches that had a locator go on to serve it until then.
    pub(super) fn was_there(&mut self, id: &str, until: OffsetDateTime) {
        self.there.insert(guid(id), until);
    }

    /// Until when a locator is said not to be there, although it may be.
    pub(super) fn denied_until(&self, id: &str, now: OffsetDateTime) -> Option<OffsetDateTime> {
        self.not_there.get(&guid(id)).copied().filter(|until| *until > now)
    }

    fn is_served(&self, id: &str, now: OffsetDateTime) -> bool {
        self.there.get(&guid(id)).is_some_and(|until| *until > now)
    }

    fn is_ready(&self, id: &str, now: OffsetDateTime) -> bool {
        self.ready.get(&guid(id)).is_none_or(|ready| *ready <= now)
    }
}

/// What stands in URLs of an id.
fn guid(id: &str) -> String {
    id.rsplit(':').next().unwrap_or(id).to_ascii_lowercase()
}

/// What an origin finds.
enum Found {
    Film,
    Nothing,
    DeadKey,
}

impl State {
    /// Whether a connection is made at all: a stopped endpoint takes none.
    pub(super) fn is_reachable(&self, target: &Target) -> bool {
        target.route != Route::Streaming(StreamingCall::Stream)
            || self.endpoint_at(target).is_some_and(|(_, endpoint)| endpoint.state.eq_ignore_ascii_case("Running"))
    }

    /// The account whose endpoint answers at the host of a request, and the endpoint.
    fn endpoint_at(&self, target: &Target) -> Option<(String, StreamingEndpoint)> {
        let host = target.names.first()?;
        let v2 = self.media_v2.iter().map(|face| &face.id);
        self.media.iter().map(|media| &media.id).chain(v2).find_map(|id| {
            let endpoints = self.endpoints_of(id.as_str()).into_iter();
            let at = |endpoint: &StreamingEndpoint| self.endpoint_hosts(id.name(), endpoint).contains(host);
            endpoints.filter(at).map(|endpoint| (id.as_str().to_owned(), endpoint)).next()
        })
    }

    pub(super) fn stream(&mut self, incoming: &Incoming, target: &Target) -> Reply {
        let Some((account, endpoint)) = self.endpoint_at(target) else { return failed(404, "MPE_RESOURCE_NOT_FOUND") };
        if let Some(place) = endpoint.redirects_to {
            return Reply::empty(302).header("location", &place);
        }
        // Whoever shows a token or a key to a streaming endpoint has told it to the world.
        if incoming.headers.contains_key("authorization") || incoming.url.query().is_some() {
            self.log.losses.push(format!("{} carried more than its address", incoming.url.path()));
        }
        let [_, id, rest @ ..] = target.names.as_slice() else { return failed(400, "MPE_BAD_URL_SYNTAX") };
        let is_manifest = rest.iter().any(|segment| segment.to_ascii_lowercase().starts_with("manifest"));
        if !matches!(incoming.method, "GET" | "HEAD") || !is_manifest {
            return failed(400, "MPE_BAD_URL_SYNTAX");
        }
        if self.origins.is_served(id, self.now) {
            return manifest();
        }
        if self.origins.denied_until(id, self.now).is_some() {
            return failed(404, "MPE_RESOURCE_NOT_FOUND");
        }
        match self.find_film(&account, id, &rest[0]) {
            Found::Film => {
                let cached = self.world.unknowns.locator_cache_seconds;
                self.origins.was_there(id, self.now + seconds(cached));
                manifest()
            }
            Found::Nothing => {
                self.asked_in_vain(id);
                failed(404, "MPE_RESOURCE_NOT_FOUND")
            }
            Found::DeadKey => failed(403, "MPE_STORAGE_AUTHENTICATION_FAILED"),
        }
    }

    /// Caches remember that a locator is not there, and tell everybody so.
    pub(super) fn asked_in_vain(&mut self, id: &str) {
        let cached = self.world.unknowns.not_there_cache_seconds;
        if cached > 0 {
            self.origins.not_there.insert(guid(id), self.now + seconds(cached));
        }
    }

    fn find_film(&self, account: &str, id: &str, file: &str) -> Found {
        let face = self.media_v2.iter().find(|face| face.id.as_str().eq_ignore_ascii_case(account));
        let row = face.and_then(|face| face.locators.get(&format!("nb:lid:uuid:{}", guid(id))));
        if let (Some(face), Some(row)) = (face, row) {
            let named = face.manifest.as_ref().is_some_and(|manifest| manifest.eq_ignore_ascii_case(file));
            let timely = row.start.is_none_or(|start| start <= self.now) && self.now < row.expires;
            return match row.generation {
                _ if row.kind != 2 || row.ready > self.now || !timely || !named => Found::Nothing,
                Some(generation) if self.opens(generation) => Found::Film,
                _ => Found::DeadKey,
            };
        }
        let Some(media) = self.media.iter().position(|media| media.id.as_str().eq_ignore_ascii_case(account)) else {
            return Found::Nothing;
        };
        let known = |locator: &&super::streaming_locator::Locator| locator.id().eq_ignore_ascii_case(id);
        let Some(locator) = self.media[media].locators.iter().find(known) else { return Found::Nothing };
        if !locator.is_timely(self.now) || !self.origins.is_ready(id, self.now) {
            return Found::Nothing;
        }
        let opens = !self.holds_keys(media) || self.origin_keys(media, locator.asset()).iter().any(|key| self.opens(*key));
        if opens { Found::Film } else { Found::DeadKey }
    }

    fn opens(&self, generation: GenerationId) -> bool {
        self.keyring.get(generation).is_usable(&[Service::Blob], self.now)
    }

    fn holds_keys(&self, media: usize) -> bool {
        !self.media[media].given.storage_authentication.eq_ignore_ascii_case("ManagedIdentity")
    }

    /// What the origins of an account hold for the storage account of an asset.
    fn origin_keys(&self, media: usize, asset: &str) -> Vec<GenerationId> {
        let asset = self.media[media].given.assets.iter().find(|known| known.name == asset);
        let Some(storage) = asset.and_then(|asset| self.account_by_name(&asset.storage_account_name)) else { return Vec::new() };
        let (_, origin) = self.media_holders(media, storage);
        self.holders.get(&origin).map(|holder| holder.holds().to_vec()).unwrap_or_default()
    }

    /// A streaming locator of v3 is there: at the world's beginning it streams at once.
    pub(super) fn stream_made(&mut self, media: usize, id: &str) {
        if self.now > self.start {
            let ready = self.now + seconds(self.world.unknowns.locator_ready_seconds);
            self.origins.ready.insert(guid(id), ready);
            self.events.plan(ready, Event::StreamReady { media, id: id.to_owned() });
        } else {
            self.stream_ready(media, id);
        }
    }

    /// A streaming locator of v3 was deleted.
    pub(super) fn stream_gone(&mut self, media: usize, id: &str) {
        let forgotten = self.now + seconds(self.world.unknowns.locator_cache_seconds);
        self.origins.was_there(id, forgotten);
        if forgotten > self.now {
            self.events.plan(forgotten, Event::StreamForgotten { media, id: id.to_owned() });
        } else {
            self.stream_forgotten(media, id);
        }
    }

    pub(super) fn stream_ready(&mut self, media: usize, id: &str) {
        let there = self.media[media].locators.iter().any(|locator| locator.id().eq_ignore_ascii_case(id));
        if !there || !self.origins.is_ready(id, self.now) {
            return;
        }
        if let Some(until) = self.origins.denied_until(id, self.now) {
            self.events.plan(until, Event::StreamReady { media, id: id.to_owned() });
            return;
        }
        self.viewer_follows(media, id);
    }

    pub(super) fn stream_forgotten(&mut self, media: usize, id: &str) {
        let there = self.media[media].locators.iter().any(|locator| locator.id().eq_ignore_ascii_case(id));
        if there && self.origins.is_ready(id, self.now) {
            return;
        }
        self.asked_in_vain(id);
        if self.media[media].given.viewers {
            let viewer = self.stream_viewer(media, id);
            self.hold(&viewer, HolderKind::Viewer, &[Service::Blob], None);
        }
    }

    /// Who streams through the locators of an account goes on with what its origins hold now.
    pub(super) fn viewers_follow(&mut self, media: usize, storage: usize) {
        let name = self.accounts[storage].id.name().to_owned();
        let assets = self.media[media].given.assets.iter().filter(|asset| asset.storage_account_name.eq_ignore_ascii_case(&name));
        let assets: Vec<&str> = assets.map(|asset| asset.name.as_str()).collect();
        let locators = self.media[media].locators.iter().filter(|locator| assets.contains(&locator.asset()));
        let ids: Vec<String> = locators.map(|locator| locator.id().to_owned()).collect();
        for id in ids.into_iter().filter(|id| self.origins.is_ready(id, self.now)).collect::<Vec<_>>() {
            if self.origins.denied_until(&id, self.now).is_none() {
                self.viewer_follows(media, &id);
            }
        }
    }

    fn viewer_follows(&mut self, media: usize, id: &str) {
        if !self.media[media].given.viewers || !self.holds_keys(media) {
            return;
        }
        let known = |locator: &&super::streaming_locator::Locator| locator.id().eq_ignore_ascii_case(id);
        let Some(asset) = self.media[media].locators.iter().find(known).map(|locator| locator.asset().to_owned()) else { return };
        let (keys, viewer, now) = (self.origin_keys(media, &asset), self.stream_viewer(media, id), self.now);
        let holder = self.holder(&viewer, HolderKind::Viewer, &[Service::Blob]);
        if keys.is_empty() { holder.takes_rubbish(now) } else { holder.takes(now, keys) }
    }

    fn stream_viewer(&self, media: usize, id: &str) -> String {
        format!("{}#{}", self.media[media].id, id.to_ascii_lowercase())
    }
}

fn manifest() -> Reply {
    let text = "<?xml version=\"1.0\" encoding=\"utf-8\"?><SmoothStreamingMedia MajorVersion=\"2\" MinorVersion=\"2\"/>";
    Reply::empty(206).body("text/xml", text).header("cache-control", "public, max-age=300")
}

/// An error as origins write it.
fn failed(status: u16, name: &str) -> Reply {
    Reply::empty(status).body("text/html", format!("<html><body><h1>{status}</h1><p>{name}</p></body></html>"))
}
