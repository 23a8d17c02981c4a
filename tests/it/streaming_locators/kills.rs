//! Real SIGKILLs of the real binary between delete and create of a streaming locator: each comes back with its content keys.

use keyroll::contract::world::{Span, World};
use serde_json::Value;

use super::rig::world;
use crate::locators::kills::{TIMES, hit_between_delete_and_create, killed};
use crate::processes::ServedWorld;

const RECREATE: &str =
    "recreate-locators media -g prod --account-name ams --yes --run-id r1 --concurrency 2 --no-streaming-check";

/// Four assets with three locators each, of every kind, and calls that take long enough to be killed in.
fn slow() -> World {
    let mut world = world(4, 3);
    world.unknowns.latency_milliseconds = Span::new(20_000, 60_000);
    world
}

/// The locators as they really are, their content keys by the digests of their values.
fn locators(azure: &ServedWorld) -> Value {
    azure.audit()["streamingLocators"].clone()
}

fn story(lines: &[usize]) -> Vec<String> {
    let azure = ServedWorld::serve(&slow(), TIMES);
    let before = locators(&azure);
    assert_eq!(before.as_array().map(Vec::len), Some(12));
    let killed_after = killed(&azure, RECREATE, lines);
    assert_eq!(locators(&azure), before, "{lines:?}: a streaming locator was lost or changed");
    killed_after
}

#[test]
fn wherever_the_process_is_killed_no_streaming_locator_is_lost() {
    hit_between_delete_and_create(16, story);
}
