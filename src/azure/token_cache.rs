//! Access tokens by scope, renewed before they expire, asked for by one caller at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use azure_core::credentials::{AccessToken, TokenCredential};
use time::Duration;

use crate::domain::clock::Clock;
use crate::domain::problem::{Kind, Problem};

use super::error;

/// A token that expires sooner than this is renewed before it is used.
pub(crate) const RENEWED_BEFORE: Duration = Duration::minutes(5);

/// The tokens of one sign-in. Nothing of a token is ever printed: `azure_core`'s `Secret` hides itself.
#[derive(Debug)]
pub(crate) struct TokenCache {
    clock: Arc<dyn Clock>,
    credential: Option<Arc<dyn TokenCredential>>,
    slots: Mutex<HashMap<String, Slot>>,
}

/// The token of one scope. Whoever holds the lock asks for it; the others wait for the answer.
type Slot = Arc<tokio::sync::Mutex<Option<AccessToken>>>;

impl TokenCache {
    pub(crate) fn new(clock: Arc<dyn Clock>, credential: Option<Arc<dyn TokenCredential>>) -> Self {
        Self { clock, credential, slots: Mutex::default() }
    }

    /// A token that is good for another five minutes, if the sign-in can give one.
    pub(crate) async fn get(&self, scope: &str) -> Result<AccessToken, Problem> {
        let slot = self.slot(scope);
        let mut slot = slot.lock().await;
        match &*slot {
            Some(token) if token.expires_on - self.clock.now() > RENEWED_BEFORE => Ok(token.clone()),
            Some(token) => match self.ask(scope).await {
                Ok(renewed) => Ok(slot.insert(renewed).clone()),
                // What we have is still good for a moment; the sign-in may recover before it is not.
                Err(problem) if token.expires_on > self.clock.now() => {
                    tracing::warn!("the token for {scope} expires soon and could not be renewed: {problem}");
                    Ok(token.clone())
                }
                Err(problem) => Err(problem),
            },
            None => Ok(slot.insert(self.ask(scope).await?).clone()),
        }
    }

    /// Another token than the rejected one: the one that somebody else renewed meanwhile, or a fresh one.
    pub(crate) async fn renew(&self, scope: &str, rejected: &AccessToken) -> Result<AccessToken, Problem> {
        let slot = self.slot(scope);
        let mut slot = slot.lock().await;
        if let Some(token) = slot.as_ref().filter(|token| token.token != rejected.token) {
            return Ok(token.clone());
        }
        *slot = None;
        Ok(slot.insert(self.ask(scope).await?).clone())
    }

    fn slot(&self, scope: &str) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(scope.to_owned()).or_default())
    }

    async fn ask(&self, scope: &str) -> Result<AccessToken, Problem> {
        let Some(credential) = &self.credential else {
            return Err(Problem::new(Kind::Permission, "notSignedIn", format!("nobody is signed in who could ask for {scope}"))
                .hint("name a sign-in with --auth"));
        };
        // A token that seems to have expired is tried all the same: it may be this machine's clock that is wrong, and only an
        // answer of the service tells.
        credential.get_token(&[scope], None).await.map_err(|failure| sign_in_failed(scope, &failure))
    }
}

/// A credential's own problem as it is, anything else as one sentence with what lies beneath.
fn sign_in_failed(scope: &str, failure: &azure_core::Error) -> Problem {
    failure.downcast_ref::<Problem>().cloned().unwrap_or_else(|| {
        let problem = Problem::new(Kind::Permission, "signInFailed", format!("the sign-in gave no token for {scope}"))
            .hint("sign in again, or name another sign-in with --auth");
        error::chain(failure).into_iter().fold(problem, Problem::because)
    })
}
