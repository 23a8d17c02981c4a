//! From the command line, against a world that this process serves: what is asked, told, kept, sealed and refused.

use std::path::Path;

use keyroll::contract::world::{Fault, FaultKind, Secret, Vault, World};
use serde_json::{Value, json};

use super::rig::world;
use crate::binary::refused;
use crate::host::{Host, KEY_VAULT, RESOURCE_MANAGER, token};
use crate::served::Azure;
use crate::worlds::id;

pub const RECREATE: &str = "recreate-locators media -g prod --account-name ams";
pub const SEAL_KEY: &str = "q8Xv0mZk3Jw5Yh7Tn1Rb9Lc2Pd4Gf6Sj8Ua0Ei2Oo4M=";

/// Every file below a folder, as text, the seal key's left out.
fn kept(folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            texts.extend(kept(&entry));
        } else if entry.file_name().is_some_and(|name| name != "seal.key") {
            texts.push(String::from_utf8_lossy(&std::fs::read(&entry).expect("a file")).into_owned());
        }
    }
    texts
}

#[track_caller]
fn leaks_nothing(azure: &Azure, told: &[&str]) {
    azure.leaks_nothing(told);
    let kept = kept(&azure.place.path("state"));
    azure.leaks_nothing(&kept.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn the_whole_way_by_hand() {
    let azure = Azure::serve(world(2, 5), 600);
    let before = azure.simulator.audit().streaming_locators;
    let dry = azure.run(&format!("{RECREATE} --dry-run"));
    assert_eq!((dry.code, dry.json()["locators"].as_array().map(Vec::len)), (0, Some(10)), "{dry:?}");
    assert!(!azure.place.path("state/seal.key").exists(), "nothing is sealed by looking");
    let unasked = azure.run(RECREATE);
    let problem = refused(&unasked, 12, "confirmationRequired");
    let question = problem["question"].as_str().expect("a question");
    assert!(
        question.contains("10 streaming locators of ams will be deleted and made again with their 12 content keys"),
        "{question}"
    );
    assert!(question.contains("a sync of the storage keys is enough"), "{question}");
    assert_eq!(azure.simulator.audit().calls_of("streamingLocator.delete"), 0);

    let done = azure.run(&format!("{RECREATE} --yes --run-id chg1 --events"));
    assert_eq!(done.code, 0, "{done:?}");
    let lines = done.json_lines();
    let report = lines.last().expect("the result");
    assert_eq!((&report["state"], &report["summary"]), (&json!("done"), &json!("10 restored")));
    assert_eq!(report["seal"]["kind"], "file");
    assert_eq!(lines[0]["seal"], report["seal"], "the head names the key");
    assert_eq!(azure.simulator.audit().streaming_locators, before);
    let key = std::fs::read_to_string(azure.place.path("state/seal.key")).expect("made");
    assert!(!done.stdout.contains(key.trim()) && !done.stderr.contains(key.trim()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(azure.place.path("state/seal.key")).expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert!(azure.run("status -o table").stdout.contains("ams (locators)"));
    assert_eq!(azure.run("report --run-id chg1").json()["schema"], "keyroll.locatorReport/1");
    assert_eq!(azure.run("report --verify").json()["entries"], json!(lines.len() - 1));
    let page = azure.place.path("report.html");
    let told = azure.run(&format!("report --run-id chg1 -o table --html {}", page.display()));
    assert!(told.code == 0 && told.stdout.contains("a locator was away for "), "{told:?}");
    let html = std::fs::read_to_string(&page).expect("the page");
    assert!(html.matches("<rect").count() == 10 && html.contains("loc-7"), "{html}");
    assert!(!html.contains("<script") && !html.contains("<link") && !html.contains("src="), "{html}");
    let again = azure.run(&format!("{RECREATE} --yes --run-id chg1"));
    assert_eq!((again.code, azure.simulator.audit().calls_of("streamingLocator.delete")), (0, 10));
    refused(&azure.run(&format!("{RECREATE} --yes --run-id chg1 --locator loc-1")), 11, "anotherRequest");
    leaks_nothing(&azure, &[&dry.stdout, &unasked.stderr, &done.stdout, &done.stderr, &told.stdout, &html]);
}

/// A run that stopped with one locator away; the third, which has content keys.
fn stopped(azure: &Azure, options: &str) {
    azure.simulator.add_fault(Fault::at("streamingLocator.put", 3, FaultKind::Status { code: 403 }));
    let stopped = azure.run(&format!("{RECREATE} --yes --run-id r1 --concurrency 1 {options}"));
    assert_eq!(stopped.code, 4, "{stopped:?}");
    assert!(stopped.stderr.contains("One locator is deleted; it is complete in the journal."), "{stopped:?}");
}

#[test]
fn a_seal_key_that_is_gone_is_told_and_given_back() {
    let azure = Azure::serve(world(2, 3), 600);
    let before = azure.simulator.audit().streaming_locators;
    stopped(&azure, "");
    refused(&azure.run(&format!("{RECREATE} --yes --run-id r2")), 9, "unfinishedRun");
    let place = azure.place.path("state/seal.key");
    let aside = azure.place.path("aside.key");
    std::fs::rename(&place, &aside).expect("lost");
    let lost = azure.run("resume");
    let problem = refused(&lost, 42, "sealKeyUnavailable");
    let message = problem["message"].as_str().expect("a message");
    assert!(message.contains("loc-2") && message.contains("1:"), "{problem}");
    assert!(problem["hints"].to_string().contains("seal.key back from a copy"), "{problem}");
    assert!(problem["hints"].to_string().contains("keyroll resume --run-id r1"), "{problem}");
    assert!(!place.exists(), "a new one would open nothing");
    let report = azure.run("report --run-id r1").json();
    assert_eq!(report["locators"][2]["state"], "deleted");
    assert_eq!(azure.simulator.audit().streaming_locators.len(), 5, "what has content keys stays where it is");
    // Whoever finds another key is told which one it has to be.
    std::fs::write(&place, format!("{SEAL_KEY}\n")).expect("another key");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o600)).expect("a mode");
    }
    let another = azure.run("resume");
    let problem = refused(&another, 42, "sealKeyDiffers");
    assert!(problem["message"].as_str().is_some_and(|message| message.contains("loc-2")), "{problem}");
    assert!(another.stderr.contains("warning: the seal key is 1:"), "{another:?}");
    let report = azure.run("report --run-id r1").json();
    assert_eq!(report["summary"], "5 restored, 1 deleted", "the others were looked at anew");
    std::fs::rename(&aside, &place).expect("found again");
    let back = azure.run("resume");
    assert_eq!((back.code, &back.json()["summary"]), (0, &json!("6 restored")), "{back:?}");
    assert_eq!(azure.simulator.audit().streaming_locators, before);
    leaks_nothing(&azure, &[&lost.stdout, &lost.stderr, &back.stdout, &back.stderr]);
}

#[cfg(unix)]
#[test]
fn a_seal_key_that_others_can_read_is_refused_before_anything_is_deleted() {
    use std::os::unix::fs::PermissionsExt as _;
    let azure = Azure::serve(world(1, 3), 600);
    let place = azure.place.file("state/seal.key", format!("{SEAL_KEY}\n"));
    for (mode, code) in [(0o644, 12), (0o600, 0)] {
        std::fs::set_permissions(&place, std::fs::Permissions::from_mode(mode)).expect("a mode");
        let ended = azure.run(&format!("{RECREATE} --yes"));
        assert_eq!(ended.code, code, "{ended:?}");
        if code != 0 {
            refused(&ended, 12, "sealKeyExposed");
            assert_eq!(azure.simulator.audit().calls_of("streamingLocator.delete"), 0);
        }
        assert!(!ended.stderr.contains(SEAL_KEY));
    }
}

/// With a vault that holds a seal key.
pub fn with_vault(value: &str) -> World {
    let mut world = world(1, 5);
    let mut vault = Vault::new(&id("Microsoft.KeyVault/vaults", "kv-prod"));
    vault.secrets = vec![Secret::new("locator-seal", value)];
    world.vaults = vec![vault];
    world
}

#[test]
fn a_secret_of_a_vault_seals_and_the_run_remembers_which() {
    let azure = Azure::serve(with_vault(SEAL_KEY), 600);
    let cloud = std::fs::read_to_string(azure.place.path("azure/cloud.json")).expect("the cloud");
    let cloud: Value = serde_json::from_str(&cloud).expect("JSON");
    let vault = format!("http://kv-prod.{}", cloud["keyVaultSuffix"].as_str().expect("a suffix"));
    let before = azure.simulator.audit().streaming_locators;
    for (secret, exit, code) in [
        (format!("{vault}/secrets/nothing"), 3, "noSuchSealKey"),
        (format!("{vault}/keys/locator-seal"), 2, "malformedSecretAddress"),
        ("https://evil.example/secrets/locator-seal".to_owned(), 2, "unknownVault"),
    ] {
        refused(&azure.run(&format!("{RECREATE} --yes --seal-key-secret {secret}")), exit, code);
    }
    assert_eq!(azure.simulator.audit().calls_of("streamingLocator.delete"), 0);
    stopped(&azure, &format!("--seal-key-secret {vault}/secrets/locator-seal"));
    let report = azure.run("report --run-id r1").json();
    assert_eq!(report["seal"]["kind"], "keyVault");
    let place = report["seal"]["place"].as_str().expect("an address");
    assert!(place.starts_with(&format!("{vault}/secrets/locator-seal/")), "with its version: {place}");
    let back = azure.run("resume");
    assert_eq!((back.code, &back.json()["summary"]), (0, &json!("5 restored")), "{back:?}");
    assert_eq!(azure.simulator.audit().streaming_locators, before);
    assert!(!azure.place.path("state/seal.key").exists());
    leaks_nothing(&azure, &[&back.stdout, &back.stderr]);
}

fn request(id: &str, command: &str, arguments: &Value, secrets: &Value) -> Value {
    json!({
        "v": 1, "id": id, "command": command, "confirmed": true, "arguments": arguments, "secrets": secrets,
        "context": { "auth": "host" }, "tokens": [token(RESOURCE_MANAGER, 90 * 86_400), token(KEY_VAULT, 90 * 86_400)],
    })
}

#[test]
fn a_host_hands_the_seal_key_over_and_is_told_when_it_does_not() {
    let azure = Azure::serve(world(1, 5), 600);
    let before = azure.simulator.audit().streaming_locators;
    azure.simulator.add_fault(Fault::at("streamingLocator.put", 3, FaultKind::Status { code: 403 }));
    let mut host = Host::greet(&azure.place);
    let arguments = json!({ "accountName": "ams", "resourceGroup": "prod", "runId": "r1", "concurrency": 1 });
    let mut ask = |id: &str, command: &str, arguments: &Value, secrets: &Value| {
        host.say(&request(id, command, arguments, secrets));
        host.answer()
    };
    let sealed = json!({ "sealKey": SEAL_KEY });
    let stopped = ask("1", "recreate-locators media", &arguments, &sealed);
    assert_eq!(stopped["problem"]["exitCode"], 4, "{stopped}");
    let without = ask("2", "resume", &json!({ "runId": "r1" }), &json!({}));
    assert_eq!((&without["problem"]["code"], &without["problem"]["exitCode"]), (&json!("sealKeyUnavailable"), &json!(42)));
    let back = ask("3", "resume", &json!({ "runId": "r1" }), &sealed);
    assert_eq!((&back["result"]["summary"], &back["result"]["seal"]["kind"]), (&json!("5 restored"), &json!("host")), "{back}");
    let heard = host.heard.join("\n");
    host.end();
    assert_eq!(azure.simulator.audit().streaming_locators, before);
    assert!(!heard.contains(SEAL_KEY) && !azure.place.path("state/seal.key").exists());
    assert!(kept(&azure.place.path("state")).iter().all(|text| !text.contains(SEAL_KEY)));
    leaks_nothing(&azure, &[&heard]);
}

#[test]
fn what_was_named_and_would_not_come_back_keeps_everything_where_it_is() {
    let mut world = world(1, 5);
    world.media_accounts[0].streaming_locators[4].end_time = Some("2026-01-02T00:00:00Z".into());
    let azure = Azure::serve(world, 600);
    let problem = refused(&azure.run(&format!("{RECREATE} --yes --locator loc-3,loc-4")), 12, "locatorWouldNotComeBack");
    assert!(problem["causes"].to_string().contains("it expired on 2026-01-02"), "{problem}");
    assert_eq!(azure.simulator.audit().calls_of("streamingLocator.delete"), 0);
    refused(&azure.run("recreate-locators media"), 2, "accountNameMissing");
    refused(&azure.run("recreate-locators media --account-name nobody --dry-run"), 3, "noSuchMediaAccount");
    refused(&azure.run(&format!("{RECREATE} --locator loc-99 --dry-run")), 3, "noSuchLocator");
    refused(&azure.run(&format!("{RECREATE} --expires-before tomorrow --dry-run")), 2, "usage");
    let table = azure.run(&format!("{RECREATE} --dry-run -o table"));
    assert!(table.stdout.contains("4 recreated, 1 left") && table.stdout.contains("streaming"), "{table:?}");
}

#[test]
fn whoever_may_delete_and_not_make_deletes_nothing() {
    let mut world = world(1, 1);
    world.caller.missing_actions.push("Microsoft.Media/mediaservices/streamingLocators/write".into());
    let azure = Azure::serve(world, 600);
    let problem = refused(&azure.run(&format!("{RECREATE} --yes")), 4, "missingPermissions");
    assert!(problem["message"].as_str().is_some_and(|message| message.contains("streamingLocators/write")), "{problem}");
    assert_eq!(azure.simulator.audit().calls_of("streamingLocator.delete"), 0);
    assert_eq!(azure.run(&format!("{RECREATE} --dry-run")).code, 0, "looking is allowed");
}
