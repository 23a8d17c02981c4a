use clap::Args;

use crate::domain::key::Slot;
use crate::domain::problem::Problem;

use super::end::End;
use super::roll_options::slot;
use super::session::Session;
use super::sync_options::SyncOptions;

/// Write a key into every datastore of a workspace that uses the account
///
/// Only datastores with an account key or a SAS of this very account are written, everything else in them is carried over, and a SAS
/// is made anew with the same rights and expiry. System datastores belong to the workspace: `keyroll sync-keys ml` looks after them.
///
/// Example: `keyroll update-datastores -g prod -w ml-a --key key2`
#[derive(Args, Clone, Debug)]
pub(super) struct UpdateDatastores {
    /// Workspace, by name or by full resource id
    #[arg(short = 'n', long, visible_short_alias = 'w', visible_alias = "workspace-name", value_name = "NAME|ID")]
    name: Option<String>,

    /// The slot to write; without it those that hold a current key keep it, and the others get the slot in use
    #[arg(long, value_name = "SLOT", value_parser = slot)]
    key: Option<Slot>,

    #[command(flatten)]
    sync: SyncOptions,
}

impl UpdateDatastores {
    pub(super) async fn run(&self, _: &Session) -> End {
        Err(Problem::failed("notBuiltYet", "this command is being built"))
    }
}
