//! From a plan to a run: ask, begin, and say how it ended. What `rotate` and `regenerate-key` share.

use serde_json::{Value, json};

use crate::azure::policy_token;
use crate::contract;
use crate::domain::act::Act;
use crate::domain::dependent::DependentKind;
use crate::domain::event::{Entry, Event};
use crate::domain::plan::Plan;
use crate::domain::problem::{Kind, Problem};
use crate::render;
use crate::rotation::together::member_id;
use crate::rotation::verify::verify;
use crate::rotation::{Engine, Patience, Start};

use super::ask;
use super::certificate::CertificateOptions;
use super::customer_key;
use super::end::{self, End};
use super::next::{NextCommand, Source, going_on};
use super::roll_options::ScopeOptions;
use super::session::{Session, unfinished};
use super::together;

/// What is to be carried out.
#[derive(Debug)]
pub(super) struct Order<'a> {
    /// The command.
    pub verb: &'a str,
    /// The plans: one, or those that are carried out side by side.
    pub plans: Vec<Plan>,
    /// The accounts that are rolled beside the one of `--storage-account`, as they were written.
    pub beside: &'a [String],
    /// Where the plan came from.
    pub source: Source<'a>,
    /// Tells this request from others.
    pub digest: String,
    /// Whether to wait.
    pub patience: Patience,
    /// The certificate, should the run have been begun before.
    pub certificate: &'a CertificateOptions,
}

/// SHA-256 over what was asked for: the same for the same request, however often it is delivered. How it is shown, confirmed
/// or accepted is no part of it.
#[must_use]
pub(super) fn digest(command: &str, session: &Session, scope: &ScopeOptions, more: &Value) -> String {
    let global = &session.global;
    let lower = |text: &Option<String>| text.as_ref().map(|text| text.to_ascii_lowercase());
    let mut request = json!({
        "command": command,
        "account": lower(&global.storage_account),
        "group": lower(&global.resource_group),
        "subscriptions": global.subscription,
        "vaults": scope.vault,
        "cloud": global.cloud,
        "more": more,
    });
    if let Some(identity) = scope.identity() {
        request["mediaV2"] = identity;
    }
    contract::sha256(&contract::canonical(&request))
}

/// When the run of `--run-id` was begun before: its stored report and exit code if it is finished, else it goes on. Nothing
/// when it is new.
pub(super) async fn again(session: &Session, digest: &str, patience: Patience, certificate: &CertificateOptions) -> Option<End> {
    let run = session.global.run_id.as_deref()?;
    let known = match known_request(session, run) {
        // The id of a request of several accounts is no other run's.
        Ok(None) => match together::named(session) {
            Ok(None) => return None,
            Ok(Some(_)) => String::new(),
            Err(problem) => return Some(Err(problem)),
        },
        Ok(Some(known)) => known,
        Err(problem) => return Some(Err(problem)),
    };
    if known != digest {
        let message = format!("run {run} was begun with another request");
        return Some(Err(Problem::drift("anotherRequest", message)
            .hint("use another --run-id, or go on with that run: keyroll resume --run-id ".to_owned() + run)));
    }
    Some(go_on(session, run, patience, certificate).await)
}

/// Goes on with a run that was begun, or gives its stored report when it is finished.
///
/// # Errors
/// What stopped the run.
pub(super) async fn go_on(session: &Session, run: &str, patience: Patience, certificate: &CertificateOptions) -> End {
    if customer_key::carry_out::of_run(session, run)?.is_some() {
        return customer_key::carry_out::go_on(session, run, patience).await;
    }
    let stored = session.reader()?.report(run)?;
    if !unfinished(&stored) {
        return Ok(end::of_run(session, &stored));
    }
    let engine = session.engine_of_runs(std::slice::from_ref(&stored), certificate).await?;
    let ended = engine.resume(run, session.global.accept.clone(), patience).await;
    finish(session, &engine, ended)
}

/// Asks, and begins the run.
///
/// # Errors
/// What stopped it, before or after the first change.
pub(super) async fn begin(session: &Session, engine: &Engine, order: Order<'_>) -> End {
    let Order { verb, plans, beside, source, digest, patience, certificate } = order;
    // Another process may have begun while this one planned: then the plan is of a world in motion, and nobody is asked
    // about it.
    if beside.is_empty()
        && let Some(end) = again(session, &digest, patience, certificate).await
    {
        return end;
    }
    let next = NextCommand { verb, session, plans: &plans, beside, source }.text();
    let now = engine.client.clock().now();
    for plan in &plans {
        let own = session.global.run_id.as_deref().map(|run| member_id(run, plan.account.id.name()));
        engine.no_unfinished_run(&plan.account.id, own.as_deref().filter(|_| !beside.is_empty()))?;
        session.printer.people(&render::plan::text(plan, &next, now, session.printer.width()));
        no_key_for_policy(engine, plan)?;
    }
    ask::before_the_first_change(session, &plans, &next).await?;
    let mut starts: Vec<Start> = plans.into_iter().map(|plan| start(session, plan, &digest, patience)).collect();
    match starts.pop() {
        Some(start) if beside.is_empty() => {
            let ended = engine.rotate(start).await;
            finish(session, engine, ended)
        }
        last => together::begin(session, engine, starts.into_iter().chain(last).collect()).await,
    }
}

/// What begins the run of a plan. Of the names that are accepted, a run among several takes those that its plan has.
fn start(session: &Session, plan: Plan, digest: &str, patience: Patience) -> Start {
    let has = |name: &&String| plan.acceptances.iter().any(|needed| needed.name.eq_ignore_ascii_case(name));
    Start {
        run_id: session.global.run_id.clone(),
        accepted: session.global.accept.iter().filter(has).cloned().collect(),
        plan,
        request_digest: digest.to_owned(),
        change_reference: session.global.change_reference.clone(),
        patience,
    }
}

/// Where each change needs a token of Azure Policy, a key that is written through Resource Manager would be shown to it.
///
/// # Errors
/// Usage, with the first dependent that is written so: before anything is changed.
fn no_key_for_policy(engine: &Engine, plan: &Plan) -> Result<(), Problem> {
    if !engine.client.needs_policy_tokens() {
        return Ok(());
    }
    let written = plan.steps.iter().filter(|step| matches!(step.act, Act::Publish | Act::Converge | Act::Return));
    let datastore = written
        .flat_map(|step| &step.dependents)
        .filter_map(|id| plan.dependent(id))
        .find(|dependent| dependent.kind == DependentKind::Datastore);
    datastore.map_or(Ok(()), |datastore| Err(policy_token::refusal(&datastore.name)))
}

/// Shows how a run ended; where it stopped, also whether there is a way back.
///
/// # Errors
/// What stopped it.
pub(super) fn finish(session: &Session, engine: &Engine, ended: Result<crate::domain::report::Report, Problem>) -> End {
    match ended {
        Ok(report) => Ok(end::of_run(session, &report)),
        Err(problem) => {
            session.progress.clear();
            let run = session.progress.run_id();
            if let Some(report) = run.and_then(|run| engine.report(&run).ok())
                && let Some(way_on) = render::report::way_on(&report, &going_on(session))
            {
                session.printer.people(&way_on);
            }
            Err(problem)
        }
    }
}

/// The digest of the request that began a run, if it was begun.
pub(super) fn known_request(session: &Session, run: &str) -> Result<Option<String>, Problem> {
    if let Some(engine) = customer_key::carry_out::of_run(session, run)? {
        return Ok(Some(engine.state(run)?.head.request_digest));
    }
    match verify(session.storage()?.as_ref(), run) {
        Ok((_, entries)) => Ok(match entries.first() {
            Some(Entry { event: Event::RunStarted(head), .. }) => Some(head.request_digest.clone()),
            _ => None,
        }),
        Err(problem) if problem.kind == Kind::NotFound => Ok(None),
        Err(problem) => Err(problem),
    }
}
