//! Only a proven current key is a reason to send nothing, and what cannot be proven is called assumed.

use keyroll::domain::event::Certainty;
use keyroll::domain::sync::{SyncOutcome, SyncState};
use keyroll::rotation::Patience;
use keyroll::rotation::sync::Wishes;

use super::*;

#[test]
fn where_a_current_key_is_proven_nothing_is_sent_and_no_run_is_begun() {
    let rig = Rig::new(production());
    let selections = [media(&rig, "media-a"), vec![workspace(&rig, "ml-a", true)]].concat();
    let report = sync(&rig, &selections, &plainly()).expect("looks");
    let known = |name| (outcome(&report, name), row(&report, name).certainty);
    for name in ["media-a", "ml-a", "ds-raw", "ds-sas", "workspaceblobstore"] {
        assert_eq!(known(name), (SyncOutcome::Current, Some(Certainty::Proven)), "{name}");
    }
    let audit = rig.azure.audit();
    assert_eq!((audit.tells.len(), audit.writes.len(), rig.heard.events().len()), (0, 0, 0));
    assert_eq!(report.state(), SyncState::Done);
}

#[test]
fn always_tells_all_the_same() {
    let rig = Rig::new(production());
    let selections = [media(&rig, "media-a"), vec![workspace(&rig, "ml-a", true)]].concat();
    let report = sync(&rig, &selections, &Wishes { always: true, ..plainly() }).expect("syncs");
    assert_eq!((outcome(&report, "media-a"), outcome(&report, "ml-a")), (SyncOutcome::Synced, SyncOutcome::Synced));
    assert_eq!(outcome(&report, "ds-raw"), SyncOutcome::Current, "what holds the key already is not written again");
    let audit = rig.azure.audit();
    assert_eq!((tells(&rig, &media_id("media-a")), audit.tells.len()), (1, 2));
    assert!(!audit.writes.iter().any(|write| write.dependent.contains("/ds-")));
}

#[test]
fn without_an_asset_nothing_proves_a_media_account_so_it_is_told_every_time() {
    let mut world = production();
    world.media_accounts[0].assets.clear();
    let rig = Rig::new(world);
    for times in 1..=2 {
        let report = sync(&rig, &media(&rig, "media-a"), &plainly()).expect("syncs");
        let row = row(&report, "media-a");
        assert_eq!((row.outcome, row.certainty), (SyncOutcome::Synced, Some(Certainty::Assumed)));
        assert!(row.why.contains("no asset of media-a lies in stprod"), "{}", row.why);
        assert_eq!(tells(&rig, &media_id("media-a")), times);
    }
}

#[test]
fn a_batch_account_is_believed_once_its_last_key_sync_moved() {
    let mut world = production();
    world.batch_accounts[0].auto_storage.as_mut().expect("linked").synced = false;
    world.unknowns.batch_sync_seconds = 20;
    let rig = Rig::new(world);
    let report = sync(&rig, &[batch(&rig, "batch-a")], &plainly()).expect("syncs");
    let row = row(&report, "batch-a");
    assert_eq!((row.outcome, row.certainty), (SyncOutcome::Synced, Some(Certainty::Assumed)));
    assert!(row.why.contains("lastKeySync moved to"), "{}", row.why);
    assert!(row.why.contains("younger than both keys; it shows no key"), "{}", row.why);
    assert_eq!(tells(&rig, &batch_id("batch-a")), 1);
    all_is_well(&rig);
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let rig = Rig::new(regenerated_by_others(production(), "key1"));
    let report = sync(&rig, &[everything(&rig)], &Wishes { dry_run: true, ..plainly() }).expect("looks");
    assert_eq!(report.state(), SyncState::Planned);
    for name in ["ml-a", "ds-raw", "ds-sas", "workspacefilestore", "kv-prod/storage-key", "batch-a"] {
        assert_eq!(outcome(&report, name), SyncOutcome::Planned, "{name}");
    }
    let audit = rig.azure.audit();
    assert_eq!((audit.tells.len(), audit.writes.len(), rig.heard.events().len()), (0, 0, 0));
    let not_seen = |what: &str| report.not_inspected.iter().any(|missed| missed.what == what);
    assert!(not_seen("AKS volumes") && not_seen("batch-a"), "{:?}", report.not_inspected);
}

#[test]
fn who_does_not_wait_is_told_how_to_look_and_the_run_goes_on_later() {
    let rig = Rig::new(regenerated_by_others(production(), "key1"));
    let selection = workspace(&rig, "ml-a", false);
    let before = rig.azure.audit().seconds;
    let hasty = Wishes { patience: Patience::UntilFirstWait, run_id: Some("sync1".into()), ..plainly() };
    let report = sync(&rig, std::slice::from_ref(&selection), &hasty).expect("begins");
    assert_eq!((report.state(), outcome(&report, "ml-a")), (SyncState::Waiting, SyncOutcome::Waiting), "{report:#?}");
    assert_eq!(report.waiting_runs(), ["sync1"]);
    assert!(rig.azure.audit().seconds - before < 25, "the operation of 30 s is not waited for");
    let stored = rig.engine().report("sync1").expect("a run like any other");
    assert!(stored.next_due.is_some(), "{stored:?}");
    let done = rig.run(rig.engine().resume("sync1", Vec::new(), Patience::Wait)).expect("lives").expect("ends");
    assert_eq!(done.status, keyroll::domain::report::RunStatus::Done);
    let again = sync(&rig, &[selection], &hasty).expect("gives the stored result");
    assert_eq!((outcome(&again, "ml-a"), row(&again, "ml-a").certainty), (SyncOutcome::Synced, Some(Certainty::Proven)));
    assert_eq!(tells(&rig, &id("Microsoft.MachineLearningServices/workspaces", "ml-a")), 1);
}

#[test]
fn a_sync_that_waits_gives_way_only_to_one_that_looks_at_the_same() {
    let rig = Rig::new(regenerated_by_others(production(), "key1"));
    let hasty = Wishes { patience: Patience::UntilFirstWait, run_id: Some("sync1".into()), ..plainly() };
    let waiting = sync(&rig, &[workspace(&rig, "ml-a", true)], &hasty).expect("syncs");
    assert_eq!(waiting.state(), SyncState::Waiting, "{waiting:#?}");
    let other = sync(&rig, &[batch(&rig, "batch-a")], &plainly()).expect("a row");
    let problem = other.first_problem().expect("blocked");
    assert_eq!((problem.exit_code(), problem.message.contains("sync1")), (9, true), "{problem:?}");
    let same = sync(&rig, &[workspace(&rig, "ml-a", true)], &plainly()).expect("syncs");
    assert_eq!(same.state(), SyncState::Done, "{same:#?}");
    assert_eq!(sync(&rig, &[batch(&rig, "batch-a")], &plainly()).expect("syncs").state(), SyncState::Done);
}
