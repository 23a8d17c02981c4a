//! Ten thousand AMS v2 locators on three thousand assets: `cargo bench --features serve --bench locators [NUMBER]`.
//!
//! First in this process, in virtual time, with 20 ms a call: how long the run takes beside what its calls need, and beside the
//! article's way (list, then delete and create one by one). Then the real binary, with its state in a folder, against the
//! simulated Azure on loopback: what the kernel says of its peak memory, when it begins, when it goes on with a journal that is
//! half done, and when it reports. The state is in memory there (`/dev/shm`), because syncing 60,000 lines to a disk would be all that
//! is timed; what one line costs on this machine's disk is told beside it.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use keyroll::azure::client::{Client, ClientOptions, Unobserved};
use keyroll::azure::cloud::Cloud;
use keyroll::azure::media_v2::MediaV2;
use keyroll::contract::world::{LocatorV2, MediaAccount, MediaV2Account, Span, StorageAccount, Subscription, World};
use keyroll::domain::clock::Clock as _;
use keyroll::domain::locator::event::Entry;
use keyroll::domain::locator::report::Standing;
use keyroll::rotation::Cancel;
use keyroll::rotation::folder::Folder;
use keyroll::rotation::locators::state::RunState;
use keyroll::rotation::locators::survey::{Manner, Selection};
use keyroll::rotation::locators::{Engine, Listener, Start};
use keyroll::rotation::storage::Storage as _;
use keyroll::sim::serve::{Options, Served, Server};
use keyroll::sim::simulator::Simulator;
use keyroll::sim::virtual_clock::VirtualClock;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const KEYROLL: &str = env!("CARGO_BIN_EXE_keyroll");
const SUBSCRIPTION: &str = "11111111-1111-4111-8111-111111111111";
const ENDPOINT: &str = "https://media-v2.restv2.westeurope.media.azure.net/api/";
const LATENCY_MILLISECONDS: u64 = 20;
const CONCURRENCY: usize = 8;
const LIMIT_RATIO: f64 = 1.15;
const LIMIT_MB: f64 = 60.0;
const LINES: u32 = 200;

fn main() -> Result<(), Box<dyn Error>> {
    let number = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(10_000);
    println!("{number} locators, {LATENCY_MILLISECONDS} ms a call, {CONCURRENCY} assets at once, in virtual time");
    println!("{:24} {:>8} {:>12} {:>10} {:>8} {:>8}", "", "calls", "per locator", "took", "ratio", "wall");
    let (calls, took, wall) = recreate(number)?;
    let least = Duration::from_millis(LATENCY_MILLISECONDS * calls / CONCURRENCY as u64);
    let ratio = took.as_secs_f64() / least.as_secs_f64();
    row("keyroll", number, calls, took, ratio, wall);
    let (calls, article, wall) = one_by_one(number)?;
    row("one by one (the article)", number, calls, article, article.as_secs_f64() / took.as_secs_f64(), wall);
    println!("ratio: to calls × latency ÷ concurrency (limit {LIMIT_RATIO}); of the article's way, to keyroll");

    println!("a line of the journal is durable on this disk after {:.2} ms", durable_line()?.as_secs_f64() * 1e3);

    println!("\nthe process, served on loopback");
    let mut highest: f64 = 0.0;
    for (title, peak, wall) in processes(number)? {
        println!("{title:24} peak {peak:5.1} MB (limit {LIMIT_MB} MB), {:6.1} s", wall.as_secs_f64());
        highest = highest.max(peak);
    }
    if ratio > LIMIT_RATIO {
        return Err(format!("{ratio:.3} times what the calls need").into());
    }
    if highest < LIMIT_MB { Ok(()) } else { Err(format!("{highest:.1} MB is not under {LIMIT_MB} MB").into()) }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn row(title: &str, number: usize, calls: u64, took: Duration, ratio: f64, wall: Duration) {
    let per_locator = calls as f64 / number as f64;
    let (took, wall) = (took.as_secs_f64(), wall.as_secs_f64());
    println!("{title:24} {calls:>8} {per_locator:>12.2} {took:>8.1} s {ratio:>8.3} {wall:>6.1} s");
}

/// Ten locators on every three assets, and a tenth of all extended.
fn world(number: usize) -> World {
    let id = |kind: &str, name: &str| format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/prod/providers/{kind}/{name}");
    let storage = id("Microsoft.Storage/storageAccounts", "stprod");
    let media = id("Microsoft.Media/mediaservices", "media-v2");
    let mut account = MediaV2Account::new(&media, &storage).with_locators(number.div_ceil(10) * 3, 3);
    let fourth = |(at, third): (usize, &LocatorV2)| LocatorV2 {
        id: format!("nb:lid:UUID:00000000-0000-4000-afff-{at:012x}"),
        ..third.clone()
    };
    let more: Vec<LocatorV2> = account.locators.iter().step_by(9).enumerate().map(fourth).collect();
    account.locators.extend(more);
    for locator in account.locators.iter_mut().step_by(10) {
        locator.expires_in_hours = Some(24 * 3650);
    }
    let mut world = World {
        subscriptions: vec![Subscription { id: SUBSCRIPTION.to_owned(), name: "prod".to_owned() }],
        storage_accounts: vec![StorageAccount::new(&storage)],
        media_accounts: vec![MediaAccount::new(&media, &storage)],
        media_v2_accounts: vec![account],
        ..World::default()
    };
    world.unknowns.latency_milliseconds = Span::new(LATENCY_MILLISECONDS, LATENCY_MILLISECONDS);
    world
}

#[derive(Debug)]
struct Unheard;

impl Listener for Unheard {
    fn entry(&self, _: &str, _: &Entry, _: &RunState) {}
}

/// A simulated Azure in virtual time, and a client of it.
fn azure(number: usize) -> Result<(VirtualClock, Simulator, Client), Box<dyn Error>> {
    let world = world(number);
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
    Ok((clock, azure, client))
}

/// A folder in memory, where there is one.
fn folder_in_memory() -> std::io::Result<tempfile::TempDir> {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())
}

/// How long a line of the journal takes until it is durable on this machine's disk.
fn durable_line() -> Result<Duration, Box<dyn Error>> {
    let place = tempfile::tempdir()?;
    let folder = Folder::open(place.path())?;
    let line = format!("{}\n", "x".repeat(300));
    let began = Instant::now();
    for _ in 0..LINES {
        folder.append("bench", &line)?;
    }
    Ok(began.elapsed() / LINES)
}

/// Recreates every locator, with the state in a folder as always: calls without the lists, virtual time, wall time.
fn recreate(number: usize) -> Result<(u64, Duration, Duration), Box<dyn Error>> {
    let (clock, azure, client) = azure(number)?;
    let folder = folder_in_memory()?;
    let storage = Arc::new(Folder::open(folder.path())?);
    let engine = Engine { client, storage, listener: Arc::new(Unheard), cancel: Cancel::new(), identity: None };
    let manner = Manner { account: "media-v2".to_owned(), address_file: None, concurrency: CONCURRENCY };
    let order = clock.run(engine.survey(ENDPOINT, &Selection::default(), manner)).ok_or("the lists never come")??;
    let (listed, begun, wall) = (azure.audit().all_calls(), clock.now(), Instant::now());
    let start = Start { run_id: None, order, request_digest: "the bench".to_owned(), change_reference: None, parent: None };
    let report = clock.run(engine.begin(start)).ok_or("the run waits for something that never comes")??;
    let (took, wall) = (clock.now() - begun, wall.elapsed());
    match report.count(Standing::Restored) {
        restored if restored == number => Ok((azure.audit().all_calls() - listed, took.try_into()?, wall)),
        restored => Err(format!("{restored} of {number} locators are back").into()),
    }
}

/// What Microsoft's sample does: list, then delete and create one after the other, looking at nothing in between.
fn one_by_one(number: usize) -> Result<(u64, Duration, Duration), Box<dyn Error>> {
    let (clock, azure, client) = azure(number)?;
    let media = MediaV2::at(client, ENDPOINT)?;
    let (begun, wall) = (clock.now(), Instant::now());
    let done = clock.run(async {
        for listed in media.locators().await?.locators {
            let locator = listed.locator;
            media.delete_locator(&locator.id).await?;
            media.create_locator(&locator, &locator.policy, locator.start).await?;
        }
        Ok::<(), keyroll::domain::problem::Problem>(())
    });
    done.ok_or("the service never answers")??;
    Ok((azure.audit().all_calls(), (clock.now() - begun).try_into()?, wall.elapsed()))
}

/// Serves the world in a thread that ends with this process, without a latency of its own: the network has one.
fn serve(folder: &Path, number: usize) -> Result<Served, Box<dyn Error>> {
    let options = Options { port: 0, directory: folder.join("azure"), times: 1 };
    let (ready, served) = mpsc::channel();
    let mut world = world(number);
    world.unknowns.latency_milliseconds = Span::new(0, 0);
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async move {
            if let Ok(server) = Server::bind(world, &options).await
                && ready.send(server.served().clone()).is_ok()
            {
                server.run().await;
            }
        });
    });
    Ok(served.recv()?)
}

/// What a process did, its peak in megabytes, and how long it took.
type Figure = (&'static str, f64, Duration);

/// Begins and is interrupted halfway, goes on to the end, and reports: the peak of each process, and how long it took.
fn processes(number: usize) -> Result<Vec<Figure>, Box<dyn Error>> {
    let folder = folder_in_memory()?;
    let served = serve(folder.path(), number)?;
    let command = |line: &str| {
        let mut command = Command::new(KEYROLL);
        command.env_clear().args(line.split_whitespace()).args(["-o", "json", "--quiet"]);
        command.arg("--state").arg(folder.path().join("state"));
        command.arg("--cloud").arg(&served.cloud_file).arg("--clock").arg(&served.clock_file);
        command.arg(format!("--auth=token-file={}", served.token_file.display()));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit());
        command
    };
    let journal = folder.path().join("state/runs/bench/journal.jsonl");
    // A line of the journal has some 300 bytes, and a locator six lines.
    let half = u64::try_from(number)? * 3 * 300;
    let begin = format!(
        "recreate-locators media-v2 -g prod --subscription {SUBSCRIPTION} --account-name media-v2 --no-streaming-check --yes --run-id bench"
    );
    let mut figures = Vec::new();
    let mut child = command(&begin).spawn()?;
    let (peak, wall) = watch(&mut child, || fs::metadata(&journal).is_ok_and(|metadata| metadata.len() > half))?;
    figures.push(("begins, killed halfway", peak, wall));
    for (title, line) in [("goes on to the end", "resume --run-id bench"), ("reports", "report --run-id bench")] {
        let mut child = command(line).spawn()?;
        let (peak, wall) = watch(&mut child, || false)?;
        if !child.wait()?.success() {
            return Err(format!("keyroll {line} failed").into());
        }
        figures.push((title, peak, wall));
    }
    Ok(figures)
}

/// The highest `VmHWM` that a process shows until it ends, or is killed because it has come far enough; in megabytes of a million
/// bytes.
fn watch(child: &mut Child, is_enough: impl Fn() -> bool) -> Result<(f64, Duration), Box<dyn Error>> {
    let (began, mut peak) = (Instant::now(), 0.0_f64);
    let place = format!("/proc/{}/status", child.id());
    while child.try_wait()?.is_none() {
        let status = fs::read_to_string(&place).unwrap_or_default();
        if let Some(line) = status.lines().find_map(|line| line.strip_prefix("VmHWM:")) {
            let kibibytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
            peak = peak.max(kibibytes * 1024.0 / 1e6);
        }
        if is_enough() {
            child.kill()?;
            child.wait()?;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok((peak, began.elapsed()))
}
