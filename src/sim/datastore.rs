//! Datastores of workspaces: list, get, PUT (a full replace) and `listSecrets`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use crate::domain::account::Service;
use crate::domain::key::Slot;

use super::audit::{Author, WriteRecord};
use super::holder::HolderKind;
use super::message::{Incoming, Reply};
use super::route::Target;
use super::sas::Sas;
use super::state::State;
use super::workspace::SYSTEM;

/// A datastore.
#[derive(Clone, Debug)]
pub(super) struct Store {
    /// The name.
    pub name: String,
    /// The credentials' type.
    pub kind: String,
    /// The credentials' secret.
    pub secret: Option<String>,
    /// The secret before the last write, and when that was.
    before: Option<(String, OffsetDateTime)>,
    /// Everything else.
    pub properties: Map<String, Value>,
    /// When it was made and last written.
    times: (OffsetDateTime, OffsetDateTime),
}

impl Store {
    fn member(&self, name: &str) -> &str {
        self.properties.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The service that it uses, where that is one with keys.
    fn service(&self) -> Option<Service> {
        match self.member("datastoreType") {
            "AzureBlob" | "AzureDataLakeGen2" => Some(Service::Blob),
            "AzureFile" => Some(Service::File),
            _ => None,
        }
    }

    /// The path in the account that its SAS is for.
    fn path(&self) -> String {
        let root =
            ["containerName", "filesystem", "fileShareName"].into_iter().map(|name| self.member(name)).find(|it| !it.is_empty());
        format!("/{}", root.unwrap_or_default())
    }
}

impl State {
    pub(super) fn begin_datastores(&mut self, workspace: usize) {
        for given in std::mem::take(&mut self.workspaces[workspace].given.datastores) {
            let secret = given.credentials.secret.as_deref().map(|template| self.resolve(template));
            if let Some(text) = &secret {
                self.note_secret(text);
            }
            let times = (self.start, self.start);
            let mut properties = given.properties;
            self.fill_in(&mut properties);
            let store = Store { name: given.name, kind: given.credentials.kind, secret, before: None, properties, times };
            self.workspaces[workspace].stores.push(store);
            self.hold_store(workspace, self.workspaces[workspace].stores.len() - 1);
        }
    }

    fn store_id(&self, workspace: usize, name: &str) -> String {
        self.workspaces[workspace].id.child("datastores", name).as_str().to_owned()
    }

    /// The account that a datastore means: the same name under another suffix is another account.
    fn account_behind(&self, store: &Store) -> Option<usize> {
        let here = store.member("endpoint").eq_ignore_ascii_case(&self.world.endpoints.storage_suffix);
        here.then(|| self.account_by_name(store.member("accountName"))).flatten()
    }

    /// The datastore works with what it holds from now on.
    pub(super) fn hold_store(&mut self, workspace: usize, store: usize) {
        let it = &self.workspaces[workspace].stores[store];
        let system = SYSTEM.iter().any(|name| name.eq_ignore_ascii_case(&it.name));
        let kind = if system { HolderKind::SystemDatastore } else { HolderKind::Datastore };
        let id = self.store_id(workspace, &it.name);
        let keyed = matches!(it.kind.as_str(), "AccountKey" | "Sas").then(|| self.account_behind(it)).flatten();
        let now = self.now;
        match (keyed, it.service(), it.secret.as_deref()) {
            (Some(account), Some(service), Some(secret)) => {
                let generation = self.generation_of(account, secret, &it.path());
                self.hold(&id, kind, &[service], generation);
            }
            _ => {
                if let Some(holder) = self.holders.get_mut(&id) {
                    holder.takes(now, Vec::new());
                }
            }
        }
    }

    fn store_of(&self, target: &Target) -> Result<(usize, usize), Reply> {
        let workspace = self.workspace_of(target)?;
        let name = target.names.get(1).map(String::as_str).unwrap_or_default();
        let store = self.workspaces[workspace].stores.iter().position(|store| store.name.eq_ignore_ascii_case(name));
        store.map(|store| (workspace, store)).ok_or_else(|| {
            let message = format!("Could not find datastore: {name}.");
            user_error(404, "The specified resource was not found.", "DataStoreNotFound", &message)
        })
    }

    pub(super) fn list_datastores(&self, incoming: &Incoming, target: &Target) -> Reply {
        match self.workspace_of(target) {
            Ok(workspace) => {
                let rows = (0..self.workspaces[workspace].stores.len()).map(|store| self.describe_store(workspace, store));
                self.page(incoming, target, rows, "nextLink", "$skip")
            }
            Err(missing) => missing,
        }
    }

    pub(super) fn get_datastore(&self, target: &Target) -> Reply {
        self.store_of(target)
            .map_or_else(|missing| missing, |(workspace, store)| Reply::json(200, &self.describe_store(workspace, store)))
    }

    fn describe_store(&self, workspace: usize, store: usize) -> Value {
        let it = &self.workspaces[workspace].stores[store];
        let mut properties = it.properties.clone();
        properties.insert("credentials".into(), json!({ "credentialsType": it.kind }));
        json!({
            "id": self.store_id(workspace, &it.name), "name": it.name, "type": "Microsoft.MachineLearningServices/workspaces/datastores",
            "properties": properties,
            "systemData": Self::system_data(it.times.0, it.times.1),
        })
    }

    pub(super) fn list_datastore_secrets(&self, target: &Target) -> Reply {
        let (workspace, store) = match self.store_of(target) {
            Ok(found) => found,
            Err(missing) => return missing,
        };
        let it = &self.workspaces[workspace].stores[store];
        let Some((_, member)) = MEMBERS.iter().find(|(kind, _)| *kind == it.kind) else {
            let message = format!("Datastore {} has no credentials.", it.name);
            return user_error(400, "The datastore has no secrets.", "NoSecrets", &message);
        };
        let lag = super::media::seconds(self.world.unknowns.datastore_lag_seconds);
        let shown = match &it.before {
            Some((before, written)) if self.now < *written + lag => Some(before),
            _ => it.secret.as_ref(),
        };
        Reply::json(200, &json!({ "secretsType": it.kind, *member: shown }))
    }

    /// A full replace: what is left out is gone, except that the service fills in its defaults.
    pub(super) fn put_datastore(&mut self, incoming: &Incoming, target: &Target) -> Reply {
        let workspace = match self.workspace_of(target) {
            Ok(workspace) => workspace,
            Err(missing) => return missing,
        };
        let Some(name) = target.names.get(1).cloned() else { return Reply::empty(404) };
        let body = incoming.json();
        let Value::Object(mut given) = body["properties"].clone() else {
            return user_error(400, "The request is invalid.", "BadArgument", "properties is missing.");
        };
        let credentials = given.remove("credentials").unwrap_or(Value::Null);
        let kind = credentials["credentialsType"].as_str().unwrap_or_default().to_owned();
        let member = MEMBERS.iter().find(|(known, _)| *known == kind).map(|(_, member)| *member);
        let secret = member.and_then(|member| credentials["secrets"][member].as_str()).map(str::to_owned);
        if kind.is_empty() || (member.is_some() && secret.is_none()) {
            return user_error(400, "The request is invalid.", "BadArgument", "credentials and their secrets are needed.");
        }
        self.fill_in(&mut given);
        let mut store = Store { name, kind, secret, before: None, properties: given, times: (self.now, self.now) };
        let skips = incoming.query("skipValidation").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        if !skips && !self.is_valid(&store) {
            let message = format!("Failed to validate the credentials of datastore {} against its storage.", store.name);
            return user_error(400, "The datastore could not be validated.", "InvalidCredentials", &message);
        }
        let stores = &mut self.workspaces[workspace].stores;
        let existing = stores.iter().position(|known| known.name.eq_ignore_ascii_case(&store.name));
        let (position, status) = if let Some(position) = existing {
            store.times.0 = stores[position].times.0;
            store.name.clone_from(&stores[position].name);
            store.before = stores[position].secret.clone().map(|secret| (secret, self.now));
            let before = std::mem::replace(&mut stores[position], store);
            self.compare(workspace, position, &before);
            (position, self.world.unknowns.datastore_put_status)
        } else {
            stores.push(store);
            (stores.len() - 1, 201)
        };
        self.write_store(workspace, position, Author::Caller);
        Reply::json(status, &self.describe_store(workspace, position))
    }

    /// The members that the service always shows, as it fills them in where nobody gave them.
    fn fill_in(&self, given: &mut Map<String, Value>) {
        for (member, default) in [
            ("description", Value::Null),
            ("tags", Value::Null),
            ("properties", Value::Null),
            ("isDefault", json!(false)),
            ("subscriptionId", Value::Null),
            ("resourceGroup", Value::Null),
            ("endpoint", json!(self.world.endpoints.storage_suffix)),
            ("protocol", json!("https")),
            ("serviceDataAccessAuthIdentity", json!("None")),
        ] {
            given.entry(member).or_insert(default);
        }
    }

    /// Writes down what a full replace lost.
    fn compare(&mut self, workspace: usize, position: usize, before: &Store) {
        let after = &self.workspaces[workspace].stores[position];
        let id = self.store_id(workspace, &after.name);
        let members: BTreeSet<&String> = before.properties.keys().collect();
        let plain = |map: &Map<String, Value>, name: &str| match map.get(name) {
            None | Some(Value::Null) => Value::Null,
            Some(Value::Object(object)) if object.is_empty() => Value::Null,
            Some(value) => value.clone(),
        };
        let mut lost: Vec<String> = members
            .into_iter()
            .filter(|name| plain(&before.properties, name) != plain(&after.properties, name))
            .map(|name| format!("{id} lost {name}"))
            .collect();
        if before.kind != after.kind {
            lost.push(format!("{id} lost credentials of type {}", before.kind));
        }
        if before.kind == "Sas"
            && let (Some(old), Some(new)) =
                (before.secret.as_deref().and_then(Sas::read), after.secret.as_deref().and_then(Sas::read))
        {
            let fields = ["sp", "se", "sr", "ss", "srt", "st", "si", "sip", "spr"];
            let changed = fields.into_iter().filter(|field| old.field(field) != new.field(field));
            lost.extend(changed.map(|field| format!("{id} lost {field} of its SAS")));
        }
        self.log.losses.extend(lost);
    }

    fn write_store(&mut self, workspace: usize, store: usize, author: Author) {
        self.hold_store(workspace, store);
        self.workspaces[workspace].stores[store].times.1 = self.now;
        let it = &self.workspaces[workspace].stores[store];
        let (dependent, secret) = (self.store_id(workspace, &it.name), it.secret.clone());
        if let Some(text) = secret {
            self.note_secret(&text);
        }
        self.log.writes.push(WriteRecord { dependent, seconds: self.seconds(self.now), author });
    }

    /// Whether the service gets in with these credentials: it tries them once, on one front end.
    fn is_valid(&mut self, store: &Store) -> bool {
        let (Some(service), Some(secret)) = (store.service(), store.secret.as_deref()) else { return true };
        let Some(position) = self.account_behind(store) else { return true };
        if self.accounts[position].given.blocked_services.iter().any(|blocked| blocked == service.name()) {
            return false;
        }
        match store.kind.as_str() {
            "AccountKey" => self.tries_key(position, service, secret),
            "Sas" => {
                let path = store.path();
                let signer = self.generation_in(secret, &path).map(|id| self.keyring.get(id).key.expose().to_owned());
                signer.is_some_and(|key| self.tries_key(position, service, &key))
            }
            _ => true,
        }
    }

    /// Somebody else's deployment writes the key of a slot into every user datastore of an account.
    pub(super) fn others_deploy(&mut self, storage: usize, slot: Slot) {
        let name = self.accounts[storage].id.name().to_owned();
        let key = self.keyring.get(self.accounts[storage].current(slot)).key.expose().to_owned();
        for workspace in 0..self.workspaces.len() {
            for store in 0..self.workspaces[workspace].stores.len() {
                let it = &mut self.workspaces[workspace].stores[store];
                let system = SYSTEM.iter().any(|known| known.eq_ignore_ascii_case(&it.name));
                if system || it.kind != "AccountKey" || !it.member("accountName").eq_ignore_ascii_case(&name) {
                    continue;
                }
                it.secret = Some(key.clone());
                self.write_store(workspace, store, Author::Other);
            }
        }
    }
}

/// Where each type of credentials keeps its secret.
const MEMBERS: [(&str, &str); 4] =
    [("AccountKey", "key"), ("Sas", "sasToken"), ("ServicePrincipal", "clientSecret"), ("Certificate", "certificate")];

fn user_error(status: u16, message: &str, code: &str, detail: &str) -> Reply {
    let body = json!({ "error": { "code": "UserError", "message": message, "details": [{ "code": code, "message": detail }] } });
    Reply::json(status, &body)
}
