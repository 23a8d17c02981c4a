use clap::Args;

use crate::cli::end::End;
use crate::cli::session::Session;
use crate::cli::sync_options::{SyncOptions, named, only_account, subscriptions_for};
use crate::dependents::Chosen;
use crate::rotation::sync::Selection;

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
    pub(super) async fn run(&self, session: &Session) -> End {
        let engine = self.sync.engine(session).await?;
        let (name, subscriptions) = subscriptions_for(session, &engine, self.name.as_deref(), "Batch account").await?;
        let batch = named(session, &name, &subscriptions).batch_account(&engine.client).await?;
        let hint = "a Batch account has at most one auto-storage account: see az batch account show";
        let account = only_account(session, &batch.id, batch.storage_account.as_ref(), hint)?;
        let selection = Selection { account, chosen: Chosen::BatchAccount(batch) };
        self.sync.carry_out(session, &engine, "sync-keys batch", &[selection], None).await
    }
}
