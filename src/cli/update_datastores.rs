use clap::Args;

use crate::azure::machine_learning::Workspace;
use crate::dependents::Chosen;
use crate::domain::key::Slot;
use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;
use crate::rotation::Engine;
use crate::rotation::sync::Selection;

use super::end::End;
use super::roll_options::slot;
use super::session::Session;
use super::sync_options::{SyncOptions, is_account, named, only_account, subscriptions_for};

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
    pub(super) async fn run(&self, session: &Session) -> End {
        let engine = self.sync.engine(session).await?;
        let (name, subscriptions) = subscriptions_for(session, &engine, self.name.as_deref(), "workspace").await?;
        let workspace = named(session, &name, &subscriptions).workspace(&engine.client).await?;
        let account = account(session, &engine, &workspace).await?;
        let selection = Selection { account, chosen: Chosen::Datastores(workspace) };
        self.sync.carry_out(session, &engine, "update-datastores", &[selection], self.key).await
    }
}

/// The account that was named, or the workspace's own. A bare name is first looked for there.
async fn account(session: &Session, engine: &Engine, workspace: &Workspace) -> Result<ResourceId, Problem> {
    let own = workspace.storage_account.as_ref();
    match &session.global.storage_account {
        Some(written) if own.map(|own| is_account(written, own)).transpose()? != Some(true) => {
            let subscriptions = if written.contains('/') { Vec::new() } else { session.subscriptions(engine).await? };
            engine.find_account(written, None, &subscriptions).await
        }
        _ => only_account(session, &workspace.id, own, "name the account that its datastores use with --storage-account"),
    }
}
