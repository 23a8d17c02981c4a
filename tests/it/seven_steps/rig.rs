//! Somebody who rolls the keys under an AMS v2 account: a certificate for classic management, and viewers who stream all the time.

use std::sync::{Arc, Mutex};

use keyroll::azure::client::{Client, ClientOptions};
use keyroll::azure::cloud::Cloud;
use keyroll::azure::media_v2::ClientCertificate;
use keyroll::azure::media_v2::management::Management;
use keyroll::contract::world::{LocatorV2, Moment, World};
use keyroll::domain::dependent::Movement;
use keyroll::domain::locator::event::{Deed, Entry, Event};
use keyroll::domain::media_v2::MediaV2Account;
use keyroll::domain::plan::{Options, Plan};
use keyroll::domain::problem::Problem;
use keyroll::domain::report::Report;
use keyroll::rotation::locators::Listener;
use keyroll::rotation::locators::state::RunState;
use keyroll::rotation::{Cancel, Engine, Patience};
use keyroll::sim::audit::LocatorRecord;
use keyroll::sim::holder::{Downtime, HolderKind};

use crate::locators::rig::{ENDPOINT, media, world};
use crate::rig::Rig;

/// Three assets with two locators each, and one of every kind that needs thought: extended, a SAS, expired.
pub fn films() -> World {
    let mut world = world(3, 2);
    let account = &mut world.media_v2_accounts[0];
    account.locators[1].expires_in_hours = Some(24 * 900);
    let like = account.locators[3].clone();
    let other = |number: u32| format!("nb:lid:UUID:00000000-0000-4000-abcd-00000000000{number}");
    account.locators.push(LocatorV2 { kind: 1, id: other(1), ..like.clone() });
    account.locators.push(LocatorV2 { expires_in_hours: Some(-1), id: other(2), ..like });
    world
}

/// The locators of [`films`] that are recreated.
pub const RECREATED: usize = 6;

/// Everything that the runs that recreate locators wrote, with the run's id.
#[derive(Debug, Default)]
pub struct Heard(pub Mutex<Vec<(String, Entry)>>);

impl Listener for Heard {
    fn entry(&self, run: &str, entry: &Entry, _: &RunState) {
        if std::env::var_os("KEYROLL_TRACE").is_some() {
            eprintln!("{} {run} {:?}", entry.time, entry.event);
        }
        self.0.lock().expect("no panic").push((run.to_owned(), entry.clone()));
    }
}

impl Heard {
    /// The ids of the runs, in the order in which they began.
    pub fn runs(&self) -> Vec<String> {
        let entries = self.0.lock().expect("no panic");
        let began = entries.iter().filter(|(_, entry)| matches!(entry.event, Event::Started(_)));
        began.map(|(run, _)| run.clone()).collect()
    }

    /// The locators that a run brought back.
    pub fn restored(&self, run: &str) -> usize {
        let entries = self.0.lock().expect("no panic");
        let back = |entry: &Entry| matches!(entry.event, Event::Locator { deed: Deed::Restored { .. }, .. });
        entries.iter().filter(|(of, entry)| of == run && back(entry)).count()
    }
}

pub struct Studio {
    pub rig: Rig,
    pub heard: Arc<Heard>,
    pub cancel: Cancel,
    /// The certificate that is shown; the simulation asks for none.
    pub certificate: Option<ClientCertificate>,
}

impl Studio {
    pub fn new(world: World) -> Self {
        let mut rig = Rig::new(world);
        let (id, endpoint) = (media(), Some(ENDPOINT.to_owned()));
        rig.scope.media_v2.push(MediaV2Account { id, endpoint, movement: Movement::Push, holds: None });
        Self { rig, heard: Arc::default(), cancel: Cancel::new(), certificate: None }
    }

    pub fn client(&self) -> Client {
        let options = ClientOptions {
            transport: self.rig.azure.transport(),
            cloud: Cloud::public(),
            credential: None,
            clock: Arc::new(self.rig.clock.clone()),
            observer: self.rig.heard.clone(),
            client_request_id: None,
        };
        let management = Management::over(options).expect("there is classic management");
        self.rig.client().with_management(match &self.certificate {
            Some(certificate) => management.showing(certificate),
            None => management,
        })
    }

    /// An engine as a new process would make it.
    pub fn engine(&self) -> Engine {
        let (storage, sink) = (Arc::new(self.rig.memory.clone()), self.rig.heard.clone());
        let engine = Engine::new(self.client(), storage, sink, self.cancel.clone());
        Engine { locators: self.heard.clone(), ..engine }
    }

    pub fn plan(&self) -> Plan {
        self.plan_with(Options::default())
    }

    /// A plan that ends where it began, with these options.
    pub fn plan_with(&self, options: Options) -> Plan {
        let options = Options { finish_on_original: true, ..options };
        let (engine, rig) = (self.engine(), &self.rig);
        rig.run(engine.plan(&rig.account, &rig.scope, &options)).expect("nobody dies while planning").expect("plans")
    }

    pub fn rotate(&self, plan: Plan) -> Option<Result<Report, Problem>> {
        self.rig.run(self.engine().rotate(Rig::start(plan, Patience::Wait)))
    }

    pub fn resume(&self) -> Option<Result<Report, Problem>> {
        self.rig.run(self.engine().resume("run", Vec::new(), Patience::Wait))
    }

    pub fn abort(&self) -> Option<Result<Report, Problem>> {
        self.rig.run(self.engine().abort("run", Patience::Wait))
    }

    /// What a new process finds after a crash, half a minute later.
    pub fn new_process(&self) {
        self.rig.azure.crash_switch().reset();
        self.rig.azure.forget_crash();
        self.rig.memory.release_locks();
        self.rig.clock.advance(std::time::Duration::from_secs(30));
    }

    /// The locators but for the key that they hang on.
    pub fn locators(&self) -> Vec<LocatorRecord> {
        let plain = |record: LocatorRecord| LocatorRecord { generation: None, ..record };
        self.rig.azure.audit().locators.into_iter().map(plain).collect()
    }

    /// Which keys the origin locators that still work hang on, each once.
    pub fn hang_on(&self) -> Vec<String> {
        let audit = self.rig.azure.audit();
        let alive = audit.locators.into_iter().filter(|locator| locator.kind == 2 && !locator.id.ends_with("abcd-000000000002"));
        let mut keys: Vec<String> = alive.filter_map(|locator| locator.generation).collect();
        keys.sort();
        keys.dedup();
        keys
    }

    /// When whoever streams could not.
    pub fn blackouts(&self) -> Vec<Downtime> {
        let expired = |down: &Downtime| down.dependent.ends_with("abcd-000000000002");
        let all = self.rig.azure.audit().downtimes.into_iter();
        all.filter(|down| down.kind == HolderKind::Viewer && !expired(down)).collect()
    }

    /// Everything that is kept, searched for every secret of the world.
    #[track_caller]
    pub fn leaks_nothing(&self) {
        let kept = String::from_utf8(self.rig.memory.everything()).expect("text");
        assert!(self.rig.azure.audit().secrets.iter().all(|secret| !kept.contains(secret)), "a secret was written down");
    }
}

/// The number of the call of this route, the `nth` from 0, in an undisturbed rotation of [`films`].
pub fn call_of(route: &str, nth: usize) -> u64 {
    let studio = Studio::new(films());
    let plan = studio.plan();
    let planned = studio.rig.azure.audit().trace.len();
    studio.rotate(plan).expect("lives").expect("rolls");
    let trace = studio.rig.azure.audit().trace;
    let place = trace[planned..].iter().enumerate().filter(|(_, line)| line.contains(route)).nth(nth).expect("is called").0;
    place as u64 + 1
}

/// A rotation that died at this call.
pub fn died_at(call: u64, moment: Moment) -> Studio {
    let studio = Studio::new(films());
    let plan = studio.plan();
    studio.rig.azure.crash_at(call, moment);
    assert!(studio.rotate(plan).is_none(), "call {call} was never made");
    studio.new_process();
    studio
}
