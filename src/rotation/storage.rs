//! Where journals, plans and locks are kept: a folder, or memory in tests. One of the three seams of the design.

use std::fmt::Debug;
use std::io::{BufRead, Cursor};

use crate::contract;
use crate::domain::problem::Problem;

/// Keeps the state of runs. Everything that a method has returned `Ok` for is durable.
pub trait Storage: Send + Sync + Debug {
    /// The ids of all runs that were ever begun here, oldest first as far as that is known.
    ///
    /// # Errors
    /// When the state cannot be read.
    fn runs(&self) -> Result<Vec<String>, Problem>;

    /// A run's journal as bytes, or nothing if there is no such run.
    ///
    /// # Errors
    /// When the state cannot be read.
    fn read_journal(&self, run: &str) -> Result<Option<Vec<u8>>, Problem>;

    /// A run's journal to be read piece by piece, or nothing if there is no such run: a long one is not there as a whole.
    ///
    /// # Errors
    /// When the state cannot be read.
    fn open_journal(&self, run: &str) -> Result<Option<Box<dyn BufRead>>, Problem> {
        Ok(self.read_journal(run)?.map(|bytes| Box::new(Cursor::new(bytes)) as Box<dyn BufRead>))
    }

    /// A run's journal from this byte on, or nothing if there is no such run.
    ///
    /// # Errors
    /// When the state cannot be read.
    fn read_journal_from(&self, run: &str, offset: u64) -> Result<Option<Vec<u8>>, Problem> {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        Ok(self.read_journal(run)?.map(|bytes| bytes.get(offset..).unwrap_or_default().to_vec()))
    }

    /// Appends one line (with its line break) to a run's journal, and makes it durable.
    ///
    /// # Errors
    /// When it cannot be written; what was written of it is a torn tail.
    fn append(&self, run: &str, line: &str) -> Result<(), Problem>;

    /// Cuts a torn tail off a journal, and makes that durable.
    ///
    /// # Errors
    /// When it cannot be written.
    fn truncate(&self, run: &str, length: u64) -> Result<(), Problem>;

    /// Remembers that a run is finished, so that nobody has to read its journal to know. Only called once its last line is durable.
    ///
    /// # Errors
    /// When it cannot be written; then the journal is read as before.
    fn close(&self, run: &str) -> Result<(), Problem> {
        let _ = run;
        Ok(())
    }

    /// Whether a run is known to be finished without reading its journal.
    ///
    /// # Errors
    /// When the run's id is none.
    fn is_closed(&self, run: &str) -> Result<bool, Problem> {
        let _ = run;
        Ok(false)
    }

    /// A run's plan as text, or nothing if there is none.
    ///
    /// # Errors
    /// When the state cannot be read.
    fn read_plan(&self, run: &str) -> Result<Option<String>, Problem>;

    /// Writes a run's plan, whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    fn write_plan(&self, run: &str, text: &str) -> Result<(), Problem>;

    /// Takes the lock on a resource until the guard is dropped or the process ends; nothing if another holds it.
    ///
    /// # Errors
    /// When the lock cannot be tried.
    fn lock(&self, resource: &str) -> Result<Option<Box<dyn Lock>>, Problem>;
}

/// A lock that is held as long as this lives.
pub trait Lock: Send + Debug {}

/// What the planted mistake of taking no locks holds instead of one.
#[derive(Debug)]
pub(super) struct NoLock;

impl Lock for NoLock {}

/// The name under which a resource is locked: SHA-256 of its lower-case id.
#[must_use]
pub fn lock_name(resource: &str) -> String {
    contract::sha256(&resource.to_ascii_lowercase())
}

/// Whether a text may be a run id: it becomes a folder's name.
///
/// # Errors
/// A usage problem that says what a run id may hold.
pub fn check_run_id(run: &str) -> Result<(), Problem> {
    let fits = !run.is_empty()
        && run.len() <= 100
        && !run.starts_with(['.', '-'])
        && run.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if fits {
        return Ok(());
    }
    Err(Problem::usage("malformedRunId", format!("`{run}` is not a run id"))
        .hint("use at most 100 letters, digits, `-`, `_` and `.`, beginning with a letter or digit"))
}
