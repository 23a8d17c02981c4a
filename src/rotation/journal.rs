//! The journal of one run: append-only, durable before a request leaves, chained by hashes, read back by folding.

use std::sync::Arc;

use crate::contract;
use crate::domain::clock::Clock;
use crate::domain::event::{Entry, Event, RunStarted};
use crate::domain::plan::Plan;
use crate::domain::problem::Problem;

use super::sink::Sink;
use super::state::RunState;
use super::storage::Storage;

/// What a journal's bytes say.
#[derive(Debug)]
pub struct Contents {
    /// The entries in order.
    pub entries: Vec<Entry>,
    /// The digest of the last line, or [`contract::event::FIRST`].
    pub last_digest: String,
    /// How many bytes belong to whole lines; anything after them is a torn tail.
    pub whole: u64,
}

/// Reads a journal's bytes and checks the chain.
///
/// # Errors
/// When a line that is not the last one cannot be read, a number is missing, or a line does not name the digest of the
/// line before it: then somebody or something changed the journal.
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
        let (entry, previous) = match contract::event::parse(text) {
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

/// The head of a journal, from its first line alone; nothing when that line is torn.
///
/// # Errors
/// When the line is there and cannot be read, or is from the future.
pub fn head(run: &str, bytes: &[u8]) -> Result<Option<RunStarted>, Problem> {
    let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else { return Ok(None) };
    match read(run, &bytes[..=end])?.entries.into_iter().next() {
        Some(Entry { event: Event::RunStarted(head), .. }) => Ok(Some(*head)),
        // A crash tears the last line only: a first line that others follow was damaged.
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
    let entry = last.and_then(|line| std::str::from_utf8(line).ok()).and_then(|line| contract::event::parse(line).ok());
    matches!(entry, Some((Entry { event: Event::Finished { .. }, .. }, _)))
}

/// An open journal: appends, and keeps the state that its entries fold to.
#[derive(Debug)]
pub struct Journal {
    storage: Arc<dyn Storage>,
    clock: Arc<dyn Clock>,
    sink: Arc<dyn Sink>,
    run: String,
    last_digest: String,
    sequence: u64,
    /// The problem of the first append that failed. What it left behind is unknown until the journal is opened anew, so
    /// nothing may be written after it.
    broken: Option<Problem>,
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
        let mut journal = Self {
            storage,
            clock,
            sink,
            run,
            last_digest: contract::event::FIRST.to_owned(),
            sequence: 0,
            broken: None,
            state,
            plan,
        };
        journal.append(Event::RunStarted(Box::new(head)))?;
        Ok(journal)
    }

    /// Opens the journal of a run that was begun before; a torn tail is cut off first.
    ///
    /// # Errors
    /// Not found, when there is no such run; and when the journal or plan cannot be read, is broken, or is from the future.
    pub fn open(storage: Arc<dyn Storage>, clock: Arc<dyn Clock>, sink: Arc<dyn Sink>, run: &str) -> Result<Self, Problem> {
        let bytes = storage.read_journal(run)?.ok_or_else(|| no_such_run(run))?;
        let contents = read(run, &bytes)?;
        if contents.whole < bytes.len() as u64 {
            storage.truncate(run, contents.whole)?;
        }
        let (plan, state) = fold(storage.as_ref(), run, &contents.entries)?;
        let sequence = contents.entries.len() as u64;
        Ok(Self {
            storage,
            clock,
            sink,
            run: run.to_owned(),
            last_digest: contents.last_digest,
            sequence,
            broken: None,
            state,
            plan,
        })
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
        let line = contract::event::line(&entry, &self.last_digest);
        if let Err(problem) = self.storage.append(&self.run, &format!("{line}\n")) {
            self.broken = Some(problem.clone());
            return Err(problem);
        }
        self.sequence = entry.sequence;
        self.last_digest = contract::event::digest(&line);
        self.state.apply(&entry);
        if matches!(entry.event, Event::Finished { .. }) {
            // Only a shortcut: without it the journal is read.
            let _ = self.storage.close(&self.run);
        }
        self.sink.entry(&self.run, &entry, &self.state);
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
    let text = storage.read_plan(run)?.ok_or_else(|| no_such_run(run).because("its plan is missing"))?;
    let plan = contract::plan::parse(&text)?;
    // What was confirmed and accepted was this plan and no other: a plan that somebody edited afterwards is not carried out.
    let digest = serde_json::from_str(&text).map(|value| contract::plan::digest(&value)).unwrap_or_default();
    if digest != head.plan_digest {
        return Err(Problem::failed(
            "brokenPlan",
            format!("the stored plan of run {run} is not the one that the run began with"),
        )
        .hint("put the plan back as it was, or look at what the run did with keyroll report --verify")
        .hint("to go on without it, move the run's folder away and plan anew: what is half rolled converges first"));
    }
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
