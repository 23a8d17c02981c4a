//! The old and new addresses of SAS locators. They are secrets: they go into one file that the user named, for its owner
//! alone, and nowhere else.
//!
//! The file is JSON Lines. Before a locator is deleted: `{"locator":"…","asset":"…","old":"https://…"}`; once it is back the
//! same with `"new"`. Each line is durable before anything that needs it is sent.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::domain::locator::Locator;
use crate::domain::problem::Problem;

use super::private_file;

/// An open file of addresses. Several runs may have it open at once: each line is written in one piece at its end.
pub(in crate::rotation) struct Addresses {
    place: PathBuf,
    file: File,
    /// The old addresses of locators that are not back yet, by lower-case id.
    old: RefCell<HashMap<String, Zeroizing<String>>>,
    /// The locators whose new address this process has written: the answer that made one tells it, and a read afterwards may be stale.
    told: RefCell<HashSet<String>>,
}

#[derive(Deserialize, Serialize)]
struct Line {
    locator: String,
    asset: String,
    old: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    new: Option<String>,
}

impl std::fmt::Debug for Addresses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Addresses").field("place", &self.place).finish_non_exhaustive()
    }
}

/// Where a file of addresses is, wherever the run is gone on with.
///
/// # Errors
/// When the current folder cannot be told, or is not text.
pub fn absolute(place: &str) -> Result<String, Problem> {
    let whole = std::path::absolute(place).map_err(|error| refused(Path::new(place), &error))?;
    whole
        .into_os_string()
        .into_string()
        .map_err(|_| refused(Path::new(place), &io::Error::other("its folder's name is not text")))
}

/// Makes the file that several runs are to append to, before the first of them changes anything. An empty one that is there
/// already serves as well: it may be what is left of a request that was delivered before.
///
/// # Errors
/// When something is written in it already, or it cannot be used.
pub(in crate::rotation) fn reserve(place: &Path) -> Result<(), Problem> {
    let file = match private_file::open(place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => private_file::create(place),
        opened => opened,
    };
    let metadata = file.and_then(|file| file.metadata()).map_err(|error| refused(place, &error))?;
    if metadata.len() == 0 {
        return Ok(());
    }
    Err(refused(place, &io::Error::new(io::ErrorKind::AlreadyExists, "it is not empty")))
}

impl Addresses {
    /// Makes the file.
    ///
    /// # Errors
    /// When it is there already, or cannot be written.
    pub(super) fn create(place: &Path) -> Result<Self, Problem> {
        let file = private_file::create(place).map_err(|error| refused(place, &error))?;
        Ok(Self { place: place.to_owned(), file, old: RefCell::default(), told: RefCell::default() })
    }

    /// Opens the file of a run that goes on, and makes a new one where it is gone: no locator waits for a file.
    ///
    /// # Errors
    /// When it is no file of the user's own (a link could lead anywhere), or cannot be written.
    pub(super) fn open(place: &Path) -> Result<Self, Problem> {
        match private_file::open(place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::create(place),
            opened => Self::of(place, opened.map_err(|error| refused(place, &error))?),
        }
    }

    /// Opens a file that has to be there: while every locator is, there is time to ask for it.
    ///
    /// # Errors
    /// As [`Self::open`], and when it is gone.
    pub(in crate::rotation) fn existing(place: &Path) -> Result<Self, Problem> {
        private_file::open(place).map_err(|error| refused(place, &error)).and_then(|file| Self::of(place, file))
    }

    fn of(place: &Path, mut file: File) -> Result<Self, Problem> {
        let mut text = Zeroizing::new(String::new());
        // What is read is what was opened, wherever the name leads by now.
        file.rewind().and_then(|()| file.read_to_string(&mut text)).map_err(|error| refused(place, &error))?;
        let mut old = HashMap::new();
        for line in text.lines() {
            // A crash may have torn the last line; its locator was not deleted then.
            let Ok(line) = serde_json::from_str::<Line>(line) else { continue };
            old.insert(line.locator.to_ascii_lowercase(), Zeroizing::new(line.old));
        }
        let torn = !text.is_empty() && !text.ends_with('\n');
        let addresses = Self { place: place.to_owned(), file, old: RefCell::new(old), told: RefCell::default() };
        if torn {
            addresses.write(b"\n")?;
        }
        Ok(addresses)
    }

    /// Keeps the address that a locator has before it is deleted.
    ///
    /// # Errors
    /// When it cannot be written; then the locator must not be deleted.
    pub(super) fn before(&self, locator: &Locator, address: &str) -> Result<(), Problem> {
        self.line(locator, address, None)?;
        self.told.borrow_mut().remove(&locator.id.to_ascii_lowercase());
        self.old.borrow_mut().insert(locator.id.to_ascii_lowercase(), Zeroizing::new(address.to_owned()));
        Ok(())
    }

    /// Writes the address that it has now.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn after(&self, locator: &Locator, address: &str) -> Result<(), Problem> {
        if !self.told.borrow_mut().insert(locator.id.to_ascii_lowercase()) {
            return Ok(());
        }
        let old = self.old.borrow().get(&locator.id.to_ascii_lowercase()).cloned().unwrap_or_default();
        self.line(locator, &old, Some(address))
    }

    fn line(&self, locator: &Locator, old: &str, new: Option<&str>) -> Result<(), Problem> {
        let line =
            Line { locator: locator.id.clone(), asset: locator.asset.clone(), old: old.to_owned(), new: new.map(str::to_owned) };
        let mut text = Zeroizing::new(serde_json::to_vec(&line).unwrap_or_default());
        text.push(b'\n');
        self.write(&text)
    }

    fn write(&self, bytes: &[u8]) -> Result<(), Problem> {
        let mut file = &self.file;
        file.write_all(bytes).and_then(|()| file.sync_data()).map_err(|error| refused(&self.place, &error))
    }
}

fn refused(place: &Path, error: &io::Error) -> Problem {
    let message = match error.kind() {
        io::ErrorKind::AlreadyExists => format!("{} is there already, and nothing is written over it", place.display()),
        io::ErrorKind::NotFound => format!("the file of addresses {} is not there", place.display()),
        _ => format!("the file of addresses {} cannot be used", place.display()),
    };
    Problem::usage("addressFileUnusable", message)
        .because(error)
        .hint("name a new file with --address-file; it will hold secrets, so choose a place that is yours alone")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::locator::LocatorKind;
    use crate::domain::locator::tests::locator;

    #[test]
    fn old_and_new_addresses_are_kept_for_the_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("addresses.jsonl");
        let sas = locator(LocatorKind::Sas);
        let first = Addresses::create(&place).expect("new");
        first.before(&sas, "https://st/c?sig=old").expect("written");
        drop(first);
        std::fs::OpenOptions::new().append(true).open(&place).expect("opens").write_all(b"{\"loc").expect("a torn line");
        assert_eq!(Addresses::create(&place).expect_err("it is there").code, "addressFileUnusable");
        let second = Addresses::open(&place).expect("there");
        second.after(&sas, "https://st/c?sig=new").expect("written");
        let text = std::fs::read_to_string(&place).expect("text");
        let last: Line = serde_json::from_str(text.lines().last().expect("a line")).expect("JSON");
        assert_eq!((last.old.as_str(), last.new.as_deref()), ("https://st/c?sig=old", Some("https://st/c?sig=new")));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&place).expect("metadata").permissions().mode() & 0o777, 0o600);
        }
        assert!(Addresses::open(folder.path()).is_err(), "a folder");
    }

    #[test]
    fn a_file_that_is_gone_is_made_anew_and_a_line_that_is_gone_leaves_the_new_address() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("addresses.jsonl");
        let anew = Addresses::open(&place).expect("made anew");
        anew.after(&locator(LocatorKind::Sas), "https://st/c?sig=new").expect("written");
        let text = std::fs::read_to_string(&place).expect("text");
        assert!(text.contains("sig=new"), "{text}");
    }

    #[test]
    fn a_place_is_kept_whole_because_a_run_may_go_on_elsewhere() {
        let whole = absolute("addresses.jsonl").expect("a place");
        assert!(Path::new(&whole).is_absolute() && whole.ends_with("addresses.jsonl"), "{whole}");
        assert_eq!(absolute(&whole).expect("a place"), whole);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_of_ours_is_refused_and_left_as_it_is() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("addresses.jsonl");
        std::fs::write(&place, "theirs").expect("written");
        let link = folder.path().join("link");
        symlink(&place, &link).expect("a link");
        let problem = Addresses::open(&link).expect_err("a link");
        assert_eq!((problem.code.as_str(), problem.exit_code()), ("addressFileUnusable", 2));
        assert!(problem.causes[0].contains("it is a link"), "{problem:?}");
        assert_eq!(std::fs::read_to_string(&place).expect("text"), "theirs");
    }
}
