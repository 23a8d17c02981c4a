//! How a conversation ends while a run is at work: nothing is torn, and another process goes on.

use serde_json::json;

use super::{open_names, rotate};
use crate::binary::text;
use crate::host::Host;
use crate::served::{Azure, with_secret};

/// A roll that waits a day for consumers, and the conversation about it.
fn waiting() -> (Azure, Host) {
    let azure = Azure::serve(with_secret(), 2000);
    let mut host = Host::greet(&azure.place);
    let names = open_names(&mut host, "0");
    host.say(&rotate("1", "chg1", &names, true));
    host.event("waiting");
    (azure, host)
}

/// The run is whole, and another process carries it on.
#[track_caller]
fn goes_on(azure: &Azure) {
    assert_eq!(azure.regenerates(), 1);
    let verified = azure.run("report --verify --run-id chg1").json();
    assert_eq!(verified["tornBytes"], 0, "{verified}");
    let resumed = azure.run("resume --run-id chg1 --no-wait");
    assert_eq!((resumed.code, &resumed.json()["state"]), (0, &json!("waiting")), "{resumed:?}");
    let journal = text(&azure.place.path("state/runs/chg1/journal.jsonl"));
    assert!(journal.contains("\"event\":\"interrupted\"") && journal.contains("\"event\":\"resumed\""), "{journal}");
}

#[test]
fn the_end_of_the_input_ends_a_waiting_run_safely_and_what_waits_behind_it_never_begins() {
    let (azure, mut host) = waiting();
    host.say(&json!({ "v": 1, "id": "2", "command": "status" }));
    let ended = host.end();
    assert_eq!(ended.code, 0, "{ended:?}");
    let last: Vec<_> = ended.json_lines().into_iter().filter(|frame| frame.get("problem").is_some()).collect();
    let told: Vec<_> = last.iter().map(|frame| (&frame["id"], &frame["problem"]["exitCode"])).collect();
    assert_eq!(told, [(&json!("1"), &json!(130)), (&json!("2"), &json!(130))], "{last:?}");
    assert!(last[1]["problem"]["message"].as_str().expect("text").contains("before it began"));
    goes_on(&azure);
}

#[test]
fn a_host_that_dies_leaves_a_run_that_goes_on() {
    let (azure, mut host) = waiting();
    host.stop_reading();
    let ended = host.end();
    assert_eq!(ended.code, 0, "{ended:?}");
    goes_on(&azure);
}

#[test]
fn a_request_that_waits_is_taken_back() {
    let (azure, mut host) = waiting();
    host.say(&json!({ "v": 1, "id": "2", "command": "status" }));
    host.say(&json!({ "v": 1, "id": "2", "cancel": true }));
    let back = host.answer();
    assert_eq!((&back["id"], &back["problem"]["exitCode"]), (&json!("2"), &json!(130)), "{back}");
    host.say(&json!({ "v": 1, "id": "nobody", "cancel": true }));
    host.say(&json!({ "v": 1, "id": "1", "cancel": true }));
    assert_eq!(host.answer()["id"], "1");
    assert_eq!(host.end().code, 0);
    goes_on(&azure);
}

#[test]
fn a_cancel_while_a_token_is_needed_ends_the_request() {
    let azure = Azure::serve(with_secret(), 1);
    let mut host = Host::greet(&crate::binary::Place::new());
    host.say(&super::keys(&azure, "1", &[]));
    assert!(host.frame().get("tokenNeeded").is_some());
    let cancelled = host.ask(&json!({ "v": 1, "id": "1", "cancel": true }));
    assert_eq!(cancelled["problem"]["exitCode"], 130, "{cancelled}");
    assert_eq!(host.end().code, 0);
}

#[cfg(unix)]
#[test]
fn a_signal_ends_a_waiting_run_safely() {
    let (azure, mut host) = waiting();
    let killed = std::process::Command::new("kill").args(["-TERM", &host.process().to_string()]).status().expect("kill");
    assert!(killed.success());
    let answer = host.answer();
    assert_eq!(answer["problem"]["exitCode"], 143, "{answer}");
    let ended = host.end();
    assert_eq!(ended.code, 143, "{ended:?}");
    goes_on(&azure);
}
