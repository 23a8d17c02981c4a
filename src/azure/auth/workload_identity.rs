//! `--auth workload-identity`: a pod of AKS, or anything else with a federated token in a file.

use std::path::PathBuf;
use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_identity::{ClientAssertionCredentialOptions, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions};

use crate::domain::problem::Problem;

use super::SignIn;
use super::environment::{CLIENT_ID, FEDERATED_TOKEN_FILE, TENANT_ID};
use super::fresh::Fresh;

const NAME: &str = "workload-identity";

/// Exchanges the federated token, which is read anew each time, for an access token.
pub(super) fn credential(sign_in: &SignIn) -> Result<Arc<dyn TokenCredential>, Problem> {
    let tenant_id = sign_in.environment.need(TENANT_ID, NAME)?;
    let client_id = sign_in.environment.need(CLIENT_ID, NAME)?;
    let token_file = PathBuf::from(sign_in.environment.need(FEDERATED_TOKEN_FILE, NAME)?);
    let client_options = sign_in.login_options(NAME)?;
    Fresh::prepare(NAME, "check the pod's service account and its federated credential", move || {
        Ok(WorkloadIdentityCredential::new(Some(WorkloadIdentityCredentialOptions {
            credential_options: ClientAssertionCredentialOptions { client_options: client_options.clone() },
            client_id: Some(client_id.clone()),
            tenant_id: Some(tenant_id.clone()),
            token_file_path: Some(token_file.clone()),
        }))?)
    })
}
