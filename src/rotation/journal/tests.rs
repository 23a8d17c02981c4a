use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::*;
use crate::contract::samples::Any;
use crate::domain::event::Outcome;
use crate::rotation::memory::Memory;

/// A second passes whenever somebody looks.
#[derive(Debug, Default)]
struct Passing(AtomicI64);

#[async_trait]
impl Clock for Passing {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_790_000_000 + self.0.fetch_add(1, Ordering::Relaxed)).expect("a time")
    }

    async fn sleep(&self, _: Duration) {}
}

#[derive(Debug)]
struct Deaf;

impl Sink for Deaf {
    fn entry(&self, _: &str, _: &Entry, _: &RunState) {}
}

fn begun(storage: &Arc<Memory>) -> Journal {
    let plan = Any(7).plan();
    let head = RunStarted {
        run_id: "r".to_owned(),
        account: plan.account.id.as_str().to_owned(),
        plan_digest: contract::plan::digest(&contract::plan::document(&plan)),
        request_digest: "q".to_owned(),
        tool: "keyroll".to_owned(),
        identity: None,
        change_reference: None,
        accepted: Vec::new(),
        keys: plan.keys.clone(),
        siblings: Vec::new(),
    };
    let mut journal = Journal::create(storage.clone(), Arc::new(Passing::default()), Arc::new(Deaf), plan, head).expect("begins");
    for step in 1..4 {
        journal.append(Event::StepStarted { step }).expect("appends");
    }
    journal
}

fn open(storage: &Arc<Memory>) -> Result<Journal, Problem> {
    Journal::open(storage.clone(), Arc::new(Passing::default()), Arc::new(Deaf), "r")
}

#[test]
fn a_tail_torn_at_any_byte_is_cut_off_and_the_chain_goes_on() {
    let whole = Arc::new(Memory::new());
    begun(&whole);
    let bytes = whole.read_journal("r").expect("reads").expect("is there");
    let plan = whole.read_plan("r").expect("reads").expect("is there");
    let first = bytes.iter().position(|byte| *byte == b'\n').expect("a line") + 1;
    for cut in first..bytes.len() {
        let storage = Arc::new(Memory::new());
        storage.write_plan("r", &plan).expect("writes");
        storage.append("r", &String::from_utf8_lossy(&bytes[..cut])).expect("writes");
        let lines = bytes[..cut].split(|byte| *byte == b'\n').count() - 1;
        let mut journal = open(&storage).expect("opens");
        journal.append(Event::Finished { outcome: Outcome::Done }).expect("appends");
        let after = storage.read_journal("r").expect("reads").expect("is there");
        let contents = read("r", &after).expect("the chain holds");
        assert_eq!(contents.entries.len(), lines + 1, "cut at {cut}");
        assert_eq!(contents.whole, after.len() as u64);
        assert_eq!(open(&storage).expect("opens").state, journal.state);
    }
}

#[test]
fn whoever_reads_it_sees_the_state_that_its_writer_saw() {
    let storage = Arc::new(Memory::new());
    let written = begun(&storage).state;
    assert_eq!(open(&storage).expect("opens").state, written);
}

#[test]
fn a_changed_a_missing_and_a_moved_line_are_seen() {
    let storage = Arc::new(Memory::new());
    begun(&storage);
    let text = String::from_utf8(storage.read_journal("r").expect("reads").expect("is there")).expect("text");
    let lines: Vec<&str> = text.lines().collect();
    let changed = text.replacen("\"step\":1", "\"step\":2", 1);
    let missing = [lines[0], lines[2], lines[3]].join("\n") + "\n";
    let moved = [lines[0], lines[2], lines[1], lines[3]].join("\n") + "\n";
    for wrong in [changed, missing, moved] {
        assert_eq!(read("r", wrong.as_bytes()).expect_err("seen").code, "brokenJournal");
    }
}

#[test]
fn a_plan_that_was_changed_after_the_run_began_is_refused() {
    let storage = Arc::new(Memory::new());
    begun(&storage);
    let mut plan: serde_json::Value =
        serde_json::from_str(&storage.read_plan("r").expect("reads").expect("is there")).expect("JSON");
    storage.write_plan("r", &serde_json::to_string_pretty(&plan).expect("JSON")).expect("writes");
    open(&storage).expect("other white space is the same plan");
    plan["options"]["concurrency"] = 63.into();
    storage.write_plan("r", &plan.to_string()).expect("writes");
    assert_eq!(open(&storage).expect_err("refused").code, "brokenPlan");
}

#[test]
fn a_journal_from_the_future_is_named_as_such() {
    let storage = Arc::new(Memory::new());
    begun(&storage);
    let text = String::from_utf8(storage.read_journal("r").expect("reads").expect("is there")).expect("text");
    let future = text.replace("keyroll.event/1", "keyroll.event/2");
    assert_eq!(read("r", future.as_bytes()).expect_err("refused").code, "journalFromTheFuture");
}

#[test]
fn a_run_that_is_not_there_is_not_found() {
    assert_eq!(open(&Arc::new(Memory::new())).expect_err("none").code, "noSuchRun");
}
