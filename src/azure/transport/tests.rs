//! The real client against real sockets on loopback.

mod tls;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;

use azure_core::http::Method;

use crate::azure::call::{Audience, Call, Effect};
use crate::azure::client::{Client, ClientOptions, Unobserved};
use crate::azure::cloud::Cloud;
use crate::azure::system_clock::SystemClock;
use crate::domain::problem::{Kind, Problem};

use super::*;

/// What every request of these tests carries.
const BODY: &[u8] = b"the body";

/// Answers each connection with the next of these texts and gives back what arrived.
fn serve(answers: Vec<&'static str>) -> (SocketAddr, thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = thread::spawn(move || {
        let mut requests = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut buffer = [0; 8192];
            let mut request = Vec::new();
            while !request.ends_with(BODY) {
                let count = stream.read(&mut buffer).expect("a request");
                assert!(count > 0, "the request ends with its body");
                request.extend_from_slice(&buffer[..count]);
            }
            stream.write_all(answer.as_bytes()).expect("an answer");
            requests.push(String::from_utf8_lossy(&request).to_lowercase());
        }
        requests
    });
    (address, server)
}

fn client(bundles: Vec<PathBuf>) -> Client {
    Client::new(ClientOptions {
        transport: Arc::new(LazyHttpClient::new(bundles, Proxies::Used)),
        cloud: Cloud::public(),
        credential: None,
        clock: Arc::new(SystemClock),
        observer: Arc::new(Unobserved),
        client_request_id: None,
    })
}

async fn send(url: &str, effect: Effect) -> Result<crate::azure::call::Answer, Problem> {
    let mut call = Call::new(Method::Post, url.parse().expect("URL"), effect, Audience::None);
    call.body = BODY.to_vec();
    client(Vec::new()).send(call).await
}

#[tokio::test]
async fn a_name_under_localhost_is_this_machine() {
    let (address, server) = serve(vec!["HTTP/1.1 200 OK\r\nX-Ms-Request-Id: r-1\r\ncontent-length: 2\r\n\r\n{}"]);
    let answer =
        send(&format!("http://st1.blob.localhost:{}/c?comp=list", address.port()), Effect::Once).await.expect("an answer");
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"{}"[..]));
    assert_eq!(answer.correlation_id().as_deref(), Some("r-1"));
    let request = server.join().expect("the server ends").remove(0);
    assert!(request.starts_with("post /c?comp=list http/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("\r\nhost: st1.blob.localhost:{}\r\n", address.port())), "{request}");
    assert!(request.contains("\r\naccept-encoding: gzip\r\n"), "{request}");
    assert!(request.contains("\r\nuser-agent: keyroll azsdk-rust-keyroll/"), "{request}");
    assert!(request.ends_with("\r\n\r\nthe body"), "{request}");
}

#[tokio::test]
async fn a_redirect_is_answered_and_not_followed() {
    let (address, server) = serve(vec!["HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"]);
    let problem = send(&format!("http://{address}/"), Effect::Read).await.expect_err("a redirect");
    assert_eq!(problem.http_status, Some(302));
    server.join().expect("one request only");
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_is_unknown_and_tells_no_query() {
    for answer in ["", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"] {
        let (address, server) = serve(vec![answer]);
        let problem = send(&format!("http://{address}/regenerateKey?sig=secret"), Effect::Once).await.expect_err("broken");
        assert_eq!((problem.kind, problem.code.as_str()), (Kind::OutcomeUnknown, "outcomeUnknown"), "{problem:?}");
        assert!(!format!("{problem:?}").contains("secret"), "{problem:?}");
        assert_eq!(server.join().expect("the server ends").len(), 1);
    }
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_known_as_not_sent() {
    let address = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let request = Request::new(format!("http://{address}/?sig=secret").parse().expect("URL"), Method::Get);
    let error = LazyHttpClient::new(Vec::new(), Proxies::Ignored).execute_request(&request).await.expect_err("refused");
    assert_eq!(*error.kind(), ErrorKind::Connection);
    assert!(!format!("{error:?} {error}").contains("secret"));
}

#[tokio::test]
async fn a_bad_certificate_file_is_told_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "no certificate").expect("written");
    for (path, told) in [(empty, "holds no PEM certificate"), (folder.path().join("absent.pem"), "cannot be read")] {
        let call = Call::new(Method::Get, "http://127.0.0.1:1/".parse().expect("URL"), Effect::Read, Audience::None);
        let problem = client(vec![path.clone()]).send(call).await.expect_err("refused");
        assert_eq!((problem.code.as_str(), problem.exit_code()), ("caBundleInvalid", 2));
        assert!(problem.message.contains(told) && problem.message.contains(&path.display().to_string()), "{problem}");
    }
}

#[tokio::test]
async fn of_what_unpacks_to_more_than_was_asked_for_the_first_bytes_are_read() {
    use base64::Engine as _;
    // 100,000 times `x`, packed into 132 bytes.
    let packed = base64::engine::general_purpose::STANDARD
        .decode(format!("H4sIAAAAAAACA+3BMQEAAADCoNqLbw0Po{}IBXA3ERB/6ghgEA", "A".repeat(128)))
        .expect("base64");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut buffer = [0; 8192];
        let _ = stream.read(&mut buffer).expect("a request");
        let head = format!("HTTP/1.1 206 Partial Content\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", packed.len());
        stream.write_all(&[head.as_bytes(), &packed].concat()).expect("an answer");
    });
    let call = Call::new(Method::Get, format!("http://{address}/").parse().expect("URL"), Effect::Glance, Audience::None);
    let answer = client(Vec::new()).send(call.header("range", "bytes=0-4095")).await.expect("an answer");
    assert_eq!((answer.status, answer.body.len()), (206, 4096));
    assert!(answer.body.iter().all(|byte| *byte == b'x'));
    server.join().expect("the server ends");
}
