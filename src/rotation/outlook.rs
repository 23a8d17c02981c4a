//! What a plan says beforehand of the locators of AMS v2 accounts: how many are made again, who waits meanwhile, and which ones die
//! with a key because they cannot come back.

use crate::azure::client::Client;
use crate::azure::media_v2::MediaV2;
use crate::domain::act::Act;
use crate::domain::dependent::{Dependent, DependentKind, Extent, Movement, NotInspected};
use crate::domain::key::Slot;
use crate::domain::locator::LocatorKind;
use crate::domain::locator::order::{Item, Order, Verdict};
use crate::domain::media_v2::MediaV2Account;
use crate::domain::plan::{Acceptance, Options, Plan};
use crate::domain::problem::{Kind, Problem};
use crate::domain::resource_id::ResourceId;

use super::inventory::Inventory;
use super::locators::survey::{Manner, Selection, survey};
use super::planner::need;

/// How long a new locator takes to answer on its streaming URL, at most: 30 to 40 seconds (Media Services, "Locators").
const READY: &str = "40s";

/// On how many assets is worked at once.
const ASSETS_AT_ONCE: usize = 8;

/// What is known of the locators of one dependent.
#[derive(Debug)]
pub(super) struct Outlook {
    dependent: String,
    name: String,
    /// Every locator in the account that is rolled, judged; or why they cannot be listed.
    locators: Result<Order, Problem>,
}

/// Lists and judges the locators of every AMS v2 account of an inventory.
///
/// # Errors
/// When a service fails; whoever may not list them is told so in the plan instead.
pub(super) async fn look(client: &Client, inventory: &Inventory, options: &Options) -> Result<Vec<Outlook>, Problem> {
    let mut outlooks = Vec::new();
    for dependent in inventory.found.dependents.iter().filter(|dependent| has_locators(dependent)) {
        let account = inventory.scope.media_v2.iter().find(|account| dependent.is(&account.id));
        // Where nobody knows the address, the plan is blocked for that.
        let Some(endpoint) = account.and_then(|account| account.endpoint.as_deref()) else { continue };
        let locators = match list(client, dependent, endpoint, &inventory.account.id, options).await {
            Err(problem) if !is_refusal(&problem) => return Err(problem),
            listed => listed,
        };
        outlooks.push(Outlook { dependent: dependent.id.clone(), name: dependent.name.clone(), locators });
    }
    Ok(outlooks)
}

fn has_locators(dependent: &Dependent) -> bool {
    dependent.kind == DependentKind::MediaV2Account && dependent.movement != Movement::NoKey
}

/// The locators of a dependent in a storage account, judged: those of SAS as lost, unless there is a file for their new addresses.
///
/// # Errors
/// As [`survey`].
pub(super) async fn list(
    client: &Client,
    dependent: &Dependent,
    endpoint: &str,
    storage: &ResourceId,
    options: &Options,
) -> Result<Order, Problem> {
    let media = MediaV2::at(client.clone(), endpoint)?;
    let address_file = options.address_file.clone();
    let storage_account = Some(storage.name().to_owned());
    let selection = Selection { storage_account, include_sas: address_file.is_some(), ..Selection::default() };
    let account = MediaV2Account::name_in(&dependent.id).to_ascii_lowercase();
    let manner = Manner { account, address_file, concurrency: ASSETS_AT_ONCE };
    survey(&media, &selection, manner, client.clock().now()).await
}

/// The plan, with what is known of locators.
#[must_use]
pub(super) fn told(mut plan: Plan, outlooks: &[Outlook]) -> Plan {
    for outlook in outlooks {
        let is_its = |id: &String| id.eq_ignore_ascii_case(&outlook.dependent);
        for step in plan.steps.iter_mut().filter(|step| step.act == Act::Locators && step.dependents.iter().any(is_its)) {
            let Ok(order) = &outlook.locators else { continue };
            step.why = format!("{}; {}", step.why, summary(&outlook.name, order));
            let (signed, streamed): (Vec<_>, Vec<_>) = order.recreated().partition(|item| item.locator.kind == LocatorKind::Sas);
            if !streamed.is_empty() {
                step.may_fail.push(format!("viewers of {} ≤ {READY} each", counted(streamed.len(), "locator")));
            }
            if !signed.is_empty() {
                let whose = counted(signed.len(), "SAS locator");
                step.may_fail.push(format!("whoever is not given the new address of {whose}"));
            }
        }
        let slots: Vec<(Act, Slot)> = super::legs::regenerated(&plan);
        for (act, slot) in slots {
            for needed in of_locators(&outlook.name, outlook.locators.as_ref(), slot, act) {
                need(&mut plan.acceptances, needed);
            }
        }
        if let Err(problem) = &outlook.locators {
            plan.not_inspected.push(NotInspected {
                what: format!("locators of {}", outlook.name),
                extent: Extent::Unavailable,
                why: problem.message.clone(),
                acceptance: Some(unlisted(&outlook.name)),
            });
        }
    }
    plan
}

/// The name under which it is accepted that locators of a dependent die.
#[must_use]
pub(super) fn name_of(dependent: &str) -> String {
    format!("locators-{dependent}")
}

/// The name under which it is accepted that nobody can list the locators of a dependent, so that they die with the key they hang on.
#[must_use]
pub(super) fn unlisted(dependent: &str) -> String {
    format!("unlisted-{dependent}")
}

/// Whether a service certainly does not let the locators be listed: not where a sign-in failed, or nothing answered.
#[must_use]
pub(super) fn is_refusal(problem: &Problem) -> bool {
    matches!((problem.kind, problem.http_status), (Kind::Permission | Kind::NotFound, Some(status)) if status != 401)
}

/// What has to be accepted of a dependent's locators before `slot` is regenerated.
#[must_use]
pub(super) fn of_locators(name: &str, locators: Result<&Order, &Problem>, slot: Slot, act: Act) -> Vec<Acceptance> {
    let order = match locators {
        Ok(order) => order,
        Err(problem) => {
            let why =
                format!("the locators of {name} cannot be listed, so that they die with the key that they hang on: {problem}");
            return vec![Acceptance { name: unlisted(name), why, act }];
        }
    };
    let lost: Vec<(&Item, &str)> = order
        .items
        .iter()
        .filter(|item| !item.locator.has_expired(order.created))
        .filter_map(|item| match &item.verdict {
            Verdict::Leave { why } => Some((item, why.as_str())),
            Verdict::Recreate => None,
        })
        .collect();
    let (signed, streamed): (Vec<_>, Vec<_>) = lost.into_iter().partition(|(item, _)| item.locator.kind == LocatorKind::Sas);
    let mut needed = Vec::new();
    if !signed.is_empty() {
        let why = format!("{} of {name} die with {slot} if signed with it", counted(signed.len(), "SAS locator"));
        needed.push(Acceptance { name: format!("sas-{slot}"), why, act });
    }
    if let Some((_, first)) = streamed.first() {
        let why = format!(
            "{} of {name} cannot be made again and die with the key they hang on: {first}",
            counted(streamed.len(), "locator")
        );
        needed.push(Acceptance { name: name_of(name), why, act });
    }
    needed
}

/// `6 locators of ams1 are made again, 2 left: it expired on …`.
fn summary(name: &str, order: &Order) -> String {
    let count = order.recreated().count();
    let left = order.items.len() - count;
    let mut text = format!("{} of {name} {} made again", counted(count, "locator"), if count == 1 { "is" } else { "are" });
    let signed = order.recreated().filter(|item| item.locator.kind == LocatorKind::Sas).count();
    if let Some(place) = order.address_file.as_ref().filter(|_| signed > 0) {
        text = format!("{text}, the old and new addresses of {} written to {place}", counted(signed, "SAS locator"));
    }
    if left > 0 {
        let reasons = order.items.iter().filter_map(|item| match &item.verdict {
            Verdict::Leave { why } => Some(why.as_str()),
            Verdict::Recreate => None,
        });
        text = format!("{text}, {left} left: {}", each_once(reasons));
    }
    text
}

/// How many different reasons are told.
const REASONS: usize = 3;

/// Each of these clauses once, the first few of them.
pub(super) fn each_once<'a>(clauses: impl Iterator<Item = &'a str>) -> String {
    let mut known: Vec<&str> = Vec::new();
    for clause in clauses {
        if !known.contains(&clause) {
            known.push(clause);
        }
    }
    let more = known.len().saturating_sub(REASONS);
    known.truncate(REASONS);
    let named = known.join("; ");
    if more == 0 { named } else { format!("{named}; and {more} more reasons") }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
