//! Somebody who deploys a datastore right after we wrote it, with a description of their own and the key before.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Method, Request};
use keyroll::domain::key::StorageKey;
use serde_json::Value;

/// Lets everything through, and answers each of the first `times` writes of a datastore with another write.
#[derive(Debug)]
pub(super) struct Meddler {
    azure: Arc<dyn HttpClient>,
    key: StorageKey,
    left: AtomicUsize,
}

impl Meddler {
    pub(super) fn new(azure: Arc<dyn HttpClient>, key: StorageKey, times: usize) -> Self {
        Self { azure, key, left: AtomicUsize::new(times) }
    }

    fn theirs(&self, request: &Request) -> Request {
        let Body::Bytes(body) = request.body() else { panic!("our bodies are bytes") };
        let mut body: Value = serde_json::from_slice(body).expect("our bodies are JSON");
        body["properties"]["description"] = "theirs".into();
        body["properties"]["credentials"]["secrets"]["key"] = self.key.expose().into();
        let mut theirs = request.clone();
        let url = request.url().as_str().replace("skipValidation=false", "skipValidation=true");
        *theirs.url_mut() = url.parse().expect("a URL");
        theirs.set_body(body.to_string());
        theirs
    }
}

#[async_trait]
impl HttpClient for Meddler {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let answer = self.azure.execute_request(request).await;
        let meddles = request.method() == Method::Put
            && request.url().path().contains("/datastores/")
            && self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if meddles {
            self.azure.execute_request(&self.theirs(request)).await?;
        }
        answer
    }
}
