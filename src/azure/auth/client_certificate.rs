//! `--auth client-certificate`: a service principal with a certificate, its assertion signed by us.
//!
//! `azure_identity`'s own credential for this needs OpenSSL. The assertion is a JSON Web Token signed with PS256 and named
//! by the certificate's SHA-256 thumbprint (Microsoft Entra ID, "Certificate credentials").

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::{digest, signature};
use azure_core::Uuid;
use azure_core::credentials::TokenCredential;
use azure_core::http::ClientMethodOptions;
use azure_identity::{ClientAssertion, ClientAssertionCredential, ClientAssertionCredentialOptions};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use zeroize::Zeroizing;

use crate::azure::error::wrapped;
use crate::domain::clock::Clock;
use crate::domain::problem::{Kind, Problem};

use super::environment::{CLIENT_CERTIFICATE_PATH, CLIENT_ID, TENANT_ID};
use super::fresh::Fresh;
use super::{SignIn, pem};

const NAME: &str = "client-certificate";
/// How long an assertion is valid, in seconds.
const LIFETIME: i64 = 10 * 60;

/// Asks for tokens with `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and the PEM file in `AZURE_CLIENT_CERTIFICATE_PATH`, which is
/// read anew each time, so that a certificate may be replaced during a run.
pub(super) fn credential(sign_in: &SignIn) -> Result<Arc<dyn TokenCredential>, Problem> {
    let tenant_id = sign_in.environment.need(TENANT_ID, NAME)?;
    let client_id = sign_in.environment.need(CLIENT_ID, NAME)?;
    let path = PathBuf::from(sign_in.environment.need(CLIENT_CERTIFICATE_PATH, NAME)?);
    let client_options = sign_in.login_options(NAME)?;
    let audience = format!("{}{tenant_id}/oauth2/v2.0/token", sign_in.cloud.login);
    let clock = Arc::clone(&sign_in.clock);
    Fresh::prepare(NAME, "check that this certificate is registered for the application", move || {
        let text = std::fs::read_to_string(&path).map(Zeroizing::new).map_err(|error| {
            wrapped(refused(&format!("the client certificate {} cannot be read", path.display())).because(error))
        })?;
        let assertion = Assertion {
            certificate: Certificate::read(&text).map_err(wrapped)?,
            audience: audience.clone(),
            client_id: client_id.clone(),
            clock: Arc::clone(&clock),
        };
        let options = ClientAssertionCredentialOptions { client_options: client_options.clone() };
        Ok(ClientAssertionCredential::new(tenant_id.clone(), client_id.clone(), assertion, Some(options))?)
    })
}

/// A certificate's thumbprint and its private key.
struct Certificate {
    thumbprint: String,
    key: KeyPair,
}

impl Certificate {
    /// Reads a PEM file: the first certificate in it, and the RSA key in PKCS #8 or PKCS #1.
    fn read(text: &str) -> Result<Self, Problem> {
        let blocks = pem::blocks(text);
        let der = |label: &str| blocks.iter().find(|block| block.label == label).map(|block| block.der.as_ref());
        if der("ENCRYPTED PRIVATE KEY").is_some() || der("RSA PRIVATE KEY") == Some(None) {
            return Err(refused("the client certificate's private key is encrypted")
                .hint("decrypt it: openssl pkey -in FILE -out FILE, readable by you alone"));
        }
        let Some(certificate) = der("CERTIFICATE").flatten() else {
            return Err(refused("the client certificate file has no certificate")
                .hint("write certificate and private key into one PEM file; openssl pkcs12 -in FILE.pfx -nodes does so"));
        };
        let key = match (der("PRIVATE KEY").flatten(), der("RSA PRIVATE KEY").flatten()) {
            (Some(pkcs8), _) => KeyPair::from_pkcs8(pkcs8),
            (None, Some(pkcs1)) => KeyPair::from_der(pkcs1),
            (None, None) => {
                return Err(refused("the client certificate file has no private key")
                    .hint("append the private key as PEM; openssl pkcs12 -in FILE.pfx -nodes does so"));
            }
        };
        let key = key.map_err(|_| refused("the client certificate's private key is not an RSA key, which Entra ID asks for"))?;
        let thumbprint = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, certificate));
        Ok(Self { thumbprint, key })
    }

    /// Signs a JSON Web Token with these claims.
    fn sign(&self, claims: &serde_json::Value) -> Result<String, Problem> {
        let header = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": self.thumbprint });
        let mut token = [header.to_string(), claims.to_string()].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
        let mut signed = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(&signature::RSA_PSS_SHA256, &SystemRandom::new(), token.as_bytes(), &mut signed)
            .map_err(|_| refused("the client certificate's private key cannot sign"))?;
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(signed));
        Ok(token)
    }
}

fn refused(message: &str) -> Problem {
    Problem::new(Kind::Permission, "clientCertificateInvalid", message)
}

/// Says, signed, who we are and to whom.
struct Assertion {
    certificate: Certificate,
    audience: String,
    client_id: String,
    clock: Arc<dyn Clock>,
}

#[async_trait]
impl ClientAssertion for Assertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let now = self.clock.now().unix_timestamp();
        let claims = json!({
            "aud": self.audience,
            "iss": self.client_id,
            "sub": self.client_id,
            "jti": Uuid::new_v4().to_string(),
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME,
        });
        self.certificate.sign(&claims).map_err(wrapped)
    }
}

/// The key is never printed.
impl std::fmt::Debug for Assertion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Assertion").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::AsDer;
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::KeyPair as _;
    use base64::engine::general_purpose::STANDARD;

    use super::super::tests::{Login, sign_in, token};
    use super::*;

    fn pem(label: &str, der: &[u8]) -> String {
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
    }

    #[test]
    fn an_assertion_is_signed_with_the_key_and_named_by_the_certificate() {
        let key = KeyPair::generate(KeySize::Rsa2048).expect("a key");
        let text = pem("PRIVATE KEY", AsDer::as_der(&key).expect("PKCS #8").as_ref()) + &pem("CERTIFICATE", b"certificate");
        let token = Certificate::read(&text).expect("both are there").sign(&json!({"iss": "app"})).expect("signed");

        let (signed, signature) = token.rsplit_once('.').expect("three parts");
        let public = signature::UnparsedPublicKey::new(&signature::RSA_PSS_2048_8192_SHA256, key.public_key().as_ref());
        public.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).expect("base64")).expect("the signature is good");

        let (header, claims) = signed.split_once('.').expect("two parts");
        let json = |part| serde_json::from_slice::<serde_json::Value>(&URL_SAFE_NO_PAD.decode(part).expect("base64"));
        assert_eq!(json(claims).expect("JSON"), json!({"iss": "app"}));
        // SHA-256 of "certificate", from `printf certificate | openssl dgst -sha256`.
        assert_eq!(
            json(header).expect("JSON"),
            json!({"alg": "PS256", "typ": "JWT", "x5t#S256": "A9Zt0Ig1wco_EozOrNHzGslBYwlrIPRFroQoW8CDLXI"})
        );
    }

    #[tokio::test]
    async fn the_assertion_is_made_for_this_tenant_and_sent_to_its_login() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("principal.pem");
        let key = KeyPair::generate(KeySize::Rsa2048).expect("a key");
        let text = pem("PRIVATE KEY", AsDer::as_der(&key).expect("PKCS #8").as_ref()) + &pem("CERTIFICATE", b"c");
        std::fs::write(&path, text).expect("written");
        let variables = [(TENANT_ID, "t-1"), (CLIENT_ID, "c-1"), (CLIENT_CERTIFICATE_PATH, path.to_str().expect("UTF-8"))];
        let login = Arc::new(Login::default());
        let credential = credential(&sign_in(login.clone(), &variables)).expect("declared");
        assert_eq!(token(&*credential).await.expect("a token"), "granted");

        let received = login.received().remove(0);
        assert!(received.starts_with("https://login.chinacloudapi.cn/t-1/oauth2/v2.0/token "), "{received}");
        let (_, assertion) = received.split_once("client_assertion=").expect("an assertion");
        let claims = URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1).expect("claims")).expect("base64");
        let mut claims: serde_json::Value = serde_json::from_slice(&claims).expect("JSON");
        assert!(claims["jti"].take().is_string());
        let now = 1_800_000_000;
        assert_eq!(
            claims,
            json!({"aud": "https://login.chinacloudapi.cn/t-1/oauth2/v2.0/token", "iss": "c-1", "sub": "c-1", "jti": null,
                "iat": now, "nbf": now, "exp": now + 600})
        );
    }

    #[test]
    fn what_is_missing_or_wrong_is_told_without_the_key() {
        let certificate = pem("CERTIFICATE", b"c");
        for (text, told) in [
            (String::new(), "has no certificate"),
            (certificate.clone(), "has no private key"),
            (certificate.clone() + &pem("PRIVATE KEY", b"hush"), "is not an RSA key"),
            (certificate.clone() + &pem("EC PRIVATE KEY", b"hush"), "has no private key"),
            (certificate.clone() + &pem("ENCRYPTED PRIVATE KEY", b"hush"), "is encrypted"),
            (
                certificate + "-----BEGIN RSA PRIVATE KEY-----\nDEK-Info: x,y\n\nAQID\n-----END RSA PRIVATE KEY-----",
                "is encrypted",
            ),
        ] {
            let problem = Certificate::read(&text).err().expect("refused");
            assert!(problem.message.contains(told), "{problem}");
            assert_eq!(problem.exit_code(), 4);
            assert!(!format!("{problem:?}").contains("hush"));
        }
    }
}
