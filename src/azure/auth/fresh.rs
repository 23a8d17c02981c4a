//! A credential of `azure_identity`, made anew for each token.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};

use crate::azure::error::{chain, wrapped};
use crate::domain::problem::{Kind, Problem};

/// `azure_identity`'s credentials keep their tokens, measure them on wall time, and cannot be told to forget one that was
/// refused. Our client keeps tokens already, so each request gets a credential that knows nothing.
pub(super) struct Fresh<F> {
    name: &'static str,
    hint: &'static str,
    make: F,
}

impl<F> Fresh<F>
where
    F: Fn() -> azure_core::Result<Arc<dyn TokenCredential>> + Send + Sync + 'static,
{
    /// The sign-in of this name (`az`); `hint` tells what to do when it fails. Made once at once, so that what is missing
    /// on this machine is told before anything is sent.
    pub(super) fn prepare(name: &'static str, hint: &'static str, make: F) -> Result<Arc<dyn TokenCredential>, Problem> {
        let fresh = Self { name, hint, make };
        fresh.make()?;
        Ok(Arc::new(fresh))
    }

    fn make(&self) -> Result<Arc<dyn TokenCredential>, Problem> {
        (self.make)().map_err(|error| self.problem(&error))
    }

    fn problem(&self, error: &azure_core::Error) -> Problem {
        error.downcast_ref::<Problem>().cloned().unwrap_or_else(|| {
            let problem = Problem::new(Kind::Permission, "signInFailed", format!("signing in with {} failed", self.name));
            chain(error).into_iter().fold(problem.hint(self.hint), Problem::because)
        })
    }
}

#[async_trait]
impl<F> TokenCredential for Fresh<F>
where
    F: Fn() -> azure_core::Result<Arc<dyn TokenCredential>> + Send + Sync + 'static,
{
    async fn get_token(&self, scopes: &[&str], options: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let credential = self.make().map_err(wrapped)?;
        credential.get_token(scopes, options).await.map_err(|error| wrapped(self.problem(&error)))
    }
}

impl<F> std::fmt::Debug for Fresh<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fresh").field("name", &self.name).finish_non_exhaustive()
    }
}
