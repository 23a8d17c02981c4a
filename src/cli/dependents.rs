use clap::Args;

use crate::render::dependents::Search;

use super::end::End;
use super::roll_options::ScopeOptions;
use super::session::Session;

/// Show who depends on an account, on which key, and how we know
///
/// Also says what could not be inspected. Media Services accounts, Machine Learning workspaces and datastores are found across the subscriptions; Key Vault secrets by
/// their tags, and all secrets of the vaults that you name.
///
/// Example: `keyroll dependents -g prod --storage-account stprod --vault kv-prod`
#[derive(Args, Clone, Debug)]
pub(super) struct Dependents {
    #[command(flatten)]
    scope: ScopeOptions,
}

impl Dependents {
    pub(super) async fn run(&self, session: &Session) -> End {
        session.account_option()?;
        let engine = session.certified(session.engine()?, &self.scope).await?;
        let (id, scope) = session.target(&engine, &self.scope).await?;
        let inventory = engine.inventory(&id, &scope).await?;
        let search = Search {
            account: &inventory.account.id,
            dependents: &inventory.found.dependents,
            not_inspected: &inventory.found.not_inspected,
            blockers: &inventory.blockers,
            missing_permissions: &inventory.missing_permissions,
        };
        session.printer.result(|| search.text(session.printer.width()), || search.json());
        Ok(0)
    }
}
