//! The journal of one run: append-only, durable before a request leaves, chained as a rotation's is.

use std::sync::Arc;

use crate::contract::customer_key as wire;
use crate::domain::clock::Clock;
use crate::domain::customer_key::{Entry, Event, Order, Started};
use crate::domain::problem::Problem;
use crate::rotation::chain::{self, Chain, Chained};
use crate::rotation::journal::no_such_run;
use crate::rotation::kind::RunKind;
use crate::rotation::storage::Storage;

use super::engine::Listener;
use super::state::RunState;

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
        wire::parse(line)
    }

    fn line(&self, previous: &str) -> String {
        wire::line(self, previous)
    }

    fn sequence(&self) -> u64 {
        self.sequence
    }
}

/// The state of a run, if its journal is one of ours and was begun.
///
/// # Errors
/// When the journal cannot be read.
pub fn state_of(storage: &dyn Storage, run: &str) -> Result<Option<RunState>, Problem> {
    let Some(bytes) = storage.read_journal(run)? else { return Ok(None) };
    if RunKind::of(&bytes) != RunKind::CustomerKey {
        return Ok(None);
    }
    Ok(fold(&read(run, &bytes)?.entries))
}

/// The order of a run of ours; nothing where it left none.
///
/// # Errors
/// When it cannot be read.
pub fn order_of(storage: &dyn Storage, run: &str) -> Result<Option<Order>, Problem> {
    storage.read_plan(run)?.map(|text| wire::parse_order(&text)).transpose()
}

fn fold(entries: &[Entry]) -> Option<RunState> {
    let (first, rest) = entries.split_first()?;
    let Event::Started(head) = &first.event else { return None };
    let mut state = RunState::new((**head).clone(), first.time);
    for entry in rest {
        state.apply(entry);
    }
    Some(state)
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    clock: Arc<dyn Clock>,
    listener: Arc<dyn Listener>,
    chain: Chain,
    /// Where the run stands.
    pub state: RunState,
    /// What the run brings about.
    pub order: Order,
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
        order: Order,
        head: Started,
    ) -> Result<Self, Problem> {
        let run = head.run_id.clone();
        storage.write_plan(&run, &wire::order(&order).to_string())?;
        let state = RunState::new(head.clone(), clock.now());
        let mut journal = Self { clock, listener, chain: Chain::begin(storage, &run), state, order };
        journal.append(Event::Started(Box::new(head)))?;
        Ok(journal)
    }

    /// Opens the journal of a run that was begun before; a torn tail is cut off first.
    ///
    /// # Errors
    /// Not found, when there is no such run; and when the journal or its order cannot be read.
    pub fn open(
        storage: Arc<dyn Storage>,
        clock: Arc<dyn Clock>,
        listener: Arc<dyn Listener>,
        run: &str,
    ) -> Result<Self, Problem> {
        let (chain, entries) = Chain::open(storage, run)?;
        let state = fold(&entries).ok_or_else(|| no_such_run(run).because("its journal was never begun"))?;
        let order = chain::plan(chain.storage(), run, &state.head.order_digest)?;
        Ok(Self { clock, listener, chain, state, order: wire::parse_order(&order)? })
    }

    /// Writes one event, makes it durable, and takes it into the state.
    ///
    /// # Errors
    /// When it cannot be written; then nothing that depends on it may be sent.
    pub fn append(&mut self, event: Event) -> Result<(), Problem> {
        let entry = Entry { sequence: self.chain.next()?, time: self.clock.now(), event };
        self.chain.append(&entry)?;
        self.state.apply(&entry);
        self.listener.entry(self.chain.run(), &entry, &self.state);
        Ok(())
    }
}
