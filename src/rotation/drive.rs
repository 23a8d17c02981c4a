//! The loop: decide, do side by side, wait, and stop safely.

use std::collections::BTreeSet;
use std::future::pending;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::select;
use futures::stream::{FuturesUnordered, StreamExt as _};
use time::OffsetDateTime;

use crate::domain::clock::Clock;
use crate::domain::event::Event;
use crate::domain::problem::{Kind, Problem};

use super::cancel::Cancel;
use super::decide::{Next, Task, decide};
use super::perform::Worker;

/// Whether a command waits with the run or returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Wait until the run is over.
    Wait,
    /// Return at the first wait.
    UntilFirstWait,
}

/// How long tasks in flight are given to end when the run is cancelled; what they began is in the journal either way.
///
/// Longer than what a run that recreates locators is given for the same.
const GRACE: Duration = Duration::from_secs(15);

/// Drives a run until it is done, waits (where that is wanted), or cannot go on. What ended it is in the journal.
///
/// # Errors
/// What stopped the run.
pub async fn drive(worker: &Worker, patience: Patience, cancel: &Cancel) -> Result<(), Problem> {
    let end = run(worker, patience, cancel).await;
    if let Err(problem) = &end {
        let event = match problem.kind {
            Kind::Interrupted(signal) => Event::Interrupted { signal },
            _ => Event::Stopped { problem: Box::new(problem.clone()) },
        };
        worker.note(event)?;
    }
    end
}

/// A task's place with its result.
type Finished = ((u32, String), Result<(), Box<Problem>>);
type Working<'a> = FuturesUnordered<Pin<Box<dyn Future<Output = Finished> + 'a>>>;

/// What ended a pause of the loop.
enum Woken {
    Task(Finished),
    Time,
    Signal,
}

async fn run(worker: &Worker, patience: Patience, cancel: &Cancel) -> Result<(), Problem> {
    let concurrency = worker.journal.borrow().plan.options.concurrency.max(1);
    let clock = worker.client.clock().clone();
    let mut working = Working::new();
    let mut busy: BTreeSet<(u32, String)> = BTreeSet::new();
    loop {
        if let Some(signal) = cancel.signal() {
            return wind_down(worker, working, interrupted(worker, signal)).await;
        }
        let next = {
            let journal = worker.journal.borrow();
            decide(&journal.plan, &journal.state, clock.now())
        };
        let mut wait = None;
        match next {
            Next::Do(tasks) => start(worker, tasks, concurrency, &mut busy, &working),
            Next::Reconcile(task) => start(worker, vec![task], concurrency, &mut busy, &working),
            Next::WaitUntil { step, until, why } => {
                if busy.is_empty() {
                    note_wait(worker, step, until, &why)?;
                    if patience == Patience::UntilFirstWait {
                        return Ok(());
                    }
                }
                wait = Some(Duration::try_from(until - clock.now()).unwrap_or_default());
            }
            Next::Ask(names) if busy.is_empty() => return Err(ask(worker, &names)),
            Next::Blocked(problem) if busy.is_empty() && problem.kind == Kind::Drift => return Err(problem),
            Next::Blocked(problem) if busy.is_empty() => return Err(go_on(worker, problem)),
            // What is in flight ends first.
            Next::Ask(_) | Next::Blocked(_) => {}
            Next::Done(_) => return Ok(()),
        }
        match pause(&mut working, &clock, wait, cancel).await {
            Woken::Task((place, Ok(()))) => {
                busy.remove(&place);
            }
            Woken::Task((_, Err(problem))) => return wind_down(worker, working, *problem).await,
            Woken::Time | Woken::Signal => {}
        }
    }
}

async fn pause(working: &mut Working<'_>, clock: &Arc<dyn Clock>, wait: Option<Duration>, cancel: &Cancel) -> Woken {
    let task = async {
        match working.next().await {
            Some(finished) => Woken::Task(finished),
            None => pending().await,
        }
    };
    let time = async {
        match wait {
            Some(wait) => clock.sleep(wait).await,
            None => pending().await,
        }
        Woken::Time
    };
    let signal = async {
        cancel.wait().await;
        Woken::Signal
    };
    select(select(pin!(task), pin!(time)).map(|either| either.factor_first().0), pin!(signal)).await.factor_first().0
}

/// Lets what is in flight end, for a while, and gives back what ended the run. What does not end in time is dropped: its
/// intent is in the journal, and a resume finds out what became of it.
async fn wind_down(worker: &Worker, mut working: Working<'_>, problem: Problem) -> Result<(), Problem> {
    let clock = worker.client.clock().clone();
    let ended = async { while working.next().await.is_some() {} };
    select(pin!(ended), clock.sleep(GRACE)).await;
    Err(problem)
}

fn start<'a>(
    worker: &'a Worker,
    tasks: Vec<Task>,
    concurrency: usize,
    busy: &mut BTreeSet<(u32, String)>,
    working: &Working<'a>,
) {
    for task in tasks {
        let place = task.place();
        if busy.len() >= concurrency || !busy.insert(place.clone()) {
            continue;
        }
        working.push(Box::pin(async move { (place, worker.perform(task).await.map_err(Box::new)) }));
    }
}

fn note_wait(worker: &Worker, step: u32, until: OffsetDateTime, why: &str) -> Result<(), Problem> {
    let known =
        worker.journal.borrow().state.of(step).waiting.as_ref().is_some_and(|(time, reason)| *time == until && reason == why);
    if known { Ok(()) } else { worker.note(Event::Waiting { step, until, why: why.to_owned() }) }
}

fn run_id(worker: &Worker) -> String {
    worker.journal.borrow().state.head.run_id.clone()
}

fn interrupted(worker: &Worker, signal: u8) -> Problem {
    let run = run_id(worker);
    Problem::new(
        Kind::Interrupted(signal),
        "interrupted",
        format!("run {run} was interrupted; its journal is intact and nothing is lost"),
    )
    .hint(format!("continue with keyroll resume --run-id {run}"))
    .hint(format!("or point everything back with keyroll abort --run-id {run}"))
}

fn ask(worker: &Worker, names: &[crate::domain::plan::Acceptance]) -> Problem {
    let run = run_id(worker);
    let list: Vec<String> = names.iter().map(|needed| needed.name.clone()).collect();
    let mut problem =
        Problem::blocked("acceptanceNeeded", format!("run {run} met something new that has to be accepted: {}", list.join(", ")))
            .hint(format!("go on with keyroll resume --run-id {run} --accept {}", list.join(",")));
    for needed in names {
        problem = problem.because(format!("{}: {}", needed.name, needed.why));
    }
    problem.accept = list;
    problem
}

fn go_on(worker: &Worker, problem: Problem) -> Problem {
    let run = run_id(worker);
    if problem.hints.iter().any(|hint| hint.contains("keyroll resume")) {
        return problem;
    }
    problem.hint(format!("when that is mended, go on with keyroll resume --run-id {run}"))
}
