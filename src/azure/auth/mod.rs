//! Signing in: one file per way, and no guessing among them.

mod azure_cli;
mod choice;
mod client_certificate;
mod client_secret;
pub mod environment;
mod fresh;
pub mod handed;
pub mod identity;
mod managed_identity;
pub(super) mod pem;
mod pipelines;
mod token_file;
mod workload_identity;

use std::path::PathBuf;
use std::sync::Arc;

use azure_core::cloud::CustomConfiguration;
use azure_core::credentials::TokenCredential;
use azure_core::http::{ClientOptions, HttpClient, RetryOptions, Transport};

use crate::domain::clock::Clock;
use crate::domain::problem::Problem;

use super::cloud::Cloud;
use super::observer::Observer;
use super::retry::RetryPolicy;
use super::transport::Bounded;
use environment::Environment;

/// How to sign in (`--auth`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Auth {
    /// What the environment declares; never tried and failed.
    #[default]
    Auto,
    /// The session of the Azure CLI.
    AzureCli,
    /// The managed identity of the machine, app or container.
    ManagedIdentity,
    /// AKS workload identity.
    WorkloadIdentity,
    /// A service principal with a secret.
    ClientSecret,
    /// A service principal with a certificate.
    ClientCertificate,
    /// A service connection of Azure Pipelines.
    Pipelines,
    /// Tokens that somebody else obtains and keeps fresh in a file.
    TokenFile(PathBuf),
}

impl Auth {
    /// The values of `--auth`.
    pub const NAMES: [&'static str; 8] = [
        "auto",
        "az",
        "managed-identity",
        "workload-identity",
        "client-secret",
        "client-certificate",
        "pipelines",
        "token-file=PATH",
    ];
}

impl std::fmt::Display for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::AzureCli => f.write_str("az"),
            Self::ManagedIdentity => f.write_str("managed-identity"),
            Self::WorkloadIdentity => f.write_str("workload-identity"),
            Self::ClientSecret => f.write_str("client-secret"),
            Self::ClientCertificate => f.write_str("client-certificate"),
            Self::Pipelines => f.write_str("pipelines"),
            Self::TokenFile(path) => write!(f, "token-file={}", path.display()),
        }
    }
}

impl std::str::FromStr for Auth {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        match text {
            "auto" => Ok(Self::Auto),
            "az" => Ok(Self::AzureCli),
            "managed-identity" => Ok(Self::ManagedIdentity),
            "workload-identity" => Ok(Self::WorkloadIdentity),
            "client-secret" => Ok(Self::ClientSecret),
            "client-certificate" => Ok(Self::ClientCertificate),
            "pipelines" => Ok(Self::Pipelines),
            _ => match text.strip_prefix("token-file=").filter(|path| !path.is_empty()) {
                Some(path) => Ok(Self::TokenFile(PathBuf::from(path))),
                None => Err(Problem::usage("unknownAuth", format!("`{text}` is not a way to sign in"))
                    .hint(format!("name one of {}", Self::NAMES.join(", ")))),
            },
        }
    }
}

/// What a sign-in works with.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// The cloud, whose login endpoint is asked.
    pub cloud: Cloud,
    /// What the environment declares.
    pub environment: Environment,
    /// The way to the login endpoint.
    pub transport: Arc<dyn HttpClient>,
    /// The way to this machine's own identity endpoints: never through a proxy, which could not reach 169.254.169.254.
    pub direct: Arc<dyn HttpClient>,
    /// The clock of waits and expiries.
    pub clock: Arc<dyn Clock>,
    /// Who is told of waits.
    pub observer: Arc<dyn Observer>,
    /// The tenant to ask `az` for, where the user named one.
    pub tenant: Option<String>,
    /// The subscription whose tenant `az` is asked for, where no tenant was named.
    pub subscription: Option<String>,
}

/// A sign-in that was chosen.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Gives the tokens.
    pub credential: Arc<dyn TokenCredential>,
    /// The way that was taken; never [`Auth::Auto`].
    pub auth: Auth,
    /// Why, in one clause for `-v`.
    pub why: String,
}

impl SignIn {
    /// Prepares the sign-in. Nothing is asked yet, but whatever is missing or malformed on this machine is told.
    ///
    /// # Errors
    /// When a variable or file is missing or wrong, or the cloud's login endpoint is not https, which the service principals need.
    pub fn prepare(&self, auth: &Auth) -> Result<SignedIn, Problem> {
        let (auth, why) = match auth {
            Auth::Auto => choice::declared(&self.environment)?,
            named => (named.clone(), format!("--auth {named} was named")),
        };
        let credential = match &auth {
            Auth::Auto | Auth::AzureCli => azure_cli::credential(self)?,
            Auth::ManagedIdentity => managed_identity::credential(self)?,
            Auth::WorkloadIdentity => workload_identity::credential(self)?,
            Auth::ClientSecret => client_secret::credential(self)?,
            Auth::ClientCertificate => client_certificate::credential(self)?,
            Auth::Pipelines => pipelines::credential(self)?,
            Auth::TokenFile(path) => token_file::credential(path.clone(), Arc::clone(&self.clock)),
        };
        Ok(SignedIn { credential, auth, why })
    }

    /// The options of a credential that asks the login endpoint: our transport, and our retry policy in place of
    /// `azure_core`'s.
    fn login_options(&self, sign_in: &str) -> Result<ClientOptions, Problem> {
        let login = &self.cloud.login;
        if login.scheme() != "https" {
            let message =
                format!("signing in with {sign_in} needs https, and the login endpoint of {} is {login}", self.cloud.name);
            return Err(Problem::usage("loginNeedsHttps", message).hint("hand over tokens with --auth token-file=PATH"));
        }
        let mut cloud = CustomConfiguration::default();
        login.as_str().clone_into(&mut cloud.authority_host);
        Ok(ClientOptions {
            per_try_policies: vec![Arc::new(RetryPolicy::new(Arc::clone(&self.clock), Arc::clone(&self.observer)))],
            retry: RetryOptions::none(),
            transport: Some(Transport::new(Arc::new(Bounded::new(Arc::clone(&self.transport))))),
            cloud: Some(Arc::new(cloud.into())),
            ..ClientOptions::default()
        })
    }
}

#[cfg(test)]
mod tests;
