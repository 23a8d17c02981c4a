//! State in memory, for demonstrations and tests. It survives the engine, not the process.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::domain::problem::Problem;

use super::storage::{Lock, Storage, lock_name};

/// A hook that is asked before each append how many bytes of the line may become durable; `None` means all of them.
pub type Tear = Arc<dyn Fn(&str) -> Option<usize> + Send + Sync>;

/// Journals, plans and locks in memory.
#[derive(Clone, Default)]
pub struct Memory {
    inner: Arc<Mutex<Inner>>,
    tear: Option<Tear>,
}

#[derive(Default)]
struct Inner {
    order: Vec<String>,
    journals: BTreeMap<String, Vec<u8>>,
    plans: BTreeMap<String, String>,
    locks: BTreeSet<String>,
}

impl Memory {
    /// An empty state.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same state, with a hook that can make appends fail halfway, as a crash does.
    #[must_use]
    pub fn with_tear(&self, tear: Tear) -> Self {
        Self { inner: Arc::clone(&self.inner), tear: Some(tear) }
    }

    /// Frees every lock, as the end of a process does.
    pub fn release_locks(&self) {
        self.inner().locks.clear();
    }

    /// Every byte that is kept, for a search for secrets.
    #[must_use]
    pub fn everything(&self) -> Vec<u8> {
        let inner = self.inner();
        let mut all = Vec::new();
        inner.journals.values().for_each(|journal| all.extend_from_slice(journal));
        inner.plans.values().for_each(|plan| all.extend_from_slice(plan.as_bytes()));
        all
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}

impl Storage for Memory {
    fn runs(&self) -> Result<Vec<String>, Problem> {
        Ok(self.inner().order.clone())
    }

    fn read_journal(&self, run: &str) -> Result<Option<Vec<u8>>, Problem> {
        Ok(self.inner().journals.get(run).cloned())
    }

    fn append(&self, run: &str, line: &str) -> Result<(), Problem> {
        let durable = self.tear.as_ref().and_then(|tear| tear(line));
        let mut inner = self.inner();
        if !inner.journals.contains_key(run) {
            inner.order.push(run.to_owned());
        }
        let journal = inner.journals.entry(run.to_owned()).or_default();
        let bytes = line.as_bytes();
        match durable {
            None => {
                journal.extend_from_slice(bytes);
                Ok(())
            }
            Some(length) => {
                journal.extend_from_slice(&bytes[..length.min(bytes.len())]);
                Err(Problem::failed("stateNotWritten", "the journal could not be written"))
            }
        }
    }

    fn truncate(&self, run: &str, length: u64) -> Result<(), Problem> {
        if let Some(journal) = self.inner().journals.get_mut(run) {
            journal.truncate(usize::try_from(length).unwrap_or(usize::MAX));
        }
        Ok(())
    }

    fn read_plan(&self, run: &str) -> Result<Option<String>, Problem> {
        Ok(self.inner().plans.get(run).cloned())
    }

    fn write_plan(&self, run: &str, text: &str) -> Result<(), Problem> {
        self.inner().plans.insert(run.to_owned(), text.to_owned());
        Ok(())
    }

    fn lock(&self, resource: &str) -> Result<Option<Box<dyn Lock>>, Problem> {
        let name = lock_name(resource);
        if !self.inner().locks.insert(name.clone()) {
            return Ok(None);
        }
        Ok(Some(Box::new(MemoryLock { inner: Arc::clone(&self.inner), name })))
    }
}

struct MemoryLock {
    inner: Arc<Mutex<Inner>>,
    name: String,
}

impl Lock for MemoryLock {}

impl std::fmt::Debug for MemoryLock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("MemoryLock").field(&self.name).finish()
    }
}

impl Drop for MemoryLock {
    fn drop(&mut self) {
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner).locks.remove(&self.name);
    }
}
