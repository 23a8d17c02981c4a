//! `roll`: a new version, picked up, and the old one disabled only when nobody needs it.

use keyroll::contract::world::StorageAccount;
use keyroll::domain::customer_key::{Event, Step, Wanted};
use keyroll::domain::report::RunStatus;
use keyroll::rotation::Patience;
use keyroll::rotation::customer_key::Start;

use super::rig::{KEY, Rig, encrypted, wanted};
use crate::worlds::id;

fn other() -> StorageAccount {
    let mut account = StorageAccount::new(&id("Microsoft.Storage/storageAccounts", "stfollows"));
    account.customer_key = Some(KEY.to_owned());
    account
}

#[test]
fn the_account_picks_the_new_version_up_and_the_old_one_stays_enabled() {
    let rig = Rig::new(encrypted());
    let begun = rig.azure.audit().seconds;
    let draft = rig.draft_roll(false).expect("reads");
    let report = rig.carry_out("roll", draft).expect("rolls");
    assert_eq!(report.status, RunStatus::Done);
    let took = rig.azure.audit().seconds - begun;
    assert!((300..1200).contains(&took), "5 to 15 minutes and a little, not {took} s");
    let versions = rig.run(rig.client().key_versions(&KEY.parse().expect("a key"))).expect("lives").expect("lists");
    assert_eq!((versions.len(), versions.iter().filter(|version| version.enabled).count()), (2, 2));
    let account = rig.run(rig.client().media_encryption(&wanted().account)).expect("lives").expect("reads").expect("is there");
    assert_eq!(account.current.expect("a version").version, versions[0].id.version);
    rig.judge();
}

#[test]
fn the_old_version_is_disabled_only_when_the_last_follower_has_left_it() {
    let mut world = encrypted();
    world.storage_accounts.push(other());
    let rig = Rig::new(world);
    let draft = rig.draft_roll(true).expect("reads");
    rig.carry_out("roll", draft).expect("rolls");
    assert!(rig.azure.audit().seconds > 3600, "the storage account takes hours");
    assert_eq!(rig.azure.audit().deleted.len(), 1, "the old version is disabled");
    assert!(
        rig.heard
            .events()
            .iter()
            .any(|event| matches!(event, Event::Waiting { step: Step::AwaitUsers, why, .. } if why.contains("stfollows")))
    );
    rig.judge();
}

#[test]
fn a_user_that_names_the_old_version_keeps_it_alive_and_is_named() {
    let rig = Rig::new(encrypted());
    let versions = rig.run(rig.client().key_versions(&KEY.parse().expect("a key"))).expect("lives").expect("lists");
    let mut world = encrypted();
    let mut pinned = other();
    pinned.customer_key = Some(versions[0].id.to_string());
    world.storage_accounts.push(pinned);
    let rig = Rig::new(world);
    let draft = rig.draft_roll(true).expect("reads");
    let problem = draft.blockers.first().expect("somebody is pinned, and that is known before anything changes");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("userPinned", 42));
    assert!(problem.message.contains("stfollows"), "{problem}");
    assert_eq!(rig.azure.audit().calls_of("key.create"), 0);
    // Without a person's look at the steps, the run itself still keeps the old version.
    let ended = rig.run(rig.engine().begin(Rig::start("roll", draft))).expect("lives");
    assert_eq!(ended.expect_err("somebody is pinned").code, "userPinned");
    assert_eq!(rig.azure.audit().deleted.len(), 0);
    rig.judge();
}

#[test]
fn a_pinned_account_is_told_the_new_version() {
    let rig = Rig::new(encrypted());
    rig.apply(Wanted { pinned: true, ..wanted() }).expect("pins");
    let draft = rig.draft_roll(true).expect("reads");
    let report = rig.carry_out("roll", draft).expect("rolls");
    assert!(report.steps.iter().any(|step| step.step == Step::Encrypt), "{report:?}");
    rig.judge();
}

#[test]
fn without_patience_it_returns_at_the_wait_and_goes_on_later() {
    let rig = Rig::new(encrypted());
    let draft = rig.draft_roll(false).expect("reads");
    let start = Start { patience: Patience::UntilFirstWait, ..Rig::start("roll", draft) };
    let mut report = rig.run(rig.engine().begin(start)).expect("lives").expect("begins");
    for _ in 0..20 {
        if report.status == RunStatus::Done {
            break;
        }
        assert_eq!(report.status, RunStatus::Waiting);
        assert!(report.next_due.is_some() && report.next.contains("ams1"), "{report:?}");
        rig.clock.advance(std::time::Duration::from_secs(60));
        report = rig.run(rig.engine().resume("roll", Vec::new(), Patience::UntilFirstWait)).expect("lives").expect("goes on");
    }
    assert_eq!(report.status, RunStatus::Done);
    assert_eq!(rig.azure.audit().calls_of("key.create"), 1);
}

#[test]
fn a_lost_answer_makes_no_second_version() {
    use keyroll::contract::world::{Fault, FaultKind};
    for kind in [
        FaultKind::ResetAfter,
        FaultKind::StatusAfter { code: 504 },
        FaultKind::ResetBefore,
        FaultKind::WrongBody,
        FaultKind::TruncatedBody,
    ] {
        let mut world = encrypted();
        world.faults = vec![Fault::at("key.create", 1, kind.clone())];
        let rig = Rig::new(world);
        let draft = rig.draft_roll(true).expect("reads");
        rig.carry_out("roll", draft).unwrap_or_else(|problem| panic!("{kind:?}: {problem:?}"));
        let made: u64 = rig.azure.audit().secret_versions.values().sum();
        assert_eq!(made, 1, "{kind:?}");
        rig.judge();
    }
}
