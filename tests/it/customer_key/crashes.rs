//! A crash at every call, before and after it took effect, and at every line of the journal: resume comes to the same end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use keyroll::contract::world::{Moment, World};
use keyroll::domain::customer_key::Report;
use keyroll::domain::problem::Problem;
use keyroll::domain::report::RunStatus;
use keyroll::rotation::Patience;
use keyroll::rotation::customer_key::Draft;

use super::rig::{Rig, empty, encrypted, wanted};

/// What is to be carried out, in which world.
#[derive(Clone, Copy)]
struct Story {
    world: fn() -> World,
    draft: fn(&Rig) -> Result<Draft, Problem>,
}

const APPLY: Story = Story { world: empty, draft: |rig| rig.draft(wanted()) };
const ROLL: Story = Story { world: encrypted, draft: |rig| rig.draft_roll(true) };
const REMOVE: Story = Story { world: encrypted, draft: |rig| rig.draft_remove(&[]) };

/// Everything that matters in the end.
fn end(rig: &Rig) -> (Vec<String>, Vec<(String, u64)>, bool) {
    rig.judge();
    let audit = rig.azure.audit();
    let account = rig.run(rig.client().media_encryption(&wanted().account)).expect("lives").expect("reads");
    let encrypted = account.is_some_and(|account| account.key.is_some());
    let versions = audit.secret_versions.iter().filter(|(name, _)| name.contains("/keys/"));
    (
        audit.deleted.iter().map(|it| it.split('/').take(3).collect::<Vec<_>>().join("/")).collect(),
        versions.map(|(name, count)| (name.clone(), *count)).collect(),
        encrypted,
    )
}

fn created(report: &Report) -> Vec<&'static str> {
    report.created.iter().map(|it| it.kind.name()).collect()
}

fn survive(rig: &Rig, story: Story, first: Option<Result<Report, Problem>>, place: &str) -> Report {
    let mut outcome = first;
    for _ in 0..6 {
        if let Some(Ok(report)) = outcome {
            assert_eq!(report.status, RunStatus::Done, "{place}");
            return report;
        }
        rig.restart();
        outcome = match rig.run(rig.engine().resume("run", Vec::new(), Patience::Wait)) {
            Some(Err(problem)) if problem.code == "noSuchRun" => {
                let draft = (story.draft)(rig).expect("reads");
                rig.run(rig.engine().begin(Rig::start("run", draft)))
            }
            other => other,
        };
    }
    panic!("{place}: {outcome:?}");
}

fn at_every_call(story: Story) {
    let rig = Rig::new((story.world)());
    let draft = (story.draft)(&rig).expect("reads");
    let planned = rig.azure.audit().all_calls();
    let report = rig.run(rig.engine().begin(Rig::start("run", draft))).expect("lives").expect("carries out");
    let (calls, lines) = (rig.azure.audit().all_calls() - planned, rig.heard.events().len() as u64);
    let (expected, made) = (end(&rig), created(&report));
    assert!(calls > 8 && lines > 3, "{calls} calls, {lines} lines");
    for nth in 1..=calls {
        for moment in [Moment::Before, Moment::After] {
            let rig = Rig::new((story.world)());
            let draft = (story.draft)(&rig).expect("reads");
            rig.azure.crash_at(nth, moment);
            let outcome = rig.run(rig.engine().begin(Rig::start("run", draft)));
            let place = format!("crash at call {nth}, {moment:?}");
            assert!(outcome.is_none(), "{place} was never made");
            let report = survive(&rig, story, outcome, &place);
            assert_eq!((end(&rig), created(&report)), (expected.clone(), made.clone()), "{place}");
        }
    }
    for nth in 0..lines {
        for part in [0, 1, 2] {
            let mut rig = Rig::new((story.world)());
            let draft = (story.draft)(&rig).expect("reads");
            let (count, switch) = (Arc::new(AtomicU64::new(0)), rig.azure.crash_switch());
            let whole = rig.memory.clone();
            rig.memory = whole.with_tear(Arc::new(move |line: &str| {
                (count.fetch_add(1, Ordering::Relaxed) == nth).then(|| {
                    switch.trip();
                    line.len() * part / 2
                })
            }));
            let outcome = rig.run(rig.engine().begin(Rig::start("run", draft)));
            let place = format!("crash at line {nth}, {part}/2 written");
            let outcome = outcome.filter(|_| !rig.azure.crash_switch().is_tripped());
            let report = survive(&rig, story, outcome, &place);
            assert_eq!((end(&rig), created(&report)), (expected.clone(), made.clone()), "{place}");
        }
    }
}

#[test]
fn applying_comes_to_the_same_end() {
    at_every_call(APPLY);
}

#[test]
fn rolling_comes_to_the_same_end_with_one_new_version() {
    at_every_call(ROLL);
}

#[test]
fn removing_comes_to_the_same_end() {
    at_every_call(REMOVE);
}

#[test]
fn deleting_what_we_made_comes_to_the_same_end() {
    const DELETE: [&str; 4] = ["ams1", "stams1", "media", "kvams1"];
    let prepared = || {
        let rig = Rig::new(empty());
        rig.apply(wanted()).expect("applies");
        rig
    };
    let rig = prepared();
    let before = rig.azure.audit().all_calls();
    let draft = rig.draft_remove(&DELETE).expect("reads");
    let planned = rig.azure.audit().all_calls();
    assert!(planned > before);
    rig.run(rig.engine().begin(Rig::start("run", draft))).expect("lives").expect("removes");
    let (calls, expected) = (rig.azure.audit().all_calls() - planned, end(&rig));
    assert_eq!(expected.0.len(), 4, "{expected:?}");
    for nth in 1..=calls {
        for moment in [Moment::Before, Moment::After] {
            let rig = prepared();
            let draft = rig.draft_remove(&DELETE).expect("reads");
            rig.azure.crash_at(nth, moment);
            let outcome = rig.run(rig.engine().begin(Rig::start("run", draft)));
            let story = Story { world: empty, draft: |rig| rig.draft_remove(&DELETE) };
            survive(&rig, story, outcome, &format!("crash at call {nth}, {moment:?}"));
            assert_eq!(end(&rig), expected, "crash at call {nth}, {moment:?}");
        }
    }
}
