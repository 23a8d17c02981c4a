use super::*;
use crate::contract::samples::Any;
use crate::domain::act::Act;
use crate::domain::dependent::{DependentKind, Movement};
use crate::domain::problem::Problem;
use crate::domain::report::{LocatorsReport, StreamingReport, WindowReport};
use crate::domain::streaming::{After, Checked, StreamingUrl, Verdict};

fn report(status: RunStatus, retire_started: bool) -> Report {
    let start = crate::contract::time::parse("2026-11-22T02:05:00Z").expect("a time");
    let later = start + time::Duration::hours(27);
    let mut any = Any(3);
    let step = |number, act, phase, started: bool| StepReport {
        number,
        act,
        phase,
        slot: Slot::Key2,
        started: started.then_some(start),
        finished: started.then_some(start + time::Duration::seconds(90)),
        how: "only key2 changed".into(),
        targets_done: 1,
        targets: 2,
        correlation_ids: vec!["9c1e".into()],
    };
    Report {
        run_id: "7f3a".into(),
        account: "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/stprod".into(),
        status,
        started: start,
        finished: matches!(status, RunStatus::Done).then_some(later),
        change_reference: Some("CHG1234".into()),
        tool: "0.1.0".into(),
        identities: vec!["object-id".into()],
        accepted: vec!["window-ml-a".into()],
        keys_before: any.keys(),
        keys_after: any.keys(),
        steps: vec![step(1, Act::Stage, Act::Stage, true), step(2, Act::Retire, Act::Retire, retire_started)],
        dependents: vec![DependentReport {
            id: "/w".into(),
            name: "ml-a".into(),
            kind: DependentKind::Workspace,
            movement: Movement::Pull,
            held_before: "key1".into(),
            published: None,
            moved: Some(start),
            certainty: Some(Certainty::Proven),
            how: "listKeys answers key2".into(),
            gone: false,
        }],
        locators: Vec::new(),
        streaming: Vec::new(),
        windows: vec![WindowReport {
            name: "ml-a".into(),
            slot: Slot::Key2,
            opened: start,
            closed: Some(start + time::Duration::seconds(18)),
        }],
        not_inspected: Vec::new(),
        regenerated: vec![Slot::Key2, Slot::Key1],
        next_due: Some(later),
        next: "settle".into(),
        problem: None,
    }
}

fn shown(report: &Report) -> String {
    anstream::adapter::strip_str(&text(report, "", None)).to_string()
}

#[test]
fn a_finished_run_says_what_changed_and_how_it_is_known() {
    let shown = shown(&report(RunStatus::Done, true));
    assert!(
        shown.starts_with("stprod  done · key2, then key1 regenerated · run 7f3a · CHG1234\n2026-11-22 02:05 UTC to"),
        "{shown}"
    );
    for part in
        ["(27h)", "1 proven · 0 assumed", "listKeys answers key2", "02:05:18", "18s", "9c1e", "object-id", "window-ml-a", " → 1:"]
    {
        assert!(shown.contains(part), "{part} is missing in {shown}");
    }
    assert!(!shown.contains("Continue"), "{shown}");
}

#[test]
fn locators_that_were_recreated_are_counted_and_those_that_are_away_named() {
    let mut rolling = report(RunStatus::Unfinished, false);
    rolling.locators.push(LocatorsReport {
        step: 7,
        slot: Some(Slot::Key2),
        name: "ams1".into(),
        run_id: "7f3a-locators-7".into(),
        finished: None,
        recreated: 12,
        left: 3,
        away: vec!["nb:lid:UUID:1".into()],
        how: "12 restored, 1 deleted".into(),
    });
    let shown = shown(&rolling);
    for part in ["locators of", "ams1", "key2", "12", "nb:lid:UUID:1", "7f3a-locators-7"] {
        assert!(shown.contains(part), "{part} is missing in {shown}");
    }
}

#[test]
fn streaming_urls_that_fail_are_named_and_a_run_that_is_over_is_not_said_to_be_stopped() {
    let mut done = report(RunStatus::Done, true);
    let checked = |name: &str, verdict| Checked {
        at: StreamingUrl { locator: name.into(), url: format!("https://o/{name}/f.ism/manifest") },
        verdict,
    };
    let fails = Verdict::Fails { why: "answers 403 MPE_STORAGE_AUTHENTICATION_FAILED".into() };
    let after = After { urls: vec![checked("loc1", Verdict::Answers), checked("loc2", fails)], without: Vec::new(), left_out: 0 };
    let how = "streaming URLs of ams2: 1 answers as before, 1 fails".to_owned();
    done.streaming.push(StreamingReport { step: 8, slot: Slot::Key1, name: "ams2".into(), after, unchecked: None, how });
    done.problem = Some(Problem::person("streamsFail", "a streaming URL answered before and not now"));
    let shown = shown(&done);
    for part in
        ["streaming URLs", "1 answers as before, 1 fails", "https://o/loc2/f.ism/manifest  answered before, and now answers 403"]
    {
        assert!(shown.contains(part), "{part} is missing in {shown}");
    }
    assert!(!shown.contains("https://o/loc1") && shown.contains("needs somebody: ") && !shown.contains("stopped by"), "{shown}");
}

#[test]
fn a_run_that_waits_says_how_to_go_back_and_on() {
    let shown = shown(&report(RunStatus::Waiting, false));
    let end = "next: settle · due 2026-11-23 05:05 UTC\nBoth keys work now. Undo: keyroll abort --run-id 7f3a\nSafe to close. Continue: keyroll resume --run-id 7f3a";
    assert!(shown.ends_with(end), "{shown}");
}

#[test]
fn a_key_that_nobody_tried_yet_is_not_said_to_work() {
    let mut waiting = report(RunStatus::Waiting, false);
    waiting.steps[0].finished = None;
    assert!(shown(&waiting).contains("key1 works as before; the new key is not proven yet. Undo: "), "{}", shown(&waiting));
    waiting.steps[0].started = None;
    assert!(shown(&waiting).contains("No key was changed yet. Undo: "), "{}", shown(&waiting));
}

#[test]
fn the_way_on_finds_the_same_state_and_cloud() {
    let text = text(&report(RunStatus::Waiting, false), "--cloud c.json --state s", None);
    let shown = anstream::adapter::strip_str(&text).to_string();
    assert!(shown.contains("Undo: keyroll abort --run-id 7f3a --cloud c.json --state s\n"), "{shown}");
    assert!(shown.ends_with("Continue: keyroll resume --run-id 7f3a --cloud c.json --state s"), "{shown}");
}

#[test]
fn a_run_that_retires_offers_no_way_back() {
    let shown = shown(&report(RunStatus::Unfinished, true));
    assert!(shown.contains("no way back") && !shown.contains("Undo"), "{shown}");
}
