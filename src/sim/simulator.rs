//! The simulated Azure as an `HttpClient`: latency, faults and crashes around what `State` answers.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::{AsyncRawResponse, HttpClient, Request};

use crate::contract::world::{Fault, FaultKind, Moment, World};
use crate::domain::clock::Clock;
use crate::domain::key::{Slot, StorageKey};
use crate::domain::problem::Problem;

use super::audit::Audit;
use super::crash::CrashSwitch;
use super::delivery::{Arrival, Delivery};
use super::message::{Incoming, Reply};
use super::route::Target;
use super::state::State;
use super::token::SimulatedCredential;

/// A simulated Azure. Clones are the same one.
#[derive(Clone)]
pub struct Simulator {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Arc<dyn Clock>,
    crash: CrashSwitch,
    control: Mutex<Control>,
}

pub(super) struct Control {
    /// The world as it is.
    pub state: State,
    /// How many calls remain until the caller's process dies, and at which moment of the last one.
    crash_in: Option<(u64, Moment)>,
    /// Moves the caller's clock.
    jump: Option<Box<dyn Fn(time::Duration) + Send>>,
}

impl Simulator {
    /// Builds the Azure of a world. `clock` tells its time: hand in [`super::virtual_clock::VirtualClock::steady`]
    /// where the caller's clock may jump.
    ///
    /// # Errors
    /// When the world contradicts itself.
    pub fn new(world: World, clock: Arc<dyn Clock>) -> Result<Self, Problem> {
        world.validate()?;
        let control = Mutex::new(Control { state: State::new(world), crash_in: None, jump: None });
        Ok(Self { inner: Arc::new(Inner { clock, crash: CrashSwitch::new(), control }) })
    }

    /// The simulator as the transport of `azure_core`.
    #[must_use]
    pub fn transport(&self) -> Arc<dyn HttpClient> {
        Arc::new(self.clone())
    }

    /// A credential that this Azure honours. Its tokens expire by the directory's clock, which is this Azure's: a caller
    /// whose clock has jumped finds them longer or shorter lived than they are.
    #[must_use]
    pub fn credential(&self) -> Arc<SimulatedCredential> {
        Arc::new(SimulatedCredential::new(&self.control().state.world, Arc::clone(&self.inner.clock)))
    }

    /// The switch that kills the caller's process: share it with the journal under test and with the driver.
    #[must_use]
    pub fn crash_switch(&self) -> CrashSwitch {
        self.inner.crash.clone()
    }

    /// Lets the caller's process die at its `nth` call from now (from 1), before or after the change.
    pub fn crash_at(&self, nth: u64, moment: Moment) {
        self.control().crash_in = Some((nth, moment));
    }

    /// Forgets an arranged crash that has not happened.
    pub fn forget_crash(&self) {
        self.control().crash_in = None;
    }

    /// How the caller's clock is made to jump by [`FaultKind::ClockJump`].
    pub fn on_clock_jump(&self, jump: impl Fn(time::Duration) + Send + 'static) {
        self.control().jump = Some(Box::new(jump));
    }

    /// Schedules one more fault; its calls are counted from now.
    pub fn add_fault(&self, fault: Fault) {
        self.control().state.schedule.add(fault);
    }

    /// What a slot of an account really holds now, whatever `listKeys` answers.
    #[must_use]
    pub fn key(&self, account: &str, slot: Slot) -> Option<StorageKey> {
        let mut control = self.control();
        let now = self.inner.clock.now();
        control.state.advance(now);
        let position = control.state.account_by_id(account)?;
        let id = control.state.accounts[position].current(slot);
        Some(control.state.keyring.get(id).key.clone())
    }

    /// Somebody detaches a storage account from every media account that does not have it as its primary one, now.
    pub fn detach(&self, storage: &str) {
        self.control().state.detach(storage);
    }

    /// What really happened so far.
    #[must_use]
    pub fn audit(&self) -> Audit {
        let mut control = self.control();
        let now = self.inner.clock.now();
        control.state.advance(now);
        control.state.audit()
    }

    pub(super) fn control(&self) -> MutexGuard<'_, Control> {
        self.inner.control.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries one request through the network and back. `Err` is a connection that broke.
    pub(super) async fn exchange(&self, incoming: &Incoming) -> Result<Reply, Broken> {
        self.park_if_dead().await;
        let (target, delivery) = self.depart(incoming);
        let _under_way = UnderWay { simulator: self, dependent: delivery.writes.clone() };
        if delivery.crashes(Moment::Before) {
            self.die().await;
        }
        self.inner.clock.sleep(delivery.there).await;
        self.park_if_dead().await;
        let arrival = {
            let mut control = self.control();
            let now = self.inner.clock.now();
            control.state.advance(now);
            control.state.arrive(incoming, &target, &delivery)
        };
        if delivery.crashes(Moment::After) {
            self.die().await;
        }
        self.inner.clock.sleep(delivery.back).await;
        self.park_if_dead().await;
        match arrival {
            Arrival::Answered(reply) => Ok(reply),
            Arrival::Refused => Err(Broken::Refused),
            Arrival::Reset => Err(Broken::Reset),
        }
    }

    /// Counts the call and decides what befalls it.
    fn depart(&self, incoming: &Incoming) -> (Target, Delivery) {
        let mut control = self.control();
        let target = Target::of(incoming, &control.state.world.endpoints);
        let mut delivery = control.state.depart(incoming, &target);
        if let Some(FaultKind::ClockJump { seconds }) = delivery.fault
            && let Some(jump) = &control.jump
        {
            jump(time::Duration::seconds(seconds));
        }
        if let Some((left, moment)) = control.crash_in.take() {
            if left <= 1 {
                delivery.crash = Some(moment);
            } else {
                control.crash_in = Some((left - 1, moment));
            }
        }
        (target, delivery)
    }

    /// The caller's process dies here: nothing that it waits for ever comes.
    async fn die(&self) {
        self.inner.crash.trip();
        futures::future::pending::<()>().await;
    }

    async fn park_if_dead(&self) {
        if self.inner.crash.is_tripped() {
            futures::future::pending::<()>().await;
        }
    }
}

/// A write on its way. Dropped when it is over, also when its caller dies or loses interest.
struct UnderWay<'a> {
    simulator: &'a Simulator,
    dependent: Option<String>,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if let Some(dependent) = &self.dependent {
            self.simulator.control().state.under_way.remove(dependent);
        }
    }
}

/// A connection that did not bring an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// It was never made.
    Refused,
    /// It broke.
    Reset,
}

#[async_trait]
impl HttpClient for Simulator {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        match self.exchange(&Incoming::from_request(request)).await {
            Ok(reply) => Ok(reply.into_response()),
            Err(Broken::Refused) => Err(Error::with_message(ErrorKind::Connection, "connection refused")),
            Err(Broken::Reset) => Err(Error::with_message(ErrorKind::Io, "connection reset by peer")),
        }
    }
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Simulator { .. }")
    }
}

/// A stretch of milliseconds.
pub(super) fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}
