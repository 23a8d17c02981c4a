//! Files that are no good are told before anything is sent, each with one sentence that names the file.

use std::process::Command;

use serde_json::{Value, json};

use super::{Pair, announced, calls, sync, tells_nothing_of};
use crate::binary::{Place, refused};
use crate::host::{Host, RESOURCE_MANAGER, token};
use crate::locators::rig::world;
use crate::served::Azure;
use crate::served_securely::SecureWorld;

#[test]
fn a_file_that_is_no_good_is_told_by_name_before_anything_is_sent() {
    let azure = SecureWorld::serve(&world(1, 1));
    let (good, other) = (Pair::valid(2020, 2090), Pair::valid(2020, 2090));
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n";
    for (name, content, exit, code, part) in [
        ("no-key.pem", good.certificate.pem(), 4, "clientCertificateInvalid", "has no private key"),
        ("no-certificate.pem", good.key.serialize_pem(), 4, "clientCertificateInvalid", "has no certificate"),
        (
            "mixed.pem",
            good.certificate.pem() + &other.key.serialize_pem(),
            4,
            "clientCertificateInvalid",
            "belongs to another certificate",
        ),
        ("odd.pem", good.certificate.pem() + encrypted, 4, "clientCertificateInvalid", "by a method that is not supported"),
        ("old.pem", Pair::valid(2020, 2021).pem(), 4, "clientCertificateExpired", "expired on 2021-01-01"),
        ("young.pem", Pair::valid(2080, 2090).pem(), 4, "clientCertificateNotYetValid", "is not valid before 2080-01-01"),
        ("text.pem", "not PEM at all".to_owned(), 4, "clientCertificateInvalid", "is neither PEM nor PKCS #12"),
    ] {
        let file = azure.place.file(name, &content);
        let ended = sync(&azure, &file, "");
        let told = refused(&ended, exit, code);
        let message = told["message"].as_str().expect("a sentence");
        assert!(message.contains(part) && message.contains(name), "{told}");
        tells_nothing_of(&content, &ended);
    }
    let told = refused(&sync(&azure, "nowhere.pem", ""), 3, "noSuchFile");
    assert!(told["message"].as_str().is_some_and(|message| message.contains("nowhere.pem")), "{told}");
    assert_eq!(calls(&azure), 0);
}

#[cfg(unix)]
#[test]
fn a_key_that_others_may_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt as _;
    let azure = SecureWorld::serve(&world(1, 1));
    let file = announced(&azure);
    for (mode, warned) in [(0o644, true), (0o640, true), (0o400, false)] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("a mode");
        let ended = sync(&azure, &file, "");
        assert_eq!(
            (ended.code, ended.stderr.contains("warning: others may read the client certificate")),
            (0, warned),
            "{ended:?}"
        );
    }
}

/// The certificate of a world as OpenSSL writes it for Windows, under a password; `None` where there is no openssl.
fn exported(place: &Place, pem: &str, more: &[&str], file: &str) -> Option<String> {
    let file = place.path(file);
    let mut command = Command::new("openssl");
    command.args(["pkcs12", "-export", "-in", pem, "-inkey", pem, "-passout", "pass:hush hush", "-out"]).arg(&file).args(more);
    let Ok(output) = command.output() else {
        eprintln!("skipped: there is no openssl");
        return None;
    };
    assert!(output.status.success(), "{output:?}");
    Some(file.to_str().expect("UTF-8").to_owned())
}

#[cfg(feature = "pfx")]
#[test]
fn a_pfx_file_opens_with_its_password_from_a_file_or_standard_input() {
    let azure = SecureWorld::serve(&world(1, 1));
    let password = azure.place.file("password", "hush hush\r\nwhat follows does not count");
    let wrong = azure.place.file("wrong", "guess");
    let legacy: &[&str] = &["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"];
    for (more, name) in [(&[][..], "ams.pfx"), (legacy, "ams.of.old.bin")] {
        let Some(file) = exported(&azure.place, &announced(&azure), more, name) else { return };
        let opened = sync(&azure, &file, &format!("--certificate-password-file {password}"));
        assert_eq!(opened.code, 0, "{opened:?}");
        let told =
            refused(&sync(&azure, &file, &format!("--certificate-password-file {wrong}")), 4, "clientCertificatePasswordWrong");
        let message = format!("the password does not open the client certificate {file}");
        assert_eq!((told["message"].as_str(), told.to_string().contains("guess")), (Some(message.as_str()), false));
        let told = refused(&sync(&azure, &file, ""), 2, "clientCertificatePasswordMissing");
        assert!(told["hints"].to_string().contains("--certificate-password-file"), "{told}");
    }
    assert_eq!(calls(&azure), 2);
}

#[cfg(feature = "pfx")]
#[test]
fn a_password_comes_through_a_pipe_and_opens_an_encrypted_key() {
    let azure = Azure::serve(world(1, 1), 600);
    let pem = azure.place.file("ams.pem", Pair::valid(2020, 2090).pem());
    let key = azure.place.path("encrypted.pem");
    let mut command = Command::new("openssl");
    command.args(["pkcs8", "-topk8", "-in", &pem, "-passout", "pass:hush hush", "-out"]).arg(&key);
    if command.output().is_err() {
        eprintln!("skipped: there is no openssl");
        return;
    }
    let key = std::fs::read_to_string(&key).expect("a key");
    assert!(key.contains("ENCRYPTED"), "{key}");
    let (certificate, _) = std::fs::read_to_string(&pem)
        .expect("PEM")
        .split_once("-----BEGIN PRIVATE")
        .map(|(one, two)| (one.to_owned(), two.to_owned()))
        .expect("two parts");
    let both = azure.place.file("both.pem", certificate + &key);
    let sync = "sync-keys media-v2 --account-name media-v2 --storage-account stprod --key primary";
    let piped = |password: &str| {
        azure.place.run_with(&format!("{sync} --certificate {both} --certificate-password-file -"), password.as_bytes())
    };
    assert_eq!(piped("hush hush\n").code, 0);
    refused(&piped("hush"), 4, "clientCertificatePasswordWrong");
    refused(&piped(""), 4, "clientCertificatePasswordWrong");
    assert_eq!(azure.simulator.audit().calls_of("classic.putKey"), 1);

    let mut host = Host::greet(&azure.place);
    let mut ask = |id: &str, secrets: Value, more: Value| {
        let mut arguments =
            json!({ "accountName": "media-v2", "storageAccount": "stprod", "key": "secondary", "certificate": both });
        arguments.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        host.ask(&json!({
            "v": 1, "id": id, "command": "sync-keys media-v2", "secrets": secrets, "arguments": arguments,
            "context": { "auth": "host" }, "tokens": [token(RESOURCE_MANAGER, 90 * 86_400)],
        }))
    };
    let handed = ask("1", json!({ "clientCertificatePassword": "hush hush" }), json!({}));
    assert_eq!(handed["exitCode"], 0, "{handed}");
    for (id, secrets, more, code) in [
        ("2", json!({}), json!({}), "clientCertificatePasswordMissing"),
        ("3", json!({ "clientCertificatePassword": "guess" }), json!({}), "clientCertificatePasswordWrong"),
        ("4", json!({}), json!({ "certificatePasswordFile": "-" }), "passwordFromConversation"),
    ] {
        let answer = ask(id, secrets, more);
        assert_eq!(answer["problem"]["code"], code, "{answer}");
        assert!(!answer.to_string().contains("guess"), "{answer}");
    }
    assert_eq!(azure.simulator.audit().calls_of("classic.putKey"), 2);
}
