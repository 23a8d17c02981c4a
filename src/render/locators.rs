//! What would become, or became, of locators.

use std::fmt::Write as _;

use crate::domain::locator::LocatorKind;
use crate::domain::locator::order::{Order, Verdict};
use crate::domain::locator::report::{LocatorLine, LocatorReport, Standing};
use crate::domain::report::RunStatus;
use crate::domain::streaming::{Addresses, After, Verdict as StreamVerdict};
use crate::domain::text::visible;

use super::moment;
use super::style::{BAD, CAUTION, GOOD, HINT, QUIET, STRONG, paint};
use super::table::Table;

/// How many locators a table has where it is not asked for.
const SHOWN: usize = 20;

/// An order before it is carried out: what happens to each locator, and why. The first of each kind, unless all are wanted.
#[must_use]
pub fn order(order: &Order, all: bool, width: Option<u16>) -> String {
    if order.items.is_empty() {
        return format!("{} has no locator that was asked for.", visible(&order.account));
    }
    let mut table = Table::new(&["locator", "type", "asset", "expires", "happens", "why"], width);
    let shown = |place: usize| all || place < SHOWN;
    for (place, item) in order.items.iter().enumerate() {
        let (happens, why) = match &item.verdict {
            Verdict::Recreate => ("recreated", "-"),
            Verdict::Leave { why } => ("left", why.as_str()),
        };
        if shown(place) {
            let locator = &item.locator;
            let expires = moment::date(locator.expires);
            table.row([short(&locator.id), kind(locator.kind), short(&locator.asset), &expires, happens, why]);
        }
    }
    let recreated = order.recreated().count();
    let left = order.items.len() - recreated;
    let more = order.items.len().saturating_sub(SHOWN);
    let more = if all || more == 0 { String::new() } else { format!("\n{more} more; --dry-run -o table lists all") };
    let head = format!("{}  {recreated} recreated, {left} left", paint(STRONG, &visible(&order.account)));
    let streams = order.streams.as_ref().map(|streams| format!("\n{}", asked(streams))).unwrap_or_default();
    format!("{head}\n{}{more}{streams}", table.text())
}

/// Which streaming URLs are asked, and what cannot be checked.
fn asked(streams: &Addresses) -> String {
    let mut text = format!("{} streaming URLs are asked before and after", streams.urls.len());
    if let Some((_, why)) = streams.without.first() {
        let _ = write!(text, "; {} locators cannot be checked: {}", streams.without.len(), visible(why));
    }
    paint(QUIET, &text)
}

/// A run as a person wants to read it. `options` are those that another command needs to find the same run.
#[must_use]
pub fn report(report: &LocatorReport, options: &str, width: Option<u16>) -> String {
    let state = match report.status {
        RunStatus::Done => paint(GOOD, "done"),
        RunStatus::Aborted => paint(CAUTION, "aborted: what was begun is back"),
        RunStatus::Waiting | RunStatus::Unfinished => paint(CAUTION, "unfinished"),
        RunStatus::Stopped => paint(BAD, "stopped"),
    };
    let change = report.change_reference.as_ref().map_or_else(String::new, |change| format!(" · {}", visible(change)));
    let head = format!(
        "{}  {state} · {} · run {}{change}",
        paint(STRONG, &visible(&report.account)),
        report.summary(),
        visible(&report.run_id)
    );
    let started = moment::date(report.started);
    let time = report.finished.map_or_else(
        || format!("since {started}"),
        |finished| {
            let took = moment::span(moment::between(report.started, finished));
            format!("{started} to {} ({took})", moment::date(finished))
        },
    );
    let mut lines = vec![head, time];
    lines.extend(away(report));
    if let Some(problem) = &report.problem {
        let over = report.finished.is_some();
        lines.push(format!("{} {problem}", paint(BAD, if over { "needs somebody:" } else { "stopped by:" })));
        lines.extend(problem.hints.iter().map(|hint| format!("{} {hint}", paint(HINT, "hint:"))));
    }
    if let Some(file) = &report.address_file {
        lines.push(paint(CAUTION, &format!("old and new addresses of SAS locators are in {}; they are secrets", visible(file))));
    }
    if let Some(seal) = &report.seal {
        let place = seal.place.as_ref().map_or_else(|| "your host".to_owned(), |place| visible(place));
        lines.push(paint(QUIET, &format!("content keys are sealed with the key {} of {place}", seal.fingerprint)));
    }
    lines.extend(table(report, width));
    lines.extend(report.streaming.as_ref().map(|streaming| streams(streaming, width)));
    lines.extend(way_on(report, options));
    lines.push(paint(
        QUIET,
        &format!("keyroll {} · {}", report.tool.trim_start_matches("keyroll "), visible(&report.identities.join(", "))),
    ));
    lines.join("\n")
}

/// How long locators were away, for who streams: by the journal's times, which count both requests in full.
pub(super) fn away(report: &LocatorReport) -> Option<String> {
    let (longest, median) = report.away()?;
    Some(format!("a locator was away for {} at most, {} in the median", moment::brief(longest), moment::brief(median)))
}

/// Everything that is not simply back, the urgent first.
fn table(report: &LocatorReport, width: Option<u16>) -> Option<String> {
    let mut rows: Vec<&LocatorLine> = report.locators.iter().filter(|line| line.standing != Standing::Restored).collect();
    rows.sort_by_key(|line| std::cmp::Reverse(urgency(line.standing)));
    if rows.is_empty() {
        return None;
    }
    let mut table = Table::new(&["locator", "type", "asset", "expires", "state", "why"], width);
    for line in rows.iter().take(SHOWN) {
        let expires = moment::date(line.expires);
        table.row([short(&line.id), kind(line.kind), short(&line.asset), &expires, line.standing.name(), &line.how]);
    }
    let more = rows.len().saturating_sub(SHOWN);
    let more = if more == 0 { String::new() } else { format!("\n{more} more; -o json lists all") };
    Some(format!("{}{more}", table.text()))
}

/// How streaming URLs fared: those that do not answer as before, one by one.
fn streams(after: &After, width: Option<u16>) -> String {
    let told = after.urls.iter().filter(|checked| checked.verdict != StreamVerdict::Answers);
    let told = told.map(|checked| (&checked.at.locator, checked.at.url.as_str(), checked.verdict.to_string()));
    let without = after.without.iter().map(|(id, why)| (id, "-", StreamVerdict::NotChecked { why: why.clone() }.to_string()));
    let mut rows: Vec<_> = told.chain(without).collect();
    rows.sort_by_key(|(.., what)| what.starts_with("could not"));
    let summary = after.summary();
    if rows.is_empty() {
        return summary;
    }
    let mut table = Table::new(&["locator", "streaming URL", "it"], width);
    for (id, url, what) in rows.iter().take(SHOWN) {
        table.row([short(id), url, what]);
    }
    let more = rows.len().saturating_sub(SHOWN);
    let more = if more == 0 { String::new() } else { format!("\n{more} more; -o json lists all") };
    format!("{summary}\n{}{more}", table.text())
}

fn urgency(standing: Standing) -> u8 {
    match standing {
        Standing::Deleted => 4,
        Standing::Failed => 3,
        Standing::Begun => 2,
        Standing::Left => 1,
        Standing::Open | Standing::Restored => 0,
    }
}

/// What can be done now with a run that is not over.
#[must_use]
pub fn way_on(report: &LocatorReport, options: &str) -> Option<String> {
    if matches!(report.status, RunStatus::Done | RunStatus::Aborted) {
        return None;
    }
    let command = |verb: &str| {
        let words = ["keyroll", verb, "--run-id", &visible(&report.run_id), options];
        paint(HINT, words.join(" ").trim_end())
    };
    let away = match report.count(Standing::Deleted) {
        0 => "Every locator is in its place.".to_owned(),
        1 => paint(BAD, "One locator is deleted; it is complete in the journal."),
        several => paint(BAD, &format!("{several} locators are deleted; they are complete in the journal.")),
    };
    Some(format!("{away} Continue: {}   End: {}", command("resume"), command("abort")))
}

fn kind(kind: LocatorKind) -> &'static str {
    match kind {
        LocatorKind::Sas => "SAS",
        LocatorKind::OnDemandOrigin => "origin",
        LocatorKind::Streaming => "streaming",
    }
}

/// The last part of an id, which tells it from others.
fn short(id: &str) -> &str {
    id.rsplit(':').next().unwrap_or(id)
}
