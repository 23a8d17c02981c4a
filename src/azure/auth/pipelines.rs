//! `--auth pipelines`: a service connection of Azure Pipelines, by workload identity federation.

use std::sync::Arc;

use azure_core::credentials::{Secret, TokenCredential};
use azure_identity::{AzurePipelinesCredential, AzurePipelinesCredentialOptions, ClientAssertionCredentialOptions};

use crate::domain::problem::Problem;

use super::SignIn;
use super::environment::{
    CLIENT_ID, OIDC_REQUEST_URI, SERVICE_CONNECTION_CLIENT_ID, SERVICE_CONNECTION_ID, SERVICE_CONNECTION_TENANT_ID,
    SYSTEM_ACCESS_TOKEN, TENANT_ID,
};
use super::fresh::Fresh;

const NAME: &str = "pipelines";

/// Asks the pipeline for the service connection's OIDC token and exchanges it. Tenant and client are those of the task's
/// service connection, or `AZURE_TENANT_ID` and `AZURE_CLIENT_ID` outside of an Azure task.
pub(super) fn credential(sign_in: &SignIn) -> Result<Arc<dyn TokenCredential>, Problem> {
    let environment = &sign_in.environment;
    let either = |first: &str, second: &str| match environment.get(first) {
        Some(value) => Ok(value.to_owned()),
        None => environment.need(second, NAME),
    };
    environment.need(OIDC_REQUEST_URI, NAME)?;
    let tenant_id = either(SERVICE_CONNECTION_TENANT_ID, TENANT_ID)?;
    let client_id = either(SERVICE_CONNECTION_CLIENT_ID, CLIENT_ID)?;
    let connection = environment.need(SERVICE_CONNECTION_ID, NAME)?;
    let token = Secret::new(
        environment
            .need(SYSTEM_ACCESS_TOKEN, NAME)
            .map_err(|problem| problem.hint("map it in the pipeline: env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)"))?,
    );
    let client_options = sign_in.login_options(NAME)?;
    Fresh::prepare(NAME, "check the service connection and that this pipeline may use it", move || {
        let credential_options = ClientAssertionCredentialOptions { client_options: client_options.clone() };
        let options = AzurePipelinesCredentialOptions { credential_options };
        Ok(AzurePipelinesCredential::new(tenant_id.clone(), client_id.clone(), &connection, token.clone(), Some(options))?)
    })
}
