//! What a sync moves, and what it leaves alone.

use keyroll::contract::world::{
    AttachedStorage, Credentials, Datastore, MediaAccount, StorageAccount, Subscription, SystemDatastores, Workspace,
};
use keyroll::dependents::Chosen;
use keyroll::domain::binding::Held;
use keyroll::domain::event::Certainty;
use keyroll::domain::key::Slot;
use keyroll::domain::sync::{SyncOutcome, SyncState};
use keyroll::rotation::sync::{Selection, Wishes};
use serde_json::json;

use super::*;
use crate::worlds::lonely;

/// The AMS v3 and ML articles regenerate key1 and sync then. A sync repairs all of that, whatever holds the key.
#[test]
fn after_somebody_regenerated_the_key_in_use_everything_is_repaired() {
    let rig = Rig::new(regenerated_by_others(production(), "key1"));
    let report = sync(&rig, &[everything(&rig)], &plainly()).expect("syncs");
    assert_eq!(report.state(), SyncState::Done, "{report:#?}");
    for name in ["ml-a", "ds-raw", "ds-share", "ds-lake", "ds-sas", "storage-key", "storage-connection", "batch-a"] {
        let name = if name.starts_with("storage") { format!("kv-prod/{name}") } else { name.to_owned() };
        assert_eq!(outcome(&report, &name), SyncOutcome::Synced, "{name}");
        let wanted = if name == "batch-a" { Certainty::Assumed } else { Certainty::Proven };
        assert_eq!(row(&report, &name).certainty, Some(wanted), "{name}");
    }
    assert_eq!(outcome(&report, "ds-none"), SyncOutcome::Skipped);
    assert_eq!(row(&report, "ds-none").why, "uses no credentials");
    assert_eq!(outcome(&report, "workspacefilestore"), SyncOutcome::Synced, "with its workspace");
    assert_eq!(row(&report, "ml-a").holds, Some(Held::Slot(Slot::Key1)));
    assert!(row(&report, "ml-a").took.is_some_and(|took| took.as_secs() >= 30), "the operation was waited for");
    assert!(row(&report, "ds-raw").run_id.is_some() && row(&report, "ds-raw").correlation_id.is_some());
    all_is_well(&rig);

    let again = sync(&rig, &[everything(&rig)], &plainly()).expect("syncs");
    let still = |name| (outcome(&again, name), row(&again, name).certainty);
    for name in ["ml-a", "media-a", "ds-sas", "kv-prod/storage-key"] {
        assert_eq!(still(name), (SyncOutcome::Current, Some(Certainty::Proven)), "{name}");
    }
    assert_eq!(still("batch-a"), (SyncOutcome::Synced, Some(Certainty::Assumed)), "nothing proves a Batch account");
}

/// The article finds blob datastores only, does not look at the account, forgets SAS, and loses protocol, endpoint and identity.
#[test]
fn datastores_of_every_type_are_written_whole_and_those_of_other_accounts_never() {
    let mut world = regenerated_by_others(production(), "key1");
    let other = id("Microsoft.Storage/storageAccounts", "stother");
    world.storage_accounts.push(StorageAccount::new(&other));
    let stores = &mut world.workspaces[0].datastores;
    for store in stores.iter_mut().filter(|store| store.name.starts_with("ds-")) {
        store.properties.insert("tags".into(), json!({ "team": "vision" }));
        store.properties.insert("description".into(), json!("kept"));
        store.properties.insert("serviceDataAccessAuthIdentity".into(), json!("WorkspaceSystemAssignedIdentity"));
        store.properties.insert("protocol".into(), json!("wasbs"));
    }
    stores.push(Datastore::new("ds-other", "AzureBlob", &other, "containerName", "c").with_key("key1", &other));
    let mut sovereign = Datastore::new("ds-china", "AzureBlob", &account(), "containerName", "c");
    sovereign.properties.insert("endpoint".into(), json!("core.chinacloudapi.cn"));
    sovereign.credentials = Credentials { kind: "AccountKey".into(), secret: Some("another cloud's key, long enough".into()) };
    stores.push(sovereign);
    let rig = Rig::new(world);
    let report = sync(&rig, &[workspace(&rig, "ml-a", true)], &plainly()).expect("syncs");
    for name in ["ds-raw", "ds-share", "ds-lake", "ds-sas"] {
        assert_eq!(outcome(&report, name), SyncOutcome::Synced, "{report:#?}");
    }
    assert_eq!(outcome(&report, "ds-china"), SyncOutcome::Skipped, "the same name in another cloud is another account");
    assert!(report.rows.iter().all(|row| row.name != "ds-other"));
    let audit = rig.azure.audit();
    let store = |name: &str| format!("{}/datastores/{name}", id("Microsoft.MachineLearningServices/workspaces", "ml-a"));
    for name in ["ds-other", "ds-china", "ds-none"] {
        assert_eq!(audit.writes_of(&store(name)), 0, "{name}");
    }
    assert_eq!(audit.losses, [] as [&str; 0], "protocol, endpoint, identity, tags and description came along");
    assert_eq!(rig.heard.lies(), [] as [&str; 0]);
}

#[test]
fn datastores_are_left_alone_when_that_is_asked_for() {
    let rig = Rig::new(regenerated_by_others(production(), "key1"));
    let report = sync(&rig, &[workspace(&rig, "ml-a", false)], &plainly()).expect("syncs");
    assert_eq!((report.rows.len(), outcome(&report, "ml-a")), (1, SyncOutcome::Synced));
    let user = |write: &&keyroll::sim::audit::WriteRecord| write.dependent.contains("/ds-");
    assert_eq!(rig.azure.audit().writes.iter().filter(user).count(), 0);
}

/// The article builds the storage account's id from the media account's group. The real id says where it is.
#[test]
fn a_storage_account_of_another_group_and_subscription_is_synced_by_its_own_id() {
    let mut world = lonely();
    let far = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/elsewhere/providers/Microsoft.Storage/storageAccounts/stfar";
    world.subscriptions.push(Subscription { id: "22222222-2222-2222-2222-222222222222".into(), name: "far".into() });
    world.storage_accounts.push(StorageAccount::new(far));
    let mut live = MediaAccount::new(&media_id("ams-live"), &account());
    live.storage_accounts.push(AttachedStorage { id: far.to_owned(), primary: false, synced: false });
    world.media_accounts.push(live);
    world.unknowns.respells_ids = true;
    let rig = Rig::new(world);
    let report = sync(&rig, &media(&rig, "ams-live"), &plainly()).expect("syncs");
    let near = report.rows.iter().find(|row| row.storage_account.ends_with("/stprod")).expect("a row");
    let far = report.rows.iter().find(|row| row.storage_account.ends_with("/stfar")).expect("a row");
    assert_eq!((near.outcome, near.certainty), (SyncOutcome::Current, Some(Certainty::Proven)));
    assert_eq!((far.outcome, far.certainty), (SyncOutcome::Synced, Some(Certainty::Assumed)), "it has no asset there");
    assert_eq!(tells(&rig, &media_id("ams-live")), 1, "one call for the one storage account");
    all_is_well(&rig);
}

#[test]
fn who_uses_an_identity_is_skipped_with_the_reason() {
    let mut world = production();
    world.media_accounts[0].storage_authentication = "ManagedIdentity".into();
    world.batch_accounts[0].auto_storage.as_mut().expect("linked").authentication_mode =
        Some("BatchAccountManagedIdentity".into());
    let mut without = Workspace::new(&id("Microsoft.MachineLearningServices/workspaces", "ml-id"), &account());
    without.system_datastores_auth_mode = Some("identity".into());
    world.workspaces.push(without);
    let rig = Rig::new(world);
    let wishes = Wishes { always: true, ..plainly() };
    let selections = [media(&rig, "media-a"), vec![workspace(&rig, "ml-id", true), batch(&rig, "batch-a")]].concat();
    let report = sync(&rig, &selections, &wishes).expect("syncs");
    for (name, why) in [
        ("media-a", "uses a managed identity"),
        ("ml-id", "its system datastores use an identity"),
        ("batch-a", "uses a managed identity"),
    ] {
        assert_eq!((outcome(&report, name), row(&report, name).why.as_str()), (SyncOutcome::Skipped, why));
    }
    assert_eq!(rig.azure.audit().tells, [] as [&str; 0]);
    assert_eq!(report.state(), SyncState::Done);
}

#[test]
fn a_project_is_synced_through_its_hub() {
    let mut world = regenerated_by_others(production(), "key1");
    world.workspaces[0].kind = "Hub".into();
    let mut project =
        Workspace::new(&id("Microsoft.MachineLearningServices/workspaces", "proj"), &account()).with_system_datastores("key1");
    project.kind = "Project".into();
    project.hub = Some(world.workspaces[0].id.clone());
    world.workspaces.push(project);
    let rig = Rig::new(world);
    let report = sync(&rig, &[workspace(&rig, "proj", true)], &plainly()).expect("syncs");
    assert_eq!(outcome(&report, "proj"), SyncOutcome::Synced, "{report:#?}");
    assert_eq!(tells(&rig, &id("Microsoft.MachineLearningServices/workspaces", "ml-a")), 1);
    assert_eq!(tells(&rig, &id("Microsoft.MachineLearningServices/workspaces", "proj")), 0);
    assert_eq!(rig.heard.lies(), [] as [&str; 0]);
}

/// Whether a resync rewrites them is unknown: those that it leaves are written at the ceiling of the proof.
#[test]
fn system_datastores_that_the_resync_leaves_are_written_at_last() {
    let mut world = regenerated_by_others(production(), "key1");
    world.unknowns.resync_rewrites = SystemDatastores::None;
    let rig = Rig::new(world);
    let report = sync(&rig, &[workspace(&rig, "ml-a", true)], &plainly()).expect("syncs");
    assert_eq!((outcome(&report, "ml-a"), outcome(&report, "workspacefilestore")), (SyncOutcome::Synced, SyncOutcome::Synced));
    assert_eq!(rig.heard.lies(), [] as [&str; 0]);
    assert_eq!(rig.azure.audit().losses, [] as [&str; 0]);
}

#[test]
fn a_key_is_pushed_into_every_datastore_of_the_account() {
    let rig = Rig::new(production());
    let Chosen::Workspace { workspace, .. } = workspace(&rig, "ml-a", true).chosen else { unreachable!("as made above") };
    let selection = Selection { account: rig.account.clone(), chosen: Chosen::Datastores(workspace) };
    let to_key2 = Wishes { key: Some(Slot::Key2), ..plainly() };
    let report = sync(&rig, std::slice::from_ref(&selection), &to_key2).expect("writes");
    for name in ["ds-raw", "ds-share", "ds-lake", "ds-sas"] {
        let row = row(&report, name);
        assert_eq!((row.outcome, row.holds.clone()), (SyncOutcome::Synced, Some(Held::Slot(Slot::Key2))), "{name}");
    }
    assert_eq!(outcome(&report, "workspaceblobstore"), SyncOutcome::Skipped, "the workspace chooses its key");
    assert_eq!(tells(&rig, &id("Microsoft.MachineLearningServices/workspaces", "ml-a")), 0);
    all_is_well(&rig);
    let writes = rig.azure.audit().writes.len();
    let again = sync(&rig, std::slice::from_ref(&selection), &to_key2).expect("finds nothing to write");
    assert_eq!((outcome(&again, "ds-raw"), rig.azure.audit().writes.len()), (SyncOutcome::Current, writes));
    let any = sync(&rig, &[selection], &plainly()).expect("finds nothing to write");
    assert_eq!((outcome(&any, "ds-raw"), outcome(&any, "workspaceblobstore")), (SyncOutcome::Current, SyncOutcome::Current));
}

#[test]
fn a_system_datastore_with_an_old_key_is_not_written_over_its_workspace() {
    let rig = Rig::new(regenerated_by_others(production(), "key1"));
    let Chosen::Workspace { workspace, .. } = workspace(&rig, "ml-a", true).chosen else { unreachable!("as made above") };
    let selection = Selection { account: rig.account.clone(), chosen: Chosen::Datastores(workspace) };
    let report = sync(&rig, &[selection], &plainly()).expect("writes the others");
    assert_eq!((outcome(&report, "ds-raw"), outcome(&report, "workspaceblobstore")), (SyncOutcome::Synced, SyncOutcome::Failed));
    let problem = report.first_problem().expect("a problem");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("resyncNeeded", 12));
    assert!(problem.hints[0].contains("keyroll sync-keys ml"), "{problem:?}");
}

#[test]
fn system_datastores_behind_a_firewall_are_written_at_last_without_validation() {
    let mut world = regenerated_by_others(production(), "key1");
    world.unknowns.resync_rewrites = keyroll::contract::world::SystemDatastores::None;
    world.storage_accounts[0].blocked_services = vec!["blob".into()];
    world.workspaces[0].datastores.retain(|store| store.name.starts_with("workspace"));
    world.media_accounts.clear();
    world.batch_accounts.clear();
    world.vaults.clear();
    let rig = Rig::new(world);
    let report = sync(&rig, &[workspace(&rig, "ml-a", true)], &plainly()).expect("syncs");
    assert_eq!(report.state(), SyncState::Done, "{report:#?}");
    all_is_well(&rig);
}
