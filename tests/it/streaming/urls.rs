//! Which URLs are asked, what they say, and what is never asked.

use keyroll::azure::cloud::Cloud;
use keyroll::contract::world::{Fault, FaultKind, StreamingEndpoint};
use keyroll::domain::key::Slot;
use keyroll::domain::streaming::{Sighting, Verdict};
use keyroll::rotation::locators::survey::Selection;
use keyroll::rotation::streaming_check::addresses::NOTHING_RUNS;

use super::rig::{STREAM, verdicts, watched};
use crate::locators::rig::{Rig, media};
use crate::worlds::account;

/// Regenerates a slot as the portal does, and lets the old key die.
fn roll(rig: &Rig, slot: Slot) {
    let client = rig.client();
    let id = account().parse().expect("an id");
    rig.run(client.regenerate_key(&id, slot)).expect("lives").expect("regenerates");
    rig.wait(300);
}

#[test]
fn a_v2_locator_is_asked_at_its_manifest_and_a_v3_locator_once_for_each_protocol() {
    let rig = Rig::new(watched(2));
    let addresses = rig.v2_addresses(10);
    assert_eq!(
        addresses.urls[0].url,
        "https://media-v2.streaming.mediaservices.windows.net/00000000-0000-4000-a000-000000000000/film.ism/Manifest"
    );
    assert_eq!((addresses.urls.len(), addresses.left_out, addresses.without.len()), (2, 0, 0));
    let v3 = rig.v3_addresses();
    let ends: Vec<&str> = v3.urls.iter().filter_map(|at| at.url.split_once(STREAM)).map(|(_, end)| end).collect();
    let manifests = ["/film.ism/manifest(format=m3u8-aapl)", "/film.ism/manifest(format=mpd-time-csf)", "/film.ism/manifest"];
    assert_eq!(ends, manifests);
    for addresses in [addresses, v3] {
        let before = rig.before(addresses);
        assert!(before.urls.iter().all(|known| known.seen == Sighting::Answers), "{before:?}");
        let after = rig.after(&before);
        assert!(verdicts(&after).iter().all(|verdict| *verdict == Verdict::Answers), "{after:?}");
    }
    assert_eq!(rig.azure.audit().losses, [] as [&str; 0], "nothing but the address is sent");
}

#[test]
fn of_a_huge_account_a_sample_is_asked_and_what_it_leaves_out_is_told() {
    let rig = Rig::new(watched(300));
    let before = rig.before(rig.v2_addresses(25));
    assert_eq!((before.urls.len(), before.left_out), (25, 275));
    let after = rig.after(&before);
    assert_eq!(after.summary(), "streaming URLs: 25 answer as before; 275 locators were not looked at");
    assert_eq!(rig.asked(), 50);
}

#[test]
fn where_no_endpoint_runs_nothing_is_asked_and_that_is_told() {
    let mut world = watched(1);
    world.media_accounts[0].streaming_endpoints[0].state = "Stopped".into();
    let rig = Rig::new(world);
    for addresses in [rig.v2_addresses(10), rig.v3_addresses()] {
        assert_eq!((addresses.urls.len(), addresses.without[0].1.as_str()), (0, NOTHING_RUNS));
        let after = rig.after(&rig.before(addresses));
        assert_eq!((after.tally().not_checked, after.tally().fail), (1, 0));
    }
    assert_eq!(rig.asked(), 0);
}

#[test]
fn another_endpoint_that_runs_stands_in_for_one_that_does_not() {
    let mut world = watched(1);
    world.media_accounts[0].streaming_endpoints[0].state = "Stopped".into();
    world.media_accounts[0].streaming_endpoints.push(StreamingEndpoint::named("premium"));
    let rig = Rig::new(world);
    let addresses = rig.v2_addresses(10);
    assert!(addresses.urls[0].url.starts_with("https://premium-media-v2.streaming.mediaservices.windows.net/"), "{addresses:?}");
    assert_eq!(rig.before(addresses).urls[0].seen, Sighting::Answers);
    assert_eq!(rig.v3_addresses().urls.len(), 3, "on the one that runs");
}

#[test]
fn an_endpoint_that_stops_without_being_listed_is_silent_and_costs_no_wait_for_each_url() {
    let mut world = watched(200);
    world.media_accounts[0].streaming_endpoints[0].state = "Stopped".into();
    let rig = Rig::new(world);
    rig.azure.add_fault(Fault::sometimes("odata.streamingEndpoints", 1.0, 99, FaultKind::Status { code: 403 }));
    let before = rig.before(rig.v2_addresses(500));
    assert!(before.urls.iter().all(|known| matches!(known.seen, Sighting::Silent { .. })), "{before:?}");
    assert!(rig.asked() < 30, "{}", rig.asked());
    let after = rig.after(&before);
    assert_eq!((after.tally().not_checked, after.tally().fail), (200, 0));
}

#[test]
fn a_dead_key_fails_with_the_name_that_the_service_gives_it() {
    let rig = Rig::new(watched(1));
    let before = rig.before(rig.v2_addresses(10));
    roll(&rig, Slot::Key1);
    let after = rig.after(&before);
    let [Verdict::Fails { why }] = &verdicts(&after)[..] else { panic!("{after:?}") };
    assert_eq!(why, "answers 403 MPE_STORAGE_AUTHENTICATION_FAILED");
    // Asked anew, that is what it said before: a sync and a new locator may mend it, so it is waited on.
    let dead = rig.before(rig.v2_addresses(10));
    assert!(dead.urls[0].seen.is_dead_key(), "{dead:?}");
    let [Verdict::NotChecked { why }] = &verdicts(&rig.after(&dead))[..] else { panic!("it is dead") };
    assert!(why.contains("before, it answered 403 MPE_STORAGE_AUTHENTICATION_FAILED"), "{why}");
}

#[test]
fn what_did_not_answer_before_is_not_said_to_fail() {
    let mut world = watched(1);
    world.media_v2_accounts[0].manifest = None;
    let rig = Rig::new(world);
    let before = rig.before(rig.v2_addresses(10));
    assert_eq!(before.urls[0].seen, Sighting::Refuses { status: 400, error: Some("MPE_BAD_URL_SYNTAX".into()) });
    let asked = rig.asked();
    let after = rig.after(&before);
    let why = "before, it answered 400 MPE_BAD_URL_SYNTAX".to_owned();
    assert_eq!(verdicts(&after), [Verdict::NotChecked { why }]);
    assert_eq!(rig.asked(), asked, "and is not asked again");
}

#[test]
fn files_that_cannot_be_listed_are_told() {
    let rig = Rig::new(watched(2));
    rig.azure.add_fault(Fault::sometimes("odata.files", 1.0, 99, FaultKind::Status { code: 403 }));
    let addresses = rig.v2_addresses(10);
    assert_eq!((addresses.urls.len(), addresses.without.len()), (0, 2));
    assert!(addresses.without[0].1.starts_with("the files of the assets cannot be listed: "), "{addresses:?}");
}

#[test]
fn what_resource_manager_does_not_tell_of_v3_is_told() {
    let rig = Rig::new(watched(1));
    rig.azure.add_fault(Fault::sometimes("streamingLocator.listPaths", 1.0, 1, FaultKind::Status { code: 403 }));
    let addresses = rig.v3_addresses();
    assert!(addresses.without[0].1.starts_with("its paths cannot be listed: "), "{addresses:?}");
    let mut world = watched(1);
    world.caller.missing_actions.push("Microsoft.Media/mediaservices/streamingEndpoints/read".into());
    let rig = Rig::new(world);
    let addresses = rig.v3_addresses();
    assert_eq!((addresses.urls.len(), addresses.without.len()), (0, 1));
    assert!(addresses.without[0].1.starts_with("the streaming endpoints cannot be listed: "), "{addresses:?}");
}

#[test]
fn an_order_of_v3_gets_a_url_for_each_protocol() {
    let rig = Rig::new(watched(1));
    let mut order = rig.survey(&Selection::default()).expect("looks");
    order.endpoint = media();
    order.items[0].locator.id = "loc1".into();
    let order = rig.run(rig.engine().with_streaming_check(order)).expect("lives").expect("looks");
    assert_eq!(order.streams.expect("checked").urls.len(), 3);
}

#[test]
fn a_redirect_is_told_and_never_followed() {
    let mut world = watched(1);
    world.media_accounts[0].streaming_endpoints[0].redirects_to = Some("https://evil.example/film.ism/Manifest".into());
    let rig = Rig::new(world);
    let before = rig.before(rig.v2_addresses(10));
    assert_eq!(before.urls[0].seen, Sighting::Refuses { status: 302, error: None });
    assert!(rig.azure.audit().trace.iter().all(|line| !line.contains("evil.example")));
}

#[test]
fn a_host_outside_the_clouds_streaming_domains_is_never_asked() {
    let mut world = watched(1);
    for host in ["evil.example", "169.254.169.254", "management.azure.com", "streaming.media.azure.net.evil.example"] {
        world.media_accounts[0].streaming_endpoints[0].host_name = Some(host.into());
        let rig = Rig::new(world.clone());
        let addresses = rig.v3_addresses();
        assert!(addresses.urls.is_empty() && addresses.without[0].1.contains("is no streaming host"), "{addresses:?}");
        let asked = rig.run(rig.client().glance_at_stream(&format!("https://{host}/x"))).expect("lives");
        assert!(matches!(asked, Sighting::Silent { .. }), "{asked:?}");
        assert!(rig.azure.audit().trace.iter().all(|line| !line.contains("evil") && !line.contains("169.254")));
        assert_eq!(rig.asked(), 0);
    }
    assert!(Cloud::public().streaming_url("https://media-v2.streaming.mediaservices.chinacloudapi.cn/g/").is_err());
}

#[test]
fn bodies_are_not_believed() {
    let rig = Rig::new(watched(1));
    let addresses = rig.v2_addresses(10);
    for (kind, status) in [(FaultKind::HugeError, 500), (FaultKind::Throttle { retry_after: 3600 }, 429)] {
        rig.azure.add_fault(Fault::sometimes("streaming.get", 1.0, 2, kind));
        let before = rig.before(addresses.clone());
        let seen = &before.urls[0].seen;
        assert!(
            matches!(seen, Sighting::Refuses { status: said, error } if *said == status && error.as_ref().is_none_or(|name| name.len() <= 64)),
            "{seen:?}"
        );
    }
    rig.azure.add_fault(Fault::sometimes("streaming.get", 1.0, 1, FaultKind::Slow { seconds: 3600 }));
    assert_eq!(rig.before(addresses.clone()).urls[0].seen, Sighting::Answers, "a weak moment is asked again");
    rig.azure.add_fault(Fault::sometimes("streaming.get", 1.0, 2, FaultKind::Slow { seconds: 3600 }));
    let before = rig.before(addresses);
    let Sighting::Silent { why } = &before.urls[0].seen else { panic!("{before:?}") };
    assert!(why.contains("did not answer within 30 s"), "{why}");
}
