//! What a sync came to, for people.

use crate::domain::binding::Held;
use crate::domain::event::Certainty;
use crate::domain::resource_id::ResourceId;
use crate::domain::sync::{SyncOutcome, SyncReport, SyncRow};
use crate::domain::text::visible;

use super::style::{BAD, CAUTION, GOOD, HINT, paint};
use super::table::Table;
use super::{dependents, moment};

/// The result for a person. `next` is the command that tells more, where something is waited for.
#[must_use]
pub fn text(report: &SyncReport, next: Option<&str>, width: Option<u16>) -> String {
    let mut table = Table::new(&["name", "kind", "account", "outcome", "holds", "known", "took", "why"], width);
    for row in &report.rows {
        let account = row.storage_account.parse::<ResourceId>();
        table.row([
            row.name.as_str(),
            row.kind.title(),
            account.as_ref().map_or(row.storage_account.as_str(), ResourceId::name),
            row.outcome.name(),
            row.holds.as_ref().map_or("-", Held::name),
            row.certainty.map_or("-", Certainty::name),
            &row.took.map_or_else(|| "-".to_owned(), moment::span),
            &row.why,
        ]);
    }
    let mut lines = if table.is_empty() { vec!["nothing to sync was found".to_owned()] } else { vec![table.text()] };
    lines.push(counts(report));
    lines.extend(report.rows.iter().filter_map(settling));
    lines.extend(report.rows.iter().filter_map(failure));
    lines.extend(dependents::not_inspected(&report.not_inspected, width));
    lines.extend(next.map(|next| format!("{} {next}", paint(HINT, "next:"))));
    lines.join("\n")
}

fn counts(report: &SyncReport) -> String {
    let count = |outcome, style| {
        let number = report.count(outcome);
        (number > 0).then(|| paint(style, &format!("{number} {}", outcome.name())))
    };
    let counts: Vec<String> = [
        count(SyncOutcome::Synced, GOOD),
        count(SyncOutcome::Current, GOOD),
        count(SyncOutcome::Planned, CAUTION),
        count(SyncOutcome::Waiting, CAUTION),
        count(SyncOutcome::Skipped, CAUTION),
        count(SyncOutcome::Failed, BAD),
    ]
    .into_iter()
    .flatten()
    .collect();
    counts.join(" · ")
}

/// What to do once an AMS v2 account has settled.
fn settling(row: &SyncRow) -> Option<String> {
    let (name, until) = (visible(&row.name), moment::date(row.settled?));
    Some(format!("leave {name} alone until {until}, then: keyroll recreate-locators media-v2 --account-name {name}"))
}

fn failure(row: &SyncRow) -> Option<String> {
    let problem = row.problem.as_ref()?;
    let mut lines = vec![format!("{} {}: {problem}", paint(BAD, "failed:"), visible(&row.name))];
    lines.extend(problem.hints.iter().map(|hint| format!("  {} {hint}", paint(HINT, "hint:"))));
    Some(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dependent::DependentKind;
    use crate::domain::problem::Problem;

    #[test]
    fn every_failure_is_named_with_its_way_out() {
        let row = SyncRow {
            resource: "/w".into(),
            name: "ml-a".into(),
            kind: DependentKind::Workspace,
            storage_account: "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/stprod".into(),
            outcome: SyncOutcome::Current,
            holds: None,
            certainty: Some(Certainty::Proven),
            why: "listKeys answers key1".into(),
            took: None,
            run_id: None,
            correlation_id: None,
            settled: None,
            problem: None,
        };
        let failed = SyncRow { name: "ml-b".into(), ..row.clone() }.failed(Problem::failed("x", "it said no").hint("ask again"));
        let report = SyncReport { dry_run: false, rows: vec![row, failed], not_inspected: Vec::new() };
        let text = anstream::adapter::strip_str(&text(&report, Some("keyroll wait"), None)).to_string();
        for part in ["stprod", "1 current · 1 failed", "failed: ml-b: it said no", "hint: ask again", "next: keyroll wait"] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
    }
}
