//! The dependents that a user named, instead of those that a search over subscriptions finds.

use crate::azure::batch::BatchAccount;
use crate::azure::machine_learning::Workspace;
use crate::azure::media::MediaAccount;
use crate::domain::dependent::DependentKind;
use crate::domain::media_v2::MediaV2Account;
use crate::domain::problem::Problem;

use super::discovery::{Search, discover};
use super::{Found, Scene, Scope, batch_account, datastore_search, media_account, media_v2_account, workspace};

/// How dependents were found that were named.
const FOUND_BY: &str = "name";

/// What is looked at.
#[derive(Clone, Debug)]
pub enum Chosen {
    /// These media accounts.
    MediaAccounts(Vec<MediaAccount>),
    /// A workspace, and perhaps its datastores.
    Workspace {
        /// The workspace.
        workspace: Workspace,
        /// Whether its datastores are looked at too.
        datastores: bool,
    },
    /// Only the datastores of a workspace.
    Datastores(Workspace),
    /// A Batch account.
    BatchAccount(BatchAccount),
    /// An AMS v2 account.
    MediaV2Account(MediaV2Account),
    /// Everything that a search finds.
    Everything(Scope),
}

impl Chosen {
    /// The resources that were named, with their kinds: what is told of when nothing could be found out about them.
    #[must_use]
    pub fn named(&self) -> Vec<(String, DependentKind)> {
        match self {
            Self::MediaAccounts(accounts) => {
                accounts.iter().map(|media| (media.id.to_string(), DependentKind::MediaAccount)).collect()
            }
            Self::Workspace { workspace, .. } | Self::Datastores(workspace) => {
                vec![(workspace.id.to_string(), DependentKind::Workspace)]
            }
            Self::BatchAccount(batch) => vec![(batch.id.to_string(), DependentKind::BatchAccount)],
            Self::MediaV2Account(media) => vec![(media.id.clone(), DependentKind::MediaV2Account)],
            Self::Everything(_) => Vec::new(),
        }
    }

    /// The AMS v2 accounts among them.
    #[must_use]
    pub fn media_v2(&self) -> &[MediaV2Account] {
        match self {
            Self::MediaV2Account(media) => std::slice::from_ref(media),
            Self::Everything(scope) => &scope.media_v2,
            _ => &[],
        }
    }

    /// Reads what these hold of the scene's account. A resource that does not use the account is left out.
    ///
    /// # Errors
    /// As [`discover`].
    pub async fn find(&self, scene: &Scene<'_>) -> Result<Found, Problem> {
        let mut search = Search::default();
        match self {
            Self::MediaAccounts(accounts) => media_account::find(scene, accounts, FOUND_BY, &mut search).await?,
            Self::Workspace { workspace, datastores } => {
                let workspaces = std::slice::from_ref(workspace);
                workspace::find(scene, workspaces, FOUND_BY, &mut search).await?;
                if *datastores {
                    datastore_search::find(scene, workspaces, &mut search).await?;
                }
            }
            Self::Datastores(workspace) => {
                datastore_search::find(scene, std::slice::from_ref(workspace), &mut search).await?;
            }
            Self::BatchAccount(batch) => {
                batch_account::find(scene, std::slice::from_ref(batch), FOUND_BY, &mut search).await?;
            }
            Self::MediaV2Account(media) => {
                media_v2_account::find(scene, std::slice::from_ref(media), &mut search).await?;
            }
            Self::Everything(scope) => return discover(scene, scope).await,
        }
        Ok(search.finish())
    }
}
