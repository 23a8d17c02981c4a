//! `--auth managed-identity`: the identity of the virtual machine, app or container that this runs on.

use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_core::http::{ClientOptions, Transport};
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};

use crate::azure::transport::Bounded;
use crate::domain::problem::Problem;

use super::SignIn;
use super::environment::CLIENT_ID;
use super::fresh::Fresh;

/// Asks App Service's endpoint or the instance metadata service, past any proxy; for the user-assigned identity that
/// `AZURE_CLIENT_ID` names, else for the system-assigned one. `azure_identity`'s own retries stay: the metadata service
/// wants some statuses repeated that no other service does, and exists only where time is real.
pub(super) fn credential(sign_in: &SignIn) -> Result<Arc<dyn TokenCredential>, Problem> {
    let direct = Arc::clone(&sign_in.direct);
    let client_id = sign_in.environment.get(CLIENT_ID).map(str::to_owned);
    let hint = "give this machine or app an identity; name a user-assigned one in AZURE_CLIENT_ID";
    Fresh::prepare("managed-identity", hint, move || {
        Ok(ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
            user_assigned_id: client_id.clone().map(UserAssignedId::ClientId),
            client_options: ClientOptions {
                transport: Some(Transport::new(Arc::new(Bounded::new(Arc::clone(&direct))))),
                ..ClientOptions::default()
            },
        }))?)
    })
}
