//! What a host hands over that must never be written anywhere.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use crate::domain::problem::Problem;

/// The length of a seal key, in bytes: AES-256.
pub const SEAL_KEY_LENGTH: usize = 32;

/// Secrets of one request. They stay in memory, are wiped when the request is over, and show themselves to nobody.
#[derive(Clone, Default)]
pub struct Secrets {
    client_certificate: Option<Zeroizing<String>>,
    client_certificate_password: Option<Zeroizing<String>>,
    seal_key: Option<Zeroizing<Vec<u8>>>,
}

impl Secrets {
    /// The client certificate with its private key, as PEM.
    #[must_use]
    pub fn client_certificate(&self) -> Option<&str> {
        self.client_certificate.as_deref().map(String::as_str)
    }

    /// The password of the client certificate's private key, or of the file that `--certificate` names.
    #[must_use]
    pub fn client_certificate_password(&self) -> Option<&str> {
        self.client_certificate_password.as_deref().map(String::as_str)
    }

    /// The key that seals what is durable and secret: [`SEAL_KEY_LENGTH`] bytes.
    #[must_use]
    pub fn seal_key(&self) -> Option<&[u8]> {
        self.seal_key.as_deref().map(Vec::as_slice)
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let given = |given: bool| if given { "given" } else { "none" };
        f.debug_struct("Secrets")
            .field("client_certificate", &given(self.client_certificate.is_some()))
            .field("client_certificate_password", &given(self.client_certificate_password.is_some()))
            .field("seal_key", &given(self.seal_key.is_some()))
            .finish()
    }
}

/// As a host writes them.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SecretsDocument {
    /// The client certificate with its private key, as PEM.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    client_certificate: Option<Wiped>,
    /// The password of the client certificate's private key, or of the file that `--certificate` names.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    client_certificate_password: Option<Wiped>,
    /// 32 bytes as base64.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    seal_key: Option<Wiped>,
}

struct Wiped(Zeroizing<String>);

impl<'de> Deserialize<'de> for Wiped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

impl TryFrom<SecretsDocument> for Secrets {
    type Error = Problem;

    fn try_from(document: SecretsDocument) -> Result<Self, Problem> {
        let client_certificate = document.client_certificate.map(|Wiped(pem)| pem);
        if client_certificate.as_ref().is_some_and(|pem| !pem.contains("-----BEGIN ")) {
            return Err(Problem::usage("clientCertificateInvalid", "the `clientCertificate` of the host is not PEM")
                .hint("hand over the certificate and its private key as PEM text"));
        }
        let seal_key = document.seal_key.map(|Wiped(text)| seal_key(&text)).transpose()?;
        let client_certificate_password = document.client_certificate_password.map(|Wiped(password)| password);
        Ok(Self { client_certificate, client_certificate_password, seal_key })
    }
}

fn seal_key(base64: &str) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let bytes = STANDARD.decode(base64.trim()).map(Zeroizing::new).ok().filter(|bytes| bytes.len() == SEAL_KEY_LENGTH);
    bytes.ok_or_else(|| {
        Problem::usage("sealKeyInvalid", format!("the `sealKey` of the host is not the base64 of {SEAL_KEY_LENGTH} bytes"))
            .hint("make one with `openssl rand -base64 32`, and keep it: what it sealed opens with nothing else")
    })
}
