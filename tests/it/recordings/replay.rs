//! A transport that answers with what was recorded, and the client over it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Request, StatusCode};
use keyroll::azure::client::{Client, ClientOptions, Unobserved};
use keyroll::azure::cloud::Cloud;
use keyroll::domain::clock::Clock;
use serde_json::Value;
use time::OffsetDateTime;

/// One request with its answer.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// Where it comes from, for messages.
    pub(crate) source: String,
    pub(crate) method: String,
    /// The path of the URL, decoded as it was written.
    pub(crate) path: String,
    pub(crate) host: String,
    pub(crate) version: String,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    /// The request's body as JSON, where it was recorded.
    pub(crate) request: Option<Value>,
    pub(crate) answer: String,
    /// What the same recording goes on with.
    pub(crate) following: Vec<Exchange>,
}

impl Exchange {
    /// The answer as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.answer).expect("a recorded answer is JSON")
    }

    /// The path's segments.
    pub(crate) fn segment(&self, position: usize) -> &str {
        self.path.split('/').nth(position).expect("the path matched its template")
    }
}

/// Answers the exchange as often as its own path is asked, then what follows in the recording, by path.
#[derive(Debug)]
struct Replay {
    exchange: Exchange,
    following: Mutex<VecDeque<Exchange>>,
    bodies: Arc<Mutex<Vec<Value>>>,
    versions: Arc<Mutex<Vec<String>>>,
}

#[async_trait]
impl HttpClient for Replay {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let path = decoded(request.url().path());
        let same = |exchange: &Exchange| {
            exchange.method == request.method().as_ref()
                && exchange.path.trim_matches('/').eq_ignore_ascii_case(path.trim_matches('/'))
        };
        // A next link asks for the same path again with another query.
        // An example writes the word itself where a link stands.
        let placeholder = ["/nextlink", "/string"].iter().any(|word| request.url().path().to_ascii_lowercase().ends_with(word));
        let linked = placeholder
            || request
                .url()
                .query_pairs()
                .any(|(name, _)| name.to_ascii_lowercase().contains("skip") && name != "skipValidation");
        let paged = linked || matches!(request.body(), Body::Bytes(body) if String::from_utf8_lossy(body).contains("$skipToken"));
        let first = same(&self.exchange) && !paged;
        if first && let Some((_, version)) = request.url().query_pairs().find(|(name, _)| name == "api-version") {
            self.versions.lock().expect("lock").push(version.into_owned());
        }
        if first && let Body::Bytes(body) = request.body() {
            self.bodies.lock().expect("lock").push(serde_json::from_slice(body).unwrap_or(Value::Null));
        }
        // Locks are asked for from the subscription down: each of the three lists is replayed on its own.
        let found = if first {
            Some(self.exchange.clone())
        } else if path.ends_with("/locks") {
            None
        } else {
            let mut following = self.following.lock().expect("lock");
            following.iter().position(same).and_then(|position| following.remove(position))
        };
        let Some(answer) = found else {
            return missing(paged, request);
        };
        let mut headers = Headers::new();
        for (name, value) in &answer.headers {
            headers.insert(name.clone(), value.clone());
        }
        Ok(AsyncRawResponse::from_bytes(StatusCode::from(answer.status), headers, answer.answer.clone().into_bytes()))
    }
}

/// The next page of a list was not always recorded; anything else that was not is a mistake of ours.
fn missing(paged: bool, request: &Request) -> azure_core::Result<AsyncRawResponse> {
    if paged {
        return Ok(AsyncRawResponse::from_bytes(StatusCode::Ok, Headers::new(), br#"{"value":[],"data":[]}"#.to_vec()));
    }
    if request.url().path().ends_with("/locks") {
        let body = br#"{"error":{"code":"AuthorizationFailed","message":"not recorded"}}"#;
        return Ok(AsyncRawResponse::from_bytes(StatusCode::Forbidden, Headers::new(), body.to_vec()));
    }
    Err(Error::with_message(ErrorKind::Io, format!("{} {} is not recorded", request.method().as_ref(), request.url().path())))
}

/// Undoes the percent encoding of a path.
pub(crate) fn decoded(path: &str) -> String {
    let pair = format!("p={}", path.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// What was sent to the replay, in order.
type Sent<T> = Arc<Mutex<Vec<T>>>;

/// A client whose transport is the replay, and the bodies that it sent there.
pub(crate) fn client(exchange: &Exchange) -> (Client, Arc<Mutex<Vec<Value>>>) {
    let (client, bodies, _) = client_with_versions(exchange);
    (client, bodies)
}

/// The same with the API versions that it asked for.
pub(crate) fn client_with_versions(exchange: &Exchange) -> (Client, Sent<Value>, Sent<String>) {
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let versions = Arc::new(Mutex::new(Vec::new()));
    let replay = Replay {
        exchange: exchange.clone(),
        following: Mutex::new(exchange.following.clone().into()),
        bodies: Arc::clone(&bodies),
        versions: Arc::clone(&versions),
    };
    let client = Client::new(ClientOptions {
        transport: Arc::new(replay),
        cloud: Cloud::public(),
        credential: Some(Arc::new(AnyToken)),
        clock: Arc::new(JumpingClock(Mutex::new(OffsetDateTime::from_unix_timestamp(1_800_000_000).expect("a time")))),
        observer: Arc::new(Unobserved),
        client_request_id: None,
    });
    (client, bodies, versions)
}

#[derive(Debug)]
struct AnyToken;

#[async_trait]
impl TokenCredential for AnyToken {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let expires = OffsetDateTime::from_unix_timestamp(4_000_000_000).expect("a time");
        Ok(AccessToken::new("token".to_owned(), expires))
    }
}

/// A clock that is moved by waiting.
#[derive(Debug)]
struct JumpingClock(Mutex<OffsetDateTime>);

#[async_trait]
impl Clock for JumpingClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().expect("lock")
    }

    async fn sleep(&self, duration: Duration) {
        *self.0.lock().expect("lock") += duration;
        tokio::task::yield_now().await;
    }
}
