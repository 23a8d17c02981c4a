//! The conversation with a host (`keyroll exec`; design, section 5): one JSON object a line, in both directions.
//!
//! `docs/host-conversation.md` shows every frame. Envelopes ignore members that nobody here knows; `arguments` refuse them.

pub mod secrets;
#[cfg(test)]
pub(crate) mod shape;

use std::fmt::Write as _;

use azure_core::credentials::Secret;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::domain::problem::Problem;
use crate::domain::text;

use super::problem;
use super::token::HandedToken;
use secrets::Secrets;

/// The version of the conversation, in every frame's `v`.
pub const VERSION: u64 = 1;

/// The schema of what is said beside the journal's events.
pub const NOTICE_SCHEMA: &str = "keyroll.notice/1";

/// The longest id that a host may give, in characters.
const LONGEST_ID: usize = 200;

/// One line of a host.
#[derive(Debug)]
pub enum Line {
    /// It introduces itself: the digest of the surface that it was made for, if it says so.
    Hello(Option<String>),
    /// It wants a command carried out.
    Request(Box<Request>),
    /// It answers `tokenNeeded` of the request with this id: a token, or why there is none.
    Token(String, Result<GivenToken, String>),
    /// It wants the request with this id to end.
    Cancel(String),
}

/// A command to carry out.
#[derive(Debug)]
pub struct Request {
    /// The host's name for it, in every frame about it.
    pub id: String,
    /// The path of the command: `sync-keys ml`.
    pub command: String,
    /// The command's long options in lowerCamelCase.
    pub arguments: Map<String, Value>,
    /// Whether the host's user confirmed what cannot be undone.
    pub confirmed: bool,
    /// The digest of the surface that the host was made for.
    pub surface: Option<String>,
    /// What the request is carried out with.
    pub context: Context,
    /// What stays in memory.
    pub secrets: Secrets,
    /// Tokens that the host has already.
    pub tokens: Vec<HandedToken>,
}

/// What a request is carried out with, unless its arguments say otherwise.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Context {
    /// `host` (tokens from the host alone; the default) or any value of `--auth`.
    #[serde(default)]
    pub auth: Option<String>,
    /// The cloud: a name or path as `--cloud` takes it, or the document of such a file.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Option<CloudOfHost>"))]
    pub cloud: Option<Value>,
    /// The id or name of the subscription.
    #[serde(default)]
    pub subscription: Option<String>,
    /// The tenant that the tokens have to be of.
    #[serde(default)]
    pub tenant: Option<String>,
    /// Sent as `x-ms-client-request-id` with every request to Azure.
    #[serde(default)]
    pub client_request_id: Option<String>,
    /// Whether Azure Policy is asked for a token before each change in Resource Manager.
    #[serde(default)]
    pub acquire_policy_token: bool,
}

/// What the schema says of [`Context::cloud`].
#[cfg(test)]
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, clippy::large_enum_variant, reason = "only its schema is wanted")]
enum CloudOfHost {
    Named(String),
    Described(super::cloud::CloudFile),
}

/// An access token as a host gives it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct GivenToken {
    /// The scope or audience; an answer may leave it out, because its question named it.
    #[serde(default)]
    pub scope: Option<String>,
    /// The token itself.
    #[cfg_attr(test, schemars(with = "String"))]
    pub token: Secret,
    /// When it expires, in Unix seconds.
    pub expires_on: i64,
}

/// A line that was not understood.
#[derive(Debug)]
pub struct Refused {
    /// The id that it names, if it is one.
    pub id: Option<String>,
    /// Why.
    pub problem: Problem,
}

/// What is read first, so that another version may have other members.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    v: Value,
    #[serde(default)]
    id: Value,
}

/// Every member that a line may have.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Members {
    id: Option<String>,
    hello: Option<Value>,
    surface: Option<String>,
    command: Option<String>,
    #[serde(default)]
    arguments: Map<String, Value>,
    #[serde(default)]
    confirmed: bool,
    #[serde(default)]
    context: Context,
    #[serde(default)]
    secrets: secrets::SecretsDocument,
    #[serde(default)]
    tokens: Vec<GivenToken>,
    #[serde(default)]
    token: Given,
    message: Option<String>,
    #[serde(default)]
    cancel: bool,
}

impl Line {
    /// Reads one line, without its line break. `number` is its own, for messages, which never repeat what the line holds:
    /// that may be secret.
    ///
    /// # Errors
    /// `lineNotText`, `lineNotJson`, `lineMalformed`, `anotherVersion` or what is wrong with its secrets.
    pub fn read(line: &[u8], number: u64) -> Result<Self, Refused> {
        let nowhere = |problem| Refused { id: None, problem };
        let Ok(line) = std::str::from_utf8(line) else {
            return Err(nowhere(
                Problem::usage("lineNotText", format!("line {number} of the host is not UTF-8"))
                    .hint("write each line as UTF-8, with or without a byte order mark before the first"),
            ));
        };
        let head: Head = serde_json::from_str(line).map_err(|error| nowhere(malformed(&error, number)))?;
        let id = head.id.as_str().map(str::to_owned);
        let refused = |problem| Refused { id: id.clone(), problem };
        if head.v != VERSION {
            return Err(refused(another_version(&head.v, number)));
        }
        let members: Members = serde_json::from_str(line).map_err(|error| refused(malformed(&error, number)))?;
        members.line(number).map_err(refused)
    }
}

impl Members {
    fn line(self, number: u64) -> Result<Line, Problem> {
        if self.hello.is_some() && self.command.is_none() {
            return Ok(Line::Hello(self.surface));
        }
        let usable = |id: &String| !id.is_empty() && id.chars().count() <= LONGEST_ID && !id.chars().any(char::is_control);
        let Some(id) = self.id.filter(usable) else {
            let message = format!("line {number} of the host has no `id`, a text of 1 to {LONGEST_ID} characters");
            return Err(Problem::usage("lineMalformed", message).hint("give each request an id of its own"));
        };
        if let Some(command) = self.command {
            let tokens = self.tokens.into_iter().map(GivenToken::handed).collect::<Option<Vec<_>>>().ok_or_else(|| {
                Problem::usage("lineMalformed", format!("a token of request `{id}` in line {number} has no `scope`"))
                    .hint(r#"write {"scope":"…","token":"…","expiresOn":UNIX_SECONDS}"#)
            })?;
            let Self { arguments, confirmed, surface, context, .. } = self;
            let secrets = Secrets::try_from(self.secrets)?;
            let request = Request { id, command, arguments, confirmed, surface, context, secrets, tokens };
            return Ok(Line::Request(Box::new(request)));
        }
        let why = || self.message.as_deref().map_or_else(|| "it says nothing more".to_owned(), text::from_server);
        match self.token {
            Given::Nothing => {}
            Given::Token(token) => return Ok(Line::Token(id, Ok(token))),
            Given::None => return Ok(Line::Token(id, Err(why()))),
        }
        if self.cancel {
            return Ok(Line::Cancel(id));
        }
        Err(Problem::usage("lineMalformed", format!("line {number} of the host is neither a request, a token nor a cancel"))
            .hint("a request has `command`, an answer `token`, a cancel `\"cancel\":true`"))
    }
}

impl GivenToken {
    /// With the scope that it names itself.
    fn handed(self) -> Option<HandedToken> {
        self.scope.map(|scope| HandedToken::new(scope, self.token, self.expires_on))
    }

    /// As the answer to a question for this scope.
    #[must_use]
    pub fn answering(self, scope: &str) -> HandedToken {
        HandedToken::new(self.scope.unwrap_or_else(|| scope.to_owned()), self.token, self.expires_on)
    }
}

/// The answer in a line: a member that is there with `null` differs from one that is not there.
#[derive(Default)]
enum Given {
    /// The line answers nothing.
    #[default]
    Nothing,
    /// There is no token.
    None,
    Token(GivenToken),
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(|token| token.map_or(Self::None, Self::Token))
    }
}

fn malformed(error: &serde_json::Error, number: u64) -> Problem {
    let place = format!("at column {}", error.column());
    if error.is_data() {
        return Problem::usage("lineMalformed", format!("line {number} of the host is not a frame of this conversation"))
            .because(format!("a member is missing, doubled or of another type {place}"))
            .hint("see docs/host-conversation.md for every frame");
    }
    Problem::usage("lineNotJson", format!("line {number} of the host is not JSON"))
        .because(format!("it goes wrong {place}"))
        .hint("write one JSON object a line, without line breaks in it")
}

fn another_version(found: &Value, number: u64) -> Problem {
    let found = match found {
        Value::Null => "no `v`".to_owned(),
        Value::Number(number) => format!("v {number}"),
        _ => "a `v` that is no number".to_owned(),
    };
    Problem::usage("anotherVersion", format!("line {number} of the host has {found}, and this keyroll speaks only v {VERSION}"))
        .hint("use the module or extension that came with this keyroll, or the other way round")
}

/// The first frame: who speaks.
#[must_use]
pub fn hello(version: &str, surface: &str) -> String {
    #[derive(Serialize)]
    struct Introduction<'a> {
        v: u64,
        hello: &'static str,
        version: &'a str,
        surface: &'a str,
    }
    let hello = Introduction { v: VERSION, hello: env!("CARGO_PKG_NAME"), version, surface };
    serde_json::to_string(&hello).unwrap_or_default()
}

/// A journal event ([`super::event::streamed`]) or a [`notice`], as it happens.
#[must_use]
pub fn event(id: Option<&str>, event: &str) -> String {
    frame(id, None, &[("event", event)])
}

/// Something worth telling that is no event of a journal: `warning`, or `notice` of a wait.
#[must_use]
pub fn notice(kind: &str, code: &str, message: &str) -> String {
    #[derive(Serialize)]
    struct Notice<'a> {
        schema: &'static str,
        event: &'a str,
        code: &'a str,
        message: String,
    }
    let notice = Notice { schema: NOTICE_SCHEMA, event: kind, code, message: text::from_server(message) };
    serde_json::to_string(&notice).unwrap_or_default()
}

/// A token is needed, of this tenant if that is known.
#[must_use]
pub fn token_needed(id: &str, scope: &str, tenant: Option<&str>) -> String {
    #[derive(Serialize)]
    struct Needed<'a> {
        scope: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        tenant: Option<&'a str>,
    }
    frame(Some(id), None, &[("tokenNeeded", &serde_json::to_string(&Needed { scope, tenant }).unwrap_or_default())])
}

/// The end of a request that was carried out: its document as JSON text, and the exit code that the command line would have.
#[must_use]
pub fn result(id: &str, result: &str, exit_code: u8) -> String {
    frame(Some(id), None, &[("result", result), ("exitCode", &exit_code.to_string())])
}

/// The end of a request that was not, or of a line (by its number) that was not understood.
#[must_use]
pub fn problem(id: Option<&str>, line: Option<u64>, problem: &Problem) -> String {
    frame(id, line, &[("problem", &problem::document(problem).to_string())])
}

/// `{"v":1,"id":…,"line":…,MEMBERS}`; the members are JSON already.
fn frame(id: Option<&str>, line: Option<u64>, members: &[(&str, &str)]) -> String {
    let length: usize = members.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    let mut frame = String::with_capacity(length + 64);
    let _ = write!(frame, "{{\"v\":{VERSION}");
    if let Some(id) = id {
        let _ = write!(frame, ",\"id\":{}", Value::from(id));
    }
    if let Some(line) = line {
        let _ = write!(frame, ",\"line\":{line}");
    }
    for (name, value) in members {
        let _ = write!(frame, ",\"{name}\":{value}");
    }
    frame.push('}');
    frame
}

#[cfg(test)]
#[path = "host/tests.rs"]
mod tests;
