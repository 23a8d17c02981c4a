//! A real Azurite as a process: three services on ports that the system chose, one account with two keys.

use std::env;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use keyroll::domain::account::Service;

use super::network::Keys;

/// How long a start may take: Azurite needs one to two seconds, and far more on a machine that builds beside it.
const START: Duration = Duration::from_secs(120);
/// How long it may take to write its databases and end.
const END: Duration = Duration::from_secs(30);
/// The services that Azurite has; it lacks file.
pub(super) const SERVICES: [Service; 3] = [Service::Blob, Service::Queue, Service::Table];

/// A running Azurite, killed on drop.
#[derive(Debug)]
pub(super) struct Emulator {
    process: Child,
    ports: [u16; SERVICES.len()],
}

/// The program: `KEYROLL_AZURITE`, else what `tests/run` installed.
pub(super) fn program() -> Option<PathBuf> {
    let named = env::var_os("KEYROLL_AZURITE").filter(|path| !path.is_empty()).map(PathBuf::from);
    let installed = || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/azurite/node_modules/.bin/azurite");
    Some(named.unwrap_or_else(installed)).filter(|path| path.is_file())
}

impl Emulator {
    /// Starts Azurite on `folder` and returns when its three services answer. It reads its keys only when it starts.
    pub(super) fn start(program: &Path, folder: &Path, account: &str, keys: &Keys) -> Self {
        let mut command = Command::new(program);
        // Port 0: the system chooses, so no two tests can meet. The keys are simulated ones.
        command.args(["--blobPort", "0", "--queuePort", "0", "--tablePort", "0"]).arg("--location").arg(folder);
        command.args(["--skipApiVersionCheck", "--silent", "--disableTelemetry"]);
        command.env("AZURITE_ACCOUNTS", format!("{account}:{}:{}", keys[0].expose(), keys[1].expose()));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut process = command.spawn().expect("Azurite can be started");
        let output = process.stdout.take().expect("the output is a pipe");
        let (sender, lines) = mpsc::channel();
        // The thread reads to the end, so that Azurite never waits for a full pipe; it ends with the process.
        thread::spawn(move || BufReader::new(output).lines().map_while(Result::ok).for_each(|line| drop(sender.send(line))));
        let mut emulator = Self { process, ports: [0; SERVICES.len()] };
        let deadline = Instant::now() + START;
        let mut said = Vec::new();
        while emulator.ports.contains(&0) {
            let line = lines.recv_timeout(deadline.saturating_duration_since(Instant::now()));
            let line = line.unwrap_or_else(|_| panic!("Azurite did not start within {START:?}; it said {said:?}"));
            emulator.hear(&line);
            said.push(line);
        }
        emulator
    }

    /// `Azurite Blob service is successfully listening at http://127.0.0.1:10000`
    fn hear(&mut self, line: &str) {
        let Some((head, address)) = line.split_once(" successfully listening at ") else { return };
        let port = address.trim().trim_end_matches('/').rsplit(':').next().and_then(|port| port.parse().ok());
        for (service, place) in SERVICES.into_iter().zip(&mut self.ports) {
            if head.to_ascii_lowercase().contains(service.name()) {
                *place = port.unwrap_or_else(|| panic!("no port in `{line}`"));
            }
        }
    }

    /// The port of a service that Azurite has.
    pub(super) fn port(&self, service: Service) -> Option<u16> {
        SERVICES.iter().position(|known| *known == service).map(|position| self.ports[position])
    }

    /// Ends Azurite in peace: killed, it would lose what its databases have not written yet.
    pub(super) fn stop(mut self) {
        let id = self.process.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status().expect("kill can be started");
        assert!(told.success(), "Azurite was no longer there to be stopped");
        let deadline = Instant::now() + END;
        while self.process.try_wait().expect("its end can be asked for").is_none() {
            assert!(Instant::now() < deadline, "Azurite did not end within {END:?}");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Both fail only for a process that has ended already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
