//! The real binary on a served world: the article's values as JSON, questions, every command that knows runs, and a host.

use serde_json::{Value, json};

use super::rig::CALLER;
use crate::binary::{Ended, refused, text};
use crate::host::{Host, RESOURCE_MANAGER, token};
use crate::served::{Azure, lonely};

/// The application that the simulated directory's tokens are of.
const APPLICATION: &str = "00000000-0000-0000-0000-00000000a991";

/// The article's values, as far as one cloud is like another.
fn values() -> Value {
    json!({
        "servicePrincipalObjectId": CALLER, "servicePrincipalId": APPLICATION, "resourceGroup": "prod", "accountName": "ams1", "storageName": "stams1",
        "keyVaultName": "kvams1", "keyName": "media", "resourceLocation": "westeurope",
        "graphResource": "https://graph.windows.net/",
    })
}

fn apply(azure: &Azure, more: &str) -> Ended {
    azure.place.run_with(&format!("customer-key apply --input - {more}"), values().to_string().as_bytes())
}

#[test]
fn the_articles_values_as_json_bring_everything_about_once() {
    let azure = Azure::serve(lonely(), 600);
    let dry = apply(&azure, "--dry-run --detailed-exitcode");
    assert_eq!(dry.code, 10, "{dry:?}");
    let plan = dry.json();
    assert_eq!(plan["schema"], "keyroll.customerKeyPlan/1");
    assert_eq!(plan["steps"].as_array().map(Vec::len), Some(6), "{plan}");
    assert!(!azure.place.has_runs());

    let asked = refused(&apply(&azure, "--run-id byok"), 12, "confirmationRequired");
    assert!(asked["question"].as_str().expect("a question").contains("cannot be turned off again"), "{asked}");
    assert!(asked["hints"][0].as_str().expect("a hint").contains("--key-vault-name kvams1"), "{asked}");

    let done = apply(&azure, "--yes --run-id byok --change-reference CHG7 --events");
    assert_eq!(done.code, 0, "{done:?}");
    let lines = done.json_lines();
    let (report, events) = lines.split_last().expect("a result");
    assert_eq!((report["schema"].as_str(), report["state"].as_str()), (Some("keyroll.customerKeyReport/1"), Some("done")));
    assert_eq!((report["created"].as_array().map(Vec::len), report["changeReference"].as_str()), (Some(4), Some("CHG7")));
    assert!(events.iter().all(|event| event["schema"] == "keyroll.customerKeyEvent/1" && event["runId"] == "byok"));

    let again = apply(&azure, "--yes --run-id byok");
    assert_eq!((again.code, &again.json()), (0, report), "the stored report comes again");
    assert_eq!(apply(&azure, "--dry-run --detailed-exitcode").code, 0, "nothing is missing");
    let other = azure.run("customer-key roll -g prod -a ams1 --run-id byok");
    refused(&other, 11, "anotherRequest");
    refused(&azure.run("rotate --storage-account stprod --yes --run-id byok"), 11, "anotherRequest");

    assert_eq!(azure.run("report").json(), *report);
    assert_eq!(azure.run("status").json()["runs"][0]["runId"], "byok");
    let table = azure.run("status -o table").stdout;
    assert!(table.contains("ams1 (customer-key apply)"), "{table}");
    assert_eq!(azure.run("report --verify --run-id byok").json()["entries"].as_u64(), Some(events.len() as u64));
    let shown = azure.run("customer-key show -a ams1").json();
    assert_eq!((shown["encryption"].as_str(), shown["keyState"].as_str()), (Some("customerKey"), Some("enabled")));
    assert_eq!(
        (shown["findings"].as_array().map(Vec::len), shown["wouldBreak"].as_array().map(Vec::len)),
        (Some(0), Some(1)),
        "{shown}"
    );
    let journal = text(&azure.place.path("state/runs/byok/journal.jsonl"));
    azure.leaks_nothing(&[&done.stdout, &done.stderr, &journal, &dry.stdout, &table]);
    assert_eq!(azure.simulator.audit().unreadable, Vec::<String>::new());
}

#[test]
fn a_roll_is_left_and_gone_on_with_and_a_removal_asks() {
    let azure = Azure::serve(lonely(), 600);
    assert_eq!(apply(&azure, "--yes").code, 0);
    let waiting = azure.run("customer-key roll -g prod -a ams1 --run-id r1 --no-wait --detailed-exitcode");
    assert_eq!((waiting.code, waiting.json()["state"].as_str()), (8, Some("waiting")), "{waiting:?}");
    refused(&azure.run("customer-key roll -g prod -a ams1"), 9, "unfinishedRun");
    let table = azure.run("status --run-id r1 -o table").stdout;
    assert!(table.contains("keyroll resume --run-id r1"), "{table}");
    assert_eq!(azure.run("step").code, 0);
    let done = azure.run("resume");
    assert_eq!((done.code, done.json()["state"].as_str()), (0, Some("done")), "{done:?}");
    assert_eq!(azure.run("wait --run-id r1").json()["state"], "done");

    let table = azure.run("customer-key show -g prod -a ams1 -o table").stdout;
    assert!(table.contains("follows new ones") && table.contains("would break"), "{table}");
    refused(&azure.run("customer-key remove -g prod -a ams1"), 12, "confirmationRequired");
    refused(&azure.run("customer-key remove -g prod -a ams1 --delete stprod --yes"), 12, "notCreatedByUs");
    let removed = azure.run("customer-key remove -g prod -a ams1 --yes");
    assert_eq!(removed.code, 0, "{removed:?}");
    assert_eq!(azure.simulator.audit().deleted, Vec::<String>::new(), "--yes alone deletes nothing");
    let deleted = azure.run("customer-key remove -g prod -a ams1 --delete media,kvams1 --yes");
    assert_eq!(deleted.code, 0, "{deleted:?}");
    assert_eq!(azure.simulator.audit().deleted.len(), 2);
    assert_eq!(azure.run("customer-key show -g prod -a ams1").json()["encryption"], "systemKey");
    assert_eq!(azure.simulator.audit().unreadable, Vec::<String>::new());
}

#[test]
fn a_run_that_was_begun_can_be_ended() {
    let azure = Azure::serve(lonely(), 600);
    assert_eq!(apply(&azure, "--yes").code, 0);
    assert_eq!(azure.run("customer-key roll -g prod -a ams1 --run-id r1 --no-wait").code, 0);
    assert_eq!(azure.run("abort --run-id r1").json()["state"], "aborted");
    assert_eq!(azure.run("customer-key roll -g prod -a ams1 --run-id r2").json()["state"], "done");
}

#[test]
fn a_dry_run_with_the_id_of_an_unfinished_run_only_shows_the_steps() {
    use keyroll::contract::world::{Fault, FaultKind};
    let azure = Azure::serve(lonely(), 600);
    let journal = |run: &str| text(&azure.place.path(&format!("state/runs/{run}/journal.jsonl")));
    let only_shows = |run: &str, dry: Ended, before: String| {
        assert_eq!((dry.code, &dry.json()["schema"]), (0, &json!("keyroll.customerKeyPlan/1")), "{dry:?}");
        assert_eq!(journal(run), before, "{run} stands where it stood");
    };
    let refuse = |route: &str| azure.simulator.add_fault(Fault::at(route, 1, FaultKind::Status { code: 403 }));

    refuse("storage.put");
    assert_ne!(apply(&azure, "--yes --run-id a1").code, 0);
    let before = journal("a1");
    only_shows("a1", apply(&azure, "--yes --run-id a1 --dry-run"), before);
    assert_eq!(azure.simulator.audit().calls_of("storage.put"), 1);
    assert_eq!(apply(&azure, "--yes --run-id a1").code, 0);

    let roll = "customer-key roll -g prod -a ams1 --run-id r1";
    assert_eq!(azure.run(&format!("{roll} --no-wait")).code, 0);
    let before = journal("r1");
    only_shows("r1", azure.run(&format!("{roll} --dry-run")), before);
    assert_eq!(azure.run(roll).code, 0);

    let remove = "customer-key remove -g prod -a ams1 --delete media --yes --run-id d1";
    refuse("key.delete");
    assert_ne!(azure.run(remove).code, 0);
    let before = journal("d1");
    only_shows("d1", azure.run(&format!("{remove} --dry-run")), before);
    assert_eq!(azure.simulator.audit().calls_of("key.delete"), 1);
}

#[test]
fn a_secret_is_refused_and_not_repeated() {
    let azure = Azure::serve(lonely(), 600);
    let mut values = values();
    values["servicePrincipalSecret"] = json!("hunter2-hunter2");
    let piped = azure.place.run_with("customer-key apply --input -", values.to_string().as_bytes());
    let problem = refused(&piped, 2, "unknownMembers");
    assert!(problem["message"].as_str().expect("text").contains("servicePrincipalSecret"), "{problem}");
    assert!(problem["hints"][0].as_str().expect("text").contains("--auth"), "{problem}");
    let written = azure.run("customer-key apply -g prod -a ams1 --service-principal-secret=hunter2-hunter2");
    assert_eq!(written.code, 2, "{written:?}");
    for ended in [piped, written] {
        assert!(!ended.stdout.contains("hunter2") && !ended.stderr.contains("hunter2"), "{ended:?}");
    }
}

#[test]
fn what_is_missing_or_of_another_cloud_is_said() {
    let azure = Azure::serve(lonely(), 600);
    let run = |line: &str| azure.run(&format!("customer-key {line}"));
    refused(&run("apply -g prod -a ams1 --key-name media"), 2, "keyVaultNameMissing");
    refused(&run("apply -g prod -a ams1 --key-vault-name kv"), 2, "keyNameMissing");
    refused(&run("apply -g prod -a ams1 --key-vault-name kv --key-name a_b"), 2, "malformedKeyName");
    refused(&run("apply -g prod --key-vault-name kv --key-name k"), 2, "accountNameMissing");
    refused(&run("apply -a ams1 --key-vault-name kv --key-name k"), 2, "placeMissing");
    refused(
        &run("apply -g prod -a ams1 --key-vault-name kv --key-name k --arm-endpoint management.azure.com"),
        2,
        "valueOfAnotherCloud",
    );
    refused(
        &run("apply -g prod -a ams1 --key-vault-name kv --key-name k --service-principal-id other"),
        2,
        "anotherServicePrincipal",
    );
    refused(
        &run("apply -g prod -a ams1 --key-vault-name kv --key-name k --storage-name a --storage-account b"),
        2,
        "twoStorageAccounts",
    );
    refused(&run("show -g prod -a ams1"), 3, "noSuchMediaAccount");
    refused(&run("roll -g prod -a ams1"), 3, "noSuchMediaAccount");
    refused(&run("remove -g prod -a ams1 --yes"), 3, "noSuchMediaAccount");
    assert_eq!(run("apply -g prod -a ams1 --key-size 1024").code, 2);
    assert!(!azure.place.has_runs());
}

#[test]
fn a_host_is_asked_and_sees_the_events() {
    let azure = Azure::serve(lonely(), 600);
    let mut host = Host::greet(&azure.place);
    let request = |id: &str, confirmed: bool| {
        let mut arguments = values();
        arguments["runId"] = json!("byok");
        let cloud: Value = serde_json::from_str(&text(&azure.place.path("azure/cloud.json"))).expect("JSON");
        json!({
            "v": 1, "id": id, "command": "customer-key apply", "arguments": arguments, "confirmed": confirmed,
            "context": { "auth": "host", "cloud": cloud },
            "tokens": [token(RESOURCE_MANAGER, 3600), token("https://vault.azure.net/.default", 3600)],
        })
    };
    let asked = host.ask(&request("1", false));
    assert_eq!(asked["problem"]["code"], "confirmationRequired", "{asked}");
    host.say(&request("2", true));
    let started = host.event("started");
    assert_eq!(started["event"]["schema"], "keyroll.customerKeyEvent/1", "{started}");
    let done = host.answer();
    assert_eq!((&done["id"], &done["result"]["state"]), (&json!("2"), &json!("done")), "{done}");
    let heard = host.heard.join("\n");
    assert_eq!(host.end().code, 0);
    azure.leaks_nothing(&[&heard]);
}
