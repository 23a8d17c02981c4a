//! The real binary as a child process, with a state folder of its own, and with a simulated Azure in this process where a
//! story needs one.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::documents;

/// One run of the binary as it ended.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    pub fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8 on both streams");
        Self::told(output.status.code(), text(output.stdout), text(output.stderr))
    }

    /// With every document on stdout held against its schema.
    pub fn told(code: Option<i32>, stdout: String, stderr: String) -> Self {
        documents::demand(&stdout);
        Self { code: code.unwrap_or(-1), stdout, stderr }
    }

    /// The whole of stdout as one JSON document.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// Every line of stdout as JSON.
    pub fn json_lines(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }
}

/// A place to run the binary in.
#[derive(Debug)]
pub struct Place {
    pub folder: tempfile::TempDir,
    options: Vec<String>,
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), options: Vec::new() }
    }

    /// The same place with options that every command gets.
    pub fn with(mut self, options: &[String]) -> Self {
        self.options.extend_from_slice(options);
        self
    }

    /// The options that every command gets.
    pub fn options(&self) -> &[String] {
        &self.options
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file and gives its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, content).expect("a file");
        path.to_str().expect("UTF-8").to_owned()
    }

    /// The command line, split at spaces, with the options of this place. No terminal, and nothing of this machine's
    /// sign-ins or proxies.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyroll"));
        command.env_clear().current_dir(self.folder.path()).env("KEYROLL_STATE", self.path("state"));
        command.args(line.split_whitespace()).args(&self.options);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run(&self, line: &str) -> Ended {
        Ended::of(self.command(line).output().expect("the binary runs"))
    }

    /// Runs with this on stdin.
    pub fn run_with(&self, line: &str, input: &[u8]) -> Ended {
        let mut child = self.command(line).stdin(Stdio::piped()).spawn().expect("the binary runs");
        // Whoever refuses its arguments does not read stdin, and the pipe breaks.
        let _ = child.stdin.take().expect("a pipe").write_all(input);
        Ended::of(child.wait_with_output().expect("the binary ends"))
    }

    /// Starts a command and lets it run.
    pub fn spawn(&self, line: &str) -> Child {
        self.command(line).spawn().expect("the binary runs")
    }

    /// Whether any run was begun here.
    pub fn has_runs(&self) -> bool {
        std::fs::read_dir(self.path("state/runs")).is_ok_and(|mut entries| entries.next().is_some())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // A story that failed has its own reason to tell.
        if !std::thread::panicking() {
            documents::demand_of_state(&self.path("state"));
        }
    }
}

/// What a started command came to.
pub fn end_of(child: Child) -> Ended {
    Ended::of(child.wait_with_output().expect("the binary ends"))
}

/// Demands one sentence with a hint, the code and the exit code, the same on both streams.
#[track_caller]
pub fn refused(ended: &Ended, exit: i32, code: &str) -> Value {
    assert_eq!(ended.code, exit, "{ended:?}");
    let problem = ended.json();
    assert_eq!(problem["schema"], "keyroll.problem/1", "{ended:?}");
    assert_eq!(problem["code"], code, "{ended:?}");
    assert_eq!(problem["exitCode"], exit, "{ended:?}");
    let message = problem["message"].as_str().expect("a sentence");
    assert!(!message.is_empty() && !message.ends_with('.') && !message.contains('\n'), "{message}");
    assert!(ended.stderr.contains(&format!("error: {message}")), "{ended:?}");
    let hints = problem["hints"].as_array().expect("hints");
    assert!(!hints.is_empty(), "a way out of `{message}`");
    problem
}

/// Reads a text file.
pub fn text(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a text file")
}
