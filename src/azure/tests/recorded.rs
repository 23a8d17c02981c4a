//! Recorded errors and operation statuses, read from the corpus beside the repository and never copied into it.

use std::path::PathBuf;

use azure_core::http::Method;
use azure_core::http::headers::Headers;
use serde_json::Value;

use crate::azure::call::Effect;
use crate::azure::service_error::ServiceError;
use crate::domain::problem::{Kind, Problem};

use super::script::{Reply, Stage};

/// The text of a corpus file: from `KEYROLL_CORPUS`, else `../shared/api` beside the repository. Without it a test is
/// skipped loudly, and fails in CI.
fn corpus(name: &str) -> Option<String> {
    let folder = std::env::var_os("KEYROLL_CORPUS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/api"), PathBuf::from);
    match std::fs::read_to_string(folder.join(name)) {
        Ok(text) => Some(text),
        Err(error) => {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "the corpus is missing in CI: {name}: {error}");
            say(&format!("SKIPPED: no corpus ({name}: {error}); set KEYROLL_CORPUS"));
            None
        }
    }
}

#[expect(clippy::print_stderr, reason = "a test says what it counted and what it skipped")]
fn say(text: &str) {
    eprintln!("{text}");
}

async fn refused(status: u16, reply: Reply) -> Problem {
    let stage = Stage::new([reply]);
    let problem = stage.client.send(Stage::call(Method::Post, Effect::Idempotent)).await.expect_err("an error");
    assert_eq!(problem.http_status, Some(status));
    problem
}

#[tokio::test]
async fn every_recorded_error_is_understood() {
    let Some(text) = corpus("ERRORS.tsv") else { return };
    let (mut read, mut empty, mut cut) = (0, 0, 0);
    for line in text.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let (status, code, body) = (columns[2].parse::<u16>().expect("a status"), columns[3], columns.get(8).unwrap_or(&""));
        let problem = refused(status, Reply::json(status, body)).await;
        let expected = match status {
            401 | 403 => Kind::Permission,
            404 => Kind::NotFound,
            _ => Kind::Failed,
        };
        assert_eq!(problem.kind, expected, "{line}");
        assert!(!problem.message.is_empty() && !problem.message.ends_with('.'), "{problem:?}");
        if body.is_empty() {
            empty += 1;
            assert_eq!(problem.service_code, None, "{line}");
        } else if body.starts_with('{') && serde_json::from_str::<Value>(body).is_err() {
            // The table cuts long bodies.
            cut += 1;
        } else {
            read += 1;
            assert_eq!(problem.service_code.as_deref(), Some(code), "{line}");
            let error = ServiceError::read(&Headers::new(), body.as_bytes());
            assert_eq!(Some(&problem.message), error.message.as_ref(), "{line}");
        }
    }
    say(&format!("recorded errors: {read} read, {empty} without a body, {cut} cut"));
    assert!(read >= 53 && empty >= 5 && cut <= 1, "{read} {empty} {cut}");
}

#[tokio::test]
async fn every_error_reported_in_an_issue_is_understood() {
    let Some(text) = corpus("errors-from-issues.json") else { return };
    let errors: Vec<Value> = serde_json::from_str(&text).expect("a list");
    for error in &errors {
        let status = u16::try_from(error["status"].as_u64().expect("a status")).expect("a status");
        let body = error["body_text"].as_str().map_or_else(|| error["body"].to_string(), str::to_owned);
        let stage = Stage::new([Reply::json(status, &body)]);
        let problem = stage.client.send(Stage::call(Method::Post, Effect::Once)).await.expect_err("an error");
        assert!(problem.service_code.is_some(), "{error}");
        let shown = format!("{problem:?}");
        assert!(!shown.contains("{sig}") && !shown.contains("Trace ID") && !shown.contains("RequestId"), "{shown}");
        if status == 429 {
            assert_eq!(problem.code, "throttled");
            let wait = body.contains("'372' seconds").then_some(300.0).or(body.contains("'5' minutes").then_some(300.0));
            assert_eq!(wait.is_some(), stage.waits()[0] > 299.0, "{body}");
        }
    }
    say(&format!("errors from issues: {}", errors.len()));
    assert!(errors.len() >= 7);
}

#[tokio::test]
async fn every_recorded_operation_status_is_understood() {
    let Some(text) = corpus("recordings.jsonl") else { return };
    let kinds = ["/streamingendpointoperations/", "/workspaceOperationsStatus/", "/mfeOperationsStatus/"];
    let (mut running, mut ended) = (0, 0);
    for line in text.lines().filter(|line| kinds.iter().any(|kind| line.contains(kind))) {
        let exchange: Value = serde_json::from_str(line).expect("JSON");
        let polled =
            exchange["m"] == "GET" && kinds.iter().any(|kind| exchange["t"].as_str().is_some_and(|path| path.contains(kind)));
        let Some(body) = exchange["rs"].as_str().filter(|_| polled && exchange["s"] == 200) else { continue };
        let Some(status) = serde_json::from_str::<Value>(body).ok().and_then(|body| body["status"].as_str().map(str::to_owned))
        else {
            continue;
        };
        let first = Reply::status(202).with("azure-asyncoperation", "https://management.azure.com/operation");
        let stage = Stage::new([first, Reply::json(200, body), Reply::json(200, r#"{"status":"Succeeded"}"#)]);
        let answer = stage.client.send(Stage::call(Method::Delete, Effect::Idempotent)).await.expect("accepted");
        stage.client.finish(answer).await.expect("no recorded operation of these failed");
        if status == "Succeeded" {
            ended += 1;
            assert_eq!(stage.sent(), 2, "{body}");
        } else {
            running += 1;
            assert_eq!(stage.sent(), 3, "{body}");
        }
    }
    say(&format!("recorded operation statuses: {running} running, {ended} ended"));
    assert!(running >= 9 && ended >= 18, "{running} {ended}");
}
