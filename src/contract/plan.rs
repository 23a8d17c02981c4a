//! Plans as files: what `plan --out` writes and `rotate --plan` carries out as it is or not at all.

mod document;

use serde::Deserialize;
use serde_json::Value;

use crate::domain::plan::Plan;
use crate::domain::problem::Problem;
use crate::domain::text::shortened;

use super::Version;
pub(crate) use document::PlanDocument;
pub use document::{AcceptanceDocument, StepDocument};

/// The schema of a plan.
pub const SCHEMA: &str = "keyroll.plan/1";

#[derive(Debug, Deserialize)]
struct Head {
    schema: Option<String>,
}

/// The plan as a JSON document.
#[must_use]
pub fn document(plan: &Plan) -> Value {
    serde_json::to_value(PlanDocument::from(plan)).unwrap_or_default()
}

/// The plan as JSON text, `schema` first.
#[must_use]
pub fn text(plan: &Plan) -> String {
    serde_json::to_string_pretty(&PlanDocument::from(plan)).unwrap_or_default()
}

/// Reads a plan.
///
/// # Errors
/// `planOfAnotherVersion` when another keyroll's plan is understood here no more or not yet, `notAPlan` when the text is
/// empty, binary or anything else.
pub fn parse(text: &str) -> Result<Plan, Problem> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(not_a_plan("it is empty"));
    }
    let head: Head =
        serde_json::from_str(text).map_err(|error| not_a_plan(&format!("it is not a JSON object ({})", category(&error))))?;
    let Some(schema) = head.schema else {
        return Err(not_a_plan("it has no member `schema`"));
    };
    match super::version(&schema, SCHEMA) {
        Version::Same => {}
        Version::Other => {
            return Err(Problem::usage(
                "planOfAnotherVersion",
                format!("the plan is of version `{}`, and this keyroll understands `{SCHEMA}`", shortened(&schema, 60)),
            )
            .hint("make a new plan with `keyroll plan --out FILE`, or use the keyroll that made this one"));
        }
        Version::Foreign => return Err(not_a_plan(&format!("its schema is `{}`", shortened(&schema, 60)))),
    }
    serde_json::from_str::<PlanDocument>(text).map(Plan::from).map_err(|error| not_a_plan(&error.to_string()))
}

/// SHA-256 over the JSON with members sorted, in hexadecimal, so that a host may re-serialise the plan.
#[must_use]
pub fn digest(value: &Value) -> String {
    super::sha256(&super::canonical(value))
}

fn not_a_plan(why: &str) -> Problem {
    Problem::usage("notAPlan", "the file is not a plan of keyroll").because(why).hint("make one with `keyroll plan --out FILE`")
}

fn category(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Eof => "it ends too early",
        _ => "malformed",
    }
}

#[cfg(test)]
#[path = "plan/tests.rs"]
mod tests;
