//! What `doctor` found: one line for each thing that keyroll needs.

use serde::Serialize;
use serde_json::Value;

use crate::contract;
use crate::domain::problem::Problem;
use crate::domain::text::visible;

use super::style::{BAD, GOOD, HINT, paint};

/// One thing that was looked at.
#[derive(Clone, Debug)]
pub struct Check {
    /// What it is.
    pub name: &'static str,
    /// What was found, or what is wrong.
    pub found: Result<String, Problem>,
}

/// All that was looked at.
#[derive(Clone, Debug, Default)]
pub struct Checkup {
    /// In order.
    pub checks: Vec<Check>,
}

/// What keyroll needs, and whether it is there. The members are in this order, so that the schema comes first.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CheckupDocument<'a> {
    schema: &'static str,
    checks: Vec<CheckDocument<'a>>,
}

/// What was found, or what is wrong.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct CheckDocument<'a> {
    name: &'a str,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<contract::problem::Document>"))]
    problem: Option<Value>,
}

impl<'a> From<&'a Check> for CheckDocument<'a> {
    fn from(Check { name, found }: &'a Check) -> Self {
        let (found, problem) = match found {
            Ok(found) => (Some(found.as_str()), None),
            Err(problem) => (None, Some(contract::problem::document(problem))),
        };
        Self { name, ok: problem.is_none(), found, problem }
    }
}

impl Checkup {
    /// Adds what was found.
    pub fn add(&mut self, name: &'static str, found: Result<String, Problem>) {
        self.checks.push(Check { name, found });
    }

    /// The checks for people.
    #[must_use]
    pub fn text(&self, _width: Option<u16>) -> String {
        let mut lines = Vec::new();
        for Check { name, found } in &self.checks {
            match found {
                Ok(found) => lines.push(format!("{} {name:<14} {}", paint(GOOD, "✓"), visible(found))),
                Err(problem) => {
                    lines.push(format!("{} {name:<14} {problem}", paint(BAD, "✗")));
                    lines.extend(problem.hints.iter().map(|hint| format!("  {:<14} {} {hint}", "", paint(HINT, "hint:"))));
                }
            }
        }
        lines.join("\n")
    }

    /// The checks for programs.
    #[must_use]
    pub fn json(&self) -> String {
        let checks = self.checks.iter().map(CheckDocument::from).collect();
        serde_json::to_string_pretty(&CheckupDocument { schema: "keyroll.checkup/1", checks }).unwrap_or_default()
    }
}
