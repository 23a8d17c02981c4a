//! `remove`: back to a Microsoft-managed key, then what was named and is ours. Pure.

use crate::domain::customer_key::{Account, Planned, Remove, Step, Target, TargetKind, User};
use crate::domain::planted::{Mistake, is_planted};
use crate::domain::problem::{Kind, Problem};
use crate::domain::resource_id::ResourceId;
use crate::rotation::kind::RunKind;

/// What a removal needs to know.
#[derive(Clone, Debug, Default)]
pub struct RemoveFound {
    /// The media account.
    pub account: Option<Account>,
    /// Each target with what there is of it, in the order of the targets.
    pub targets: Vec<TargetFound>,
}

/// What there is of a target.
#[derive(Clone, Debug, Default)]
pub struct TargetFound {
    /// Whether it is there.
    pub exists: bool,
    /// Whether it carries the tag of the run that created it.
    pub ours: bool,
    /// What lies in a storage account.
    pub contents: Vec<String>,
    /// Who is encrypted with a key, or with any key of a vault; the media accounts of a storage account.
    pub users: Vec<User>,
    /// A run of whatever kind that is not finished on it.
    pub unfinished: Option<(RunKind, String)>,
}

/// The steps that are missing, in order.
#[must_use]
pub fn missing(remove: &Remove, found: &RemoveFound) -> Vec<Planned> {
    let mut steps = Vec::new();
    let mut add = |step: Step, touches: &str, why: &str, wait: &str| {
        steps.push(Planned { step, touches: touches.to_owned(), why: why.to_owned(), wait: wait.to_owned() });
    };
    if found.account.as_ref().is_some_and(|account| account.key.is_some()) {
        add(Step::SystemKey, remove.account.name(), "before anything that its key needs goes away", "~ 1m");
    }
    for (target, _) in remove.delete.iter().zip(&found.targets).filter(|(_, found)| found.exists) {
        let (step, why) = match target.kind {
            TargetKind::Account => (Step::DeleteAccount, "named by --delete"),
            TargetKind::Storage => (Step::DeleteStorage, "named by --delete, and empty"),
            TargetKind::Key => (Step::DeleteKey, "named by --delete; can be recovered for a while"),
            TargetKind::Vault => (Step::DeleteVault, "named by --delete; can be recovered for a while"),
        };
        add(step, target.name(), why, "");
    }
    if is_planted(Mistake::DeleteFirst) {
        steps.reverse();
    }
    steps
}

/// The target of a step that deletes.
#[must_use]
pub fn target<'a>(remove: &'a Remove, found: &RemoveFound, step: Step) -> Option<&'a Target> {
    let kind = match step {
        Step::DeleteAccount => TargetKind::Account,
        Step::DeleteStorage => TargetKind::Storage,
        Step::DeleteKey => TargetKind::Key,
        Step::DeleteVault => TargetKind::Vault,
        _ => return None,
    };
    let mut there = remove.delete.iter().zip(&found.targets).filter(|(_, found)| found.exists);
    there.find(|(target, _)| target.kind == kind).map(|(target, _)| target)
}

/// What forbids the removal. The account itself is no user of its key any more once it went back, and is asked again before each step.
#[must_use]
pub fn blockers(remove: &Remove, found: &RemoveFound) -> Vec<Problem> {
    let mut problems = Vec::new();
    let goes = |id: &str| remove.delete.iter().any(|target| target.id.eq_ignore_ascii_case(id));
    for (target, state) in remove.delete.iter().zip(&found.targets).filter(|(_, found)| found.exists) {
        let name = target.name();
        if !state.ours {
            let message = format!("{name} does not carry the tag of run {}, which created one of this name", target.run);
            problems.push(
                Problem::blocked("notCreatedByUs", message)
                    .hint("somebody made it anew or took the tag away; delete it yourself if it may go"),
            );
        }
        if let Some((_, run)) = &state.unfinished {
            let message = format!("run {run} on {name} is not finished, so that {name} is not deleted");
            problems.push(
                Problem::new(Kind::Locked, "unfinishedRun", message)
                    .hint(format!("go on with keyroll resume --run-id {run}, or end it with keyroll abort --run-id {run}")),
            );
        }
        if target.kind == TargetKind::Storage {
            problems.extend(of_storage(target, state, found, &goes));
        }
        if matches!(target.kind, TargetKind::Key | TargetKind::Vault) {
            let others = state.users.iter().filter(|user| !user.id.eq_ignore_ascii_case(remove.account.as_str()));
            let names: Vec<&str> = others.map(User::name).collect();
            if !names.is_empty() {
                let what = if target.kind == TargetKind::Key { "key" } else { "vault" };
                let message = format!("{what} {name} still protects {}, which would become unreadable", names.join(", "));
                problems.push(
                    Problem::blocked("keyInUse", message)
                        .hint("take them off the key first: keyroll customer-key remove -a NAME for a media account"),
                );
            }
        }
    }
    problems
}

fn of_storage(target: &Target, state: &TargetFound, found: &RemoveFound, goes: &dyn Fn(&str) -> bool) -> Option<Problem> {
    if !state.contents.is_empty() {
        let shown = state.contents.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
        let more = if state.contents.len() > 5 { format!(" and {} more", state.contents.len() - 5) } else { String::new() };
        let message = format!("storage account {} is not empty ({shown}{more}), and is never deleted so", target.name());
        return Some(Problem::blocked("storageNotEmpty", message).hint("leave it out of --delete, or empty it yourself first"));
    }
    let id = target.id.parse::<ResourceId>().ok()?;
    let own = found.account.iter().filter(|account| account.storage.contains(&id)).map(|account| account.id.as_str());
    let user = own.chain(state.users.iter().map(|user| user.id.as_str())).find(|user| !goes(user))?;
    let user = user.rsplit('/').next().unwrap_or(user);
    let message = format!("storage account {} is in use by {user}", target.name());
    Some(Problem::blocked("storageInUse", message).hint(format!("name {user} in --delete, too, if a run of ours created it")))
}
