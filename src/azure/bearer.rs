//! The bearer policy: puts the token on a request, and only where it belongs.
//!
//! `azure_core`'s own refuses every http URL, even on this machine, and uses wall time. Ours renews on [`Clock`] time, and
//! when a token is refused all the same (401 means *not done*), renews it once and repeats the request, `Once` calls
//! included.
//!
//! [`Clock`]: crate::domain::clock::Clock

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::AccessToken;
use azure_core::http::headers::AUTHORIZATION;
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{Context, Request, StatusCode};

use crate::domain::problem::Problem;

use super::call::Audience;
use super::cloud::Cloud;
use super::error::wrapped;
use super::loopback;
use super::token_cache::TokenCache;

/// Signs in each request for its audience.
#[derive(Debug)]
pub(crate) struct BearerPolicy {
    cloud: Arc<Cloud>,
    tokens: Arc<TokenCache>,
}

impl BearerPolicy {
    pub(crate) fn new(cloud: Arc<Cloud>, tokens: Arc<TokenCache>) -> Self {
        Self { cloud, tokens }
    }

    /// The scope that this request needs a token for, once it is clear that its host may have one.
    fn scope(&self, context: &Context, request: &Request) -> Result<Option<String>, Problem> {
        let url = request.url();
        let host = url.host_str().unwrap_or_default();
        if !loopback::is_private(url) {
            return Err(Problem::failed("insecureUrl", format!("nothing is sent to {host} without https"))
                .hint("http is only for hosts on this machine (127.0.0.1, localhost)"));
        }
        let audience = context.value::<Audience>().copied().unwrap_or(Audience::None);
        if !self.cloud.owns(audience, url) {
            return Err(Problem::failed("foreignHost", format!("{host} is not part of {}; it gets no token", self.cloud.name))
                .hint("check --cloud and the name of the vault or resource"));
        }
        Ok(self.cloud.scope(audience))
    }
}

#[async_trait]
impl Policy for BearerPolicy {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let Some(scope) = self.scope(context, request).map_err(wrapped)? else {
            return next[0].send(context, request, &next[1..]).await;
        };
        let token = self.tokens.get(&scope).await.map_err(wrapped)?;
        let response = send_with(&token, context, request, next).await?;
        if response.status() != StatusCode::Unauthorized {
            return Ok(response);
        }
        let renewed = self.tokens.renew(&scope, &token).await.map_err(wrapped)?;
        send_with(&renewed, context, request, next).await
    }
}

async fn send_with(token: &AccessToken, context: &Context<'_>, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
    request.insert_header(AUTHORIZATION, format!("Bearer {}", token.token.secret()));
    let response = next[0].send(context, request, &next[1..]).await;
    request.headers_mut().remove(AUTHORIZATION);
    response
}
