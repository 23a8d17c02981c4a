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

/// The code of the problem of a run that was never begun although its request names it.
const NEVER_BEGUN: &str = "runNeverBegun";

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

/// The runs that `--run-id` stands for, where it is that of several accounts: those of which nothing was begun too.
///
/// # Errors
/// When the id is none, or the state cannot be read.
pub(super) fn named(session: &Session) -> Result<Option<Vec<String>>, Problem> {
    let Some(request) = session.global.run_id.as_deref() else { return Ok(None) };
    let reader = session.reader()?;
    let mut members = reader.members(request)?;
    if members.is_empty() || reader.storage.read_journal(request)?.is_some() {
        return Ok(None);
    }
    members.extend(reader.never_begun(&members)?);
    Ok(Some(members))
}

/// Begins all runs and shows how they ended.
///
/// # Errors
/// What speaks against one of them before the first change.
pub(super) async fn begin(session: &Session, engine: &Engine, starts: Vec<Start>) -> End {
    let request = session.global.run_id.clone().unwrap_or_else(|| azure_core::Uuid::new_v4().to_string());
    let named = |start: Start| Start { run_id: Some(member_id(&request, start.plan.account.id.name())), ..start };
    session.progress.several();
    let ended = engine.rotate_together(starts.into_iter().map(named).collect()).await?;
    finish(session, &request, ended)
}

/// What is done with the runs that are not finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    On,
    Back,
}

/// Goes on with those runs that are not finished.
///
/// # Errors
/// A sign-in that is no good; what is wrong with the only journals that there are.
pub(super) async fn go_on(session: &Session, runs: Vec<String>, patience: Patience, certificate: &CertificateOptions) -> End {
    take_up(session, runs, Way::On, patience, certificate).await
}

/// Points back those runs that are not finished.
///
/// # Errors
/// As [`go_on`].
pub(super) async fn abort(session: &Session, runs: Vec<String>, patience: Patience, certificate: &CertificateOptions) -> End {
    take_up(session, runs, Way::Back, patience, certificate).await
}

async fn take_up(session: &Session, runs: Vec<String>, way: Way, patience: Patience, certificate: &CertificateOptions) -> End {
    let (open, mut ended): (Vec<Ended>, Vec<Ended>) =
        stored(session, &runs)?.into_iter().partition(|one| one.result.as_ref().is_ok_and(unfinished));
    let reports: Vec<Report> = open.into_iter().filter_map(|one| one.result.ok()).collect();
    if !reports.is_empty() {
        let engine = session.engine_of_runs(&reports, certificate).await?;
        session.progress.several();
        let open = reports.into_iter().map(|report| report.run_id).collect();
        ended.extend(match way {
            Way::On => engine.resume_together(open, &session.global.accept, patience).await,
            Way::Back => engine.abort_together(open, patience).await,
        });
        ended.sort_by_key(|one| runs.iter().position(|run| *run == one.run_id));
    }
    // What was never begun needs no way back.
    ended.retain(|one| way == Way::On || !matches!(&one.result, Err(problem) if problem.code == NEVER_BEGUN));
    finish(session, session.global.run_id.as_deref().unwrap_or_default(), ended)
}

/// Where these runs stand, or what keeps one from being read: that hides no other.
///
/// # Errors
/// When the state cannot be read.
pub(super) fn stored(session: &Session, runs: &[String]) -> Result<Vec<Ended>, Problem> {
    let reader = session.reader()?;
    let request = session.global.run_id.as_deref().unwrap_or_default();
    let one = |run: &String| {
        let result = reader.report(run).map_err(|problem| match problem.kind {
            Kind::NotFound => never_begun(run, request),
            _ => problem,
        });
        Ended { run_id: run.clone(), result }
    };
    Ok(runs.iter().map(one).collect())
}

fn never_begun(run: &str, request: &str) -> Problem {
    Problem::not_found(NEVER_BEGUN, format!("run {run} belongs to request {request}, and it was never begun, or moved away"))
        .hint(format!("repeat the command that began the others, with --run-id {request}: those that are there only go on"))
        .hint(format!("each of the others can be gone on with by itself: keyroll status --run-id {request} lists them"))
}

/// Shows where all runs stand, and what stopped some of them.
///
/// # Errors
/// What stopped them, where nothing can be shown.
fn finish(session: &Session, request: &str, ended: Vec<Ended>) -> End {
    let (problems, ended): (Vec<_>, Vec<_>) = ended.into_iter().map(|one| stopped(session, one)).unzip();
    let problems: Vec<Problem> = problems.into_iter().flatten().collect();
    let interrupted = problems.iter().find(|problem| matches!(problem.kind, Kind::Interrupted(_))).cloned();
    let (count, others) = (ended.len(), problems.into_iter().filter(|problem| !matches!(problem.kind, Kind::Interrupted(_))));
    let one = interrupted.map(|problem| of_all(&problem, count, request));
    let (reports, problems): (Vec<_>, Vec<_>) = (ended.into_iter().flatten().collect(), one.into_iter().chain(others).collect());
    tell(session, &reports, &problems)
}

/// What stopped a run, and where it stands.
fn stopped(session: &Session, one: Ended) -> (Option<Problem>, Option<Report>) {
    match one.result {
        Ok(report) => (None, Some(report)),
        Err(problem) => (Some(problem), session.reader().and_then(|reader| reader.report(&one.run_id)).ok()),
    }
}

/// An interrupt stops all of them, and all go on together.
fn of_all(problem: &Problem, count: usize, request: &str) -> Problem {
    let message = format!("the {count} runs of {request} were interrupted; their journals are intact and nothing is lost");
    Problem::new(problem.kind, "interrupted", message)
        .hint(format!("continue with keyroll resume --run-id {request}"))
        .hint(format!("or point everything back with keyroll abort --run-id {request}"))
}

/// Shows where these runs stand, as far as they can be read, as the result of a command that only looks.
///
/// # Errors
/// What is wrong with them, where none can be read.
pub(super) fn show(session: &Session, runs: Vec<Ended>) -> End {
    let (problems, reports): (Vec<_>, Vec<_>) = runs.into_iter().map(|one| stopped(session, one)).unzip();
    let reports: Vec<Report> = reports.into_iter().flatten().collect();
    tell(session, &reports, &problems.into_iter().flatten().collect::<Vec<_>>())
}

/// The reports as the result, the problems beside it; the exit code is that of the first problem.
fn tell(session: &Session, reports: &[Report], problems: &[Problem]) -> End {
    session.progress.clear();
    if let (true, [problem, ..]) = (reports.is_empty(), problems) {
        return Err(problem.clone());
    }
    let printer = &session.printer;
    let options = next::going_on(session);
    let one = |report: &Report| render::report::text(report, &options, printer.width());
    printer.result(
        || reports.iter().map(one).collect::<Vec<_>>().join("\n\n"),
        || render::runs::json(&reports.iter().map(Into::into).collect::<Vec<_>>()),
    );
    for problem in problems {
        printer.urgent(&render::problem::text(&next::reachable(problem.clone(), session)));
    }
    let waits = reports.iter().any(|report| report.status == RunStatus::Waiting);
    let stored = reports.iter().find_map(|report| report.problem.as_ref());
    Ok(match problems.first().or(stored) {
        Some(problem) => problem.exit_code(),
        None if waits && session.global.detailed_exitcode => WAITING,
        None => 0,
    })
}
