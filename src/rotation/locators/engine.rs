//! The door for commands: survey, begin, resume, abort, report.

use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::azure::client::Client;
use crate::azure::media_v2::MediaV2;
use crate::azure::streaming_locators::StreamingLocators;
use crate::contract;
use crate::domain::locator::Locator;
use crate::domain::locator::event::{Entry, Event, Started};
use crate::domain::locator::order::Order;
use crate::domain::locator::report::LocatorReport;
use crate::domain::planted::{Mistake, is_planted};
use crate::domain::problem::{Kind, Problem};
use crate::domain::resource_id::ResourceId;
use crate::rotation::Cancel;
use crate::rotation::journal::no_such_run;
use crate::rotation::kind::RunKind;
use crate::rotation::storage::{Lock, NoLock, Storage, check_run_id};
use crate::rotation::streaming_check::addresses::{of_v2_locators, of_v3_locators};
use crate::rotation::timing;

use super::addresses::{self, Addresses};
use super::drive::drive;
use super::journal::{self, Journal};
use super::media::{self, Media};
use super::part::{carrier, refuse_part};
use super::perform::Worker;
use super::reporting;
use super::sealing::Sealing;
use super::state::RunState;
use super::streaming_survey;
use super::streams::Streams;
use super::survey::{self, Manner, Selection};

/// Told of every journal entry as it is written.
pub trait Listener: Send + Sync + Debug {
    /// One entry, with the state after it.
    fn entry(&self, run_id: &str, entry: &Entry, state: &RunState);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug)]
pub struct Unheard;

impl Listener for Unheard {
    fn entry(&self, _: &str, _: &Entry, _: &RunState) {}
}

/// What a run needs to begin.
#[derive(Clone, Debug)]
pub struct Start {
    /// The run's id; a new one when absent.
    pub run_id: Option<String>,
    /// What to do.
    pub order: Order,
    /// SHA-256 over the request's arguments: the same run id with another request is refused.
    pub request_digest: String,
    /// The user's change reference.
    pub change_reference: Option<String>,
    /// The rotation that the run is a part of, if it is.
    pub parent: Option<String>,
}

/// Recreates locators.
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
    /// Lists and judges the locators of the account whose OData service answers at this address.
    ///
    /// # Errors
    /// When that is no address of AMS v2 in this cloud, or a list cannot be read.
    pub async fn survey(&self, endpoint: &str, selection: &Selection, manner: Manner) -> Result<Order, Problem> {
        let media = MediaV2::at(self.client.clone(), endpoint)?;
        survey::survey(&media, selection, manner, self.client.clock().now()).await
    }

    /// Lists, reads and judges the streaming locators of a media account (AMS v3).
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn survey_streaming(&self, account: &ResourceId, selection: &Selection, manner: Manner) -> Result<Order, Problem> {
        let media = StreamingLocators::of(self.client.clone(), account.clone());
        streaming_survey::survey(&media, selection, manner, self.client.clock().now()).await
    }

    /// The same order, with the streaming URLs of each locator that is recreated: they are asked before the delete, and once
    /// everything is back until they answer as before. Of an account of AMS v3, which the order names by its resource id, a locator is
    /// named by its name.
    ///
    /// # Errors
    /// When that is no address of AMS v2 in this cloud, and no resource id.
    pub async fn with_streaming_check(&self, mut order: Order) -> Result<Order, Problem> {
        let locators: Vec<Locator> = order.recreated().map(|item| item.locator.clone()).collect();
        let streams = if let Some(account) = order.media_account()? {
            let names: Vec<String> = locators.into_iter().map(|locator| locator.id).collect();
            of_v3_locators(&self.client, &account, &names, usize::MAX).await
        } else {
            let media = MediaV2::at(self.client.clone(), &order.endpoint)?;
            of_v2_locators(&self.client, &media, &locators, usize::MAX).await
        };
        order.streams = Some(streams);
        Ok(order)
    }

    /// Carries out an order whose locators have no content keys, or goes on with the run of this id.
    ///
    /// # Errors
    /// What stopped the run. Before the first change: locked, or another request under this id.
    pub async fn begin(&self, start: Start) -> Result<LocatorReport, Problem> {
        self.begin_sealing(start, Sealing::none()).await
    }

    /// As [`Self::begin`], with the key that seals content keys.
    ///
    /// # Errors
    /// As [`Self::begin`].
    pub async fn begin_sealing(&self, mut start: Start, sealing: Sealing) -> Result<LocatorReport, Problem> {
        let run = start.run_id.clone().unwrap_or_else(|| azure_core::Uuid::new_v4().to_string());
        check_run_id(&run)?;
        let host = host_of(&start.order.endpoint);
        let lock = self.lock(&start.order.account, host.as_deref())?;
        let naming = self.lock_name(&run)?;
        if let Some(head) = self.head(&run)? {
            if head.request_digest != start.request_digest {
                return Err(another_request(&run));
            }
            drop((lock, naming));
            return self.go_on(&run, start.parent.as_deref(), None, sealing).await;
        }
        self.no_unfinished_run(&start.order.account, Some(&start.order.endpoint), Some(&run))?;
        // A process may have died before its first line was whole. Only here nobody can be writing it any more.
        if self.storage.read_journal(&run)?.is_some() {
            self.storage.truncate(&run, 0)?;
        }
        start.order.address_file = start.order.address_file.as_deref().map(addresses::absolute).transpose()?;
        // Those of a rotation share one file, which is there before the first of them begins.
        let opened = if start.parent.is_some() { Addresses::existing } else { Addresses::create };
        let addresses = start.order.address_file.as_ref().map(|place| opened(Path::new(place))).transpose()?;
        let head = Started {
            run_id: run,
            account: start.order.account.clone(),
            order_digest: contract::sha256(&contract::locator::stored_order(&start.order)),
            request_digest: start.request_digest,
            tool: tool(),
            identity: self.identity.clone(),
            change_reference: start.change_reference,
            parent: start.parent,
            seal: sealing.seal().map(|seal| seal.source().clone()),
        };
        let (clock, listener) = (self.client.clock().clone(), self.listener.clone());
        let journal = Journal::create(self.storage.clone(), clock, listener, &start.order, head)?;
        drop(naming);
        // Somebody may have thought about the question for hours.
        let judged_long_ago = self.client.clock().now() - start.order.created > timing::FRESH;
        self.work(journal, start.order, (addresses, sealing), judged_long_ago).await
    }

    /// Makes sure that whoever may delete streaming locators may also make them again: asked before the first is deleted.
    ///
    /// # Errors
    /// Permission, with everything that is missing.
    pub async fn may_make_again(&self, account: &ResourceId) -> Result<(), Problem> {
        media::may_make_again(&StreamingLocators::of(self.client.clone(), account.clone())).await
    }

    /// Goes on with a run without content keys. A finished run gives its report again.
    ///
    /// # Errors
    /// What stopped the run; not found; locked; usage, for a run that is a part of a rotation.
    pub async fn resume(&self, run: &str) -> Result<LocatorReport, Problem> {
        self.resume_sealing(run, Sealing::none()).await
    }

    /// As [`Self::resume`], with the key that seals content keys.
    ///
    /// # Errors
    /// As [`Self::resume`].
    pub async fn resume_sealing(&self, run: &str, sealing: Sealing) -> Result<LocatorReport, Problem> {
        self.go_on(run, None, None, sealing).await
    }

    /// Goes on with a run that is a part of this rotation.
    ///
    /// # Errors
    /// As [`Self::resume`].
    pub async fn resume_part(&self, run: &str, parent: &str) -> Result<LocatorReport, Problem> {
        self.go_on(run, Some(parent), None, Sealing::none()).await
    }

    /// Ends a run that is a part of this rotation: what was deleted is made again, everything else stays as it is.
    ///
    /// # Errors
    /// As [`Self::resume`].
    pub async fn end_part(&self, run: &str, parent: &str) -> Result<LocatorReport, Problem> {
        self.go_on(run, Some(parent), Some(Event::AbortStarted { keep_moved: true }), Sealing::none()).await
    }

    /// Ends a run: what was deleted is made again, what the run moved is made once more, so that it hangs on the key that the
    /// account has now, and the rest stays as it is.
    ///
    /// # Errors
    /// As [`Self::resume`].
    pub async fn abort(&self, run: &str) -> Result<LocatorReport, Problem> {
        self.abort_sealing(run, Sealing::none()).await
    }

    /// As [`Self::abort`], with the key that seals content keys. What hangs on no key is not moved once more.
    ///
    /// # Errors
    /// As [`Self::resume`].
    pub async fn abort_sealing(&self, run: &str, sealing: Sealing) -> Result<LocatorReport, Problem> {
        self.go_on(run, None, Some(Event::AbortStarted { keep_moved: false }), sealing).await
    }

    async fn go_on(
        &self,
        run: &str,
        parent: Option<&str>,
        abort: Option<Event>,
        sealing: Sealing,
    ) -> Result<LocatorReport, Problem> {
        let head = self.head(run)?.ok_or_else(|| no_such_run(run))?;
        if head.parent.as_deref() != parent {
            refuse_part(self.storage.as_ref(), run, head.parent.as_deref())?;
            if parent.is_some() {
                return Err(another_request(run));
            }
        }
        let _lock = self.lock(&head.account, host_of_run(self.storage.as_ref(), run)?.as_deref())?;
        if self.is_finished(run)? {
            return self.report(run);
        }
        let (clock, listener) = (self.client.clock().clone(), self.listener.clone());
        let (mut journal, order) = Journal::open(self.storage.clone(), clock, listener, run)?;
        let addresses = order.address_file.as_ref().map(|place| Addresses::open(Path::new(place))).transpose()?;
        journal.append(Event::Resumed { tool: tool(), identity: self.identity.clone() })?;
        if let Some(event) = abort {
            journal.append(event)?;
        }
        // A rotation holds this in its own future.
        Box::pin(self.work(journal, order, (addresses, sealing), true)).await
    }

    /// `judge_again`: what the locators hang on is listed once more before the first delete.
    async fn work(
        &self,
        journal: Journal,
        order: Order,
        (addresses, sealing): (Option<Addresses>, Sealing),
        judge_again: bool,
    ) -> Result<LocatorReport, Problem> {
        let streams = Streams::of(&order, self.client.clone());
        let worker = Worker {
            media: Media::of(&order, self.client.clone())?,
            clock: self.client.clock().clone(),
            journal: RefCell::new(journal),
            order,
            addresses,
            sealing,
            streams,
            judge_again,
            surroundings: OnceCell::new(),
            halted: Cell::new(false),
        };
        drive(&worker, &self.cancel).await?;
        Ok(reporting::report(&worker.order, &worker.journal.into_inner().state))
    }

    /// The report of a run, from its journal alone.
    ///
    /// # Errors
    /// Not found, or a journal that cannot be read.
    pub fn report(&self, run: &str) -> Result<LocatorReport, Problem> {
        report(self.storage.as_ref(), run)
    }

    fn head(&self, run: &str) -> Result<Option<Started>, Problem> {
        check_run_id(run)?;
        let Some(bytes) = self.storage.read_journal(run)? else { return Ok(None) };
        head_of(run, &bytes)
    }

    fn is_finished(&self, run: &str) -> Result<bool, Problem> {
        Ok(self.storage.read_journal(run)?.is_some_and(|bytes| journal::is_finished(&bytes)))
    }

    /// By the account's name, and by the host that answers for it: one account may be called by two names.
    fn lock(&self, account: &str, host: Option<&str>) -> Result<Vec<Box<dyn Lock>>, Problem> {
        if is_planted(Mistake::SkipLocks) {
            return Ok(vec![Box::new(NoLock)]);
        }
        let mut held = Vec::new();
        for name in locks_of(account, host) {
            held.push(self.storage.lock(&name)?.ok_or_else(|| {
                Problem::new(Kind::Locked, "accountLocked", format!("another run is at work on the locators of {account}"))
                    .hint("see keyroll status; wait for it with keyroll wait")
            })?);
        }
        Ok(held)
    }

    /// Held while a run is begun: the lock on its account does not keep another account from taking the same run id.
    fn lock_name(&self, run: &str) -> Result<Box<dyn Lock>, Problem> {
        self.storage.lock(&format!("run {run}"))?.ok_or_else(|| {
            Problem::new(Kind::Locked, "runLocked", format!("another process is beginning run {run} at this moment"))
                .hint("see keyroll status; give each account a --run-id of its own")
        })
    }

    /// As [`no_unfinished_run`].
    ///
    /// # Errors
    /// As [`no_unfinished_run`].
    pub fn no_unfinished_run(&self, account: &str, endpoint: Option<&str>, own: Option<&str>) -> Result<(), Problem> {
        no_unfinished_run(self.storage.as_ref(), account, endpoint, own)
    }
}

/// Whether every run on the locators of the account, by its name or at this endpoint, but `own` is finished (promise P8).
///
/// # Errors
/// Locked, naming the run and the ways out.
pub fn no_unfinished_run(storage: &dyn Storage, account: &str, endpoint: Option<&str>, own: Option<&str>) -> Result<(), Problem> {
    let host = endpoint.and_then(host_of);
    for run in storage.runs()?.into_iter().filter(|run| own != Some(run)) {
        let bytes = storage.read_journal(&run)?.unwrap_or_default();
        if RunKind::of(&bytes) != RunKind::Locators || journal::is_finished(&bytes) {
            continue;
        }
        let Some(head) = journal::head(&run, &bytes)? else { continue };
        if head.account.eq_ignore_ascii_case(account) || (host.is_some() && host_of_run(storage, &run)? == host) {
            let whole = carrier(storage, &run, head.parent.as_deref())?.unwrap_or(&run);
            return Err(Problem::new(
                Kind::Locked,
                "unfinishedRun",
                format!("run {run} on the locators of {account} is not finished"),
            )
            .hint(format!("go on with keyroll resume --run-id {whole}, or end it with keyroll abort --run-id {whole}")));
        }
    }
    Ok(())
}

/// The host that a run works on; nothing while its order is not written.
fn host_of_run(storage: &dyn Storage, run: &str) -> Result<Option<String>, Problem> {
    let Some(text) = storage.read_plan(run)? else { return Ok(None) };
    Ok(host_of(&contract::locator::parse_order(&text)?.endpoint))
}

/// The report of a run, from its journal alone.
///
/// # Errors
/// Not found, or a journal that cannot be read.
pub fn report(storage: &dyn Storage, run: &str) -> Result<LocatorReport, Problem> {
    check_run_id(run)?;
    let (order, state) = journal::replay(storage, run)?;
    Ok(reporting::report(&order, &state))
}

/// The reports of all runs of this kind, in no order.
///
/// # Errors
/// When the state cannot be read.
pub fn reports(storage: &dyn Storage) -> Result<Vec<LocatorReport>, Problem> {
    let mut reports = Vec::new();
    for run in storage.runs()? {
        let is_one = {
            let bytes = storage.read_journal(&run)?.unwrap_or_default();
            RunKind::of(&bytes) == RunKind::Locators && journal::head(&run, &bytes)?.is_some()
        };
        if is_one {
            reports.push(report(storage, &run)?);
        }
    }
    Ok(reports)
}

/// The digest of the request that began a run of this kind, if it was begun.
///
/// # Errors
/// When its journal cannot be read, or is of another kind.
pub fn request_of(storage: &dyn Storage, run: &str) -> Result<Option<String>, Problem> {
    let Some(bytes) = storage.read_journal(run)? else { return Ok(None) };
    Ok(head_of(run, &bytes)?.map(|head| head.request_digest))
}

/// The head of a journal of this kind. One whose first line is torn was never begun, whatever stands in it.
fn head_of(run: &str, bytes: &[u8]) -> Result<Option<Started>, Problem> {
    if bytes.contains(&b'\n') && RunKind::of(bytes) != RunKind::Locators {
        return Err(another_request(run));
    }
    journal::head(run, bytes)
}

/// The name that runs on an account's locators are locked by. Names of media accounts are unique within a region.
#[must_use]
pub fn lock_of(account: &str) -> String {
    format!("locators of {account}")
}

/// All names that such a run holds: one account may be called by two names, and one host answers for it.
pub(in crate::rotation) fn locks_of(account: &str, host: Option<&str>) -> Vec<String> {
    std::iter::once(lock_of(account)).chain(host.map(|host| format!("locators at {host}"))).collect()
}

/// The host of an OData service, as it is compared.
#[must_use]
pub fn host_of(endpoint: &str) -> Option<String> {
    azure_core::http::Url::parse(endpoint).ok()?.host_str().map(str::to_ascii_lowercase)
}

fn another_request(run: &str) -> Problem {
    Problem::drift("anotherRequest", format!("run {run} was begun with another request"))
        .hint("use another --run-id, or resume that run")
}

fn tool() -> String {
    format!("keyroll {}", env!("CARGO_PKG_VERSION"))
}
