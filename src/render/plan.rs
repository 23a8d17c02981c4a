//! A plan as section 9 of the design draws it.

use time::OffsetDateTime;

use crate::domain::account::Service;
use crate::domain::act::Act;
use crate::domain::dependent::DependentKind;
use crate::domain::key::Slot;
use crate::domain::plan::{ActiveKnowledge, Plan, Step};
use crate::domain::text::visible;

use super::paragraph::hanging;
use super::style::{BAD, CAUTION, STRONG, paint};
use super::table::Table;
use super::{dependents, keys, moment};

/// The plan for a person; `next` is the exact next command.
#[must_use]
pub fn text(plan: &Plan, next: &str, now: OffsetDateTime, width: Option<u16>) -> String {
    let mut lines = vec![head(plan, now)];
    let mut table = Table::new(&["#", "act", "touches", "key", "wait", "undo", "may fail"], width);
    for step in &plan.steps {
        let act = if step.act.is_irreversible() { format!("{} ! ", step.act) } else { step.act.name().to_owned() };
        table.row([
            &step.number.to_string(),
            &act,
            &touches(plan, step),
            step.slot.name(),
            &wait(step),
            undo(step.act),
            &or_dash(&step.may_fail.join("; ")),
        ]);
    }
    lines.push(table.text());
    lines.extend(dependents::not_inspected(&plan.not_inspected, width));
    if !plan.missing_permissions.is_empty() {
        lines.push(paint(CAUTION, &format!("missing permissions: {}", visible(&plan.missing_permissions.join(", ")))));
    }
    for warning in &plan.warnings {
        lines.push(hanging(&paint(CAUTION, "warning: "), &visible(warning), 2, width));
    }
    for blocker in &plan.blockers {
        lines.push(format!("{} {blocker}", paint(BAD, "blocked:")));
        lines.extend(blocker.hints.iter().map(|hint| format!("  hint: {hint}")));
    }
    lines.push(paint(STRONG, &hanging("", &summary(plan), 2, width)));
    if !plan.acceptances.is_empty() {
        lines.push("to accept by name:".to_owned());
        let widest = plan.acceptances.iter().map(|needed| needed.name.chars().count()).max().unwrap_or_default();
        let names = plan.acceptances.iter();
        lines.extend(names.map(|needed| {
            let name = format!("  {:widest$}  ", visible(&needed.name));
            hanging(&name, &visible(&needed.why), (widest + 4).min(24), width)
        }));
    }
    lines.push(if plan.blockers.is_empty() {
        format!("next: {next}")
    } else {
        "next: remove what blocks, then plan again".into()
    });
    lines.join("\n")
}

/// `stprod  key1 in use 212d · key2 standby 212d · policy 90d: both overdue`
fn head(plan: &Plan, now: OffsetDateTime) -> String {
    let aged =
        |slot: Slot| plan.keys.get(slot).created.map_or_else(String::new, |created| format!(" {}", moment::age(created, now)));
    let how = match plan.active_knowledge {
        ActiveKnowledge::Read => "",
        ActiveKnowledge::Majority => " (by most dependents)",
        ActiveKnowledge::Assumed => " (assumed)",
    };
    let mut parts = vec![
        format!("{} in use{}{how}", plan.active, aged(plan.active)),
        format!("{} standby{}", plan.standby(), aged(plan.standby())),
    ];
    if let Some(days) = plan.account.key_expiration_days {
        let late: Vec<Slot> = Slot::BOTH
            .into_iter()
            .filter(|slot| keys::overdue(&plan.account, plan.keys.get(*slot).created, now) == Some(true))
            .collect();
        parts.push(match late.as_slice() {
            [] => format!("policy {days}d: kept"),
            [one] => format!("policy {days}d: {one} overdue"),
            _ => format!("policy {days}d: both overdue"),
        });
    }
    format!("{}  {}", paint(STRONG, plan.account.id.name()), parts.join(" · "))
}

/// What a step touches: the account, services, or dependents by name or, where there are many of a kind, by number.
fn touches(plan: &Plan, step: &Step) -> String {
    match step.act {
        Act::Stage | Act::Retire => plan.account.id.name().to_owned(),
        Act::Test => {
            let untested = plan.untested.iter().map(|service| format!("{service} (untested)"));
            plan.services.iter().map(Service::to_string).chain(untested).collect::<Vec<_>>().join(", ")
        }
        _ => or_dash(&named_or_counted(plan, &step.dependents)),
    }
}

fn named_or_counted(plan: &Plan, ids: &[String]) -> String {
    let mut parts = Vec::new();
    for kind in DependentKind::ALL {
        let of_kind: Vec<&str> = ids
            .iter()
            .filter_map(|id| plan.dependent(id))
            .filter(|dependent| dependent.kind == kind)
            .map(|dependent| dependent.name.as_str())
            .collect();
        match of_kind.len() {
            0 => {}
            1..=3 => parts.extend(of_kind.into_iter().map(str::to_owned)),
            many => parts.push(format!("{many} {}s", kind.title().trim_start_matches("ML ").trim_start_matches("Key Vault "))),
        }
    }
    parts.join(", ")
}

fn wait(step: &Step) -> String {
    match (step.floor.is_zero(), step.ceiling.is_zero()) {
        (false, _) => moment::span(step.floor),
        (true, false) => format!("≤ {}", moment::span(step.ceiling)),
        (true, true) => "-".to_owned(),
    }
}

fn undo(act: Act) -> &'static str {
    match act {
        Act::Stage | Act::Retire => "NO",
        Act::Publish | Act::Converge | Act::Return => "yes",
        _ => "-",
    }
}

/// `2 points of no return · 18 dependents · retire possible from Sun 04:10 UTC`
fn summary(plan: &Plan) -> String {
    let points = plan.points_of_no_return();
    let moved = plan.steps.iter().filter(|step| step.act == Act::Publish).flat_map(|step| &step.dependents);
    let mut moved: Vec<String> = moved.map(|id| id.to_ascii_lowercase()).collect();
    moved.sort();
    moved.dedup();
    let mut parts = vec![
        format!("{points} point{} of no return", if points == 1 { "" } else { "s" }),
        format!("{} of {} dependents written", moved.len(), plan.dependents.len()),
    ];
    if let Some(position) = plan.steps.iter().position(|step| step.act == Act::Retire) {
        let wait: std::time::Duration = plan.steps[..position].iter().map(|step| step.floor).sum();
        parts.push(format!("retire possible from {}", moment::near(plan.created + wait, plan.created)));
    }
    parts.join(" · ")
}

fn or_dash(text: &str) -> String {
    if text.is_empty() { "-".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
