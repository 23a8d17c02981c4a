//! The loop: look, decide, journal, send, look again.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::select;

use crate::azure::client::Client;
use crate::domain::customer_key::{Access, Event, Order, Outcome, Planned, RUN_TAG, Step};
use crate::domain::problem::{Kind, Problem};
use crate::rotation::cancel::Cancel;
use crate::rotation::drive::Patience;
use crate::rotation::storage::{Lock, Storage};
use crate::rotation::timing;

use super::journal::Journal;
use super::perform::{self, Effect};
use super::remove::RemoveFound;
use super::roll::{Own, RollFound, Turn};
use super::{decide, look, remove, roll};
use crate::domain::customer_key::Found;

/// How long a change may take until every answer shows it: role assignments take up to ten minutes (Microsoft's documents).
const SPREAD: Duration = Duration::from_secs(15 * 60);

/// How often it is looked at meanwhile.
const LOOK: Duration = Duration::from_secs(15);

/// How often a media account is asked whether it uses a new version.
const ASK: Duration = Duration::from_secs(60);

/// How often everybody else is asked.
const ASK_OTHERS: Duration = Duration::from_secs(60 * 60);

/// How often a step may be said to be done without being so.
const IN_VAIN: u32 = 3;

/// How often a step is sent at most without an answer, ever more slowly: for more than an hour.
const UNANSWERED: u32 = 12;

/// How long looking may fail in a way that time mends.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// What one look showed.
enum View {
    Apply(Box<Found>),
    Roll(RollFound),
    Remove(RemoveFound),
}

/// What comes next.
enum Next {
    Send(Step),
    Wait { step: Step, pause: Duration, why: String },
    Done,
}

/// Carries out one run.
pub(super) struct Runner {
    client: Client,
    storage: Arc<dyn Storage>,
    pub journal: Journal,
}

impl Runner {
    pub(super) fn new(client: Client, storage: Arc<dyn Storage>, journal: Journal) -> Self {
        Self { client, storage, journal }
    }

    /// Drives the run until it is done, waits (where that is wanted), or cannot go on. What ended it is in the journal.
    pub(super) async fn drive(&mut self, patience: Patience, cancel: &Cancel) -> Result<(), Problem> {
        let end = self.run(patience, cancel).await;
        if let Err(problem) = &end {
            let event = match problem.kind {
                Kind::Interrupted(signal) => Event::Interrupted { signal },
                _ => Event::Stopped { problem: Box::new(problem.clone()) },
            };
            self.journal.append(event)?;
        }
        end
    }

    async fn run(&mut self, patience: Patience, cancel: &Cancel) -> Result<(), Problem> {
        loop {
            let view = self.look(cancel).await?;
            let steps = self.steps(&view)?;
            self.settle(&view, &steps)?;
            match self.next(&steps)? {
                Next::Done => return self.journal.append(Event::Finished { outcome: Outcome::Done }),
                Next::Send(step) => {
                    let touches = self.touches(&view, step);
                    if let Some(lock) = self.storage.lock(&touches)? {
                        self.send_under(lock, view, (step, touches), cancel).await?;
                        continue;
                    }
                    let name = touches.rsplit('/').next().unwrap_or(&touches);
                    let why = format!("{name}: another run is at work on it; what it changes is looked at afterwards");
                    if !self.wait(step, LOOK, why, patience, cancel).await? {
                        return Ok(());
                    }
                }
                Next::Wait { step, pause, why } => {
                    if !self.wait(step, pause, why, patience, cancel).await? {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Journals a wait and waits; not where nobody wants to wait with the run.
    async fn wait(
        &mut self,
        step: Step,
        pause: Duration,
        why: String,
        patience: Patience,
        cancel: &Cancel,
    ) -> Result<bool, Problem> {
        let until = self.client.clock().now() + pause;
        self.journal.append(Event::Waiting { step, until, why })?;
        if patience == Patience::UntilFirstWait {
            return Ok(false);
        }
        self.pause(pause, cancel).await?;
        Ok(true)
    }

    /// Sends a step under the lock of what it touches. A deletion is decided anew: until the lock was had, others may have been at work.
    async fn send_under(
        &mut self,
        lock: Box<dyn Lock>,
        seen: View,
        (step, touches): (Step, String),
        cancel: &Cancel,
    ) -> Result<(), Problem> {
        if !step.deletes() {
            return self.send(lock, &seen, step, touches, cancel).await;
        }
        let view = self.look(cancel).await?;
        let still = self.steps(&view)?.first().is_some_and(|planned| planned.step == step);
        if still && self.touches(&view, step) == touches {
            return self.send(lock, &view, step, touches, cancel).await;
        }
        Ok(())
    }

    /// What a step changes, which is locked meanwhile.
    fn touches(&self, view: &View, step: Step) -> String {
        match (&self.journal.order, view) {
            (Order::Apply(wanted), _) => perform::touched_by_apply(wanted, step),
            (Order::Roll(order), _) => perform::touched_by_roll(order, step),
            (Order::Remove(order), View::Remove(found)) => perform::touched_by_remove(order, found, step),
            _ => String::new(),
        }
    }

    fn run_id(&self) -> String {
        self.journal.state.head.run_id.clone()
    }

    fn own(&self) -> Own {
        Own { run: self.run_id(), made: self.journal.state.made(), accepted: self.journal.state.accepted.clone() }
    }

    /// One look at everything; what time mends is looked at again.
    async fn look(&self, cancel: &Cancel) -> Result<View, Problem> {
        let (mut attempt, begun) = (0, self.client.clock().now());
        loop {
            let problem = match self.look_once().await {
                Ok(view) if !is_in_progress(&view) => return Ok(view),
                Ok(_) => Problem::failed("serviceFailed", "a resource is still being made or changed"),
                Err(problem) => problem,
            };
            attempt += 1;
            if !is_mended_by_time(&problem) || self.client.clock().now() - begun > PATIENCE {
                return Err(self.go_on(problem));
            }
            self.pause(timing::back_off(attempt), cancel).await?;
        }
    }

    async fn look_once(&self) -> Result<View, Problem> {
        Ok(match &self.journal.order {
            Order::Apply(wanted) => View::Apply(Box::new(look::for_apply(&self.client, wanted).await?)),
            Order::Roll(order) => {
                let early = look::for_roll(&self.client, order, false).await?;
                let own = self.own();
                let used = early.account.as_ref().and_then(|account| account.current.as_ref());
                let on_new = used.zip(own.version(&early)).is_some_and(|(used, new)| used.version == new.version);
                View::Roll(if on_new { look::for_roll(&self.client, order, true).await? } else { early })
            }
            Order::Remove(order) => View::Remove(look::for_remove(&self.client, self.storage.as_ref(), order).await?),
        })
    }

    /// The steps that are missing.
    fn steps(&self, view: &View) -> Result<Vec<Planned>, Problem> {
        let blocked = |problems: Vec<Problem>| problems.into_iter().next().map_or(Ok(()), |problem| Err(self.go_on(problem)));
        match (&self.journal.order, view) {
            (Order::Apply(wanted), View::Apply(found)) => {
                blocked(decide::blockers(wanted, found))?;
                Ok(decide::missing(wanted, found))
            }
            (Order::Roll(order), View::Roll(found)) => match roll::turn(order, found, &self.own(), self.client.clock().now()) {
                Turn::Steps(steps) => Ok(steps),
                Turn::Stop(problem) => Err(self.go_on(*problem)),
            },
            (Order::Remove(order), View::Remove(found)) => {
                blocked(remove::blockers(order, found))?;
                Ok(remove::missing(order, found))
            }
            _ => Ok(Vec::new()),
        }
    }

    /// A change whose answer was lost, or whose sender died, is done when it is no longer missing.
    fn settle(&mut self, view: &View, steps: &[Planned]) -> Result<(), Problem> {
        let Some(open) = self.journal.state.open else { return Ok(()) };
        if steps.iter().any(|planned| planned.step == open) {
            return Ok(());
        }
        let sent = self.journal.state.of(open).map(|progress| progress.touches.clone()).unwrap_or_default();
        let touches = match view {
            View::Roll(found) if open == Step::NewVersion => self.own().version(found).map_or(sent, ToString::to_string),
            _ => sent,
        };
        let created = match view {
            View::Apply(found) => is_ours(found, open, &self.run_id()),
            _ => false,
        };
        let how = "the answer was lost; a later look showed that it happened".to_owned();
        self.journal.append(Event::Done { step: open, touches, how, created, seen_later: true, correlation_id: None })
    }

    fn next(&self, steps: &[Planned]) -> Result<Next, Problem> {
        let Some(planned) = steps.first() else { return Ok(Next::Done) };
        let (step, state, now) = (planned.step, &self.journal.state, self.client.clock().now());
        if step.is_wait() {
            let pause = match step {
                Step::AwaitUsers => ASK_OTHERS,
                Step::AwaitNewVersion => ASK,
                _ => LOOK,
            };
            if step == Step::AwaitKey && state.done(Step::Encrypt).is_some_and(|at| now - at > roll::PICK_UP) {
                let message = format!("{} does not say that it uses the key", planned.touches);
                return Err(
                    self.go_on(Problem::person("keyNotPickedUp", message).hint("look at it with keyroll customer-key show"))
                );
            }
            return Ok(Next::Wait { step, pause, why: format!("{}: {}", planned.touches, planned.why) });
        }
        // A vault that was made a moment ago lets the operator in by itself, where it uses access policies.
        let opened = matches!(&self.journal.order, Order::Apply(wanted) if wanted.access == Access::Policies)
            && step == Step::GrantOperator;
        let done = state.done(step).or_else(|| state.done(Step::CreateVault).filter(|_| opened));
        if done.is_some_and(|at| now - at < SPREAD) {
            let why = format!("{}: it was done and is not visible everywhere yet", planned.touches);
            return Ok(Next::Wait { step, pause: LOOK, why });
        }
        if let Some(clause) = step.irreversible() {
            self.confirmed(step, clause)?;
        }
        let progress = state.of(step);
        if progress.is_some_and(|progress| progress.answered >= IN_VAIN) {
            let message = format!("{} was done {IN_VAIN} times on {} and has no effect", step.name(), planned.touches);
            return Err(self.go_on(Problem::failed("stepHasNoEffect", message)));
        }
        if let Some(progress) = progress.filter(|progress| progress.sent >= UNANSWERED) {
            let message = format!("{} was sent {UNANSWERED} times for {} without an answer", step.name(), planned.touches);
            return Err(self.go_on(Problem::failed("noAnswer", message).because(&progress.how)));
        }
        Ok(Next::Send(step))
    }

    /// What nothing can undo was asked at the beginning. What turned up later was not, and stops the run.
    fn confirmed(&self, step: Step, clause: &str) -> Result<(), Problem> {
        let (state, name) = (&self.journal.state, format!("step-{}", step.name()));
        let asked = state.head.confirmed.iter().any(|known| known.irreversible() == Some(clause));
        if asked || state.accepted.iter().any(|accepted| accepted.eq_ignore_ascii_case(&name)) {
            return Ok(());
        }
        let message = format!("{} turned out to be needed, and nobody confirmed it: {clause}", step.name());
        let run = self.run_id();
        let mut problem = Problem::blocked("confirmationRequired", message)
            .hint(format!("if you want that, go on with keyroll resume --run-id {run} --accept {name}"));
        problem.accept = vec![name];
        Err(problem)
    }

    /// Journals and sends one step. A lost answer is left to later looks.
    async fn send(
        &mut self,
        lock: Box<dyn Lock>,
        view: &View,
        step: Step,
        touches: String,
        cancel: &Cancel,
    ) -> Result<(), Problem> {
        self.journal.append(Event::Intent { step, touches })?;
        let run = self.run_id();
        let sent = match (&self.journal.order, view) {
            (Order::Apply(wanted), View::Apply(found)) => perform::apply(&self.client, wanted, found, &run, step).await,
            (Order::Roll(order), View::Roll(found)) => perform::roll(&self.client, order, found, &self.own(), step).await,
            (Order::Remove(order), View::Remove(found)) => perform::remove(&self.client, order, found, step).await,
            _ => return Ok(()),
        };
        drop(lock);
        match sent {
            Ok(Effect { touches, how, created, correlation_id }) => {
                self.journal.append(Event::Done { step, touches, how, created, seen_later: false, correlation_id })
            }
            Err(problem) if problem.kind == Kind::OutcomeUnknown || is_mended_by_time(&problem) => {
                self.journal.append(Event::Unknown { step, why: problem.to_string() })?;
                // What happened needs its time to be seen, before anything is sent again.
                let sent = self.journal.state.of(step).map_or(1, |progress| progress.sent);
                self.pause(timing::LOOK_AGAIN.max(timing::back_off(sent)), cancel).await
            }
            Err(problem) if self.is_spreading(step, &problem) => {
                let until = self.client.clock().now() + LOOK;
                self.journal.append(Event::Waiting { step, until, why: format!("access is spreading: {}", problem.message) })?;
                self.pause(LOOK, cancel).await
            }
            Err(problem) => Err(self.go_on(problem)),
        }
    }

    /// Whether a refusal may only mean that what this run granted has not reached everybody yet.
    fn is_spreading(&self, step: Step, problem: &Problem) -> bool {
        let now = self.client.clock().now();
        let granted = [
            Step::GrantIdentity,
            Step::GrantOperator,
            Step::CreateVault,
            Step::CreateAccount,
            Step::AssignIdentity,
            Step::RecoverVault,
        ];
        let lately = granted.iter().any(|step| self.journal.state.done(*step).is_some_and(|at| now - at < SPREAD));
        let refused = matches!(problem.http_status, Some(400 | 403 | 409)) || problem.code == "operationFailed";
        let waits = matches!(step, Step::Encrypt | Step::CreateKey | Step::RecoverKey | Step::GrantIdentity);
        let hopeless = matches!(problem.code.as_str(), "keyDeleted" | "noRightToAssignRoles");
        lately && refused && waits && !hopeless
    }

    async fn pause(&self, pause: Duration, cancel: &Cancel) -> Result<(), Problem> {
        let clock = self.client.clock().clone();
        select(pin!(clock.sleep(pause)), pin!(cancel.wait())).await;
        match cancel.signal() {
            None => Ok(()),
            Some(signal) => {
                let run = self.run_id();
                let message = format!("run {run} was interrupted; its journal is intact and nothing is lost");
                Err(Problem::new(Kind::Interrupted(signal), "interrupted", message)
                    .hint(format!("continue with keyroll resume --run-id {run}")))
            }
        }
    }

    fn go_on(&self, problem: Problem) -> Problem {
        let run = self.run_id();
        problem.hint(format!("when that is mended, go on with keyroll resume --run-id {run}"))
    }
}

/// Whether what a step creates is there and carries the run's tag.
fn is_ours(found: &Found, step: Step, run: &str) -> bool {
    let tags = match step {
        Step::CreateStorage => found.storage.as_ref().map(|storage| &storage.tags),
        Step::CreateAccount => found.account.as_ref().map(|account| &account.tags),
        Step::CreateVault => found.vault.present().map(|vault| &vault.tags),
        Step::CreateKey => found.key.present().map(|key| &key.tags),
        _ => None,
    };
    tags.is_some_and(|tags| tags.get(RUN_TAG).is_some_and(|tag| tag == run))
}

/// Whether something is on its way to another state by itself.
fn is_in_progress(view: &View) -> bool {
    let moving = |state: &str| {
        matches!(state.to_ascii_lowercase().as_str(), "inprogress" | "creating" | "resolvingdns" | "updating" | "accepted")
    };
    match view {
        View::Apply(found) => {
            found.account.as_ref().is_some_and(|account| moving(&account.state))
                || found.storage.as_ref().is_some_and(|storage| moving(&storage.state))
        }
        View::Roll(found) => found.account.as_ref().is_some_and(|account| moving(&account.state)),
        View::Remove(found) => found.account.as_ref().is_some_and(|account| moving(&account.state)),
    }
}

fn is_mended_by_time(problem: &Problem) -> bool {
    matches!(
        problem.code.as_str(),
        "throttled"
            | "serviceFailed"
            | "connectionBroken"
            | "cannotConnect"
            | "unexpectedAnswer"
            | "operationTooLong"
            | "conflict"
    )
}
