//! Syncs: what depends on an account is told to re-read its keys, or given one, and shown to hold a current one. Nothing is
//! regenerated, so that a sync needs no acceptance, asks nothing, and is repaired by running it again.
//!
//! A sync of one storage account is one run, with a journal and the locks of every run; without anything to change there is
//! none. `named` looks up what the user named, `survey` finds out what has to be done, `outcome` reads from the journal what came of it.

pub mod named;
mod outcome;
mod survey;

use time::OffsetDateTime;

use crate::dependents::{Chosen, Scene, adapter};
use crate::domain::dependent::{Dependent, DependentKind, NotInspected};
use crate::domain::event::{Entry, Event, Outcome};
use crate::domain::key::Slot;
use crate::domain::plan::{ActiveKnowledge, Options, Plan, Strategy};
use crate::domain::problem::{Kind, Problem};
use crate::domain::resource_id::ResourceId;
use crate::domain::sync::{SyncOutcome, SyncReport, SyncRow};

use super::drive::Patience;
use super::engine::{Engine, Start};
use super::journal;
use super::legs::Legs;
use survey::{Need, Survey, unread};

/// What is to be synced of one storage account.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The storage account.
    pub account: ResourceId,
    /// Its dependents.
    pub chosen: Chosen,
}

/// How it is to be synced.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// Only say what would be done.
    pub dry_run: bool,
    /// Sync also where a current key is proven.
    pub always: bool,
    /// The slot that is written into push dependents; without it they keep a current key, and get the slot in use otherwise.
    pub key: Option<Slot>,
    /// Whether to wait for the proofs.
    pub patience: Patience,
    /// The run's id; a new one when absent. With several storage accounts, `ID.ACCOUNT` for each.
    pub run_id: Option<String>,
    /// SHA-256 over what was asked for.
    pub request_digest: String,
    /// The user's change reference.
    pub change_reference: Option<String>,
}

/// What became of one selection.
type Ended = (Vec<SyncRow>, Vec<NotInspected>);

impl Engine {
    /// Syncs one storage account after the other. What fails is a row like any other, and keeps nothing else from being synced.
    ///
    /// # Errors
    /// What concerns every row: no sign-in, an interrupt, a state folder that cannot be written; and whatever went wrong
    /// before anything was found that a row could name.
    pub async fn sync(&self, selections: &[Selection], wishes: &Wishes) -> Result<SyncReport, Problem> {
        let mut report = SyncReport { dry_run: wishes.dry_run, ..SyncReport::default() };
        for selection in selections {
            let run = match &wishes.run_id {
                Some(run) if selections.len() > 1 => Some(format!("{run}.{}", selection.account.name())),
                run => run.clone(),
            };
            match self.sync_account(selection, wishes, run).await {
                Ok((rows, not_inspected)) => {
                    report.rows.extend(rows);
                    report.not_inspected.extend(not_inspected);
                }
                Err(problem) if concerns_everything(&problem) => return Err(problem),
                Err(problem) => {
                    let named = selection.chosen.named();
                    if named.is_empty() {
                        return Err(problem);
                    }
                    report.rows.extend(named.into_iter().map(|(id, kind)| unread(&id, kind, selection, problem.clone())));
                }
            }
        }
        Ok(report)
    }

    async fn sync_account(&self, selection: &Selection, wishes: &Wishes, run: Option<String>) -> Result<Ended, Problem> {
        if !wishes.dry_run
            && let Some(run) = &run
            && let Some(ended) = self.sync_again(run, wishes).await?
        {
            return Ok((ended, Vec::new()));
        }
        let survey = survey::take(&self.client, selection, wishes).await?;
        if !wishes.dry_run {
            self.make_way(&selection.account, &survey)?;
        }
        let not_inspected = survey.not_inspected.clone();
        if wishes.dry_run || survey.nothing_to_do() {
            return Ok((survey.rows(), not_inspected));
        }
        Ok((self.carry_out(survey, wishes, run).await?, not_inspected))
    }

    /// A run of this id that was begun before goes on, or gives its rows again.
    async fn sync_again(&self, run: &str, wishes: &Wishes) -> Result<Option<Vec<SyncRow>>, Problem> {
        let Some(head) = self.head(run)? else { return Ok(None) };
        if head.request_digest != wishes.request_digest {
            return Err(Problem::drift("anotherRequest", format!("run {run} was begun with another request"))
                .hint("use another --run-id, or leave it out"));
        }
        let ended = self.resume(run, Vec::new(), wishes.patience).await.map(|_| ());
        let (plan, entries) = self.entries(run)?;
        let rows = plan.dependents.iter().map(|dependent| survey::as_found(dependent, &plan)).collect();
        self.close(run, ended, &plan, &entries, rows).map(Some)
    }

    /// An unfinished sync is superseded by the next one that looks at everything it would have done; any other unfinished run
    /// on the account comes first (promise P8).
    fn make_way(&self, account: &ResourceId, survey: &Survey) -> Result<(), Problem> {
        for run in self.unfinished_rotations()? {
            if !self.head(&run)?.is_some_and(|head| head.account.eq_ignore_ascii_case(account.as_str())) {
                continue;
            }
            let (plan, _) = self.entries(&run)?;
            let covered = |dependent: &Dependent| survey.surveyed.iter().any(|(known, _, _)| known.is(&dependent.id));
            if plan.options.strategy == Strategy::Sync && plan.dependents.iter().all(covered) {
                self.give_up(&run)?;
            }
        }
        self.no_unfinished_run(account, None)
    }

    /// Ends a sync whose work was not done. Nothing has to be undone.
    fn give_up(&self, run: &str) -> Result<(), Problem> {
        match self.open(run)? {
            Some((mut journal, _lock)) => journal.append(Event::Finished { outcome: Outcome::Aborted }),
            None => Ok(()),
        }
    }

    async fn carry_out(&self, survey: Survey, wishes: &Wishes, run: Option<String>) -> Result<Vec<SyncRow>, Problem> {
        let run = run.unwrap_or_else(|| azure_core::Uuid::new_v4().to_string());
        let (rows, account, keys) = (survey.rows(), survey.account.clone(), survey.keys.clone());
        let plan = plan(survey, self.client.clock().now());
        let start = Start {
            run_id: Some(run.clone()),
            plan: plan.clone(),
            request_digest: wishes.request_digest.clone(),
            accepted: Vec::new(),
            change_reference: wishes.change_reference.clone(),
            patience: wishes.patience,
        };
        let ended = self.rotate(start).await.map(|_| ());
        let entries = if self.head(&run)?.is_some() { self.entries(&run)?.1 } else { Vec::new() };
        let mut rows = self.close(&run, ended, &plan, &entries, rows)?;
        // Every proof compares with the keys as they were: whoever regenerated one meanwhile made it worthless.
        if let Ok(now) = self.client.list_keys(&account.id).await
            && let Some(problem) = drift(&account.id, &now.state(&account.id).changed(&plan.keys))
        {
            let shown = |row: SyncRow| if row.certainty.is_some() { row.failed(problem.clone()) } else { row };
            return Ok(rows.into_iter().map(shown).collect());
        }
        // A workspace chooses its slot by itself, and shows it.
        let chose = |row: &&mut SyncRow| row.kind == DependentKind::Workspace && row.outcome == SyncOutcome::Synced;
        for row in rows.iter_mut().filter(chose) {
            let Some(dependent) = plan.dependent(&row.resource) else { continue };
            let scene = Scene::new(&self.client, &account, &keys);
            row.holds = adapter(dependent.kind).binding(&scene, dependent).await.ok().map(|binding| binding.held);
        }
        Ok(rows)
    }

    /// Makes the rows of a run that ended, for now or for good. One that was stopped is given up: the next sync looks anew.
    fn close(
        &self,
        run: &str,
        ended: Result<(), Problem>,
        plan: &Plan,
        entries: &[Entry],
        rows: Vec<SyncRow>,
    ) -> Result<Vec<SyncRow>, Problem> {
        let stopped = match ended {
            Ok(()) => None,
            Err(problem) if matches!(problem.kind, Kind::Interrupted(_)) => {
                return Err(problem.because(outcome::begun(plan, entries)));
            }
            Err(problem) if concerns_everything(&problem) => return Err(problem),
            Err(problem) => {
                if !entries.is_empty() {
                    self.give_up(run)?;
                }
                Some(again(problem))
            }
        };
        Ok(outcome::rows(plan, entries, stopped.as_ref(), run, rows))
    }

    fn entries(&self, run: &str) -> Result<(Plan, Vec<Entry>), Problem> {
        let bytes = self.storage.read_journal(run)?.ok_or_else(|| journal::no_such_run(run))?;
        let entries = journal::read(run, &bytes)?.entries;
        Ok((journal::fold(self.storage.as_ref(), run, &entries)?.0, entries))
    }
}

/// The plan of a sync.
fn plan(survey: Survey, now: OffsetDateTime) -> Plan {
    let Survey { account, keys, slot, untested, surveyed, media_v2, .. } = survey;
    let of = |wanted: Need| {
        let wanted = surveyed.iter().filter(|(_, need, _)| *need == wanted);
        wanted.map(|(dependent, _, _)| dependent.id.clone()).collect::<Vec<_>>()
    };
    let (pulls, pushes) = (of(Need::Tell), of(Need::Write));
    let options = Options { strategy: Strategy::Sync, ..Options::default() };
    let dependents: Vec<_> = surveyed.iter().map(|(dependent, _, _)| dependent.clone()).collect();
    let written = dependents.iter().filter(|dependent| pushes.contains(&dependent.id));
    let mut services: Vec<_> = written.flat_map(|dependent| dependent.services.iter().copied()).collect();
    services.sort_unstable();
    services.dedup();
    services.retain(|service| account.endpoint(*service).is_some());
    Plan {
        steps: Legs::new(&options, &dependents, 1).of_sync(slot, pulls, &pushes),
        keys: keys.state(&account.id),
        subscriptions: vec![account.id.subscription().to_owned()],
        account,
        created: now,
        active: slot,
        active_knowledge: ActiveKnowledge::Assumed,
        dependents,
        services,
        untested,
        acceptances: Vec::new(),
        blockers: Vec::new(),
        warnings: Vec::new(),
        not_inspected: Vec::new(),
        missing_permissions: Vec::new(),
        vaults: Vec::new(),
        media_v2,
        options,
    }
}

/// Whether a problem is about no single dependent: then the others would meet it too.
fn concerns_everything(problem: &Problem) -> bool {
    matches!((problem.kind, problem.http_status), (Kind::Interrupted(_), _) | (Kind::Permission, None | Some(401)))
        || matches!(problem.code.as_str(), "stateNotWritten" | "stateNotRead" | "brokenJournal" | "journalFromTheFuture")
}

/// The problem of slots that somebody else regenerated while a sync was at work.
fn drift(account: &ResourceId, changed: &[Slot]) -> Option<Problem> {
    let slots: Vec<&str> = changed.iter().map(|slot| slot.name()).collect();
    (!slots.is_empty()).then(|| {
        let slots = slots.join(" and ");
        again(Problem::drift("slotChanged", format!("somebody else regenerated {slots} of {} meanwhile", account.name())))
    })
}

/// The way on after a sync that stopped is always the same.
fn again(problem: Problem) -> Problem {
    if problem.kind == Kind::Locked {
        return problem;
    }
    Problem { hints: Vec::new(), ..problem }.hint("run the same command again: a sync takes the keys as they are then")
}
