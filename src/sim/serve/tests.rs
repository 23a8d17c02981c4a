//! Worlds behind real sockets.

use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::contract::world::{Fault, FaultKind};
use crate::sim::demo;

async fn ask(port: u16, method: &str, host: &str, path: &str, token: &str, body: &str) -> String {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.expect("it listens");
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}:{port}\r\nauthorization: Bearer {token}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.expect("sends");
    let mut text = String::new();
    // A reset is an answer too.
    let _ = stream.read_to_string(&mut text).await;
    text
}

#[test]
fn another_process_meets_the_same_world() {
    let directory = tempfile::tempdir().expect("a directory");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let options = Options { port: 0, directory: directory.path().join("sim"), times: 1000 };
        let server = Server::bind(demo::world(), &options).await.expect("binds");
        let place = server.served().clone();
        let running = tokio::spawn(server.run());
        let tokens: serde_json::Value =
            serde_json::from_slice(&std::fs::read(&place.token_file).expect("written")).expect("JSON");
        let token = tokens[0]["token"].as_str().expect("a token").to_owned();
        let cloud: serde_json::Value = serde_json::from_slice(&std::fs::read(&place.cloud_file).expect("written")).expect("JSON");
        assert_eq!(cloud["storageSuffix"], format!("localhost:{}", place.port));
        let storage = format!("{}?api-version=2023-05-01", demo::storage_account());
        let got = ask(place.port, "GET", "management.localhost", &storage, &token, "").await;
        assert!(got.starts_with("HTTP/1.1 200"), "{got}");
        assert!(got.contains(&format!("http://stprod.blob.localhost:{}/", place.port)));
        assert!(got.contains("x-ms-correlation-request-id"));
        let fault = serde_json::to_string(&Fault::at("storage.get", 1, FaultKind::ResetAfter)).expect("serialises");
        assert!(ask(place.port, "POST", "control.localhost", "/faults", "", &fault).await.starts_with("HTTP/1.1 204"));
        assert_eq!(ask(place.port, "GET", "management.localhost", &storage, &token, "").await, "", "the connection broke");
        let vault = ask(place.port, "GET", "kv-prod.vault.localhost", "/secrets", &token, "").await;
        assert!(vault.starts_with("HTTP/1.1 401"), "the token is for another audience: {vault}");
        let audit = ask(place.port, "GET", "control.localhost", "/audit", "", "").await;
        assert!(audit.contains("\"storage.get\":2"), "{audit}");
        assert!(ask(place.port, "POST", "control.localhost", "/stop", "", "").await.starts_with("HTTP/1.1 204"));
        running.await.expect("it ends");
    });
}
