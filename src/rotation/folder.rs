//! State in a folder: `runs/RUN/journal.jsonl`, `runs/RUN/plan.json`, `locks/SHA256` (design, section 3). An empty file
//! `runs/RUN/finished` beside a journal saves reading it: among thousands of runs only the unfinished ones are read.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use crate::domain::problem::Problem;

use super::storage::{Lock, Storage, check_run_id, lock_name};

/// A state folder.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Opens a state folder, and makes it if it is not there. Folders and files are for their owner alone.
    ///
    /// # Errors
    /// When the folder cannot be made or written.
    pub fn open(root: &Path) -> Result<Self, Problem> {
        let folder = Self { root: root.to_owned() };
        for place in [root.to_owned(), root.join("runs"), root.join("locks")] {
            make_folder(&place).map_err(|error| folder.unwritable(&place, &error))?;
        }
        let probe = root.join("locks").join(".writable");
        private(OpenOptions::new().create(true).truncate(false).write(true))
            .open(&probe)
            .map_err(|error| folder.unwritable(&probe, &error))?;
        Ok(folder)
    }

    fn run(&self, run: &str) -> Result<PathBuf, Problem> {
        check_run_id(run)?;
        Ok(self.root.join("runs").join(run))
    }

    fn unwritable(&self, place: &Path, error: &io::Error) -> Problem {
        Problem::failed("stateNotWritten", format!("the state at {} cannot be written", place.display()))
            .because(error)
            .hint(format!("make {} writable, or name another folder with --state or KEYROLL_STATE", self.root.display()))
    }

    fn unreadable(&self, place: &Path, error: &io::Error) -> Problem {
        Problem::failed("stateNotRead", format!("the state at {} cannot be read", place.display()))
            .because(error)
            .hint(format!("check who may read {}, or name another folder with --state or KEYROLL_STATE", self.root.display()))
    }

    fn read(&self, place: &Path) -> Result<Option<Vec<u8>>, Problem> {
        let mut bytes = Vec::new();
        match File::open(place).and_then(|mut file| file.read_to_end(&mut bytes)) {
            Ok(_) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.unreadable(place, &error)),
        }
    }
}

impl Storage for Folder {
    fn runs(&self) -> Result<Vec<String>, Problem> {
        let place = self.root.join("runs");
        let mut runs = Vec::new();
        for entry in fs::read_dir(&place).map_err(|error| self.unreadable(&place, &error))? {
            let entry = entry.map_err(|error| self.unreadable(&place, &error))?;
            let journal = entry.path().join("journal.jsonl");
            if let (Ok(name), Ok(metadata)) = (entry.file_name().into_string(), fs::metadata(&journal)) {
                runs.push((metadata.created().or_else(|_| metadata.modified()).ok(), name));
            }
        }
        runs.sort();
        Ok(runs.into_iter().map(|(_, name)| name).collect())
    }

    fn read_journal(&self, run: &str) -> Result<Option<Vec<u8>>, Problem> {
        self.read(&self.run(run)?.join("journal.jsonl"))
    }

    fn open_journal(&self, run: &str) -> Result<Option<Box<dyn BufRead>>, Problem> {
        let place = self.run(run)?.join("journal.jsonl");
        match File::open(&place) {
            Ok(file) => Ok(Some(Box::new(BufReader::new(file)))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.unreadable(&place, &error)),
        }
    }

    fn read_journal_from(&self, run: &str, offset: u64) -> Result<Option<Vec<u8>>, Problem> {
        let place = self.run(run)?.join("journal.jsonl");
        let mut bytes = Vec::new();
        let read = File::open(&place).and_then(|mut file| {
            file.seek(io::SeekFrom::Start(offset))?;
            file.read_to_end(&mut bytes)
        });
        match read {
            Ok(_) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.unreadable(&place, &error)),
        }
    }

    fn append(&self, run: &str, line: &str) -> Result<(), Problem> {
        let folder = self.run(run)?;
        let place = folder.join("journal.jsonl");
        // An empty one may be what a process left that died before its name was durable.
        let new = fs::metadata(&place).map_or(true, |metadata| metadata.len() == 0);
        let write = || -> io::Result<()> {
            make_folder(&folder)?;
            let mut file = private(OpenOptions::new().create(true).append(true)).open(&place)?;
            file.write_all(line.as_bytes())?;
            file.sync_data()?;
            if new {
                sync_folder(&folder)?;
                sync_folder(&self.root.join("runs"))?;
            }
            Ok(())
        };
        write().map_err(|error| self.unwritable(&place, &error))
    }

    fn truncate(&self, run: &str, length: u64) -> Result<(), Problem> {
        let place = self.run(run)?.join("journal.jsonl");
        let cut = || -> io::Result<()> {
            let file = OpenOptions::new().write(true).open(&place)?;
            file.set_len(length)?;
            file.sync_all()
        };
        cut().map_err(|error| self.unwritable(&place, &error))
    }

    fn close(&self, run: &str) -> Result<(), Problem> {
        let place = self.run(run)?.join("finished");
        // Losing it in a crash costs a reading of the journal, so it need not be durable.
        private(OpenOptions::new().create(true).truncate(false).write(true))
            .open(&place)
            .map(|_| ())
            .map_err(|error| self.unwritable(&place, &error))
    }

    fn is_closed(&self, run: &str) -> Result<bool, Problem> {
        Ok(self.run(run)?.join("finished").exists())
    }

    fn read_plan(&self, run: &str) -> Result<Option<String>, Problem> {
        let place = self.run(run)?.join("plan.json");
        let Some(bytes) = self.read(&place)? else { return Ok(None) };
        String::from_utf8(bytes)
            .map(Some)
            .map_err(|_| Problem::failed("stateNotRead", format!("the plan at {} is not text", place.display())))
    }

    fn write_plan(&self, run: &str, text: &str) -> Result<(), Problem> {
        let folder = self.run(run)?;
        let place = folder.join("plan.json");
        let write = || -> io::Result<()> {
            make_folder(&folder)?;
            let temporary = folder.join("plan.json.new");
            let mut file = private(OpenOptions::new().create(true).truncate(true).write(true)).open(&temporary)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&temporary, &place)?;
            sync_folder(&folder)
        };
        write().map_err(|error| self.unwritable(&place, &error))
    }

    fn lock(&self, resource: &str) -> Result<Option<Box<dyn Lock>>, Problem> {
        let place = self.root.join("locks").join(lock_name(resource));
        let file = private(OpenOptions::new().create(true).truncate(false).write(true))
            .open(&place)
            .map_err(|error| self.unwritable(&place, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Box::new(FolderLock { _file: file }))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(self.unwritable(&place, &error)),
        }
    }
}

/// The operating system frees the lock when the file is closed, however the process ends.
#[derive(Debug)]
struct FolderLock {
    _file: File,
}

impl Lock for FolderLock {}

fn make_folder(place: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(place)
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// A new name in a folder is durable only once the folder is; Windows has no such call and needs none.
fn sync_folder(place: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(place)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_appended_is_there_and_a_lock_is_held_once() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = Folder::open(place.path()).expect("opens");
        folder.append("r1", "one\n").expect("appends");
        folder.append("r1", "two\n").expect("appends");
        folder.truncate("r1", 4).expect("cuts");
        assert_eq!(folder.read_journal("r1").expect("reads").as_deref(), Some(&b"one\n"[..]));
        for (offset, rest) in [(0, "one\n"), (2, "e\n"), (4, ""), (99, "")] {
            assert_eq!(folder.read_journal_from("r1", offset).expect("reads").as_deref(), Some(rest.as_bytes()));
        }
        assert_eq!(folder.read_journal_from("r2", 0).expect("reads"), None);
        assert_eq!(folder.read_journal("r2").expect("reads"), None);
        assert_eq!(folder.runs().expect("lists"), ["r1"]);
        let held = folder.lock("/Some/Id").expect("tries");
        assert!(held.is_some());
        assert!(folder.lock("/some/id").expect("tries").is_none());
        drop(held);
        assert!(folder.lock("/some/ID").expect("tries").is_some());
    }

    #[test]
    fn a_run_id_never_leaves_the_folder() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = Folder::open(place.path()).expect("opens");
        for run in ["../x", "a/b", "", ".", "-x", "a\nb"] {
            assert_eq!(folder.append(run, "x\n").expect_err(run).code, "malformedRunId");
        }
    }
}
