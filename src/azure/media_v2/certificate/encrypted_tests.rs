//! Files of OpenSSL and of Windows, right and wrong passwords, and files that somebody broke.

use proptest::prelude::*;

use super::fixtures::*;
use super::*;

const NAME: &str = "the client certificate ams.pfx";

fn bytes(base64: &str) -> Vec<u8> {
    STANDARD.decode(base64).expect("base64")
}

fn read(content: &[u8], password: Option<&str>) -> Result<ClientCertificate, (String, u8)> {
    ClientCertificate::read(NAME, content, password).map_err(|problem| {
        assert!(problem.message.contains(NAME) && !problem.hints.is_empty(), "{problem:?}");
        assert!(!format!("{problem:?}").contains("hush"), "{problem:?}");
        let exit_code = problem.exit_code();
        (problem.code, exit_code)
    })
}

#[test]
fn what_programs_write_opens_with_its_password_and_with_no_other() {
    for file in [OPENSSL, OPENSSL_LEGACY, DOTNET] {
        let file = bytes(file);
        read(&file, Some("hush")).expect("opened").identity().expect("usable");
        for wrong in ["Hush", "hush ", "", "p\u{fc}\u{df}", "\u{1f511}"] {
            assert_eq!(read(&file, Some(wrong)).expect_err(wrong), ("clientCertificatePasswordWrong".to_owned(), 4));
        }
        assert_eq!(read(&file, None).expect_err("none"), (PASSWORD_MISSING.to_owned(), 2));
    }
    read(&bytes(OPENSSL_EMPTY_PASSWORD), None).expect("opened").identity().expect("usable");
    // No password is not an empty one in PKCS #12, and the reader knows only the latter.
    let problem = ClientCertificate::read(NAME, &bytes(DOTNET_WITHOUT_PASSWORD), None).expect_err("not opened");
    assert!(problem.code == PASSWORD_MISSING && problem.hints.iter().any(|hint| hint.contains("openssl pkcs12")), "{problem:?}");
}

#[test]
fn what_a_pkcs12_file_lacks_is_told() {
    let invalid = ("clientCertificateInvalid".to_owned(), 4);
    for (file, part) in [(WITHOUT_KEY, "has no private key"), (ODD, "encrypted by a method that is not supported")] {
        let problem = ClientCertificate::read(NAME, &bytes(file), Some("hush")).expect_err(part);
        assert!(problem.message.contains(part), "{problem}");
    }
    let whole = bytes(OPENSSL);
    for end in [1, 5, whole.len() / 2, whole.len() - 1] {
        assert_eq!(read(&whole[..end], Some("hush")).expect_err("cut short"), invalid);
    }
}

#[test]
fn an_encrypted_key_beside_its_certificate_opens_with_its_password() {
    for key in [KEY_SHA256, KEY_SHA1] {
        let text = format!("{CERTIFICATE}{key}");
        read(text.as_bytes(), Some("hush")).expect("opened").identity().expect("usable");
        assert_eq!(read(text.as_bytes(), Some("guess")).expect_err("wrong"), ("clientCertificatePasswordWrong".to_owned(), 4));
        assert_eq!(read(text.as_bytes(), None).expect_err("none"), (PASSWORD_MISSING.to_owned(), 2));
    }
    let text = format!("{CERTIFICATE}{KEY_PBES1}");
    let problem = ClientCertificate::read(NAME, text.as_bytes(), Some("hush")).expect_err("of old");
    assert!(problem.message.contains("encrypted by a method that is not supported"), "{problem}");
}

fn broken() -> impl Strategy<Value = Vec<u8>> {
    let files = [OPENSSL, OPENSSL_LEGACY, DOTNET, WITHOUT_KEY, ODD].map(bytes);
    let change = (any::<prop::sample::Index>(), any::<u8>());
    (prop::sample::select(files.to_vec()), prop::collection::vec(change, 1..6), any::<prop::sample::Index>(), any::<bool>())
        .prop_map(|(mut file, changes, cut, shortened)| {
            for (place, byte) in changes {
                let place = place.index(file.len());
                file[place] = byte;
            }
            if shortened {
                file.truncate(cut.index(file.len()));
            }
            file
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_broken_file_is_refused_or_read_and_nothing_worse(file in broken()) {
        let started = std::time::Instant::now();
        let _ = ClientCertificate::read(NAME, &file, Some("hush"));
        prop_assert!(started.elapsed().as_secs() < 30, "no file keeps the machine busy");
    }

    #[test]
    fn so_is_any_content(content in prop::collection::vec(any::<u8>(), 0..300), password in any::<Option<String>>()) {
        let _ = ClientCertificate::read(NAME, &content, password.as_deref());
        let pem = format!("-----BEGIN ENCRYPTED PRIVATE KEY-----\n{}\n-----END ENCRYPTED PRIVATE KEY-----", STANDARD.encode(&content));
        let _ = ClientCertificate::read(NAME, format!("{CERTIFICATE}{pem}").as_bytes(), password.as_deref());
    }
}
