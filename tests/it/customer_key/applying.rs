//! `apply`: from nothing, from what is there, by policies and by roles, twice.

use keyroll::contract::world::UserIdentity;
use keyroll::domain::customer_key::{Access, Identity, Step};
use keyroll::domain::report::RunStatus;
use keyroll::rotation::customer_key::Draft;

use super::rig::{KEY, Rig, empty, encrypted, wanted, with_account, with_vault};
use crate::worlds::id;

fn steps(draft: &Draft) -> Vec<Step> {
    draft.steps.iter().map(|planned| planned.step).collect()
}

#[test]
fn from_nothing_everything_is_made_and_a_second_time_nothing() {
    let rig = Rig::new(empty());
    let draft = rig.draft(wanted()).expect("reads");
    let all = [Step::CreateStorage, Step::CreateAccount, Step::CreateVault, Step::CreateKey, Step::Encrypt, Step::AwaitKey];
    assert_eq!(steps(&draft), all);
    assert_eq!(draft.irreversible().len(), 1, "purge protection");
    let report = rig.carry_out("apply", draft).expect("applies");
    assert_eq!(report.status, RunStatus::Done);
    let created: Vec<&str> = report.created.iter().map(|it| it.kind.name()).collect();
    assert_eq!(created, ["storageAccount", "mediaAccount", "vault", "key"]);
    rig.judge();

    let changes =
        |rig: &Rig| ["storage.put", "media.put", "vault.put", "key.create"].map(|route| rig.azure.audit().calls_of(route));
    let before = changes(&rig);
    assert_eq!(before, [1, 2, 1, 1]);
    let again = rig.draft(wanted()).expect("reads");
    assert_eq!(steps(&again), []);
    let report = rig.run(rig.engine().begin(Rig::start("again", again))).expect("lives").expect("has nothing to do");
    assert_eq!((report.status, report.steps.len()), (RunStatus::Done, 0));
    assert_eq!(changes(&rig), before, "nothing was sent");
}

#[test]
fn what_is_there_is_adopted_and_keeps_everything_else() {
    let rig = Rig::new(with_vault(with_account()));
    let draft = rig.draft(wanted()).expect("reads");
    assert_eq!(steps(&draft), [Step::AssignIdentity, Step::GrantIdentity, Step::Encrypt, Step::AwaitKey]);
    assert!(draft.irreversible().is_empty());
    let report = rig.carry_out("apply", draft).expect("applies");
    assert!(report.created.is_empty());
    rig.judge();
}

#[test]
fn a_vault_that_decides_by_roles_gets_roles() {
    let mut world = empty();
    world.unknowns.access_seconds = keyroll::contract::world::Span::new(300, 500);
    let rig = Rig::new(world);
    let draft = rig.draft(keyroll::domain::customer_key::Wanted { access: Access::Roles, ..wanted() }).expect("reads");
    assert!(steps(&draft).contains(&Step::GrantOperator) && steps(&draft).contains(&Step::GrantIdentity));
    rig.carry_out("apply", draft).expect("waits until the roles are honoured, and applies");
    rig.judge();
    let audit = rig.azure.audit();
    assert_eq!((audit.calls_of("role.put"), audit.calls_of("vault.access")), (2, 0));
}

#[test]
fn a_user_assigned_identity_opens_the_key() {
    let user = id("Microsoft.ManagedIdentity/userAssignedIdentities", "opener");
    let mut world = with_vault(with_account());
    world.user_identities = vec![UserIdentity { id: user.clone(), principal: "99999999-0000-4000-8000-000000000001".into() }];
    let rig = Rig::new(world);
    let mine = keyroll::domain::customer_key::Wanted { identity: Identity::User(user.parse().expect("an id")), ..wanted() };
    let draft = rig.draft(mine.clone()).expect("reads");
    rig.carry_out("apply", draft).expect("applies");
    assert_eq!(steps(&rig.draft(mine).expect("reads")), []);
    rig.judge();
}

#[test]
fn a_pinned_account_names_its_version() {
    let rig = Rig::new(encrypted());
    let pinned = keyroll::domain::customer_key::Wanted { pinned: true, ..wanted() };
    let draft = rig.draft(pinned).expect("reads");
    assert_eq!(steps(&draft), [Step::Encrypt]);
    rig.carry_out("apply", draft).expect("applies");
    let account = rig.run(rig.client().media_encryption(&wanted().account)).expect("lives").expect("reads").expect("is there");
    let key = account.key.expect("a key");
    assert!(key.to_string().starts_with(KEY) && key.version.is_some(), "{key}");
    rig.judge();
}

#[test]
fn everything_is_created_in_the_region_that_is_found() {
    let mut world = empty();
    world.storage_accounts.push(keyroll::contract::world::StorageAccount::new(&super::rig::storage()));
    let rig = Rig::new(world);
    let draft = rig.draft(keyroll::domain::customer_key::Wanted { location: None, ..wanted() }).expect("reads");
    assert_eq!(steps(&draft)[0], Step::CreateAccount);
    rig.carry_out("apply", draft).expect("applies");
    rig.judge();
}
