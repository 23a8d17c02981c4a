//! Resource Graph: one question over many subscriptions (Microsoft.ResourceGraph 2021-03-01). Its data may be minutes old.

use std::collections::HashSet;

use azure_core::http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::domain::problem::Problem;

use super::call::{Audience, Call, Effect};
use super::client::Client;

const API_VERSION: &str = "2021-03-01";
/// Subscriptions in one query; the service takes at most this many.
const SUBSCRIPTIONS: usize = 1000;

/// What a query brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// The rows as they came; `type` in them is lower case.
    pub rows: Vec<Value>,
    /// Whether the service held rows back.
    pub truncated: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    data: Value,
    /// The string `"true"` or `"false"` (API dossier, trap 23); a boolean would be understood.
    #[serde(default)]
    result_truncated: Value,
    #[serde(rename = "$skipToken")]
    skip_token: Option<String>,
}

impl Client {
    /// Runs a query, which must project `id`, over subscriptions and reads all of its pages.
    ///
    /// # Errors
    /// As [`Client::send`]; `pagingLoop` when the service hands out the same page token twice.
    pub async fn resource_graph(&self, query: &str, subscriptions: &[String]) -> Result<Rows, Problem> {
        let mut rows = Rows::default();
        for subscriptions in subscriptions.chunks(SUBSCRIPTIONS) {
            let mut token: Option<String> = None;
            let mut seen = HashSet::new();
            loop {
                let page = self.resource_graph_page(query, subscriptions, token.as_deref()).await?;
                rows.rows.extend(objects(page.data)?);
                token = page.skip_token.filter(|token| !token.is_empty());
                let Some(next) = &token else {
                    rows.truncated |= is_true(&page.result_truncated);
                    break;
                };
                if !seen.insert(next.clone()) {
                    return Err(Problem::failed("pagingLoop", "Resource Graph handed out the same page token twice")
                        .hint("try again; the plain lists of each subscription are used meanwhile"));
                }
            }
        }
        Ok(rows)
    }

    async fn resource_graph_page(&self, query: &str, subscriptions: &[String], token: Option<&str>) -> Result<Page, Problem> {
        let mut options = json!({ "$top": 1000, "resultFormat": "objectArray" });
        if let Some(token) = token {
            options["$skipToken"] = json!(token);
        }
        let url = self.resource_manager_url("/providers/Microsoft.ResourceGraph/resources", API_VERSION);
        let call = Call::new(Method::Post, url, Effect::Read, Audience::ResourceManager)
            .json(&json!({ "subscriptions": subscriptions, "query": query, "options": options }));
        self.send(call).await?.parse()
    }
}

/// Rows are asked for as objects; versions before 2021-03-01 answer a table with columns all the same.
fn objects(data: Value) -> Result<Vec<Value>, Problem> {
    #[derive(Deserialize)]
    struct Table {
        columns: Vec<Column>,
        rows: Vec<Vec<Value>>,
    }
    #[derive(Deserialize)]
    struct Column {
        name: String,
    }
    if let Value::Array(rows) = data {
        return Ok(rows);
    }
    let table: Table = serde_json::from_value(data)
        .map_err(|_| Problem::failed("unexpectedAnswer", "Resource Graph answered rows that are not of the documented shape"))?;
    let names = || table.columns.iter().map(|column| column.name.clone());
    Ok(table.rows.into_iter().map(|row| Value::Object(names().zip(row).collect())).collect())
}

fn is_true(value: &Value) -> bool {
    value.as_bool().unwrap_or_else(|| value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truncation_is_a_string_on_the_wire() {
        let page: Page = serde_json::from_str(
            r#"{"totalRecords":2,"count":1,"data":[{"id":"a"}],"facets":[],"resultTruncated":"true","$skipToken":"t"}"#,
        )
        .expect("parses");
        assert_eq!(objects(page.data).expect("rows"), [json!({"id": "a"})]);
        let table = json!({"columns": [{"name": "id", "type": "string"}], "rows": [["a"]]});
        assert_eq!(objects(table).expect("rows"), [json!({"id": "a"})]);
        assert!(is_true(&page.result_truncated));
        assert_eq!(page.skip_token.as_deref(), Some("t"));
        assert!(!is_true(&json!("false")) && is_true(&json!(true)) && !is_true(&Value::Null));
    }
}
