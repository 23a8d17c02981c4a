//! What a password opens: PKCS #12 (RFC 7292), and a private key in PKCS #8 (RFC 5958) of its own.
//!
//! PKCS #12 as OpenSSL 3 and Windows make it today (PBES2 with AES, HMAC-SHA-256), and as they made it before (3DES and RC2-40
//! with SHA-1), because management certificates are old.

use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error;
use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::pkcs5::EncryptionScheme;
use pkcs8::pkcs5::pbes2::Kdf;
use zeroize::Zeroizing;

use super::validity::element;
use super::{Contents, PrivateKey, Refusal, SEQUENCE};

/// No more rounds of key derivation than this are done: a file must not make the machine busy for hours. The reader of
/// PKCS #12 has the same bound.
const MOST_ROUNDS: u32 = 1_000_000;

pub(super) fn from_pkcs12(der: &[u8], password: Option<&str>) -> Result<Contents, Refusal> {
    let password_refused = if password.is_some() { Refusal::PasswordWrong } else { Refusal::PasswordMissing };
    // PKCS #12 derives keys from UTF-16, and its reader from the characters that need one unit of it.
    if password.is_some_and(|password| password.chars().any(|character| character.len_utf16() > 1)) {
        return Err(password_refused);
    }
    let archive = Pkcs12Archive::from_pkcs12(der, password.unwrap_or_default()).map_err(|error| match error {
        // Without a MAC a wrong password shows in what it opens.
        Error::MacError(_) | Error::UnpadError | Error::Pkcs5Error(_) | Error::InvalidPrivateKey => password_refused,
        Error::UnsupportedEncryptionScheme | Error::UnsupportedMacAlgorithm | Error::InvalidParameters => Refusal::Method,
        _ => Refusal::Malformed,
    })?;
    let key = archive
        .keys
        .first()
        .map(|bag| PrivateKey { label: PrivateKey::PKCS8.to_owned(), der: Zeroizing::new(bag.key.as_der().to_vec()) });
    Ok(Contents { certificates: archive.certs.iter().map(|bag| bag.cert.as_der().to_vec()).collect(), key })
}

pub(super) fn decrypted(der: &[u8], password: Option<&str>) -> Result<PrivateKey, Refusal> {
    let Some((SEQUENCE, ..)) = element(der) else { return Err(Refusal::Malformed) };
    // What else is a sequence names a method that the reader has never heard of.
    let key = EncryptedPrivateKeyInfoRef::try_from(der).map_err(|_| Refusal::Method)?;
    let EncryptionScheme::Pbes2(parameters) = &key.encryption_algorithm else { return Err(Refusal::Method) };
    match &parameters.kdf {
        Kdf::Pbkdf2(derivation) if derivation.iteration_count <= MOST_ROUNDS => {}
        _ => return Err(Refusal::Method),
    }
    let password = password.ok_or(Refusal::PasswordMissing)?;
    let opened = key.decrypt(password).map_err(|_| Refusal::PasswordWrong)?;
    Ok(PrivateKey { label: PrivateKey::PKCS8.to_owned(), der: Zeroizing::new(opened.as_bytes().to_vec()) })
}
