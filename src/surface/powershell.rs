//! The PowerShell module's table: which cmdlet carries out which command, and which parameter is which option.
//!
//! `module/generated/Surface.ps1` is made from it and held by a test. The functions themselves are written by hand; the same
//! test compares their parameters with this table.

use std::fmt::Write as _;

use clap::Command;
use serde_json::Value;

use crate::contract::host;

/// Options that every cmdlet takes which signs in.
const CONNECTION: [&str; 4] = ["subscription", "cloud", "auth", "ca-bundle"];

/// The cmdlet that Az.Media had, for scripts that were written for it: its parameters are those of the original.
pub const DROP_IN: &str = "Sync-AzMediaServiceStorageKey";

/// Options that a host sets by other means, or has no use for.
pub const OF_THE_HOST: [&str; 8] =
    ["output", "events", "input", "continue-on-error", "yes", "verbose", "quiet", "detailed-exitcode"];

/// Options that stand for a list of values in Microsoft's article, given as a file; PowerShell has the same by other parameters,
/// by the Az context and by its environment.
pub const VALUES_OF_THE_ARTICLE: &[&str] = &[
    "storage-name",
    "service-principal-id",
    "arm-resource",
    "graph-resource",
    "key-vault-resource",
    "arm-endpoint",
    "aad-endpoint",
    "key-vault-domain-suffix",
];

/// Options for which PowerShell has its own means: a password is a secure string there, `-CertificatePassword`.
pub const OF_POWERSHELL: &[&str] = &["certificate-password-file"];

/// One cmdlet of the module and the command behind it.
#[derive(Clone, Copy, Debug)]
pub struct Cmdlet {
    /// Its name.
    pub name: &'static str,
    /// The path of its command.
    pub command: &'static str,
    /// The global options that it takes beside [`CONNECTION`] and `state`.
    globals: &'static [&'static str],
    /// Whether it signs in.
    signs_in: bool,
    /// Own options of the command that another cmdlet takes.
    left_out: &'static [&'static str],
    /// Parameters that are called otherwise than their options.
    renamed: &'static [(&'static str, &'static str)],
}

/// A certificate comes from the store, too: what names its file says so.
const CERTIFICATE: &[(&str, &str)] = &[("certificate", "CertificatePath")];
const ACCOUNT: &[&str] = &["resource-group", "storage-account"];
const GROUP: &[&str] = &["resource-group"];
const RUN: &[&str] = &["run-id"];
const SYNCS: &[&str] = &["resource-group", "storage-account", "run-id", "change-reference"];
const STARTS: &[&str] = &["resource-group", "run-id", "change-reference"];
const BEGINS: &[&str] = &["resource-group", "storage-account", "run-id", "change-reference", "accept"];
const GOES_ON: &[&str] = &["run-id", "storage-account", "accept"];

const fn cmdlet(name: &'static str, command: &'static str, globals: &'static [&'static str]) -> Cmdlet {
    Cmdlet { name, command, globals, signs_in: true, left_out: &[], renamed: &[] }
}

/// Every cmdlet that stands for a command.
pub const CMDLETS: &[Cmdlet] = &[
    cmdlet("Get-KeyRollCustomerKey", "customer-key show", GROUP),
    Cmdlet { renamed: CERTIFICATE, ..cmdlet("Get-KeyRollDependent", "dependents", ACCOUNT) },
    cmdlet("Get-KeyRollKeyState", "list-keys", ACCOUNT),
    Cmdlet {
        renamed: &[("out", "OutFile"), ("certificate", "CertificatePath")],
        ..cmdlet("Get-KeyRollPlan", "plan", &["resource-group", "storage-account", "accept"])
    },
    Cmdlet { signs_in: false, ..cmdlet("Get-KeyRollReport", "report", &["run-id", "storage-account"]) },
    Cmdlet { signs_in: false, ..cmdlet("Get-KeyRollRole", "doctor", &["subscription"]) },
    Cmdlet { signs_in: false, ..cmdlet("Get-KeyRollRotation", "status", &["run-id", "storage-account"]) },
    Cmdlet { renamed: CERTIFICATE, ..cmdlet("Invoke-KeyRollRotation", "rotate", BEGINS) },
    Cmdlet { renamed: CERTIFICATE, ..cmdlet("Invoke-KeyRollStep", "step", GOES_ON) },
    cmdlet("Remove-KeyRollCustomerKey", "customer-key remove", STARTS),
    cmdlet("Reset-KeyRollLocator", "recreate-locators media-v2", STARTS),
    cmdlet("Reset-KeyRollStreamingLocator", "recreate-locators media", STARTS),
    Cmdlet { renamed: CERTIFICATE, ..cmdlet("Resume-KeyRollRotation", "resume", GOES_ON) },
    Cmdlet { left_out: VALUES_OF_THE_ARTICLE, ..cmdlet("Set-KeyRollCustomerKey", "customer-key apply", SYNCS) },
    Cmdlet { signs_in: false, ..cmdlet("Show-KeyRollDemo", "demo", &[]) },
    Cmdlet {
        left_out: &["dry-run", "always", "no-wait"],
        renamed: &[("storage-account", "StorageAccountId")],
        ..cmdlet(DROP_IN, "sync-keys media", GROUP)
    },
    cmdlet("Sync-KeyRollBatchKey", "sync-keys batch", SYNCS),
    Cmdlet { renamed: CERTIFICATE, ..cmdlet("Sync-KeyRollDependent", "sync-keys all", SYNCS) },
    cmdlet("Sync-KeyRollMediaKey", "sync-keys media", STARTS),
    Cmdlet { renamed: CERTIFICATE, ..cmdlet("Sync-KeyRollMediaV2Key", "sync-keys media-v2", SYNCS) },
    cmdlet("Sync-KeyRollWorkspaceKey", "sync-keys ml", SYNCS),
    Cmdlet { left_out: &["role"], ..cmdlet("Test-KeyRoll", "doctor", &[]) },
    Cmdlet { renamed: CERTIFICATE, ..cmdlet("Undo-KeyRollRotation", "abort", GOES_ON) },
    cmdlet("Update-KeyRollCustomerKey", "customer-key roll", STARTS),
    cmdlet("Update-KeyRollDatastore", "update-datastores", SYNCS),
    Cmdlet {
        renamed: &[("storage-account", "Name"), ("key", "KeyName"), ("certificate", "CertificatePath")],
        ..cmdlet("Update-KeyRollKey", "regenerate-key", BEGINS)
    },
    Cmdlet { signs_in: false, ..cmdlet("Wait-KeyRollRotation", "wait", RUN) },
];

/// One parameter of a cmdlet that is an option of its command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name: `StorageAccount`.
    pub name: String,
    /// The member of a request: `storageAccount`.
    pub member: String,
    /// `switch`, `value` or `values`.
    pub takes: String,
    /// The only values there are, if the option has such.
    pub values: Vec<String>,
}

/// What a cmdlet's command may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// It may change something in Azure.
    pub changes: bool,
    /// What it changes cannot be undone.
    pub irreversible: bool,
}

impl Cmdlet {
    /// What its command may do.
    #[must_use]
    pub fn effect(&self) -> Effect {
        let traits = super::commands::traits(self.command);
        Effect {
            changes: traits.is_some_and(|traits| traits.changes),
            irreversible: traits.is_some_and(|traits| traits.irreversible),
        }
    }

    /// Its parameters that are options of the command, sorted by name.
    #[must_use]
    pub fn parameters(&self, surface: &Value) -> Vec<Parameter> {
        let own = command(surface, self.command).map_or(&[][..], |command| list(command, "options"));
        let globals = list(surface, "globalOptions");
        let wanted = |name: &str| {
            name == "state" && self.command != "demo"
                || self.globals.contains(&name)
                || (self.signs_in && CONNECTION.contains(&name))
        };
        let globals = globals.iter().filter(|option| wanted(long(option)));
        let own = own.iter().filter(|option| !self.left_out.contains(&long(option)) && !OF_POWERSHELL.contains(&long(option)));
        let mut parameters: Vec<Parameter> = globals.chain(own).map(|option| self.parameter(option)).collect();
        parameters.sort_by(|one, other| one.name.cmp(&other.name));
        parameters
    }

    fn parameter(&self, option: &Value) -> Parameter {
        let text = |member: &str| option[member].as_str().unwrap_or_default().to_owned();
        let renamed = self.renamed.iter().find(|(long_name, _)| *long_name == long(option)).map(|(_, name)| (*name).to_owned());
        let values = list(option, "values").iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let member = text("member");
        Parameter { name: renamed.unwrap_or_else(|| parameter_name(&member)), member, takes: text("takes"), values }
    }
}

/// `module/generated/Surface.ps1` for this command tree.
#[must_use]
pub fn table(root: &Command) -> String {
    let surface = super::document(root);
    let mut text = String::from(
        "# Generated from the program; `SNAPSHOTS=overwrite tests/run` writes it anew.\n\n\
         # Which cmdlet carries out which command, and which parameter is which member of a request.\n",
    );
    let _ = write!(
        text,
        "$script:KeyRollSurface = @{{\n    Protocol = {}\n    Digest   = '{}'\n    Cmdlets  = @{{\n",
        host::VERSION,
        super::digest(root)
    );
    for cmdlet in CMDLETS {
        let effect = cmdlet.effect();
        let _ = write!(
            text,
            "        '{}' = @{{\n            Command      = '{}'\n            Changes      = {}\n            Irreversible = {}\n            Parameters   = @{{\n",
            cmdlet.name,
            cmdlet.command,
            truth(effect.changes),
            truth(effect.irreversible)
        );
        for parameter in cmdlet.parameters(&surface) {
            let Parameter { name, member, takes, .. } = parameter;
            let _ = writeln!(text, "                {name} = @{{ Member = '{member}'; Takes = '{takes}' }}");
        }
        text.push_str("            }\n        }\n");
    }
    text.push_str("    }\n}\n");
    text
}

/// What the module calls an option: Azure's names where Azure PowerShell has them, else the member with a capital.
fn parameter_name(member: &str) -> String {
    match member {
        "resourceGroup" => return "ResourceGroupName".to_owned(),
        "subscription" => return "SubscriptionId".to_owned(),
        _ => {}
    }
    let mut letters = member.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn command<'a>(surface: &'a Value, path: &str) -> Option<&'a Value> {
    list(surface, "commands").iter().find(|command| command["path"] == path)
}

fn list<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value[member].as_array().map_or(&[], Vec::as_slice)
}

fn long(option: &Value) -> &str {
    option["name"].as_str().unwrap_or_default().trim_start_matches('-')
}

fn truth(value: bool) -> &'static str {
    if value { "$true" } else { "$false" }
}
