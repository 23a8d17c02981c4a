//! From names to resource ids: what is there is found by its name, what is not there yet is placed beside it.

use crate::azure::client::Client;
use crate::azure::key_vault::VAULT_TYPE;
use crate::azure::{media, storage};
use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;
use crate::rotation::Engine;

use crate::cli::session::Session;

/// Where a command looks, and where it makes things.
#[derive(Debug)]
pub(super) struct Place {
    /// The subscriptions given, or all that are visible.
    pub subscriptions: Vec<String>,
    group: Option<String>,
}

impl Place {
    pub(super) async fn of(session: &Session, engine: &Engine) -> Result<Self, Problem> {
        Ok(Self { subscriptions: session.subscriptions(engine).await?, group: session.global.resource_group.clone() })
    }

    /// The media account of this name or id; one that is not there gets the id that it would have.
    ///
    /// # Errors
    /// `accountNameMissing`, `ambiguousName`; `placeMissing` where a new one could lie anywhere.
    pub(super) async fn media_account(&self, client: &Client, named: Option<&str>) -> Result<ResourceId, Problem> {
        let named = named.map(str::trim).filter(|name| !name.is_empty()).ok_or_else(|| {
            Problem::usage("accountNameMissing", "no media account was named")
                .hint("add --account-name NAME, with -g GROUP, or its full resource id")
        })?;
        let mut found = Vec::new();
        if !named.contains('/') && self.group.is_none() {
            for subscription in &self.subscriptions {
                found.extend(ids(client.media_accounts(subscription).await?));
            }
        }
        self.chosen(named, media::ACCOUNT_TYPE, found)
    }

    /// The storage account of this name or id, in the subscription of `beside`, or beside it.
    ///
    /// # Errors
    /// When its subscription cannot be listed.
    pub(super) async fn storage_account(&self, client: &Client, named: &str, beside: &ResourceId) -> Result<ResourceId, Problem> {
        if named.contains('/') {
            return ResourceId::parse_as(named, storage::ACCOUNT_TYPE);
        }
        let all = client.storage_accounts(beside.subscription()).await?;
        let found = all.into_iter().map(|account| account.id).find(|id| id.name().eq_ignore_ascii_case(named));
        Ok(found.unwrap_or_else(|| sibling(beside, storage::ACCOUNT_TYPE, named)))
    }

    /// The vault of this name or id, in the subscription of `beside`, or beside it.
    ///
    /// # Errors
    /// When its subscription cannot be listed.
    pub(super) async fn vault(&self, client: &Client, named: &str, beside: &ResourceId) -> Result<ResourceId, Problem> {
        if named.contains('/') {
            return ResourceId::parse_as(named, VAULT_TYPE);
        }
        let found = ids(client.vaults(beside.subscription()).await?);
        Ok(found
            .into_iter()
            .find(|id| id.name().eq_ignore_ascii_case(named))
            .unwrap_or_else(|| sibling(beside, VAULT_TYPE, named)))
    }

    fn chosen(&self, named: &str, kind: &str, found: Vec<ResourceId>) -> Result<ResourceId, Problem> {
        if named.contains('/') {
            return ResourceId::parse_as(named, kind);
        }
        let matching: Vec<ResourceId> = found.into_iter().filter(|id| id.name().eq_ignore_ascii_case(named)).collect();
        match (matching.as_slice(), &self.group, self.subscriptions.as_slice()) {
            ([id], None, _) => Ok(id.clone()),
            ([_, _, ..], None, _) => {
                Err(Problem::usage("ambiguousName", format!("{} media accounts are named {named}", matching.len()))
                    .hint("add -g GROUP, or give the full id"))
            }
            (_, Some(group), [subscription]) => {
                let (namespace, kind) = kind.split_once('/').unwrap_or((kind, ""));
                Ok(ResourceId::new(subscription, group, namespace, kind, named))
            }
            ([], None, _) => Err(Problem::usage(
                "placeMissing",
                format!("no media account named {named} is visible, and it was not said in which group to look or make one"),
            )
            .hint("add -g GROUP, and --subscription where the sign-in sees several")),
            (_, Some(_), _) => Err(Problem::usage(
                "placeMissing",
                format!("the sign-in sees {} subscriptions, and it was not said which one", self.subscriptions.len()),
            )
            .hint("add --subscription ID, or give the full id of the media account")),
        }
    }
}

fn sibling(beside: &ResourceId, kind: &str, name: &str) -> ResourceId {
    let (namespace, kind) = kind.split_once('/').unwrap_or((kind, ""));
    ResourceId::new(beside.subscription(), beside.resource_group(), namespace, kind, name)
}

fn ids(items: Vec<serde_json::Value>) -> Vec<ResourceId> {
    items.into_iter().filter_map(|item| item["id"].as_str()?.parse().ok()).collect()
}
