//! Several accounts side by side: each has a run of its own, and their waits pass at the same time.
//!
//! The runs of one request are named after it: `REQUEST.ACCOUNT`. That is all that holds them together, so that each can also be
//! gone on with, ended and reported on by itself.

use futures::future::join_all;

use crate::domain::event::{Event, Outcome};
use crate::domain::plan::Acceptance;
use crate::domain::problem::Problem;
use crate::domain::report::Report;
use crate::domain::resource_id::ResourceId;

use super::address_file;
use super::begin::Claim;
use super::drive::Patience;
use super::engine::{Engine, Start};
use super::journal;
use super::kind::RunKind;
use super::storage::check_run_id;

/// How one of several runs ended, for now or for good.
#[derive(Debug)]
pub struct Ended {
    /// The run.
    pub run_id: String,
    /// Where it stands, or what stopped it.
    pub result: Result<Report, Problem>,
}

/// The id of the run on one account among those of a request.
#[must_use]
pub fn member_id(request: &str, account: &str) -> String {
    format!("{request}.{}", account.to_ascii_lowercase())
}

impl Engine {
    /// The runs of a request that rolls several accounts, oldest first; none when there is no such request. One whose journal is
    /// broken is among them: it stands for its account and keeps no other from being looked at.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn members(&self, request: &str) -> Result<Vec<String>, Problem> {
        check_run_id(request)?;
        let mut members = Vec::new();
        for run in self.storage.runs()? {
            let Some(name) = run.strip_prefix(request).and_then(|rest| rest.strip_prefix('.')) else { continue };
            let journal = self.storage.read_journal(&run)?;
            if !journal.is_some_and(|bytes| RunKind::of(&bytes) == RunKind::Rotation) {
                continue;
            }
            let is_one = match self.head(&run) {
                Ok(None) => false,
                Ok(Some(head)) => {
                    let account = head.account.parse::<ResourceId>();
                    account.is_ok_and(|account| account.name().eq_ignore_ascii_case(name))
                }
                Err(problem) => problem.code == "brokenJournal",
            };
            if is_one {
                members.push(run);
            }
        }
        Ok(members)
    }

    /// The runs that these were begun beside, and that are not there: a process died before it began them, or they were moved away.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn never_begun(&self, members: &[String]) -> Result<Vec<String>, Problem> {
        let mut missing: Vec<String> = Vec::new();
        for run in members {
            let Ok(Some(head)) = self.head(run) else { continue };
            for sibling in head.siblings {
                if !members.contains(&sibling) && !missing.contains(&sibling) {
                    missing.push(sibling);
                }
            }
        }
        Ok(missing)
    }

    /// Carries out several plans side by side. Before the first of them changes anything, every journal is begun: what a process
    /// leaves behind when it dies is all there to be gone on with. What stops one keeps no other.
    ///
    /// # Errors
    /// What speaks against one of them before the first change; then none is begun.
    pub async fn rotate_together(&self, starts: Vec<Start>) -> Result<Vec<Ended>, Problem> {
        let mut claims = Vec::new();
        for start in starts {
            claims.push((self.claim(&start)?, start));
        }
        let runs: Vec<String> = claims.iter().map(|(claim, _)| claim.run().to_owned()).collect();
        let known = claims.iter().any(|(claim, _)| matches!(claim, Claim::Known(_)));
        address_file::prepared(claims.iter().map(|(_, start)| &start.plan), known)?;
        let mut begun = Vec::new();
        for (claim, start) in claims {
            let patience = start.patience;
            let siblings = runs.iter().filter(|run| *run != claim.run()).cloned().collect();
            let opened = match claim {
                Claim::Known(run) => Ok((run, patience, None)),
                Claim::New(run, locks) => self.begin(start, &run, siblings, locks).map(|opened| (run, patience, Some(opened))),
            };
            match opened {
                Ok(one) => begun.push(one),
                Err(problem) => {
                    for (mut journal, _lock) in begun.into_iter().filter_map(|(_, _, opened)| opened) {
                        // Nothing was changed. Where even that cannot be written, the run is ended by hand.
                        let _ = journal.append(Event::Finished { outcome: Outcome::Aborted });
                    }
                    return Err(problem);
                }
            }
        }
        let work = begun.into_iter().map(|(run_id, patience, opened)| async move {
            let result = match opened {
                Some((journal, _lock)) => self.work(journal, patience).await,
                None => self.resume(&run_id, Vec::new(), patience).await,
            };
            Ended { run_id, result }
        });
        Ok(join_all(work).await)
    }

    /// Goes on with several runs side by side. Each takes those of the accepted names that it asks for: what one of them showed
    /// somebody is not accepted of another that has not asked yet.
    pub async fn resume_together(&self, runs: Vec<String>, accepted: &[String], patience: Patience) -> Vec<Ended> {
        let work = runs.into_iter().map(|run_id| async move {
            let result = match self.asked_for(&run_id, accepted) {
                Ok(accepted) => self.resume(&run_id, accepted, patience).await,
                Err(problem) => Err(problem),
            };
            Ended { run_id, result }
        });
        join_all(work).await
    }

    /// Those of the names that a run ever asked for, in its plan or on the way: what one asks, nobody accepted for another.
    fn asked_for(&self, run: &str, accepted: &[String]) -> Result<Vec<String>, Problem> {
        if accepted.is_empty() {
            return Ok(Vec::new());
        }
        let bytes = self.storage.read_journal(run)?.ok_or_else(|| journal::no_such_run(run))?;
        let entries = journal::read(run, &bytes)?.entries;
        let (plan, _) = journal::fold(self.storage.as_ref(), run, &entries)?;
        let on_the_way = entries.iter().filter_map(|entry| match &entry.event {
            Event::Amended { acceptances, .. } => Some(acceptances),
            _ => None,
        });
        let asked: Vec<&Acceptance> = plan.acceptances.iter().chain(on_the_way.flatten()).collect();
        let asks = |name: &&String| asked.iter().any(|needed| needed.name.eq_ignore_ascii_case(name));
        Ok(accepted.iter().filter(asks).cloned().collect())
    }

    /// Points several runs back side by side.
    pub async fn abort_together(&self, runs: Vec<String>, patience: Patience) -> Vec<Ended> {
        let work = runs.into_iter().map(|run_id| async move {
            let result = Box::pin(self.abort(&run_id, patience)).await;
            Ended { run_id, result }
        });
        join_all(work).await
    }
}
