//! The schema of a command's arguments, for `--input` and hosts.

use clap::Command;
use serde_json::{Map, Value, json};

use super::{OptionDocument, built, commands, describe, global_options, leaves, own_options, words};
use crate::contract::request::member_name;

/// The schema of a request of any command: its arguments bare, or as `{id?, arguments}`. `#/$defs/PATH` is that of one
/// command, its path written with dashes (`sync-keys-ml`).
pub(crate) fn schema(root: &Command) -> Value {
    let root = built(root);
    let global: Map<String, Value> = global_options(&root).into_iter().map(describe).filter_map(property).collect();
    let mut definitions = Map::new();
    let mut any = Vec::new();
    for (path, command) in leaves(&root) {
        if commands::traits(&path).is_none_or(|traits| traits.host_owned) {
            continue;
        }
        let own: Map<String, Value> = own_options(command).into_iter().map(describe).filter_map(property).collect();
        let name = path.replace(' ', "-");
        any.push(json!({ "$ref": format!("#/$defs/{name}") }));
        let schema = json!({
            "type": "object", "description": words(command).0, "properties": own,
            "allOf": [{ "$ref": "#/$defs/global" }], "unevaluatedProperties": false,
        });
        definitions.insert(name, schema);
    }
    definitions.insert("global".to_owned(), json!({ "type": "object", "properties": global }));
    definitions.insert("arguments".to_owned(), json!({ "anyOf": any }));
    let envelope = json!({
        "type": "object", "properties": { "id": true, "arguments": { "$ref": "#/$defs/arguments" } }, "required": ["arguments"],
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "request",
        "description": "The long options of a command in lowerCamelCase, as --input and hosts take them",
        "anyOf": [{ "$ref": "#/$defs/arguments" }, envelope], "$defs": definitions,
    })
}

/// One option, if a request may have it.
fn property(option: OptionDocument) -> Option<(String, Value)> {
    let long = option.name.trim_start_matches("--");
    if long == "input" {
        return None;
    }
    let mut one = match (option.takes, option.numeric) {
        ("switch", _) => json!({ "type": ["boolean", "null"] }),
        (_, true) => json!({ "type": ["integer", "string", "null"] }),
        _ => json!({ "type": ["string", "null"] }),
    };
    if !option.values.is_empty() {
        let values = option.values.iter().map(|value| json!(value));
        one["enum"] = values.chain([Value::Null]).collect();
    }
    if option.takes == "values" {
        let mut item = one;
        item["type"] = json!("string");
        if let Some(values) = item.get_mut("enum").and_then(Value::as_array_mut) {
            values.pop();
        }
        one = json!({ "anyOf": [{ "type": "array", "items": item }, item, { "type": "null" }] });
    }
    one["description"] = json!(option.help);
    Some((member_name(long), one))
}
