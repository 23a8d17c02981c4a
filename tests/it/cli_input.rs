//! `--input`: one request, several, and a stream of them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::binary::{Place, end_of, refused};
use crate::documents;
use crate::served::{Azure, lonely};

/// A command that reads a stream.
struct Stream {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Stream {
    fn start(place: &Place, line: &str) -> Self {
        let mut child = place.command(line).stdin(Stdio::piped()).spawn().expect("the binary runs");
        let (stdin, stdout) = (child.stdin.take(), BufReader::new(child.stdout.take().expect("a pipe")));
        Self { child, stdin, stdout }
    }

    fn say(&mut self, line: &str) {
        writeln!(self.stdin.as_mut().expect("open"), "{line}").expect("somebody listens");
    }

    #[track_caller]
    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("a line");
        documents::demand(&line);
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in `{line}`"))
    }

    fn code(mut self) -> i32 {
        self.stdin = None;
        end_of(self.child).code
    }
}

#[test]
fn an_envelope_on_stdin_is_answered_before_the_next_one_is_read() {
    let azure = Azure::serve(lonely(), 200);
    let mut stream = Stream::start(&azure.place, "list-keys --continue-on-error --input -");
    stream.say("\u{feff}\n{\"id\":\"a\",\"arguments\":{\"storageAccount\":\"stprod\"}}\r");
    let first = stream.answer();
    assert_eq!((&first["line"], &first["id"], &first["result"]["schema"]), (&json!(2), &json!("a"), &json!("keyroll.keys/1")));
    stream.say("");
    for (line, code, exit) in [
        (r#"{"id":7,"arguments":{"storageAccount":3}}"#, "wrongMembers", 2),
        (r#"{"id":7,"arguments":{"storageAcount":"stprod"}}"#, "unknownMembers", 2),
        ("{\"arguments\"", "malformedInput", 2),
        (r#"{"storageAccount":"nobody"}"#, "noSuchAccount", 3),
    ] {
        stream.say(line);
        let answer = stream.answer();
        assert_eq!((&answer["problem"]["code"], &answer["problem"]["exitCode"]), (&json!(code), &json!(exit)), "{answer}");
    }
    stream.say(r#"{"arguments":{"storageAccount":"stprod"}} {"arguments":{}}"#);
    let (last, and) = (stream.answer(), stream.answer());
    assert_eq!((&last["line"], &last["result"]["schema"]), (&json!(8), &json!("keyroll.keys/1")));
    assert_eq!((&and["line"], &and["problem"]["code"]), (&json!(8), &json!("storageAccountMissing")));
    assert_eq!(stream.code(), 2, "the exit code of the first failure");
}

#[test]
fn a_stream_ends_with_its_first_failure_unless_it_shall_go_on() {
    let place = Place::new();
    let mut stream = Stream::start(&place, "status --input -");
    stream.say(r#"{"id":"a","arguments":{}}"#);
    assert_eq!(stream.answer()["result"]["runs"], json!([]));
    stream.say(r#"{"id":"b","arguments":{"runId":"nobody"}}"#);
    assert_eq!((&stream.answer()["id"], stream.code()), (&json!("b"), 3));
    let ended = place.run_with("status --events --input -", b"{\"arguments\":{}}\n");
    refused(&ended, 2, "eventsOfSeveral");
}

#[test]
fn bare_options_and_files_are_checked_whole_before_anything_is_done() {
    let place = Place::new();
    let bare = place.run_with("status --input -", b"{\n  \"runId\": null\n}\n");
    assert_eq!((bare.code, &bare.json()["runs"]), (0, &json!([])), "one request needs no envelope: {bare:?}");
    let lines = b"{}\n\n{ }\n{\"id\":[1],\"arguments\":{}}\n";
    for ended in
        [place.run_with("status --input -", lines), place.run(&format!("status --input {}", place.file("in.jsonl", lines)))]
    {
        let answers = ended.json_lines();
        let told: Vec<(&Value, Option<&Value>)> = answers.iter().map(|answer| (&answer["line"], answer.get("id"))).collect();
        assert_eq!(told, [(&json!(1), None), (&json!(3), None), (&json!(4), Some(&json!([1])))], "{ended:?}");
    }
    let wrong = b"{\"arguments\":{}}\n{\"arguments\":{\"runid\":\"b\"}}\n";
    refused(&place.run(&format!("status --input {}", place.file("wrong.jsonl", wrong))), 2, "unknownMembers");
    // On a pipe the first one is done before the second one comes.
    assert_eq!(place.run_with("status --input -", wrong).json_lines().len(), 2);
}

#[test]
fn every_command_takes_its_options_as_json() {
    use keyroll::surface;
    let place = Place::new();
    for (path, _) in surface::leaves(&keyroll::cli::command_tree()) {
        if surface::commands::traits(&path).is_some_and(|traits| traits.host_owned) {
            continue;
        }
        let ended = place.run_with(&format!("{path} --input -"), br#"{"arguments":{"noSuchOption":1}}"#);
        let answer = ended.json();
        assert_eq!((&answer["problem"]["code"], ended.code), (&json!("unknownMembers"), 2), "{path}: {ended:?}");
    }
}

#[test]
fn a_number_stands_only_for_a_number() {
    let place = Place::new();
    for (input, says) in [
        (r#"{"storageAccount":3}"#, "`storageAccount` takes one string"),
        (r#"{"storageAccount":"st","vault":[3]}"#, "`vault` takes an array of strings"),
        (r#"{"storageAccount":"st","settle":90}"#, "`settle` takes one string"),
        (r#"{"storageAccount":"st","concurrency":true}"#, "`concurrency` takes one number"),
    ] {
        let problem = refused(&place.run_with("plan --input -", input.as_bytes()), 2, "wrongMembers");
        assert!(problem["message"].as_str().expect("text").contains(says), "{problem}");
    }
    refused(&place.run_with("plan --input -", br#"{"storageAccount":"st","concurrency":65}"#), 2, "usage");
}

#[cfg(unix)]
#[test]
fn a_signal_between_two_requests_ends_the_stream() {
    let place = Place::new();
    let mut stream = Stream::start(&place, "status --continue-on-error --input -");
    stream.say(r#"{"arguments":{}}"#);
    stream.answer();
    let killed = std::process::Command::new("kill").args(["-INT", &stream.child.id().to_string()]).status().expect("kill");
    assert!(killed.success());
    let said = stream.answer();
    let problem = &said["problem"];
    assert_eq!((&problem["code"], &problem["exitCode"]), (&json!("interrupted"), &json!(130)), "{said}");
    assert_eq!(stream.child.wait().expect("it ends").code(), Some(130), "though stdin is still open");
}
