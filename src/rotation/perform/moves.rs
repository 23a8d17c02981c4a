//! Telling pull dependents and writing push dependents.

use crate::dependents::adapter;
use crate::domain::dependent::{Dependent, Movement};
use crate::domain::event::Event;
use crate::domain::key::Slot;
use crate::domain::planted::{Mistake, is_planted};
use crate::domain::problem::{Kind, Problem};

use super::super::storage::{Lock, NoLock};
use super::super::timing;
use super::{Failure, Worker};

impl Worker {
    pub(super) async fn tell(&self, step: u32, id: &str) -> Result<(), Problem> {
        let dependent = self.dependent(id)?;
        let Some(_lock) = self.own(step, &dependent)? else { return Ok(()) };
        let keys = match self.any_keys().await {
            Ok(keys) => keys,
            Err(failure) => return self.retry(step, id, failure, timing::TRY_AGAIN, timing::PATIENCE),
        };
        self.note(Event::TellIntent { step, dependent: id.to_owned() })?;
        match adapter(dependent.kind).tell(&self.scene(&keys), &dependent).await {
            Ok(moved) => {
                self.note(Event::Told { step, dependent: id.to_owned(), how: moved.how, correlation_id: moved.correlation_id })
            }
            Err(problem) => self.move_failed(step, id, problem),
        }
    }

    pub(super) async fn publish(&self, step: u32, id: &str, slot: Slot) -> Result<(), Problem> {
        let dependent = self.dependent(id)?;
        let Some(_lock) = self.own(step, &dependent)? else { return Ok(()) };
        let keys = match self.expected_keys().await {
            Ok(keys) => keys,
            Err(Failure::Final(problem)) if problem.kind == Kind::Drift => return Err(problem),
            Err(failure) => return self.retry(step, id, failure, timing::TRY_AGAIN, timing::PATIENCE),
        };
        self.note(Event::PublishIntent { step, dependent: id.to_owned(), slot })?;
        match adapter(dependent.kind).publish(&self.scene(&keys), &dependent, slot).await {
            Ok(moved) => self.note(Event::Published {
                step,
                dependent: id.to_owned(),
                slot,
                sent: moved.sent,
                how: if is_planted(Mistake::TellSecret) { keys.get(slot).key.expose().to_owned() } else { moved.how },
                correlation_id: moved.correlation_id,
            }),
            Err(problem) => self.move_failed(step, id, problem),
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
            Err(problem) => self.move_failed(step, id, problem).map(|()| true),
        }
    }

    /// One writer per dependent across every run that shares the state (promise P8).
    fn own(&self, step: u32, dependent: &Dependent) -> Result<Option<Box<dyn Lock>>, Problem> {
        if is_planted(Mistake::SkipLocks) {
            return Ok(Some(Box::new(NoLock)));
        }
        let lock = self.storage.lock(&dependent.id)?;
        if lock.is_none() {
            let failure = Failure::NotYet(format!("another run is writing {}", dependent.name));
            self.retry(step, &dependent.id, failure, timing::LOCK_AGAIN, timing::PATIENCE)?;
        }
        Ok(lock)
    }

    fn move_failed(&self, step: u32, id: &str, problem: Problem) -> Result<(), Problem> {
        if no_longer_depends(&problem) {
            return self.note(Event::Gone { step, dependent: id.to_owned() });
        }
        self.retry(step, id, problem.into(), timing::TRY_AGAIN, timing::PATIENCE)
    }
}

/// Whether a dependent is gone, or was pointed elsewhere or given other credentials since it was found: then nothing
/// holds a key of this account there any more.
pub(super) fn no_longer_depends(problem: &Problem) -> bool {
    problem.kind == Kind::NotFound || matches!(problem.code.as_str(), "datastoreMoved" | "datastoreKeyless" | "secretKeyless")
}
