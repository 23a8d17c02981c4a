//! The door for commands: inventory, plan, rotate, resume, abort, report.

use std::sync::Arc;

use crate::azure::client::Client;
use crate::dependents::Scope;
use crate::domain::account::StorageAccount;
use crate::domain::event::{Event, RunStarted};
use crate::domain::plan::{Options, Plan};
use crate::domain::planted::{Mistake, is_planted};
use crate::domain::problem::{Kind, Problem};
use crate::domain::report::Report;
use crate::domain::resource_id::ResourceId;

use super::address_file;
use super::begin::{Claim, Opened};
use super::cancel::Cancel;
use super::certificate;
use super::drive::{Patience, drive};
use super::given::given_or_said;
use super::inventory::{self, Inventory};
use super::journal::{self, Journal};
use super::kind::RunKind;
use super::locators::Listener;
use super::locators::engine::Unheard;
use super::outlook;
use super::perform::{Parts, Worker};
use super::planner;
use super::reporting;
use super::sink::Sink;
use super::storage::{Lock, NoLock, Storage, check_run_id};
use super::streaming_outlook;

/// The type of a storage account.
const ACCOUNT_TYPE: &str = "Microsoft.Storage/storageAccounts";

/// What `rotate` needs.
#[derive(Clone, Debug)]
pub struct Start {
    /// The run's id; a new one when absent.
    pub run_id: Option<String>,
    /// What to do.
    pub plan: Plan,
    /// SHA-256 over the request's arguments: the same run id with another request is refused.
    pub request_digest: String,
    /// The accepted names.
    pub accepted: Vec<String>,
    /// The user's change reference.
    pub change_reference: Option<String>,
    /// Whether to wait.
    pub patience: Patience,
}

/// Carries out rotations.
#[derive(Clone, Debug)]
pub struct Engine {
    /// The door to Azure.
    pub client: Client,
    /// Where journals are kept.
    pub storage: Arc<dyn Storage>,
    /// Told of every entry.
    pub sink: Arc<dyn Sink>,
    /// Ends the run from outside.
    pub cancel: Cancel,
    /// The object id of the identity that acts, if its token tells.
    pub identity: Option<String>,
    /// Told of every entry of the runs that recreate locators as a part of a rotation.
    pub locators: Arc<dyn Listener>,
}

impl Engine {
    /// An engine.
    #[must_use]
    pub fn new(client: Client, storage: Arc<dyn Storage>, sink: Arc<dyn Sink>, cancel: Cancel) -> Self {
        Self { client, storage, sink, cancel, identity: None, locators: Arc::new(Unheard) }
    }

    /// The id of an account that is given by id, or by name within a group or the subscriptions.
    ///
    /// # Errors
    /// Usage, when an id is malformed or of another type; not found, when no account or more than one has the name.
    pub async fn find_account(
        &self,
        name_or_id: &str,
        group: Option<&str>,
        subscriptions: &[String],
    ) -> Result<ResourceId, Problem> {
        if name_or_id.contains('/') {
            return ResourceId::parse_as(name_or_id, ACCOUNT_TYPE);
        }
        let fits = |account: &StorageAccount| {
            account.id.name().eq_ignore_ascii_case(name_or_id)
                && group.is_none_or(|group| account.id.resource_group().eq_ignore_ascii_case(group))
        };
        let mut matching = Vec::new();
        for subscription in subscriptions {
            matching.extend(self.client.storage_accounts(subscription).await?.into_iter().filter(fits));
        }
        let place = group.map_or_else(|| subscriptions.join(", "), |group| format!("group {group}"));
        match matching.as_slice() {
            [account] => Ok(account.id.clone()),
            [] => {
                Err(Problem::not_found("noSuchAccount", format!("no storage account named {name_or_id} is visible in {place}"))
                    .hint("check --subscription and -g, or give the account's full id"))
            }
            several => {
                Err(Problem::usage("ambiguousAccount", format!("{} storage accounts are named {name_or_id}", several.len()))
                    .hint("give the account's full id"))
            }
        }
    }

    /// Who depends on the account, and every check that can be made beforehand.
    ///
    /// # Errors
    /// When the account or its keys cannot be read.
    pub async fn inventory(&self, account: &ResourceId, scope: &Scope) -> Result<Inventory, Problem> {
        let given = match scope.media_v2.as_slice() {
            [] => Vec::new(),
            accounts => given_or_said(&self.client, self.storage.as_ref(), account, accounts).await?,
        };
        inventory::take(&self.client, account, scope, &given).await
    }

    /// A fresh plan.
    ///
    /// # Errors
    /// As [`Self::inventory`].
    pub async fn plan(&self, account: &ResourceId, scope: &Scope, options: &Options) -> Result<Plan, Problem> {
        let inventory = self.inventory(account, scope).await?;
        let outlooks = outlook::look(&self.client, &inventory, options).await?;
        let plan = outlook::told(planner::plan(inventory, options.clone()), &outlooks);
        Ok(streaming_outlook::told(&self.client, certificate::told(&self.client, plan)).await)
    }

    /// Whether a plan that was made before still describes the world.
    ///
    /// # Errors
    /// Drift, naming what differs; and as [`Self::plan`].
    pub async fn check_plan(&self, plan: &Plan) -> Result<Plan, Problem> {
        let fresh = self.plan(&plan.account.id, &Scope::of(plan), &plan.options).await?;
        match difference(plan, &fresh) {
            None => {
                let Plan { created, dependents, blockers, warnings, .. } = fresh;
                Ok(Plan { created, dependents, blockers, warnings, ..plan.clone() })
            }
            Some(what) => Err(Problem::drift("planOutOfDate", format!("the plan no longer matches the world: {what}"))
                .hint("make a new plan with keyroll plan, and look at it again")),
        }
    }

    /// Carries out a plan, or goes on with the run of this id.
    ///
    /// # Errors
    /// What stopped the run. Before the first change: locked, blocked with the names to accept, permission.
    pub async fn rotate(&self, start: Start) -> Result<Report, Problem> {
        let patience = start.patience;
        match self.claim(&start)? {
            Claim::Known(run) => self.resume(&run, Vec::new(), patience).await,
            Claim::New(run, locks) => {
                address_file::prepared(std::iter::once(&start.plan), false)?;
                let (journal, _lock) = self.begin(start, &run, locks)?;
                self.work(journal, patience).await
            }
        }
    }

    /// Goes on with a run. A finished run gives its report again.
    ///
    /// # Errors
    /// What stopped the run; not found; locked.
    pub async fn resume(&self, run: &str, accepted: Vec<String>, patience: Patience) -> Result<Report, Problem> {
        let Some((mut journal, _lock)) = self.open(run)? else { return self.report(run) };
        certificate::needed(&self.client, &journal.state, false)?;
        address_file::needed(&journal)?;
        journal.append(self.resumed(accepted))?;
        self.work(journal, patience).await
    }

    /// The report of a run, from its journal alone.
    ///
    /// # Errors
    /// Not found, or a journal that cannot be read.
    pub fn report(&self, run: &str) -> Result<Report, Problem> {
        check_run_id(run)?;
        let bytes = self.storage.read_journal(run)?.ok_or_else(|| journal::no_such_run(run))?;
        if RunKind::of(&bytes) != RunKind::Rotation {
            return Err(another_kind(run));
        }
        let (plan, state) = journal::fold(self.storage.as_ref(), run, &journal::read(run, &bytes)?.entries)?;
        reporting::with_parts(self.storage.as_ref(), reporting::report(&plan, &state, self.client.clock().now()))
    }

    /// The reports of all runs, oldest first. A run whose journal cannot be read is left out of nothing: it is an error.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn runs(&self) -> Result<Vec<Report>, Problem> {
        let mut reports = Vec::new();
        for run in self.rotations()? {
            if self.head(&run)?.is_some() {
                reports.push(self.report(&run)?);
            }
        }
        reports.sort_by_key(|report| report.started);
        Ok(reports)
    }

    pub(super) async fn work(&self, journal: Journal, patience: Patience) -> Result<Report, Problem> {
        let worker = self.worker(journal).patient(patience == Patience::Wait);
        drive(&worker, patience, &self.cancel).await?;
        let journal = worker.into_journal();
        let report = reporting::report(&journal.plan, &journal.state, self.client.clock().now());
        reporting::with_parts(self.storage.as_ref(), report)
    }

    pub(super) fn worker(&self, journal: Journal) -> Worker {
        let parts = Parts { listener: self.locators.clone(), cancel: self.cancel.clone(), identity: self.identity.clone() };
        Worker::new(self.client.clone(), self.storage.clone(), journal, parts)
    }

    pub(super) fn resumed(&self, accepted: Vec<String>) -> Event {
        Event::Resumed { tool: format!("keyroll {}", env!("CARGO_PKG_VERSION")), identity: self.identity.clone(), accepted }
    }

    /// The head of a run's journal; a journal whose first line is torn was never begun, or is just being begun.
    pub(super) fn head(&self, run: &str) -> Result<Option<RunStarted>, Problem> {
        check_run_id(run)?;
        let Some(bytes) = self.storage.read_journal(run)? else { return Ok(None) };
        if RunKind::of(&bytes) != RunKind::Rotation {
            return Err(another_kind(run));
        }
        journal::head(run, &bytes)
    }

    /// The ids of the runs that are rotations.
    fn rotations(&self) -> Result<Vec<String>, Problem> {
        let mut runs = Vec::new();
        for run in self.storage.runs()? {
            let journal = self.storage.read_journal(&run)?;
            if journal.is_some_and(|bytes| RunKind::of(&bytes) == RunKind::Rotation) {
                runs.push(run);
            }
        }
        Ok(runs)
    }

    /// The ids of the rotations and syncs that are not finished. Only their journals are read.
    pub(super) fn unfinished_rotations(&self) -> Result<Vec<String>, Problem> {
        let mut runs = Vec::new();
        for run in self.storage.runs()? {
            if self.storage.is_closed(&run)? {
                continue;
            }
            let journal = self.storage.read_journal(&run)?;
            if journal.is_some_and(|bytes| RunKind::of(&bytes) == RunKind::Rotation && !journal::is_finished(&bytes)) {
                runs.push(run);
            }
        }
        Ok(runs)
    }

    /// Opens an unfinished run under its account's lock; nothing for a finished one.
    pub(super) fn open(&self, run: &str) -> Result<Option<Opened>, Problem> {
        let head = self.head(run)?.ok_or_else(|| journal::no_such_run(run))?;
        if self.is_finished(run)? {
            return Ok(None);
        }
        let lock = self.lock(&head.account.parse()?)?;
        let journal = Journal::open(self.storage.clone(), self.client.clock().clone(), self.sink.clone(), run)?;
        Ok(journal.state.outcome.is_none().then_some((journal, lock)))
    }

    pub(super) fn is_finished(&self, run: &str) -> Result<bool, Problem> {
        Ok(self.storage.is_closed(run)? || self.storage.read_journal(run)?.is_some_and(|bytes| journal::is_finished(&bytes)))
    }

    pub(super) fn lock(&self, account: &ResourceId) -> Result<Box<dyn Lock>, Problem> {
        if is_planted(Mistake::SkipLocks) {
            return Ok(Box::new(NoLock));
        }
        self.storage.lock(account.as_str())?.ok_or_else(|| {
            Problem::new(Kind::Locked, "accountLocked", format!("another run is at work on {}", account.name()))
                .hint("see keyroll status; wait for it with keyroll wait")
        })
    }

    /// Held while a run is begun: the lock on its account does not keep another account from taking the same run id.
    pub(super) fn lock_name(&self, run: &str) -> Result<Box<dyn Lock>, Problem> {
        self.storage.lock(&format!("run {run}"))?.ok_or_else(|| {
            Problem::new(Kind::Locked, "runLocked", format!("another process is beginning run {run} at this moment"))
                .hint("see keyroll status; give each account a --run-id of its own")
        })
    }

    /// Whether every run on the account but `own` is finished: an unfinished journal blocks other runs (promise P8).
    ///
    /// # Errors
    /// Locked, naming the run and the ways out.
    pub fn no_unfinished_run(&self, account: &ResourceId, own: Option<&str>) -> Result<(), Problem> {
        for run in self.unfinished_rotations()?.into_iter().filter(|run| own != Some(run)) {
            let Some(head) = self.head(&run)? else { continue };
            if head.account.eq_ignore_ascii_case(account.as_str()) {
                return Err(Problem::new(
                    Kind::Locked,
                    "unfinishedRun",
                    format!("run {run} on {} is not finished", account.name()),
                )
                .hint(format!("go on with keyroll resume --run-id {run}, or end it with keyroll abort --run-id {run}")));
            }
        }
        Ok(())
    }
}

/// A run id belongs to one run, whatever that does.
fn another_kind(run: &str) -> Problem {
    Problem::drift("anotherRequest", format!("run {run} was begun with another command"))
        .hint("use another --run-id, or go on with that run: keyroll resume --run-id ".to_owned() + run)
}

/// What differs between a plan and a fresh one, in one clause; times do not count.
fn difference(plan: &Plan, fresh: &Plan) -> Option<String> {
    let changed = plan.keys.changed(&fresh.keys);
    if !changed.is_empty() {
        return Some(format!("{} was regenerated", changed.iter().map(|slot| slot.name()).collect::<Vec<_>>().join(" and ")));
    }
    if plan.active != fresh.active {
        return Some(format!("{} is in use now", fresh.active));
    }
    for dependent in &fresh.dependents {
        match plan.dependent(&dependent.id) {
            None => return Some(format!("{} is new", dependent.name)),
            Some(known) if known.binding.held != dependent.binding.held => {
                return Some(format!(
                    "{} holds {} now, not {}",
                    dependent.name,
                    dependent.binding.held.name(),
                    known.binding.held.name()
                ));
            }
            Some(_) => {}
        }
    }
    if let Some(gone) = plan.dependents.iter().find(|known| fresh.dependent(&known.id).is_none()) {
        return Some(format!("{} is gone", gone.name));
    }
    if let Some(needed) =
        fresh.missing_acceptances(&plan.acceptances.iter().map(|needed| needed.name.clone()).collect::<Vec<_>>()).first()
    {
        return Some(format!("it would need {} too", needed.name));
    }
    fresh.blockers.first().filter(|_| plan.blockers.is_empty()).map(|problem| problem.message.clone())
}
