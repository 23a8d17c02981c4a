//! Subscriptions: which ones this sign-in sees (Microsoft.Resources 2022-12-01).

use azure_core::http::Method;
use serde::Deserialize;

use crate::domain::problem::{Kind, Problem};

use super::call::{Audience, Call, Effect};
use super::client::Client;

const API_VERSION: &str = "2022-12-01";

/// One subscription.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// The subscription's id, a UUID.
    #[serde(rename = "subscriptionId")]
    pub id: String,
    /// The name that people gave it.
    #[serde(rename = "displayName", default)]
    pub name: String,
    /// The tenant that it trusts; older versions do not tell.
    #[serde(default)]
    pub tenant_id: String,
    /// `Enabled`, `Disabled`, `Warned`, `PastDue`, `Deleted`.
    #[serde(default)]
    pub state: String,
}

impl Client {
    /// One subscription.
    ///
    /// # Errors
    /// `subscriptionNotSignedIn` when this sign-in does not see it, which is also how a subscription that does not exist looks;
    /// otherwise as [`Client::send`].
    pub async fn subscription(&self, id: &str) -> Result<Subscription, Problem> {
        let unseen = || {
            Problem::not_found("subscriptionNotSignedIn", format!("subscription {id} is not among those that this sign-in sees"))
                .hint("sign in to its tenant, or check the id with `az account list --all`")
        };
        if id.is_empty() || !id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) {
            return Err(unseen());
        }
        let url = self.resource_manager_url(&format!("/subscriptions/{id}"), API_VERSION);
        match self.send(Call::new(Method::Get, url, Effect::Read, Audience::ResourceManager)).await {
            Ok(answer) => answer.parse(),
            // 400 InvalidSubscriptionId, 401 InvalidAuthenticationTokenTenant, 403 AuthorizationFailed, 404 SubscriptionNotFound
            Err(problem) if matches!(problem.http_status, Some(400 | 401 | 403 | 404)) => Err(Problem {
                http_status: problem.http_status,
                service_code: problem.service_code,
                correlation_id: problem.correlation_id,
                kind: Kind::NotFound,
                ..unseen().because(problem.message)
            }),
            Err(problem) => Err(problem),
        }
    }

    /// All subscriptions that this sign-in sees, sorted by id.
    ///
    /// # Errors
    /// As [`Client::list`].
    pub async fn subscriptions(&self) -> Result<Vec<Subscription>, Problem> {
        let url = self.resource_manager_url("/subscriptions", API_VERSION);
        let items = self.list(Call::new(Method::Get, url, Effect::Read, Audience::ResourceManager)).await?;
        let mut all = items
            .into_iter()
            .map(|item| {
                serde_json::from_value::<Subscription>(item).map_err(|_| {
                    Problem::failed(
                        "unexpectedAnswer",
                        "Resource Manager answered a subscription that is not of the documented shape",
                    )
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        all.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(all)
    }
}
