//! The tables of the az extension (`azext/azext_keyroll/generated/tables.py`), generated and held by a test.
//!
//! az has its own idea of a command line: no positional arguments, `--subscription`, `--output` and `--verbose` of its own, `--ids`
//! for whole resource ids. What of a command goes into its az counterpart, and under which name, is decided here.

mod python;

use clap::{Arg, Command};
use serde_json::{Value, json};

use super::commands::{self, Traits};
use super::{built, describe, global_options, leaves, own_options, words};

/// The name of the extension's command group.
const GROUP: &str = "keyroll";

/// Options that az does not take: it has its own way (`az cloud`, `az login`, pipes), or they are for whoever types the program.
const NOT_IN_AZ: [&str; 7] = ["events", "input", "continue-on-error", "cloud", "auth", "ca-bundle", "quiet"];

/// Options that az itself, or the extension's loader, gives to every command that may have them.
const BY_AZ_ITSELF: [&str; 5] = ["subscription", "output", "verbose", "change-reference", "yes"];

/// Shorter spellings of options that are longer than the 22 characters that azdev's linter takes without one.
const SHORTER: [(&str, &str); 3] = [
    ("certificate-password-file", "cert-password-file"),
    ("service-principal-object-id", "sp-object-id"),
    ("key-vault-domain-suffix", "vault-suffix"),
];

/// Commands about runs, which are found in the state folder and not in Azure.
const ABOUT_RUNS: [&str; 6] = ["step", "resume", "wait", "status", "abort", "report"];

/// Commands about this machine.
const ABOUT_THIS_MACHINE: [&str; 2] = ["doctor", "demo"];

/// Storage accounts, the resource of every command that has no other.
const STORAGE: Resource = Resource { kind: "Microsoft.Storage/storageAccounts", option: "storage-account", default: None };
/// Media accounts.
const MEDIA: Resource = Resource { kind: "Microsoft.Media/mediaServices", option: "account-name", default: None };
/// Machine Learning workspaces; the name of the default is the one that az's own `ml` takes.
const WORKSPACE: Resource =
    Resource { kind: "Microsoft.MachineLearningServices/workspaces", option: "name", default: Some("workspace") };
/// Batch accounts.
const BATCH: Resource = Resource { kind: "Microsoft.Batch/batchAccounts", option: "name", default: None };

/// Commands whose own resource is another than a storage account, by the beginning of their path.
const RESOURCES: [(&str, Resource); 6] = [
    ("sync-keys media", MEDIA),
    ("sync-keys ml", WORKSPACE),
    ("sync-keys batch", BATCH),
    ("update-datastores", WORKSPACE),
    ("recreate-locators", MEDIA),
    ("customer-key", MEDIA),
];

/// What the groups of commands are for.
const GROUPS: [(&str, &str); 4] = [
    ("", "Roll the access keys of storage accounts without breaking what depends on them"),
    ("sync-keys", "Tell what re-reads the keys of a storage account by itself, and prove that it did"),
    ("recreate-locators", "Recreate media locators under the same identifiers"),
    ("customer-key", "Manage the customer-managed key of a media account"),
];

/// The resource that `--ids` names.
#[derive(Clone, Copy, Debug)]
struct Resource {
    /// Its type.
    kind: &'static str,
    /// The option that takes its name.
    option: &'static str,
    /// The name under `az configure --defaults`.
    default: Option<&'static str>,
}

/// The Python module with every command that az gets.
#[must_use]
pub fn tables(root: &Command) -> String {
    let digest = super::digest(root);
    let root = built(root);
    let commands: Vec<Value> = leaves(&root)
        .into_iter()
        .filter_map(|(path, command)| Some((commands::traits(&path).filter(|traits| !traits.host_owned)?, path, command)))
        .map(|(traits, path, command)| entry(&root, &path, command, *traits))
        .collect();
    let groups: Vec<Value> = groups(&commands);
    format!(
        "\"\"\"The commands of `az {GROUP}` as data.\n\nGenerated from the program's command tree; `SNAPSHOTS=overwrite tests/run` writes \
         it anew.\n\"\"\"\n\n# The digest of the command tree.\nSURFACE = {}\n\nVERSION = {}\n\nGROUPS = {}\n\nCOMMANDS = {}\n",
        python::literal(&Value::from(digest), 10),
        python::literal(&Value::from(env!("CARGO_PKG_VERSION")), 10),
        python::literal(&Value::from(groups), 9),
        python::literal(&Value::from(commands), 11),
    )
}

/// Every group that has a command, with its summary.
fn groups(commands: &[Value]) -> Vec<Value> {
    let used = |group: &str| {
        commands
            .iter()
            .filter_map(|command| command["path"].as_str())
            .any(|path| group.is_empty() || path.strip_prefix(group).is_some_and(|rest| rest.starts_with(' ')))
    };
    GROUPS.iter().filter(|(group, _)| used(group)).map(|(group, summary)| json!({ "path": group, "summary": summary })).collect()
}

fn entry(root: &Command, path: &str, command: &Command, traits: Traits) -> Value {
    let resource = resource(path);
    let (about, help) = words(command);
    let (help, examples) = split_examples(&help);
    let mut options: Vec<Value> = own_options(command)
        .into_iter()
        .filter(|arg| !is_left_out(arg))
        .chain(
            global_options(root)
                .into_iter()
                .filter(|arg| !is_left_out(arg) && concerns(arg, path, traits) && !has_own(command, arg)),
        )
        .map(|arg| option(arg, resource))
        .collect();
    options.sort_by_key(|option| option["options"][0].as_str().map(str::to_owned));
    let examples: Vec<Value> = examples.iter().map(|line| Value::from(az_line(line))).collect();
    json!({
        "path": path,
        "summary": az_text(&about),
        "help": az_text(&help),
        "examples": examples,
        "changes": traits.changes,
        "asks": traits.irreversible,
        "ids": resource.map(|resource| json!({ "type": resource.kind, "member": super::member_name(resource.option) })),
        "options": options,
    })
}

fn resource(path: &str) -> Option<Resource> {
    if ABOUT_RUNS.contains(&path) || ABOUT_THIS_MACHINE.contains(&path) {
        return None;
    }
    let other = RESOURCES.iter().find(|(beginning, _)| path.starts_with(beginning)).map(|(_, resource)| *resource);
    Some(other.unwrap_or(STORAGE))
}

fn is_left_out(arg: &Arg) -> bool {
    arg.get_long().is_some_and(|long| NOT_IN_AZ.contains(&long) || BY_AZ_ITSELF.contains(&long))
}

/// Whether a global option has a meaning for a command. The program takes them everywhere, but help that names what does
/// nothing misleads.
fn concerns(arg: &Arg, path: &str, traits: Traits) -> bool {
    let about_runs = ABOUT_RUNS.contains(&path);
    let about_this_machine = ABOUT_THIS_MACHINE.contains(&path);
    match arg.get_long().unwrap_or_default() {
        "resource-group" => !about_runs && !about_this_machine,
        "storage-account" => !about_this_machine,
        "run-id" => about_runs || traits.changes,
        "accept" => traits.changes || path == "plan",
        "detailed-exitcode" => traits.changes || matches!(path, "plan" | "status"),
        "state" => path != "demo",
        _ => true,
    }
}

/// Whether a command has an option of its own by the name of a global one: that one counts.
fn has_own(command: &Command, global: &Arg) -> bool {
    own_options(command).iter().any(|own| own.get_long() == global.get_long())
}

fn option(arg: &Arg, resource: Option<Resource>) -> Value {
    let described = serde_json::to_value(describe(arg)).unwrap_or_default();
    let long = arg.get_long().unwrap_or_default();
    let mut options = vec![format!("--{long}")];
    options.extend(arg.get_visible_aliases().into_iter().flatten().map(|alias| format!("--{alias}")));
    options.extend(SHORTER.iter().filter(|(name, _)| *name == long).map(|(_, shorter)| format!("--{shorter}")));
    options.extend(arg.get_short().map(|short| format!("-{short}")));
    options.extend(arg.get_visible_short_aliases().into_iter().flatten().map(|short| format!("-{short}")));
    let mut option = json!({
        "member": described["member"],
        "options": options,
        "takes": described["takes"],
        "help": az_text(described["help"].as_str().unwrap_or_default()),
    });
    if let Some(values) = described.get("values") {
        option["values"] = values.clone();
    }
    if long == "run-id" {
        option["completer"] = Value::from("runs");
    }
    let own = resource.filter(|resource| resource.option == long);
    if let Some(named) = own.or((long == STORAGE.option).then_some(STORAGE)) {
        option["completer"] = Value::from(named.kind);
    }
    if let Some(default) = own.and_then(|resource| resource.default) {
        option["default"] = Value::from(default);
    }
    option
}

/// The paragraphs, and the command lines after `Example:`.
fn split_examples(help: &str) -> (String, Vec<String>) {
    let (examples, paragraphs): (Vec<&str>, Vec<&str>) = help.split("\n\n").partition(|text| text.starts_with("Example"));
    let lines = examples.iter().flat_map(|text| text.split('`').skip(1).step_by(2)).map(str::to_owned).collect();
    (paragraphs.join("\n\n").trim().to_owned(), lines)
}

/// Our own commands as they are called through az.
fn az_text(text: &str) -> String {
    text.replace("`keyroll ", "`az keyroll ")
}

/// A command line as az takes it: options that az does not have are left out with their values.
fn az_line(line: &str) -> String {
    let mut words = Vec::new();
    let mut within_left_out = false;
    for word in line.split(' ') {
        if let Some(long) = word.strip_prefix("--") {
            within_left_out = NOT_IN_AZ.contains(&long);
        } else if word.starts_with('-') {
            within_left_out = false;
        }
        if !within_left_out {
            words.push(word);
        }
    }
    format!("az {}", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_loses_only_what_az_does_not_have() {
        assert_eq!(az_line("keyroll doctor --auth managed-identity"), "az keyroll doctor");
        assert_eq!(az_line("keyroll rotate --cloud c.json -g prod --yes"), "az keyroll rotate -g prod --yes");
    }

    #[test]
    fn examples_stand_apart() {
        let (help, lines) = split_examples("Says more.\n\nExample: `keyroll plan -g a`");
        assert_eq!((help.as_str(), lines.as_slice()), ("Says more.", &["keyroll plan -g a".to_owned()][..]));
    }

    #[test]
    fn commands_about_runs_have_no_resource() {
        assert!(resource("resume").is_none());
        assert_eq!(resource("sync-keys ml").map(|resource| resource.option), Some("name"));
        assert_eq!(resource("plan").map(|resource| resource.option), Some("storage-account"));
    }
}
