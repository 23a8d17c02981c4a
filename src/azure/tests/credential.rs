//! A sign-in that counts how often it is asked.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::{Error, ErrorKind};
use time::Duration;

use crate::domain::clock::Clock;

use super::script::JumpingClock;

/// Gives `token-1`, `token-2`, … for whatever scope.
#[derive(Debug)]
pub(super) struct Counting {
    clock: Arc<JumpingClock>,
    asked: AtomicU64,
    scopes: Mutex<Vec<String>>,
    lifetime: Mutex<Option<Duration>>,
}

impl Counting {
    pub(super) fn new(clock: Arc<JumpingClock>) -> Self {
        Self { clock, asked: AtomicU64::new(0), scopes: Mutex::default(), lifetime: Mutex::new(Some(Duration::hours(1))) }
    }

    pub(super) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    pub(super) fn scopes(&self) -> Vec<String> {
        self.scopes.lock().expect("lock").clone()
    }

    /// How long the next tokens live; `None` makes it refuse.
    pub(super) fn set_lifetime(&self, lifetime: Option<Duration>) {
        *self.lifetime.lock().expect("lock") = lifetime;
    }
}

#[async_trait]
impl TokenCredential for Counting {
    async fn get_token(&self, scopes: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        self.scopes.lock().expect("lock").extend(scopes.iter().map(|scope| (*scope).to_owned()));
        let number = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        // Others get a chance to ask at the same time.
        tokio::task::yield_now().await;
        let lifetime = *self.lifetime.lock().expect("lock");
        let lifetime = lifetime.ok_or_else(|| Error::with_message(ErrorKind::Credential, "the session is over"))?;
        Ok(AccessToken::new(format!("token-{number}"), self.clock.now() + lifetime))
    }
}
