//! The simulator over HTTP on loopback, so that other processes can be run, and killed, against it (feature `serve`).
//!
//! Hosts are told apart by name: `management.localhost:PORT`, `ACCOUNT.blob.localhost:PORT`, `VAULT.vault.localhost:PORT`,
//! and `control.localhost:PORT` for whoever drives the test. RFC 6761 keeps `.localhost` on this machine.

use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming as HyperBody};
use hyper::header::{HOST, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::json;
use time::format_description::well_known::Rfc3339;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::contract::world::{Endpoints, Fault, FaultKind, World};
use crate::domain::clock::Clock;
use crate::domain::problem::Problem;

use super::message::{Incoming, Reply};
use super::scaled_clock::ScaledClock;
use super::simulator::Simulator;
use super::token::token_text;

/// How a world is served.
#[derive(Clone, Debug)]
pub struct Options {
    /// The port; 0 for a free one.
    pub port: u16,
    /// Where the files for the client are written.
    pub directory: PathBuf,
    /// How many times as fast as the machine's the world's time runs.
    pub times: u32,
}

/// Where a served world is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// The port that listens.
    pub port: u16,
    /// The custom cloud's file for `--cloud`.
    pub cloud_file: PathBuf,
    /// The tokens' file for `--auth token-file=PATH`.
    pub token_file: PathBuf,
    /// The clock of the world, for a client that shares its time.
    pub clock_file: PathBuf,
}

/// A world that is ready to be served.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    simulator: Simulator,
    stop: Arc<Notify>,
    served: Served,
}

impl Server {
    /// Listens on 127.0.0.1 and writes the client's files.
    ///
    /// # Errors
    /// When the world contradicts itself, the port is taken or the files cannot be written.
    pub async fn bind(mut world: World, options: &Options) -> Result<Self, Problem> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await.map_err(|error| {
            Problem::failed("portTaken", format!("port {} on 127.0.0.1 cannot be listened on", options.port))
                .because(error)
                .hint("choose another port, or 0 for a free one")
        })?;
        let port =
            listener.local_addr().map_err(|error| Problem::failed("portTaken", "the port is not known").because(error))?.port();
        let clock = ScaledClock::starting_now(options.times);
        world.now = clock.now().format(&Rfc3339).unwrap_or_default();
        world.endpoints = Endpoints {
            scheme: "http".into(),
            resource_manager: format!("management.localhost:{port}"),
            storage_suffix: format!("localhost:{port}"),
            key_vault_suffix: format!("vault.localhost:{port}"),
            ..world.endpoints
        };
        for store in world.workspaces.iter_mut().flat_map(|workspace| &mut workspace.datastores) {
            if store.properties.get("endpoint").is_some_and(|endpoint| endpoint == "core.windows.net") {
                store.properties.insert("endpoint".into(), json!(world.endpoints.storage_suffix));
                store.properties.insert("protocol".into(), json!("http"));
            }
        }
        world.faults.iter().try_for_each(refuse_crash)?;
        let served = write_files(&options.directory, port, &world.endpoints, clock)?;
        let simulator = Simulator::new(world, Arc::new(clock))?;
        Ok(Self { listener, simulator, stop: Arc::new(Notify::new()), served })
    }

    /// Where the world is.
    #[must_use]
    pub fn served(&self) -> &Served {
        &self.served
    }

    /// The simulator behind it.
    #[must_use]
    pub fn simulator(&self) -> &Simulator {
        &self.simulator
    }

    /// Serves until `POST /stop` arrives on `control.localhost`. One connection that breaks ends nothing else.
    pub async fn run(self) {
        loop {
            let stream = tokio::select! {
                () = self.stop.notified() => return,
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    Err(_) => continue,
                },
            };
            let (simulator, stop) = (self.simulator.clone(), Arc::clone(&self.stop));
            tokio::spawn(async move {
                let service = service_fn(move |request| answer(simulator.clone(), Arc::clone(&stop), request));
                // A client that goes away is part of the game.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    }
}

/// An answer that is never given: hyper closes the connection instead.
#[derive(Debug, thiserror::Error)]
#[error("the simulated connection broke")]
struct Broke;

async fn answer(simulator: Simulator, stop: Arc<Notify>, request: Request<HyperBody>) -> Result<Response<Full<Bytes>>, Broke> {
    let incoming = read(request).await.ok_or(Broke)?;
    if incoming.url.host_str() == Some("control.localhost") {
        return Ok(respond(control(&simulator, &stop, &incoming)));
    }
    simulator.exchange(&incoming).await.map(respond).map_err(|_| Broke)
}

/// The request as the simulator reads it; `None` when it is cut short or makes no sense.
async fn read(request: Request<HyperBody>) -> Option<Incoming> {
    let (head, body) = request.into_parts();
    let host = head.headers.get(HOST)?.to_str().ok()?;
    let url = format!("http://{host}{}", head.uri.path_and_query().map_or("/", |path| path.as_str())).parse().ok()?;
    let method = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"].into_iter().find(|known| *known == head.method.as_str())?;
    let headers =
        head.headers.iter().filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    let headers = headers.collect();
    let body = body.collect().await.ok()?.to_bytes().to_vec();
    Some(Incoming { method, url, headers, body })
}

fn respond(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(reply.body)));
    *response.status_mut() = hyper::StatusCode::from_u16(reply.status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// What a test asks of the world from outside: `GET /audit`, `POST /faults`, `POST /stop`.
fn control(simulator: &Simulator, stop: &Notify, incoming: &Incoming) -> Reply {
    match (incoming.method, incoming.url.path()) {
        ("GET", "/audit") => Reply::json(200, &serde_json::to_value(simulator.audit()).unwrap_or_default()),
        ("POST", "/faults") => match serde_json::from_slice::<Fault>(&incoming.body) {
            Ok(fault) => match refuse_crash(&fault) {
                Ok(()) => {
                    simulator.add_fault(fault);
                    Reply::empty(204)
                }
                Err(problem) => Reply::error(400, "Refused", &problem.message),
            },
            Err(error) => Reply::error(400, "MalformedFault", &error.to_string()),
        },
        ("POST", "/stop") => {
            stop.notify_one();
            Reply::empty(204)
        }
        _ => Reply::error(404, "NotFound", "GET /audit, POST /faults or POST /stop"),
    }
}

/// A served world's caller is another process: it is killed with a signal, not from here.
fn refuse_crash(fault: &Fault) -> Result<(), Problem> {
    if matches!(fault.kind, FaultKind::Crash { .. }) {
        return Err(Problem::usage("crashNotServed", "a served world cannot end the process that calls it")
            .hint("kill the client with a signal instead"));
    }
    Ok(())
}

fn write_files(directory: &Path, port: u16, endpoints: &Endpoints, clock: ScaledClock) -> Result<Served, Problem> {
    let cloud = json!({
        "name": "simulated",
        "resourceManager": format!("http://management.localhost:{port}/"),
        "login": format!("http://login.localhost:{port}/"),
        "resourceManagerAudience": endpoints.resource_manager_audience,
        "keyVaultAudience": endpoints.key_vault_audience,
        "keyVaultSuffix": endpoints.key_vault_suffix,
        "storageSuffix": endpoints.storage_suffix,
    });
    let expires = clock.now() + time::Duration::days(3650);
    let tokens: Vec<serde_json::Value> = [&endpoints.resource_manager_audience, &endpoints.key_vault_audience]
        .into_iter()
        .map(|audience| {
            let scope = format!("{audience}/.default");
            json!({ "token": token_text(&scope, expires, 0), "scope": scope, "expiresOn": expires.unix_timestamp() })
        })
        .collect();
    let file = |name: &str, value: &serde_json::Value| {
        let path = directory.join(name);
        std::fs::create_dir_all(directory)
            .and_then(|()| write_private(&path, value.to_string().as_bytes()))
            .map(|()| path.clone())
            .map_err(|error| Problem::failed("fileNotWritten", format!("{} cannot be written", path.display())).because(error))
    };
    Ok(Served {
        port,
        cloud_file: file("cloud.json", &cloud)?,
        token_file: file("tokens.json", &json!(tokens))?,
        clock_file: file("clock.json", &serde_json::to_value(clock).unwrap_or_default())?,
    })
}

/// Token files are for their owner only, simulated ones too.
fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    use io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)?.write_all(content)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;
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
            let cloud: serde_json::Value =
                serde_json::from_slice(&std::fs::read(&place.cloud_file).expect("written")).expect("JSON");
            assert_eq!(cloud["storageSuffix"], format!("localhost:{}", place.port));
            let storage = demo::storage_account();
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
}
