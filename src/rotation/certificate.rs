//! The client certificate that hands keys to AMS v2 accounts: never kept, so that whoever goes on with a run brings it along.

use std::time::Duration;

use crate::azure::client::Client;
use crate::azure::media_v2::ClientCertificate;
use crate::contract::time::text;
use crate::dependents::certificate_missing;
use crate::domain::act::Act;
use crate::domain::dependent::{Dependent, DependentKind, Movement};
use crate::domain::plan::{Plan, Step};
use crate::domain::problem::Problem;

use super::amend::remaining;
use super::decide::later;
use super::state::RunState;
use super::streaming_check::decide::V2_LOCATOR;
use super::timing;

/// The plan, with a warning where the certificate expires before its run is expected to end.
#[must_use]
pub(super) fn told(client: &Client, mut plan: Plan) -> Plan {
    let Some(certificate) = shown(client) else { return plan };
    let handed = |step: &Step| hands_over(step, plan.dependents.iter()).is_some();
    let waits = plan.steps.iter().map(expected).chain(plan.options.retire_after);
    let end = waits.fold(plan.created, later);
    if !plan.steps.iter().any(handed) || certificate.expires() > end {
        return plan;
    }
    let (name, expires, end) = (certificate.name(), text(certificate.expires()), text(end));
    plan.warnings.push(format!(
        "{name} expires at {expires}, and the run is expected to need it until {end}: take one that is valid for longer, or have one ready to resume with"
    ));
    plan
}

/// Makes sure that the certificate is valid still when the key that `step` is about to regenerate has to be handed over: a key that
/// nobody can give any more is not regenerated (promise P1).
///
/// # Errors
/// `clientCertificateExpiresTooSoon`, with the way on.
pub(super) fn lasts(client: &Client, state: &RunState, step: &Step) -> Result<(), Problem> {
    let Some(certificate) = shown(client) else { return Ok(()) };
    let mut at = client.clock().now();
    for next in state.steps.iter().skip_while(|known| known.number != step.number).skip(1) {
        let living = state.dependents.iter().filter(|dependent| !state.is_gone(&dependent.id));
        let Some(dependent) = hands_over(next, living) else {
            at = later(at, expected(next));
            continue;
        };
        if certificate.expires() > at {
            return Ok(());
        }
        let (name, expires, run) = (certificate.name(), text(certificate.expires()), &state.head.run_id);
        let message =
            format!("{name} expires at {expires}, before {} can be given {} at {}", dependent.name, next.slot, text(at));
        return Err(Problem::blocked("clientCertificateExpiresTooSoon", message)
            .because(format!("{} was not regenerated: nobody could hand the new key over", step.slot))
            .hint(format!("go on with another one: keyroll resume --run-id {run} --certificate FILE")));
    }
    Ok(())
}

/// The certificate that is shown to classic service management, where one is.
fn shown(client: &Client) -> Option<&ClientCertificate> {
    client.management()?.certificate()
}

/// A dependent that is handed a key in this step.
fn hands_over<'a>(step: &Step, mut dependents: impl Iterator<Item = &'a Dependent>) -> Option<&'a Dependent> {
    let handed = |dependent: &&Dependent| {
        dependent.kind == DependentKind::MediaV2Account
            && dependent.movement == Movement::Push
            && step.dependents.iter().any(|id| dependent.is(id))
    };
    if step.act == Act::Publish { dependents.find(handed) } else { None }
}

/// How long a step is expected to take: its waits, until a new key is accepted everywhere, and until streaming URLs answer.
fn expected(step: &Step) -> Duration {
    match step.act {
        Act::Test => timing::PROPAGATION,
        Act::Locators => V2_LOCATOR.ceiling,
        _ => step.floor,
    }
}

/// Makes sure that the certificate is at hand and valid that the rest of a run needs, or its way back: before anything changes.
///
/// # Errors
/// `certificateMissing`, `clientCertificateExpired`.
pub(super) fn needed(client: &Client, state: &RunState, back: bool) -> Result<(), Problem> {
    let Some(dependent) = state.dependents.iter().find(|dependent| is_handed(state, dependent, back)) else { return Ok(()) };
    if let Some(management) = client.management() {
        return management.check(client.clock().now());
    }
    let (name, run) = (&dependent.name, &state.head.run_id);
    Err(certificate_missing(name).because(format!("run {run} has still to give {name} a key, and keeps no certificate")))
}

/// Whether the rest of the run hands this dependent a key, or its way back does.
fn is_handed(state: &RunState, dependent: &Dependent, back: bool) -> bool {
    if dependent.kind != DependentKind::MediaV2Account || dependent.movement != Movement::Push || state.is_gone(&dependent.id) {
        return false;
    }
    let id = &dependent.id;
    let open = remaining(state).into_iter().filter(|step| step.act == Act::Publish);
    let unwritten = |step: u32| state.of(step).target(id).is_none_or(|target| target.moved.is_none());
    (back && state.intended.contains_key(&id.to_ascii_lowercase()))
        || open.filter(|step| step.dependents.iter().any(|id| dependent.is(id))).any(|step| unwritten(step.number))
}
