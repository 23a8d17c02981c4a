//! Microsoft's Postman collection of the procedure: each of its requests is sent in an equivalent form, or the documentation says why not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use keyroll::azure::client::{Client, ClientOptions, Unobserved};
use keyroll::azure::cloud::Cloud;
use keyroll::contract::world::World;
use keyroll::domain::customer_key::Wanted;
use keyroll::rotation::Cancel;
use keyroll::rotation::customer_key::{Draft, Engine};
use serde_json::Value;

use super::rig::{CALLER, Rig, empty, storage, wanted};
use super::wire::{Sent, Tap, lacking};
use crate::worlds::SUBSCRIPTION;

/// Where the corpus is; without it this is skipped, except in CI.
pub fn corpus() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/api");
    let folder = std::env::var_os("KEYROLL_CORPUS").map_or_else(beside, PathBuf::from);
    if folder.join("byok").is_dir() {
        return Some(folder);
    }
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "no corpus in {}; set KEYROLL_CORPUS", folder.display());
    eprintln!("SKIPPED: no corpus in {}; set KEYROLL_CORPUS", folder.display());
    None
}

/// The table of the documentation: request, whether it is sent, how or why not.
fn documented() -> BTreeMap<String, (String, String)> {
    let text = include_str!("../../../docs/customer-key.md");
    let rows = text.lines().skip_while(|line| !line.starts_with("| request of the collection")).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        (cells[0].to_owned(), (cells[1].to_owned(), cells[2].to_owned()))
    })
    .collect()
}

/// Everything that a pinned `apply` from nothing sends.
fn sent_by_apply() -> (Vec<Sent>, BTreeMap<&'static str, String>) {
    let rig = Rig::new(empty());
    let sent = Arc::new(Mutex::new(Vec::new()));
    let tap = Tap { beyond: rig.azure.transport(), sent: Arc::clone(&sent) };
    let client = Client::new(ClientOptions {
        transport: Arc::new(tap),
        cloud: Cloud::public(),
        credential: Some(rig.azure.credential()),
        clock: Arc::new(rig.clock.clone()),
        observer: Arc::new(Unobserved),
        client_request_id: None,
    });
    let engine = Engine {
        client: client.clone(),
        storage: Arc::new(rig.memory.clone()),
        listener: rig.heard.clone(),
        cancel: Cancel::new(),
        identity: None,
    };
    let draft = rig.run(Draft::of_apply(&client, Wanted { pinned: true, ..wanted() })).expect("lives").expect("reads");
    rig.run(engine.begin(Rig::start("run", draft))).expect("lives").expect("applies");
    let account = rig.run(client.media_encryption(&wanted().account)).expect("lives").expect("reads").expect("is there");
    let variables = BTreeMap::from([
        ("tenantId", World::default().tenant),
        ("servicePrincipalObjectId", CALLER.to_owned()),
        ("principalId", account.system.expect("an identity")),
        ("keyId", account.key.expect("a key").to_string()),
        ("storageAccountId", storage()),
        ("subscription", SUBSCRIPTION.to_owned()),
        ("resourceGroup", "prod".to_owned()),
        ("storageName", "stams1".to_owned()),
        ("accountName", "ams1".to_owned()),
        ("keyVaultName", "kvams1".to_owned()),
        ("keyName", "media".to_owned()),
        ("resourceLocation", "westeurope".to_owned()),
        ("armEndpoint", "management.azure.com".to_owned()),
        ("graphEndpoint", "graph.windows.net".to_owned()),
        ("aadEndpoint", "login.microsoftonline.com".to_owned()),
        ("keyVaultDomainSuffix", "vault.azure.net".to_owned()),
        ("servicePrincipalId", "app".to_owned()),
    ]);
    let sent = sent.lock().expect("no panic").clone();
    (sent, variables)
}

fn filled(text: &str, variables: &BTreeMap<&'static str, String>) -> String {
    variables.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value))
}

#[test]
fn every_request_of_the_collection_is_sent_or_the_documentation_says_why_not() {
    let Some(corpus) = corpus() else { return };
    let text = std::fs::read_to_string(corpus.join("byok/collection/BYOK.postman_collection.json")).expect("the collection");
    let collection: Value = serde_json::from_str(&text).expect("JSON");
    let requests = collection["item"].as_array().expect("requests");
    let table = documented();
    let names: Vec<&str> = requests.iter().map(|request| request["name"].as_str().expect("a name")).collect();
    assert_eq!(
        names.iter().filter(|name| !table.contains_key(**name)).collect::<Vec<_>>(),
        Vec::<&&str>::new(),
        "not documented"
    );
    assert_eq!(table.len(), names.len(), "something is documented that the collection does not have");

    let (sent, variables) = sent_by_apply();
    let mut compared = 0;
    for item in requests {
        let (name, request) = (item["name"].as_str().expect("a name"), &item["request"]);
        let url = filled(request["url"]["raw"].as_str().or(request["url"].as_str()).expect("a URL"), &variables);
        let place = url.trim_start_matches("https://").split('?').next().unwrap_or_default().to_ascii_lowercase();
        let ours: Vec<&Sent> = sent.iter().filter(|it| it.method == request["method"] && it.place == place).collect();
        let (how, why) = &table[name];
        assert!(!why.is_empty(), "{name}");
        if how == "no" || how == "by signing in" {
            assert!(ours.is_empty(), "{name} is documented as not sent by apply");
            continue;
        }
        let body: Value =
            serde_json::from_str(&filled(request["body"]["raw"].as_str().unwrap_or("null"), &variables)).expect("JSON");
        let best = ours
            .iter()
            .map(|sent| lacking("", &body, &sent.body))
            .min_by_key(Vec::len)
            .unwrap_or_else(|| panic!("{name} is not sent"));
        // Fewer permissions than the article gives, and its own media account no longer among those who may create keys.
        let known = |member: &String| member.starts_with("properties.accessPolicies[].permissions.keys") || member == "tags";
        assert_eq!(best.iter().filter(|member| !known(member)).collect::<Vec<_>>(), Vec::<&String>::new(), "{name}");
        compared += 1;
    }
    assert_eq!(compared, 5, "storage account, media account, vault, key, encryption");
}
