//! Locators of AMS v2 are recreated, and their streaming URLs answer before and after.

use keyroll::contract::locator::report_document;
use keyroll::contract::world::{Fault, FaultKind, Moment, World};
use keyroll::domain::key::Slot;
use keyroll::domain::locator::event::{Deed, Event};
use keyroll::domain::locator::report::{LocatorReport, Standing};
use keyroll::domain::problem::Problem;
use keyroll::domain::report::RunStatus;
use keyroll::domain::streaming::Verdict;
use keyroll::rotation::locators::survey::Selection;

use super::rig::watched;
use crate::locators::rig::Rig;
use crate::worlds::account;

/// Surveys, with the streaming check, and recreates everything.
fn recreate(rig: &Rig) -> Result<LocatorReport, Problem> {
    let order = rig.survey(&Selection::default())?;
    let order = rig.run(rig.engine().with_streaming_check(order)).expect("nobody dies while looking")?;
    rig.run(rig.engine().begin(Rig::start(order))).expect("nobody dies")
}

fn answers(report: &LocatorReport) -> (usize, usize, usize) {
    let tally = report.streaming.as_ref().expect("checked").tally();
    (tally.answer, tally.not_checked, tally.fail)
}

#[test]
fn every_url_answers_before_and_after_and_locators_cost_no_call_more() {
    let rig = Rig::new(watched(20));
    let report = recreate(&rig).expect("recreates");
    assert_eq!((report.status, report.count(Standing::Restored)), (RunStatus::Done, 20));
    assert_eq!(answers(&report), (20, 0, 0));
    assert_eq!(report.problem, None);
    let audit = rig.azure.audit();
    assert_eq!(audit.calls_of("streaming.get"), 40, "one before and one after each");
    let calls: u64 = ["locator", "createLocator", "deleteLocator", "mergeLocator"]
        .map(|route| audit.calls_of(&format!("odata.{route}")))
        .iter()
        .sum();
    assert_eq!(calls, 4 * 20, "four calls each, as without the check");
    assert_eq!((audit.calls_of("odata.files"), audit.calls_of("odata.streamingEndpoints")), (2, 2), "lists, for all together");
    assert_eq!(audit.losses, [] as [&str; 0], "streams are asked without a credential");
    rig.leaks_nothing();
}

#[test]
fn the_check_keeps_no_locator_deleted_for_longer_and_puts_nothing_into_a_cache() {
    let longest = |check: bool| {
        let mut world = watched(6);
        world.unknowns.not_there_cache_seconds = 30;
        let rig = Rig::new(world);
        if check { recreate(&rig) } else { rig.recreate() }.expect("recreates");
        rig.wait(900);
        rig.dark().into_iter().max().expect("who watches sees nothing for a while")
    };
    assert_eq!(longest(true), longest(false));
    assert!(longest(true) <= 40, "{}", longest(true));
}

#[test]
fn what_a_cache_still_says_is_waited_out() {
    let mut world = watched(2);
    // Somebody asked while the locators were away: for seven minutes, everybody is told that they are not there.
    world.unknowns.not_there_cache_seconds = 420;
    let rig = Rig::new(world);
    let report = recreate(&rig).expect("recreates");
    assert_eq!(answers(&report), (2, 0, 0));
    let took = report.finished.expect("over") - report.started;
    assert!((420..500).contains(&took.whole_seconds()), "{took}");
}

#[test]
fn an_answer_from_a_cache_is_not_believed() {
    let mut world = watched(1);
    world.unknowns.locator_cache_seconds = 300;
    let rig = Rig::new(world);
    let order = rig.survey(&Selection::default()).expect("looks");
    let order = rig.run(rig.engine().with_streaming_check(order)).expect("lives").expect("looks");
    // Somebody deletes the new locator at once; the caches go on for five minutes as if it were there.
    let id = order.items[0].locator.id.clone();
    let others = rig.client();
    let engine = rig.engine();
    let theirs = async {
        use keyroll::domain::clock::Clock as _;
        rig.clock.sleep(std::time::Duration::from_secs(4)).await;
        let media = keyroll::azure::media_v2::MediaV2::at(others, crate::locators::rig::ENDPOINT).expect("AMS v2");
        media.delete_locator(&id).await.expect("deletes");
    };
    let (report, ()) = rig.run(futures::future::join(engine.begin(Rig::start(order)), theirs)).expect("lives");
    let report = report.expect("recreates");
    assert_eq!(answers(&report), (0, 0, 1));
    assert_eq!(report.problem.as_ref().map(|problem| (problem.code.as_str(), problem.exit_code())), Some(("streamsFail", 42)));
}

#[test]
fn a_url_that_does_not_answer_any_more_is_a_persons_and_its_locator_is_back_all_the_same() {
    let mut world = watched(3);
    // The ceiling comes before the locators are ready.
    world.unknowns.locator_ready_seconds = 3600;
    let rig = Rig::new(world);
    let before = rig.locators();
    let report = recreate(&rig).expect("the run is done");
    assert_eq!((report.status, report.count(Standing::Restored)), (RunStatus::Done, 3));
    assert_eq!(rig.locators(), before);
    assert_eq!(answers(&report), (0, 0, 3));
    let problem = report.problem.clone().expect("told");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("streamsFail", 42));
    assert!(problem.message.contains("3 streaming URLs answered before and do not now"), "{problem}");
    let took = report.finished.expect("over") - report.started;
    assert!((600..660).contains(&took.whole_seconds()), "the ceiling is ten minutes: {took}");
    // The same report again, whoever asks.
    let stored = rig.engine().report("run").expect("stored");
    assert_eq!(stored, report);
    let document = report_document(&stored);
    assert_eq!(document["streaming"]["urls"][0]["state"], "fails");
    assert_eq!(document["streaming"]["urls"][0]["why"], "answers 404 MPE_RESOURCE_NOT_FOUND");
}

#[test]
fn what_was_dead_before_is_told_to_answer_again() {
    let rig = Rig::new(watched(2));
    let id = account().parse().expect("an id");
    // key1, which the locators hang on, dies; then the account is given key2, as `sync-keys media-v2` does.
    rig.run(rig.client().regenerate_key(&id, Slot::Key1)).expect("lives").expect("regenerates");
    rig.wait(300);
    crate::locators::recreating::hand_over(&rig, Slot::Key2);
    let report = recreate(&rig).expect("recreates");
    let verdicts: Vec<_> = report.streaming.iter().flat_map(|after| &after.urls).map(|checked| &checked.verdict).collect();
    assert_eq!(verdicts, [&Verdict::AnswersNow; 2]);
}

#[test]
fn a_locator_made_under_a_dead_key_is_told_with_the_services_own_name() {
    let rig = Rig::new(watched(1));
    let order = rig.survey(&Selection::default()).expect("looks");
    let order = rig.run(rig.engine().with_streaming_check(order)).expect("lives").expect("looks");
    let client = rig.client();
    let id = account().parse().expect("an id");
    let engine = rig.engine();
    let theirs = async {
        use keyroll::domain::clock::Clock as _;
        rig.clock.sleep(std::time::Duration::from_secs(60)).await;
        client.regenerate_key(&id, Slot::Key1).await.expect("regenerates");
    };
    let (report, ()) = rig.run(futures::future::join(engine.begin(Rig::start(order)), theirs)).expect("lives");
    let problem = report.expect("recreates").problem.expect("told");
    assert_eq!(problem.exit_code(), 42);
    assert!(problem.to_string().contains("MPE_STORAGE_AUTHENTICATION_FAILED"), "{problem}");
    assert!(problem.hints.iter().any(|hint| hint.contains("sync-keys media-v2")), "{:?}", problem.hints);
}

#[test]
fn where_nothing_streams_that_is_told_and_nothing_is_waited_for() {
    let mut world = watched(2);
    world.media_accounts[0].streaming_endpoints[0].state = "Stopped".into();
    let rig = Rig::new(world);
    let report = recreate(&rig).expect("recreates");
    assert_eq!((answers(&report), report.problem.clone()), ((0, 2, 0), None));
    assert!((report.finished.expect("over") - report.started).whole_seconds() < 60);
    let without = &report.streaming.expect("told").without;
    assert!(without[0].1.contains("no streaming endpoint of the account is running"), "{without:?}");
}

#[test]
fn a_crash_anywhere_loses_neither_a_locator_nor_what_its_url_said_before() {
    let calls = {
        let rig = Rig::new(watched(2));
        recreate(&rig).expect("recreates");
        rig.azure.audit().calls.values().sum::<u64>()
    };
    for nth in 8..=calls {
        for moment in [Moment::Before, Moment::After] {
            crash(watched(2), nth, moment);
        }
    }
}

/// The process dies at its nth call, another one goes on.
fn crash(world: World, nth: u64, moment: Moment) {
    let rig = Rig::new(world);
    let before = rig.locators();
    let order = rig.survey(&Selection::default()).expect("looks");
    let order = rig.run(rig.engine().with_streaming_check(order)).expect("lives").expect("looks");
    let so_far = rig.azure.audit().calls.values().sum::<u64>();
    if nth <= so_far {
        return;
    }
    rig.azure.crash_at(nth - so_far, moment);
    assert!(rig.run(rig.engine().begin(Rig::start(order))).is_none(), "nobody died at call {nth}");
    rig.azure.crash_switch().reset();
    let report = rig.run(rig.engine().resume("run")).expect("lives").expect("goes on");
    assert_eq!(rig.locators(), before);
    let (answer, not_checked, fail) = answers(&report);
    assert_eq!((answer + not_checked, fail), (2, 0), "call {nth}: {report:?}");
    // Only what may have been deleted before it was asked cannot be checked any more; here that is nothing.
    assert_eq!(not_checked, 0, "call {nth} {moment:?}: {:?}", rig.heard.deeds());
}

#[test]
fn an_end_of_the_run_asks_nothing_more() {
    let rig = Rig::new(watched(2));
    rig.azure.add_fault(Fault::at("odata.deleteLocator", 2, FaultKind::Status { code: 403 }));
    recreate(&rig).expect_err("stops");
    let asked = rig.asked();
    let report = rig.run(rig.engine().abort("run")).expect("lives").expect("ends");
    assert_eq!(report.status, RunStatus::Aborted);
    assert_eq!(rig.asked(), asked);
}

#[test]
fn who_interrupts_the_questions_is_told_that_everything_is_back() {
    let rig = Rig::new(watched(2));
    let order = rig.survey(&Selection::default()).expect("looks");
    let order = rig.run(rig.engine().with_streaming_check(order)).expect("lives").expect("looks");
    let (engine, cancel) = (rig.engine(), rig.cancel.clone());
    let theirs = async {
        use keyroll::domain::clock::Clock as _;
        rig.clock.sleep(std::time::Duration::from_secs(120)).await;
        cancel.trigger(2);
    };
    let (ended, ()) = rig.run(futures::future::join(engine.begin(Rig::start(order)), theirs)).expect("lives");
    let problem = ended.expect_err("interrupted");
    assert_eq!(problem.exit_code(), 130);
    assert!(problem.message.ends_with("every locator is back"), "{problem}");
    assert!(problem.hints.iter().all(|hint| !hint.contains("abort")), "{:?}", problem.hints);
    let engine = keyroll::rotation::locators::Engine { cancel: keyroll::rotation::Cancel::new(), ..rig.engine() };
    let report = rig.run(engine.resume("run")).expect("lives").expect("goes on");
    assert_eq!((report.status, answers(&report)), (RunStatus::Done, (2, 0, 0)));
    assert_eq!(rig.azure.audit().calls_of("odata.deleteLocator"), 2, "nothing is moved again");
}

#[test]
fn progress_says_what_is_waited_for() {
    let rig = Rig::new(watched(3));
    recreate(&rig).expect("recreates");
    let entries = rig.heard.0.lock().expect("no panic");
    let awaited = entries.iter().find_map(|entry| match entry.event {
        Event::StreamsAwaited { urls, from } => Some((urls, (from - entry.time).whole_seconds())),
        _ => None,
    });
    assert!(matches!(awaited, Some((3, 300..=310))), "{awaited:?}");
    let before = entries.iter().filter(|entry| matches!(entry.event, Event::Locator { deed: Deed::Streamed { .. }, .. }));
    assert_eq!(before.count(), 3);
}
