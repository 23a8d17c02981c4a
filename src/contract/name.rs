//! The domain's names on the wire: slots, acts, kinds and ids as strings.

#[cfg(test)]
mod shape;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::domain::account::Service;
use crate::domain::act::Act;
use crate::domain::binding::{Held, Knowledge};
use crate::domain::dependent::{DependentKind, Extent, Movement};
use crate::domain::event::{Certainty, Outcome};
use crate::domain::key::{Fingerprint, Slot};
use crate::domain::plan::{ActiveKnowledge, Strategy};
use crate::domain::report::RunStatus;
use crate::domain::resource_id::ResourceId;
use crate::domain::sync::{SyncOutcome, SyncState};

/// Something of the domain that has a stable name.
pub trait Name: Sized {
    /// What a thing of this kind is called in a message: `slot`.
    const WHAT: &'static str;

    /// The stable name.
    fn text(&self) -> String;

    /// The thing of this name.
    fn named(text: &str) -> Option<Self>;
}

/// A thing written by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named<T>(pub T);

impl<T: Name> Serialize for Named<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.text())
    }
}

impl<'de, T: Name> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        T::named(&text).map(Self).ok_or_else(|| D::Error::custom(Unknown { what: T::WHAT, text: &text }))
    }
}

struct Unknown<'a> {
    what: &'static str,
    text: &'a str,
}

impl fmt::Display for Unknown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a known {}", self.text, self.what)
    }
}

/// Wraps each item of a list.
#[must_use]
pub fn all<T: Clone>(items: &[T]) -> Vec<Named<T>> {
    items.iter().cloned().map(Named).collect()
}

/// Unwraps each item of a list.
#[must_use]
pub fn plain<T>(items: Vec<Named<T>>) -> Vec<T> {
    items.into_iter().map(|item| item.0).collect()
}

macro_rules! names {
    ($($kind:ty, $what:literal, $named:expr;)*) => {$(
        impl Name for $kind {
            const WHAT: &'static str = $what;

            fn text(&self) -> String {
                self.name().to_owned()
            }

            fn named(text: &str) -> Option<Self> {
                let named: fn(&str) -> Option<Self> = $named;
                named(text)
            }
        }
    )*};
}

names! {
    Act, "act", |text| text.parse().ok();
    ActiveKnowledge, "knowledge of the slot in use", Self::from_name;
    Certainty, "certainty", Self::from_name;
    DependentKind, "kind of dependent", |text| text.parse().ok();
    Extent, "extent", Self::from_name;
    Held, "binding", Self::from_name;
    Knowledge, "knowledge", Self::from_name;
    Movement, "movement", Self::from_name;
    Outcome, "outcome", Self::from_name;
    RunStatus, "state of a run", |text| {
        [Self::Done, Self::Aborted, Self::Waiting, Self::Unfinished, Self::Stopped].into_iter().find(|status| status.name() == text)
    };
    Service, "service", Self::from_name;
    Slot, "slot", |text| Self::BOTH.into_iter().find(|slot| slot.name() == text);
    Strategy, "strategy", Self::from_name;
    SyncOutcome, "outcome of a sync", |text| Self::ALL.into_iter().find(|outcome| outcome.name() == text);
    SyncState, "state of a sync", |text| Self::ALL.into_iter().find(|state| state.name() == text);
}

impl Name for Fingerprint {
    const WHAT: &'static str = "fingerprint";

    fn text(&self) -> String {
        self.as_str().to_owned()
    }

    /// Only what looks like a fingerprint is one, so that a key can never pass for it.
    fn named(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("1:")?;
        let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        (digits.len() == 16 && hexadecimal).then(|| Self::from_text(text))
    }
}

impl Name for ResourceId {
    const WHAT: &'static str = "resource id";

    fn text(&self) -> String {
        self.as_str().to_owned()
    }

    fn named(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_goes_there_and_back_and_a_foreign_one_is_named() {
        assert_eq!(serde_json::to_value(Named(Slot::Key2)).expect("a string"), "key2");
        assert_eq!(serde_json::from_value::<Named<Act>>("retire".into()).expect("an act"), Named(Act::Retire));
        let error = serde_json::from_value::<Named<Slot>>("key3".into()).expect_err("no slot");
        assert_eq!(error.to_string(), "`key3` is not a known slot");
    }

    #[test]
    fn a_key_cannot_pass_for_a_fingerprint() {
        assert!(Fingerprint::named("1:0123456789abcdef").is_some());
        for text in ["", "1:", "1:0123456789ABCDEF", "2:0123456789abcdef", "veryFakedStorageAccountKey=="] {
            assert!(Fingerprint::named(text).is_none(), "{text}");
        }
    }
}
