use clap::Args;

use crate::cli::end::End;
use crate::cli::session::Session;
use crate::cli::sync_options::{SyncOptions, named, only_account, subscriptions_for};
use crate::dependents::Chosen;
use crate::rotation::sync::Selection;

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
    pub(super) async fn run(&self, session: &Session) -> End {
        let engine = self.sync.engine(session).await?;
        let (name, subscriptions) = subscriptions_for(session, &engine, self.name.as_deref(), "workspace").await?;
        let workspace = named(session, &name, &subscriptions).workspace(&engine.client).await?;
        let hint = "datastores in another storage account: keyroll update-datastores -n NAME --storage-account ACCOUNT";
        let account = only_account(session, &workspace.id, workspace.storage_account.as_ref(), hint)?;
        let chosen = Chosen::Workspace { workspace, datastores: !self.no_datastores };
        self.sync.carry_out(session, &engine, "sync-keys ml", &[Selection { account, chosen }], None).await
    }
}
