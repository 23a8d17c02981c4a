//! A host: it speaks with `keyroll exec` line by line, as the PowerShell module and the az extension do.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use keyroll::sim::token::token_text;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::binary::{Ended, Place};
use crate::documents;

/// How long a frame is waited for, on a machine that does much else.
const LIMIT: Duration = Duration::from_secs(120);

/// The scope of Resource Manager in a served world.
pub const RESOURCE_MANAGER: &str = "https://management.azure.com/.default";

/// The scope of its vaults.
pub const KEY_VAULT: &str = "https://vault.azure.net/.default";

/// One conversation.
pub struct Host {
    child: Child,
    stdin: Option<ChildStdin>,
    frames: Receiver<String>,
    errors: JoinHandle<String>,
    /// Every frame that came, as it came.
    pub heard: Vec<String>,
}

impl Host {
    /// Starts a conversation, and hears the hello.
    #[track_caller]
    pub fn greet(place: &Place) -> Self {
        let mut host = Self::start(place);
        let hello = host.frame();
        assert_eq!((&hello["v"], &hello["hello"]), (&json!(1), &json!("keyroll")), "{hello}");
        host
    }

    /// Starts a conversation and hears nothing yet.
    pub fn start(place: &Place) -> Self {
        let mut child = place.command("exec").stdin(Stdio::piped()).spawn().expect("the binary runs");
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let (sender, frames) = channel();
        thread::spawn(move || {
            for line in stdout.lines() {
                if sender.send(line.expect("UTF-8")).is_err() {
                    return;
                }
            }
        });
        let mut stderr = child.stderr.take().expect("a pipe");
        let errors = thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).expect("UTF-8");
            text
        });
        Self { child, stdin, frames, errors, heard: Vec::new() }
    }

    /// Writes these bytes and nothing else.
    pub fn write(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().expect("nobody hung up");
        stdin.write_all(bytes).and_then(|()| stdin.flush()).expect("somebody listens");
    }

    /// Writes one line.
    pub fn say(&mut self, line: &Value) {
        documents::demand_as("host-line", line);
        self.write(format!("{line}\n").as_bytes());
    }

    /// The next frame.
    #[track_caller]
    pub fn frame(&mut self) -> Value {
        match self.frames.recv_timeout(LIMIT) {
            Ok(line) => {
                let frame = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line}"));
                documents::demand(&line);
                self.heard.push(line);
                frame
            }
            Err(RecvTimeoutError::Timeout) => panic!("no frame came after {:?}", self.heard.last()),
            Err(RecvTimeoutError::Disconnected) => panic!("it hung up after {:?}", self.heard.last()),
        }
    }

    /// The next frame that tells of this event.
    #[track_caller]
    pub fn event(&mut self, name: &str) -> Value {
        loop {
            let frame = self.frame();
            assert!(frame.get("result").is_none() && frame.get("problem").is_none(), "no {name} came before {frame}");
            if frame["event"]["event"] == name {
                return frame;
            }
        }
    }

    /// Asks for a command and hears its result or problem.
    #[track_caller]
    pub fn ask(&mut self, request: &Value) -> Value {
        self.say(request);
        self.answer()
    }

    /// The next result or problem.
    #[track_caller]
    pub fn answer(&mut self) -> Value {
        loop {
            let frame = self.frame();
            if frame.get("result").is_some() || frame.get("problem").is_some() {
                return frame;
            }
        }
    }

    /// Closes stdin and nothing else.
    pub fn hang_up(&mut self) {
        self.stdin = None;
    }

    /// Closes the pipe that the frames come through, with the next one.
    pub fn stop_reading(&mut self) {
        self.frames = channel().1;
    }

    /// The operating system's number of the binary.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Closes stdin and waits for the end; the frames that nobody asked for are its stdout.
    #[track_caller]
    pub fn end(mut self) -> Ended {
        self.hang_up();
        let stdout: Vec<String> = self.frames.iter().collect();
        let status = self.child.wait().expect("the binary ends");
        let stderr = self.errors.join().expect("no panic");
        Ended::told(status.code(), stdout.join("\n"), stderr)
    }
}

/// A token of the simulated directory for this scope that expires in so many seconds.
pub fn token(scope: &str, seconds: i64) -> Value {
    let expires = OffsetDateTime::now_utc() + time::Duration::seconds(seconds);
    json!({ "scope": scope, "token": token_text(scope, expires, 1), "expiresOn": expires.unix_timestamp() })
}
