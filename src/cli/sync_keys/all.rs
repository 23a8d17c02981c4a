use clap::Args;

use crate::cli::end::End;
use crate::cli::roll_options::ScopeOptions;
use crate::cli::session::Session;
use crate::cli::sync_options::SyncOptions;
use crate::domain::problem::Problem;

/// Make everything that is found to depend on a storage account hold a current key
///
/// What re-reads keys by itself is told to; datastores and vault secrets that hold an old key are given the one in use. What could not
/// be looked at is named.
///
/// Example: `keyroll sync-keys all -g prod --storage-account stprod`
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct All {
    #[command(flatten)]
    scope: ScopeOptions,

    #[command(flatten)]
    sync: SyncOptions,
}

impl All {
    pub(super) async fn run(&self, _: &Session) -> End {
        Err(Problem::failed("notBuiltYet", "this command is being built"))
    }
}
