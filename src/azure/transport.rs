//! The HTTP client beneath the pipeline: reqwest, built with the first request, because reading the system's
//! certificates takes longer than `--version` may.

mod bounded;
mod loopback_names;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::{HeaderName, HeaderValue, Headers};
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Request, StatusCode};
use futures::TryStreamExt;

use crate::domain::problem::{Kind, Problem};

use super::error::wrapped;
use super::loopback;

pub(crate) use bounded::Bounded;
use loopback_names::LoopbackNames;

/// Carries a method that `azure_core` does not know through its pipeline: MERGE, of OData. On the wire stands the method
/// itself, as it is documented, and not this header.
pub(super) const CARRIED_METHOD: HeaderName = HeaderName::from_static("x-http-method");

const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// Whether requests to other machines go through the proxies of the environment and the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proxies {
    /// `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, and on Windows and macOS the system's settings.
    Used,
    /// None: for identity endpoints of this machine.
    Ignored,
}

/// An HTTP client that is built when it is first used.
///
/// It follows no redirect (a token or key would go along), unpacks gzip, gives up on a connection after 20 s and on a
/// silent one after 60 s, and reaches this machine's own hosts directly, whatever proxy is set. Plain http is not
/// forbidden here, because identity endpoints speak it: the bearer policy forbids it.
#[derive(Debug)]
pub struct LazyHttpClient {
    certificate_bundles: Vec<PathBuf>,
    proxies: Proxies,
    identity: Option<reqwest::Identity>,
    outward: OnceLock<Result<reqwest::Client, Problem>>,
    inward: OnceLock<Result<reqwest::Client, Problem>>,
}

impl LazyHttpClient {
    /// A client that trusts, besides the system's certificates, those in these PEM files (`--ca-bundle`, `SSL_CERT_FILE`,
    /// `REQUESTS_CA_BUNDLE`). The files are read with the first request.
    #[must_use]
    pub fn new(certificate_bundles: Vec<PathBuf>, proxies: Proxies) -> Self {
        Self { certificate_bundles, proxies, identity: None, outward: OnceLock::new(), inward: OnceLock::new() }
    }

    /// The same client, showing this certificate to every server that asks for one. Use it for one host only.
    #[must_use]
    pub(super) fn with_identity(mut self, identity: reqwest::Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    fn client(&self, request: &Request) -> Result<reqwest::Client, Problem> {
        let direct = self.proxies == Proxies::Ignored || loopback::is_loopback(request.url());
        let built = if direct { &self.inward } else { &self.outward };
        built.get_or_init(|| self.build(direct)).clone()
    }

    /// A server that was shown a certificate and ends the connection with an alert does not take it (RFC 8446, section 6.2). It
    /// may say so only after the request; repeating it would end the same.
    fn failed(&self, error: reqwest::Error, request: &Request) -> Error {
        match alert(&error).filter(|_| self.identity.is_some()) {
            Some(alert) => {
                let host = request.url().host_str().unwrap_or_default();
                let message = format!("{host} does not take the client certificate");
                wrapped(
                    Problem::new(Kind::Permission, "clientCertificateRefused", message)
                        .because(format!("it ended the connection with the alert {alert:?}"))
                        .hint("check that the certificate was uploaded as a management certificate, or name another with --certificate"),
                )
            }
            None => failure(error),
        }
    }

    fn build(&self, direct: bool) -> Result<reqwest::Client, Problem> {
        tracing::debug!("building an HTTP client");
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .gzip(true)
            .dns_resolver(Arc::new(LoopbackNames));
        for bundle in &self.certificate_bundles {
            builder = builder.tls_certs_merge(certificates(bundle)?);
        }
        if let Some(identity) = &self.identity {
            builder = builder.identity(identity.clone());
        }
        if direct {
            builder = builder.no_proxy();
        }
        builder.build().map_err(|error| {
            Problem::failed("transportUnusable", "the HTTP client cannot be set up").because(deepest(&error.without_url()))
        })
    }
}

fn certificates(bundle: &Path) -> Result<Vec<reqwest::Certificate>, Problem> {
    let path = bundle.display();
    let hint = "name a PEM file with --ca-bundle, SSL_CERT_FILE or REQUESTS_CA_BUNDLE";
    let pem = std::fs::read(bundle).map_err(|error| {
        Problem::usage("caBundleInvalid", format!("the certificate file {path} cannot be read")).because(error).hint(hint)
    })?;
    let found = reqwest::Certificate::from_pem_bundle(&pem).unwrap_or_default();
    if found.is_empty() {
        return Err(Problem::usage("caBundleInvalid", format!("the certificate file {path} holds no PEM certificate")).hint(hint));
    }
    Ok(found)
}

#[async_trait]
impl HttpClient for LazyHttpClient {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let Body::Bytes(body) = request.body().clone() else {
            return Err(Error::with_message(ErrorKind::Other, "this transport sends bodies that are in memory"));
        };
        let carried = request.headers().get_optional_str(&CARRIED_METHOD);
        let method = reqwest::Method::from_bytes(carried.unwrap_or(request.method().as_ref()).as_bytes())
            .map_err(|error| Error::new(ErrorKind::Other, error))?;
        let mut builder = self.client(request).map_err(wrapped)?.request(method, request.url().clone());
        for (name, value) in request.headers().iter().filter(|(name, _)| **name != CARRIED_METHOD) {
            builder = builder.header(name.as_str(), value.as_str());
        }
        let response = builder.body(body).send().await.map_err(|error| self.failed(error, request))?;
        let status = StatusCode::from(response.status().as_u16());
        let headers = response.headers().iter().filter_map(|(name, value)| {
            let value = value.to_str().ok()?.to_owned();
            Some((HeaderName::from(name.as_str().to_owned()), HeaderValue::from(value)))
        });
        let headers = Headers::from(headers.collect::<std::collections::HashMap<_, _>>());
        Ok(AsyncRawResponse::new(status, headers, Box::pin(response.bytes_stream().map_err(failure))))
    }
}

/// The alert with which a server ended a connection.
fn alert(error: &reqwest::Error) -> Option<rustls::AlertDescription> {
    let beneath = std::iter::successors(std::error::Error::source(error), |error| error.source());
    beneath.filter_map(|error| error.downcast_ref::<std::io::Error>()?.get_ref()?.downcast_ref::<rustls::Error>()).find_map(
        |error| match error {
            rustls::Error::AlertReceived(alert) => Some(*alert),
            _ => None,
        },
    )
}

/// reqwest's error without the URL, whose query may hold a signature, and with the kind that the retry policy asks for: a
/// connection that never was, or one that broke.
fn failure(error: reqwest::Error) -> Error {
    let error = error.without_url();
    let kind = match () {
        () if error.is_connect() => ErrorKind::Connection,
        () if error.is_builder() => ErrorKind::Other,
        () => ErrorKind::Io,
    };
    Error::with_message(kind, deepest(&error))
}

/// The innermost message, which names the cause (`invalid peer certificate: UnknownIssuer`), and the outermost.
fn deepest(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let (outer, inner) = (error.to_string(), innermost.to_string());
    if outer == inner { outer } else { format!("{outer}: {inner}") }
}

#[cfg(test)]
mod tests;
