//! Certificates: one that nobody vouches for, and one that `--ca-bundle` does.

use std::path::PathBuf;
use std::sync::Arc;

use azure_core::http::Method;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::azure::call::{Audience, Call, Effect};

use super::client;

/// Serves over TLS with a certificate for `st1.blob.localhost`, and writes the certificate of its issuer into a file.
async fn serve(folder: &tempfile::TempDir) -> (u16, PathBuf) {
    let mut authority = CertificateParams::new(Vec::new()).expect("parameters");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().expect("a key");
    let bundle = folder.path().join("ca.pem");
    std::fs::write(&bundle, authority.self_signed(&authority_key).expect("a certificate").pem()).expect("written");

    let key = KeyPair::generate().expect("a key");
    let leaf = CertificateParams::new(vec!["st1.blob.localhost".to_owned()]).expect("parameters");
    let leaf = leaf.signed_by(&key, &Issuer::new(authority, authority_key)).expect("a certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![leaf.der().clone()], key).expect("TLS");

    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        while let Ok((stream, _)) = listener.accept().await {
            // A client that does not trust us hangs up in the middle of the handshake.
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
                let _ = stream.shutdown().await;
            }
        }
    });
    (port, bundle)
}

fn call(host: &str, port: u16) -> Call {
    let url = format!("https://{host}:{port}/").parse().expect("URL");
    Call::new(Method::Get, url, Effect::Once, Audience::None)
}

#[tokio::test]
async fn an_unknown_certificate_is_refused_at_once_and_trusted_with_its_bundle() {
    let folder = tempfile::tempdir().expect("a folder");
    let (port, bundle) = serve(&folder).await;

    let problem = client(Vec::new()).send(call("st1.blob.localhost", port)).await.expect_err("nobody vouches for it");
    assert_eq!(problem.code, "certificateNotTrusted", "{problem:?}");
    assert!(problem.causes.iter().any(|cause| cause.contains("UnknownIssuer")), "{problem:?}");

    let trusting = client(vec![bundle]);
    assert_eq!(trusting.send(call("st1.blob.localhost", port)).await.expect("an answer").status, 200);

    let problem = trusting.send(call("st2.blob.localhost", port)).await.expect_err("a certificate for another name");
    assert_eq!(problem.code, "certificateNotTrusted", "{problem:?}");
}
