//! The journal of one run: append-only, durable before a request leaves, chained as a rotation's is.

use std::sync::Arc;

use crate::contract;
use crate::contract::customer_key as wire;
use crate::domain::clock::Clock;
use crate::domain::customer_key::{Entry, Event, Order, Started};
use crate::domain::problem::Problem;
use crate::rotation::journal::no_such_run;
use crate::rotation::kind::RunKind;
use crate::rotation::storage::Storage;

use super::engine::Listener;
use super::state::RunState;

/// What a journal's bytes say.
#[derive(Debug)]
pub struct Contents {
    /// The entries in order.
    pub entries: Vec<Entry>,
    /// The digest of the last line.
    pub last_digest: String,
    /// How many bytes belong to whole lines; anything after them is a torn tail.
    pub whole: u64,
}

/// Reads a journal's bytes and checks the chain.
///
/// # Errors
/// When a line that is not the last one cannot be read, a number is missing, or a line does not name the digest of the one before.
pub fn read(run: &str, bytes: &[u8]) -> Result<Contents, Problem> {
    let mut contents = Contents { entries: Vec::new(), last_digest: contract::event::FIRST.to_owned(), whole: 0 };
    let mut rest = bytes;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (line, after) = (&rest[..end], &rest[end + 1..]);
        let number = contents.entries.len() as u64 + 1;
        let broken = |why: &str| {
            Problem::failed("brokenJournal", format!("line {number} of the journal of run {run} {why}"))
                .hint(format!("look with keyroll report --verify --run-id {run}; a person has to decide what happened"))
        };
        let text = std::str::from_utf8(line).map_err(|_| broken("is not text"))?;
        let (entry, previous) = match wire::parse(text) {
            Ok(parsed) => parsed,
            Err(problem) if problem.code == "journalFromTheFuture" => return Err(problem),
            // A crash may leave the last line garbled although its line break arrived.
            Err(_) if after.is_empty() => return Ok(contents),
            Err(problem) => return Err(broken("cannot be read").because(problem)),
        };
        if previous != contents.last_digest || entry.sequence != number {
            return Err(broken("does not follow the line before it"));
        }
        contents.last_digest = contract::event::digest(text);
        contents.whole += line.len() as u64 + 1;
        contents.entries.push(entry);
        rest = after;
    }
    Ok(contents)
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
    storage: Arc<dyn Storage>,
    clock: Arc<dyn Clock>,
    listener: Arc<dyn Listener>,
    run: String,
    last_digest: String,
    sequence: u64,
    broken: Option<Problem>,
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
        let mut journal = Self {
            storage,
            state: RunState::new(head.clone(), clock.now()),
            clock,
            listener,
            run,
            last_digest: contract::event::FIRST.to_owned(),
            sequence: 0,
            broken: None,
            order,
        };
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
        let bytes = storage.read_journal(run)?.ok_or_else(|| no_such_run(run))?;
        let contents = read(run, &bytes)?;
        if contents.whole < bytes.len() as u64 {
            storage.truncate(run, contents.whole)?;
        }
        let state = fold(&contents.entries).ok_or_else(|| no_such_run(run).because("its journal was never begun"))?;
        let order = storage.read_plan(run)?.ok_or_else(|| no_such_run(run).because("its order is missing"))?;
        Ok(Self {
            storage,
            clock,
            listener,
            run: run.to_owned(),
            last_digest: contents.last_digest,
            sequence: contents.entries.len() as u64,
            broken: None,
            state,
            order: wire::parse_order(&order)?,
        })
    }

    /// Writes one event, makes it durable, and takes it into the state.
    ///
    /// # Errors
    /// When it cannot be written; then nothing that depends on it may be sent.
    pub fn append(&mut self, event: Event) -> Result<(), Problem> {
        if let Some(problem) = &self.broken {
            return Err(problem.clone());
        }
        let entry = Entry { sequence: self.sequence + 1, time: self.clock.now(), event };
        let line = wire::line(&entry, &self.last_digest);
        if let Err(problem) = self.storage.append(&self.run, &format!("{line}\n")) {
            self.broken = Some(problem.clone());
            return Err(problem);
        }
        self.sequence = entry.sequence;
        self.last_digest = contract::event::digest(&line);
        self.state.apply(&entry);
        self.listener.entry(&self.run, &entry, &self.state);
        Ok(())
    }
}
