//! Holds documents against their schemas. The stories of `tests/it` use this very file, too.

use std::collections::HashMap;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

/// What a subschema at the same place of a document says, besides what stands beside it.
const IN_PLACE: [&str; 6] = ["allOf", "anyOf", "oneOf", "if", "then", "else"];

/// What makes an object's members known.
const SHAPES: [&str; 5] = ["$ref", "properties", "allOf", "anyOf", "oneOf"];

/// All schemas, compiled when they are first needed.
pub struct Validation {
    schemas: HashMap<String, (Value, OnceLock<Validator>)>,
}

impl Validation {
    /// Of these names and texts.
    pub fn of(all: &[(&str, &str)]) -> Self {
        let parsed = |text: &str| serde_json::from_str(text).expect("a schema is JSON");
        Self { schemas: all.iter().map(|(name, text)| ((*name).to_owned(), (parsed(text), OnceLock::new()))).collect() }
    }

    /// Panics when a document in this text does not fit: the whole text is one, or each of its lines. Text for people is passed
    /// over.
    #[track_caller]
    pub fn demand(&self, text: &str) {
        let mut wrong = Vec::new();
        if let Ok(document) = serde_json::from_str(text) {
            self.documents(&document, &mut wrong);
        } else {
            let lines = text.lines().filter_map(|line| serde_json::from_str(line).ok());
            lines.for_each(|line| self.documents(&line, &mut wrong));
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// Checks a document and all documents in it by what they call themselves; frames and answers by their members.
    pub fn documents(&self, value: &Value, wrong: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                if let Some(name) = named(members) {
                    wrong.extend(self.check(&name, value).err());
                }
                members.values().for_each(|member| self.documents(member, wrong));
            }
            Value::Array(items) => items.iter().for_each(|item| self.documents(item, wrong)),
            _ => {}
        }
    }

    /// Whether a document fits the schema of this name, and has no member beyond it.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn check(&self, name: &str, document: &Value) -> Result<(), String> {
        let Some((schema, validator)) = self.schemas.get(name) else {
            return Err(format!("there is no schema `{name}`: see contract/schema.rs on how to add one for {document}"));
        };
        let compiled = || jsonschema::validator_for(&tight(schema)).unwrap_or_else(|error| panic!("schema {name}: {error}"));
        let errors = validator.get_or_init(compiled).iter_errors(document);
        let errors: Vec<String> = errors.map(|error| format!("{name}: {error} at `{}`", error.instance_path())).collect();
        if errors.is_empty() { Ok(()) } else { Err(format!("{}\nin {document}", errors.join("\n"))) }
    }
}

/// The name of the schema that these members ask for.
fn named(members: &Map<String, Value>) -> Option<String> {
    if let Some(schema) = members.get("schema").and_then(Value::as_str) {
        let name = schema.strip_prefix("keyroll.")?.split_once('/')?.0;
        return Some(name.chars().fold(String::new(), |mut kebab, letter| {
            if letter.is_ascii_uppercase() {
                kebab.push('-');
            }
            kebab.push(letter.to_ascii_lowercase());
            kebab
        }));
    }
    let frame = members.get("v").is_some_and(Value::is_u64);
    let answer =
        members.get("line").is_some_and(Value::is_u64) && (members.contains_key("result") || members.contains_key("problem"));
    if frame { Some("host-frame".to_owned()) } else { answer.then(|| "answer".to_owned()) }
}

/// The same schema without leave for members that it does not name.
pub fn tight(schema: &Value) -> Value {
    place(schema, true)
}

/// One subschema. At the place of another one it must not be closed: that one may name more.
fn place(schema: &Value, closed: bool) -> Value {
    let Value::Object(members) = schema else { return schema.clone() };
    let each = |value: &Value, closed: bool| match value {
        Value::Object(named) => named.iter().map(|(name, below)| (name.clone(), place(below, closed))).collect(),
        other => other.clone(),
    };
    let mut tight = Map::new();
    for (name, value) in members {
        let value = match (name.as_str(), value) {
            ("properties" | "patternProperties", value) => each(value, true),
            ("$defs", value) => each(value, false),
            ("items" | "additionalProperties" | "contains", value) => place(value, true),
            (in_place, Value::Array(all)) if IN_PLACE.contains(&in_place) => all.iter().map(|one| place(one, false)).collect(),
            (in_place, value) if IN_PLACE.contains(&in_place) => place(value, false),
            ("prefixItems", Value::Array(all)) => all.iter().map(|one| place(one, true)).collect(),
            (_, value) => value.clone(),
        };
        tight.insert(name.clone(), value);
    }
    let shaped = SHAPES.iter().any(|shape| members.contains_key(*shape));
    if closed && shaped && !members.contains_key("additionalProperties") {
        tight.insert("unevaluatedProperties".to_owned(), json!(false));
    }
    Value::Object(tight)
}
