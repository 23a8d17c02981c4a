use clap::Args;
use serde_json::json;

use crate::cli::end::End;
use crate::cli::next::connection;
use crate::cli::session::Session;
use crate::rotation::Patience;
use crate::rotation::customer_key::Draft;

use super::carry_out::{self, Request};
use super::place::Place;

/// Give the key of a media account a new version, and wait until the account uses it
///
/// 5 to 15 minutes are documented. The old version stays enabled, unless --disable-old is given: then everything in the subscriptions that
/// names the key is found first, and waited for; storage accounts take up to 24 hours. Something that names the old version, or does not
/// say which one it uses, keeps it enabled, and is named.
///
/// Example: `keyroll customer-key roll -g prod -a ams1 --disable-old --run-id chg1234`
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct Roll {
    /// Media account, by name or by full resource id
    #[arg(short = 'a', long, value_name = "NAME|ID")]
    account_name: Option<String>,

    /// Disable the old version once nothing uses it any more
    #[arg(long)]
    disable_old: bool,

    /// Only show the steps
    #[arg(long)]
    dry_run: bool,

    /// Return at the first wait instead of waiting with the run
    #[arg(long)]
    no_wait: bool,
}

impl Roll {
    pub(super) async fn run(&self, session: &Session) -> End {
        let patience = if self.no_wait { Patience::UntilFirstWait } else { Patience::Wait };
        let more = json!({ "account": self.account_name, "disableOld": self.disable_old });
        let digest = carry_out::digest("customer-key roll", session, &more);
        if !self.dry_run
            && let Some(end) = carry_out::again(session, &digest, patience).await
        {
            return end;
        }
        let rolling = session.acting_engine().await?;
        let place = Place::of(session, &rolling).await?;
        let account = place.media_account(&rolling.client, self.account_name.as_deref()).await?;
        let engine = carry_out::engine(session, &rolling);
        engine.no_unfinished_run(&account, session.global.run_id.as_deref())?;
        let draft =
            Draft::of_roll(&rolling.client, &account, self.disable_old, place.subscriptions, &session.global.accept).await?;
        let next = format!("keyroll customer-key roll -a {account} {}", connection(&session.global));
        carry_out::begin(session, &engine, Request { draft, digest, next, dry_run: self.dry_run, patience }).await
    }
}
