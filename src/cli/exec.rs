use std::sync::Arc;

use clap::Args;

use crate::domain::problem::{Kind, Problem};
use crate::render::frames::Frames;

use super::end::End;
use super::lines;
use super::session::Session;

mod conversation;
mod order;
mod questions;

use conversation::Conversation;
pub(super) use order::AUTH;

/// Carry out the requests of a host: a module, an extension or a runbook
///
/// One JSON object a line: requests, tokens and cancels on stdin, frames on stdout, text for people on stderr. Requests are carried
/// out one after the other, until stdin ends; whoever closes stdin while a request is carried out ends it at the next safe place.
/// Every frame is in docs/host-conversation.md. It exits 0, and 2 where a line was not understood.
///
/// Example: `keyroll exec`, then the line `{"v":1,"id":"1","command":"status"}`
#[derive(Args, Clone, Debug)]
pub(super) struct Exec {}

impl Exec {
    pub(super) async fn run(&self, session: &Session) -> End {
        if session.host.is_some() || session.global.input.is_some() {
            return Err(Problem::usage("execInside", "a conversation is held on stdin and stdout alone")
                .hint("run `keyroll exec` without --input"));
        }
        let frames = Arc::new(Frames::of_stdout());
        let mut conversation = Conversation::new(session, lines::read(std::io::stdin()), Arc::clone(&frames));
        let understood = conversation.hold().await;
        frames.end();
        match session.cancel.signal() {
            Some(signal) => Err(Problem::new(Kind::Interrupted(signal), "interrupted", "the conversation was ended")
                .hint("see `keyroll status` for a run that waits to go on")),
            None => Ok(if understood { 0 } else { Kind::Usage.exit_code() }),
        }
    }
}
