//! A text that may hold copies of an account's credentials: plain keys, connection strings, shared access signatures.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::domain::account::{AccountKeys, Service, StorageAccount};
use crate::domain::binding::Held;
use crate::domain::connection_string::ConnectionString;
use crate::domain::key::{Slot, StorageKey};
use crate::domain::problem::Problem;
use crate::domain::shared_access::{SharedAccess, Signer};

/// The copies that were found in one text, in the order in which they stand there.
#[derive(Debug, Default)]
pub(super) struct Copies {
    found: Vec<Copy>,
    /// A signature is there of which nobody can tell whether it is one of this account.
    pub(super) doubtful: bool,
}

#[derive(Debug)]
struct Copy {
    range: Range<usize>,
    form: Form,
    holds: Holds,
    services: Vec<Service>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Key,
    ConnectionString,
    Signature,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Slot(Slot),
    NeitherSlot,
    /// A signature that cannot be traced, and so not be made anew either.
    Untraceable,
}

impl Copies {
    /// Looks for copies. `ours` says that the text is known to belong to this account (by its tags), so that a key or
    /// signature of neither slot is one of an older generation and not a stranger's.
    ///
    /// # Errors
    /// `unusableKey` when a current key is not base64 of 64 bytes.
    pub(super) fn find(text: &str, account: &StorageAccount, keys: &AccountKeys, ours: bool) -> Result<Self, Problem> {
        let mut copies = Self::default();
        let string = ConnectionString::parse(text);
        let own_string = string.as_ref().filter(|string| string.is_of(text, account));
        let services = own_string.map_or_else(|| Service::ALL.to_vec(), |string| string.services(text));
        let form = if string.is_some() { Form::ConnectionString } else { Form::Key };
        for slot in Slot::BOTH {
            let key = keys.get(slot).key.expose();
            // A placeholder of a few characters would be found everywhere.
            if key.len() >= 16 {
                for (start, _) in text.match_indices(key) {
                    copies.add(start..start + key.len(), form, Holds::Slot(slot), services.clone());
                }
            }
        }
        if let Some(range) = own_string.and_then(|string| string.range("AccountKey")).filter(|range| !range.is_empty()) {
            copies.add(range, form, Holds::NeitherSlot, services);
        }
        copies.find_signatures(text, account, keys, ours || own_string.is_some())?;
        let trimmed = text.trim();
        if ours && copies.found.is_empty() && StorageKey::new(trimmed.to_owned()).decode().is_ok() {
            let start = text.len() - text.trim_start().len();
            copies.add(start..start + trimmed.len(), Form::Key, Holds::NeitherSlot, Service::ALL.to_vec());
        }
        copies.found.sort_by_key(|copy| copy.range.start);
        Ok(copies)
    }

    fn find_signatures(&mut self, text: &str, account: &StorageAccount, keys: &AccountKeys, ours: bool) -> Result<(), Problem> {
        for range in tokens(text) {
            let Some(signed) = SharedAccess::parse(&text[range.clone()]) else { continue };
            let own = signed.is_of(account).unwrap_or(ours);
            let holds = match signed.signer(account.id.name(), None, keys)? {
                Signer::Slot(slot) => Holds::Slot(slot),
                Signer::NeitherSlot if own => Holds::NeitherSlot,
                Signer::Unknown(_) if own => Holds::Untraceable,
                Signer::Unknown(_) if signed.is_of(account).is_none() => {
                    self.doubtful = true;
                    continue;
                }
                _ => continue,
            };
            self.add(range, Form::Signature, holds, signed.services());
        }
        Ok(())
    }

    fn add(&mut self, range: Range<usize>, form: Form, holds: Holds, services: Vec<Service>) {
        if self.found.iter().all(|copy| copy.range.end <= range.start || range.end <= copy.range.start) {
            self.found.push(Copy { range, form, holds, services });
        }
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// What is held, over all copies that can be moved.
    pub(super) fn held(&self) -> Held {
        let holds = |what: Holds| self.found.iter().any(|copy| copy.holds == what);
        match (holds(Holds::Slot(Slot::Key1)), holds(Holds::Slot(Slot::Key2))) {
            (true, true) => Held::Both,
            (true, false) => Held::Slot(Slot::Key1),
            (false, true) => Held::Slot(Slot::Key2),
            (false, false) if holds(Holds::NeitherSlot) => Held::Stale,
            (false, false) => Held::Nothing,
        }
    }

    /// Whether a signature is among them that cannot be made anew, and so may have been made with either slot.
    pub(super) fn has_untraceable(&self) -> bool {
        self.found.iter().any(|copy| copy.holds == Holds::Untraceable)
    }

    /// Whether every copy that can be moved holds this slot.
    pub(super) fn are_on(&self, slot: Slot) -> bool {
        self.found.iter().all(|copy| matches!(copy.holds, Holds::Slot(held) if held == slot) || copy.holds == Holds::Untraceable)
    }

    /// The services that the copies open, in order.
    pub(super) fn services(&self) -> Vec<Service> {
        Service::ALL.into_iter().filter(|service| self.found.iter().any(|copy| copy.services.contains(service))).collect()
    }

    /// The form for people: `key`, `connection string`, `SAS`.
    pub(super) fn form(&self) -> String {
        let has = |form: Form| self.found.iter().any(|copy| copy.form == form);
        let names = [(Form::Key, "key"), (Form::ConnectionString, "connection string"), (Form::Signature, "SAS")];
        let present: Vec<&str> = names.into_iter().filter(|(form, _)| has(*form)).map(|(_, name)| name).collect();
        present.join(" and ")
    }

    /// The text with every copy moved to the key of `slot`, everything else as it is.
    ///
    /// # Errors
    /// As [`SharedAccess::signed_by`].
    pub(super) fn moved(
        &self,
        text: &str,
        account: &StorageAccount,
        keys: &AccountKeys,
        slot: Slot,
    ) -> Result<Zeroizing<String>, Problem> {
        let key = &keys.get(slot).key;
        // Enough for every replacement, so that no half-built copy is left behind by a growing buffer.
        let mut moved = Zeroizing::new(String::with_capacity(text.len() + self.found.len() * 256));
        let mut from = 0;
        for copy in self.found.iter().filter(|copy| copy.holds != Holds::Untraceable) {
            moved.push_str(&text[from..copy.range.start]);
            match copy.form {
                Form::Key | Form::ConnectionString => moved.push_str(key.expose()),
                Form::Signature => {
                    let signed = SharedAccess::parse(&text[copy.range.clone()]).ok_or_else(|| {
                        Problem::failed("signatureNotRenewable", "a shared access signature could not be read a second time")
                    })?;
                    moved.push_str(&signed.signed_by(account.id.name(), None, key)?);
                }
            }
            from = copy.range.end;
        }
        moved.push_str(&text[from..]);
        Ok(moved)
    }
}

/// The pieces of a text that could be a URL or a query: between white space, quotes, brackets, commas and semicolons, and
/// after the name of a connection string's part.
fn tokens(text: &str) -> Vec<Range<usize>> {
    let mut tokens = Vec::new();
    let mut start = 0;
    for piece in text
        .split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | ',' | ';' | '(' | ')' | '[' | ']' | '{' | '}'))
    {
        let name = "SharedAccessSignature=";
        let skip = piece.get(..name.len()).filter(|head| head.eq_ignore_ascii_case(name)).map_or(0, str::len);
        if piece.contains("sig=") {
            tokens.push(start + skip..start + piece.len());
        }
        // Every separator but some kinds of white space is one byte long.
        start += piece.len();
        start += text[start..].chars().next().map_or(0, char::len_utf8);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::domain::account::SlotKey;
    use crate::domain::resource_id::ResourceId;

    fn key(byte: u8) -> String {
        STANDARD.encode([byte; 64])
    }

    fn keys() -> AccountKeys {
        let slot_key = |slot, byte| SlotKey { slot, key: StorageKey::new(key(byte)), created: None };
        AccountKeys { key1: slot_key(Slot::Key1, 1), key2: slot_key(Slot::Key2, 2) }
    }

    fn account() -> StorageAccount {
        StorageAccount {
            id: ResourceId::new("s", "g", "Microsoft.Storage", "storageAccounts", "stacct"),
            location: String::new(),
            shared_key_allowed: true,
            key_expiration_days: None,
            endpoints: vec![(Service::Blob, "https://stacct.blob.core.windows.net/".into())],
            provisioning_state: "Succeeded".into(),
        }
    }

    fn find(text: &str, ours: bool) -> Copies {
        Copies::find(text, &account(), &keys(), ours).expect("the keys are usable")
    }

    fn sas(byte: u8) -> String {
        let unsigned = "https://stacct.blob.core.windows.net/c?sv=2022-11-02&sr=c&sp=rl&se=2027-01-01&sig=AAAA";
        let signed = SharedAccess::parse(unsigned).expect("a signature");
        signed.signed_by("stacct", None, &StorageKey::new(key(byte))).expect("renewable").to_string()
    }

    #[test]
    fn every_form_is_found_and_moved_and_nothing_else_is_touched() {
        let texts = [
            (key(1), "key"),
            (
                format!(
                    "DefaultEndpointsProtocol=https;AccountName=stacct;AccountKey={};EndpointSuffix=core.windows.net",
                    key(1)
                ),
                "connection string",
            ),
            (sas(1), "SAS"),
            (
                format!(
                    "BlobEndpoint=https://stacct.blob.core.windows.net/;SharedAccessSignature={}",
                    &sas(1)[sas(1).find("sv=").expect("a query")..].replace("sr=c&", "ss=b&srt=s&")
                ),
                "SAS",
            ),
            (format!("{{\"key\": \"{}\", \"url\": \"{}\"}}", key(1), sas(1)), "key and SAS"),
        ];
        for (text, form) in texts {
            let copies = find(&text, false);
            assert_eq!(copies.form(), form, "{form}");
            let moved = copies.moved(&text, &account(), &keys(), Slot::Key2).expect("movable");
            let after = find(&moved, false);
            assert_eq!(after.held(), Held::Slot(Slot::Key2), "{form}");
            assert!(after.are_on(Slot::Key2) && !after.are_on(Slot::Key1));
            let back = after.moved(&moved, &account(), &keys(), Slot::Key1).expect("movable");
            if copies.held() == Held::Slot(Slot::Key1) {
                assert_eq!(*back, text, "{form}");
            }
        }
    }

    #[test]
    fn an_older_generation_is_recognised_only_where_the_text_is_known_to_be_ours() {
        assert_eq!(find(&key(9), true).held(), Held::Stale);
        assert!(find(&key(9), false).is_empty());
        assert_eq!(find(&format!("AccountName=stacct;AccountKey={}", key(9)), false).held(), Held::Stale);
        assert!(find(&format!("AccountName=another;AccountKey={}", key(9)), false).is_empty());
        assert_eq!(find(&sas(9), false).held(), Held::Stale);
    }

    #[test]
    fn what_nobody_can_trace_is_said() {
        let bare = "sv=2022-11-02&sr=c&sp=rl&se=2027-01-01&sig=AAAA";
        assert!(find(bare, false).doubtful && find(bare, false).is_empty());
        assert!(find(bare, true).has_untraceable());
        assert_eq!(find(bare, true).held(), Held::Nothing);
        let delegated = "https://stacct.blob.core.windows.net/c?skoid=o&sv=2022-11-02&sr=c&sp=rl&se=2027-01-01&sig=AAAA";
        assert!(find(delegated, false).is_empty() && !find(delegated, false).doubtful);
    }

    #[test]
    fn a_text_with_both_slots_holds_both() {
        let copies = find(&format!("{} {}", key(1), key(2)), false);
        assert_eq!(copies.held(), Held::Both);
        assert!(!copies.are_on(Slot::Key1) && !copies.are_on(Slot::Key2));
    }
}
