//! Exactly the permissions that `doctor --role locators` prints are enough.

use keyroll::contract::world::{Caller, World};
use keyroll::domain::locator::report::Standing;
use serde_json::Value;

use super::command_line::{RECREATE, SEAL_KEY, with_vault};
use super::simulation::{held_with, number};
use crate::binary::Place;
use crate::served::Azure;

const SEEDS: u64 = 200;

/// What the role grants, data actions included.
fn granted() -> Vec<String> {
    let role = Place::new().run("doctor --role locators").json();
    let of = |member: &str| -> Vec<String> {
        role[member].as_array().expect("actions").iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    [of("Actions"), of("DataActions")].concat()
}

fn only(world: World, actions: Vec<String>) -> World {
    World { caller: Caller { only_actions: Some(actions), ..world.caller.clone() }, ..world }
}

#[test]
fn with_the_printed_role_no_seed_loses_one_or_lacks_a_permission() {
    let granted = granted();
    let seeds = number("KEYROLL_SEEDS").map_or(SEEDS, |seeds| seeds.min(SEEDS));
    for seed in 1..=seeds {
        let (report, lost) = held_with(seed, |world| only(world, granted.clone()));
        assert!(lost.is_none(), "seed {seed}: {lost:?}");
        let report = report.expect("it ended");
        let left = report.locators.iter().find(|line| line.standing == Standing::Left && line.how.contains("lacks"));
        assert!(left.is_none(), "seed {seed}: {left:?}");
    }
}

#[test]
fn the_printed_role_carries_the_command_from_the_list_to_the_secret_that_seals() {
    let mut world = only(with_vault(SEAL_KEY), granted());
    world.media_accounts[0].viewers = true;
    let azure = Azure::serve(world, 600);
    let before = azure.simulator.audit().streaming_locators;
    let cloud = std::fs::read_to_string(azure.place.path("azure/cloud.json")).expect("the cloud");
    let cloud: Value = serde_json::from_str(&cloud).expect("JSON");
    let secret = format!("http://kv-prod.{}/secrets/locator-seal", cloud["keyVaultSuffix"].as_str().expect("a suffix"));
    let done = azure.run(&format!("{RECREATE} --yes --seal-key-secret {secret}"));
    assert_eq!((done.code, &done.json()["summary"]), (0, &serde_json::json!("5 restored")), "{done:?}");
    assert_eq!(azure.simulator.audit().streaming_locators, before);
    let refused = azure.simulator.audit().trace.iter().filter(|line| line.contains(" 403")).count();
    assert_eq!(refused, 0, "nothing more is asked than the role grants");
}
