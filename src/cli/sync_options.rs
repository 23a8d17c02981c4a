//! What every sync is asked for.

use clap::Args;

/// What every sync is asked for.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(super) struct SyncOptions {
    /// Say what would be synced, and change nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Sync also where a current key is proven
    #[arg(long)]
    pub always: bool,

    /// Return once everything was told, instead of waiting for the proofs
    #[arg(long, conflicts_with = "dry_run")]
    pub no_wait: bool,
}
