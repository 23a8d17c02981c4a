//! Where runs stand: one line each.

use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use crate::contract;
use crate::domain::locator::report::{LocatorReport, Standing};
use crate::domain::report::{Report, RunStatus};

use super::moment;
use super::report::account_name;
use super::table::Table;

/// Every run of a state folder. The members are in this order, so that the schema comes first.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RunsDocument<'a> {
    schema: &'static str,
    #[cfg_attr(test, schemars(with = "Vec<contract::report::ReportDocument>"))]
    runs: &'a [Value],
}

/// The runs as a table, newest last.
#[must_use]
pub fn text(runs: &[Report], locators: &[LocatorReport], now: OffsetDateTime, width: Option<u16>) -> String {
    if runs.is_empty() && locators.is_empty() {
        return "No run was begun in this state folder.".to_owned();
    }
    let mut table = Table::new(&["run", "account", "state", "since", "step", "next"], width);
    for run in runs {
        let done = run.steps.iter().filter(|step| step.finished.is_some()).count();
        let over = matches!(run.status, RunStatus::Done | RunStatus::Aborted);
        let next = match (over, run.next_due) {
            (true, _) => "-".to_owned(),
            (false, Some(due)) => format!("{} · due {}", run.next, moment::near(due, now)),
            (false, None) => run.next.clone(),
        };
        table.row([
            run.run_id.as_str(),
            &account_name(run),
            run.status.name(),
            &moment::date(run.started),
            &format!("{done}/{}", run.steps.len()),
            &next,
        ]);
    }
    for run in locators {
        let all = run.locators.len();
        let done = run.count(Standing::Restored) + run.count(Standing::Left);
        let over = matches!(run.status, RunStatus::Done | RunStatus::Aborted);
        let next = run.problem.as_ref().map_or_else(|| run.summary(), |problem| problem.message.clone());
        table.row([
            run.run_id.as_str(),
            &run.account,
            run.status.name(),
            &moment::date(run.started),
            &format!("{done}/{all} locators"),
            if over { "-" } else { &next },
        ]);
    }
    table.text()
}

/// The runs as JSON text: whole reports.
#[must_use]
pub fn json(runs: &[Report], locators: &[LocatorReport]) -> String {
    let locators = locators.iter().map(contract::locator::report_document);
    let reports: Vec<Value> = runs.iter().map(contract::report::document).chain(locators).collect();
    serde_json::to_string_pretty(&RunsDocument { schema: "keyroll.runs/1", runs: &reports }).unwrap_or_default()
}
