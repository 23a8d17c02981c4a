use super::*;
use crate::contract::samples::Any;
use crate::domain::act::Act;
use crate::domain::event::RunStarted;
use crate::domain::key::Slot;

fn at(minute: i64) -> OffsetDateTime {
    crate::contract::time::parse("2026-11-22T02:00:00Z").expect("a time") + time::Duration::minutes(minute)
}

fn state() -> RunState {
    let mut any = Any(2);
    let mut plan = any.plan();
    plan.dependents = (0..18)
        .map(|number| {
            let mut dependent = any.dependent();
            dependent.id = format!("/d/{number}");
            dependent.name = format!("ds{number}");
            dependent
        })
        .collect();
    let step = |number, act, floor| Step {
        number,
        act,
        phase: Act::Stage,
        slot: Slot::Key2,
        dependents: plan.dependents.iter().map(|dependent| dependent.id.clone()).collect(),
        why: "everything moves to key2".into(),
        floor: std::time::Duration::from_secs(floor),
        ceiling: std::time::Duration::ZERO,
        may_fail: Vec::new(),
    };
    plan.steps = vec![step(1, Act::Publish, 0), step(2, Act::Evidence, 86_400), step(3, Act::Retire, 0)];
    let head = RunStarted {
        run_id: "7f3a".into(),
        account: plan.account.id.as_str().into(),
        plan_digest: String::new(),
        request_digest: String::new(),
        tool: String::new(),
        identity: None,
        change_reference: Some("CHG1234".into()),
        accepted: Vec::new(),
        keys: plan.keys.clone(),
        siblings: Vec::new(),
    };
    RunState::new(&plan, head, at(0))
}

fn tell(state: &mut RunState, minute: i64, event: Event) -> Option<String> {
    let entry = Entry { sequence: 1, time: at(minute), event };
    state.apply(&entry);
    line(&entry, state, false, false).map(|line| anstream::adapter::strip_str(&line).to_string())
}

#[test]
fn the_bar_counts_names_what_is_held_up_and_what_is_ahead() {
    let mut state = state();
    tell(&mut state, 5, Event::StepStarted { step: 1 });
    for number in 0..13 {
        let published = Event::Published {
            step: 1,
            dependent: format!("/d/{number}"),
            slot: Slot::Key2,
            sent: true,
            how: "written".into(),
            correlation_id: None,
        };
        assert_eq!(tell(&mut state, 6, published), None, "single writes are no lines");
    }
    let why = "written, old key still read back";
    tell(&mut state, 7, Event::Retrying { step: 1, target: "/d/13".into(), why: why.into(), until: at(17), answered: true });
    assert_eq!(
        current(&state, at(7), 80),
        [
            "● 02:07  publish   ███████░░░ 13/18",
            "         ds13  written, old key still read back, again at 02:17:00",
            "  ○ evidence 24h   ○ retire",
        ]
    );
}

#[test]
fn the_bar_says_a_name_once_and_nothing_of_a_wait_that_is_over() {
    let mut state = state();
    tell(&mut state, 5, Event::StepStarted { step: 1 });
    let why = "ds13 does not accept the new key2 yet";
    tell(&mut state, 7, Event::Retrying { step: 1, target: "/d/13".into(), why: why.into(), until: at(17), answered: true });
    tell(&mut state, 7, Event::Waiting { step: 1, until: at(17), why: why.into() });
    assert_eq!(
        current(&state, at(8), 80)[1..],
        ["         ds13 does not accept the new key2 yet, again at 02:17:00", "  ○ evidence 24h   ○ retire"]
    );
    assert_eq!(current(&state, at(18), 80)[1..], ["  ○ evidence 24h   ○ retire"]);
}

#[test]
fn lines_say_what_happened_and_why_something_waits() {
    let mut state = state();
    let begun = tell(&mut state, 5, Event::StepStarted { step: 1 });
    assert_eq!(begun.as_deref(), Some("● 02:05  publish   key2  everything moves to key2"));
    let lost = tell(&mut state, 5, Event::RegenerateUnknown { step: 1, slot: Slot::Key2, why: "reset".into() });
    assert_eq!(
        lost.as_deref().map(str::trim),
        Some("the answer to regenerating key2 was lost; looking whether it happened before anything is repeated")
    );
    let failed = Event::TargetFailed {
        step: 1,
        target: "/d/2".into(),
        problem: Box::new(crate::domain::problem::Problem::failed("x", "the datastore refuses the key")),
    };
    assert_eq!(tell(&mut state, 6, failed).as_deref().map(str::trim), Some("ds2  the datastore refuses the key"));
    let done = tell(&mut state, 7, Event::StepFinished { step: 1, how: "18 of 18\u{1b}[2J".into() });
    assert_eq!(done.as_deref(), Some("✓ 02:07  publish   key2  18 of 18\u{fffd}[2J"));
    let waits = tell(&mut state, 8, Event::Waiting { step: 2, until: at(8 + 1440), why: "the logs have to stay quiet".into() });
    assert_eq!(waits.as_deref(), Some("○ 02:08  evidence  waits until Mon 02:08 UTC: the logs have to stay quiet"));
}

#[test]
fn no_event_drives_the_terminal() {
    for seed in 0..100 {
        let mut state = state();
        for event in Any(seed).events() {
            let line = tell(&mut state, 1, event).unwrap_or_default();
            assert!(!line.contains(char::is_control), "{line:?}");
        }
    }
}
