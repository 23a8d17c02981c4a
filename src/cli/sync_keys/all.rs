use clap::Args;

use crate::cli::end::End;
use crate::cli::roll_options::ScopeOptions;
use crate::cli::session::Session;
use crate::cli::sync_options::SyncOptions;
use crate::dependents::Chosen;
use crate::rotation::sync::Selection;

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
    pub(super) async fn run(&self, session: &Session) -> End {
        session.account_option()?;
        let engine = session.certified(self.sync.engine(session).await?, &self.scope).await?;
        let (account, scope) = session.target(&engine, &self.scope).await?;
        let selection = Selection { account, chosen: Chosen::Everything(scope) };
        self.sync.carry_out(session, &engine, "sync-keys all", &[selection], None).await
    }
}
