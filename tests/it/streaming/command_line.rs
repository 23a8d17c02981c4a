//! The streaming check of the real binary, over the wire.

use keyroll::contract::world::{Fault, FaultKind};
use serde_json::json;

use super::rig::watched;
use crate::locators::command_line::RECREATE;
use crate::served::Azure;

/// How fast the world's time runs: the half minute that a stream may take to begin is not to be missed on a busy machine.
const TIMES: u32 = 60;

#[test]
fn the_streams_of_what_was_recreated_are_told() {
    let azure = Azure::serve(watched(2), TIMES);
    let looked = azure.run(&format!("{RECREATE} --dry-run"));
    let urls = looked.json()["streams"]["urls"].as_array().expect("URLs").len();
    assert_eq!((looked.code, urls), (0, 2), "{looked:?}");
    let done = azure.run(&format!("{RECREATE} --yes --run-id r1"));
    assert_eq!(done.code, 0, "{done:?}");
    let states: Vec<_> =
        done.json()["streaming"]["urls"].as_array().expect("URLs").iter().map(|url| url["state"].clone()).collect();
    assert_eq!(states, [json!("answers"), json!("answers")], "{done:?}");
    assert!(done.stderr.contains("asking 2 streaming URLs from"), "{done:?}");
    let table = azure.run("report --run-id r1 -o table");
    assert!(table.stdout.contains("streaming URLs: 2 answer as before"), "{table:?}");
    assert_eq!(azure.simulator.audit().calls_of("streaming.get"), 4);
    assert_eq!(azure.simulator.audit().losses, [] as [&str; 0]);
    azure.leaks_nothing(&[&done.stdout, &done.stderr, &table.stdout]);
}

#[test]
fn one_that_fails_is_a_persons_and_named() {
    let mut world = watched(2);
    world.unknowns.locator_ready_seconds = 7200;
    let azure = Azure::serve(world, TIMES);
    let done = azure.run(&format!("{RECREATE} --yes --run-id r1"));
    assert_eq!((done.code, &done.json()["state"]), (42, &json!("done")), "{done:?}");
    assert_eq!(done.json()["problem"]["code"], "streamsFail");
    let table = azure.run("report --run-id r1 -o table");
    for part in ["needs somebody", "2 fail", "answered before, and now answers 404", "film.ism"] {
        assert!(table.stdout.contains(part), "{part}: {table:?}");
    }
    assert_eq!(azure.run("wait --run-id r1").code, 42);
}

#[test]
fn without_the_check_no_stream_is_asked() {
    let azure = Azure::serve(watched(2), TIMES);
    azure.simulator.add_fault(Fault::sometimes("streaming.get", 1.0, 99, FaultKind::Status { code: 500 }));
    let done = azure.run(&format!("{RECREATE} --yes --run-id r1 --no-streaming-check"));
    assert_eq!((done.code, done.json().get("streaming")), (0, None), "{done:?}");
    assert_eq!(azure.simulator.audit().calls_of("streaming.get"), 0);
    // The same run id with the check would be another request.
    let other = azure.run(&format!("{RECREATE} --yes --run-id r1"));
    assert_eq!(other.code, 11, "{other:?}");
}
