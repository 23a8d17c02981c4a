use clap::Args;

use crate::render;

use super::end::End;
use super::session::Session;

/// Show both keys of an account: age, policy, fingerprint
///
/// Never the key itself: the fingerprint stands for the key in plans, journals and reports. To see a key, use `az storage account keys list`.
///
/// Example: `keyroll list-keys -g prod --storage-account stprod`
#[derive(Args, Clone, Debug)]
pub(super) struct ListKeys {}

impl ListKeys {
    pub(super) async fn run(&self, session: &Session) -> End {
        session.account_option()?;
        let engine = session.engine()?;
        let (id, _) = session.target(&engine, &super::roll_options::ScopeOptions::default()).await?;
        let account = engine.client.storage_account(&id).await?;
        let keys = engine.client.list_keys(&account.id).await?.state(&account.id);
        let (printer, now) = (&session.printer, engine.client.clock().now());
        printer.result(|| render::keys::text(&account, &keys, now, printer.width()), || render::keys::json(&account, &keys, now));
        Ok(0)
    }
}
