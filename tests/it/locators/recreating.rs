//! On a good day: everything comes back as it was, under the key that the account has now.

use keyroll::azure::client::ClientOptions;
use keyroll::azure::client::Unobserved;
use keyroll::azure::cloud::Cloud;
use keyroll::azure::media_v2::MediaV2;
use keyroll::azure::media_v2::management::{KeyOf, Management};
use keyroll::contract::world::{AccessPolicyV2, Fault, FaultKind, LocatorV2};
use keyroll::domain::key::Slot;
use keyroll::domain::locator::LocatorKind;
use keyroll::domain::locator::event::Deed;
use keyroll::domain::locator::order::Verdict;
use keyroll::domain::locator::report::Standing;
use keyroll::domain::report::RunStatus;
use keyroll::rotation::locators::survey::{Manner, Selection};
use keyroll::sim::holder::HolderKind;
use std::sync::Arc;

use super::rig::{ENDPOINT, Rig, media, world};
use crate::worlds::{SUBSCRIPTION, account};

/// Hands the account this slot's key, as `sync-keys media-v2` does.
pub fn hand_over(rig: &Rig, slot: Slot) {
    let options = ClientOptions {
        transport: rig.azure.transport(),
        cloud: Cloud::public(),
        credential: None,
        clock: Arc::new(rig.clock.clone()),
        observer: Arc::new(Unobserved),
        client_request_id: None,
    };
    let management = Management::over(options).expect("there is classic management");
    let of = KeyOf { subscription: SUBSCRIPTION, media_account: "media-v2", storage_account: "stprod" };
    let key = rig.azure.key(&account(), slot).expect("a key");
    rig.run(management.put_key(of, &key)).expect("lives").expect("taken");
}

#[test]
fn every_locator_comes_back_as_it_was_under_the_new_key() {
    let rig = Rig::new(world(3, 2));
    let before = rig.locators();
    assert_eq!(before.len(), 6);
    hand_over(&rig, Slot::Key2);
    let report = rig.recreate().expect("recreates");
    assert_eq!((report.status, report.count(Standing::Restored)), (RunStatus::Done, 6));
    assert_eq!(rig.locators(), before);
    let audit = rig.azure.audit();
    assert!(audit.locators.iter().all(|locator| locator.generation.as_deref() == Some("stprod key2#0")), "{:?}", audit.locators);
    assert_eq!(audit.calls_of("odata.deleteLocator"), 6);
    let calls: u64 = ["locator", "createLocator", "deleteLocator", "mergeLocator"]
        .map(|route| audit.calls_of(&format!("odata.{route}")))
        .iter()
        .sum();
    assert_eq!(calls, 4 * 6, "four calls each");
    // Whoever streams waits until the new locator answers, and no longer.
    let longest = audit.downtimes.iter().filter(|down| down.kind == HolderKind::Viewer).map(|down| down.seconds).max();
    assert!(longest.is_some_and(|seconds| seconds <= 40), "{longest:?}");
    rig.leaks_nothing();
}

#[test]
fn no_viewer_notices_where_endpoints_still_have_the_locator_in_their_cache() {
    let mut world = world(3, 1);
    world.unknowns.locator_cache_seconds = 300;
    let rig = Rig::new(world);
    rig.recreate().expect("recreates");
    rig.clock.advance(std::time::Duration::from_secs(600));
    let down: Vec<_> = rig.azure.audit().downtimes.into_iter().filter(|down| down.kind == HolderKind::Viewer).collect();
    assert!(down.is_empty(), "{down:?}");
}

#[test]
fn an_expiry_that_somebody_changed_comes_back_with_a_fifth_call() {
    for tunnelled in [true, false] {
        let mut world = world(2, 2);
        world.unknowns.takes_tunnelled_merge = tunnelled;
        let locators = &mut world.media_v2_accounts[0].locators;
        locators[0].expires_in_hours = Some(24 * 3650);
        // Its policy let it expire days ago; the service would refuse to make it so.
        locators[1].started_hours_ago = Some(24 * 400);
        locators[1].expires_in_hours = Some(24);
        locators[2].started_hours_ago = None;
        let rig = Rig::new(world);
        let before = rig.locators();
        let report = rig.recreate().expect("recreates");
        assert_eq!(report.count(Standing::Restored), 4);
        assert_eq!(rig.locators(), before);
        assert_eq!(rig.azure.audit().calls_of("odata.mergeLocator"), 3);
    }
}

#[test]
fn what_would_not_come_back_is_left_and_listed() {
    let mut world = world(2, 2);
    let account = &mut world.media_v2_accounts[0];
    account.policies.push(AccessPolicyV2 { id: "nb:pid:UUID:writes".into(), duration_in_minutes: 600_000.0, permissions: 3 });
    account.locators[0].expires_in_hours = Some(-1);
    account.locators[1].policy = "nb:pid:UUID:gone".into();
    account.locators[1].expires_in_hours = Some(24);
    account.locators[2].policy = "nb:pid:UUID:writes".into();
    let sas = LocatorV2 { kind: 1, id: "nb:lid:UUID:00000000-0000-4000-afff-000000000000".into(), ..account.locators[3].clone() };
    account.locators.push(sas);
    let six = (0..6).map(|number| LocatorV2 {
        id: format!("nb:lid:UUID:00000000-0000-4000-abcd-00000000000{number}"),
        asset: "nb:cid:UUID:full".into(),
        ..account.locators[3].clone()
    });
    let six: Vec<_> = six.collect();
    account.locators.extend(six);
    account
        .assets
        .push(keyroll::contract::world::AssetV2 { id: "nb:cid:UUID:full".into(), storage_account_name: "stprod".into() });
    let rig = Rig::new(world);
    let before = rig.locators();
    let order = rig.survey(&Selection::default()).expect("looks");
    let left: Vec<&str> = order
        .items
        .iter()
        .filter_map(|item| match &item.verdict {
            Verdict::Leave { why } => Some(why.as_str()),
            Verdict::Recreate => None,
        })
        .collect();
    for part in ["it expired on", "access policy nb:pid:UUID:gone is gone", "allows to write", "it is a SAS", "has 6 locators"] {
        assert!(left.iter().any(|why| why.contains(part)), "{part}: {left:?}");
    }
    assert_eq!((order.items.len(), left.len()), (11, 10));
    let report = rig.run(rig.engine().begin(Rig::start(order))).expect("lives").expect("recreates");
    assert_eq!((report.count(Standing::Left), report.count(Standing::Restored)), (10, 1));
    assert_eq!(rig.locators(), before, "nothing was lost");
    assert_eq!(rig.azure.audit().calls_of("odata.deleteLocator"), 1);
}

#[test]
fn a_sas_comes_back_with_its_expiry_and_its_addresses_go_into_one_file() {
    let mut world = world(1, 1);
    let account = &mut world.media_v2_accounts[0];
    account.locators[0].kind = 1;
    let sas = |number: u32, started, expires| LocatorV2 {
        id: format!("nb:lid:UUID:00000000-0000-4000-abcd-00000000000{number}"),
        started_hours_ago: started,
        expires_in_hours: expires,
        ..account.locators[0].clone()
    };
    let more = [sas(1, Some(24), Some(24 * 500)), sas(2, None, None)];
    account.locators.extend(more);
    let rig = Rig::new(world);
    let before = rig.locators();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("addresses.jsonl");
    let manner =
        Manner { account: "media-v2".into(), address_file: Some(file.to_str().expect("UTF-8").to_owned()), concurrency: 2 };
    let selection = Selection { include_sas: true, kind: Some(LocatorKind::Sas), ..Selection::default() };
    let order = rig.run(rig.engine().survey(ENDPOINT, &selection, manner)).expect("lives").expect("looks");
    let report = rig.run(rig.engine().begin(Rig::start(order))).expect("lives").expect("recreates");
    assert_eq!(report.count(Standing::Restored), 3, "{report:?}");
    let after = rig.locators();
    for (one, two) in before.iter().zip(&after) {
        assert_eq!((&one.id, &one.expires, &one.asset, &one.name), (&two.id, &two.expires, &two.asset, &two.name));
    }
    assert_eq!(rig.azure.audit().calls_of("odata.createPolicy"), 1, "only for the one that somebody extended");
    assert_eq!(rig.azure.audit().calls_of("odata.mergeLocator"), 0);
    let text = std::fs::read_to_string(&file).expect("the addresses");
    let rows: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for record in &after {
        let last = rows.iter().rfind(|row| row["locator"] == record.id.as_str()).expect("a line");
        let (old, new) = (last["old"].as_str().expect("old"), last["new"].as_str().expect("new"));
        assert!(old.contains("sig=") && new.contains("sig="), "{last}");
    }
    rig.leaks_nothing();
}

#[test]
fn two_thousand_locators_are_read_in_pages_before_the_first_is_deleted() {
    let rig = Rig::new(world(1201, 2));
    let order = rig.survey(&Selection::default()).expect("looks");
    assert_eq!(order.items.len(), 2402);
    assert_eq!(rig.azure.audit().calls_of("odata.locators"), 4, "three pages, and one that is empty");
    let one = Selection { locators: vec!["00000000-0000-4000-a000-000000000007".into()], ..Selection::default() };
    assert_eq!(rig.survey(&one).expect("looks").items.len(), 1);
    let foreign = Selection { locators: vec!["00000000-0000-4000-a000-0000000fffff".into()], ..Selection::default() };
    assert_eq!(rig.survey(&foreign).expect_err("not there").code, "noSuchLocator");
}

#[test]
fn the_old_address_is_followed_once_and_only_within_the_cloud() {
    let rig = Rig::new(world(2, 1));
    let media = MediaV2::at(rig.client(), "https://media.windows.net/API/").expect("an endpoint");
    assert_eq!(rig.run(media.locators()).expect("lives").expect("lists").locators.len(), 2);
    assert_eq!(rig.azure.audit().calls_of("odata.legacy"), 1, "later calls go to the account's own address");
    assert_eq!(media.endpoint().host_str(), Some("media-v2.restv2.westeurope.media.azure.net"));
    for foreign in ["https://evil.example/api/", "http://media-v2.restv2.westeurope.media.azure.net/api/", "not a URL"] {
        let refused = MediaV2::at(rig.client(), foreign).map(|media| rig.run(media.locators()).expect("lives"));
        assert!(!matches!(refused, Ok(Ok(_))), "{foreign}");
    }
    let own = media_endpoint(&rig);
    assert_eq!(own, ENDPOINT);
}

fn media_endpoint(rig: &Rig) -> String {
    rig.run(rig.client().media_v2_endpoint(&media().parse().expect("an id"))).expect("lives").expect("Resource Manager knows it")
}

#[test]
fn every_change_is_written_down_before_it_is_sent_and_one_asset_has_one_at_a_time() {
    let rig = Rig::new(world(2, 3));
    rig.recreate().expect("recreates");
    let deeds = rig.heard.deeds();
    for id in rig.locators().iter().map(|locator| &locator.id) {
        let own: Vec<&Deed> = deeds.iter().filter(|(of, _)| of == id).map(|(_, deed)| deed).collect();
        let kinds: Vec<bool> = own
            .iter()
            .zip(["Snapshot", "DeleteIntent", "Deleted", "CreateIntent", "Created", "Restored"])
            .map(|(deed, name)| format!("{deed:?}").starts_with(name))
            .collect();
        assert!(own.len() == 6 && kinds.iter().all(|right| *right), "{own:?}");
    }
    let asset = |id: &str| id[id.len() - 12..].to_owned();
    let mut open: std::collections::HashMap<String, String> = std::collections::HashMap::new();
    for (id, deed) in &deeds {
        match deed {
            Deed::DeleteIntent => assert_eq!(open.insert(asset(id), id.clone()), None, "one at a time"),
            Deed::Created => assert_eq!(open.remove(&asset(id)).as_ref(), Some(id)),
            _ => {}
        }
    }
}

#[test]
fn the_same_delivery_twice_changes_nothing_twice() {
    let rig = Rig::new(world(2, 1));
    let order = rig.survey(&Selection::default()).expect("looks");
    let first = rig.run(rig.engine().begin(Rig::start(order.clone()))).expect("lives").expect("recreates");
    let again = rig.run(rig.engine().begin(Rig::start(order.clone()))).expect("lives").expect("tells again");
    assert_eq!(first, again);
    assert_eq!(rig.azure.audit().calls_of("odata.deleteLocator"), 2);
    let mut other = Rig::start(order.clone());
    other.request_digest = "another".into();
    let refused = rig.run(rig.engine().begin(other)).expect("lives").expect_err("another request");
    assert_eq!((refused.code.as_str(), refused.exit_code()), ("anotherRequest", 11));
    let (one, two) = (rig.engine(), rig.engine());
    let start = |id: &str| keyroll::rotation::locators::Start { run_id: Some(id.into()), ..Rig::start(order.clone()) };
    let both = rig.run(futures::future::join(one.begin(start("a")), two.begin(start("b")))).expect("lives");
    let codes = [both.0.err(), both.1.err()].into_iter().flatten().map(|problem| problem.exit_code()).collect::<Vec<_>>();
    assert_eq!(codes, [9], "one of two at once is locked out");
}

#[test]
fn an_abort_brings_back_what_was_begun_moves_what_was_moved_and_leaves_the_rest() {
    let rig = Rig::new(world(4, 1));
    let before = rig.locators();
    hand_over(&rig, Slot::Key2);
    // The third create fails for good: its asset was filled meanwhile, say.
    let mut fault = Fault::at("odata.createLocator", 3, FaultKind::Status { code: 400 });
    fault.times = 1;
    rig.azure.add_fault(fault);
    let mut order = rig.survey(&Selection::default()).expect("looks");
    order.concurrency = 1;
    let stopped = rig.run(rig.engine().begin(Rig::start(order))).expect("lives").expect_err("stops");
    assert_eq!((stopped.code.as_str(), stopped.exit_code()), ("locatorRefused", 42), "{stopped:?}");
    assert_eq!(rig.locators().len(), 3, "one is waiting in the journal");
    hand_over(&rig, Slot::Key1);
    let report = rig.run(rig.engine().abort("run")).expect("lives").expect("ends");
    assert_eq!(report.status, RunStatus::Aborted);
    assert_eq!(rig.locators(), before);
    let keys: Vec<_> = rig.azure.audit().locators.into_iter().filter_map(|locator| locator.generation).collect();
    assert!(keys.iter().all(|key| key == "stprod key1#0"), "everything that moved hangs on the first key again: {keys:?}");
}
