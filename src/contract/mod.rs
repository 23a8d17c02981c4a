//! JSON in and out: versioned, additive, and apart from the domain, so that a domain type may change without a file or a
//! script noticing.
//!
//! Every document names its schema first (`"schema":"keyroll.plan/1"`). Within a version, members are only added; readers
//! ignore members that they do not know, except in the arguments of a request. Of all types in here only those of a token file and
//! of a host can hold a secret, and they show it to nobody.

pub mod answer;
pub mod cloud;
pub mod customer_key;
pub mod dependent;
pub mod event;
pub mod host;
pub mod keys;
pub mod locator;
pub mod name;
pub mod plan;
pub mod plans;
pub mod problem;
pub mod report;
pub mod request;
#[cfg(test)]
pub(crate) mod samples;
pub mod schema;
pub mod served;
pub(crate) mod streaming;
pub mod sync;
pub mod time;
pub mod token;
pub mod verification;
pub mod world;

use aws_lc_rs::digest;
use serde_json::Value;

/// The JSON of a value without spaces and with the members of every object sorted by name: the same text, whoever
/// serialised it before.
#[must_use]
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}

/// SHA-256 of a text, in lower-case hexadecimal.
#[must_use]
pub fn sha256(text: &str) -> String {
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    digest.as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
        for nibble in [byte >> 4, byte & 15] {
            hex.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
        hex
    })
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort();
            text.push('{');
            for (position, name) in names.into_iter().enumerate() {
                if position > 0 {
                    text.push(',');
                }
                text.push_str(&Value::String(name.clone()).to_string());
                text.push(':');
                write_canonical(&members[name], text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    text.push(',');
                }
                write_canonical(item, text);
            }
            text.push(']');
        }
        leaf => text.push_str(&leaf.to_string()),
    }
}

/// How a document's `schema` relates to the one that is understood here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    /// The one that is understood.
    Same,
    /// The same document in another version.
    Other,
    /// Something else.
    Foreign,
}

/// Compares a document's schema (`keyroll.plan/2`) with the one that is understood (`keyroll.plan/1`).
fn version(found: &str, understood: &str) -> Version {
    let name = |schema: &str| schema.rsplit_once('/').map(|(name, _)| name.to_owned());
    if found == understood {
        Version::Same
    } else if name(found).is_some_and(|found| Some(found) == name(understood)) {
        Version::Other
    } else {
        Version::Foreign
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn canonical_json_does_not_depend_on_order_or_spaces() {
        let one: Value = serde_json::from_str(r#"{ "b": [1, {"y": null, "x": "\u00e4\n"}], "a": true }"#).expect("JSON");
        assert_eq!(canonical(&one), r#"{"a":true,"b":[1,{"x":"ä\n","y":null}]}"#);
        assert_eq!(canonical(&json!({})), "{}");
    }

    #[test]
    fn the_digest_is_sha_256() {
        assert_eq!(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn versions_and_foreign_documents_are_told_apart() {
        assert_eq!(version("keyroll.plan/1", "keyroll.plan/1"), Version::Same);
        assert_eq!(version("keyroll.plan/2", "keyroll.plan/1"), Version::Other);
        assert_eq!(version("keyroll.event/1", "keyroll.plan/1"), Version::Foreign);
        assert_eq!(version("", "keyroll.plan/1"), Version::Foreign);
    }
}
