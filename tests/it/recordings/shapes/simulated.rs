//! The calls whose simulated answers are compared, and the world that they are made in.

use std::sync::Arc;

use azure_core::credentials::TokenCredential as _;
use azure_core::http::{HttpClient as _, Method, Request};
use keyroll::contract::world::{Lock, StreamingLocator, World};
use keyroll::sim::simulator::Simulator;
use keyroll::sim::virtual_clock::VirtualClock;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::worlds::{SUBSCRIPTION, production};

use super::Compared;

const STORAGE: &str = "/subscriptions/*/resourceGroups/*/providers/Microsoft.Storage/storageAccounts/*";
const LOCATOR: &str = "/subscriptions/*/resourceGroups/*/providers/Microsoft.Media/mediaservices/*/streamingLocators/*";

/// A call in the world's subscription and group.
const fn call(name: &'static str, method: &'static str, template: &'static str, names: &'static [&'static str]) -> Compared {
    Compared { name, method, template, status: 200, since: "", names, body: "" }
}

pub(super) const CALLS: [Compared; 33] = [
    Compared { since: "2021-02-01", ..call("storage get", "GET", STORAGE, &["stprod"]) },
    Compared { status: 404, ..call("storage get of nothing", "GET", STORAGE, &["stnowhere"]) },
    Compared {
        since: "2021-02-01",
        ..call("storage list", "GET", "/subscriptions/*/providers/Microsoft.Storage/storageAccounts", &[])
    },
    Compared {
        since: "2021-02-01",
        ..call(
            "storage listKeys",
            "POST",
            "/subscriptions/*/resourceGroups/*/providers/Microsoft.Storage/storageAccounts/*/listKeys",
            &["stprod"],
        )
    },
    Compared {
        since: "2021-02-01",
        body: r#"{"keyName":"key2"}"#,
        ..call(
            "storage regenerateKey",
            "POST",
            "/subscriptions/*/resourceGroups/*/providers/Microsoft.Storage/storageAccounts/*/regenerateKey",
            &["stprod"],
        )
    },
    Compared {
        since: "2021-06-01",
        ..call("media get", "GET", "/subscriptions/*/resourceGroups/*/providers/Microsoft.Media/mediaservices/*", &["media-a"])
    },
    Compared {
        since: "2021-06-01",
        ..call("media list group", "GET", "/subscriptions/*/resourceGroups/*/providers/Microsoft.Media/mediaservices", &[])
    },
    Compared {
        body: r#"{"id":"/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/prod/providers/Microsoft.Storage/storageAccounts/stprod"}"#,
        ..call(
            "media syncStorageKeys",
            "POST",
            "/subscriptions/*/resourceGroups/*/providers/Microsoft.Media/mediaservices/*/syncStorageKeys",
            &["media-a"],
        )
    },
    call(
        "media assets",
        "GET",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.Media/mediaservices/*/assets",
        &["media-a"],
    ),
    call(
        "media asset",
        "GET",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.Media/mediaservices/*/assets/*",
        &["media-a", "film"],
    ),
    call(
        "media streamingEndpoints",
        "GET",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.Media/mediaservices/*/streamingEndpoints",
        &["media-a"],
    ),
    call(
        "media streamingEndpoint",
        "GET",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.Media/mediaservices/*/streamingEndpoints/*",
        &["media-a", "default"],
    ),
    Compared {
        body: r#"{"permissions":"Read","expiryTime":"2027-01-01T00:00:00Z"}"#,
        ..call(
            "media listContainerSas",
            "POST",
            "/subscriptions/*/resourceGroups/*/providers/Microsoft.Media/mediaservices/*/assets/*/listContainerSas",
            &["media-a", "film"],
        )
    },
    call(
        "media listStreamingLocators",
        "POST",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.Media/mediaservices/*/assets/*/listStreamingLocators",
        &["media-a", "film"],
    ),
    call(
        "contentKeyPolicy get",
        "GET",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.Media/mediaservices/*/contentKeyPolicies/*",
        &["media-a", "anybody"],
    ),
    call(
        "streamingLocator list",
        "GET",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.Media/mediaservices/*/streamingLocators",
        &["media-a"],
    ),
    call("streamingLocator get", "GET", LOCATOR, &["media-a", "guarded"]),
    Compared {
        status: 201,
        body: r#"{"properties":{"assetName":"film","streamingPolicyName":"Predefined_ClearKey"}}"#,
        ..call("streamingLocator put", "PUT", LOCATOR, &["media-a", "fresh"])
    },
    call("streamingLocator delete", "DELETE", LOCATOR, &["media-a", "guarded"]),
    call(
        "streamingLocator listPaths",
        "POST",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.Media/mediaservices/*/streamingLocators/*/listPaths",
        &["media-a", "guarded"],
    ),
    call(
        "streamingLocator listContentKeys",
        "POST",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.Media/mediaservices/*/streamingLocators/*/listContentKeys",
        &["media-a", "key"],
    ),
    call(
        "streamingPolicy list",
        "GET",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.Media/mediaservices/*/streamingPolicies",
        &["media-a"],
    ),
    Compared {
        ..call(
            "workspace get",
            "GET",
            "/subscriptions/*/resourceGroups/*/providers/Microsoft.MachineLearningServices/workspaces/*",
            &["ml-a"],
        )
    },
    call(
        "workspace listKeys",
        "POST",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.MachineLearningServices/workspaces/*/listKeys",
        &["ml-a"],
    ),
    Compared {
        status: 202,
        ..call(
            "workspace resyncKeys",
            "POST",
            "/subscriptions/*/resourceGroups/*/providers/Microsoft.MachineLearningServices/workspaces/*/resyncKeys",
            &["ml-a"],
        )
    },
    call(
        "datastore list",
        "GET",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.MachineLearningServices/workspaces/*/datastores",
        &["ml-a"],
    ),
    call(
        "datastore get",
        "GET",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.MachineLearningServices/workspaces/*/datastores/*",
        &["ml-a", "ds-raw"],
    ),
    call(
        "datastore listSecrets",
        "POST",
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.MachineLearningServices/workspaces/*/datastores/*/listSecrets",
        &["ml-a", "ds-raw"],
    ),
    Compared {
        since: "2021",
        ..call("vault get", "GET", "/subscriptions/*/resourceGroups/*/providers/Microsoft.KeyVault/vaults/*", &["kv-prod"])
    },
    Compared { body: r#"{"value":"v"}"#, ..call("secret set", "PUT", "/secrets/*", &["fresh"]) },
    Compared { body: r#"{"kty":"RSA"}"#, ..call("key create", "POST", "/keys/*/create", &["fresh"]) },
    Compared {
        body: r#"{"query":"resources | project id, type, properties"}"#,
        ..call("resource graph", "POST", "/providers/Microsoft.ResourceGraph/resources", &[])
    },
    call("locks of a group", "GET", "/subscriptions/*/resourceGroups/*/providers/Microsoft.Authorization/locks", &[]),
];

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

/// The world of the other stories with locators of each kind and a lock that is in nobody's way.
fn world() -> World {
    let mut world = production();
    world.media_accounts[0].streaming_locators = vec![
        StreamingLocator::new("guarded", "film", "Predefined_MultiDrmStreaming", "88888888-0000-4000-8000-000000000001"),
        StreamingLocator::new("key", "film", "Predefined_ClearKey", "88888888-0000-4000-8000-000000000002"),
    ];
    world.media_accounts[0].streaming_locators[1].default_content_key_policy_name = Some("anybody".to_owned());
    world.media_accounts[0].content_key_policies = vec!["anybody".to_owned()];
    let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/prod");
    world.locks = vec![Lock { scope: group, name: "audit".to_owned(), level: "CanNotDelete".to_owned() }];
    world
}

/// Makes one call in a fresh world.
pub(super) fn answer(compared: &Compared) -> Answer {
    let world = world();
    let clock = VirtualClock::new(OffsetDateTime::parse(&world.now, &Rfc3339).expect("a time"));
    let azure = Simulator::new(world, Arc::new(clock.clone())).expect("a sound world");
    let vault = !compared.template.starts_with("/subscriptions") && !compared.template.starts_with("/providers");
    let scope: &[&str] = match compared.template {
        template if template.contains("/resourceGroups/") => &[SUBSCRIPTION, "prod"],
        template if template.starts_with("/subscriptions/") => &[SUBSCRIPTION],
        _ => &[],
    };
    let mut names = scope.iter().chain(compared.names).copied();
    let path: Vec<&str> =
        compared.template.split('/').map(|it| if it == "*" { names.next().expect("a name for each star") } else { it }).collect();
    let (host, version) = if vault { ("kv-prod.vault.azure.net", "7.4") } else { ("management.azure.com", "2023-05-01") };
    let version = if compared.template.contains("MachineLearning") { "2024-04-01" } else { version };
    let url = format!("https://{host}{}?api-version={version}", path.join("/")).parse().expect("a URL");
    let method = match compared.method {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        _ => Method::Delete,
    };
    let mut request = Request::new(url, method);
    request.set_body(compared.body.to_owned());
    let scope = if vault { "https://vault.azure.net/.default" } else { "https://management.azure.com/.default" };
    let answer = clock.run(async {
        let token = azure.credential().get_token(&[scope], None).await.expect("a token");
        request.insert_header("authorization", format!("Bearer {}", token.token.secret()));
        let (status, headers, body) = azure.execute_request(&request).await.expect("an answer").deconstruct();
        let headers = headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_str().to_owned())).collect();
        let body = body.collect().await.expect("a body");
        Answer { status: status.into(), headers, body: String::from_utf8_lossy(&body).into_owned() }
    });
    answer.expect("nothing waits for ever")
}
