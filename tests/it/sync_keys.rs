//! Syncs, over the whole path: what is told, written, proven, skipped, and what goes wrong.

mod proofs;
mod seeds;
mod syncing;
mod troubles;

use keyroll::contract::world::{Fault, FaultKind, World};
use keyroll::dependents::Chosen;
use keyroll::domain::problem::Problem;
use keyroll::domain::resource_id::ResourceId;
use keyroll::domain::sync::{SyncOutcome, SyncReport, SyncRow};
use keyroll::rotation::Patience;
use keyroll::rotation::sync::named::Named;
use keyroll::rotation::sync::{Selection, Wishes};
use keyroll::sim::holder::HolderKind;

use crate::rig::Rig;
use crate::worlds::{account, id};

/// What a command without options wishes.
fn plainly() -> Wishes {
    Wishes {
        dry_run: false,
        always: false,
        key: None,
        patience: Patience::Wait,
        run_id: None,
        request_digest: "the same request".to_owned(),
        change_reference: None,
    }
}

fn everything(rig: &Rig) -> Selection {
    Selection { account: rig.account.clone(), chosen: Chosen::Everything(rig.scope.clone()) }
}

fn workspace(rig: &Rig, name: &str, datastores: bool) -> Selection {
    let client = rig.client();
    let named = Named { name, group: Some("prod"), subscriptions: &rig.scope.subscriptions };
    let workspace = rig.run(named.workspace(&client)).expect("lives").expect("is there");
    let account = workspace.storage_account.clone().expect("an account");
    Selection { account, chosen: Chosen::Workspace { workspace, datastores } }
}

/// Every storage account of a media account.
fn media(rig: &Rig, name: &str) -> Vec<Selection> {
    let client = rig.client();
    let named = Named { name, group: Some("prod"), subscriptions: &rig.scope.subscriptions };
    let media = rig.run(named.media_account(&client)).expect("lives").expect("is there");
    let of = |account: &ResourceId| Selection { account: account.clone(), chosen: Chosen::MediaAccounts(vec![media.clone()]) };
    media.storage_accounts.iter().map(of).collect()
}

fn batch(rig: &Rig, name: &str) -> Selection {
    let client = rig.client();
    let named = Named { name, group: Some("prod"), subscriptions: &rig.scope.subscriptions };
    let batch = rig.run(named.batch_account(&client)).expect("lives").expect("is there");
    Selection { account: batch.storage_account.clone().expect("an account"), chosen: Chosen::BatchAccount(batch) }
}

fn sync(rig: &Rig, selections: &[Selection], wishes: &Wishes) -> Result<SyncReport, Problem> {
    rig.run(rig.engine().sync(selections, wishes)).expect("nobody dies")
}

fn row<'a>(report: &'a SyncReport, name: &str) -> &'a SyncRow {
    report.rows.iter().find(|row| row.name == name).unwrap_or_else(|| panic!("no row of {name} in {report:#?}"))
}

fn outcome(report: &SyncReport, name: &str) -> SyncOutcome {
    row(report, name).outcome
}

/// The same world in which somebody regenerates a slot before anything else happens, as the articles do.
fn regenerated_by_others(mut world: World, slot: &str) -> World {
    world.faults.push(Fault::at("storage.get", 1, FaultKind::OthersRegenerate { slot: slot.to_owned() }));
    world
}

/// Everybody who moves with a sync holds a living key, nothing was lost on the way, no proof was a lie, and no secret was told.
#[track_caller]
fn all_is_well(rig: &Rig) {
    let audit = rig.azure.audit();
    assert_eq!(audit.losses, [] as [&str; 0]);
    assert_eq!(audit.overlapping_writes, [] as [&str; 0]);
    assert_eq!(audit.own_regenerates().count(), 0, "a sync regenerates nothing");
    assert_eq!(rig.heard.lies(), [] as [&str; 0]);
    let follows = |kind| {
        !matches!(
            kind,
            HolderKind::Consumer
                | HolderKind::PinnedConsumer
                | HolderKind::MediaOrigin
                | HolderKind::Viewer
                | HolderKind::HandedOutSas
        )
    };
    for held in audit.holders.iter().filter(|held| follows(held.kind)) {
        assert!(held.current, "{held:?}");
    }
    let everything = String::from_utf8_lossy(&rig.memory.everything()).into_owned();
    assert!(!audit.secrets.iter().any(|secret| everything.contains(secret)), "a secret is in the state");
}

fn media_id(name: &str) -> String {
    id("Microsoft.Media/mediaservices", name)
}

fn batch_id(name: &str) -> String {
    id("Microsoft.Batch/batchAccounts", name)
}

/// How often a dependent was told.
fn tells(rig: &Rig, id: &str) -> usize {
    rig.azure.audit().tells.iter().filter(|told| told.eq_ignore_ascii_case(id)).count()
}

/// The world of every kind, with a Batch account.
fn production() -> World {
    let mut world = crate::worlds::production();
    world.batch_accounts.push(keyroll::contract::world::BatchAccount::new(&batch_id("batch-a"), &account()));
    world
}
