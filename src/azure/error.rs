//! From what came back, or did not, to a problem with a kind, a code, a sentence and a way out.

use std::error::Error as _;
use std::time::Duration;

use azure_core::error::ErrorKind;
use azure_core::http::headers::{HeaderName, Headers};
use azure_core::http::{Method, StatusCode};
use time::OffsetDateTime;
use url::Url;

use crate::domain::problem::{Kind, Problem};

use super::call::Effect;
use super::retry_after;
use super::service_error::ServiceError;

/// What a problem is about, as far as messages may tell it: the query may hold signatures and is left out.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    method: Method,
    host: String,
    path: String,
    effect: Effect,
}

impl Subject {
    pub(crate) fn new(method: Method, url: &Url, effect: Effect) -> Self {
        let host = url.host_str().unwrap_or_default();
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Self { method, host, path: url.path().to_owned(), effect }
    }

    /// The method, host and path.
    pub(crate) fn request(&self) -> String {
        format!("{} {}{}", self.method.as_ref(), self.host, self.path)
    }

    /// The problem of an answer that is not a success.
    pub(crate) fn refused(&self, status: StatusCode, headers: &Headers, body: &[u8], now: OffsetDateTime) -> Problem {
        let number = u16::from(status);
        let error = ServiceError::read(headers, body);
        let answered = match &error.code {
            Some(code) => format!("{} was answered {number} ({code})", self.request()),
            None => format!("{} was answered {number}", self.request()),
        };
        let mut problem = if self.effect == Effect::Once && may_have_happened(number) {
            self.unknown().because(answered)
        } else {
            let (kind, code) = kind_and_code(number);
            match &error.message {
                Some(message) => Problem::new(kind, code, message).because(answered),
                None => Problem::new(kind, code, answered),
            }
        };
        problem.causes.extend(error.details);
        problem.http_status = Some(number);
        problem.service_code = error.code;
        problem.correlation_id = correlation_id(headers);
        match number {
            401 if problem.service_code.as_deref() == Some("InvalidAuthenticationTokenTenant") => {
                problem.hint("sign in to the tenant of this subscription: az login --tenant TENANT")
            }
            401 => problem.hint("sign in again, or name another sign-in with --auth"),
            403 => problem.hint("ask for a role that permits this; `keyroll doctor --role` prints one that suffices"),
            429 => problem.hint(come_back(retry_after::demanded(headers, body, now), now)),
            _ => problem,
        }
    }

    /// The problem of a call without an answer.
    pub(crate) fn broken(&self, error: &azure_core::Error) -> Problem {
        if let Some(problem) = error.downcast_ref::<Problem>() {
            return problem.clone();
        }
        let problem = if is_certificate_error(error) {
            Problem::failed("certificateNotTrusted", format!("the certificate of {} is not trusted", self.host))
                .hint("name the certificates of your proxy or cloud with --ca-bundle FILE, or in SSL_CERT_FILE")
        } else {
            match error.kind() {
                ErrorKind::Connection => {
                    Problem::failed("cannotConnect", format!("{} cannot be reached; nothing was sent", self.host))
                        .hint("check the network, the proxy (HTTPS_PROXY, NO_PROXY) and --cloud")
                }
                ErrorKind::Io | ErrorKind::DataConversion if self.effect == Effect::Once => self.unknown(),
                ErrorKind::Io => Problem::failed("connectionBroken", format!("the connection to {} broke", self.host)),
                ErrorKind::DataConversion => {
                    Problem::failed("unexpectedAnswer", format!("{} gave an answer that cannot be read", self.host))
                }
                ErrorKind::Credential => Problem::new(Kind::Permission, "signInFailed", "signing in failed"),
                _ => Problem::failed("requestFailed", format!("{} failed", self.request())),
            }
        };
        chain(error).into_iter().fold(problem, Problem::because)
    }

    /// The problem of a change that was sent and whose outcome nobody knows.
    pub(crate) fn unknown(&self) -> Problem {
        let message = format!("nobody knows whether {} took effect", self.request());
        Problem::new(Kind::OutcomeUnknown, "outcomeUnknown", message).hint("look before it is sent again")
    }
}

/// A problem on its way through `azure_core`; [`Subject::broken`] unwraps it.
pub(crate) fn wrapped(problem: Problem) -> azure_core::Error {
    azure_core::Error::new(ErrorKind::Credential, problem)
}

/// Whether this status leaves open if a request took effect: a time-out or any failure of the server (design, P3).
pub(crate) fn may_have_happened(status: u16) -> bool {
    status == 408 || status >= 500
}

/// Whether the server's certificate was refused, or ours by the server: final at once, because repeating cannot help.
pub(crate) fn is_certificate_error(error: &azure_core::Error) -> bool {
    *error.kind() == ErrorKind::Connection && chain(error).iter().any(|text| text.to_ascii_lowercase().contains("certificate"))
}

/// The messages of an error and of what lies beneath it, without repetitions, outermost first.
pub(crate) fn chain(error: &azure_core::Error) -> Vec<String> {
    let mut texts = vec![error.to_string()];
    let mut beneath = error.source();
    while let Some(error) = beneath {
        let text = error.to_string();
        if !texts.iter().any(|known| known.contains(&text)) {
            texts.push(text);
        }
        beneath = error.source();
    }
    texts
}

/// Resource Manager's correlation id, or the request id of other services.
pub(crate) fn correlation_id(headers: &Headers) -> Option<String> {
    ["x-ms-correlation-request-id", "x-ms-request-id", "request-id"]
        .into_iter()
        .find_map(|name| headers.get_optional_str(&HeaderName::from_static(name)))
        .map(|id| crate::domain::text::shortened(&crate::domain::text::visible(id), 100))
}

fn kind_and_code(status: u16) -> (Kind, &'static str) {
    match status {
        300..=399 => (Kind::Failed, "redirected"),
        401 => (Kind::Permission, "notSignedIn"),
        403 => (Kind::Permission, "permissionDenied"),
        404 => (Kind::NotFound, "notFound"),
        409 => (Kind::Failed, "conflict"),
        412 => (Kind::Failed, "preconditionFailed"),
        429 => (Kind::Failed, "throttled"),
        408 | 500.. => (Kind::Failed, "serviceFailed"),
        _ => (Kind::Failed, "requestRefused"),
    }
}

fn come_back(demanded: Option<Duration>, now: OffsetDateTime) -> String {
    let time = demanded.and_then(|wait| time::Duration::try_from(wait).ok()).and_then(|wait| now.checked_add(wait));
    match time {
        Some(time) => {
            format!("come back after {:02}:{:02}:{:02} UTC on {}", time.hour(), time.minute(), time.second(), time.date())
        }
        None => "come back in a few minutes".to_owned(),
    }
}
