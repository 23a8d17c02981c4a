//! `remove`: back to Microsoft's key first; then only what was named, is ours, and protects nobody.

use keyroll::contract::world::MediaAccount;
use keyroll::domain::customer_key::Step;
use keyroll::domain::report::RunStatus;
use keyroll::rotation::customer_key::Draft;

use super::rig::{KEY, Rig, empty, encrypted, storage, wanted};
use crate::worlds::id;

fn steps(draft: &Draft) -> Vec<Step> {
    draft.steps.iter().map(|planned| planned.step).collect()
}

#[test]
fn without_names_nothing_is_deleted() {
    let rig = Rig::new(empty());
    rig.apply(wanted()).expect("applies");
    let draft = rig.draft_remove(&[]).expect("reads");
    assert_eq!(steps(&draft), [Step::SystemKey]);
    assert!(draft.notes[0].contains("kvams1"), "{:?}", draft.notes);
    rig.carry_out("remove", draft).expect("removes");
    let account = rig.run(rig.client().media_encryption(&wanted().account)).expect("lives").expect("reads").expect("is there");
    assert_eq!(account.key, None, "proven by reading it");
    assert_eq!(rig.azure.audit().deleted, Vec::<String>::new());
    rig.judge();
}

#[test]
fn what_is_named_and_ours_goes_in_the_order_that_keeps_everything_readable() {
    let rig = Rig::new(empty());
    rig.apply(wanted()).expect("applies");
    let draft = rig.draft_remove(&["kvams1", "media", "stams1", "ams1"]).expect("reads");
    assert_eq!(steps(&draft), [Step::SystemKey, Step::DeleteAccount, Step::DeleteStorage, Step::DeleteKey, Step::DeleteVault]);
    let report = rig.carry_out("remove", draft).expect("removes");
    assert_eq!(report.status, RunStatus::Done);
    assert_eq!(rig.azure.audit().deleted.len(), 4);
    rig.judge();
}

#[test]
fn what_no_journal_proves_is_never_deleted() {
    let rig = Rig::new(encrypted());
    for name in ["kvams1", "media", "stams1", "ams1", "stother"] {
        let problem = rig.draft_remove(&[name]).expect_err(name);
        assert_eq!((problem.code.as_str(), problem.exit_code()), ("notCreatedByUs", 12));
    }
}

#[test]
fn a_vault_that_protects_somebody_else_is_refused() {
    let rig = Rig::new(empty());
    rig.apply(wanted()).expect("applies");
    // Another account is put on the same key by a run of its own.
    let mut second = wanted();
    second.account = id("Microsoft.Media/mediaservices", "ams2").parse().expect("an id");
    let draft = rig.draft(second).expect("reads");
    rig.carry_out("second", draft).expect("applies");
    for name in ["kvams1", "media"] {
        let draft = rig.draft_remove(&[name]).expect("reads");
        let problem = draft.blockers.first().expect("somebody needs it");
        assert_eq!((problem.code.as_str(), problem.exit_code()), ("keyInUse", 12));
        assert!(problem.message.contains("ams2") && problem.message.contains("unreadable"), "{problem}");
    }
    rig.judge();
}

#[test]
fn a_storage_account_that_is_not_empty_or_in_use_stays() {
    let rig = Rig::new(empty());
    rig.apply(wanted()).expect("applies");
    let blockers = rig.draft_remove(&["stams1"]).expect("reads").blockers;
    assert_eq!(blockers[0].code, "storageInUse");

    let mut world = encrypted();
    world.storage_accounts[1].containers = vec!["films".into()];
    let rig = Rig::new(world);
    let contents = rig.run(rig.client().storage_contents(&storage().parse().expect("an id"))).expect("lives").expect("lists");
    assert_eq!(contents[0], "container films");
}

#[test]
fn something_made_anew_under_the_same_name_is_not_ours() {
    let rig = Rig::new(empty());
    rig.apply(wanted()).expect("applies");
    let account = wanted().account;
    rig.run(rig.client().delete_media_account(&account)).expect("lives").expect("somebody deletes it");
    let (client, storage) = (rig.client(), storage().parse().expect("an id"));
    rig.run(client.create_media_account(&wanted(), &storage, "somebody else")).expect("lives").expect("and makes it anew");
    let blockers = rig.draft_remove(&["ams1"]).expect("reads").blockers;
    assert_eq!(blockers[0].code, "notCreatedByUs");
}

#[test]
fn an_account_without_a_key_of_ours_has_nothing_to_remove() {
    let mut world = encrypted();
    world.media_accounts.push(MediaAccount::new(&id("Microsoft.Media/mediaservices", "plain"), &storage()));
    world.media_accounts[0].encryption.key = None;
    let rig = Rig::new(world);
    assert_eq!(steps(&rig.draft_remove(&[]).expect("reads")), []);
    assert_eq!(rig.draft_roll(false).expect_err("nothing to roll").code, "noCustomerKey");
    assert!(KEY.contains("kvams1"));
}
