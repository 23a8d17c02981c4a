//! `sync-keys media-v2` over real HTTPS: the certificate that classic service management asks for, good and bad ones.

mod files;
mod handshakes;
mod hostile;
#[cfg(feature = "pfx")]
mod passwords;
#[cfg(all(unix, feature = "pfx"))]
mod terminal;

use keyroll::contract::world::World;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use serde_json::{Value, json};

use crate::binary::Ended;
use crate::locators::rig::{certificate, world};
use crate::served_securely::{PRINCIPAL, SecureWorld};

const SYNC: &str = "sync-keys media-v2 --account-name media-v2 --storage-account stprod --key secondary --auth client-secret";

/// A certificate with its key, apart.
struct Pair {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Pair {
    /// Valid from the first of January of one year to that of another.
    fn valid(from: i32, until: i32) -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).expect("parameters");
        (parameters.not_before, parameters.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(until, 1, 1));
        let key = KeyPair::generate().expect("a key");
        Self { certificate: parameters.self_signed(&key).expect("a certificate"), key }
    }

    fn pem(&self) -> String {
        self.certificate.pem() + &self.key.serialize_pem()
    }
}

/// Runs a command that shows this file.
fn sync(azure: &SecureWorld, certificate: &str, more: &str) -> Ended {
    let line = format!("{SYNC} --certificate {certificate} {more}");
    azure.run(line.trim(), "public", &PRINCIPAL)
}

fn announced(azure: &SecureWorld) -> String {
    azure.announced["managementCertificateFile"].as_str().expect("a path").to_owned()
}

/// How often the service took a key, or answered otherwise, once the certificate was good.
fn calls(azure: &SecureWorld) -> u64 {
    let audit = azure.control("GET /audit");
    let (_, body) = audit.split_once("\r\n\r\n").expect("a body");
    let audit: Value = serde_json::from_str(body).expect("JSON");
    audit["calls"]["classic.putKey"].as_u64().unwrap_or(0)
}

/// A world whose service answers a key that it takes like this.
fn answering(status: u16) -> World {
    let mut world = world(1, 1);
    world.unknowns.media_v2_key_status = status;
    world
}

#[test]
fn a_key_is_handed_over_under_the_certificate_whatever_success_is_called() {
    for status in [200, 202, 204] {
        let azure = SecureWorld::serve(&answering(status));
        let file = announced(&azure);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
        }
        let ended = sync(&azure, &file, "");
        assert_eq!(ended.code, 0, "{ended:?}");
        assert_eq!(calls(&azure), 1);
        assert!(!ended.stderr.contains("warning"), "nobody else may read the file: {ended:?}");
        tells_nothing_of(&std::fs::read_to_string(&file).expect("PEM"), &ended);
    }
}

#[test]
fn what_the_service_refuses_is_told_with_its_own_words_and_a_way_out() {
    let azure = SecureWorld::serve(&world(1, 1));
    let foreign = azure.place.file("foreign.pem", certificate(2090));
    let told = failed(&sync(&azure, &foreign, ""), 4, "permissionDenied");
    assert_eq!(
        told["message"],
        "The server failed to authenticate the request. Verify that the certificate is valid and is associated with this subscription"
    );
    assert_eq!((&told["httpStatus"], &told["serviceCode"]), (&json!(403), &json!("ForbiddenError")), "{told}");
    let hints = told["hints"].to_string();
    assert!(hints.contains("management certificate of subscription 11111111") && !hints.contains("role"), "{told}");
    assert_eq!(calls(&azure), 0, "nothing was taken");

    // The other dialect: JSON in an XML string.
    let file = announced(&azure);
    let line = SYNC.replace("--account-name media-v2", "--account-name nobody");
    let unknown = azure.run(&format!("{line} --certificate {file}"), "public", &PRINCIPAL);
    let told = failed(&unknown, 3, "notFound");
    assert!(told["message"].as_str().is_some_and(|message| message.contains("nobody was not found")), "{told}");
    assert_eq!(told["serviceCode"], "NotFound", "{told}");
}

/// The problem of the one row of a sync that failed.
#[track_caller]
fn failed(ended: &Ended, exit: i32, code: &str) -> Value {
    assert_eq!(ended.code, exit, "{ended:?}");
    let document = ended.json();
    let [row] = document["rows"].as_array().expect("rows").as_slice() else { panic!("one row: {ended:?}") };
    assert_eq!((&row["outcome"], &row["problem"]["code"]), (&json!("failed"), &json!(code)), "{ended:?}");
    assert!(!ended.stderr.contains("is written\n"), "what failed is not called done: {ended:?}");
    row["problem"].clone()
}

#[track_caller]
fn tells_nothing_of(pem: &str, ended: &Ended) {
    for line in pem.lines().filter(|line| !line.starts_with("-----")) {
        assert!(!ended.stdout.contains(line) && !ended.stderr.contains(line), "a certificate or its key was told");
    }
}
