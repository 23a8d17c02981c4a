//! The door for commands: draft, begin, resume, abort, report.

use std::fmt::Debug;
use std::sync::Arc;

use crate::azure::client::Client;
use crate::contract::customer_key as wire;
pub use crate::domain::customer_key::Order;
use crate::domain::customer_key::{Entry, Event, Outcome, Report, Started, Step};
use crate::domain::problem::{Kind, Problem};
use crate::domain::resource_id::ResourceId;
use crate::rotation::cancel::Cancel;
use crate::rotation::drive::Patience;
use crate::rotation::journal::no_such_run;
use crate::rotation::kind::RunKind;
use crate::rotation::storage::{Lock, Storage, check_run_id};

use super::drive::Runner;
use super::journal::{self, Journal};
use super::reporting;
use super::state::RunState;

/// Told of every journal entry as it is written.
pub trait Listener: Send + Sync + Debug {
    /// One entry, with the state after it.
    fn entry(&self, run_id: &str, entry: &Entry, state: &RunState);
}

/// What beginning a run needs.
#[derive(Clone, Debug)]
pub struct Start {
    /// The run's id; a new one when absent.
    pub run_id: Option<String>,
    /// What to bring about.
    pub order: Order,
    /// SHA-256 over the request's arguments: the same run id with another request is refused.
    pub request_digest: String,
    /// The names that were accepted.
    pub accepted: Vec<String>,
    /// The steps that cannot be undone and that somebody confirmed.
    pub confirmed: Vec<Step>,
    /// The user's change reference.
    pub change_reference: Option<String>,
    /// Whether to wait.
    pub patience: Patience,
}

/// Carries out runs of `customer-key`.
#[derive(Clone, Debug)]
pub struct Engine {
    /// The door to Azure.
    pub client: Client,
    /// Where journals are kept.
    pub storage: Arc<dyn Storage>,
    /// Told of every entry.
    pub listener: Arc<dyn Listener>,
    /// Ends the run from outside.
    pub cancel: Cancel,
    /// The object id of the identity that acts, if its token tells.
    pub identity: Option<String>,
}

impl Engine {
    /// Begins a run, or goes on with the run of this id.
    ///
    /// # Errors
    /// What stopped the run; locked; `anotherRequest`.
    pub async fn begin(&self, start: Start) -> Result<Report, Problem> {
        let run = start.run_id.clone().unwrap_or_else(|| azure_core::Uuid::new_v4().to_string());
        check_run_id(&run)?;
        let account = start.order.account().clone();
        let lock = self.lock(&account)?;
        let naming = self.lock_name(&run)?;
        match self.state(&run) {
            Ok(known) if known.head.request_digest != start.request_digest => {
                return Err(Problem::drift("anotherRequest", format!("run {run} was begun with another request"))
                    .hint("use another --run-id, or resume that run"));
            }
            Ok(_) => {
                drop((lock, naming));
                return self.resume(&run, Vec::new(), start.patience).await;
            }
            Err(problem) if problem.kind == Kind::NotFound => {}
            Err(problem) => return Err(problem),
        }
        // A first line that is whole and not ours belongs to a run of another kind.
        if self
            .storage
            .read_journal(&run)?
            .is_some_and(|bytes| bytes.contains(&b'\n') && RunKind::of(&bytes) != RunKind::CustomerKey)
        {
            return Err(Problem::drift("anotherRequest", format!("run {run} was begun with another command"))
                .hint("use another --run-id"));
        }
        self.no_unfinished_run(&account, Some(&run))?;
        // A process may have died before its first line was whole. Only here nobody can be writing it any more.
        if self.storage.read_journal(&run)?.is_some() {
            self.storage.truncate(&run, 0)?;
        }
        let head = Started {
            run_id: run,
            command: start.order.command().to_owned(),
            account: account.as_str().to_owned(),
            order_digest: wire::digest(&start.order),
            request_digest: start.request_digest,
            tool: tool(),
            identity: self.identity.clone(),
            change_reference: start.change_reference,
            accepted: start.accepted,
            confirmed: start.confirmed,
        };
        let clock = self.client.clock().clone();
        let journal = Journal::create(self.storage.clone(), clock, self.listener.clone(), start.order, head)?;
        drop(naming);
        self.work(journal, start.patience).await
    }

    /// Goes on with a run. A finished run gives its report again.
    ///
    /// # Errors
    /// What stopped the run; not found; locked.
    pub async fn resume(&self, run: &str, accepted: Vec<String>, patience: Patience) -> Result<Report, Problem> {
        let Some((mut journal, _lock)) = self.open(run)? else { return self.report(run) };
        journal.append(Event::Resumed { tool: tool(), identity: self.identity.clone(), accepted })?;
        self.work(journal, patience).await
    }

    /// Ends a run where it stands. What was done stays: every step left the account readable.
    ///
    /// # Errors
    /// Not found; locked.
    pub fn abort(&self, run: &str) -> Result<Report, Problem> {
        if let Some((mut journal, _lock)) = self.open(run)? {
            journal.append(Event::Finished { outcome: Outcome::Aborted })?;
        }
        self.report(run)
    }

    /// The report of a run, from its journal alone.
    ///
    /// # Errors
    /// Not found, or a journal that cannot be read.
    pub fn report(&self, run: &str) -> Result<Report, Problem> {
        self.state(run).map(|state| reporting::report(&state))
    }

    /// The reports of all runs, oldest first.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn runs(&self) -> Result<Vec<Report>, Problem> {
        let mut reports = Vec::new();
        for run in self.storage.runs()? {
            reports.extend(journal::state_of(self.storage.as_ref(), &run)?.as_ref().map(reporting::report));
        }
        reports.sort_by_key(|report: &Report| report.started);
        Ok(reports)
    }

    /// Where a run stands.
    ///
    /// # Errors
    /// Not found, or a journal that cannot be read.
    pub fn state(&self, run: &str) -> Result<RunState, Problem> {
        check_run_id(run)?;
        journal::state_of(self.storage.as_ref(), run)?.ok_or_else(|| no_such_run(run))
    }

    /// Whether every run on the media account but `own` is finished.
    ///
    /// # Errors
    /// Locked, naming the run and the ways out.
    pub fn no_unfinished_run(&self, account: &ResourceId, own: Option<&str>) -> Result<(), Problem> {
        for run in self.storage.runs()?.into_iter().filter(|run| own != Some(run)) {
            let Some(state) = journal::state_of(self.storage.as_ref(), &run)? else { continue };
            if state.outcome.is_none() && state.head.account.eq_ignore_ascii_case(account.as_str()) {
                let message = format!("run {run} on {} is not finished", account.name());
                return Err(Problem::new(Kind::Locked, "unfinishedRun", message)
                    .hint(format!("go on with keyroll resume --run-id {run}, or end it with keyroll abort --run-id {run}")));
            }
        }
        Ok(())
    }

    /// Whether a process carries the run of this report on at the moment.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn is_at_work(&self, report: &Report) -> Result<bool, Problem> {
        Ok(self.storage.lock(&format!("customer key of {}", report.account))?.is_none())
    }

    async fn work(&self, journal: Journal, patience: Patience) -> Result<Report, Problem> {
        let mut runner = Runner::new(self.client.clone(), self.storage.clone(), journal);
        runner.drive(patience, &self.cancel).await?;
        Ok(reporting::report(&runner.journal.state))
    }

    fn open(&self, run: &str) -> Result<Option<(Journal, Box<dyn Lock>)>, Problem> {
        let state = self.state(run)?;
        if state.outcome.is_some() {
            return Ok(None);
        }
        let lock = self.lock(&state.head.account.parse()?)?;
        let journal = Journal::open(self.storage.clone(), self.client.clock().clone(), self.listener.clone(), run)?;
        Ok(journal.state.outcome.is_none().then_some((journal, lock)))
    }

    /// One run of ours on a media account at a time. Its own id is locked only around writes, so that a rotation can go on beside.
    fn lock(&self, account: &ResourceId) -> Result<Box<dyn Lock>, Problem> {
        self.storage.lock(&format!("customer key of {account}"))?.ok_or_else(|| {
            Problem::new(Kind::Locked, "accountLocked", format!("another run is at work on {}", account.name()))
                .hint("see keyroll status; wait for it with keyroll wait")
        })
    }

    fn lock_name(&self, run: &str) -> Result<Box<dyn Lock>, Problem> {
        self.storage.lock(&format!("run {run}"))?.ok_or_else(|| {
            Problem::new(Kind::Locked, "runLocked", format!("another process is beginning run {run} at this moment"))
                .hint("see keyroll status; give each run a --run-id of its own")
        })
    }
}

fn tool() -> String {
    format!("keyroll {}", env!("CARGO_PKG_VERSION"))
}
