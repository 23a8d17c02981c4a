//! What a run knows of the streaming URLs of its media accounts: what they said before it changed anything, and what became of them.

use crate::domain::event::{Entry, Event};
use crate::domain::streaming::{After, Baseline, Before, Checked, Verdict};
use crate::rotation::streaming_check::acceptance_of;

use super::{RunState, Target};

/// The streaming URLs of one dependent before the run changed anything for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Streams {
    /// The URLs that were asked, and what they said.
    pub before: Before,
    /// Why none could be asked, in one clause.
    pub unchecked: Option<String>,
}

impl Streams {
    /// The URLs of which a step that knows this much does not know yet what became of them.
    pub fn open<'a>(&'a self, checked: &'a [Checked]) -> impl Iterator<Item = &'a Baseline> {
        self.before.urls.iter().filter(|known| !checked.iter().any(|over| over.at == known.at))
    }

    /// What a step came to that knows this much.
    #[must_use]
    pub fn after(&self, checked: &[Checked]) -> After {
        After { urls: checked.to_vec(), without: self.before.without.clone(), left_out: self.before.left_out }
    }

    /// One clause about what a step came to.
    #[must_use]
    pub fn came_to(&self, name: &str, checked: &[Checked]) -> String {
        match &self.unchecked {
            Some(why) => format!("streaming URLs of {name} could not be checked: {why}"),
            None => format!("streaming URLs of {name}: {}", self.after(checked).came_to()),
        }
    }
}

impl RunState {
    /// What the streaming URLs of a dependent said before, if they were looked at.
    #[must_use]
    pub fn streams_of(&self, id: &str) -> Option<&Streams> {
        self.streams.get(&id.to_ascii_lowercase())
    }

    /// Whether somebody accepted that streaming URLs of the dependent of this name do not answer as before.
    #[must_use]
    pub fn accepts_silence_of(&self, name: &str) -> bool {
        let needed = acceptance_of(name);
        self.accepted.iter().any(|accepted| accepted.eq_ignore_ascii_case(&needed))
    }

    pub(super) fn streams_changed(&mut self, entry: &Entry) {
        match &entry.event {
            Event::StreamsSeen { step, dependent, before, unchecked } => {
                let seen = Streams { before: before.clone(), unchecked: unchecked.clone() };
                self.streams.insert(dependent.to_ascii_lowercase(), seen);
                // The step goes on with the dependent as if nothing had been tried for it.
                *self.target(*step, dependent) = Target::default();
            }
            Event::StreamsChecked { step, dependent, urls } => {
                let name = self.dependent(dependent).map_or_else(|| dependent.clone(), |known| known.name.clone());
                let seen = self.streams_of(dependent).cloned();
                let target = self.target(*step, dependent);
                target.streams.extend(urls.iter().cloned());
                if let Some(seen) = seen {
                    target.how = seen.came_to(&name, &target.streams);
                }
                target.not_before = None;
            }
            _ => {}
        }
    }

    /// Somebody went on without accepting that URLs do not answer: they are asked again, for they may have been mended.
    pub(super) fn ask_streams_again(&mut self) {
        let accepted = |state: &Self, id: &str| state.dependent(id).is_some_and(|known| state.accepts_silence_of(&known.name));
        let failing: Vec<(u32, String)> = self
            .progress
            .iter()
            .filter(|(_, progress)| progress.finished.is_none())
            .flat_map(|(step, progress)| progress.targets.iter().map(move |(id, target)| (*step, id, target)))
            .filter(|(_, id, target)| target.streams.iter().any(fails) && !accepted(self, id))
            .map(|(step, id, _)| (step, id.clone()))
            .collect();
        for (step, id) in failing {
            let target = self.target(step, &id);
            let (failed, streams): (Vec<Checked>, Vec<Checked>) =
                std::mem::take(&mut target.streams).into_iter().partition(fails);
            let failed_streams = failed.into_iter().map(|checked| checked.at).collect();
            *target = Target { streams, failed_streams, ..Target::default() };
        }
    }
}

fn fails(checked: &Checked) -> bool {
    matches!(checked.verdict, Verdict::Fails { .. })
}
