//! What `doctor` found: one line for each thing that keyroll needs.

use serde::Serialize;
use serde_json::{Value, json};

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

/// Members in this order, so that the schema comes first as in every document of ours.
#[derive(Debug, Serialize)]
struct CheckupDocument {
    schema: &'static str,
    checks: Vec<Value>,
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
        let checks: Vec<Value> = self
            .checks
            .iter()
            .map(|Check { name, found }| match found {
                Ok(found) => json!({ "name": name, "ok": true, "found": found }),
                Err(problem) => json!({ "name": name, "ok": false, "problem": contract::problem::document(problem) }),
            })
            .collect();
        serde_json::to_string_pretty(&CheckupDocument { schema: "keyroll.checkup/1", checks }).unwrap_or_default()
    }
}
