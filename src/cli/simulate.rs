use clap::Subcommand;

use super::end::End;
use super::session::Session;

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

    use crate::contract::served::{self, ServedDocument};
    use crate::contract::world::World;
    use crate::sim::demo;
    use crate::sim::serve::{Options, Served, Server};

    use super::super::end::End;
    use super::super::session::Session;

    /// Serve a simulated Azure on this machine, until it is told to stop
    ///
    /// It listens on 127.0.0.1 only and writes the files that a client needs into `--directory`: the cloud for `--cloud`, tokens for
    /// `--auth token-file=PATH`, and the world's clock. `POST /stop` on `control.localhost` ends it, `GET /audit` tells what really
    /// happened, `POST /faults` adds a fault.
    ///
    /// Example: `keyroll simulate serve --directory sim --times 60`
    #[derive(Args, Clone, Debug)]
    pub(in super::super) struct Serve {
        /// The world as JSON (`keyroll.world/1`). Without it: the world of `demo`
        #[arg(long, value_name = "FILE")]
        world: Option<PathBuf>,

        /// Port on 127.0.0.1; 0 for a free one
        #[arg(long, value_name = "PORT", default_value_t = 0)]
        port: u16,

        /// Where the client's files are written
        #[arg(long, value_name = "FOLDER", default_value = "keyroll-sim")]
        directory: PathBuf,

        /// How many times as fast as this machine's the world's time runs
        #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
        times: u32,
    }

    impl Serve {
        pub(super) async fn run(&self, session: &Session) -> End {
            let world = match &self.world {
                Some(place) => World::parse(&Session::read_text(place)?)?,
                None => demo::world(),
            };
            let options = Options { port: self.port, directory: self.directory.clone(), times: self.times };
            let server = Server::bind(world, &options).await?;
            let place = server.served().clone();
            session.printer.result(|| text(&place), || json(&place));
            server.run().await;
            Ok(0)
        }
    }

    fn text(served: &Served) -> String {
        format!(
            "listening on 127.0.0.1:{}\nuse it with --cloud {} --auth token-file={} --clock {}",
            served.port,
            served.cloud_file.display(),
            served.token_file.display(),
            served.clock_file.display()
        )
    }

    fn json(place: &Served) -> String {
        let document = ServedDocument {
            schema: served::SCHEMA,
            port: place.port,
            cloud_file: place.cloud_file.clone(),
            token_file: place.token_file.clone(),
            clock_file: place.clock_file.clone(),
        };
        serde_json::to_string(&document).unwrap_or_default()
    }
}
