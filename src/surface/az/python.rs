//! JSON values as Python literals, laid out as a person would.

use std::fmt::Write as _;

use serde_json::Value;

/// The longest line.
const WIDTH: usize = 118;

/// A literal that begins at this column of its line.
#[must_use]
pub(super) fn literal(value: &Value, column: usize) -> String {
    let mut text = String::new();
    write(&mut text, value, 0, column);
    text
}

fn write(text: &mut String, value: &Value, indent: usize, column: usize) {
    let short = in_line(value);
    if column + short.chars().count() < WIDTH || matches!(value, Value::Null | Value::Bool(_) | Value::Number(_)) {
        text.push_str(&short);
        return;
    }
    let deeper = " ".repeat(indent + 4);
    match value {
        Value::Array(items) => {
            text.push_str("[\n");
            for item in items {
                text.push_str(&deeper);
                write(text, item, indent + 4, indent + 5);
                text.push_str(",\n");
            }
            let _ = write!(text, "{}]", " ".repeat(indent));
        }
        Value::Object(members) => {
            text.push_str("{\n");
            for (name, item) in members {
                let name = quoted(name);
                let _ = write!(text, "{deeper}{name}: ");
                write(text, item, indent + 4, indent + 7 + name.chars().count());
                text.push_str(",\n");
            }
            let _ = write!(text, "{}}}", " ".repeat(indent));
        }
        Value::String(long) => {
            text.push_str("(\n");
            for piece in pieces(long, WIDTH - indent - 8) {
                let _ = writeln!(text, "{deeper}{}", quoted(&piece));
            }
            let _ = write!(text, "{})", " ".repeat(indent));
        }
        _ => text.push_str(&short),
    }
}

fn in_line(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", items.iter().map(in_line).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members = members.iter().map(|(name, item)| format!("{}: {}", quoted(name), in_line(item)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
    }
}

/// In double quotes; Python takes JSON's escapes.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Broken after spaces.
fn pieces(text: &str, width: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for word in text.split_inclusive(' ') {
        let last = pieces.last_mut().expect("begun with one");
        if !last.is_empty() && last.chars().count() + word.chars().count() > width {
            pieces.push(word.to_owned());
        } else {
            last.push_str(word);
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn short_values_stay_on_one_line() {
        assert_eq!(literal(&json!([true, false, null, 3, "a\"b"]), 0), r#"[True, False, None, 3, "a\"b"]"#);
        assert_eq!(literal(&json!({"a": {"b": []}}), 0), r#"{"a": {"b": []}}"#);
    }

    #[test]
    fn long_ones_are_broken_within_the_width() {
        let text = literal(&json!({ "help": "word ".repeat(60), "list": ["x".repeat(70), "y".repeat(70)] }), 0);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(text.starts_with("{\n    \"help\": (\n        \"word word"), "{text}");
        assert!(text.ends_with("    ],\n}"), "{text}");
    }
}
