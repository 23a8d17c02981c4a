//! `/metadata/endpoints` of Resource Manager: what a client learns about a cloud before it signs in.

use serde_json::{Value, json};

use crate::sim::message::{Incoming, Reply};
use crate::sim::state::State;

use super::{is_own_address, origin};

impl State {
    /// Up to 2020-06-01 a list of clouds, since 2022-09-01 the one cloud that answers; without a version the oldest form.
    pub(super) fn cloud_metadata(&self, incoming: &Incoming) -> Reply {
        match incoming.query("api-version").as_deref() {
            Some("2022-09-01") => Reply::json(200, &self.describe_cloud(incoming)),
            Some("2019-05-01" | "2020-06-01") => Reply::json(200, &json!([self.describe_cloud(incoming)])),
            Some("1.0" | "2015-01-01" | "2018-05-01") => Reply::json(200, &self.describe_cloud_briefly(incoming)),
            other => {
                let message = format!("The api-version '{}' is invalid.", other.unwrap_or_default());
                Reply::gateway_error(400, "InvalidApiVersionParameter", &message)
            }
        }
    }

    /// Where Resource Manager and the directory answer this caller: at one address, when it came to this machine's own.
    fn front_doors(&self, incoming: &Incoming) -> (String, String) {
        if is_own_address(&incoming.url) {
            return (origin(incoming), origin(incoming));
        }
        let endpoints = &self.world.endpoints;
        let url = |authority: &str| format!("{}://{authority}", endpoints.scheme);
        (url(&endpoints.resource_manager), url(&endpoints.login))
    }

    fn describe_cloud(&self, incoming: &Incoming) -> Value {
        let (resource_manager, login) = self.front_doors(incoming);
        let endpoints = &self.world.endpoints;
        let name = if is_own_address(&incoming.url) { "Simulated" } else { "AzureCloud" };
        json!({
            "name": name, "portal": "https://portal.azure.com", "resourceManager": resource_manager,
            "authentication": {
                "loginEndpoint": login, "audiences": self.audiences(), "tenant": "common", "identityProvider": "AAD",
            },
            "graph": "https://graph.windows.net/", "graphAudience": "https://graph.windows.net/",
            "microsoftGraphResourceId": "https://graph.microsoft.com/", "media": "https://rest.media.azure.net",
            "batch": "https://batch.core.windows.net/", "gallery": "https://gallery.azure.com/",
            "sqlManagement": "https://management.core.windows.net:8443/", "vmImageAliasDoc": format!("{resource_manager}/aliases.json"),
            "activeDirectoryDataLake": "https://datalake.azure.net/",
            "suffixes": {
                "storage": endpoints.storage_suffix, "keyVaultDns": endpoints.key_vault_suffix,
                "sqlServerHostname": "database.windows.net", "acrLoginServer": "azurecr.io",
            },
        })
    }

    fn describe_cloud_briefly(&self, incoming: &Incoming) -> Value {
        let (_, login) = self.front_doors(incoming);
        json!({
            "galleryEndpoint": "https://gallery.azure.com/", "graphEndpoint": "https://graph.windows.net/",
            "portalEndpoint": "https://portal.azure.com", "authentication": { "loginEndpoint": login, "audiences": self.audiences() },
        })
    }

    /// Resource Manager's audiences. The public cloud has two.
    fn audiences(&self) -> Vec<String> {
        let own = format!("{}/", self.world.endpoints.resource_manager_audience.trim_end_matches('/'));
        if own == "https://management.azure.com/" {
            return vec!["https://management.core.windows.net/".into(), own];
        }
        vec![own]
    }
}
