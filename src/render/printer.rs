//! Both streams of the process: stdout for data, stderr for people.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use indicatif::{MultiProgress, ProgressDrawTarget};
use serde_json::Value;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use zeroize::Zeroizing;

use super::no_echo;

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// What the user wants to see.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wishes {
    /// The format, if it was named.
    pub format: Option<Format>,
    /// The journal's events on stdout as they happen.
    pub events: bool,
    /// Nothing on stderr but problems.
    pub quiet: bool,
}

/// Prints. Cheap to clone; all clones share the streams.
#[derive(Clone, Debug)]
pub struct Printer(Arc<Inner>);

struct Inner {
    wishes: Wishes,
    format: Format,
    people_watch: bool,
    width: Option<u16>,
    out: Mutex<Box<dyn Write + Send>>,
    err: Mutex<Box<dyn Write + Send>>,
    bars: OnceLock<MultiProgress>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Printer").field("wishes", &self.wishes).field("format", &self.format).finish_non_exhaustive()
    }
}

impl Printer {
    /// The streams of this process. Without a wish, a terminal gets tables and everything else JSON.
    #[must_use]
    pub fn new(wishes: Wishes) -> Self {
        let format = wishes.format.unwrap_or(if io::stdout().is_terminal() { Format::Table } else { Format::Json });
        let columns = terminal_size::terminal_size().map(|(width, _)| width.0);
        Self(Arc::new(Inner {
            wishes,
            format,
            people_watch: io::stderr().is_terminal(),
            width: columns.filter(|_| io::stdout().is_terminal()),
            out: Mutex::new(Box::new(anstream::stdout())),
            err: Mutex::new(Box::new(anstream::stderr())),
            bars: OnceLock::new(),
        }))
    }

    /// A printer whose stdout is kept, as JSON, for a caller that puts it into an answer of its own.
    #[must_use]
    pub fn captured(wishes: Wishes) -> (Self, Captured) {
        let captured = Captured::default();
        let printer = Self(Arc::new(Inner {
            wishes,
            format: Format::Json,
            people_watch: false,
            width: None,
            out: Mutex::new(Box::new(captured.clone())),
            err: Mutex::new(Box::new(anstream::stderr())),
            bars: OnceLock::new(),
        }));
        (printer, captured)
    }

    /// How results are written.
    #[must_use]
    pub fn format(&self) -> Format {
        self.0.format
    }

    /// Whether the journal's events go to stdout.
    #[must_use]
    pub fn events(&self) -> bool {
        self.0.wishes.events
    }

    /// How wide a table on stdout may be; nothing when it is no terminal.
    #[must_use]
    pub fn width(&self) -> Option<u16> {
        self.0.width
    }

    /// Whether someone can be asked: a terminal on both stdin and stderr.
    #[must_use]
    pub fn can_ask(&self) -> bool {
        self.0.people_watch && io::stdin().is_terminal()
    }

    /// Bars on the terminal, if stderr is one and nobody wants quiet.
    #[must_use]
    pub fn bars(&self) -> Option<MultiProgress> {
        (self.0.people_watch && !self.0.wishes.quiet)
            .then(|| self.0.bars.get_or_init(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr())).clone())
    }

    /// A result: the text for people, or the JSON for programs. With `--events` it is one line, the last.
    pub fn result(&self, text: impl FnOnce() -> String, json: impl FnOnce() -> String) {
        #[cfg(test)]
        let json = || {
            let json = json();
            crate::contract::schema::demand(&json);
            json
        };
        if self.0.wishes.events {
            let value: Result<Value, _> = serde_json::from_str(&json());
            self.out(&value.map(|value| ordered_line(&value)).unwrap_or_default());
        } else {
            match self.0.format {
                Format::Table => self.out(&text()),
                Format::Json => self.out(&harmless(&json())),
            }
        }
    }

    /// One line of JSON on stdout.
    pub fn json_line(&self, line: &str) {
        #[cfg(test)]
        crate::contract::schema::demand(line);
        self.out(&harmless(line));
    }

    /// Text that is the same in every format (a completion script).
    pub fn raw(&self, text: &str) {
        self.out(text);
    }

    /// A line for people, unless they want quiet.
    pub fn people(&self, line: &str) {
        if !self.0.wishes.quiet {
            self.urgent(line);
        }
    }

    /// A line for people, always.
    pub fn urgent(&self, line: &str) {
        let write = || write_line(&self.0.err, line);
        match self.0.bars.get() {
            Some(bars) => bars.suspend(write),
            None => write(),
        }
    }

    /// A question without a line break; the answer is read from stdin. It blocks.
    #[must_use]
    pub fn ask(&self, question: &str) -> String {
        {
            // Not held while somebody thinks: a signal wants to speak meanwhile.
            let mut stream = self.0.err.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = write!(stream, "{question} ");
            let _ = stream.flush();
        }
        let mut answer = String::new();
        let _ = io::stdin().read_line(&mut answer);
        answer.trim().to_owned()
    }

    /// A question for a secret, while [`NoEcho`](super::no_echo::NoEcho) hides what is typed. It blocks.
    #[must_use]
    pub fn ask_secret(&self, question: &str) -> Zeroizing<String> {
        {
            let mut stream = self.0.err.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = write!(stream, "{question} ");
            let _ = stream.flush();
        }
        no_echo::read_line()
    }

    fn out(&self, text: &str) {
        let write = || write_line(&self.0.out, text);
        match self.0.bars.get() {
            Some(bars) => bars.suspend(write),
            None => write(),
        }
    }
}

/// What a captured printer wrote.
#[derive(Clone, Debug, Default)]
pub struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    /// Everything that was written so far.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a program says that has to stop at once.
pub fn last_words(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// Every request on stderr, for `-vv`. Only these crates speak: others might log what they must not.
pub fn log_requests() {
    let crates = ["keyroll", "azure_core", "typespec_client_core"];
    let filter = Targets::new().with_targets(crates.map(|name| (name, LevelFilter::DEBUG)));
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_target(false);
    let _ = tracing_subscriber::registry().with(lines).with(filter).try_init();
}

/// A reader that went away (`| head`) is no reason to stop a rotation, so failed writes are forgotten.
fn write_line(stream: &Mutex<Box<dyn Write + Send>>, line: &str) {
    let mut stream = stream.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = writeln!(stream, "{line}");
    let _ = stream.flush();
}

/// JSON leaves C1 control characters and bidirectional marks as they are; a terminal would obey them.
pub(super) fn harmless(json: &str) -> String {
    use std::fmt::Write as _;

    json.chars().fold(String::with_capacity(json.len()), |mut text, c| {
        match c {
            '\u{7f}'..='\u{9f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => {
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            c => text.push(c),
        }
        text
    })
}

/// One line with `schema` first, as every document of ours begins.
#[must_use]
pub fn ordered_line(value: &Value) -> String {
    let Some(members) = value.as_object() else { return harmless(&value.to_string()) };
    let schema = members.get("schema").map(|schema| format!("\"schema\":{schema}"));
    let others = members.iter().filter(|(name, _)| *name != "schema");
    let others = others.map(|(name, value)| format!("{}:{value}", Value::String(name.clone())));
    harmless(&format!("{{{}}}", schema.into_iter().chain(others).collect::<Vec<_>>().join(",")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_on_a_terminal_cannot_drive_it_and_stays_the_same_json() {
        let value = json!({"name": "a\u{9b}2J\u{202e}\u{1b}b"});
        let text = harmless(&value.to_string());
        assert!(text.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), value);
    }

    #[test]
    fn the_last_line_names_its_schema_first() {
        assert_eq!(ordered_line(&json!({"a": 1, "schema": "x/1", "z": []})), r#"{"schema":"x/1","a":1,"z":[]}"#);
    }
}
