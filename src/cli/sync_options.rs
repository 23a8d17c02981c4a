//! What every sync is asked for, and how it is carried out.

use clap::Args;
use serde_json::{Value, json};

use crate::contract;
use crate::domain::key::Slot;
use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;
use crate::domain::sync::{SyncOutcome, SyncReport, SyncState};
use crate::render;
use crate::rotation::sync::named::Named;
use crate::rotation::sync::{Selection, Wishes};
use crate::rotation::{Engine, Patience};

use super::end::{CHANGES, End, WAITING};
use super::next::connection;
use super::session::Session;

/// What every sync is asked for.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(super) struct SyncOptions {
    /// Say what would be synced, and change nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Sync also where a current key is proven
    #[arg(long)]
    pub always: bool,

    /// Return once everything was told, instead of waiting for the proofs
    #[arg(long, conflicts_with = "dry_run")]
    pub no_wait: bool,
}

impl SyncOptions {
    /// An engine: one that knows as whom it acts, unless nothing is to be changed.
    ///
    /// # Errors
    /// When the sign-in or the state folder is no good.
    pub(super) async fn engine(self, session: &Session) -> Result<Engine, Problem> {
        if self.dry_run { session.engine() } else { session.acting_engine().await }
    }

    /// Syncs these, shows what came of it, and gives the exit code: that of the first row that failed.
    ///
    /// # Errors
    /// What concerns every row.
    pub(super) async fn carry_out(
        self,
        session: &Session,
        engine: &Engine,
        command: &str,
        selections: &[Selection],
        key: Option<Slot>,
    ) -> End {
        let wishes = Wishes {
            dry_run: self.dry_run,
            always: self.always,
            key,
            patience: if self.no_wait { Patience::UntilFirstWait } else { Patience::Wait },
            run_id: session.global.run_id.clone(),
            request_digest: self.digest(command, selections, key),
            change_reference: session.global.change_reference.clone(),
        };
        let report = engine.sync(selections, &wishes).await?;
        session.progress.clear();
        let (printer, next) = (&session.printer, next(session, &report));
        printer.result(
            || render::sync::text(&report, next.as_deref(), printer.width()),
            || contract::sync::text(&report, next.as_deref()),
        );
        Ok(match (report.first_problem(), report.state()) {
            (Some(problem), _) => problem.exit_code(),
            (None, SyncState::Waiting) if session.global.detailed_exitcode => WAITING,
            (None, SyncState::Planned) if session.global.detailed_exitcode && report.count(SyncOutcome::Planned) > 0 => CHANGES,
            (None, _) => 0,
        })
    }

    /// SHA-256 over what was asked for, whatever it is found to be in need of.
    fn digest(self, command: &str, selections: &[Selection], key: Option<Slot>) -> String {
        let one = |selection: &Selection| {
            let named: Vec<Value> = selection.chosen.named().into_iter().map(|(id, _)| json!(id.to_ascii_lowercase())).collect();
            json!({ "account": selection.account.lowercase(), "named": named })
        };
        let selections: Vec<Value> = selections.iter().map(one).collect();
        let request = json!({
            "command": command, "selections": selections, "key": key.map(Slot::name), "always": self.always,
        });
        contract::sha256(&contract::canonical(&request))
    }
}

/// The command that tells more of what is waited for.
fn next(session: &Session, report: &SyncReport) -> Option<String> {
    let runs = report.waiting_runs();
    let command = match runs.as_slice() {
        [] => return None,
        [run] => format!("keyroll wait --run-id {run}"),
        _ => "keyroll status".to_owned(),
    };
    Some(format!("{command} {}", connection(&session.global)).trim_end().to_owned())
}

/// What the user named, to be looked for. A full id needs no subscriptions.
///
/// # Errors
/// Usage without a name; not found when a subscription is not visible.
pub(super) async fn subscriptions_for(
    session: &Session,
    engine: &Engine,
    name: Option<&str>,
    missing: &str,
) -> Result<(String, Vec<String>), Problem> {
    let name = name.map(str::trim).filter(|name| !name.is_empty()).ok_or_else(|| {
        Problem::usage("nameMissing", format!("no {missing} was named")).hint("add -n NAME, with -g GROUP where it is not unique")
    })?;
    let subscriptions = if name.contains('/') { Vec::new() } else { session.subscriptions(engine).await? };
    Ok((name.to_owned(), subscriptions))
}

/// How a name is looked up.
pub(super) fn named<'a>(session: &'a Session, name: &'a str, subscriptions: &'a [String]) -> Named<'a> {
    Named { name, group: session.global.resource_group.as_deref(), subscriptions }
}

/// Whether a storage account is the one that the user wrote, by name or by full id.
///
/// # Errors
/// Usage, when an id is malformed or of something else.
pub(super) fn is_account(written: &str, id: &ResourceId) -> Result<bool, Problem> {
    if written.contains('/') {
        Ok(ResourceId::parse_as(written, "Microsoft.Storage/storageAccounts")? == *id)
    } else {
        Ok(written.eq_ignore_ascii_case(id.name()))
    }
}

/// The storage account of a resource that has only one. Another one named beside it is a mistake.
///
/// # Errors
/// Not found when none is linked; usage when another one was named.
pub(super) fn only_account(
    session: &Session,
    owner: &ResourceId,
    linked: Option<&ResourceId>,
    hint: &str,
) -> Result<ResourceId, Problem> {
    let linked = linked.ok_or_else(|| {
        Problem::not_found("noStorageAccount", format!("{} has no storage account, so there is no key to sync", owner.name()))
            .hint(hint)
    })?;
    match &session.global.storage_account {
        Some(written) if !is_account(written, linked)? => Err(Problem::usage(
            "anotherStorageAccount",
            format!("{} uses the storage account {}, not {written}", owner.name(), linked.name()),
        )
        .hint(hint)),
        _ => Ok(linked.clone()),
    }
}
