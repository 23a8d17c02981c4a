//! The loop over all locators: one at a time per asset, several assets at once, and a safe stop.

use std::collections::HashMap;
use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};
use futures::stream::{self, StreamExt as _};

use crate::domain::event::Outcome;
use crate::domain::locator::event::Event;
use crate::domain::locator::order::Item;
use crate::domain::problem::{Kind, Problem};
use crate::rotation::Cancel;

use super::perform::Worker;

/// How long a deleted locator is given to come back when the run is cancelled; what was begun is in the journal either way.
const GRACE: Duration = Duration::from_secs(10);

/// Drives a run until every locator is back or left. What ended it is in the journal.
///
/// # Errors
/// What stopped the run.
pub(super) async fn drive(worker: &Worker, cancel: &Cancel) -> Result<(), Problem> {
    let end = run(worker, cancel).await;
    let event = match &end {
        Ok(()) => {
            let aborting = worker.journal.borrow().state.aborting;
            Event::Finished { outcome: if aborting { Outcome::Aborted } else { Outcome::Done } }
        }
        Err(problem) => match problem.kind {
            Kind::Interrupted(signal) => Event::Interrupted { signal },
            _ => Event::Stopped { problem: Box::new(problem.clone()) },
        },
    };
    worker.journal.borrow_mut().append(event)?;
    end
}

async fn run(worker: &Worker, cancel: &Cancel) -> Result<(), Problem> {
    let items = remaining(worker);
    let concurrency = worker.order.concurrency.max(1);
    let work = async {
        let mut assets = stream::iter(by_asset(worker, &items)).map(|items| asset(worker, items)).buffer_unordered(concurrency);
        while let Some(done) = assets.next().await {
            done?;
        }
        Ok::<(), Problem>(())
    };
    match select(pin!(work), pin!(cancel.wait())).await {
        Either::Left((done, _)) => done?,
        Either::Right((signal, work)) => {
            worker.halted.set(true);
            if let Either::Left((done, _)) = select(work, worker.clock.sleep(GRACE)).await {
                done?;
            }
            return Err(interrupted(worker, signal));
        }
    }
    match failures(worker, &items) {
        problems if problems.is_empty() => match select(pin!(worker.ask_after()), pin!(cancel.wait())).await {
            Either::Left((done, _)) => done,
            Either::Right((signal, _)) => Err(interrupted_asking(worker, signal)),
        },
        problems => Err(together(worker, problems)),
    }
}

/// What the run still has to look after. One that is being ended begins nothing new.
fn remaining(worker: &Worker) -> Vec<&Item> {
    let journal = worker.journal.borrow();
    let aborting = journal.state.aborting;
    let known = |item: &&Item| journal.state.locators.contains_key(&item.locator.id.to_ascii_lowercase());
    let open = |item: &&Item| !journal.state.of(&item.locator.id).is_over();
    worker.order.recreated().filter(|item| open(item) && (!aborting || known(item))).collect()
}

/// The locators of each asset; first those assets where something may be deleted and not back.
fn by_asset<'a>(worker: &Worker, items: &[&'a Item]) -> Vec<Vec<&'a Item>> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut assets: Vec<(bool, Vec<&Item>)> = Vec::new();
    for item in items {
        let at_risk = worker.progress(&item.locator.id).is_at_risk();
        let place = *places.entry(item.locator.asset.to_ascii_lowercase()).or_insert_with(|| {
            assets.push((true, Vec::new()));
            assets.len() - 1
        });
        let (safe, group) = &mut assets[place];
        *safe &= !at_risk;
        if at_risk { group.insert(0, item) } else { group.push(item) }
    }
    assets.sort_by_key(|(safe, _)| *safe);
    assets.into_iter().map(|(_, group)| group).collect()
}

async fn asset(worker: &Worker, items: Vec<&Item>) -> Result<(), Problem> {
    for item in items {
        worker.ask_before(item).await?;
        worker.recreate(item).await?;
        // Another delete would free a place that somebody else may take: what is away comes back first.
        if worker.progress(&item.locator.id).is_at_risk() {
            break;
        }
    }
    Ok(())
}

/// What somebody has to mend. What certainly cannot come back is told by the report of a run that has ended.
fn failures(worker: &Worker, items: &[&Item]) -> Vec<Problem> {
    let progress = items.iter().map(|item| worker.progress(&item.locator.id));
    progress.filter(|progress| !progress.is_over()).filter_map(|progress| progress.failed).collect()
}

/// One problem for several: the first, and how many others there are.
fn together(worker: &Worker, mut problems: Vec<Problem>) -> Problem {
    // What keeps every locator from going on comes before what one of them needs.
    problems.sort_by_key(|problem| problem.kind == Kind::Person);
    let others = problems.len() - 1;
    let problem = problems.swap_remove(0);
    let problem =
        if others == 0 { problem } else { problem.because(format!("{others} more locators stopped; keyroll report names them")) };
    if problem.hints.iter().any(|hint| hint.contains("keyroll resume")) {
        return problem;
    }
    problem.hint(format!("when that is mended, go on with keyroll resume --run-id {}", worker.journal.borrow().state.head.run_id))
}

fn interrupted(worker: &Worker, signal: u8) -> Problem {
    let run = worker.journal.borrow().state.head.run_id.clone();
    Problem::new(
        Kind::Interrupted(signal),
        "interrupted",
        format!("run {run} was interrupted; every locator that it deleted is complete in its journal"),
    )
    .hint(format!("continue with keyroll resume --run-id {run}"))
    .hint(format!("or end the run with keyroll abort --run-id {run}"))
}

/// Nothing is left to do but to ask: an end of the run would move every locator once more.
fn interrupted_asking(worker: &Worker, signal: u8) -> Problem {
    let run = worker.journal.borrow().state.head.run_id.clone();
    let message = format!("run {run} was interrupted while streaming URLs were asked; every locator is back");
    Problem::new(Kind::Interrupted(signal), "interrupted", message)
        .hint(format!("ask them to the end with keyroll resume --run-id {run}"))
}
