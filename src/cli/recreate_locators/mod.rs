//! `recreate-locators`: delete and make locators again under the same id.

mod media;
mod media_v2;

use clap::Subcommand;
use time::OffsetDateTime;

use crate::contract;
use crate::domain::locator::order::{Order, Verdict};
use crate::domain::problem::Problem;

use super::end::End;
use super::session::Session;

/// Recreate locators under the same id, so that they hang on the key that their account has now
#[derive(Clone, Debug, Subcommand)]
pub(super) enum RecreateLocators {
    Media(media::Media),
    MediaV2(media_v2::MediaV2),
}

impl RecreateLocators {
    pub(super) async fn run(&self, session: &Session) -> End {
        match self {
            Self::Media(command) => command.run(session).await,
            Self::MediaV2(command) => command.run(session).await,
        }
    }
}

/// Who names a locator wants that one: if it would not come back, nothing is deleted at all.
fn all_that_were_named(named: &[String], order: &Order) -> Result<(), Problem> {
    if named.is_empty() {
        return Ok(());
    }
    let left = order.items.iter().filter_map(|item| match &item.verdict {
        Verdict::Leave { why } => Some(format!("{}: {why}", item.locator.id)),
        Verdict::Recreate => None,
    });
    let left: Vec<String> = left.collect();
    if left.is_empty() {
        return Ok(());
    }
    let message = "a locator that was named would not come back as it is, and nothing was changed";
    Err(left
        .into_iter()
        .fold(Problem::blocked("locatorWouldNotComeBack", message), Problem::because)
        .hint("leave it out, or mend what is named"))
}

/// The problem of addresses that would change, and be written nowhere.
pub(super) fn address_file_missing() -> Problem {
    Problem::usage("addressFileMissing", "SAS locators change their address, and no file was named for the new ones")
        .hint("add --address-file FILE; it is made for you alone, because addresses of SAS locators are secrets")
}

fn text(order: &Order) -> String {
    serde_json::to_string_pretty(&contract::locator::order_document(order)).unwrap_or_default()
}

fn moment(text: &str) -> Result<OffsetDateTime, String> {
    contract::time::parse(text)
        .or_else(|| contract::time::parse(&format!("{text}T00:00:00Z")))
        .ok_or_else(|| "write a time as 2026-11-22T02:05:00Z, or a date as 2026-11-22".to_owned())
}
