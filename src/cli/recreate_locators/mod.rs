//! `recreate-locators`: delete and make locators again under the same id.

mod media_v2;

use clap::Subcommand;

use super::end::End;
use super::session::Session;

/// Recreate locators under the same id, so that they hang on the key that their account has now
#[derive(Clone, Debug, Subcommand)]
pub(super) enum RecreateLocators {
    MediaV2(media_v2::MediaV2),
}

impl RecreateLocators {
    pub(super) async fn run(&self, session: &Session) -> End {
        match self {
            Self::MediaV2(command) => command.run(session).await,
        }
    }
}
