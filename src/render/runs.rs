//! Where runs stand: one line each.

use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use crate::contract;
use crate::domain::customer_key;
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
    #[cfg_attr(test, schemars(with = "Vec<AnyReport>"))]
    runs: &'a [Value],
}

/// The report of a run of whatever kind.
#[cfg(test)]
#[derive(schemars::JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, clippy::large_enum_variant, reason = "only its shape is asked for")]
pub(crate) enum AnyReport<'a> {
    Rotation(contract::report::ReportDocument),
    CustomerKey(contract::customer_key::report::Document<'a>),
    Locators(contract::locator::report::ReportDocument<'a>),
}

/// One run of whatever kind, as the table shows it.
#[derive(Clone, Debug)]
pub struct Line {
    run_id: String,
    account: String,
    status: RunStatus,
    started: OffsetDateTime,
    done: usize,
    steps: usize,
    next: String,
    next_due: Option<OffsetDateTime>,
    document: Value,
}

impl From<&Report> for Line {
    fn from(run: &Report) -> Self {
        Self {
            run_id: run.run_id.clone(),
            account: account_name(run),
            status: run.status,
            started: run.started,
            done: run.steps.iter().filter(|step| step.finished.is_some()).count(),
            steps: run.steps.len(),
            next: run.next.clone(),
            next_due: run.next_due,
            document: contract::report::document(run),
        }
    }
}

impl From<&customer_key::Report> for Line {
    fn from(run: &customer_key::Report) -> Self {
        let name = run.account.rsplit('/').next().unwrap_or_default();
        Self {
            run_id: run.run_id.clone(),
            account: format!("{name} (customer-key {})", run.command),
            status: run.status,
            started: run.started,
            done: run.steps.iter().filter(|step| step.finished.is_some()).count(),
            steps: run.steps.len(),
            next: run.next.clone(),
            next_due: run.next_due,
            document: contract::customer_key::report_document(run),
        }
    }
}

impl From<&LocatorReport> for Line {
    fn from(run: &LocatorReport) -> Self {
        Self {
            run_id: run.run_id.clone(),
            account: format!("{} (locators)", run.account),
            status: run.status,
            started: run.started,
            done: run.count(Standing::Restored) + run.count(Standing::Left),
            steps: run.locators.len(),
            next: run.problem.as_ref().map_or_else(|| run.summary(), |problem| problem.message.clone()),
            next_due: None,
            document: contract::locator::report_document(run),
        }
    }
}

/// The runs as a table, newest last.
#[must_use]
pub fn text(runs: &[Line], now: OffsetDateTime, width: Option<u16>) -> String {
    if runs.is_empty() {
        return "No run was begun in this state folder.".to_owned();
    }
    let mut table = Table::new(&["run", "account", "state", "since", "step", "next"], width);
    for run in runs {
        let over = matches!(run.status, RunStatus::Done | RunStatus::Aborted);
        let next = match (over, run.next_due) {
            (true, _) => "-".to_owned(),
            (false, Some(due)) => format!("{} · due {}", run.next, moment::near(due, now)),
            (false, None) => run.next.clone(),
        };
        table.row([
            run.run_id.as_str(),
            &run.account,
            run.status.name(),
            &moment::date(run.started),
            &format!("{}/{}", run.done, run.steps),
            &next,
        ]);
    }
    table.text()
}

/// The lines in the order in which the runs began.
#[must_use]
pub fn in_order(mut lines: Vec<Line>) -> Vec<Line> {
    lines.sort_by_key(|line| line.started);
    lines
}

/// The runs as JSON text: whole reports.
#[must_use]
pub fn json(runs: &[Line]) -> String {
    let reports: Vec<Value> = runs.iter().map(|run| run.document.clone()).collect();
    serde_json::to_string_pretty(&RunsDocument { schema: "keyroll.runs/1", runs: &reports }).unwrap_or_default()
}
