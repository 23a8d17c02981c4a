//! PEM files as people have them, and what is said of those that are no good.

use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use super::*;

const NAME: &str = "the client certificate ams.pem";

/// Certificate and key, valid from the first of January of one year to that of another.
fn made(from: i32, until: i32) -> (String, String) {
    let mut parameters = CertificateParams::new(Vec::new()).expect("parameters");
    (parameters.not_before, parameters.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(until, 1, 1));
    let key = KeyPair::generate().expect("a key");
    (parameters.self_signed(&key).expect("a certificate").pem(), key.serialize_pem())
}

fn read(text: &str) -> Result<ClientCertificate, Problem> {
    ClientCertificate::read(NAME, text.as_bytes(), None)
}

fn day(text: &str) -> OffsetDateTime {
    crate::contract::time::parse(&format!("{text}T00:00:00Z")).expect("a day")
}

#[test]
fn an_expired_certificate_is_named_with_its_day() {
    for until in [2026, 2049, 2051] {
        let (certificate, key) = made(2020, until);
        let read = read(&format!("{certificate}{key}")).expect("whole");
        assert_eq!(read.expires(), day(&format!("{until}-01-01")));
        read.check(day("2025-12-31")).expect("valid");
        read.identity().expect("usable");
        assert!(!format!("{read:?}").contains("PRIVATE"));
    }
    let (certificate, key) = made(2020, 2026);
    let read = read(&format!("{key}{certificate}")).expect("whole");
    let problem = read.check(day("2026-11-22")).expect_err("expired");
    let told = (problem.code.as_str(), problem.message.as_str(), problem.exit_code());
    assert_eq!(told, ("clientCertificateExpired", "the client certificate ams.pem expired on 2026-01-01", 4));
    let problem = read.check(day("2019-12-31")).expect_err("too early");
    let told = (problem.code.as_str(), problem.message.as_str(), problem.exit_code());
    assert_eq!(told, ("clientCertificateNotYetValid", "the client certificate ams.pem is not valid before 2020-01-01", 4));
}

#[test]
fn the_certificate_of_the_key_is_shown_first_whatever_the_order_of_the_file() {
    let ((ours, key), (theirs, _), (others, _)) = (made(2020, 2040), made(2020, 2030), made(2020, 2031));
    let read = read(&format!("{theirs}{others}{key}{ours}")).expect("whole");
    assert_eq!(read.expires(), day("2040-01-01"));
    let order: Vec<_> = pem::blocks(&read.pem).into_iter().map(|block| block.der.expect("base64").to_vec()).collect();
    let der = |text: &str| pem::blocks(text).remove(0).der.expect("base64").to_vec();
    assert_eq!(order, [der(&ours), der(&theirs), der(&others), der(&key)]);
}

#[test]
fn what_is_missing_or_wrong_is_told() {
    let (certificate, key) = made(2020, 2040);
    let (_, other) = made(2020, 2040);
    let block = |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
    let der = pem::blocks(&certificate).remove(0).der.expect("base64");
    let of_old = block("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAQID");
    for (content, part) in [
        (certificate.clone().into_bytes(), "has no private key"),
        (der.to_vec(), "has no private key"),
        (key.clone().into_bytes(), "has no certificate"),
        (format!("{certificate}{other}").into_bytes(), "the private key in the client certificate ams.pem belongs to another"),
        (format!("{certificate}{of_old}").into_bytes(), "encrypted by a method that is not supported"),
        (b"0\x82binary".to_vec(), "is neither PEM nor PKCS #12"),
        (Vec::new(), "is neither PEM nor PKCS #12"),
        (format!("{}{key}", block("CERTIFICATE", "MAA=")).into_bytes(), "is malformed"),
        (format!("{}{key}", block("CERTIFICATE", "~")).into_bytes(), "is malformed"),
        (format!("{certificate}{}", block("PRIVATE KEY", "AQID")).into_bytes(), "is malformed"),
        (format!("{certificate}{}", block("DSA PRIVATE KEY", "AQID")).into_bytes(), "is malformed"),
    ] {
        let problem = ClientCertificate::read(NAME, &content, None).expect_err(part);
        assert!(problem.message.contains(part) && problem.message.contains(NAME), "{problem:?}");
        assert_eq!((problem.code.as_str(), problem.exit_code(), problem.hints.len()), ("clientCertificateInvalid", 4, 1));
    }
}

#[cfg(not(feature = "pfx"))]
#[test]
fn a_build_without_the_reader_says_how_to_convert() {
    // SEQUENCE { INTEGER 3 }: PKCS #12 as far as can be seen.
    let problem = ClientCertificate::read(NAME, &[0x30, 3, 2, 1, 3], Some("hush")).expect_err("not read");
    assert!(problem.message.contains("which this build of keyroll does not read"), "{problem}");
    assert!(problem.hints[0].contains("openssl pkcs12"), "{problem:?}");
}
