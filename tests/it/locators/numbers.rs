//! Ten thousand locators on three thousand assets at 20 ms a call: how many calls, how much of the time that they need, and how
//! long the article's way takes. In virtual time, so that the figures are exact; `benches/locators.rs` adds wall time and memory.

use std::time::Duration;

use keyroll::azure::media_v2::MediaV2;
use keyroll::contract::world::{LocatorV2, Span, World};
use keyroll::domain::clock::Clock as _;
use keyroll::domain::locator::report::Standing;
use keyroll::rotation::locators::survey::{Manner, Selection};

use super::rig::{ENDPOINT, Rig, world};

const ASSETS: usize = 3_000;
const LOCATORS: usize = 10_000;
/// How many of them somebody extended, so that their expiry is put back with a fifth call.
const EXTENDED: usize = 1_000;
const LATENCY: Duration = Duration::from_millis(20);
const CONCURRENCY: usize = 8;

/// Three locators on each asset and a fourth on every third.
fn many() -> World {
    let mut world = world(ASSETS, 3);
    let account = &mut world.media_v2_accounts[0];
    let fourth = |(number, third): (usize, &LocatorV2)| LocatorV2 {
        id: format!("nb:lid:UUID:00000000-0000-4000-afff-{number:012x}"),
        ..third.clone()
    };
    let more: Vec<LocatorV2> = account.locators.iter().step_by(9).enumerate().map(fourth).collect();
    account.locators.extend(more);
    for locator in account.locators.iter_mut().step_by(LOCATORS / EXTENDED) {
        locator.expires_in_hours = Some(24 * 3650);
    }
    assert_eq!(account.locators.len(), LOCATORS);
    let each = u64::try_from(LATENCY.as_millis()).expect("small");
    world.unknowns.latency_milliseconds = Span::new(each, each);
    world
}

#[test]
fn ten_thousand_locators_take_four_calls_each_and_no_longer_than_their_calls_do() {
    let rig = Rig::new(many());
    let before = rig.locators();
    let manner = Manner { account: "media-v2".into(), address_file: None, concurrency: CONCURRENCY };
    let order = rig.run(rig.engine().survey(ENDPOINT, &Selection::default(), manner)).expect("lives").expect("looks");
    let (listed, begun) = (rig.azure.audit().all_calls(), rig.clock.now());
    let report = rig.run(rig.engine().begin(Rig::start(order))).expect("lives").expect("recreates");
    let took = rig.clock.now() - begun;
    assert_eq!(report.count(Standing::Restored), LOCATORS);
    assert!(rig.locators() == before, "every locator is as it was");

    let audit = rig.azure.audit();
    let calls = audit.all_calls() - listed;
    assert_eq!(calls, (4 * LOCATORS + EXTENDED) as u64, "four calls each, and a fifth where an expiry is merged");
    assert_eq!(audit.calls_of("odata.mergeLocator"), EXTENDED as u64);
    assert_eq!(listed, 11 + 4 + 2, "each list once, in pages of a thousand and one that is empty");
    let least = LATENCY * u32::try_from(calls).expect("fits") / u32::try_from(CONCURRENCY).expect("fits");
    let ratio = took.as_seconds_f64() / least.as_secs_f64();
    eprintln!("{calls} calls in {took}, {ratio:.3} times what they need");
    assert!(ratio <= 1.15, "{took} is {ratio:.3} times {least:?}");

    let article = one_by_one();
    let faster = article.as_secs_f64() / took.as_seconds_f64();
    eprintln!("the article's way: {article:?}, {faster:.2} times as long");
    assert!(faster >= 3.0, "only {faster:.2} times as fast as one by one with half the calls");
}

/// What Microsoft's sample does: list, then delete and create one after the other, looking at nothing in between.
fn one_by_one() -> Duration {
    let rig = Rig::new(many());
    let media = MediaV2::at(rig.client(), ENDPOINT).expect("an endpoint");
    let begun = rig.clock.now();
    rig.run(async {
        for listed in media.locators().await.expect("lists").locators {
            let locator = listed.locator;
            assert!(media.delete_locator(&locator.id).await.expect("deletes"));
            media.create_locator(&locator, &locator.policy, locator.start).await.expect("creates");
        }
    })
    .expect("lives");
    Duration::try_from(rig.clock.now() - begun).expect("forwards")
}
