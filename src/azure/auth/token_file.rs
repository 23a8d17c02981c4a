//! `--auth token-file=PATH`: tokens that somebody else obtains and keeps fresh in a file.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::azure::error::wrapped;
use crate::contract::token::HandedToken;
use crate::domain::clock::Clock;
use crate::domain::problem::{Kind, Problem};

/// The tokens of this file. It is read each time that a token is asked for: at the first call, when one is about to
/// expire, and when one was refused.
pub(super) fn credential(path: PathBuf, clock: Arc<dyn Clock>) -> Arc<dyn TokenCredential> {
    Arc::new(TokenFile { path, clock })
}

#[derive(Debug)]
struct TokenFile {
    path: PathBuf,
    clock: Arc<dyn Clock>,
}

impl TokenFile {
    fn token(&self, scope: &str) -> Result<AccessToken, Problem> {
        let path = self.path.display();
        let text = std::fs::read_to_string(&self.path).map(Zeroizing::new).map_err(|error| {
            Problem::new(Kind::Permission, "tokenFileUnreadable", format!("the token file {path} cannot be read"))
                .because(error)
                .hint("check the path after --auth token-file=")
        })?;
        let found = HandedToken::read_all(&text)?.into_iter().filter(|token| token.is_for(scope));
        let token = found.max_by_key(|token| token.expires_on).ok_or_else(|| {
            Problem::new(Kind::Permission, "tokenMissing", format!("the token file {path} has no token for {scope}"))
                .hint(format!("add one: {{\"scope\":\"{scope}\",\"token\":\"…\",\"expiresOn\":UNIX_SECONDS}}"))
        })?;
        let expires_on = OffsetDateTime::from_unix_timestamp(token.expires_on).map_err(|_| {
            Problem::usage("tokenFileInvalid", format!("an `expiresOn` in the token file {path} is not a time"))
                .hint("write Unix seconds, not milliseconds")
        })?;
        if expires_on <= self.clock.now() {
            return Err(Problem::new(
                Kind::Permission,
                "tokenExpired",
                format!("the token for {scope} in {path} expired at {expires_on}"),
            )
            .hint("write a fresh one into the file; it is read again"));
        }
        Ok(AccessToken::new(token.token, expires_on))
    }
}

#[async_trait]
impl TokenCredential for TokenFile {
    async fn get_token(&self, scopes: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        self.token(scopes.first().copied().unwrap_or_default()).map_err(wrapped)
    }
}
