//! Checking a journal's hash chain, for the auditor.

use crate::domain;
use crate::domain::event::Entry;
use crate::domain::problem::Problem;

use super::chain;
use super::customer_key;
use super::journal;
use super::kind::RunKind;
use super::storage::Storage;

/// What the check of a journal found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// The run.
    pub run_id: String,
    /// How many entries the chain holds.
    pub entries: usize,
    /// SHA-256 of the last line: whoever noted it earlier can tell that nothing was changed since.
    pub last_digest: String,
    /// Bytes after the last whole line: what a crash left of a line.
    pub torn_bytes: u64,
}

/// Checks the chain of a run's journal, of whatever kind the run is.
///
/// # Errors
/// As [`verify`].
pub fn check(storage: &dyn Storage, run: &str) -> Result<Verification, Problem> {
    let bytes = storage.read_journal(run)?.ok_or_else(|| journal::no_such_run(run))?;
    let (entries, last_digest, whole) = match RunKind::of(&bytes) {
        RunKind::Rotation => return verify(storage, run).map(|(verification, _)| verification),
        RunKind::CustomerKey => {
            let contents = customer_key::journal::read(run, &bytes)?;
            (contents.entries.len(), contents.last_digest, contents.whole)
        }
        RunKind::Locators => {
            let end = chain::each(run, bytes.as_slice(), |_: domain::locator::event::Entry| {})?;
            (end.lines, end.last_digest, end.whole)
        }
    };
    Ok(Verification { run_id: run.to_owned(), entries, last_digest, torn_bytes: bytes.len() as u64 - whole })
}

/// Checks the chain of a rotation's journal.
///
/// # Errors
/// Not found, or the first line that does not follow the one before it.
pub fn verify(storage: &dyn Storage, run: &str) -> Result<(Verification, Vec<Entry>), Problem> {
    let bytes = storage.read_journal(run)?.ok_or_else(|| journal::no_such_run(run))?;
    let contents = journal::read(run, &bytes)?;
    let verification = Verification {
        run_id: run.to_owned(),
        entries: contents.entries.len(),
        last_digest: contents.last_digest,
        torn_bytes: bytes.len() as u64 - contents.whole,
    };
    Ok((verification, contents.entries))
}
