//! From a host's request to a command with its options.

use clap::FromArgMatches as _;
use serde_json::Value;

use crate::azure::cloud::Cloud;
use crate::contract::host::Request;
use crate::contract::request;
use crate::domain::problem::Problem;
use crate::domain::text;
use crate::surface;
use crate::surface::commands;

use super::super::global::Global;
use super::super::{Cli, usage};

/// Tokens from the host alone.
pub(in super::super) const AUTH: &str = "host";

/// The longest `clientRequestId`.
const LONGEST_REQUEST_ID: usize = 128;

/// A command of this built tree, with what its arguments and its context say. What neither says is as `keyroll exec` itself was called.
///
/// # Errors
/// Usage: an unknown command or member, a wrong value.
pub(super) fn command(tree: &mut clap::Command, base: &Global, request: &Request) -> Result<Cli, Problem> {
    let path: Vec<&str> = request.command.split_whitespace().collect();
    known(tree, &path.join(" "))?;
    let arguments = request::argv(&request.arguments, &surface::known_options(tree, &path))?;
    let words = std::iter::once(env!("CARGO_PKG_NAME")).chain(path).map(str::to_owned).chain(arguments);
    let words: Vec<std::ffi::OsString> = words.map(Into::into).collect();
    let matches = tree.try_get_matches_from_mut(&words).map_err(|error| usage::problem(&words, &error))?;
    let mut cli = Cli::from_arg_matches(&matches).map_err(|error| usage::problem(&words, &error))?;
    complete(&mut cli.global, base, request)?;
    Ok(cli)
}

/// The cloud that the context describes, where it is a document.
///
/// # Errors
/// As [`Cloud::from_file`].
pub(super) fn cloud(request: &Request) -> Result<Option<Cloud>, Problem> {
    match &request.context.cloud {
        Some(Value::Object(members)) if !named(request, "cloud") => {
            Cloud::from_file(&Value::Object(members.clone()).to_string()).map(Some)
        }
        Some(Value::Object(_) | Value::String(_) | Value::Null) | None => Ok(None),
        Some(_) => Err(Problem::usage("cloudInvalid", "the `cloud` of the host is neither a name nor the document of a cloud")
            .hint(format!("name one of {}, or hand over what a file of --cloud holds", Cloud::NAMES.join(", ")))),
    }
}

/// What goes along as `x-ms-client-request-id`.
///
/// # Errors
/// When it cannot stand in a header.
pub(super) fn client_request_id(request: &Request) -> Result<Option<String>, Problem> {
    let Some(id) = &request.context.client_request_id else { return Ok(None) };
    if id.is_empty() || id.len() > LONGEST_REQUEST_ID || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Problem::usage("clientRequestIdInvalid", "the `clientRequestId` of the host cannot stand in a header")
            .hint(format!("write a UUID, or at most {LONGEST_REQUEST_ID} visible ASCII characters")));
    }
    Ok(Some(id.clone()))
}

/// Whether there is such a command, and a host may want it.
fn known(tree: &clap::Command, path: &str) -> Result<(), Problem> {
    let open = |path: &str| commands::traits(path).is_some_and(|traits| !traits.host_owned);
    if open(path) {
        return Ok(());
    }
    let asked = text::shortened(path, 80);
    if commands::traits(path).is_some() {
        return Err(Problem::usage("commandNotForHosts", format!("`{asked}` belongs to the command line alone"))
            .hint(format!("run `keyroll {asked}` there")));
    }
    let leaves: Vec<String> = surface::leaves(tree).into_iter().map(|(path, _)| path).filter(|path| open(path)).collect();
    Err(Problem::usage("unknownCommand", format!("there is no command `{asked}`"))
        .hint(format!("the commands are {}", leaves.join(", "))))
}

fn named(request: &Request, member: &str) -> bool {
    request.arguments.get(member).is_some_and(|value| !value.is_null())
}

/// Arguments first, then the context, then the options of `exec` itself.
fn complete(global: &mut Global, base: &Global, request: &Request) -> Result<(), Problem> {
    let context = &request.context;
    let text = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned);
    global.yes |= request.confirmed;
    if global.subscription.is_empty() {
        global.subscription = context.subscription.iter().cloned().collect();
    }
    if global.subscription.is_empty() {
        global.subscription.clone_from(&base.subscription);
    }
    let standard = || base.auth.clone().unwrap_or_else(|| AUTH.to_owned());
    global.auth = global.auth.take().or_else(|| context.auth.clone()).or_else(|| Some(standard()));
    if cloud(request)?.is_none() {
        global.cloud = global.cloud.take().or_else(|| text(&context.cloud)).or_else(|| base.cloud.clone());
    }
    global.ca_bundle = global.ca_bundle.take().or_else(|| base.ca_bundle.clone());
    // The environment fills this one in before anybody is asked.
    if !named(request, "state") {
        global.state.clone_from(&base.state);
    }
    global.verbose = global.verbose.max(base.verbose);
    #[cfg(feature = "serve")]
    global.clock.clone_from(&base.clock);
    Ok(())
}
