//! `--auth az`: the session of the Azure CLI.

use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_identity::{AzureCliCredential, AzureCliCredentialOptions};

use crate::domain::problem::Problem;

use super::SignIn;
use super::fresh::Fresh;

/// Asks `az account get-access-token`, for the named tenant, else for that of the named subscription (az takes one of
/// the two), else for that of az's current account.
pub(super) fn credential(sign_in: &SignIn) -> Result<Arc<dyn TokenCredential>, Problem> {
    let tenant = sign_in.tenant.clone();
    let subscription = sign_in.subscription.clone().filter(|_| tenant.is_none());
    Fresh::prepare("az", "run `az login`, and `az account show` to see who is signed in", move || {
        Ok(AzureCliCredential::new(Some(AzureCliCredentialOptions {
            subscription: subscription.clone(),
            tenant_id: tenant.clone(),
            executor: None,
        }))?)
    })
}
