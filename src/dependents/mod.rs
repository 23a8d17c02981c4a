//! One file per kind of dependent: what it holds, which acts move it, what proves it. Adapters journal nothing.

use async_trait::async_trait;

use crate::azure::client::Client;
use crate::domain::account::{AccountKeys, Service, StorageAccount};
use crate::domain::binding::Binding;
use crate::domain::dependent::{Dependent, NotInspected};
use crate::domain::key::Slot;
use crate::domain::problem::Problem;

/// What an adapter works with: the door to Azure and the account whose keys are rolled.
#[derive(Debug)]
pub struct Scene<'a> {
    /// The door to Azure.
    pub client: &'a Client,
    /// The account that is rolled.
    pub account: &'a StorageAccount,
    /// Both keys as they are now.
    pub keys: &'a AccountKeys,
    /// Services that cannot be reached from here and were accepted as such.
    pub untested: &'a [Service],
}

/// Where dependents are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The subscriptions to search; never empty.
    pub subscriptions: Vec<String>,
    /// Vaults named by the user (names or URLs) whose secrets are compared even without tags.
    pub vaults: Vec<String>,
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

/// TEMPORARY until the services branch lands.
pub fn adapter(_kind: crate::domain::dependent::DependentKind) -> &'static dyn Adapter {
    unimplemented!()
}
/// TEMPORARY
pub async fn discover(_scene: &Scene<'_>, _scope: &Scope) -> Result<Found, Problem> {
    Ok(Found::default())
}
