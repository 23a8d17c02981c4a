//! Azure Policy tokens: what `az … --acquire-policy-token` asks for before each change.
//!
//! A policy that is evaluated outside Azure refuses a change whose request carries no token for exactly this request. The token is asked
//! for with the whole request, its body included, as az 2.91 does (`azure/cli/core/sdk/policies.py`, api-version 2025-11-01). So a body
//! that may hold a secret is never shown, and such a change is refused.

use azure_core::http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::domain::problem::Problem;

use super::call::{Audience, Call, Effect};
use super::client::Client;

const API_VERSION: &str = "2025-11-01";
/// The header that carries a token.
const TOKEN: &str = "x-ms-policy-external-evaluations";
/// Answers at once instead of beginning a long-running operation.
const AT_ONCE: &str = "x-ms-force-sync";

/// That every change needs a token, and what goes along with the question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyTokens {
    /// The change that the request belongs to.
    pub change_reference: Option<String>,
}

#[derive(Deserialize)]
struct WireToken {
    token: Option<String>,
}

impl PolicyTokens {
    /// The call with its token, where it needs one.
    ///
    /// # Errors
    /// `policyTokenWithSecret` when its body may hold a secret; as [`Client::send`]; `policyTokenMissing`.
    pub(super) async fn sign(&self, client: &Client, call: Call) -> Result<Call, Problem> {
        if call.effect == Effect::Read || call.audience != Audience::ResourceManager {
            return Ok(call);
        }
        if !call.body.is_empty() && !call.showable {
            return Err(refusal(call.url.path()));
        }
        let question = json!({
            "operation": { "uri": call.url.as_str(), "httpMethod": call.method.as_str(), "content": content(&call.body) },
            "changeReference": self.change_reference,
        });
        let ask = Call::new(Method::Post, acquire_url(client, &call.url)?, Effect::Read, Audience::ResourceManager)
            .json(&question)
            .header(AT_ONCE, "true");
        let answer = Box::pin(client.send(ask)).await?;
        let token = answer.parse::<WireToken>()?.token.filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| {
            Problem::failed("policyTokenMissing", "Azure Policy answered without a token")
                .hint("leave out --acquire-policy-token")
        })?;
        Ok(call.header(TOKEN, &token))
    }
}

/// Why a change cannot have a token; `what` would be changed.
#[must_use]
pub fn refusal(what: &str) -> Problem {
    let message =
        format!("{what} cannot be changed with a policy token: Azure Policy would be shown the key that the request writes");
    Problem::usage("policyTokenWithSecret", message)
        .hint("leave out --acquire-policy-token, and exempt this change from the policy where it is refused then")
}

fn content(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or(Value::Null)
}

/// The question is put to the subscription of the change.
fn acquire_url(client: &Client, change: &Url) -> Result<Url, Problem> {
    let mut segments = change.path().split('/').skip(1);
    let subscription = segments.next().filter(|word| word.eq_ignore_ascii_case("subscriptions")).and(segments.next());
    let subscription = subscription.ok_or_else(|| {
        Problem::failed("policyTokenMissing", format!("{} is in no subscription, whose policies could be asked", change.path()))
    })?;
    let path = format!("/subscriptions/{subscription}/providers/Microsoft.Authorization/acquirePolicyToken");
    Ok(client.resource_manager_url(&path, API_VERSION))
}
