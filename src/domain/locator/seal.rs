//! What a journal tells of sealing: ciphertext, and which key it opens with, never the key.

/// A secret as a journal holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The fingerprint of the key that it opens with.
    pub key: String,
    /// Nonce, ciphertext and tag in base64.
    pub text: String,
}

/// Where a seal key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealKind {
    /// In a file beside the state, for its owner alone.
    File,
    /// With the host, which hands it over with each request.
    Host,
    /// In a secret of a Key Vault.
    KeyVault,
}

impl SealKind {
    /// The name in contracts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Host => "host",
            Self::KeyVault => "keyVault",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::File, Self::Host, Self::KeyVault].into_iter().find(|kind| kind.name() == name)
    }
}

/// Which key seals the secrets of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealSource {
    /// Where it is kept.
    pub kind: SealKind,
    /// What stands for it: `1:` and 16 hexadecimal digits.
    pub fingerprint: String,
    /// The file, or the address of the secret with its version; none where a host has the key.
    pub place: Option<String>,
}
