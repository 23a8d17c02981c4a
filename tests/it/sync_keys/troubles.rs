//! What goes wrong in a sync keeps nothing else from being synced, is named, and is repaired by running it again.

use keyroll::contract::world::{Fault, FaultKind, Lock, Moment};
use keyroll::domain::event::{Certainty, Event};
use keyroll::domain::plan::Options;
use keyroll::domain::sync::{SyncOutcome, SyncState};
use keyroll::rotation::Patience;
use keyroll::rotation::sync::Wishes;

use super::*;

#[test]
fn what_may_not_be_told_fails_alone_and_is_named() {
    let mut world = regenerated_by_others(production(), "key1");
    world.caller.missing_actions.push("Microsoft.Batch/batchAccounts/syncAutoStorageKeys/action".into());
    let rig = Rig::new(world);
    let report = sync(&rig, &[everything(&rig)], &plainly()).expect("syncs the others");
    assert_eq!((report.state(), outcome(&report, "batch-a")), (SyncState::Failed, SyncOutcome::Failed), "{report:#?}");
    assert_eq!(report.count(SyncOutcome::Failed), 1);
    let problem = report.first_problem().expect("a problem");
    assert_eq!((problem.exit_code(), problem.http_status), (4, Some(403)), "{problem:?}");
    for name in ["ml-a", "ds-raw", "kv-prod/storage-key"] {
        assert_eq!(outcome(&report, name), SyncOutcome::Synced, "{name}");
    }
    // The run is over: neither the next sync nor a roll is blocked by it.
    rig.engine().no_unfinished_run(&rig.account, None).expect("nothing is left behind");
}

/// The service is retired: its calls fail, and no patience mends that.
#[test]
fn a_retired_media_service_fails_at_once() {
    let mut world = production();
    world.media_accounts.iter_mut().for_each(|media| media.assets.clear());
    world.faults.push(Fault::sometimes("media.syncStorageKeys", 1.0, u64::MAX, FaultKind::Status { code: 410 }));
    let rig = Rig::new(world);
    let report = sync(&rig, &media(&rig, "media-a"), &plainly()).expect("a row");
    assert_eq!(outcome(&report, "media-a"), SyncOutcome::Failed);
    assert_eq!(report.first_problem().expect("a problem").http_status, Some(410));
    assert!(rig.azure.audit().seconds < 60, "410 is final");
}

#[test]
fn a_service_that_never_answers_is_given_up_after_an_hour_and_the_rest_is_done() {
    let mut world = regenerated_by_others(production(), "key1");
    world.faults.push(Fault::at("batch.syncAutoStorageKeys", 1, FaultKind::Outage { seconds: 200_000 }));
    let rig = Rig::new(world);
    let report = sync(&rig, &[everything(&rig)], &plainly()).expect("syncs the others");
    assert_eq!((outcome(&report, "batch-a"), report.count(SyncOutcome::Failed)), (SyncOutcome::Failed, 1));
    assert!(rig.azure.audit().seconds < 3 * 3600, "{}", rig.azure.audit().seconds);
}

#[test]
fn a_read_only_lock_fails_every_row_with_the_way_out() {
    let mut world = production();
    world.locks.push(Lock { scope: account(), name: "freeze".into(), level: "ReadOnly".into() });
    let rig = Rig::new(world);
    let report = sync(&rig, &media(&rig, "media-a"), &plainly()).expect("a row");
    let problem = row(&report, "media-a").problem.clone().expect("a problem");
    assert_eq!(problem.http_status, Some(409));
    assert!(problem.hints.iter().any(|hint| hint.contains("read-only lock")), "{problem:?}");
    let problem = sync(&rig, &[everything(&rig)], &plainly()).expect_err("nothing was found that a row could name");
    assert_eq!(problem.http_status, Some(409));
}

#[test]
fn an_unfinished_roll_blocks_a_sync_of_its_account() {
    let rig = Rig::new(production());
    let plan = rig.plan(&Options::default()).expect("plans");
    rig.run(rig.engine().rotate(Rig::start(plan, Patience::UntilFirstWait))).expect("lives").expect("waits");
    let tells_before = rig.azure.audit().tells.len();
    let report = sync(&rig, &[workspace(&rig, "ml-a", true)], &plainly()).expect("a row");
    let problem = report.first_problem().expect("a problem");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("unfinishedRun", 9));
    assert!(problem.hints[0].contains("keyroll resume --run-id run"), "{problem:?}");
    assert_eq!(rig.azure.audit().tells.len(), tells_before);
    let looked = sync(&rig, &[workspace(&rig, "ml-a", true)], &Wishes { dry_run: true, ..plainly() }).expect("only looks");
    assert_eq!(looked.state(), SyncState::Planned);
}

#[test]
fn somebody_who_regenerates_meanwhile_ends_the_sync_and_the_next_one_repairs_it() {
    let mut world = regenerated_by_others(production(), "key1");
    world.faults.push(Fault::at("datastore.put", 2, FaultKind::OthersRegenerate { slot: "key1".into() }));
    let rig = Rig::new(world);
    let report = sync(&rig, &[workspace(&rig, "ml-a", true)], &plainly()).expect("rows");
    assert_eq!(report.state(), SyncState::Failed, "{report:#?}");
    let again = sync(&rig, &[everything(&rig)], &plainly()).expect("syncs");
    assert_eq!(again.state(), SyncState::Done, "{again:#?}");
    assert!(report.rows.iter().all(|row| row.certainty.is_none()), "no proof outlives the keys that it compared with");
    let audit = rig.azure.audit();
    assert!(audit.holders.iter().filter(|held| held.dependent.contains("ml-a")).all(|held| held.current));
    assert_eq!(audit.losses, [] as [&str; 0]);
}

/// A telling and a write are journalled before their requests leave; wherever the process dies, running it again is the repair.
#[test]
fn wherever_the_process_dies_running_it_again_is_the_repair() {
    let calls = {
        let rig = Rig::new(regenerated_by_others(production(), "key1"));
        sync(&rig, &[everything(&rig)], &plainly()).expect("syncs");
        rig.azure.audit().all_calls()
    };
    assert!(calls > 60, "{calls}");
    for nth in (1..=calls).step_by(3) {
        for moment in [Moment::Before, Moment::After] {
            let mut world = regenerated_by_others(production(), "key1");
            world.faults.push(Fault::at("*", nth, FaultKind::Crash { moment }));
            let rig = Rig::new(world);
            let first = rig.run(rig.engine().sync(&[everything(&rig)], &plainly()));
            intended_before_sent(&rig);
            if first.is_none() {
                rig.azure.crash_switch().reset();
                rig.azure.forget_crash();
                rig.memory.release_locks();
                rig.clock.advance(std::time::Duration::from_secs(30));
            }
            let again = sync(&rig, &[everything(&rig)], &plainly()).expect("syncs");
            assert_eq!(again.state(), SyncState::Done, "call {nth} {moment:?}: {again:#?}");
            all_is_well(&rig);
            rig.engine().no_unfinished_run(&rig.account, None).expect("nothing is left behind");
        }
    }
}

/// Promise P2.
fn intended_before_sent(rig: &Rig) {
    let events = rig.heard.events();
    let intended = |id: &str| {
        events.iter().any(|event| match event {
            Event::TellIntent { dependent, .. } | Event::PublishIntent { dependent, .. } => {
                id.to_ascii_lowercase().starts_with(&dependent.to_ascii_lowercase())
            }
            _ => false,
        })
    };
    let audit = rig.azure.audit();
    let own = audit.writes.iter().filter(|write| write.author == keyroll::sim::audit::Author::Caller);
    for id in audit.tells.iter().chain(own.map(|write| &write.dependent)) {
        assert!(intended(id), "{id} was changed without an intent in the journal");
    }
}

#[test]
fn what_cannot_be_reached_from_here_is_written_and_called_assumed() {
    let mut world = regenerated_by_others(production(), "key1");
    world.storage_accounts[0].blocked_services = vec!["file".into()];
    let rig = Rig::new(world);
    let report = sync(&rig, &[workspace(&rig, "ml-a", true)], &plainly()).expect("syncs");
    assert_eq!(row(&report, "ds-share").certainty, Some(Certainty::Assumed), "{report:#?}");
    assert_eq!(row(&report, "ds-raw").certainty, Some(Certainty::Proven));
    assert_eq!(report.state(), SyncState::Done);
}

#[test]
fn a_workspace_that_can_only_be_read_in_part_is_told_and_not_called_current() {
    for hidden in ["datastores/read", "datastores/listSecrets/action", "listKeys/action"] {
        let mut world = production();
        world.caller.missing_actions.push(format!("Microsoft.MachineLearningServices/workspaces/{hidden}"));
        let rig = Rig::new(world);
        let report = sync(&rig, &[workspace(&rig, "ml-a", false)], &plainly()).expect("rows");
        let row = row(&report, "ml-a");
        assert_eq!((row.outcome, row.certainty), (SyncOutcome::Synced, Some(Certainty::Assumed)), "{hidden}: {row:#?}");
        assert!(row.why.contains("no key is shown by"), "{hidden}: {}", row.why);
    }
}

#[test]
fn a_workspace_whose_datastores_may_not_be_listed_is_not_called_done() {
    let mut world = production();
    world.caller.missing_actions.push("Microsoft.MachineLearningServices/workspaces/datastores/read".into());
    let rig = Rig::new(world);
    let report = sync(&rig, &[workspace(&rig, "ml-a", true)], &plainly()).expect("rows");
    assert_eq!(report.state(), SyncState::Failed, "{report:#?}");
    assert!(report.first_problem().is_some_and(|problem| problem.message.contains("datastores")), "{report:#?}");
}
