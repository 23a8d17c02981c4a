//! Every environment variable that signing in and the transport look at, read in this one place.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::domain::problem::{Kind, Problem};

/// The tenant of the service principal.
pub const TENANT_ID: &str = "AZURE_TENANT_ID";
/// The application (client) id of the service principal or of a user-assigned managed identity.
pub const CLIENT_ID: &str = "AZURE_CLIENT_ID";
/// The service principal's secret.
pub const CLIENT_SECRET: &str = "AZURE_CLIENT_SECRET";
/// A PEM file with the service principal's certificate and private key.
pub const CLIENT_CERTIFICATE_PATH: &str = "AZURE_CLIENT_CERTIFICATE_PATH";
/// The Kubernetes service account's token, put there by AKS workload identity.
pub const FEDERATED_TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
/// The managed identity endpoint of App Service, Functions, Container Apps and Automation.
pub const IDENTITY_ENDPOINT: &str = "IDENTITY_ENDPOINT";
/// The managed identity endpoint of Cloud Shell and Azure ML compute.
pub const MSI_ENDPOINT: &str = "MSI_ENDPOINT";
/// Where an Azure Pipelines job asks for its OIDC token.
pub const OIDC_REQUEST_URI: &str = "SYSTEM_OIDCREQUESTURI";
/// The job's own token, which a pipeline has to hand over by name.
pub const SYSTEM_ACCESS_TOKEN: &str = "SYSTEM_ACCESSTOKEN";
/// The service connection of an `AzureCLI@2` or `AzurePowerShell@5` task.
pub const SERVICE_CONNECTION_ID: &str = "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID";
/// The tenant of that service connection.
pub const SERVICE_CONNECTION_TENANT_ID: &str = "AZURESUBSCRIPTION_TENANT_ID";
/// The application id of that service connection.
pub const SERVICE_CONNECTION_CLIENT_ID: &str = "AZURESUBSCRIPTION_CLIENT_ID";
/// A PEM file of trusted certificates, as OpenSSL reads it.
pub const SSL_CERT_FILE: &str = "SSL_CERT_FILE";
/// A PEM file of trusted certificates, as az and Python read it.
pub const REQUESTS_CA_BUNDLE: &str = "REQUESTS_CA_BUNDLE";

const ALL: [&str; 14] = [
    TENANT_ID,
    CLIENT_ID,
    CLIENT_SECRET,
    CLIENT_CERTIFICATE_PATH,
    FEDERATED_TOKEN_FILE,
    IDENTITY_ENDPOINT,
    MSI_ENDPOINT,
    OIDC_REQUEST_URI,
    SYSTEM_ACCESS_TOKEN,
    SERVICE_CONNECTION_ID,
    SERVICE_CONNECTION_TENANT_ID,
    SERVICE_CONNECTION_CLIENT_ID,
    SSL_CERT_FILE,
    REQUESTS_CA_BUNDLE,
];

/// The variables that are set. An empty one counts as not set.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<&'static str, String>);

impl Environment {
    /// What this process was started with.
    #[must_use]
    pub fn of_process() -> Self {
        Self::read(|name| std::env::var(name).ok())
    }

    /// What `lookup` knows.
    #[must_use]
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Self {
        Self(ALL.into_iter().filter_map(|name| Some((name, lookup(name).filter(|value| !value.is_empty())?))).collect())
    }

    /// The value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Whether a variable is set.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The value of a variable that a sign-in cannot do without.
    ///
    /// # Errors
    /// When it is not set: permission, with the name of the variable.
    pub fn need(&self, name: &str, sign_in: &str) -> Result<String, Problem> {
        self.get(name).map(str::to_owned).ok_or_else(|| {
            Problem::new(
                Kind::Permission,
                "signInIncomplete",
                format!("signing in with {sign_in} needs {name}, which is not set"),
            )
            .hint(format!("set {name}, or name another sign-in with --auth"))
        })
    }

    /// The files of trusted certificates that are declared here.
    #[must_use]
    pub fn certificate_bundles(&self) -> Vec<PathBuf> {
        [SSL_CERT_FILE, REQUESTS_CA_BUNDLE].into_iter().filter_map(|name| self.get(name)).map(PathBuf::from).collect()
    }
}

/// Names only: some values are secrets.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_not_set_and_no_value_is_printed() {
        let environment = Environment::read(|name| match name {
            CLIENT_SECRET => Some("hush".to_owned()),
            TENANT_ID => Some(String::new()),
            _ => None,
        });
        assert!(environment.has(CLIENT_SECRET) && !environment.has(TENANT_ID));
        assert_eq!(format!("{environment:?}"), r#"{"AZURE_CLIENT_SECRET"}"#);
        let problem = environment.need(TENANT_ID, "client-secret").expect_err("it is empty");
        assert_eq!(problem.message, "signing in with client-secret needs AZURE_TENANT_ID, which is not set");
        assert_eq!(problem.exit_code(), 4);
    }
}
