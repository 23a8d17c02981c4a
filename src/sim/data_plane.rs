//! The storage services themselves: who may in, by Shared Key or SAS, front end by front end.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::domain::account::Service;

use super::keyring::Generation;
use super::message::{Incoming, Reply, decoded};
use super::route::Target;
use super::sas::Sas;
use super::shared_key::Claim;
use super::state::State;

/// How far a request's date may be from the service's clock.
const SKEW: time::Duration = time::Duration::minutes(15);

const FAILED: &str = "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.";

impl State {
    pub(super) fn data_plane(&mut self, incoming: &Incoming, target: &Target, service: Service) -> Reply {
        let name = target.names.first().map(String::as_str).unwrap_or_default();
        let Some(position) = self.account_by_name(name).filter(|at| self.accounts[*at].services().contains(&service)) else {
            return Reply::storage_error(404, "ResourceNotFound", "The specified resource does not exist.", None);
        };
        if self.accounts[position].given.blocked_services.iter().any(|blocked| blocked == service.name()) {
            return Reply::storage_error(
                403,
                "AuthorizationFailure",
                "This request is not authorized to perform this operation.",
                None,
            );
        }
        let front_end = self.next_front_end(position, service);
        match (self.admit(incoming, position, service, front_end), service) {
            (Err(refused), _) => refused,
            (Ok(()), Service::Blob) => self.blob_service(incoming, position),
            (Ok(()), _) => listing(service),
        }
    }

    /// Whether a request gets in.
    fn admit(&self, incoming: &Incoming, position: usize, service: Service, front_end: usize) -> Result<(), Reply> {
        if let Some(claim) = Claim::read(incoming, service) {
            return self.by_shared_key(incoming, position, service, front_end, &claim);
        }
        match incoming.url.query().and_then(Sas::read) {
            Some(sas) => self.by_sas(incoming, position, service, front_end, &sas),
            None if incoming.headers.contains_key("authorization") => {
                Err(Reply::storage_error(403, "AuthenticationFailed", FAILED, Some("This scheme is not simulated.")))
            }
            None => Err(Reply::storage_error(
                401,
                "NoAuthenticationInformation",
                "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.",
                None,
            )),
        }
    }

    /// Requests go round the front ends.
    fn next_front_end(&mut self, position: usize, service: Service) -> usize {
        let turn = self.accounts[position].turns.entry(service).or_default();
        *turn = (*turn + 1) % usize::from(self.world.unknowns.front_ends.max(1));
        *turn
    }

    fn by_shared_key(
        &self,
        incoming: &Incoming,
        position: usize,
        service: Service,
        front_end: usize,
        claim: &Claim,
    ) -> Result<(), Reply> {
        let account = &self.accounts[position];
        if account.given.allow_shared_key_access == Some(false) {
            return Err(no_keys());
        }
        let date =
            if incoming.headers.contains_key("x-ms-date") { incoming.header("x-ms-date") } else { incoming.header("date") };
        let date = date.replace(" GMT", " +0000");
        if OffsetDateTime::parse(&date, &Rfc2822).map_or(true, |date| (date - self.now).abs() > SKEW) {
            return Err(Reply::storage_error(403, "AuthenticationFailed", FAILED, Some("Request date header too old")));
        }
        if !claim.account.eq_ignore_ascii_case(account.id.name()) {
            return Err(Reply::storage_error(
                403,
                "AuthenticationFailed",
                FAILED,
                Some("The account in the header is another one."),
            ));
        }
        let signed =
            |generation: &Generation| generation.key.sign(&claim.string_to_sign).is_ok_and(|text| text == claim.signature);
        if self.accepted(position, service, front_end).any(signed) {
            return Ok(());
        }
        let detail = format!(
            "The MAC signature found in the HTTP request '{}' is not the same as any computed signature. Server used following string to sign: '{}'.",
            claim.signature, claim.string_to_sign
        );
        Err(Reply::storage_error(403, "AuthenticationFailed", FAILED, Some(&detail)))
    }

    fn by_sas(&self, incoming: &Incoming, position: usize, service: Service, front_end: usize, sas: &Sas) -> Result<(), Reply> {
        let account = &self.accounts[position];
        if account.given.allow_shared_key_access == Some(false) {
            return Err(no_keys());
        }
        if !sas.is_timely(self.now) {
            return Err(Reply::storage_error(
                403,
                "AuthenticationFailed",
                FAILED,
                Some("Signature not valid in the specified time frame"),
            ));
        }
        let path = decoded(incoming.url.path());
        let signed = |generation: &Generation| sas.is_signed_by(&generation.key, account.id.name(), service, &path);
        if !self.accepted(position, service, front_end).any(signed) {
            return Err(Reply::storage_error(403, "AuthenticationFailed", FAILED, Some("Signature did not match.")));
        }
        let initial = &service.name()[..1];
        if sas.is_account_sas() && !sas.field("ss").contains(initial) {
            let message = "This request is not authorized to perform this operation using this service.";
            return Err(Reply::storage_error(403, "AuthorizationServiceMismatch", message, None));
        }
        let lists = incoming.query("comp").is_some_and(|value| value == "list");
        let needed = match incoming.method {
            "PUT" => "cw",
            "DELETE" => "d",
            _ if lists => "l",
            _ => "r",
        };
        let level = match (lists, path.trim_matches('/').is_empty(), path.trim_matches('/').contains('/')) {
            (true, true, _) => 's',
            (_, _, true) => 'o',
            _ => 'c',
        };
        let message = "This request is not authorized to perform this operation using this";
        if sas.is_account_sas() && !sas.field("srt").contains(level) {
            return Err(Reply::storage_error(
                403,
                "AuthorizationResourceTypeMismatch",
                &format!("{message} resource type."),
                None,
            ));
        }
        if !needed.chars().any(|permission| sas.field("sp").contains(permission)) {
            return Err(Reply::storage_error(403, "AuthorizationPermissionMismatch", &format!("{message} permission."), None));
        }
        Ok(())
    }

    /// The generations of an account that one front end accepts now.
    fn accepted(&self, position: usize, service: Service, front_end: usize) -> impl Iterator<Item = &Generation> {
        let id = &self.accounts[position].id;
        self.keyring
            .iter()
            .map(|(_, generation)| generation)
            .filter(move |generation| generation.account == *id && generation.is_accepted(service, front_end, self.now))
    }

    /// Whether the service accepts a key that is tried on it once, as a datastore's validation does.
    pub(super) fn tries_key(&mut self, position: usize, service: Service, key: &str) -> bool {
        let front_end = self.next_front_end(position, service);
        let account = &self.accounts[position].given;
        account.allow_shared_key_access != Some(false)
            && self.accepted(position, service, front_end).any(|it| it.key.matches(key))
    }
}

fn no_keys() -> Reply {
    let message = "Key based authentication is not permitted on this storage account.";
    Reply::storage_error(403, "KeyBasedAuthenticationNotPermitted", message, None)
}

/// A list with nothing in it.
fn listing(service: Service) -> Reply {
    match service {
        Service::Table => Reply::empty(200).body("application/json;odata=minimalmetadata", r#"{"value":[]}"#),
        _ => Reply::empty(200).body(
            "application/xml",
            "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults><MaxResults>1</MaxResults><NextMarker /></EnumerationResults>",
        ),
    }
    .header("x-ms-version", "2022-11-02")
}
