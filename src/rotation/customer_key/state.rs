//! Where a run stands: a fold of its journal and nothing else.

use time::OffsetDateTime;

use crate::domain::customer_key::{Entry, Event, KeyId, Outcome, Started, Step};
use crate::domain::problem::Problem;

/// Where a run stands.
#[derive(Clone, Debug)]
pub struct RunState {
    /// The head of the journal.
    pub head: Started,
    /// When the run began.
    pub started: OffsetDateTime,
    /// Each step that was begun, in order, with what became of it.
    pub steps: Vec<Progress>,
    /// The change that was sent and whose answer is not written down.
    pub open: Option<Step>,
    /// What is waited for.
    pub waiting: Option<(Step, OffsetDateTime, String)>,
    /// What stopped the run.
    pub problem: Option<Problem>,
    /// How the run ended.
    pub outcome: Option<(Outcome, OffsetDateTime)>,
    /// The names that were accepted, at the beginning and later.
    pub accepted: Vec<String>,
}

/// What became of a step.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Which step.
    pub step: Step,
    /// What it touches.
    pub touches: String,
    /// How often it was sent since a process took the run up.
    pub sent: u32,
    /// How often its answer said that it was done.
    pub answered: u32,
    /// When it was done, if it was.
    pub finished: Option<OffsetDateTime>,
    /// What it came to.
    pub how: String,
    /// Whether it created what it touched.
    pub created: bool,
    /// Resource Manager's correlation id.
    pub correlation_id: Option<String>,
}

impl RunState {
    /// The state after the first entry.
    #[must_use]
    pub fn new(head: Started, started: OffsetDateTime) -> Self {
        let accepted = head.accepted.clone();
        Self { head, started, steps: Vec::new(), open: None, waiting: None, problem: None, outcome: None, accepted }
    }

    /// Takes one entry in.
    pub fn apply(&mut self, entry: &Entry) {
        match &entry.event {
            Event::Started(_) => {}
            Event::Resumed { accepted, .. } => {
                self.problem = None;
                self.steps.iter_mut().for_each(|progress| (progress.sent, progress.answered) = (0, 0));
                self.accepted.extend(accepted.iter().cloned());
            }
            Event::Intent { step, touches } => {
                self.waiting = None;
                self.open = Some(*step);
                let progress = self.progress(*step, touches);
                progress.sent += 1;
                progress.finished = None;
            }
            Event::Unknown { step, why } => {
                self.open = Some(*step);
                if let Some(progress) = self.steps.iter_mut().rfind(|known| known.step == *step) {
                    progress.how.clone_from(why);
                }
            }
            Event::Done { step, touches, how, created, correlation_id, .. } => {
                if self.open == Some(*step) {
                    self.open = None;
                }
                self.waiting = None;
                let progress = self.progress(*step, touches);
                progress.finished = Some(entry.time);
                progress.answered += 1;
                progress.how.clone_from(how);
                progress.created |= *created;
                progress.correlation_id.clone_from(correlation_id);
            }
            Event::Waiting { step, until, why } => {
                // Refused, because what was granted is not honoured everywhere yet: that was no try.
                if self.open == Some(*step) {
                    self.open = None;
                    if let Some(progress) = self.steps.iter_mut().rfind(|known| known.step == *step) {
                        progress.sent = progress.sent.saturating_sub(1);
                    }
                }
                self.waiting = Some((*step, *until, why.clone()));
            }
            Event::Stopped { problem } => {
                self.waiting = None;
                self.problem = Some((**problem).clone());
            }
            Event::Interrupted { .. } => {}
            Event::Finished { outcome } => {
                self.waiting = None;
                self.outcome = Some((*outcome, entry.time));
            }
        }
    }

    /// What became of a step, if it was begun.
    #[must_use]
    pub fn of(&self, step: Step) -> Option<&Progress> {
        self.steps.iter().rfind(|known| known.step == step)
    }

    /// When a step was last done.
    #[must_use]
    pub fn done(&self, step: Step) -> Option<OffsetDateTime> {
        self.of(step).and_then(|progress| progress.finished)
    }

    /// The version of the key that this run made, and when.
    #[must_use]
    pub fn made(&self) -> Option<(KeyId, OffsetDateTime)> {
        let progress = self.of(Step::NewVersion)?;
        Some((progress.touches.parse().ok()?, progress.finished?))
    }

    /// The progress of a step on one thing. A new version is told by another name after it is made than before.
    fn progress(&mut self, step: Step, touches: &str) -> &mut Progress {
        let same = |known: &Progress| known.step == step && (known.finished.is_none() || known.touches == touches);
        let at = self.steps.iter().rposition(same).unwrap_or_else(|| {
            self.steps.push(Progress {
                step,
                touches: touches.to_owned(),
                sent: 0,
                answered: 0,
                finished: None,
                how: String::new(),
                created: false,
                correlation_id: None,
            });
            self.steps.len() - 1
        });
        touches.clone_into(&mut self.steps[at].touches);
        &mut self.steps[at]
    }
}
