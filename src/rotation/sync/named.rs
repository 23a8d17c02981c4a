//! Resources that the user names: by full id, by name within a group, or by name anywhere in the subscriptions.

use serde_json::Value;

use crate::azure::batch::{BATCH_TYPE, BatchAccount};
use crate::azure::client::Client;
use crate::azure::machine_learning::{WORKSPACE_TYPE, Workspace};
use crate::azure::media::{ACCOUNT_TYPE as MEDIA_TYPE, MediaAccount};
use crate::domain::problem::{Kind, Problem};
use crate::domain::resource_id::ResourceId;

/// A resource as the user named it.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// Its name, or its full id.
    pub name: &'a str,
    /// The group that it is in, if that was said.
    pub group: Option<&'a str>,
    /// The subscriptions in which it is looked for.
    pub subscriptions: &'a [String],
}

impl Named<'_> {
    /// The media account of this name.
    ///
    /// # Errors
    /// Usage, for an id that is malformed or of something else, and for a name that is not unique; not found.
    pub async fn media_account(&self, client: &Client) -> Result<MediaAccount, Problem> {
        let read = async |id: ResourceId| client.media_account(&id).await;
        self.find("media account", MEDIA_TYPE, read, async |subscription| client.media_accounts(subscription).await).await
    }

    /// The workspace of this name.
    ///
    /// # Errors
    /// As [`Self::media_account`].
    pub async fn workspace(&self, client: &Client) -> Result<Workspace, Problem> {
        let read = async |id: ResourceId| client.workspace(&id).await;
        self.find("workspace", WORKSPACE_TYPE, read, async |subscription| client.workspaces(subscription).await).await
    }

    /// The Batch account of this name.
    ///
    /// # Errors
    /// As [`Self::media_account`].
    pub async fn batch_account(&self, client: &Client) -> Result<BatchAccount, Problem> {
        let read = async |id: ResourceId| client.batch_account(&id).await;
        self.find("Batch account", BATCH_TYPE, read, async |subscription| client.batch_accounts(subscription).await).await
    }

    async fn find<T>(
        &self,
        what: &str,
        kind: &str,
        read: impl AsyncFn(ResourceId) -> Result<T, Problem>,
        list: impl AsyncFn(&str) -> Result<Vec<Value>, Problem>,
    ) -> Result<T, Problem> {
        if self.name.contains('/') {
            let id = ResourceId::parse_as(self.name, kind)?;
            return read(id).await.map_err(|problem| self.unseen(what, problem));
        }
        let mut found = Vec::new();
        for subscription in self.subscriptions {
            if let Some(group) = self.group {
                let id = self.id_in(subscription, group, kind)?;
                match read(id).await {
                    Ok(resource) => found.push(resource),
                    Err(problem) if problem.kind == Kind::NotFound => {}
                    Err(problem) => return Err(problem),
                }
                continue;
            }
            let is_it = |id: &ResourceId| id.name().eq_ignore_ascii_case(self.name);
            let ids = list(subscription).await?.into_iter().filter_map(|item| item["id"].as_str()?.parse().ok());
            for id in ids.filter(is_it).collect::<Vec<ResourceId>>() {
                found.push(read(id).await?);
            }
        }
        let (count, first) = (found.len(), found.into_iter().next());
        match first {
            Some(resource) if count == 1 => Ok(resource),
            None => Err(self.not_found(what)),
            Some(_) => Err(Problem::usage("ambiguousName", format!("{count} resources are a {what} named {}", self.name))
                .hint("say its group with -g, its subscription with --subscription, or give its full id")),
        }
    }

    /// The id that the name makes within a group: nothing of it may be empty or hold what no id holds.
    fn id_in(&self, subscription: &str, group: &str, kind: &str) -> Result<ResourceId, Problem> {
        ResourceId::parse_as(
            &format!("/subscriptions/{subscription}/resourceGroups/{group}/providers/{kind}/{}", self.name),
            kind,
        )
    }

    /// A 404 in our words: the server's text says neither what was asked for nor what to do.
    fn unseen(&self, what: &str, problem: Problem) -> Problem {
        if problem.kind != Kind::NotFound {
            return problem;
        }
        let ours = self.not_found(what);
        Problem { causes: vec![problem.message.clone()], hints: ours.hints, message: ours.message, code: ours.code, ..problem }
    }

    fn not_found(&self, what: &str) -> Problem {
        let place = match self.group {
            _ if self.name.contains('/') => String::new(),
            Some(group) => format!(" in group {group}"),
            None => format!(" in {}", self.subscriptions.join(", ")),
        };
        Problem::not_found("noSuchResource", format!("no {what} named {} is visible{place}", self.name))
            .hint("check the name, -g and --subscription, and who is signed in: what may not be read is not visible either")
    }
}

/// Every media account of a group.
///
/// # Errors
/// Not found when there is none; and as [`Client::list`].
pub async fn media_accounts_of(client: &Client, group: &str, subscriptions: &[String]) -> Result<Vec<MediaAccount>, Problem> {
    let mut found = Vec::new();
    for subscription in subscriptions {
        for item in client.media_accounts(subscription).await? {
            let media = MediaAccount::from_json(&item)?;
            if media.id.resource_group().eq_ignore_ascii_case(group) {
                found.push(media);
            }
        }
    }
    if found.is_empty() {
        return Err(Problem::not_found("noMediaAccount", format!("no media account is visible in group {group}"))
            .hint("check -g and --subscription, or name a media account with -a"));
    }
    Ok(found)
}
