//! The HTTP client beneath the pipeline: reqwest, built with the first request.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::{AsyncRawResponse, HttpClient, Request};
use futures::StreamExt;

/// The largest answer that is read, in bytes. A page of 1,000 resources has about 5 MB.
const LARGEST_ANSWER: usize = 64 * 1024 * 1024;

/// Reads each answer to its end, and refuses one that never seems to end.
#[derive(Debug)]
pub(crate) struct Bounded {
    inner: Arc<dyn HttpClient>,
}

impl Bounded {
    pub(crate) fn new(inner: Arc<dyn HttpClient>) -> Self {
        Self { inner }
    }
}

#[async_trait]
impl HttpClient for Bounded {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let (status, headers, mut stream) = self.inner.execute_request(request).await?.deconstruct();
        let mut body = Vec::new();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk?;
            if body.len() + chunk.len() > LARGEST_ANSWER {
                return Err(Error::with_message(ErrorKind::DataConversion, "the answer is larger than 64 MiB"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(AsyncRawResponse::from_bytes(status, headers, body))
    }
}
