//! Resource Graph: as much of its query language as a list of types and a projection.

use serde_json::{Map, Value, json};

use crate::domain::resource_id::ResourceId;

use super::fault::Twist;
use super::message::{Incoming, Reply};
use super::state::State;

impl State {
    pub(super) fn query_graph(&mut self, incoming: &Incoming) -> Reply {
        let body = incoming.json();
        let Some(query) = body["query"].as_str() else {
            return invalid(&self.next_hex(), "Please provide a query.");
        };
        if !query.trim_start().to_ascii_lowercase().starts_with("resources") {
            return invalid(&self.next_hex(), "Only queries over resources are simulated.");
        }
        let subscriptions: Vec<String> = match &body["subscriptions"] {
            Value::Array(ids) => ids.iter().filter_map(Value::as_str).map(str::to_ascii_lowercase).collect(),
            _ => self.world.subscriptions.iter().map(|known| known.id.to_ascii_lowercase()).collect(),
        };
        let types = literals(query);
        let columns = projection(query);
        let mut rows: Vec<Value> = self
            .resources()
            .into_iter()
            .filter(|(id, _)| subscriptions.iter().any(|known| *known == id.subscription().to_ascii_lowercase()))
            .filter(|(id, _)| types.is_empty() || types.contains(&id.resource_type().to_ascii_lowercase()))
            .filter(|(id, _)| !self.is_missing(&format!("{}/read", id.resource_type())))
            .map(|(id, resource)| project(&id, &resource, &columns))
            .collect();
        if self.schedule.twist == Some(Twist::PartialGraph) {
            rows.truncate(1);
        }
        let options = &body["options"];
        let asked = options["$top"].as_u64().and_then(|top| usize::try_from(top).ok()).unwrap_or(1000);
        let size = asked.clamp(1, self.world.unknowns.page_size.max(1));
        let token = options["$skipToken"].as_str().and_then(|text| text.strip_prefix("sim-")).and_then(|text| text.parse().ok());
        let from: usize = token.unwrap_or_default();
        let total = rows.len();
        let page: Vec<Value> = rows.into_iter().skip(from).take(size).collect();
        let more = from + page.len() < total;
        let pages = columns.is_empty() || columns.iter().any(|column| column == "id");
        let mut answer = json!({
            "totalRecords": total, "count": page.len(), "data": page, "facets": [],
            "resultTruncated": if more && !pages { "true" } else { "false" },
        });
        if more && pages {
            answer["$skipToken"] = json!(format!("sim-{}", from + size));
        }
        Reply::json(200, &answer)
    }

    /// Every resource with its description, in the order of ids.
    pub(super) fn resources(&self) -> Vec<(ResourceId, Value)> {
        let storage = self.accounts.iter().enumerate().map(|(at, it)| (it.id.clone(), self.describe_account(at)));
        let media = self.media.iter().enumerate().map(|(at, it)| (it.id.clone(), self.describe_media(at)));
        let workspaces = self.workspaces.iter().enumerate().map(|(at, it)| (it.id.clone(), self.describe_workspace(at)));
        let batch = self.batch_accounts.iter().enumerate().map(|(at, it)| (it.id.clone(), self.describe_batch(at)));
        let vaults = self.vaults.iter().enumerate().map(|(at, it)| (it.id.clone(), self.describe_vault(at)));
        let mut all: Vec<_> = storage.chain(media).chain(workspaces).chain(batch).chain(vaults).collect();
        all.retain(|(id, _)| !self.is_gone(id));
        all.sort_by(|(one, _), (other, _)| one.cmp(other));
        all
    }
}

/// The resource types that a query names, in lower case.
fn literals(query: &str) -> Vec<String> {
    let quoted = query.split(['\'', '"']).skip(1).step_by(2);
    quoted.map(str::to_ascii_lowercase).filter(|text| text.starts_with("microsoft.") && text.contains('/')).collect()
}

/// The columns of the last `project`; none for all.
fn projection(query: &str) -> Vec<String> {
    let clause = query.split('|').map(str::trim).rfind(|clause| clause.starts_with("project "));
    let columns = clause.map_or("", |clause| clause.trim_start_matches("project "));
    columns.split(',').map(|column| column.trim().to_owned()).filter(|column| !column.is_empty()).collect()
}

/// A row. Resource Graph writes types in lower case.
fn project(id: &ResourceId, resource: &Value, columns: &[String]) -> Value {
    let mut row: Map<String, Value> = resource.as_object().cloned().unwrap_or_default();
    row.insert("type".into(), json!(id.resource_type().to_ascii_lowercase()));
    row.insert("subscriptionId".into(), json!(id.subscription()));
    row.insert("resourceGroup".into(), json!(id.resource_group().to_ascii_lowercase()));
    if !columns.is_empty() {
        row.retain(|name, _| columns.iter().any(|column| column.eq_ignore_ascii_case(name)));
    }
    Value::Object(row)
}

fn invalid(correlation: &str, why: &str) -> Reply {
    let message = format!("Please provide below info when asking for support: correlationId = {correlation}.");
    let details = json!([{ "code": "InvalidQuery", "message": why }]);
    Reply::json(400, &json!({ "error": { "code": "BadRequest", "message": message, "details": details } }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_columns_are_read_from_a_query() {
        let query = "resources | where type in~ ('Microsoft.Media/mediaservices', \"microsoft.keyvault/vaults\") and name != 'x' | project id,type, properties | order by id asc";
        assert_eq!(literals(query), ["microsoft.media/mediaservices", "microsoft.keyvault/vaults"]);
        assert_eq!(projection(query), ["id", "type", "properties"]);
        assert_eq!(
            literals("resources | where type =~ 'microsoft.storage/storageaccounts'"),
            ["microsoft.storage/storageaccounts"]
        );
        assert!(projection("resources").is_empty());
    }
}
