//! The answer to one of several requests of `--input`.

use serde::Serialize;
use serde_json::Value;

use crate::domain::problem::Problem;

use super::problem;

/// `{"line":3,"id":"a","result":{…}}` or `{"line":3,"id":"a","problem":{…}}`: the answer to the request that begins in that line.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AnswerDocument {
    /// The line of the input, from 1.
    line: u64,
    /// The caller's own, if it gave one.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Value>,
    /// The command's document.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Value>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<problem::Document>"))]
    problem: Option<Value>,
}

/// The answer as one line of JSON.
#[must_use]
pub fn line(line: u64, id: Option<Value>, end: Result<Value, &Problem>) -> String {
    let (result, problem) = match end {
        Ok(result) => (Some(result), None),
        Err(found) => (None, Some(problem::document(found))),
    };
    serde_json::to_string(&AnswerDocument { line, id, result, problem }).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_is_this_json() {
        assert_eq!(line(3, Some(json!("a")), Ok(json!({ "x": 1 }))), r#"{"line":3,"id":"a","result":{"x":1}}"#);
        let problem = line(1, None, Err(&Problem::usage("usage", "no")));
        assert!(problem.starts_with(r#"{"line":1,"problem":{"#) && !problem.contains("\"id\""), "{problem}");
    }
}
