//! Whether the steps that a plan names are those that the world asks for: a plan is carried out as it is, or not at all, and a step
//! that is missing in it (or in a file that somebody edited) could cost what that step keeps alive.

use std::collections::BTreeSet;

use crate::domain::act::Act;
use crate::domain::key::Slot;
use crate::domain::plan::Step;
use crate::domain::span::span;

/// The first step that differs from the fresh plan's, in one clause. How a step is explained and how long it takes at most do not
/// count; what it does, to whom, and how long it waits do.
#[must_use]
pub(super) fn differing_step(planned: &[Step], due: &[Step]) -> Option<String> {
    for (planned, due) in planned.iter().zip(due) {
        if what(planned) != what(due) {
            return Some(format!("step {} is {} in it, and {} is due", planned.number, named(planned), named(due)));
        }
        let (has, wants) = (touched(planned), touched(due));
        if let Some(id) = wants.symmetric_difference(&has).next() {
            let name = id.rsplit('/').next().unwrap_or(id);
            let how = if wants.contains(id) { "leaves out" } else { "touches" };
            let instead = if wants.contains(id) { "is due there too" } else { "is not due there" };
            return Some(format!("its step {}, {}, {how} {name}, which {instead}", planned.number, named(planned)));
        }
        if planned.floor != due.floor {
            let (is, should) = (span(planned.floor), span(due.floor));
            return Some(format!("its step {}, {}, waits {is}, and {should} are due", planned.number, named(planned)));
        }
    }
    let last = planned.len().min(due.len());
    match (planned.get(last), due.get(last)) {
        (None, Some(due)) => Some(format!("step {}, {}, is missing in it", due.number, named(due))),
        (Some(planned), None) => Some(format!("its step {}, {}, is not due", planned.number, named(planned))),
        _ => None,
    }
}

fn what(step: &Step) -> (u32, Act, Act, Slot) {
    (step.number, step.act, step.phase, step.slot)
}

fn touched(step: &Step) -> BTreeSet<String> {
    step.dependents.iter().map(|id| id.to_ascii_lowercase()).collect()
}

/// `locators for key2 (stage)`
fn named(step: &Step) -> String {
    if step.act == step.phase {
        return format!("{} of {}", step.act, step.slot);
    }
    format!("{} for {} ({})", step.act, step.slot, step.phase)
}
