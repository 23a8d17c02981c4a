//! Questions for tokens, and their answers.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::sync::oneshot;

use crate::azure::auth::handed::TokenSource;
use crate::contract::host::{self, GivenToken};
use crate::contract::token::HandedToken;
use crate::domain::problem::{Kind, Problem};
use crate::domain::text;
use crate::render::frames::Frames;

/// What a host answers: a token, or why there is none.
pub(super) type Answer = Result<GivenToken, String>;

/// The questions of one request. One is asked at a time, so that an answer needs no name.
#[derive(Debug)]
pub(super) struct Questions {
    id: String,
    frames: Arc<Frames>,
    turn: tokio::sync::Mutex<()>,
    open: Mutex<Open>,
}

#[derive(Debug)]
enum Open {
    /// Nothing is asked.
    Nothing,
    /// Somebody waits.
    Question(oneshot::Sender<Answer>),
    /// Nobody will answer any more.
    GivenUp,
}

impl Questions {
    pub(super) fn new(id: String, frames: Arc<Frames>) -> Self {
        Self { id, frames, turn: tokio::sync::Mutex::new(()), open: Mutex::new(Open::Nothing) }
    }

    /// Passes an answer on; one that nobody waits for is forgotten.
    pub(super) fn answer(&self, answer: Answer) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Open::Question(asked) = std::mem::replace(&mut *open, Open::Nothing) {
            // Fails when the request ended meanwhile.
            let _ = asked.send(answer);
        }
    }

    /// From now on nobody answers: whoever waits, or asks later, is told so.
    pub(super) fn give_up(&self) {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Open::GivenUp;
    }

    /// Asks, unless nobody will answer.
    fn put(&self, scope: &str, tenant: Option<&str>) -> Option<oneshot::Receiver<Answer>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*open, Open::GivenUp) {
            return None;
        }
        let (asked, answered) = oneshot::channel();
        *open = Open::Question(asked);
        self.frames.send(&host::token_needed(&self.id, scope, tenant));
        Some(answered)
    }
}

#[async_trait]
impl TokenSource for Questions {
    async fn ask(&self, scope: &str, tenant: Option<&str>) -> Result<HandedToken, Problem> {
        let _turn = self.turn.lock().await;
        let answered = self.put(scope, tenant).ok_or_else(|| nobody_answers(scope))?;
        match answered.await {
            Ok(Ok(token)) => Ok(token.answering(scope)),
            Ok(Err(why)) => Err(Problem::new(Kind::Permission, "tokenRefused", format!("the host has no token for {scope}"))
                .because(text::from_server(&why))
                .hint("sign in again in the host (az login, Connect-AzAccount), then send the request once more")),
            Err(_) => Err(nobody_answers(scope)),
        }
    }
}

fn nobody_answers(scope: &str) -> Problem {
    Problem::new(Kind::Interrupted(2), "interrupted", format!("the request was ended while a token for {scope} was needed"))
        .hint("see `keyroll status` for a run that waits to go on")
}
