//! The simulator for other processes, on loopback only (feature `serve`).
//!
//! [`Server::bind`] serves plain http under names of its own: `management.localhost:PORT`, `ACCOUNT.blob.localhost:PORT`,
//! `VAULT.vault.localhost:PORT`; RFC 6761 keeps `.localhost` on this machine. [`Server::bind_secure`] serves TLS under
//! Azure's own names, with a certificate authority of its own, and a plain port that is its CONNECT proxy and the endpoint
//! of managed identities: what Microsoft's clients need to believe that they talk to Azure. Both answer `control.localhost`
//! for whoever drives the test.

pub mod az_configuration;
pub mod certificate;
mod client_files;
mod control;
mod door;
mod exchange;
mod management_certificates;
#[cfg(test)]
mod tests;
mod tls;

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;
use time::format_description::well_known::Rfc3339;
use tokio::net::TcpListener;

use crate::contract::world::{Endpoints, World};
use crate::domain::clock::Clock;
use crate::domain::problem::Problem;

use super::scaled_clock::ScaledClock;
use super::simulator::Simulator;

use certificate::Authority;
use door::{Door, House};
use management_certificates::ManagementCertificates;
use tls::Tls;

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

/// What serving under Azure's own names needs besides.
#[derive(Clone, Debug)]
pub struct Secure {
    /// The folder of the certificate authority.
    pub authority: PathBuf,
    /// The port for plain http: proxy, managed identities, control; 0 for a free one.
    pub http_port: u16,
}

/// Where a served world is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// The port that listens: plain http, or TLS where [`Self::secure`] is.
    pub port: u16,
    /// The custom cloud's file for `--cloud`.
    pub cloud_file: PathBuf,
    /// The tokens' file for `--auth token-file=PATH`.
    pub token_file: PathBuf,
    /// The clock of the world, for a client that shares its time.
    pub clock_file: PathBuf,
    /// What there is besides when the world is served under Azure's own names.
    pub secure: Option<ServedSecurely>,
}

/// Where the rest of a securely served world is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedSecurely {
    /// The port for plain http.
    pub http_port: u16,
    /// The certificate that a client has to trust, as PEM.
    pub authority_file: PathBuf,
    /// A certificate that classic service management takes, with its key, as PEM.
    pub management_certificate_file: PathBuf,
}

/// A world that is ready to be served.
#[derive(Debug)]
pub struct Server {
    house: Arc<House>,
    doors: Vec<Door>,
    served: Served,
}

impl Server {
    /// Listens on 127.0.0.1 for plain http under `.localhost` names and writes the client's files.
    ///
    /// # Errors
    /// When the world contradicts itself, the port is taken or the files cannot be written.
    pub async fn bind(mut world: World, options: &Options) -> Result<Self, Problem> {
        let (listener, port) = listen(options.port).await?;
        let clock = ScaledClock::starting_now(options.times);
        world.endpoints = Endpoints {
            scheme: "http".into(),
            resource_manager: format!("management.localhost:{port}"),
            login: format!("login.localhost:{port}"),
            storage_suffix: format!("localhost:{port}"),
            key_vault_suffix: format!("vault.localhost:{port}"),
            media_suffix: format!("media.localhost:{port}"),
            media_legacy: format!("legacy.media.localhost:{port}"),
            classic_management: format!("classic.localhost:{port}"),
            streaming_suffix: format!("streaming.media.localhost:{port}"),
            streaming_suffix_v2: format!("streaming.mediaservices.localhost:{port}"),
            ..world.endpoints
        };
        for store in world.workspaces.iter_mut().flat_map(|workspace| &mut workspace.datastores) {
            if store.properties.get("endpoint").is_some_and(|endpoint| endpoint == "core.windows.net") {
                store.properties.insert("endpoint".into(), json!(world.endpoints.storage_suffix));
                store.properties.insert("protocol".into(), json!("http"));
            }
        }
        let simulator = begin(&mut world, clock)?;
        let [cloud_file, token_file, clock_file] = client_files::write(&options.directory, &world, clock)?;
        let house = Arc::new(House::new(simulator, None));
        let served = Served { port, cloud_file, token_file, clock_file, secure: None };
        Ok(Self { house, doors: vec![Door::plain(listener)], served })
    }

    /// Listens on 127.0.0.1 for TLS under the names of the world's own endpoints, and on a second port for plain http.
    ///
    /// # Errors
    /// As [`Self::bind`], and when the folder of the certificate authority is somebody else's.
    pub async fn bind_secure(mut world: World, options: &Options, secure: &Secure) -> Result<Self, Problem> {
        let (listener, port) = listen(options.port).await?;
        let (plain, http_port) = listen(secure.http_port).await?;
        let clock = ScaledClock::starting_now(options.times);
        // Clients count a token's life in their own seconds, and the world's pass faster.
        let caller = &mut world.caller;
        caller.token_lifetime_seconds = caller.token_lifetime_seconds.saturating_mul(u64::from(options.times.max(1)));
        let simulator = begin(&mut world, clock)?;
        let authority = Authority::open(&secure.authority)?;
        let (certificates, one_of_them) = ManagementCertificates::of(&world)?;
        let tls = Tls::new(&authority, &certificate::names(&world), certificates)?;
        let [cloud_file, token_file, clock_file] = client_files::write(&options.directory, &world, clock)?;
        let management_certificate_file = client_files::place(&options.directory, "management.pem", &one_of_them)?;
        let house = Arc::new(House::new(simulator, Some(tls.clone())));
        let secure = ServedSecurely { http_port, authority_file: authority.file(), management_certificate_file };
        let served = Served { port, cloud_file, token_file, clock_file, secure: Some(secure) };
        Ok(Self { house, doors: vec![Door::secure(listener, tls), Door::plain(plain)], served })
    }

    /// Where the world is.
    #[must_use]
    pub fn served(&self) -> &Served {
        &self.served
    }

    /// The simulator behind it.
    #[must_use]
    pub fn simulator(&self) -> &Simulator {
        self.house.simulator()
    }

    /// Serves until `POST /stop` arrives on `control.localhost`, and answers what is under way then. One connection that
    /// breaks ends nothing else.
    pub async fn run(self) {
        self.house.receive(self.doors).await;
    }
}

async fn listen(port: u16) -> Result<(TcpListener, u16), Problem> {
    let taken = |error: std::io::Error| {
        Problem::failed("portTaken", format!("port {port} on 127.0.0.1 cannot be listened on"))
            .because(error)
            .hint("choose another port, or 0 for a free one")
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(taken)?;
    let port = listener.local_addr().map_err(taken)?.port();
    Ok((listener, port))
}

/// The world begins now.
fn begin(world: &mut World, clock: ScaledClock) -> Result<Simulator, Problem> {
    world.now = clock.now().format(&Rfc3339).unwrap_or_default();
    world.faults.iter().try_for_each(control::refuse_crash)?;
    Simulator::new(world.clone(), Arc::new(clock))
}
