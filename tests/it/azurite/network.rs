//! The way to two Azures: the storage services that Azurite has over real sockets, everything else in the simulator.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use azure_core::Bytes;
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, HttpClient, Request, StatusCode};
use keyroll::azure::transport::{LazyHttpClient, Proxies};
use keyroll::domain::account::Service;
use keyroll::domain::clock::Clock as _;
use keyroll::domain::key::StorageKey;
use serde_json::Value;

use super::emulator::{Emulator, SERVICES};
use super::hasty_clock::HastyClock;
use super::{ACCOUNT, shared_key};

/// Both keys of the account, key1 first.
pub(super) type Keys = [StorageKey; 2];

/// Sends each request where it belongs, and gives Azurite new keys whenever the simulator has regenerated one.
#[derive(Debug)]
pub(super) struct Network {
    simulator: Arc<dyn HttpClient>,
    clock: HastyClock,
    sockets: LazyHttpClient,
    program: PathBuf,
    folder: PathBuf,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    emulator: Option<Emulator>,
    /// What the account held at first and after each regenerate.
    epochs: Vec<Keys>,
    exchanges: Vec<Exchange>,
}

/// A request that Azurite answered.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    /// How many regenerates there were before it.
    pub(super) epoch: usize,
    pub(super) service: Service,
    /// Whether the key that signed it was in a slot at that time; nothing when no key that was ever there signed it.
    pub(super) alive: Option<bool>,
    pub(super) status: u16,
    /// `x-ms-error-code` as Azurite gave it.
    pub(super) code: Option<String>,
}

impl Network {
    pub(super) fn new(simulator: Arc<dyn HttpClient>, clock: HastyClock, program: PathBuf, folder: PathBuf, keys: Keys) -> Self {
        let emulator = Some(Emulator::start(&program, &folder, ACCOUNT, &keys));
        let inner = Mutex::new(Inner { emulator, epochs: vec![keys], exchanges: Vec::new() });
        let sockets = LazyHttpClient::new(Vec::new(), Proxies::Ignored);
        Self { simulator, clock, sockets, program, folder, inner }
    }

    /// What the account held at first and after each regenerate.
    pub(super) fn epochs(&self) -> Vec<Keys> {
        self.inner().epochs.clone()
    }

    /// Everything that Azurite answered so far.
    pub(super) fn exchanges(&self) -> Vec<Exchange> {
        self.inner().exchanges.clone()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no panic")
    }

    /// The service of Azurite that a request is for: `stprod.blob.core.windows.net`.
    fn service(request: &Request) -> Option<Service> {
        let host = request.url().host_str()?;
        SERVICES.into_iter().find(|service| host.starts_with(&format!("{ACCOUNT}.{service}.")))
    }

    async fn over_sockets(&self, service: Service, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let (epoch, port, alive) = {
            let inner = self.inner();
            let epoch = inner.epochs.len() - 1;
            let mut known = inner.epochs.iter().flatten();
            let signer = known.find(|key| shared_key::is_signed_by(request, ACCOUNT, service, key));
            let port = inner.emulator.as_ref().and_then(|emulator| emulator.port(service)).expect("Azurite runs");
            (epoch, port, signer.map(|signer| inner.epochs[epoch].contains(signer)))
        };
        let mut sent = request.clone();
        let url = sent.url_mut();
        url.set_scheme("http").expect("https may become http");
        url.set_host(Some(&format!("{ACCOUNT}.{service}.localhost"))).expect("a host name");
        url.set_port(Some(port)).expect("http has ports");
        let (status, mut headers, body) = self.sockets.execute_request(&sent).await?.deconstruct();
        let body = body.collect().await?;
        let code =
            headers.iter().find(|(name, _)| name.as_str() == "x-ms-error-code").map(|(_, value)| value.as_str().to_owned());
        let exchange = Exchange { epoch, service, alive, status: status.into(), code };
        // Azurite tells the machine's time, everybody else here that of the story, which is days ahead of it soon: keyroll follows
        // whoever answered last, and what it signed next would be too old for the other.
        headers.insert("date", azure_core::time::to_rfc7231(&self.clock.now()));
        let answer = as_azure_names_it(&exchange, status, headers, body);
        self.inner().exchanges.push(exchange);
        Ok(answer)
    }

    /// Starts Azurite anew, on the same folder, with the keys of this answer, before anybody hears it.
    async fn regenerated(&self, answer: AsyncRawResponse) -> azure_core::Result<AsyncRawResponse> {
        let (status, headers, body) = answer.deconstruct();
        let body = body.collect().await?;
        if status.is_success() {
            let keys: Value = serde_json::from_slice(&body).expect("the simulator's JSON");
            let key =
                |slot: usize| keys["keys"][slot]["value"].as_str().map(|text| StorageKey::new(text.to_owned())).expect("a key");
            let keys = [key(0), key(1)];
            let mut inner = self.inner();
            inner.emulator.take().expect("Azurite runs").stop();
            inner.emulator = Some(Emulator::start(&self.program, &self.folder, ACCOUNT, &keys));
            inner.epochs.push(keys);
        }
        Ok(AsyncRawResponse::from_bytes(status, headers, body))
    }
}

/// Azurite's blob and table services give a wrong signature the sentence of `AuthenticationFailed` and the name of a closed
/// firewall, `AuthorizationFailure`; its queue service and Azure say `AuthenticationFailed`. Nothing else is changed.
fn as_azure_names_it(exchange: &Exchange, status: StatusCode, mut headers: Headers, body: Bytes) -> AsyncRawResponse {
    let text = String::from_utf8_lossy(&body);
    if exchange.code.as_deref() == Some("AuthorizationFailure") && text.contains("Server failed to authenticate the request") {
        headers.insert("x-ms-error-code", "AuthenticationFailed");
        return AsyncRawResponse::from_bytes(status, headers, text.replace("AuthorizationFailure", "AuthenticationFailed"));
    }
    AsyncRawResponse::from_bytes(status, headers, body)
}

#[async_trait]
impl HttpClient for Network {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        if let Some(service) = Self::service(request) {
            return self.over_sockets(service, request).await;
        }
        let answer = self.simulator.execute_request(request).await?;
        if request.url().path().to_ascii_lowercase().ends_with("/regeneratekey") {
            return self.regenerated(answer).await;
        }
        Ok(answer)
    }
}
