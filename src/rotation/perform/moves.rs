//! Telling pull dependents and writing push dependents.

use crate::dependents::adapter;
use crate::domain::binding::Held;
use crate::domain::dependent::{Dependent, DependentKind, Movement};
use crate::domain::event::Event;
use crate::domain::key::Slot;
use crate::domain::media_v2::MediaV2Account;
use crate::domain::planted::{Mistake, is_planted};
use crate::domain::problem::{Kind, Problem};

use super::super::locators::engine::{host_of, locks_of};
use super::super::storage::{Lock, NoLock};
use super::super::timing;
use super::{Failure, Worker};

impl Worker {
    pub(super) async fn tell(&self, step: u32, id: &str) -> Result<(), Problem> {
        let dependent = self.dependent(id)?;
        let Some(_lock) = self.own(step, &dependent)? else { return Ok(()) };
        let Some(_locators) = self.keep_locators(step, &dependent)? else { return Ok(()) };
        let keys = match self.any_keys().await {
            Ok(keys) => keys,
            Err(failure) => return self.retry(step, id, failure, timing::TRY_AGAIN, timing::PATIENCE),
        };
        let Some(beside) = self.beside_jobs(step, &dependent).await? else { return Ok(()) };
        self.note(Event::TellIntent { step, dependent: id.to_owned() })?;
        match adapter(dependent.kind).tell(&self.scene(&keys), &dependent).await {
            Ok(moved) => {
                let how = moved.how + &beside;
                self.note(Event::Told { step, dependent: id.to_owned(), how, correlation_id: moved.correlation_id })
            }
            Err(problem) => self.move_failed(step, &dependent, problem).await,
        }
    }

    pub(super) async fn publish(&self, step: u32, id: &str, slot: Slot) -> Result<(), Problem> {
        let dependent = self.dependent(id)?;
        let Some(_lock) = self.own(step, &dependent)? else { return Ok(()) };
        let Some(_locators) = self.keep_locators(step, &dependent)? else { return Ok(()) };
        let keys = match self.expected_keys().await {
            Ok(keys) => keys,
            Err(Failure::Final(problem)) if problem.kind == Kind::Drift => return Err(problem),
            Err(failure) => return self.retry(step, id, failure, timing::TRY_AGAIN, timing::PATIENCE),
        };
        let Some(beside) = self.beside_jobs(step, &dependent).await? else { return Ok(()) };
        self.note(Event::PublishIntent { step, dependent: id.to_owned(), slot })?;
        match adapter(dependent.kind).publish(&self.scene(&keys), &dependent, slot).await {
            Ok(moved) => self.note(Event::Published {
                step,
                dependent: id.to_owned(),
                slot,
                sent: moved.sent,
                how: if is_planted(Mistake::TellSecret) { keys.get(slot).key.expose().to_owned() } else { moved.how + &beside },
                correlation_id: moved.correlation_id,
            }),
            Err(problem) => self.move_failed(step, &dependent, problem).await,
        }
    }

    /// What to do when a proof is still pending at its ceiling: write once more what should have been there.
    pub(super) async fn rescue(&self, step: u32, dependent: &Dependent, slot: Slot) -> Result<bool, Problem> {
        let id = &dependent.id;
        let Some(_lock) = self.own(step, dependent)? else { return Ok(true) };
        let keys = match self.expected_keys().await {
            Ok(keys) => keys,
            Err(Failure::Final(problem)) if problem.kind == Kind::Drift => return Err(problem),
            Err(failure) => return self.retry(step, id, failure, timing::TRY_AGAIN, timing::PATIENCE).map(|()| true),
        };
        let adapter = adapter(dependent.kind);
        let scene = self.scene(&keys);
        let rescued = if dependent.movement == Movement::Push {
            self.note(Event::PublishIntent { step, dependent: id.clone(), slot })?;
            adapter.publish(&scene, dependent, slot).await.map(Some)
        } else {
            self.note(Event::TellIntent { step, dependent: id.clone() })?;
            adapter.rescue(&scene, dependent).await
        };
        match rescued {
            Ok(Some(moved)) => self.note(Event::Rescued { step, dependent: id.clone(), how: moved.how }).map(|()| true),
            Ok(None) => Ok(false),
            Err(problem) => self.move_failed(step, dependent, problem).await.map(|()| true),
        }
    }

    /// One writer per dependent across every run that shares the state (promise P8).
    pub(super) fn own(&self, step: u32, dependent: &Dependent) -> Result<Option<Box<dyn Lock>>, Problem> {
        if is_planted(Mistake::SkipLocks) {
            return Ok(Some(Box::new(NoLock)));
        }
        // A project is told through its hub: that is what is written.
        let written = match (&dependent.kind, &dependent.parent) {
            (DependentKind::Workspace, Some(hub)) => hub,
            _ => &dependent.id,
        };
        self.hold(step, dependent, written)
    }

    /// Whoever recreates the locators of an AMS v2 account while it is given a key would make them under either one. They are
    /// locked as such a run locks them: by the account's name, and by the host that answers for it.
    fn keep_locators(&self, step: u32, dependent: &Dependent) -> Result<Option<Vec<Box<dyn Lock>>>, Problem> {
        if dependent.kind != DependentKind::MediaV2Account || is_planted(Mistake::SkipLocks) {
            return Ok(Some(Vec::new()));
        }
        let host = {
            let journal = self.journal.borrow();
            let named = journal.plan.media_v2.iter().find(|account| dependent.is(&account.id));
            named.and_then(|account| account.endpoint.as_deref()).and_then(host_of)
        };
        let account = MediaV2Account::name_in(&dependent.id).to_ascii_lowercase();
        let mut held = Vec::new();
        for name in locks_of(&account, host.as_deref()) {
            let Some(lock) = self.hold(step, dependent, &name)? else { return Ok(None) };
            held.push(lock);
        }
        Ok(Some(held))
    }

    fn hold(&self, step: u32, dependent: &Dependent, resource: &str) -> Result<Option<Box<dyn Lock>>, Problem> {
        let lock = self.storage.lock(resource)?;
        if lock.is_none() {
            let failure = Failure::NotYet(format!("another run is writing {}", dependent.name));
            self.retry(step, &dependent.id, failure, timing::LOCK_AGAIN, timing::PATIENCE)?;
        }
        Ok(lock)
    }

    async fn move_failed(&self, step: u32, dependent: &Dependent, problem: Problem) -> Result<(), Problem> {
        if self.no_longer_depends(dependent, &problem).await {
            return self.note(Event::Gone { step, dependent: dependent.id.clone() });
        }
        // Classic management knows an account or does not: it is no list that lags behind.
        if dependent.kind == DependentKind::MediaV2Account && problem.kind == Kind::NotFound {
            return self.fail(step, &dependent.id, problem);
        }
        self.change_refused(step, &dependent.id, problem)
    }

    /// A change did not come about: is it worth another try? A 409 often only says that another operation is under way.
    pub(super) fn change_refused(&self, step: u32, target: &str, problem: Problem) -> Result<(), Problem> {
        if problem.code == "conflict" {
            let why = format!("{} (409 {})", problem.message, problem.service_code.as_deref().unwrap_or("Conflict"));
            return self.retry(step, target, Failure::NotYet(why), timing::TRY_AGAIN, timing::CONFLICT);
        }
        self.retry(step, target, not_there_yet(problem), timing::TRY_AGAIN, timing::PATIENCE)
    }

    /// Whether a dependent is gone, or was pointed elsewhere or given other credentials since it was found: then nothing holds
    /// a key of this account there any more. A 404 alone may be about something beneath it, so the dependent itself is asked.
    pub(super) async fn no_longer_depends(&self, dependent: &Dependent, problem: &Problem) -> bool {
        if dependent.movement == Movement::Push
            && matches!(problem.code.as_str(), "datastoreMoved" | "datastoreKeyless" | "secretKeyless")
        {
            return true;
        }
        if problem.kind != Kind::NotFound {
            return false;
        }
        if dependent.kind == DependentKind::MediaV2Account && self.is_detached(dependent).await {
            return true;
        }
        let Ok(keys) = self.any_keys().await else { return false };
        let binding = adapter(dependent.kind).binding(&self.scene(&keys), dependent).await;
        matches!(binding, Err(problem) if problem.kind == Kind::NotFound)
    }

    /// Whether the storage account is not attached to this AMS v2 account any more, or is reached by identity: the account itself is
    /// still there, and holds no key of it.
    pub(super) async fn is_detached(&self, dependent: &Dependent) -> bool {
        let Ok(keys) = self.any_keys().await else { return false };
        let binding = adapter(dependent.kind).binding(&self.scene(&keys), dependent).await;
        binding.is_ok_and(|binding| binding.held == Held::Nothing)
    }
}

/// What is not found although the dependent itself is there may come back.
pub(super) fn not_there_yet(problem: Problem) -> Failure {
    if problem.kind == Kind::NotFound { Failure::NotYet(problem.message) } else { problem.into() }
}
