//! What a sync came to, as JSON: what `sync-keys` and `update-datastores` answer.

use serde::Serialize;
use serde_json::Value;

use crate::domain::binding::Held;
use crate::domain::dependent::DependentKind;
use crate::domain::event::Certainty;
use crate::domain::sync::{SyncOutcome, SyncReport, SyncRow, SyncState};

use super::dependent::NotInspectedDocument;
use super::name::Named;
use super::problem::ProblemDocument;
use super::time::Time;

/// The schema of a sync's result.
pub const SCHEMA: &str = "keyroll.sync/1";

/// A whole sync.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct SyncDocument {
    schema: &'static str,
    state: Named<SyncState>,
    dry_run: bool,
    rows: Vec<RowDocument>,
    not_inspected: Vec<NotInspectedDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct RowDocument {
    resource: String,
    name: String,
    kind: Named<DependentKind>,
    storage_account: String,
    outcome: Named<SyncOutcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    holds: Option<Named<Held>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certainty: Option<Named<Certainty>>,
    why: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation_id: Option<String>,
    /// From when on locators of an AMS v2 account may be recreated.
    #[serde(skip_serializing_if = "Option::is_none")]
    settled: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemDocument>,
}

/// The result as a JSON document. `next` is the command that tells more, where something is waited for.
#[must_use]
pub fn document(report: &SyncReport, next: Option<&str>) -> Value {
    serde_json::to_value(sync_document(report, next)).unwrap_or_default()
}

/// The result as JSON text, `schema` first.
#[must_use]
pub fn text(report: &SyncReport, next: Option<&str>) -> String {
    serde_json::to_string_pretty(&sync_document(report, next)).unwrap_or_default()
}

fn sync_document(report: &SyncReport, next: Option<&str>) -> SyncDocument {
    SyncDocument {
        schema: SCHEMA,
        state: Named(report.state()),
        dry_run: report.dry_run,
        rows: report.rows.iter().map(RowDocument::from).collect(),
        not_inspected: report.not_inspected.iter().map(NotInspectedDocument::from).collect(),
        next: next.map(str::to_owned),
    }
}

impl From<&SyncRow> for RowDocument {
    fn from(row: &SyncRow) -> Self {
        Self {
            resource: row.resource.clone(),
            name: row.name.clone(),
            kind: Named(row.kind),
            storage_account: row.storage_account.clone(),
            outcome: Named(row.outcome),
            holds: row.holds.clone().map(Named),
            certainty: row.certainty.map(Named),
            why: row.why.clone(),
            seconds: row.took.map(|took| took.as_secs()),
            run_id: row.run_id.clone(),
            correlation_id: row.correlation_id.clone(),
            settled: row.settled.map(Time),
            problem: row.problem.as_ref().map(ProblemDocument::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::domain::key::Slot;
    use crate::domain::problem::Problem;

    #[test]
    fn a_sync_is_this_json() {
        let synced = SyncRow {
            resource: "/w".into(),
            name: "ml-a".into(),
            kind: DependentKind::Workspace,
            storage_account: "/st".into(),
            outcome: SyncOutcome::Synced,
            holds: Some(Held::Slot(Slot::Key1)),
            certainty: Some(Certainty::Proven),
            why: "listKeys answers key1".into(),
            took: Some(Duration::from_millis(31_400)),
            run_id: Some("7f3a".into()),
            correlation_id: Some("9c1e".into()),
            settled: None,
            problem: None,
        };
        let failed = SyncRow { name: "ds".into(), kind: DependentKind::Datastore, holds: None, took: None, ..synced.clone() }
            .failed(Problem::failed("ceilingReached", "an old key is still read back"));
        let report = SyncReport { dry_run: false, rows: vec![synced, failed], not_inspected: Vec::new() };
        let mut value = document(&report, Some("keyroll status"));
        assert!(text(&report, None).starts_with("{\n  \"schema\": \"keyroll.sync/1\""));
        assert_eq!(value["rows"][1]["problem"]["code"], "ceilingReached");
        value["rows"][1]["problem"] = json!("…");
        assert_eq!(
            value,
            json!({
                "schema": "keyroll.sync/1", "state": "failed", "dryRun": false,
                "rows": [
                    {
                        "resource": "/w", "name": "ml-a", "kind": "workspace", "storageAccount": "/st", "outcome": "synced",
                        "holds": "key1", "certainty": "proven", "why": "listKeys answers key1", "seconds": 31,
                        "runId": "7f3a", "correlationId": "9c1e"
                    },
                    {
                        "resource": "/w", "name": "ds", "kind": "datastore", "storageAccount": "/st", "outcome": "failed",
                        "why": "an old key is still read back", "runId": "7f3a", "correlationId": "9c1e", "problem": "…"
                    }
                ],
                "notInspected": [], "next": "keyroll status"
            })
        );
    }
}
