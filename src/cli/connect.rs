//! From options to a client: cloud, sign-in, transport. Nothing is sent and no connection is made before the first call.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::azure::auth::environment::Environment;
use crate::azure::auth::handed::HandedTokens;
use crate::azure::auth::{Auth, SignIn, SignedIn};
use crate::azure::client::{Client, ClientOptions};
use crate::azure::cloud::Cloud;
use crate::azure::media_v2::ClientCertificate;
use crate::azure::media_v2::management::Management;
use crate::azure::observer::Unobserved;
use crate::azure::policy_token::PolicyTokens;
use crate::azure::system_clock::SystemClock;
use crate::azure::transport::{LazyHttpClient, Proxies};
use crate::domain::clock::Clock;
use crate::domain::problem::Problem;

use super::exec::AUTH;
use super::global::Global;
use super::session::Session;

/// A client, and how it signs in.
#[derive(Debug)]
pub(super) struct Connection {
    /// The client.
    pub client: Client,
    /// The way to sign in, and why it was taken: for `-v` and `doctor`.
    pub sign_in: String,
}

/// A client that signs in as the options and the environment say.
///
/// # Errors
/// When the cloud is unknown, or what the sign-in needs on this machine is missing or malformed.
pub(super) fn signed_in(session: &Session) -> Result<Connection, Problem> {
    let (global, observer) = (&session.global, session.observer());
    let cloud = cloud(session)?;
    let transport = session.transports.get(global);
    let client_request_id = session.host.as_ref().and_then(|host| host.client_request_id.clone());
    if let Some(host) = session.host.as_ref().filter(|_| global.auth.as_deref() == Some(AUTH)) {
        let clock = clock(global)?;
        let tokens = HandedTokens::new(host.source.clone(), clock.clone(), host.tokens.clone(), host.tenant.clone());
        let options = ClientOptions { transport, cloud, credential: Some(Arc::new(tokens)), clock, observer, client_request_id };
        return Ok(Connection { client: client(session, options), sign_in: "host (it hands over its tokens)".to_owned() });
    }
    let auth: Auth = global.auth.as_deref().unwrap_or("auto").parse()?;
    let clock = clock(global)?;
    let sign_in = SignIn {
        cloud: cloud.clone(),
        environment: Environment::of_process(),
        transport: transport.clone(),
        direct: Arc::new(LazyHttpClient::new(Vec::new(), Proxies::Ignored)),
        clock: clock.clone(),
        observer: observer.clone(),
        tenant: session.host.as_ref().and_then(|host| host.tenant.clone()),
        subscription: global.subscription.first().cloned(),
    };
    let SignedIn { credential, auth, why } = sign_in.prepare(&auth)?;
    let options = ClientOptions { transport, cloud, credential: Some(credential), clock, observer, client_request_id };
    Ok(Connection { client: client(session, options), sign_in: format!("{auth} ({why})") })
}

/// A client that asks Azure Policy for tokens where the host wants that.
fn client(session: &Session, options: ClientOptions) -> Client {
    let client = Client::new(options);
    if session.host.as_ref().is_some_and(|host| host.acquire_policy_token) {
        return client.with_policy_tokens(PolicyTokens { change_reference: session.global.change_reference.clone() });
    }
    client
}

/// The ways to Azure of one process, by the certificates that they trust: its requests share connections, and read the
/// system's certificates once.
#[derive(Debug, Default)]
pub(super) struct Transports(Mutex<Vec<(Vec<PathBuf>, Arc<LazyHttpClient>)>>);

impl Transports {
    /// The way with the certificates that the options and the environment add.
    fn get(&self, global: &Global) -> Arc<LazyHttpClient> {
        let bundles = bundles(global);
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, transport)) = made.iter().find(|(trusted, _)| *trusted == bundles) {
            return Arc::clone(transport);
        }
        let transport = Arc::new(LazyHttpClient::new(bundles.clone(), Proxies::Used));
        made.push((bundles, Arc::clone(&transport)));
        transport
    }
}

/// Classic service management, with a client's certificate that is shown to it alone.
///
/// # Errors
/// When the cloud has none, or the certificate has expired or cannot be used.
pub(super) fn classic_management(session: &Session, certificate: &ClientCertificate) -> Result<Management, Problem> {
    let global = &session.global;
    let options = ClientOptions {
        transport: session.transports.get(global),
        cloud: cloud(session)?,
        credential: None,
        clock: clock(global)?,
        observer: session.observer(),
        client_request_id: session.host.as_ref().and_then(|host| host.client_request_id.clone()),
    };
    Management::with_certificate(options, certificate, bundles(global))
}

/// Certificates that are trusted besides the system's.
fn bundles(global: &Global) -> Vec<PathBuf> {
    let mut bundles: Vec<PathBuf> = global.ca_bundle.iter().cloned().collect();
    bundles.extend(Environment::of_process().certificate_bundles());
    bundles
}

/// A client that is never asked to send anything: for commands that only read the state folder.
///
/// # Errors
/// When the clock file of a simulation is no good.
pub(super) fn without_sign_in(global: &Global) -> Result<Client, Problem> {
    Ok(Client::new(ClientOptions {
        transport: Arc::new(LazyHttpClient::new(Vec::new(), Proxies::Used)),
        cloud: Cloud::public(),
        credential: None,
        clock: clock(global)?,
        observer: Arc::new(Unobserved),
        client_request_id: None,
    }))
}

/// The machine's clock; with feature `serve` also that of a simulation in another process.
#[cfg_attr(not(feature = "serve"), expect(clippy::unnecessary_wraps, reason = "only a file can be wrong"))]
fn clock(global: &Global) -> Result<Arc<dyn Clock>, Problem> {
    #[cfg(feature = "serve")]
    if let Some(place) = &global.clock {
        let clock: crate::sim::scaled_clock::ScaledClock = serde_json::from_str(&Session::read_text(place)?)
            .map_err(|error| Problem::usage("clockFileInvalid", "the clock file is not one of simulate serve").because(error))?;
        return Ok(Arc::new(clock));
    }
    let _ = global;
    Ok(Arc::new(SystemClock))
}

/// The cloud that `--cloud` names: one of Microsoft's, or a file's. A host may describe it instead.
///
/// # Errors
/// When it is neither.
pub(super) fn cloud(session: &Session) -> Result<Cloud, Problem> {
    let Some(named) = &session.global.cloud else {
        let described = session.host.as_ref().and_then(|host| host.cloud.clone());
        return Ok(described.unwrap_or_else(Cloud::public));
    };
    let place = PathBuf::from(named);
    let is_file = place.is_file() || place.components().count() > 1 || place.extension().is_some();
    if is_file { Cloud::from_file(&Session::read_text(&place)?) } else { Cloud::named(named) }
}
