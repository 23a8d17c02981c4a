//! The report of a run that recreates locators.

use serde::Serialize;
use serde_json::Value;

use crate::contract::name::Named;
use crate::contract::problem::ProblemDocument;
use crate::contract::streaming::AfterDocument;
use crate::contract::time::Time;
use crate::domain::locator::LocatorKind;
use crate::domain::locator::report::{LocatorLine, LocatorReport};
use crate::domain::report::RunStatus;

use super::streaming::SealDocument;

/// The schema of a report.
const SCHEMA: &str = "keyroll.locatorReport/1";

/// What a run that recreates locators came to.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReportDocument<'a> {
    schema: &'static str,
    run_id: &'a str,
    account: &'a str,
    state: Named<RunStatus>,
    started: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished: Option<Time>,
    summary: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change_reference: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<&'a str>,
    tool: &'a str,
    identities: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    address_file: Option<&'a str>,
    /// Which key seals the content keys of streaming locators.
    #[serde(skip_serializing_if = "Option::is_none")]
    seal: Option<SealDocument>,
    locators: Vec<LineDocument<'a>>,
    /// How their streaming URLs fared.
    #[serde(skip_serializing_if = "Option::is_none")]
    streaming: Option<AfterDocument>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct LineDocument<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(rename = "type")]
    kind: Named<LocatorKind>,
    asset: &'a str,
    expires: Time,
    state: &'static str,
    how: &'a str,
    /// When its delete was about to be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    away_since: Option<Time>,
    /// When it was known to be back.
    #[serde(skip_serializing_if = "Option::is_none")]
    away_until: Option<Time>,
}

impl<'a> From<&'a LocatorReport> for ReportDocument<'a> {
    fn from(report: &'a LocatorReport) -> Self {
        Self {
            schema: SCHEMA,
            run_id: &report.run_id,
            account: &report.account,
            state: Named(report.status),
            started: Time(report.started),
            finished: report.finished.map(Time),
            summary: report.summary(),
            problem: report.problem.as_ref().map(ProblemDocument::from),
            change_reference: report.change_reference.as_deref(),
            parent: report.parent.as_deref(),
            tool: &report.tool,
            identities: &report.identities,
            address_file: report.address_file.as_deref(),
            seal: report.seal.clone().map(SealDocument::from),
            locators: report.locators.iter().map(LineDocument::from).collect(),
            streaming: report.streaming.as_ref().map(AfterDocument::from),
        }
    }
}

impl<'a> From<&'a LocatorLine> for LineDocument<'a> {
    fn from(line: &'a LocatorLine) -> Self {
        Self {
            id: &line.id,
            name: line.name.as_deref(),
            kind: Named(line.kind),
            asset: &line.asset,
            expires: Time(line.expires),
            state: line.standing.name(),
            how: &line.how,
            away_since: line.away.since.map(Time),
            away_until: line.away.until.map(Time),
        }
    }
}

/// The report as a JSON document.
#[must_use]
pub fn document(report: &LocatorReport) -> Value {
    serde_json::to_value(ReportDocument::from(report)).unwrap_or_default()
}

/// The report as JSON text, `schema` first.
#[must_use]
pub fn text(report: &LocatorReport) -> String {
    serde_json::to_string_pretty(&ReportDocument::from(report)).unwrap_or_default()
}

/// The report as one line of JSON, `schema` first.
#[must_use]
pub fn line(report: &LocatorReport) -> String {
    serde_json::to_string(&ReportDocument::from(report)).unwrap_or_default()
}
