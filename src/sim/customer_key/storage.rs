//! Storage accounts that come and go (2023-05-01), and their own customer-managed keys.

use serde_json::{Value, json};

use crate::contract::world;

use super::super::message::{Incoming, Reply};
use super::super::route::Target;
use super::super::state::State;

impl State {
    /// 202 for what has to be made, 200 for what is there.
    pub(super) fn put_storage(&mut self, incoming: &Incoming, target: &Target) -> Reply {
        if let Some(reply) = self.missing_group(target) {
            return reply;
        }
        let id = Self::id_in(target, "Microsoft.Storage", "storageAccounts");
        let body = incoming.json();
        let (Some(location), Some(_)) = (body["location"].as_str(), body["sku"]["name"].as_str()) else {
            return Reply::error(400, "InvalidRequest", "The location and the sku are required.");
        };
        if let Some(known) = self.account_by_name(id.name()) {
            let taken = self.accounts[known].id != id;
            if taken {
                let message = format!("The storage account named {} is already taken.", id.name());
                return Reply::error(409, "StorageAccountAlreadyTaken", &message);
            }
            if self.customer_keys.gone.remove(&id.lowercase()) {
                self.remember_storage(&id.lowercase(), &body);
            } else {
                return Reply::json(200, &self.describe_account(known));
            }
        } else {
            let mut given = world::StorageAccount::new(id.as_str());
            location.clone_into(&mut given.location);
            given.key1.age_days = Some(0);
            given.key2.age_days = Some(0);
            self.world.storage_accounts.push(given.clone());
            self.begin_account(given);
            self.remember_storage(&id.lowercase(), &body);
        }
        let operation = self.begin_resource_operation(id.as_str());
        let path = format!("Microsoft.Storage/locations/{location}/asyncoperations/{operation}");
        let url = self.resource_operation_url(&target.subscription, &path, "2023-05-01");
        Reply::empty(202).header("location", &format!("{url}&monitor=true")).header("retry-after", "17")
    }

    fn remember_storage(&mut self, id: &str, body: &Value) {
        let ready = self.ready_at();
        let tags = body.get("tags").cloned().unwrap_or_else(|| json!({}));
        self.customer_keys.storage.insert(id.to_owned(), (tags, ready));
    }

    /// What Resource Manager shows beside what every account shows.
    pub(in crate::sim) fn decorate_account(&self, position: usize, mut shown: Value) -> Value {
        let account = &self.accounts[position];
        if let Some((tags, ready)) = self.customer_keys.storage.get(&account.id.lowercase()) {
            shown["tags"] = tags.clone();
            if self.now < *ready {
                shown["properties"]["provisioningState"] = json!("Creating");
            }
        }
        if let Some(key) = &account.given.customer_key {
            let mut parts = key.split("/keys/");
            let (vault, rest) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            let (name, version) = rest.split_once('/').unwrap_or((rest, ""));
            let current = self.storage_version(position).map(|version| format!("{vault}/keys/{name}/{version}"));
            shown["properties"]["encryption"] = json!({
                "keySource": "Microsoft.Keyvault",
                "keyvaultproperties": {
                    "keyvaulturi": vault, "keyname": name, "keyversion": version, "currentVersionedKeyIdentifier": current,
                },
            });
        }
        shown
    }

    /// The version that a storage account uses: the newest that it has had the time to see.
    pub(super) fn storage_version(&self, position: usize) -> Option<String> {
        let account = &self.accounts[position];
        let key = account.given.customer_key.as_ref()?;
        let (vault, name, pinned) = self.key_named(key)?;
        if let Some(pinned) = pinned {
            return Some(pinned);
        }
        let delay = self.delay(self.world.unknowns.storage_key_seconds, &format!("key of {}", account.id));
        self.version_seen(&vault, &name, delay)
    }

    pub(super) fn storage_contents(&self, incoming: &Incoming, target: &Target) -> Reply {
        let found = self.find(target, self.accounts.iter().map(|account| &account.id));
        let account = match found {
            Ok(position) => &self.accounts[position],
            Err(missing) => return missing,
        };
        let own = account.given.containers.iter().cloned();
        let assets = self.world.media_accounts.iter().flat_map(|media| &media.assets);
        let assets = assets.filter(|asset| asset.storage_account_name.eq_ignore_ascii_case(account.id.name()));
        let names: Vec<String> = own.chain(assets.map(|asset| asset.container.clone())).collect();
        let blobs = incoming.url.path().to_ascii_lowercase().contains("/blobservices/");
        let rows =
            names.iter().filter(|_| blobs).map(|name| json!({ "id": format!("{}/{name}", incoming.url.path()), "name": name }));
        self.page(incoming, target, rows.collect::<Vec<_>>(), "nextLink", "$skiptoken")
    }

    pub(super) fn delete_storage(&mut self, target: &Target) -> Reply {
        let found = self.find(target, self.accounts.iter().map(|account| &account.id));
        let Ok(position) = found else { return Reply::empty(204) };
        let id = self.accounts[position].id.clone();
        self.customer_keys.gone.insert(id.lowercase());
        self.customer_keys.deleted.push(id.to_string());
        Reply::empty(200)
    }
}
