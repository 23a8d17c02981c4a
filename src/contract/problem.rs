//! Problems as every surface gets them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::problem::{Kind, Problem};
use crate::domain::text::visible;

/// The schema of a problem that stands alone.
pub const SCHEMA: &str = "keyroll.problem/1";

/// A problem inside another document.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ProblemDocument {
    code: String,
    kind: String,
    message: String,
    #[serde(default)]
    causes: Vec<String>,
    #[serde(default)]
    hints: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    http_status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    service_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    correlation_id: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    accept: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    question: Option<String>,
    exit_code: u8,
}

/// A problem with its schema.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    schema: &'static str,
    #[serde(flatten)]
    problem: ProblemDocument,
}

/// The problem as a JSON document.
#[must_use]
pub fn document(problem: &Problem) -> Value {
    let document = Document { schema: SCHEMA, problem: problem.into() };
    serde_json::to_value(document).unwrap_or_default()
}

/// The problem as JSON text, `schema` first.
#[must_use]
pub fn text(problem: &Problem) -> String {
    serde_json::to_string_pretty(&Document { schema: SCHEMA, problem: problem.into() }).unwrap_or_default()
}

/// Reads a problem, with or without its schema.
///
/// # Errors
/// When the text is not a problem.
pub fn parse(text: &str) -> Result<Problem, Problem> {
    serde_json::from_str::<ProblemDocument>(text)
        .map(Problem::from)
        .map_err(|error| Problem::usage("notAProblem", "the text is not a problem as keyroll writes it").because(error))
}

impl From<&Problem> for ProblemDocument {
    fn from(problem: &Problem) -> Self {
        Self {
            code: problem.code.clone(),
            kind: problem.kind.name().to_owned(),
            message: problem.message.clone(),
            causes: problem.causes.clone(),
            hints: problem.hints.clone(),
            http_status: problem.http_status,
            service_code: problem.service_code.clone(),
            correlation_id: problem.correlation_id.clone(),
            accept: problem.accept.clone(),
            question: problem.question.clone(),
            exit_code: problem.exit_code(),
        }
    }
}

impl From<ProblemDocument> for Problem {
    fn from(document: ProblemDocument) -> Self {
        Self {
            kind: kind(&document.kind, document.exit_code),
            code: visible(&document.code),
            message: visible(&document.message),
            causes: all_visible(&document.causes),
            hints: all_visible(&document.hints),
            http_status: document.http_status,
            service_code: document.service_code.as_deref().map(visible),
            correlation_id: document.correlation_id.as_deref().map(visible),
            accept: all_visible(&document.accept),
            question: document.question.as_deref().map(visible),
        }
    }
}

/// A problem never holds control characters, wherever it was read.
fn all_visible(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| visible(text)).collect()
}

/// The kind of this name; the exit code tells which signal interrupted. A kind that this version does not know is a
/// failure.
fn kind(name: &str, exit_code: u8) -> Kind {
    let interrupted = Kind::Interrupted(exit_code.saturating_sub(128));
    [
        Kind::Usage,
        Kind::NotFound,
        Kind::Permission,
        Kind::Locked,
        Kind::Drift,
        Kind::Blocked,
        Kind::Person,
        Kind::OutcomeUnknown,
        interrupted,
    ]
    .into_iter()
    .find(|kind| kind.name() == name)
    .unwrap_or(Kind::Failed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_problem_is_this_json() {
        let mut problem = Problem::not_found("accountNotFound", "storage account `st` is not visible")
            .because("404 from management.azure.com")
            .hint("check --subscription");
        problem.http_status = Some(404);
        problem.service_code = Some("ResourceNotFound".into());
        assert_eq!(
            document(&problem),
            json!({
                "schema": "keyroll.problem/1",
                "code": "accountNotFound",
                "kind": "notFound",
                "message": "storage account `st` is not visible",
                "causes": ["404 from management.azure.com"],
                "hints": ["check --subscription"],
                "httpStatus": 404,
                "serviceCode": "ResourceNotFound",
                "exitCode": 3
            })
        );
        assert!(text(&problem).starts_with("{\n  \"schema\": \"keyroll.problem/1\","));
    }

    #[test]
    fn every_kind_comes_back() {
        for kind in [
            Kind::Usage,
            Kind::NotFound,
            Kind::Permission,
            Kind::Locked,
            Kind::Drift,
            Kind::Blocked,
            Kind::Person,
            Kind::OutcomeUnknown,
            Kind::Failed,
            Kind::Interrupted(2),
            Kind::Interrupted(15),
            Kind::Interrupted(1),
        ] {
            let mut problem = Problem::new(kind, "code", "message").hint("hint").because("cause");
            problem.accept = vec!["window-ml-a".into()];
            problem.question = Some("really?".into());
            problem.correlation_id = Some("9c1e".into());
            assert_eq!(parse(&document(&problem).to_string()).expect("a problem"), problem);
        }
        assert_eq!(parse("[]").expect_err("no problem").code, "notAProblem");
    }
}
