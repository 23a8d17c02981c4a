//! What a run came to, for programs.

use serde::Serialize;
use serde_json::Value;

use crate::contract::name::Named;
use crate::contract::problem::ProblemDocument;
use crate::contract::time::Time;
use crate::domain::customer_key::{Report, Step, TargetKind};

/// The schema of a report.
const SCHEMA: &str = "keyroll.customerKeyReport/1";

/// What a `customer-key` run came to.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Document<'a> {
    schema: &'static str,
    run_id: &'a str,
    command: &'a str,
    account: &'a str,
    state: &'static str,
    started: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change_reference: Option<&'a str>,
    steps: Vec<StepDocument<'a>>,
    created: Vec<CreatedDocument<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_due: Option<Time>,
    next: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemDocument>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct StepDocument<'a> {
    step: Named<Step>,
    touches: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished: Option<Time>,
    how: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation_id: Option<&'a str>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct CreatedDocument<'a> {
    kind: Named<TargetKind>,
    id: &'a str,
}

fn written(report: &Report) -> Document<'_> {
    Document {
        schema: SCHEMA,
        run_id: &report.run_id,
        command: &report.command,
        account: &report.account,
        state: report.status.name(),
        started: Time(report.started),
        finished: report.finished.map(Time),
        change_reference: report.change_reference.as_deref(),
        steps: report
            .steps
            .iter()
            .map(|step| StepDocument {
                step: Named(step.step),
                touches: &step.touches,
                finished: step.finished.map(Time),
                how: &step.how,
                correlation_id: step.correlation_id.as_deref(),
            })
            .collect(),
        created: report.created.iter().map(|it| CreatedDocument { kind: Named(it.kind), id: &it.id }).collect(),
        next_due: report.next_due.map(Time),
        next: &report.next,
        problem: report.problem.as_ref().map(ProblemDocument::from),
    }
}

/// The report as a JSON document.
#[must_use]
pub fn document(report: &Report) -> Value {
    serde_json::to_value(written(report)).unwrap_or_default()
}

/// The report as JSON text, `schema` first.
#[must_use]
pub fn text(report: &Report) -> String {
    serde_json::to_string_pretty(&written(report)).unwrap_or_default()
}
