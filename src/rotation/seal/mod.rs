//! Sealing: what must be durable and secret is encrypted and authenticated (AES-256-GCM) before it goes into a journal (design,
//! promise P6). Each ciphertext names the fingerprint of its key, so that it is known which key it opens with, and is bound to
//! its run and place: moved elsewhere it does not open.

pub mod file;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use zeroize::Zeroizing;

use crate::domain::locator::seal::{SealKind, SealSource, Sealed};
use crate::domain::problem::Problem;

/// The length of a seal key in bytes.
pub const KEY_LENGTH: usize = 32;

/// A key that seals, and where it is kept. Never printed.
pub struct Seal {
    key: RandomizedNonceKey,
    source: SealSource,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seal").field("source", &self.source).finish_non_exhaustive()
    }
}

impl Seal {
    /// Takes a key of [`KEY_LENGTH`] bytes. `place` is its file, or the address of its secret.
    ///
    /// # Errors
    /// `sealKeyInvalid`, when it has another length.
    pub fn new(bytes: &[u8], kind: SealKind, place: Option<String>) -> Result<Self, Problem> {
        let invalid = || Problem::usage("sealKeyInvalid", format!("the seal key does not have {KEY_LENGTH} bytes"));
        if bytes.len() != KEY_LENGTH {
            return Err(invalid());
        }
        let key = RandomizedNonceKey::new(&AES_256_GCM, bytes).map_err(|_| invalid())?;
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, bytes), b"keyroll seal key");
        let digits = tag.as_ref()[..8].iter().map(|byte| format!("{byte:02x}"));
        Ok(Self { key, source: SealSource { kind, fingerprint: format!("1:{}", digits.collect::<String>()), place } })
    }

    /// Takes a key as base64.
    ///
    /// # Errors
    /// `sealKeyInvalid`, when it is not the base64 of [`KEY_LENGTH`] bytes. The text is not repeated.
    pub fn from_base64(text: &str, kind: SealKind, place: Option<String>) -> Result<Self, Problem> {
        let bytes = STANDARD.decode(text.trim()).map(Zeroizing::new);
        let bytes = bytes.map_err(|_| Problem::usage("sealKeyInvalid", "the seal key is not base64"))?;
        Self::new(&bytes, kind, place)
    }

    /// Which key this is.
    #[must_use]
    pub fn source(&self) -> &SealSource {
        &self.source
    }

    /// Seals a secret for this place in this run.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn seal(&self, secret: &str, place: &Place<'_>) -> Result<Sealed, Problem> {
        let mut bytes = Zeroizing::new(secret.as_bytes().to_vec());
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(place.associated_data()), &mut *bytes)
            .map_err(|_| Problem::failed("notSealed", "a content key could not be sealed"))?;
        let whole = [nonce.as_ref().as_slice(), &bytes].concat();
        Ok(Sealed { key: self.source.fingerprint.clone(), text: STANDARD.encode(whole) })
    }

    /// Opens what was sealed for this place in this run.
    ///
    /// # Errors
    /// `sealKeyDiffers` when it was sealed with another key, `sealBroken` when it was changed since or is of another place.
    pub fn open(&self, sealed: &Sealed, place: &Place<'_>) -> Result<Zeroizing<String>, Problem> {
        if sealed.key != self.source.fingerprint {
            let message = format!(
                "the content keys of {} were sealed with the key {}, and the seal key at hand is {}",
                place.locator, sealed.key, self.source.fingerprint
            );
            return Err(Problem::person("sealKeyDiffers", message).hint(format!(
                "give the key {} back and go on with keyroll resume --run-id {}: nothing is lost",
                sealed.key, place.run
            )));
        }
        let broken = || {
            let message = format!("what the journal holds of content key {} of {} does not open", place.key, place.locator);
            Problem::person("sealBroken", message)
                .hint("put the journal back as it was, from a copy if there is one: somebody or something changed it")
        };
        let mut whole = Zeroizing::new(STANDARD.decode(&sealed.text).map_err(|_| broken())?);
        let (nonce, rest) = whole.split_at_mut_checked(NONCE_LEN).ok_or_else(broken)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| broken())?;
        let plain = self.key.open_in_place(nonce, Aad::from(place.associated_data()), rest).map_err(|_| broken())?;
        std::str::from_utf8(plain).map(|text| Zeroizing::new(text.to_owned())).map_err(|_| broken())
    }
}

/// What a ciphertext is bound to.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The run.
    pub run: &'a str,
    /// The locator.
    pub locator: &'a str,
    /// The content key's id.
    pub key: &'a str,
}

impl Place<'_> {
    /// As JSON, so that no two places have the same.
    fn associated_data(&self) -> Vec<u8> {
        json!(["keyroll.seal/1", self.run, self.locator, self.key]).to_string().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Place<'_> = Place { run: "r1", locator: "premiere", key: "k1" };

    fn seal(byte: u8) -> Seal {
        Seal::new(&[byte; KEY_LENGTH], SealKind::File, Some("/state/seal.key".into())).expect("a key")
    }

    #[test]
    fn what_was_sealed_opens_only_in_its_place_and_only_unchanged() {
        let sealed = seal(1).seal("vCpyk4q/2REItr3BrR/dUA==", &HERE).expect("seals");
        assert_eq!(seal(1).open(&sealed, &HERE).expect("opens").as_str(), "vCpyk4q/2REItr3BrR/dUA==");
        assert!(!sealed.text.contains("vCpyk4q") && !format!("{:?}", seal(1)).contains("[1, 1"));
        assert_ne!(seal(1).seal("vCpyk4q/2REItr3BrR/dUA==", &HERE).expect("seals").text, sealed.text, "each has its own nonce");
        for place in [Place { run: "r2", ..HERE }, Place { locator: "other", ..HERE }, Place { key: "k2", ..HERE }] {
            assert_eq!(seal(1).open(&sealed, &place).expect_err("another place").code, "sealBroken");
        }
        for at in 0..sealed.text.len() {
            let mut text = sealed.text.clone().into_bytes();
            text[at] = if text[at] == b'A' { b'B' } else { b'A' };
            let changed = Sealed { text: String::from_utf8(text).expect("text"), ..sealed.clone() };
            if changed != sealed && at < text_end(&sealed) {
                assert!(seal(1).open(&changed, &HERE).is_err(), "changed at {at}");
            }
        }
        for text in ["", "AAAA", "?"] {
            assert!(seal(1).open(&Sealed { text: text.into(), ..sealed.clone() }, &HERE).is_err());
        }
    }

    /// Behind it stands padding only.
    fn text_end(sealed: &Sealed) -> usize {
        sealed.text.trim_end_matches('=').len()
    }

    #[test]
    fn another_key_is_told_by_its_fingerprint_and_a_bad_one_is_refused() {
        let sealed = seal(1).seal("secret", &HERE).expect("seals");
        let problem = seal(2).open(&sealed, &HERE).expect_err("another key");
        assert_eq!((problem.code.as_str(), problem.exit_code()), ("sealKeyDiffers", 42));
        assert!(problem.message.contains(&sealed.key) && problem.hints[0].contains("resume --run-id r1"), "{problem:?}");
        for text in ["", "AAAA", "not base64 at all"] {
            assert_eq!(Seal::from_base64(text, SealKind::Host, None).expect_err(text).code, "sealKeyInvalid");
        }
        let same = Seal::from_base64(&STANDARD.encode([1; KEY_LENGTH]), SealKind::Host, None).expect("a key");
        assert_eq!(same.source().fingerprint, seal(1).source().fingerprint);
    }
}
