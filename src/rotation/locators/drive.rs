//! The loop over all locators: what is away first, one at a time per asset, several assets at once, and a safe stop.

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
use super::sealing;
use super::state::Whereabouts;

/// How many locators a problem names.
const NAMED: usize = 5;

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
    let work = async {
        for whereabouts in Whereabouts::IN_ORDER {
            pass(worker, &items, whereabouts).await?;
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

/// Works on every locator that is there now. Whatever an earlier process deleted comes back before anything else is deleted, or
/// asked for its streams, whichever asset it is on.
async fn pass(worker: &Worker, items: &[&Item], whereabouts: Whereabouts) -> Result<(), Problem> {
    let concurrency = worker.order.concurrency.max(1);
    let assets = by_asset(worker, items, whereabouts);
    let mut assets = stream::iter(assets).map(|items| asset(worker, items, whereabouts)).buffer_unordered(concurrency);
    while let Some(done) = assets.next().await {
        done?;
    }
    Ok(())
}

/// The locators that are there now, by their assets. An asset from which one is still away, because it could not come back, is
/// left alone: another delete would free a place that somebody else may take.
fn by_asset<'a>(worker: &Worker, items: &[&'a Item], whereabouts: Whereabouts) -> Vec<Vec<&'a Item>> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut assets: Vec<(bool, Vec<&Item>)> = Vec::new();
    for item in items {
        let place = *places.entry(item.locator.asset.to_ascii_lowercase()).or_insert_with(|| {
            assets.push((true, Vec::new()));
            assets.len() - 1
        });
        let (whole, group) = &mut assets[place];
        match worker.whereabouts(&item.locator.id) {
            now if now == whereabouts => group.push(item),
            now => *whole &= now >= whereabouts,
        }
    }
    assets.into_iter().filter(|(whole, group)| *whole && !group.is_empty()).map(|(_, group)| group).collect()
}

async fn asset(worker: &Worker, items: Vec<&Item>, whereabouts: Whereabouts) -> Result<(), Problem> {
    for item in items {
        worker.ask_before(item).await?;
        worker.recreate(item).await?;
        let is_away = worker.whereabouts(&item.locator.id) < Whereabouts::InPlace;
        if is_away && whereabouts > Whereabouts::Away {
            break;
        }
    }
    Ok(())
}

/// What somebody has to mend, of each locator with its id: first what keeps every locator from going on, then what keeps one away.
/// What certainly cannot come back is told by the report of a run that has ended.
fn failures<'a>(worker: &Worker, items: &[&'a Item]) -> Vec<(&'a str, Problem)> {
    let mut failed = Vec::new();
    for item in items {
        let progress = worker.progress(&item.locator.id);
        if let Some(problem) = progress.failed.as_ref().filter(|_| !progress.is_over()) {
            let rank = (problem.kind == Kind::Person, progress.whereabouts());
            failed.push((rank, item.locator.id.as_str(), (**problem).clone()));
        }
    }
    failed.sort_by_key(|(rank, ..)| *rank);
    failed.into_iter().map(|(_, id, problem)| (id, problem)).collect()
}

/// One problem for several: the first, who shares it for want of a seal key, and how many others there are.
fn together(worker: &Worker, mut problems: Vec<(&str, Problem)>) -> Problem {
    let (_, problem) = problems.remove(0);
    let sealed = [sealing::UNAVAILABLE, sealing::DIFFERS].contains(&problem.code.as_str());
    let (alike, others): (Vec<_>, Vec<_>) = problems.into_iter().partition(|(_, other)| sealed && other.code == problem.code);
    let named: Vec<&str> = alike.iter().take(NAMED).map(|(id, _)| *id).collect();
    let problem = match alike.len().saturating_sub(NAMED) {
        _ if alike.is_empty() => problem,
        0 => problem.because(format!("away as well, and sealed with a key that is not at hand: {}", named.join(", "))),
        more => problem
            .because(format!("away as well, and sealed with a key that is not at hand: {} and {more} more", named.join(", "))),
    };
    let problem = match others.len() {
        0 => problem,
        others => problem.because(format!("{others} more locators stopped; keyroll report names them")),
    };
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
