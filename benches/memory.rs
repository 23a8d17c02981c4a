//! Peak memory of a whole roll with 1,000 datastores: `cargo bench --bench memory [NUMBER]`.
//!
//! The process runs nothing but the roll, with its journal in a folder as always, and the simulated Azure beside it. What the
//! kernel says of the peak counts in full.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::error::Error;
use std::fs;
use std::sync::Arc;
use std::time::Instant;

use keyroll::azure::client::{Client, ClientOptions, Unobserved};
use keyroll::azure::cloud::Cloud;
use keyroll::contract::world::{Datastore, StorageAccount, Subscription, Workspace, World};
use keyroll::dependents::Scope;
use keyroll::domain::event::Entry;
use keyroll::domain::plan::Options;
use keyroll::domain::report::RunStatus;
use keyroll::rotation::folder::Folder;
use keyroll::rotation::state::RunState;
use keyroll::rotation::{Cancel, Engine, Patience, Sink, Start};
use keyroll::sim::simulator::Simulator;
use keyroll::sim::virtual_clock::VirtualClock;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const LIMIT_MB: f64 = 40.0;
const SUBSCRIPTION: &str = "11111111-1111-1111-1111-111111111111";

#[derive(Debug)]
struct Unheard;

impl Sink for Unheard {
    fn entry(&self, _: &str, _: &Entry, _: &RunState) {}
}

fn main() -> Result<(), Box<dyn Error>> {
    let number = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1000);
    let before = peak_mb()?;
    let began = Instant::now();
    let report = roll(number)?;
    let peak = peak_mb()?;
    let requests = report.1;
    println!("roll with {number} datastores: peak {peak:.1} MB (limit {LIMIT_MB} MB; {before:.1} MB before it began)");
    println!("{requests} requests in {:.1} s of wall time", began.elapsed().as_secs_f64());
    if peak < LIMIT_MB { Ok(()) } else { Err(format!("{peak:.1} MB is not under {LIMIT_MB} MB").into()) }
}

/// Rolls both slots and returns the status with the number of requests.
fn roll(number: usize) -> Result<(RunStatus, u64), Box<dyn Error>> {
    let world = world(number);
    let clock = VirtualClock::new(OffsetDateTime::parse(&world.now, &Rfc3339)?);
    let account = world.storage_accounts[0].id.parse()?;
    let scope = Scope { subscriptions: vec![SUBSCRIPTION.to_owned()], ..Scope::default() };
    let azure = Simulator::new(world, Arc::new(clock.steady()))?;
    let client = Client::new(ClientOptions {
        transport: azure.transport(),
        cloud: Cloud::public(),
        credential: Some(azure.credential()),
        clock: Arc::new(clock.clone()),
        observer: Arc::new(Unobserved),
        client_request_id: None,
    });
    let folder = tempfile::tempdir()?;
    let engine = Engine::new(client, Arc::new(Folder::open(folder.path())?), Arc::new(Unheard), Cancel::new());
    let report = clock.run(async {
        let plan = engine.plan(&account, &scope, &Options::default()).await?;
        let accepted = plan.acceptances.iter().map(|needed| needed.name.clone()).collect();
        let request_digest = "the bench".to_owned();
        let start = Start { run_id: None, plan, request_digest, accepted, change_reference: None, patience: Patience::Wait };
        engine.rotate(start).await
    });
    let report = report.ok_or("the roll waits for something that never comes")??;
    if report.status != RunStatus::Done {
        return Err(format!("the roll ended as {:?}", report.status).into());
    }
    Ok((report.status, azure.audit().all_calls()))
}

/// One workspace whose datastores all hold key1.
fn world(number: usize) -> World {
    let id = |kind: &str, name: &str| format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/prod/providers/{kind}/{name}");
    let account = id("Microsoft.Storage/storageAccounts", "stprod");
    let workspace = id("Microsoft.MachineLearningServices/workspaces", "ml-a");
    let mut workspace = Workspace::new(&workspace, &account).with_system_datastores("key1");
    let store = |at| Datastore::new(&format!("ds-{at:04}"), "AzureBlob", &account, "containerName", "data");
    workspace.datastores.extend((0..number).map(|at| store(at).with_key("key1", &account)));
    World {
        subscriptions: vec![Subscription { id: SUBSCRIPTION.to_owned(), name: "prod".to_owned() }],
        storage_accounts: vec![StorageAccount::new(&account)],
        workspaces: vec![workspace],
        ..World::default()
    }
}

/// `VmHWM` of this process, in megabytes of a million bytes.
fn peak_mb() -> Result<f64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM: this bench needs Linux")?;
    let kibibytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kibibytes * 1024.0 / 1e6)
}
