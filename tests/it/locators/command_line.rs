//! From the command line, against a world that this process serves: what is asked, told, kept, and refused.

use keyroll::contract::world::{Fault, FaultKind};
use serde_json::json;

use super::rig::{certificate, media, world};
use crate::binary::refused;
use crate::served::Azure;
use crate::worlds::account;

pub const RECREATE: &str = "recreate-locators media-v2 -g prod --account-name media-v2";

#[test]
fn the_whole_procedure_by_hand() {
    let azure = Azure::serve(world(3, 2), 600);
    let before = azure.simulator.audit().locators;
    let pem = azure.place.file("management.pem", certificate(2090));
    let sync = format!("sync-keys media-v2 --account-name media-v2 --storage-account {} --certificate {pem}", account());
    let handed = azure.run(&format!("{sync} --key secondary"));
    assert_eq!(handed.code, 0, "{handed:?}");
    let row = &handed.json()["rows"][0];
    assert_eq!((&row["holds"], &row["certainty"], &row["outcome"]), (&json!("key2"), &json!("assumed"), &json!("synced")));

    let dry = azure.run(&format!("{RECREATE} --dry-run"));
    assert_eq!((dry.code, dry.json()["locators"].as_array().map(Vec::len)), (0, Some(6)), "{dry:?}");
    let unasked = azure.run(RECREATE);
    let problem = refused(&unasked, 12, "confirmationRequired");
    assert!(
        problem["question"]
            .as_str()
            .is_some_and(|question| question.contains("6 locators of media-v2 at media-v2.restv2.westeurope.media.localhost ")),
        "{problem}"
    );
    assert_eq!(azure.simulator.audit().calls_of("odata.deleteLocator"), 0);

    let done = azure.run(&format!("{RECREATE} --yes --run-id chg1 --events"));
    assert_eq!(done.code, 0, "{done:?}");
    let lines = done.json_lines();
    let report = lines.last().expect("the result");
    assert_eq!((&report["state"], &report["summary"]), (&json!("done"), &json!("6 restored")));
    assert!(lines.iter().any(|line| line["event"] == "snapshot" && line["runId"] == "chg1"));
    let after = azure.simulator.audit().locators;
    assert!(after.iter().all(|locator| locator.generation.as_deref() == Some("stprod key2#0")), "{after:?}");
    assert_eq!(before.len(), after.len());

    let status = azure.run("status");
    assert_eq!(status.json()["runs"][1]["runId"], "chg1");
    assert!(azure.run("status -o table").stdout.contains("media-v2 (locators)"));
    assert_eq!(azure.run("report --run-id chg1").json()["schema"], "keyroll.locatorReport/1");
    assert_eq!(azure.run("report --verify").json()["entries"], json!(lines.len() - 1));
    let page = azure.place.path("report.html");
    let told = azure.run(&format!("report --run-id chg1 -o table --html {}", page.display()));
    assert!(told.code == 0 && told.stdout.contains("a locator was away for "), "{told:?}");
    let html = std::fs::read_to_string(&page).expect("the page");
    assert!(html.matches("<rect").count() == 6 && !html.contains("<script") && !html.contains("http"), "{html}");
    let again = azure.run(&format!("{RECREATE} --yes --run-id chg1"));
    assert_eq!((again.code, azure.simulator.audit().calls_of("odata.deleteLocator")), (0, 6));
    let other = azure.run(&format!("{RECREATE} --yes --run-id chg1 --type sas"));
    refused(&other, 11, "anotherRequest");
    let key = certificate(2090);
    let pem_key = key.split("-----BEGIN PRIVATE KEY-----").nth(1).expect("a key").to_owned();
    azure.leaks_nothing(&[&handed.stdout, &handed.stderr, &dry.stdout, &done.stdout, &done.stderr, &status.stdout]);
    assert!(!handed.stdout.contains(&pem_key));
}

#[test]
fn what_stopped_is_told_and_goes_on_and_can_be_ended() {
    let azure = Azure::serve(world(3, 1), 600);
    let refuse = Fault::at("odata.createLocator", 2, FaultKind::Status { code: 400 });
    azure.simulator.add_fault(refuse);
    let stopped = azure.run(&format!("{RECREATE} --yes --run-id r1 --concurrency 1"));
    refused(&stopped, 42, "locatorRefused");
    assert!(stopped.stderr.contains("One locator is deleted; it is complete in the journal."), "{stopped:?}");
    let table = azure.run("status --run-id r1 -o table");
    assert!(table.stdout.contains("deleted") && table.stdout.contains("Continue: keyroll resume --run-id r1"), "{table:?}");
    let blocked = azure.run(&format!("{RECREATE} --yes --run-id r2"));
    refused(&blocked, 9, "unfinishedRun");
    let resumed = azure.run("resume");
    assert_eq!((resumed.code, &resumed.json()["state"]), (0, &json!("done")), "{resumed:?}");
    assert_eq!(azure.simulator.audit().locators.len(), 3);

    azure.simulator.add_fault(Fault::at("odata.createLocator", 1, FaultKind::Status { code: 400 }));
    let stopped = azure.run(&format!("{RECREATE} --yes --run-id r3 --concurrency 1"));
    assert_eq!(stopped.code, 42, "{stopped:?}");
    let ended = azure.run("abort --run-id r3");
    assert_eq!((ended.code, &ended.json()["state"]), (0, &json!("aborted")), "{ended:?}");
    assert_eq!(azure.simulator.audit().locators.len(), 3);
    assert_eq!(azure.run("wait --run-id r3").code, 0);
}

#[test]
fn sas_locators_need_a_file_that_is_for_their_owner_alone() {
    let mut world = world(1, 1);
    world.media_v2_accounts[0].locators[0].kind = 1;
    let azure = Azure::serve(world, 600);
    let nothing = azure.run(&format!("{RECREATE} --yes"));
    assert_eq!((nothing.code, &nothing.json()["locators"][0]["recreate"]), (0, &json!(false)), "{nothing:?}");
    refused(&azure.run(&format!("{RECREATE} --yes --include-sas")), 2, "addressFileMissing");
    let file = azure.place.path("addresses.jsonl");
    let done = azure.run(&format!("{RECREATE} --yes --include-sas --address-file {}", file.display()));
    assert_eq!(done.code, 0, "{done:?}");
    let text = std::fs::read_to_string(&file).expect("the addresses");
    assert_eq!(text.matches("sig=").count(), 3, "old, then old and new");
    azure.leaks_nothing(&[&done.stdout, &done.stderr]);
    let taken = azure.run(&format!("{RECREATE} --yes --include-sas --address-file {}", file.display()));
    refused(&taken, 2, "addressFileUnusable");
}

#[test]
fn a_file_of_addresses_that_is_lost_is_made_anew_and_told() {
    let mut world = world(1, 1);
    world.media_v2_accounts[0].locators[0].kind = 1;
    let azure = Azure::serve(world, 600);
    azure.simulator.add_fault(Fault::at("odata.createLocator", 1, FaultKind::Status { code: 400 }));
    let file = azure.place.path("addresses.jsonl");
    let stopped = azure.run(&format!("{RECREATE} --yes --run-id r1 --include-sas --address-file {}", file.display()));
    refused(&stopped, 42, "locatorRefused");
    std::fs::remove_file(&file).expect("lost");
    let ended = azure.run("abort --run-id r1");
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.stderr.contains("warning: the file of addresses"), "{ended:?}");
    assert_eq!(azure.simulator.audit().locators.len(), 1);
    assert!(std::fs::read_to_string(&file).expect("made anew").contains("sig="));
    azure.leaks_nothing(&[&stopped.stdout, &stopped.stderr, &ended.stdout, &ended.stderr]);
}

#[test]
fn bad_input_is_refused_before_anything_is_sent() {
    let azure = Azure::serve(world(1, 1), 600);
    let file = |name: &str, text: String| azure.place.file(name, text);
    let good = certificate(2090);
    let (cert_only, key_only) = good.split_once("-----BEGIN PRIVATE KEY-----").expect("two parts");
    let expired = file("expired.pem", certificate(2021));
    let no_key = file("no-key.pem", cert_only.to_owned());
    let no_certificate = file("no-certificate.pem", format!("-----BEGIN PRIVATE KEY-----{key_only}"));
    let binary = file("management.txt", "not PEM at all".to_owned());
    let sync = format!("sync-keys media-v2 --account-name media-v2 --storage-account {} --key key2", account());
    for (certificate, code, part) in [
        (&expired, "clientCertificateExpired", "expired on 2021-01-01"),
        (&no_key, "clientCertificateInvalid", "has no private key"),
        (&no_certificate, "clientCertificateInvalid", "has no certificate"),
        (&binary, "clientCertificateInvalid", "is neither PEM nor PKCS #12"),
    ] {
        let problem = refused(&azure.run(&format!("{sync} --certificate {certificate}")), 4, code);
        assert!(problem["message"].as_str().is_some_and(|message| message.contains(part)), "{problem}");
    }
    refused(&azure.run(&sync), 2, "certificateMissing");
    refused(&azure.run("sync-keys media-v2 --account-name media-v2 --storage-account st"), 2, "keyMissing");
    refused(&azure.run("recreate-locators media-v2"), 2, "accountNameMissing");
    refused(&azure.run("recreate-locators media-v2 --account-name nobody"), 3, "noSuchMediaAccount");
    refused(&azure.run(&format!("{RECREATE} --endpoint https://evil.example/api/ --dry-run")), 2, "notAMediaEndpoint");
    refused(&azure.run(&format!("{RECREATE} --locator 00000000-0000-4000-a000-0000000fffff --dry-run")), 3, "noSuchLocator");
    assert_eq!(azure.simulator.audit().calls_of("classic.putKey"), 0);

    let unknown = file("good.pem", good);
    let sync = format!("sync-keys media-v2 --account-name nobody --storage-account {} --key key2", account());
    let ended = azure.run(&format!("{sync} --certificate {unknown}"));
    let row = &ended.json()["rows"][0];
    assert_eq!((ended.code, &row["outcome"], &row["problem"]["code"]), (3, &json!("failed"), &json!("notFound")), "{ended:?}");
    assert!(row["why"].as_str().is_some_and(|why| why.contains("nobody was not found")), "{row}");
    assert!(media().ends_with("media-v2"));
}
