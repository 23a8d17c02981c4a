//! One seed's life: plan, roll through crashes and faults, and what there is to judge afterwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use keyroll::contract::world::{Fault, FaultKind, Moment};
use keyroll::domain::key::Slot;
use keyroll::domain::plan::{Options, Plan, Strategy};
use keyroll::domain::problem::{Kind, Problem};
use keyroll::domain::report::{Report, RunStatus};
use keyroll::rotation::Patience;
use keyroll::sim::audit::{Audit, LocatorRecord};
use keyroll::sim::random::Random;
use keyroll::sim::seed;

use super::recovery::Recovery;
use crate::rig::Rig;

/// How many processes a run may need; every crash and every stop takes one.
pub(super) const PROCESSES: usize = 60;

/// How often a scheduler comes back to a run that waits. A run that needs more begins over and over.
const RETURNS: usize = 200;

/// How a trial ended.
#[derive(Debug)]
pub enum End {
    /// The run was carried to its end.
    Done(Box<Report>),
    /// The run stopped for good with this problem.
    Stopped(Problem),
    /// No plan could be made, or it had blockers: nothing may have changed.
    Refused(Problem),
}

/// Everything about one seed after its run.
pub struct Trial {
    pub rig: Rig,
    pub plan: Option<Plan>,
    pub end: End,
    pub audit: Audit,
    /// The locators of AMS v2 as they were before.
    pub locators: Vec<LocatorRecord>,
    pub crashes: u64,
    pub processes: usize,
    pub faults: Vec<Fault>,
    /// What went wrong on the way, as problems told it.
    pub problems: Vec<Problem>,
    /// Changes that were made by the first call, which nothing had accepted.
    pub changed_unasked: bool,
    /// Changes that were made by delivering the finished run once more.
    pub changed_again: bool,
    /// How its account got out of it, if hostility stopped the run.
    pub recovery: Option<Recovery>,
}

impl Trial {
    /// The life of a seed.
    pub fn of(seed: u64) -> Self {
        Self::with(seed, seed::world(seed), seed::faults(seed))
    }

    /// The life of a seed in which, whatever else happens, somebody interferes with the keys.
    pub fn hostile(seed: u64) -> Self {
        let mut random = Random::for_purpose(seed, "hostility");
        let slot = (*random.pick(&["key1", "key2"])).to_owned();
        let regenerate = random.between(1, 2);
        let anywhere = random.between(1, 100);
        let deed = match random.between(0, 4) {
            0 => Fault::at("storage.regenerateKey", regenerate, FaultKind::WrongSlot),
            1 => Fault::at("storage.regenerateKey", regenerate, FaultKind::BothSlots),
            2 => Fault::at("storage.regenerateKey", regenerate, FaultKind::OthersRegenerate { slot }),
            3 => Fault::at("*", anywhere, FaultKind::OthersRegenerate { slot }),
            _ => Fault::at("*", anywhere, FaultKind::OthersDeploy { slot }),
        };
        let mut faults = seed::faults(seed);
        faults.insert(0, deed);
        Self::with(seed, seed::world(seed), faults)
    }

    /// The life of a seed in a given world.
    pub fn with(seed: u64, world: keyroll::contract::world::World, faults: Vec<Fault>) -> Self {
        let mut random = Random::for_purpose(seed, "trial");
        let mut rig = Rig::new(world);
        rig.name_media_v2(Random::for_purpose(seed, "certificate").chance(0.7));
        let options = options(&mut random);
        let mut trial = Self {
            audit: rig.azure.audit(),
            locators: rig.azure.audit().locators,
            rig,
            plan: None,
            end: End::Refused(Problem::failed("unplanned", "no plan was made")),
            crashes: 0,
            processes: 0,
            faults: faults.clone(),
            problems: Vec::new(),
            changed_unasked: false,
            changed_again: false,
            recovery: None,
        };
        let plan = match trial.rig.plan(&options) {
            Ok(plan) => plan,
            Err(problem) => {
                trial.end = End::Refused(problem);
                return trial.close();
            }
        };
        trial.plan = Some(plan.clone());
        trial.ask_nothing(&plan);
        if let Some(problem) = plan.blockers.first() {
            trial.end = End::Refused(problem.clone());
            return trial.close();
        }
        for fault in faults {
            trial.rig.azure.add_fault(fault);
        }
        trial.end = trial.live(&plan, &mut random);
        trial.deliver_again(&plan);
        trial.recover();
        trial.close()
    }

    fn close(mut self) -> Self {
        self.audit = self.rig.azure.audit();
        self
    }

    /// Changes so far: regenerates and writes by the caller.
    fn changes(&self) -> usize {
        let audit = self.rig.azure.audit();
        audit.own_regenerates().count() + audit.writes.len()
    }

    /// Nothing accepted, nothing changed (P12).
    fn ask_nothing(&mut self, plan: &Plan) {
        let mut start = Rig::start(plan.clone(), Patience::Wait);
        start.accepted.clear();
        start.run_id = Some("unasked".to_owned());
        let before = self.changes();
        let needs = !plan.acceptances.is_empty() || !plan.blockers.is_empty();
        if needs {
            let _ = self.rig.run(self.rig.engine().rotate(start));
            self.changed_unasked = self.changes() != before;
        }
    }

    fn live(&mut self, plan: &Plan, random: &mut Random) -> End {
        let stepping = random.chance(0.5);
        let torn = Arc::new(AtomicU64::new(u64::MAX));
        let memory = self.rig.memory.clone();
        let switch = self.rig.azure.crash_switch();
        let countdown = Arc::clone(&torn);
        self.rig.memory = memory.with_tear(Arc::new(move |line: &str| {
            if countdown.load(Ordering::Relaxed) == u64::MAX || countdown.fetch_sub(1, Ordering::Relaxed) > 0 {
                return None;
            }
            switch.trip();
            Some(line.len() / 2)
        }));
        let mut crashing = random.between(0, 5);
        let mut returns = 0;
        while self.processes < PROCESSES + returns && returns < RETURNS {
            self.processes += 1;
            if crashing > 0 {
                crashing -= 1;
                if random.chance(0.5) {
                    let moment = if random.chance(0.5) { Moment::Before } else { Moment::After };
                    self.rig.azure.crash_at(random.between(1, 60), moment);
                } else {
                    torn.store(random.between(0, 39), Ordering::Relaxed);
                }
            }
            let patience = if stepping { Patience::UntilFirstWait } else { Patience::Wait };
            let start = Rig::start(plan.clone(), patience);
            let outcome = self.rig.run(self.rig.engine().rotate(start));
            self.rig.azure.forget_crash();
            torn.store(u64::MAX, Ordering::Relaxed);
            let died = self.rig.azure.crash_switch().is_tripped();
            self.rig.azure.crash_switch().reset();
            self.rig.memory.release_locks();
            match outcome {
                _ if died => {
                    self.crashes += 1;
                    self.rig.clock.advance(Duration::from_secs(random.between(0, 899)));
                }
                None => return End::Stopped(Problem::failed("deadlock", "the engine waits for nothing")),
                Some(Ok(report)) if report.status == RunStatus::Done => return End::Done(Box::new(report)),
                Some(Ok(report)) => {
                    // A scheduler comes back when it is due.
                    returns += usize::from(report.status == RunStatus::Waiting);
                    let due = report.next_due.map_or(Duration::ZERO, |due| {
                        Duration::try_from(due - keyroll::domain::clock::Clock::now(&self.rig.clock)).unwrap_or_default()
                    });
                    // Its clock may be hours ahead of Azure's; it does not ask every second all the same.
                    self.rig.clock.advance((due + Duration::from_secs(1)).max(Duration::from_secs(60)));
                }
                Some(Err(problem)) => {
                    self.problems.push(problem.clone());
                    if !worth_another_try(&problem) {
                        return End::Stopped(problem);
                    }
                    self.rig.clock.advance(Duration::from_secs(600));
                }
            }
        }
        End::Stopped(self.problems.last().cloned().unwrap_or_else(|| Problem::failed("endless", "too many processes")))
    }

    /// The same delivery once more (P11).
    fn deliver_again(&mut self, plan: &Plan) {
        if matches!(self.end, End::Done(_)) {
            let before = self.changes();
            let start = Rig::start(plan.clone(), Patience::Wait);
            let again = self.rig.run(self.rig.engine().rotate(start));
            self.changed_again = self.changes() != before || !matches!(again, Some(Ok(_)));
        }
    }
}

/// What a scheduler tries again: everything that is not somebody's decision.
pub(super) fn worth_another_try(problem: &Problem) -> bool {
    // Two refused tokens in a row end a process; the next one signs in anew.
    matches!(problem.kind, Kind::Failed | Kind::OutcomeUnknown | Kind::Interrupted(_)) || problem.code == "notSignedIn"
}

fn options(random: &mut Random) -> Options {
    let strategy = match random.between(0, 7) {
        0 => Strategy::StandbyOnly,
        1 => Strategy::OneSlot(Slot::Key1),
        2 => Strategy::OneSlot(Slot::Key2),
        _ => Strategy::BothSlots,
    };
    Options {
        strategy,
        finish_on_original: random.chance(0.2),
        concurrency: usize::try_from(random.between(1, 6)).expect("small"),
        ..Options::default()
    }
}

/// Faults after which a run may rightly stop, or a dependent fail without our doing.
pub fn is_hostile(kind: &FaultKind) -> bool {
    matches!(
        kind,
        FaultKind::WrongSlot
            | FaultKind::BothSlots
            | FaultKind::OthersRegenerate { .. }
            | FaultKind::OthersDeploy { .. }
            | FaultKind::LockAppears
            | FaultKind::PermissionLost
            | FaultKind::DuplicateDelivery
    )
}
