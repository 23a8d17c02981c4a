//! Somebody who recreates locators in a simulated Azure: one clock, one world, state in memory.

use std::sync::{Arc, Mutex};

use keyroll::azure::client::{Client, ClientOptions, Unobserved};
use keyroll::azure::cloud::Cloud;
use keyroll::contract::world::{MediaAccount, MediaV2Account, World};
use keyroll::domain::locator::event::{Deed, Entry, Event};
use keyroll::domain::locator::order::Order;
use keyroll::domain::locator::report::LocatorReport;
use keyroll::domain::problem::Problem;
use keyroll::rotation::Cancel;
use keyroll::rotation::locators::state::RunState;
use keyroll::rotation::locators::survey::{Manner, Selection};
use keyroll::rotation::locators::{Engine, Listener, Start};
use keyroll::rotation::memory::Memory;
use keyroll::sim::audit::LocatorRecord;
use keyroll::sim::simulator::Simulator;
use keyroll::sim::virtual_clock::VirtualClock;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use time::OffsetDateTime;

use crate::worlds::{account, id, lonely};

pub const ENDPOINT: &str = "https://media-v2.restv2.westeurope.media.azure.net/api/";

/// The media account with a v2 face.
pub fn media() -> String {
    id("Microsoft.Media/mediaservices", "media-v2")
}

/// One media account with so many assets, each with so many locators.
pub fn world(assets: usize, each: usize) -> World {
    let mut world = lonely();
    world.media_accounts.push(MediaAccount::new(&media(), &account()));
    world.media_v2_accounts.push(MediaV2Account::new(&media(), &account()).with_locators(assets, each));
    world
}

/// A management certificate with its key, valid until the first day of this year.
pub fn certificate(until: i32) -> String {
    certificate_until(date_time_ymd(until, 1, 1))
}

/// A management certificate with its key, valid until this time.
pub fn certificate_until(time: OffsetDateTime) -> String {
    let mut parameters = CertificateParams::new(Vec::new()).expect("parameters");
    (parameters.not_before, parameters.not_after) = (date_time_ymd(2020, 1, 1), time);
    let key = KeyPair::generate().expect("a key");
    format!("{}{}", parameters.self_signed(&key).expect("a certificate").pem(), key.serialize_pem())
}

/// Everything that was written into a journal.
#[derive(Debug, Default)]
pub struct Heard(pub Mutex<Vec<Entry>>);

impl Listener for Heard {
    fn entry(&self, _: &str, entry: &Entry, _: &RunState) {
        if std::env::var_os("KEYROLL_TRACE").is_some() {
            eprintln!("{} {:?}", entry.time, entry.event);
        }
        self.0.lock().expect("no panic").push(entry.clone());
    }
}

impl Heard {
    /// What became of locators, in order.
    pub fn deeds(&self) -> Vec<(String, Deed)> {
        let entries = self.0.lock().expect("no panic");
        let deed = |entry: &Entry| match &entry.event {
            Event::Locator { id, deed } => Some((id.clone(), deed.clone())),
            _ => None,
        };
        entries.iter().filter_map(deed).collect()
    }
}

pub struct Rig {
    pub clock: VirtualClock,
    pub azure: Simulator,
    pub memory: Memory,
    pub heard: Arc<Heard>,
    pub cancel: Cancel,
}

impl Rig {
    pub fn new(world: World) -> Self {
        let now = OffsetDateTime::parse(&world.now, &time::format_description::well_known::Rfc3339).expect("a time");
        let clock = VirtualClock::new(now);
        let azure = Simulator::new(world, Arc::new(clock.steady())).expect("a sound world");
        let jumping = clock.clone();
        azure.on_clock_jump(move |by| jumping.jump(by));
        Self { clock, azure, memory: Memory::new(), heard: Arc::default(), cancel: Cancel::new() }
    }

    pub fn client(&self) -> Client {
        Client::new(ClientOptions {
            transport: self.azure.transport(),
            cloud: Cloud::public(),
            credential: Some(self.azure.credential()),
            clock: Arc::new(self.clock.clone()),
            observer: Arc::new(Unobserved),
            client_request_id: None,
        })
    }

    /// An engine as a new process would make it.
    pub fn engine(&self) -> Engine {
        let (storage, listener) = (Arc::new(self.memory.clone()), self.heard.clone());
        Engine { client: self.client(), storage, listener, cancel: self.cancel.clone(), identity: None }
    }

    /// Runs a future in virtual time; `None` when the process died on the way.
    pub fn run<F: Future>(&self, future: F) -> Option<F::Output> {
        let switch = self.azure.crash_switch();
        self.clock.run_unless(future, move || switch.is_tripped())
    }

    pub fn survey(&self, selection: &Selection) -> Result<Order, Problem> {
        let manner = Manner { account: "media-v2".into(), address_file: None, concurrency: 4 };
        self.run(self.engine().survey(ENDPOINT, selection, manner)).expect("nobody dies while looking")
    }

    pub fn start(order: Order) -> Start {
        Start {
            run_id: Some("run".into()),
            order,
            request_digest: "the same request".into(),
            change_reference: None,
            parent: None,
        }
    }

    /// Surveys and recreates everything.
    pub fn recreate(&self) -> Result<LocatorReport, Problem> {
        let order = self.survey(&Selection::default())?;
        self.run(self.engine().begin(Self::start(order))).expect("nobody dies")
    }

    /// The locators as they really are, but for the key that they hang on and the id of a policy that stands for its duration.
    pub fn locators(&self) -> Vec<LocatorRecord> {
        let plain = |record: LocatorRecord| LocatorRecord { generation: None, ..record };
        self.azure.audit().locators.into_iter().map(plain).collect()
    }

    /// Everything that is kept, searched for every secret of the world.
    #[track_caller]
    pub fn leaks_nothing(&self) {
        let kept = String::from_utf8(self.memory.everything()).expect("text");
        assert!(self.azure.audit().secrets.iter().all(|secret| !kept.contains(secret)), "a secret was written down");
    }
}
