use clap::Args;

use crate::cli::end::End;
use crate::cli::session::Session;
use crate::contract;
use crate::render;
use crate::rotation::customer_key::standing::Standing;

use super::place::Place;

/// Show how a media account is encrypted, and what would break without its key
///
/// Identity and its object id, vault, key, the version in use, what the account says of it, who else uses the key, and findings: no purge
/// protection, missing access, a disabled version.
///
/// Example: `keyroll customer-key show -g prod -a ams1`
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct Show {
    /// Media account, by name or by full resource id
    #[arg(short = 'a', long, value_name = "NAME|ID")]
    account_name: Option<String>,
}

impl Show {
    pub(super) async fn run(&self, session: &Session) -> End {
        let engine = session.engine()?;
        let place = Place::of(session, &engine).await?;
        let account = place.media_account(&engine.client, self.account_name.as_deref()).await?;
        let standing = Standing::of(&engine.client, &account, &place.subscriptions).await?;
        let Standing { account, vault, key, users, would_break, findings } = &standing;
        session.printer.result(
            || render::customer_key::standing(&standing, session.printer.width()),
            || contract::customer_key::show_text(account, vault, key, users, would_break, findings),
        );
        Ok(0)
    }
}
