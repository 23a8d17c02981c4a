//! What other people do to an account while a run sleeps, and while it works.

use std::time::Duration;

use keyroll::azure::media_v2::MediaV2;
use keyroll::contract::world::{AccessPolicyV2, Fault, FaultKind, MediaAccount, MediaV2Account, Span};
use keyroll::domain::clock::Clock as _;
use keyroll::domain::locator::Locator;
use keyroll::domain::locator::report::{LocatorReport, Standing};
use keyroll::domain::problem::Problem;
use keyroll::rotation::locators::survey::Selection;
use keyroll::sim::simulator::Simulator;

use super::rig::{ENDPOINT, Rig, world};
use crate::worlds::{account, id};

const OWN_POLICY: &str = "nb:pid:UUID:00000000-0000-4000-8000-00000000000f";

/// Three assets with one locator each; the last one has an access policy of its own.
fn three() -> Rig {
    let mut world = world(3, 1);
    let account = &mut world.media_v2_accounts[0];
    account.policies.push(AccessPolicyV2 { id: OWN_POLICY.into(), ..account.policies[0].clone() });
    account.locators[2].policy = OWN_POLICY.into();
    Rig::new(world)
}

/// Begins, one at a time, and stops at the first call of this kind.
fn stopped_at(rig: &Rig, route: &str, status: u16) -> Problem {
    let mut order = rig.survey(&Selection::default()).expect("looks");
    order.concurrency = 1;
    rig.azure.add_fault(Fault::at(route, 1, FaultKind::Status { code: status }));
    rig.run(rig.engine().begin(Rig::start(order))).expect("lives").expect_err("stops")
}

fn lists(rig: &Rig) -> [u64; 3] {
    let audit = rig.azure.audit();
    ["odata.locators", "odata.policies", "odata.assets"].map(|route| audit.calls_of(route))
}

fn why(report: &LocatorReport, id: &str) -> String {
    report.locators.iter().find(|line| line.id == id).expect("a line").how.clone()
}

#[test]
fn what_a_locator_hangs_on_is_read_once_more_before_a_run_that_goes_on_deletes_anything() {
    type Meddling = fn(&Simulator);
    let cases: [(Meddling, &str); 3] = [
        (
            |azure| azure.others_delete_access_policy(OWN_POLICY),
            "its access policy nb:pid:UUID:00000000-0000-4000-8000-00000000000f is gone",
        ),
        (|azure| azure.others_change_access_policy(OWN_POLICY, 9), "00000000000f changed since it was looked at"),
        (|azure| azure.others_delete_asset("nb:cid:UUID:00000000-0000-4000-9000-000000000002"), "000000000002 is gone"),
    ];
    for (meddle, part) in cases {
        let rig = three();
        let before = rig.locators();
        assert_eq!(stopped_at(&rig, "odata.deleteLocator", 403).exit_code(), 4);
        meddle(&rig.azure);
        let listed = lists(&rig);
        let report = rig.run(rig.engine().resume("run")).expect("lives").expect("ends");
        assert_eq!((report.count(Standing::Restored), report.count(Standing::Left)), (2, 1), "{report:?}");
        assert!(why(&report, &before[2].id).contains(part), "{report:?}");
        let problem = report.problem.expect("somebody is told");
        assert_eq!((problem.code.as_str(), problem.exit_code()), ("locatorsLeft", 42));
        assert!(problem.to_string().contains(&before[2].id), "{problem}");
        let kept = |it: &keyroll::sim::audit::LocatorRecord| (it.id.clone(), it.path.clone(), it.expires.clone());
        assert_eq!(rig.locators().iter().map(kept).collect::<Vec<_>>(), before.iter().map(kept).collect::<Vec<_>>());
        let again: Vec<u64> = lists(&rig).iter().zip(listed).map(|(now, then)| now - then).collect();
        assert_eq!(again, [2, 2, 2], "each list once for the whole run: a page, and one that is empty");
    }
}

#[test]
fn who_thinks_about_the_question_for_an_hour_has_the_lists_read_anew() {
    for (minutes, again) in [(1, 0), (60, 2)] {
        let rig = three();
        let order = rig.survey(&Selection::default()).expect("looks");
        let listed = lists(&rig);
        rig.clock.advance(Duration::from_secs(minutes * 60));
        rig.azure.others_change_access_policy(OWN_POLICY, 3);
        let report = rig.run(rig.engine().begin(Rig::start(order))).expect("lives");
        assert_eq!(lists(&rig)[1] - listed[1], again);
        if again > 0 {
            assert_eq!(report.expect("ends").count(Standing::Left), 1, "it was not deleted");
            assert_eq!(rig.locators().len(), 3);
        }
    }
}

#[test]
fn what_is_away_comes_back_even_where_the_lists_cannot_be_read() {
    let rig = three();
    let before = rig.locators();
    assert_eq!(stopped_at(&rig, "odata.createLocator", 403).code, "locatorRefused");
    assert_eq!(rig.locators().len(), 2);
    rig.azure.add_fault(Fault { times: 9, ..Fault::at("odata.policies", 1, FaultKind::Status { code: 403 }) });
    let stopped = rig.run(rig.engine().resume("run")).expect("lives").expect_err("the others were not judged");
    assert_eq!(stopped.exit_code(), 4, "{stopped:?}");
    assert_eq!(rig.locators(), before);
    assert_eq!(rig.azure.audit().calls_of("odata.deleteLocator"), 1, "nothing was deleted that was not judged");
}

/// One asset with five locators, of which the run is to recreate all, and somebody who makes another one as soon as there is room.
async fn fill_when_there_is_room(rig: &Rig, guid: u32) -> Locator {
    let media = MediaV2::at(rig.client(), ENDPOINT).expect("an endpoint");
    let template = media.locators().await.expect("lists").locators.remove(0).locator;
    let own = Locator { id: format!("nb:lid:UUID:00000000-0000-4000-bbbb-{guid:012x}"), name: Some("theirs".into()), ..template };
    loop {
        match media.create_locator(&own, &own.policy, own.start).await {
            Ok(_) => return own,
            Err(_) => rig.clock.sleep(Duration::from_millis(1)).await,
        }
    }
}

#[test]
fn an_asset_that_somebody_fills_between_delete_and_create_is_told_with_what_is_on_it_and_loses_no_more() {
    let mut world = world(1, 5);
    world.unknowns.latency_milliseconds = Span::new(20, 20);
    let rig = Rig::new(world);
    let before = rig.locators();
    let order = rig.survey(&Selection::default()).expect("looks");
    rig.azure.add_fault(Fault::at("odata.deleteLocator", 1, FaultKind::Slow { seconds: 1 }));
    let engine = rig.engine();
    let both = futures::future::join(engine.begin(Rig::start(order)), fill_when_there_is_room(&rig, 1));
    let (ended, theirs) = rig.run(both).expect("lives");
    let problem = ended.expect_err("stops");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("locatorRefused", 42), "{problem:?}");
    let told = format!("{problem:?}");
    assert!(told.contains(&theirs.id), "what may be deleted is named: {told}");
    assert!(told.contains("nb:cid:UUID:00000000-0000-4000-9000-000000000000"), "{told}");
    let gone: Vec<_> = before.iter().filter(|it| !rig.locators().iter().any(|now| now.id == it.id)).collect();
    assert_eq!(gone.len(), 1, "no other locator of that asset was deleted for a place that somebody takes");
    assert_eq!(rig.azure.audit().calls_of("odata.deleteLocator"), 1);

    let media = MediaV2::at(rig.client(), ENDPOINT).expect("an endpoint");
    assert!(rig.run(media.delete_locator(&theirs.id)).expect("lives").expect("deletes"));
    let report = rig.run(rig.engine().resume("run")).expect("lives").expect("ends");
    assert_eq!(report.count(Standing::Restored), 5);
    assert_eq!(rig.locators(), before);
}

#[test]
fn an_id_that_another_account_takes_meanwhile_is_told_and_comes_back_once_it_is_free() {
    let mut world = world(1, 1);
    world.unknowns.latency_milliseconds = Span::new(20, 20);
    let other = id("Microsoft.Media/mediaservices", "other");
    world.media_accounts.push(MediaAccount::new(&other, &account()));
    let mut theirs = MediaV2Account::new(&other, &account()).with_locators(1, 1);
    theirs.locators[0].id = "nb:lid:UUID:00000000-0000-4000-cccc-000000000000".into();
    theirs.assets[0].id = "nb:cid:UUID:00000000-0000-4000-dddd-000000000000".into();
    theirs.locators[0].asset.clone_from(&theirs.assets[0].id);
    world.media_v2_accounts.push(theirs);
    let rig = Rig::new(world);
    let before = rig.locators();
    let order = rig.survey(&Selection::default()).expect("looks");
    let mine = order.items[0].locator.id.clone();
    rig.azure.add_fault(Fault::at("odata.deleteLocator", 1, FaultKind::Slow { seconds: 1 }));

    let elsewhere = MediaV2::at(rig.client(), &ENDPOINT.replace("media-v2", "other")).expect("an endpoint");
    let taking = async {
        let template = elsewhere.locators().await.expect("lists").locators.remove(0).locator;
        let taken = Locator { id: mine.clone(), ..template };
        while elsewhere.create_locator(&taken, &taken.policy, taken.start).await.is_err() {
            rig.clock.sleep(Duration::from_millis(1)).await;
        }
    };
    let engine = rig.engine();
    let (ended, ()) = rig.run(futures::future::join(engine.begin(Rig::start(order)), taking)).expect("lives");
    let problem = ended.expect_err("stops");
    assert_eq!(problem.code, "locatorRefused", "{problem:?}");
    let told = format!("{problem:?}");
    assert!(told.contains("belongs to another account") && told.contains("another media account"), "{told}");

    assert!(rig.run(elsewhere.delete_locator(&mine)).expect("lives").expect("deletes"));
    let report = rig.run(rig.engine().resume("run")).expect("lives").expect("ends");
    assert_eq!(report.count(Standing::Restored), 1);
    assert_eq!(rig.locators(), before);
}

#[test]
fn what_answers_at_the_endpoint_and_is_not_ams_is_told_before_anything_is_changed() {
    for kind in [FaultKind::WrongBody, FaultKind::TruncatedBody] {
        let rig = Rig::new(world(1, 1));
        rig.azure.add_fault(Fault::at("odata.locators", 1, kind));
        let problem = rig.survey(&Selection::default()).expect_err("not AMS");
        assert!(problem.hints.iter().any(|hint| hint.contains("--endpoint")), "{problem:?}");
    }
    let rig = Rig::new(world(1, 1));
    for (endpoint, code) in [
        ("https://nobody.restv2.westeurope.media.azure.net/api/", "noMediaService"),
        ("https://media-v2.restv2.westeurope.media.azure.net/other/", "noMediaService"),
        ("https://media-v2.streaming.mediaservices.windows.net/", "notAMediaEndpoint"),
    ] {
        let manner =
            keyroll::rotation::locators::survey::Manner { account: "media-v2".into(), address_file: None, concurrency: 1 };
        let looked = rig.run(rig.engine().survey(endpoint, &Selection::default(), manner)).expect("lives");
        let problem = looked.expect_err(endpoint);
        assert_eq!(problem.code, code, "{endpoint}: {problem:?}");
        let told = format!("{problem:?}");
        assert!(told.contains("--endpoint") || told.contains("write it as"), "{endpoint}: {told}");
    }
    assert_eq!(rig.azure.audit().calls_of("odata.deleteLocator"), 0);
}
