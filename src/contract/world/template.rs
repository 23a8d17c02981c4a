//! The placeholders in a world's secrets, which name a slot instead of repeating a key.

use crate::domain::account::Service;
use crate::domain::key::Slot;

/// What stands between braces: `{key1 of ID}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholder {
    /// What is to be put there.
    pub form: Form,
    /// The storage account's full id.
    pub account: String,
}

/// What a placeholder becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// The key in a slot: `key1`.
    Key(Slot),
    /// A connection string: `connection string key1`.
    ConnectionString(Slot),
    /// The query string of an account SAS: `account sas key1`.
    AccountSas(Slot),
    /// The query string of a SAS over a container: `container sas films key1`.
    ContainerSas {
        /// The container.
        container: String,
        /// What signs it.
        slot: Slot,
    },
    /// An endpoint with its slash: `blob`, `file`, `queue`, `table`.
    Endpoint(Service),
}

impl Placeholder {
    /// Reads what stands between braces; `None` when it is no placeholder.
    #[must_use]
    pub fn parse(inside: &str) -> Option<Self> {
        let (what, account) = inside.split_once(" of ")?;
        let words: Vec<&str> = what.split_whitespace().collect();
        let form = match words.as_slice() {
            [word] if Service::from_name(word).is_some() => Form::Endpoint(Service::from_name(word)?),
            [slot] => Form::Key(slot.parse().ok()?),
            ["connection", "string", slot] => Form::ConnectionString(slot.parse().ok()?),
            ["account", "sas", slot] => Form::AccountSas(slot.parse().ok()?),
            ["container", "sas", container, slot] => {
                Form::ContainerSas { container: (*container).to_owned(), slot: slot.parse().ok()? }
            }
            _ => return None,
        };
        Some(Self { form, account: account.trim().to_owned() })
    }

    /// Replaces each pair of braces for which `value` knows something; the others stay as they are.
    #[must_use]
    pub fn replace(template: &str, mut value: impl FnMut(&str) -> Option<String>) -> String {
        let mut text = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((inside, behind)) = after.split_once('}') else { break };
            text.push_str(before);
            match value(inside) {
                Some(value) => text.push_str(&value),
                None => text.extend(["{", inside, "}"]),
            }
            rest = behind;
        }
        text.push_str(rest);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        for (text, form) in [
            ("key2 of /x", Form::Key(Slot::Key2)),
            ("connection string key1 of /x", Form::ConnectionString(Slot::Key1)),
            ("account sas key1 of /x", Form::AccountSas(Slot::Key1)),
            ("container sas films key2 of /x", Form::ContainerSas { container: "films".into(), slot: Slot::Key2 }),
            ("blob of /x", Form::Endpoint(Service::Blob)),
        ] {
            assert_eq!(Placeholder::parse(text), Some(Placeholder { form, account: "/x".into() }), "{text}");
        }
        for text in ["key1", "key3 of /x", "container sas key1 of /x", "\"a\":1"] {
            assert_eq!(Placeholder::parse(text), None, "{text}");
        }
    }

    #[test]
    fn other_braces_stay() {
        let replaced = Placeholder::replace("a{x}b{y}c{", |inside| (inside == "x").then(|| "1".to_owned()));
        assert_eq!(replaced, "a1b{y}c{");
    }
}
