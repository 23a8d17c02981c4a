//! Media Services v3 (Microsoft.Media): accounts, `syncStorageKeys`, assets, `listContainerSas`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::contract::world::{self, ContainerSas, MediaHolds};
use crate::domain::account::Service;
use crate::domain::key::{Slot, StorageKey};
use crate::domain::resource_id::ResourceId;

use super::event::Event;
use super::holder::HolderKind;
use super::keyring::GenerationId;
use super::message::{Incoming, Reply};
use super::random::Random;
use super::route::Target;
use super::sas::Sas;
use super::state::State;
use super::streaming_locator::Locator;

/// A media account.
#[derive(Clone, Debug)]
pub(super) struct Media {
    /// The id.
    pub id: ResourceId,
    /// What the world says of it.
    pub given: world::MediaAccount,
    /// Its streaming locators.
    pub locators: Vec<Locator>,
    /// Ids of content keys that some locator had.
    pub content_key_ids: BTreeSet<String>,
    /// What it holds, by the position of the storage account.
    held: BTreeMap<usize, Vec<GenerationId>>,
}

impl Media {
    fn holds_keys(&self) -> bool {
        !self.given.storage_authentication.eq_ignore_ascii_case("ManagedIdentity")
    }
}

impl State {
    pub(super) fn begin_media(&mut self) {
        for given in self.world.media_accounts.clone() {
            self.begin_media_account(given);
        }
    }

    /// An account begins to exist.
    pub(super) fn begin_media_account(&mut self, given: world::MediaAccount) {
        let Ok(id) = given.id.parse::<ResourceId>() else { return };
        self.media.push(Media { id, given, locators: Vec::new(), content_key_ids: BTreeSet::new(), held: BTreeMap::new() });
        let media = self.media.len() - 1;
        for storage in self.attached(media) {
            if self.has_v2_face(media) {
                continue;
            }
            let (own, origin) = self.media_holders(media, storage);
            let start = self.start;
            if self.is_synced(media, storage) {
                self.media_takes(media, storage);
                self.origin_takes(media, storage);
            } else {
                self.holder(&own, HolderKind::MediaAccount, &[Service::Blob]).takes_rubbish(start);
                self.holder(&origin, HolderKind::MediaOrigin, &[Service::Blob]).takes_rubbish(start);
            }
        }
        self.begin_locators(media);
    }

    /// Whether the world begins with today's keys there.
    fn is_synced(&self, media: usize, storage: usize) -> bool {
        let id = self.accounts[storage].id.as_str();
        self.media[media].given.storage_accounts.iter().any(|attached| attached.synced && attached.id.eq_ignore_ascii_case(id))
    }

    /// Somebody takes a secondary storage account away from the media accounts, and from their v2 faces.
    pub(super) fn detach(&mut self, id: &str) {
        let Some(storage) = self.account_by_id(id) else { return };
        let secondary = |attached: &world::AttachedStorage| !attached.primary && attached.id.eq_ignore_ascii_case(id);
        for position in 0..self.media.len() {
            let media = &mut self.media[position];
            let before = media.given.storage_accounts.len();
            media.given.storage_accounts.retain(|attached| !secondary(attached));
            if media.given.storage_accounts.len() < before {
                let of = media.id.clone();
                self.media_v2.iter_mut().filter(|face| face.id == of).for_each(|face| {
                    face.keys.remove(&storage);
                });
            }
        }
    }

    /// Positions of the storage accounts whose keys a media account holds.
    pub(super) fn attached(&self, media: usize) -> Vec<usize> {
        let media = &self.media[media];
        if !media.holds_keys() {
            return Vec::new();
        }
        media.given.storage_accounts.iter().filter_map(|attached| self.account_by_id(&attached.id)).collect()
    }

    /// The names under which the account and its origins hold the keys of a storage account.
    pub(super) fn media_holders(&self, media: usize, storage: usize) -> (String, String) {
        let own = format!("{}#{}", self.media[media].id, self.accounts[storage].id.name());
        let origin = format!("{own}#origin");
        (own, origin)
    }

    /// What a pull dependent reads when it is told to: yesterday's keys too, where the world says so.
    pub(super) fn pulled(&self, storage: usize) -> [GenerationId; 2] {
        if self.world.unknowns.pulls_read_stale {
            return self.listed_generations(storage);
        }
        Slot::BOTH.map(|slot| self.accounts[storage].current(slot))
    }

    /// The media account has re-read the keys.
    pub(super) fn media_takes(&mut self, media: usize, storage: usize) {
        let [key1, key2] = self.pulled(storage);
        let generations = match self.world.unknowns.media_holds {
            MediaHolds::Both => vec![key1, key2],
            MediaHolds::Key1 => vec![key1],
            MediaHolds::FirstValid if self.keyring.get(key1).is_usable(&[Service::Blob], self.now) => vec![key1],
            MediaHolds::FirstValid => vec![key2],
        };
        self.media[media].held.insert(storage, generations.clone());
        if self.has_v2_face(media) {
            let id = self.media[media].id.clone();
            return self.v2_face_takes(&id, storage, generations.first().copied());
        }
        let (own, _) = self.media_holders(media, storage);
        let now = self.now;
        self.holder(&own, HolderKind::MediaAccount, &[Service::Blob]).takes(now, generations);
    }

    /// Whether it is an account of AMS v2: then there is one copy, and its origins serve by its locators. One that has streaming
    /// locators of v3, too, is an account of v3 first.
    fn has_v2_face(&self, media: usize) -> bool {
        let id = self.media[media].id.as_str();
        let is_it = |known: &str| known.eq_ignore_ascii_case(id);
        let streams =
            self.world.media_accounts.iter().any(|account| is_it(&account.id) && !account.streaming_locators.is_empty());
        !streams && self.world.media_v2_accounts.iter().any(|face| is_it(&face.id))
    }

    /// The streaming origins have taken over what the media account holds.
    pub(super) fn origin_takes(&mut self, media: usize, storage: usize) {
        if self.has_v2_face(media) {
            return;
        }
        let generations = self.media[media].held.get(&storage).cloned().unwrap_or_default();
        let (_, origin) = self.media_holders(media, storage);
        let now = self.now;
        self.holder(&origin, HolderKind::MediaOrigin, &[Service::Blob]).takes(now, generations);
        self.viewers_follow(media, storage);
    }

    pub(super) fn media_of(&self, target: &Target) -> Result<usize, Reply> {
        self.find(target, self.media.iter().map(|media| &media.id))
    }

    pub(super) fn get_media(&self, incoming: &Incoming, target: &Target) -> Reply {
        if let Some(reply) = self.retired() {
            return reply;
        }
        match self.media_of(target) {
            Ok(media) if incoming.query("api-version").is_some_and(|version| version == "2015-10-01") => {
                Reply::json(200, &self.describe_media_2015(media))
            }
            Ok(media) => Reply::json(200, &self.describe_media(media)),
            Err(missing) => missing,
        }
    }

    /// The account as the first version showed it, with the address of its v2 face (2015-10-01).
    fn describe_media_2015(&self, media: usize) -> Value {
        let media = &self.media[media];
        let storage = media.given.storage_accounts.iter();
        let storage: Vec<Value> = storage.map(|it| json!({ "id": it.id, "isPrimary": it.primary })).collect();
        let endpoints: Vec<Value> = self
            .media_v2_endpoint(media.id.as_str())
            .map(|endpoint| json!({ "endpoint": endpoint, "majorVersion": "2" }))
            .into_iter()
            .collect();
        json!({
            "name": media.id.name(), "id": media.id.as_str(), "type": "Microsoft.Media/mediaservices",
            "location": media.given.location, "tags": {},
            "properties": { "apiEndpoints": endpoints, "storageAccounts": storage },
        })
    }

    pub(super) fn list_media(&self, incoming: &Incoming, target: &Target) -> Reply {
        let rows = (0..self.media.len())
            .filter(|media| target.covers(&self.media[*media].id) && !self.is_gone(&self.media[*media].id))
            .map(|media| self.describe_media(media));
        self.page(incoming, target, rows, "@odata.nextLink", "$skiptoken")
    }

    /// The account as Resource Manager shows it (2023-01-01).
    pub(super) fn describe_media(&self, position: usize) -> Value {
        let media = &self.media[position];
        let storage: Vec<Value> = media
            .given
            .storage_accounts
            .iter()
            .map(|attached| json!({ "id": attached.id, "type": if attached.primary { "Primary" } else { "Secondary" } }))
            .collect();
        let shown = json!({
            "name": media.id.name(), "id": media.id.as_str(), "type": "Microsoft.Media/mediaservices", "location": media.given.location,
            "properties": {
                "mediaServiceId": Random::for_purpose(self.world.seed, media.id.as_str()).uuid(), "storageAccounts": storage,
                "storageAuthentication": media.given.storage_authentication, "encryption": { "type": "SystemKey" },
                "publicNetworkAccess": "Enabled", "provisioningState": "Succeeded", "privateEndpointConnections": [],
            },
            "systemData": Self::system_data(self.start, self.start),
        });
        self.decorate_media(position, shown)
    }

    /// `syncStorageKeys` demands the full id (real clients send it, whatever the examples show); 200 means only *taken*.
    pub(super) fn sync_storage_keys(&mut self, incoming: &Incoming, target: &Target) -> Reply {
        let media = match self.media_of(target) {
            Ok(media) => media,
            Err(missing) => return missing,
        };
        let body = incoming.json();
        let Ok(id) = body["id"].as_str().unwrap_or_default().parse::<ResourceId>() else {
            return Reply::error(400, "BadRequest", "The storage account id is not a full resource id.");
        };
        let Some(storage) = self.account_by_id(id.as_str()).filter(|storage| self.attached(media).contains(storage)) else {
            return Reply::error(
                400,
                "BadRequest",
                "The storage account is not attached to this media account, or holds no key in it.",
            );
        };
        let unknowns = &self.world.unknowns;
        let status = unknowns.media_sync_status;
        let at = self.now + seconds(unknowns.media_sync_seconds);
        let cached = seconds(self.random.between(0, unknowns.origin_cache_minutes * 60));
        if unknowns.media_sync_seconds == 0 {
            self.media_takes(media, storage);
        } else {
            self.events.plan(at, Event::MediaTakes { media, storage });
        }
        self.events.plan(at + cached, Event::OriginTakes { media, storage });
        self.log.tells.push(self.media[media].id.as_str().to_owned());
        Reply::empty(status)
    }

    pub(super) fn list_assets(&self, incoming: &Incoming, target: &Target) -> Reply {
        let media = match self.media_of(target) {
            Ok(media) => media,
            Err(missing) => return missing,
        };
        let rows = self.media[media].given.assets.iter().map(|asset| self.describe_asset(media, asset));
        self.page(incoming, target, rows, "@odata.nextLink", "$skiptoken")
    }

    pub(super) fn get_asset(&self, target: &Target) -> Reply {
        let media = match self.media_of(target) {
            Ok(media) => media,
            Err(missing) => return missing,
        };
        let name = target.names.get(1).map(String::as_str).unwrap_or_default();
        let found = self.media[media].given.assets.iter().find(|asset| asset.name == name);
        found.map_or_else(not_found, |asset| Reply::json(200, &self.describe_asset(media, asset)))
    }

    fn describe_asset(&self, media: usize, asset: &world::Asset) -> Value {
        json!({
            "name": asset.name, "id": self.media[media].id.child("assets", &asset.name).as_str(),
            "type": "Microsoft.Media/mediaservices/assets",
            "properties": {
                "assetId": Random::for_purpose(self.world.seed, &asset.name).uuid(), "created": Self::stamp(self.start),
                "lastModified": Self::stamp(self.start), "container": asset.container,
                "storageAccountName": asset.storage_account_name, "storageEncryptionFormat": "None",
            },
        })
    }

    /// URLs signed with what the media account holds: the one place where that shows.
    pub(super) fn list_container_sas(&mut self, incoming: &Incoming, target: &Target) -> Reply {
        let media = match self.media_of(target) {
            Ok(media) => media,
            Err(missing) => return missing,
        };
        let name = target.names.get(1).map(String::as_str).unwrap_or_default();
        let Some(asset) = self.media[media].given.assets.iter().find(|asset| asset.name == name).cloned() else {
            return not_found();
        };
        let Some(storage) = self.account_by_name(&asset.storage_account_name) else {
            return not_found();
        };
        let body = incoming.json();
        let permissions = match body["permissions"].as_str().unwrap_or("Read") {
            "Read" => "rl",
            "ReadWrite" => "rwl",
            "ReadWriteDelete" => "rwdl",
            _ => return Reply::error(400, "BadRequest", "The permissions are not known."),
        };
        let asked = body["expiryTime"].as_str().and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
        let expiry = asked.unwrap_or(self.now + time::Duration::DAY);
        let account = self.accounts[storage].id.name().to_owned();
        let (scheme, suffix) = (self.world.endpoints.scheme.clone(), self.world.endpoints.storage_suffix.clone());
        let mut urls = Vec::new();
        for key in self.signing_keys(media, storage) {
            let Some(sas) = Sas::for_container(&account, &asset.container, permissions, expiry, &key) else { continue };
            self.note_secret(&sas.query());
            urls.push(format!("{scheme}://{account}.blob.{suffix}/{}?{}", asset.container, sas.query()));
        }
        Reply::json(200, &json!({ "assetContainerSasUrls": urls }))
    }

    fn signing_keys(&mut self, media: usize, storage: usize) -> Vec<StorageKey> {
        let held = self.media[media].held.get(&storage).cloned().unwrap_or_default();
        let mut keys: Vec<StorageKey> = held.iter().map(|id| self.keyring.get(*id).key.clone()).collect();
        let foreign = |random: &mut Random| StorageKey::new(encode(&random.bytes(64)));
        if keys.is_empty() {
            keys = vec![foreign(&mut self.random), foreign(&mut self.random)];
        }
        match self.world.unknowns.container_sas {
            ContainerSas::EachKey => {}
            ContainerSas::FirstKey => keys.truncate(1),
            ContainerSas::SecondUnverifiable => {
                keys.truncate(1);
                keys.push(foreign(&mut self.random));
            }
        }
        keys
    }
}

/// What the service itself answers for a child that is not there.
pub(super) fn not_found() -> Reply {
    Reply::error(404, "NotFound", "The requested resource was not found.")
}

pub(super) fn encode(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// A number of seconds of the world.
pub(super) fn seconds(count: u64) -> time::Duration {
    time::Duration::seconds(count.try_into().unwrap_or(i64::MAX))
}
