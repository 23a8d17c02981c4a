//! Runs that recreate locators, as commands meet them: begin, go on, end, show.

use std::time::Duration;

use crate::azure::media::{ACCOUNT_TYPE, MediaAccount};
use crate::contract;
use crate::domain::locator::order::Order;
use crate::domain::locator::report::LocatorReport;
use crate::domain::problem::Problem;
use crate::domain::report::RunStatus;
use crate::domain::resource_id::ResourceId;
use crate::domain::text::visible;
use crate::render;
use crate::rotation;
use crate::rotation::kind::RunKind;
use crate::rotation::locators::part::{carrier, refuse_part};
use crate::rotation::locators::{Engine, engine as runs};

use super::ask;
use super::end::End;
use super::next::connection;
use super::seal_keys;
use super::session::Session;

/// An engine over another one's client and state, with this session's progress and events.
#[must_use]
pub(super) fn engine(session: &Session, of: rotation::Engine) -> Engine {
    Engine {
        client: of.client,
        storage: of.storage,
        listener: session.locator_listener(),
        cancel: of.cancel,
        identity: of.identity,
    }
}

/// Whether the run of this id recreates locators.
///
/// # Errors
/// When the state cannot be read.
pub(super) fn is_one(session: &Session, run: &str) -> Result<bool, Problem> {
    rotation::storage::check_run_id(run)?;
    Ok(session.storage()?.read_journal(run)?.is_some_and(|bytes| RunKind::of(&bytes) == RunKind::Locators))
}

/// Every run of this kind, oldest first. One that is a part of a rotation stands in the report of that; one that is not finished
/// and lost its rotation stands for itself.
///
/// # Errors
/// When the state cannot be read.
pub(super) fn all(session: &Session) -> Result<Vec<LocatorReport>, Problem> {
    let storage = session.storage()?;
    let mut reports = Vec::new();
    for report in runs::reports(storage.as_ref())? {
        let alone = |report: &LocatorReport| {
            carrier(storage.as_ref(), &report.run_id, report.parent.as_deref()).map(|carrier| carrier.is_none())
        };
        if report.parent.is_none() || (unfinished(&report) && alone(&report)?) {
            reports.push(report);
        }
    }
    reports.sort_by_key(|report| report.started);
    Ok(reports)
}

/// The report of a run of this kind.
///
/// # Errors
/// When there is none, or its journal cannot be read.
pub(super) fn report(session: &Session, run: &str) -> Result<LocatorReport, Problem> {
    runs::report(session.storage()?.as_ref(), run)
}

/// Whether something is left to do.
#[must_use]
pub(super) fn unfinished(report: &LocatorReport) -> bool {
    !matches!(report.status, RunStatus::Done | RunStatus::Aborted)
}

/// When the run of `--run-id` was begun before: its stored report if it is finished, else it goes on. Nothing when it is new.
pub(super) async fn again(session: &Session, digest: &str) -> Option<End> {
    let run = session.global.run_id.as_deref()?;
    let known = match session.storage().and_then(|storage| runs::request_of(storage.as_ref(), run)) {
        Ok(known) => known?,
        Err(problem) => return Some(Err(problem)),
    };
    if known != digest {
        let message = format!("run {run} was begun with another request");
        return Some(Err(Problem::drift("anotherRequest", message)
            .hint(format!("use another --run-id, or go on with that run: keyroll resume --run-id {run}"))));
    }
    Some(go_on(session, run).await)
}

/// Goes on with a run, or gives its stored report when it is finished.
///
/// # Errors
/// What stopped the run.
pub(super) async fn go_on(session: &Session, run: &str) -> End {
    let stored = report(session, run)?;
    if !unfinished(&stored) {
        return Ok(show(session, &stored));
    }
    refuse_part(session.storage()?.as_ref(), run, stored.parent.as_deref())?;
    warn_of_addresses(session, &stored);
    let engine = engine(session, session.acting_engine().await?);
    let sealing = seal_keys::of_run(session, &engine.client, stored.seal.as_ref()).await?;
    finish(session, engine.resume_sealing(run, sealing).await)
}

/// Ends a run: what was begun is brought back.
///
/// # Errors
/// What stopped it.
pub(super) async fn abort(session: &Session, run: &str) -> End {
    let stored = report(session, run)?;
    if !unfinished(&stored) {
        return Ok(show(session, &stored));
    }
    refuse_part(session.storage()?.as_ref(), run, stored.parent.as_deref())?;
    warn_of_addresses(session, &stored);
    let engine = engine(session, session.acting_engine().await?);
    let sealing = seal_keys::of_run(session, &engine.client, stored.seal.as_ref()).await?;
    finish(session, engine.abort_sealing(run, sealing).await)
}

/// Whoever goes on without the file of addresses is told that it begins anew.
fn warn_of_addresses(session: &Session, stored: &LocatorReport) {
    if let Some(file) = stored.address_file.as_deref().filter(|file| std::fs::symlink_metadata(file).is_err()) {
        let lost = "the addresses that it held are lost, and it is made anew for those that follow";
        session.printer.urgent(&format!("warning: the file of addresses {} is not there: {lost}", visible(file)));
    }
}

/// Shows how a run ended; where it stopped, also what is away and how to go on.
///
/// # Errors
/// What stopped it.
pub(super) fn finish(session: &Session, ended: Result<LocatorReport, Problem>) -> End {
    session.progress.clear();
    match ended {
        Ok(report) => Ok(show(session, &report)),
        Err(problem) => {
            let run = session.progress.run_id();
            if let Some(stored) = run.and_then(|run| report(session, &run).ok())
                && let Some(way_on) = render::locators::way_on(&stored, &connection(&session.global))
            {
                session.printer.people(&way_on);
            }
            Err(problem)
        }
    }
}

/// Shows a run as the result of a command that carried it out, and gives its exit code.
#[must_use]
pub(super) fn show(session: &Session, report: &LocatorReport) -> u8 {
    tell(session, report);
    report.problem.as_ref().map_or(0, Problem::exit_code)
}

/// Shows a run as the result of a command that only looks.
pub(super) fn tell(session: &Session, report: &LocatorReport) {
    session.progress.clear();
    let printer = &session.printer;
    printer.result(
        || render::locators::report(report, &connection(&session.global), printer.width()),
        || contract::locator::report_text(report),
    );
}

/// The one question before the first delete. `next` is the command that asks for it.
///
/// # Errors
/// Blocked (exit 12), when nobody confirmed; nothing was changed then.
pub(super) async fn confirm(session: &Session, order: &Order, next: &str) -> Result<(), Problem> {
    let count = order.recreated().count();
    if order.media_account()?.is_some() {
        let keys: usize = order.recreated().map(|item| item.locator.content_keys().len()).sum();
        let with = if keys > 0 { format!(" with their {keys} content keys") } else { String::new() };
        let question = format!(
            "{count} streaming locators of {} will be deleted and made again{with}; whoever streams waits meanwhile. After a roll \
             this is not needed: a sync of the storage keys is enough",
            order.account
        );
        return ask::confirmed(session, &format!("{question}. Go on?"), next).await;
    }
    let sas = order.recreated().filter(|item| item.locator.path.is_none()).count();
    let addresses = if sas > 0 { format!("; {sas} of them are SAS, whose addresses change for good") } else { String::new() };
    let account = &order.account;
    let at = runs::host_of(&order.endpoint).map_or_else(String::new, |host| format!(" at {host}"));
    let question =
        format!("{count} locators of {account}{at} will be deleted and made again; whoever streams waits up to 40s{addresses}");
    ask::confirmed(session, &format!("{question}. Go on?"), next).await
}

/// The media account that `--account-name` means.
///
/// # Errors
/// Not found, or ambiguous; and when it is an id of something else.
pub(super) async fn media_account(session: &Session, of: &rotation::Engine, named: &str) -> Result<ResourceId, Problem> {
    if named.contains('/') { ResourceId::parse_as(named, ACCOUNT_TYPE) } else { find(session, of, named).await }
}

/// The name of a media account, and the address of its OData service: as given, or as Resource Manager tells.
///
/// # Errors
/// Not found, or ambiguous; and when Resource Manager knows no v2 address.
pub(super) async fn account(
    session: &Session,
    of: &rotation::Engine,
    named: &str,
    endpoint: Option<&str>,
) -> Result<(String, String), Problem> {
    if let Some(endpoint) = endpoint {
        let name = named.rsplit('/').next().unwrap_or(named);
        return Ok((name.to_ascii_lowercase(), endpoint.to_owned()));
    }
    let id = media_account(session, of, named).await?;
    let endpoint = of.client.media_v2_endpoint(&id).await?;
    Ok((id.name().to_ascii_lowercase(), endpoint))
}

/// The media account of this name.
///
/// # Errors
/// Not found, or ambiguous.
async fn find(session: &Session, of: &rotation::Engine, name: &str) -> Result<ResourceId, Problem> {
    let group = session.global.resource_group.as_deref();
    let fits = |account: &MediaAccount| {
        account.id.name().eq_ignore_ascii_case(name)
            && group.is_none_or(|group| account.id.resource_group().eq_ignore_ascii_case(group))
    };
    let mut found = Vec::new();
    for subscription in session.subscriptions(of).await? {
        for item in of.client.media_accounts(&subscription).await? {
            found.extend(Some(MediaAccount::from_json(&item)?).filter(fits));
        }
    }
    match found.as_slice() {
        [account] => Ok(account.id.clone()),
        [] => Err(Problem::not_found("noSuchMediaAccount", format!("no media account named {name} is visible"))
            .hint("check --subscription and -g, give the account's full id, or name its OData service with --endpoint")),
        several => Err(Problem::usage("ambiguousMediaAccount", format!("{} media accounts are named {name}", several.len()))
            .hint("give the account's full id")),
    }
}

/// Waits for a run that another process carries out, and changes nothing.
///
/// # Errors
/// When its journal cannot be read.
pub(super) async fn wait(
    session: &Session,
    of: &rotation::Engine,
    run: &str,
    timeout: Option<Duration>,
    period: Duration,
) -> End {
    let clock = of.client.clock();
    let begun = clock.now();
    loop {
        let report = report(session, run)?;
        if !unfinished(&report) || timeout.is_some_and(|timeout| clock.now() - begun >= timeout) {
            return Ok(show(session, &report));
        }
        if of.storage.lock(&runs::lock_of(&report.account))?.is_some() {
            // The guard is dropped at once: nobody is at work, and nothing would change by waiting.
            session.printer.people(&format!("nobody carries run {run} on at the moment"));
            return Ok(show(session, &report));
        }
        clock.sleep(period).await;
    }
}
