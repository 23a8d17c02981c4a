//! A world with somebody who brings keys of their own.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use keyroll::azure::client::{Client, ClientOptions, Unobserved};
use keyroll::azure::cloud::Cloud;
use keyroll::contract::world::{MediaAccount, StorageAccount, Subscription, Vault, VaultKey, World};
use keyroll::domain::customer_key::{Access, Entry, Event, Identity, Report, Wanted};
use keyroll::domain::problem::Problem;
use keyroll::rotation::customer_key::state::RunState;
use keyroll::rotation::customer_key::{Draft, Engine, Listener, Start};
use keyroll::rotation::memory::Memory;
use keyroll::rotation::{Cancel, Patience};
use keyroll::sim::simulator::Simulator;
use keyroll::sim::virtual_clock::VirtualClock;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::worlds::{SUBSCRIPTION, id};

/// The object id that the simulated Azure knows the caller by.
pub const CALLER: &str = "00000000-0000-0000-0000-00000000ca11";

pub fn media() -> String {
    id("Microsoft.Media/mediaservices", "ams1")
}

pub fn storage() -> String {
    id("Microsoft.Storage/storageAccounts", "stams1")
}

pub fn vault() -> String {
    id("Microsoft.KeyVault/vaults", "kvams1")
}

pub const KEY: &str = "https://kvams1.vault.azure.net/keys/media";

/// A group with one storage account that has nothing to do with anything.
pub fn empty() -> World {
    let subscription = Subscription { id: SUBSCRIPTION.to_owned(), name: "prod".to_owned() };
    let other = StorageAccount::new(&id("Microsoft.Storage/storageAccounts", "stother"));
    World { subscriptions: vec![subscription], storage_accounts: vec![other], ..World::default() }
}

/// A media account with its storage account, both without a key of ours.
pub fn with_account() -> World {
    let mut world = empty();
    world.storage_accounts.push(StorageAccount::new(&storage()));
    world.media_accounts.push(MediaAccount::new(&media(), &storage()));
    world
}

/// A protected vault that decides by access policies, with one key.
pub fn with_vault(mut world: World) -> World {
    let mut vault = Vault::new(&vault());
    vault.security.by_roles = false;
    vault.security.purge_protection = true;
    vault.security.keys = vec![VaultKey::new("media")];
    world.vaults.push(vault);
    world
}

/// A media account that follows the key of the vault.
pub fn encrypted() -> World {
    let mut world = with_vault(with_account());
    world.media_accounts[0].encryption.key = Some(KEY.to_owned());
    world
}

/// What is wanted of these worlds.
pub fn wanted() -> Wanted {
    Wanted {
        account: media().parse().expect("an id"),
        storage: Some(storage().parse().expect("an id")),
        location: Some("westeurope".to_owned()),
        identity: Identity::System,
        vault: vault().parse().expect("an id"),
        tenant: World::default().tenant,
        key: KEY.parse().expect("a key"),
        key_size: 2048,
        pinned: false,
        access: Access::Policies,
        operator: Some(CALLER.to_owned()),
        recover: false,
    }
}

#[derive(Debug, Default)]
pub struct Heard(Mutex<Vec<Event>>);

impl Listener for Heard {
    fn entry(&self, _: &str, entry: &Entry, _: &RunState) {
        if std::env::var_os("KEYROLL_TRACE").is_some() {
            eprintln!("{} {:?}", entry.time, entry.event);
        }
        self.0.lock().expect("no panic").push(entry.event.clone());
    }
}

impl Heard {
    pub fn events(&self) -> Vec<Event> {
        self.0.lock().expect("no panic").clone()
    }
}

pub struct Rig {
    pub clock: VirtualClock,
    pub azure: Simulator,
    pub memory: Memory,
    pub heard: Arc<Heard>,
}

impl Rig {
    pub fn new(world: World) -> Self {
        let clock = VirtualClock::new(OffsetDateTime::parse(&world.now, &Rfc3339).expect("a time"));
        let azure = Simulator::new(world, Arc::new(clock.steady())).expect("a sound world");
        Self { clock, azure, memory: Memory::new(), heard: Arc::default() }
    }

    pub fn client(&self) -> Client {
        Client::new(ClientOptions {
            transport: self.azure.transport(),
            cloud: Cloud::public(),
            credential: Some(self.azure.credential()),
            clock: Arc::new(self.clock.clone()),
            observer: Arc::new(Unobserved),
            client_request_id: None,
        })
    }

    /// An engine as a new process would make it.
    pub fn engine(&self) -> Engine {
        Engine {
            client: self.client(),
            storage: Arc::new(self.memory.clone()),
            listener: self.heard.clone(),
            cancel: Cancel::new(),
            identity: None,
        }
    }

    /// Runs a future in virtual time; `None` when the process died on the way.
    pub fn run<F: Future>(&self, future: F) -> Option<F::Output> {
        let switch = self.azure.crash_switch();
        self.clock.run_unless(future, move || switch.is_tripped())
    }

    pub fn draft(&self, wanted: Wanted) -> Result<Draft, Problem> {
        self.run(Draft::of_apply(&self.client(), wanted)).expect("nobody dies")
    }

    pub fn draft_roll(&self, disable_old: bool) -> Result<Draft, Problem> {
        let (client, account) = (self.client(), media().parse().expect("an id"));
        self.run(Draft::of_roll(&client, &account, disable_old, vec![SUBSCRIPTION.into()], &[])).expect("nobody dies")
    }

    pub fn draft_remove(&self, delete: &[&str]) -> Result<Draft, Problem> {
        let (client, account) = (self.client(), media().parse().expect("an id"));
        let names: Vec<String> = delete.iter().map(|name| (*name).to_owned()).collect();
        self.run(Draft::of_remove(&client, &self.memory, &account, &names, vec![SUBSCRIPTION.into()])).expect("nobody dies")
    }

    pub fn start(run: &str, draft: Draft) -> Start {
        Start {
            run_id: Some(run.to_owned()),
            confirmed: draft.to_confirm(),
            request_digest: format!("request of {run}"),
            order: draft.order,
            accepted: Vec::new(),
            change_reference: None,
            patience: Patience::Wait,
        }
    }

    /// Begins a run and waits for its end.
    pub fn carry_out(&self, run: &str, draft: Draft) -> Result<Report, Problem> {
        assert_eq!(draft.blockers, [], "nothing is in the way");
        self.run(self.engine().begin(Self::start(run, draft))).expect("nobody dies")
    }

    pub fn apply(&self, wanted: Wanted) -> Result<Report, Problem> {
        let draft = self.draft(wanted)?;
        self.carry_out("apply", draft)
    }

    /// A new process a while after the old one died.
    pub fn restart(&self) {
        self.azure.crash_switch().reset();
        self.azure.forget_crash();
        self.memory.release_locks();
        self.clock.advance(Duration::from_secs(30));
    }

    /// Nothing was ever unreadable, nothing lost, and no secret is in what is kept.
    pub fn judge(&self) {
        let audit = self.azure.audit();
        assert_eq!(audit.unreadable, Vec::<String>::new());
        assert_eq!(audit.losses, Vec::<String>::new());
        let kept = String::from_utf8_lossy(&self.memory.everything()).into_owned();
        for secret in audit.secrets.iter().filter(|secret| !secret.is_empty()) {
            assert!(!kept.contains(secret.as_str()), "a secret is in the state");
        }
    }
}
