//! Certificates under a password: in a .pfx file, and as an encrypted key beside its certificate.

use std::process::Command;

use serde_json::{Value, json};

use super::{Pair, announced, calls, sync};
use crate::binary::{Place, refused};
use crate::host::{Host, RESOURCE_MANAGER, token};
use crate::locators::rig::world;
use crate::served::Azure;
use crate::served_securely::SecureWorld;

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
    let whole = std::fs::read_to_string(&pem).expect("PEM");
    let (certificate, _) = whole.split_once("-----BEGIN PRIVATE").expect("two parts");
    let both = azure.place.file("both.pem", certificate.to_owned() + &key);
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
        host.say(&json!({
            "v": 1, "id": id, "command": "sync-keys media-v2", "secrets": secrets, "arguments": arguments,
            "context": { "auth": "host" }, "tokens": [token(RESOURCE_MANAGER, 90 * 86_400)],
        }));
        loop {
            let frame = host.frame();
            if frame.get("tokenNeeded").is_some() {
                // Whether jobs are at work is asked for, and no reason not to hand the key over.
                host.say(&json!({ "v": 1, "id": id, "token": null, "message": "not for media" }));
            } else if frame.get("result").is_some() || frame.get("problem").is_some() {
                return frame;
            }
        }
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
