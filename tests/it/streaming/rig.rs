//! Somebody who asks the streaming URLs of a simulated account.

use std::time::Duration;

use keyroll::azure::media_v2::MediaV2;
use keyroll::contract::world::{StreamingLocator, World};
use keyroll::domain::locator::Locator;
use keyroll::domain::resource_id::ResourceId;
use keyroll::domain::streaming::{Addresses, After, Before, Verdict};
use keyroll::rotation::streaming_check::StreamingCheck;
use keyroll::rotation::streaming_check::addresses::{of_v2_locators, of_v3_locators};
use keyroll::sim::holder::HolderKind;

use crate::locators::rig::{ENDPOINT, Rig, media, world};

/// The id of the streaming locator of v3.
pub const STREAM: &str = "7d4c3f9a-0000-4000-8000-000000000001";

/// An account with so many v2 locators, and one streaming locator of v3 that somebody watches.
pub fn watched(locators: usize) -> World {
    let mut world = world(locators, 1);
    let media = &mut world.media_accounts[0];
    media.viewers = true;
    media.streaming_locators.push(StreamingLocator::new("loc1", "film", "Predefined_ClearStreamingOnly", STREAM));
    world
}

pub fn account_id() -> ResourceId {
    media().parse().expect("an id")
}

impl Rig {
    pub fn check(&self) -> StreamingCheck {
        StreamingCheck::new(self.client())
    }

    pub fn v2_locators(&self) -> Vec<Locator> {
        let media = MediaV2::at(self.client(), ENDPOINT).expect("AMS v2");
        let listing = self.run(media.locators()).expect("lives").expect("lists");
        listing.locators.into_iter().map(|listed| listed.locator).collect()
    }

    pub fn v2_addresses(&self, bound: usize) -> Addresses {
        let media = MediaV2::at(self.client(), ENDPOINT).expect("AMS v2");
        let locators = self.v2_locators();
        let client = self.client();
        self.run(of_v2_locators(&client, &media, &locators, bound)).expect("lives")
    }

    pub fn v3_addresses(&self) -> Addresses {
        let client = self.client();
        let names = ["loc1".to_owned()];
        self.run(of_v3_locators(&client, &account_id(), &names, 10)).expect("lives")
    }

    pub fn before(&self, addresses: Addresses) -> Before {
        let check = self.check();
        self.run(check.before(addresses)).expect("lives")
    }

    /// What the URLs came to after something that happens now.
    pub fn after(&self, before: &Before) -> After {
        use keyroll::domain::clock::Clock as _;
        let (check, since) = (self.check(), self.clock.now());
        self.run(check.after(before, since, &keyroll::rotation::streaming_check::decide::V2_LOCATOR)).expect("lives")
    }

    /// How often hosts of streaming endpoints were asked.
    pub fn asked(&self) -> u64 {
        self.azure.audit().calls_of("streaming.get")
    }

    /// For how long those who watch saw nothing, in seconds, one by one.
    pub fn dark(&self) -> Vec<i64> {
        let downtimes = self.azure.audit().downtimes;
        downtimes.into_iter().filter(|down| down.kind == HolderKind::Viewer).map(|down| down.seconds).collect()
    }

    pub fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

pub fn verdicts(after: &After) -> Vec<Verdict> {
    after.urls.iter().map(|checked| checked.verdict.clone()).collect()
}
