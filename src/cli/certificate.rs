//! The management certificate of a command: from a file, or from the host of a conversation.

use std::path::PathBuf;

use clap::Args;
use zeroize::Zeroizing;

use crate::azure::media_v2::ClientCertificate;
use crate::domain::problem::Problem;

use super::next::quoted;
use super::session::Session;

/// Options of every command that may speak to classic service management.
#[derive(Args, Clone, Debug, Default)]
pub(in crate::cli) struct CertificateOptions {
    /// Management certificate with its private key as PEM; from the host in a conversation
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
}

impl CertificateOptions {
    /// Whether there is one: a file, or the host's.
    #[must_use]
    pub(super) fn given(&self, session: &Session) -> bool {
        self.certificate.is_some() || session.secrets().client_certificate().is_some()
    }

    /// The options as they would be written again. What a host hands over, only that host can hand over again.
    #[must_use]
    pub(super) fn written(&self) -> Option<String> {
        self.certificate.as_ref().map(|place| format!("--certificate {}", quoted(&place.display().to_string())))
    }

    /// Reads the certificate.
    ///
    /// # Errors
    /// Usage, when there is none; not found; and as [`ClientCertificate::read`].
    #[expect(clippy::unused_async, reason = "a password may have to be asked for")]
    pub(super) async fn read(&self, session: &Session) -> Result<ClientCertificate, Problem> {
        if let Some(place) = &self.certificate {
            return ClientCertificate::read(&Zeroizing::new(Session::read_text(place)?));
        }
        match session.secrets().client_certificate() {
            Some(text) => ClientCertificate::read(text),
            None => {
                Err(Problem::usage("certificateMissing", "classic service management asks for a certificate, and none was named")
                    .hint("add --certificate FILE: a management certificate of the subscription and its private key, as PEM")
                    .hint("a host hands it over as `clientCertificate` in `secrets`"))
            }
        }
    }
}
