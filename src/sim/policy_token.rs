//! Azure Policy tokens: given for one request each, and looked at where a request brings one.

use serde_json::{Value, json};

use super::message::{Incoming, Reply};
use super::route::Target;
use super::state::State;

/// The header that carries a token.
const TOKEN: &str = "x-ms-policy-external-evaluations";

impl State {
    /// Gives a token for the request that is described.
    pub(super) fn acquire_policy_token(incoming: &Incoming) -> Reply {
        let operation = &incoming.json()["operation"];
        match (operation["httpMethod"].as_str(), operation["uri"].as_str()) {
            (Some(method), Some(uri)) => Reply::json(200, &json!({ "result": "Succeeded", "token": token(method, uri) })),
            _ => Reply::error(400, "InvalidRequestContent", "The operation to evaluate is missing."),
        }
    }

    /// Refuses a change that brings no token where one is required, or the token of another request.
    pub(super) fn judge_policy_token(&self, incoming: &Incoming, target: &Target) -> Option<Reply> {
        let brought = incoming.header(TOKEN);
        let required = self.world.caller.policy_tokens_required
            && target.route.is_change()
            && !target.route.is_vault_data()
            && !target.route.is_storage_data();
        let fits = brought == token(incoming.method, incoming.url.as_str());
        if fits || (brought.is_empty() && !required) {
            return None;
        }
        let message = format!("Resource '{}' was disallowed by policy.", target.names.last().map_or("", String::as_str));
        Some(Reply::error(403, "RequestDisallowedByPolicy", &message))
    }
}

/// A token that says itself what it is for.
fn token(method: &str, uri: &str) -> Value {
    Value::from(format!("simulated-policy-token {method} {uri}"))
}
