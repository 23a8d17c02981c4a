//! Who depends on an account, on which slot, and how we know.

use serde::Serialize;

use crate::contract::dependent::{DependentDocument, NotInspectedDocument};
use crate::contract::problem::ProblemDocument;
use crate::domain::dependent::{Dependent, Extent, Movement, NotInspected};
use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;
use crate::domain::text::visible;

use super::moment;
use super::paragraph::hanging;
use super::table::Table;

/// The schema of a list of dependents.
pub const SCHEMA: &str = "keyroll.dependents/1";

/// What a search brought.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    /// The account that they depend on.
    pub account: &'a ResourceId,
    /// What was found.
    pub dependents: &'a [Dependent],
    /// What was not looked at.
    pub not_inspected: &'a [NotInspected],
    /// What would stop a roll.
    pub blockers: &'a [Problem],
    /// Actions that this identity lacks.
    pub missing_permissions: &'a [String],
}

/// What holds a copy of a key of an account, and what was not looked at.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct SearchDocument<'a> {
    schema: &'static str,
    account: &'a str,
    dependents: Vec<DependentDocument>,
    not_inspected: Vec<NotInspectedDocument>,
    blockers: Vec<ProblemDocument>,
    missing_permissions: &'a [String],
}

impl Search<'_> {
    /// The search as JSON text.
    #[must_use]
    pub fn json(&self) -> String {
        let document = SearchDocument {
            schema: SCHEMA,
            account: self.account.as_str(),
            dependents: self.dependents.iter().map(DependentDocument::from).collect(),
            not_inspected: self.not_inspected.iter().map(NotInspectedDocument::from).collect(),
            blockers: self.blockers.iter().map(ProblemDocument::from).collect(),
            missing_permissions: self.missing_permissions,
        };
        serde_json::to_string_pretty(&document).unwrap_or_default()
    }

    /// The search as a table with what was not seen beneath.
    #[must_use]
    pub fn text(&self, width: Option<u16>) -> String {
        let mut table = Table::new(&["name", "kind", "holds", "known by", "moved by", "form", "found by"], width);
        for dependent in self.dependents {
            let binding = &dependent.binding;
            table.row([
                dependent.name.as_str(),
                dependent.kind.title(),
                binding.held.name(),
                binding.knowledge.name(),
                movement(dependent.movement),
                &dependent.form,
                &dependent.found_by,
            ]);
        }
        let mut lines = if table.is_empty() {
            vec![format!("Nothing was found that holds a key of {}.", self.account.name())]
        } else {
            vec![table.text()]
        };
        for dependent in self.dependents {
            for grace in &dependent.binding.graces {
                let (name, until) = (visible(&dependent.name), moment::date(grace.until));
                lines.push(format!("consumers of {name} may still use {} until {until}", grace.slot));
            }
            for slot in &dependent.binding.lasting_signatures {
                lines.push(format!("{} holds a SAS signed by {slot} that cannot be made anew", visible(&dependent.name)));
            }
        }
        lines.extend(not_inspected(self.not_inspected, width));
        lines.extend(self.blockers.iter().map(|blocker| format!("would block a roll: {blocker}")));
        if !self.missing_permissions.is_empty() {
            lines.push(format!("missing permissions: {}", self.missing_permissions.join(", ")));
        }
        lines.join("\n")
    }
}

/// `not inspected: AKS volumes, VM mounts, func2 (403 on config/list)`, in lines of the terminal's width, or nothing.
#[must_use]
pub fn not_inspected(missed: &[NotInspected], width: Option<u16>) -> Option<String> {
    let names: Vec<String> = missed
        .iter()
        .map(|missed| {
            let extent = if missed.extent == Extent::Partial { "partial, " } else { "" };
            let why = visible(&missed.why);
            let why = if missed.extent == Extent::Invisible { String::new() } else { format!(" ({extent}{why})") };
            format!("{}{why}", visible(&missed.what))
        })
        .collect();
    (!names.is_empty()).then(|| hanging("not inspected: ", &names.join(", "), 2, width))
}

/// How a dependent comes to hold another key, in words.
#[must_use]
pub fn movement(movement: Movement) -> &'static str {
    match movement {
        Movement::Push => "we write it",
        Movement::Pull => "it re-reads",
        Movement::WithParent => "with its parent",
        Movement::NoKey => "holds no key",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::samples::Any;

    #[test]
    fn what_was_not_seen_is_said_in_one_line() {
        let missed =
            |what: &str, extent, why: &str| NotInspected { what: what.into(), extent, why: why.into(), acceptance: None };
        let line = not_inspected(
            &[
                missed("AKS volumes", Extent::Invisible, "no interface shows them"),
                missed("func2", Extent::Unavailable, "403 on config/list"),
                missed("kv\u{1b}1", Extent::Partial, "2 of 5 secrets"),
            ],
            None,
        );
        assert_eq!(
            line.as_deref(),
            Some("not inspected: AKS volumes, func2 (403 on config/list), kv\u{fffd}1 (partial, 2 of 5 secrets)")
        );
        assert_eq!(not_inspected(&[], None), None);
    }

    #[test]
    fn any_search_becomes_text_and_json_without_control_characters() {
        for seed in 0..100 {
            let plan = Any(seed).plan();
            let search = Search {
                account: &plan.account.id,
                dependents: &plan.dependents,
                not_inspected: &plan.not_inspected,
                blockers: &[],
                missing_permissions: &[],
            };
            let text = anstream::adapter::strip_str(&search.text(Some(100))).to_string();
            assert!(text.lines().all(|line| !line.contains(char::is_control)), "{text:?}");
            let json: serde_json::Value = serde_json::from_str(&search.json()).expect("JSON");
            assert_eq!(json["dependents"].as_array().map(Vec::len), Some(plan.dependents.len()));
        }
    }
}
