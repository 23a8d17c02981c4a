//! Runs of `customer-key` for people: the steps before, the lines meanwhile, the report afterwards.

use std::sync::Arc;

use crate::contract;
use crate::domain::customer_key::{Entry, Event, KeyFound, Order, Planned, Report, Step};
use crate::domain::report::RunStatus;
use crate::domain::resource_id::ResourceId;
use crate::domain::text::visible;
use crate::rotation::customer_key::Listener;
use crate::rotation::customer_key::standing::Standing;
use crate::rotation::customer_key::state::RunState;

use super::frames::HostEvents;
use super::moment;
use super::printer::Printer;
use super::progress::Progress;
use super::style::{BAD, CAUTION, GOOD, HINT, STRONG, paint};
use super::table::Table;

/// The steps that are missing as a table.
#[must_use]
pub fn plan(order: &Order, steps: &[Planned], notes: &[String], width: Option<u16>) -> String {
    let name = visible(order.account().name());
    let mut lines = vec![paint(STRONG, &format!("{name}  customer-key {}", order.command()))];
    if steps.is_empty() {
        lines.push("nothing is missing".to_owned());
    } else {
        let mut table = Table::new(&["#", "step", "touches", "wait", "undo", "why"], width);
        for (at, planned) in steps.iter().enumerate() {
            let wait = if planned.wait.is_empty() { "-" } else { &planned.wait };
            let undo = if planned.step.irreversible().is_some() { "NO" } else { "yes" };
            table.row([&(at + 1).to_string(), words(planned.step), &planned.touches, wait, undo, &planned.why]);
        }
        lines.push(table.text());
    }
    lines.extend(notes.iter().map(|note| format!("note: {}", visible(note))));
    lines.join("\n")
}

/// A step as people call it.
fn words(step: Step) -> &'static str {
    match step {
        Step::CreateStorage => "create storage account",
        Step::CreateAccount => "create media account",
        Step::AssignIdentity => "assign identity",
        Step::RecoverVault => "recover vault",
        Step::CreateVault => "create vault",
        Step::ProtectVault => "protect vault",
        Step::GrantOperator => "open vault to you",
        Step::GrantIdentity => "open vault to identity",
        Step::RecoverKey => "recover key",
        Step::CreateKey => "create key",
        Step::Encrypt => "encrypt",
        Step::AwaitKey | Step::AwaitNewVersion => "wait for the account",
        Step::NewVersion => "new key version",
        Step::AwaitUsers => "wait for other users",
        Step::DisableOld => "disable old version",
        Step::SystemKey => "Microsoft-managed key",
        Step::DeleteAccount => "delete media account",
        Step::DeleteStorage => "delete storage account",
        Step::DeleteKey => "delete key",
        Step::DeleteVault => "delete vault",
    }
}

/// A sentence's beginning.
#[must_use]
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The report for a person. `options` are those that another command needs to find the same run.
#[must_use]
pub fn report(report: &Report, options: &str, width: Option<u16>) -> String {
    let state = match report.status {
        RunStatus::Done => paint(GOOD, "done"),
        RunStatus::Aborted => paint(CAUTION, "aborted: what was done stays"),
        RunStatus::Waiting => paint(CAUTION, "waiting"),
        RunStatus::Unfinished => paint(CAUTION, "unfinished"),
        RunStatus::Stopped => paint(BAD, "stopped"),
    };
    let change = report.change_reference.as_ref().map_or_else(String::new, |change| format!(" · {}", visible(change)));
    let name = report.account.parse::<ResourceId>().map_or_else(|_| visible(&report.account), |id| visible(id.name()));
    let mut lines = vec![format!(
        "{}  {state} · customer-key {} · run {}{change}",
        paint(STRONG, &name),
        report.command,
        visible(&report.run_id)
    )];
    let started = moment::date(report.started);
    lines.push(
        report.finished.map_or_else(|| format!("since {started}"), |finished| format!("{started} to {}", moment::date(finished))),
    );
    if report.steps.is_empty() && report.status == RunStatus::Done {
        lines.push("nothing was missing".to_owned());
    }
    if !report.steps.is_empty() {
        let mut table = Table::new(&["step", "touches", "done", "what it came to"], width);
        for step in &report.steps {
            let done = step.finished.map_or_else(|| "-".to_owned(), |at| moment::within(at, report.started));
            table.row([words(step.step), &last(&step.touches), &done, &step.how]);
        }
        lines.push(table.text());
    }
    if !report.created.is_empty() {
        let created: Vec<String> = report.created.iter().map(|it| last(&it.id)).collect();
        lines.push(format!("created: {}", created.join(", ")));
    }
    if let Some(due) = report.next_due {
        lines.push(format!("{} · again at {} UTC", visible(&report.next), moment::exact(due)));
    }
    if let Some(problem) = &report.problem {
        lines.push(format!("{} {problem}", paint(BAD, "stopped by:")));
        lines.extend(problem.hints.iter().map(|hint| format!("{} {hint}", paint(HINT, "hint:"))));
    }
    if !matches!(report.status, RunStatus::Done | RunStatus::Aborted) {
        let command = format!("keyroll resume --run-id {} {options}", visible(&report.run_id));
        lines.push(format!("Safe to close. Continue: {}", command.trim_end()));
    }
    lines.join("\n")
}

/// The last name of an id. A version of a key is told with its key.
fn last(id: &str) -> String {
    match id.split_once("/keys/") {
        Some((_, key)) => visible(key),
        None => visible(id.rsplit('/').next().unwrap_or_default()),
    }
}

/// How an account is encrypted, for a person.
#[must_use]
pub fn standing(standing: &Standing, width: Option<u16>) -> String {
    let account = &standing.account;
    let mut lines = vec![paint(STRONG, &visible(account.id.name()))];
    let mut add = |name: &str, value: String| lines.push(format!("{name:<12} {}", visible(&value)));
    let none = || "-".to_owned();
    let Some(key) = &account.key else {
        add("encryption", "with a Microsoft-managed key".to_owned());
        return lines.join("\n");
    };
    add("encryption", "with a key of yours".to_owned());
    add("identity", account.key_identity.as_ref().map_or_else(|| "system-assigned".to_owned(), |id| id.name().to_owned()));
    add(
        "principal",
        account
            .system
            .clone()
            .or_else(|| account.users.first().and_then(|(_, principal)| principal.clone()))
            .unwrap_or_else(none),
    );
    add("vault", standing.vault.present().map_or_else(|| key.vault.clone(), |vault| vault.id.to_string()));
    add("key", key.to_string());
    add("in use", account.current.as_ref().map_or_else(none, ToString::to_string));
    add("versions", if key.version.is_some() { "pinned".to_owned() } else { "follows new ones".to_owned() });
    add("status", account.status.clone().unwrap_or_else(none));
    if let KeyFound::Present(found) = &standing.key {
        add("newest", format!("{} ({} {})", found.id.short(), found.kind, found.size));
    }
    lines.push("without the key:".to_owned());
    let mut table = Table::new(&["would break", "version in use"], width);
    for (what, user) in standing.would_break.iter().zip(&standing.users) {
        table.row([what.as_str(), user.version().unwrap_or("unknown")]);
    }
    lines.push(table.text());
    lines.extend(standing.findings.iter().map(|finding| format!("{} {}", paint(CAUTION, "look:"), visible(finding))));
    lines.join("\n")
}

/// Writes each entry as one line (`--events`).
#[derive(Clone, Debug)]
pub struct Events {
    printer: Printer,
}

impl Events {
    /// Events on this printer's stdout.
    #[must_use]
    pub fn new(printer: Printer) -> Self {
        Self { printer }
    }
}

impl Listener for Events {
    fn entry(&self, run_id: &str, entry: &Entry, _: &RunState) {
        self.printer.json_line(&contract::customer_key::streamed(run_id, entry));
    }
}

/// Passes each entry on to several.
#[derive(Clone, Debug)]
pub struct Several(pub Vec<Arc<dyn Listener>>);

impl Listener for Several {
    fn entry(&self, run_id: &str, entry: &Entry, state: &RunState) {
        for listener in &self.0 {
            listener.entry(run_id, entry, state);
        }
    }
}

impl Listener for HostEvents {
    fn entry(&self, run_id: &str, entry: &Entry, _: &RunState) {
        self.send(&contract::customer_key::streamed(run_id, entry));
    }
}

impl Listener for Progress {
    fn entry(&self, run_id: &str, entry: &Entry, state: &RunState) {
        self.began(run_id);
        let at = moment::within(entry.time, state.started);
        let line = match &entry.event {
            Event::Started(head) => paint(STRONG, &format!("run {} · times are UTC", visible(&head.run_id))),
            Event::Resumed { .. } => paint(STRONG, &format!("run {} goes on · times are UTC", visible(run_id))),
            Event::Intent { step, touches } => format!("● {at}  {:<24} {}", words(*step), last(touches)),
            Event::Unknown { step, .. } => {
                let lost =
                    format!("the answer to `{}` was lost; looking whether it happened before anything is repeated", words(*step));
                format!("         {}", paint(CAUTION, &lost))
            }
            Event::Done { step, touches, how, .. } => {
                format!("{} {at}  {:<24} {}  {}", paint(GOOD, "✓"), words(*step), last(touches), visible(how))
            }
            Event::Waiting { why, until, .. } => format!("         {}, again at {}", visible(why), moment::exact(*until)),
            Event::Stopped { problem } => paint(BAD, &format!("stopped: {problem}")),
            Event::Interrupted { .. } | Event::Finished { .. } => return,
        };
        self.say(&line);
    }
}
