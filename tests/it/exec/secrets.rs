//! What a host hands over in confidence: it is used, for this request alone, and told to nobody.

use std::path::Path;

use serde_json::{Value, json};

use super::open_names;
use crate::binary::text;
use crate::host::{Host, KEY_VAULT, RESOURCE_MANAGER, token};
use crate::locators::rig::{certificate, world};
use crate::served::{Azure, with_secret};

/// A token lives longer than any story, whatever its world's time does.
const MONTHS: i64 = 90 * 86_400;

const MEDIA: &str = "https://rest.media.azure.net/.default";

const SEAL_KEY: &str = "q8Xv0mZk3Jw5Yh7Tn1Rb9Lc2Pd4Gf6Sj8Ua0Ei2Oo4M=";

/// Handing the key of a slot to the media account, with these secrets beside it.
fn sync(id: &str, secrets: &Value) -> Value {
    json!({
        "v": 1, "id": id, "command": "sync-keys media-v2", "secrets": secrets,
        "arguments": { "accountName": "media-v2", "storageAccount": "stprod", "key": "secondary" },
        "context": { "auth": "host" }, "tokens": [token(RESOURCE_MANAGER, MONTHS), token(MEDIA, MONTHS)],
    })
}

/// The places below a folder where one of these texts stands, as it is or as bytes.
fn written(folder: &Path, wanted: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            found.extend(written(&entry, wanted));
        } else {
            let content = std::fs::read(&entry).expect("a file");
            let holds = |wanted: &&String| content.windows(wanted.len()).any(|bytes| bytes == wanted.as_bytes());
            found.extend(wanted.iter().filter(holds).map(|_| entry.display().to_string()));
        }
    }
    found
}

/// What is secret about a token: all of it, and its signature alone.
fn parts_of(token: &Value) -> [String; 2] {
    let text = token["token"].as_str().expect("text");
    [text.to_owned(), text.rsplit('.').next().expect("a signature").to_owned()]
}

#[test]
fn nothing_that_was_handed_over_stands_in_a_frame_a_text_or_a_file() {
    let Azure { simulator, place } = Azure::serve(with_secret(), 200);
    let azure = Azure { simulator, place: place.with(&["-vv".to_owned()]) };
    let pem = certificate(2090);
    let secrets = json!({ "clientCertificate": pem, "sealKey": SEAL_KEY });
    // The first is refused by Azure, so that a question, an answer and what the service said of it pass by, too.
    let refused = json!({ "scope": RESOURCE_MANAGER, "token": "eyJ0eXAi.cmVmdXNlZA.c2lnbmF0dXJlLW9mLW5vYm9keQ", "expiresOn": 4_000_000_000_i64 });
    let (manager, vault) = (token(RESOURCE_MANAGER, MONTHS), token(KEY_VAULT, MONTHS));
    let mut host = Host::greet(&azure.place);
    let names = open_names(&mut host, "0");
    host.say(&json!({
        "v": 1, "id": "1", "command": "rotate", "confirmed": true, "secrets": secrets, "tokens": [refused, vault],
        "arguments": { "storageAccount": "stprod", "runId": "chg1", "accept": names, "noWait": true },
        "context": { "auth": "host" },
    }));
    assert_eq!(host.frame()["tokenNeeded"]["scope"], RESOURCE_MANAGER);
    host.say(&json!({ "v": 1, "id": "1", "token": manager }));
    let waiting = host.answer();
    assert_eq!(waiting["result"]["state"], "waiting", "{waiting}");
    // And once where the request fails with all of it in its hands.
    let lost = host.ask(&json!({
        "v": 1, "id": "2", "command": "list-keys", "arguments": { "storageAccount": "nobody" }, "secrets": secrets,
        "context": { "auth": "host" }, "tokens": [manager],
    }));
    assert_eq!(lost["problem"]["kind"], "notFound", "{lost}");

    let heard = host.heard.join("\n");
    let ended = host.end();
    assert!(!ended.stderr.is_empty(), "-vv tells much: {ended:?}");
    let mut handed: Vec<String> = [&refused, &manager, &vault].into_iter().flat_map(parts_of).collect();
    handed.push(SEAL_KEY.to_owned());
    handed.extend(pem.lines().filter(|line| !line.starts_with("-----")).map(str::to_owned));
    for secret in &handed {
        assert!(!heard.contains(secret) && !ended.stderr.contains(secret), "a secret of the host was told");
    }
    let journal = text(&azure.place.path("state/runs/chg1/journal.jsonl"));
    assert!(journal.contains("runStarted"), "{journal}");
    assert_eq!(written(&azure.place.path("state"), &handed), [] as [&str; 0]);
    assert_eq!(written(&azure.place.path("state"), &["runStarted".to_owned()]).len(), 1, "the search finds what is there");
    azure.leaks_nothing(&[&heard, &ended.stderr]);
}

#[test]
fn a_certificate_in_confidence_opens_classic_management_for_its_own_request_alone() {
    let azure = Azure::serve(world(1, 1), 600);
    let pem = certificate(2090);
    let mut host = Host::greet(&azure.place);
    let handed = host.ask(&sync("1", &json!({ "clientCertificate": pem })));
    let row = &handed["result"]["rows"][0];
    assert_eq!((&handed["exitCode"], &row["holds"], &row["outcome"]), (&json!(0), &json!("key2"), &json!("synced")), "{handed}");
    assert_eq!(azure.simulator.audit().calls_of("classic.putKey"), 1);

    let (certificate_alone, _) = pem.split_once("-----BEGIN PRIVATE KEY-----").expect("two parts");
    for (id, secrets, code) in [
        ("2", json!({}), "certificateMissing"),
        ("3", json!({ "clientCertificate": certificate(2021) }), "clientCertificateExpired"),
        ("4", json!({ "clientCertificate": certificate_alone }), "clientCertificateInvalid"),
        ("5", json!({ "sealKey": SEAL_KEY }), "certificateMissing"),
    ] {
        let refused = host.ask(&sync(id, &secrets));
        assert_eq!((&refused["id"], &refused["problem"]["code"]), (&json!(id), &json!(code)), "{refused}");
        assert!(!refused["problem"]["hints"].as_array().expect("hints").is_empty(), "{refused}");
    }
    assert_eq!(azure.simulator.audit().calls_of("classic.putKey"), 1, "nothing was sent without one");
    let heard = host.heard.join("\n");
    let ended = host.end();
    assert_eq!(ended.code, 0, "{ended:?}");
    for line in pem.lines().filter(|line| !line.starts_with("-----")) {
        assert!(!heard.contains(line) && !ended.stderr.contains(line), "the certificate was told");
    }
    azure.leaks_nothing(&[&heard, &ended.stderr]);
}

#[cfg(target_os = "linux")]
#[test]
fn neither_the_arguments_nor_the_environment_of_the_process_tell_anything() {
    let azure = Azure::serve(world(1, 1), 600);
    let mut host = Host::greet(&azure.place);
    let pem = certificate(2090);
    let request = sync("1", &json!({ "clientCertificate": pem, "sealKey": SEAL_KEY }));
    assert_eq!(host.ask(&request)["exitCode"], 0);
    let of_process = |name: &str| std::fs::read(format!("/proc/{}/{name}", host.process())).expect("of our own child");
    let told = String::from_utf8_lossy(&[of_process("cmdline"), of_process("environ")].concat()).into_owned();
    assert!(told.contains("exec") && told.contains("KEYROLL_STATE"), "{told}");
    let [token, signature] = parts_of(&request["tokens"][0]);
    assert!([token.as_str(), &signature, SEAL_KEY, "BEGIN CERT"].iter().all(|secret| !told.contains(secret)));
    assert_eq!(host.end().code, 0);
}
