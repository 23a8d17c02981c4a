//! Bad input: one sentence, a hint, the right exit code, nothing changed. None of these needs a network.

use crate::binary::{Place, refused};

const ACCOUNT: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/st";

#[test]
fn malformed_and_foreign_resource_ids_are_refused_before_sign_in() {
    let place = Place::new();
    for id in ["/subscriptions/s/resourceGroups/g", "subscriptions//x", "/subscriptions/s/resourceGroups/../providers/a/b/c"] {
        for command in ["list-keys", "dependents", "plan", "rotate", "regenerate-key --key key1"] {
            let problem = refused(&place.run(&format!("{command} --storage-account {id}")), 2, "malformedResourceId");
            assert!(problem["message"].as_str().expect("text").contains(id));
        }
    }
    let media = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Media/mediaservices/m";
    let ended = place.run(&format!("plan --storage-account {media}"));
    assert_eq!((ended.code, ended.json()["code"].as_str()), (2, Some("wrongResourceType")), "{ended:?}");
    assert!(!place.has_runs());
}

#[test]
fn a_command_without_an_account_says_how_to_name_one() {
    let place = Place::new();
    for command in ["list-keys", "dependents", "plan", "rotate", "regenerate-key"] {
        refused(&place.run(command), 2, "storageAccountMissing");
    }
    refused(&place.run("regenerate-key --storage-account st"), 2, "keyMissing");
}

#[test]
fn options_that_exclude_each_other_are_refused() {
    let place = Place::new();
    let problem = refused(&place.run("rotate --storage-account st --key key1 --standby-only"), 2, "usage");
    let message = problem["message"].as_str().expect("text");
    assert!(message.contains("--key") && message.contains("--standby-only"), "{message}");
    refused(&place.run("rotate --plan p.json --standby-only"), 2, "usage");
    refused(&place.run("status --quiet -v"), 2, "usage");
}

#[test]
fn unknown_names_list_the_known_ones() {
    let place = Place::new();
    for (line, code, known) in [
        ("plan --storage-account st --until dance", "usage", "retire"),
        ("plan --storage-account st --key key3", "usage", "key1"),
        ("plan --storage-account st --auth guess", "unknownAuth", "managed-identity"),
        ("plan --storage-account st --cloud AzureGermanCloud", "unknownCloud", "AzureUSGovernment"),
        ("plan --storage-account st --concurrency 0", "usage", "1"),
        ("plan --storage-account st --retire-after soon", "usage", "such as 30m, 24h or 7d"),
        #[cfg(feature = "serve")]
        ("simulate serve --port 99999", "usage", "keyroll simulate serve --help"),
        ("plan --storag-account st", "usage", "--storage-account"),
        ("rotat", "usage", "rotate"),
    ] {
        let ended = place.run(line);
        refused(&ended, 2, code);
        assert!(ended.stdout.contains(known), "{known} is missing in {ended:?}");
    }
}

#[test]
fn a_wait_of_more_than_a_year_is_refused_by_the_name_of_its_option() {
    let place = Place::new();
    for (value, hint) in [
        ("9000y", "at most 1y"),
        ("584542046090y", "at most 1y"),
        ("366d", "at most 1y"),
        ("99999999999999999999s", "such as 30m, 24h or 7d"),
    ] {
        for option in ["--retire-after", "--settle"] {
            for command in ["plan", "rotate"] {
                let problem = refused(&place.run(&format!("{command} --storage-account st {option} {value}")), 2, "usage");
                let told = problem.to_string();
                assert!(told.contains(option) && told.contains(hint), "{told}");
            }
        }
    }
    let input = place.run_with("plan --input -", br#"{"storageAccount":"st","settle":"9000y"}"#);
    refused(&input, 2, "usage");
    assert!(!place.has_runs());
}

#[test]
fn every_unknown_member_of_the_input_is_named_and_nothing_begins() {
    let place = Place::new();
    let ended = place.run_with("rotate --input -", br#"{"storageAccount":"st","yes":true,"zeta":1,"Alpha":2}"#);
    let problem = refused(&ended, 2, "unknownMembers");
    assert_eq!(problem["message"], "the command has no option for `Alpha`, `zeta`");
    let ended = place.run_with("rotate --input -", br#"{"storageAccount":["st"],"yes":"true"}"#);
    assert_eq!((ended.code, ended.json()["code"].as_str()), (2, Some("wrongMembers")), "{ended:?}");
    // The second line is wrong, so that the first is not begun either.
    let ended = place.run_with("status --input -", b"{\"runId\":\"a\"}\n{\"runid\":\"b\"}\n");
    refused(&ended, 2, "unknownMembers");
    assert!(!place.has_runs());
}

#[test]
fn empty_binary_and_malformed_input_is_refused() {
    let place = Place::new();
    for (input, code) in [
        (&b""[..], "emptyInput"),
        (b"\r\n", "emptyInput"),
        (b"\x00\xff\xfe", "binaryInput"),
        (b"{", "malformedInput"),
        (b"[]", "malformedInput"),
    ] {
        refused(&place.run_with("plan --input -", input), 2, code);
    }
    let ended = place.run("plan --input nowhere.json");
    assert_eq!((ended.code, ended.json()["code"].as_str()), (3, Some("noSuchFile")), "{ended:?}");
}

#[test]
fn plans_of_another_version_account_or_kind_are_refused() {
    let place = Place::new();
    for (content, code) in [
        (&b""[..], "notAPlan"),
        (b"{\"schema\":\"keyroll.plan/99\"}", "planOfAnotherVersion"),
        (b"{\"schema\":\"keyroll.event/1\"}", "notAPlan"),
        (b"[1,2]", "notAPlan"),
    ] {
        let file = place.file("p.json", content);
        refused(&place.run(&format!("rotate --plan {file}")), 2, code);
    }
    let file = place.file("p.json", b"\x00\xff");
    assert_eq!(place.run(&format!("rotate --plan {file}")).json()["code"], "binaryFile");
    assert_eq!(place.run("rotate --plan nowhere.json").code, 3);
    assert!(!place.has_runs());
}

#[test]
fn a_journal_from_the_future_is_said_to_be_one_and_left_alone() {
    let place = Place::new();
    let line = r#"{"schema":"keyroll.event/2","seq":1,"time":"2026-11-22T02:05:00Z","prev":"0","event":"runStarted"}"#;
    let journal = place.file("state/runs/r1/journal.jsonl", format!("{line}\n"));
    for command in [
        "status",
        "status --run-id r1",
        "resume --run-id r1",
        "report --run-id r1",
        "report --verify --run-id r1",
        "abort --run-id r1",
    ] {
        let problem = refused(&place.run(command), 2, "journalFromTheFuture");
        assert!(problem["hints"][0].as_str().expect("text").contains("update keyroll"), "{problem}");
    }
    assert_eq!(std::fs::read_to_string(journal).expect("the journal"), format!("{line}\n"));
}

#[test]
fn a_state_folder_that_cannot_be_written_stops_everything_before_the_first_call() {
    let place = Place::new();
    let file = place.file("occupied", "a file, not a folder");
    for command in ["rotate", "plan", "status"] {
        let ended = place.run(&format!("{command} --storage-account {ACCOUNT} --state {file}/state"));
        let problem = refused(&ended, 1, "stateNotWritten");
        assert!(problem["hints"][0].as_str().expect("text").contains("--state"), "{problem}");
    }
}

#[test]
fn runs_that_are_not_there_and_ids_that_are_none_are_told_apart() {
    let place = Place::new();
    for command in ["resume", "step", "abort", "report", "wait", "status"] {
        let ended = place.run(&format!("{command} --run-id nobody"));
        assert_eq!(ended.code, 3, "{command}: {ended:?}");
        refused(&place.run(&format!("{command} --run-id ../x")), 2, "malformedRunId");
    }
    refused(&place.run("resume"), 3, "noUnfinishedRun");
    refused(&place.run("report"), 3, "noRun");
}

#[test]
fn a_terminal_format_keeps_stdout_for_data() {
    let place = Place::new();
    let ended = place.run("plan -o table");
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{ended:?}");
    assert!(ended.stderr.contains("error: no storage account was named\nhint: "), "{ended:?}");
    assert!(!ended.stderr.contains('\u{1b}'), "no colours where nobody sees them");
}
