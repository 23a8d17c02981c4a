//! What stands before every operation: tokens, subscriptions, permissions, locks; and the routes that list them.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::fault::Twist;
use super::message::{Incoming, Reply};
use super::odata_route::MediaV2Route;
use super::route::{Route, Target};
use super::state::State;
use super::streaming_endpoint::StreamingCall;
use super::token::{Token, audience_of};

impl State {
    /// Refuses a request that never reaches its operation.
    pub(super) fn gate(&mut self, incoming: &Incoming, target: &Target) -> Option<Reply> {
        // Data plane requests are signed, classic management is shown a certificate, and anybody may stream.
        let unsigned = matches!(
            target.route,
            Route::ClassicPutKey | Route::MediaV2(MediaV2Route::Legacy) | Route::Streaming(StreamingCall::Stream)
        );
        if target.route.is_storage_data() || target.route.is_sign_in() || unsigned {
            return None;
        }
        if let Some(refusal) = self.check_token(incoming, target) {
            return Some(refusal);
        }
        if target.is_resource_manager() && incoming.query("api-version").is_none() {
            let message = "The api-version query parameter (?api-version=) is required for all requests.";
            return Some(Reply::gateway_error(400, "MissingApiVersionParameter", message));
        }
        if !target.subscription.is_empty() && !self.has_subscription(&target.subscription) {
            let message = format!("The subscription '{}' could not be found.", target.subscription);
            return Some(Reply::gateway_error(404, "SubscriptionNotFound", &message));
        }
        if let Some(action) = target.route.action()
            && self.is_missing(action)
        {
            return Some(self.forbidden(incoming, target, action));
        }
        self.judge_policy_token(incoming, target).or_else(|| self.check_lock(incoming, target))
    }

    fn check_token(&mut self, incoming: &Incoming, target: &Target) -> Option<Reply> {
        let forced = self.schedule.twist == Some(Twist::ExpiredToken);
        if !self.world.caller.tokens_required {
            return None;
        }
        let endpoints = &self.world.endpoints;
        let vault = target.route.is_vault_data();
        let audience = match target.route {
            Route::MediaV2(_) => &endpoints.media_audience,
            _ if vault => &endpoints.key_vault_audience,
            _ => &endpoints.resource_manager_audience,
        };
        let tenant = &self.world.tenant;
        let authority = format!("{}://{}/{tenant}", endpoints.scheme, endpoints.login);
        let challenge = if vault {
            format!("Bearer authorization=\"{authority}\", resource=\"{audience}\"")
        } else {
            format!("Bearer authorization_uri=\"{authority}\", error=\"invalid_token\"")
        };
        let refuse = |code: &str, message: &str| {
            let reply = if vault { Reply::error(401, code, message) } else { Reply::gateway_error(401, code, message) };
            Some(reply.header("www-authenticate", &challenge))
        };
        let Some(text) = incoming.header("authorization").strip_prefix("Bearer ") else {
            return if vault {
                refuse("Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.")
            } else {
                refuse("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
            };
        };
        self.log.secrets.insert(text.to_owned());
        let Some(token) = Token::read(text) else {
            return refuse("InvalidAuthenticationToken", "The access token is invalid.");
        };
        if token.tenant != *tenant {
            let (theirs, ours) = (&token.tenant, tenant);
            if vault {
                let message = format!(
                    "AKV10032: Invalid issuer. Expected one of https://sts.windows.net/{ours}/, found https://sts.windows.net/{theirs}/."
                );
                return refuse("Unauthorized", &message);
            }
            let message = format!(
                "The access token is from the wrong issuer 'https://sts.windows.net/{theirs}/'. It must match the tenant 'https://sts.windows.net/{ours}/' associated with this subscription."
            );
            return refuse("InvalidAuthenticationTokenTenant", &message);
        }
        if !is_same_audience(&token.audience, audience) {
            return refuse(
                "InvalidAuthenticationTokenAudience",
                "The access token has been obtained for wrong audience or resource.",
            );
        }
        let expiry = OffsetDateTime::from_unix_timestamp(token.expires).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        if forced || expiry <= self.now {
            let message = format!(
                "The access token expiry UTC time '{}' is earlier than current UTC time '{}'.",
                Self::stamp(expiry),
                Self::stamp(self.now)
            );
            return refuse(if vault { "Unauthorized" } else { "ExpiredAuthenticationToken" }, &message);
        }
        None
    }

    /// Whether the caller lacks an action.
    pub(super) fn is_missing(&self, action: &str) -> bool {
        let mut missing = self.world.caller.missing_actions.iter().chain(&self.lost_actions);
        let given = |only: &Vec<String>| only.iter().any(|known| known.eq_ignore_ascii_case(action));
        missing.any(|known| known.eq_ignore_ascii_case(action)) || !self.world.caller.only_actions.as_ref().is_none_or(given)
    }

    fn forbidden(&self, incoming: &Incoming, target: &Target, action: &str) -> Reply {
        let object = &self.world.caller.object_id;
        if target.route.is_vault_data() {
            let message =
                format!("Caller is not authorized to perform action on resource. Caller: oid={object}. Action: '{action}'");
            return Reply::json(
                403,
                &json!({ "error": { "code": "Forbidden", "message": message, "innererror": { "code": "ForbiddenByRbac" } } }),
            );
        }
        let message = format!(
            "The client '{object}' with object id '{object}' does not have authorization to perform action '{action}' over scope '{}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
            incoming.url.path()
        );
        Reply::gateway_error(403, "AuthorizationFailed", &message)
    }

    /// A read-only lock refuses every POST and PUT on what it covers, reading POSTs such as `listKeys` included.
    fn check_lock(&self, incoming: &Incoming, target: &Target) -> Option<Reply> {
        if incoming.method == "GET" || target.subscription.is_empty() {
            return None;
        }
        let path = incoming.url.path().to_ascii_lowercase();
        let covers = |scope: &str| path == scope || path.starts_with(&format!("{scope}/"));
        let lock =
            self.world.locks.iter().find(|lock| {
                lock.level == "ReadOnly" && covers(lock.scope.trim_end_matches('/').to_ascii_lowercase().as_str())
            })?;
        let message = format!(
            "The scope '{}' cannot perform write operation because following scope(s) are locked: '{}'. Please remove the lock and try again.",
            incoming.url.path(),
            lock.scope
        );
        Some(Reply::gateway_error(409, "ScopeLocked", &message))
    }

    fn has_subscription(&self, id: &str) -> bool {
        self.world.subscriptions.iter().any(|known| known.id.eq_ignore_ascii_case(id))
    }

    pub(super) fn list_subscriptions(&self) -> Reply {
        let rows: Vec<Value> = self.world.subscriptions.iter().map(|it| self.describe_subscription(&it.id, &it.name)).collect();
        Reply::json(200, &json!({ "value": rows, "count": { "type": "Total", "value": rows.len() } }))
    }

    pub(super) fn get_subscription(&self, target: &Target) -> Reply {
        let found = self.world.subscriptions.iter().find(|known| known.id.eq_ignore_ascii_case(&target.subscription));
        found.map_or_else(|| Reply::empty(404), |it| Reply::json(200, &self.describe_subscription(&it.id, &it.name)))
    }

    fn describe_subscription(&self, id: &str, name: &str) -> Value {
        json!({
            "id": format!("/subscriptions/{id}"), "subscriptionId": id, "tenantId": self.world.tenant, "displayName": name,
            "state": "Enabled", "authorizationSource": "RoleBased",
        })
    }

    /// The locks at a scope: those above it are inherited, those below it are listed too, unless `$filter=atScope()`.
    pub(super) fn list_locks(&self, incoming: &Incoming, target: &Target) -> Reply {
        let scope = target.scope.to_ascii_lowercase();
        let at_scope = incoming.query("$filter").is_some_and(|filter| filter.contains("atScope"));
        let within = |inner: &str, outer: &str| inner == outer || inner.starts_with(&format!("{outer}/"));
        let rows = self.world.locks.iter().filter(|lock| {
            let locked = lock.scope.trim_end_matches('/').to_ascii_lowercase();
            within(&scope, &locked) || (!at_scope && within(&locked, &scope))
        });
        let rows = rows.map(|lock| {
            json!({
                "id": format!("{}/providers/Microsoft.Authorization/locks/{}", lock.scope, lock.name), "name": lock.name,
                "type": "Microsoft.Authorization/locks", "properties": { "level": lock.level, "notes": "" },
            })
        });
        self.page(incoming, target, rows, "nextLink", "$skiptoken")
    }

    pub(super) fn list_permissions(&self) -> Reply {
        let missing = self.world.caller.missing_actions.iter().chain(&self.lost_actions);
        let is_data = |action: &&String| action.contains("/vaults/secrets/");
        let (data, control): (Vec<&String>, Vec<&String>) = missing.partition(is_data);
        let every = ["*".to_owned()];
        let (given_data, given): (Vec<&String>, Vec<&String>) = match &self.world.caller.only_actions {
            Some(only) => only.iter().partition(is_data),
            None => (every.iter().collect(), every.iter().collect()),
        };
        Reply::json(
            200,
            &json!({
                "value": [{ "actions": given, "notActions": control, "dataActions": given_data, "notDataActions": data }],
            }),
        )
    }

    /// The id of the group that a request's path lies in.
    pub(super) fn group_scope(target: &Target) -> Option<String> {
        target.group.as_ref().map(|group| format!("/subscriptions/{}/resourceGroups/{group}", target.subscription))
    }
}

/// Whether a token for one audience opens the other. Resource Manager of the public cloud has two, and both are in use.
fn is_same_audience(asked: &str, wanted: &str) -> bool {
    let one = |audience: &str| match audience_of(audience).as_str() {
        "https://management.core.windows.net" => "https://management.azure.com".to_owned(),
        other => other.to_owned(),
    };
    one(asked) == one(wanted)
}

impl Target {
    /// Whether the answer carries Resource Manager's headers.
    pub(super) fn is_resource_manager(&self) -> bool {
        let route = self.route;
        let elsewhere = route.is_storage_data() || route.is_vault_data() || route.is_sign_in() || route.is_media_v2();
        !elsewhere && !matches!(route, Route::ClassicPutKey | Route::Unknown)
    }
}
