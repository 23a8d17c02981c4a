use clap::Subcommand;

use super::end::End;
use super::session::Session;

mod announcement;

/// Run a simulated Azure for other programs
#[derive(Clone, Debug, Subcommand)]
pub(super) enum Simulate {
    Serve(serve::Serve),
}

impl Simulate {
    pub(super) async fn run(&self, session: &Session) -> End {
        match self {
            Self::Serve(command) => command.run(session).await,
        }
    }
}

mod serve {
    use std::path::PathBuf;

    use clap::Args;

    use crate::contract::world::World;
    use crate::sim::demo;
    use crate::sim::serve::{Options, Secure, Server, az_configuration};

    use super::super::end::End;
    use super::super::session::Session;
    use super::announcement;

    /// Serve a simulated Azure on this machine, until it is told to stop
    ///
    /// It listens on 127.0.0.1 only and writes the files that a client needs into `--directory`: the cloud for `--cloud`, tokens for
    /// `--auth token-file=PATH`, and the world's clock. `POST /stop` on `control.localhost` ends it, `GET /audit` tells what really
    /// happened, `POST /faults` adds a fault.
    ///
    /// With `--ca-dir` it serves TLS under Azure's own names, with a certificate authority of its own, and on a second port
    /// it is the proxy (`HTTPS_PROXY`) that leads every name back to itself: for az, the SDKs and `PowerShell`, unmodified.
    ///
    /// Example: `keyroll simulate serve --directory sim --time-scale 60`
    ///
    /// Example: `keyroll simulate serve --ca-dir sim/ca --az-config sim/az`
    #[derive(Args, Clone, Debug)]
    pub(in super::super) struct Serve {
        /// The world as JSON (`keyroll.world/1`). Without it: the world of `demo`
        #[arg(long, value_name = "FILE")]
        world: Option<PathBuf>,

        /// Port on 127.0.0.1, with `--ca-dir` for TLS; 0 for a free one
        #[arg(long, value_name = "PORT", default_value_t = 0)]
        port: u16,

        /// Where the client's files are written
        #[arg(long, value_name = "FOLDER", default_value = "keyroll-sim")]
        directory: PathBuf,

        /// Serve TLS under Azure's own names, with the certificate authority in this folder; it is made when the folder is new
        #[arg(long, value_name = "FOLDER")]
        ca_dir: Option<PathBuf>,

        /// With `--ca-dir`: port for the proxy, managed identities and control; 0 for a free one
        #[arg(long, value_name = "PORT", default_value_t = 0, requires = "ca_dir")]
        http_port: u16,

        /// With `--ca-dir`: write two configurations for az below this folder, and print the environment that each needs
        #[arg(long, value_name = "FOLDER", requires = "ca_dir")]
        az_config: Option<PathBuf>,

        /// How many times as fast as this machine's the world's time runs
        #[arg(
            long,
            alias = "times",
            value_name = "NUMBER",
            default_value_t = 1,
            value_parser = clap::value_parser!(u32).range(1..=1_000_000)
        )]
        time_scale: u32,
    }

    impl Serve {
        pub(super) async fn run(&self, session: &Session) -> End {
            let world = match &self.world {
                Some(place) => World::parse(&Session::read_text(place)?)?,
                None => demo::world(),
            };
            let options = Options { port: self.port, directory: self.directory.clone(), times: self.time_scale };
            let server = match &self.ca_dir {
                None => Server::bind(world.clone(), &options).await?,
                Some(authority) => {
                    let secure = Secure { authority: authority.clone(), http_port: self.http_port };
                    Server::bind_secure(world.clone(), &options, &secure).await?
                }
            };
            let place = server.served();
            let recipes = match (&self.az_config, &place.secure) {
                (Some(folder), Some(secure)) => az_configuration::write(folder, &world, place, secure)?.to_vec(),
                _ => Vec::new(),
            };
            session.printer.result(|| announcement::text(place, &recipes), || announcement::json(place, &recipes));
            server.run().await;
            Ok(0)
        }
    }
}
