//! Bearer tokens of the simulated directory: readable, so that audience and expiry can be checked, and of no use elsewhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::OffsetDateTime;

use crate::domain::clock::Clock;

/// A token: for whom, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// The audience without `/.default`.
    pub audience: String,
    /// Unix seconds.
    pub expires: i64,
}

impl Token {
    /// Reads `sim.AUDIENCE.EXPIRY[.SERIAL]`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        if parts.next() != Some("sim") {
            return None;
        }
        let audience = String::from_utf8(URL_SAFE_NO_PAD.decode(parts.next()?).ok()?).ok()?;
        Some(Self { audience, expires: parts.next()?.parse().ok()? })
    }

    /// The token as text. Each has its own serial, so that a renewed one differs.
    pub(super) fn text(&self, serial: u64) -> String {
        format!("sim.{}.{}.{serial}", URL_SAFE_NO_PAD.encode(&self.audience), self.expires)
    }
}

/// The audience that a scope means: without `/.default` and trailing slashes.
pub(super) fn audience_of(scope: &str) -> String {
    scope.trim_end_matches(".default").trim_end_matches('/').to_owned()
}

/// A token for a scope (`https://management.azure.com/.default`) that expires at a moment, for a token file or a host.
#[must_use]
pub fn token_text(scope: &str, expires: OffsetDateTime, serial: u64) -> String {
    Token { audience: audience_of(scope), expires: expires.unix_timestamp() }.text(serial)
}

/// A credential that the simulated directory always honours.
#[derive(Debug)]
pub struct SimulatedCredential {
    clock: Arc<dyn Clock>,
    lifetime: time::Duration,
    serial: AtomicU64,
}

impl SimulatedCredential {
    pub(super) fn new(clock: Arc<dyn Clock>, lifetime_seconds: u64) -> Self {
        let lifetime = time::Duration::seconds(lifetime_seconds.try_into().unwrap_or(i64::MAX));
        Self { clock, lifetime, serial: AtomicU64::new(0) }
    }
}

#[async_trait]
impl TokenCredential for SimulatedCredential {
    async fn get_token(&self, scopes: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let expires = self.clock.now() + self.lifetime;
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        Ok(AccessToken::new(token_text(scopes.first().copied().unwrap_or_default(), expires, serial), expires))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_tells_its_audience_and_expiry() {
        let text = token_text("https://vault.azure.net/.default", OffsetDateTime::UNIX_EPOCH, 3);
        let token = Token::read(&text).expect("our own token");
        assert_eq!(token, Token { audience: "https://vault.azure.net".into(), expires: 0 });
        assert_eq!(Token::read("eyJ0eXAi.x.y"), None);
    }
}
