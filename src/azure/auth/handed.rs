//! Tokens from a host (`keyroll exec`): those that it handed over with its request, and then those that it is asked for.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use time::OffsetDateTime;

use crate::azure::error::wrapped;
use crate::azure::token_cache::RENEWED_BEFORE;
use crate::contract::token::{HandedToken, same_audience};
use crate::domain::clock::Clock;
use crate::domain::problem::{Kind, Problem};
use crate::domain::text;

use super::identity::Claims;

/// Somebody who can be asked for a token.
#[async_trait]
pub trait TokenSource: std::fmt::Debug + Send + Sync {
    /// Asks for a token of this scope, of this tenant if that is known, and waits for the answer.
    ///
    /// # Errors
    /// Permission, when the host has none; interrupted, when nobody will answer any more.
    async fn ask(&self, scope: &str, tenant: Option<&str>) -> Result<HandedToken, Problem>;
}

/// The tokens of one request of a host. Each one handed over is given out once: whoever asks again needs another.
#[derive(Debug)]
pub struct HandedTokens {
    source: Arc<dyn TokenSource>,
    clock: Arc<dyn Clock>,
    handed: Mutex<Vec<HandedToken>>,
    tenant: Mutex<Option<String>>,
}

impl HandedTokens {
    /// The tokens that were handed over, and who is asked for more. `tenant` is the one that all have to be of, where it is
    /// known; else it is that of the first token.
    #[must_use]
    pub fn new(source: Arc<dyn TokenSource>, clock: Arc<dyn Clock>, handed: Vec<HandedToken>, tenant: Option<String>) -> Self {
        Self { source, clock, handed: Mutex::new(handed), tenant: Mutex::new(tenant) }
    }

    async fn token(&self, scope: &str) -> Result<AccessToken, Problem> {
        if let Some(token) = self.take(scope) {
            return self.checked(token, scope);
        }
        let tenant = self.tenant.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let token = self.source.ask(scope, tenant.as_deref()).await?;
        self.checked(token, scope)
    }

    /// The handed token of this scope that lasts longest. One that is about to expire would be asked for again at once, and
    /// is passed over.
    fn take(&self, scope: &str) -> Option<HandedToken> {
        let enough = (self.clock.now() + RENEWED_BEFORE).unix_timestamp();
        let mut handed = self.handed.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting = handed.iter().enumerate().filter(|(_, token)| token.is_for(scope) && token.expires_on > enough);
        let (place, _) = fitting.max_by_key(|(_, token)| token.expires_on)?;
        Some(handed.swap_remove(place))
    }

    /// The token, if it is what was asked for: what a service would only answer with 401 is told plainly here.
    fn checked(&self, token: HandedToken, scope: &str) -> Result<AccessToken, Problem> {
        if !token.is_for(scope) {
            return Err(of_another_audience(scope, &token.scope));
        }
        let claims = Claims::of_token(token.token.secret());
        if let Some(audience) = claims.audience.as_deref().filter(|audience| is_another(audience, scope)) {
            return Err(of_another_audience(scope, audience));
        }
        let expires_on = OffsetDateTime::from_unix_timestamp(token.expires_on).map_err(|_| {
            Problem::usage("tokenInvalid", format!("the `expiresOn` of the host's token for {scope} is not a time"))
                .hint("write Unix seconds, not milliseconds")
        })?;
        if expires_on <= self.clock.now() {
            return Err(refusal("tokenExpired", &format!("the host's token for {scope} expired at {expires_on}"))
                .hint("have the host renew its sign-in, and check this machine's clock"));
        }
        if let Some(tenant) = claims.tenant {
            self.same_tenant(scope, &tenant)?;
        }
        Ok(AccessToken::new(token.token, expires_on))
    }

    /// All tokens of one request are of one tenant.
    fn same_tenant(&self, scope: &str, found: &str) -> Result<(), Problem> {
        let mut tenant = self.tenant.lock().unwrap_or_else(PoisonError::into_inner);
        let expected = tenant.get_or_insert_with(|| found.to_owned());
        // A tenant may also be named by its domain, which no token tells.
        if looks_like_id(expected) && !expected.eq_ignore_ascii_case(found) {
            let message =
                format!("the host's token for {scope} is of tenant {}, and needed is {expected}", text::from_server(found));
            return Err(refusal("tokenOfAnotherTenant", &message).hint("have the host sign in to the tenant of the subscription"));
        }
        Ok(())
    }
}

#[async_trait]
impl TokenCredential for HandedTokens {
    async fn get_token(&self, scopes: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        self.token(scopes.first().copied().unwrap_or_default()).await.map_err(wrapped)
    }
}

/// Whether the audience that a token names is certainly another. Some services go by an application id, which tells nothing.
fn is_another(audience: &str, scope: &str) -> bool {
    let host = |text: &str| url::Url::parse(text).ok().and_then(|url| url.host_str().map(str::to_owned));
    let (named, asked) = (host(audience), host(scope));
    named.is_some() && named != asked && !same_audience(audience, scope)
}

fn looks_like_id(tenant: &str) -> bool {
    tenant.len() == 36 && tenant.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

fn of_another_audience(scope: &str, found: &str) -> Problem {
    let message = format!("the host's token for {scope} is for {}", text::from_server(found));
    refusal("tokenOfAnotherAudience", &message).hint("have the host ask for exactly the scope that `tokenNeeded` names")
}

fn refusal(code: &str, message: &str) -> Problem {
    Problem::new(Kind::Permission, code, message)
}

#[cfg(test)]
#[path = "handed_tests.rs"]
mod tests;
