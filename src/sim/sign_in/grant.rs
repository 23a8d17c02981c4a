//! The token endpoints of the directory: who may have a token, for what, in which form.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::sim::media::seconds;
use crate::sim::message::{Incoming, Reply};
use crate::sim::state::State;
use crate::sim::token::{Token, audience_of, signed};

use super::{origin, refusal, unknown_tenant};

/// The audience of refresh tokens: no service's.
const REFRESH: &str = "urn:simulated:refresh";

/// The resources that the directory knows besides those of the world's endpoints.
const RESOURCES: [&str; 9] = [
    "https://management.core.windows.net",
    "https://management.azure.com",
    "https://storage.azure.com",
    "https://rest.media.azure.net",
    "https://batch.core.windows.net",
    "https://graph.microsoft.com",
    "https://graph.windows.net",
    "https://ml.azure.com",
    "https://ai.azure.com",
];

type Form = BTreeMap<String, String>;

impl State {
    pub(super) fn grant(&mut self, incoming: &Incoming) -> Reply {
        let segments = incoming.segments();
        let named = segments.first().map(String::as_str).unwrap_or_default();
        if self.tenant_named(named).is_none() {
            return unknown_tenant(named);
        }
        let form: Form = form_urlencoded::parse(&incoming.body).into_owned().collect();
        let v2 = segments.get(2).is_some_and(|word| word == "v2.0");
        let person = match self.check_caller(incoming, &form) {
            Ok(person) => person,
            Err(refused) => return refused,
        };
        let asked = if v2 { resource_in(value(&form, "scope")) } else { value(&form, "resource").to_owned() };
        if asked.is_empty() {
            let message = "The request body must contain the following parameter: 'resource' or 'scope'.";
            return refusal(400, "invalid_request", 900_144, message);
        }
        if !self.is_resource(&asked) {
            let message = format!("The resource principal named {asked} was not found in the tenant.");
            return refusal(400, "invalid_resource", 500_011, &message);
        }
        let mut answer = self.token_answer(&asked, v2);
        if person {
            self.add_person(incoming, &form, &mut answer);
        }
        Reply::json(200, &answer).header("cache-control", "no-store, no-cache").header("pragma", "no-cache")
    }

    /// Whether the caller is who it says; true where it signs in as a person.
    fn check_caller(&mut self, incoming: &Incoming, form: &Form) -> Result<bool, Reply> {
        match value(form, "grant_type") {
            "client_credentials" => self.check_application(incoming, form).map(|()| false),
            "password" => {
                self.note_secret(value(form, "password"));
                let caller = &self.world.caller;
                let known = value(form, "username").eq_ignore_ascii_case(&caller.user_name);
                if known && value(form, "password") == caller.password {
                    return Ok(true);
                }
                Err(refusal(400, "invalid_grant", 50126, "Error validating credentials due to invalid username or password."))
            }
            "refresh_token" => {
                let token = Token::read(value(form, "refresh_token"));
                if token.is_some_and(|token| token.audience == REFRESH && token.tenant == self.world.tenant) {
                    return Ok(true);
                }
                Err(refusal(400, "invalid_grant", 9_002_313, "Invalid request. Request is malformed or invalid."))
            }
            other => {
                let message = format!("The app requested an unsupported grant type '{other}'.");
                Err(refusal(400, "unsupported_grant_type", 70003, &message))
            }
        }
    }

    fn check_application(&mut self, incoming: &Incoming, form: &Form) -> Result<(), Reply> {
        let client = value(form, "client_id");
        if !client.eq_ignore_ascii_case(&self.world.caller.client_id) {
            let message = format!("Application with identifier '{client}' was not found in the directory.");
            return Err(refusal(400, "unauthorized_client", 700_016, &message));
        }
        if let Some(secret) = form.get("client_secret") {
            self.note_secret(secret);
            if *secret == self.world.caller.client_secret {
                return Ok(());
            }
            return Err(refusal(401, "invalid_client", 7_000_215, "Invalid client secret provided."));
        }
        let Some(assertion) = form.get("client_assertion") else {
            let message = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
            return Err(refusal(401, "invalid_client", 7_000_218, message));
        };
        self.note_secret(assertion);
        self.check_assertion(incoming, client, assertion)
            .map_err(|why| refusal(401, "invalid_client", 700_027, &format!("Client assertion failed validation: {why}.")))
    }

    /// What can be checked without the application's certificate: shape, issuer, audience and time.
    fn check_assertion(&self, incoming: &Incoming, client: &str, assertion: &str) -> Result<(), &'static str> {
        let parts: Vec<&str> = assertion.split('.').collect();
        let [head, claims, signature] = parts.as_slice() else { return Err("it is not a JSON Web Token") };
        let read = |part: &str| URL_SAFE_NO_PAD.decode(part).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        let (Some(head), Some(claims)) = (read(head), read(claims)) else { return Err("it is not a JSON Web Token") };
        if !matches!(head["alg"].as_str(), Some("RS256" | "PS256" | "ES256")) || signature.is_empty() {
            return Err("it is not signed with a certificate");
        }
        let expires = claims["exp"].as_i64().unwrap_or_default();
        // A federated assertion comes from elsewhere and names its own issuer.
        if claims["aud"] == "api://AzureADTokenExchange" {
            return if expires > self.now.unix_timestamp() { Ok(()) } else { Err("it has expired") };
        }
        if claims["iss"] != client || claims["sub"] != client {
            return Err("its issuer is not the application");
        }
        let endpoint = format!("{}{}", origin(incoming), incoming.url.path());
        if claims["aud"].as_str().is_none_or(|audience| !audience.eq_ignore_ascii_case(&endpoint)) {
            return Err("its audience is not this endpoint");
        }
        if expires <= self.now.unix_timestamp() { Err("it has expired") } else { Ok(()) }
    }

    pub(super) fn is_resource(&self, asked: &str) -> bool {
        let endpoints = &self.world.endpoints;
        let own = [endpoints.resource_manager_audience.as_str(), endpoints.key_vault_audience.as_str()];
        own.into_iter().chain(RESOURCES).any(|known| audience_of(known) == audience_of(asked))
    }

    /// A token for a resource.
    pub(super) fn issue(&mut self, audience: &str) -> Issued {
        let lifetime = self.world.caller.token_lifetime_seconds;
        let serial = self.next_serial();
        let text = Token::of(&self.world, audience, self.now + seconds(lifetime)).text(serial);
        self.log.secrets.insert(text.clone());
        Issued { text, lifetime, now: self.now.unix_timestamp().max(0).unsigned_abs() }
    }

    /// v1 writes its numbers as strings, v2 as numbers.
    fn token_answer(&mut self, asked: &str, v2: bool) -> Value {
        let Issued { text, lifetime, now } = self.issue(asked);
        if v2 {
            return json!({ "token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": text });
        }
        json!({
            "token_type": "Bearer", "expires_in": lifetime.to_string(), "ext_expires_in": lifetime.to_string(),
            "expires_on": (now + lifetime).to_string(), "not_before": now.to_string(), "resource": asked, "access_token": text,
        })
    }

    /// What a person gets besides: a refresh token, an id token, and who it is.
    fn add_person(&mut self, incoming: &Incoming, form: &Form, answer: &mut Value) {
        let serial = self.next_serial();
        let refresh = Token::of(&self.world, REFRESH, self.now + time::Duration::days(90)).text(serial);
        self.log.secrets.insert(refresh.clone());
        let (tenant, caller) = (&self.world.tenant, &self.world.caller);
        let now = self.now.unix_timestamp();
        let claims = json!({
            "aud": value(form, "client_id"), "iss": format!("{}/{tenant}/v2.0", origin(incoming)), "iat": now, "nbf": now,
            "exp": now + 3600, "name": caller.user_name, "oid": caller.object_id, "preferred_username": caller.user_name,
            "sub": caller.object_id, "tid": tenant, "ver": "2.0",
        });
        answer["id_token"] = json!(signed(&json!({ "typ": "JWT", "alg": "HS256" }), &claims));
        let who = json!({ "uid": caller.object_id, "utid": tenant }).to_string();
        answer["client_info"] = json!(URL_SAFE_NO_PAD.encode(who));
        answer["refresh_token"] = json!(refresh);
        answer["scope"] = json!(value(form, "scope"));
    }
}

/// A token that was just made.
pub(super) struct Issued {
    /// Its text.
    pub text: String,
    /// How long it lives, in seconds.
    pub lifetime: u64,
    /// The directory's time in Unix seconds.
    pub now: u64,
}

fn value<'a>(form: &'a Form, name: &str) -> &'a str {
    form.get(name).map_or("", String::as_str)
}

/// The resource in a list of scopes: the one that is neither one of the directory's own nor empty.
fn resource_in(scopes: &str) -> String {
    let openid = ["openid", "profile", "offline_access", "email"];
    let scope = scopes.split(' ').find(|scope| !scope.is_empty() && !openid.contains(scope)).unwrap_or_default();
    match scope.strip_suffix("/.default") {
        Some(resource) => resource.to_owned(),
        // A delegated scope is the resource and one word more: https://management.core.windows.net//user_impersonation.
        None => scope.rsplit_once('/').map_or(scope, |(resource, _)| resource).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resource_is_read_from_its_scope() {
        assert_eq!(
            resource_in("openid https://management.core.windows.net//.default profile"),
            "https://management.core.windows.net/"
        );
        assert_eq!(resource_in("https://vault.azure.net/.default"), "https://vault.azure.net");
        assert_eq!(
            resource_in("https://management.core.windows.net//user_impersonation"),
            "https://management.core.windows.net/"
        );
        assert_eq!(resource_in("openid profile"), "");
    }
}
