//! Finding resources by their address, and answering lists in pages.

use serde_json::{Value, json};

use crate::domain::resource_id::ResourceId;

use super::message::{Incoming, Reply};
use super::route::Target;
use super::state::State;

impl Target {
    /// Whether a resource lies in the subscription and group of this request's path.
    pub(super) fn covers(&self, id: &ResourceId) -> bool {
        id.subscription().eq_ignore_ascii_case(&self.subscription)
            && self.group.as_ref().is_none_or(|group| id.resource_group().eq_ignore_ascii_case(group))
    }
}

impl State {
    /// The position of the resource that a request names first, or the 404 that Resource Manager answers.
    pub(super) fn find<'a>(&self, target: &Target, mut ids: impl Iterator<Item = &'a ResourceId>) -> Result<usize, Reply> {
        let name = target.names.first().map(String::as_str).unwrap_or_default();
        if let Some(position) = ids.position(|id| target.covers(id) && id.name().eq_ignore_ascii_case(name) && !self.is_gone(id))
        {
            return Ok(position);
        }
        let group = target.group.as_deref().unwrap_or_default();
        if !self.has_group(&target.subscription, group) {
            return Err(Reply::gateway_error(
                404,
                "ResourceGroupNotFound",
                &format!("Resource group '{group}' could not be found."),
            ));
        }
        let message = format!(
            "The Resource '{}/{name}' under resource group '{group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
            target.kind
        );
        Err(Reply::gateway_error(404, "ResourceNotFound", &message))
    }

    /// The 404 for a group that holds nothing: groups are made by their first resource here.
    pub(super) fn missing_group(&self, target: &Target) -> Option<Reply> {
        let group = target.group.as_deref().unwrap_or_default();
        let message = format!("Resource group '{group}' could not be found.");
        (!self.has_group(&target.subscription, group)).then(|| Reply::gateway_error(404, "ResourceGroupNotFound", &message))
    }

    fn has_group(&self, subscription: &str, group: &str) -> bool {
        let world = &self.world;
        let ids = world.storage_accounts.iter().map(|it| &it.id);
        let ids = ids.chain(world.media_accounts.iter().map(|it| &it.id)).chain(world.workspaces.iter().map(|it| &it.id));
        let mut ids = ids.chain(world.vaults.iter().map(|it| &it.id)).filter_map(|id| id.parse::<ResourceId>().ok());
        ids.any(|id| id.subscription().eq_ignore_ascii_case(subscription) && id.resource_group().eq_ignore_ascii_case(group))
    }

    /// One page of a list. The link is absolute and carries everything, as the services' links do. Rows that come after the
    /// page are not made.
    pub(super) fn page(
        &self,
        incoming: &Incoming,
        target: &Target,
        rows: impl IntoIterator<Item = Value>,
        link: &str,
        parameter: &str,
    ) -> Reply {
        let asked = ["count", "maxresults"].into_iter().find_map(|name| incoming.query(name)?.parse::<usize>().ok());
        let size = self.world.unknowns.page_size.min(asked.unwrap_or(usize::MAX)).max(1);
        let from: usize = incoming.query(parameter).and_then(|text| text.parse().ok()).unwrap_or_default();
        let mut rows = rows.into_iter().skip(from);
        let page: Vec<Value> = rows.by_ref().take(size).collect();
        let more = rows.next().is_some();
        let mut body = json!({ "value": page });
        if more {
            let mut next = incoming.url.clone();
            let kept: Vec<(String, String)> = incoming
                .url
                .query_pairs()
                .filter(|(name, _)| name != parameter)
                .map(|(name, value)| (name.into(), value.into()))
                .collect();
            next.query_pairs_mut().clear().extend_pairs(kept).append_pair(parameter, &(from + size).to_string());
            body[link] = json!(next.as_str());
        } else if target.route.is_vault_data() {
            body[link] = Value::Null;
        }
        Reply::json(200, &body)
    }
}
