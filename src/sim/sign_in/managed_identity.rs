//! The endpoints that give a machine, an app or a workspace the tokens of its identity: the instance metadata service, App
//! Service's `IDENTITY_ENDPOINT` (2019-08-01) and the older `MSI_ENDPOINT` (2017-09-01).

use serde_json::json;

use crate::sim::message::{Incoming, Reply};
use crate::sim::state::State;

use super::grant::Issued;

/// The secret that App Service hands its app, and demands back (`IDENTITY_HEADER`, `MSI_SECRET`).
pub(in crate::sim) const IDENTITY_HEADER: &str = "simulated-identity-header";

impl State {
    pub(super) fn grant_managed_identity(&mut self, incoming: &Incoming) -> Reply {
        let metadata_service = incoming.url.path().starts_with("/metadata/");
        let admitted = if metadata_service {
            incoming.header("metadata").eq_ignore_ascii_case("true")
        } else {
            [incoming.header("x-identity-header"), incoming.header("secret")].contains(&IDENTITY_HEADER)
        };
        if !admitted {
            return if metadata_service {
                refused(400, "invalid_request", "Required metadata header not specified")
            } else {
                refused(401, "unauthorized", "The header does not carry the secret of this app")
            };
        }
        let Some(resource) = incoming.query("resource").filter(|resource| !resource.is_empty()) else {
            return refused(400, "invalid_request", "The resource is missing");
        };
        if !self.is_resource(&resource) {
            let what = format!("AADSTS500011: The resource principal named {resource} was not found in the tenant.");
            return refused(400, "invalid_resource", &what);
        }
        let caller = &self.world.caller;
        let client = caller.client_id.clone();
        for (name, own) in
            [("client_id", &caller.client_id), ("object_id", &caller.object_id), ("principal_id", &caller.object_id)]
        {
            if incoming.query(name).is_some_and(|asked| !asked.eq_ignore_ascii_case(own)) {
                return refused(400, "invalid_request", "Identity not found");
            }
        }
        let Issued { text, lifetime, now } = self.issue(&resource);
        let mut answer = json!({
            "access_token": text, "client_id": client, "expires_on": (now + lifetime).to_string(), "resource": resource,
            "token_type": "Bearer",
        });
        if metadata_service {
            answer["expires_in"] = json!(lifetime.to_string());
            answer["ext_expires_in"] = json!(lifetime.to_string());
        }
        answer["not_before"] = json!(now.to_string());
        Reply::json(200, &answer)
    }
}

fn refused(status: u16, error: &str, description: &str) -> Reply {
    Reply::json(status, &json!({ "error": error, "error_description": description }))
}
