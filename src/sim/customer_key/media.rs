//! Media accounts as holders of keys (2021-11-01): a PUT replaces everything.

use serde_json::{Map, Value, json};

use crate::contract::world;
use crate::domain::resource_id::ResourceId;

use super::super::message::{Incoming, Reply};
use super::super::route::Target;
use super::super::state::State;
use super::MediaRecord;

impl State {
    pub(super) fn begin_media_record(&mut self, given: &world::MediaAccount) {
        let Ok(id) = given.id.parse::<ResourceId>() else { return };
        let encryption = &given.encryption;
        let system = (encryption.system_identity || encryption.key.is_some()).then(|| self.principal_of(id.as_str()));
        let record = MediaRecord {
            tags: json!({}),
            system: system.clone(),
            users: encryption.user_identities.clone(),
            key: encryption.key.clone(),
            key_identity: None,
            first_version: encryption.key.as_ref().and_then(|key| self.newest_version(key)).unwrap_or_default(),
            pick_up: self.delay(self.world.unknowns.media_key_seconds, &format!("key of {id}")),
            key_delivery: json!({ "accessControl": { "defaultAction": "Allow", "ipAllowList": [] } }),
            ready: self.start,
        };
        if let (Some(key), Some(principal)) = (&encryption.key, system)
            && let Some((vault, _, _)) = self.key_named(key)
        {
            let (start, vault_id) =
                (self.start, self.vaults.iter().find(|it| it.id.name().eq_ignore_ascii_case(&vault)).map(|it| it.id.to_string()));
            self.customer_keys.roles.push(super::RoleRecord {
                name: self.principal_of(&format!("role {id}")),
                scope: vault_id.unwrap_or_default(),
                role: "e147488a-f6f5-4113-8e2d-b22465e65bf6".into(),
                principal: principal.clone(),
                since: start,
            });
            if let Some(record) = self.customer_keys.vaults.get_mut(&vault) {
                record
                    .policies
                    .extend(["get", "wrapKey", "unwrapKey"].map(|permission| (principal.clone(), permission.to_owned(), start)));
            }
        }
        self.customer_keys.media.insert(id.lowercase(), record);
    }

    /// What Resource Manager shows beside what every account shows.
    pub(in crate::sim) fn decorate_media(&self, position: usize, mut shown: Value) -> Value {
        let id = self.media[position].id.lowercase();
        let Some(record) = self.customer_keys.media.get(&id) else { return shown };
        shown["tags"] = record.tags.clone();
        shown["properties"]["keyDelivery"] = record.key_delivery.clone();
        if self.now < record.ready {
            shown["properties"]["provisioningState"] = json!("InProgress");
        }
        if record.system.is_some() || !record.users.is_empty() {
            let kind = match (&record.system, record.users.is_empty()) {
                (Some(_), true) => "SystemAssigned",
                (Some(_), false) => "SystemAssigned,UserAssigned",
                (None, _) => "UserAssigned",
            };
            shown["identity"] = json!({ "type": kind });
            if let Some(principal) = &record.system {
                shown["identity"]["principalId"] = json!(principal);
                shown["identity"]["tenantId"] = json!(self.world.tenant);
            }
            if !record.users.is_empty() {
                let users = record
                    .users
                    .iter()
                    .map(|id| (id.clone(), json!({ "principalId": self.user_principal(id), "clientId": self.principal_of(id) })));
                shown["identity"]["userAssignedIdentities"] = Value::Object(users.collect::<Map<_, _>>());
            }
        }
        if let Some(key) = &record.key {
            let base = key.split("/keys/").next().unwrap_or_default();
            let name = key.split("/keys/").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
            let current = self.media_version(&id).map(|version| format!("{base}/keys/{name}/{version}"));
            let identity = match &record.key_identity {
                Some(user) => json!({ "userAssignedIdentity": user, "useSystemAssignedIdentity": false }),
                None => json!({ "useSystemAssignedIdentity": true }),
            };
            let status = if self.is_unreadable(&id).is_some() { "CustomerKeyInaccessible" } else { "CustomerKeyAccessible" };
            shown["properties"]["encryption"] = json!({
                "type": "CustomerKey", "status": status, "identity": identity,
                "keyVaultProperties": { "keyIdentifier": key, "currentKeyIdentifier": current },
            });
        }
        shown
    }

    /// Creates or replaces. What is not sent is lost, and written down.
    pub(super) fn put_media(&mut self, incoming: &Incoming, target: &Target) -> Reply {
        if let Some(reply) = self.missing_group(target).or_else(|| self.retired()) {
            return reply;
        }
        let (id, body) = (Self::id_in(target, "Microsoft.Media", "mediaservices"), incoming.json());
        let key = id.lowercase();
        let properties = &body["properties"];
        let storage: Vec<Value> = properties["storageAccounts"].as_array().cloned().unwrap_or_default();
        let ids: Vec<String> = storage.iter().filter_map(|it| it["id"].as_str()).map(str::to_owned).collect();
        let exists = |text: &String| self.account_by_id(text).is_some_and(|at| !self.is_gone(&self.accounts[at].id));
        if ids.is_empty() || !ids.iter().all(exists) {
            return Reply::error(400, "BadRequest", "A storage account does not exist or may not be used.");
        }
        let position = self.media.iter().position(|media| media.id.lowercase() == key);
        let there = position.is_some() && !self.customer_keys.gone.contains(&key);
        let before = self.customer_keys.media.get(&key).cloned().filter(|_| there);
        let identity = &body["identity"];
        let kind = identity["type"].as_str().unwrap_or_default().to_ascii_lowercase();
        let users: Vec<String> =
            identity["userAssignedIdentities"].as_object().into_iter().flatten().map(|(id, _)| id.clone()).collect();
        let system = kind.contains("systemassigned").then(|| self.principal_of(&key));
        let encryption = &properties["encryption"];
        let told = encryption["keyVaultProperties"]["keyIdentifier"].as_str().filter(|_| encryption["type"] == "CustomerKey");
        let key_identity = encryption["identity"]["userAssignedIdentity"].as_str().map(str::to_owned);
        if let Some(told) = told {
            let opener = match &key_identity {
                Some(user) if users.iter().any(|known| known.eq_ignore_ascii_case(user)) => Some(self.user_principal(user)),
                Some(_) => None,
                None => system.clone(),
            };
            if let Err(why) = self.may_encrypt_with(told, opener.as_deref()) {
                return Reply::error(400, "BadRequest", &why);
            }
        }
        let record = MediaRecord {
            tags: body.get("tags").cloned().unwrap_or_else(|| json!({})),
            system,
            users,
            first_version: told.and_then(|told| self.newest_version(told)).unwrap_or_default(),
            key: told.map(str::to_owned),
            key_identity,
            pick_up: self.delay(self.world.unknowns.media_key_seconds, &format!("key of {id}")),
            key_delivery: properties
                .get("keyDelivery")
                .cloned()
                .unwrap_or_else(|| json!({ "accessControl": { "defaultAction": "Allow", "ipAllowList": [] } })),
            ready: self.ready_at(),
        };
        if let (Some(before), Some(at)) = (&before, position) {
            self.note_losses(at, before, &record, &ids);
        }
        self.customer_keys.media.insert(key.clone(), record);
        self.customer_keys.gone.remove(&key);
        let attached = storage.iter().filter_map(|it| {
            let primary = it["type"].as_str().is_none_or(|kind| kind.eq_ignore_ascii_case("Primary"));
            Some(world::AttachedStorage { id: it["id"].as_str()?.to_owned(), primary, synced: true })
        });
        let attached: Vec<world::AttachedStorage> = attached.collect();
        let at = if let Some(at) = position {
            self.media[at].given.storage_accounts = attached;
            at
        } else {
            let mut given = world::MediaAccount::new(id.as_str(), &ids[0]);
            (given.assets, given.storage_accounts) = (Vec::new(), attached);
            given.location = body["location"].as_str().unwrap_or_default().to_owned();
            self.world.media_accounts.push(given.clone());
            self.begin_media_account(given);
            self.media.len() - 1
        };
        let operation = self.begin_resource_operation(&key);
        let location = body["location"].as_str().unwrap_or_default().replace(' ', "").to_ascii_lowercase();
        let path = format!("Microsoft.Media/locations/{location}/mediaServicesOperationStatuses/{operation}");
        let url = self.resource_operation_url(&target.subscription, &path, "2021-11-01");
        let status = if there { 200 } else { 201 };
        Reply::json(status, &self.describe_media(at)).header("azure-asyncoperation", &url).header("retry-after", "5")
    }

    fn note_losses(&mut self, at: usize, before: &MediaRecord, after: &MediaRecord, storage: &[String]) {
        let id = self.media[at].id.to_string();
        let kept = |known: &str| storage.iter().any(|id| id.eq_ignore_ascii_case(known));
        let mut lost: Vec<String> =
            self.media[at].given.storage_accounts.iter().filter(|it| !kept(&it.id)).map(|it| it.id.clone()).collect();
        if before.tags.as_object().is_some_and(|tags| tags.iter().any(|(name, value)| after.tags.get(name) != Some(value))) {
            lost.push("tags".into());
        }
        if before.key_delivery != after.key_delivery {
            lost.push("keyDelivery".into());
        }
        if before.system.is_some() && after.system.is_none() {
            lost.push("identity".into());
        }
        self.log.losses.extend(lost.into_iter().map(|what| format!("{id} lost {what}")));
    }

    pub(super) fn delete_media(&mut self, target: &Target) -> Reply {
        let found = self.find(target, self.media.iter().map(|media| &media.id));
        let Ok(position) = found else { return Reply::empty(204) };
        let id = self.media[position].id.clone();
        self.customer_keys.gone.insert(id.lowercase());
        self.customer_keys.media.remove(&id.lowercase());
        self.customer_keys.deleted.push(id.to_string());
        Reply::empty(200)
    }

    /// What Resource Manager answers once it no longer knows the service.
    pub(in crate::sim) fn retired(&self) -> Option<Reply> {
        let message = "The resource type 'mediaservices' could not be found in the namespace 'Microsoft.Media' for api version '2021-11-01'.";
        self.world.unknowns.media_retired.then(|| Reply::gateway_error(404, "InvalidResourceType", message))
    }

    pub(super) fn user_principal(&self, id: &str) -> String {
        let found = self.world.user_identities.iter().find(|known| known.id.eq_ignore_ascii_case(id));
        found.map(|known| known.principal.clone()).unwrap_or_default()
    }
}
