//! Which sign-in the environment declares (`--auth auto`).

use crate::domain::problem::Problem;

use super::Auth;
use super::environment::{
    CLIENT_CERTIFICATE_PATH, CLIENT_SECRET, Environment, FEDERATED_TOKEN_FILE, IDENTITY_ENDPOINT, MSI_ENDPOINT, OIDC_REQUEST_URI,
    SERVICE_CONNECTION_ID,
};

/// The sign-in that is declared, and why: what a person set comes before what a platform set, and `az` is left when
/// nothing is. A declaration that lacks a part is told by the sign-in itself, and no other is tried in its place: that
/// would be another identity than the declared one.
pub(super) fn declared(environment: &Environment) -> Result<(Auth, String), Problem> {
    let set = |name: &str| environment.has(name);
    if set(CLIENT_SECRET) && set(CLIENT_CERTIFICATE_PATH) {
        return Err(Problem::usage(
            "signInAmbiguous",
            format!("{CLIENT_SECRET} and {CLIENT_CERTIFICATE_PATH} are both set, and each is a sign-in of its own"),
        )
        .hint("unset one, or say --auth client-secret or --auth client-certificate"));
    }
    let (auth, name) = if set(CLIENT_SECRET) {
        (Auth::ClientSecret, CLIENT_SECRET)
    } else if set(CLIENT_CERTIFICATE_PATH) {
        (Auth::ClientCertificate, CLIENT_CERTIFICATE_PATH)
    } else if set(OIDC_REQUEST_URI) && set(SERVICE_CONNECTION_ID) {
        (Auth::Pipelines, SERVICE_CONNECTION_ID)
    } else if set(FEDERATED_TOKEN_FILE) {
        (Auth::WorkloadIdentity, FEDERATED_TOKEN_FILE)
    } else if set(IDENTITY_ENDPOINT) {
        (Auth::ManagedIdentity, IDENTITY_ENDPOINT)
    } else if set(MSI_ENDPOINT) {
        (Auth::ManagedIdentity, MSI_ENDPOINT)
    } else {
        return Ok((Auth::AzureCli, "the environment declares no other sign-in".to_owned()));
    };
    Ok((auth, format!("{name} is set")))
}

#[cfg(test)]
mod tests {
    use super::super::environment::CLIENT_ID;
    use super::*;

    fn choose(names: &[&str]) -> Result<(Auth, String), Problem> {
        declared(&Environment::read(|name| names.contains(&name).then(|| "x".to_owned())))
    }

    #[test]
    fn what_is_declared_is_chosen_and_said() {
        for (names, auth, why) in [
            (&[][..], Auth::AzureCli, "the environment declares no other sign-in"),
            (&[CLIENT_ID], Auth::AzureCli, "the environment declares no other sign-in"),
            (&[IDENTITY_ENDPOINT, CLIENT_ID], Auth::ManagedIdentity, "IDENTITY_ENDPOINT is set"),
            (&[MSI_ENDPOINT], Auth::ManagedIdentity, "MSI_ENDPOINT is set"),
            (&[FEDERATED_TOKEN_FILE, IDENTITY_ENDPOINT], Auth::WorkloadIdentity, "AZURE_FEDERATED_TOKEN_FILE is set"),
            (&[OIDC_REQUEST_URI, SERVICE_CONNECTION_ID], Auth::Pipelines, "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID is set"),
            (&[OIDC_REQUEST_URI], Auth::AzureCli, "the environment declares no other sign-in"),
            (&[CLIENT_SECRET, IDENTITY_ENDPOINT], Auth::ClientSecret, "AZURE_CLIENT_SECRET is set"),
            (&[CLIENT_CERTIFICATE_PATH], Auth::ClientCertificate, "AZURE_CLIENT_CERTIFICATE_PATH is set"),
        ] {
            assert_eq!(choose(names).expect("a choice"), (auth, why.to_owned()), "{names:?}");
        }
    }

    #[test]
    fn two_service_principals_are_refused() {
        let problem = choose(&[CLIENT_SECRET, CLIENT_CERTIFICATE_PATH]).expect_err("ambiguous");
        assert_eq!((problem.code.as_str(), problem.exit_code()), ("signInAmbiguous", 2));
    }
}
