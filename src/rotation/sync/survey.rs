//! What has to be done: every dependent is looked at, and only where a current key is proven nothing is.

use futures::stream::{self, StreamExt as _};

use crate::azure::client::Client;
use crate::azure::data_plane::Acceptance;
use crate::dependents::data_plane::services_in_use;
use crate::dependents::datastore_search::DATASTORES;
use crate::dependents::{Chosen, Expected, NOT_ATTACHED, Proof, Scene, Verdict, adapter};
use crate::domain::account::{AccountKeys, Service, StorageAccount};
use crate::domain::binding::{Held, Knowledge};
use crate::domain::dependent::{Dependent, DependentKind, Extent, Movement, NotInspected};
use crate::domain::event::Certainty;
use crate::domain::key::{Slot, StorageKey};
use crate::domain::media_v2::MediaV2Account;
use crate::domain::plan::Plan;
use crate::domain::problem::{Kind, Problem};
use crate::domain::resource_id::ResourceId;
use crate::domain::sync::{SyncOutcome, SyncRow};

use super::super::inventory::{explain_keys, invisible, slot_in_use};
use super::{Selection, Wishes, concerns_everything};

/// How many dependents are looked at side by side.
const CONCURRENCY: usize = 8;

/// How often a survey is begun because a key changed meanwhile.
const TRIES: u32 = 5;

/// What one dependent needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Nothing.
    Nothing,
    /// To be told, or proven with the one that is told.
    Tell,
    /// To be written.
    Write,
    /// What its parent needs.
    AsParent,
}

/// What was found.
#[derive(Debug)]
pub(super) struct Survey {
    pub account: StorageAccount,
    pub keys: AccountKeys,
    /// The slot that is written.
    pub slot: Slot,
    pub untested: Vec<Service>,
    /// Each dependent, what it needs, and its row as it stands.
    pub surveyed: Vec<(Dependent, Need, SyncRow)>,
    /// What was found and could not be read, as rows that failed.
    pub unread: Vec<SyncRow>,
    pub not_inspected: Vec<NotInspected>,
    /// The AMS v2 accounts among them.
    pub media_v2: Vec<MediaV2Account>,
}

impl Survey {
    /// Whether nothing would be sent.
    pub(super) fn nothing_to_do(&self) -> bool {
        !self.surveyed.iter().any(|(_, need, _)| matches!(need, Need::Tell | Need::Write))
    }

    /// The rows as they stand now: what is to be done is planned.
    pub(super) fn rows(&self) -> Vec<SyncRow> {
        self.surveyed.iter().map(|(_, _, row)| row.clone()).chain(self.unread.iter().cloned()).collect()
    }
}

/// Reads the account, its keys, and what the chosen dependents hold of them; anew, when a key changed while that was done. A
/// `listKeys` that stays stale for longer than the survey takes would deceive it: who has just regenerated a key asks for a
/// sync that always sends.
pub(super) async fn take(client: &Client, selection: &Selection, wishes: &Wishes) -> Result<Survey, Problem> {
    let account = client.storage_account(&selection.account).await?;
    let mut tries = 1;
    loop {
        let survey = look_around(client, account.clone(), selection, wishes).await?;
        let now = client.list_keys(&account.id).await?.state(&account.id);
        if now.changed(&survey.keys.state(&account.id)).is_empty() {
            return Ok(survey);
        }
        if tries == TRIES {
            return Err(Problem::drift("slotChanged", format!("the keys of {} do not stay the same", account.id.name()))
                .hint("run the same command again in ten minutes; find out in the activity log who regenerates them"));
        }
        tries += 1;
    }
}

async fn look_around(
    client: &Client,
    account: StorageAccount,
    selection: &Selection,
    wishes: &Wishes,
) -> Result<Survey, Problem> {
    let keys = client.list_keys(&account.id).await.map_err(|problem| explain_keys(problem, &account.id))?;
    let found = selection.chosen.find(&Scene::new(client, &account, &keys)).await?;
    if let Some(problem) = found.blockers.iter().find(|problem| problem.code == NOT_ATTACHED) {
        return Err(problem.clone());
    }
    let slot = wishes.key.unwrap_or_else(|| slot_in_use(&found.dependents).0);
    let pushes: Vec<Dependent> =
        found.dependents.iter().filter(|dependent| dependent.movement == Movement::Push).cloned().collect();
    let services = if pushes.is_empty() { Vec::new() } else { services_in_use(&account, &pushes) };
    let key = &keys.get(slot).key;
    let mut untested = out_of_reach(client, &account, key, services.clone()).await;
    let scene = Scene { untested: &untested, ..Scene::new(client, &account, &keys) };
    let looks = found.dependents.into_iter().map(|dependent| look(&scene, dependent, selection, wishes));
    let mut surveyed = Vec::new();
    for looked in stream::iter(looks).buffered(CONCURRENCY).collect::<Vec<_>>().await {
        surveyed.push(looked?);
    }
    follow_parents(&mut surveyed);
    // A workspace that is told may leave its system datastores behind, and then they are written: without the service's own
    // validation where their storage cannot be reached.
    let told = surveyed.iter().filter(|(_, need, row)| *need == Need::Tell && row.kind == DependentKind::Workspace);
    let mut more: Vec<Service> = told.flat_map(|(dependent, _, _)| dependent.services.iter().copied()).collect();
    more.sort_unstable();
    more.dedup();
    more.retain(|service| !services.contains(service) && account.endpoint(*service).is_some());
    untested.extend(out_of_reach(client, &account, key, more).await);
    let mut not_inspected = found.not_inspected;
    let unread = match &selection.chosen {
        Chosen::Everything(_) => {
            not_inspected.extend(invisible());
            Vec::new()
        }
        chosen => missed(chosen, selection, &surveyed, &not_inspected),
    };
    let media_v2 = selection.chosen.media_v2().to_vec();
    Ok(Survey { account, keys, slot, untested, surveyed, unread, not_inspected, media_v2 })
}

async fn look(
    scene: &Scene<'_>,
    dependent: Dependent,
    selection: &Selection,
    wishes: &Wishes,
) -> Result<(Dependent, Need, SyncRow), Problem> {
    let row = row(&dependent, scene.account);
    let only_datastores = matches!(selection.chosen, Chosen::Datastores(_));
    let (need, row) = match dependent.movement {
        Movement::NoKey => (Need::Nothing, SyncRow { why: dependent.form.clone(), ..row }),
        _ if dependent.binding.held == Held::Nothing => {
            (Need::Nothing, SyncRow { why: "its SAS cannot be traced to a key, so it cannot be made anew".to_owned(), ..row })
        }
        Movement::WithParent if dependent.kind == DependentKind::Datastore && only_datastores => {
            system_datastore(&dependent, row, wishes, prove(scene, &dependent, Expected::AnyCurrent).await?)
        }
        Movement::WithParent if dependent.kind == DependentKind::Datastore => {
            let why = "belongs to the resync of its workspace".to_owned();
            (Need::AsParent, SyncRow { outcome: SyncOutcome::Planned, why, ..row })
        }
        Movement::Pull | Movement::WithParent => judge(scene, &dependent, row, wishes, Expected::AnyCurrent, Need::Tell).await?,
        Movement::Push if wishes.key.is_none() && is_read_as_both(&dependent) => {
            let why = "both current keys are read back".to_owned();
            (Need::Nothing, SyncRow { outcome: SyncOutcome::Current, certainty: Some(Certainty::Proven), why, ..row })
        }
        Movement::Push => {
            let expected = wishes.key.map_or(Expected::AnyCurrent, Expected::Slot);
            judge(scene, &dependent, row, wishes, expected, Need::Write).await?
        }
    };
    Ok((dependent, need, row))
}

fn is_read_as_both(dependent: &Dependent) -> bool {
    dependent.binding.held == Held::Both && dependent.binding.knowledge == Knowledge::Read
}

/// Whether a dependent has to be moved: it does, unless a current key is proven there.
async fn judge(
    scene: &Scene<'_>,
    dependent: &Dependent,
    row: SyncRow,
    wishes: &Wishes,
    expected: Expected,
    need: Need,
) -> Result<(Need, SyncRow), Problem> {
    if wishes.always {
        return Ok((need, SyncRow { outcome: SyncOutcome::Planned, why: "asked for with --always".to_owned(), ..row }));
    }
    let planned = |why: String| (need, SyncRow { outcome: SyncOutcome::Planned, why, ..row.clone() });
    Ok(match prove(scene, dependent, expected).await? {
        Ok(Proof { verdict: Verdict::Proven, how }) => {
            let certainty = Some(Certainty::Proven);
            (Need::Nothing, SyncRow { outcome: SyncOutcome::Current, certainty, why: how, ..row })
        }
        Ok(Proof { how, .. }) => planned(how),
        Err(problem) => planned(format!("what it holds is not known: {}", problem.message)),
    })
}

/// What has to be shown for a dependent to be left alone. A media account holds both keys, as far as its URLs show: one current
/// key beside an old one is no reason to leave it, because the next regenerate would take that one away.
fn wanted(dependent: &Dependent, expected: Expected) -> Vec<Expected> {
    match dependent.kind {
        DependentKind::MediaAccount => Slot::BOTH.map(Expected::Slot).to_vec(),
        _ => vec![expected],
    }
}

/// A proof, or why there is none; what concerns every dependent is an error.
async fn prove(scene: &Scene<'_>, dependent: &Dependent, expected: Expected) -> Result<Result<Proof, Problem>, Problem> {
    let mut last = Proof { verdict: Verdict::Pending, how: String::new() };
    for expected in wanted(dependent, expected) {
        match adapter(dependent.kind).prove(scene, dependent, expected).await {
            Err(problem) if concerns_everything(&problem) => return Err(problem),
            Ok(proof) if proof.verdict == Verdict::Proven => last = proof,
            other => return Ok(other),
        }
    }
    Ok(Ok(last))
}

/// A system datastore is written by its workspace alone, which chooses the slot too.
fn system_datastore(dependent: &Dependent, row: SyncRow, wishes: &Wishes, proof: Result<Proof, Problem>) -> (Need, SyncRow) {
    let skipped = "it belongs to its workspace, which chooses the key";
    let row = match proof {
        Ok(Proof { verdict: Verdict::Proven, how }) if wishes.key.is_none() => {
            SyncRow { outcome: SyncOutcome::Current, certainty: Some(Certainty::Proven), why: how, ..row }
        }
        Ok(Proof { verdict: Verdict::Proven | Verdict::Assumed, how }) => SyncRow { why: format!("{skipped}; {how}"), ..row },
        Ok(Proof { verdict: Verdict::Pending, how }) => {
            let workspace = dependent.parent.clone().unwrap_or_default();
            row.failed(
                Problem::blocked("resyncNeeded", format!("datastore {} belongs to its workspace, and {how}", dependent.name))
                    .hint(format!("let the workspace read the key again: keyroll sync-keys ml -n {workspace}")),
            )
        }
        Err(problem) => row.failed(problem),
    };
    (Need::Nothing, row)
}

/// A project that has to be told is told through its hub, and a datastore shares the lot of its workspace.
fn follow_parents(surveyed: &mut [(Dependent, Need, SyncRow)]) {
    let told: Vec<String> = surveyed
        .iter()
        .filter(|(dependent, need, _)| *need == Need::Tell && dependent.movement == Movement::WithParent)
        .filter_map(|(dependent, _, _)| dependent.parent.clone())
        .collect();
    for (dependent, need, row) in surveyed.iter_mut() {
        if *need == Need::Nothing && dependent.movement == Movement::Pull && told.iter().any(|id| dependent.is(id)) {
            *need = Need::Tell;
            *row =
                SyncRow { outcome: SyncOutcome::Planned, certainty: None, why: "a project needs it".to_owned(), ..row.clone() };
        }
    }
    let parents: Vec<SyncRow> = surveyed.iter().map(|(_, _, row)| row.clone()).collect();
    for (dependent, need, row) in surveyed.iter_mut().filter(|(_, need, _)| *need == Need::AsParent) {
        let parent = dependent.parent.as_ref().and_then(|id| parents.iter().find(|row| row.resource.eq_ignore_ascii_case(id)));
        if let Some(parent) = parent.filter(|parent| parent.outcome == SyncOutcome::Current) {
            *need = Need::Nothing;
            *row = SyncRow { outcome: SyncOutcome::Current, certainty: parent.certainty, ..row.clone() };
        }
    }
}

/// Those of these services that cannot be reached from here.
async fn out_of_reach(client: &Client, account: &StorageAccount, key: &StorageKey, services: Vec<Service>) -> Vec<Service> {
    let mut untested = Vec::new();
    for service in services {
        if let Ok(Acceptance::Unreachable { .. }) = client.accepts(account, service, key).await {
            untested.push(service);
        }
    }
    untested
}

/// What was named and could not be read, and so was not synced either.
fn missed(
    chosen: &Chosen,
    selection: &Selection,
    surveyed: &[(Dependent, Need, SyncRow)],
    not_inspected: &[NotInspected],
) -> Vec<SyncRow> {
    // A workspace that is told although its own key cannot be read is synced; its datastores are not.
    let told = |name: &str| surveyed.iter().any(|(_, need, row)| row.name == name && *need == Need::Tell);
    let known = |missed: &&NotInspected| told(&missed.what) && !missed.why.ends_with(DATASTORES);
    let missed = not_inspected.iter().filter(|missed| missed.extent == Extent::Unavailable && !known(missed));
    let row = |missed: &NotInspected| {
        let (id, kind) = chosen.named().into_iter().next()?;
        let problem = Problem::new(Kind::Failed, "notInspected", format!("{} was not synced: {}", missed.what, missed.why))
            .hint("give this sign-in the right to read it (keyroll doctor --role prints the role)");
        Some(SyncRow { name: missed.what.clone(), ..unread(&id, kind, selection, problem) })
    };
    missed.filter_map(row).collect()
}

/// The row of a resource of which nothing could be found out.
pub(super) fn unread(id: &str, kind: DependentKind, selection: &Selection, problem: Problem) -> SyncRow {
    let name = id.rsplit('/').next().unwrap_or(id);
    empty_row(id, name, kind, &selection.account).failed(problem)
}

/// The row of a dependent as it was found, before anything was done: skipped.
fn row(dependent: &Dependent, account: &StorageAccount) -> SyncRow {
    let held = Some(&dependent.binding.held).filter(|held| !matches!(held, Held::Unknown | Held::Nothing));
    SyncRow { holds: held.cloned(), ..empty_row(&dependent.id, &dependent.name, dependent.kind, &account.id) }
}

fn empty_row(id: &str, name: &str, kind: DependentKind, storage_account: &ResourceId) -> SyncRow {
    SyncRow {
        resource: id.to_owned(),
        name: name.to_owned(),
        kind,
        storage_account: storage_account.to_string(),
        outcome: SyncOutcome::Skipped,
        holds: None,
        certainty: None,
        why: String::new(),
        took: None,
        run_id: None,
        correlation_id: None,
        settled: None,
        problem: None,
    }
}

/// The row of a dependent of a run that was begun before, as far as its plan tells.
pub(super) fn as_found(dependent: &Dependent, plan: &Plan) -> SyncRow {
    let row = row(dependent, &plan.account);
    let in_a_step = plan.steps.iter().any(|step| step.dependents.iter().any(|id| dependent.is(id)));
    match dependent.movement {
        _ if in_a_step => SyncRow { outcome: SyncOutcome::Planned, ..row },
        Movement::NoKey => SyncRow { why: dependent.form.clone(), ..row },
        Movement::WithParent => {
            SyncRow { outcome: SyncOutcome::Planned, why: "belongs to the resync of its workspace".to_owned(), ..row }
        }
        Movement::Push | Movement::Pull => {
            let why = "held a current key when the run began".to_owned();
            SyncRow { outcome: SyncOutcome::Current, certainty: Some(Certainty::Proven), why, ..row }
        }
    }
}
