//! A server that answers from a script, and a clock that jumps ahead instead of waiting.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::{HeaderName, Headers};
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Method, Request, StatusCode};
use time::OffsetDateTime;
use url::Url;

use crate::azure::call::{Audience, Call, Effect};
use crate::azure::client::{Client, ClientOptions, Notice, Observer};
use crate::azure::cloud::Cloud;
use crate::domain::clock::Clock;

use super::credential::Counting;

/// One scripted answer.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// Status, headers, body.
    Answer(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// No answer.
    Fault(ErrorKind, &'static str),
    /// The connection breaks in the middle of the body.
    Torn(u16),
}

impl Reply {
    pub(super) fn status(status: u16) -> Self {
        Self::Answer(status, Vec::new(), Vec::new())
    }

    pub(super) fn json(status: u16, body: &str) -> Self {
        Self::Answer(status, Vec::new(), body.as_bytes().to_vec())
    }

    pub(super) fn with(self, name: &'static str, value: impl Into<String>) -> Self {
        match self {
            Self::Answer(status, mut headers, body) => {
                headers.push((name, value.into()));
                Self::Answer(status, headers, body)
            }
            other => other,
        }
    }

    pub(super) fn reset() -> Self {
        Self::Fault(ErrorKind::Io, "connection reset by peer")
    }

    pub(super) fn no_connection() -> Self {
        Self::Fault(ErrorKind::Connection, "dns error: no such host")
    }
}

/// What arrived at the server.
#[derive(Clone, Debug)]
pub(super) struct Received {
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) authorization: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) policy_token: Option<String>,
    pub(super) range: Option<String>,
    pub(super) body: Vec<u8>,
}

/// Answers in the order of its script; the last reply is repeated for ever.
#[derive(Debug)]
pub(super) struct Script {
    replies: Mutex<VecDeque<Reply>>,
    received: Mutex<Vec<Received>>,
}

#[async_trait]
impl HttpClient for Script {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let header = |name| request.headers().get_optional_string(&HeaderName::from_static(name));
        let Body::Bytes(body) = request.body() else { panic!("our bodies are bytes") };
        self.received.lock().expect("lock").push(Received {
            method: request.method(),
            url: request.url().to_string(),
            authorization: header("authorization"),
            request_id: header("x-ms-client-request-id"),
            policy_token: header("x-ms-policy-external-evaluations"),
            range: header("range"),
            body: body.to_vec(),
        });
        let mut replies = self.replies.lock().expect("lock");
        let reply = if replies.len() > 1 { replies.pop_front() } else { replies.front().cloned() };
        match reply.expect("a script has at least one reply") {
            Reply::Answer(status, headers, body) => {
                let mut map = Headers::new();
                for (name, value) in headers {
                    map.insert(name, value);
                }
                Ok(AsyncRawResponse::from_bytes(StatusCode::from(status), map, body))
            }
            Reply::Fault(kind, message) => Err(Error::with_message(kind, message)),
            Reply::Torn(status) => {
                let chunks = [Ok(b"{\"val".to_vec().into()), Err(Error::with_message(ErrorKind::Io, "unexpected end of file"))];
                Ok(AsyncRawResponse::new(StatusCode::from(status), Headers::new(), Box::pin(futures::stream::iter(chunks))))
            }
        }
    }
}

/// A clock that is moved by waiting.
#[derive(Debug)]
pub(super) struct JumpingClock {
    now: Mutex<OffsetDateTime>,
    waits: Mutex<Vec<Duration>>,
}

#[async_trait]
impl Clock for JumpingClock {
    fn now(&self) -> OffsetDateTime {
        *self.now.lock().expect("lock")
    }

    async fn sleep(&self, duration: Duration) {
        self.waits.lock().expect("lock").push(duration);
        *self.now.lock().expect("lock") += duration;
        tokio::task::yield_now().await;
    }
}

/// Keeps what it is told.
#[derive(Debug, Default)]
pub(super) struct Listener(Mutex<Vec<Notice>>);

impl Observer for Listener {
    fn notice(&self, notice: &Notice) {
        self.0.lock().expect("lock").push(notice.clone());
    }
}

/// A client with everything around it in reach.
pub(super) struct Stage {
    pub(super) client: Client,
    pub(super) clock: Arc<JumpingClock>,
    pub(super) credential: Arc<Counting>,
    script: Arc<Script>,
    listener: Arc<Listener>,
}

impl Stage {
    pub(super) fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::in_cloud(Cloud::public(), replies)
    }

    pub(super) fn in_cloud(cloud: Cloud, replies: impl IntoIterator<Item = Reply>) -> Self {
        let start = OffsetDateTime::from_unix_timestamp(1_800_000_000).expect("a time");
        let clock = Arc::new(JumpingClock { now: Mutex::new(start), waits: Mutex::default() });
        let credential = Arc::new(Counting::new(Arc::clone(&clock)));
        let script = Arc::new(Script { replies: Mutex::new(replies.into_iter().collect()), received: Mutex::default() });
        let listener = Arc::new(Listener::default());
        let client = Client::new(ClientOptions {
            transport: Arc::clone(&script) as Arc<dyn HttpClient>,
            cloud,
            credential: Some(Arc::clone(&credential) as _),
            clock: Arc::clone(&clock) as _,
            observer: Arc::clone(&listener) as _,
            client_request_id: None,
        });
        Self { client, clock, credential, script, listener }
    }

    /// A call to Resource Manager.
    pub(super) fn call(method: Method, effect: Effect) -> Call {
        let url = "https://management.azure.com/subscriptions/s/resourceGroups/g?api-version=2021-04-01";
        Call::new(method, url.parse().expect("URL"), effect, Audience::ResourceManager)
    }

    pub(super) fn get(url: &str) -> Call {
        Call::new(Method::Get, Url::parse(url).expect("URL"), Effect::Read, Audience::ResourceManager)
    }

    pub(super) fn received(&self) -> Vec<Received> {
        self.script.received.lock().expect("lock").clone()
    }

    pub(super) fn sent(&self) -> usize {
        self.received().len()
    }

    pub(super) fn waits(&self) -> Vec<f64> {
        self.clock.waits.lock().expect("lock").iter().map(Duration::as_secs_f64).collect()
    }

    pub(super) fn notices(&self) -> Vec<Notice> {
        self.listener.0.lock().expect("lock").clone()
    }
}
