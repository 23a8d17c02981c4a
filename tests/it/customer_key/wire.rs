//! Transports that look at what is sent: one that writes it down on its way, one that answers what was recorded.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Request, StatusCode};
use keyroll::azure::client::{Client, ClientOptions, Unobserved};
use keyroll::azure::cloud::Cloud;
use keyroll::sim::virtual_clock::VirtualClock;
use serde_json::Value;
use time::OffsetDateTime;

/// A request as it left.
#[derive(Clone, Debug)]
pub struct Sent {
    pub method: String,
    pub place: String,
    pub body: Value,
}

impl Sent {
    fn of(request: &Request) -> Self {
        let url = request.url();
        let body = match request.body() {
            Body::Bytes(bytes) => serde_json::from_slice(bytes).unwrap_or(Value::Null),
            Body::SeekableStream(_) => Value::Null,
        };
        let place = format!("{}{}", url.host_str().unwrap_or_default(), url.path()).to_ascii_lowercase();
        Self { method: request.method().as_ref().to_owned(), place: place.trim_end_matches('/').to_owned(), body }
    }
}

/// Writes down every request and passes it on.
#[derive(Debug)]
pub struct Tap {
    pub beyond: Arc<dyn HttpClient>,
    pub sent: Arc<Mutex<Vec<Sent>>>,
}

#[async_trait]
impl HttpClient for Tap {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        self.sent.lock().expect("no panic").push(Sent::of(request));
        self.beyond.execute_request(request).await
    }
}

/// One recorded exchange.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub method: String,
    /// Host and path in lower case; empty for whatever is asked.
    pub place: String,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub answer: String,
}

/// Answers each request with the first exchange of its method and place that is left.
#[derive(Debug)]
struct Replay {
    left: Mutex<VecDeque<Recorded>>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

#[async_trait]
impl HttpClient for Replay {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let sent = Sent::of(request);
        let mut left = self.left.lock().expect("no panic");
        let fits = |known: &Recorded| known.place.is_empty() || (known.method == sent.method && known.place == sent.place);
        let found = left.iter().position(fits).and_then(|at| left.remove(at));
        self.sent.lock().expect("no panic").push(sent.clone());
        let Some(recorded) = found else {
            return Err(Error::with_message(ErrorKind::Io, format!("{} {} was not recorded", sent.method, sent.place)));
        };
        let mut headers = Headers::new();
        for (name, value) in recorded.headers {
            headers.insert(name, value);
        }
        Ok(AsyncRawResponse::from_bytes(StatusCode::from(recorded.status), headers, recorded.answer.into_bytes()))
    }
}

/// A client that hears these answers, its clock, and what it sends.
pub fn replaying(recorded: Vec<Recorded>) -> (Client, VirtualClock, Arc<Mutex<Vec<Sent>>>) {
    let clock = VirtualClock::new(OffsetDateTime::from_unix_timestamp(1_800_000_000).expect("a time"));
    let sent = Arc::new(Mutex::new(Vec::new()));
    let transport = Arc::new(Replay { left: Mutex::new(recorded.into()), sent: Arc::clone(&sent) });
    let client = Client::new(ClientOptions {
        transport,
        cloud: Cloud::public(),
        credential: Some(Arc::new(AnyToken(Mutex::new(0)))),
        clock: Arc::new(clock.clone()),
        observer: Arc::new(Unobserved),
        client_request_id: None,
    });
    (client, clock, sent)
}

/// A different token each time, so that a renewed one is seen to differ.
#[derive(Debug)]
struct AnyToken(Mutex<u32>);

#[async_trait]
impl TokenCredential for AnyToken {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let mut serial = self.0.lock().expect("no panic");
        *serial += 1;
        Ok(AccessToken::new(format!("token-{serial}"), OffsetDateTime::from_unix_timestamp(4_000_000_000).expect("a time")))
    }
}

/// The members that `theirs` has and `ours` lacks or has otherwise. Ids and regions have no case.
pub fn lacking(path: &str, theirs: &Value, ours: &Value) -> Vec<String> {
    let loose = |text: &str| text.replace(' ', "").to_ascii_lowercase();
    match (theirs, ours) {
        (Value::Object(theirs), Value::Object(_)) => theirs
            .iter()
            .flat_map(|(name, value)| lacking(&format!("{path}.{name}"), value, ours.get(name).unwrap_or(&Value::Null)))
            .collect(),
        (Value::Array(theirs), Value::Array(ours)) if theirs.len() <= ours.len() => {
            theirs.iter().zip(ours).flat_map(|(theirs, ours)| lacking(&format!("{path}[]"), theirs, ours)).collect()
        }
        (Value::String(theirs), Value::String(ours)) if loose(theirs) == loose(ours) => Vec::new(),
        (Value::Object(empty), Value::Null) if empty.is_empty() => Vec::new(),
        (theirs, ours) if theirs == ours => Vec::new(),
        _ => vec![path.trim_start_matches('.').to_owned()],
    }
}
