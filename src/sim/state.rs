//! The simulated Azure at one moment.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use url::form_urlencoded;

use crate::contract::world::{Form, Placeholder, World};
use crate::domain::account::Service;
use crate::domain::key::Slot;

use super::account::Account;
use super::audit::Log;
use super::batch::Batch;
use super::customer_key::CustomerKeys;
use super::event::Events;
use super::fault::Schedule;
use super::holder::{Holder, HolderKind};
use super::keyring::{GenerationId, Keyring};
use super::media::Media;
use super::message::{Incoming, Reply, decoded};
use super::odata::MediaV2;
use super::operation::Operation;
use super::random::Random;
use super::route::{Route, Target};
use super::sas::Sas;
use super::streaming_origin::Origins;
use super::vault::Vault;
use super::workspace::Workspace;

/// Everything that is true of the simulated Azure.
#[derive(Clone)]
pub(super) struct State {
    /// What it was made from, with what changed since in its lists of locks and missing actions.
    pub world: World,
    /// When it began.
    pub start: OffsetDateTime,
    /// The moment up to which everything has happened.
    pub now: OffsetDateTime,
    /// Every generation of every key.
    pub keyring: Keyring,
    /// The storage accounts.
    pub accounts: Vec<Account>,
    /// The media accounts.
    pub media: Vec<Media>,
    /// The v2 faces of media accounts.
    pub media_v2: Vec<MediaV2>,
    /// What streaming endpoints have in their caches, and which locators are not ready yet.
    pub origins: Origins,
    /// The workspaces.
    pub workspaces: Vec<Workspace>,
    /// The Batch accounts.
    pub batch_accounts: Vec<Batch>,
    /// The vaults.
    pub vaults: Vec<Vault>,
    /// Keys of customers, and who is encrypted with them.
    pub customer_keys: CustomerKeys,
    /// Long-running operations, finished ones too.
    pub operations: Vec<Operation>,
    /// Who holds what.
    pub holders: BTreeMap<String, Holder>,
    /// What will happen by itself.
    pub events: Events,
    /// What goes wrong.
    pub schedule: Schedule,
    /// What happened.
    pub log: Log,
    /// Draws that depend on the order of calls.
    pub random: Random,
    /// Actions that were taken from the caller on the way.
    pub lost_actions: BTreeSet<String>,
    /// Until when a route answers 503.
    pub outages: BTreeMap<&'static str, OffsetDateTime>,
    /// The last answer to each read, for those that come back stale.
    pub last_answers: BTreeMap<String, (OffsetDateTime, Reply)>,
    /// Dependents that are being written at this moment.
    pub under_way: BTreeSet<String>,
    serial: u64,
}

impl State {
    /// The state in which a world begins.
    pub(super) fn new(world: World) -> Self {
        let start = OffsetDateTime::parse(&world.now, &Rfc3339).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let mut state = Self {
            start,
            now: start,
            keyring: Keyring::default(),
            accounts: Vec::new(),
            media: Vec::new(),
            media_v2: Vec::new(),
            origins: Origins::default(),
            workspaces: Vec::new(),
            batch_accounts: Vec::new(),
            vaults: Vec::new(),
            customer_keys: CustomerKeys::default(),
            operations: Vec::new(),
            holders: BTreeMap::new(),
            events: Events::default(),
            schedule: Schedule::new(&world.faults, world.seed),
            log: Log::default(),
            random: Random::for_purpose(world.seed, "order of calls"),
            lost_actions: BTreeSet::new(),
            outages: BTreeMap::new(),
            last_answers: BTreeMap::new(),
            under_way: BTreeSet::new(),
            serial: 0,
            world,
        };
        state.begin_accounts();
        state.begin_media();
        state.begin_media_v2();
        state.begin_workspaces();
        state.begin_batch_accounts();
        state.begin_vaults();
        state.begin_customer_keys();
        state
    }

    /// Answers a request that arrives now.
    pub(super) fn answer(&mut self, incoming: &Incoming, target: &Target) -> Reply {
        if let Some(refusal) = self.gate(incoming, target) {
            return refusal;
        }
        match target.route {
            Route::Subscriptions => self.list_subscriptions(),
            Route::Subscription => self.get_subscription(target),
            Route::StorageList => self.list_storage_accounts(incoming, target),
            Route::StorageGet => self.get_storage_account(target),
            Route::ListKeys => self.list_keys(incoming, target),
            Route::RegenerateKey => self.regenerate_key(incoming, target),
            Route::MediaList => self.list_media(incoming, target),
            Route::MediaGet => self.get_media(incoming, target),
            Route::SyncStorageKeys => self.sync_storage_keys(incoming, target),
            Route::Assets => self.list_assets(incoming, target),
            Route::ListContainerSas => self.list_container_sas(incoming, target),
            Route::Media(call) => self.media_child(incoming, target, call),
            Route::Streaming(call) => self.streaming(incoming, target, call),
            Route::ClassicPutKey => self.put_media_key(incoming, target),
            Route::MediaV2(route) => self.media_v2(route, incoming, target),
            Route::WorkspaceList => self.list_workspaces(incoming, target),
            Route::WorkspaceGet => self.get_workspace(target),
            Route::WorkspaceListKeys => self.list_workspace_keys(target),
            Route::ResyncKeys => self.resync_keys(incoming, target),
            Route::WorkspaceOperation => self.get_operation(incoming, target),
            Route::Datastores => self.list_datastores(incoming, target),
            Route::DatastoreGet => self.get_datastore(target),
            Route::DatastorePut => self.put_datastore(incoming, target),
            Route::DatastoreListSecrets => self.list_datastore_secrets(target),
            Route::BatchList => self.list_batch_accounts(incoming, target),
            Route::BatchGet => self.get_batch_account(target),
            Route::SyncAutoStorageKeys => self.sync_auto_storage_keys(target),
            Route::VaultList => self.list_vaults(incoming, target),
            Route::VaultGet => self.get_vault(target),
            Route::Secrets | Route::SecretGet | Route::SecretVersions | Route::SecretPut | Route::VaultStorage => {
                self.vault_data(incoming, target)
            }
            Route::CustomerKey(operation) => self.customer_key(incoming, target, operation),
            Route::Graph => self.query_graph(incoming),
            Route::Locks => self.list_locks(incoming, target),
            Route::Permissions => self.list_permissions(),
            Route::PolicyToken => Self::acquire_policy_token(incoming),
            Route::Catalog(call) => self.catalog(incoming, target, call),
            Route::SignIn(call) => self.sign_in(incoming, call),
            Route::Data(service) => self.data_plane(incoming, target, service),
            Route::Unknown => {
                Reply::gateway_error(404, "InvalidResourceType", "The resource type could not be found in the simulated Azure.")
            }
        }
    }

    /// A fresh number for ids.
    pub(super) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// A fresh id of 32 hexadecimal digits, the same in every process that does the same.
    pub(super) fn next_hex(&mut self) -> String {
        let serial = self.next_serial();
        let mut random = Random::for_purpose(self.world.seed, &format!("id {serial}"));
        format!("{:016x}{:016x}", random.draw(), random.draw())
    }

    /// A moment as Resource Manager writes it.
    pub(super) fn stamp(at: OffsetDateTime) -> String {
        at.format(&Rfc3339).unwrap_or_default()
    }

    /// Who made a resource and when, as every newer provider shows it.
    pub(super) fn system_data(made: OffsetDateTime, written: OffsetDateTime) -> Value {
        json!({
            "createdAt": Self::stamp(made), "createdBy": "somebody", "createdByType": "User",
            "lastModifiedAt": Self::stamp(written), "lastModifiedBy": "somebody", "lastModifiedByType": "User",
        })
    }

    /// The generation in a text, or the one that signed the SAS in it. `path` is the place of a SAS without a URL.
    pub(super) fn generation_in(&self, text: &str, path: &str) -> Option<GenerationId> {
        self.keyring.find_in(text).or_else(|| {
            let sas = Sas::read(text)?;
            let path = url::Url::parse(text).map_or_else(|_| path.to_owned(), |url| decoded(url.path()));
            let signer = |service| {
                self.keyring
                    .iter()
                    .find(|(_, generation)| sas.is_signed_by(&generation.key, generation.account.name(), service, &path))
                    .map(|(id, _)| id)
            };
            Service::ALL.into_iter().find_map(signer)
        })
    }

    /// Replaces what stands in braces: see [`crate::contract::world::Secret::value`].
    pub(super) fn resolve(&self, template: &str) -> String {
        Placeholder::replace(template, |inside| self.resolve_placeholder(&Placeholder::parse(inside)?))
    }

    fn resolve_placeholder(&self, placeholder: &Placeholder) -> Option<String> {
        let account = &self.accounts[self.account_by_id(&placeholder.account)?];
        let name = account.id.name();
        let key = |slot: Slot| &self.keyring.get(account.current(slot)).key;
        let expiry = self.start + time::Duration::days(30);
        Some(match &placeholder.form {
            Form::Key(slot) => key(*slot).expose().to_owned(),
            Form::ConnectionString(slot) => format!(
                "DefaultEndpointsProtocol={};AccountName={name};AccountKey={};EndpointSuffix={}",
                self.world.endpoints.scheme,
                key(*slot).expose(),
                self.world.endpoints.storage_suffix
            ),
            Form::AccountSas(slot) => Sas::for_account(name, "rl", expiry, key(*slot))?.query(),
            Form::ContainerSas { container, slot } => Sas::for_container(name, container, "rl", expiry, key(*slot))?.query(),
            Form::Endpoint(service) => self.endpoint(name, *service),
        })
    }

    /// Remembers what of a text must never be found anywhere: a signature, plain and as it stands in a URL, or all of
    /// it when it is long enough to be told from ordinary words. Keys are known anyway.
    pub(super) fn note_secret(&mut self, text: &str) {
        if let Some(sas) = Sas::read(text) {
            let signature = sas.field("sig").to_owned();
            self.log.secrets.insert(form_urlencoded::byte_serialize(signature.as_bytes()).collect());
            self.log.secrets.insert(signature);
        } else if text.len() >= 16 && self.keyring.find_in(text).is_none() {
            self.log.secrets.insert(text.to_owned());
        }
    }

    /// The holder of this id, made when it is new.
    pub(super) fn holder(&mut self, id: &str, kind: HolderKind, services: &[Service]) -> &mut Holder {
        self.holders.entry(id.to_owned()).or_insert_with(|| Holder::new(id, kind, services.to_vec()))
    }

    /// From now on this holder has a generation; without one it has rubbish, and tries to use it.
    pub(super) fn hold(&mut self, id: &str, kind: HolderKind, services: &[Service], generation: Option<GenerationId>) {
        let now = self.now;
        let holder = self.holder(id, kind, services);
        match generation {
            Some(generation) => holder.takes(now, vec![generation]),
            None => holder.takes_rubbish(now),
        }
    }

    /// The generation in a text, if it belongs to this account: another account's key opens nothing here.
    pub(super) fn generation_of(&self, account: usize, text: &str, path: &str) -> Option<GenerationId> {
        self.generation_in(text, path).filter(|id| self.keyring.get(*id).account == self.accounts[account].id)
    }
}
