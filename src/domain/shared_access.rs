//! Shared access signatures (SAS): who signed one, and how the same rights are signed by another key.
//!
//! Sources: "Create a service SAS", "Create an account SAS", "Create a user delegation SAS". The string that is signed
//! depends on the version in `sv`; versions from 2015-04-05 on are understood.

use std::borrow::Cow;
use std::ops::Range;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use url::Url;
use url::form_urlencoded;
use zeroize::Zeroizing;

use super::account::{AccountKeys, Service, StorageAccount};
use super::key::{Slot, StorageKey};
use super::problem::Problem;

mod string_to_sign;

/// A shared access signature: a query, or a URL that ends in one. Holds the text, so it is a secret.
pub struct SharedAccess {
    text: Zeroizing<String>,
    signature: Range<usize>,
    parameters: Vec<(String, String)>,
    address: Option<Url>,
}

/// Whose key made a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The current generation of this slot.
    Slot(Slot),
    /// A key that is in neither slot.
    NeitherSlot,
    /// A user delegation key: no account key is involved, and rolling keys does not touch it.
    UserDelegation,
    /// It cannot be told; the reason in one clause.
    Unknown(&'static str),
}

/// What can be listed with a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedScope {
    /// A whole service (an account SAS).
    Service,
    /// A blob container or Data Lake file system.
    Container,
    /// A file share.
    Share,
}

/// What a signature opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Account,
    Blob,
    File,
    Queue,
    Table,
    UserDelegation,
}

impl SharedAccess {
    /// Reads a URL or a query, with or without its question mark, if it carries a shared access signature.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (base, query_start) = match text.find('?') {
            Some(at) => (&text[..at], at + 1),
            None => ("", 0),
        };
        let query = text[query_start..].split('#').next()?;
        let mut signature = None;
        let mut start = query_start;
        for piece in query.split('&') {
            if let Some(value) = piece.strip_prefix("sig=") {
                let from = start + "sig=".len();
                signature = Some(from..from + value.len());
            }
            start += piece.len() + 1;
        }
        let parameters = parameters(query);
        let version = parameters.iter().any(|(name, value)| name == "sv" && is_version(value));
        let address = if base.is_empty() { None } else { Some(Url::parse(base).ok()?) };
        if !version || signature.as_ref().is_none_or(Range::is_empty) || query.chars().any(char::is_whitespace) {
            return None;
        }
        Some(Self { text: Zeroizing::new(text.to_owned()), signature: signature?, parameters, address })
    }

    fn get(&self, name: &str) -> &str {
        self.parameters.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    fn family(&self) -> Family {
        match self.get("sr") {
            _ if !self.get("skoid").is_empty() => Family::UserDelegation,
            "b" | "bs" | "bv" | "c" | "d" => Family::Blob,
            "f" | "s" => Family::File,
            _ if !self.get("ss").is_empty() => Family::Account,
            _ if !self.get("tn").is_empty() => Family::Table,
            _ => Family::Queue,
        }
    }

    /// The services that it opens.
    #[must_use]
    pub fn services(&self) -> Vec<Service> {
        let letters = self.get("ss");
        match self.family() {
            Family::Account => {
                let opened = |service: &Service| service.name().chars().next().is_some_and(|letter| letters.contains(letter));
                Service::ALL.into_iter().filter(opened).collect()
            }
            Family::Blob | Family::UserDelegation => vec![Service::Blob],
            Family::File => vec![Service::File],
            Family::Queue => vec![Service::Queue],
            Family::Table => vec![Service::Table],
        }
    }

    /// Whether its URL leads to this account; `None` for a bare query, which does not tell.
    #[must_use]
    pub fn is_of(&self, account: &StorageAccount) -> Option<bool> {
        self.address.as_ref().map(|address| account.owns_host(address.as_str()))
    }

    /// When it ends, if it says so itself. One under a stored access policy (`si`) may leave that to the policy.
    #[must_use]
    pub fn expiry(&self) -> Option<OffsetDateTime> {
        moment(self.get("se"))
    }

    /// What it could list at this time, if rights, times and scope allow a list, as far as they are written in it.
    #[must_use]
    pub fn listable(&self, now: OffsetDateTime) -> Option<SignedScope> {
        let begun = moment(self.get("st")).is_none_or(|start| start <= now);
        let lasting = self.expiry().is_some_and(|end| end > now);
        if !begun || !lasting || !self.get("sp").contains('l') || !self.get("sip").is_empty() {
            return None;
        }
        match (self.family(), self.get("sr")) {
            (Family::Account, _) if self.get("srt").contains('s') => Some(SignedScope::Service),
            (Family::Blob, "c") => Some(SignedScope::Container),
            (Family::File, "s") => Some(SignedScope::Share),
            _ => None,
        }
    }

    /// The query with the signature, without a question mark: a secret.
    #[must_use]
    pub fn query(&self) -> &str {
        self.text.split_once('?').map_or(&**self.text, |(_, query)| query)
    }

    /// Whose key signed it. `path` is the container, share or queue (and what follows) where the text is a bare query.
    ///
    /// # Errors
    /// `unusableKey` when one of the account's keys is not base64 of 64 bytes.
    pub fn signer(&self, account: &str, path: Option<&str>, keys: &AccountKeys) -> Result<Signer, Problem> {
        let text = match self.string_to_sign(account, path) {
            Ok(text) => text,
            Err(signer) => return Ok(signer),
        };
        for slot in Slot::BOTH {
            let expected = Zeroizing::new(keys.get(slot).key.sign(&text)?);
            if aws_lc_rs::constant_time::verify_slices_are_equal(expected.as_bytes(), self.get("sig").as_bytes()).is_ok() {
                return Ok(Signer::Slot(slot));
            }
        }
        Ok(Signer::NeitherSlot)
    }

    /// The same text with the same rights, times and scope, signed by another key. Everything but the signature stays as
    /// it is, byte for byte.
    ///
    /// # Errors
    /// `unusableKey`; `signatureNotRenewable` when it cannot be told what has to be signed.
    pub fn signed_by(&self, account: &str, path: Option<&str>, key: &StorageKey) -> Result<Zeroizing<String>, Problem> {
        let text = self.string_to_sign(account, path).map_err(|signer| {
            let why = match signer {
                Signer::Unknown(why) => why,
                _ => "it is signed with a user delegation key",
            };
            Problem::person("signatureNotRenewable", format!("a shared access signature of {account} cannot be made anew: {why}"))
                .hint("make a new one by hand and put it in its place")
        })?;
        let signature = Zeroizing::new(key.sign(&text)?);
        let mut renewed = Zeroizing::new(String::with_capacity(self.text.len() + 24));
        renewed.push_str(&self.text[..self.signature.start]);
        renewed.extend(form_urlencoded::byte_serialize(signature.as_bytes()));
        renewed.push_str(&self.text[self.signature.end..]);
        Ok(renewed)
    }
}

impl std::fmt::Debug for SharedAccess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SharedAccess(…)")
    }
}

impl Drop for SharedAccess {
    fn drop(&mut self) {
        for (_, value) in &mut self.parameters {
            zeroize::Zeroize::zeroize(value);
        }
    }
}

/// A plus sign stands for itself in a signature, so it must not become a space.
fn parameters(query: &str) -> Vec<(String, String)> {
    let query = Zeroizing::new(query.replace('+', "%2B"));
    form_urlencoded::parse(query.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

fn is_version(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, byte)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() })
}

/// The three ISO forms that a signature may use: a day, minutes, seconds.
fn moment(text: &str) -> Option<OffsetDateTime> {
    let full: Cow<'_, str> = match text.len() {
        10 => format!("{text}T00:00:00Z").into(),
        17 => format!("{}:00Z", &text.get(..16)?).into(),
        _ => text.into(),
    };
    OffsetDateTime::parse(&full, &Rfc3339).ok()
}

#[cfg(test)]
mod tests;
