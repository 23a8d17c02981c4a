//! A plan: what a run will do, in which order, why, and what it needs to be accepted. Pure data.

use std::time::Duration;

use time::OffsetDateTime;

use super::account::{KeyState, Service, StorageAccount};
use super::act::Act;
use super::dependent::{Dependent, NotInspected};
use super::key::Slot;
use super::media_v2::MediaV2Account;
use super::problem::Problem;

/// What is to be regenerated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// The standby slot, then, once everything has moved, the other one.
    BothSlots,
    /// The standby slot; everything moves to it; the old key stays.
    StandbyOnly,
    /// Only this slot; what holds it moves to the other one first.
    OneSlot(Slot),
    /// Nothing: what holds an old key is told, or given a current one. Each dependent stands for itself, so that one that
    /// fails keeps no other from being synced, and nothing has to be undone.
    Sync,
}

impl Strategy {
    /// The name in contracts: `bothSlots`, `standbyOnly`, `key1`, `key2`, `sync`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::BothSlots => "bothSlots",
            Self::StandbyOnly => "standbyOnly",
            Self::OneSlot(slot) => slot.name(),
            Self::Sync => "sync",
        }
    }

    /// The strategy of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::BothSlots, Self::StandbyOnly, Self::OneSlot(Slot::Key1), Self::OneSlot(Slot::Key2), Self::Sync]
            .into_iter()
            .find(|strategy| strategy.name() == name)
    }
}

/// What the user asked for, beyond the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// What is regenerated.
    pub strategy: Strategy,
    /// Whether everything moves back to the slot that was in use at first (the seven steps of AMS v2 end there).
    pub finish_on_original: bool,
    /// The last act to be done, if the run ends before its natural end.
    pub until: Option<Act>,
    /// How long the old key is kept at least after everything was proven on the new one.
    pub retire_after: Option<Duration>,
    /// Replaces the settle floor of every kind.
    pub settle: Option<Duration>,
    /// How many dependents are worked on at once.
    pub concurrency: usize,
    /// The file that old and new addresses of SAS locators go to, from the root of the file system; without one these locators are
    /// left as they are.
    pub address_file: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            strategy: Strategy::BothSlots,
            finish_on_original: false,
            until: None,
            retire_after: None,
            settle: None,
            concurrency: 4,
            address_file: None,
        }
    }
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its number, from 1, unique within the run (amendments go on counting).
    pub number: u32,
    /// What it does.
    pub act: Act,
    /// The phase that it belongs to: presync, converge, stage, retire, return or report. A leg is made of the same acts
    /// (test, publish, prove, settle, locators, evidence) in each phase.
    pub phase: Act,
    /// The slot that it regenerates, tests, publishes or proves; for evidence the slot that has to be quiet.
    pub slot: Slot,
    /// The ids of the dependents that it touches.
    pub dependents: Vec<String>,
    /// Why it is there, in one clause.
    pub why: String,
    /// The shortest time that it takes by design.
    pub floor: Duration,
    /// The longest time after which the run stops and says so.
    pub ceiling: Duration,
    /// Who may fail while it runs and for how long: `ml-a ≤ 15m`.
    pub may_fail: Vec<String>,
}

/// A name that the user must accept before the first change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// The stable name: `unknown-usage-key1`, `window-ml-a`.
    pub name: String,
    /// What is accepted with it, in one sentence.
    pub why: String,
    /// The act that needs it.
    pub act: Act,
}

/// How it is known which slot is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActiveKnowledge {
    /// Dependents hold it.
    Read,
    /// Dependents hold both slots; the one that more of them hold was taken.
    Majority,
    /// Nothing tells; key1 was taken.
    Assumed,
}

impl ActiveKnowledge {
    /// The name in contracts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Majority => "majority",
            Self::Assumed => "assumed",
        }
    }

    /// The knowledge of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Read, Self::Majority, Self::Assumed].into_iter().find(|knowledge| knowledge.name() == name)
    }
}

/// A whole plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The account that is rolled.
    pub account: StorageAccount,
    /// When the plan was made.
    pub created: OffsetDateTime,
    /// What was asked for.
    pub options: Options,
    /// Both slots when the plan was made.
    pub keys: KeyState,
    /// The slot in use at first.
    pub active: Slot,
    /// How that is known.
    pub active_knowledge: ActiveKnowledge,
    /// Everything that was found, with its binding.
    pub dependents: Vec<Dependent>,
    /// The services on which keys are tested.
    pub services: Vec<Service>,
    /// Services that cannot be reached from here; tested by nobody once accepted.
    pub untested: Vec<Service>,
    /// The steps in order.
    pub steps: Vec<Step>,
    /// Every name that has to be accepted before the first change.
    pub acceptances: Vec<Acceptance>,
    /// What stops this plan from being carried out at all.
    pub blockers: Vec<Problem>,
    /// What stops nothing now, and may stop the run on its way; one sentence each.
    pub warnings: Vec<String>,
    /// What was not or not completely looked at.
    pub not_inspected: Vec<NotInspected>,
    /// Actions that this identity lacks, all at once.
    pub missing_permissions: Vec<String>,
    /// The subscriptions that were searched.
    pub subscriptions: Vec<String>,
    /// Key Vaults that were named with `--vault`, as URLs.
    pub vaults: Vec<String>,
    /// AMS v2 accounts that were named with `--media-v2`.
    pub media_v2: Vec<MediaV2Account>,
}

impl Plan {
    /// The step with this number.
    #[must_use]
    pub fn step(&self, number: u32) -> Option<&Step> {
        self.steps.iter().find(|step| step.number == number)
    }

    /// The slot that is not in use at first.
    #[must_use]
    pub fn standby(&self) -> Slot {
        self.active.other()
    }

    /// The dependent with this id.
    #[must_use]
    pub fn dependent(&self, id: &str) -> Option<&Dependent> {
        self.dependents.iter().find(|dependent| dependent.is(id))
    }

    /// The names that are needed and not in `accepted`.
    #[must_use]
    pub fn missing_acceptances(&self, accepted: &[String]) -> Vec<&Acceptance> {
        self.acceptances.iter().filter(|needed| !accepted.iter().any(|name| name.eq_ignore_ascii_case(&needed.name))).collect()
    }

    /// How many steps nothing can undo.
    #[must_use]
    pub fn points_of_no_return(&self) -> usize {
        self.steps.iter().filter(|step| step.act.is_irreversible()).count()
    }
}
