//! The times that the rotation waits, in one place, each with its source.

use std::time::Duration;

use crate::domain::dependent::DependentKind;

/// How old a reading of bindings may be and still count as "directly before" a regenerate.
pub const FRESH: Duration = Duration::from_secs(5 * 60);

/// How long storage may take to spread a regenerated key: "up to 10 minutes" (storage account keys article). A lost answer
/// is believed to be "did not happen" only after it.
pub const PROPAGATION: Duration = Duration::from_secs(10 * 60);

/// How often a slot is looked at after a lost answer.
pub const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// How many looks have to show a slot unchanged before a lost request counts as not done: as many as fit into the propagation,
/// less some for answers that failed. A clock that jumps does not make looks.
pub const UNCHANGED_LOOKS: u32 = 15;

/// How many equal reads in a row show that exactly one slot changed.
pub const STABLE_READS: u32 = 3;

/// The pause between those reads.
pub const BETWEEN_READS: Duration = Duration::from_secs(2);

/// How many answers in a row show that a key is accepted, or refused, by every front end of a service.
pub const ANSWERS_IN_A_ROW: u32 = 5;

/// The pause between those tries.
pub const BETWEEN_TRIES: Duration = Duration::from_secs(2);

/// When a key that is not accepted yet is tried again.
pub const TRY_AGAIN: Duration = Duration::from_secs(10);

/// When a proof that is still pending is taken again.
pub const PROVE_AGAIN: Duration = Duration::from_secs(20);

/// How many times longer than at first the pause between looks becomes.
pub const SLOWEST: u32 = 6;

/// How long a new key may take to be accepted before the run stops and says so: three times the documented ten minutes.
pub const TEST_CEILING: Duration = Duration::from_secs(30 * 60);

/// How long one target may go on failing in a way that time mends (503, lost connections) before the run stops.
pub const PATIENCE: Duration = Duration::from_secs(6 * 60 * 60);

/// The same for a sync: somebody waits for it, and running it again is no loss.
pub const SYNC_PATIENCE: Duration = Duration::from_secs(60 * 60);

/// How long a service may answer 409 to a change before the run stops and says so: long enough for another operation on the
/// resource to end, short enough that somebody hears of a lock in the night in which it was set.
pub const CONFLICT: Duration = Duration::from_secs(15 * 60);

/// How long what could be seen before may stay out of sight before the user is asked to accept that.
///
/// Longer than an hour of 503 anywhere: nobody should be asked to accept what only needs patience.
pub const OUT_OF_SIGHT: Duration = Duration::from_secs(2 * 60 * 60);

/// How long a pull dependent may fail after a regenerate under it, as plans promise it: until the new key is accepted
/// everywhere and it was told again (twice the propagation), and then its own caches, or what it takes until a workspace's
/// system datastores are written as a last resort.
#[must_use]
pub fn window(kind: DependentKind) -> Duration {
    2 * PROPAGATION + kind.proof_ceiling()
}

/// How long a lock that another run holds on a dependent is waited for at a time.
pub const LOCK_AGAIN: Duration = Duration::from_secs(5);

/// How long another run on the same locators is waited for before the run stops and says so: ten thousand of them take less.
pub const LOCATORS_BUSY: Duration = Duration::from_secs(60 * 60);

/// How long whoever streams may still use a locator as it was before it was recreated, and with it the key that it hung on: a new
/// one answers after 30 to 40 seconds (AMS v2 article), and streaming endpoints keep what they know for five minutes.
pub const STREAMED_ON: Duration = Duration::from_secs(6 * 60);

/// The pause before try number `attempt` (from 1) after a failure that time mends.
#[must_use]
pub fn back_off(attempt: u32) -> Duration {
    let seconds = 15_u64.saturating_mul(1 << attempt.saturating_sub(1).min(6));
    Duration::from_secs(seconds.min(10 * 60))
}
