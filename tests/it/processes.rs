//! Everybody a process of their own: the real binary, and a world that `keyroll simulate serve` serves.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use keyroll::contract::world::{Fault, World};
use serde_json::Value;

use crate::binary::{Ended, Place, text};
use crate::documents;

/// How long anything is waited for, on a machine that does much else.
const LIMIT: Duration = Duration::from_secs(150);

/// How often it is looked for meanwhile.
const LOOK: Duration = Duration::from_millis(1);

/// Waits until something is there. Nothing is ever waited for by the clock alone.
#[track_caller]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < LIMIT, "waited in vain: {what}");
        std::thread::sleep(LOOK);
    }
}

/// A process that does not outlive the test.
#[derive(Debug)]
pub struct Running(Child);

impl Running {
    /// Starts a command.
    pub fn start(command: &mut std::process::Command) -> Self {
        Self(command.spawn().expect("the binary runs"))
    }

    /// What it says from now on.
    pub fn stdout(&mut self) -> std::process::ChildStdout {
        self.0.stdout.take().expect("a pipe")
    }

    /// Waits for its own end and gives its exit code.
    #[track_caller]
    pub fn end(&mut self) -> Option<i32> {
        until("it ends", || self.0.try_wait().expect("a child")).code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only when it is over already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The binary at work. What it says goes into two files.
#[derive(Debug)]
pub struct Job {
    running: Running,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Job {
    /// Whether it has not ended yet.
    pub fn is_at_work(&mut self) -> bool {
        self.running.0.try_wait().expect("a child").is_none()
    }

    /// Ends it as SIGKILL does: it hears nothing of it. Says whether it was still at work.
    pub fn kill(mut self) -> bool {
        self.running.0.kill().expect("a child");
        let status = self.running.0.wait().expect("a child");
        #[cfg(unix)]
        let killed = std::os::unix::process::ExitStatusExt::signal(&status) == Some(9);
        #[cfg(not(unix))]
        let killed = !status.success();
        killed
    }

    /// What it came to.
    #[track_caller]
    pub fn end(mut self) -> Ended {
        let status = until("the binary ends", || self.running.0.try_wait().expect("a child"));
        Ended::told(status.code(), text(&self.stdout), text(&self.stderr))
    }
}

/// A world that another process serves, with a place whose binary is pointed at it.
#[derive(Debug)]
pub struct ServedWorld {
    pub place: Place,
    port: u64,
    jobs: AtomicU32,
    _server: Running,
}

impl ServedWorld {
    /// Serves a world whose time runs this many times as fast as the machine's.
    pub fn serve(world: &World, times: u32) -> Self {
        let place = Place::new();
        std::fs::create_dir(place.path("output")).expect("a folder");
        let file = place.file("world.json", world.to_json());
        let line = format!("simulate serve -o json --world {file} --time-scale {times} --directory");
        let mut command = place.command(&line);
        let mut server = Running::start(command.arg(place.path("azure")).stderr(Stdio::null()));
        let mut first = String::new();
        BufReader::new(server.stdout()).read_line(&mut first).expect("a line");
        documents::demand(&first);
        let announced: Value = serde_json::from_str(&first).expect("where the world is");
        let file = |name: &str| announced[name].as_str().expect("a path").to_owned();
        let place = place.with(&[
            format!("--cloud={}", file("cloudFile")),
            format!("--auth=token-file={}", file("tokenFile")),
            format!("--clock={}", file("clockFile")),
        ]);
        Self { place, port: announced["port"].as_u64().expect("a port"), jobs: AtomicU32::new(0), _server: server }
    }

    /// Starts the binary and lets it work.
    pub fn start(&self, line: &str) -> Job {
        let number = self.jobs.fetch_add(1, Ordering::Relaxed);
        let name = |stream: &str| self.place.path(&format!("output/{number}.{stream}"));
        let (stdout, stderr) = (name("stdout"), name("stderr"));
        let file = |path: &Path| Stdio::from(File::create(path).expect("a file"));
        let mut command = self.place.command(line);
        let running = Running(command.stdout(file(&stdout)).stderr(file(&stderr)).spawn().expect("the binary runs"));
        Job { running, stdout, stderr }
    }

    /// Runs the binary to its end.
    #[track_caller]
    pub fn run(&self, line: &str) -> Ended {
        self.start(line).end()
    }

    /// The names that a plan of this account wants accepted, as `--accept` takes them.
    #[track_caller]
    pub fn names(&self, account: &str) -> String {
        let plan = self.run(&format!("plan --storage-account {account}"));
        assert_eq!(plan.code, 0, "{plan:?}");
        let needed = &plan.json()["acceptances"];
        let names = needed.as_array().expect("names").iter().map(|needed| needed["name"].as_str().expect("a name").to_owned());
        names.collect::<Vec<_>>().join(",")
    }

    /// The journal of a run as far as it is written in whole lines.
    pub fn journal(&self, run: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.place.path("state/runs").join(run).join("journal.jsonl")).unwrap_or_default();
        text.split_inclusive('\n').filter(|line| line.ends_with('\n')).map(str::to_owned).collect()
    }

    /// What really happened, asked from outside.
    pub fn audit(&self) -> Value {
        serde_json::from_str(&self.control("GET", "/audit", "")).expect("JSON")
    }

    /// Schedules one more fault; its calls are counted from now.
    pub fn add_fault(&self, fault: &Fault) {
        self.control("POST", "/faults", &serde_json::to_string(fault).expect("JSON"));
    }

    fn control(&self, method: &str, path: &str, body: &str) -> String {
        let port = u16::try_from(self.port).expect("a port");
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the world listens");
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.1\r\nhost: control.localhost:{port}\r\nconnection: close");
        write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{body}").expect("sends");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.starts_with("HTTP/1.1 20"), "{head}");
        body.to_owned()
    }

    /// A name of this world as it is called in any other.
    pub fn without_port(&self, name: &str) -> String {
        name.replace(&format!(":{}", self.port), "")
    }

    /// Every file of the state folder and everything that was ever said, by name.
    pub fn everything_told(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut told = BTreeMap::new();
        for folder in ["state", "output"] {
            collect(&self.place.path(folder), &mut told);
        }
        told
    }
}

fn collect(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.insert(path.clone(), std::fs::read(&path).expect("a file"));
        }
    }
}
