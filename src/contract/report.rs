//! What a run came to, as JSON: what `status`, `report` and the end of a run answer.

use serde::Serialize;
use serde_json::Value;

use crate::domain::act::Act;
use crate::domain::dependent::{DependentKind, Movement};
use crate::domain::event::Certainty;
use crate::domain::key::Slot;
use crate::domain::report::{DependentReport, LocatorsReport, Report, RunStatus, StepReport, StreamingReport, WindowReport};

use super::dependent::NotInspectedDocument;
use super::keys::KeyStateDocument;
use super::name::{Named, all};
use super::problem::ProblemDocument;
use super::streaming::AfterDocument;
use super::time::Time;

/// The schema of a report.
pub const SCHEMA: &str = "keyroll.report/1";

/// A whole run.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReportDocument {
    schema: &'static str,
    run_id: String,
    account: String,
    state: Named<RunStatus>,
    started: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_due: Option<Time>,
    next: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change_reference: Option<String>,
    tool: String,
    identities: Vec<String>,
    accepted: Vec<String>,
    regenerated: Vec<Named<Slot>>,
    keys_before: KeyStateDocument,
    keys_after: KeyStateDocument,
    steps: Vec<StepDocument>,
    dependents: Vec<DependentDocument>,
    windows: Vec<WindowDocument>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locators: Vec<LocatorsDocument>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    streaming: Vec<StreamingDocument>,
    not_inspected: Vec<NotInspectedDocument>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct StepDocument {
    number: u32,
    act: Named<Act>,
    phase: Named<Act>,
    slot: Named<Slot>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished: Option<Time>,
    how: String,
    targets_done: usize,
    targets: usize,
    correlation_ids: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct DependentDocument {
    id: String,
    name: String,
    kind: Named<DependentKind>,
    movement: Named<Movement>,
    held_before: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<Named<Slot>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    moved: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certainty: Option<Named<Certainty>>,
    how: String,
    gone: bool,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct WindowDocument {
    name: String,
    slot: Named<Slot>,
    opened: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed: Option<Time>,
}

/// Locators of one dependent, recreated in one step by a run of their own.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct LocatorsDocument {
    step: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    slot: Option<Named<Slot>>,
    name: String,
    run_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished: Option<Time>,
    recreated: usize,
    left: usize,
    /// Deleted and not made again at this moment.
    away: Vec<String>,
    how: String,
}

/// Streaming URLs of one dependent, compared in one step with what they said before.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct StreamingDocument {
    step: u32,
    slot: Named<Slot>,
    name: String,
    #[serde(flatten)]
    after: AfterDocument,
    /// Why none could be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    unchecked: Option<String>,
    how: String,
}

/// The report as a JSON document.
#[must_use]
pub fn document(report: &Report) -> Value {
    serde_json::to_value(ReportDocument::from(report)).unwrap_or_default()
}

/// The report as JSON text, `schema` first.
#[must_use]
pub fn text(report: &Report) -> String {
    serde_json::to_string_pretty(&ReportDocument::from(report)).unwrap_or_default()
}

/// The report as one line of JSON, `schema` first: the last line of `--events`.
#[must_use]
pub fn line(report: &Report) -> String {
    serde_json::to_string(&ReportDocument::from(report)).unwrap_or_default()
}

impl From<&Report> for ReportDocument {
    fn from(report: &Report) -> Self {
        Self {
            schema: SCHEMA,
            run_id: report.run_id.clone(),
            account: report.account.clone(),
            state: Named(report.status),
            started: Time(report.started),
            finished: report.finished.map(Time),
            next_due: report.next_due.map(Time),
            next: report.next.clone(),
            problem: report.problem.as_ref().map(ProblemDocument::from),
            change_reference: report.change_reference.clone(),
            tool: report.tool.clone(),
            identities: report.identities.clone(),
            accepted: report.accepted.clone(),
            regenerated: all(&report.regenerated),
            keys_before: (&report.keys_before).into(),
            keys_after: (&report.keys_after).into(),
            steps: report.steps.iter().map(StepDocument::from).collect(),
            dependents: report.dependents.iter().map(DependentDocument::from).collect(),
            windows: report.windows.iter().map(WindowDocument::from).collect(),
            locators: report.locators.iter().map(LocatorsDocument::from).collect(),
            streaming: report.streaming.iter().map(StreamingDocument::from).collect(),
            not_inspected: report.not_inspected.iter().map(NotInspectedDocument::from).collect(),
        }
    }
}

impl From<&StepReport> for StepDocument {
    fn from(step: &StepReport) -> Self {
        Self {
            number: step.number,
            act: Named(step.act),
            phase: Named(step.phase),
            slot: Named(step.slot),
            started: step.started.map(Time),
            finished: step.finished.map(Time),
            how: step.how.clone(),
            targets_done: step.targets_done,
            targets: step.targets,
            correlation_ids: step.correlation_ids.clone(),
        }
    }
}

impl From<&DependentReport> for DependentDocument {
    fn from(dependent: &DependentReport) -> Self {
        Self {
            id: dependent.id.clone(),
            name: dependent.name.clone(),
            kind: Named(dependent.kind),
            movement: Named(dependent.movement),
            held_before: dependent.held_before.clone(),
            published: dependent.published.map(Named),
            moved: dependent.moved.map(Time),
            certainty: dependent.certainty.map(Named),
            how: dependent.how.clone(),
            gone: dependent.gone,
        }
    }
}

impl From<&WindowReport> for WindowDocument {
    fn from(window: &WindowReport) -> Self {
        Self { name: window.name.clone(), slot: Named(window.slot), opened: Time(window.opened), closed: window.closed.map(Time) }
    }
}

impl From<&LocatorsReport> for LocatorsDocument {
    fn from(locators: &LocatorsReport) -> Self {
        Self {
            step: locators.step,
            slot: locators.slot.map(Named),
            name: locators.name.clone(),
            run_id: locators.run_id.clone(),
            finished: locators.finished.map(Time),
            recreated: locators.recreated,
            left: locators.left,
            away: locators.away.clone(),
            how: locators.how.clone(),
        }
    }
}

impl From<&StreamingReport> for StreamingDocument {
    fn from(streaming: &StreamingReport) -> Self {
        Self {
            step: streaming.step,
            slot: Named(streaming.slot),
            name: streaming.name.clone(),
            after: (&streaming.after).into(),
            unchecked: streaming.unchecked.clone(),
            how: streaming.how.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::samples::Any;
    use crate::domain::streaming::{After, Checked, StreamingUrl, Verdict};

    fn streamed() -> StreamingReport {
        let at = StreamingUrl { locator: "loc1".into(), url: "https://o/g/f.ism/manifest".into() };
        let urls = vec![Checked { at, verdict: Verdict::Answers }];
        StreamingReport {
            step: 8,
            slot: Slot::Key2,
            name: "ams2".into(),
            after: After { urls, without: Vec::new(), left_out: 3 },
            unchecked: None,
            how: "streaming URLs of ams2: 1 answers as before".into(),
        }
    }

    #[test]
    fn a_report_is_this_json() {
        let mut any = Any(3);
        let start = crate::contract::time::parse("2026-11-22T02:05:00Z").expect("a time");
        let report = Report {
            run_id: "7f3a".into(),
            account: "/subscriptions/s".into(),
            status: RunStatus::Waiting,
            started: start,
            finished: None,
            change_reference: Some("CHG1234".into()),
            tool: "0.1.0".into(),
            identities: vec!["o".into()],
            accepted: vec!["window-ml-a".into()],
            keys_before: any.keys(),
            keys_after: any.keys(),
            steps: vec![StepReport {
                number: 1,
                act: Act::Stage,
                phase: Act::Stage,
                slot: Slot::Key2,
                started: Some(start),
                finished: None,
                how: "only key2 changed".into(),
                targets_done: 1,
                targets: 2,
                correlation_ids: vec!["9c1e".into()],
            }],
            dependents: vec![DependentReport {
                id: "/w".into(),
                name: "ml-a".into(),
                kind: DependentKind::Workspace,
                movement: Movement::Pull,
                held_before: "key1".into(),
                published: None,
                moved: Some(start),
                certainty: Some(Certainty::Proven),
                how: "listKeys answers key2".into(),
                gone: false,
            }],
            windows: vec![WindowReport { name: "ml-a".into(), slot: Slot::Key2, opened: start, closed: None }],
            locators: vec![LocatorsReport {
                step: 7,
                slot: Some(Slot::Key2),
                name: "ams1".into(),
                run_id: "7f3a-locators-7".into(),
                finished: None,
                recreated: 12,
                left: 3,
                away: vec!["nb:lid:UUID:1".into()],
                how: "12 recreated".into(),
            }],
            streaming: vec![streamed()],
            not_inspected: Vec::new(),
            regenerated: vec![Slot::Key2],
            next_due: Some(start),
            next: "settle until 03:05".into(),
            problem: None,
        };
        let mut value = document(&report);
        assert_eq!(value["keysBefore"]["key1"]["fingerprint"], report.keys_before.key1.fingerprint.as_str());
        value["keysBefore"] = json!("…");
        value["keysAfter"] = json!("…");
        assert_eq!(
            value,
            json!({
                "schema": "keyroll.report/1", "runId": "7f3a", "account": "/subscriptions/s", "state": "waiting",
                "started": "2026-11-22T02:05:00Z", "nextDue": "2026-11-22T02:05:00Z", "next": "settle until 03:05",
                "changeReference": "CHG1234", "tool": "0.1.0", "identities": ["o"], "accepted": ["window-ml-a"],
                "regenerated": ["key2"], "keysBefore": "…", "keysAfter": "…",
                "steps": [{
                    "number": 1, "act": "stage", "phase": "stage", "slot": "key2", "started": "2026-11-22T02:05:00Z",
                    "how": "only key2 changed", "targetsDone": 1, "targets": 2, "correlationIds": ["9c1e"]
                }],
                "dependents": [{
                    "id": "/w", "name": "ml-a", "kind": "workspace", "movement": "pull", "heldBefore": "key1",
                    "moved": "2026-11-22T02:05:00Z", "certainty": "proven", "how": "listKeys answers key2", "gone": false
                }],
                "windows": [{"name": "ml-a", "slot": "key2", "opened": "2026-11-22T02:05:00Z"}],
                "locators": [{
                    "step": 7, "slot": "key2", "name": "ams1", "runId": "7f3a-locators-7", "recreated": 12, "left": 3,
                    "away": ["nb:lid:UUID:1"], "how": "12 recreated"
                }],
                "streaming": [{
                    "step": 8, "slot": "key2", "name": "ams2", "leftOut": 3,
                    "urls": [{"locator": "loc1", "url": "https://o/g/f.ism/manifest", "state": "answers"}],
                    "how": "streaming URLs of ams2: 1 answers as before"
                }],
                "notInspected": []
            })
        );
        assert!(line(&report).starts_with("{\"schema\":\"keyroll.report/1\",\"runId\":\"7f3a\""));
    }
}
