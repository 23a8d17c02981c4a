use clap::Args;

use crate::cli::end::End;
use crate::cli::session::Session;
use crate::cli::sync_options::SyncOptions;
use crate::domain::problem::Problem;

/// Make a media account read the keys of its storage accounts again
///
/// One, several or all storage accounts of a Media Services v3 account; without `-a` every media account of the group. Nothing is
/// sent where a current key is proven. An account that uses a managed identity holds no key and is skipped.
///
/// Example: `keyroll sync-keys media -g prod -a ams-live --storage-account stprod,starchive`
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct Media {
    /// Media account, by name or by full resource id; without it every media account of the group
    #[arg(short = 'a', long, value_name = "NAME|ID")]
    account_name: Option<String>,

    /// Storage accounts of the media account, by name or by full resource id; repeat it or separate with commas. Without it: all of them
    #[arg(long, value_name = "NAME|ID", value_delimiter = ',')]
    storage_account: Vec<String>,

    #[command(flatten)]
    sync: SyncOptions,
}

impl Media {
    pub(super) async fn run(&self, _: &Session) -> End {
        Err(Problem::failed("notBuiltYet", "this command is being built"))
    }
}
