//! The client: azure_core's pipeline with our own retry and bearer policies.

use std::sync::Arc;

use url::Url;

use crate::domain::clock::Clock;
use crate::domain::problem::Problem;

use super::call::{Answer, Call};
use super::cloud::Cloud;

/// Told of what a user would want to see while a call waits.
pub trait Observer: Send + Sync + std::fmt::Debug {
    /// One notice: `throttled, continuing in 17 s`.
    fn notice(&self, notice: &Notice);
}

/// What the client has to say while it works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// One clause for people.
    pub message: String,
    /// The host that is waited for.
    pub host: String,
    /// How long the wait is, in seconds.
    pub seconds: u64,
}

/// Sends calls to Azure. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) cloud: Arc<Cloud>,
}

impl Client {
    /// The cloud that this client talks to.
    #[must_use]
    pub fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    /// The clock that everything here waits on.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The URL of a Resource Manager path (which begins with a slash and is percent-encoded where needed) with its api-version.
    #[must_use]
    pub fn resource_manager_url(&self, path: &str, api_version: &str) -> Url {
        let mut url = self.cloud.resource_manager.clone();
        url.set_path(path);
        url.query_pairs_mut().append_pair("api-version", api_version);
        url
    }

    /// Sends one call and returns its 2xx answer.
    ///
    /// # Errors
    /// Everything else, mapped to a problem: 404 not found, 401 and 403 permission, an unknown outcome of a `Once` call
    /// `outcomeUnknown`, the rest failed; with status, service code, message and correlation id.
    #[expect(clippy::unused_async, reason = "filled in by the transport")]
    pub async fn send(&self, call: Call) -> Result<Answer, Problem> {
        let _ = (&self.clock, call);
        Err(Problem::failed("unfinished", "not wired yet"))
    }

    /// Follows a long-running operation to its end (`Azure-AsyncOperation`, `Location` or `provisioningState`) and returns
    /// the last answer. An answer that is already final is returned as it is.
    ///
    /// # Errors
    /// As [`Self::send`], and when the operation ends in `Failed` or `Canceled`.
    #[expect(clippy::unused_async, reason = "filled in by lro.rs")]
    pub async fn finish(&self, answer: Answer) -> Result<Answer, Problem> {
        Ok(answer)
    }

    /// Reads every page of a list (`value` with `nextLink` or `@odata.nextLink`), each item as raw JSON.
    ///
    /// # Errors
    /// As [`Self::send`], and when a next link leaves the host, repeats itself, or never ends.
    #[expect(clippy::unused_async, reason = "filled in by paging.rs")]
    pub async fn list(&self, call: Call) -> Result<Vec<serde_json::Value>, Problem> {
        let _ = call;
        Ok(Vec::new())
    }
}
