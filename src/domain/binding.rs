//! What is known of the key that a dependent holds, and how it is known.

use time::OffsetDateTime;

use super::key::{Fingerprint, Slot};

/// Which key a dependent holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// The current generation of this slot.
    Slot(Slot),
    /// Both current generations (Media Services v3, as far as its SAS answers show).
    Both,
    /// A generation that is in neither slot any more.
    Stale,
    /// One or the other; the service does not say.
    Unknown,
    /// No key at all.
    Nothing,
}

impl Held {
    /// Whether a regenerate of `slot` may take away the key that this dependent uses.
    #[must_use]
    pub fn may_be(&self, slot: Slot) -> bool {
        match self {
            Self::Slot(held) => *held == slot,
            Self::Both | Self::Unknown => true,
            Self::Stale | Self::Nothing => false,
        }
    }

    /// The name in contracts and tables.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Slot(slot) => slot.name(),
            Self::Both => "both",
            Self::Stale => "stale",
            Self::Unknown => "unknown",
            Self::Nothing => "none",
        }
    }

    /// What this name means, if it is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Slot(Slot::Key1), Self::Slot(Slot::Key2), Self::Both, Self::Stale, Self::Unknown, Self::Nothing]
            .into_iter()
            .find(|held| held.name() == name)
    }
}

/// How a binding is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knowledge {
    /// The value was read and compared with both slots.
    Read,
    /// A tag says so (`CredentialId`) and the value could not be compared.
    Tagged,
    /// It follows from documents or from what was done before.
    Assumed,
    /// Nothing tells.
    Unknown,
}

impl Knowledge {
    /// The name in contracts and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Tagged => "tagged",
            Self::Assumed => "assumed",
            Self::Unknown => "unknown",
        }
    }

    /// The knowledge of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Read, Self::Tagged, Self::Assumed, Self::Unknown].into_iter().find(|knowledge| knowledge.name() == name)
    }
}

/// A time until which somebody may still use a generation that this dependent held before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grace {
    /// The slot whose *current* generation may still be in use.
    pub slot: Slot,
    /// Until when.
    pub until: OffsetDateTime,
}

/// What is known of the key that one dependent holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Which key.
    pub held: Held,
    /// The fingerprint of the key that it holds, where the value was read.
    pub fingerprint: Option<Fingerprint>,
    /// How we know.
    pub knowledge: Knowledge,
    /// When it was looked at.
    pub observed: OffsetDateTime,
    /// Caches of its consumers that may still hold a current generation (a vault secret that was moved an hour ago).
    pub graces: Vec<Grace>,
    /// Slots that sign a SAS found here which cannot be made anew (it is named `sas-SLOT`).
    pub lasting_signatures: Vec<Slot>,
}

impl Binding {
    /// A binding whose value was read.
    #[must_use]
    pub fn read(held: Held, fingerprint: Option<Fingerprint>, observed: OffsetDateTime) -> Self {
        Self { held, fingerprint, knowledge: Knowledge::Read, observed, graces: Vec::new(), lasting_signatures: Vec::new() }
    }

    /// A binding that could not be read.
    #[must_use]
    pub fn guessed(held: Held, knowledge: Knowledge, observed: OffsetDateTime) -> Self {
        Self { held, fingerprint: None, knowledge, observed, graces: Vec::new(), lasting_signatures: Vec::new() }
    }
}
