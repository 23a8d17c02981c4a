//! The lines of the conversation as their schemas tell them. The lines of a host are read by other types, because every wrong
//! one has to be answered; the tests hold both against each other.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::secrets::SecretsDocument;
use super::{Context, GivenToken, VERSION};
use crate::contract::problem::Document as Problem;

/// What is said beside the journal's events.
#[derive(Serialize, JsonSchema)]
pub(crate) struct NoticeDocument {
    schema: String,
    event: NoticeKind,
    code: String,
    message: String,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema is wanted")]
enum NoticeKind {
    Warning,
    Notice,
}

/// One line of keyroll.
#[derive(Serialize, JsonSchema)]
#[serde(untagged, rename_all_fields = "camelCase")]
#[expect(dead_code, clippy::large_enum_variant, reason = "only its schema is wanted")]
pub(crate) enum Frame {
    /// The first one.
    Hello {
        #[schemars(extend("const" = VERSION))]
        v: u64,
        hello: String,
        version: String,
        surface: String,
    },
    /// Something happened: an event of the journal, or a notice.
    Event {
        #[schemars(extend("const" = VERSION))]
        v: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        event: Map<String, Value>,
    },
    /// A token is needed.
    TokenNeeded {
        #[schemars(extend("const" = VERSION))]
        v: u64,
        id: String,
        token_needed: Needed,
    },
    /// A request was carried out.
    Result {
        #[schemars(extend("const" = VERSION))]
        v: u64,
        id: String,
        result: Value,
        exit_code: u8,
    },
    /// A request was not carried out, or a line was not understood.
    Problem {
        #[schemars(extend("const" = VERSION))]
        v: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        line: Option<u64>,
        problem: Problem,
    },
}

/// What is asked for.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Needed {
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
}

/// A token, or `null` for none.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is wanted")]
pub(crate) enum Given {
    Token(GivenToken),
    None(()),
}

/// One line of a host.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, clippy::large_enum_variant, reason = "only its schema is wanted")]
pub(crate) enum HostLine {
    /// A command to carry out.
    Request {
        #[schemars(extend("const" = VERSION))]
        v: u64,
        #[schemars(length(min = 1, max = 200))]
        id: String,
        command: String,
        #[serde(default)]
        arguments: Map<String, Value>,
        #[serde(default)]
        confirmed: bool,
        #[serde(default)]
        surface: Option<String>,
        #[serde(default)]
        context: Context,
        #[serde(default)]
        secrets: SecretsDocument,
        #[serde(default)]
        tokens: Vec<GivenToken>,
    },
    /// The answer to `tokenNeeded`.
    Token {
        #[schemars(extend("const" = VERSION))]
        v: u64,
        id: String,
        token: Given,
        #[serde(default)]
        message: Option<String>,
    },
    /// The end of a request.
    Cancel {
        #[schemars(extend("const" = VERSION))]
        v: u64,
        id: String,
        cancel: bool,
    },
    /// Who the host is.
    Hello {
        #[schemars(extend("const" = VERSION))]
        v: u64,
        hello: String,
        #[serde(default)]
        surface: Option<String>,
    },
}
