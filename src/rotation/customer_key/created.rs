//! What our runs created, as their journals prove. Nothing else is ever deleted.

use crate::domain::customer_key::{Created, KeyId, Step, Target, TargetKind};
use crate::domain::problem::Problem;
use crate::rotation::storage::Storage;

use super::journal;
use super::state::RunState;

/// What one run created.
#[must_use]
pub fn of_run(state: &RunState) -> Vec<Created> {
    let created = state.steps.iter().filter(|progress| progress.created && progress.step != Step::NewVersion);
    created
        .filter_map(|progress| {
            let kind = TargetKind::of(&progress.touches)?;
            let id = match kind {
                TargetKind::Key => progress.touches.parse::<KeyId>().ok()?.versionless().to_string(),
                _ => progress.touches.clone(),
            };
            Some(Created { kind, id })
        })
        .collect()
}

/// What all runs of a state folder created, the newest run last.
///
/// # Errors
/// When a journal cannot be read.
pub fn of_all(storage: &dyn Storage) -> Result<Vec<Target>, Problem> {
    let mut targets = Vec::new();
    for run in storage.runs()? {
        let Some(state) = journal::state_of(storage, &run)? else { continue };
        targets.extend(of_run(&state).into_iter().map(|created| Target { kind: created.kind, id: created.id, run: run.clone() }));
    }
    Ok(targets)
}

/// What these names mean, in the order in which it has to be deleted.
///
/// # Errors
/// `notCreatedByUs` for a name that no journal of this state folder proves, `ambiguousName` for one that means several things.
pub fn named(storage: &dyn Storage, names: &[String]) -> Result<Vec<Target>, Problem> {
    let all = of_all(storage)?;
    let mut targets: Vec<Target> = Vec::new();
    for name in names {
        let means = |target: &&Target| target.id.eq_ignore_ascii_case(name) || target.name().eq_ignore_ascii_case(name);
        let mut found: Vec<&Target> = all.iter().filter(means).collect();
        // The same thing created, deleted and created again: the newest run's is the one that may be there.
        found.reverse();
        let Some(first) = found.first() else {
            let known: Vec<&str> = all.iter().map(Target::name).collect();
            let message = format!("no run of this state folder created anything named {name}, so it is not deleted");
            let hint = if known.is_empty() {
                "name the state folder of the run that created it with --state, or delete it yourself".to_owned()
            } else {
                format!("runs of this state folder created {}", known.join(", "))
            };
            return Err(Problem::blocked("notCreatedByUs", message).hint(hint));
        };
        if found.iter().any(|other| !other.id.eq_ignore_ascii_case(&first.id)) {
            let ids: Vec<&str> = found.iter().map(|target| target.id.as_str()).collect();
            return Err(Problem::usage("ambiguousName", format!("{name} means several things: {}", ids.join(", ")))
                .hint("give the full id in --delete"));
        }
        if !targets.contains(first) {
            targets.push((*first).clone());
        }
    }
    targets.sort_by_key(|target| target.kind);
    Ok(targets)
}
