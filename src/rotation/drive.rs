//! The loop: decide, do side by side, wait, and stop safely.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::{Either, select};
use futures::stream::{FuturesUnordered, StreamExt as _};
use time::OffsetDateTime;

use crate::domain::event::Event;
use crate::domain::problem::{Kind, Problem};

use super::cancel::Cancel;
use super::decide::{Next, Task, decide};
use super::engine::Patience;
use super::perform::Worker;

/// How long tasks in flight are given to end when the run is cancelled; what they began is in the journal either way.
const GRACE: Duration = Duration::from_secs(10);

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

async fn run(worker: &Worker, patience: Patience, cancel: &Cancel) -> Result<(), Problem> {
    let concurrency = worker.journal.borrow().plan.options.concurrency.max(1);
    let clock = worker.client.clock().clone();
    let mut working = FuturesUnordered::new();
    let mut busy: BTreeSet<(u32, String)> = BTreeSet::new();
    let mut stop: Option<Problem> = None;
    loop {
        let mut wait: Option<OffsetDateTime> = None;
        if stop.is_none() {
            if let Some(signal) = cancel.signal() {
                stop = Some(interrupted(worker, signal));
            }
        }
        if stop.is_none() {
            let next = {
                let journal = worker.journal.borrow();
                decide(&journal.plan, &journal.state, clock.now())
            };
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
                    wait = Some(until);
                }
                Next::Ask(names) if busy.is_empty() => return Err(ask(worker, &names)),
                Next::Blocked(problem) if busy.is_empty() => return Err(go_on(worker, problem)),
                Next::Ask(_) | Next::Blocked(_) => {}
                Next::Done(_) => return Ok(()),
            }
        }
        if working.is_empty() {
            if let Some(problem) = stop {
                return Err(problem);
            }
        }
        let pause = async {
            match (&stop, wait) {
                (Some(_), _) => clock.sleep(GRACE).await,
                (None, Some(until)) => clock.sleep((until - clock.now()).try_into().unwrap_or(Duration::ZERO)).await,
                (None, None) => std::future::pending().await,
            }
        };
        let cancelled = async {
            if stop.is_some() { std::future::pending().await } else { cancel.wait().await }
        };
        let finished = async {
            match working.next().await {
                Some(finished) => finished,
                None => std::future::pending().await,
            }
        };
        let either = select(Box::pin(finished), select(Box::pin(pause), Box::pin(cancelled))).await;
        match either {
            Either::Left(((place, result), _)) => {
                busy.remove(&place);
                if let Err(problem) = result {
                    stop.get_or_insert(problem);
                }
            }
            // A stop that outlasts its grace drops what is in flight; the journal knows of it.
            Either::Right((Either::Left(_), _)) => {
                if let Some(problem) = stop {
                    return Err(problem);
                }
            }
            Either::Right((Either::Right(_), _)) => {}
        }
    }
}

type Working<'a> = FuturesUnordered<std::pin::Pin<Box<dyn Future<Output = ((u32, String), Result<(), Problem>)> + 'a>>>;

fn start<'a>(worker: &'a Worker, tasks: Vec<Task>, concurrency: usize, busy: &mut BTreeSet<(u32, String)>, working: &Working<'a>) {
    for task in tasks {
        let place = task.place();
        if busy.len() >= concurrency || !busy.insert(place.clone()) {
            continue;
        }
        working.push(Box::pin(async move { (place, worker.perform(task).await) }));
    }
}

fn note_wait(worker: &Worker, step: u32, until: OffsetDateTime, why: &str) -> Result<(), Problem> {
    let known = worker.journal.borrow().state.of(step).waiting.as_ref().is_some_and(|(time, reason)| *time == until && reason == why);
    if known { Ok(()) } else { worker.note(Event::Waiting { step, until, why: why.to_owned() }) }
}

fn run_id(worker: &Worker) -> String {
    worker.journal.borrow().state.head.run_id.clone()
}

fn interrupted(worker: &Worker, signal: u8) -> Problem {
    let run = run_id(worker);
    Problem::new(Kind::Interrupted(signal), "interrupted", format!("run {run} was interrupted; its journal is intact and nothing is lost"))
        .hint(format!("continue with keyroll resume --run-id {run}"))
        .hint(format!("or point everything back with keyroll abort --run-id {run}"))
}

fn ask(worker: &Worker, names: &[crate::domain::plan::Acceptance]) -> Problem {
    let run = run_id(worker);
    let list: Vec<String> = names.iter().map(|needed| needed.name.clone()).collect();
    let mut problem = Problem::blocked("acceptanceNeeded", format!("run {run} met something new that has to be accepted: {}", list.join(", ")))
        .hint(format!("go on with keyroll resume --run-id {run} --accept {}", list.join(",")));
    for needed in names {
        problem = problem.because(format!("{}: {}", needed.name, needed.why));
    }
    problem.accept = list;
    problem
}

fn go_on(worker: &Worker, problem: Problem) -> Problem {
    let run = run_id(worker);
    problem.hint(format!("when that is mended, go on with keyroll resume --run-id {run}"))
}
