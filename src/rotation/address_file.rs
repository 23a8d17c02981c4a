//! The file that a rotation writes old and new addresses of SAS locators to. Every run that recreates locators as a part of it, and
//! the runs on other accounts beside it, append to the same one, so that an address can be followed from the first to the last.

use std::collections::BTreeSet;
use std::path::Path;

use crate::domain::act::Act;
use crate::domain::plan::Plan;
use crate::domain::problem::Problem;

use super::amend::remaining;
use super::journal::Journal;
use super::locators::addresses::{Addresses, reserve};

/// Makes the files of these plans, before the first of them changes anything; where a run was begun before, they have to be there.
///
/// # Errors
/// Usage, when one cannot be made, or holds something already.
pub(super) fn prepared<'a>(plans: impl Iterator<Item = &'a Plan>, begun_before: bool) -> Result<(), Problem> {
    let places: BTreeSet<&str> = plans.filter_map(|plan| plan.options.address_file.as_deref()).collect();
    let prepare = |place| if begun_before { Addresses::existing(place).map(drop) } else { reserve(place) };
    places.into_iter().map(Path::new).try_for_each(prepare)
}

/// Makes sure that the file is at hand that the rest of a run appends to: before anything changes.
///
/// # Errors
/// Usage, when it is gone or cannot be used, with the way on.
pub(super) fn needed(journal: &Journal) -> Result<(), Problem> {
    let (options, state) = (&journal.plan.options, &journal.state);
    let Some(place) = &options.address_file else { return Ok(()) };
    let open = state.locators().any(|(_, _, locators)| locators.finished.is_none());
    if !open && !remaining(state).iter().any(|step| step.act == Act::Locators) {
        return Ok(());
    }
    let run = &state.head.run_id;
    Addresses::existing(Path::new(place)).map(drop).map_err(|problem| {
        let hints = vec![format!(
            "put it back where it was, or make an empty one there that is yours alone, then keyroll resume --run-id {run}"
        )];
        let why = format!("run {run} writes old and new addresses of SAS locators to it, and changed nothing without it");
        Problem { hints, ..problem }.because(why)
    })
}
