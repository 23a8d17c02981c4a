//! TLS as Azure speaks it: most hosts ask for no certificate of the client; classic service management does.

use std::fmt;
use std::io;
use std::sync::Arc;

use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::server::{Acceptor, ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

use crate::domain::problem::Problem;

use super::certificate::{Authority, unusable};
use super::door::Stream;
use super::management_certificates::{AnyOrNone, ManagementCertificates, TlsClient};

/// What is needed to accept connections. Clones are the same.
#[derive(Clone)]
pub(super) struct Tls {
    usual: Arc<ServerConfig>,
    /// The same, asking for a certificate.
    asking: Arc<ServerConfig>,
    certificates: Arc<ManagementCertificates>,
}

/// A connection after its handshake.
pub(super) struct Accepted {
    pub(super) stream: Box<dyn Stream>,
    pub(super) client: TlsClient,
}

impl Tls {
    /// TLS under these names, with a certificate of this authority.
    ///
    /// # Errors
    /// When one of them cannot stand in a certificate.
    pub(super) fn new(authority: &Authority, names: &[String], certificates: ManagementCertificates) -> Result<Self, Problem> {
        let own = Arc::new(OneCertificate(authority.leaf(names)?));
        let begin = || {
            ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .map_err(unusable)
        };
        let complete = |mut config: ServerConfig| {
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
            Arc::new(config)
        };
        let usual = begin()?.with_no_client_auth().with_cert_resolver(own.clone());
        let asking = begin()?.with_client_cert_verifier(Arc::new(AnyOrNone::new())).with_cert_resolver(own);
        Ok(Self { usual: complete(usual), asking: complete(asking), certificates: Arc::new(certificates) })
    }

    /// Shakes hands. The host that the client names decides whether it is asked for a certificate.
    ///
    /// # Errors
    /// When it does not trust us, or breaks off.
    pub(super) async fn accept(&self, stream: Box<dyn Stream>) -> io::Result<Accepted> {
        let begun = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
        let asked = begun.client_hello().server_name().is_some_and(|host| self.certificates.asked_for_by(host));
        let stream = begun.into_stream(if asked { self.asking.clone() } else { self.usual.clone() }).await?;
        let shown = stream.get_ref().1.peer_certificates().and_then(|shown| shown.first());
        let client = TlsClient { certificates: self.certificates.clone(), shown: shown.map(|first| first.clone().into_owned()) };
        Ok(Accepted { stream: Box::new(stream), client })
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("certificates", &self.certificates).finish_non_exhaustive()
    }
}

/// One certificate, whatever name the client asks for.
#[derive(Debug)]
struct OneCertificate(Arc<CertifiedKey>);

impl ResolvesServerCert for OneCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}
