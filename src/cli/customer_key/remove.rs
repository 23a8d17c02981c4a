use clap::Args;
use serde_json::json;

use crate::cli::end::End;
use crate::cli::next::connection;
use crate::cli::session::Session;
use crate::rotation::Patience;
use crate::rotation::customer_key::Draft;

use super::carry_out::{self, Request};
use super::place::Place;

/// Go back to a Microsoft-managed key, and delete what you name of what apply made
///
/// The media account goes back first, and says so. Then, and only if `--delete` names them, resources go that a run in the state folder
/// created and that still carry its tag; everything else is kept, and `--yes` alone deletes nothing. A key or vault that still protects
/// anything is refused: media would become unreadable. A storage account that is not empty is never deleted. Deleted vaults and keys can be
/// recovered for a while, and keep their names.
///
/// Example: `keyroll customer-key remove -g prod -a ams1 --delete media,kvams1 --yes`
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct Remove {
    /// Media account, by name or by full resource id
    #[arg(short = 'a', long, value_name = "NAME|ID")]
    account_name: Option<String>,

    /// Delete these of what our runs created, by name or by full id: media account, storage account, key, vault
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    delete: Vec<String>,

    /// Only show the steps
    #[arg(long)]
    dry_run: bool,
}

impl Remove {
    pub(super) async fn run(&self, session: &Session) -> End {
        let more = json!({ "account": self.account_name, "delete": self.delete });
        let digest = carry_out::digest("customer-key remove", session, &more);
        if !self.dry_run
            && let Some(end) = carry_out::again(session, &digest, Patience::Wait).await
        {
            return end;
        }
        let rolling = session.acting_engine().await?;
        let place = Place::of(session, &rolling).await?;
        let account = place.media_account(&rolling.client, self.account_name.as_deref()).await?;
        let engine = carry_out::engine(session, &rolling);
        engine.no_unfinished_run(&account, session.global.run_id.as_deref())?;
        let storage = rolling.storage.as_ref();
        let draft = Draft::of_remove(&rolling.client, storage, &account, &self.delete, place.subscriptions).await?;
        let delete = if self.delete.is_empty() { String::new() } else { format!(" --delete {}", self.delete.join(",")) };
        let next = format!("keyroll customer-key remove -a {account}{delete} {}", connection(&session.global));
        let request =
            Request { draft, digest, next: next.trim_end().to_owned(), dry_run: self.dry_run, patience: Patience::Wait };
        carry_out::begin(session, &engine, request).await
    }
}
