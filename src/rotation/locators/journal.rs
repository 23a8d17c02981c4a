//! The journal of one run: append-only, durable before a request leaves, chained by hashes, read back by folding.

use std::sync::Arc;

use crate::contract;
use crate::domain::clock::Clock;
use crate::domain::locator::event::{Deed, Entry, Event, Started};
use crate::domain::locator::order::Order;
use crate::domain::problem::Problem;
use crate::rotation::journal::no_such_run;
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
/// When a line that is not the last one cannot be read, or does not follow the line before it.
pub fn read(run: &str, bytes: &[u8]) -> Result<Contents, Problem> {
    let mut contents = Contents { entries: Vec::new(), last_digest: contract::event::FIRST.to_owned(), whole: 0 };
    let mut rest = bytes;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (line, after) = (&rest[..end], &rest[end + 1..]);
        let number = contents.entries.len() + 1;
        let broken = |why: &str| {
            Problem::failed("brokenJournal", format!("line {number} of the journal of run {run} {why}"))
                .hint(format!("look with keyroll report --verify --run-id {run}; a person has to decide what happened"))
        };
        let text = std::str::from_utf8(line).map_err(|_| broken("is not text"))?;
        let (entry, previous) = match contract::locator::parse(text) {
            Ok(parsed) => parsed,
            Err(problem) if problem.code == "journalFromTheFuture" => return Err(problem),
            // A crash may leave the last line garbled although its line break arrived.
            Err(_) if after.is_empty() => return Ok(contents),
            Err(problem) => return Err(broken("cannot be read").because(problem)),
        };
        if previous != contents.last_digest || entry.sequence != number as u64 {
            return Err(broken("does not follow the line before it"));
        }
        contents.last_digest = contract::event::digest(text);
        contents.whole += line.len() as u64 + 1;
        contents.entries.push(entry);
        rest = after;
    }
    Ok(contents)
}

/// The head of a journal; nothing when its first line is torn.
///
/// # Errors
/// When the line is there and cannot be read, or is from the future.
pub fn head(run: &str, bytes: &[u8]) -> Result<Option<Started>, Problem> {
    let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else { return Ok(None) };
    match read(run, &bytes[..=end])?.entries.into_iter().next() {
        Some(Entry { event: Event::Started(head), .. }) => Ok(Some(*head)),
        _ if bytes.len() > end + 1 => {
            Err(Problem::failed("brokenJournal", format!("line 1 of the journal of run {run} cannot be read"))
                .hint(format!("look with keyroll report --verify --run-id {run}; a person has to decide what happened")))
        }
        _ => Ok(None),
    }
}

/// Whether the last line of a journal ends its run.
#[must_use]
pub fn is_finished(bytes: &[u8]) -> bool {
    let last = bytes.strip_suffix(b"\n").and_then(|whole| whole.rsplit(|byte| *byte == b'\n').next());
    let entry = last.and_then(|line| std::str::from_utf8(line).ok()).and_then(|line| contract::locator::parse(line).ok());
    matches!(entry, Some((Entry { event: Event::Finished { .. }, .. }, _)))
}

/// The order and state of a run, from its entries.
///
/// # Errors
/// Not found, when it was never begun; and when its order cannot be read.
pub fn fold(storage: &dyn Storage, run: &str, entries: &[Entry]) -> Result<(Order, RunState), Problem> {
    let Some((Entry { event: Event::Started(head), time, .. }, rest)) = entries.split_first() else {
        return Err(no_such_run(run).because("its journal was never begun"));
    };
    let text = storage.read_plan(run)?.ok_or_else(|| no_such_run(run).because("its order is missing"))?;
    let order = contract::locator::parse_order(&text)?;
    let mut state = RunState::new((**head).clone(), *time);
    for entry in rest {
        state.apply(entry);
    }
    Ok((order, state))
}

/// An open journal: appends, and keeps the state that its entries fold to.
#[derive(Debug)]
pub struct Journal {
    storage: Arc<dyn Storage>,
    clock: Arc<dyn Clock>,
    listener: Arc<dyn Listener>,
    run: String,
    last_digest: String,
    sequence: u64,
    /// The problem of the first append that failed: what it left behind is unknown, so nothing may be written after it.
    broken: Option<Problem>,
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
        storage.write_plan(&run, &contract::locator::order_document(order).to_string())?;
        let state = RunState::new(head.clone(), clock.now());
        let last_digest = contract::event::FIRST.to_owned();
        let mut journal = Self { storage, clock, listener, run, last_digest, sequence: 0, broken: None, state };
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
        let bytes = storage.read_journal(run)?.ok_or_else(|| no_such_run(run))?;
        let contents = read(run, &bytes)?;
        if contents.whole < bytes.len() as u64 {
            storage.truncate(run, contents.whole)?;
        }
        let (order, state) = fold(storage.as_ref(), run, &contents.entries)?;
        let sequence = contents.entries.len() as u64;
        let (run, last_digest) = (run.to_owned(), contents.last_digest);
        Ok((Self { storage, clock, listener, run, last_digest, sequence, broken: None, state }, order))
    }

    /// Writes what became of a locator.
    ///
    /// # Errors
    /// As [`Self::append`].
    pub fn note(&mut self, id: &str, deed: Deed) -> Result<(), Problem> {
        self.append(Event::Locator { id: id.to_owned(), deed })
    }

    /// Writes one event, makes it durable, and takes it into the state.
    ///
    /// # Errors
    /// When it cannot be written; then the state is unchanged and nothing that depends on it may be sent.
    pub fn append(&mut self, event: Event) -> Result<(), Problem> {
        if let Some(problem) = &self.broken {
            return Err(problem.clone());
        }
        let entry = Entry { sequence: self.sequence + 1, time: self.clock.now(), event };
        let line = contract::locator::line(&entry, &self.last_digest);
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
