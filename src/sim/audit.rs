//! What really happened, as nobody inside could know it: the judge of every simulation.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::contract::world;

use super::holder::{Downtime, Holder, HolderKind};
use super::state::State;

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Author {
    /// The caller under test.
    Caller,
    /// Somebody else.
    Other,
    /// The network, which delivered the caller's request a second time.
    Network,
}

/// What became of the answer to a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    /// It reached the caller.
    Delivered,
    /// It was lost, or another one took its place.
    Lost,
}

/// A holder by name and kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HolderName {
    /// The dependent.
    pub dependent: String,
    /// What it is.
    pub kind: HolderKind,
}

impl HolderName {
    pub(super) fn of(holder: &Holder) -> Self {
        Self { dependent: holder.id.clone(), kind: holder.kind }
    }
}

/// One regenerate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RegenerateRecord {
    /// The storage account.
    pub account: String,
    /// The slots that changed; more than one, or another than asked for, by a fault only.
    pub slots: Vec<&'static str>,
    /// When the request arrived, seconds since the world began.
    pub arrived_seconds: i64,
    /// When it had its effect; absent while that is to come.
    pub effective_seconds: Option<i64>,
    /// Everybody who held what it took away, at the moment of the effect.
    pub holders: Vec<HolderName>,
    /// Who did it.
    pub author: Author,
    /// What became of the answer.
    pub answer: Answer,
}

/// One write into a push dependent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WriteRecord {
    /// The dependent.
    pub dependent: String,
    /// When, seconds since the world began.
    pub seconds: i64,
    /// Who wrote.
    pub author: Author,
}

/// Who holds which generation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// The dependent.
    pub dependent: String,
    /// What it is.
    pub kind: HolderKind,
    /// `ACCOUNT key1#3` for each generation that it holds.
    pub generations: Vec<String>,
    /// Whether each of them is what its slot holds now, and it holds at least one.
    pub current: bool,
}

/// A locator of AMS v2, but for the address of a SAS.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LocatorRecord {
    /// The media account.
    pub account: String,
    /// Its id.
    pub id: String,
    /// 1 for a SAS, 2 for an origin.
    #[serde(rename = "type")]
    pub kind: u32,
    /// The asset's id.
    pub asset: String,
    /// How long its access policy lets it work, in seconds, and the policy's id.
    pub policy: (u64, String),
    /// Its name.
    pub name: Option<String>,
    /// From when it works, as it stands on the wire.
    pub start: Option<String>,
    /// Until when it works.
    pub expires: String,
    /// The streaming address of an origin locator.
    pub path: Option<String>,
    /// The key that it was made under: `ACCOUNT key1#3`, if it was one.
    pub generation: Option<String>,
}

/// A streaming locator of AMS v3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamingLocatorRecord {
    /// The media account.
    pub account: String,
    /// The locator, without its content keys.
    pub locator: world::StreamingLocator,
    /// Label, id and the value's SHA-256 of each content key.
    pub content_keys: Vec<(String, String, String)>,
}

/// What really happened.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Audit {
    /// Seconds since the world began.
    pub seconds: i64,
    /// Calls by route.
    pub calls: BTreeMap<String, u64>,
    /// Faults that happened, as `fault × route`.
    pub faults: BTreeMap<String, u64>,
    /// Regenerates in order.
    pub regenerates: Vec<RegenerateRecord>,
    /// Downtimes of everybody.
    pub downtimes: Vec<Downtime>,
    /// Who holds what now.
    pub holders: Vec<Held>,
    /// Writes into push dependents in order.
    pub writes: Vec<WriteRecord>,
    /// Pull dependents that were told to re-read, in order.
    pub tells: Vec<String>,
    /// Versions written per vault secret, those that the world began with not counted.
    pub secret_versions: BTreeMap<String, u64>,
    /// Every locator of AMS v2 as it is now.
    pub locators: Vec<LocatorRecord>,
    /// Every streaming locator of AMS v3 as it is now, by name.
    pub streaming_locators: Vec<StreamingLocatorRecord>,
    /// What full-replace writes lost: `DEPENDENT lost MEMBER`.
    pub losses: Vec<String>,
    /// Dependents that two requests wrote at the same time.
    pub overlapping_writes: Vec<String>,
    /// What could not be read at some moment for want of its key, and why.
    pub unreadable: Vec<String>,
    /// What the caller deleted or disabled, in order.
    pub deleted: Vec<String>,
    /// Every call in order, one line each: second, route, status, place, fault. Without queries, bodies and secrets.
    pub trace: Vec<String>,
    /// The `x-ms-client-request-id` of each of these calls, empty where it had none.
    pub client_request_ids: Vec<String>,
    /// Every secret text that ever existed: keys, signatures, tokens, signed addresses. For leak searches only.
    pub secrets: Vec<String>,
}

/// What is written down while it happens.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    pub calls: BTreeMap<&'static str, u64>,
    pub faults: BTreeMap<(&'static str, &'static str), u64>,
    pub regenerates: Vec<RegenerateRecord>,
    pub writes: Vec<WriteRecord>,
    pub secret_versions: BTreeMap<String, u64>,
    /// Pull dependents told to re-read, in order.
    pub tells: Vec<String>,
    pub trace: Vec<String>,
    pub client_request_ids: Vec<String>,
    pub losses: Vec<String>,
    pub overlapping_writes: Vec<String>,
    pub secrets: BTreeSet<String>,
}

impl Audit {
    /// The regenerates that the caller asked for.
    pub fn own_regenerates(&self) -> impl Iterator<Item = &RegenerateRecord> {
        self.regenerates.iter().filter(|record| record.author == Author::Caller)
    }

    /// How many calls of a route arrived.
    #[must_use]
    pub fn calls_of(&self, route: &str) -> u64 {
        self.calls.get(route).copied().unwrap_or_default()
    }

    /// All calls.
    #[must_use]
    pub fn all_calls(&self) -> u64 {
        self.calls.values().sum()
    }

    /// How often a dependent was written by the caller.
    #[must_use]
    pub fn writes_of(&self, dependent: &str) -> usize {
        let own = |write: &&WriteRecord| write.author == Author::Caller && write.dependent.eq_ignore_ascii_case(dependent);
        self.writes.iter().filter(own).count()
    }
}

impl State {
    /// The audit as of the moment up to which the state has advanced.
    pub(super) fn audit(&self) -> Audit {
        let secrets = self.keyring.iter().map(|(_, generation)| generation.key.expose().to_owned());
        Audit {
            seconds: self.seconds(self.now),
            calls: self.log.calls.iter().map(|(route, count)| ((*route).to_owned(), *count)).collect(),
            faults: self.log.faults.iter().map(|((fault, route), count)| (format!("{fault} × {route}"), *count)).collect(),
            regenerates: self.log.regenerates.clone(),
            downtimes: self.holders.values().flat_map(|holder| holder.downtimes(&self.keyring, self.start, self.now)).collect(),
            holders: self.holders.values().map(|holder| self.describe_holder(holder)).collect(),
            writes: self.log.writes.clone(),
            tells: self.log.tells.clone(),
            secret_versions: self.log.secret_versions.clone(),
            locators: self.locator_records(),
            streaming_locators: self.streaming_locator_records(),
            losses: self.log.losses.clone(),
            overlapping_writes: self.log.overlapping_writes.clone(),
            unreadable: self.customer_keys.unreadable.iter().cloned().chain(self.unreadable_now()).collect(),
            deleted: self.customer_keys.deleted.clone(),
            trace: self.log.trace.clone(),
            client_request_ids: self.log.client_request_ids.clone(),
            secrets: secrets.chain(self.log.secrets.iter().cloned()).collect(),
        }
    }

    fn describe_holder(&self, holder: &Holder) -> Held {
        let generations = holder.holds().iter().map(|id| self.keyring.get(*id));
        Held {
            dependent: holder.id.clone(),
            kind: holder.kind,
            current: !holder.holds().is_empty() && generations.clone().all(super::keyring::Generation::is_current),
            generations: generations.map(|it| format!("{} {}#{}", it.account.name(), it.slot, it.number)).collect(),
        }
    }
}
