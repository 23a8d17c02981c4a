//! The way out that a stopped run's hints name: abort it, plan anew, roll again.

use std::time::Duration;

use keyroll::domain::plan::{Options, Plan};
use keyroll::domain::problem::{Kind, Problem};
use keyroll::domain::report::RunStatus;
use keyroll::rotation::Patience;

use super::trial::{End, PROCESSES, Trial, is_hostile, worth_another_try};
use crate::rig::Rig;

/// How often somebody tries to abort or to plan before giving up.
const TRIES: usize = 10;
/// How long they wait in between.
const PAUSE: Duration = Duration::from_secs(600);

/// What became of a stopped run's account.
pub struct Recovery {
    /// The plan of the second roll, if there could be one.
    pub plan: Option<Plan>,
    /// How the second roll ended.
    pub end: End,
    /// Whether something hostile happened once more on the way, so that it may rightly have stopped again.
    pub hit_again: bool,
}

impl Trial {
    /// Aborts a run that hostility stopped, waits for a day, and rolls again with a fresh plan.
    pub(super) fn recover(&mut self) {
        let End::Stopped(problem) = &self.end else { return };
        if matches!(problem.kind, Kind::Drift | Kind::Blocked | Kind::Permission) {
            let before = self.hostilities();
            let (plan, end) = self.roll_again();
            self.recovery = Some(Recovery { plan, end, hit_again: self.hostilities() > before });
        }
    }

    fn roll_again(&self) -> (Option<Plan>, End) {
        if let Err(problem) = self.insist(|rig| rig.run(rig.engine().abort("run", Patience::Wait))) {
            return (None, End::Stopped(problem));
        }
        self.rig.clock.advance(Duration::from_secs(86_400));
        let options = Options::default();
        let plan = match self.insist(|rig| rig.run(rig.engine().plan(&rig.account, &rig.scope, &options))) {
            Ok(plan) => plan,
            Err(problem) => return (None, End::Refused(problem)),
        };
        if let Some(blocker) = plan.blockers.first() {
            let end = End::Refused(blocker.clone());
            return (Some(plan), end);
        }
        let end = self.roll(&plan);
        (Some(plan), end)
    }

    fn roll(&self, plan: &Plan) -> End {
        let mut last = Problem::failed("endless", "too many processes");
        for _ in 0..PROCESSES {
            let mut start = Rig::start(plan.clone(), Patience::Wait);
            start.run_id = Some("second".to_owned());
            match self.rig.run(self.rig.engine().rotate(start)).unwrap_or_else(|| Err(self.died())) {
                Ok(report) if report.status == RunStatus::Done => return End::Done(Box::new(report)),
                Ok(report) => last = Problem::failed("notDone", format!("the second roll is {:?}", report.status)),
                Err(problem) if !worth_another_try(&problem) => return End::Stopped(problem),
                Err(problem) => last = problem,
            }
            self.rig.clock.advance(PAUSE);
        }
        End::Stopped(last)
    }

    /// Tries until it works, as somebody would who reads the hints.
    fn insist<T>(&self, act: impl Fn(&Rig) -> Option<Result<T, Problem>>) -> Result<T, Problem> {
        let mut outcome = act(&self.rig).unwrap_or_else(|| Err(self.died()));
        for _ in 1..TRIES {
            if outcome.is_ok() {
                break;
            }
            self.rig.clock.advance(PAUSE);
            outcome = act(&self.rig).unwrap_or_else(|| Err(self.died()));
        }
        outcome
    }

    fn died(&self) -> Problem {
        self.rig.azure.crash_switch().reset();
        self.rig.memory.release_locks();
        Problem::failed("died", "the process died, or waits for nothing")
    }

    /// How often something hostile happened so far.
    fn hostilities(&self) -> u64 {
        let hostile: Vec<&str> =
            self.faults.iter().filter(|fault| is_hostile(&fault.kind)).map(|fault| fault.kind.name()).collect();
        let hit = |name: &str| name.split(' ').next().is_some_and(|kind| hostile.contains(&kind));
        self.rig.azure.audit().faults.iter().filter(|(name, _)| hit(name)).map(|(_, count)| count).sum()
    }
}
