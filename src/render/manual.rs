//! The steps that remain of a run as az commands, for the day on which keyroll cannot be used.

use serde::Serialize;

use crate::domain::act::Act;
use crate::domain::dependent::{DependentKind, Movement};
use crate::domain::key::Slot;
use crate::domain::report::{DependentReport, Report, StepReport};
use crate::domain::resource_id::ResourceId;
use crate::domain::text::visible;

/// What to do in a settle step that has not begun; the floors are those of each kind of dependent.
const WAIT_FOR_CACHES: &str =
    "# wait until caches have expired: 24 h for Key Vault secrets, 1 h for media accounts, 30 min for AMS v2";

/// One remaining step: what it is, and the commands.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Manual {
    #[serde(rename = "step")]
    title: String,
    commands: Vec<String>,
}

/// The commands of az that do by hand what remains of a run. The members are in this order, so that the schema comes first.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct ManualDocument<'a> {
    schema: &'static str,
    run_id: &'a str,
    steps: Vec<Manual>,
}

/// The commands for people: a script with comments.
#[must_use]
pub fn text(report: &Report) -> String {
    let steps = remaining(report);
    if steps.is_empty() {
        return format!("# run {} is over: nothing remains", visible(&report.run_id));
    }
    let mut lines = vec![format!(
        "# what remains of run {}; keyroll resume --run-id {} does the same and proves it",
        visible(&report.run_id),
        visible(&report.run_id)
    )];
    for step in steps {
        lines.push(format!("\n# {}", step.title));
        lines.extend(step.commands);
    }
    lines.join("\n")
}

/// The commands for programs.
#[must_use]
pub fn json(report: &Report) -> String {
    let steps = remaining(report);
    let document = ManualDocument { schema: "keyroll.manual/1", run_id: &report.run_id, steps };
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

fn remaining(report: &Report) -> Vec<Manual> {
    let Ok(account) = report.account.parse::<ResourceId>() else { return Vec::new() };
    let open = report.steps.iter().filter(|step| step.finished.is_none());
    open.map(|step| manual(report, step, &account)).collect()
}

fn manual(report: &Report, step: &StepReport, account: &ResourceId) -> Manual {
    let title = format!("{}. {} {}", step.number, step.act, step.slot);
    let moved = report.dependents.iter().filter(|dependent| !dependent.gone);
    let commands = match step.act {
        Act::Stage | Act::Retire => {
            let mut commands = vec![renew(account, step.slot)];
            let pull = moved.filter(|dependent| dependent.movement == Movement::Pull);
            commands.extend(pull.map(|dependent| tell(dependent, account)));
            commands
        }
        Act::Presync => {
            moved.filter(|dependent| dependent.movement == Movement::Pull).map(|dependent| tell(dependent, account)).collect()
        }
        Act::Publish | Act::Converge | Act::Return => {
            let push = moved.filter(|dependent| dependent.movement == Movement::Push);
            std::iter::once(fetch(account, step.slot)).chain(push.map(|dependent| write(dependent, account))).collect()
        }
        Act::Test => vec![
            fetch(account, step.slot),
            format!("az storage container list --account-name {} --account-key \"$KEY\" --num-results 1", account.name()),
        ],
        Act::Prove => vec!["# check that each dependent works with the key".to_owned()],
        Act::Settle if step.how.is_empty() => vec![WAIT_FOR_CACHES.to_owned()],
        Act::Settle => vec![format!("# wait: {}", visible(&step.how))],
        Act::Evidence => vec![format!("# look into the account's logs: nobody may use {} any more", step.slot)],
        Act::Locators => moved.filter_map(locators).collect(),
        Act::Inspect | Act::Report => vec!["# nothing to be done by hand".to_owned()],
    };
    Manual { title, commands }
}

fn renew(account: &ResourceId, slot: Slot) -> String {
    let which = match slot {
        Slot::Key1 => "primary",
        Slot::Key2 => "secondary",
    };
    format!("az storage account keys renew {} -n {} --key {which}", place(account), account.name())
}

/// The key never stands on a command line that is shown: the shell fetches it.
fn fetch(account: &ResourceId, slot: Slot) -> String {
    let query = format!("[?keyName=='{slot}'].value | [0]");
    format!("KEY=$(az storage account keys list {} -n {} --query \"{query}\" -o tsv)", place(account), account.name())
}

fn tell(dependent: &DependentReport, account: &ResourceId) -> String {
    match (dependent.kind, dependent.id.parse::<ResourceId>()) {
        (DependentKind::MediaAccount | DependentKind::MediaV2Account, Ok(id)) => {
            let media = format!("{} -a {}", place(&id), id.name());
            format!("az ams account storage sync-storage-keys {media} --storage-account-id {account}")
        }
        (DependentKind::Workspace, Ok(id)) => format!("az ml workspace sync-keys {} -n {}", place(&id), id.name()),
        (DependentKind::BatchAccount, Ok(id)) => {
            format!("az batch account autostorage-keys sync {} -n {}", place(&id), id.name())
        }
        _ => format!("# tell {} to read the keys again", visible(&dependent.name)),
    }
}

fn write(dependent: &DependentReport, account: &ResourceId) -> String {
    match dependent.kind {
        DependentKind::VaultSecret => {
            let id = visible(&dependent.id);
            format!(
                "# put $KEY where the old key of {} stands in {id}:\n# az keyvault secret set --id {id} --value …",
                account.name()
            )
        }
        DependentKind::MediaV2Account => {
            let (name, storage) = (visible(&dependent.name), account.name());
            format!(
                "# give {name} the key with its management certificate: PUT …/Accounts/{name}/StorageAccounts/{storage}/Key, body \"$KEY\""
            )
        }
        _ => format!(
            "# give {} the new key: az ml datastore create with accountKey $KEY, everything else as it is",
            visible(&dependent.name)
        ),
    }
}

/// What hangs on the keys of a dependent besides itself.
fn locators(dependent: &DependentReport) -> Option<String> {
    let name = visible(&dependent.name);
    match dependent.kind {
        DependentKind::MediaV2Account => Some(format!(
            "# write down every locator of {name} with its policy (id, path, name, type, start, expiry), and leave those that have expired;\n\
             # then, one by one, delete it and create it again under the same id at once, and give it its old expiry back"
        )),
        DependentKind::MediaAccount => Some(format!("# look whether the streams of {name} play")),
        _ => None,
    }
}

fn place(id: &ResourceId) -> String {
    format!("--subscription {} -g {}", id.subscription(), id.resource_group())
}
