//! Folders of certificate authorities: ours, new ones, old ones, and somebody else's.

use super::*;

fn pem(folder: &Path) -> String {
    fs::read_to_string(folder.join(CERTIFICATE)).expect("a certificate")
}

#[test]
fn an_authority_is_made_once_and_used_again() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("ca");
    let first = Authority::open(&folder).expect("a new folder");
    let made = pem(&folder);
    assert!(first.file().is_absolute() && made.contains("BEGIN CERTIFICATE"));
    Authority::open(&folder).expect("our own folder");
    assert_eq!(pem(&folder), made);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let allowed = fs::metadata(folder.join(KEY)).expect("a key").permissions().mode();
        assert_eq!(allowed & 0o777, 0o600);
    }
    assert!(!format!("{first:?}").contains("PRIVATE"));
}

#[test]
fn an_expired_authority_gives_way_to_a_new_one() {
    let place = tempfile::tempdir().expect("a folder");
    Authority::open(place.path()).expect("an empty folder");
    let first = pem(place.path());
    let mark = format!(r#"{{"schema":"{SCHEMA}","notAfter":"2026-01-01T00:00:00Z"}}"#);
    fs::write(place.path().join(MARK), mark).expect("written");
    Authority::open(place.path()).expect("our own folder");
    assert_ne!(pem(place.path()), first);
}

#[test]
fn somebody_elses_folder_is_left_alone() {
    for (name, content) in [("ca.key", "a key"), (MARK, r#"{"schema":"other/1","notAfter":""}"#), (MARK, "no JSON")] {
        let place = tempfile::tempdir().expect("a folder");
        fs::write(place.path().join(name), content).expect("written");
        let problem = Authority::open(place.path()).expect_err("not ours");
        assert_eq!((problem.code.as_str(), problem.exit_code()), ("authorityNotOurs", 2));
        assert_eq!(fs::read_dir(place.path()).expect("a folder").count(), 1, "nothing was written");
    }
}

#[test]
fn a_lost_key_is_told() {
    let place = tempfile::tempdir().expect("a folder");
    Authority::open(place.path()).expect("an empty folder");
    fs::remove_file(place.path().join(KEY)).expect("removed");
    assert_eq!(Authority::open(place.path()).expect_err("no key").code, "authorityDamaged");
}

#[test]
fn every_name_of_azure_can_stand_in_a_certificate() {
    let place = tempfile::tempdir().expect("a folder");
    let names = names(&crate::sim::demo::world());
    assert!(names.contains(&"*.restv2.westeurope.media.azure.net".to_owned()), "{names:?}");
    assert!(names.contains(&"*.vault.azure.net".to_owned()));
    Authority::open(place.path()).expect("a folder").leaf(&names).expect("names");
}
