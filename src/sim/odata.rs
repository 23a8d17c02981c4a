//! AMS v2's OData service: accounts, lists, access policies, and the old address that redirects.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::contract::world::{AccessPolicyV2, AssetV2, JobV2};
use crate::domain::account::Service;
use crate::domain::resource_id::ResourceId;

use super::audit::LocatorRecord;
use super::holder::HolderKind;
use super::keyring::GenerationId;
use super::message::{Incoming, Reply};
use super::odata_route::MediaV2Route;
use super::random::Random;
use super::route::Target;
use super::state::State;

/// The service gives no more rows at once, whatever `$top` says.
const MOST_ROWS: usize = 1000;
/// The documented limit.
const PER_ASSET: usize = 5;

/// The v2 face of a media account.
#[derive(Clone, Debug)]
pub(super) struct MediaV2 {
    /// The id.
    pub id: ResourceId,
    /// The host before the media suffix, in lower case: `ams1.restv2.westeurope`.
    pub host: String,
    /// Which key it was given, by the position of the storage account; none for what no account ever knew.
    pub keys: BTreeMap<usize, Option<GenerationId>>,
    /// The assets by lower-case id.
    pub assets: BTreeMap<String, AssetV2>,
    /// The access policies by lower-case id, and their names.
    pub policies: BTreeMap<String, (AccessPolicyV2, String)>,
    /// The jobs.
    pub jobs: Vec<JobV2>,
    /// The locators by lower-case id.
    pub locators: BTreeMap<String, LocatorRow>,
    /// How many of them each asset has, by its lower-case id.
    pub on_asset: BTreeMap<String, usize>,
    /// The name of the manifest among the files of each asset.
    pub manifest: Option<String>,
}

impl MediaV2 {
    /// Whether an asset takes no more locators.
    pub(super) fn is_full(&self, asset: &str) -> bool {
        self.on_asset.get(&asset.to_ascii_lowercase()).is_some_and(|count| *count >= PER_ASSET)
    }

    /// A locator begins to exist.
    pub(super) fn insert(&mut self, row: LocatorRow) {
        *self.on_asset.entry(row.asset.to_ascii_lowercase()).or_default() += 1;
        self.locators.insert(row.id.to_ascii_lowercase(), row);
    }

    /// A locator is gone.
    pub(super) fn remove(&mut self, id: &str) -> Option<LocatorRow> {
        let row = self.locators.remove(id)?;
        if let Some(count) = self.on_asset.get_mut(&row.asset.to_ascii_lowercase()) {
            *count -= 1;
        }
        Some(row)
    }
}

/// A locator.
#[derive(Clone, Debug)]
pub(super) struct LocatorRow {
    pub id: String,
    pub kind: u32,
    pub asset: String,
    pub policy: String,
    pub name: Option<String>,
    pub start: Option<OffsetDateTime>,
    pub expires: OffsetDateTime,
    /// The streaming address, or the signed one.
    pub path: String,
    /// The key that it was made under.
    pub generation: Option<GenerationId>,
    /// From when on it answers on its streaming URL.
    pub ready: OffsetDateTime,
}

impl State {
    pub(super) fn begin_media_v2(&mut self) {
        for given in self.world.media_v2_accounts.clone() {
            let Ok(id) = given.id.parse::<ResourceId>() else { continue };
            let mut keys = BTreeMap::new();
            for key in &given.keys {
                let (Some(storage), Ok(slot)) = (self.account_by_id(&key.storage_account), key.slot.parse()) else { continue };
                keys.insert(storage, Some(self.accounts[storage].current(slot)));
            }
            let held: Vec<_> = keys.iter().map(|(storage, generation)| (*storage, *generation)).collect();
            let host = format!("{}.restv2.{}", id.name(), given.region).to_ascii_lowercase();
            let named = |policy: &AccessPolicyV2| (policy.id.to_ascii_lowercase(), (policy.clone(), "access policy".to_owned()));
            let policies = given.policies.iter().map(named).collect();
            let assets = given.assets.iter().map(|asset| (asset.id.to_ascii_lowercase(), asset.clone())).collect();
            let (locators, on_asset) = (BTreeMap::new(), BTreeMap::new());
            let (jobs, manifest) = (given.jobs.clone(), given.manifest.clone());
            self.media_v2.push(MediaV2 { id, host, keys, assets, policies, jobs, locators, on_asset, manifest });
            let account = self.media_v2.len() - 1;
            for (storage, generation) in held {
                let id = self.media_v2[account].id.clone();
                self.v2_face_takes(&id, storage, generation);
            }
            for locator in &given.locators {
                let start = locator.started_hours_ago.map(|hours| self.start - time::Duration::hours(hours));
                let by_policy = self.policy_end(account, &locator.policy, start.unwrap_or(self.start));
                let expires = locator.expires_in_hours.map(|hours| self.start + time::Duration::hours(hours)).or(by_policy);
                let row = LocatorRow {
                    id: locator.id.clone(),
                    kind: locator.kind,
                    asset: locator.asset.clone(),
                    policy: locator.policy.clone(),
                    name: locator.name.clone(),
                    start,
                    expires: expires.unwrap_or(self.start),
                    path: String::new(),
                    generation: None,
                    ready: self.start,
                };
                let row = self.under_key(account, row);
                if row.kind == 2 {
                    let viewer = self.viewer(account, &row.id);
                    self.hold(&viewer, HolderKind::Viewer, &[Service::Blob], row.generation);
                }
                self.media_v2[account].insert(row);
            }
        }
    }

    /// The account holds this key of a storage account from now on, or one that no account ever knew.
    pub(super) fn v2_face_takes(&mut self, id: &ResourceId, storage: usize, generation: Option<GenerationId>) {
        let Some(face) = self.media_v2.iter_mut().find(|face| face.id == *id) else { return };
        face.keys.insert(storage, generation);
        let own = format!("{id}#{}", self.accounts[storage].id.name());
        self.hold(&own, HolderKind::MediaV2Account, &[Service::Blob], generation);
    }

    /// The address that Resource Manager tells of an account's v2 face.
    pub(super) fn media_v2_endpoint(&self, id: &str) -> Option<String> {
        let face = self.media_v2.iter().find(|face| face.id.as_str().eq_ignore_ascii_case(id))?;
        Some(format!("{}://{}.{}/api/", self.world.endpoints.scheme, face.host, self.world.endpoints.media_suffix))
    }

    pub(super) fn media_v2(&mut self, route: MediaV2Route, incoming: &Incoming, target: &Target) -> Reply {
        if route == MediaV2Route::Legacy {
            return self.redirect_to_account(incoming);
        }
        let host = target.names.first().map(String::as_str).unwrap_or_default();
        let Some(account) = self.media_v2.iter().position(|face| face.host == host) else {
            return odata_error(404, "Resource not found.");
        };
        let key = target.names.get(1).map(String::as_str).unwrap_or_default().to_owned();
        let face = &self.media_v2[account];
        match route {
            MediaV2Route::Locators => page(incoming, face.locators.values().map(Self::describe_v2_locator)),
            MediaV2Route::Policies => page(incoming, face.policies.values().map(|(policy, name)| describe_policy(policy, name))),
            MediaV2Route::Assets => {
                let asset =
                    |asset: &AssetV2| json!({ "Id": asset.id, "State": 0, "StorageAccountName": asset.storage_account_name });
                page(incoming, face.assets.values().map(asset))
            }
            MediaV2Route::Jobs => page(incoming, self.jobs_of(face).into_iter()),
            MediaV2Route::Files => page(incoming, self.v2_files(account, incoming).into_iter()),
            MediaV2Route::StreamingEndpoints => page(incoming, self.v2_streaming_endpoints(account).into_iter()),
            MediaV2Route::Locator => match face.locators.get(&key.to_ascii_lowercase()) {
                Some(row) => Reply::json(200, &Self::describe_v2_locator(row)),
                None => odata_error(404, "Resource Locator not found"),
            },
            MediaV2Route::CreateLocator => self.create_v2_locator(account, incoming),
            MediaV2Route::DeleteLocator => self.delete_v2_locator(account, &key),
            MediaV2Route::MergeLocator => self.merge_v2_locator(account, &key, incoming),
            MediaV2Route::CreatePolicy => self.create_policy(account, incoming),
            MediaV2Route::Legacy | MediaV2Route::Unknown => odata_error(404, "Resource not found for the segment."),
        }
    }

    /// The address that all accounts once shared sends everybody to the account's own, for good.
    fn redirect_to_account(&self, incoming: &Incoming) -> Reply {
        let Some(endpoint) = self.media_v2.first().and_then(|face| self.media_v2_endpoint(face.id.as_str())) else {
            return odata_error(404, "Resource not found.");
        };
        let host = endpoint.trim_end_matches("/api/");
        let query = incoming.url.query().map_or(String::new(), |query| format!("?{query}"));
        Reply::empty(301).header("location", &format!("{host}{}{query}", incoming.url.path()))
    }

    fn create_policy(&mut self, account: usize, incoming: &Incoming) -> Reply {
        let body = incoming.json();
        let (Some(duration_in_minutes), Some(permissions)) = (body["DurationInMinutes"].as_f64(), body["Permissions"].as_u64())
        else {
            return odata_error(400, "The policy is not complete.");
        };
        let id =
            format!("nb:pid:UUID:{}", Random::for_purpose(self.world.seed, &format!("policy {}", self.next_serial())).uuid());
        let policy = AccessPolicyV2 { id, duration_in_minutes, permissions: permissions.try_into().unwrap_or(0) };
        let name = body["Name"].as_str().unwrap_or_default().to_owned();
        let reply = Reply::json(201, &describe_policy(&policy, &name));
        self.media_v2[account].policies.insert(policy.id.to_ascii_lowercase(), (policy, name));
        reply
    }

    /// When a locator with this policy expires that begins at `start`; nothing without the policy.
    pub(super) fn policy_end(&self, account: usize, policy: &str, start: OffsetDateTime) -> Option<OffsetDateTime> {
        let (policy, _) = self.media_v2[account].policies.get(&policy.to_ascii_lowercase())?;
        start.checked_add(time::Duration::seconds_f64(policy.duration_in_minutes * 60.0))
    }

    /// Every locator for the audit.
    pub(super) fn locator_records(&self) -> Vec<LocatorRecord> {
        let rows = self.media_v2.iter().flat_map(|face| face.locators.values().map(move |row| (face, row)));
        rows.map(|(face, row)| {
            let seconds =
                face.policies.get(&row.policy.to_ascii_lowercase()).map_or(0.0, |(it, _)| it.duration_in_minutes * 60.0);
            let generation = row.generation.map(|id| self.keyring.get(id));
            LocatorRecord {
                account: face.id.as_str().to_owned(),
                id: row.id.clone(),
                kind: row.kind,
                asset: row.asset.clone(),
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a policy's duration")]
                policy: (seconds as u64, row.policy.clone()),
                name: row.name.clone(),
                start: row.start.map(stamp),
                expires: stamp(row.expires),
                path: (row.kind == 2).then(|| row.path.clone()),
                generation: generation.map(|it| format!("{} {}#{}", it.account.name(), it.slot, it.number)),
            }
        })
        .collect()
    }
}

/// A time as OData writes it.
pub(super) fn stamp(at: OffsetDateTime) -> String {
    State::stamp(at).replace('Z', "+00:00")
}

fn describe_policy(policy: &AccessPolicyV2, name: &str) -> Value {
    json!({ "Id": policy.id, "Name": name, "DurationInMinutes": policy.duration_in_minutes, "Permissions": policy.permissions })
}

fn page(incoming: &Incoming, rows: impl Iterator<Item = Value>) -> Reply {
    let number = |name: &str| incoming.query(name).and_then(|text| text.parse::<usize>().ok());
    let rows: Vec<Value> =
        rows.skip(number("$skip").unwrap_or(0)).take(number("$top").unwrap_or(MOST_ROWS).min(MOST_ROWS)).collect();
    Reply::json(200, &json!({ "odata.metadata": "$metadata", "value": rows }))
}

/// An error as OData version 3 writes it.
pub(super) fn odata_error(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({ "odata.error": { "code": "", "message": { "lang": "en-US", "value": message } } }))
}
