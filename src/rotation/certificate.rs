//! The client certificate that hands keys to AMS v2 accounts: never kept, so that whoever goes on with a run brings it along.

use crate::azure::client::Client;
use crate::dependents::certificate_missing;
use crate::domain::act::Act;
use crate::domain::dependent::{Dependent, DependentKind, Movement};
use crate::domain::problem::Problem;

use super::amend::remaining;
use super::state::RunState;

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
