use clap::Args;

use crate::cli::end::End;
use crate::cli::session::Session;
use crate::cli::sync_options::SyncOptions;
use crate::domain::problem::Problem;

/// Make a Machine Learning workspace read the key of its storage account again
///
/// Its datastores that use the account are written too where they hold an old key; `--no-datastores` leaves them. A project is
/// synced through its hub. A workspace whose system datastores use an identity is skipped.
///
/// Example: `keyroll sync-keys ml -g prod -n ml-a`
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct Ml {
    /// Workspace, by name or by full resource id
    #[arg(short = 'n', long, visible_short_alias = 'w', visible_alias = "workspace-name", value_name = "NAME|ID")]
    name: Option<String>,

    /// Leave the datastores that users made as they are
    #[arg(long)]
    no_datastores: bool,

    #[command(flatten)]
    sync: SyncOptions,
}

impl Ml {
    pub(super) async fn run(&self, _: &Session) -> End {
        Err(Problem::failed("notBuiltYet", "this command is being built"))
    }
}
