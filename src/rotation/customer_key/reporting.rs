//! From a run's state to its report. Pure.

use crate::domain::customer_key::{Outcome, Report, StepReport};
use crate::domain::report::RunStatus;

use super::created;
use super::state::RunState;

/// What the run came to so far.
#[must_use]
pub fn report(state: &RunState) -> Report {
    let (status, next_due, next) = match (&state.outcome, &state.problem, &state.waiting) {
        (Some((Outcome::Done, _)), _, _) => (RunStatus::Done, None, String::new()),
        (Some((Outcome::Aborted, _)), _, _) => (RunStatus::Aborted, None, String::new()),
        (None, Some(problem), _) => (RunStatus::Stopped, None, problem.message.clone()),
        (None, None, Some((_, until, why))) => (RunStatus::Waiting, Some(*until), why.clone()),
        (None, None, None) => (RunStatus::Unfinished, None, state.open.map_or_else(String::new, |step| step.name().to_owned())),
    };
    Report {
        run_id: state.head.run_id.clone(),
        command: state.head.command.clone(),
        account: state.head.account.clone(),
        status,
        started: state.started,
        finished: state.outcome.map(|(_, time)| time),
        change_reference: state.head.change_reference.clone(),
        steps: state
            .steps
            .iter()
            .map(|progress| StepReport {
                step: progress.step,
                touches: progress.touches.clone(),
                finished: progress.finished,
                how: progress.how.clone(),
                correlation_id: progress.correlation_id.clone(),
            })
            .collect(),
        created: created::of_run(state),
        next_due,
        next,
        problem: state.problem.clone(),
    }
}
