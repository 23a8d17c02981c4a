//! Where tokens come from: Microsoft Entra ID (v1 and v2 endpoints and their discovery), managed identities, and the
//! metadata with which a client learns about a cloud.

mod grant;
mod managed_identity;
mod metadata;

use serde_json::{Value, json};
use url::{Host, Url};

use crate::contract::world::Endpoints;

use super::message::{Incoming, Reply};
use super::state::State;

#[cfg(any(feature = "serve", test))]
pub(super) use managed_identity::IDENTITY_HEADER;

/// An operation of signing in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SignIn {
    /// `common/discovery/instance`, `openid-configuration`, keys and realms.
    Discovery,
    /// The token endpoints of a directory.
    Token,
    /// App Service's, Azure Machine Learning's and the virtual machine's endpoint.
    ManagedIdentity,
    /// `/metadata/endpoints` of Resource Manager.
    Metadata,
}

impl SignIn {
    /// All of them, in the order of the routes' names.
    #[cfg(test)]
    pub(super) const ALL: [Self; 4] = [Self::Discovery, Self::Token, Self::ManagedIdentity, Self::Metadata];

    /// The name in fault schedules, audits and histograms.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Discovery => "signIn.discovery",
            Self::Token => "signIn.token",
            Self::ManagedIdentity => "signIn.managedIdentity",
            Self::Metadata => "signIn.metadata",
        }
    }

    /// Reads a request. This machine's own address stands for every one of these services.
    pub(super) fn of(incoming: &Incoming, endpoints: &Endpoints) -> Option<Self> {
        let authority = incoming.authority();
        let own = is_own_address(&incoming.url);
        let is = |name: &str| own || authority.eq_ignore_ascii_case(name);
        // Most requests of a simulation are for Resource Manager, and few of those sign anybody in.
        if !is(&endpoints.login) && !incoming.url.path().starts_with("/metadata/") {
            return None;
        }
        let segments: Vec<String> = incoming.segments().iter().map(|segment| segment.to_ascii_lowercase()).collect();
        let words: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (incoming.method, words.as_slice()) {
            ("GET", ["metadata", "endpoints"]) if is(&endpoints.resource_manager) => Some(Self::Metadata),
            ("GET", ["metadata", "identity", "oauth2", "token"]) if is("169.254.169.254") => Some(Self::ManagedIdentity),
            ("GET", ["msi", "token"]) if own => Some(Self::ManagedIdentity),
            ("POST", [_, "oauth2", "token"] | [_, "oauth2", "v2.0", "token"]) if is(&endpoints.login) => Some(Self::Token),
            ("GET", [_, rest @ ..]) if is(&endpoints.login) && is_discovery(rest) => Some(Self::Discovery),
            _ => None,
        }
    }
}

/// Whether the segments behind a tenant are those of a question about the directory.
fn is_discovery(words: &[&str]) -> bool {
    matches!(
        words,
        ["discovery", "instance" | "keys"]
            | ["discovery", "v2.0", "keys"]
            | [".well-known", "openid-configuration"]
            | ["v2.0", ".well-known", "openid-configuration"]
            | ["userrealm", _]
    )
}

/// Whether a URL names this machine by its address, as custom clouds and managed identities do.
pub(super) fn is_own_address(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

/// The scheme, host and port under which the caller came: what an answer must repeat.
pub(super) fn origin(incoming: &Incoming) -> String {
    incoming.url.origin().ascii_serialization()
}

impl State {
    pub(super) fn sign_in(&mut self, incoming: &Incoming, call: SignIn) -> Reply {
        match call {
            SignIn::Discovery => self.discover(incoming),
            SignIn::Token => self.grant(incoming),
            SignIn::ManagedIdentity => self.grant_managed_identity(incoming),
            SignIn::Metadata => self.cloud_metadata(incoming),
        }
    }

    /// What MSAL asks before it asks for a token.
    fn discover(&self, incoming: &Incoming) -> Reply {
        let segments = incoming.segments();
        let tenant = segments.first().map(String::as_str).unwrap_or_default();
        let login = origin(incoming);
        if segments.get(1).is_some_and(|word| word == "discovery") {
            return match segments.last().map(String::as_str) {
                Some("instance") => Reply::json(200, &instance(incoming)),
                // Nobody verifies the access tokens of others, and the simulated directory's need no verification.
                _ => Reply::json(200, &json!({ "keys": [] })),
            };
        }
        if let Some(("userrealm", user)) = segments.get(1).zip(segments.get(2)).map(|(word, user)| (word.as_str(), user)) {
            return Reply::json(200, &self.realm(user));
        }
        let Some(tenant) = self.tenant_named(tenant) else { return unknown_tenant(tenant) };
        let version = if segments.get(1).is_some_and(|word| word == "v2.0") { "/v2.0" } else { "" };
        let oauth = format!("{login}/{tenant}/oauth2{version}");
        let issuer =
            if version.is_empty() { format!("https://sts.windows.net/{tenant}/") } else { format!("{login}/{tenant}/v2.0") };
        Reply::json(
            200,
            &json!({
                "token_endpoint": format!("{oauth}/token"), "authorization_endpoint": format!("{oauth}/authorize"),
                "device_authorization_endpoint": format!("{oauth}/devicecode"), "issuer": issuer,
                "jwks_uri": format!("{login}/{tenant}/discovery{version}/keys"),
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
                "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"], "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"], "tenant_region_scope": "EU",
                "cloud_instance_name": incoming.url.host_str(), "msgraph_host": "graph.microsoft.com",
            }),
        )
    }

    fn realm(&self, user: &str) -> Value {
        let domain = user.rsplit('@').next().unwrap_or_default();
        json!({
            "ver": "1.0", "account_type": "Managed", "domain_name": domain, "cloud_instance_name": self.world.endpoints.login,
            "cloud_audience_urn": "urn:federation:MicrosoftOnline",
        })
    }

    /// The tenant's id behind a name in a path: its own id, or one of the names that mean the caller's home.
    fn tenant_named(&self, name: &str) -> Option<&str> {
        let home = ["common", "organizations", "adfs"].iter().any(|known| name.eq_ignore_ascii_case(known));
        (home || name.eq_ignore_ascii_case(&self.world.tenant)).then_some(self.world.tenant.as_str())
    }
}

fn instance(incoming: &Incoming) -> Value {
    let host = incoming.authority();
    json!({
        "tenant_discovery_endpoint": format!("{}/common/.well-known/openid-configuration", origin(incoming)),
        "api-version": "1.1",
        "metadata": [{ "preferred_network": host, "preferred_cache": host, "aliases": [host] }],
    })
}

fn unknown_tenant(tenant: &str) -> Reply {
    let what = format!(
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."
    );
    refusal(400, "invalid_tenant", 90002, &what)
}

/// An error in the directory's form.
fn refusal(status: u16, error: &str, number: u32, what: &str) -> Reply {
    let trace = "00000000-0000-0000-0000-000000000000";
    Reply::json(
        status,
        &json!({
            "error": error, "error_codes": [number], "trace_id": trace, "correlation_id": trace,
            "error_description": format!("AADSTS{number}: {what} Trace ID: {trace} Correlation ID: {trace}"),
            "error_uri": format!("https://login.microsoftonline.com/error?code={number}"),
        }),
    )
}
