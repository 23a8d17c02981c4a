//! Storage accounts in Resource Manager (Microsoft.Storage): get, list, `listKeys`, `regenerateKey`.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::contract::world;
use crate::domain::account::Service;
use crate::domain::key::Slot;
use crate::domain::resource_id::ResourceId;

use super::audit::{Answer, Author, RegenerateRecord};
use super::blob::Containers;
use super::event::Event;
use super::fault::Twist;
use super::holder::HolderKind;
use super::keyring::GenerationId;
use super::message::{Incoming, Reply};
use super::route::Target;
use super::state::State;

/// A storage account.
#[derive(Clone, Debug)]
pub(super) struct Account {
    /// The id.
    pub id: ResourceId,
    /// What the world says of it.
    pub given: world::StorageAccount,
    /// What is in key1 and key2.
    current: [GenerationId; 2],
    /// What was in them before the last change.
    previous: [GenerationId; 2],
    /// When they last changed.
    changed: [Option<OffsetDateTime>; 2],
    /// How often the keys were listed, for answers that flap.
    listed: u64,
    /// What is in its blob service.
    pub containers: Containers,
    /// Whose turn it is among the front ends of each service.
    pub turns: BTreeMap<Service, usize>,
}

impl Account {
    /// What is in a slot.
    pub(super) fn current(&self, slot: Slot) -> GenerationId {
        self.current[slot_index(slot)]
    }

    /// The services that this kind of account has.
    pub(super) fn services(&self) -> Vec<Service> {
        match self.given.kind.as_str() {
            "BlobStorage" | "BlockBlobStorage" => vec![Service::Blob],
            "FileStorage" => vec![Service::File],
            _ => Service::ALL.to_vec(),
        }
    }
}

pub(super) fn slot_index(slot: Slot) -> usize {
    match slot {
        Slot::Key1 => 0,
        Slot::Key2 => 1,
    }
}

impl State {
    pub(super) fn begin_accounts(&mut self) {
        for given in self.world.storage_accounts.clone() {
            self.begin_account(given);
        }
    }

    /// An account begins to exist.
    pub(super) fn begin_account(&mut self, given: world::StorageAccount) {
        let Ok(id) = given.id.parse::<ResourceId>() else { return };
        let (seed, front_ends, start) = (self.world.seed, self.world.unknowns.front_ends, self.start);
        let mut begin = |slot: Slot, from: &world::SlotSeed| {
            let created = from.age_days.map(|days| start - time::Duration::days(i64::from(days)));
            self.keyring.begin(&id, slot, from.value.as_deref(), created, seed, front_ends)
        };
        let current = [begin(Slot::Key1, &given.key1), begin(Slot::Key2, &given.key2)];
        let (containers, turns) = (Containers::new(), BTreeMap::new());
        let account = Account { id, given, current, previous: current, changed: [None; 2], listed: 0, containers, turns };
        for sas in &account.given.handed_out {
            let Ok(slot) = sas.slot.parse::<Slot>() else { continue };
            let until = start + time::Duration::days(i64::from(sas.expires_in_days));
            let holder_id = format!("{}#{}", account.id, sas.holder);
            let services = account.services();
            let holder = self.holder(&holder_id, HolderKind::HandedOutSas, &services[..1]);
            holder.takes(start, vec![account.current(slot)]);
            holder.until = Some(until);
        }
        self.accounts.push(account);
    }

    /// The position of an account by its full id.
    pub(super) fn account_by_id(&self, id: &str) -> Option<usize> {
        self.accounts.iter().position(|account| account.id.as_str().eq_ignore_ascii_case(id))
    }

    /// The position of an account by its bare name, which is unique in the world.
    pub(super) fn account_by_name(&self, name: &str) -> Option<usize> {
        self.accounts.iter().position(|account| account.id.name().eq_ignore_ascii_case(name))
    }

    fn account_of(&self, target: &Target) -> Result<usize, Reply> {
        self.find(target, self.accounts.iter().map(|account| &account.id))
    }

    pub(super) fn get_storage_account(&self, target: &Target) -> Reply {
        match self.account_of(target) {
            Ok(position) => Reply::json(200, &self.describe_account(position)),
            Err(missing) => missing,
        }
    }

    pub(super) fn list_storage_accounts(&self, incoming: &Incoming, target: &Target) -> Reply {
        let rows = (0..self.accounts.len())
            .filter(|position| target.covers(&self.accounts[*position].id) && !self.is_gone(&self.accounts[*position].id))
            .map(|position| self.describe_account(position));
        self.page(incoming, target, rows, "nextLink", "$skiptoken")
    }

    /// The address of a service of an account.
    pub(super) fn endpoint(&self, account: &str, service: Service) -> String {
        let endpoints = &self.world.endpoints;
        format!("{}://{account}.{service}.{}/", endpoints.scheme, endpoints.storage_suffix)
    }

    /// The account as Resource Manager shows it (2023-05-01).
    pub(super) fn describe_account(&self, position: usize) -> Value {
        let account = &self.accounts[position];
        let services = account.services().into_iter();
        let mut urls: serde_json::Map<String, Value> =
            services.map(|service| (service.name().to_owned(), json!(self.endpoint(account.id.name(), service)))).collect();
        let created = |slot: Slot| self.keyring.get(account.current(slot)).created.map(Self::stamp);
        if account.given.kind == "StorageV2" {
            for extra in ["dfs", "web"] {
                let url = self.endpoint(account.id.name(), Service::Blob).replace(".blob.", &format!(".{extra}."));
                urls.insert(extra.to_owned(), json!(url));
            }
        }
        let made = Self::stamp(self.start - time::Duration::days(400));
        let encrypted = json!({ "keyType": "Account", "enabled": true, "lastEnabledTime": made });
        let mut properties = json!({
            "keyCreationTime": { "key1": created(Slot::Key1), "key2": created(Slot::Key2) },
            "supportsHttpsTrafficOnly": true, "provisioningState": account.given.provisioning_state,
            "creationTime": made, "primaryEndpoints": urls,
            "primaryLocation": account.given.location, "statusOfPrimary": "available",
            "accessTier": "Hot", "minimumTlsVersion": "TLS1_2", "allowBlobPublicAccess": false, "privateEndpointConnections": [],
            "networkAcls": { "bypass": "AzureServices", "virtualNetworkRules": [], "ipRules": [], "defaultAction": "Allow" },
            "encryption": {
                "services": { "file": encrypted, "blob": encrypted },
                "keySource": "Microsoft.Storage",
            },
        });
        if let Some(days) = account.given.key_expiration_days {
            properties["keyPolicy"] = json!({ "keyExpirationPeriodInDays": days });
        }
        if let Some(allowed) = account.given.allow_shared_key_access {
            properties["allowSharedKeyAccess"] = json!(allowed);
        }
        let shown = json!({
            "sku": { "name": "Standard_LRS", "tier": "Standard" }, "kind": account.given.kind, "id": account.id.as_str(),
            "name": account.id.name(), "type": "Microsoft.Storage/storageAccounts", "location": account.given.location,
            "tags": {}, "properties": properties,
        });
        self.decorate_account(position, shown)
    }

    pub(super) fn list_keys(&mut self, incoming: &Incoming, target: &Target) -> Reply {
        match self.account_of(target) {
            Ok(position) => {
                self.accounts[position].listed += 1;
                let flaps = self.world.unknowns.list_keys_flaps && self.accounts[position].listed.is_multiple_of(2);
                let shown = if flaps { self.accounts[position].current } else { self.listed_generations(position) };
                Reply::json(200, &self.describe_keys(shown, &incoming.api_version()))
            }
            Err(missing) => missing,
        }
    }

    /// What `listKeys` shows: what was there before, for a while after a change.
    pub(super) fn listed_generations(&self, position: usize) -> [GenerationId; 2] {
        let account = &self.accounts[position];
        let stale = time::Duration::seconds(self.world.unknowns.stale_list_keys_seconds.try_into().unwrap_or(i64::MAX));
        [0, 1].map(|slot| match account.changed[slot] {
            Some(changed) if self.now < changed + stale => account.previous[slot],
            _ => account.current[slot],
        })
    }

    /// The keys as a version tells them: by slot in 2015, since then as a list, and with creation times since 2021-02-01.
    fn describe_keys(&self, shown: [GenerationId; 2], version: &str) -> Value {
        if version < "2016" {
            let [key1, key2] = shown.map(|id| self.keyring.get(id).key.expose());
            return json!({ "key1": key1, "key2": key2 });
        }
        let keys: Vec<Value> = shown
            .into_iter()
            .map(|id| {
                let generation = self.keyring.get(id);
                let mut key = json!({
                    "keyName": generation.slot.name(), "value": generation.key.expose(),
                    "permissions": self.world.unknowns.permissions_spelling,
                });
                if version >= "2021-02-01" {
                    key["creationTime"] = json!(generation.created.map(Self::stamp));
                }
                key
            })
            .collect();
        json!({ "keys": keys })
    }

    pub(super) fn regenerate_key(&mut self, incoming: &Incoming, target: &Target) -> Reply {
        let position = match self.account_of(target) {
            Ok(position) => position,
            Err(missing) => return missing,
        };
        let body = incoming.json();
        let asked = match body["keyName"].as_str() {
            Some("key1") => Slot::Key1,
            Some("key2") => Slot::Key2,
            _ => {
                let message = "Values for request parameters are invalid: keyName.";
                return Reply::error(400, "InvalidValuesForRequestParameters", message);
            }
        };
        let slots = match self.schedule.twist {
            Some(Twist::WrongSlot) => vec![asked.other()],
            Some(Twist::BothSlots) => Slot::BOTH.to_vec(),
            _ => vec![asked],
        };
        let record = self.record_regenerate(position, &slots, Author::Caller);
        if self.schedule.twist == Some(Twist::Late) {
            let late = self.now + time::Duration::seconds(self.world.unknowns.late_effect_seconds.try_into().unwrap_or(i64::MAX));
            self.events.plan(late, Event::Regenerate { account: position, slots, record });
        } else {
            self.change_slots(position, &slots, Some(record));
        }
        Reply::json(200, &self.describe_keys(self.accounts[position].current, &incoming.api_version()))
    }

    /// Writes down a regenerate that is about to happen, with everybody who holds what it takes away.
    pub(super) fn record_regenerate(&mut self, position: usize, slots: &[Slot], author: Author) -> usize {
        let account = &self.accounts[position];
        let record = RegenerateRecord {
            account: account.id.as_str().to_owned(),
            slots: slots.iter().map(|slot| slot.name()).collect(),
            arrived_seconds: self.seconds(self.now),
            effective_seconds: None,
            holders: Vec::new(),
            author,
            answer: Answer::Delivered,
        };
        self.log.regenerates.push(record);
        self.log.regenerates.len() - 1
    }

    /// The slots change now.
    pub(super) fn change_slots(&mut self, position: usize, slots: &[Slot], record: Option<usize>) {
        let mut holders = Vec::new();
        for slot in slots {
            let index = slot_index(*slot);
            let old = self.accounts[position].current[index];
            let held = self
                .holders
                .values()
                .filter(|holder| holder.is_holding(old) && holder.until.is_none_or(|until| until > self.now));
            holders.extend(held.map(super::audit::HolderName::of));
            let new = self.keyring.replace(old, self.now, self.world.seed, &self.world.unknowns, &mut self.random);
            let account = &mut self.accounts[position];
            account.previous[index] = old;
            account.current[index] = new;
            account.changed[index] = Some(self.now);
        }
        if let Some(record) = record {
            let seconds = self.seconds(self.now);
            let record = &mut self.log.regenerates[record];
            record.effective_seconds = Some(seconds);
            record.holders = holders;
        }
    }

    /// Seconds since the world began.
    pub(super) fn seconds(&self, at: OffsetDateTime) -> i64 {
        (at - self.start).whole_seconds()
    }
}
