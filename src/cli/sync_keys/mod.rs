//! `sync-keys`: make what depends on a storage account read its keys again, now.

mod media_v2;

use clap::Subcommand;

use super::end::End;
use super::session::Session;

/// Make dependents read the keys of their storage accounts again, and prove that they did
#[derive(Clone, Debug, Subcommand)]
pub(super) enum SyncKeys {
    MediaV2(media_v2::MediaV2),
}

impl SyncKeys {
    pub(super) async fn run(&self, session: &Session) -> End {
        match self {
            Self::MediaV2(command) => command.run(session).await,
        }
    }
}
