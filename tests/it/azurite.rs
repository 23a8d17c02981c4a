//! A whole roll against a real Azurite: blob, queue and table really accept and really refuse each key; file, which Azurite
//! lacks, Resource Manager and the dependents are simulated.

mod emulator;
mod hasty_clock;
mod network;
mod shared_key;

use std::io::Write as _;
use std::sync::Arc;

use azure_core::http::{HttpClient as _, Method, Request};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyroll::azure::client::{Client, ClientOptions, Unobserved};
use keyroll::azure::cloud::Cloud;
use keyroll::contract::world::{SlotSeed, World};
use keyroll::dependents::Scope;
use keyroll::domain::account::Service;
use keyroll::domain::clock::Clock as _;
use keyroll::domain::event::Entry;
use keyroll::domain::key::{Slot, StorageKey};
use keyroll::domain::plan::Options;
use keyroll::domain::report::{Report, RunStatus};
use keyroll::rotation::memory::Memory;
use keyroll::rotation::state::RunState;
use keyroll::rotation::{Cancel, Engine, Patience, Sink, Start};
use keyroll::sim::simulator::Simulator;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::worlds::production;
use emulator::SERVICES;
use hasty_clock::HastyClock;
use network::{Exchange, Keys, Network};

const ACCOUNT: &str = "stprod";
/// The container that a datastore of this world opens with a SAS, and a blob in it.
const CONTAINER: &str = "shared?restype=container";
const BLOB: &str = "shared/letter.txt";
const LETTER: &str = "written before the roll";

#[test]
fn azurite_accepts_each_new_key_and_refuses_each_old_one() {
    let Some(program) = emulator::program() else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "Azurite is not installed: run tests/run, which installs it");
        skipped();
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let clock = HastyClock::new(OffsetDateTime::now_utc());
    let first = [1, 2].map(|byte: u8| StorageKey::new(STANDARD.encode([byte; 64])));
    let azure = Simulator::new(world(&first, clock.now()), Arc::new(clock.clone())).expect("a sound world");
    let network = Arc::new(Network::new(azure.transport(), clock.clone(), program, folder.path().to_owned(), first.clone()));

    let report = runtime.block_on(async {
        write_letter(&network, &clock, &first[0]).await;
        roll(&network, &azure, &clock).await
    });

    assert_eq!(report.status, RunStatus::Done);
    assert_eq!(report.regenerated, [Slot::Key2, Slot::Key1]);
    let epochs = network.epochs();
    let [_, staged, retired] = epochs.as_slice() else { panic!("{} regenerates instead of two", epochs.len() - 1) };
    assert!(staged[0] == first[0] && staged[1] != first[1], "the first regenerate took key2");
    assert!(retired[0] != first[0] && retired[1] == staged[1], "the second regenerate took key1");
    check_wire(&network.exchanges());
    runtime.block_on(async {
        for service in SERVICES {
            for key in retired {
                assert_eq!(read(&network, &clock, service, key).await.0, 200, "{service} takes today's keys");
            }
            for key in first.iter().chain(&staged[..1]) {
                assert_eq!(
                    read(&network, &clock, service, key).await,
                    (403, Some(failed(service).to_owned())),
                    "{service} refuses yesterday's keys"
                );
            }
        }
        for key in retired {
            assert_eq!(letter(&network, &clock, key).await, (200, LETTER.to_owned()), "what was there is there");
        }
        assert_eq!(letter(&network, &clock, &first[0]).await.0, 403, "with the key that wrote it, it cannot be read any more");
    });
}

/// Written past the test harness, which shows nothing of a test that passes.
fn skipped() {
    let why = "SKIPPED: azurite_accepts_each_new_key_and_refuses_each_old_one: Azurite is not installed; tests/run installs it";
    writeln!(std::io::stderr(), "{why}").expect("stderr can be written");
}

/// How Azurite calls a wrong signature (see [`network`]).
fn failed(service: Service) -> &'static str {
    if service == Service::Queue { "AuthenticationFailed" } else { "AuthorizationFailure" }
}

fn world(keys: &Keys, now: OffsetDateTime) -> World {
    let mut world = production();
    world.now = now.format(&Rfc3339).expect("a time");
    let given = |key: &StorageKey| SlotSeed { value: Some(key.expose().to_owned()), ..SlotSeed::default() };
    let account = &mut world.storage_accounts[0];
    (account.key1, account.key2) = (given(&keys[0]), given(&keys[1]));
    world
}

/// Nobody is told of the journal.
#[derive(Debug)]
struct Unheard;

impl Sink for Unheard {
    fn entry(&self, _: &str, _: &Entry, _: &RunState) {}
}

async fn roll(network: &Arc<Network>, azure: &Simulator, clock: &HastyClock) -> Report {
    let client = Client::new(ClientOptions {
        transport: network.clone(),
        cloud: Cloud::public(),
        credential: Some(azure.credential()),
        clock: Arc::new(clock.clone()),
        observer: Arc::new(Unobserved),
        client_request_id: None,
    });
    let engine = Engine::new(client, Arc::new(Memory::new()), Arc::new(Unheard), Cancel::new());
    let world = world(&network.epochs()[0], clock.now());
    let account = world.storage_accounts[0].id.parse().expect("an id");
    let scope = Scope { subscriptions: vec![world.subscriptions[0].id.clone()], ..Scope::default() };
    let plan = engine.plan(&account, &scope, &Options::default()).await.expect("plans");
    assert_eq!(plan.active, Slot::Key1);
    assert_eq!(plan.services, Service::ALL, "keys are tested on every service");
    let accepted = plan.acceptances.iter().map(|needed| needed.name.clone()).collect();
    let request_digest = "the request".to_owned();
    let start = Start { run_id: None, plan, request_digest, accepted, change_reference: None, patience: Patience::Wait };
    engine.rotate(start).await.expect("rolls")
}

/// What went over the wire while keyroll rolled, and while the letter was written.
fn check_wire(exchanges: &[Exchange]) {
    let mut signatures = 0;
    for exchange in exchanges {
        match exchange.alive {
            Some(true) => assert!(exchange.status < 300, "a living key was refused: {exchange:?}"),
            Some(false) => {
                assert_eq!((exchange.status, exchange.code.as_deref()), (403, Some(failed(exchange.service))), "{exchange:?}");
            }
            None => {
                assert_eq!((exchange.epoch, exchange.status), (1, 200), "the SAS that keyroll made anew opens its container");
                signatures += 1;
            }
        }
    }
    assert!(signatures > 0, "the datastore with a SAS was proven on the wire");
    let count = |epoch: usize, service: Service, alive: bool| {
        exchanges.iter().filter(|it| (it.epoch, it.service, it.alive) == (epoch, service, Some(alive))).count()
    };
    for service in SERVICES {
        assert!(count(0, service, true) >= 1, "{service}: the key in use was tried before anything changed");
        assert!(count(1, service, true) >= 5, "{service}: the staged key was accepted repeatedly");
        assert!(count(2, service, true) >= 5, "{service}: the last key was accepted repeatedly");
        assert!(count(2, service, false) >= 5, "{service}: the retired key was refused repeatedly");
    }
}

async fn write_letter(network: &Network, clock: &HastyClock, key: &StorageKey) {
    let mut container = request(Method::Put, "blob", CONTAINER, clock);
    shared_key::sign(&mut container, ACCOUNT, Service::Blob, key);
    assert_eq!(send(network, &container).await.0, 201, "a container is made");
    let mut blob = request(Method::Put, "blob", BLOB, clock);
    blob.insert_header("x-ms-blob-type", "BlockBlob");
    blob.insert_header("content-type", "text/plain");
    blob.set_body(LETTER);
    shared_key::sign(&mut blob, ACCOUNT, Service::Blob, key);
    assert_eq!(send(network, &blob).await.0, 201, "a blob is written");
}

async fn letter(network: &Network, clock: &HastyClock, key: &StorageKey) -> (u16, String) {
    let mut request = request(Method::Get, "blob", BLOB, clock);
    shared_key::sign(&mut request, ACCOUNT, Service::Blob, key);
    let (status, _, body) = send(network, &request).await;
    (status, body)
}

/// One signed listing: the status, and what is wrong.
async fn read(network: &Network, clock: &HastyClock, service: Service, key: &StorageKey) -> (u16, Option<String>) {
    let path = if service == Service::Table { "Tables" } else { "?comp=list" };
    let mut request = request(Method::Get, service.name(), path, clock);
    shared_key::sign(&mut request, ACCOUNT, service, key);
    let (status, code, _) = send(network, &request).await;
    (status, code)
}

fn request(method: Method, service: &str, path: &str, clock: &HastyClock) -> Request {
    let url = format!("https://{ACCOUNT}.{service}.core.windows.net/{path}");
    let mut request = Request::new(url.parse().expect("a URL"), method);
    request.insert_header("x-ms-date", azure_core::time::to_rfc7231(&clock.now()));
    request.insert_header("x-ms-version", "2021-08-06");
    request.insert_header("accept", "application/json");
    request
}

async fn send(network: &Network, request: &Request) -> (u16, Option<String>, String) {
    let answer = network.execute_request(request).await.expect("an answer");
    let (status, _, body) = answer.deconstruct();
    let body = body.collect_string().await.expect("a text");
    let code = network.exchanges().last().and_then(|exchange| exchange.code.clone());
    (status.into(), code, body)
}
