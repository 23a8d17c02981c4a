//! How a run begins: the locks, what speaks against it, and the first line of its journal.

use crate::contract;
use crate::domain::event::RunStarted;
use crate::domain::media_v2::MediaV2Account;
use crate::domain::planted::{Mistake, is_planted};
use crate::domain::problem::Problem;

use super::engine::{Engine, Start};
use super::journal::Journal;
use super::locators::engine::no_unfinished_run;
use super::storage::{Lock, check_run_id};

/// An open journal with the lock on its account.
pub(super) type Opened = (Journal, Box<dyn Lock>);

/// The locks on the account and on the run's name.
pub(super) type Locks = (Box<dyn Lock>, Box<dyn Lock>);

/// What a run id stands for before it is begun.
pub(super) enum Claim {
    /// The same request began it before.
    Known(String),
    /// Nobody did, and nobody else can now.
    New(String, Locks),
}

impl Claim {
    /// The run.
    pub(super) fn run(&self) -> &str {
        match self {
            Self::Known(run) | Self::New(run, _) => run,
        }
    }
}

impl Engine {
    /// Takes the locks that a run needs to begin, and makes sure that nothing speaks against it. Nothing is written yet.
    ///
    /// # Errors
    /// Locked; another request under this run id; blocked, with the names to accept.
    pub(super) fn claim(&self, start: &Start) -> Result<Claim, Problem> {
        let run = start.run_id.clone().unwrap_or_else(|| azure_core::Uuid::new_v4().to_string());
        check_run_id(&run)?;
        let lock = self.lock(&start.plan.account.id)?;
        let naming = self.lock_name(&run)?;
        if let Some(head) = self.head(&run)? {
            if head.request_digest != start.request_digest {
                return Err(Problem::drift("anotherRequest", format!("run {run} was begun with another request"))
                    .hint("use another --run-id, or resume that run"));
            }
            if !is_planted(Mistake::RunAgain) {
                return Ok(Claim::Known(run));
            }
        }
        self.no_unfinished_run(&start.plan.account.id, Some(&run))?;
        for media in &start.plan.media_v2 {
            let name = MediaV2Account::name_in(&media.id).to_ascii_lowercase();
            no_unfinished_run(self.storage.as_ref(), &name, media.endpoint.as_deref(), None)?;
        }
        refuse_blocked(start)?;
        Ok(Claim::New(run, (lock, naming)))
    }

    /// Begins the journal of a claimed run; `siblings` are the runs of the same request on other accounts.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn begin(&self, start: Start, run: &str, siblings: Vec<String>, (lock, naming): Locks) -> Result<Opened, Problem> {
        // A process may have died before its first line was whole. Only here nobody can be writing it any more.
        if self.storage.read_journal(run)?.is_some() {
            self.storage.truncate(run, 0)?;
        }
        let head = RunStarted {
            run_id: run.to_owned(),
            account: start.plan.account.id.as_str().to_owned(),
            plan_digest: contract::plan::digest(&contract::plan::document(&start.plan)),
            request_digest: start.request_digest,
            tool: format!("keyroll {}", env!("CARGO_PKG_VERSION")),
            identity: self.identity.clone(),
            change_reference: start.change_reference,
            accepted: start.accepted,
            keys: start.plan.keys.clone(),
            siblings,
        };
        let journal = Journal::create(self.storage.clone(), self.client.clock().clone(), self.sink.clone(), start.plan, head)?;
        drop(naming);
        Ok((journal, lock))
    }
}

fn refuse_blocked(start: &Start) -> Result<(), Problem> {
    if let Some(problem) = start.plan.blockers.first() {
        let more = start.plan.blockers[1..].iter().map(|problem| problem.message.clone());
        return Err(more.fold(problem.clone(), Problem::because));
    }
    let missing = start.plan.missing_acceptances(&start.accepted);
    if missing.is_empty() || is_planted(Mistake::NeverAsk) {
        return unknown_names(start);
    }
    let names: Vec<String> = missing.iter().map(|needed| needed.name.clone()).collect();
    let mut problem = Problem::blocked(
        "acceptanceNeeded",
        "the plan has consequences that have to be accepted by name, and nothing was changed",
    )
    .hint(format!("look at the plan, then add --accept {}", names.join(",")));
    for needed in &missing {
        problem = problem.because(format!("{}: {}", needed.name, needed.why));
    }
    problem.accept = names;
    Err(problem)
}

fn unknown_names(start: &Start) -> Result<(), Problem> {
    let known = |name: &String| start.plan.acceptances.iter().any(|needed| needed.name.eq_ignore_ascii_case(name));
    let strange: Vec<&str> = start.accepted.iter().filter(|name| !known(name)).map(String::as_str).collect();
    if strange.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = start.plan.acceptances.iter().map(|needed| needed.name.as_str()).collect();
    Err(Problem::usage("unknownAcceptance", format!("this plan has nothing named {}", strange.join(", ")))
        .hint(if names.is_empty() { "it needs no --accept".to_owned() } else { format!("its names are {}", names.join(", ")) }))
}
