//! Real SIGKILLs of the real binary between delete and create, with the world in another process and the state in a folder.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use keyroll::contract::world::{Span, World};
use serde_json::{Value, json};

use super::rig::world;
use crate::processes::{ServedWorld, until};

/// How fast the world's time runs: ten minutes, after which a delete is believed not to have happened, pass in a tenth of a second.
pub const TIMES: u32 = 6000;

/// How many runs are killed, and how often each.
const RUNS: usize = 8;
const KILLS: usize = 4;

const RECREATE: &str = "recreate-locators media-v2 -g prod --account-name media-v2 --yes --run-id r1 --concurrency 2";

/// Six assets with two locators each, and calls that take long enough to be killed in.
fn slow() -> World {
    let mut world = world(6, 2);
    world.unknowns.latency_milliseconds = Span::new(20_000, 60_000);
    world.media_v2_accounts[0].locators[3].expires_in_hours = Some(24 * 3650);
    world
}

fn locators(azure: &ServedWorld) -> Vec<Value> {
    let rows = azure.audit()["locators"].as_array().expect("rows").clone();
    // What hangs on the time at which the world began, and on the key, is compared elsewhere.
    let fixed = |row: &Value| json!([row["id"], row["asset"], row["policy"], row["name"], row["path"], row["type"]]);
    rows.iter().map(fixed).collect()
}

/// The expiry of every locator.
fn expiries(azure: &ServedWorld) -> Vec<Value> {
    azure.audit()["locators"].as_array().expect("rows").iter().map(|row| row["expires"].clone()).collect()
}

/// What the journal says last of each locator that is between its delete and its create.
fn away(azure: &ServedWorld) -> Vec<String> {
    let mut last: BTreeMap<String, String> = BTreeMap::new();
    for line in azure.journal("r1") {
        // A line may be half written at this moment.
        let Ok(event) = serde_json::from_str::<Value>(&line) else { continue };
        if let (Some(locator), Some(name)) = (event["locator"].as_str(), event["event"].as_str()) {
            last.insert(locator.to_owned(), name.to_owned());
        }
    }
    last.into_values().filter(|name| ["deleteIntent", "deleted", "createIntent"].contains(&name.as_str())).collect()
}

/// Recreates with this command, is killed once the journal has so many lines and a locator is away, and goes on to the end. Of each
/// kill, what the journal says last of a locator that is between its delete and its create; nothing where none is.
pub fn killed(azure: &ServedWorld, recreate: &str, lines: &[usize]) -> Vec<String> {
    let mut killed_after = Vec::new();
    let mut line = recreate.to_owned();
    for at in lines {
        let mut job = azure.start(&line);
        let reached = until("the moment comes", || {
            let ended = !job.is_at_work();
            ((azure.journal("r1").len() >= *at && !away(azure).is_empty()) || ended).then_some(!ended)
        });
        let since = Instant::now();
        let later = Duration::from_millis(*at as u64 % 3 * 2);
        until("the moment passes", || (since.elapsed() >= later).then_some(()));
        if reached && job.kill() {
            killed_after.push(away(azure).pop().unwrap_or_default());
        }
        let begun = !azure.journal("r1").is_empty();
        line = if begun && killed_after.len() % 2 == 0 { "resume --run-id r1".to_owned() } else { recreate.to_owned() };
    }
    let last = azure.run(&line);
    assert_eq!((last.code, &last.json()["state"]), (0, &json!("done")), "{last:?}");
    let verified = azure.run("report --verify --run-id r1");
    assert_eq!((verified.code, &verified.json()["tornBytes"]), (0, &json!(0)), "{verified:?}");
    let audit = azure.audit();
    let told = azure.everything_told();
    for secret in audit["secrets"].as_array().expect("secrets").iter().map(|secret| secret.as_str().expect("text")) {
        assert!(!told.values().any(|bytes| String::from_utf8_lossy(bytes).contains(secret)), "a secret was told");
    }
    killed_after
}

/// Runs as many stories of kills as are enough, two at a time, and counts where they hit.
pub fn hit_between_delete_and_create(lines_of_one: usize, story: fn(&[usize]) -> Vec<String>) {
    let stories: Vec<Vec<usize>> =
        (0..RUNS).map(|run| (0..KILLS).map(|kill| 2 + run * 2 + kill * lines_of_one + kill % 2).collect()).collect();
    let killed: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = stories
            .chunks(RUNS / 2)
            .map(|part| scope.spawn(move || part.iter().flat_map(|lines| story(lines)).collect::<Vec<_>>()))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a story")).collect()
    });
    let mut between: BTreeMap<&str, u32> = BTreeMap::new();
    for stage in killed.iter().filter(|stage| !stage.is_empty()) {
        *between.entry(stage).or_default() += 1;
    }
    eprintln!("{} kills, between delete and create: {between:?}", killed.len());
    assert!(between.values().sum::<u32>() >= 20, "too few between delete and create: {killed:?}");
    assert!(between.len() >= 2, "always in the same place: {between:?}");
}

fn story(lines: &[usize]) -> Vec<String> {
    let azure = ServedWorld::serve(&slow(), TIMES);
    let (before, expired) = (locators(&azure), expiries(&azure));
    let killed_after = killed(&azure, RECREATE, lines);
    assert_eq!(locators(&azure), before, "{lines:?}: a locator was lost or changed");
    assert_eq!(expiries(&azure), expired, "{lines:?}");
    killed_after
}

#[test]
fn wherever_the_process_is_killed_no_locator_is_lost() {
    hit_between_delete_and_create(16, story);
}
