//! The acts of a rotation, in the order in which they happen (design, section 7).

use std::fmt;

use super::problem::Problem;

/// One act of the rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// Inventory, bindings, evidence and pre-checks.
    Inspect,
    /// Every pull dependent is told and proven with today's keys.
    Presync,
    /// Push dependents on both slots are brought onto one, without any regenerate.
    Converge,
    /// The standby slot is regenerated. A point of no return.
    Stage,
    /// The new key is used on the data plane until it is accepted repeatedly.
    Test,
    /// The new key is written into every push dependent.
    Publish,
    /// Each dependent is shown to hold and use a current generation.
    Prove,
    /// Floors and ceilings per kind of dependent pass.
    Settle,
    /// Media locators are recreated where that is needed.
    Locators,
    /// The old generation is quiet for the window.
    Evidence,
    /// The old slot is regenerated. A point of no return.
    Retire,
    /// Everything moves back to the original slot.
    Return,
    /// What changed, was proven, was assumed, was not looked at.
    Report,
}

impl Act {
    /// All acts in order.
    pub const ALL: [Self; 13] = [
        Self::Inspect,
        Self::Presync,
        Self::Converge,
        Self::Stage,
        Self::Test,
        Self::Publish,
        Self::Prove,
        Self::Settle,
        Self::Locators,
        Self::Evidence,
        Self::Retire,
        Self::Return,
        Self::Report,
    ];

    /// The name in plans, journals and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Inspect => "inspect",
            Self::Presync => "presync",
            Self::Converge => "converge",
            Self::Stage => "stage",
            Self::Test => "test",
            Self::Publish => "publish",
            Self::Prove => "prove",
            Self::Settle => "settle",
            Self::Locators => "locators",
            Self::Evidence => "evidence",
            Self::Retire => "retire",
            Self::Return => "return",
            Self::Report => "report",
        }
    }

    /// Whether the act regenerates a slot, which nothing can undo.
    #[must_use]
    pub fn is_irreversible(self) -> bool {
        matches!(self, Self::Stage | Self::Retire)
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl std::str::FromStr for Act {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|act| act.name() == text).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.into_iter().map(Self::name).collect();
            Problem::usage("unknownAct", format!("`{text}` is not an act of a rotation"))
                .hint(format!("name one of {}", names.join(", ")))
        })
    }
}
