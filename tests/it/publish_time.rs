//! How long publishing takes, in virtual time: dependents are written side by side, as many as the plan allows, and nothing
//! else is waited for.

use std::time::Duration;

use keyroll::contract::world::{Datastore, Secret, Span, Vault, Workspace, World};
use keyroll::domain::act::Act;
use keyroll::domain::event::Event;
use keyroll::domain::plan::Options;
use keyroll::domain::report::RunStatus;
use keyroll::rotation::Patience;

use crate::rig::Rig;
use crate::worlds::{account, id, lonely};

/// How long each call takes, in milliseconds.
const LATENCY: u32 = 200;
/// listSecrets, get, put, and get to compare.
const CALLS_OF_A_DATASTORE: u32 = 4;
/// get, put, and get to compare.
const CALLS_OF_A_SECRET: u32 = 3;

fn with_datastores(number: usize) -> World {
    let mut world = lonely();
    let mut workspace = Workspace::new(&id("Microsoft.MachineLearningServices/workspaces", "ml"), &account());
    let store = |at| Datastore::new(&format!("ds-{at}"), "AzureBlob", &account(), "containerName", "data");
    workspace.datastores = (0..number).map(|at| store(at).with_key("key1", &account())).collect();
    world.workspaces.push(workspace);
    world
}

fn with_secrets(number: usize) -> World {
    let mut world = lonely();
    let mut vault = Vault::new(&id("Microsoft.KeyVault/vaults", "kv"));
    vault.secrets = (0..number).map(|at| Secret::dual_credential(&format!("key-{at}"), "key1", &account())).collect();
    world.vaults.push(vault);
    world
}

/// From the beginning to the end of the publish step of a whole roll.
fn publish_takes(mut world: World, concurrency: usize) -> Duration {
    world.unknowns.latency_milliseconds = Span::new(LATENCY.into(), LATENCY.into());
    let rig = Rig::new(world);
    let options = Options { concurrency, ..Options::default() };
    let plan = rig.plan(&options).expect("plans");
    let publish: Vec<u32> = plan.steps.iter().filter(|step| step.act == Act::Publish).map(|step| step.number).collect();
    let [publish] = publish.as_slice() else { panic!("{} publish steps instead of one", publish.len()) };
    let report = rig.run(rig.engine().rotate(Rig::start(plan, Patience::Wait))).expect("nobody dies").expect("rolls");
    assert_eq!(report.status, RunStatus::Done);
    let timed = rig.heard.timed();
    let at = |wanted: &dyn Fn(&Event) -> bool| timed.iter().find(|(_, event)| wanted(event)).expect("it is journalled").0;
    let began = at(&|event| matches!(event, Event::StepStarted { step } if step == publish));
    let ended = at(&|event| matches!(event, Event::StepFinished { step, .. } if step == publish));
    Duration::try_from(ended - began).expect("time goes on")
}

fn check(dependents: usize, concurrency: usize, takes: Duration, calls: u32) {
    let one = Duration::from_millis(u64::from(LATENCY * calls));
    let rounds = u32::try_from(dependents.div_ceil(concurrency)).expect("small");
    let limit = (one * rounds).mul_f64(1.2);
    let what = format!("{dependents} dependents, {concurrency} at once: {takes:?}");
    assert!(takes <= limit, "{what}, which is longer than {limit:?}");
    // Less would mean that more were written at once than was allowed.
    let share = u32::try_from(dependents / concurrency).expect("small");
    assert!(takes >= one * share, "{what}, which is less than {:?}", one * share);
}

#[test]
fn publishing_takes_as_many_rounds_as_there_are_groups_of_dependents() {
    for concurrency in [1, 4, 16] {
        for dependents in [1, 4, 5, 37, 100] {
            check(dependents, concurrency, publish_takes(with_datastores(dependents), concurrency), CALLS_OF_A_DATASTORE);
        }
        for dependents in [1, 9, 40] {
            check(dependents, concurrency, publish_takes(with_secrets(dependents), concurrency), CALLS_OF_A_SECRET);
        }
    }
}
