//! A whole keyroll on a simulated Azure: one clock, one world, state in memory. What survives a crash lives here; what
//! dies with a process is made anew by [`Rig::engine`].

use std::sync::{Arc, Mutex};

use keyroll::azure::client::{Client, ClientOptions, Notice, Observer};
use keyroll::azure::cloud::Cloud;
use keyroll::azure::media_v2::management::Management;
use keyroll::contract;
use keyroll::contract::world::{self, World};
use keyroll::dependents::Scope;
use keyroll::domain::dependent::Movement;
use keyroll::domain::event::{Certainty, Entry, Event};
use keyroll::domain::media_v2::MediaV2Account;
use keyroll::domain::plan::{Options, Plan};
use keyroll::domain::problem::Problem;
use keyroll::domain::report::Report;
use keyroll::domain::resource_id::ResourceId;
use keyroll::rotation::memory::Memory;
use keyroll::rotation::state::RunState;
use keyroll::rotation::{Cancel, Engine, Patience, Sink, Start};
use keyroll::sim::simulator::Simulator;
use keyroll::sim::virtual_clock::VirtualClock;
use time::OffsetDateTime;

use crate::documents;

/// Everything that was told to anybody, for searches and pictures, held against what really is.
#[derive(Debug)]
pub struct Heard {
    pub entries: Mutex<Vec<Entry>>,
    pub notices: Mutex<Vec<Notice>>,
    lies: Mutex<Vec<String>>,
    azure: Simulator,
}

impl Sink for Heard {
    fn entry(&self, run: &str, entry: &Entry, _: &RunState) {
        if std::env::var_os("KEYROLL_TRACE").is_some() {
            eprintln!("{} {:?}", entry.time, entry.event);
        }
        if let Event::Proven { dependent, certainty: Certainty::Proven, how, .. } = &entry.event {
            let held = self.azure.audit().holders;
            let own = held.iter().filter(|holder| holder.dependent.eq_ignore_ascii_case(dependent));
            let stale = own.filter(|holder| !holder.current).count();
            if stale > 0 {
                self.lies.lock().expect("no panic").push(format!("{dependent} was called proven ({how}) and was not"));
            }
        }
        documents::demand(&contract::event::streamed(run, entry));
        self.entries.lock().expect("no panic").push(entry.clone());
    }
}

impl Observer for Heard {
    fn notice(&self, notice: &Notice) {
        self.notices.lock().expect("no panic").push(notice.clone());
    }
}

impl Heard {
    fn new(azure: Simulator) -> Self {
        Self { entries: Mutex::default(), notices: Mutex::default(), lies: Mutex::default(), azure }
    }

    /// Proofs that were none.
    pub fn lies(&self) -> Vec<String> {
        self.lies.lock().expect("no panic").clone()
    }

    /// The events with their times.
    pub fn timed(&self) -> Vec<(OffsetDateTime, Event)> {
        self.entries.lock().expect("no panic").iter().map(|entry| (entry.time, entry.event.clone())).collect()
    }

    /// The events in order.
    pub fn events(&self) -> Vec<Event> {
        self.entries.lock().expect("no panic").iter().map(|entry| entry.event.clone()).collect()
    }
}

/// A world with somebody who rolls in it.
pub struct Rig {
    pub clock: VirtualClock,
    pub azure: Simulator,
    pub memory: Memory,
    pub heard: Arc<Heard>,
    pub scope: Scope,
    /// Whether a client certificate opens classic service management.
    pub certificate: bool,
    /// The first storage account of the world.
    pub account: ResourceId,
    /// The AMS v2 accounts of the world.
    faces: Vec<world::MediaV2Account>,
    begin: OffsetDateTime,
}

impl Rig {
    /// The world as it is at the beginning.
    pub fn new(world: World) -> Self {
        let now = OffsetDateTime::parse(&world.now, &time::format_description::well_known::Rfc3339).expect("a time");
        let clock = VirtualClock::new(now);
        let account = world.storage_accounts[0].id.parse().expect("an id");
        let subscriptions = world.subscriptions.iter().map(|subscription| subscription.id.clone()).collect();
        let faces = world.media_v2_accounts.clone();
        let azure = Simulator::new(world, Arc::new(clock.steady())).expect("a sound world");
        let jumping = clock.clone();
        azure.on_clock_jump(move |by| jumping.jump(by));
        let scope = Scope { subscriptions, ..Scope::default() };
        let heard = Arc::new(Heard::new(azure.clone()));
        Self { clock, azure, memory: Memory::new(), heard, scope, certificate: false, account, faces, begin: now }
    }

    /// When the world began.
    pub fn begin(&self) -> OffsetDateTime {
        self.begin
    }

    /// A client as a new process would make it.
    pub fn client(&self) -> Client {
        let client = Client::new(self.options());
        if self.certificate { client.with_management(Management::over(self.options()).expect("a public cloud")) } else { client }
    }

    fn options(&self) -> ClientOptions {
        ClientOptions {
            transport: self.azure.transport(),
            cloud: Cloud::public(),
            credential: Some(self.azure.credential()),
            clock: Arc::new(self.clock.clone()),
            observer: self.heard.clone(),
            client_request_id: None,
        }
    }

    /// Names every AMS v2 account of the world, with a certificate or without.
    pub fn name_media_v2(&mut self, certificate: bool) {
        self.certificate = certificate;
        let movement = if certificate { Movement::Push } else { Movement::Pull };
        let named = self.faces.iter().map(|face| {
            let name = face.id.rsplit('/').next().unwrap_or_default().to_owned();
            let endpoint = format!("https://{name}.restv2.{}.media.azure.net/api/", face.region);
            MediaV2Account { id: face.id.clone(), endpoint: Some(endpoint), movement, holds: None }
        });
        self.scope.media_v2 = named.collect();
    }

    /// An engine as a new process would make it.
    pub fn engine(&self) -> Engine {
        Engine::new(self.client(), Arc::new(self.memory.clone()), self.heard.clone(), Cancel::new())
    }

    /// Runs a future in virtual time; `None` when the process died on the way.
    pub fn run<F: Future>(&self, future: F) -> Option<F::Output> {
        let switch = self.azure.crash_switch();
        self.clock.run_unless(future, move || switch.is_tripped())
    }

    /// A fresh plan.
    pub fn plan(&self, options: &Options) -> Result<Plan, Problem> {
        let plan = self.run(self.engine().plan(&self.account, &self.scope, options)).expect("nobody dies while planning");
        plan.inspect(|plan| documents::demand(&contract::plan::text(plan)))
    }

    /// What `rotate` is given when every name of the plan is accepted.
    pub fn start(plan: Plan, patience: Patience) -> Start {
        let accepted = plan.acceptances.iter().map(|needed| needed.name.clone()).collect();
        let request_digest = "the same request".to_owned();
        Start { run_id: Some("run".to_owned()), plan, request_digest, accepted, change_reference: None, patience }
    }

    /// Plans and rolls to the end, everything accepted.
    pub fn rotate(&self, options: &Options) -> Result<Report, Problem> {
        let plan = self.plan(options)?;
        let report = self.run(self.engine().rotate(Rig::start(plan, Patience::Wait))).expect("nobody dies");
        report.inspect(|report| documents::demand(&contract::report::text(report)))
    }
}
