//! The served world at the wire: whom it asks for a certificate, and what it answers to which.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ::aws_lc_rs::digest;
use keyroll::contract::world::ManagementCertificate;
use tokio_rustls::rustls::client::ResolvesClientCert;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, SignatureScheme, StreamOwned};

use super::Pair;
use crate::locators::rig::world;
use crate::served::SUBSCRIPTION;
use crate::served_securely::SecureWorld;

const MANAGEMENT: &str = "management.core.windows.net";

/// Shows a certificate, or none, and remembers whether it was asked for one.
#[derive(Debug)]
struct Shown {
    pair: Option<Arc<CertifiedKey>>,
    asked: AtomicBool,
}

impl ResolvesClientCert for Shown {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::SeqCst);
        self.pair.clone()
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// Asks for one path with the names in the handshake and in the request: whether a certificate was asked for, and the answer.
fn ask(azure: &SecureWorld, names: [&str; 2], path: &str, pair: Option<&Pair>) -> (bool, String) {
    let mut roots = RootCertStore::empty();
    let authority = azure.announced["authorityFile"].as_str().expect("a path");
    roots.add(CertificateDer::from_pem_file(authority).expect("PEM")).expect("an authority");
    let certified = |pair: &Pair| {
        let key = PrivateKeyDer::try_from(pair.key.serialize_der()).expect("a key");
        let chain = vec![pair.certificate.der().clone()];
        Arc::new(CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider()).expect("a pair"))
    };
    let shown = Arc::new(Shown { pair: pair.map(certified), asked: AtomicBool::new(false) });
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("TLS")
        .with_root_certificates(roots)
        .with_client_cert_resolver(shown.clone());
    let [in_handshake, in_request] = names;
    let name = ServerName::try_from(in_handshake.to_owned()).expect("a name");
    let connection = ClientConnection::new(Arc::new(config), name).expect("TLS");
    let port = u16::try_from(azure.announced["port"].as_u64().expect("a port")).expect("a port");
    let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("it listens");
    let mut stream = StreamOwned::new(connection, socket);
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {in_request}\r\nx-ms-version: 2011-10-01\r\nconnection: close\r\n\r\n")
        .expect("sent");
    let mut answer = String::new();
    // An end without a farewell is an end, too.
    let _ = stream.read_to_string(&mut answer);
    (shown.asked.load(Ordering::SeqCst), answer)
}

fn thumbprint(pair: &Pair) -> String {
    use std::fmt::Write as _;
    let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, pair.certificate.der());
    digest.as_ref().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[test]
fn only_classic_management_asks_for_a_certificate_and_only_one_of_the_subscription_opens_it() {
    const ELSEWHERE: &str = "22222222-2222-4222-8222-222222222222";
    let (ours, others, old, foreign) =
        (Pair::valid(2020, 2090), Pair::valid(2020, 2090), Pair::valid(2020, 2021), Pair::valid(2020, 2090));
    let mut served = world(1, 1);
    for (pair, subscription) in [(&ours, SUBSCRIPTION), (&others, ELSEWHERE), (&old, SUBSCRIPTION)] {
        let thumbprint = thumbprint(pair);
        served.management_certificates.push(ManagementCertificate { subscription: subscription.to_owned(), thumbprint });
    }
    let azure = SecureWorld::serve(&served);
    let path = format!("/{SUBSCRIPTION}/services/mediaservices/Accounts/media-v2");
    for (pair, why) in
        [(None, "none"), (Some(&others), "another subscription's"), (Some(&old), "expired"), (Some(&foreign), "unknown")]
    {
        let (asked, answer) = ask(&azure, [MANAGEMENT, MANAGEMENT], &path, pair);
        assert!(asked && answer.starts_with("HTTP/1.1 403 "), "{why}: {answer}");
        assert!(answer.contains("content-type: application/xml"), "{why}: {answer}");
        let code = "<Error xmlns=\"http://schemas.microsoft.com/windowsazure\"";
        assert!(answer.contains(code) && answer.contains("<Code>ForbiddenError</Code>"), "{why}: {answer}");
    }
    // What comes next is the simulator's: it knows no such call.
    let (asked, answer) = ask(&azure, [MANAGEMENT, MANAGEMENT], &path, Some(&ours));
    assert!(asked && !answer.contains("ForbiddenError") && answer.starts_with("HTTP/1.1 "), "{answer}");
    let (asked, answer) = ask(&azure, [MANAGEMENT, MANAGEMENT], &path.replace(SUBSCRIPTION, ELSEWHERE), Some(&others));
    assert!(asked && !answer.contains("ForbiddenError"), "{answer}");

    for host in ["management.azure.com", "login.microsoftonline.com", "stprod.blob.core.windows.net"] {
        let (asked, answer) = ask(&azure, [host, host], "/", Some(&ours));
        assert!(!asked && answer.starts_with("HTTP/1.1 "), "{host}: {answer}");
        let (asked, answer) = ask(&azure, [host, MANAGEMENT], &path, Some(&ours));
        assert!(!asked && answer.starts_with("HTTP/1.1 403 "), "another name in the handshake is no way around: {answer}");
    }
}
