//! Classic service management: the call that hands an AMS v2 account the key of a storage account (AMS v2 article, step 2).

use std::sync::Arc;

use azure_core::http::Method;
use time::OffsetDateTime;
use url::Url;
use zeroize::Zeroizing;

use crate::azure::call::{Answer, Audience, Call, Effect};
use crate::azure::client::{Client, ClientOptions};
use crate::azure::transport::{LazyHttpClient, Proxies};
use crate::domain::key::StorageKey;
use crate::domain::problem::{Kind, Problem};

use super::certificate::ClientCertificate;

/// Classic service management, with a certificate for its one host.
#[derive(Debug)]
pub struct Management {
    client: Client,
    endpoint: Url,
    /// None in a simulation.
    certificate: Option<ClientCertificate>,
}

/// Whose key goes where.
#[derive(Clone, Copy, Debug)]
pub struct KeyOf<'a> {
    /// The subscription of the media account.
    pub subscription: &'a str,
    /// The media account's name.
    pub media_account: &'a str,
    /// The storage account's name.
    pub storage_account: &'a str,
}

impl Management {
    /// Management with this certificate. `options` are those of the usual client, but for the transport, which is made here so that
    /// the certificate is shown to nobody else; nobody signs in.
    ///
    /// # Errors
    /// When the certificate cannot be used, or the cloud has no classic management. Whether it is valid at the time is for
    /// [`Self::check`] to say.
    pub fn with_certificate(
        options: ClientOptions,
        certificate: &ClientCertificate,
        certificate_bundles: Vec<std::path::PathBuf>,
    ) -> Result<Self, Problem> {
        let transport = LazyHttpClient::new(certificate_bundles, Proxies::Used).with_identity(certificate.identity()?);
        Ok(Self::over(ClientOptions { transport: Arc::new(transport), ..options })?.showing(certificate))
    }

    /// The same, as one that shows this certificate: whether it is valid is checked before anything is sent.
    #[must_use]
    pub fn showing(self, certificate: &ClientCertificate) -> Self {
        Self { certificate: Some(certificate.clone()), ..self }
    }

    /// Management over a transport that needs no certificate: a simulation in this process.
    ///
    /// # Errors
    /// When the cloud has no classic management.
    pub fn over(options: ClientOptions) -> Result<Self, Problem> {
        let endpoint = options.cloud.classic_management.clone().ok_or_else(|| {
            Problem::usage("noClassicManagement", format!("the cloud {} names no classic service management", options.cloud.name))
                .hint("add `management` to the cloud's file")
        })?;
        Ok(Self { client: Client::new(ClientOptions { credential: None, ..options }), endpoint, certificate: None })
    }

    /// Refuses a certificate that has expired at this time, or is not valid yet.
    ///
    /// # Errors
    /// As [`ClientCertificate::check`].
    pub fn check(&self, at: OffsetDateTime) -> Result<(), Problem> {
        self.certificate.as_ref().map_or(Ok(()), |certificate| certificate.check(at))
    }

    /// The certificate; none in a simulation that asks for none.
    #[must_use]
    pub fn certificate(&self) -> Option<&ClientCertificate> {
        self.certificate.as_ref()
    }

    /// Hands the media account this key of one of its storage accounts. Any 2xx means that it was taken. A redirect is never
    /// followed: the request carries a key. Sent twice, it is as good as once.
    ///
    /// # Errors
    /// As [`Client::send`]; `redirected` for a redirect; `clientCertificateExpired`, before anything is sent.
    pub async fn put_key(&self, of: KeyOf<'_>, key: &StorageKey) -> Result<Answer, Problem> {
        self.check(self.client.clock().now())?;
        let mut url = self.endpoint.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear().extend([of.subscription, "services", "mediaservices", "Accounts", of.media_account]);
            segments.extend(["StorageAccounts", of.storage_account, "Key"]);
        }
        // A key is base64, of which JSON escapes nothing.
        let body = Zeroizing::new(format!("\"{}\"", key.expose()));
        let mut call = Call::new(Method::Put, url, Effect::Idempotent, Audience::None)
            .header("x-ms-version", "2011-10-01")
            .header("accept", "application/json")
            .header("content-type", "application/json; charset=utf-8");
        call.body = body.as_bytes().to_vec();
        self.client.send(call).await.map_err(|problem| match problem.kind {
            _ if problem.code == "redirected" => {
                let host = self.endpoint.host_str().unwrap_or_default();
                let message = format!("{host} leads elsewhere, and the key was not sent there");
                let answered = problem.message.clone();
                Problem { message, ..problem }
                    .because(answered)
                    .hint("check --cloud, and what stands between here and classic service management: it leads nobody elsewhere")
            }
            Kind::Permission if problem.http_status.is_some() => {
                // Roles mean nothing to classic service management: it knows certificates.
                let hint = format!(
                    "upload the certificate as a management certificate of subscription {}, or name another",
                    of.subscription
                );
                Problem { hints: vec![hint], ..problem }
            }
            Kind::NotFound => {
                problem.hint("check --account-name, --subscription, and that the storage account is attached to it")
            }
            _ => problem,
        })
    }
}
