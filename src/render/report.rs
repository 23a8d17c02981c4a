//! A run as a person wants to read it afterwards: what changed, what was proven or assumed, what was not looked at.

use crate::domain::act::Act;
use crate::domain::dependent::{DependentKind, Movement};
use crate::domain::event::Certainty;
use crate::domain::key::Slot;
use crate::domain::report::{DependentReport, Report, RunStatus, StepReport};
use crate::domain::resource_id::ResourceId;
use crate::domain::text::visible;

use super::paragraph::hanging;
use super::style::{BAD, CAUTION, GOOD, HINT, QUIET, STRONG, paint};
use super::table::Table;
use super::{dependents, moment};

/// The report for a person. `options` are those that another command needs to find the same run (`--state …`).
#[must_use]
pub fn text(report: &Report, options: &str, width: Option<u16>) -> String {
    let mut sections = vec![head(report), changes(report)];
    sections.extend(dependents_section(report, width));
    sections.extend(windows(report, width));
    sections.extend(locators(report, width));
    sections.extend(streaming(report, width));
    sections.push(steps(report, width));
    sections.extend(dependents::not_inspected(&report.not_inspected, width));
    sections.push(for_support(report, width));
    sections.extend(way_on(report, options));
    sections.join("\n\n")
}

/// The name of the account of a report.
#[must_use]
pub fn account_name(report: &Report) -> String {
    report.account.parse::<ResourceId>().map_or_else(|_| visible(&report.account), |id| id.name().to_owned())
}

fn head(report: &Report) -> String {
    let slots: Vec<&str> = report.regenerated.iter().map(|slot| slot.name()).collect();
    let rolled =
        if slots.is_empty() { "no key was regenerated".to_owned() } else { format!("{} regenerated", slots.join(", then ")) };
    let state = match report.status {
        RunStatus::Done => paint(GOOD, "done"),
        RunStatus::Aborted => paint(CAUTION, "aborted: everything that could be was pointed back"),
        RunStatus::Waiting => paint(CAUTION, "waiting"),
        RunStatus::Unfinished => paint(CAUTION, "unfinished"),
        RunStatus::Stopped => paint(BAD, "stopped"),
    };
    let change = report.change_reference.as_ref().map_or_else(String::new, |change| format!(" · {}", visible(change)));
    let name = account_name(report);
    let mut lines = vec![format!("{}  {state} · {rolled} · run {}{change}", paint(STRONG, &name), visible(&report.run_id))];
    let started = moment::date(report.started);
    lines.push(match report.finished {
        Some(finished) => {
            let took = moment::span(moment::between(report.started, finished));
            format!("{started} to {} ({took})", moment::date(finished))
        }
        None => format!("since {started}"),
    });
    if let Some(problem) = &report.problem {
        let over = report.finished.is_some();
        lines.push(format!("{} {problem}", paint(BAD, if over { "needs somebody:" } else { "stopped by:" })));
        lines.extend(problem.hints.iter().map(|hint| format!("{} {hint}", paint(HINT, "hint:"))));
    }
    lines.join("\n")
}

fn changes(report: &Report) -> String {
    let line = |slot: Slot| {
        let (before, after) = (report.keys_before.get(slot), report.keys_after.get(slot));
        if before.fingerprint == after.fingerprint {
            return format!("  {slot}  {}  unchanged", after.fingerprint);
        }
        let when = after.created.map_or_else(String::new, |created| format!("  created {}", moment::date(created)));
        format!("  {slot}  {} → {}{when}", before.fingerprint, after.fingerprint)
    };
    format!("{}\n{}", paint(STRONG, "keys"), Slot::BOTH.map(line).join("\n"))
}

fn dependents_section(report: &Report, width: Option<u16>) -> Option<String> {
    if report.dependents.is_empty() {
        return None;
    }
    let mut table = Table::new(&["dependent", "kind", "held", "moved", "checked", "how"], width);
    for dependent in &report.dependents {
        table.row([
            dependent.name.as_str(),
            dependent.kind.title(),
            &dependent.held_before,
            &moved(dependent, report),
            checked(dependent),
            how(dependent),
        ]);
    }
    let count = |certainty| report.dependents.iter().filter(|dependent| dependent.certainty == Some(certainty)).count();
    let proven = paint(GOOD, &format!("{} proven", count(Certainty::Proven)));
    let assumed = format!("{} assumed", count(Certainty::Assumed));
    Some(format!("{}  {proven} · {assumed}\n{}", paint(STRONG, "dependents"), table.text()))
}

fn moved(dependent: &DependentReport, report: &Report) -> String {
    let at = dependent.moved.map_or_else(String::new, |at| format!(" {}", moment::within(at, report.started)));
    match (dependent.published, dependent.moved) {
        (Some(slot), _) => format!("to {slot}{at}"),
        (None, Some(_)) => format!("told{at}"),
        (None, None) => "-".to_owned(),
    }
}

fn how(dependent: &DependentReport) -> &str {
    match dependent.movement {
        Movement::WithParent if dependent.how.is_empty() => "moves with its workspace",
        _ => &dependent.how,
    }
}

fn checked(dependent: &DependentReport) -> &'static str {
    match (dependent.gone, dependent.certainty) {
        (true, _) => "gone",
        (false, Some(certainty)) => certainty.name(),
        (false, None) => "-",
    }
}

fn windows(report: &Report, width: Option<u16>) -> Option<String> {
    if report.windows.is_empty() {
        return None;
    }
    let mut table = Table::new(&["may have failed", "key", "from", "to", "length"], width);
    for window in &report.windows {
        let closed = window.closed;
        table.row([
            window.name.as_str(),
            window.slot.name(),
            &moment::exact(window.opened),
            &closed.map_or_else(|| "still open".to_owned(), moment::exact),
            &closed.map_or_else(|| "-".to_owned(), |closed| moment::span(moment::between(window.opened, closed))),
        ]);
    }
    Some(format!("{}\n{}", paint(STRONG, "windows"), table.text()))
}

fn locators(report: &Report, width: Option<u16>) -> Option<String> {
    if report.locators.is_empty() {
        return None;
    }
    let mut table = Table::new(&["locators of", "key", "recreated", "left", "away now", "came to", "run"], width);
    for round in &report.locators {
        let (recreated, left) = (round.recreated.to_string(), round.left.to_string());
        table.row([
            round.name.as_str(),
            round.slot.map_or("-", Slot::name),
            &recreated,
            &left,
            &if round.away.is_empty() { "-".to_owned() } else { round.away.join(", ") },
            &round.how,
            &round.run_id,
        ]);
    }
    let each = "keyroll report --run-id RUN tells of each locator";
    Some(format!("{}  {each}\n{}", paint(STRONG, "locators"), table.text()))
}

fn streaming(report: &Report, width: Option<u16>) -> Option<String> {
    if report.streaming.is_empty() {
        return None;
    }
    let mut table = Table::new(&["after", "key", "came to"], width);
    for round in &report.streaming {
        table.row([&format!("step {}", round.step), round.slot.name(), &round.how]);
    }
    let mut lines = vec![paint(STRONG, "streaming URLs"), table.text()];
    for (number, checked) in report.streaming.iter().flat_map(|round| round.after.failing().map(|checked| (round.step, checked)))
    {
        let (url, verdict) = (visible(&checked.at.url), visible(&checked.verdict.to_string()));
        lines.push(hanging(&format!("step {number}: "), &format!("{url}  {}", paint(BAD, &verdict)), 2, width));
    }
    Some(lines.join("\n"))
}

fn steps(report: &Report, width: Option<u16>) -> String {
    let mut table = Table::new(&["#", "act", "key", "began", "took", "targets", "came to"], width);
    for step in &report.steps {
        let took = step.started.zip(step.finished).map(|(from, to)| moment::span(moment::between(from, to)));
        table.row([
            step.number.to_string().as_str(),
            step.act.name(),
            step.slot.name(),
            &step.started.map_or_else(|| "-".to_owned(), |at| moment::within(at, report.started)),
            &took.unwrap_or_else(|| "-".to_owned()),
            &if step.targets == 0 { "-".to_owned() } else { format!("{}/{}", step.targets_done, step.targets) },
            &step.how,
        ]);
    }
    format!("{}  (times are UTC)\n{}", paint(STRONG, "steps"), table.text())
}

fn for_support(report: &Report, width: Option<u16>) -> String {
    let mut lines = vec![format!("{} · account {}", visible(&report.tool), visible(&report.account))];
    if !report.identities.is_empty() {
        lines.push(format!("acted as {}", visible(&report.identities.join(", "))));
    }
    if !report.accepted.is_empty() {
        lines.push(hanging("accepted ", &visible(&report.accepted.join(", ")), 2, width));
    }
    for step in report.steps.iter().filter(|step| !step.correlation_ids.is_empty()) {
        let lead = format!("correlation ids of step {} ({}): ", step.number, step.act);
        lines.push(hanging(&lead, &visible(&step.correlation_ids.join(", ")), 2, width));
    }
    let lines: Vec<String> = lines.iter().map(|line| paint(QUIET, line)).collect();
    format!("{}\n{}", paint(STRONG, "for support"), lines.join("\n"))
}

/// What can be done now with a run that is not over: what is waited for, the undo while there is one, and how to go on.
#[must_use]
pub fn way_on(report: &Report, options: &str) -> Option<String> {
    if matches!(report.status, RunStatus::Done | RunStatus::Aborted) {
        return None;
    }
    let command = |verb: &str| {
        let words = ["keyroll", verb, "--run-id", &visible(&report.run_id), options];
        paint(HINT, words.join(" ").trim_end())
    };
    let mut lines = Vec::new();
    let next = visible(&report.next);
    match report.next_due {
        Some(due) => lines.push(format!("next: {next} · due {}", moment::date(due))),
        None if !next.is_empty() => lines.push(format!("next: {next}")),
        None => {}
    }
    let undo = format!("Undo: {}", command("abort"));
    lines.push(match standing(report) {
        Standing::Untouched => format!("No key was changed yet. {undo}"),
        Standing::Staging(other) => format!("{other} works as before; the new key is not proven yet. {undo}"),
        Standing::Both => format!("Both keys work now. {undo}"),
        Standing::Retiring => "The old key is being retired: there is no way back, only on.".to_owned(),
    });
    lines.push(format!("Safe to close. Continue: {}", command("resume")));
    if needs_certificate(report) && !options.contains("--certificate ") {
        lines.push("With the same --certificate as before: no run keeps it.".to_owned());
    }
    Some(lines.join("\n"))
}

/// Whether a key is handed to an AMS v2 account for a certificate.
fn needs_certificate(report: &Report) -> bool {
    let handed =
        |dependent: &DependentReport| dependent.kind == DependentKind::MediaV2Account && dependent.movement == Movement::Push;
    report.dependents.iter().any(handed)
}

/// Which keys can be relied on.
enum Standing {
    Untouched,
    /// The new key may not be accepted yet; this other one is.
    Staging(Slot),
    Both,
    Retiring,
}

fn standing(report: &Report) -> Standing {
    let mut regenerates = report.steps.iter().filter(|step| step.act.is_irreversible() && step.started.is_some());
    let Some(first) = regenerates.next() else { return Standing::Untouched };
    if first.phase != Act::Stage || regenerates.next().is_some() {
        return Standing::Retiring;
    }
    let open =
        |step: &StepReport| step.phase == Act::Stage && matches!(step.act, Act::Stage | Act::Test) && step.finished.is_none();
    if report.steps.iter().any(open) { Standing::Staging(first.slot.other()) } else { Standing::Both }
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
