//! `--input`: options as a JSON object, or several requests as JSON Lines.
//!
//! A file, and stdin that begins with bare options, is read and checked whole before anything is done. Stdin that begins with
//! an envelope (`{"id":…,"arguments":{…}}`) is a stream: each line is answered before the next one is read.

use std::ffi::OsString;

use clap::CommandFactory;
use serde_json::Value;

use crate::contract::answer;
use crate::contract::request::{self, Request};
use crate::domain::problem::{Kind, Problem};
use crate::render::printer::Printer;
use crate::surface;

use super::end::End;
use super::lines::{self, Heard};
use super::session::Session;
use super::signals::Signals;
use super::{Cli, carry_out, parse, usage};

/// A command whose options stand elsewhere.
pub(super) struct Input<'a> {
    /// The command line.
    pub args: &'a [OsString],
    /// The command.
    pub path: &'a str,
    /// What every request begins with.
    pub session: &'a Session,
}

/// The exit code so far, and whether to go on.
struct Tally {
    code: u8,
    over: bool,
}

impl Input<'_> {
    /// Runs the command with the options of this place added to those of the command line.
    pub(super) async fn run(&self, place: &str) -> End {
        if place == "-" {
            return self.of_stdin().await;
        }
        self.whole(Session::read_text(std::path::Path::new(place))?.as_bytes()).await
    }

    /// Everything is checked before anything is done.
    async fn whole(&self, bytes: &[u8]) -> End {
        let requests = request::parse(bytes)?;
        let commands = requests.iter().map(|request| self.command(request)).collect::<Result<Vec<_>, _>>()?;
        if let ([cli], [Request { enveloped: false, .. }]) = (commands.as_slice(), requests.as_slice()) {
            return carry_out(cli, &self.session.beside(cli.global.clone(), self.session.printer.clone())).await;
        }
        self.no_events()?;
        let mut tally = Tally { code: 0, over: false };
        for (cli, request) in commands.into_iter().zip(requests) {
            self.answer(&mut tally, request.line, request.id, Ok(cli)).await;
            if tally.over {
                break;
            }
        }
        Ok(tally.code)
    }

    async fn of_stdin(&self) -> End {
        let mut lines = lines::read(std::io::stdin());
        let mut read = Vec::new();
        while let Some(heard) = lines.recv().await {
            let Heard::Line(line) = heard else { return Err(too_long()) };
            read.extend_from_slice(&line);
            read.push(b'\n');
            let begins = request::parse(&read);
            if begins.is_ok_and(|requests| requests.iter().all(|request| request.enveloped)) {
                return self.stream(lines, read).await;
            }
            if !line.trim_ascii().is_empty() {
                break;
            }
        }
        while let Some(heard) = lines.recv().await {
            let Heard::Line(line) = heard else { return Err(too_long()) };
            read.extend_from_slice(&line);
            read.push(b'\n');
        }
        self.whole(&read).await
    }

    /// Answers each line as it comes. A signal between two requests ends it.
    async fn stream(&self, mut lines: tokio::sync::mpsc::Receiver<Heard>, first: Vec<u8>) -> End {
        self.no_events()?;
        let mut tally = Tally { code: 0, over: false };
        // Blank lines may stand before the first request.
        let before = first.split(|byte| *byte == b'\n').count() as u64 - 1;
        let (mut number, mut next) = (0, Some(Ok(first)));
        while let Some(heard) = next {
            self.line(&mut tally, number, heard).await;
            if tally.over {
                break;
            }
            number = if number == 0 { before } else { number + 1 };
            next = match next_line(&mut lines).await {
                Ok(Some(Heard::Line(line))) => Some(Ok(line.to_vec())),
                Ok(Some(Heard::TooLong)) => Some(Err(too_long())),
                Ok(None) => None,
                Err(interrupted) => Some(Err(interrupted)),
            };
        }
        Ok(tally.code)
    }

    /// All requests of one line; `before` is the number of lines before it.
    async fn line(&self, tally: &mut Tally, before: u64, line: Result<Vec<u8>, Problem>) {
        let blank = line.as_ref().is_ok_and(|line| line.trim_ascii().is_empty());
        match line.and_then(|line| request::parse(&line)) {
            _ if blank => {}
            Ok(requests) => {
                for request in requests {
                    let cli = self.command(&request);
                    self.answer(tally, before + request.line, request.id, cli).await;
                    if tally.over {
                        return;
                    }
                }
            }
            Err(problem) => self.answer(tally, before + 1, None, Err(problem)).await,
        }
    }

    /// Carries one request out and writes its answer.
    async fn answer(&self, tally: &mut Tally, line: u64, id: Option<Value>, cli: Result<Cli, Problem>) {
        let end = match cli {
            Ok(cli) => {
                let (captured, output) = Printer::captured(cli.global.wishes());
                let end = carry_out(&cli, &self.session.beside(cli.global.clone(), captured)).await;
                end.map(|code| (code, output.text()))
            }
            Err(problem) => Err(problem),
        };
        let (code, interrupted, document) = match &end {
            Ok((code, written)) => (*code, false, Ok(document(written))),
            Err(problem) => (problem.exit_code(), matches!(problem.kind, Kind::Interrupted(_)), Err(problem)),
        };
        self.session.printer.json_line(&answer::line(line, id, document));
        if tally.code == 0 {
            tally.code = code;
        }
        tally.over = interrupted || (code != 0 && !self.session.global.continue_on_error);
    }

    fn no_events(&self) -> Result<(), Problem> {
        if self.session.global.events {
            return Err(Problem::usage("eventsOfSeveral", "--events shows one run, and the input holds several requests")
                .hint("leave --events out, or give one request at a time, bare"));
        }
        Ok(())
    }

    fn command(&self, request: &Request) -> Result<Cli, Problem> {
        let path: Vec<&str> = self.path.split(' ').collect();
        let known = surface::known_options(&surface::built(&Cli::command()), &path);
        let more = request::argv(&request.arguments, &known)?;
        let mut all = self.args.to_vec();
        all.extend(more.into_iter().map(OsString::from));
        parse(&all).map(|(cli, _)| cli).map_err(|error| usage::problem(&all, &error))
    }
}

/// What a command wrote: its document, or its text where it has none.
fn document(written: &str) -> Value {
    serde_json::from_str(written).unwrap_or_else(|_| Value::from(written.trim_end()))
}

/// The next line, or the signal that came first. Once a command has listened for signals, they end nothing by themselves.
async fn next_line(lines: &mut tokio::sync::mpsc::Receiver<Heard>) -> Result<Option<Heard>, Problem> {
    let Some(mut signals) = Signals::listen() else { return Ok(lines.recv().await) };
    tokio::select! {
        heard = lines.recv() => Ok(heard),
        signal = signals.next() => {
            Err(Problem::new(Kind::Interrupted(signal), "interrupted", "the input was ended between two requests")
                .hint("what was answered is done; give the other lines again"))
        }
    }
}

fn too_long() -> Problem {
    Problem::usage("lineTooLong", format!("a line of the input is longer than {} MiB", lines::LONGEST >> 20))
        .hint("name a file with --input, or the path of a plan instead of its text")
}
