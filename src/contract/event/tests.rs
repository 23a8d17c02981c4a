use serde_json::{Value, json};
use time::OffsetDateTime;

use super::*;
use crate::contract::samples::Any;
use crate::domain::key::Slot;
use crate::domain::streaming::{Baseline, Before, Checked, Sighting, StreamingUrl, Verdict};

fn entry(event: Event) -> Entry {
    Entry { sequence: 3, time: OffsetDateTime::from_unix_timestamp(1_795_313_100).expect("a time"), event }
}

#[test]
fn a_line_is_this_json_in_this_order() {
    let mut any = Any(1);
    let keys = any.keys();
    let line = line(&entry(Event::RegenerateIntent { step: 3, slot: Slot::Key2, before: keys.clone() }), FIRST);
    let head = r#"{"schema":"keyroll.event/1","seq":3,"time":"2026-11-22T02:05:00Z","prev":"0000000000000000000000000000000000000000000000000000000000000000","event":"regenerateIntent","step":3,"slot":"key2","before":{"key1":{"fingerprint":"1:"#;
    assert!(line.starts_with(head), "{line}");
    let value: Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(value["before"]["key1"]["fingerprint"], keys.key1.fingerprint.as_str());
}

#[test]
fn members_that_mean_nothing_are_left_out() {
    let told = Event::Told { step: 4, dependent: "ml-a".into(), how: "resyncKeys".into(), correlation_id: None };
    let value: Value = serde_json::from_str(&line(&entry(told), FIRST)).expect("JSON");
    assert_eq!(
        value,
        json!({"schema": SCHEMA, "seq": 3, "time": "2026-11-22T02:05:00Z", "prev": FIRST,
               "event": "told", "step": 4, "dependent": "ml-a", "how": "resyncKeys"})
    );
}

#[test]
fn the_run_that_recreates_locators_is_named_before_it_begins_and_counted_when_it_is_over() {
    let begun = Event::LocatorsBegun { step: 7, dependent: "/ams1".into(), run: "7f3a-locators-7".into() };
    let value: Value = serde_json::from_str(&line(&entry(begun), FIRST)).expect("JSON");
    let head =
        json!({"schema": SCHEMA, "seq": 3, "time": "2026-11-22T02:05:00Z", "prev": FIRST, "step": 7, "dependent": "/ams1"});
    let with = |more: Value| {
        let mut all = head.clone();
        all.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        all
    };
    assert_eq!(value, with(json!({"event": "locatorsBegun", "run": "7f3a-locators-7"})));
    let (dependent, how) = ("/ams1".to_owned(), "12 recreated".to_owned());
    let finished = Event::LocatorsFinished { step: 7, dependent, recreated: 12, left: 3, whole: true, how, problem: None };
    let value: Value = serde_json::from_str(&line(&entry(finished), FIRST)).expect("JSON");
    assert_eq!(
        value,
        with(json!({"event": "locatorsFinished", "recreated": 12, "left": 3, "whole": true, "how": "12 recreated"}))
    );
}

#[test]
fn what_streaming_urls_said_and_what_became_of_them_is_this_json() {
    let at = || StreamingUrl { locator: "loc1".into(), url: "https://o/g/f.ism/manifest".into() };
    let before = Before {
        urls: vec![Baseline { at: at(), seen: Sighting::Answers }],
        without: vec![("loc2".into(), "it has no streaming path".into())],
        left_out: 3,
    };
    let line_of = |event: Event| serde_json::from_str::<Value>(&line(&entry(event), FIRST)).expect("JSON");
    let with = |step: u32, event: &str, more: Value| {
        let mut all = json!({"schema": SCHEMA, "seq": 3, "time": "2026-11-22T02:05:00Z", "prev": FIRST, "event": event,
                             "step": step, "dependent": "/ams1"});
        all.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        all
    };
    assert_eq!(
        line_of(Event::StreamsSeen { step: 1, dependent: "/ams1".into(), before, unchecked: None }),
        with(
            1,
            "streamsSeen",
            json!({
                "urls": [{"locator": "loc1", "url": "https://o/g/f.ism/manifest", "said": "answers"}],
                "without": [{"locator": "loc2", "why": "it has no streaming path"}], "leftOut": 3
            })
        )
    );
    let why = "no streaming endpoint of the account is running".to_owned();
    let unasked =
        Event::StreamsSeen { step: 1, dependent: "/ams1".into(), before: Before::default(), unchecked: Some(why.clone()) };
    assert_eq!(line_of(unasked), with(1, "streamsSeen", json!({"urls": [], "unchecked": why})));
    let urls = vec![Checked { at: at(), verdict: Verdict::Fails { why: "answers 403".into() } }];
    assert_eq!(
        line_of(Event::StreamsChecked { step: 7, dependent: "/ams1".into(), urls }),
        with(
            7,
            "streamsChecked",
            json!({
                "urls": [{"locator": "loc1", "url": "https://o/g/f.ism/manifest", "state": "fails", "why": "answers 403"}]
            })
        )
    );
}

#[test]
fn every_event_goes_there_and_back_on_one_line() {
    for seed in 0..300 {
        let mut any = Any(seed);
        let mut previous = FIRST.to_owned();
        for (position, event) in any.events().into_iter().enumerate() {
            let entry = Entry { sequence: position as u64 + 1, time: any.time(), event };
            let line = line(&entry, &previous);
            assert!(!line.contains('\n'));
            assert_eq!(parse(&line).expect(&line), (entry, previous));
            previous = digest(&line);
        }
    }
}

#[test]
fn members_of_a_later_keyroll_are_ignored() {
    let line = line(&entry(Event::StepStarted { step: 1 }), FIRST).replace(r#""step":1"#, r#""step":1,"mood":"calm""#);
    assert_eq!(parse(&line).expect("additive").0.event, Event::StepStarted { step: 1 });
}

#[test]
fn a_journal_from_the_future_is_one_clear_problem() {
    let today = line(&entry(Event::StepStarted { step: 1 }), FIRST);
    for (line, what) in [
        (today.replace("keyroll.event/1", "keyroll.event/2"), "the schema keyroll.event/2"),
        (today.replace("stepStarted", "stepDanced"), "the event `stepDanced`"),
    ] {
        let problem = parse(&line).expect_err(what);
        assert_eq!((problem.code.as_str(), problem.exit_code()), ("journalFromTheFuture", 2));
        assert!(problem.message.ends_with(what), "{problem}");
        assert!(problem.hints[0].contains("update keyroll"));
    }
}

#[test]
fn a_damaged_line_is_said_to_be_damaged() {
    let today = line(&entry(Event::KeysStable { step: 1, reads: 3 }), FIRST);
    let cut = &today[..today.len() - 4];
    for line in ["", "[]", "{}", cut, &today.replace(r#","reads":3"#, ""), &today.replace("keyroll.event", "keyroll.plan")] {
        assert_eq!(parse(line).expect_err(line).code, "journalDamaged");
    }
}

#[test]
fn a_streamed_event_names_its_run_instead_of_the_chain() {
    let line = streamed("7f3a", &entry(Event::StepStarted { step: 1 }));
    let expected =
        r#"{"schema":"keyroll.event/1","runId":"7f3a","seq":3,"time":"2026-11-22T02:05:00Z","event":"stepStarted","step":1}"#;
    assert_eq!(line, expected);
}

#[test]
fn no_streamed_event_has_a_member_twice() {
    for seed in 0..100 {
        for event in Any(seed).events() {
            let named = matches!(&event, Event::RunStarted(_));
            let line = streamed("7f3a", &entry(event));
            let value: Value = serde_json::from_str(&line).expect("JSON");
            assert!(value["runId"].is_string(), "{line}");
            assert_eq!(line.matches(r#""runId":"7f3a""#).count(), usize::from(!named), "{line}");
        }
    }
}
