//! Deliberate mistakes, one for each promise, that the deterministic simulation must catch: who tests the tests.
//!
//! Without the feature `planted-bugs` nothing can be planted and [`is_planted`] is constantly false.

/// A deliberate mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// P1: regenerates without waiting for the caches of consumers.
    SkipGrace,
    /// P2: journals a regenerate after it was sent.
    JournalLate,
    /// P3: takes a lost answer for a failure and sends again.
    RepeatLost,
    /// P4: takes a locator that its own lost delete took for one that somebody else deleted.
    LoseLocator,
    /// P5: publishes a key that was never tried.
    SkipTest,
    /// P6: writes a key into the journal.
    TellSecret,
    /// P7: drops a member of what it replaces.
    LoseMember,
    /// P8: takes no locks.
    SkipLocks,
    /// P9: keeps quiet about what it could not see.
    HideUnseen,
    /// P10: takes what was begun before a crash for done.
    TrustIntent,
    /// P11: begins a finished run again.
    RunAgain,
    /// P12: asks nothing.
    NeverAsk,
    /// Seven steps: regenerates the old key before the locators that hang on it were made again.
    RetireFirst,
    /// Customer keys: disables a version although somebody uses it.
    ForgetUsers,
    /// Customer keys: deletes a key before the account is off it.
    DeleteFirst,
}

impl Mistake {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::SkipGrace,
        Self::JournalLate,
        Self::RepeatLost,
        Self::LoseLocator,
        Self::SkipTest,
        Self::TellSecret,
        Self::LoseMember,
        Self::SkipLocks,
        Self::HideUnseen,
        Self::TrustIntent,
        Self::RunAgain,
        Self::NeverAsk,
    ];

    /// Those that the simulation of customer-managed keys must catch.
    pub const OF_CUSTOMER_KEYS: [Self; 4] = [Self::ForgetUsers, Self::DeleteFirst, Self::LoseMember, Self::RepeatLost];
}

#[cfg(feature = "planted-bugs")]
mod switch {
    use std::cell::Cell;

    use super::Mistake;

    thread_local! {
        static PLANTED: Cell<Option<Mistake>> = const { Cell::new(None) };
    }

    /// Plants a mistake in this thread, or none.
    pub fn plant(mistake: Option<Mistake>) {
        PLANTED.set(mistake);
    }

    pub(super) fn planted() -> Option<Mistake> {
        PLANTED.get()
    }
}

#[cfg(feature = "planted-bugs")]
pub use switch::plant;

/// Whether this mistake is to be made.
#[must_use]
pub fn is_planted(mistake: Mistake) -> bool {
    #[cfg(feature = "planted-bugs")]
    return switch::planted() == Some(mistake);
    #[cfg(not(feature = "planted-bugs"))]
    {
        let _ = mistake;
        false
    }
}
