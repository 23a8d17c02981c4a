//! Carrying out one task: journal the intent, act, journal what came of it. Every task may be begun again after a crash
//! at any place in it.

mod check;
mod jobs;
mod keys;
mod locators;
mod moves;
mod regenerate;
mod streaming;

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use crate::azure::client::Client;
use crate::dependents::{Given, Scene};
use crate::domain::account::{AccountKeys, Service, StorageAccount};
use crate::domain::dependent::Dependent;
use crate::domain::event::Event;
use crate::domain::key::{Slot, StorageKey};
use crate::domain::plan::{Step, Strategy};
use crate::domain::problem::{Kind, Problem};
use crate::domain::span::span;

pub(super) use locators::Parts;

use super::decide::Task;
use super::given::{Said, given};
use super::journal::Journal;
use super::state::Target;
use super::storage::Storage;
use super::timing;

/// Carries out tasks of one run.
#[derive(Debug)]
pub struct Worker {
    pub(super) client: Client,
    pub(super) storage: Arc<dyn Storage>,
    pub(super) journal: RefCell<Journal>,
    account: StorageAccount,
    untested: Vec<Service>,
    keys: RefCell<Option<AccountKeys>>,
    /// Held while the keys are read for tasks that run side by side, so that one reading serves them all.
    reading: tokio::sync::Mutex<()>,
    /// The key that a slot held before this process regenerated it: only with it can "refused" be proven.
    old_key: RefCell<Option<(Slot, StorageKey)>>,
    /// Whether a change is on its way at this moment.
    pub(super) in_flight: Cell<u32>,
    /// Who carries out runs that recreate locators.
    locators: Parts,
    /// Whether telling waits for the service's long-running operation.
    awaits_operations: bool,
}

/// What became of something that was tried.
enum Failure {
    /// The service answered, and the answer was "not yet".
    NotYet(String),
    /// From here it cannot be asked at all: a firewall, a private endpoint, no such name.
    OutOfReach(String),
    /// It could not be asked, or failed in a way that time mends.
    Transient(Problem),
    /// Nothing that this process does will mend it.
    Final(Problem),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        if mends(&problem) { Self::Transient(problem) } else { Self::Final(problem) }
    }
}

/// Whether time alone may mend a problem: lost answers, throttling, failing services and connections.
fn mends(problem: &Problem) -> bool {
    match problem.kind {
        Kind::OutcomeUnknown => true,
        Kind::Failed => {
            matches!(problem.http_status, None | Some(200..=299 | 408 | 429 | 500..=599))
                && problem.code != "certificateNotTrusted"
        }
        _ => false,
    }
}

impl Worker {
    /// A worker for an open journal.
    #[must_use]
    pub fn new(client: Client, storage: Arc<dyn Storage>, journal: Journal, locators: Parts) -> Self {
        let account = journal.plan.account.clone();
        let accepted = |service: &Service| {
            journal.state.accepted.iter().any(|name| name.eq_ignore_ascii_case(&format!("untested-{service}")))
        };
        let planned = &journal.plan.untested;
        let untested = Service::ALL.into_iter().filter(|service| planned.contains(service) || accepted(service)).collect();
        Self {
            client,
            storage,
            journal: RefCell::new(journal),
            account,
            untested,
            keys: RefCell::new(None),
            reading: tokio::sync::Mutex::new(()),
            old_key: RefCell::new(None),
            in_flight: Cell::new(0),
            locators,
            awaits_operations: true,
        }
    }

    /// A worker for somebody who waits, or does not. In a sync the proofs, which come later, show how an operation ended; in
    /// a rotation an operation is part of the act.
    #[must_use]
    pub fn patient(mut self, waits: bool) -> Self {
        let sync = self.journal.borrow().plan.options.strategy == Strategy::Sync;
        self.awaits_operations = waits || !sync;
        self
    }

    /// How long one target may go on failing in a way that time mends.
    fn patience(&self) -> Duration {
        let sync = self.journal.borrow().plan.options.strategy == Strategy::Sync;
        if sync { timing::SYNC_PATIENCE } else { timing::PATIENCE }
    }

    /// The regenerate of which nobody knows whether it happened, as step and slot.
    #[must_use]
    pub fn unknown_regenerate(&self) -> Option<(u32, Slot)> {
        self.journal.borrow().state.unknown_regenerate()
    }

    /// The journal, when the work is over.
    #[must_use]
    pub fn into_journal(self) -> Journal {
        self.journal.into_inner()
    }

    /// Carries out one task.
    ///
    /// # Errors
    /// Only what ends the run for now: the journal cannot be written, or the world contradicts it. Everything else is
    /// journalled as a retry or a failure of its target.
    pub async fn perform(&self, task: Task) -> Result<(), Problem> {
        match task {
            Task::Begin(step) => self.note(Event::StepStarted { step }),
            Task::Close(step, how) => self.note(Event::StepFinished { step, how }),
            Task::Finish(outcome) => self.note(Event::Finished { outcome }),
            Task::Regenerate(step, slot) => self.regenerate(step, slot).await,
            Task::Look(step, slot) => self.look(step, slot).await,
            Task::Confirm(step) => self.confirm(step).await,
            Task::Tell(step, id) => self.tell(step, &id).await,
            Task::Publish(step, id, slot) => self.publish(step, &id, slot).await,
            Task::Try(step, service) => self.try_service(step, service).await,
            Task::Baseline(step, id) => self.see_streams(step, &id).await,
            Task::Compare(step, id) => self.compare_streams(step, &id).await,
            Task::Recreate(step, id) => self.recreate(step, &id).await,
            Task::EndRecreate(step, id) => self.end_recreate(step, &id).await,
            Task::Prove(step, id, expected) => self.prove(step, &id, expected).await,
        }
    }

    /// Journals one event.
    pub(super) fn note(&self, event: Event) -> Result<(), Problem> {
        self.journal.borrow_mut().append(event)
    }

    fn step(&self, number: u32) -> Result<Step, Problem> {
        let journal = self.journal.borrow();
        journal.state.steps.iter().find(|step| step.number == number).cloned().ok_or_else(|| {
            Problem::failed("noSuchStep", format!("step {number} is not part of run {}", journal.state.head.run_id))
        })
    }

    fn dependent(&self, id: &str) -> Result<Dependent, Problem> {
        self.journal
            .borrow()
            .state
            .dependent(id)
            .cloned()
            .ok_or_else(|| Problem::failed("noSuchDependent", format!("{id} is not part of this run")))
    }

    fn target(&self, step: u32, id: &str) -> Target {
        self.journal.borrow().state.of(step).target(id).cloned().unwrap_or_default()
    }

    fn scene<'a>(&'a self, keys: &'a AccountKeys) -> Scene<'a> {
        Scene {
            untested: &self.untested,
            awaits_operations: self.awaits_operations,
            ..Scene::new(&self.client, &self.account, keys)
        }
    }

    /// What journals tell of keys that nobody can read, where a plan has dependents that hold such.
    fn given(&self) -> Result<Vec<Given>, Problem> {
        let plan = &self.journal.borrow().plan;
        let said = Said { accounts: &plan.media_v2, keys: &plan.keys, at: plan.created };
        if plan.media_v2.is_empty() { Ok(Vec::new()) } else { given(self.storage.as_ref(), &self.account.id, Some(said)) }
    }

    /// Notes that something is tried again, or, past its limit, that it failed.
    ///
    /// `pause` and `ceiling` are for the answer "not yet"; what time mends has its own back-off and patience.
    fn retry(&self, step: u32, target: &str, failure: Failure, pause: Duration, ceiling: Duration) -> Result<(), Problem> {
        let now = self.client.clock().now();
        let known = self.target(step, target);
        let ceiling = ceiling.min(self.patience());
        let (why, answered, until, since, limit, problem) = match failure {
            Failure::Final(problem) => return self.fail(step, target, problem),
            Failure::NotYet(why) | Failure::OutOfReach(why) => {
                let problem = Problem::failed("ceilingReached", format!("{why}, and the limit of {} has passed", span(ceiling)));
                // Looked at often at first and more seldom later: an hour of "not yet" is not worth hundreds of entries.
                let until = now + (pause * known.attempts.clamp(1, timing::SLOWEST));
                (why, true, until, known.pending_since, ceiling, problem)
            }
            Failure::Transient(problem) => {
                let until = now + timing::back_off(known.attempts + 1);
                (problem.message.clone(), false, until, known.first_try, self.patience(), problem)
            }
        };
        if since.is_some_and(|since| now - since >= limit) {
            return self.fail(step, target, problem);
        }
        self.note(Event::Retrying { step, target: target.to_owned(), why, answered, until })
    }

    fn fail(&self, step: u32, target: &str, problem: Problem) -> Result<(), Problem> {
        self.note(Event::TargetFailed { step, target: target.to_owned(), problem: Box::new(problem) })
    }
}
