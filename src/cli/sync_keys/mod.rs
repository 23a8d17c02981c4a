//! `sync-keys`: make what depends on a storage account read its keys again, now.

mod all;
mod batch;
mod media;
mod media_v2;
mod ml;

use clap::Subcommand;

use super::end::End;
use super::session::Session;

/// Make dependents read the keys of their storage accounts again, and prove that they did
#[derive(Clone, Debug, Subcommand)]
pub(super) enum SyncKeys {
    Media(media::Media),
    MediaV2(media_v2::MediaV2),
    Ml(ml::Ml),
    Batch(batch::Batch),
    All(all::All),
}

impl SyncKeys {
    pub(super) async fn run(&self, session: &Session) -> End {
        match self {
            Self::Media(command) => command.run(session).await,
            Self::MediaV2(command) => command.run(session).await,
            Self::Ml(command) => command.run(session).await,
            Self::Batch(command) => command.run(session).await,
            Self::All(command) => command.run(session).await,
        }
    }
}
