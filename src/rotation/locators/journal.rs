//! The journal of one run: append-only, durable before a request leaves, chained by hashes, read back by folding.

use std::sync::Arc;

use crate::contract;
use crate::domain::clock::Clock;
use crate::domain::locator::event::{Deed, Entry, Event, Started};
use crate::domain::locator::order::Order;
use crate::domain::problem::Problem;
use crate::rotation::chain::{self, Chain, Chained};
use crate::rotation::journal::no_such_run;
use crate::rotation::storage::Storage;

use super::engine::Listener;
use super::state::RunState;

impl Chained for Entry {
    fn parse(line: &str) -> Result<(Self, String), Problem> {
        contract::locator::parse(line)
    }

    fn line(&self, previous: &str) -> String {
        contract::locator::line(self, previous)
    }

    fn sequence(&self) -> u64 {
        self.sequence
    }
}

/// The head of a journal; nothing when its first line is torn.
///
/// # Errors
/// When the line is there and cannot be read, or is from the future.
pub fn head(run: &str, bytes: &[u8]) -> Result<Option<Started>, Problem> {
    chain::head(run, bytes, |entry: Entry| match entry.event {
        Event::Started(head) => Some(*head),
        _ => None,
    })
}

/// Whether the last line of a journal ends its run.
#[must_use]
pub fn is_finished(bytes: &[u8]) -> bool {
    matches!(chain::last(bytes), Some(Entry { event: Event::Finished { .. }, .. }))
}

/// The order and state of a run, from its journal, which is never there as a whole: ten thousand locators write tens of megabytes.
///
/// # Errors
/// Not found, when it was never begun; and when its journal or its order cannot be read.
pub fn replay(storage: &dyn Storage, run: &str) -> Result<(Order, RunState), Problem> {
    let mut fold = Fold::default();
    let journal = storage.open_journal(run)?.ok_or_else(|| no_such_run(run))?;
    chain::each(run, journal, |entry| fold.take(&entry))?;
    fold.end(storage, run)
}

/// What the entries that were read so far fold to: sixty thousand of them are never there at once.
#[derive(Default)]
struct Fold(Option<RunState>);

impl Fold {
    fn take(&mut self, entry: &Entry) {
        match (&mut self.0, &entry.event) {
            (Some(state), _) => state.apply(entry),
            (None, Event::Started(head)) if entry.sequence == 1 => self.0 = Some(RunState::new((**head).clone(), entry.time)),
            (None, _) => {}
        }
    }

    fn end(self, storage: &dyn Storage, run: &str) -> Result<(Order, RunState), Problem> {
        let state = self.0.ok_or_else(|| no_such_run(run).because("its journal was never begun"))?;
        let order = contract::locator::parse_order(&chain::plan(storage, run, &state.head.order_digest)?)?;
        Ok((order, state))
    }
}

/// An open journal: appends, and keeps the state that its entries fold to.
#[derive(Debug)]
pub struct Journal {
    clock: Arc<dyn Clock>,
    listener: Arc<dyn Listener>,
    chain: Chain,
    /// Where the run stands.
    pub state: RunState,
}

impl Journal {
    /// Begins the journal of a new run.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(
        storage: Arc<dyn Storage>,
        clock: Arc<dyn Clock>,
        listener: Arc<dyn Listener>,
        order: &Order,
        head: Started,
    ) -> Result<Self, Problem> {
        let run = head.run_id.clone();
        storage.write_plan(&run, &contract::locator::stored_order(order))?;
        let state = RunState::new(head.clone(), clock.now());
        let mut journal = Self { clock, listener, chain: Chain::begin(storage, &run), state };
        journal.append(Event::Started(Box::new(head)))?;
        Ok(journal)
    }

    /// Opens the journal of a run that was begun before; a torn tail is cut off first.
    ///
    /// # Errors
    /// Not found, when there is no such run; and when journal or order cannot be read.
    pub fn open(
        storage: Arc<dyn Storage>,
        clock: Arc<dyn Clock>,
        listener: Arc<dyn Listener>,
        run: &str,
    ) -> Result<(Self, Order), Problem> {
        let mut fold = Fold::default();
        let chain = Chain::open_each(storage, run, |entry| fold.take(&entry))?;
        let (order, state) = fold.end(chain.storage(), run)?;
        Ok((Self { clock, listener, chain, state }, order))
    }

    /// Writes what became of a locator.
    ///
    /// # Errors
    /// As [`Self::append`].
    pub fn note(&mut self, id: &str, deed: Deed) -> Result<(), Problem> {
        self.append(Event::Locator { id: id.to_owned(), deed })
    }

    /// The entry that was written last, read from the storage again.
    ///
    /// # Errors
    /// As [`Chain::last_stored`].
    pub fn last_stored(&self) -> Result<Entry, Problem> {
        self.chain.last_stored()
    }

    /// Writes one event, makes it durable, and takes it into the state.
    ///
    /// # Errors
    /// When it cannot be written; then the state is unchanged and nothing that depends on it may be sent.
    pub fn append(&mut self, event: Event) -> Result<(), Problem> {
        let entry = Entry { sequence: self.chain.next()?, time: self.clock.now(), event };
        self.chain.append(&entry)?;
        self.state.apply(&entry);
        self.listener.entry(self.chain.run(), &entry, &self.state);
        Ok(())
    }
}
