//! The account's own data plane: one cheap signed read tells whether a key, or a shared access signature, works.
//!
//! Sources: "List Containers", "List Shares", "List Queues", "Query Tables", and the error codes of each service.

use azure_core::http::Method;
use url::Url;

use crate::domain::account::{Service, StorageAccount};
use crate::domain::key::StorageKey;
use crate::domain::problem::Problem;
use crate::domain::shared_access::SignedScope;

use super::call::{Audience, Call, Effect};
use super::client::Client;
use super::shared_key;

const VERSION: &str = "2021-08-06";

/// What the data plane said to a key or a shared access signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// It was accepted.
    Accepted,
    /// The signature is not one of a key that the service knows now.
    Refused,
    /// Nothing can be said from here: firewall, private endpoint, no such name.
    Unreachable {
        /// Why, in one clause.
        why: String,
    },
    /// The account accepts no keys at all (`allowSharedKeyAccess: false`).
    KeyAccessOff,
}

impl Client {
    /// Uses a key on one service of its account with one signed read.
    ///
    /// # Errors
    /// `unusableKey`; `serviceAbsent` when the account does not have this service; what the service failed with otherwise.
    pub async fn accepts(&self, account: &StorageAccount, service: Service, key: &StorageKey) -> Result<Acceptance, Problem> {
        let name = account.id.name();
        let Some(endpoint) = account.endpoint(service) else {
            return Err(Problem::failed("serviceAbsent", format!("{name} has no {service} service"))
                .hint("leave this service out: nothing of the account can be used there"));
        };
        let mut url = Url::parse(endpoint).map_err(|_| malformed_endpoint(name, service))?;
        if service == Service::Table {
            url.set_path(&format!("{}Tables", url.path()));
            url.set_query(Some("$top=1"));
        } else {
            url.set_query(Some("comp=list&maxresults=1"));
        }
        let call = shared_key::signed(self.data_call(url, service), name, service, key)?;
        verdict(self.send(call).await.map(|_| ()))
    }

    /// Uses a shared access signature with one read. `url` is the address of the service, container or share with the
    /// signature in its query: a secret.
    ///
    /// # Errors
    /// What the service failed with, when that says nothing about the signature.
    pub async fn accepts_signature(&self, mut url: Url, scope: SignedScope) -> Result<Acceptance, Problem> {
        url.query_pairs_mut().extend_pairs(match scope {
            SignedScope::Service => [("comp", "list"), ("maxresults", "1")].as_slice(),
            SignedScope::Container => &[("restype", "container"), ("comp", "list"), ("maxresults", "1")],
            SignedScope::Share => &[("restype", "directory"), ("comp", "list"), ("maxresults", "1")],
        });
        let service = if scope == SignedScope::Share { Service::File } else { Service::Blob };
        verdict(self.send(self.data_call(url, service)).await.map(|_| ()))
    }

    /// A read with every header that is signed. The request id is there already, so that none is added after signing.
    fn data_call(&self, url: Url, service: Service) -> Call {
        let accept = if service == Service::Table { "application/json;odata=nometadata" } else { "application/xml" };
        Call::new(Method::Get, url, Effect::Read, Audience::None)
            .header("x-ms-client-request-id", &self.request_id())
            .header("x-ms-date", &azure_core::time::to_rfc7231(&self.clock().now()))
            .header("x-ms-version", VERSION)
            .header("accept", accept)
    }
}

fn malformed_endpoint(account: &str, service: Service) -> Problem {
    Problem::failed("unexpectedAnswer", format!("the {service} endpoint of {account} is not a URL"))
}

fn verdict(result: Result<(), Problem>) -> Result<Acceptance, Problem> {
    let Err(problem) = result else { return Ok(Acceptance::Accepted) };
    let unreachable = |why: &str| Ok(Acceptance::Unreachable { why: why.to_owned() });
    match (problem.http_status, problem.service_code.as_deref()) {
        (Some(401 | 403), Some("KeyBasedAuthenticationNotPermitted")) => Ok(Acceptance::KeyAccessOff),
        (Some(401 | 403), Some("AuthenticationFailed" | "InvalidAuthenticationInfo")) => Ok(Acceptance::Refused),
        // The signature was valid; only its rights do not reach as far as this read.
        (
            Some(403),
            Some("AuthorizationPermissionMismatch" | "AuthorizationServiceMismatch" | "AuthorizationResourceTypeMismatch"),
        ) => Ok(Acceptance::Accepted),
        // The emulator says this of a wrong signature too, with the message of AuthenticationFailed.
        (Some(403), Some("AuthorizationFailure")) if problem.message.contains("failed to authenticate") => {
            Ok(Acceptance::Refused)
        }
        (Some(403), Some("AuthorizationFailure")) => unreachable("the account's firewall does not let this machine in"),
        (Some(403), Some("AuthorizationSourceIPMismatch" | "AuthorizationProtocolMismatch")) => {
            unreachable("the signature is bound to another address or protocol")
        }
        (Some(403), _) => unreachable("the service refused the request without saying that the signature is wrong"),
        // What the signature opens is gone, but it opened it.
        (Some(404), Some("ContainerNotFound" | "ShareNotFound" | "ResourceNotFound" | "QueueNotFound")) => {
            Ok(Acceptance::Accepted)
        }
        // The causes beneath may repeat the URL, and with it a signature; the message names the host only.
        (None, _) if matches!(problem.code.as_str(), "cannotConnect" | "connectionBroken" | "certificateNotTrusted") => {
            Ok(Acceptance::Unreachable { why: problem.message })
        }
        _ => Err(problem),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, code: &str) -> Result<(), Problem> {
        let mut problem = Problem::failed("refused", "refused");
        problem.http_status = Some(status);
        problem.service_code = Some(code.to_owned());
        Err(problem)
    }

    #[test]
    fn the_reasons_of_a_403_are_told_apart() {
        assert_eq!(verdict(Ok(())).expect("tells"), Acceptance::Accepted);
        assert_eq!(verdict(refused(403, "AuthenticationFailed")).expect("tells"), Acceptance::Refused);
        assert_eq!(verdict(refused(403, "KeyBasedAuthenticationNotPermitted")).expect("tells"), Acceptance::KeyAccessOff);
        assert_eq!(verdict(refused(403, "AuthorizationPermissionMismatch")).expect("tells"), Acceptance::Accepted);
        assert!(matches!(verdict(refused(403, "AuthorizationFailure")).expect("tells"), Acceptance::Unreachable { .. }));
        assert!(matches!(verdict(refused(403, "SomethingNew")).expect("tells"), Acceptance::Unreachable { .. }));
        assert!(matches!(
            verdict(Err(Problem::failed("cannotConnect", "no such host"))).expect("tells"),
            Acceptance::Unreachable { .. }
        ));
    }

    #[test]
    fn a_failing_service_is_no_verdict_on_the_key() {
        assert_eq!(verdict(refused(503, "ServerBusy")).expect_err("no verdict").http_status, Some(503));
        assert_eq!(verdict(Err(Problem::failed("unusableKey", "short"))).expect_err("no verdict").code, "unusableKey");
    }
}
