//! The journal of one run: append-only, durable before a request leaves, chained by hashes, read back by folding.

use std::sync::Arc;

use crate::contract;
use crate::domain::clock::Clock;
use crate::domain::event::{Entry, Event, RunStarted};
use crate::domain::plan::Plan;
use crate::domain::problem::Problem;

use super::chain::{self, Chain, Chained};
use super::sink::Sink;
use super::state::RunState;
use super::storage::Storage;

/// What a journal's bytes say.
pub type Contents = chain::Contents<Entry>;

/// Reads a journal's bytes and checks the chain.
///
/// # Errors
/// As [`chain::read`].
pub fn read(run: &str, bytes: &[u8]) -> Result<Contents, Problem> {
    chain::read(run, bytes)
}

impl Chained for Entry {
    fn parse(line: &str) -> Result<(Self, String), Problem> {
        contract::event::parse(line)
    }

    fn line(&self, previous: &str) -> String {
        contract::event::line(self, previous)
    }

    fn sequence(&self) -> u64 {
        self.sequence
    }
}

/// The head of a journal, from its first line alone; nothing when that line is torn.
///
/// # Errors
/// When the line is there and cannot be read, or is from the future.
pub fn head(run: &str, bytes: &[u8]) -> Result<Option<RunStarted>, Problem> {
    chain::head(run, bytes, |entry: Entry| match entry.event {
        Event::RunStarted(head) => Some(*head),
        _ => None,
    })
}

/// Whether the last line of a journal ends its run.
#[must_use]
pub fn is_finished(bytes: &[u8]) -> bool {
    matches!(chain::last(bytes), Some(Entry { event: Event::Finished { .. }, .. }))
}

/// An open journal: appends, and keeps the state that its entries fold to.
#[derive(Debug)]
pub struct Journal {
    clock: Arc<dyn Clock>,
    sink: Arc<dyn Sink>,
    chain: Chain,
    /// Where the run stands.
    pub state: RunState,
    /// The plan that the run carries out.
    pub plan: Plan,
}

impl Journal {
    /// Begins the journal of a new run.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(
        storage: Arc<dyn Storage>,
        clock: Arc<dyn Clock>,
        sink: Arc<dyn Sink>,
        plan: Plan,
        head: RunStarted,
    ) -> Result<Self, Problem> {
        let run = head.run_id.clone();
        storage.write_plan(&run, &contract::plan::document(&plan).to_string())?;
        let state = RunState::new(&plan, head.clone(), clock.now());
        let mut journal = Self { clock, sink, chain: Chain::begin(storage, &run), state, plan };
        journal.append(Event::RunStarted(Box::new(head)))?;
        Ok(journal)
    }

    /// Opens the journal of a run that was begun before; a torn tail is cut off first.
    ///
    /// # Errors
    /// Not found, when there is no such run; and when the journal or plan cannot be read, is broken, or is from the future.
    pub fn open(storage: Arc<dyn Storage>, clock: Arc<dyn Clock>, sink: Arc<dyn Sink>, run: &str) -> Result<Self, Problem> {
        let (chain, entries) = Chain::open(storage, run)?;
        let (plan, state) = fold(chain.storage(), run, &entries)?;
        Ok(Self { clock, sink, chain, state, plan })
    }

    /// Writes one event, makes it durable, and takes it into the state.
    ///
    /// # Errors
    /// When it cannot be written; then the state is unchanged and nothing that depends on it may be sent.
    pub fn append(&mut self, event: Event) -> Result<(), Problem> {
        let entry = Entry { sequence: self.chain.next()?, time: self.clock.now(), event };
        self.chain.append(&entry)?;
        self.state.apply(&entry);
        if matches!(entry.event, Event::Finished { .. }) {
            // Only a shortcut: without it the journal is read.
            let _ = self.chain.storage().close(self.chain.run());
        }
        self.sink.entry(self.chain.run(), &entry, &self.state);
        Ok(())
    }
}

/// The plan and state of a run, without opening it for writing.
///
/// # Errors
/// As [`Journal::open`].
pub fn fold(storage: &dyn Storage, run: &str, entries: &[Entry]) -> Result<(Plan, RunState), Problem> {
    let Some((Entry { event: Event::RunStarted(head), time, .. }, rest)) = entries.split_first() else {
        return Err(no_such_run(run).because("its journal was never begun"));
    };
    let anew = "to go on without it, move the run's folder away and plan anew: what is half rolled converges first";
    let plan = chain::plan(storage, run, &head.plan_digest).map_err(|problem| problem.hint(anew))?;
    let plan = contract::plan::parse(&plan)?;
    let mut state = RunState::new(&plan, (**head).clone(), *time);
    for entry in rest {
        state.apply(entry);
    }
    Ok((plan, state))
}

/// The problem of a run that is not in the state.
#[must_use]
pub fn no_such_run(run: &str) -> Problem {
    Problem::not_found("noSuchRun", format!("there is no run {run} in this state folder"))
        .hint("list the runs with keyroll status, or name the folder with --state")
}

#[cfg(test)]
mod tests;
