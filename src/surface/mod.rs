//! The command tree as data, for the other surfaces: the PowerShell module, the az extension, and the reference.
//!
//! clap knows names, options, defaults and help. What it has no notion of (does a command change anything, can it be undone, does
//! it take long, does a host own it) stands in [`commands`], and a test finds any command without a row.

pub mod az;
pub mod commands;
pub mod powershell;
pub mod reference;
#[cfg(test)]
pub(crate) mod request_schema;

use std::any::TypeId;

use clap::{Arg, ArgAction, Command};
use serde::Serialize;
use serde_json::Value;

use crate::contract;
use crate::contract::request::{Known, Takes, member_name};
use commands::Traits;

/// The schema of the surface.
pub const SCHEMA: &str = "keyroll.surface/1";

/// Every command with its options, for other surfaces.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct SurfaceDocument {
    schema: &'static str,
    global_options: Vec<OptionDocument>,
    commands: Vec<CommandDocument>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct CommandDocument {
    path: String,
    about: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    help: String,
    #[serde(flatten)]
    traits: Traits,
    options: Vec<OptionDocument>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct OptionDocument {
    name: String,
    member: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    short: Option<char>,
    /// Other spellings that mean the same (`--workspace-name`, `-w`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<String>,
    takes: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    numeric: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_name: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<String>,
    help: String,
}

/// The whole surface as JSON.
#[must_use]
pub fn document(root: &Command) -> Value {
    let root = built(root);
    let commands = leaves(&root)
        .into_iter()
        .filter_map(|(path, command)| {
            let traits = *commands::traits(&path)?;
            let options = own_options(command).into_iter().map(describe).collect();
            let (about, help) = words(command);
            Some(CommandDocument { path, about, help, traits, options })
        })
        .collect();
    let global_options = global_options(&root).into_iter().map(describe).collect();
    serde_json::to_value(SurfaceDocument { schema: SCHEMA, global_options, commands }).unwrap_or_default()
}

/// SHA-256 of the surface: two programs that agree on it agree on every command and option that other surfaces have. What belongs to
/// the program alone has no part in it, so that a build with the simulator has the digest of one without.
#[must_use]
pub fn digest(root: &Command) -> String {
    let mut shared = document(root);
    if let Some(commands) = shared["commands"].as_array_mut() {
        commands.retain(|command| command["hostOwned"] != Value::Bool(true));
    }
    contract::sha256(&contract::canonical(&shared))
}

/// Every command that does something, with its path (`sync-keys media`).
#[must_use]
pub fn leaves(root: &Command) -> Vec<(String, &Command)> {
    let mut found = Vec::new();
    for command in root.get_subcommands().filter(|command| !command.is_hide_set() && command.get_name() != "help") {
        if command.has_subcommands() {
            let below = leaves(command).into_iter();
            found.extend(below.map(|(path, leaf)| (format!("{} {path}", command.get_name()), leaf)));
        } else {
            found.push((command.get_name().to_owned(), command));
        }
    }
    found
}

/// The long options that a command of a [`built`] tree takes in a request, the global ones among them.
#[must_use]
pub fn known_options(root: &Command, path: &[&str]) -> Vec<Known> {
    let mut command = root;
    for name in path {
        if let Some(below) = command.find_subcommand(name) {
            command = below;
        }
    }
    let options = options_of(root, command).into_iter();
    options.map(|(long, arg)| Known { long, takes: takes(arg), numeric: is_numeric(arg) }).collect()
}

/// The options of a request for this command, each by all its names. A command's own option comes before the global one of the
/// same name: `sync-keys media` takes several storage accounts.
fn options_of<'a>(root: &'a Command, command: &'a Command) -> Vec<(String, &'a Arg)> {
    let mut options: Vec<(String, &Arg)> = Vec::new();
    for arg in own_options(command).into_iter().chain(global_options(root)) {
        let aliases = arg.get_visible_aliases().unwrap_or_default().into_iter().map(str::to_owned);
        for long in std::iter::once(long(arg)).chain(aliases).filter(|long| long != "input") {
            if !options.iter().any(|(known, _)| *known == long) {
                options.push((long, arg));
            }
        }
    }
    options
}

/// clap fills in help, version and global options only when the tree is built.
#[must_use]
pub fn built(root: &Command) -> Command {
    let mut root = root.clone();
    root.build();
    root
}

fn global_options(root: &Command) -> Vec<&Arg> {
    root.get_arguments().filter(|arg| arg.is_global_set() && is_option(arg)).collect()
}

fn own_options(command: &Command) -> Vec<&Arg> {
    command.get_arguments().filter(|arg| !arg.is_global_set() && is_option(arg)).collect()
}

fn is_option(arg: &Arg) -> bool {
    arg.get_long().is_some_and(|long| !matches!(long, "help" | "version")) && !arg.is_hide_set()
}

fn long(arg: &Arg) -> String {
    arg.get_long().unwrap_or_default().to_owned()
}

/// Its other spellings, as they are typed.
fn aliases(arg: &Arg) -> Vec<String> {
    let short = arg.get_visible_short_aliases().unwrap_or_default().into_iter().map(|short| format!("-{short}"));
    let long = arg.get_visible_aliases().unwrap_or_default().into_iter().map(|long| format!("--{long}"));
    short.chain(long).collect()
}

fn takes(arg: &Arg) -> Takes {
    match arg.get_action() {
        ArgAction::Append => Takes::Values,
        ArgAction::Set => Takes::Value,
        _ => Takes::Switch,
    }
}

/// Whether the value is parsed as a whole number.
fn is_numeric(arg: &Arg) -> bool {
    let parsed = arg.get_value_parser().type_id();
    takes(arg) != Takes::Switch
        && [TypeId::of::<u8>(), TypeId::of::<u16>(), TypeId::of::<u32>(), TypeId::of::<u64>()].iter().any(|id| parsed == *id)
}

fn describe(arg: &Arg) -> OptionDocument {
    let takes = takes(arg);
    let with_value = takes != Takes::Switch;
    let names = arg.get_value_names().filter(|_| with_value).map(|names| names.join(" "));
    let values = arg.get_possible_values().into_iter().filter(|value| with_value && !value.is_hide_set());
    OptionDocument {
        name: format!("--{}", long(arg)),
        member: member_name(&long(arg)),
        short: arg.get_short(),
        aliases: aliases(arg),
        takes: match takes {
            Takes::Switch => "switch",
            Takes::Value => "value",
            Takes::Values => "values",
        },
        numeric: is_numeric(arg),
        value_name: names,
        values: values.map(|value| value.get_name().to_owned()).collect(),
        default: arg.get_default_values().first().filter(|_| with_value).map(|value| value.to_string_lossy().into_owned()),
        help: arg.get_help().map(ToString::to_string).unwrap_or_default(),
    }
}

/// The first sentence of a command's help, and the rest.
fn words(command: &Command) -> (String, String) {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let long = command.get_long_about().map(ToString::to_string).unwrap_or_default();
    let rest = long.strip_prefix(&about).unwrap_or(&long).trim().to_owned();
    (about, rest)
}
