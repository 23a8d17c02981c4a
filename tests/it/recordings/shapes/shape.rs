//! The shape of a JSON document: which members it has, and of which types.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Members whose own members are somebody's data and no part of the contract.
const OPAQUE: [&str; 3] = ["tags", "data[].properties", "keyToTrackMappings"];

/// Members by path (`keys[].value`) with the types that they have.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape(BTreeMap<String, BTreeSet<&'static str>>);

impl Shape {
    /// The shape of a document.
    pub(super) fn of(value: &Value) -> Self {
        let mut shape = Self::default();
        shape.walk("", value);
        shape
    }

    /// Adds a member.
    pub(super) fn insert(&mut self, path: String, kind: &'static str) {
        self.0.entry(path).or_default().insert(kind);
    }

    /// Adds what another document has.
    pub(super) fn add(&mut self, other: Self) {
        for (path, kinds) in other.0 {
            self.0.entry(path).or_default().extend(kinds);
        }
    }

    /// Every member with its types.
    pub(super) fn members(&self) -> impl Iterator<Item = (&str, &BTreeSet<&'static str>)> {
        self.0.iter().map(|(path, kinds)| (path.as_str(), kinds))
    }

    /// The types of a member; none when it is not there.
    pub(super) fn kinds(&self, path: &str) -> impl Iterator<Item = &'static str> {
        self.0.get(path).into_iter().flatten().copied()
    }

    /// The paths alone.
    pub(super) fn names(&self) -> BTreeSet<String> {
        self.0.keys().cloned().collect()
    }

    /// Whether there is such a member.
    pub(super) fn has(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    fn walk(&mut self, path: &str, value: &Value) {
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        if !path.is_empty() {
            self.insert(path.to_owned(), kind);
        }
        if OPAQUE.iter().any(|opaque| path == *opaque || path.ends_with(&format!(".{opaque}"))) {
            return;
        }
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.walk(&format!("{path}[]"), item)),
            Value::Object(members) => {
                for (name, member) in members {
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    self.walk(&path, member);
                }
            }
            _ => {}
        }
    }
}
