//! Who may call classic service management: whoever shows a certificate that was uploaded for the subscription.
//!
//! Such certificates sign themselves, so no authority vouches for them: the handshake proves that the client has the key, and
//! the service looks the thumbprint up ("Authenticating Service Management Requests").

use std::fmt::Write as _;
use std::sync::Arc;

use aws_lc_rs::digest;
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyPair};
use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::crypto::{self, WebPkiSupportedAlgorithms, aws_lc_rs as provider};
use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::{DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::contract::world::{ManagementCertificate, World};
use crate::domain::problem::Problem;
use crate::sim::classic;
use crate::sim::message::{Incoming, Reply};

use super::certificate::{machine_time, named, unusable};

/// Classic service management of Microsoft's clouds.
const HOSTS: [&str; 3] = ["management.core.windows.net", "management.core.chinacloudapi.cn", "management.core.usgovcloudapi.net"];

/// How long a certificate that is made here is valid.
const VALIDITY: time::Duration = time::Duration::days(365);

/// The hosts that ask for a certificate, and the certificates that they take.
#[derive(Debug)]
pub(super) struct ManagementCertificates {
    hosts: Vec<String>,
    uploaded: Vec<ManagementCertificate>,
}

impl ManagementCertificates {
    /// Those of a world and one more, made anew for all its subscriptions, which comes back with its key as PEM.
    ///
    /// # Errors
    /// When none can be made.
    pub(super) fn of(world: &World) -> Result<(Self, String), Problem> {
        let mut parameters = CertificateParams::default();
        parameters.not_before = machine_time() - time::Duration::DAY;
        parameters.not_after = machine_time() + VALIDITY;
        parameters.distinguished_name = named("keyroll simulated management certificate");
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().map_err(unusable)?;
        let certificate = parameters.self_signed(&key).map_err(unusable)?;
        let thumbprint = thumbprint(certificate.der());
        let every =
            |subscription: &str| ManagementCertificate { subscription: subscription.to_owned(), thumbprint: thumbprint.clone() };
        let mut uploaded = world.management_certificates.clone();
        uploaded.extend(world.subscriptions.iter().map(|subscription| every(&subscription.id)));
        let mut hosts: Vec<String> = HOSTS.map(str::to_owned).into();
        hosts.push(host_of(&world.endpoints.classic_management));
        Ok((Self { hosts, uploaded }, certificate.pem() + &key.serialize_pem()))
    }

    /// Whether whoever asks for this host is asked for a certificate.
    pub(super) fn asked_for_by(&self, host: &str) -> bool {
        self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host))
    }

    fn takes(&self, subscription: &str, certificate: &CertificateDer<'_>) -> bool {
        let shown = thumbprint(certificate);
        let uploaded = |known: &ManagementCertificate| {
            known.thumbprint.eq_ignore_ascii_case(&shown) && known.subscription.eq_ignore_ascii_case(subscription)
        };
        let now = machine_time().unix_timestamp();
        let in_time = X509Certificate::from_der(certificate).is_ok_and(|(_, certificate)| {
            let validity = certificate.validity();
            (validity.not_before.timestamp()..validity.not_after.timestamp()).contains(&now)
        });
        in_time && self.uploaded.iter().any(uploaded)
    }
}

/// A client at the other end of a TLS connection.
#[derive(Clone, Debug)]
pub(super) struct TlsClient {
    pub(super) certificates: Arc<ManagementCertificates>,
    /// What it showed, if anything.
    pub(super) shown: Option<CertificateDer<'static>>,
}

impl TlsClient {
    /// The answer for somebody who calls classic service management without a certificate that it takes for the subscription,
    /// which is the first segment of the path. It does not matter which name the handshake asked for.
    pub(super) fn refused(&self, incoming: &Incoming) -> Option<Reply> {
        if !self.certificates.asked_for_by(incoming.url.host_str()?) {
            return None;
        }
        let subscription = incoming.segments().into_iter().next().unwrap_or_default();
        let taken = self.shown.as_ref().is_some_and(|shown| self.certificates.takes(&subscription, shown));
        (!taken).then(classic::not_authenticated)
    }
}

fn host_of(authority: &str) -> String {
    authority.rsplit_once(':').map_or(authority, |(host, _)| host).to_owned()
}

/// SHA-1 of the certificate, as Windows and Azure show it.
fn thumbprint(certificate: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, certificate);
    digest.as_ref().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

/// Takes every certificate whose key the client has, and none as well: the request is answered accordingly.
#[derive(Debug)]
pub(super) struct AnyOrNone(WebPkiSupportedAlgorithms);

impl AnyOrNone {
    pub(super) fn new() -> Self {
        Self(provider::default_provider().signature_verification_algorithms)
    }
}

impl ClientCertVerifier for AnyOrNone {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        crypto::verify_tls12_signature(message, certificate, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        crypto::verify_tls13_signature(message, certificate, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
