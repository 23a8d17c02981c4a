//! Over real TLS with client certificates: what a redirect gets to see, and which method stands on the wire.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use azure_core::http::Method;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::azure::call::{Audience, Call, Effect};
use crate::azure::client::{Client, ClientOptions, Unobserved};
use crate::azure::cloud::Cloud;
use crate::azure::media_v2::ClientCertificate;
use crate::azure::media_v2::management::{KeyOf, Management};
use crate::azure::system_clock::SystemClock;
use crate::azure::transport::{CARRIED_METHOD, LazyHttpClient, Proxies};
use crate::domain::key::StorageKey;

/// An authority, the certificate that it gave a client, and what its servers heard.
struct Net {
    issuer: Issuer<'static, KeyPair>,
    authority: rcgen::Certificate,
    bundle: PathBuf,
    _folder: tempfile::TempDir,
}

/// What one server heard: whether the client showed a certificate, and the request.
type Heard = Arc<Mutex<Vec<(bool, String)>>>;

impl Net {
    fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).expect("parameters");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let authority = parameters.self_signed(&key).expect("a certificate");
        let folder = tempfile::tempdir().expect("a folder");
        let bundle = folder.path().join("ca.pem");
        std::fs::write(&bundle, authority.pem()).expect("written");
        Self { issuer: Issuer::new(parameters, key), authority, bundle, _folder: folder }
    }

    fn leaf(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().expect("a key");
        let parameters = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
        (parameters.signed_by(&key, &self.issuer).expect("a certificate"), key)
    }

    fn client_certificate(&self) -> ClientCertificate {
        let (certificate, key) = self.leaf("ams-management");
        let text = certificate.pem() + &key.serialize_pem();
        ClientCertificate::read("the client certificate", text.as_bytes(), None).expect("whole")
    }

    /// A server that asks for a client certificate and always answers the same.
    async fn serve(&self, answer: String) -> (u16, Heard) {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.der().clone()).expect("an authority");
        let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).allow_unauthenticated().build().expect("a verifier");
        let (certificate, key) = self.leaf("classic.localhost");
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let config = ServerConfig::builder().with_client_cert_verifier(verifier);
        let config = config.with_single_cert(vec![certificate.der().clone()], key).expect("TLS");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let heard = Heard::default();
        let log = Arc::clone(&heard);
        tokio::spawn(async move {
            let acceptor = TlsAcceptor::from(Arc::new(config));
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let shown = stream.get_ref().1.peer_certificates().is_some();
                let mut bytes = vec![0; 8192];
                let mut length = 0;
                // The whole of a small request: its head, and a body that ends in a quote.
                while let Ok(read @ 1..) = stream.read(&mut bytes[length..]).await {
                    length += read;
                    if bytes[..length].ends_with(b"\"")
                        || bytes[..length].ends_with(b"}")
                        || bytes[..length].ends_with(b"\r\n\r\n")
                    {
                        break;
                    }
                }
                log.lock().expect("no panic").push((shown, String::from_utf8_lossy(&bytes[..length]).into_owned()));
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        (port, heard)
    }

    fn options(&self, port: u16) -> ClientOptions {
        let cloud = Cloud {
            classic_management: Some(format!("https://classic.localhost:{port}/").parse().expect("URL")),
            ..Cloud::public()
        };
        ClientOptions {
            transport: Arc::new(LazyHttpClient::new(vec![self.bundle.clone()], Proxies::Ignored)),
            cloud,
            credential: None,
            clock: Arc::new(SystemClock),
            observer: Arc::new(Unobserved),
            client_request_id: None,
        }
    }

    fn management(&self, port: u16) -> Management {
        let certificate = self.client_certificate();
        Management::with_certificate(self.options(port), &certificate, vec![self.bundle.clone()]).expect("a sound certificate")
    }
}

const OF: KeyOf<'_> = KeyOf { subscription: "s1", media_account: "ams1", storage_account: "st1" };

fn key() -> StorageKey {
    StorageKey::new("q83v/+".repeat(14) + "q8==")
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn the_key_travels_as_a_json_string_under_the_certificate() {
    let net = Net::new();
    for status in ["200 OK", "202 Accepted", "204 No Content"] {
        let (port, heard) = net.serve(answer(status, "", "")).await;
        net.management(port).put_key(OF, &key()).await.expect("taken");
        let heard = heard.lock().expect("no panic");
        let [(shown, request)] = heard.as_slice() else { panic!("one request") };
        assert!(shown, "the certificate was shown");
        assert!(
            request.starts_with("PUT /s1/services/mediaservices/Accounts/ams1/StorageAccounts/st1/Key HTTP/1.1\r\n"),
            "{request}"
        );
        let lower = request.to_ascii_lowercase();
        for header in ["x-ms-version: 2011-10-01\r\n", "content-type: application/json; charset=utf-8\r\n"] {
            assert!(lower.contains(header), "{request}");
        }
        assert!(!lower.contains("authorization:") && request.ends_with(&format!("\"{}\"", key().expose())), "{request}");
    }
}

#[tokio::test]
async fn neither_key_nor_certificate_follows_a_redirect() {
    let net = Net::new();
    let (elsewhere, heard_elsewhere) = net.serve(answer("200 OK", "", "")).await;
    for status in ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let location = format!("location: https://classic.localhost:{elsewhere}/steal\r\n");
        let (port, heard) = net.serve(answer(status, &location, "")).await;
        let problem = net.management(port).put_key(OF, &key()).await.expect_err("not followed");
        assert_eq!((problem.code.as_str(), problem.exit_code()), ("redirected", 1), "{status}: {problem:?}");
        assert!(!format!("{problem:?}").contains(key().expose()));
        assert_eq!(heard.lock().expect("no panic").len(), 1, "{status}");
    }
    assert_eq!(heard_elsewhere.lock().expect("no panic").len(), 0, "nobody knocked there");
}

#[tokio::test]
async fn both_dialects_of_errors_are_told() {
    let net = Net::new();
    for (body, code, message) in [
        (
            "<Error xmlns=\"http://schemas.microsoft.com/windowsazure\"><Code>ForbiddenError</Code><Message>The certificate is not of this subscription.</Message></Error>",
            "ForbiddenError",
            "The certificate is not of this subscription",
        ),
        (
            "<string xmlns=\"http://schemas.microsoft.com/2003/10/Serialization/\">{\"Code\":\"NotFound\",\"Message\":\"No such account.\"}</string>",
            "NotFound",
            "No such account",
        ),
    ] {
        let (port, _) = net.serve(answer("403 Forbidden", "content-type: application/xml\r\n", body)).await;
        let problem = net.management(port).put_key(OF, &key()).await.expect_err("refused");
        assert_eq!((problem.service_code.as_deref(), problem.message.as_str()), (Some(code), message));
    }
}

#[tokio::test]
async fn merge_stands_on_the_wire_as_it_is_documented() {
    let net = Net::new();
    let (port, heard) = net.serve(answer("204 No Content", "", "")).await;
    let url = format!("https://classic.localhost:{port}/api/Locators('x')").parse().expect("URL");
    let call = Call::new(Method::Post, url, Effect::Idempotent, Audience::None).json(&serde_json::json!({ "a": 1 }));
    Client::new(net.options(port)).send(call.header(CARRIED_METHOD.as_str(), "MERGE")).await.expect("taken");
    let heard = heard.lock().expect("no panic");
    assert!(heard[0].1.starts_with("MERGE /api/Locators('x') HTTP/1.1\r\n"), "{heard:?}");
    assert!(!heard[0].1.to_ascii_lowercase().contains("x-http-method"), "{heard:?}");
}
