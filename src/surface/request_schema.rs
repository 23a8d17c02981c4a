//! The schema of a command's arguments, for `--input` and hosts.

use clap::Command;
use serde_json::{Map, Value, json};

use super::{OptionDocument, built, commands, describe, leaves, options_of, words};
use crate::contract::request::member_name;

/// The schema of a request of any command: its arguments bare, or as `{id?, arguments}`. `#/$defs/PATH` is that of one
/// command, its path written with dashes (`sync-keys-ml`).
pub(crate) fn schema(root: &Command) -> Value {
    let root = built(root);
    let mut definitions = Map::new();
    let mut any = Vec::new();
    for (path, command) in leaves(&root) {
        if commands::traits(&path).is_none_or(|traits| traits.host_owned) {
            continue;
        }
        let options = options_of(&root, command).into_iter();
        let properties: Map<String, Value> = options.map(|(long, arg)| (member_name(&long), property(&describe(arg)))).collect();
        let name = path.replace(' ', "-");
        any.push(json!({ "$ref": format!("#/$defs/{name}") }));
        let schema = json!({
            "type": "object", "description": words(command).0, "properties": properties, "additionalProperties": false,
        });
        definitions.insert(name, schema);
    }
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

/// What one option takes.
fn property(option: &OptionDocument) -> Value {
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
    one
}
