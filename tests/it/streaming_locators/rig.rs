//! Somebody who recreates streaming locators in a simulated Azure: one clock, one world, state in memory.

use std::sync::{Arc, Mutex};

use keyroll::azure::client::{Client, ClientOptions, Unobserved};
use keyroll::azure::cloud::Cloud;
use keyroll::azure::streaming_locators::StreamingLocators;
use keyroll::contract::world::{Asset, ContentKey, MediaAccount, StreamingLocator, StreamingPolicy, World};
use keyroll::domain::locator::event::{Deed, Entry, Event};
use keyroll::domain::locator::order::Order;
use keyroll::domain::locator::report::LocatorReport;
use keyroll::domain::locator::seal::SealKind;
use keyroll::domain::problem::Problem;
use keyroll::domain::resource_id::ResourceId;
use keyroll::rotation::Cancel;
use keyroll::rotation::locators::state::RunState;
use keyroll::rotation::locators::survey::{Manner, Selection};
use keyroll::rotation::locators::{Engine, Listener, Sealing, Start};
use keyroll::rotation::memory::Memory;
use keyroll::rotation::seal::Seal;
use keyroll::rotation::storage::Storage;
use keyroll::sim::audit::StreamingLocatorRecord;
use keyroll::sim::simulator::Simulator;
use keyroll::sim::virtual_clock::VirtualClock;
use time::OffsetDateTime;

use crate::worlds::{account, id, lonely};

/// The media account.
pub fn media() -> String {
    id("Microsoft.Media/mediaservices", "ams")
}

fn asset(number: usize) -> Asset {
    let container = format!("asset-3f2a7c31-0000-4000-8000-{number:012}");
    Asset { name: format!("film {number}"), storage_account_name: "stprod".into(), container }
}

fn guid(number: usize) -> String {
    format!("88888888-0000-4000-8000-{number:012}")
}

/// A media account with so many assets, each with so many locators of every kind in turn: clear, `ClearKey`, DRM with keys of its
/// own, DRM of its own policy, and one with everything that a locator may have.
pub fn world(assets: usize, each: usize) -> World {
    let mut world = lonely();
    let mut media = MediaAccount::new(&media(), &account());
    media.assets = (0..assets).map(asset).collect();
    media.streaming_policies =
        vec![StreamingPolicy { name: "own-drm".into(), labels: vec!["testLabel1".into(), "testLabel2".into()] }];
    media.content_key_policies = vec!["licences".into()];
    media.account_filters = vec!["mobile".into()];
    media.asset_filters = media.assets.iter().map(|asset| (asset.name.clone(), vec!["audio".into()])).collect();
    for number in 0..assets * each {
        let film = &media.assets[number / each].name;
        let locator = |policy: &str| StreamingLocator::new(&format!("loc-{number}"), film, policy, &guid(number));
        let key = |label: &str, place: usize| ContentKey {
            id: guid(100_000 + number * 10 + place),
            label_reference_in_streaming_policy: label.into(),
            value: format!("{:022}==", number * 10 + place),
        };
        media.streaming_locators.push(match number % 5 {
            0 => locator("Predefined_ClearStreamingOnly"),
            1 => StreamingLocator { default_content_key_policy_name: Some("licences".into()), ..locator("Predefined_ClearKey") },
            2 => StreamingLocator {
                content_keys: vec![key("cencKeyDefault", 1), key("cbcsKeyDefault", 2)],
                ..locator("Predefined_MultiDrmStreaming")
            },
            3 => StreamingLocator { content_keys: vec![key("testLabel2", 2), key("testLabel1", 1)], ..locator("own-drm") },
            _ => StreamingLocator {
                start_time: Some("2026-01-01T10:00:00Z".into()),
                end_time: Some("2031-03-29T12:00:00.5Z".into()),
                alternative_media_id: Some(guid(200_000 + number)),
                filters: vec!["mobile".into(), "audio".into()],
                default_content_key_policy_name: Some("licences".into()),
                ..locator("Predefined_MultiDrmCencStreaming")
            },
        });
    }
    world.media_accounts.push(media);
    world
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

/// A process that died, or what the run came to.
pub type Outcome = Option<Result<LocatorReport, Problem>>;

pub struct Rig {
    pub clock: VirtualClock,
    pub azure: Simulator,
    pub memory: Memory,
    /// In place of the memory, where a story needs another.
    pub storage: Option<Arc<dyn Storage>>,
    pub heard: Arc<Heard>,
    pub cancel: Cancel,
    /// What the seal key consists of; none where there is no key.
    pub seal: Option<u8>,
}

impl Rig {
    pub fn new(world: World) -> Self {
        let now = OffsetDateTime::parse(&world.now, &time::format_description::well_known::Rfc3339).expect("a time");
        let clock = VirtualClock::new(now);
        let azure = Simulator::new(world, Arc::new(clock.steady())).expect("a sound world");
        let jumping = clock.clone();
        azure.on_clock_jump(move |by| jumping.jump(by));
        let memory = Memory::new();
        Self { clock, azure, memory, storage: None, heard: Arc::default(), cancel: Cancel::new(), seal: Some(1) }
    }

    /// An engine as a new process would make it.
    pub fn engine(&self) -> Engine {
        let client = Client::new(ClientOptions {
            transport: self.azure.transport(),
            cloud: Cloud::public(),
            credential: Some(self.azure.credential()),
            clock: Arc::new(self.clock.clone()),
            observer: Arc::new(Unobserved),
            client_request_id: None,
        });
        let storage = self.storage.clone().unwrap_or_else(|| Arc::new(self.memory.clone()));
        Engine { client, storage, listener: self.heard.clone(), cancel: self.cancel.clone(), identity: None }
    }

    pub fn sealing(&self) -> Sealing {
        match self.seal {
            Some(byte) => Sealing::With(Box::new(Seal::new(&[byte; 32], SealKind::Host, None).expect("a key"))),
            None => Sealing::Without(Box::new(
                Problem::person("sealKeyMissing", "the host hands over no seal key").hint("hand it over as secrets.sealKey"),
            )),
        }
    }

    /// Runs a future in virtual time; `None` when the process died on the way.
    pub fn run<F: Future>(&self, future: F) -> Option<F::Output> {
        let switch = self.azure.crash_switch();
        self.clock.run_unless(future, move || switch.is_tripped())
    }

    pub fn survey(&self, selection: &Selection) -> Result<Order, Problem> {
        let manner = Manner { account: "ams".into(), address_file: None, concurrency: 4 };
        let account: ResourceId = media().parse().expect("an id");
        self.run(self.engine().survey_streaming(&account, selection, manner)).expect("nobody dies while looking")
    }

    /// Looks at everything, and works on one asset at a time.
    pub fn order(&self) -> Order {
        Order { concurrency: 1, ..self.survey(&Selection::default()).expect("looks") }
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

    pub fn begin(&self, order: Order) -> Outcome {
        self.run(self.engine().begin_sealing(Self::start(order), self.sealing()))
    }

    pub fn resume(&self) -> Outcome {
        self.run(self.engine().resume_sealing("run", self.sealing()))
    }

    pub fn abort(&self) -> Outcome {
        self.run(self.engine().abort_sealing("run", self.sealing()))
    }

    /// Surveys and recreates everything.
    pub fn recreate(&self) -> Result<LocatorReport, Problem> {
        let order = self.survey(&Selection::default())?;
        self.begin(order).expect("nobody dies")
    }

    /// The calls of somebody at the account itself.
    pub fn by_hand(&self) -> StreamingLocators {
        StreamingLocators::of(self.engine().client, media().parse().expect("an id"))
    }

    /// The changes and the looks at streams since then, by the names of their routes.
    pub fn changes_since(&self, lines: usize) -> Vec<String> {
        let trace = self.azure.audit().trace;
        let routes = trace.iter().skip(lines).filter_map(|line| line.split(' ').nth(1)).map(str::to_owned);
        routes
            .filter(|route| ["streamingLocator.delete", "streamingLocator.put", "streaming.get"].contains(&route.as_str()))
            .collect()
    }

    /// The locators as they really are, their content keys included.
    pub fn locators(&self) -> Vec<StreamingLocatorRecord> {
        self.azure.audit().streaming_locators
    }

    /// How often a call was made.
    pub fn calls(&self, route: &str) -> u64 {
        self.azure.audit().calls_of(route)
    }

    /// Everything that is kept and was told, searched for every secret of the world.
    #[track_caller]
    pub fn leaks_nothing(&self) {
        let kept = String::from_utf8(self.memory.everything()).expect("text");
        let told = format!("{:?}", self.heard.0.lock().expect("no panic"));
        let secrets = self.azure.audit().secrets;
        assert!(secrets.iter().all(|secret| !kept.contains(secret) && !told.contains(secret)), "a secret was written down");
    }
}
