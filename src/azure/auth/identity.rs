//! Who is signed in, as the access token itself says.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::domain::text;

/// The identity behind a token, for journals and messages. The claims are not verified: the service does that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The object id in Entra ID: who made a change, in the activity log too.
    pub object_id: String,
    /// The tenant.
    pub tenant_id: Option<String>,
    /// A user's sign-in name, or an application's id.
    pub name: Option<String>,
}

/// What a token says of itself, as far as it says anything: not every token can be read.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub(super) struct Claims {
    /// Whom it is for: a URL or an application's id.
    #[serde(default, rename = "aud")]
    pub(super) audience: Option<String>,
    /// Whose directory gave it.
    #[serde(default, rename = "tid")]
    pub(super) tenant: Option<String>,
}

impl Claims {
    /// Reads the claims of an access token.
    pub(super) fn of_token(token: &str) -> Self {
        payload(token).and_then(|payload| serde_json::from_slice(&payload).ok()).unwrap_or_default()
    }
}

#[derive(Deserialize)]
struct IdentityClaims {
    oid: String,
    tid: Option<String>,
    upn: Option<String>,
    unique_name: Option<String>,
    appid: Option<String>,
    azp: Option<String>,
}

impl Identity {
    /// Reads the claims of an access token; `None` when it is not a JSON Web Token with an object id.
    #[must_use]
    pub fn of_token(token: &str) -> Option<Self> {
        let claims: IdentityClaims = serde_json::from_slice(&payload(token)?).ok()?;
        let name = claims.upn.or(claims.unique_name).or(claims.appid).or(claims.azp);
        Some(Self {
            object_id: text::from_server(&claims.oid),
            tenant_id: claims.tid.as_deref().map(text::from_server),
            name: name.as_deref().map(text::from_server),
        })
    }
}

/// The claims of a JSON Web Token, as they stand there.
fn payload(token: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?.trim_end_matches('=')).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        format!("eyJhbGciOiJub25lIn0.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn a_token_says_who_is_signed_in() {
        let user =
            Identity::of_token(&token(r#"{"oid":"o-1","tid":"t-1","upn":"ann@example.org","appid":"az"}"#)).expect("a user");
        assert_eq!(
            (user.object_id.as_str(), user.tenant_id.as_deref(), user.name.as_deref()),
            ("o-1", Some("t-1"), Some("ann@example.org"))
        );
        let app = Identity::of_token(&token(r#"{"oid":"o-2","appid":"a-2"}"#)).expect("an application");
        assert_eq!(app.name.as_deref(), Some("a-2"));
    }

    #[test]
    fn what_is_no_token_names_nobody() {
        for text in ["", "opaque", "a.b.c", &token("{}"), &token("not json")] {
            assert_eq!(Identity::of_token(text), None, "{text}");
        }
    }
}
