//! The locators of an AMS v2 account, recreated inside a rotation: by a run of their own with its own journal, which only this
//! rotation resumes and ends (promise P4 is kept there).

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use crate::contract;
use crate::domain::act::Act;
use crate::domain::binding::Held;
use crate::domain::dependent::Dependent;
use crate::domain::event::Event;
use crate::domain::locator::order::{Order, Verdict};
use crate::domain::locator::report::{LocatorReport, Standing};
use crate::domain::plan::Acceptance;
use crate::domain::problem::{Kind, Problem};
use crate::rotation::amend::remaining;
use crate::rotation::cancel::Cancel;
use crate::rotation::given;
use crate::rotation::locators::{Engine, Listener, Start, engine};
use crate::rotation::outlook::{self, each_once, name_of, of_locators};
use crate::rotation::planner::need;
use crate::rotation::streaming_check::StreamingCheck;
use crate::rotation::streaming_check::decide::V2_LOCATOR;
use crate::rotation::timing;

use super::{Failure, Worker};

/// What a run that recreates locators has to share with its rotation.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Told of every entry of its journal.
    pub listener: Arc<dyn Listener>,
    /// Ends it from outside.
    pub cancel: Cancel,
    /// The object id of the identity that acts, if its token tells.
    pub identity: Option<String>,
}

/// How a run that recreates locators ended.
struct Ended {
    report: LocatorReport,
    /// How many streaming URLs failed when it was over, and answer now.
    answer_again: usize,
}

impl From<LocatorReport> for Ended {
    fn from(report: LocatorReport) -> Self {
        Self { report, answer_again: 0 }
    }
}

impl Worker {
    /// Surveys the locators of a dependent and recreates them, or goes on where an earlier process did not come to an end.
    pub(super) async fn recreate(&self, step: u32, id: &str) -> Result<(), Problem> {
        let dependent = self.dependent(id)?;
        let Some(_lock) = self.own(step, &dependent)? else { return Ok(()) };
        let run = self.part(step, &dependent)?;
        if let Some(remaining) = self.still_settling(&dependent)?.filter(|_| !matches!(self.begun(&run), Ok(true))) {
            let why = format!("{} was given the key of another account a moment ago", dependent.name);
            return self.retry(step, id, Failure::NotYet(why), remaining, timing::PATIENCE);
        }
        let ended = match self.begun(&run) {
            Ok(true) => self.go_on(&run).await,
            Ok(false) => match self.survey(step, &dependent).await {
                Ok(order) => {
                    if let Some(event) = self.unaccepted(&dependent, &order) {
                        return self.note(event);
                    }
                    if self.target(step, id).locators.is_none() {
                        self.note(Event::LocatorsBegun { step, dependent: id.to_owned(), run: run.clone() })?;
                    }
                    self.parts().begin(self.start(&run, step, &dependent, order)).await.map(Ended::from)
                }
                Err(problem) if self.may_stay_unlisted(&dependent, &problem) => {
                    let how = format!("the locators of {} could not be listed, as was accepted: {problem}", dependent.name);
                    return self.untouched(step, id, how, Some(run));
                }
                Err(problem) => Err(problem),
            },
            Err(problem) => Err(problem),
        };
        self.ended(step, &dependent, &run, ended)
    }

    /// Goes on with a run that recreates locators. Of one that is over and waits for somebody because streaming URLs fail, those are
    /// asked again first: what was broken may have mended itself.
    async fn go_on(&self, run: &str) -> Result<Ended, Problem> {
        let was_over = engine::report(self.storage.as_ref(), run)?.finished.is_some();
        let mut ended = Ended::from(self.parts().resume_part(run, &self.run_id()).await?);
        if let Some(streaming) = ended.report.streaming.as_mut().filter(|_| was_over) {
            ended.answer_again = StreamingCheck::new(self.client.clone()).once_more(streaming, &V2_LOCATOR).await;
        }
        Ok(ended)
    }

    /// How long an AMS account still has to be left alone after a key that any run gave it. The step before waited for what this
    /// run gave; another account, rolled side by side, may have been later ("wait for 30 minutes before performing any operations
    /// with Media Services", AMS v2 article, steps 2 and 6).
    fn still_settling(&self, dependent: &Dependent) -> Result<Option<Duration>, Problem> {
        let floor = self.journal.borrow().plan.options.settle.unwrap_or_else(|| dependent.kind.settle_floor());
        let last = given::last_given(self.storage.as_ref(), &dependent.id)?;
        let until = last.and_then(|last| last.checked_add(floor.try_into().ok()?));
        Ok(until.and_then(|until| Duration::try_from(until - self.client.clock().now()).ok()).filter(|left| !left.is_zero()))
    }

    /// Ends a run that recreates locators before its time: what it deleted is made again.
    pub(super) async fn end_recreate(&self, step: u32, id: &str) -> Result<(), Problem> {
        let dependent = self.dependent(id)?;
        let Some(_lock) = self.own(step, &dependent)? else { return Ok(()) };
        let run = self.part(step, &dependent)?;
        let ended = match self.begun(&run) {
            Ok(true) => self.parts().end_part(&run, &self.run_id()).await.map(Ended::from),
            Ok(false) => return self.untouched(step, id, "no locator was touched".to_owned(), None),
            Err(problem) => Err(problem),
        };
        self.ended(step, &dependent, &run, ended)
    }

    /// Notes that nothing was done in a step; `begun` is the run that would have done it, where the journal does not name it yet.
    fn untouched(&self, step: u32, id: &str, how: String, begun: Option<String>) -> Result<(), Problem> {
        let dependent = id.to_owned();
        if let Some(run) = begun.filter(|_| self.target(step, id).locators.is_none()) {
            self.note(Event::LocatorsBegun { step, dependent: dependent.clone(), run })?;
        }
        self.note(Event::LocatorsFinished { step, dependent, recreated: 0, left: 0, how })
    }

    /// What dies with a key that is regenerated later, and was not there when that was accepted.
    fn unaccepted(&self, dependent: &Dependent, order: &Order) -> Option<Event> {
        let state = &self.journal.borrow().state;
        let known = |name: &str| {
            let names = state.acceptances.iter().map(|needed| &needed.name).chain(&state.accepted);
            names.into_iter().any(|it| it.eq_ignore_ascii_case(name))
        };
        let steps = remaining(state);
        let mut acceptances: Vec<Acceptance> = Vec::new();
        for step in steps.iter().filter(|step| step.act.is_irreversible() && !state.aborting) {
            for needed in of_locators(&dependent.name, Ok(order), step.slot, step.act) {
                if !known(&needed.name) {
                    need(&mut acceptances, needed);
                }
            }
        }
        let why = acceptances.first()?.why.clone();
        Some(Event::Amended { why, dependents: Vec::new(), steps, acceptances })
    }

    /// What has to be accepted before another key is regenerated: URLs that answered before, and do not although their locators are
    /// back.
    fn unstreamed(&self, dependent: &Dependent, report: &LocatorReport) -> Option<Event> {
        let failing = report.streaming.as_ref()?.failing().count();
        let first = report.streaming.as_ref()?.failing().next()?;
        let why = format!(
            "{failing} streaming URLs of {} answered before and do not now, although their locators are back: {} {}",
            dependent.name, first.at.url, first.verdict
        );
        let (name, state) = (format!("streaming-{}", dependent.name), &self.journal.borrow().state);
        let steps = remaining(state);
        let act = steps.iter().find(|step| step.act.is_irreversible() && !state.aborting)?.act;
        if state.accepted.iter().any(|it| it.eq_ignore_ascii_case(&name)) {
            return None;
        }
        let acceptances = vec![Acceptance { name, why: why.clone(), act }];
        Some(Event::Amended { why, dependents: Vec::new(), steps, acceptances })
    }

    /// Whether somebody who may not list the locators was told so, and accepted it.
    fn may_stay_unlisted(&self, dependent: &Dependent, problem: &Problem) -> bool {
        let name = name_of(&dependent.name);
        let accepted = self.journal.borrow().state.accepted.iter().any(|it| it.eq_ignore_ascii_case(&name));
        accepted && matches!(problem.kind, Kind::Permission | Kind::NotFound | Kind::Usage)
    }

    fn ended(&self, step: u32, dependent: &Dependent, run: &str, ended: Result<Ended, Problem>) -> Result<(), Problem> {
        let problem = match ended {
            Ok(ended) => match self.unstreamed(dependent, &ended.report) {
                Some(event) => return self.note(event),
                None => return self.note(finished(step, dependent, &ended)),
            },
            Err(problem) => of_parent(problem, run, &self.run_id()),
        };
        let failure = match problem.kind {
            // The loop hears of it by itself.
            Kind::Interrupted(_) => return Ok(()),
            Kind::Locked => {
                let why = format!("another run is at work on the locators of {}", dependent.name);
                return self.retry(step, &dependent.id, Failure::NotYet(why), timing::LOCK_AGAIN, timing::LOCATORS_BUSY);
            }
            _ => Failure::from(problem),
        };
        self.retry(step, &dependent.id, failure, timing::TRY_AGAIN, timing::PATIENCE)
    }

    /// The id of the run that recreates the locators of a dependent in a step: the one that the journal names, or the one that
    /// every process would give it.
    fn part(&self, step: u32, dependent: &Dependent) -> Result<String, Problem> {
        if let Some(locators) = self.target(step, &dependent.id).locators {
            return Ok(locators.run);
        }
        let alone = self.step(step)?.dependents.len() == 1;
        let name = (!alone).then_some(dependent.name.as_str());
        Ok(part_id(&self.run_id(), step, name))
    }

    fn parts(&self) -> Engine {
        let Parts { listener, cancel, identity } = self.locators.clone();
        Engine { client: self.client.clone(), storage: self.storage.clone(), listener, cancel, identity }
    }

    fn begun(&self, run: &str) -> Result<bool, Problem> {
        Ok(engine::request_of(self.storage.as_ref(), run)?.is_some())
    }

    fn start(&self, run: &str, step: u32, dependent: &Dependent, order: Order) -> Start {
        let parent = self.run_id();
        Start {
            run_id: Some(run.to_owned()),
            order,
            request_digest: contract::sha256(&format!("{parent} {step} {}", dependent.id.to_ascii_lowercase())),
            change_reference: self.journal.borrow().state.head.change_reference.clone(),
            parent: Some(parent),
        }
    }

    fn run_id(&self) -> String {
        self.journal.borrow().state.head.run_id.clone()
    }

    /// The locators of the assets that live in the account that is rolled; when the run is pointed back, those that it moved.
    async fn survey(&self, step: u32, dependent: &Dependent) -> Result<Order, Problem> {
        let options = self.journal.borrow().plan.options.clone();
        let mut order = outlook::list(&self.client, dependent, &self.endpoint(dependent)?, &self.account.id, &options).await?;
        if let Some(moved) = self.moved_only(step, dependent)? {
            order.items.retain(|item| item.verdict != Verdict::Recreate || moved.contains(&item.locator.id.to_ascii_lowercase()));
        }
        self.parts().with_streaming_check(order).await
    }

    fn endpoint(&self, dependent: &Dependent) -> Result<String, Problem> {
        let journal = self.journal.borrow();
        let account = journal.plan.media_v2.iter().find(|account| dependent.is(&account.id));
        account.and_then(|account| account.endpoint.clone()).ok_or_else(|| {
            let message = format!("where the OData service of {} answers is not known", dependent.name);
            Problem::blocked("noMediaEndpoint", message).hint("name it when the run is begun")
        })
    }

    /// While the run is pointed back, and the key that its locators hung on at first lives: the ids of those that it moved. Nothing
    /// where every locator is meant.
    fn moved_only(&self, step: u32, dependent: &Dependent) -> Result<Option<HashSet<String>>, Problem> {
        let journal = self.journal.borrow();
        let (plan, state) = (&journal.plan, &journal.state);
        let first = match dependent.binding.held {
            Held::Slot(slot) => slot,
            _ => plan.active,
        };
        let lives = plan.keys.get(first).fingerprint == state.keys.get(first).fingerprint;
        let slot_of = |step: u32| state.steps.iter().chain(&plan.steps).find(|known| known.number == step).map(|step| step.slot);
        let returning = state.steps.iter().any(|known| known.number == step && known.phase == Act::Return);
        if !(state.aborting && returning && lives) {
            return Ok(None);
        }
        let mut moved = HashSet::new();
        for (other, id, part) in state.locators() {
            let elsewhere = dependent.is(id) && slot_of(other) != slot_of(step);
            if elsewhere && engine::request_of(self.storage.as_ref(), &part.run)?.is_some() {
                let report = engine::report(self.storage.as_ref(), &part.run)?;
                let back = report.locators.into_iter().filter(|line| line.standing == Standing::Restored);
                moved.extend(back.map(|line| line.id.to_ascii_lowercase()));
            }
        }
        Ok(Some(moved))
    }
}

/// The id of the run that recreates locators in a step of a rotation; with the dependent's name where there are several.
fn part_id(parent: &str, step: u32, name: Option<&str>) -> String {
    let id = match name {
        Some(name) => format!("{parent}-locators-{step}-{name}"),
        None => format!("{parent}-locators-{step}"),
    };
    if crate::rotation::storage::check_run_id(&id).is_ok() {
        return id;
    }
    let end = format!("-locators-{step}-{}", &contract::sha256(&id)[..16]);
    format!("{}{end}", &parent[..parent.len().min(100 - end.len())])
}

fn finished(step: u32, dependent: &Dependent, ended: &Ended) -> Event {
    let Ended { report, answer_again } = ended;
    let count = |standing| report.count(standing);
    let (recreated, left) = (count(Standing::Restored), count(Standing::Left));
    let mut how = match recreated {
        0 => format!("no locator of {} had to be recreated", dependent.name),
        1 => format!("1 locator of {} recreated", dependent.name),
        _ => format!("{recreated} locators of {} recreated", dependent.name),
    };
    if left > 0 {
        let lines = report.locators.iter().filter(|line| line.standing == Standing::Left);
        let reasons = lines.map(|line| line.how.as_str());
        how = format!("{how}, {left} left: {}", each_once(reasons));
    }
    if let Some(streaming) = &report.streaming {
        how = format!("{how}; {}", streaming.summary());
        if *answer_again > 0 {
            how = format!("{how}; {answer_again} of them failed at first");
        }
    }
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Event::LocatorsFinished { step, dependent: dependent.id.clone(), recreated: number(recreated), left: number(left), how }
}

/// A run that is a part of a rotation is gone on with, and ended, with that one.
fn of_parent(mut problem: Problem, run: &str, parent: &str) -> Problem {
    for hint in &mut problem.hints {
        for verb in ["resume", "abort"] {
            *hint = hint.replace(&format!("keyroll {verb} --run-id {run}"), &format!("keyroll {verb} --run-id {parent}"));
        }
    }
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_step_and_account_give_the_same_run_whoever_asks() {
        assert_eq!(part_id("chg1", 7, None), "chg1-locators-7");
        assert_eq!(part_id("chg1", 7, Some("ams1")), "chg1-locators-7-ams1");
        let long = "x".repeat(100);
        for name in [None, Some("ams1"), Some("g/ams 1")] {
            let id = part_id(&long, 7, name);
            assert!(crate::rotation::storage::check_run_id(&id).is_ok() && id.contains("-locators-7-"), "{id}");
            assert_eq!(part_id(&long, 7, name), id);
        }
        assert_ne!(part_id(&long, 7, Some("a b")), part_id(&long, 7, Some("a c")));
    }

    #[test]
    fn the_way_on_is_that_of_the_rotation() {
        let problem = Problem::person("locatorDiffers", "another one is there")
            .hint("go on with keyroll resume --run-id r-locators-7")
            .hint("end the run with keyroll abort --run-id r-locators-7")
            .hint("see keyroll report --run-id r-locators-7");
        let hints = of_parent(problem, "r-locators-7", "r").hints;
        assert_eq!(hints[0], "go on with keyroll resume --run-id r");
        assert_eq!(hints[1], "end the run with keyroll abort --run-id r");
        assert_eq!(hints[2], "see keyroll report --run-id r-locators-7");
    }
}
