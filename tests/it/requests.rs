//! How many requests a fault-free roll of both slots needs, computed from the world alone (`docs/requests.md` is the same
//! formula in words), and that keyroll sends exactly these.

use std::collections::BTreeMap;

use keyroll::contract::world::{
    BatchAccount, Datastore, MediaAccount, Secret, Span, StreamingLocator, Unknowns, Vault, Workspace, World,
};
use keyroll::domain::account::Service;
use keyroll::domain::plan::Options;
use keyroll::domain::report::RunStatus;
use keyroll::rotation::Patience;
use keyroll::sim::audit::Audit;

use crate::rig::Rig;
use crate::worlds::{account, id, lonely, production};

/// Requests by route, those that are never sent left out.
type Requests = BTreeMap<String, u64>;

/// Presync, stage, after the test of stage, retire, after the test of retire.
const TELLINGS: u64 = 5;
/// After presync and after both tests: a telling right after a regenerate is proven only once the key is accepted.
const PULL_PROOFS: u64 = 3;
/// Five acceptances of each new key, five refusals of the retired one.
const TRIES: u64 = 15;

/// A clear stream is offered as HLS, DASH and Smooth Streaming.
const PROTOCOLS: u64 = 3;

/// What a plan asks, and what the run of that plan asks after it.
fn needed(world: &World) -> (Requests, Requests) {
    let (mut plan, mut run) = (Tally::default(), Tally::default());
    let size = world.unknowns.page_size;
    let keyed: Vec<&MediaAccount> =
        world.media_accounts.iter().filter(|media| media.storage_authentication == "System").collect();
    let batches = world.batch_accounts.len();
    let pulls = keyed.len() + batches + world.workspaces.iter().filter(|workspace| holds_key(workspace)).count();
    let resources = world.media_accounts.len() + batches + world.workspaces.len() + world.vaults.len();

    // The account. The retire gate searches anew; the stage gate trusts a fresh plan and only reads the keys again.
    for search in [&mut plan, &mut run] {
        search.add("storage.get", 1);
        search.add("storage.listKeys", 1);
        search.add("graph.query", pages(resources, size));
    }
    plan.add("lock.list", 1);
    plan.add("permission.list", 1);
    run.add("storage.listKeys", 1);
    run.add("storage.regenerateKey", 2);
    run.add("storage.listKeys", 2 * 3);
    run.add("storage.listKeys", u64::from(pulls > 0));
    for service in services(world) {
        plan.add(&format!("data.{service}"), 1);
        run.add(&format!("data.{service}"), TRIES);
    }

    for media in keyed {
        plan.add("permission.list", 1);
        for search in [&mut plan, &mut run] {
            search.add("media.get", 1);
        }
        run.add("media.syncStorageKeys", TELLINGS);
        run.add("media.assets", PULL_PROOFS);
        run.add("media.listContainerSas", PULL_PROOFS);
        let running = count(&media.streaming_endpoints.iter().filter(|endpoint| endpoint.state == "Running").collect::<Vec<_>>());
        // What can be asked is looked up for the plan, and again directly before anything changes.
        for look in [&mut plan, &mut run] {
            look.add("media.streamingEndpoints", 1);
            if running > 0 {
                look.add("media.streamingLocators", pages(media.streaming_locators.len(), size));
                look.add("media.asset", u64::from(!media.streaming_locators.is_empty()));
                look.add("streamingLocator.listPaths", asked(media));
            }
        }
        // Before, and once after each regenerate.
        run.add("streaming.get", 3 * PROTOCOLS * asked(media) * running);
    }
    let batches = u64::try_from(batches).expect("small");
    plan.add("permission.list", batches);
    plan.add("batch.get", batches);
    run.add("batch.syncAutoStorageKeys", TELLINGS * batches);
    // The binding; whether lastKeySync moved, read before and after each telling; the proofs.
    run.add("batch.get", (1 + 2 * TELLINGS + PULL_PROOFS) * batches);
    for workspace in &world.workspaces {
        let lists = pages(workspace.datastores.len(), size);
        let (systems, others): (Vec<_>, Vec<_>) =
            workspace.datastores.iter().partition(|store| holds_key(workspace) && store.name.starts_with("workspace"));
        let others: Vec<_> = others.into_iter().filter(|store| store.credentials.kind != "None").collect();
        let systems = count(&systems);
        for search in [&mut plan, &mut run] {
            search.add("datastore.list", lists);
        }
        if holds_key(workspace) {
            for search in [&mut plan, &mut run] {
                search.add("workspace.listKeys", 1);
            }
            for search in [&mut plan, &mut run] {
                search.add("datastore.listSecrets", systems);
            }
            run.add("workspace.resyncKeys", TELLINGS);
            run.add("workspace.listKeys", PULL_PROOFS);
            run.add("datastore.list", PULL_PROOFS * lists);
            run.add("datastore.listSecrets", PULL_PROOFS * systems);
        }
        plan.add("permission.list", u64::from(holds_key(workspace) || !others.is_empty()));
        for store in others {
            for search in [&mut plan, &mut run] {
                search.add("datastore.listSecrets", 1);
            }
            // The write reads before and compares after; the proof reads what is there now, and uses it.
            run.add("datastore.listSecrets", 2);
            run.add("datastore.get", 3);
            run.add("datastore.put", 1);
            run.add(&format!("data.{}", service_of(store)), 1);
        }
    }
    for vault in &world.vaults {
        let tagged = count(&vault.secrets.iter().filter(|it| it.tags.contains_key("ProviderAddress")).collect::<Vec<_>>());
        for search in [&mut plan, &mut run] {
            search.add("secret.list", pages(vault.secrets.len(), size));
            search.add("secret.storage", 1);
            search.add("secret.get", tagged);
        }
        // The write reads before and compares after; the proof reads.
        run.add("secret.get", 3 * tagged);
        run.add("secret.put", tagged);
    }
    (plan.0, run.0)
}

/// Of how many streaming locators the URLs are asked.
fn asked(media: &MediaAccount) -> u64 {
    count(&media.streaming_locators).min(5)
}

#[derive(Default)]
struct Tally(Requests);

impl Tally {
    fn add(&mut self, route: &str, number: u64) {
        if number > 0 {
            *self.0.entry(route.to_owned()).or_default() += number;
        }
    }
}

fn pages(rows: usize, size: usize) -> u64 {
    u64::try_from(rows.div_ceil(size).max(1)).expect("small")
}

fn count<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).expect("small")
}

fn holds_key(workspace: &Workspace) -> bool {
    workspace.storage_account == account() && workspace.system_datastores_auth_mode.as_deref() != Some("identity")
}

fn service_of(store: &Datastore) -> Service {
    if store.properties["datastoreType"] == "AzureFile" { Service::File } else { Service::Blob }
}

/// The services on which keys are tried: those that dependents use.
fn services(world: &World) -> Vec<Service> {
    let secrets = world.vaults.iter().any(|vault| vault.secrets.iter().any(|it| it.tags.contains_key("ProviderAddress")));
    let workspaces = world.workspaces.iter().any(holds_key);
    let mut used = vec![Service::Blob];
    if workspaces || secrets {
        used.push(Service::File);
    }
    if secrets {
        used.extend([Service::Queue, Service::Table]);
    }
    used
}

/// The same world on a day on which every answer is the first one that is hoped for.
fn fault_free(world: World, page_size: usize) -> World {
    let at_once = Span::new(0, 0);
    let unknowns =
        Unknowns { accept_seconds: at_once, refuse_seconds: at_once, resync_seconds: None, page_size, ..Unknowns::default() };
    World { unknowns, ..world }
}

fn check(name: &str, world: World) {
    let (plan_needs, run_needs) = needed(&world);
    let rig = Rig::new(world);
    let plan = rig.plan(&Options::default()).expect("plans");
    let planned = rig.azure.audit();
    assert_eq!(planned.calls, plan_needs, "{name}: the plan");
    let report = rig.run(rig.engine().rotate(Rig::start(plan, Patience::Wait))).expect("nobody dies").expect("rolls");
    assert_eq!(report.status, RunStatus::Done);
    assert_eq!(since(&rig.azure.audit(), &planned), run_needs, "{name}: the run");
}

fn since(audit: &Audit, before: &Audit) -> Requests {
    let more = audit.calls.iter().map(|(route, calls)| (route.clone(), calls - before.calls_of(route)));
    more.filter(|(_, calls)| *calls > 0).collect()
}

fn media(name: &str) -> MediaAccount {
    MediaAccount::new(&id("Microsoft.Media/mediaservices", name), &account())
}

fn batch(name: &str) -> BatchAccount {
    BatchAccount::new(&id("Microsoft.Batch/batchAccounts", name), &account())
}

fn workspace(name: &str) -> Workspace {
    Workspace::new(&id("Microsoft.MachineLearningServices/workspaces", name), &account())
}

fn datastores(number: usize) -> impl Iterator<Item = Datastore> {
    let kinds = [("AzureBlob", "containerName"), ("AzureFile", "fileShareName"), ("AzureDataLakeGen2", "filesystem")];
    kinds.into_iter().cycle().take(number).enumerate().map(|(at, (kind, member))| {
        let store = Datastore::new(&format!("ds-{at}"), kind, &account(), member, "data");
        if at % 5 == 3 && kind == "AzureBlob" {
            store.with_sas("key1", &account(), "data")
        } else {
            store.with_key("key1", &account())
        }
    })
}

#[test]
fn an_account_without_dependents_needs_these_requests() {
    let mut world = lonely();
    // keyroll tries the keys on every service of an account that nothing is known to use; here there is only one.
    world.storage_accounts[0].kind = "BlobStorage".to_owned();
    check("lonely", fault_free(world, 30));
}

#[test]
fn each_dependent_adds_its_own_requests_and_no_more() {
    for number in [1, 2, 7] {
        let mut world = lonely();
        world.media_accounts = (0..number).map(|at| media(&format!("media-{at}"))).collect();
        check(&format!("{number} media accounts"), fault_free(world, 30));
        let mut world = lonely();
        world.batch_accounts = (0..number).map(|at| batch(&format!("batch{at}"))).collect();
        check(&format!("{number} Batch accounts"), fault_free(world, 30));
        let mut world = lonely();
        world.workspaces = (0..number).map(|at| workspace(&format!("ml-{at}")).with_system_datastores("key1")).collect();
        check(&format!("{number} workspaces"), fault_free(world, 30));
        let mut world = lonely();
        world.workspaces = vec![workspace("ml")];
        world.workspaces[0].datastores = datastores(number).collect();
        check(&format!("{number} datastores"), fault_free(world, 30));
        let mut world = lonely();
        let mut vault = Vault::new(&id("Microsoft.KeyVault/vaults", "kv"));
        vault.secrets = (0..number).map(|at| Secret::dual_credential(&format!("key-{at}"), "key1", &account())).collect();
        world.vaults = vec![vault];
        check(&format!("{number} secrets"), fault_free(world, 30));
    }
}

#[test]
fn streams_add_a_look_and_three_questions_for_each_url_of_a_few() {
    for (locators, endpoint) in [(1, "Running"), (3, "Running"), (12, "Running"), (3, "Stopped")] {
        let mut world = lonely();
        let mut streaming = media("media");
        streaming.streaming_locators = (0..locators)
            .map(|at| {
                let id = format!("7d4c3f9a-0000-4000-8000-{at:012}");
                StreamingLocator::new(&format!("loc{at:02}"), "film", "Predefined_ClearStreamingOnly", &id)
            })
            .collect();
        streaming.streaming_endpoints[0].state = endpoint.to_owned();
        world.media_accounts = vec![streaming];
        check(&format!("{locators} streaming locators, {endpoint}"), fault_free(world, 10));
    }
}

#[test]
fn everything_together_needs_the_sum_however_long_pages_are() {
    for page_size in [4, 30, 1000] {
        let mut world = production();
        world.workspaces[0].datastores.extend(datastores(40));
        let mut unrelated = workspace("ml-identity");
        unrelated.system_datastores_auth_mode = Some("identity".to_owned());
        unrelated.datastores.extend(datastores(3));
        world.workspaces.push(unrelated);
        let mut identity = media("media-identity");
        identity.storage_authentication = "ManagedIdentity".to_owned();
        world.media_accounts.push(identity);
        world.batch_accounts.push(batch("batch"));
        world.vaults[0].secrets.push(Secret::new("password", "nothing of ours"));
        world.vaults.push(Vault::new(&id("Microsoft.KeyVault/vaults", "kv-empty")));
        check(&format!("everything, {page_size} rows a page"), fault_free(world, page_size));
    }
}
