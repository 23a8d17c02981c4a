//! Batch accounts (Microsoft.Batch): get, list, `syncAutoStorageKeys`. What they hold never shows.

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::contract::world::{self, MediaHolds};
use crate::domain::account::Service;
use crate::domain::resource_id::ResourceId;

use super::event::Event;
use super::holder::HolderKind;
use super::message::{Incoming, Reply};
use super::route::Target;
use super::state::State;

/// A Batch account.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    /// The id.
    pub id: ResourceId,
    /// What the world says of it.
    given: world::BatchAccount,
    /// When it last read the keys.
    last_key_sync: OffsetDateTime,
}

impl State {
    pub(super) fn begin_batch_accounts(&mut self) {
        for given in self.world.batch_accounts.clone() {
            let Ok(id) = given.id.parse::<ResourceId>() else { continue };
            let synced = given.auto_storage.as_ref().is_some_and(|auto| auto.synced);
            // Longer ago than any key of a world is old, where the last sync was forgotten.
            let last_key_sync = self.start - time::Duration::days(if synced { 1 } else { 3000 });
            self.batch_accounts.push(Batch { id, given, last_key_sync });
            let batch = self.batch_accounts.len() - 1;
            if synced {
                self.batch_takes(batch);
                self.batch_accounts[batch].last_key_sync = last_key_sync;
            } else if self.batch_storage(batch).is_some() {
                let (id, start) = (self.batch_accounts[batch].id.as_str().to_owned(), self.start);
                self.holder(&id, HolderKind::BatchAccount, &[Service::Blob]).takes_rubbish(start);
            }
        }
    }

    /// The position of the storage account whose keys a Batch account holds.
    fn batch_storage(&self, batch: usize) -> Option<usize> {
        let auto = self.batch_accounts[batch].given.auto_storage.as_ref()?;
        let identity =
            auto.authentication_mode.as_deref().is_some_and(|mode| mode.eq_ignore_ascii_case("BatchAccountManagedIdentity"));
        if identity { None } else { self.account_by_id(&auto.storage_account_id) }
    }

    /// The Batch account has re-read the keys.
    pub(super) fn batch_takes(&mut self, batch: usize) {
        let Some(storage) = self.batch_storage(batch) else { return };
        let [key1, key2] = self.pulled(storage);
        let generations = match self.world.unknowns.batch_holds {
            MediaHolds::Both => vec![key1, key2],
            MediaHolds::Key1 => vec![key1],
            MediaHolds::FirstValid if self.keyring.get(key1).is_usable(&[Service::Blob], self.now) => vec![key1],
            MediaHolds::FirstValid => vec![key2],
        };
        let now = self.now;
        let it = &mut self.batch_accounts[batch];
        it.last_key_sync = now;
        let id = it.id.as_str().to_owned();
        self.holder(&id, HolderKind::BatchAccount, &[Service::Blob]).takes(now, generations);
    }

    fn batch_of(&self, target: &Target) -> Result<usize, Reply> {
        self.find(target, self.batch_accounts.iter().map(|batch| &batch.id))
    }

    pub(super) fn get_batch_account(&self, target: &Target) -> Reply {
        self.batch_of(target).map_or_else(|missing| missing, |batch| Reply::json(200, &self.describe_batch(batch)))
    }

    pub(super) fn list_batch_accounts(&self, incoming: &Incoming, target: &Target) -> Reply {
        let all = (0..self.batch_accounts.len()).filter(|batch| target.covers(&self.batch_accounts[*batch].id));
        self.page(incoming, target, all.map(|batch| self.describe_batch(batch)), "nextLink", "$skiptoken")
    }

    /// The account as Resource Manager shows it (2024-02-01).
    pub(super) fn describe_batch(&self, batch: usize) -> Value {
        let Batch { id, given, last_key_sync } = &self.batch_accounts[batch];
        let mut properties = json!({
            "accountEndpoint": format!("{}.{}.batch.azure.com", id.name(), given.location), "provisioningState": "Succeeded",
            "poolAllocationMode": "BatchService", "dedicatedCoreQuota": 20, "lowPriorityCoreQuota": 20, "poolQuota": 20,
            "activeJobAndJobScheduleQuota": 20, "publicNetworkAccess": "Enabled",
        });
        if let Some(auto) = &given.auto_storage {
            properties["autoStorage"] = json!({ "storageAccountId": auto.storage_account_id });
            if let Some(mode) = &auto.authentication_mode {
                properties["autoStorage"]["authenticationMode"] = json!(mode);
            }
            if self.batch_storage(batch).is_some() {
                properties["autoStorage"]["lastKeySync"] = json!(Self::stamp(*last_key_sync));
            }
        }
        json!({
            "name": id.name(), "location": given.location, "properties": properties, "identity": { "type": "None" },
            "id": id.as_str(), "type": "Microsoft.Batch/batchAccounts",
        })
    }

    /// Takes no body, answers 204 and none.
    pub(super) fn sync_auto_storage_keys(&mut self, target: &Target) -> Reply {
        let batch = match self.batch_of(target) {
            Ok(batch) => batch,
            Err(missing) => return missing,
        };
        if self.batch_storage(batch).is_none() {
            let message = "The specified Batch account has no auto storage account with storage keys.";
            return Reply::error(409, "AutoStorageNotConfigured", message);
        }
        self.log.tells.push(self.batch_accounts[batch].id.as_str().to_owned());
        match self.world.unknowns.batch_sync_seconds {
            0 => self.batch_takes(batch),
            seconds => self.events.plan(self.now + super::media::seconds(seconds), Event::BatchTakes { batch }),
        }
        Reply::empty(204)
    }
}
