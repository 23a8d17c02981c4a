//! The seal key beside the state: `seal.key`, the base64 of 32 random bytes, for its owner alone.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::domain::locator::seal::SealKind;
use crate::domain::problem::Problem;

use super::{KEY_LENGTH, Seal};

/// The name of the file in a state folder.
pub const NAME: &str = "seal.key";

/// The key in this state folder; a new one where there is none. Only one process may be here at a time: another would read a key
/// that is half written.
///
/// # Errors
/// `sealKeyExposed` when others may read it, `sealKeyUnusable` when it is a link, no file, not a key, or cannot be read or made.
pub fn in_folder(folder: &Path) -> Result<Seal, Problem> {
    let place = folder.join(NAME);
    match create(&place) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(unusable(&place, &error)),
    }
    seal(&place)
}

/// The key in this state folder that an earlier run sealed with. A new one would open nothing, and would be taken for the old one by
/// whoever looks for it: none is made.
///
/// # Errors
/// `sealKeyMissing` when there is none; otherwise as [`in_folder`].
pub fn made_before(folder: &Path) -> Result<Seal, Problem> {
    let place = folder.join(NAME);
    match std::fs::symlink_metadata(&place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(missing(&place)),
        _ => seal(&place),
    }
}

fn seal(place: &Path) -> Result<Seal, Problem> {
    let text = read(place)?;
    // Whoever made it may have died before it was durable.
    durable(place).map_err(|error| unusable(place, &error))?;
    Seal::from_base64(&text, SealKind::File, Some(place.display().to_string())).map_err(|problem| unusable(place, &problem))
}

/// Makes the file, unless there is something by its name, even a link that leads nowhere.
fn create(place: &Path) -> io::Result<()> {
    let mut bytes = Zeroizing::new([0; KEY_LENGTH]);
    rand::fill(&mut *bytes).map_err(|_| io::Error::other("the system gives no random bytes"))?;
    let mut text = Zeroizing::new(STANDARD.encode(*bytes));
    text.push('\n');
    let mut file = private(OpenOptions::new().write(true).create_new(true)).open(place)?;
    file.write_all(text.as_bytes())
}

/// Makes the file and its name durable. Where a folder cannot be opened (Windows), the name is as durable as the file.
fn durable(place: &Path) -> io::Result<()> {
    OpenOptions::new().read(true).write(cfg!(windows)).open(place)?.sync_all()?;
    if let (true, Some(folder)) = (cfg!(unix), place.parent()) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Reads the file that has this name itself: what is opened is compared with what the name is, so that no link is followed.
fn read(place: &Path) -> Result<Zeroizing<String>, Problem> {
    let named = std::fs::symlink_metadata(place).map_err(|error| unusable(place, &error))?;
    if !named.is_file() {
        return Err(unusable(place, &"it is a link or a folder, not a file"));
    }
    let mut file = File::open(place).map_err(|error| unusable(place, &error))?;
    let opened = file.metadata().map_err(|error| unusable(place, &error))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if (named.dev(), named.ino()) != (opened.dev(), opened.ino()) {
            return Err(unusable(place, &"it was exchanged while it was opened"));
        }
        if opened.mode() & 0o077 != 0 {
            return Err(exposed(place, opened.mode() & 0o777));
        }
    }
    if opened.len() > 1024 {
        return Err(unusable(place, &"it is too long to be a key"));
    }
    let mut text = Zeroizing::new(String::with_capacity(1024));
    file.read_to_string(&mut text).map_err(|error| unusable(place, &error))?;
    Ok(text)
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

#[cfg(unix)]
fn exposed(place: &Path, mode: u32) -> Problem {
    Problem::blocked("sealKeyExposed", format!("the seal key {} may be read by others (its mode is {mode:o})", place.display()))
        .hint(format!("if nobody else has read it, take that right away: chmod 600 {}", place.display()))
        .hint("if somebody may have, finish the runs that need it, then remove it: the next run makes a new one")
}

fn missing(place: &Path) -> Problem {
    Problem::person(
        "sealKeyMissing",
        format!("the seal key {} is not there, and a new one would not open what is sealed", place.display()),
    )
    .hint(format!("put {} back from a copy, for its owner alone (mode 600)", place.display()))
    .hint("if it is gone for good: make by hand what is away, then end the run with keyroll abort; a new run makes a new key")
}

fn unusable(place: &Path, why: &dyn std::fmt::Display) -> Problem {
    Problem::blocked("sealKeyUnusable", format!("the seal key {} cannot be used", place.display()))
        .because(why)
        .hint("put it back as it was; without an unfinished run that needs it, remove it, and the next run makes a new one")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_made_once_for_its_owner_alone_and_read_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = in_folder(folder.path()).expect("made");
        let again = in_folder(folder.path()).expect("read");
        assert_eq!(first.source(), again.source());
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing else is left");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let place = folder.path().join(NAME);
            assert_eq!(std::fs::metadata(&place).expect("metadata").permissions().mode() & 0o777, 0o600);
            for mode in [0o640, 0o604, 0o620] {
                std::fs::set_permissions(&place, std::fs::Permissions::from_mode(mode)).expect("widened");
                let problem = in_folder(folder.path()).expect_err("others may read it");
                assert_eq!((problem.code.as_str(), problem.exit_code()), ("sealKeyExposed", 12));
                assert!(problem.hints[0].contains("chmod 600"), "{problem:?}");
            }
        }
    }

    #[test]
    fn a_key_that_an_earlier_run_sealed_with_is_never_made_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let problem = made_before(folder.path()).expect_err("there is none");
        assert_eq!((problem.code.as_str(), problem.exit_code()), ("sealKeyMissing", 42), "{problem:?}");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "nothing was made");
        let made = in_folder(folder.path()).expect("made");
        assert_eq!(made_before(folder.path()).expect("read").source(), made.source());
    }

    #[cfg(unix)]
    #[test]
    fn no_link_is_followed_and_nothing_is_written_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let elsewhere = tempfile::tempdir().expect("a folder");
        in_folder(elsewhere.path()).expect("made");
        let place = folder.path().join(NAME);
        for target in [elsewhere.path().join(NAME), elsewhere.path().join("nowhere")] {
            std::os::unix::fs::symlink(&target, &place).expect("a link");
            assert_eq!(in_folder(folder.path()).expect_err("a link").code, "sealKeyUnusable");
            std::fs::remove_file(&place).expect("removed");
        }
        assert!(!elsewhere.path().join("nowhere").exists());
        for text in ["", "AAAA\n", &"A".repeat(5000)] {
            let mut file = private(OpenOptions::new().write(true).create(true).truncate(true)).open(&place).expect("a file");
            file.write_all(text.as_bytes()).expect("written");
            let problem = in_folder(folder.path()).expect_err("no key");
            assert_eq!(problem.code, "sealKeyUnusable");
            assert_eq!(std::fs::read_to_string(&place).expect("text"), text, "it stays as it is");
        }
    }
}
