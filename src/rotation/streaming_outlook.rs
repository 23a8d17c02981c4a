//! What a plan says beforehand of the streaming URLs of media accounts that re-read the keys: how many are asked, and what is not.

use std::collections::BTreeMap;

use crate::azure::client::Client;
use crate::domain::act::Act;
use crate::domain::dependent::{Dependent, DependentKind, Movement, NotInspected};
use crate::domain::plan::Plan;
use crate::domain::problem::Problem;
use crate::domain::streaming::Addresses;

use super::streaming_check::account::{not_inspected, of_account};

/// The plan, with what is known of the streaming URLs that its run compares. Whatever keeps that from being known is told, and
/// blocks nothing.
pub(super) async fn told(client: &Client, mut plan: Plan) -> Plan {
    let mut counts: BTreeMap<String, String> = BTreeMap::new();
    let streaming: Vec<Dependent> = plan.dependents.iter().filter(|dependent| is_compared(&plan, dependent)).cloned().collect();
    for dependent in &streaming {
        let found = match dependent.id.parse() {
            Ok(media) => of_account(client, &media, &plan.account.id, client.clock().now()).await,
            Err(problem) => Err(problem),
        };
        plan.not_inspected.extend(unseen(&dependent.name, &found));
        if let Ok(Addresses { urls, .. }) = found
            && !urls.is_empty()
        {
            let count = if urls.len() == 1 { "1 URL".to_owned() } else { format!("{} URLs", urls.len()) };
            counts.insert(dependent.id.to_ascii_lowercase(), format!("{count} of {}", dependent.name));
        }
    }
    for step in plan.steps.iter_mut().filter(|step| step.act == Act::Locators) {
        let asked: Vec<&str> =
            step.dependents.iter().filter_map(|id| counts.get(&id.to_ascii_lowercase())).map(String::as_str).collect();
        if !asked.is_empty() {
            step.why = format!("{}; asked are {}", step.why, asked.join(", "));
        }
    }
    plan
}

/// Whether the run of a plan compares the streaming URLs of a dependent.
fn is_compared(plan: &Plan, dependent: &Dependent) -> bool {
    dependent.kind == DependentKind::MediaAccount
        && dependent.movement == Movement::Pull
        && plan.steps.iter().any(|step| step.act == Act::Locators && step.dependents.iter().any(|id| dependent.is(id)))
}

fn unseen(name: &str, found: &Result<Addresses, Problem>) -> Option<NotInspected> {
    match found {
        Ok(addresses) => not_inspected(name, None, &addresses.without, addresses.left_out),
        Err(problem) => not_inspected(name, Some(&problem.message), &[], 0),
    }
}
