//! The arguments of a command as one JSON object: its long options in lowerCamelCase.
//!
//! Switches are `true` or `false`, options that may be repeated are arrays, durations and times are the strings of the
//! command line. Every member that the command does not have is named; none is ignored.

use serde_json::{Map, Value};

use crate::domain::problem::Problem;
use crate::domain::text;

/// What an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing: it is there or not.
    Switch,
    /// One value.
    Value,
    /// Any number of values.
    Values,
}

/// One long option of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its name without the dashes: `storage-account`.
    pub long: String,
    /// What it takes.
    pub takes: Takes,
    /// Whether its value is a number, so that a JSON number may stand for it.
    pub numeric: bool,
}

/// One request as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The caller's id for it, given back with its answer.
    pub id: Option<Value>,
    /// The members.
    pub arguments: Map<String, Value>,
    /// Whether it came as `{"id":…,"arguments":{…}}`.
    pub enveloped: bool,
    /// The line in which it begins, from 1.
    pub line: u64,
}

/// Reads one request, bare or as `{"id":…,"arguments":{…}}`, or several of them as JSON Lines.
///
/// # Errors
/// `emptyInput`, `binaryInput` or `malformedInput`, with the line.
pub fn parse(bytes: &[u8]) -> Result<Vec<Request>, Problem> {
    let example = r#"write one JSON object of long options in lowerCamelCase, such as {"storageAccount":"stprod"}"#;
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err(Problem::usage("binaryInput", "the input is not UTF-8 text").hint(example));
    };
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err(Problem::usage("emptyInput", "the input is empty").hint(example));
    }
    let mut requests = Vec::new();
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let (mut line, mut counted) = (1, 0);
    loop {
        let begin = values.byte_offset();
        let begin = begin + text[begin..].len() - text[begin..].trim_start().len();
        line += text[counted..begin].matches('\n').count() as u64;
        counted = begin;
        let Some(value) = values.next() else { break };
        let value = value.map_err(|error| {
            Problem::usage("malformedInput", format!("the input is not JSON at line {}, column {}", error.line(), error.column()))
                .hint(example)
        })?;
        let Value::Object(members) = value else {
            return Err(Problem::usage("malformedInput", "the input holds JSON that is not an object").hint(example));
        };
        requests.push(request(members, line)?);
    }
    Ok(requests)
}

fn request(mut members: Map<String, Value>, line: u64) -> Result<Request, Problem> {
    match members.remove("arguments") {
        None => Ok(Request { id: None, arguments: members, enveloped: false, line }),
        Some(Value::Object(arguments)) => Ok(Request { id: members.remove("id"), arguments, enveloped: true, line }),
        Some(_) => Err(Problem::usage("malformedInput", "the member `arguments` of the input is not an object")),
    }
}

/// The same arguments as the command line would have them: `--long=value`.
///
/// # Errors
/// `unknownMembers` names every member that the command does not have, `wrongMembers` every one of another type.
pub fn argv(arguments: &Map<String, Value>, known: &[Known]) -> Result<Vec<String>, Problem> {
    let option = |member: &str| known.iter().find(|known| member_name(&known.long) == member);
    let mut unknown: Vec<&str> = arguments.keys().map(String::as_str).filter(|member| option(member).is_none()).collect();
    if !unknown.is_empty() {
        unknown.sort_unstable();
        let secret =
            unknown.iter().any(|name| ["secret", "password"].iter().any(|word| name.to_ascii_lowercase().contains(word)));
        let problem = Problem::usage("unknownMembers", format!("the command has no option for {}", quoted(&unknown)));
        let problem = if secret {
            problem.hint(
                "no secret is ever taken here: sign in with --auth, client-secret among its ways, which reads the environment",
            )
        } else {
            problem
        };
        return Err(problem.hint(format!("its options are {}", quoted(&sorted_members(known)))));
    }
    let mut names: Vec<&String> = arguments.keys().collect();
    names.sort();
    let mut argv = Vec::new();
    let mut wrong = Vec::new();
    for name in names {
        let Some(known) = option(name) else { continue };
        match written(&arguments[name], known) {
            Ok(written) => argv.extend(written),
            Err(needed) => wrong.push(format!("`{name}` takes {needed}")),
        }
    }
    if wrong.is_empty() {
        return Ok(argv);
    }
    Err(Problem::usage("wrongMembers", format!("in the input {}", wrong.join(", ")))
        .hint("durations and times are strings, as on the command line"))
}

/// The member of an option: `storage-account` is `storageAccount`.
#[must_use]
pub fn member_name(long: &str) -> String {
    let mut parts = long.split('-');
    let mut name = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}

fn written(value: &Value, known: &Known) -> Result<Vec<String>, &'static str> {
    let pair = |text: String| format!("--{}={text}", known.long);
    match (known.takes, value) {
        (_, Value::Null) | (Takes::Switch, Value::Bool(false)) => Ok(Vec::new()),
        (Takes::Switch, Value::Bool(true)) => Ok(vec![format!("--{}", known.long)]),
        (Takes::Switch, _) => Err("true or false"),
        (Takes::Value | Takes::Values, Value::String(text)) => Ok(vec![pair(text.clone())]),
        (Takes::Value | Takes::Values, Value::Number(number)) if known.numeric => Ok(vec![pair(number.to_string())]),
        (Takes::Value, _) if known.numeric => Err("one number"),
        (Takes::Value, _) => Err("one string"),
        (Takes::Values, Value::Array(items)) => {
            items.iter().map(|item| item.as_str().map(|text| pair(text.to_owned())).ok_or("an array of strings")).collect()
        }
        (Takes::Values, _) => Err("an array of strings"),
    }
}

fn sorted_members(known: &[Known]) -> Vec<String> {
    let mut members: Vec<String> = known.iter().map(|known| member_name(&known.long)).collect();
    members.sort();
    members
}

fn quoted(names: &[impl AsRef<str>]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{}`", text::shortened(name.as_ref(), 80))).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<Known> {
        [("storage-account", Takes::Value), ("yes", Takes::Switch), ("accept", Takes::Values), ("concurrency", Takes::Value)]
            .map(|(long, takes)| Known { long: long.into(), takes, numeric: long == "concurrency" })
            .to_vec()
    }

    fn one(text: &str) -> Request {
        let mut requests = parse(text.as_bytes()).expect(text);
        assert_eq!(requests.len(), 1);
        requests.remove(0)
    }

    #[test]
    fn an_object_becomes_the_command_line() {
        let request = one(r#"{"storageAccount":"stprod","yes":true,"accept":["a","b"],"concurrency":8}"#);
        let argv = argv(&request.arguments, &known()).expect("known members");
        assert_eq!(argv, ["--accept=a", "--accept=b", "--concurrency=8", "--storage-account=stprod", "--yes"]);
    }

    #[test]
    fn the_envelope_is_opened_and_its_id_kept() {
        let request = one("\u{feff}{\"id\":7,\"arguments\":{\"yes\":false,\"accept\":null},\"later\":1}\r\n");
        assert_eq!(request.id, Some(7.into()));
        assert_eq!(argv(&request.arguments, &known()).expect("known members"), Vec::<String>::new());
    }

    #[test]
    fn json_lines_are_several_requests() {
        let requests = parse(b"\n{\"yes\":true}\r\n\n{\"arguments\":{\n\"yes\":false}\n} {}\n").expect("three");
        let places: Vec<(u64, bool)> = requests.iter().map(|request| (request.line, request.enveloped)).collect();
        assert_eq!(places, [(2, false), (4, true), (6, false)]);
    }

    #[test]
    fn every_unknown_member_is_named() {
        let problem = argv(&one(r#"{"zeta":1,"storageAccount":"st","Alpha":2}"#).arguments, &known()).expect_err("two unknown");
        assert_eq!((problem.code.as_str(), problem.exit_code()), ("unknownMembers", 2));
        assert_eq!(problem.message, "the command has no option for `Alpha`, `zeta`");
        assert!(problem.hints[0].contains("`storageAccount`"));
    }

    #[test]
    fn every_member_of_another_type_is_named() {
        let problem = argv(&one(r#"{"yes":"true","storageAccount":["st"],"accept":{}}"#).arguments, &known()).expect_err("wrong");
        let number = argv(&one(r#"{"storageAccount":3,"concurrency":true}"#).arguments, &known()).expect_err("no number");
        assert_eq!(number.message, "in the input `concurrency` takes one number, `storageAccount` takes one string");
        assert_eq!(
            problem.message,
            "in the input `accept` takes an array of strings, `storageAccount` takes one string, `yes` takes true or false"
        );
    }

    #[test]
    fn empty_binary_and_foreign_input_is_refused() {
        for (bytes, code) in [
            (&b""[..], "emptyInput"),
            (b" \r\n", "emptyInput"),
            (b"\xff\xfe\x00", "binaryInput"),
            (b"{\"a\":", "malformedInput"),
            (b"[1]", "malformedInput"),
            (b"{\"arguments\":[]}", "malformedInput"),
        ] {
            let problem = parse(bytes).expect_err(code);
            assert_eq!((problem.code.as_str(), problem.exit_code()), (code, 2));
        }
    }
}
