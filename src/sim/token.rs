//! Bearer tokens of the simulated directory: JSON Web Tokens whose audience, tenant and expiry are checked, and that are
//! of no use anywhere else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};
use azure_core::hmac::hmac_sha256;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::contract::world::World;
use crate::domain::clock::Clock;

/// What every simulated directory signs with. It guards nothing: it tells a token of ours from one that was changed.
const SIGNING_KEY: &[u8] = b"the simulated directory";

/// A token: for whom, of which tenant, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// The audience, without `/.default`.
    pub audience: String,
    /// The tenant's id.
    pub tenant: String,
    /// The object id of the identity that it stands for.
    pub object: String,
    /// The application's id.
    pub application: String,
    /// Unix seconds.
    pub expires: i64,
}

impl Token {
    /// A token of a world's own caller.
    pub(super) fn of(world: &World, audience: &str, expires: OffsetDateTime) -> Self {
        Self {
            audience: audience.to_owned(),
            tenant: world.tenant.clone(),
            object: world.caller.object_id.clone(),
            application: world.caller.client_id.clone(),
            expires: expires.unix_timestamp(),
        }
    }

    /// Reads a token; `None` unless a simulated directory signed it as it is.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        if signature != sign(signed)? {
            return None;
        }
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(signed.split_once('.')?.1).ok()?).ok()?;
        let claim = |name: &str| claims[name].as_str().map(str::to_owned);
        Some(Self {
            audience: claim("aud")?,
            tenant: claim("tid")?,
            object: claim("oid")?,
            application: claim("appid")?,
            expires: claims["exp"].as_i64()?,
        })
    }

    /// The token as text. Each has its own serial, so that a renewed one differs.
    pub(super) fn text(&self, serial: u64) -> String {
        let Self { audience, tenant, object, application, expires } = self;
        let head = json!({ "typ": "JWT", "alg": "HS256" });
        let claims = json!({
            "aud": audience, "iss": format!("https://sts.windows.net/{tenant}/"), "exp": expires, "appid": application,
            "appidacr": "1", "idtyp": "app", "oid": object, "sub": object, "tid": tenant, "uti": serial.to_string(), "ver": "1.0",
        });
        signed(&head, &claims)
    }
}

/// A signed JSON Web Token.
pub(super) fn signed(head: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(head), part(claims));
    let signature = sign(&text).unwrap_or_default();
    format!("{text}.{signature}")
}

fn sign(text: &str) -> Option<String> {
    let signature = hmac_sha256(text, &Secret::new(STANDARD.encode(SIGNING_KEY))).ok()?;
    Some(URL_SAFE_NO_PAD.encode(STANDARD.decode(signature).ok()?))
}

/// The audience that a scope means: without `/.default` and trailing slashes.
pub(super) fn audience_of(scope: &str) -> String {
    scope.trim_end_matches(".default").trim_end_matches('/').to_owned()
}

/// A token for a scope (`https://management.azure.com/.default`) that expires at a moment, for a token file or a host. It
/// is of the tenant that a world has when it names none.
#[must_use]
pub fn token_text(scope: &str, expires: OffsetDateTime, serial: u64) -> String {
    Token::of(&World::default(), &audience_of(scope), expires).text(serial)
}

/// A credential that the simulated directory always honours.
#[derive(Debug)]
pub struct SimulatedCredential {
    clock: Arc<dyn Clock>,
    lifetime: time::Duration,
    of: Token,
    serial: AtomicU64,
}

impl SimulatedCredential {
    pub(super) fn new(world: &World, clock: Arc<dyn Clock>) -> Self {
        let lifetime = super::media::seconds(world.caller.token_lifetime_seconds);
        let of = Token::of(world, "", OffsetDateTime::UNIX_EPOCH);
        Self { clock, lifetime, of, serial: AtomicU64::new(0) }
    }
}

#[async_trait]
impl TokenCredential for SimulatedCredential {
    async fn get_token(&self, scopes: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let expires = self.clock.now() + self.lifetime;
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        let audience = audience_of(scopes.first().copied().unwrap_or_default());
        let token = Token { audience, expires: expires.unix_timestamp(), ..self.of.clone() };
        Ok(AccessToken::new(token.text(serial), expires))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_tells_its_audience_tenant_and_expiry() {
        let text = token_text("https://vault.azure.net/.default", OffsetDateTime::UNIX_EPOCH, 3);
        let token = Token::read(&text).expect("our own token");
        assert_eq!((token.audience.as_str(), token.expires), ("https://vault.azure.net", 0));
        assert_eq!((token.tenant, token.object), (World::default().tenant, World::default().caller.object_id));
        assert_ne!(text, token_text("https://vault.azure.net/.default", OffsetDateTime::UNIX_EPOCH, 4));
    }

    #[test]
    fn a_token_that_was_changed_is_nobodys() {
        let text = token_text("https://vault.azure.net", OffsetDateTime::UNIX_EPOCH, 0);
        let (head, rest) = text.split_once('.').expect("three parts");
        let (claims, signature) = rest.split_once('.').expect("three parts");
        let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(claims).expect("base64")).expect("text");
        let later = URL_SAFE_NO_PAD.encode(claims.replace("\"exp\":0", "\"exp\":9999999999"));
        assert_eq!(Token::read(&format!("{head}.{later}.{signature}")), None);
        assert_eq!(Token::read("eyJ0eXAi.x.y"), None);
        assert_eq!(Token::read(""), None);
    }
}
