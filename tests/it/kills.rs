//! Real SIGKILLs of the real binary in the middle of a roll, with a world in another process and the state in a folder:
//! whoever goes on comes to the end that an undisturbed run comes to (promise P10).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use keyroll::contract::world::{Fault, FaultKind, World};
use serde_json::{Value, json};

use crate::binary::Ended;
use crate::processes::{ServedWorld, until};
use crate::worlds::production;

/// How fast the worlds' time runs: a consumer's day passes in under fifteen seconds, and a scheduler that forgets a process
/// for a tenth of a second still leaves its signatures valid.
const TIMES: u32 = 6000;

/// How many runs are killed at lines of the journal.
const RUNS: usize = 6;

/// How often each of them is killed.
const KILLS: usize = 4;

/// How many kills a whole story must have come to.
const ENOUGH: usize = 20;

/// A moment of a run.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// The journal has this many lines; with none, the process has asked its first question and written nothing.
    Lines(usize),
    /// So many events of this name are written.
    Event(&'static str, usize),
}

/// When to kill: at this moment, or this much later.
type Aim = (Moment, Duration);

impl Moment {
    fn is_reached(self, azure: &ServedWorld) -> bool {
        match self {
            Self::Lines(0) => azure.audit()["calls"]["storage.listKeys"] != Value::Null,
            Self::Lines(lines) => azure.journal("r1").len() >= lines,
            Self::Event(name, count) => events(azure, name).len() >= count,
        }
    }
}

/// What a run came to, and how often it was killed on the way.
struct Story {
    end: End,
    /// The last event before each kill.
    killed_after: Vec<String>,
    lines: usize,
}

/// Who holds what in the end.
type End = BTreeMap<String, Value>;

fn events(azure: &ServedWorld, name: &str) -> Vec<Value> {
    let parsed = azure.journal("r1").into_iter().map(|line| serde_json::from_str::<Value>(&line).expect("a line of JSON"));
    parsed.filter(|event| event["event"] == name).collect()
}

/// Rolls, is killed at each aim, and goes on.
fn roll(world: &World, aims: &[Aim]) -> Story {
    let azure = ServedWorld::serve(world, TIMES);
    let rotate = format!("rotate --storage-account stprod --yes --run-id r1 --accept {}", azure.names("stprod"));
    let mut killed_after = Vec::new();
    let mut line = rotate.clone();
    let mut aims = aims.iter();
    let last = loop {
        let Some((moment, later)) = aims.next() else { break azure.run(&line) };
        let mut job = azure.start(&line);
        let reached = until("the moment comes", || {
            let ended = !job.is_at_work();
            (moment.is_reached(&azure) || ended).then_some(!ended)
        });
        let since = Instant::now();
        let at_work = reached
            && until("the moment passes", || {
                let ended = !job.is_at_work();
                (since.elapsed() >= *later || ended).then_some(!ended)
            });
        if !at_work {
            break job.end();
        }
        if job.kill() {
            let last = azure.journal("r1").pop().map(|line| serde_json::from_str::<Value>(&line).expect("a line of JSON"));
            killed_after.push(last.map_or_else(String::new, |event| event["event"].as_str().expect("a name").to_owned()));
        }
        line = way_on(&azure, &rotate, killed_after.len());
    };
    let end = judge(&azure, &last);
    Story { end, killed_after, lines: azure.journal("r1").len() }
}

/// The run is resumed, or delivered once more as a scheduler does it; what was never begun can only be delivered again.
fn way_on(azure: &ServedWorld, rotate: &str, kills: usize) -> String {
    if azure.journal("r1").is_empty() {
        let resumed = azure.run("resume --run-id r1");
        assert_eq!((resumed.code, &resumed.json()["code"]), (3, &json!("noSuchRun")), "{resumed:?}");
        return rotate.to_owned();
    }
    if kills.is_multiple_of(2) { rotate.to_owned() } else { "resume --run-id r1".to_owned() }
}

/// Every promise that a kill could have broken.
fn judge(azure: &ServedWorld, last: &Ended) -> End {
    assert_eq!(last.code, 0, "{last:?}");
    let report = last.json();
    assert_eq!((&report["state"], &report["regenerated"]), (&json!("done"), &json!(["key2", "key1"])), "{report}");
    let verified = azure.run("report --verify --run-id r1");
    assert_eq!(verified.code, 0, "{verified:?}");
    let verified = verified.json();
    assert_eq!((&verified["entries"], &verified["tornBytes"]), (&json!(azure.journal("r1").len()), &json!(0)), "{verified}");

    // Streaming origins follow in their own time.
    let audit = until("everything is current", || {
        let audit = azure.audit();
        rows(&audit, "holders").iter().all(|held| held["current"] == true).then_some(audit)
    });
    let own = |record: &&Value| record["author"] == "caller";
    let regenerated: Vec<&Value> = rows(&audit, "regenerates").iter().filter(own).map(|record| &record["slots"]).collect();
    assert_eq!(regenerated, [&json!(["key2"]), &json!(["key1"])], "each slot once");
    assert_eq!(rows(&audit, "regenerates").len(), 2, "and nobody else did");
    let pushed = |down: &&Value| down["kind"] == "datastore" || down["kind"] == "consumer";
    let down: Vec<&Value> = rows(&audit, "downtimes").iter().filter(pushed).collect();
    assert!(down.is_empty(), "{down:#?}");
    for broken in ["losses", "overlappingWrites"] {
        assert!(rows(&audit, broken).is_empty(), "{broken}: {}", audit[broken]);
    }
    leaks_nothing(azure, &audit);
    let name = |held: &Value| azure.without_port(held["dependent"].as_str().expect("a name"));
    let end: End = rows(&audit, "holders").iter().map(|held| (name(held), held["generations"].clone())).collect();
    assert_eq!(end.len(), rows(&audit, "holders").len());
    end
}

fn rows<'a>(audit: &'a Value, name: &str) -> &'a Vec<Value> {
    audit[name].as_array().expect("rows")
}

/// No file of the state and nothing that was ever said holds a secret of the world.
fn leaks_nothing(azure: &ServedWorld, audit: &Value) {
    let secrets = rows(audit, "secrets");
    assert!(secrets.len() > 4, "four generations of keys at least");
    let told = azure.everything_told();
    assert!(told.keys().any(|path| path.ends_with("runs/r1/journal.jsonl")) && told.len() > 4, "{:?}", told.keys());
    for (path, bytes) in told {
        let text = String::from_utf8_lossy(&bytes);
        let leaked = secrets.iter().any(|secret| text.contains(secret.as_str().expect("text")));
        assert!(!leaked, "a secret stands in {}", path.display());
    }
}

#[track_caller]
fn same_end(story: &Story, undisturbed: &Story, place: &str) {
    let differs = |(held, other): &(_, _)| held != other;
    let different: Vec<_> = story.end.iter().zip(&undisturbed.end).filter(differs).collect();
    assert!(different.is_empty() && story.end.len() == undisturbed.end.len(), "{place}: {different:#?}");
}

/// Kills while the answers to the regenerates are on their way, and while the day passes.
fn at_the_points_of_no_return() -> Story {
    let mut world = production();
    // A second and more.
    let slow = FaultKind::Slow { seconds: 9000 };
    world.faults = (1..=2).map(|nth| Fault::at("storage.regenerateKey", nth, slow.clone())).collect();
    let (soon, in_the_night) = (Duration::from_millis(40), Duration::from_secs(3));
    let story = roll(
        &world,
        &[
            (Moment::Event("regenerateIntent", 1), soon),
            (Moment::Event("waiting", 1), in_the_night),
            (Moment::Event("resumed", 2), in_the_night),
            (Moment::Event("regenerateIntent", 2), soon),
        ],
    );
    let after = |name: &str| story.killed_after.iter().filter(|event| *event == name).count();
    assert_eq!((story.killed_after.len(), after("regenerateIntent")), (4, 2), "{:?}", story.killed_after);
    story
}

#[test]
fn wherever_the_process_is_killed_another_one_comes_to_the_same_end() {
    let (undisturbed, at_once) = std::thread::scope(|scope| {
        let undisturbed = scope.spawn(|| roll(&production(), &[]));
        let at_once = scope.spawn(at_the_points_of_no_return);
        (undisturbed.join().expect("the undisturbed run"), at_once.join().expect("the points of no return"))
    });
    same_end(&at_once, &undisturbed, "killed at the points of no return");

    let places = RUNS * KILLS;
    let aims = (0..RUNS).map(|run| {
        let place = |kill: usize| kill * RUNS + run;
        // Right behind a line, and a little later.
        let aim = |place: usize| (Moment::Lines(place * undisturbed.lines / places), Duration::from_millis(place as u64 % 3 * 4));
        (0..KILLS).map(|kill| aim(place(kill))).collect::<Vec<Aim>>()
    });
    let (aims, stories) = (Mutex::new(aims), Mutex::new(vec![at_once]));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(aims) = aims.lock().expect("no panic").next() else { return };
                    let story = roll(&production(), &aims);
                    same_end(&story, &undisturbed, &format!("{aims:?}"));
                    stories.lock().expect("no panic").push(story);
                }
            });
        }
    });
    let stories = stories.into_inner().expect("no panic");
    assert_eq!(stories.len(), RUNS + 1);
    let killed: Vec<&String> = stories.iter().flat_map(|story| &story.killed_after).collect();
    let kinds: BTreeSet<&String> = killed.iter().copied().collect();
    assert!(killed.len() >= ENOUGH, "only {} kills: {killed:?}", killed.len());
    assert!(kinds.len() >= 8, "the kills fall on {kinds:?} only");
}
