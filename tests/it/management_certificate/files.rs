//! Files that are no good are told before anything is sent, each with one sentence that names the file.

use super::{Pair, announced, calls, sync, tells_nothing_of};
use crate::binary::refused;
use crate::locators::rig::world;
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
