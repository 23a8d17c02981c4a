//! Access tokens that somebody else obtained: in a token file (`--auth token-file=PATH`, a JSON list), or from a host.

use std::collections::BTreeMap;

use azure_core::credentials::Secret;
use serde::Deserialize;
use serde_json::Value;

use crate::domain::problem::Problem;

/// One access token that somebody else obtained.
#[derive(Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HandedToken {
    /// The scope (`https://management.azure.com/.default`) or the audience alone.
    pub scope: String,
    /// The token itself.
    #[cfg_attr(test, schemars(with = "String"))]
    pub token: Secret,
    /// When it expires, in Unix seconds.
    pub expires_on: i64,
    /// Whatever else is there; [`HandedToken::read_all`] refuses it by name.
    #[serde(flatten)]
    #[cfg_attr(test, schemars(skip))]
    unknown: BTreeMap<String, Value>,
}

/// Audiences of Resource Manager that stand for the same service: the one of today, and the one of old that az still asks for.
const SYNONYMS: [(&str, &str); 3] = [
    ("https://management.azure.com", "https://management.core.windows.net"),
    ("https://management.chinacloudapi.cn", "https://management.core.chinacloudapi.cn"),
    ("https://management.usgovcloudapi.net", "https://management.core.usgovcloudapi.net"),
];

impl HandedToken {
    /// A token of this scope that expires then, in Unix seconds.
    #[must_use]
    pub fn new(scope: String, token: Secret, expires_on: i64) -> Self {
        Self { scope, token, expires_on, unknown: BTreeMap::new() }
    }

    /// Reads a token file, which may begin with a byte order mark.
    ///
    /// # Errors
    /// When it is not such a list. The message never repeats what the file holds, because that is secret; unknown
    /// members are named.
    pub fn read_all(text: &str) -> Result<Vec<Self>, Problem> {
        let tokens: Vec<Self> = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
            Problem::usage("tokenFileInvalid", "the token file is not a JSON list of {scope, token, expiresOn}")
                .because(format!("line {}, column {}", error.line(), error.column()))
                .hint("write [{\"scope\":\"https://management.azure.com/.default\",\"token\":\"…\",\"expiresOn\":UNIX_SECONDS}]")
        })?;
        let mut unknown: Vec<String> =
            tokens.iter().flat_map(|token| token.unknown.keys().map(|name| format!("`{name}`"))).collect();
        unknown.sort();
        unknown.dedup();
        if !unknown.is_empty() {
            return Err(Problem::usage("unknownMembers", format!("the token file has unknown members: {}", unknown.join(", ")))
                .hint("each token has scope, token and expiresOn, and nothing else"));
        }
        Ok(tokens)
    }

    /// Whether this token is for `scope`: both are compared without `/.default`, trailing slashes and regard to case, and
    /// Resource Manager goes by two names.
    #[must_use]
    pub fn is_for(&self, scope: &str) -> bool {
        same_audience(&self.scope, scope)
    }
}

/// Whether two scopes or audiences mean the same service.
#[must_use]
pub fn same_audience(one: &str, other: &str) -> bool {
    let (one, other) = (audience(one), audience(other));
    let means =
        |audience: &str, pair: (&str, &str)| audience.eq_ignore_ascii_case(pair.0) || audience.eq_ignore_ascii_case(pair.1);
    one.eq_ignore_ascii_case(other) || SYNONYMS.iter().any(|pair| means(one, *pair) && means(other, *pair))
}

/// The token's text is never shown.
impl std::fmt::Debug for HandedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HandedToken").field("scope", &self.scope).field("expires_on", &self.expires_on).finish_non_exhaustive()
    }
}

fn audience(scope: &str) -> &str {
    scope.strip_suffix("/.default").unwrap_or(scope).trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_compared_as_audiences() {
        let text = r#"[{"scope":"https://management.azure.com/","token":"t","expiresOn":1}]"#;
        let tokens = HandedToken::read_all(text).expect("well-formed");
        assert!(tokens[0].is_for("https://management.azure.com/.default"));
        assert!(tokens[0].is_for("https://Management.azure.com//.default"));
        assert!(tokens[0].is_for("https://management.core.windows.net//.default"));
        assert!(!tokens[0].is_for("https://vault.azure.net/.default"));
        assert!(!tokens[0].is_for("https://management.core.chinacloudapi.cn/.default"));
    }

    #[test]
    fn no_message_repeats_a_token() {
        for text in [
            r#"[{"scope":"s","token":"eyJsecret","expiresOn":"soon eyJsecret"}]"#,
            r#"[{"scope":"s","token":{"eyJsecret":1},"expiresOn":1}]"#,
            r#"[{"scope":"s","token":"eyJsecret","expiresOn":1,"refresh":"eyJsecret"}]"#,
            r#""eyJsecret""#,
            "eyJsecret",
        ] {
            let problem = HandedToken::read_all(text).expect_err("malformed");
            assert!(!format!("{problem:?}").contains("eyJsecret"), "{problem:?}");
            assert_eq!(problem.exit_code(), 2);
        }
        let tokens = HandedToken::read_all(r#"[{"scope":"s","token":"eyJsecret","expiresOn":1}]"#).expect("well-formed");
        assert!(!format!("{tokens:?}").contains("eyJsecret"));
    }
}
