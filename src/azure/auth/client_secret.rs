//! `--auth client-secret`: a service principal with a secret.

use std::sync::Arc;

use azure_core::credentials::{Secret, TokenCredential};
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};

use crate::domain::problem::Problem;

use super::SignIn;
use super::environment::{CLIENT_ID, CLIENT_SECRET, TENANT_ID};
use super::fresh::Fresh;

const NAME: &str = "client-secret";

/// Asks for tokens with `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and `AZURE_CLIENT_SECRET`.
pub(super) fn credential(sign_in: &SignIn) -> Result<Arc<dyn TokenCredential>, Problem> {
    let tenant_id = sign_in.environment.need(TENANT_ID, NAME)?;
    let client_id = sign_in.environment.need(CLIENT_ID, NAME)?;
    let secret = Secret::new(sign_in.environment.need(CLIENT_SECRET, NAME)?);
    let client_options = sign_in.login_options(NAME)?;
    Fresh::prepare(NAME, "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET", move || {
        let options = ClientSecretCredentialOptions { client_options: client_options.clone() };
        Ok(ClientSecretCredential::new(&tenant_id, client_id.clone(), secret.clone(), Some(options))?)
    })
}
