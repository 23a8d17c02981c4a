//! One conversation: lines in, frames out, one request after the other.

use std::collections::{HashSet, VecDeque};
use std::pin::Pin;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::mpsc;

use crate::contract::host::{self, Line, Refused, Request};
use crate::domain::problem::Problem;
use crate::render::frames::{Frames, HostEvents};
use crate::render::printer::{Captured, Printer, Wishes, ordered_line};
use crate::surface;

use super::super::end::End;
use super::super::lines::{Heard, LONGEST};
use super::super::session::{Host, Session};
use super::super::{Cli, command_tree, interrupted, surface_digest, version};
use super::order;
use super::questions::Questions;

/// The signal that a host's cancel, and its end, stand for: Ctrl-C.
const CANCELLED: u8 = 2;

/// One conversation.
pub(super) struct Conversation<'a> {
    session: &'a Session,
    lines: mpsc::Receiver<Heard>,
    frames: Arc<Frames>,
    tree: clap::Command,
    surface: String,
    /// The number of the last line that was heard.
    line: u64,
    waiting: VecDeque<Request>,
    ids: HashSet<String>,
    /// Nobody speaks, or listens, any more.
    over: bool,
    /// A line was not understood.
    broken: bool,
    /// Another surface was told of.
    warned: bool,
}

/// The request that is carried out.
struct Current<'a> {
    id: &'a str,
    questions: &'a Questions,
    session: &'a Session,
}

/// What a line, or the lack of one, means for the request that is carried out.
enum Turn {
    /// Nothing.
    None,
    /// It ends at the next safe place.
    End(u8),
    /// The host wants it to end.
    Cancel,
}

impl<'a> Conversation<'a> {
    pub(super) fn new(session: &'a Session, lines: mpsc::Receiver<Heard>, frames: Arc<Frames>) -> Self {
        Self {
            session,
            lines,
            frames,
            tree: surface::built(&command_tree()),
            surface: surface_digest(),
            line: 0,
            waiting: VecDeque::new(),
            ids: HashSet::new(),
            over: false,
            broken: false,
            warned: false,
        }
    }

    /// Speaks until the host does not any more. Says whether every line was understood.
    pub(super) async fn hold(&mut self) -> bool {
        self.frames.send(&host::hello(version(), &self.surface));
        loop {
            if let Some(request) = self.waiting.pop_front() {
                self.carry_out(request).await;
            } else if self.over {
                return !self.broken;
            } else {
                self.listen(None).await;
            }
        }
    }

    async fn carry_out(&mut self, request: Request) {
        let id = request.id.clone();
        if self.over {
            return self.end(&id, &Captured::default(), Err(never_begun()));
        }
        self.compare_surface(Some(&id), request.surface.as_deref());
        let (printer, output) = Printer::captured(Wishes::default());
        let end = match self.prepare(request, printer) {
            Ok((cli, session, questions)) => {
                let current = Current { id: &id, questions: &questions, session: &session };
                self.while_listening(&current, Box::pin(cli.command.run(&session))).await
            }
            Err(problem) => Err(problem),
        };
        self.end(&id, &output, end);
    }

    fn prepare(&mut self, request: Request, printer: Printer) -> Result<(Cli, Session, Arc<Questions>), Problem> {
        let cli = order::command(&mut self.tree, &self.session.global, &request)?;
        let questions = Arc::new(Questions::new(request.id.clone(), Arc::clone(&self.frames)));
        let (cloud, client_request_id) = (order::cloud(&request)?, order::client_request_id(&request)?);
        let Request { id, context, secrets, tokens, .. } = request;
        let mut session = self.session.beside(cli.global.clone(), printer);
        let events = Arc::new(HostEvents::new(Arc::clone(&self.frames), id, Arc::clone(&session.progress)));
        let source = Arc::clone(&questions);
        let acquire_policy_token = context.acquire_policy_token;
        session.host = Some(Host {
            source,
            tokens,
            tenant: context.tenant,
            cloud,
            client_request_id,
            acquire_policy_token,
            secrets,
            events,
        });
        Ok((cli, session, questions))
    }

    /// Carries a command out, and hears meanwhile what the host says. A cancel, the end of the input, a host that reads no
    /// more and a signal let a run end at a safe place; a second cancel, or the first before any run has begun, ends the
    /// command where it stands.
    async fn while_listening(&mut self, current: &Current<'_>, mut command: Pin<Box<dyn Future<Output = End> + '_>>) -> End {
        let cancel = &current.session.cancel;
        loop {
            let turn = tokio::select! {
                end = &mut command => return end,
                turn = self.listen(Some(current)) => turn,
            };
            let (signal, again) = match turn {
                Turn::None => continue,
                Turn::End(signal) => (signal, false),
                Turn::Cancel => (CANCELLED, cancel.signal().is_some()),
            };
            current.questions.give_up();
            if again || current.session.progress.run_id().is_none() {
                return Err(interrupted(current.session, signal));
            }
            cancel.trigger(signal);
        }
    }

    /// Waits for whatever comes next, and sees to it.
    async fn listen(&mut self, current: Option<&Current<'_>>) -> Turn {
        if self.over {
            return std::future::pending().await;
        }
        let signal = tokio::select! {
            heard = self.lines.recv() => match heard {
                Some(heard) => return self.hear(heard, current),
                None => CANCELLED,
            },
            () = self.frames.unread() => CANCELLED,
            signal = self.session.cancel.wait() => signal,
        };
        self.over = true;
        Turn::End(signal)
    }

    fn hear(&mut self, heard: Heard, current: Option<&Current<'_>>) -> Turn {
        self.line += 1;
        let line = match heard {
            Heard::Line(line) if line.iter().all(u8::is_ascii_whitespace) => return Turn::None,
            Heard::Line(line) => Line::read(&line, self.line),
            Heard::TooLong => Err(Refused { id: None, problem: too_long(self.line) }),
        };
        let is_current = |id: &str| current.is_some_and(|current| current.id == id);
        match line {
            Ok(Line::Hello(surface)) => self.compare_surface(None, surface.as_deref()),
            Ok(Line::Request(request)) if self.ids.insert(request.id.clone()) => self.waiting.push_back(*request),
            Ok(Line::Request(request)) => self.refuse(None, &used_twice(&request.id, self.line)),
            Ok(Line::Token(id, answer)) => {
                if let Some(current) = current.filter(|_| is_current(&id)) {
                    current.questions.answer(answer);
                }
            }
            Ok(Line::Cancel(id)) if is_current(&id) => return Turn::Cancel,
            // What is over already needs no end.
            Ok(Line::Cancel(id)) => {
                if let Some(place) = self.waiting.iter().position(|request| request.id == id) {
                    self.waiting.remove(place);
                    self.end(&id, &Captured::default(), Err(never_begun()));
                }
            }
            Err(Refused { id, problem }) => {
                let new = id.filter(|id| !self.ids.contains(id));
                self.refuse(new.as_deref(), &problem);
            }
        }
        Turn::None
    }

    /// A line that was not understood. A request that is carried out goes on.
    fn refuse(&mut self, id: Option<&str>, problem: &Problem) {
        self.broken = true;
        self.frames.send(&host::problem(id, Some(self.line), problem));
    }

    /// A host made for other commands than these is told once.
    fn compare_surface(&mut self, id: Option<&str>, surface: Option<&str>) {
        let same = surface.is_none_or(|surface| surface.eq_ignore_ascii_case(&self.surface));
        if !same && !std::mem::replace(&mut self.warned, true) {
            let message = "this host was made for another version of the commands; an option may be missing here or there";
            self.frames.send(&host::event(id, &host::notice("warning", "anotherSurface", message)));
        }
    }

    /// The last frame of a request.
    fn end(&self, id: &str, output: &Captured, end: End) {
        self.frames.send(&match end {
            Ok(code) => host::result(id, &document(&output.text()), code),
            Err(problem) => host::problem(Some(id), None, &problem),
        });
    }
}

/// What a command wrote, as one line of JSON: its document, or its text where it has none.
fn document(written: &str) -> String {
    match serde_json::from_str::<Value>(written) {
        Ok(document) => ordered_line(&document),
        Err(_) if written.is_empty() => Value::Null.to_string(),
        Err(_) => Value::from(written.trim_end()).to_string(),
    }
}

fn never_begun() -> Problem {
    Problem::new(crate::domain::problem::Kind::Interrupted(CANCELLED), "interrupted", "the request was ended before it began")
        .hint("send it again; nothing was changed")
}

fn used_twice(id: &str, line: u64) -> Problem {
    let message = format!("line {line} of the host uses the id `{id}` a second time, and its request is not carried out");
    Problem::usage("idUsedTwice", message).hint("give each request of a conversation an id of its own")
}

fn too_long(line: u64) -> Problem {
    Problem::usage("lineTooLong", format!("line {line} of the host is longer than {} MiB", LONGEST >> 20))
        .hint("hand over the path of a plan instead of its text")
}
