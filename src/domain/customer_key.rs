//! A customer-managed key of a media account: what is wanted, what is, and the steps in between.
//!
//! Facts: Microsoft's "Bring your own key (customer-managed keys)" of Media Services v3 (2020-05-01 and later).

pub mod event;
pub mod found;
pub mod key_id;
pub mod order;
pub mod report;
pub mod step;

pub use event::{Entry, Event, Outcome, Started};
pub use found::{Access, Account, Found, Identity, Key, KeyFound, KeyVersion, Storage, User, Vault, VaultFound};
pub use key_id::KeyId;
pub use order::{Order, Remove, Roll, Target, TargetKind, Wanted};
pub use report::{Created, Report, StepReport};
pub use step::{Planned, Step};

/// The tag that everything which keyroll creates for a key carries: the id of the run that created it. A lost answer is found by it, and nothing
/// is deleted that does not carry it.
pub const RUN_TAG: &str = "keyrollRun";
