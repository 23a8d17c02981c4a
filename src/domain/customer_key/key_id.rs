//! The address of a key in a vault: `https://VAULT/keys/NAME[/VERSION]`.

use std::fmt;
use std::str::FromStr;

use crate::domain::problem::Problem;

/// A key, or one version of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyId {
    /// `https://NAME.vault.azure.net`, in lower case and without a slash at its end.
    pub vault: String,
    /// The key's name.
    pub name: String,
    /// The version; absent where whatever is newest is meant.
    pub version: Option<String>,
}

impl KeyId {
    /// The key without its version.
    #[must_use]
    pub fn versionless(&self) -> Self {
        Self { version: None, ..self.clone() }
    }

    /// Whether both are the same key, in whatever version. Names in vaults have no case.
    #[must_use]
    pub fn is_same_key(&self, other: &Self) -> bool {
        self.vault.eq_ignore_ascii_case(&other.vault) && self.name.eq_ignore_ascii_case(&other.name)
    }

    /// The vault's name: the first label of its host.
    #[must_use]
    pub fn vault_name(&self) -> &str {
        let host = self.vault.split("://").last().unwrap_or_default();
        host.split('.').next().unwrap_or_default()
    }

    /// The version's first eight digits, for people; `newest` without one.
    #[must_use]
    pub fn short(&self) -> &str {
        self.version.as_deref().map_or("newest", |version| version.get(..8).unwrap_or(version))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/keys/{}", self.vault, self.name)?;
        self.version.as_ref().map_or(Ok(()), |version| write!(f, "/{version}"))
    }
}

impl FromStr for KeyId {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let malformed = || {
            Problem::usage("malformedKeyId", format!("`{text}` is not the identifier of a key"))
                .hint("write it as https://VAULT.vault.azure.net/keys/NAME, with /VERSION where one version is meant")
        };
        let (scheme, rest) = text.trim_end_matches('/').split_once("://").ok_or_else(malformed)?;
        let mut parts = rest.split('/');
        let host = parts.next().filter(|host| !host.is_empty()).ok_or_else(malformed)?;
        // The service answers the port of https, too.
        let host = host.strip_suffix(":443").unwrap_or(host);
        if !matches!(scheme, "https" | "http") || parts.next() != Some("keys") {
            return Err(malformed());
        }
        let name = parts.next().filter(|name| !name.is_empty()).ok_or_else(malformed)?;
        let version = parts.next().filter(|version| !version.is_empty()).map(str::to_owned);
        if parts.next().is_some() {
            return Err(malformed());
        }
        Ok(Self { vault: format!("{scheme}://{}", host.to_ascii_lowercase()), name: name.to_owned(), version })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_with_and_without_a_version_and_port() {
        let key: KeyId = "https://KV.vault.azure.net:443/keys/media/0123456789abcdef".parse().expect("a key");
        assert_eq!(key.to_string(), "https://kv.vault.azure.net/keys/media/0123456789abcdef");
        assert_eq!((key.vault_name(), key.short()), ("kv", "01234567"));
        let bare: KeyId = "https://kv.vault.azure.net/keys/MEDIA/".parse().expect("a key");
        assert!(bare.is_same_key(&key) && bare.version.is_none() && bare.short() == "newest");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "kv/keys/a", "https://kv.vault.azure.net/secrets/a", "https://kv/keys/", "https://kv/keys/a/b/c"] {
            assert_eq!(text.parse::<KeyId>().expect_err(text).code, "malformedKeyId");
        }
    }
}
