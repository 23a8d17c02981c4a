//! Several accounts in one request: each is a run of its own, named `REQUEST.ACCOUNT`, and all of them go side by side.

use clap::Args;
use serde_json::{Value, json};

use crate::domain::plan::Plan;
use crate::domain::problem::{Kind, Problem};
use crate::domain::report::{Report, RunStatus};
use crate::render;
use crate::rotation::together::{Ended, member_id};
use crate::rotation::{Engine, Patience, Start};

use super::carry_out;
use super::certificate::CertificateOptions;
use super::end::{End, WAITING};
use super::media_v2_accounts;
use super::next;
use super::roll_options::{RollOptions, ScopeOptions};
use super::session::{Session, unfinished};

/// The accounts beside the one of `--storage-account`.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Together {
    /// Roll these storage accounts too, side by side, so that their waits are shared; repeat it or separate with commas
    #[arg(long, value_name = "NAME|ID", value_delimiter = ',')]
    with_account: Vec<String>,
}

impl Together {
    /// The accounts beside the first, as they were written.
    #[must_use]
    pub(super) fn accounts(&self) -> &[String] {
        &self.with_account
    }

    /// What of these makes a request another request.
    #[must_use]
    pub(super) fn identity(&self) -> Value {
        let mut names: Vec<String> = self.with_account.iter().map(|name| name.to_ascii_lowercase()).collect();
        names.sort_unstable();
        if names.is_empty() { Value::Null } else { json!(names) }
    }

    /// A fresh plan for each account.
    ///
    /// # Errors
    /// Usage when an account is named twice; and as [`Engine::plan`].
    pub(super) async fn plans(
        &self,
        session: &Session,
        engine: &Engine,
        scope: &ScopeOptions,
        roll: &RollOptions,
    ) -> Result<Vec<Plan>, Problem> {
        let (mut plans, mut used): (Vec<Plan>, Vec<String>) = (Vec::new(), Vec::new());
        let named = std::iter::once(session.account_option()?).chain(self.with_account.iter().map(String::as_str));
        for named in named {
            let (id, mut scope) = session.target_of(engine, named, scope).await?;
            roll.declare(&mut scope)?;
            if plans.iter().any(|plan| plan.account.id == id) {
                return Err(Problem::usage("accountNamedTwice", format!("{} is named twice", id.name()))
                    .hint("name each storage account once, in --storage-account or in --with-account"));
            }
            let scope =
                if self.with_account.is_empty() { scope } else { media_v2_accounts::attached(engine, &id, scope).await? };
            used.extend(scope.media_v2.iter().map(|media| media.id.clone()));
            plans.push(engine.plan(&id, &scope, &roll.resolve(&scope)?).await?);
        }
        media_v2_accounts::all_used(&scope.media_v2, &used)?;
        Ok(plans)
    }
}

/// When the runs of `--run-id` were begun before: their stored reports if all are finished, else those that are not go on.
/// Nothing when they are new, or when a process died before the last of them was begun: then the request is asked about again.
pub(super) async fn again(
    session: &Session,
    beside: &[String],
    digest: &str,
    patience: Patience,
    certificate: &CertificateOptions,
) -> Option<End> {
    known(session, beside, digest, patience, certificate).await.transpose()
}

async fn known(
    session: &Session,
    beside: &[String],
    digest: &str,
    patience: Patience,
    certificate: &CertificateOptions,
) -> Result<Option<u8>, Problem> {
    let Some(request) = session.global.run_id.as_deref() else { return Ok(None) };
    if carry_out::known_request(session, request)?.is_some() {
        return Err(another_request(request));
    }
    let mut runs = Vec::new();
    let accounts: Vec<&str> = std::iter::once(session.account_option()?).chain(beside.iter().map(String::as_str)).collect();
    for account in &accounts {
        let run = member_id(request, account.rsplit('/').next().unwrap_or(account));
        match carry_out::known_request(session, &run)? {
            Some(known) if known != digest => return Err(another_request(request)),
            Some(_) => runs.push(run),
            None => {}
        }
    }
    let reader = session.reader()?;
    if reader.members(request)?.len() > runs.len() {
        return Err(another_request(request));
    }
    if runs.len() < accounts.len() {
        return Ok(None);
    }
    go_on(session, runs, patience, certificate).await.map(Some)
}

fn another_request(request: &str) -> Problem {
    Problem::drift("anotherRequest", format!("run {request} was begun with another request"))
        .hint(format!("use another --run-id, or go on with it: keyroll resume --run-id {request}"))
}

/// The runs that `--run-id` stands for, where it is that of several accounts.
///
/// # Errors
/// When the id is none, or the state cannot be read.
pub(super) fn named(session: &Session) -> Result<Option<Vec<String>>, Problem> {
    let Some(request) = session.global.run_id.as_deref() else { return Ok(None) };
    let reader = session.reader()?;
    let members = reader.members(request)?;
    let own = reader.storage.read_journal(request)?.is_some();
    Ok(Some(members).filter(|members| !own && !members.is_empty()))
}

/// Begins all runs and shows how they ended.
///
/// # Errors
/// What speaks against one of them before the first change; an interrupt.
pub(super) async fn begin(session: &Session, engine: &Engine, starts: Vec<Start>) -> End {
    let request = session.global.run_id.clone().unwrap_or_else(|| azure_core::Uuid::new_v4().to_string());
    let named = |start: Start| Start { run_id: Some(member_id(&request, start.plan.account.id.name())), ..start };
    session.progress.several();
    let ended = engine.rotate_together(starts.into_iter().map(named).collect()).await?;
    finish(session, engine, ended)
}

/// Goes on with those runs that are not finished.
///
/// # Errors
/// An interrupt; a sign-in that is no good.
pub(super) async fn go_on(session: &Session, runs: Vec<String>, patience: Patience, certificate: &CertificateOptions) -> End {
    let reports = reports(session, &runs)?;
    if reports.iter().all(|report| !unfinished(report)) {
        return Ok(show(session, &reports));
    }
    let engine = session.engine_of_runs(&reports, certificate).await?;
    session.progress.several();
    let ended = engine.resume_together(runs, &session.global.accept, patience).await;
    finish(session, &engine, ended)
}

/// Points back those runs that are not finished.
///
/// # Errors
/// As [`go_on`].
pub(super) async fn abort(session: &Session, runs: Vec<String>, patience: Patience, certificate: &CertificateOptions) -> End {
    let reports = reports(session, &runs)?;
    if reports.iter().all(|report| !unfinished(report)) {
        return Ok(show(session, &reports));
    }
    let engine = session.engine_of_runs(&reports, certificate).await?;
    session.progress.several();
    let ended = engine.abort_together(runs, patience).await;
    finish(session, &engine, ended)
}

/// The stored reports of these runs.
///
/// # Errors
/// When a journal cannot be read.
pub(super) fn reports(session: &Session, runs: &[String]) -> Result<Vec<Report>, Problem> {
    let reader = session.reader()?;
    runs.iter().map(|run| reader.report(run)).collect()
}

/// Shows where all runs stand, and what stopped some of them. An interrupt ends the command as it does everywhere.
fn finish(session: &Session, engine: &Engine, ended: Vec<Ended>) -> End {
    let mut stopped = Vec::new();
    let mut reports = Vec::new();
    for Ended { run_id, result } in ended {
        match result {
            Ok(report) => reports.push(report),
            Err(problem) if matches!(problem.kind, Kind::Interrupted(_)) => {
                session.progress.clear();
                return Err(problem);
            }
            Err(problem) => {
                reports.push(engine.report(&run_id)?);
                stopped.push(problem);
            }
        }
    }
    let code = show(session, &reports);
    for problem in &stopped {
        session.printer.urgent(&render::problem::text(&next::reachable(problem.clone(), session)));
    }
    Ok(stopped.first().map_or(code, Problem::exit_code))
}

/// Shows where these runs stand as the result of a command, and gives the exit code of the first that stopped.
#[must_use]
pub(super) fn show(session: &Session, reports: &[Report]) -> u8 {
    session.progress.clear();
    let printer = &session.printer;
    let options = next::going_on(session);
    let one = |report: &Report| render::report::text(report, &options, printer.width());
    printer.result(
        || reports.iter().map(one).collect::<Vec<_>>().join("\n\n"),
        || render::runs::json(&reports.iter().map(Into::into).collect::<Vec<_>>()),
    );
    let waits = reports.iter().any(|report| report.status == RunStatus::Waiting);
    match reports.iter().find_map(|report| report.problem.as_ref()) {
        Some(problem) => problem.exit_code(),
        None if waits && session.global.detailed_exitcode => WAITING,
        None => 0,
    }
}
