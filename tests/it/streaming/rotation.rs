//! The streaming URLs of AMS v3 accounts inside a rotation: asked before anything changes, and compared after each regenerate.

use std::time::Duration;

use keyroll::contract;
use keyroll::contract::world::{
    Asset, AttachedStorage, Fault, FaultKind, MediaAccount, MediaHolds, Moment, Secret, StorageAccount, StreamingLocator, Vault,
    World,
};
use keyroll::domain::dependent::{Extent, NotInspected};
use keyroll::domain::event::Event;
use keyroll::domain::plan::{Options, Strategy};
use keyroll::domain::problem::Problem;
use keyroll::domain::report::{Report, RunStatus};
use keyroll::domain::streaming::Sighting;
use keyroll::rotation::Patience;

use crate::rig::Rig;
use crate::worlds::{account, id, lonely, production, second};

/// An account over one storage account, with so many locators.
fn media(locators: usize) -> MediaAccount {
    let mut media = MediaAccount::new(&id("Microsoft.Media/mediaservices", "ams1"), &account());
    media.streaming_locators = (0..locators).map(|number| locator(number, "film")).collect();
    media
}

fn locator(number: usize, asset: &str) -> StreamingLocator {
    let id = format!("7d4c3f9a-0000-4000-8000-{number:012}");
    StreamingLocator::new(&format!("loc{number:02}"), asset, "Predefined_ClearStreamingOnly", &id)
}

fn world(locators: usize) -> World {
    World { media_accounts: vec![media(locators)], ..lonely() }
}

/// A world in which the origins do not follow for weeks, and hold key1 alone.
fn deaf(active: &str) -> World {
    let mut world = world(2);
    world.unknowns.origin_cache_minutes = 60 * 24 * 365;
    world.unknowns.media_holds = MediaHolds::Key1;
    let mut vault = Vault::new(&id("Microsoft.KeyVault/vaults", "kv"));
    vault.secrets.push(Secret::dual_credential("storage-key", active, &account()));
    world.vaults.push(vault);
    world
}

fn resume(rig: &Rig, accepted: &[&str]) -> Result<Report, Problem> {
    let accepted = accepted.iter().map(|name| (*name).to_owned()).collect();
    rig.run(rig.engine().resume("run", accepted, Patience::Wait)).expect("nobody dies")
}

fn came_to(report: &Report) -> Vec<(usize, usize, usize)> {
    let tallies = report.streaming.iter().map(|round| round.after.tally());
    tallies.map(|tally| (tally.answer, tally.not_checked, tally.fail)).collect()
}

/// What is told of streaming URLs that were not looked at.
fn unseen(of: &[NotInspected]) -> Vec<(Extent, &str)> {
    let about = of.iter().filter(|unseen| unseen.what == "streaming URLs of ams1");
    about.map(|unseen| (unseen.extent, unseen.why.as_str())).collect()
}

fn asked(rig: &Rig) -> u64 {
    rig.azure.audit().calls_of("streaming.get")
}

/// No secret is in the state or in anything that was told.
fn leaks_nothing(rig: &Rig) {
    let told = format!("{}{:?}", String::from_utf8_lossy(&rig.memory.everything()), rig.heard.notices);
    assert!(rig.azure.audit().secrets.iter().all(|secret| !told.contains(secret.as_str())));
    assert_eq!(rig.azure.audit().losses, [] as [&str; 0], "streams are asked without a credential");
}

#[test]
fn everything_streams_before_and_after_each_regenerate() {
    let rig = Rig::new(world(2));
    let plan = rig.plan(&Options::default()).expect("plans");
    assert_eq!(unseen(&plan.not_inspected), []);
    assert!(plan.steps.iter().any(|step| step.why.ends_with("asked are 6 URLs of ams1")), "{:?}", plan.steps);
    assert_eq!(asked(&rig), 0, "a plan asks no stream");
    let report = rig.run(rig.engine().rotate(Rig::start(plan, Patience::Wait))).expect("lives").expect("rolls");
    crate::documents::demand(&contract::report::text(&report));
    assert_eq!((report.status, report.problem.as_ref()), (RunStatus::Done, None));
    assert_eq!(came_to(&report), [(6, 0, 0), (6, 0, 0)]);
    assert_eq!(unseen(&report.not_inspected), []);
    assert_eq!(asked(&rig), 18);
    let events = rig.heard.events();
    let place = |wanted: fn(&Event) -> bool| events.iter().position(wanted).expect("happens");
    let seen = place(|event| matches!(event, Event::StreamsSeen { .. }));
    assert!(seen < place(|event| matches!(event, Event::TellIntent { .. })), "before the first change");
    let Event::StreamsSeen { before, .. } = &events[seen] else { panic!("it is that event") };
    assert!(before.urls.iter().all(|known| known.seen == Sighting::Answers), "{before:?}");
    leaks_nothing(&rig);
}

#[test]
fn of_many_a_few_are_asked_and_the_rest_is_told() {
    let rig = Rig::new(world(30));
    let report = rig.rotate(&Options::default()).expect("rolls");
    assert_eq!(came_to(&report), [(15, 0, 0), (15, 0, 0)]);
    let why = "25 more locators stream, and a few stand for all";
    assert_eq!(unseen(&report.not_inspected), [(Extent::Partial, why)]);
    assert!(report.streaming[0].how.ends_with("25 locators were not looked at"), "{}", report.streaming[0].how);
}

#[test]
fn only_assets_in_the_account_that_is_rolled_concern_it() {
    let mut world = world(1);
    world.storage_accounts.push(StorageAccount::new(&second()));
    let media = &mut world.media_accounts[0];
    media.storage_accounts.push(AttachedStorage { id: second(), primary: false, synced: true });
    media.assets.push(Asset { name: "other".into(), storage_account_name: "stsecond".into(), container: "asset-other".into() });
    media.streaming_locators.push(locator(1, "other"));
    let rig = Rig::new(world.clone());
    let report = rig.rotate(&Options::default()).expect("rolls");
    let asked: Vec<&str> = report.streaming[0].after.urls.iter().map(|checked| checked.at.locator.as_str()).collect();
    assert_eq!(asked, ["loc00"; 3]);
    world.media_accounts[0].streaming_locators.remove(0);
    let plan = Rig::new(world).plan(&Options::default()).expect("plans");
    assert_eq!(unseen(&plan.not_inspected), [(Extent::Unavailable, "nothing streams from stprod")]);
}

#[test]
fn where_nothing_can_be_asked_that_is_told_and_the_run_goes_on() {
    let mut stopped = world(2);
    stopped.media_accounts[0].streaming_endpoints[0].state = "Stopped".into();
    let mut over = world(1);
    over.media_accounts[0].streaming_locators[0].end_time = Some("2020-01-01T00:00:00Z".into());
    for (world, why) in [
        (stopped, "no streaming endpoint of the account is running"),
        (world(0), "nothing streams from stprod"),
        (over, "nothing streams from stprod"),
    ] {
        let rig = Rig::new(world);
        let plan = rig.plan(&Options::default()).expect("plans");
        assert_eq!(unseen(&plan.not_inspected), [(Extent::Unavailable, why)]);
        let report = rig.run(rig.engine().rotate(Rig::start(plan, Patience::Wait))).expect("lives").expect("rolls");
        assert_eq!((report.status, report.problem.as_ref()), (RunStatus::Done, None));
        assert_eq!(unseen(&report.not_inspected), [(Extent::Unavailable, why)]);
        assert!(
            report.steps.iter().any(|step| step.how.ends_with(&format!("could not be checked: {why}"))),
            "{:?}",
            report.steps
        );
        assert_eq!(asked(&rig), 0);
    }
}

#[test]
fn whoever_may_not_look_is_told_so_and_rolls_all_the_same() {
    for (action, part) in [
        ("streamingEndpoints/read", "the streaming endpoints cannot be listed: "),
        ("streamingLocators/read", "the streaming locators cannot be listed: "),
        ("streamingLocators/listPaths/action", "loc00 and 1 more: its paths cannot be listed: "),
    ] {
        let mut world = world(2);
        world.caller.missing_actions.push(format!("Microsoft.Media/mediaservices/{action}"));
        let rig = Rig::new(world);
        let plan = rig.plan(&Options::default()).expect("plans");
        assert!(plan.blockers.is_empty() && plan.missing_permissions.is_empty(), "{:?}", plan.missing_permissions);
        let told = unseen(&plan.not_inspected);
        assert!(matches!(told[..], [(_, why)] if why.starts_with(part)), "{told:?}");
        let report = rig.run(rig.engine().rotate(Rig::start(plan, Patience::Wait))).expect("lives").expect("rolls");
        assert_eq!((report.status, report.problem.as_ref(), asked(&rig)), (RunStatus::Done, None, 0));
        let told = unseen(&report.not_inspected);
        assert!(matches!(told[..], [(_, why)] if why.starts_with(part)), "{told:?}");
    }
}

#[test]
fn the_role_that_doctor_prints_is_all_that_a_roll_with_streams_needs() {
    let role = crate::binary::Place::new().run("doctor --role rolling").json();
    let members = ["Actions", "DataActions"].map(|member| role[member].as_array().expect("a list").clone());
    let granted: Vec<String> = members.concat().iter().map(|action| action.as_str().expect("text").to_owned()).collect();
    let mut world = production();
    world.media_accounts = vec![media(2)];
    world.caller.only_actions = Some(granted);
    let rig = Rig::new(world);
    let plan = rig.plan(&Options::default()).expect("plans");
    assert_eq!((plan.blockers.as_slice(), unseen(&plan.not_inspected)), (&[][..], vec![]));
    let report = rig.run(rig.engine().rotate(Rig::start(plan, Patience::Wait))).expect("lives").expect("rolls");
    assert_eq!((report.status, came_to(&report)), (RunStatus::Done, vec![(6, 0, 0), (6, 0, 0)]));
}

#[test]
fn an_origin_that_fails_once_the_old_key_is_dead_is_found() {
    let mut world = deaf("key1");
    world.unknowns.media_holds = MediaHolds::Both;
    let rig = Rig::new(world);
    let report = rig.rotate(&Options::default()).expect("rolls");
    assert_eq!(report.status, RunStatus::Done);
    assert_eq!(came_to(&report), [(6, 0, 0), (0, 0, 6)], "with both keys one still opened it");
    let problem = report.problem.expect("somebody has to look");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("streamsFail", 42));
    assert!(problem.causes[0].contains("answers 403 MPE_STORAGE_AUTHENTICATION_FAILED"), "{problem:?}");
    assert!(problem.hints[0].contains("keyroll sync-keys media --account-name ams1 --always"), "{problem:?}");
    leaks_nothing(&rig);
}

#[test]
fn streams_that_fail_stop_the_run_before_the_other_key_dies() {
    let rig = Rig::new(deaf("key2"));
    let problem = rig.rotate(&Options::default()).expect_err("nobody accepted it");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("acceptanceNeeded", 12));
    assert_eq!(problem.accept, ["streaming-ams1"]);
    assert!(
        problem.causes[0].contains("6 streaming URLs of ams1 answered before and not now: https://ams1-euwe."),
        "{problem:?}"
    );
    let report = rig.engine().report("run").expect("a run");
    assert_eq!((report.regenerated.len(), came_to(&report)), (1, vec![(0, 0, 6)]));
    // Not mended, it stops again; they are asked anew for that.
    let before = asked(&rig);
    assert_eq!(resume(&rig, &[]).expect_err("as before").accept, ["streaming-ams1"]);
    assert_eq!(asked(&rig) - before, 11 * 6, "for ten minutes: one bad moment is not the end");
    let report = resume(&rig, &["streaming-ams1"]).expect("goes on");
    assert_eq!((report.status, report.regenerated.len()), (RunStatus::Done, 2));
    assert_eq!(report.problem, None, "it was accepted");
}

#[test]
fn streams_that_failed_are_not_excused_by_a_host_that_is_silent_since() {
    let rig = Rig::new(deaf("key2"));
    rig.rotate(&Options::default()).expect_err("nobody accepted it");
    rig.azure.add_fault(Fault::sometimes("streaming.get", 1.0, 999, FaultKind::ConnectionRefused));
    let problem = resume(&rig, &[]).expect_err("nothing answers");
    assert_eq!(problem.accept, ["streaming-ams1"]);
    assert!(problem.causes[0].contains("answered before, and now is silent: "), "{problem:?}");
}

#[test]
fn streams_that_are_mended_need_no_acceptance() {
    let rig = Rig::new(deaf("key2"));
    rig.rotate(&Options::default()).expect_err("nobody accepted it");
    // A year later the origins have followed.
    rig.clock.advance(Duration::from_secs(366 * 24 * 60 * 60));
    let report = resume(&rig, &[]).expect("goes on");
    assert_eq!((report.status, report.regenerated.len()), (RunStatus::Done, 2));
    assert_eq!(came_to(&report)[0], (6, 0, 0));
    assert_eq!(report.problem, None);
}

#[test]
fn a_bad_moment_of_an_origin_is_waited_out() {
    let rig = Rig::new(world(1));
    let plan = rig.plan(&Options::default()).expect("plans");
    // The first three questions are the baseline; the fourth begins five minutes of 503. Two others were on their way by then.
    rig.azure.add_fault(Fault::at("streaming.get", 4, FaultKind::Outage { seconds: 300 }));
    let report = rig.run(rig.engine().rotate(Rig::start(plan, Patience::Wait))).expect("lives").expect("rolls");
    assert_eq!((came_to(&report), report.problem), (vec![(3, 0, 0), (3, 0, 0)], None));
    let told = rig.heard.events().into_iter().any(|event| {
        matches!(event, Event::Retrying { why, .. } if why.starts_with("1 of 3 streaming URLs of ams1 do not answer as before: "))
    });
    assert!(told, "whoever waits sees why");
}

#[test]
fn streams_that_were_dark_before_are_not_said_to_fail() {
    let mut world = world(1);
    world.media_accounts[0].storage_accounts[0].synced = false;
    let rig = Rig::new(world);
    let report = rig.rotate(&Options::default()).expect("rolls");
    assert_eq!(came_to(&report), [(3, 0, 0), (3, 0, 0)], "the sync has mended them");
    let names: Vec<&str> = report.streaming[0].after.urls.iter().map(|checked| checked.verdict.name()).collect();
    assert_eq!(names, ["answersNow"; 3]);
}

#[test]
fn without_waiting_it_returns_and_comes_back() {
    let rig = Rig::new(world(1));
    let plan = rig.plan(&Options { settle: Some(Duration::ZERO), ..Options::default() }).expect("plans");
    let mut report = rig.run(rig.engine().rotate(Rig::start(plan, Patience::UntilFirstWait))).expect("lives").expect("begins");
    for _ in 0..100 {
        if report.status != RunStatus::Waiting {
            break;
        }
        let due = report.next_due.expect("a time") - keyroll::domain::clock::Clock::now(&rig.clock);
        rig.clock.advance(Duration::try_from(due).unwrap_or_default());
        report = rig.run(rig.engine().resume("run", Vec::new(), Patience::UntilFirstWait)).expect("lives").expect("goes on");
    }
    assert_eq!((report.status, came_to(&report)), (RunStatus::Done, vec![(3, 0, 0), (3, 0, 0)]));
}

#[test]
fn a_roll_of_one_slot_and_one_without_retire_look_once() {
    for strategy in [Strategy::StandbyOnly, Strategy::OneSlot(keyroll::domain::key::Slot::Key2)] {
        let rig = Rig::new(world(1));
        let report = rig.rotate(&Options { strategy, ..Options::default() }).expect("rolls");
        assert_eq!((report.status, came_to(&report)), (RunStatus::Done, vec![(3, 0, 0)]), "{strategy:?}");
    }
}

#[test]
fn wherever_it_dies_the_end_is_the_same_and_only_reads_are_repeated() {
    let undisturbed = Rig::new(world(1));
    undisturbed.rotate(&Options::default()).expect("rolls");
    let calls: u64 = undisturbed.azure.audit().calls.values().sum();
    let mut died = 0;
    for nth in 1..=calls {
        let rig = Rig::new(world(1));
        let plan = rig.plan(&Options::default()).expect("plans");
        rig.azure.crash_at(nth, if nth % 2 == 0 { Moment::Before } else { Moment::After });
        let first = rig.run(rig.engine().rotate(Rig::start(plan.clone(), Patience::Wait)));
        rig.azure.forget_crash();
        rig.azure.crash_switch().reset();
        rig.memory.release_locks();
        let ended = first.unwrap_or_else(|| {
            died += 1;
            rig.run(rig.engine().rotate(Rig::start(plan, Patience::Wait))).expect("lives")
        });
        let report = ended.expect("rolls");
        assert_eq!((report.status, report.problem.as_ref()), (RunStatus::Done, None), "call {nth}");
        assert_eq!(came_to(&report), [(3, 0, 0), (3, 0, 0)], "call {nth}");
        assert_eq!(rig.azure.audit().own_regenerates().count(), 2, "call {nth}");
        let baselines = rig.heard.events().into_iter().filter(|event| matches!(event, Event::StreamsSeen { .. })).count();
        assert_eq!(baselines, 1, "call {nth}");
    }
    assert!(died > 40, "{died}");
}
