//! The client certificate of classic service management: read from PEM or PKCS #12, and checked before anything is sent.

#[cfg(feature = "pfx")]
mod encrypted;
mod validity;

#[cfg(all(test, feature = "pfx"))]
mod encrypted_tests;
#[cfg(all(test, feature = "pfx"))]
mod fixtures;
#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::azure::auth::pem;
use crate::domain::problem::{Kind, Problem};

use validity::{element, validity};

/// A certificate with its private key. Never printed.
#[derive(Clone)]
pub struct ClientCertificate {
    /// What messages call it.
    name: String,
    /// The certificate, those of its issuers, and the private key, not encrypted.
    pem: Zeroizing<String>,
    /// From when until when it is valid.
    validity: (OffsetDateTime, OffsetDateTime),
}

impl std::fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientCertificate").field("name", &self.name).field("validity", &self.validity).finish_non_exhaustive()
    }
}

/// The code of the problem of something encrypted for which no password was given: whoever can ask for one does.
pub const PASSWORD_MISSING: &str = "clientCertificatePasswordMissing";

impl ClientCertificate {
    /// Reads PEM text or PKCS #12 (`.pfx`), told apart by their content: a certificate, those of its issuers if wanted, and the
    /// private key. `name` is what messages call it (`the client certificate ams.pfx`). PKCS #12 without a password is tried with
    /// an empty one.
    ///
    /// # Errors
    /// `clientCertificateInvalid`, when one of them is missing or malformed, or the key is another certificate's;
    /// [`PASSWORD_MISSING`], and `clientCertificatePasswordWrong`.
    pub fn read(name: &str, content: &[u8], password: Option<&str>) -> Result<Self, Problem> {
        contents(content, password).and_then(|contents| contents.checked(name)).map_err(|refusal| refusal.problem(name))
    }

    /// Refuses a certificate that has expired, or is not valid yet: the server would only break the connection.
    ///
    /// # Errors
    /// `clientCertificateExpired` and `clientCertificateNotYetValid`, naming the day.
    pub fn check(&self, now: OffsetDateTime) -> Result<(), Problem> {
        let (from, until) = self.validity;
        let (code, message) = match () {
            () if now >= until => ("clientCertificateExpired", format!("{} expired on {}", self.name, until.date())),
            () if now < from => ("clientCertificateNotYetValid", format!("{} is not valid before {}", self.name, from.date())),
            () => return Ok(()),
        };
        Err(Problem::new(Kind::Permission, code, message)
            .hint("upload another management certificate for the subscription, and name its file with --certificate"))
    }

    /// What messages call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Until when it is valid.
    #[must_use]
    pub fn expires(&self) -> OffsetDateTime {
        self.validity.1
    }

    /// What the transport shows to a server that asks for it.
    pub(super) fn identity(&self) -> Result<reqwest::Identity, Problem> {
        reqwest::Identity::from_pem(self.pem.as_bytes()).map_err(|_| Refusal::Malformed.problem(&self.name))
    }
}

/// What a file holds, as it stands there.
struct Contents {
    certificates: Vec<Vec<u8>>,
    key: Option<PrivateKey>,
}

/// A private key that is not encrypted.
struct PrivateKey {
    /// The label of its PEM block: PKCS #8, PKCS #1 or SEC 1.
    label: String,
    der: Zeroizing<Vec<u8>>,
}

impl PrivateKey {
    const PKCS8: &str = "PRIVATE KEY";
}

/// Why a certificate cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    NeitherPemNorPkcs12,
    NoCertificate,
    NoPrivateKey,
    OtherKey,
    Malformed,
    #[cfg_attr(not(feature = "pfx"), expect(dead_code, reason = "nothing is decrypted"))]
    PasswordMissing,
    #[cfg_attr(not(feature = "pfx"), expect(dead_code, reason = "nothing is decrypted"))]
    PasswordWrong,
    /// Encrypted by a method that is not known here.
    Method,
    #[cfg_attr(feature = "pfx", expect(dead_code, reason = "it is read"))]
    Pkcs12NotRead,
}

const CONVERT: &str = "write certificate and private key into one PEM file; openssl pkcs12 -in FILE.pfx -nodes -out FILE does so";

impl Refusal {
    fn problem(self, name: &str) -> Problem {
        const INVALID: &str = "clientCertificateInvalid";
        let invalid = |message: String, hint: &str| Problem::new(Kind::Permission, INVALID, message).hint(hint);
        match self {
            Self::NeitherPemNorPkcs12 => invalid(format!("{name} is neither PEM nor PKCS #12 (.pfx)"), CONVERT),
            Self::NoCertificate => invalid(format!("{name} has no certificate"), CONVERT),
            Self::NoPrivateKey => invalid(
                format!("{name} has no private key"),
                "append the private key as PEM; a .cer file has none, the .pfx file that it was exported from does",
            ),
            Self::OtherKey => invalid(
                format!("the private key in {name} belongs to another certificate"),
                "put the key that this certificate was made with into the file; openssl x509 -noout -pubkey and openssl pkey -pubout \
                 print the same for both",
            ),
            Self::Malformed => invalid(format!("{name} is malformed"), CONVERT),
            Self::Method => invalid(
                format!("{name} is encrypted by a method that is not supported"),
                "convert it: openssl pkcs12 -legacy -in FILE.pfx -nodes -out FILE, or openssl pkey -in FILE -out FILE for a PEM key; \
                 readable by you alone",
            ),
            Self::Pkcs12NotRead => {
                invalid(format!("{name} is PKCS #12 (.pfx), which this build of keyroll does not read"), CONVERT)
            }
            Self::PasswordMissing => {
                Problem::usage(PASSWORD_MISSING, format!("{name} is encrypted, and no password was given for it"))
                    .hint("name a file that holds the password with --certificate-password-file FILE")
                    .hint("a host hands it over as `clientCertificatePassword` in `secrets`")
                    .hint("convert a .pfx file that was exported without any password: openssl pkcs12 -in FILE.pfx -passin pass: -nodes -out FILE")
            }
            Self::PasswordWrong => {
                let message = format!("the password does not open {name}");
                Problem::new(Kind::Permission, "clientCertificatePasswordWrong", message)
                    .hint("check the password; upper and lower case matter, and of a password file only the first line counts")
            }
        }
    }
}

fn contents(content: &[u8], password: Option<&str>) -> Result<Contents, Refusal> {
    const INTEGER: u8 = 0x02;
    if let Some(text) = std::str::from_utf8(content).ok().filter(|text| text.contains("-----BEGIN ")) {
        return from_pem(text, password);
    }
    match element(content) {
        // The version of PKCS #12 is its first member (RFC 7292, section 4).
        Some((SEQUENCE, inner, _)) if inner.first() == Some(&INTEGER) => from_pkcs12(content, password),
        Some((SEQUENCE, ..)) if validity(content).is_some() => Err(Refusal::NoPrivateKey),
        _ => Err(Refusal::NeitherPemNorPkcs12),
    }
}

const SEQUENCE: u8 = 0x30;

fn from_pem(text: &str, password: Option<&str>) -> Result<Contents, Refusal> {
    let (mut certificates, mut key) = (Vec::new(), None);
    for block in pem::blocks(text) {
        match (block.label.as_str(), block.der) {
            ("CERTIFICATE", Some(der)) => certificates.push(der.to_vec()),
            ("CERTIFICATE", None) => return Err(Refusal::Malformed),
            (label, der) if key.is_none() && label.ends_with("PRIVATE KEY") => key = Some((block.label, der)),
            _ => {}
        }
    }
    if certificates.is_empty() {
        return Err(Refusal::NoCertificate);
    }
    let key = match key {
        None => return Err(Refusal::NoPrivateKey),
        Some((label, Some(der))) if label == "ENCRYPTED PRIVATE KEY" => decrypted(&der, password)?,
        Some((label, Some(der))) => PrivateKey { label, der },
        // OpenSSL's encryption of old: its headers are not base64.
        Some((_, None)) if text.contains("Proc-Type:") => return Err(Refusal::Method),
        Some((_, None)) => return Err(Refusal::Malformed),
    };
    Ok(Contents { certificates, key: Some(key) })
}

#[cfg(feature = "pfx")]
use encrypted::{decrypted, from_pkcs12};

#[cfg(not(feature = "pfx"))]
fn from_pkcs12(_: &[u8], _: Option<&str>) -> Result<Contents, Refusal> {
    Err(Refusal::Pkcs12NotRead)
}

#[cfg(not(feature = "pfx"))]
fn decrypted(_: &[u8], _: Option<&str>) -> Result<PrivateKey, Refusal> {
    Err(Refusal::Method)
}

impl Contents {
    /// The certificate that the key belongs to, before all others: servers read the first.
    fn checked(self, name: &str) -> Result<ClientCertificate, Refusal> {
        let Self { mut certificates, key } = self;
        let key = key.ok_or(Refusal::NoPrivateKey)?;
        if certificates.is_empty() {
            return Err(Refusal::NoCertificate);
        }
        let unusable = |_| Refusal::Malformed;
        let der = match key.label.as_str() {
            PrivateKey::PKCS8 => PrivateKeyDer::Pkcs8(key.der.to_vec().into()),
            "RSA PRIVATE KEY" => PrivateKeyDer::Pkcs1(key.der.to_vec().into()),
            "EC PRIVATE KEY" => PrivateKeyDer::Sec1(key.der.to_vec().into()),
            _ => return Err(Refusal::Malformed),
        };
        let signing = aws_lc_rs::default_provider().key_provider.load_private_key(der).map_err(unusable)?;
        let belongs = |certificate: &Vec<u8>| -> Result<bool, Refusal> {
            let certificate = CertificateDer::from(certificate.clone());
            match CertifiedKey::new(vec![certificate], signing.clone()).keys_match() {
                Ok(()) => Ok(true),
                Err(rustls::Error::InconsistentKeys(_)) => Ok(false),
                Err(_) => Err(Refusal::Malformed),
            }
        };
        let matches: Vec<bool> = certificates.iter().map(belongs).collect::<Result<_, _>>()?;
        let place = matches.iter().position(|belongs| *belongs).ok_or(Refusal::OtherKey)?;
        certificates[..=place].rotate_right(1);
        let validity = validity(&certificates[0]).ok_or(Refusal::Malformed)?;
        let mut pem = Zeroizing::new(String::with_capacity(16 * 1024));
        for certificate in &certificates {
            block(&mut pem, "CERTIFICATE", certificate);
        }
        block(&mut pem, &key.label, &key.der);
        Ok(ClientCertificate { name: name.to_owned(), pem, validity })
    }
}

fn block(pem: &mut Zeroizing<String>, label: &str, der: &[u8]) {
    let base64 = Zeroizing::new(STANDARD.encode(der));
    for part in ["-----BEGIN ", label, "-----\n", base64.as_str(), "\n-----END ", label, "-----\n"] {
        pem.push_str(part);
    }
}
