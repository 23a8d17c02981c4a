//! The key that seals content keys: gone, another, and what is stored that does not open.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use keyroll::azure::streaming_locators::StreamingLocators;
use keyroll::contract::world::{Fault, FaultKind};
use keyroll::domain::locator::report::Standing;
use keyroll::domain::problem::Problem;
use keyroll::domain::report::RunStatus;
use keyroll::rotation::locators::survey::Selection;
use keyroll::rotation::memory::Memory;
use keyroll::rotation::storage::{Lock, Storage};

use super::rig::{Rig, media, world};

/// Three locators on each of two assets; the third, with two keys, is deleted and cannot be made again for now.
fn with_one_away() -> Rig {
    let rig = Rig::new(world(2, 3));
    let order = rig.order();
    rig.azure.add_fault(Fault { times: 1, ..Fault::at("streamingLocator.put", 3, FaultKind::Status { code: 403 }) });
    let stopped = rig.begin(order).expect("lives").expect_err("a permission is missing");
    assert_eq!(stopped.exit_code(), 4, "{stopped:?}");
    assert_eq!(rig.locators().len(), 5);
    rig
}

fn away(rig: &Rig) -> Vec<String> {
    let report = rig.engine().report("run").expect("a report");
    report.locators.into_iter().filter(|line| line.standing == Standing::Deleted).map(|line| line.id).collect()
}

#[test]
fn without_its_key_the_one_that_is_away_waits_and_is_named_and_nothing_else_is_deleted() {
    let mut rig = with_one_away();
    rig.seal = None;
    let problem = rig.resume().expect("lives").expect_err("needs the key");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("sealKeyUnavailable", 42), "{problem:?}");
    assert!(problem.message.contains("loc-2") && problem.message.contains("1:"), "{problem:?}");
    assert!(problem.hints.iter().any(|hint| hint.contains("secrets.sealKey")), "{problem:?}");
    assert!(problem.hints.iter().any(|hint| hint.contains("keyroll resume --run-id run")), "{problem:?}");
    assert_eq!(away(&rig), ["loc-2"]);
    assert_eq!(rig.locators().len(), 5, "those that have keys stay where they are");
    rig.seal = Some(1);
    let report = rig.resume().expect("lives").expect("recreates");
    assert_eq!((report.status, report.count(Standing::Restored)), (RunStatus::Done, 6));
    assert_eq!(rig.locators(), Rig::new(world(2, 3)).locators());
}

#[test]
fn every_one_that_is_away_and_sealed_with_a_key_that_is_gone_is_named() {
    let mut rig = Rig::new(world(2, 3));
    let order = rig.order();
    // Refused as if something were in the way, again and again, until somebody has to look: from each asset one is away.
    rig.azure.add_fault(Fault { times: 8, ..Fault::at("streamingLocator.put", 2, FaultKind::Status { code: 409 }) });
    rig.begin(order).expect("lives").expect_err("somebody has to look");
    assert_eq!(away(&rig), ["loc-1", "loc-3"]);
    for (seal, code) in [(None, "sealKeyUnavailable"), (Some(2), "sealKeyDiffers")] {
        rig.seal = seal;
        let problem = rig.resume().expect("lives").expect_err("needs the key");
        assert_eq!((problem.code.as_str(), problem.exit_code()), (code, 42), "{problem:?}");
        assert!(problem.message.contains("loc-1") && problem.to_string().contains("that is not at hand: loc-3"), "{problem}");
    }
    rig.seal = Some(1);
    assert_eq!(rig.resume().expect("lives").expect("recreates").count(Standing::Restored), 6);
    assert_eq!(rig.locators(), Rig::new(world(2, 3)).locators());
}

#[test]
fn with_another_key_the_others_are_looked_at_anew_and_the_one_that_is_away_waits_for_its_own() {
    let mut rig = with_one_away();
    rig.seal = Some(2);
    let problem = rig.resume().expect("lives").expect_err("needs the first key");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("sealKeyDiffers", 42), "{problem:?}");
    assert!(problem.message.contains("loc-2"), "{problem:?}");
    let report = rig.engine().report("run").expect("a report");
    assert_eq!((report.count(Standing::Restored), report.count(Standing::Deleted)), (5, 1), "{report:?}");
    rig.seal = Some(1);
    assert_eq!(rig.resume().expect("lives").expect("recreates").count(Standing::Restored), 6);
    assert_eq!(rig.locators(), Rig::new(world(2, 3)).locators());
    rig.leaks_nothing();
}

#[test]
fn a_snapshot_that_another_key_sealed_is_taken_again_before_the_delete() {
    let rig = Rig::new(world(1, 3));
    let before = rig.locators();
    let order = rig.order();
    rig.azure.add_fault(Fault { times: 1, ..Fault::at("streamingLocator.delete", 3, FaultKind::Status { code: 403 }) });
    rig.begin(order).expect("lives").expect_err("a permission is missing");
    // From here on the first key is gone for good.
    let rig = Rig { seal: Some(2), ..rig };
    // And where the other key cannot bring it back either: a crash while it is away.
    rig.azure.add_fault(Fault { times: 1, ..Fault::at("streamingLocator.put", 1, FaultKind::Status { code: 400 }) });
    let stopped = rig.resume().expect("lives").expect_err("refused");
    assert_eq!(stopped.code, "locatorRefused", "{stopped:?}");
    assert_eq!(rig.resume().expect("lives").expect("recreates").count(Standing::Restored), 3);
    assert_eq!(rig.locators(), before);
}

#[test]
fn a_lost_delete_and_a_lost_key_together_lose_nothing() {
    for kind in [FaultKind::ResetBefore, FaultKind::ResetAfter, FaultKind::LateEffect] {
        let mut world_ = world(1, 3);
        world_.unknowns.late_effect_seconds = 90;
        let rig = Rig::new(world_);
        let order = rig.order();
        // The process dies directly after the delete whose answer it never had.
        rig.azure.add_fault(Fault::at("streamingLocator.delete", 3, kind.clone()));
        rig.azure.add_fault(Fault { times: 40, ..Fault::at("streamingLocator.get", 6, FaultKind::Status { code: 403 }) });
        rig.begin(order).expect("lives").expect_err("stops");
        let rig = Rig { seal: Some(2), ..rig };
        let mut outcome = rig.resume().expect("lives");
        for _ in 0..60 {
            if outcome.as_ref().is_ok_and(|_| true) || outcome.as_ref().is_err_and(|problem| problem.code == "sealKeyDiffers") {
                break;
            }
            rig.clock.advance(std::time::Duration::from_secs(60));
            outcome = rig.resume().expect("lives");
        }
        let happened = !matches!(kind, FaultKind::ResetBefore);
        match outcome {
            Err(problem) => assert!(happened && problem.code == "sealKeyDiffers", "{kind:?}: {problem:?}"),
            Ok(report) => assert!(!happened && report.count(Standing::Restored) == 3, "{kind:?}: {report:?}"),
        }
        let rig = Rig { seal: Some(1), ..rig };
        assert_eq!(rig.resume().expect("lives").expect("recreates").count(Standing::Restored), 3, "{kind:?}");
        rig.clock.advance(std::time::Duration::from_secs(3600));
        assert_eq!(rig.locators(), Rig::new(world(1, 3)).locators(), "{kind:?}");
    }
}

#[test]
fn an_abort_without_the_key_ends_only_once_somebody_made_the_locator_by_hand() {
    let mut rig = with_one_away();
    rig.seal = None;
    let problem = rig.abort().expect("lives").expect_err("nothing is given up");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("sealKeyUnavailable", 42));
    assert_eq!(away(&rig), ["loc-2"]);
    let client = rig.engine().client;
    let mut locator = rig.survey(&Selection::default()).expect("looks").items.remove(0).locator;
    locator.id = "loc-2".into();
    let streaming = locator.streaming.as_mut().expect("streams");
    (streaming.streaming_locator_id, streaming.content_keys) = ("77777777-0000-4000-8000-000000000002".into(), Vec::new());
    let media = StreamingLocators::of(client, media().parse().expect("an id"));
    rig.run(media.create(&locator)).expect("lives").expect("made by hand");
    let report = rig.abort().expect("lives").expect("ends");
    assert_eq!((report.status, report.count(Standing::Deleted)), (RunStatus::Aborted, 0), "{report:?}");
    let line = report.locators.iter().find(|line| line.id == "loc-2").expect("a line");
    assert!(line.standing == Standing::Left && line.how.starts_with("it is there again"), "{line:?}");
    let problem = report.problem.expect("somebody is told");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("contentKeysUnproven", 42), "{problem:?}");
}

/// A storage that garbles each sealed text on its way to the disk and says that all went well.
#[derive(Debug)]
struct Garbling {
    memory: Memory,
    on: AtomicBool,
}

impl Storage for Garbling {
    fn runs(&self) -> Result<Vec<String>, Problem> {
        self.memory.runs()
    }

    fn read_journal(&self, run: &str) -> Result<Option<Vec<u8>>, Problem> {
        self.memory.read_journal(run)
    }

    fn append(&self, run: &str, line: &str) -> Result<(), Problem> {
        let Some((before, sealed)) = line.split_once("\"text\":\"").filter(|_| self.on.load(Ordering::Relaxed)) else {
            return self.memory.append(run, line);
        };
        let swapped: String = sealed.chars().take(1).map(|first| if first == 'A' { 'B' } else { 'A' }).collect();
        self.memory.append(run, &format!("{before}\"text\":\"{swapped}{}", &sealed[1..]))
    }

    fn truncate(&self, run: &str, length: u64) -> Result<(), Problem> {
        self.memory.truncate(run, length)
    }

    fn read_plan(&self, run: &str) -> Result<Option<String>, Problem> {
        self.memory.read_plan(run)
    }

    fn write_plan(&self, run: &str, text: &str) -> Result<(), Problem> {
        self.memory.write_plan(run, text)
    }

    fn lock(&self, resource: &str) -> Result<Option<Box<dyn Lock>>, Problem> {
        self.memory.lock(resource)
    }
}

#[test]
fn what_does_not_open_as_it_is_stored_is_found_out_before_the_delete() {
    let mut rig = Rig::new(world(1, 3));
    rig.storage = Some(Arc::new(Garbling { memory: rig.memory.clone(), on: AtomicBool::new(true) }));
    let before = rig.locators();
    let stopped = rig.begin(rig.order()).expect("lives").expect_err("the disk is no good");
    assert_eq!((stopped.code.as_str(), stopped.exit_code()), ("brokenJournal", 1), "{stopped:?}");
    assert_eq!(rig.locators(), before);
    // The one without content keys came back; no other was touched.
    assert_eq!(rig.calls("streamingLocator.delete"), 1);
}

#[test]
fn one_that_opens_with_no_key_at_all_is_never_deleted() {
    let rig = Rig { seal: None, ..Rig::new(world(1, 3)) };
    let before = rig.locators();
    let stopped = rig.begin(rig.order()).expect("lives").expect_err("there is no key");
    assert_eq!(stopped.code, "sealKeyMissing", "{stopped:?}");
    assert_eq!((rig.locators(), rig.calls("streamingLocator.delete")), (before, 1));
}
