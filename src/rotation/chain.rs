//! The chain of a journal's lines, whatever kind of run they tell of: appended and synced before anything relies on them, each
//! naming the digest of the one before, read back up to a torn tail.

use std::io::BufRead;
use std::sync::Arc;

use crate::contract;
use crate::domain::problem::Problem;

use super::journal::no_such_run;
use super::storage::Storage;

/// What a line of one kind of journal is.
pub trait Chained: Sized {
    /// Reads one line: the entry, and the digest of the line before it as this line names it.
    ///
    /// # Errors
    /// `journalFromTheFuture` when a newer keyroll wrote it, anything else when it is not a line of such a journal.
    fn parse(line: &str) -> Result<(Self, String), Problem>;

    /// The line, without its line break, after a line with this digest.
    fn line(&self, previous: &str) -> String;

    /// Its number, from 1.
    fn sequence(&self) -> u64;
}

/// What a journal's bytes say.
#[derive(Debug)]
pub struct Contents<E> {
    /// The entries in order.
    pub entries: Vec<E>,
    /// The digest of the last line, or [`contract::event::FIRST`].
    pub last_digest: String,
    /// How many bytes belong to whole lines; anything after them is a torn tail.
    pub whole: u64,
}

/// Where the whole lines of a journal end.
#[derive(Debug)]
pub struct End {
    /// How many there are.
    pub lines: usize,
    /// The digest of the last one, or [`contract::event::FIRST`].
    pub last_digest: String,
    /// How many bytes belong to them; anything after is a torn tail.
    pub whole: u64,
    /// How many bytes there are, a torn tail included.
    pub length: u64,
}

/// Reads a journal's bytes and checks the chain.
///
/// # Errors
/// As [`each`].
pub fn read<E: Chained>(run: &str, bytes: &[u8]) -> Result<Contents<E>, Problem> {
    let mut entries = Vec::new();
    let End { last_digest, whole, .. } = each(run, bytes, |entry| entries.push(entry))?;
    Ok(Contents { entries, last_digest, whole })
}

/// Hands over one entry after the other, so that a long journal is never there as a whole, and checks the chain.
///
/// # Errors
/// When the journal cannot be read, a line that is not the last one cannot be, a number is missing, or a line does not name the
/// digest of the line before it: then somebody or something changed the journal.
pub fn each<E: Chained>(run: &str, mut journal: impl BufRead, mut take: impl FnMut(E)) -> Result<End, Problem> {
    let unreadable = |error: std::io::Error| {
        Problem::failed("stateNotRead", format!("the journal of run {run} cannot be read to its end")).because(error)
    };
    let mut end = End { lines: 0, last_digest: contract::event::FIRST.to_owned(), whole: 0, length: 0 };
    let mut line = Vec::new();
    loop {
        line.clear();
        end.length += journal.read_until(b'\n', &mut line).map_err(unreadable)? as u64;
        if line.pop() != Some(b'\n') {
            return Ok(end);
        }
        let number = end.lines + 1;
        let broken = |why: &str| broken(run, number, why);
        let text = std::str::from_utf8(&line).map_err(|_| broken("is not text"))?;
        let (entry, previous) = match E::parse(text) {
            Ok(parsed) => parsed,
            Err(problem) if problem.code == "journalFromTheFuture" => return Err(problem),
            // A crash may leave the last line garbled although its line break arrived.
            Err(_) if journal.fill_buf().map_err(unreadable)?.is_empty() => return Ok(end),
            Err(problem) => return Err(broken("cannot be read").because(problem)),
        };
        if previous != end.last_digest || entry.sequence() != number as u64 {
            return Err(broken("does not follow the line before it"));
        }
        let whole = end.whole + line.len() as u64 + 1;
        end = End { lines: number, last_digest: contract::event::digest(text), whole, ..end };
        take(entry);
    }
}

/// What `started` takes from a journal's first line alone; nothing when that line is torn.
///
/// # Errors
/// When the line is there and cannot be read, or is from the future.
pub fn head<E: Chained, H>(run: &str, bytes: &[u8], started: impl FnOnce(E) -> Option<H>) -> Result<Option<H>, Problem> {
    let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else { return Ok(None) };
    match read(run, &bytes[..=end])?.entries.into_iter().next().and_then(started) {
        // A crash tears the last line only: a first line that others follow was damaged.
        None if bytes.len() > end + 1 => Err(broken(run, 1, "cannot be read")),
        head => Ok(head),
    }
}

/// The last entry, if its line is whole.
#[must_use]
pub fn last<E: Chained>(bytes: &[u8]) -> Option<E> {
    let line = bytes.strip_suffix(b"\n").and_then(|whole| whole.rsplit(|byte| *byte == b'\n').next())?;
    E::parse(std::str::from_utf8(line).ok()?).ok().map(|(entry, _)| entry)
}

/// The plan or order that a run began with, whose digest its head holds: what was confirmed and accepted was this one and no
/// other, and one that somebody edited afterwards is not carried out.
///
/// # Errors
/// Not found, when it is missing; `brokenPlan` when it is another one.
pub fn plan(storage: &dyn Storage, run: &str, digest: &str) -> Result<String, Problem> {
    let text = storage.read_plan(run)?.ok_or_else(|| no_such_run(run).because("its plan is missing"))?;
    // A long one is stored as its digest was taken, and need not be read for that.
    if contract::sha256(&text) == digest {
        return Ok(text);
    }
    let stored = serde_json::from_str(&text).map(|value| contract::plan::digest(&value)).unwrap_or_default();
    if stored == digest {
        return Ok(text);
    }
    Err(Problem::failed("brokenPlan", format!("the stored plan of run {run} is not the one that the run began with"))
        .hint(format!("put it back as it was, or look at what the run did with keyroll report --verify --run-id {run}")))
}

fn broken(run: &str, line: usize, why: &str) -> Problem {
    Problem::failed("brokenJournal", format!("line {line} of the journal of run {run} {why}"))
        .hint(format!("look with keyroll report --verify --run-id {run}; a person has to decide what happened"))
}

/// The end of a chain that is written on.
#[derive(Debug)]
pub struct Chain {
    storage: Arc<dyn Storage>,
    run: String,
    last_digest: String,
    sequence: u64,
    /// How many bytes were written before the last entry, and with it.
    length: (u64, u64),
    /// The problem of the first append that failed. What it left behind is unknown until the journal is opened anew, so
    /// nothing may be written after it.
    broken: Option<Problem>,
}

impl Chain {
    /// The chain of a new run: nothing is written yet.
    #[must_use]
    pub fn begin(storage: Arc<dyn Storage>, run: &str) -> Self {
        let last_digest = contract::event::FIRST.to_owned();
        Self { storage, run: run.to_owned(), last_digest, sequence: 0, length: (0, 0), broken: None }
    }

    /// The chain of a run that was begun before, with its entries; a torn tail is cut off first.
    ///
    /// # Errors
    /// Not found, when there is no such run; and as [`read`].
    pub fn open<E: Chained>(storage: Arc<dyn Storage>, run: &str) -> Result<(Self, Vec<E>), Problem> {
        let mut entries = Vec::new();
        let chain = Self::open_each(storage, run, |entry| entries.push(entry))?;
        Ok((chain, entries))
    }

    /// The same, its entries handed over one after the other.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_each<E: Chained>(storage: Arc<dyn Storage>, run: &str, take: impl FnMut(E)) -> Result<Self, Problem> {
        let journal = storage.open_journal(run)?.ok_or_else(|| no_such_run(run))?;
        let End { lines, last_digest, whole, length } = each(run, journal, take)?;
        if whole < length {
            storage.truncate(run, whole)?;
        }
        let length = (whole, whole);
        Ok(Self { storage, run: run.to_owned(), last_digest, sequence: lines as u64, length, broken: None })
    }

    /// The run.
    #[must_use]
    pub fn run(&self) -> &str {
        &self.run
    }

    /// Where the journal is kept.
    #[must_use]
    pub fn storage(&self) -> &dyn Storage {
        self.storage.as_ref()
    }

    /// The number of the next entry.
    ///
    /// # Errors
    /// The problem of an append that failed before: nothing may follow it.
    pub fn next(&self) -> Result<u64, Problem> {
        match &self.broken {
            Some(problem) => Err(problem.clone()),
            None => Ok(self.sequence + 1),
        }
    }

    /// Writes the entry with the [next](Self::next) number and makes it durable.
    ///
    /// # Errors
    /// When it cannot be written; then nothing that depends on it may be sent, and nothing else is written.
    pub fn append(&mut self, entry: &impl Chained) -> Result<(), Problem> {
        let line = entry.line(&self.last_digest);
        if let Err(problem) = self.storage.append(&self.run, &format!("{line}\n")) {
            self.broken = Some(problem.clone());
            return Err(problem);
        }
        self.sequence = entry.sequence();
        self.last_digest = contract::event::digest(&line);
        self.length = (self.length.1, self.length.1 + line.len() as u64 + 1);
        Ok(())
    }

    /// The entry that this chain appended last, read from the storage again and not from memory.
    ///
    /// # Errors
    /// `brokenJournal` when what is stored is not what was written; and when it cannot be read.
    pub fn last_stored<E: Chained>(&self) -> Result<E, Problem> {
        let changed =
            || broken(&self.run, usize::try_from(self.sequence).unwrap_or(usize::MAX), "is not stored as it was written");
        let bytes = self.storage.read_journal_from(&self.run, self.length.0)?.ok_or_else(changed)?;
        let line = bytes.strip_suffix(b"\n").and_then(|line| std::str::from_utf8(line).ok()).ok_or_else(changed)?;
        if bytes.len() as u64 != self.length.1 - self.length.0 || contract::event::digest(line) != self.last_digest {
            return Err(changed());
        }
        E::parse(line).map(|(entry, _)| entry)
    }
}
