//! Making, deleting and changing locators, with everything that stands in the way; and who streams through them meanwhile.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::domain::account::Service;

use super::event::Event;
use super::fault::Twist;
use super::holder::HolderKind;
use super::media::seconds;
use super::message::{Incoming, Reply};
use super::odata::{LocatorRow, odata_error, stamp};
use super::sas::Sas;
use super::state::State;

const SAS: u32 = 1;
const ORIGIN: u32 = 2;

impl State {
    pub(super) fn describe_v2_locator(row: &LocatorRow) -> Value {
        let (base, access) = match row.kind {
            ORIGIN => row.path.trim_end_matches('/').rsplit_once('/').unwrap_or_default(),
            _ => row.path.split_once('?').unwrap_or_default(),
        };
        json!({
            "Id": row.id, "ExpirationDateTime": stamp(row.expires), "Type": row.kind, "Path": row.path, "BaseUri": base,
            "ContentAccessComponent": access, "AccessPolicyId": row.policy, "AssetId": row.asset,
            "StartTime": row.start.map(stamp), "Name": row.name,
        })
    }

    /// The row with its address, made under the key that the account was given last for the asset's storage account.
    pub(super) fn under_key(&mut self, account: usize, mut row: LocatorRow) -> LocatorRow {
        let face = &self.media_v2[account];
        let asset = face.assets.get(&row.asset.to_ascii_lowercase());
        let storage = asset.and_then(|asset| self.account_by_name(&asset.storage_account_name));
        row.generation = storage.and_then(|storage| face.keys.get(&storage).copied().flatten());
        let guid = row.id.rsplit(':').next().unwrap_or_default();
        if row.kind == ORIGIN {
            row.path = format!("http://{}.{}/{guid}/", face.id.name(), self.world.endpoints.streaming_suffix_v2);
        } else if let (Some(storage), Some(generation)) = (storage, row.generation) {
            let name = self.accounts[storage].id.name().to_owned();
            let container = format!("asset-{}", row.asset.rsplit(':').next().unwrap_or_default());
            let query = Sas::for_container(&name, &container, "rl", row.expires, &self.keyring.get(generation).key);
            let query = query.map(|sas| sas.query()).unwrap_or_default();
            let endpoints = &self.world.endpoints;
            row.path = format!("{}://{name}.blob.{}/{container}?{query}", endpoints.scheme, endpoints.storage_suffix);
            self.note_secret(&query);
        }
        row
    }

    /// Reads what is to be made, or says why that cannot be.
    fn wanted_locator(&self, account: usize, body: &Value) -> Result<LocatorRow, Reply> {
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        let (Some(asset), Some(policy)) = (text("AssetId"), text("AccessPolicyId")) else {
            return Err(odata_error(400, "AssetId and AccessPolicyId are needed."));
        };
        let face = &self.media_v2[account];
        if !face.assets.contains_key(&asset.to_ascii_lowercase()) {
            return Err(odata_error(404, "Asset not found."));
        }
        let Some((allowed, _)) = face.policies.get(&policy.to_ascii_lowercase()) else {
            return Err(odata_error(404, "AccessPolicy not found."));
        };
        let kind = u32::try_from(body["Type"].as_u64().unwrap_or_default()).unwrap_or_default();
        if kind == ORIGIN && allowed.permissions & 6 != 0 {
            return Err(odata_error(400, "An origin locator cannot have write or delete permissions."));
        }
        let id = text("Id").unwrap_or_default();
        let lower = id.to_ascii_lowercase();
        if !lower.starts_with("nb:lid:uuid:") {
            return Err(odata_error(400, "The id of a locator is malformed."));
        }
        if self.media_v2.iter().enumerate().any(|(other, face)| other != account && face.locators.contains_key(&lower)) {
            return Err(odata_error(403, "The locator belongs to another account."));
        }
        if face.locators.contains_key(&lower) {
            return Err(odata_error(409, "A locator with this id exists."));
        }
        if face.is_full(&asset) {
            return Err(odata_error(409, "Limit of 5 locators per asset exceeded."));
        }
        let start = text("StartTime").and_then(|text| OffsetDateTime::parse(&text, &Rfc3339).ok());
        let expires = self.policy_end(account, &policy, start.unwrap_or(self.now)).unwrap_or(self.now);
        if expires <= self.now && !self.world.unknowns.takes_expired_locators {
            return Err(odata_error(400, "The expiration time of the locator is in the past."));
        }
        let (name, ready) = (text("Name"), self.now);
        Ok(LocatorRow { id, kind, asset, policy, name, start, expires, path: String::new(), generation: None, ready })
    }

    pub(super) fn create_v2_locator(&mut self, account: usize, incoming: &Incoming) -> Reply {
        let row = match self.wanted_locator(account, &incoming.json()) {
            Ok(row) => row,
            Err(refusal) => return refusal,
        };
        if self.schedule.twist == Some(Twist::Late) {
            let at = self.now + seconds(self.world.unknowns.late_effect_seconds);
            self.events.plan(at, Event::LocatorMade { account, locator: Box::new(row) });
            return Reply::empty(201);
        }
        let row = self.insert_locator(account, row);
        let host = self.media_v2_endpoint(self.media_v2[account].id.as_str()).unwrap_or_default();
        let place = format!("{host}Locators('{}')", row.id.replace(':', "%3A"));
        Reply::json(201, &Self::describe_v2_locator(&row)).header("location", &place)
    }

    /// A request whose answer was lost has its effect now, if it still can.
    pub(super) fn make_locator_late(&mut self, account: usize, row: LocatorRow) {
        let face = &self.media_v2[account];
        if !face.is_full(&row.asset) && !face.locators.contains_key(&row.id.to_ascii_lowercase()) {
            self.insert_locator(account, row);
        }
    }

    fn insert_locator(&mut self, account: usize, row: LocatorRow) -> LocatorRow {
        let mut row = self.under_key(account, row);
        row.ready = self.now + seconds(self.world.unknowns.locator_ready_seconds);
        let id = row.id.to_ascii_lowercase();
        self.events.plan(row.ready, Event::LocatorReady { account, id: id.clone() });
        self.media_v2[account].insert(row.clone());
        row
    }

    pub(super) fn delete_v2_locator(&mut self, account: usize, id: &str) -> Reply {
        if !self.media_v2[account].locators.contains_key(&id.to_ascii_lowercase()) {
            return odata_error(404, "Resource Locator not found");
        }
        if self.schedule.twist == Some(Twist::Late) {
            let at = self.now + seconds(self.world.unknowns.late_effect_seconds);
            self.events.plan(at, Event::LocatorDeleted { account, id: id.to_ascii_lowercase() });
        } else {
            self.remove_locator(account, &id.to_ascii_lowercase());
        }
        Reply::empty(204)
    }

    pub(super) fn remove_locator(&mut self, account: usize, id: &str) {
        let Some(row) = self.media_v2[account].remove(id) else { return };
        if row.kind == SAS {
            return;
        }
        let cached = self.world.unknowns.locator_cache_seconds;
        self.origins.was_there(id, self.now + seconds(cached));
        if cached == 0 {
            self.locator_forgotten(account, id);
        } else {
            self.events.plan(self.now + seconds(cached), Event::LocatorForgotten { account, id: id.to_owned() });
        }
    }

    pub(super) fn merge_v2_locator(&mut self, account: usize, id: &str, incoming: &Incoming) -> Reply {
        if incoming.method != "MERGE" && !self.world.unknowns.takes_tunnelled_merge {
            return odata_error(405, "The method is not allowed.");
        }
        let body = incoming.json();
        let time = |name: &str| body[name].as_str().and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
        let Some(row) = self.media_v2[account].locators.get_mut(&id.to_ascii_lowercase()) else {
            return odata_error(404, "Resource Locator not found");
        };
        if row.kind == SAS {
            return odata_error(400, "A SAS locator cannot be updated.");
        }
        row.expires = time("ExpirationDateTime").unwrap_or(row.expires);
        row.start = time("StartTime").or(row.start);
        Reply::empty(204)
    }

    /// The name of who streams through a locator.
    pub(super) fn viewer(&self, account: usize, id: &str) -> String {
        format!("{}#{}", self.media_v2[account].id, id.to_ascii_lowercase())
    }

    pub(super) fn locator_ready(&mut self, account: usize, id: &str) {
        let Some(row) = self.media_v2[account].locators.get(id).filter(|row| row.ready <= self.now && row.kind == ORIGIN) else {
            return;
        };
        let (generation, viewer) = (row.generation, self.viewer(account, id));
        if let Some(until) = self.origins.denied_until(id, self.now) {
            self.events.plan(until, Event::LocatorReady { account, id: id.to_owned() });
            return;
        }
        self.hold(&viewer, HolderKind::Viewer, &[Service::Blob], generation);
    }

    pub(super) fn locator_forgotten(&mut self, account: usize, id: &str) {
        let answers = self.media_v2[account].locators.get(id).is_some_and(|row| row.ready <= self.now);
        if !answers {
            let viewer = self.viewer(account, id);
            self.hold(&viewer, HolderKind::Viewer, &[Service::Blob], None);
            self.asked_in_vain(id);
        }
    }
}
