use clap::Args;

use crate::cli::end::End;
use crate::cli::session::Session;
use crate::cli::sync_options::SyncOptions;
use crate::domain::problem::Problem;

/// Make a Batch account read the keys of its auto-storage account again
///
/// Batch shows no key, so what can be seen is that its `lastKeySync` moved: the result says assumed, and a sync is always sent.
/// Keys in the mounts of pools are not covered. An account that uses its managed identity is skipped.
///
/// Example: `keyroll sync-keys batch -g prod -n batch1`
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct Batch {
    /// Batch account, by name or by full resource id
    #[arg(short = 'n', long, value_name = "NAME|ID")]
    name: Option<String>,

    #[command(flatten)]
    sync: SyncOptions,
}

impl Batch {
    pub(super) async fn run(&self, _: &Session) -> End {
        Err(Problem::failed("notBuiltYet", "this command is being built"))
    }
}
