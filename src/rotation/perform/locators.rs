//! The locators of an AMS v2 account, recreated inside a rotation: by a run of their own with its own journal, which only this
//! rotation resumes and ends (promise P4 is kept there).

use std::collections::HashSet;
use std::sync::Arc;
use time::OffsetDateTime;

use crate::contract;
use crate::domain::act::Act;
use crate::domain::binding::Held;
use crate::domain::dependent::Dependent;
use crate::domain::event::Event;
use crate::domain::key::Slot;
use crate::domain::locator::order::{Order, Verdict};
use crate::domain::locator::report::{LocatorReport, Standing};
use crate::domain::media_v2::MediaV2Account;
use crate::domain::plan::Acceptance;
use crate::domain::problem::{Kind, Problem};
use crate::domain::report::RunStatus;
use crate::rotation::amend::remaining;
use crate::rotation::cancel::Cancel;
use crate::rotation::given;
use crate::rotation::locators::reporting::LEFT;
use crate::rotation::locators::streams::STREAMS_FAIL;
use crate::rotation::locators::{Engine, Listener, Start, engine};
use crate::rotation::outlook::{self, each_once, of_locators};
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
        if let Some(until) = self.still_settling(&dependent)?.filter(|_| !matches!(self.begun(&run), Ok(true))) {
            let why = format!("{} was given a key a moment ago, maybe that of another account", dependent.name);
            return self.note(Event::Retrying { step, target: id.to_owned(), why, answered: true, until });
        }
        let begun = self.begun(&run);
        if matches!(begun, Ok(false)) && self.is_detached(&dependent).await {
            return self.note(Event::Gone { step, dependent: dependent.id });
        }
        let ended = match begun {
            Ok(true) => self.go_on(&run).await,
            Ok(false) => match self.survey(step, &dependent, &run).await {
                Ok(order) => {
                    if let Some(event) = self.unaccepted(&dependent, &order) {
                        return self.note(event);
                    }
                    if self.target(step, id).locators.is_none() {
                        self.note(Event::LocatorsBegun { step, dependent: id.to_owned(), run: run.clone() })?;
                    }
                    self.parts().begin(self.start(&run, step, &dependent, order)).await.map(Ended::from)
                }
                Err(problem) if outlook::is_refusal(&problem) && self.has_accepted(&outlook::unlisted(&dependent.name)) => {
                    let how = format!("the locators of {} could not be listed, as was accepted: {problem}", dependent.name);
                    return self.untouched(step, id, how, Some(run));
                }
                Err(problem) => match self.ask(unlisted(&dependent, &problem)) {
                    Some(event) => return self.note(event),
                    None => Err(problem),
                },
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

    /// Until when an AMS account has to be left alone after a key that any run gave it. The step before waited for what this
    /// run gave; another account, rolled side by side, may have been later ("wait for 30 minutes before performing any operations
    /// with Media Services", AMS v2 article, steps 2 and 6).
    fn still_settling(&self, dependent: &Dependent) -> Result<Option<OffsetDateTime>, Problem> {
        let floor = self.journal.borrow().plan.options.settle.unwrap_or_else(|| dependent.kind.settle_floor());
        let Ok(floor) = time::Duration::try_from(floor) else { return Ok(None) };
        let Some(since) = self.client.clock().now().checked_sub(floor) else { return Ok(None) };
        let last = given::last_given(self.storage.as_ref(), &dependent.id, since)?;
        Ok(last.and_then(|last| last.checked_add(floor)))
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
        self.note(Event::LocatorsFinished { step, dependent, recreated: 0, left: 0, whole: false, how, problem: None })
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

    /// Asks for what has to be accepted before another key is regenerated; nothing where that was accepted, or no key dies any more.
    fn ask(&self, needed: impl IntoIterator<Item = (String, String)>) -> Option<Event> {
        let state = &self.journal.borrow().state;
        let steps = remaining(state);
        let act = steps.iter().find(|step| step.act.is_irreversible() && !state.aborting)?.act;
        let open = needed.into_iter().filter(|(name, _)| !self.has_accepted(name));
        let acceptances: Vec<Acceptance> = open.map(|(name, why)| Acceptance { name, why, act }).collect();
        let why = acceptances.first()?.why.clone();
        Some(Event::Amended { why, dependents: Vec::new(), steps, acceptances })
    }

    fn has_accepted(&self, name: &str) -> bool {
        self.journal.borrow().state.accepted.iter().any(|it| it.eq_ignore_ascii_case(name))
    }

    fn ended(&self, step: u32, dependent: &Dependent, run: &str, ended: Result<Ended, Problem>) -> Result<(), Problem> {
        let problem = match ended {
            Ok(ended) => {
                if let Some(event) =
                    self.ask(left(dependent, &ended.report).into_iter().chain(unstreamed(dependent, &ended.report)))
                {
                    return self.note(event);
                }
                let all = self.moved_only(step, dependent)?.is_none();
                return self.note(finished(step, dependent, &ended, all));
            }
            Err(problem) => of_parent(problem, run, &self.run_id()),
        };
        let failure = match problem.kind {
            // The loop hears of it by itself.
            Kind::Interrupted(_) => return Ok(()),
            // A process may be between two tries; but most likely somebody has to end that run.
            Kind::Locked if problem.code == "unfinishedRun" => {
                let (since, now) = (self.target(step, &dependent.id).pending_since, self.client.clock().now());
                if since.is_some_and(|since| now - since >= timing::CONFLICT) {
                    let problem = problem.hint(format!("then go on with keyroll resume --run-id {}", self.run_id()));
                    return self.fail(step, &dependent.id, problem);
                }
                let failure = Failure::NotYet(problem.message);
                return self.retry(step, &dependent.id, failure, timing::LOCK_AGAIN, timing::LOCATORS_BUSY);
            }
            Kind::Locked => {
                let failure = Failure::NotYet(problem.message);
                return self.retry(step, &dependent.id, failure, timing::LOCK_AGAIN, timing::LOCATORS_BUSY);
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
        let (id, own) = (part_id(&self.run_id(), step, name), self.request(step, dependent));
        // A rotation of this id whose journal was lost may have left its part behind.
        match engine::request_of(self.storage.as_ref(), &id)? {
            Some(other) if other != own => Ok(part_id(&self.run_id(), step, Some(&own[..16]))),
            _ => Ok(id),
        }
    }

    /// What tells the part of this rotation from that of another one of the same id.
    fn request(&self, step: u32, dependent: &Dependent) -> String {
        let plan = self.journal.borrow().state.head.plan_digest.clone();
        contract::sha256(&format!("{} {step} {} {plan}", self.run_id(), dependent.id.to_ascii_lowercase()))
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
            request_digest: self.request(step, dependent),
            change_reference: self.journal.borrow().state.head.change_reference.clone(),
            parent: Some(parent),
        }
    }

    fn run_id(&self) -> String {
        self.journal.borrow().state.head.run_id.clone()
    }

    /// The locators of the assets that live in the account that is rolled; when the run is pointed back, those that it moved.
    async fn survey(&self, step: u32, dependent: &Dependent, run: &str) -> Result<Order, Problem> {
        let options = self.journal.borrow().plan.options.clone();
        let (endpoint, name) = (self.endpoint(dependent)?, MediaV2Account::name_in(&dependent.id).to_ascii_lowercase());
        // Before everything is listed only to be told so.
        self.parts().no_unfinished_run(&name, Some(&endpoint), Some(run))?;
        let mut order = outlook::list(&self.client, dependent, &endpoint, &self.account.id, &options).await?;
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

/// Locators that nobody can list any more: the name under which that is accepted, and why.
fn unlisted(dependent: &Dependent, problem: &Problem) -> Option<(String, String)> {
    let needed = of_locators(&dependent.name, Err(problem), Slot::Key1, Act::Retire).pop();
    needed.filter(|_| outlook::is_refusal(problem)).map(|needed| (needed.name, needed.why))
}

/// Locators that were to be recreated and were left: what became of them between the survey and their turn was asked of nobody.
fn left(dependent: &Dependent, report: &LocatorReport) -> Option<(String, String)> {
    let problem = report.problem.as_ref().filter(|problem| problem.code == LEFT)?;
    let reasons = each_once(problem.causes.iter().map(String::as_str));
    let why = format!("of {}, {}, so that they die with the key that they hang on: {reasons}", dependent.name, problem.message);
    Some((format!("left-{}", dependent.name), why))
}

/// URLs that answered before, and do not although their locators are back.
fn unstreamed(dependent: &Dependent, report: &LocatorReport) -> Option<(String, String)> {
    let failing = report.streaming.as_ref()?.failing().count();
    let first = report.streaming.as_ref()?.failing().next()?;
    let why = format!(
        "{failing} streaming URLs of {} answered before and do not now, although their locators are back: {} {}",
        dependent.name, first.at.url, first.verdict
    );
    Some((format!("streaming-{}", dependent.name), why))
}

/// `all`: whether it was about every locator of the dependent.
fn finished(step: u32, dependent: &Dependent, ended: &Ended, all: bool) -> Event {
    let Ended { report, answer_again } = ended;
    let count = |standing| report.count(standing);
    let (recreated, left) = (count(Standing::Restored), count(Standing::Left));
    let lost = count(Standing::Failed) + count(Standing::Deleted);
    let reasons = |of: &[Standing]| {
        let lines = report.locators.iter().filter(|line| of.contains(&line.standing));
        each_once(lines.map(|line| line.how.as_str()))
    };
    let mut how = match recreated {
        0 if lost == 0 => format!("no locator of {} had to be recreated", dependent.name),
        0 => format!("no locator of {} recreated", dependent.name),
        1 => format!("1 locator of {} recreated", dependent.name),
        _ => format!("{recreated} locators of {} recreated", dependent.name),
    };
    if lost > 0 {
        how = format!("{how}, {lost} lost: {}", reasons(&[Standing::Failed, Standing::Deleted]));
    }
    if left > 0 {
        how = format!("{how}, {left} left: {}", reasons(&[Standing::Left]));
    }
    let mut silent = false;
    if let Some(streaming) = &report.streaming {
        silent = streaming.failing().next().is_some();
        how = format!("{how}; {}", streaming.summary());
        if *answer_again > 0 {
            how = format!("{how}; {answer_again} of them failed at first");
        }
    }
    // What did not stream when the run was over may do so now.
    let problem = report.problem.as_ref().filter(|problem| silent || problem.code != STREAMS_FAIL);
    let whole = all && report.status == RunStatus::Done && problem.is_none_or(|problem| problem.code == STREAMS_FAIL);
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Event::LocatorsFinished {
        step,
        dependent: dependent.id.clone(),
        recreated: number(recreated),
        left: number(left),
        whole,
        how,
        problem: problem.cloned().map(Box::new),
    }
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
