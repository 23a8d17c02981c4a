//! A server in the place of classic management that leads elsewhere: nothing follows.

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::{Pair, failed, tells_nothing_of};
use crate::binary::Ended;
use crate::locators::rig::world;
use crate::served::Azure;

/// A server's certificate of an authority in a file, and who may come with a certificate: whoever has this one.
fn tls(azure: &Azure, shown: &Pair) -> (Arc<ServerConfig>, PathBuf) {
    let mut authority = CertificateParams::new(Vec::new()).expect("parameters");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let bundle = azure.place.path("hostile-ca.pem");
    std::fs::write(&bundle, authority.self_signed(&key).expect("a certificate").pem()).expect("written");
    let issuer = Issuer::new(authority, key);
    let key = KeyPair::generate().expect("a key");
    let names = vec!["classic.localhost".to_owned(), "elsewhere.localhost".to_owned()];
    let leaf = CertificateParams::new(names).expect("parameters").signed_by(&key, &issuer).expect("a certificate");
    let mut roots = RootCertStore::empty();
    roots.add(shown.certificate.der().clone()).expect("a root");
    let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).allow_unauthenticated().build().expect("a verifier");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = ServerConfig::builder().with_client_cert_verifier(verifier);
    (Arc::new(config.with_single_cert(vec![leaf.der().clone()], key).expect("TLS")), bundle)
}

/// What the hostile server was shown and sent: whether there was a certificate, and the request.
type Heard = Arc<Mutex<Vec<(bool, String)>>>;

/// Answers every request with the same.
fn serve(config: Arc<ServerConfig>, answer: String) -> (u16, Heard) {
    let heard = Heard::default();
    let (ready, port) = mpsc::channel();
    let log = Arc::clone(&heard);
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
            ready.send(listener.local_addr().expect("an address").port()).expect("somebody waits");
            let acceptor = TlsAcceptor::from(config);
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let shown = stream.get_ref().1.peer_certificates().is_some();
                let (mut bytes, mut length) = (vec![0; 8192], 0);
                while !bytes[..length].ends_with(b"\"") {
                    match stream.read(&mut bytes[length..]).await {
                        Ok(read @ 1..) => length += read,
                        _ => break,
                    }
                }
                log.lock().expect("no panic").push((shown, String::from_utf8_lossy(&bytes[..length]).into_owned()));
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
    });
    (port.recv().expect("it listens"), heard)
}

/// Records every byte that anybody sends, the first of a handshake included.
fn record() -> (u16, Arc<Mutex<Vec<Vec<u8>>>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&heard);
    thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let mut bytes = vec![0; 4096];
            let length = std::io::Read::read(&mut stream, &mut bytes).unwrap_or(0);
            bytes.truncate(length);
            log.lock().expect("no panic").push(bytes);
        }
    });
    (port, heard)
}

/// Hands over a key where classic management is at this port of the machine.
fn sync(azure: &Azure, port: u16, bundle: &std::path::Path, pair: &Pair) -> Ended {
    let cloud = azure.place.path("azure/cloud.json");
    let mut described: Value = serde_json::from_slice(&std::fs::read(&cloud).expect("a file")).expect("JSON");
    described["management"] = json!(format!("https://classic.localhost:{port}/"));
    std::fs::write(&cloud, described.to_string()).expect("written");
    let certificate = azure.place.file("ams.pem", pair.pem());
    let line = format!(
        "sync-keys media-v2 --account-name media-v2 --storage-account stprod --key primary --certificate {certificate} --ca-bundle {}",
        bundle.display()
    );
    azure.run(&line)
}

#[test]
fn neither_key_nor_certificate_follows_a_redirect_of_a_hostile_server() {
    for (status, host) in [
        ("307 Temporary Redirect", "elsewhere.localhost"),
        ("308 Permanent Redirect", "127.0.0.1"),
        ("302 Found", "classic.localhost"),
    ] {
        let azure = Azure::serve(world(1, 1), 600);
        let pair = Pair::valid(2020, 2090);
        let (elsewhere, recorded) = record();
        let (config, bundle) = tls(&azure, &pair);
        let answer = format!(
            "HTTP/1.1 {status}\r\nlocation: https://{host}:{elsewhere}/steal\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
        let (port, heard) = serve(config, answer);
        let ended = sync(&azure, port, &bundle, &pair);
        let told = failed(&ended, 1, "redirected");
        assert_eq!(told["message"], "classic.localhost leads elsewhere, and the key was not sent there");
        assert_eq!(told["httpStatus"], status[..3].parse::<u16>().expect("a number"), "{told}");
        let heard = heard.lock().expect("no panic");
        let [(shown, request)] = heard.as_slice() else { panic!("one request: {heard:?}") };
        assert!(*shown && request.starts_with("PUT /11111111-"), "{request}");
        assert_eq!(*recorded.lock().expect("no panic"), [] as [Vec<u8>; 0], "nobody knocked there");
        tells_nothing_of(&pair.pem(), &ended);
        azure.leaks_nothing(&[&ended.stdout, &ended.stderr]);
    }
}

#[test]
fn errors_of_a_server_are_told_in_both_dialects() {
    let classic = "<Error xmlns=\"http://schemas.microsoft.com/windowsazure\"><Code>InternalError</Code><Message>It is &lt;broken&gt;.</Message></Error>";
    let wrapped = "<string xmlns=\"http://schemas.microsoft.com/2003/10/Serialization/\">{\"Code\":\"BadRequest\",\"Message\":\"The key is not one.\"}</string>";
    for (status, body, code, message) in [
        ("400 Bad Request", classic, "InternalError", "It is <broken>"),
        ("400 Bad Request", wrapped, "BadRequest", "The key is not one"),
    ] {
        let azure = Azure::serve(world(1, 1), 600);
        let pair = Pair::valid(2020, 2090);
        let (config, bundle) = tls(&azure, &pair);
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/xml\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        );
        let (port, _) = serve(config, answer);
        let ended = sync(&azure, port, &bundle, &pair);
        assert_eq!(ended.code, 1, "{ended:?}");
        let told = &ended.json()["rows"][0]["problem"];
        assert_eq!((told["message"].as_str(), told["serviceCode"].as_str()), (Some(message), Some(code)), "{told}");
    }
}

#[test]
fn a_server_that_does_not_take_the_certificate_in_its_handshake_is_told_so() {
    let azure = Azure::serve(world(1, 1), 600);
    let (ours, theirs) = (Pair::valid(2020, 2090), Pair::valid(2020, 2090));
    let (config, bundle) = tls(&azure, &theirs);
    let (port, heard) = serve(config, String::new());
    let ended = sync(&azure, port, &bundle, &ours);
    let told = failed(&ended, 4, "clientCertificateRefused");
    assert_eq!(told["message"], "classic.localhost does not take the client certificate");
    assert!(!ended.stderr.contains("trying again"), "it would end the same: {ended:?}");
    assert_eq!(heard.lock().expect("no panic").len(), 0, "the key was not sent");
}
