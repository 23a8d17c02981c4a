//! A file for its owner alone, at a place that somebody else may be able to write to: what is checked is what was opened, so
//! that nothing can be put in its place in between.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Makes a new file, to be read and appended to.
///
/// # Errors
/// When there is anything already, a link included, or it cannot be made.
pub(super) fn create(place: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    system::for_its_owner(options.read(true).append(true).create_new(true)).open(place).and_then(checked)
}

/// Opens a file, to be read and appended to. A mode that somebody widened is mended.
///
/// # Errors
/// Not found; and when it is a link, no file, one of another user, or one that has other names.
pub(super) fn open(place: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    system::for_its_owner(options.read(true).append(true)).open(place).map_err(system::explained).and_then(checked)
}

fn checked(file: File) -> io::Result<File> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    system::check(&file, &metadata)?;
    Ok(file)
}

#[cfg(unix)]
mod system {
    use std::fs::{File, Metadata, OpenOptions, Permissions};
    use std::io;
    use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};

    use rustix::fs::OFlags;
    use rustix::io::Errno;
    use rustix::process::geteuid;

    const FOR_ITS_OWNER: u32 = 0o600;

    /// No link is followed, and a pipe at the place holds nobody up.
    pub(super) fn for_its_owner(options: &mut OpenOptions) -> &mut OpenOptions {
        options.mode(FOR_ITS_OWNER).custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
    }

    pub(super) fn explained(error: io::Error) -> io::Error {
        let is_link = error.raw_os_error() == Some(Errno::LOOP.raw_os_error());
        if is_link { io::Error::other("it is a link, and links are not followed") } else { error }
    }

    pub(super) fn check(file: &File, metadata: &Metadata) -> io::Result<()> {
        let why = match () {
            () if metadata.uid() != geteuid().as_raw() => "it belongs to another user",
            // Somebody could let one of the user's other files be written to.
            () if metadata.nlink() != 1 => "it has another name elsewhere",
            // Whoever widened it, and whatever the mask is: nobody else reads what comes next.
            () => return file.set_permissions(Permissions::from_mode(FOR_ITS_OWNER)),
        };
        Err(io::Error::other(why))
    }
}

#[cfg(windows)]
mod system {
    use std::fs::{File, Metadata, OpenOptions};
    use std::io;
    use std::os::windows::fs::{MetadataExt as _, OpenOptionsExt as _};

    const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
    const FILE_ATTRIBUTE_REPARSE_POINT: u32 = 0x0000_0400;

    /// A link is opened itself instead of what it leads to. Who may read the file is inherited from its folder.
    pub(super) fn for_its_owner(options: &mut OpenOptions) -> &mut OpenOptions {
        options.custom_flags(FILE_FLAG_OPEN_REPARSE_POINT)
    }

    pub(super) fn explained(error: io::Error) -> io::Error {
        error
    }

    pub(super) fn check(_: &File, metadata: &Metadata) -> io::Result<()> {
        if metadata.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
            return Err(io::Error::other("it is a link, and links are not followed"));
        }
        Ok(())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::{self, Permissions};
    use std::io::{Read as _, Seek as _, Write as _};
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::process::Command;

    use super::*;

    #[test]
    fn a_mode_that_was_widened_is_mended() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("file");
        drop(create(&place).expect("new"));
        let mode = || fs::metadata(&place).expect("metadata").permissions().mode() & 0o777;
        assert_eq!(mode(), 0o600);
        for wrong in [0o644, 0o666, 0o640] {
            fs::set_permissions(&place, Permissions::from_mode(wrong)).expect("widened");
            drop(open(&place).expect("opens"));
            assert_eq!(mode(), 0o600);
        }
    }

    #[test]
    fn a_link_is_never_followed_wherever_it_leads() {
        let folder = tempfile::tempdir().expect("a folder");
        let [place, nowhere] = ["file", "nowhere"].map(|name| folder.path().join(name));
        fs::write(&place, "theirs").expect("written");
        fs::set_permissions(&place, Permissions::from_mode(0o644)).expect("a mode");
        for target in [&place, &nowhere, &folder.path().to_owned()] {
            let link = folder.path().join("link");
            symlink(target, &link).expect("a link");
            let error = open(&link).expect_err("a link");
            assert_eq!(error.to_string(), "it is a link, and links are not followed");
            assert_eq!(create(&link).expect_err("there already").kind(), io::ErrorKind::AlreadyExists);
            fs::remove_file(&link).expect("removed");
        }
        assert!(!nowhere.exists());
        let left = fs::metadata(&place).expect("metadata").permissions().mode() & 0o777;
        assert_eq!((fs::read_to_string(&place).expect("text").as_str(), left), ("theirs", 0o644));
    }

    #[test]
    fn what_is_no_file_of_its_own_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let [place, other, pipe] = ["file", "other", "pipe"].map(|name| folder.path().join(name));
        assert_eq!(open(&place).expect_err("gone").kind(), io::ErrorKind::NotFound);
        drop(create(&place).expect("new"));
        fs::hard_link(&place, &other).expect("another name");
        assert_eq!(open(&place).expect_err("two names").to_string(), "it has another name elsewhere");
        assert!(open(folder.path()).is_err(), "a folder");
        assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
        assert_eq!(open(&pipe).expect_err("a pipe").to_string(), "it is not a file");
        // Only root can give a file away.
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(&other, Some(1), None).expect("given away");
            fs::remove_file(&place).expect("removed");
            assert_eq!(open(&other).expect_err("another's").to_string(), "it belongs to another user");
        }
    }

    #[test]
    fn what_was_opened_stays_what_is_read_and_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let [place, moved] = ["file", "moved"].map(|name| folder.path().join(name));
        let mut file = create(&place).expect("new");
        file.write_all(b"one\n").expect("written");
        fs::rename(&place, &moved).expect("moved away");
        fs::write(&place, "somebody else's").expect("put in its place");
        file.write_all(b"two\n").expect("written");
        let mut text = String::new();
        file.rewind().and_then(|()| file.read_to_string(&mut text)).expect("read");
        assert_eq!((text.as_str(), fs::read_to_string(&moved).expect("text").as_str()), ("one\ntwo\n", "one\ntwo\n"));
        assert_eq!(fs::read_to_string(&place).expect("text"), "somebody else's");
    }
}
