//! The two slots of a storage account and the secret in each.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::{constant_time, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::problem::Problem;
use super::resource_id::ResourceId;

/// One of the two key slots of a storage account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// `key1`, the primary key.
    Key1,
    /// `key2`, the secondary key.
    Key2,
}

impl Slot {
    /// Both slots in order.
    pub const BOTH: [Self; 2] = [Self::Key1, Self::Key2];

    /// The other slot.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Key1 => Self::Key2,
            Self::Key2 => Self::Key1,
        }
    }

    /// The name on the wire: `key1` or `key2`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Key1 => "key1",
            Self::Key2 => "key2",
        }
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Slot {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        match text.to_ascii_lowercase().as_str() {
            "key1" | "primary" => Ok(Self::Key1),
            "key2" | "secondary" => Ok(Self::Key2),
            _ => Err(Problem::usage("unknownKey", format!("`{text}` is not a key of a storage account"))
                .hint("name key1, key2, primary or secondary")),
        }
    }
}

/// A storage account key as it travels: 88 characters of base64. Never printed, never serialised, wiped on drop.
#[derive(Clone)]
pub struct StorageKey(Zeroizing<String>);

impl StorageKey {
    /// Takes a key from the wire as it is. Recorded keys are often placeholders, so nothing is demanded here;
    /// [`Self::decode`] demands 64 bytes before the key is used.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text of the key, for a request body or a value that holds it. Call it nowhere else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The 64 bytes of the key.
    ///
    /// # Errors
    /// When the text is not base64 of exactly 64 bytes. The text is not repeated in the message.
    pub fn decode(&self) -> Result<Zeroizing<Vec<u8>>, Problem> {
        let unusable = || Problem::failed("unusableKey", "the service answered a storage key that is not base64 of 64 bytes");
        let bytes = Zeroizing::new(STANDARD.decode(self.0.as_bytes()).map_err(|_| unusable())?);
        if bytes.len() == 64 { Ok(bytes) } else { Err(unusable()) }
    }

    /// HMAC-SHA-256 under this key, in base64: how Shared Key requests and SAS are signed.
    ///
    /// # Errors
    /// As [`Self::decode`].
    pub fn sign(&self, text: &str) -> Result<String, Problem> {
        let bytes = self.decode()?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
        Ok(STANDARD.encode(hmac::sign(&key, text.as_bytes())))
    }

    /// What stands for this key in journals, plans and outputs: `1:` and 16 hexadecimal digits of
    /// HMAC-SHA-256(lower-case account id, key).
    #[must_use]
    pub fn fingerprint(&self, account: &ResourceId) -> Fingerprint {
        let key = hmac::Key::new(hmac::HMAC_SHA256, account.lowercase().as_bytes());
        let tag = hmac::sign(&key, self.0.as_bytes());
        let digits = tag.as_ref()[..8].iter().map(|byte| format!("{byte:02x}"));
        Fingerprint(format!("1:{}", digits.collect::<String>()))
    }

    /// Whether this key is the given text, in constant time.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        constant_time::verify_slices_are_equal(self.0.as_bytes(), text.as_bytes()).is_ok()
    }
}

impl PartialEq for StorageKey {
    fn eq(&self, other: &Self) -> bool {
        self.matches(other.expose())
    }
}

impl Eq for StorageKey {}

impl fmt::Debug for StorageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StorageKey(…)")
    }
}

/// Stands for a key where the key itself must not appear.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Takes a fingerprint that was written before.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text, `1:` first.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(text: &str) -> ResourceId {
        text.parse().expect("an id")
    }

    #[test]
    fn all_four_names_name_a_slot() {
        for (name, slot) in [("key1", Slot::Key1), ("Primary", Slot::Key1), ("KEY2", Slot::Key2), ("secondary", Slot::Key2)] {
            assert_eq!(name.parse::<Slot>().expect(name), slot);
        }
        for name in ["key3", "kerb1", "key12", ""] {
            assert_eq!(name.parse::<Slot>().expect_err(name).kind, super::super::problem::Kind::Usage);
        }
    }

    #[test]
    fn a_key_is_opaque_until_it_is_used() {
        let placeholder = StorageKey::new("veryFakedStorageAccountKey==".into());
        assert_eq!(placeholder.decode().expect_err("too short").code, "unusableKey");
        let real = StorageKey::new(STANDARD.encode([7_u8; 64]));
        assert_eq!(real.decode().expect("64 bytes").len(), 64);
        assert_eq!(format!("{real:?}"), "StorageKey(…)");
    }

    #[test]
    fn a_fingerprint_tells_accounts_and_generations_apart_but_not_the_case_of_ids() {
        let lower = account("/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/st");
        let upper = account("/subscriptions/S/resourcegroups/G/providers/microsoft.storage/storageaccounts/ST");
        let key = StorageKey::new(STANDARD.encode([7_u8; 64]));
        let print = key.fingerprint(&lower);
        assert_eq!(print.as_str().len(), 2 + 16);
        assert!(print.as_str().starts_with("1:"));
        assert_eq!(print, key.fingerprint(&upper));
        assert_ne!(print, StorageKey::new(STANDARD.encode([8_u8; 64])).fingerprint(&lower));
    }
}
