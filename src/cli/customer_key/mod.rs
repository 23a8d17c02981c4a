//! `customer-key`: a media account encrypted with a key of its owner's.

mod apply;
mod article;
pub(super) mod carry_out;
mod place;
mod remove;
mod roll;
mod show;

use clap::Subcommand;

use super::end::End;
use super::session::Session;

/// Encrypt a media account with a key of your own (BYOK)
#[derive(Clone, Debug, Subcommand)]
pub(super) enum CustomerKey {
    Apply(apply::Apply),
    Show(show::Show),
    Roll(roll::Roll),
    Remove(remove::Remove),
}

impl CustomerKey {
    pub(super) async fn run(&self, session: &Session) -> End {
        match self {
            Self::Apply(command) => command.run(session).await,
            Self::Show(command) => command.run(session).await,
            Self::Roll(command) => command.run(session).await,
            Self::Remove(command) => command.run(session).await,
        }
    }
}
