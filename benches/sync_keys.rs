//! A thousand `sync-keys` requests through one process: `cargo bench --features serve --bench sync_keys [NUMBER]`.
//!
//! Requests that find a proven current key, and requests that always send, each with a run of its own on disk; first as JSON Lines
//! against a simulated Azure on loopback, where most of the time is the network's and the simulator's, then on the simulator in
//! this process, where only keyroll's own work is left. With `KEYROLL_AZ=PATH`, twenty runs of that az are timed too:
//! the help of its own sync command, which is what a sync takes before az has sent anything. The limit is for the simulator in process.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use keyroll::azure::client::{Client, ClientOptions, Unobserved};
use keyroll::azure::cloud::Cloud;
use keyroll::contract::world::{Span, StorageAccount, Subscription, Workspace, World};
use keyroll::dependents::Chosen;
use keyroll::domain::event::Entry;
use keyroll::domain::problem::Problem;
use keyroll::domain::sync::SyncState;
use keyroll::rotation::folder::Folder;
use keyroll::rotation::state::RunState;
use keyroll::rotation::sync::named::Named;
use keyroll::rotation::sync::{Selection, Wishes};
use keyroll::rotation::{Cancel, Engine, Patience, Sink};
use keyroll::sim::serve::{Options, Served, Server};
use keyroll::sim::simulator::Simulator;
use keyroll::sim::virtual_clock::VirtualClock;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const KEYROLL: &str = env!("CARGO_BIN_EXE_keyroll");
const SUBSCRIPTION: &str = "11111111-1111-4111-8111-111111111111";
const WORKSPACES: usize = 20;
const AZ_RUNS: u32 = 20;
const LIMIT_RATIO: f64 = 50.0;

fn main() -> Result<(), Box<dyn Error>> {
    let number = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1000);
    let folder = tempfile::tempdir()?;
    let served = serve(folder.path())?;
    let mut slowest = Duration::ZERO;
    for (title, always) in [("proven current", false), ("always sent", true)] {
        let took = sync(folder.path(), &served, number, always)?;
        let each = took / u32::try_from(number)?;
        println!("{number} over HTTP , {title:14}: {:6.2} s, {:6.2} ms each", took.as_secs_f64(), each.as_secs_f64() * 1e3);
        let took = in_process(number, always)?;
        let each = took / u32::try_from(number)?;
        println!("{number} in process, {title:13}: {:6.2} s, {:6.2} ms each", took.as_secs_f64(), each.as_secs_f64() * 1e3);
        slowest = slowest.max(each);
    }
    let Some(az) = std::env::var_os("KEYROLL_AZ") else { return Ok(()) };
    let began = Instant::now();
    for _ in 0..AZ_RUNS {
        succeed(Command::new(&az).args(["ams", "account", "storage", "sync-storage-keys", "-h"]))?;
    }
    let each = began.elapsed() / AZ_RUNS;
    let ratio = each.as_secs_f64() / slowest.as_secs_f64();
    println!(
        "az, {AZ_RUNS} runs without a request: {:.0} ms each, {ratio:.0} times as long (limit {LIMIT_RATIO})",
        each.as_secs_f64() * 1e3
    );
    if ratio >= LIMIT_RATIO { Ok(()) } else { Err(format!("only {ratio:.1} times as fast as az").into()) }
}

/// Serves the world in a thread that ends with the process.
fn serve(folder: &Path) -> Result<Served, Box<dyn Error>> {
    let options = Options { port: 0, directory: folder.join("azure"), times: 1000 };
    let (ready, served) = mpsc::channel();
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async move {
            if let Ok(world) = Server::bind(world(), &options).await
                && ready.send(world.served().clone()).is_ok()
            {
                world.run().await;
            }
        });
    });
    Ok(served.recv()?)
}

fn sync(folder: &Path, served: &Served, number: usize, always: bool) -> Result<Duration, Box<dyn Error>> {
    let mut lines = String::new();
    for at in 0..number {
        writeln!(lines, r#"{{"id":{at},"arguments":{{"name":"ml-{}","always":{always}}}}}"#, at % WORKSPACES)?;
    }
    let input = folder.join("requests.jsonl");
    fs::write(&input, lines)?;
    let mut command = Command::new(KEYROLL);
    command.env_clear().args(["sync-keys", "ml", "-g", "prod", "--subscription", SUBSCRIPTION, "--quiet", "--input"]).arg(&input);
    command
        .arg("--state")
        .arg(folder.join("state"))
        .arg("--cloud")
        .arg(&served.cloud_file)
        .arg("--clock")
        .arg(&served.clock_file);
    command.arg(format!("--auth=token-file={}", served.token_file.display()));
    let began = Instant::now();
    let output = command.stdin(Stdio::null()).output()?;
    let took = began.elapsed();
    let answers = String::from_utf8(output.stdout)?;
    let done = answers.lines().filter(|line| line.contains(r#""state":"done""#)).count();
    if output.status.success() && done == number {
        return Ok(took);
    }
    Err(format!("{done} of {number} requests were done: {}", String::from_utf8_lossy(&output.stderr)).into())
}

#[derive(Debug)]
struct Unheard;

impl Sink for Unheard {
    fn entry(&self, _: &str, _: &Entry, _: &RunState) {}
}

/// The same requests on the simulator in this process, in virtual time, with the state in a folder as always.
fn in_process(number: usize, always: bool) -> Result<Duration, Box<dyn Error>> {
    let world = world();
    let clock = VirtualClock::new(OffsetDateTime::parse(&world.now, &Rfc3339)?);
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
    let subscriptions = [SUBSCRIPTION.to_owned()];
    let wishes = Wishes {
        dry_run: false,
        always,
        key: None,
        patience: Patience::Wait,
        run_id: None,
        request_digest: "the bench".to_owned(),
        change_reference: None,
    };
    let began = Instant::now();
    for at in 0..number {
        let name = format!("ml-{}", at % WORKSPACES);
        let report = clock.run(async {
            let named = Named { name: &name, group: Some("prod"), subscriptions: &subscriptions };
            let workspace = named.workspace(&engine.client).await?;
            let account = workspace.storage_account.clone().ok_or_else(|| Problem::failed("noAccount", "it uses no account"))?;
            let selection = Selection { account, chosen: Chosen::Workspace { workspace, datastores: true } };
            engine.sync(&[selection], &wishes).await
        });
        let report = report.ok_or("the sync waits for something that never comes")??;
        if report.state() != SyncState::Done {
            return Err(format!("request {at} ended as {:?}", report.state()).into());
        }
    }
    Ok(began.elapsed())
}

fn world() -> World {
    let id = |kind: &str, name: &str| format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/prod/providers/{kind}/{name}");
    let account = id("Microsoft.Storage/storageAccounts", "stprod");
    let workspace = |at| Workspace::new(&id("Microsoft.MachineLearningServices/workspaces", &format!("ml-{at}")), &account);
    let mut world = World {
        subscriptions: vec![Subscription { id: SUBSCRIPTION.to_owned(), name: "prod".to_owned() }],
        storage_accounts: vec![StorageAccount::new(&account)],
        workspaces: (0..WORKSPACES).map(workspace).collect(),
        ..World::default()
    };
    // What the network takes is no figure of ours.
    world.unknowns.resync_seconds = None;
    world.unknowns.latency_milliseconds = Span::new(0, 0);
    world
}

fn succeed(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(format!("it ended with {status}").into()) }
}
