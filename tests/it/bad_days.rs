//! Lost answers, outages and other people: what the run does on a bad night.

use std::time::Duration;

use keyroll::contract::world::{Fault, FaultKind, Secret, StorageAccount, Vault, World};
use keyroll::domain::event::Event;
use keyroll::domain::key::Slot;
use keyroll::domain::plan::Options;
use keyroll::domain::problem::Kind;
use keyroll::domain::report::RunStatus;
use keyroll::rotation::Patience;
use keyroll::sim::holder::HolderKind;

use crate::rig::Rig;
use crate::worlds::{account, id, lonely, production};

/// A rig whose faults begin after the plan was made, and the outcome of the roll.
fn roll_with(
    world: World,
    faults: Vec<Fault>,
) -> (Rig, Result<keyroll::domain::report::Report, keyroll::domain::problem::Problem>) {
    let rig = Rig::new(world);
    let plan = rig.plan(&Options::default()).expect("plans");
    for fault in faults {
        rig.azure.add_fault(fault);
    }
    let outcome = rig.run(rig.engine().rotate(Rig::start(plan, Patience::Wait))).expect("lives");
    (rig, outcome)
}

fn assert_nobody_who_holds_a_key_went_without(rig: &Rig) {
    let audit = rig.azure.audit();
    let needs_key = |kind: HolderKind| matches!(kind, HolderKind::Datastore | HolderKind::Consumer);
    let down: Vec<_> = audit.downtimes.iter().filter(|down| needs_key(down.kind)).collect();
    assert!(down.is_empty(), "{down:#?}");
}

#[test]
fn a_lost_answer_to_a_regenerate_is_found_out_and_never_repeated_blindly() {
    let lost = [
        ("before", FaultKind::ResetBefore, false),
        ("after", FaultKind::ResetAfter, true),
        ("gateway after", FaultKind::StatusAfter { code: 504 }, true),
        ("gateway before", FaultKind::Status { code: 500 }, false),
        ("cut off", FaultKind::TruncatedBody, true),
        ("somebody else's page", FaultKind::WrongBody, true),
        ("late", FaultKind::LateEffect, true),
    ];
    for (name, kind, happened) in lost {
        for nth in [1, 2] {
            let mut world = production();
            world.unknowns.late_effect_seconds = 420;
            world.unknowns.stale_list_keys_seconds = 90;
            let (rig, outcome) = roll_with(world, vec![Fault::at("storage.regenerateKey", nth, kind.clone())]);
            let report = outcome.unwrap_or_else(|problem| panic!("{name} {nth}: {problem}"));
            assert_eq!(report.status, RunStatus::Done, "{name} {nth}");
            let took_effect = rig.azure.audit().own_regenerates().filter(|record| record.effective_seconds.is_some()).count();
            assert_eq!(took_effect, 2, "{name} {nth}: each slot exactly once");
            let unknown = rig.heard.events().iter().filter(|event| matches!(event, Event::RegenerateUnknown { .. })).count();
            assert_eq!(unknown, 1, "{name} {nth}");
            let repeated = rig.heard.events().iter().filter(|event| matches!(event, Event::RegenerateNotDone { .. })).count();
            assert_eq!(repeated == 0, happened, "{name} {nth}");
            assert_nobody_who_holds_a_key_went_without(&rig);
        }
    }
}

#[test]
fn a_lost_answer_to_a_new_secret_version_is_looked_up() {
    for kind in [FaultKind::ResetBefore, FaultKind::ResetAfter, FaultKind::StatusAfter { code: 503 }] {
        let (rig, outcome) = roll_with(production(), vec![Fault::at("secret.put", 1, kind.clone())]);
        assert_eq!(outcome.expect("rolls").status, RunStatus::Done, "{kind:?}");
        let versions = rig.azure.audit().secret_versions;
        assert!(versions.values().all(|count| *count == 1), "{kind:?}: {versions:?}");
        assert_nobody_who_holds_a_key_went_without(&rig);
    }
}

#[test]
fn a_throttled_regenerate_was_not_done_and_is_sent_again() {
    let (rig, outcome) =
        roll_with(production(), vec![Fault::at("storage.regenerateKey", 1, FaultKind::Throttle { retry_after: 17 })]);
    assert_eq!(outcome.expect("rolls").status, RunStatus::Done);
    let notices = rig.heard.notices.lock().expect("no panic").clone();
    assert!(notices.iter().any(|notice| notice.message.contains("throttled, continuing in 17 s")), "{notices:?}");
}

#[test]
fn a_conflict_with_another_operation_passes_and_the_run_goes_on() {
    for operation in ["storage.regenerateKey", "media.syncStorageKeys", "workspace.resyncKeys", "datastore.put", "secret.put"] {
        let busy = (1..=3).map(|nth| Fault::at(operation, nth, FaultKind::Status { code: 409 })).collect();
        let (rig, outcome) = roll_with(production(), busy);
        assert_eq!(outcome.unwrap_or_else(|problem| panic!("{operation}: {problem}")).status, RunStatus::Done, "{operation}");
        let refused = rig.heard.events().iter().filter(|event| matches!(event, Event::Retrying { .. })).count();
        assert!(refused >= 3, "{operation}: the conflict was met");
        let own = rig.azure.audit().own_regenerates().filter(|record| record.effective_seconds.is_some()).count();
        assert_eq!(own, 2, "{operation}");
    }
}

#[test]
fn a_conflict_that_stays_stops_the_run_and_is_told() {
    let locked = (1..=200).map(|nth| Fault::at("media.syncStorageKeys", nth, FaultKind::Status { code: 409 })).collect();
    let (_rig, outcome) = roll_with(production(), locked);
    let problem = outcome.expect_err("the service never stops refusing");
    assert!(problem.message.contains("(409 ") && problem.message.ends_with("the limit of 15m has passed"), "{problem}");
    assert!(problem.hints.iter().any(|hint| hint.contains("keyroll resume")), "{problem:?}");
}

#[test]
fn another_slot_than_the_one_asked_for_stops_the_run() {
    for kind in [FaultKind::WrongSlot, FaultKind::BothSlots] {
        let (rig, outcome) = roll_with(production(), vec![Fault::at("storage.regenerateKey", 1, kind.clone())]);
        let problem = outcome.expect_err("stops");
        assert_eq!((problem.kind, problem.code.as_str()), (Kind::Drift, "wrongSlotChanged"), "{kind:?}");
        assert_eq!(rig.azure.audit().own_regenerates().count(), 1);
        // The way out that the hint names: end it, plan anew, and everybody holds a living key again.
        rig.run(rig.engine().abort("run", Patience::Wait)).expect("lives").expect("aborts");
        rig.clock.advance(Duration::from_secs(3600));
        let plan = rig.plan(&Options::default()).expect("plans");
        let mut start = Rig::start(plan, Patience::Wait);
        start.run_id = Some("second".to_owned());
        let report = rig.run(rig.engine().rotate(start)).expect("lives").expect("rolls");
        assert_eq!(report.status, RunStatus::Done);
        let stale: Vec<_> =
            rig.azure.audit().holders.into_iter().filter(|held| !held.current && held.kind == HolderKind::Datastore).collect();
        assert!(stale.is_empty(), "{stale:#?}");
    }
}

#[test]
fn an_hour_of_503_is_sat_out() {
    for (route, nth) in [("storage.*", 6), ("secret.*", 3), ("datastore.*", 4), ("media.*", 2)] {
        let (rig, outcome) = roll_with(production(), vec![Fault::at(route, nth, FaultKind::Outage { seconds: 3600 })]);
        assert_eq!(outcome.unwrap_or_else(|problem| panic!("{route}: {problem}")).status, RunStatus::Done, "{route}");
        assert_nobody_who_holds_a_key_went_without(&rig);
    }
}

#[test]
fn a_token_that_expires_while_an_operation_is_polled_is_renewed() {
    let mut world = production();
    world.unknowns.resync_seconds = Some(120);
    let (_, outcome) = roll_with(world, vec![Fault::at("workspace.operation", 2, FaultKind::ExpiredToken)]);
    assert_eq!(outcome.expect("rolls").status, RunStatus::Done);
}

#[test]
fn a_million_characters_of_error_are_one_short_line_without_control_characters() {
    let mut huge = Fault::at("datastore.put", 1, FaultKind::HugeError);
    huge.times = 1000;
    let rig = Rig::new(production());
    let plan = rig.plan(&Options::default()).expect("plans");
    rig.azure.add_fault(huge);
    let mut start = Rig::start(plan, Patience::UntilFirstWait);
    start.run_id = Some("run".to_owned());
    for _ in 0..200 {
        let outcome = rig.run(rig.engine().rotate(start.clone())).expect("lives").expect("goes on");
        if let Some(due) = outcome.next_due {
            rig.clock.advance(Duration::try_from(due - keyroll::domain::clock::Clock::now(&rig.clock)).unwrap_or_default());
        }
        let told = rig.heard.events().into_iter().find_map(|event| match event {
            Event::Retrying { why, answered: false, .. } => Some(why),
            _ => None,
        });
        if let Some(why) = told {
            assert!(why.chars().count() < 2100 && !why.chars().any(char::is_control), "{why}");
            return;
        }
    }
    panic!("nothing was told of the error");
}

#[test]
fn somebody_else_who_regenerates_a_slot_stops_the_run_before_it_does_harm() {
    for slot in ["key1", "key2"] {
        let others = FaultKind::OthersRegenerate { slot: slot.to_owned() };
        let (rig, outcome) = roll_with(production(), vec![Fault::at("storage.listKeys", 6, others)]);
        let problem = outcome.expect_err("stops");
        assert_eq!(problem.exit_code(), 11, "{slot}: {problem}");
        assert_eq!(rig.azure.audit().own_regenerates().count(), 1, "{slot}: nothing after the drift");
    }
}

#[test]
fn a_deployment_that_writes_the_old_key_back_is_noticed_before_the_old_key_dies() {
    let rig = Rig::new(production());
    let plan = rig.plan(&Options::default()).expect("plans");
    // The gate before retire is the second time that the datastores are listed.
    rig.azure.add_fault(Fault::at("graph.query", 1, FaultKind::OthersDeploy { slot: "key1".to_owned() }));
    let report = rig.run(rig.engine().rotate(Rig::start(plan, Patience::Wait))).expect("lives").expect("rolls");
    assert_eq!(report.status, RunStatus::Done);
    let amended = rig.heard.events().into_iter().any(|event| matches!(event, Event::Amended { steps, .. } if !steps.is_empty()));
    assert!(amended, "the run takes them along");
    assert_nobody_who_holds_a_key_went_without(&rig);
}

#[test]
fn a_clock_that_jumps_does_not_let_a_key_die_early() {
    for seconds in [-7200, 7200, 200_000] {
        let (rig, outcome) = roll_with(production(), vec![Fault::at("datastore.put", 2, FaultKind::ClockJump { seconds })]);
        assert_eq!(outcome.unwrap_or_else(|problem| panic!("{seconds}: {problem}")).status, RunStatus::Done);
        assert_nobody_who_holds_a_key_went_without(&rig);
    }
}

#[test]
fn names_with_control_characters_reach_no_journal() {
    let mut world = production();
    world.workspaces[0].datastores[4].properties.insert("description".into(), serde_json::json!("a\u{1b}[2Jb\u{7}"));
    let (rig, outcome) = roll_with(world, Vec::new());
    outcome.expect("rolls");
    let journal = String::from_utf8(rig.memory.everything()).expect("text");
    assert!(!journal.chars().any(|c| c.is_control() && c != '\n'));
}

#[test]
fn the_same_run_started_twice_at_once_changes_nothing_twice() {
    let rig = Rig::new(production());
    let plan = rig.plan(&Options::default()).expect("plans");
    let (one, other) = (rig.engine(), rig.engine());
    let start = Rig::start(plan, Patience::Wait);
    let both = futures::future::join(one.rotate(start.clone()), other.rotate(start));
    let (first, second) = rig.run(both).expect("lives");
    assert_eq!(first.expect("rolls").status, RunStatus::Done);
    assert_eq!(second.expect_err("is refused").kind, Kind::Locked);
    assert_eq!(rig.azure.audit().own_regenerates().count(), 2);
    assert!(rig.azure.audit().overlapping_writes.is_empty());
}

#[test]
fn an_unfinished_run_blocks_another_on_its_account() {
    let rig = Rig::new(production());
    let plan = rig.plan(&Options::default()).expect("plans");
    let waiting =
        rig.run(rig.engine().rotate(Rig::start(plan.clone(), Patience::UntilFirstWait))).expect("lives").expect("waits");
    assert_eq!(waiting.status, RunStatus::Waiting);
    let mut other = Rig::start(plan, Patience::Wait);
    other.run_id = Some("other".to_owned());
    let problem = rig.run(rig.engine().rotate(other)).expect("lives").expect_err("is refused");
    assert_eq!((problem.kind, problem.code.as_str()), (Kind::Locked, "unfinishedRun"));
}

#[test]
fn two_accounts_that_share_a_vault_and_a_workspace_are_rolled_at_once() {
    let mut world = production();
    let second = id("Microsoft.Storage/storageAccounts", "stother");
    world.storage_accounts.push(StorageAccount::new(&second));
    world.vaults[0].secrets.push(Secret::dual_credential("other-key", "key2", &second));
    world.workspaces[0].datastores.push(
        keyroll::contract::world::Datastore::new("ds-other", "AzureBlob", &second, "containerName", "c")
            .with_key("key2", &second),
    );
    let rig = Rig::new(world);
    let first = rig.plan(&Options::default()).expect("plans");
    let other = rig
        .run(rig.engine().plan(&second.parse().expect("an id"), &rig.scope, &Options::default()))
        .expect("lives")
        .expect("plans");
    let (one, two) = (rig.engine(), rig.engine());
    let mut start = Rig::start(other, Patience::Wait);
    start.run_id = Some("other".to_owned());
    let (first, second) =
        rig.run(futures::future::join(one.rotate(Rig::start(first, Patience::Wait)), two.rotate(start))).expect("lives");
    assert_eq!(first.expect("rolls").regenerated, [Slot::Key2, Slot::Key1]);
    assert_eq!(second.expect("rolls").regenerated, [Slot::Key1, Slot::Key2]);
    let audit = rig.azure.audit();
    assert!(audit.overlapping_writes.is_empty(), "{:?}", audit.overlapping_writes);
    assert!(audit.losses.is_empty());
    assert_nobody_who_holds_a_key_went_without(&rig);
}

#[test]
fn without_acceptance_nothing_changes_and_the_names_are_told() {
    let rig = Rig::new(production());
    let plan = rig.plan(&Options::default()).expect("plans");
    let mut start = Rig::start(plan.clone(), Patience::Wait);
    start.accepted.retain(|name| name != "window-ml-a");
    let problem = rig.run(rig.engine().rotate(start)).expect("lives").expect_err("asks");
    assert_eq!((problem.kind, problem.exit_code()), (Kind::Blocked, 12));
    assert_eq!(problem.accept, ["window-ml-a"]);
    assert_eq!(rig.azure.audit().own_regenerates().count(), 0);
    let names: Vec<_> = plan.acceptances.iter().map(|needed| needed.name.as_str()).collect();
    assert_eq!(names, ["unknown-usage-key2", "window-media-a", "window-media-b", "window-ml-a", "unknown-usage-key1"]);
}

#[test]
fn a_vault_that_cannot_be_read_is_named_and_has_to_be_accepted() {
    let mut world = production();
    let mut hidden = Vault::new(&id("Microsoft.KeyVault/vaults", "kv-hidden"));
    hidden.forbidden = true;
    world.vaults.push(hidden);
    let rig = Rig::new(world);
    let plan = rig.plan(&Options::default()).expect("plans");
    assert!(plan.acceptances.iter().any(|needed| needed.name == "unavailable-kv-hidden"), "{:#?}", plan.acceptances);
    assert!(plan.not_inspected.iter().any(|unseen| unseen.what == "kv-hidden"));
}

#[test]
fn an_account_that_accepts_no_keys_and_one_that_is_locked_are_blocked_before_anything_happens() {
    let mut closed = lonely();
    closed.storage_accounts[0].allow_shared_key_access = Some(false);
    let mut locked = lonely();
    locked.locks.push(keyroll::contract::world::Lock { scope: account(), name: "freeze".into(), level: "ReadOnly".into() });
    let plan = Rig::new(closed).plan(&Options::default()).expect("plans");
    assert!(plan.blockers.iter().any(|problem| problem.code == "keyAccessOff"), "{:?}", plan.blockers);
    let problem = Rig::new(locked).plan(&Options::default()).expect_err("listKeys is blocked");
    assert!(problem.hints.iter().any(|hint| hint.contains("read-only lock")), "{problem:?}");
}

#[test]
fn abort_points_everything_back_while_the_old_key_lives() {
    let rig = Rig::new(production());
    let plan = rig.plan(&Options::default()).expect("plans");
    let waiting = rig.run(rig.engine().rotate(Rig::start(plan, Patience::UntilFirstWait))).expect("lives").expect("waits");
    let mut report = waiting;
    // On to the settle: everything is on key2 then.
    while !rig
        .heard
        .events()
        .iter()
        .any(|event| matches!(event, Event::Proven { dependent, .. } if dependent.contains("kv-prod")))
    {
        let due = report.next_due.expect("waits for something");
        rig.clock.advance(Duration::try_from(due - keyroll::domain::clock::Clock::now(&rig.clock)).unwrap_or_default());
        report = rig.run(rig.engine().resume("run", Vec::new(), Patience::UntilFirstWait)).expect("lives").expect("goes on");
    }
    let report = rig.run(rig.engine().abort("run", Patience::Wait)).expect("lives").expect("aborts");
    assert_eq!(report.status, RunStatus::Aborted);
    let audit = rig.azure.audit();
    for held in audit.holders.iter().filter(|held| matches!(held.kind, HolderKind::Datastore | HolderKind::Secret)) {
        assert!(held.generations.iter().all(|generation| generation.contains("key1")), "{held:?}");
    }
    assert_nobody_who_holds_a_key_went_without(&rig);
}
