//! Recorded answers of real services, and every specification example, through the real client code.
//!
//! The corpus is third-party material outside the repository (see [`corpus::folder`]).

mod corpus;
mod operations;
mod replay;
mod shapes;
mod streaming_locators;

use std::collections::BTreeMap;
use std::io::Write as _;

use self::operations::{operation, send};
use self::replay::Exchange;

/// How often each operation was replayed when this was written; the counts may grow and must not shrink.
const FLOORS: [(&str, usize); 34] = [
    ("batch get", 1),
    ("batch list", 1),
    ("batch syncAutoStorageKeys", 1),
    ("datastore get", 1),
    ("datastore list", 1),
    ("datastore listSecrets", 1),
    ("datastore put", 2),
    ("locator contentKeyPolicy", 5),
    ("locator delete", 6),
    ("locator get", 7),
    ("locator list", 6),
    ("locator listContentKeys", 2),
    ("locator policy", 3),
    ("locator put", 11),
    ("locks of a group", 2),
    ("locks of a subscription", 2),
    ("managed storage list", 1),
    ("media assets", 2),
    ("media get", 37),
    ("media list group", 5),
    ("media listContainerSas", 3),
    ("media syncStorageKeys", 2),
    ("resource graph", 6),
    ("secret get version", 1),
    ("secret set", 15),
    ("storage get", 65),
    ("storage list", 3),
    ("storage list group", 4),
    ("storage listKeys", 72),
    ("storage regenerateKey", 10),
    ("vault get", 17),
    ("workspace get", 1),
    ("workspace listKeys", 1),
    ("workspace resyncKeys", 1),
];

/// How many answers of specification examples were parsed for each operation.
const EXAMPLE_FLOORS: [(&str, usize); 34] = [
    ("batch get", 17),
    ("batch syncAutoStorageKeys", 15),
    ("datastore get", 1),
    ("datastore list", 1),
    ("datastore listSecrets", 1),
    ("datastore put", 8),
    ("locator delete", 4),
    ("locator get", 3),
    ("locator list", 2),
    ("locator listContentKeys", 2),
    ("managed storage get", 1),
    ("managed storage list", 1),
    ("media assets", 6),
    ("media get", 4),
    ("media list", 3),
    ("media list group", 3),
    ("media listContainerSas", 2),
    ("media syncStorageKeys", 3),
    ("resource graph", 33),
    ("secret get", 1),
    ("secret list", 1),
    ("secret set", 1),
    ("secret versions", 1),
    ("storage get", 9),
    ("storage list", 2),
    ("storage list group", 2),
    ("storage listKeys", 3),
    ("storage regenerateKey", 3),
    ("vault get", 1),
    ("vault list", 1),
    ("workspace get", 2),
    ("workspace list", 4),
    ("workspace listKeys", 2),
    ("workspace resyncKeys", 4),
];

/// Past the test harness, which would keep it from a passing test.
fn say(text: &str) {
    let mut stderr = std::io::stderr().lock();
    writeln!(stderr, "{text}").expect("stderr can be written");
}

/// Why an exchange is not replayed, if it is not.
fn skipped(exchange: &Exchange) -> Option<&'static str> {
    let kerberos =
        exchange.request.as_ref().is_some_and(|body| body["keyName"].as_str().is_some_and(|name| name.starts_with("kerb")));
    match exchange.answer.trim_end() {
        "*" => Some("its answer is `*`"),
        answer if answer.ends_with('…') => Some("its answer was cut"),
        _ if kerberos => Some("it asks for a Kerberos key"),
        _ if exchange.method == "PUT" && exchange.request.is_none() && exchange.status < 300 => {
            Some("its request was not recorded")
        }
        _ => None,
    }
}

#[derive(Default)]
struct Tally {
    counts: BTreeMap<&'static str, usize>,
    versions: BTreeMap<String, usize>,
    skipped: BTreeMap<String, usize>,
}

impl Tally {
    fn print(&self, title: &str) {
        let lines = |tallied: &mut dyn Iterator<Item = (&str, usize)>| {
            tallied.fold(String::new(), |text, (name, count)| text + &format!("  {count:4}  {name}\n"))
        };
        let strings = |map: &BTreeMap<String, usize>| lines(&mut map.iter().map(|(name, count)| (name.as_str(), *count)));
        let counts = lines(&mut self.counts.iter().map(|(name, count)| (*name, *count)));
        say(&format!("{title}\n{counts}versions\n{}skipped\n{}", strings(&self.versions), strings(&self.skipped)));
    }

    fn hold(&self, floors: &[(&str, usize)]) {
        for (name, floor) in floors {
            let count = self.counts.get(name).copied().unwrap_or_default();
            assert!(count >= *floor, "{name}: {count} were replayed, {floor} before");
        }
        for name in self.counts.keys() {
            assert!(floors.iter().any(|(known, _)| known == name), "{name} has no floor yet: {}", self.counts[name]);
        }
    }
}

#[tokio::test]
async fn recorded_answers_go_through_the_client() {
    let Some(folder) = corpus::folder() else { return };
    let mut tally = Tally::default();
    for exchange in corpus::recordings(&folder) {
        let Some(name) = operation(&exchange.method, &exchange.path) else { continue };
        if let Some(why) = skipped(&exchange) {
            *tally.skipped.entry(format!("{name}: {why} ({})", exchange.source)).or_default() += 1;
            continue;
        }
        let (client, bodies) = replay::client(&exchange);
        let result = send(name, &client, &exchange).await;
        match (exchange.status, result) {
            (200..=299, Ok(())) => {}
            (200..=299, Err(problem)) => panic!("{name} of {}: {problem}", exchange.source),
            (status, Ok(())) => panic!("{name} of {}: {status} was taken for a success", exchange.source),
            (status, Err(problem)) => assert_eq!(problem.http_status, Some(status), "{name} of {}: {problem}", exchange.source),
        }
        if let (Some(recorded), "media syncStorageKeys" | "storage regenerateKey" | "datastore put" | "locator put") =
            (&exchange.request, name)
        {
            let sent = bodies.lock().expect("lock").first().cloned().expect("a body was sent");
            let comparable = |body: &serde_json::Value| match name {
                "locator put" => streaming_locators::comparable(body),
                _ => body.clone(),
            };
            assert_eq!(comparable(&sent), comparable(recorded), "{name} of {}", exchange.source);
        }
        *tally.counts.entry(name).or_default() += 1;
        *tally.versions.entry(format!("{name} {}", exchange.version)).or_default() += 1;
    }
    tally.print("recorded exchanges");
    tally.hold(&FLOORS);
}

/// Provider folder, operation, example names.
const EXAMPLES: [(&str, &str, &[&str]); 34] = [
    (
        "storage",
        "storage get",
        &[
            "StorageAccountGetProperties",
            "StorageAccountGetPropertiesCMKEnabled",
            "StorageAccountGetPropertiesCMKVersionExpirationTime",
            "StorageAccountGetPropertiesGeoReplicationStatscanFailoverFalse",
            "StorageAccountGetPropertiesGeoReplicationStatscanFailoverTrue",
            "StorageAccountGetAsyncSkuConversionStatus",
        ],
    ),
    ("storage", "storage list", &["StorageAccountList"]),
    ("storage", "storage list group", &["StorageAccountListByResourceGroup"]),
    ("storage", "storage listKeys", &["StorageAccountListKeys"]),
    ("storage", "storage regenerateKey", &["StorageAccountRegenerateKey"]),
    ("mediaservices-accounts", "media get", &["accounts-get-by-name", "accounts-subscription-get-by-name"]),
    ("mediaservices-accounts", "media list", &["accounts-subscription-list-all-accounts"]),
    ("mediaservices-accounts", "media list group", &["accounts-list-all-accounts"]),
    ("mediaservices-accounts", "media syncStorageKeys", &["accounts-sync-storage-keys"]),
    ("mediaservices-metadata", "media assets", &["assets-list-all", "assets-list-by-date", "assets-list-in-date-range"]),
    ("mediaservices-metadata", "media listContainerSas", &["assets-list-sas-urls"]),
    ("mediaservices-metadata", "locator list", &["streaming-locators-list"]),
    ("mediaservices-metadata", "locator get", &["streaming-locators-get-by-name"]),
    ("mediaservices-metadata", "locator delete", &["streaming-locators-delete"]),
    ("mediaservices-metadata", "locator listContentKeys", &["streaming-locators-list-content-keys"]),
    ("machinelearningservices", "workspace get", &["Workspace/get"]),
    ("machinelearningservices", "workspace list", &["Workspace/listBySubscription", "Workspace/listByResourceGroup"]),
    ("machinelearningservices", "workspace listKeys", &["Workspace/listKeys"]),
    ("machinelearningservices", "datastore list", &["Datastore/list"]),
    ("machinelearningservices", "datastore get", &["Datastore/get"]),
    ("machinelearningservices", "datastore listSecrets", &["Datastore/listSecrets"]),
    ("machinelearningservices", "workspace resyncKeys", &["Workspace/resyncKeys"]),
    (
        "machinelearningservices",
        "datastore put",
        &[
            "AzureBlobWAccountKey/createOrUpdate",
            "AzureFileWAccountKey/createOrUpdate",
            "AzureDataLakeGen1WServicePrincipal/createOrUpdate",
            "AzureDataLakeGen2WServicePrincipal/createOrUpdate",
        ],
    ),
    ("batch", "batch get", &["BatchAccountGet"]),
    ("batch", "batch syncAutoStorageKeys", &["BatchAccountSynchronizeAutoStorageKeys"]),
    ("keyvault", "vault get", &["getVault"]),
    ("keyvault", "vault list", &["listVaultBySubscription"]),
    ("keyvault-data", "secret get", &["GetSecret-example"]),
    ("keyvault-data", "secret list", &["GetSecrets-example"]),
    ("keyvault-data", "secret versions", &["GetSecretVersions-example"]),
    ("keyvault-data", "secret set", &["SetSecret-example"]),
    ("keyvault-data", "managed storage list", &["listStorageAccount"]),
    ("keyvault-data", "managed storage get", &["getStorageAccount"]),
    (
        "resourcegraph",
        "resource graph",
        &[
            "ResourcesAliasQuery",
            "ResourcesBasicQuery",
            "ResourcesComplexQuery",
            "ResourcesFacetQuery",
            "ResourcesFilterQuery",
            "ResourcesFirstPageQuery",
            "ResourcesMgBasicQuery",
            "ResourcesNextPageQuery",
            "ResourcesPropertiesQuery",
            "ResourcesQueryOptions",
            "ResourcesRandomPageQuery",
            "ResourcesSummarizeQuery",
            "ResourcesTenantBasicQuery",
        ],
    ),
];

#[tokio::test]
async fn specification_examples_go_through_the_client() {
    let Some(folder) = corpus::folder() else { return };
    let mut tally = Tally::default();
    for (provider, name, files) in EXAMPLES {
        let (_, method, template) = operations::OPERATIONS.iter().find(|(known, ..)| *known == name).expect("an operation");
        let id = format!("\"id\":\"{}{}\"", template.replace('*', "x"), if template.ends_with('*') { "" } else { "/x" });
        for file in corpus::example_files(&folder, provider, files) {
            for (status, body) in corpus::example_answers(&file) {
                // Some examples have a placeholder where an id or a host stands.
                let text = body.to_string().replace("\"id\":\"string\"", &id).replace("{BaseUri}", "myvault.vault.azure.net");
                let exchange = Exchange {
                    source: format!("examples/{provider}/{}", file.file_name().expect("a name").to_string_lossy()),
                    method: (*method).to_owned(),
                    path: template.replace('*', "x"),
                    host: vault_host(&text),
                    version: String::new(),
                    status,
                    headers: Vec::new(),
                    request: None,
                    answer: if body.is_null() { String::new() } else { text },
                    following: Vec::new(),
                };
                let (client, _) = replay::client(&exchange);
                if let Err(problem) = send(name, &client, &exchange).await {
                    panic!("{name} of {} ({}): {problem}", exchange.source, file.display());
                }
                *tally.counts.entry(name).or_default() += 1;
            }
        }
    }
    tally.print("specification examples");
    tally.hold(&EXAMPLE_FLOORS);
}

/// The vault that an example is about: its next link must not leave it.
fn vault_host(body: &str) -> String {
    let mut hosts =
        body.rsplit("nextLink").next().unwrap_or(body).split("https://").skip(1).filter_map(|rest| rest.split(['/', ':']).next());
    hosts.find(|host| host.ends_with(".vault.azure.net")).unwrap_or("x.vault.azure.net").to_owned()
}

#[test]
fn python_byte_strings_are_unwrapped_as_often_as_they_are_wrapped() {
    assert_eq!(corpus::unwrapped(r#"{"a":1}"#), r#"{"a":1}"#);
    assert_eq!(corpus::unwrapped(r#"b'{"a":1}'"#), r#"{"a":1}"#);
    assert_eq!(corpus::unwrapped(r#"b'b\'{"a":"it\\\'s"}\''"#), r#"{"a":"it's"}"#);
}
