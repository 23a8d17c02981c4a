//! A run that is a part of a rotation: that rotation goes on with it and ends it, as long as it can.

use crate::domain::problem::Problem;
use crate::rotation::journal;
use crate::rotation::kind::RunKind;
use crate::rotation::storage::Storage;

/// The rotation that goes on with this run: its parent, while that can be opened, is not finished, and knows of the run. What lost its
/// rotation is gone on with by itself, or its locators would stay away for ever.
///
/// # Errors
/// When the state cannot be read.
pub fn carrier<'a>(storage: &dyn Storage, run: &str, parent: Option<&'a str>) -> Result<Option<&'a str>, Problem> {
    let Some(parent) = parent else { return Ok(None) };
    let Some(bytes) = storage.read_journal(parent)?.filter(|bytes| RunKind::of(bytes) == RunKind::Rotation) else {
        return Ok(None);
    };
    let opened = journal::read(parent, &bytes).and_then(|contents| journal::fold(storage, parent, &contents.entries));
    match opened {
        Ok((_, state)) => {
            let knows = state.outcome.is_none() && state.locators().any(|(_, _, part)| part.run == run);
            Ok(knows.then_some(parent))
        }
        Err(problem) if matches!(problem.code.as_str(), "brokenJournal" | "brokenPlan" | "noSuchRun") => Ok(None),
        // A newer keyroll can go on with what it wrote.
        Err(_) => Ok(Some(parent)),
    }
}

/// Refuses to touch a run that a rotation goes on with.
///
/// # Errors
/// Usage, with the way on of that rotation; and as [`carrier`].
pub fn refuse_part(storage: &dyn Storage, run: &str, parent: Option<&str>) -> Result<(), Problem> {
    let Some(parent) = carrier(storage, run, parent)? else { return Ok(()) };
    Err(Problem::usage("partOfARotation", format!("run {run} is a part of rotation {parent}"))
        .hint(format!("go on with keyroll resume --run-id {parent}, or end that with keyroll abort --run-id {parent}")))
}
