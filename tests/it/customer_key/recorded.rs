//! What real services answered, and what the specifications say they answer, through the real client.

use std::collections::BTreeMap;

use keyroll::domain::customer_key::{Access, Identity, KeyFound, KeyId, VaultFound, Wanted};
use keyroll::domain::resource_id::ResourceId;
use serde_json::Value;

use super::collection::corpus;
use super::rig::wanted;
use super::wire::{Recorded, lacking, replaying};

const SOURCE: &str = "azure-cli@2021-02/ams/tests/latest/recordings/test_ams_encryption_set_show.yaml";

fn recording(corpus: &std::path::Path) -> BTreeMap<u64, (Recorded, Value)> {
    let text = std::fs::read_to_string(corpus.join("recordings.jsonl")).expect("the recordings");
    let ours = text.lines().filter(|line| line.contains(SOURCE)).map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    ours.map(|record| {
        let url: url::Url = record["u"].as_str().expect("a URL").parse().expect("a URL");
        let headers = record["h"].as_object().into_iter().flatten();
        let recorded = Recorded {
            method: record["m"].as_str().expect("a method").to_owned(),
            place: format!("{}{}", url.host_str().unwrap_or_default(), url.path()).to_ascii_lowercase(),
            status: u16::try_from(record["s"].as_u64().expect("a status")).expect("a status"),
            headers: headers.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect(),
            answer: record["rs"].as_str().unwrap_or_default().to_owned(),
        };
        let asked = record["rq"].as_str().and_then(|body| serde_json::from_str(body).ok()).unwrap_or(Value::Null);
        (record["i"].as_u64().expect("an order"), (recorded, asked))
    })
    .collect()
}

#[test]
fn the_recorded_encryption_is_carried_out_call_by_call() {
    let Some(corpus) = corpus() else { return };
    let recording = recording(&corpus);
    assert_eq!(recording.len(), 12);
    let (client, clock, sent) = replaying(recording.values().map(|(recorded, _)| recorded.clone()).collect());
    let group = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/clitest.rg000001/providers";
    let id = |rest: &str| format!("{group}/{rest}").parse::<ResourceId>().expect("an id");
    let storage = id("Microsoft.Storage/storageAccounts/clitest000002");
    let mine = Wanted {
        account: id("Microsoft.Media/mediaservices/ams000004"),
        storage: Some(storage.clone()),
        location: Some("centralus".into()),
        vault: id("Microsoft.KeyVault/vaults/clitest000003"),
        tenant: "72f988bf-86f1-41af-91ab-2d7cd011db47".into(),
        operator: Some("508c96e0-d4ff-4c30-b886-34c377353339".into()),
        key: "https://clitest000003.vault.azure.net/keys/ams000005".parse().expect("a key"),
        ..wanted()
    };
    let story = async {
        client.create_media_account(&mine, &storage, "run").await?;
        client.create_vault(&mine, None, "run").await?;
        // The first answer is the 401 challenge: the token is renewed once, and the key made once.
        let (key, _) = client.create_key(&mine.key, 2048, "run").await?;
        let vault = client.vault_found(&mine.vault).await?;
        client.encrypt_media_account(&mine.account, &key.id, &Identity::System).await?;
        client.delete_media_account(&mine.account).await?;
        client.delete_vault(&mine.vault).await?;
        Ok::<_, keyroll::domain::problem::Problem>((key, vault))
    };
    let (key, vault) = clock.run_unless(story, || false).expect("nobody dies").expect("as recorded");
    assert_eq!((key.size, key.id.version.as_deref()), (2048, Some("cc0e509c280449b990ca6aee5ceec3e8")));
    let VaultFound::Present(vault) = vault else { panic!("the vault is there") };
    assert!(vault.purge_protection && vault.soft_delete && vault.access == Access::Policies);
    let operator = mine.operator.as_deref().expect("known");
    assert!(vault.grants(operator, &["get", "create", "delete", "recover", "update", "list"]));

    let sent = sent.lock().expect("no panic").clone();
    for (order, kept_apart) in [(0, ""), (3, "properties.accessPolicies[].permissions"), (5, ""), (10, "")] {
        let (recorded, asked) = &recording[&order];
        let ours = sent.iter().filter(|it| it.method == recorded.method && it.place == recorded.place);
        let best = ours.map(|it| lacking("", asked, &it.body)).min_by_key(Vec::len).expect("it was sent");
        let other: Vec<&String> = best
            .iter()
            .filter(|member| kept_apart.is_empty() || !member.starts_with(kept_apart))
            // az writes a retention that is the default anyway.
            .filter(|member| *member != "properties.softDeleteRetentionInDays")
            .collect();
        assert_eq!(other, Vec::<&String>::new(), "exchange {order}");
    }
}

fn example(corpus: &std::path::Path, path: &str) -> Value {
    let text = std::fs::read_to_string(corpus.join("examples").join(path)).expect(path);
    serde_json::from_str::<Value>(&text).expect("JSON")["responses"]["200"]["body"].clone()
}

/// Whatever is asked is answered with this.
fn answering(body: &Value) -> Vec<Recorded> {
    vec![Recorded { method: String::new(), place: String::new(), status: 200, headers: Vec::new(), answer: body.to_string() }]
}

#[test]
fn the_specifications_examples_are_understood() {
    let Some(corpus) = corpus() else { return };
    let key: KeyId = "https://myvault.vault.azure.net/keys/k".parse().expect("a key");
    for version in ["2021-11-01", "2023-01-01"] {
        let body = example(&corpus, &format!("mediaservices-accounts/{version}/accounts-get-by-name.json"));
        let (client, clock, _) = replaying(answering(&body));
        let account = clock
            .run_unless(client.media_encryption(&wanted().account), || false)
            .expect("lives")
            .expect("understood")
            .expect("is there");
        assert_eq!(account.current.expect("a version").version.as_deref(), Some("ver1"), "{version}");
        assert!(account.key_identity.is_some() && !account.users.is_empty(), "{version}");
    }
    let (client, clock, _) = replaying(answering(&example(&corpus, "keyvault-data/7.5/GetKey-example.json")));
    let found = clock.run_unless(client.key(&key), || false).expect("lives").expect("understood");
    assert!(matches!(found, KeyFound::Present(key) if key.kind == "RSA" && key.size == 2048 && key.enabled));
    let (client, clock, _) = replaying(answering(&example(&corpus, "keyvault-data/7.5/CreateKey-example.json")));
    clock.run_unless(client.create_key(&key, 2048, "run"), || false).expect("lives").expect("understood");
    let mut versions = example(&corpus, "keyvault-data/7.5/GetKeyVersions-example.json");
    versions["nextLink"] = Value::Null;
    let (client, clock, _) = replaying(answering(&versions));
    assert_eq!(clock.run_unless(client.key_versions(&key), || false).expect("lives").expect("understood").len(), 1);
    for path in ["keyvault/2023-07-01/getVault.json", "keyvault/2023-07-01/createVault.json"] {
        let (client, clock, _) = replaying(answering(&example(&corpus, path)));
        let found = clock.run_unless(client.vault_found(&wanted().vault), || false).expect("lives").expect("understood");
        assert!(found.present().is_some_and(|vault| !vault.policies.is_empty()), "{path}");
    }
    let mut deleted = example(&corpus, "keyvault/2023-07-01/listDeletedVaults.json");
    deleted["nextLink"] = Value::Null;
    let name = deleted["value"][0]["name"].as_str().expect("a name").to_owned();
    let gone = Recorded { status: 404, answer: "{}".into(), ..answering(&Value::Null).remove(0) };
    let (client, clock, _) = replaying([vec![gone], answering(&deleted)].concat());
    let id = ResourceId::new("s", "g", "Microsoft.KeyVault", "vaults", &name);
    let found = clock.run_unless(client.vault_found(&id), || false).expect("lives").expect("understood");
    assert!(matches!(found, VaultFound::Deleted { purged: Some(_), .. }), "{found:?}");
}
