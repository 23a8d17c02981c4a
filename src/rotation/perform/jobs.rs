//! The last look at an AMS v2 account before it is sent anything: jobs at work may fail, and that has to be accepted.

use crate::domain::dependent::Dependent;
use crate::domain::event::Event;
use crate::domain::plan::{Acceptance, Strategy};
use crate::domain::problem::Problem;

use super::super::jobs::{self, Jobs};
use super::super::{amend, timing};
use super::{Failure, Worker};

impl Worker {
    /// What a report says of the jobs beside which this dependent is moved; nothing, when it may not be moved yet: the run asks
    /// first, or looks again. The name of an account stands for all of its jobs, those of later moves too. A sync asks nothing.
    pub(super) async fn beside_jobs(&self, step: u32, dependent: &Dependent) -> Result<Option<String>, Problem> {
        let name = jobs::acceptance_of(dependent);
        let (accounts, accepted) = {
            let journal = self.journal.borrow();
            let accepted = journal.state.accepted.iter().any(|accepted| accepted.eq_ignore_ascii_case(&name));
            let asks = journal.plan.options.strategy != Strategy::Sync && !journal.state.aborting;
            (journal.plan.media_v2.clone(), accepted || !asks)
        };
        let seen = match jobs::look(&self.client, &accounts, dependent).await {
            Ok(seen) => seen,
            Err(problem) if accepted => Jobs::Unseen(problem.message),
            Err(problem) => {
                let failure = Failure::from(problem);
                return self.retry(step, &dependent.id, failure, timing::TRY_AGAIN, timing::PATIENCE).map(|()| None);
            }
        };
        match seen.concern(&dependent.name) {
            None => Ok(Some(String::new())),
            Some(_) if accepted => Ok(Some(match seen {
                Jobs::AtWork(jobs) => format!("; {jobs}"),
                Jobs::None | Jobs::Unseen(_) => String::new(),
            })),
            Some(concern) => {
                let (act, steps) = (self.step(step)?.act, amend::remaining(&self.journal.borrow().state));
                let acceptances = vec![Acceptance { name, why: concern.clone(), act }];
                self.note(Event::Amended { why: concern, dependents: Vec::new(), steps, acceptances }).map(|()| None)
            }
        }
    }
}
