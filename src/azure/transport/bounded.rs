//! Answers read to their end, and no further than memory allows.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::HeaderName;
use azure_core::http::{AsyncRawResponse, HttpClient, Request};
use futures::StreamExt;

/// The largest answer that is read, in bytes. A page of 1,000 resources has about 5 MB.
const LARGEST_ANSWER: usize = 64 * 1024 * 1024;

/// Reads each answer of another client whole, so that a connection that breaks in the middle is seen by the retry policy,
/// and refuses one that never seems to end. Of a request for the first bytes, no more than those are read, whatever comes.
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
        let enough = first_bytes(request);
        let mut body = Vec::new();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk?;
            if let Some(enough) = enough.filter(|enough| body.len() + chunk.len() >= *enough) {
                body.extend_from_slice(&chunk[..enough - body.len()]);
                break;
            }
            if body.len() + chunk.len() > LARGEST_ANSWER {
                return Err(Error::with_message(ErrorKind::DataConversion, "the answer is larger than 64 MiB"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(AsyncRawResponse::from_bytes(status, headers, body))
    }
}

/// How many bytes a request asks for, if it asks for the first ones.
fn first_bytes(request: &Request) -> Option<usize> {
    let range = request.headers().get_optional_str(&HeaderName::from_static("range"))?;
    range.strip_prefix("bytes=0-")?.parse::<usize>().ok()?.checked_add(1)
}

#[cfg(test)]
mod tests {
    use azure_core::http::headers::Headers;
    use azure_core::http::{Method, StatusCode};
    use futures::stream;

    use super::*;

    #[derive(Debug)]
    struct Endless;

    #[async_trait]
    impl HttpClient for Endless {
        async fn execute_request(&self, _: &Request) -> azure_core::Result<AsyncRawResponse> {
            let chunks = stream::repeat_with(|| Ok(vec![b' '; 1024 * 1024].into()));
            Ok(AsyncRawResponse::new(StatusCode::Ok, Headers::new(), Box::pin(chunks)))
        }
    }

    #[tokio::test]
    async fn an_answer_without_an_end_is_refused() {
        let request = Request::new("https://a.example/".parse().expect("URL"), Method::Get);
        let error = Bounded::new(Arc::new(Endless)).execute_request(&request).await.expect_err("too large");
        assert_eq!(*error.kind(), ErrorKind::DataConversion);
    }

    #[tokio::test]
    async fn of_a_stream_without_an_end_the_first_bytes_are_read() {
        let mut request = Request::new("https://a.example/".parse().expect("URL"), Method::Get);
        request.insert_header("range", "bytes=0-4095");
        let answer = Bounded::new(Arc::new(Endless)).execute_request(&request).await.expect("enough");
        let (_, _, body) = answer.deconstruct();
        assert_eq!(body.collect().await.expect("a body").len(), 4096);
    }
}
