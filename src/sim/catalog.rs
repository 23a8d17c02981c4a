//! What Resource Manager itself lists, whatever the provider: tenants, resource groups, resources and providers.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::domain::resource_id::ResourceId;

use super::message::{Incoming, Reply};
use super::route::Target;
use super::state::State;

/// An operation of Resource Manager's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Catalog {
    /// The tenants that the caller is in.
    Tenants,
    /// The resource groups of a subscription.
    Groups,
    /// One resource group; `HEAD` asks only whether it exists.
    Group,
    /// The resources of a subscription or group.
    Resources,
    /// The resource providers of a subscription.
    Providers,
}

impl Catalog {
    /// All of them, in the order of the routes' names.
    #[cfg(test)]
    pub(super) const ALL: [Self; 5] = [Self::Tenants, Self::Groups, Self::Group, Self::Resources, Self::Providers];

    /// The name in fault schedules, audits and histograms.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Tenants => "catalog.tenants",
            Self::Groups => "catalog.groups",
            Self::Group => "catalog.group",
            Self::Resources => "catalog.resources",
            Self::Providers => "catalog.providers",
        }
    }

    /// Reads the lower-case segments of a path without a provider.
    pub(super) fn of(method: &str, words: &[&str]) -> Option<Self> {
        match (method, words) {
            ("GET", ["tenants"]) => Some(Self::Tenants),
            ("GET", ["subscriptions", _, "resourcegroups"]) => Some(Self::Groups),
            ("GET" | "HEAD", ["subscriptions", _, "resourcegroups", _]) => Some(Self::Group),
            ("GET", ["subscriptions", _, "resources"] | ["subscriptions", _, "resourcegroups", _, "resources"]) => {
                Some(Self::Resources)
            }
            _ => None,
        }
    }
}

/// The providers whose resources a world may hold, with their types.
const PROVIDERS: [(&str, &[&str]); 5] = [
    ("Microsoft.Storage", &["storageAccounts"]),
    ("Microsoft.Media", &["mediaservices", "mediaservices/assets", "mediaservices/streamingLocators"]),
    ("Microsoft.MachineLearningServices", &["workspaces", "workspaces/datastores"]),
    ("Microsoft.KeyVault", &["vaults"]),
    ("Microsoft.Batch", &["batchAccounts"]),
];

impl State {
    pub(super) fn catalog(&self, incoming: &Incoming, target: &Target, call: Catalog) -> Reply {
        match call {
            Catalog::Tenants => Reply::json(200, &json!({ "value": [self.describe_tenant()] })),
            Catalog::Groups => {
                let groups = self.groups(&target.subscription).into_values();
                self.page(incoming, target, groups, "nextLink", "$skiptoken")
            }
            Catalog::Group => self.get_group(incoming, target),
            Catalog::Resources => self.list_resources(incoming, target),
            Catalog::Providers => providers(incoming, target),
        }
    }

    fn describe_tenant(&self) -> Value {
        let tenant = &self.world.tenant;
        json!({
            "id": format!("/tenants/{tenant}"), "tenantId": tenant, "displayName": "Simulated", "countryCode": "NL",
            "defaultDomain": "simulated.example", "domains": ["simulated.example"], "tenantCategory": "Home",
            "tenantType": "AAD",
        })
    }

    /// Groups by their lower-case names. There are those that have resources.
    fn groups(&self, subscription: &str) -> BTreeMap<String, Value> {
        let here = |id: &ResourceId| id.subscription().eq_ignore_ascii_case(subscription);
        let resources = self.resources().into_iter().filter(|(id, _)| here(id));
        let described = resources.map(|(id, resource)| {
            let group = id.resource_group();
            let described = json!({
                "id": format!("/subscriptions/{}/resourceGroups/{group}", id.subscription()), "name": group,
                "type": "Microsoft.Resources/resourceGroups", "location": resource["location"],
                "properties": { "provisioningState": "Succeeded" },
            });
            (group.to_ascii_lowercase(), described)
        });
        described.collect()
    }

    fn get_group(&self, incoming: &Incoming, target: &Target) -> Reply {
        let name = target.group.as_deref().unwrap_or_default();
        let found = self.groups(&target.subscription).remove(&name.to_ascii_lowercase());
        match (found, incoming.method) {
            (Some(_), "HEAD") => Reply::empty(204),
            (None, "HEAD") => Reply::empty(404),
            (Some(group), _) => Reply::json(200, &group),
            (None, _) => {
                let message = format!("Resource group '{name}' could not be found.");
                Reply::gateway_error(404, "ResourceGroupNotFound", &message)
            }
        }
    }

    /// `$filter` may name a type and a name, each with `eq`.
    fn list_resources(&self, incoming: &Incoming, target: &Target) -> Reply {
        let filter = incoming.query("$filter").unwrap_or_default();
        let wanted = |member: &str| {
            let lower = filter.to_ascii_lowercase();
            let at = lower.find(&format!("{member} eq '"))? + member.len() + 5;
            lower[at..].split('\'').next().map(str::to_owned)
        };
        let (kind, name) = (wanted("resourcetype"), wanted("name"));
        let rows = self.resources().into_iter().filter(|(id, _)| {
            target.covers(id)
                && kind.as_ref().is_none_or(|kind| id.resource_type().eq_ignore_ascii_case(kind))
                && name.as_ref().is_none_or(|name| id.name().eq_ignore_ascii_case(name))
        });
        let rows = rows.map(|(id, resource)| {
            json!({
                "id": id.as_str(), "name": id.name(), "type": id.resource_type(), "location": resource["location"], "tags": {},
            })
        });
        self.page(incoming, target, rows, "nextLink", "$skiptoken")
    }
}

fn providers(incoming: &Incoming, target: &Target) -> Reply {
    let describe = |(namespace, types): &(&str, &[&str])| {
        let types = types.iter().map(|kind| json!({ "resourceType": kind, "locations": [], "apiVersions": VERSIONS }));
        json!({
            "id": format!("/subscriptions/{}/providers/{namespace}", target.subscription), "namespace": namespace,
            "registrationState": "Registered", "registrationPolicy": "RegistrationRequired",
            "resourceTypes": types.collect::<Vec<_>>(),
        })
    };
    let Some(asked) = incoming.segments().into_iter().skip_while(|word| !word.eq_ignore_ascii_case("providers")).nth(1) else {
        return Reply::json(200, &json!({ "value": PROVIDERS.iter().map(describe).collect::<Vec<_>>() }));
    };
    let Some(provider) = PROVIDERS.iter().find(|(namespace, _)| namespace.eq_ignore_ascii_case(&asked)) else {
        let message = format!("The resource namespace '{asked}' is invalid.");
        return Reply::gateway_error(404, "InvalidResourceNamespace", &message);
    };
    Reply::json(200, &describe(provider))
}

/// Versions that every simulated provider knows.
const VERSIONS: [&str; 3] = ["2024-04-01", "2023-05-01", "2023-01-01"];
