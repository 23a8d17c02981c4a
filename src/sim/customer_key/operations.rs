//! Long-running operations of storage and media accounts.

use serde_json::json;

use super::super::message::{Incoming, Reply};
use super::super::route::Target;
use super::super::state::State;

impl State {
    /// When a resource that is made or changed now is ready.
    pub(super) fn ready_at(&self) -> time::OffsetDateTime {
        self.now + super::super::media::seconds(self.world.unknowns.resource_seconds)
    }

    /// Begins an operation on a resource and gives its id.
    pub(super) fn begin_resource_operation(&mut self, resource: &str) -> String {
        let id = self.next_hex();
        let ends = self.ready_at();
        self.customer_keys.operations.insert(id.clone(), (resource.to_owned(), ends));
        id
    }

    /// The absolute address of an operation.
    pub(super) fn resource_operation_url(&self, subscription: &str, path: &str, version: &str) -> String {
        let endpoints = &self.world.endpoints;
        format!(
            "{}://{}/subscriptions/{subscription}/providers/{path}?api-version={version}",
            endpoints.scheme, endpoints.resource_manager
        )
    }

    /// 202 with a new `Location` each time, then 200 with the account.
    pub(super) fn storage_operation(&mut self, incoming: &Incoming, target: &Target) -> Reply {
        let id = target.names.get(1).cloned().unwrap_or_default();
        let Some((resource, ends)) = self.customer_keys.operations.get(&id).cloned() else {
            return Reply::gateway_error(404, "OperationNotFound", "The operation could not be found.");
        };
        if self.now < ends {
            let serial = self.next_serial();
            let mut next = incoming.url.clone();
            next.query_pairs_mut().append_pair("t", &serial.to_string());
            return Reply::empty(202).header("location", next.as_str()).header("retry-after", "17");
        }
        self.account_by_id(&resource).map_or_else(|| Reply::empty(404), |at| Reply::json(200, &self.describe_account(at)))
    }

    /// Always 200 with a status, as recorded with an `error` that says nothing.
    pub(super) fn media_operation(&self, target: &Target) -> Reply {
        let id = target.names.get(1).cloned().unwrap_or_default();
        let Some((_, ends)) = self.customer_keys.operations.get(&id) else {
            return Reply::gateway_error(404, "OperationNotFound", "The operation could not be found.");
        };
        let status = if self.now < *ends { "InProgress" } else { "Succeeded" };
        Reply::json(200, &json!({ "name": id, "id": id, "status": status, "error": { "code": "None", "message": null } }))
    }
}
