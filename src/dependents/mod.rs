//! One file per kind of dependent: what it holds, which acts move it, what proves it. Adapters journal nothing.

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::azure::client::Client;
use crate::domain::account::{AccountKeys, Service, StorageAccount};
use crate::domain::binding::{Binding, Held};
use crate::domain::dependent::{Dependent, DependentKind, NotInspected};
use crate::domain::key::{Fingerprint, Slot, StorageKey};
use crate::domain::media_v2::MediaV2Account;
use crate::domain::plan::Plan;
use crate::domain::problem::{Kind, Problem};

mod batch_account;
mod chosen;
mod copies;
pub mod data_plane;
mod datastore;
pub(crate) mod datastore_search;
mod discovery;
mod grace;
mod media_account;
mod media_v2_account;
mod naming;
mod vault_search;
mod vault_secret;
mod workspace;

pub use chosen::Chosen;
pub use discovery::discover;
pub use media_v2_account::{NOT_ATTACHED, certificate_missing};

/// What an adapter works with: the door to Azure and the account whose keys are rolled.
#[derive(Debug)]
pub struct Scene<'a> {
    /// The door to Azure.
    pub client: &'a Client,
    /// The account that is rolled.
    pub account: &'a StorageAccount,
    /// Both keys as they are now.
    pub keys: &'a AccountKeys,
    /// Whether telling waits for the service's long-running operation; without, the proof alone shows how it ended.
    pub awaits_operations: bool,
    /// Services that cannot be reached from here, as accepted: nothing is tried on them and their proofs are assumed.
    pub untested: &'a [Service],
    /// Keys that runs of this state gave to dependents of which nobody can read what they hold.
    pub given: &'a [Given],
}

/// A key that a run gave to a dependent, the last one that it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The dependent's id.
    pub dependent: String,
    /// Which key.
    pub fingerprint: Fingerprint,
}

impl<'a> Scene<'a> {
    /// A scene in which every service can be reached.
    #[must_use]
    pub fn new(client: &'a Client, account: &'a StorageAccount, keys: &'a AccountKeys) -> Self {
        Self { client, account, keys, untested: &[], awaits_operations: true, given: &[] }
    }

    fn now(&self) -> OffsetDateTime {
        self.client.clock().now()
    }

    /// What a dependent that holds this key is bound to.
    fn binding_of(&self, key: &StorageKey) -> Binding {
        let held = self.keys.slot_of(key.expose()).map_or(Held::Stale, Held::Slot);
        Binding::read(held, Some(key.fingerprint(&self.account.id)), self.now())
    }
}

/// The adapter of a kind.
#[must_use]
pub fn adapter(kind: DependentKind) -> &'static dyn Adapter {
    match kind {
        DependentKind::MediaAccount => &media_account::MediaAccounts,
        DependentKind::Workspace => &workspace::Workspaces,
        DependentKind::Datastore => &datastore::Datastores,
        DependentKind::VaultSecret => &vault_secret::VaultSecrets,
        DependentKind::MediaV2Account => &media_v2_account::MediaV2Accounts,
        DependentKind::BatchAccount => &batch_account::BatchAccounts,
    }
}

/// A pull dependent was asked to take a key, or a push dependent to fetch one: a mistake in the plan.
fn wrong_movement(dependent: &Dependent, asked: &str) -> Problem {
    Problem::new(Kind::Failed, "wrongMovement", format!("{} {} cannot be {asked}", dependent.kind, dependent.name))
}

/// Where dependents are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The subscriptions to search; never empty.
    pub subscriptions: Vec<String>,
    /// Vaults named by the user (names or URLs) whose secrets are compared even without tags.
    pub vaults: Vec<String>,
    /// AMS v2 accounts that the user named; no search tells them from those of Media Services v3.
    pub media_v2: Vec<MediaV2Account>,
}

impl Scope {
    /// Where the dependents of a plan were looked for.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        Self { subscriptions: plan.subscriptions.clone(), vaults: plan.vaults.clone(), media_v2: plan.media_v2.clone() }
    }
}

/// What a search brought.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The dependents, those without a key among them.
    pub dependents: Vec<Dependent>,
    /// What could not, or not completely, be looked at.
    pub not_inspected: Vec<NotInspected>,
    /// What forbids a roll (a vault that regenerates the account's keys by itself).
    pub blockers: Vec<Problem>,
}

/// The key that a dependent is expected to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The current generation of this slot (push dependents).
    Slot(Slot),
    /// Any current generation (pull dependents).
    AnyCurrent,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// An old key would have failed this check, and it passed.
    Proven,
    /// Nothing contradicts, and nothing could.
    Assumed,
    /// Not yet: look again later.
    Pending,
}

/// A check with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// How it ended.
    pub verdict: Verdict,
    /// What was checked and seen, in one clause, without secrets.
    pub how: String,
}

/// What a move did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Whether anything was sent; `false` where the dependent already held the key.
    pub sent: bool,
    /// What was done, in one clause (`new version 3f2a…`), without secrets.
    pub how: String,
    /// Resource Manager's correlation id.
    pub correlation_id: Option<String>,
}

/// One kind of dependent.
#[async_trait(?Send)]
pub trait Adapter: std::fmt::Debug + Sync {
    /// Reads what the dependent holds now.
    async fn binding(&self, scene: &Scene<'_>, dependent: &Dependent) -> Result<Binding, Problem>;

    /// Tells a pull dependent to re-read the keys. Safe to repeat.
    async fn tell(&self, scene: &Scene<'_>, dependent: &Dependent) -> Result<Moved, Problem>;

    /// Writes the key of `slot` into a push dependent, unless it is already there: reads directly before, compares
    /// after. Safe to repeat.
    async fn publish(&self, scene: &Scene<'_>, dependent: &Dependent, slot: Slot) -> Result<Moved, Problem>;

    /// Checks that the dependent holds, and where it can be tried uses, the expected key.
    async fn prove(&self, scene: &Scene<'_>, dependent: &Dependent, expected: Expected) -> Result<Proof, Problem>;

    /// The last resort when a proof is still pending at its ceiling (a workspace's system datastores are written then).
    /// `None` when there is none.
    async fn rescue(&self, scene: &Scene<'_>, dependent: &Dependent) -> Result<Option<Moved>, Problem> {
        let _ = (scene, dependent);
        Ok(None)
    }
}
