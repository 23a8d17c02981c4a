//! When the streaming URLs of media accounts that re-read the keys are looked at: before anything changes for them, and once the caches
//! of their origins have had their time.

use super::{Next, Standing, Task, View, later};
use crate::domain::act::Act;
use crate::domain::dependent::{Dependent, DependentKind, Movement};
use crate::domain::plan::Acceptance;
use crate::domain::span::span;
use crate::domain::streaming::After;
use crate::rotation::state::RunState;
use crate::rotation::streaming_check::acceptance_of;
use crate::rotation::streaming_check::decide::KEY;

impl View<'_> {
    /// Whether it is not known yet what the streaming URLs of a dependent say before this run changes anything for it, and a step
    /// asks for that.
    pub(super) fn lacks_baseline(&self, id: &str, dependent: &Dependent) -> bool {
        let compares = |step: &&crate::domain::plan::Step| {
            step.act == Act::Locators && step.dependents.iter().any(|known| known.eq_ignore_ascii_case(id))
        };
        streams(dependent) && self.state.streams_of(id).is_none() && self.state.steps.iter().any(|step| compares(&step))
    }

    /// What is to be asked before a key changes, for dependents that nothing was asked of before.
    pub(super) fn baselines(&self) -> Vec<Standing> {
        let lacking = self.targets().filter(|(id, dependent)| self.lacks_baseline(id, dependent));
        lacking.map(|(id, _)| self.standing(id, || Task::Baseline(self.step.number, id.to_owned()))).collect()
    }

    /// How the comparison of a dependent's streaming URLs with what they said before stands.
    pub(super) fn compared(&self, id: &str) -> Standing {
        let Some(seen) = self.state.streams_of(id) else { return Standing::Finished };
        let known = self.target(id).map_or(&[][..], |target| &target.streams);
        let mut open = seen.open(known).peekable();
        if open.peek().is_none() {
            return Standing::Finished;
        }
        let asks = open.any(|known| known.seen.is_worth_asking());
        let told = self.state.told.get(&id.to_ascii_lowercase()).filter(|_| asks);
        match told.map(|told| later(*told, KEY.first)).filter(|first| *first > self.now) {
            Some(first) => {
                Standing::Later(first, format!("streaming endpoints may answer from their caches for {}", span(KEY.first)))
            }
            None => self.standing(id, || Task::Compare(self.step.number, id.to_owned())),
        }
    }

    /// What the comparison of a dependent's streaming URLs came to in this step, in one clause.
    pub(super) fn came_to(&self, id: &str, dependent: &Dependent) -> String {
        let known = self.target(id).map_or(&[][..], |target| &target.streams);
        match self.state.streams_of(id) {
            Some(seen) => seen.came_to(&dependent.name, known),
            None => format!("streaming URLs of {} were not looked at before, so nothing can be compared", dependent.name),
        }
    }

    /// What has to be accepted before another key dies: URLs that answered before, and do not now.
    pub(super) fn silenced(&self) -> Option<Next> {
        if self.state.aborting {
            return None;
        }
        let ahead = self.state.steps.iter().filter(|step| step.number > self.step.number);
        let act = ahead.map(|step| step.act).find(|act| act.is_irreversible())?;
        let names: Vec<Acceptance> = self
            .targets()
            .filter(|(_, dependent)| !self.state.accepts_silence_of(&dependent.name))
            .filter_map(|(id, dependent)| Some((dependent, failing(&dependent.name, &self.after(id)?)?)))
            .map(|(dependent, why)| (dependent, format!("{why}; a resume without this name asks again")))
            .map(|(dependent, why)| Acceptance { name: acceptance_of(&dependent.name), why, act })
            .collect();
        (!names.is_empty()).then_some(Next::Ask(names))
    }

    fn after(&self, id: &str) -> Option<After> {
        Some(self.state.streams_of(id)?.after(&self.target(id)?.streams))
    }
}

/// Whether a dependent is one whose streaming URLs rest on keys that it re-reads.
pub(super) fn streams(dependent: &Dependent) -> bool {
    dependent.kind == DependentKind::MediaAccount && dependent.movement == Movement::Pull
}

/// What is the matter with streaming URLs that answered before, in one clause.
fn failing(name: &str, after: &After) -> Option<String> {
    let first = after.failing().next()?;
    let count = match after.failing().count() {
        1 => format!("a streaming URL of {name}"),
        several => format!("{several} streaming URLs of {name}"),
    };
    Some(format!("{count} answered before and not now: {} {}", first.at.url, first.verdict))
}

/// The dependents whose streaming URLs answered before and do not now, as the last step that looked knows them: name, and what is the
/// matter.
#[must_use]
pub(in crate::rotation) fn silent_in_the_end(state: &RunState) -> Vec<(String, String)> {
    let last = |id: &str| {
        let looked = state.steps.iter().rev().filter(|step| step.act == Act::Locators);
        looked.filter_map(|step| state.of(step.number).target(id)).find(|target| !target.streams.is_empty())
    };
    let of = |dependent: &Dependent| {
        let after = state.streams_of(&dependent.id)?.after(&last(&dependent.id)?.streams);
        Some((dependent.name.clone(), failing(&dependent.name, &after)?))
    };
    let open = state.dependents.iter().filter(|dependent| !state.accepts_silence_of(&dependent.name));
    open.filter_map(of).collect()
}
