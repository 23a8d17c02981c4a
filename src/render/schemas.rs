//! The list of JSON Schemas.

use serde_json::{Value, json};

use crate::contract::schema;

use super::table::Table;

/// The names with what each describes.
#[must_use]
pub fn text(width: Option<u16>) -> String {
    let mut table = Table::new(&["name", "describes"], width);
    for (name, text) in schema::ALL.iter() {
        table.row([name, described(text).as_str()]);
    }
    table.text()
}

/// The names for programs.
#[must_use]
pub fn json() -> String {
    let names: Vec<Value> =
        schema::ALL.iter().map(|(name, text)| json!({ "name": name, "describes": described(text) })).collect();
    serde_json::to_string_pretty(&names).unwrap_or_default()
}

fn described(text: &str) -> String {
    let schema: Value = serde_json::from_str(text).unwrap_or_default();
    schema["description"].as_str().unwrap_or_default().to_owned()
}
