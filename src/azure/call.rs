//! One request and its answer, before any service gives them meaning.

use azure_core::http::Method;
use azure_core::http::headers::Headers;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::domain::problem::Problem;

/// What repeating a request may do, which decides what the retry policy may repeat (design, promise P3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Changes nothing, and is never repeated: whatever comes, or does not come, is what the caller wants to know.
    Glance,
    /// Brings about a state; twice is as good as once.
    Idempotent,
    /// Does something each time that it arrives. A lost answer means *unknown*; only 429 and 401 mean *not done*.
    Once,
}

/// Who the bearer token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Azure Resource Manager.
    ResourceManager,
    /// Key Vault's data plane.
    KeyVault,
    /// The OData service of AMS v2.
    Media,
    /// No token: the request carries its own signature (Shared Key, SAS).
    None,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Call {
    /// The HTTP method.
    pub method: Method,
    /// The whole URL.
    pub url: Url,
    /// What repeating does.
    pub effect: Effect,
    /// Who the token is for.
    pub audience: Audience,
    /// Headers beyond those that the client adds.
    pub headers: Vec<(String, String)>,
    /// The body, empty for none. May hold secrets: never logged.
    pub body: Vec<u8>,
    /// Whether the body is known to hold no secret, so that Azure Policy may be shown it.
    pub showable: bool,
}

impl Call {
    /// A request without a body.
    #[must_use]
    pub fn new(method: Method, url: Url, effect: Effect, audience: Audience) -> Self {
        Self { method, url, effect, audience, headers: Vec::new(), body: Vec::new(), showable: false }
    }

    /// The same request with a JSON body.
    ///
    /// # Panics
    /// Never: the bodies are our own types, which serialise.
    #[must_use]
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.body = serde_json::to_vec(body).expect("our request bodies serialise");
        self.header("content-type", "application/json")
    }

    /// The same request, whose body is known to hold no secret.
    #[must_use]
    pub fn without_secret(mut self) -> Self {
        self.showable = true;
        self
    }

    /// The same request with one more header. Header names have no case.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A successful answer (any 2xx).
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: Headers,
    /// The body as it came.
    pub body: Vec<u8>,
    /// The URL that answered, for messages.
    pub url: Url,
    /// The call that was answered, which decides how a long-running operation is followed.
    pub asked: Asked,
}

/// What an answer remembers of its call.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The HTTP method.
    pub method: Method,
    /// What repeating does.
    pub effect: Effect,
    /// Who the token was for.
    pub audience: Audience,
}

impl Answer {
    /// A header by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &'static str) -> Option<&str> {
        self.headers.get_optional_str(&azure_core::http::headers::HeaderName::from_static(name))
    }

    /// Resource Manager's correlation id.
    #[must_use]
    pub fn correlation_id(&self) -> Option<String> {
        self.header("x-ms-correlation-request-id").or_else(|| self.header("x-ms-request-id")).map(str::to_owned)
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When it is not, or not of this shape: a problem that names the host and path, never the body.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let place = format!("{}{}", self.url.host_str().unwrap_or_default(), self.url.path());
            Problem::failed("unexpectedAnswer", format!("{place} answered something that is not the documented JSON"))
                .because(format!("{} at line {}, column {}", category(&error), error.line(), error.column()))
        })
    }
}

/// serde's own message may repeat a value of the body, so only its category is told.
fn category(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Io => "reading failed",
        serde_json::error::Category::Syntax => "malformed JSON",
        serde_json::error::Category::Data => "a member is missing or of another type",
        serde_json::error::Category::Eof => "the body ends too early",
    }
}
