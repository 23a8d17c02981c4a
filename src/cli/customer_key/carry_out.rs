//! From a draft to a run: show the steps, ask, begin, and say how it ended. What `apply`, `roll` and `remove` share.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::cli::ask;
use crate::cli::end::{CHANGES, End, WAITING};
use crate::cli::next::connection;
use crate::cli::session::Session;
use crate::contract;
use crate::domain::customer_key::Report;
use crate::domain::problem::{Kind, Problem};
use crate::domain::report::RunStatus;
use crate::render;
use crate::rotation::customer_key::{Draft, Engine, Listener, Start};
use crate::rotation::kind::RunKind;
use crate::rotation::{self, Patience};

/// What is to be carried out.
#[derive(Debug)]
pub(super) struct Request {
    /// The steps.
    pub draft: Draft,
    /// Tells this request from others.
    pub digest: String,
    /// The command that confirms it, without `--yes`.
    pub next: String,
    /// Only show the steps.
    pub dry_run: bool,
    /// Whether to wait.
    pub patience: Patience,
}

/// An engine for customer keys over the same client, state and listeners as a rotation's.
#[must_use]
pub(in crate::cli) fn engine(session: &Session, engine: &rotation::Engine) -> Engine {
    let mut listeners: Vec<Arc<dyn Listener>> = vec![session.progress.clone()];
    if session.printer.events() {
        listeners.push(Arc::new(render::customer_key::Events::new(session.printer.clone())));
    }
    listeners.extend(session.host.as_ref().map(|host| host.events.clone() as Arc<dyn Listener>));
    Engine {
        client: engine.client.clone(),
        storage: engine.storage.clone(),
        listener: Arc::new(render::customer_key::Several(listeners)),
        cancel: engine.cancel.clone(),
        identity: engine.identity.clone(),
    }
}

/// An engine that only reads the state folder, where the run is one of ours.
///
/// # Errors
/// When the state folder is no good.
pub(in crate::cli) fn of_run(session: &Session, run: &str) -> Result<Option<Engine>, Problem> {
    let reader = session.reader()?;
    rotation::storage::check_run_id(run)?;
    let ours = reader.storage.read_journal(run)?.is_some_and(|bytes| RunKind::of(&bytes) == RunKind::CustomerKey);
    Ok(ours.then(|| engine(session, &reader)))
}

/// All runs of ours, oldest first; none where `--storage-account` asks for those of a storage account.
///
/// # Errors
/// When the state cannot be read.
pub(in crate::cli) fn runs(session: &Session, reader: &rotation::Engine) -> Result<Vec<Report>, Problem> {
    if session.global.storage_account.is_some() { Ok(Vec::new()) } else { engine(session, reader).runs() }
}

/// Whether something is left to do in a run.
#[must_use]
pub(in crate::cli) fn unfinished(run: &Report) -> bool {
    !matches!(run.status, RunStatus::Done | RunStatus::Aborted)
}

/// SHA-256 over what was asked for: the same for the same request, however often it is delivered.
#[must_use]
pub(super) fn digest(command: &str, session: &Session, more: &Value) -> String {
    let global = &session.global;
    let request = json!({
        "command": command,
        "group": global.resource_group.as_ref().map(|group| group.to_ascii_lowercase()),
        "subscriptions": global.subscription,
        "storageAccount": global.storage_account,
        "cloud": global.cloud,
        "more": more,
    });
    contract::sha256(&contract::canonical(&request))
}

/// When the run of `--run-id` was begun before: its stored report if it is finished, else it goes on. Nothing when it is new.
pub(super) async fn again(session: &Session, digest: &str, patience: Patience) -> Option<End> {
    let run = session.global.run_id.as_deref()?;
    let known = match of_run(session, run).map(|engine| engine.map(|engine| engine.state(run))) {
        Ok(None) => return None,
        Ok(Some(Err(problem))) if problem.kind == Kind::NotFound => return None,
        Ok(Some(Ok(known))) => known,
        Ok(Some(Err(problem))) | Err(problem) => return Some(Err(problem)),
    };
    if known.head.request_digest != digest {
        return Some(Err(Problem::drift("anotherRequest", format!("run {run} was begun with another request"))
            .hint(format!("use another --run-id, or go on with that run: keyroll resume --run-id {run}"))));
    }
    Some(go_on(session, run, patience).await)
}

/// Goes on with a run of ours, or gives its stored report when it is finished.
///
/// # Errors
/// What stopped the run.
pub(in crate::cli) async fn go_on(session: &Session, run: &str, patience: Patience) -> End {
    let stored = engine(session, &session.reader()?).report(run)?;
    if matches!(stored.status, RunStatus::Done | RunStatus::Aborted) {
        return Ok(show(session, &stored));
    }
    let engine = engine(session, &session.acting_engine().await?);
    let ended = engine.resume(run, session.global.accept.clone(), patience).await;
    finish(session, ended)
}

/// Shows the steps, asks what has to be asked, and begins.
///
/// # Errors
/// What is in the way or stopped the run.
pub(super) async fn begin(session: &Session, engine: &Engine, request: Request) -> End {
    let Request { draft, digest, next, dry_run, patience } = request;
    if let Some((first, others)) = draft.blockers.split_first() {
        return Err(others.iter().map(|other| other.message.clone()).fold(first.clone(), Problem::because));
    }
    let printer = &session.printer;
    if dry_run {
        printer.result(
            || render::customer_key::plan(&draft.order, &draft.steps, &draft.notes, printer.width()),
            || contract::customer_key::plan_text(&draft.order, &draft.steps, &draft.notes),
        );
        return Ok(if session.global.detailed_exitcode && !draft.steps.is_empty() { CHANGES } else { 0 });
    }
    engine.no_unfinished_run(draft.order.account(), session.global.run_id.as_deref())?;
    printer.people(&render::customer_key::plan(&draft.order, &draft.steps, &draft.notes, printer.width()));
    let clauses = draft.irreversible();
    if !clauses.is_empty() {
        let question = format!("{}. Go on?", render::customer_key::capitalised(&clauses.join("; ")));
        ask::confirmed(session, &question, &next).await?;
    }
    let start = Start {
        confirmed: draft.to_confirm(),
        run_id: session.global.run_id.clone(),
        order: draft.order,
        request_digest: digest,
        accepted: session.global.accept.clone(),
        change_reference: session.global.change_reference.clone(),
        patience,
    };
    finish(session, engine.begin(start).await)
}

fn finish(session: &Session, ended: Result<Report, Problem>) -> End {
    session.progress.clear();
    ended.map(|report| show(session, &report))
}

/// Shows where a run of ours stands as the result of a command, and gives its exit code.
#[must_use]
pub(in crate::cli) fn show(session: &Session, report: &Report) -> u8 {
    session.progress.clear();
    let printer = &session.printer;
    let options = connection(&session.global);
    printer.result(
        || render::customer_key::report(report, &options, printer.width()),
        || contract::customer_key::report_text(report),
    );
    match (&report.problem, report.status) {
        (Some(problem), _) => problem.exit_code(),
        (None, RunStatus::Waiting) if session.global.detailed_exitcode => WAITING,
        (None, _) => 0,
    }
}
