//! What is wrong is said before anything is changed.

use keyroll::contract::world::{Vault, VaultKey, World};
use keyroll::domain::customer_key::{Access, Wanted};
use keyroll::domain::problem::Problem;
use keyroll::rotation::storage::Storage as _;

use super::rig::{Rig, empty, vault, wanted, with_account, with_vault};

/// The first thing in the way, and that nothing was sent that changes anything.
fn in_the_way(world: World, wanted: Wanted) -> Problem {
    let rig = Rig::new(world);
    let problem = match rig.draft(wanted) {
        Ok(draft) => draft.blockers.into_iter().next().expect("something is in the way"),
        Err(problem) => problem,
    };
    let calls = rig.azure.audit().calls;
    assert!(
        !calls.keys().any(|route| ["put", "create", "recover"].contains(&route.rsplit('.').next().unwrap_or_default())),
        "{calls:?}"
    );
    problem
}

fn with(change: impl FnOnce(&mut Vault)) -> World {
    let mut world = with_vault(with_account());
    change(&mut world.vaults[0]);
    world
}

#[test]
fn a_vault_in_another_region_is_refused_and_the_rule_is_told() {
    let problem = in_the_way(with(|vault| vault.location = "northeurope".into()), wanted());
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("regionMismatch", 12));
    assert!(problem.causes[0].contains("the vault has to lie in the region of the media account"), "{problem:?}");
    let problem = in_the_way(with_account(), Wanted { location: Some("centralus".into()), ..wanted() });
    assert_eq!(problem.code, "regionMismatch");
}

#[test]
fn purge_protection_is_turned_on_only_after_it_was_said_that_it_stays() {
    let rig = Rig::new(with(|vault| vault.security.purge_protection = false));
    let draft = rig.draft(wanted()).expect("reads");
    assert!(draft.irreversible()[0].contains("cannot be turned off again"), "{:?}", draft.irreversible());
    rig.carry_out("apply", draft).expect("applies");
    rig.judge();
}

#[test]
fn what_turns_out_to_be_irreversible_later_stops_and_is_asked_for() {
    use keyroll::rotation::Patience;
    use keyroll::rotation::customer_key::Start;

    let rig = Rig::new(with(|vault| vault.security.purge_protection = false));
    let draft = rig.draft(wanted()).expect("reads");
    let start = Start { confirmed: Vec::new(), ..Rig::start("run", draft) };
    let problem = rig.run(rig.engine().begin(start)).expect("lives").expect_err("nobody confirmed it");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("confirmationRequired", 12));
    assert_eq!(problem.accept, ["step-protectVault"]);
    assert_eq!(rig.azure.audit().calls_of("vault.patch"), 0);
    let accept = problem.accept;
    let written = rig.memory.read_plan("run").expect("reads").expect("is there");
    rig.memory.write_plan("run", &written.replacen("westeurope", "northeurope", 1)).expect("writes");
    let problem = rig.run(rig.engine().resume("run", accept.clone(), Patience::Wait)).expect("lives").expect_err("another order");
    assert_eq!((problem.code.as_str(), rig.azure.audit().calls_of("vault.patch")), ("brokenPlan", 0));
    rig.memory.write_plan("run", &written).expect("writes");
    rig.run(rig.engine().resume("run", accept, Patience::Wait)).expect("lives").expect("goes on");
    rig.judge();
}

#[test]
fn what_was_deleted_is_recovered_on_request() {
    for world in [with(|vault| vault.security.deleted = true), with(|vault| vault.security.keys[0].deleted = true)] {
        let problem = in_the_way(world.clone(), wanted());
        assert!(matches!(problem.code.as_str(), "vaultDeleted" | "keyDeleted"), "{problem:?}");
        assert!(problem.hints[0].contains("--recover"), "{problem:?}");
        let rig = Rig::new(world);
        let draft = rig.draft(Wanted { recover: true, ..wanted() }).expect("reads");
        rig.carry_out("apply", draft).expect("recovers and applies");
        rig.judge();
    }
}

#[test]
fn a_vault_by_roles_without_the_right_to_give_them_is_told_beforehand() {
    let mut world = with(|vault| vault.security.by_roles = true);
    world.caller.missing_actions = vec!["Microsoft.Authorization/roleAssignments/write".into()];
    let problem = in_the_way(world, wanted());
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("noRightToAssignRoles", 4));
    assert!(problem.hints[0].contains("Key Vault Crypto Service Encryption User"), "{problem:?}");

    let shut = with(|vault| vault.security.caller_may = false);
    let problem = in_the_way(shut.clone(), Wanted { operator: None, ..wanted() });
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("operatorUnknown", 4));
    let rig = Rig::new(shut);
    let draft = rig.draft(wanted()).expect("reads");
    rig.carry_out("apply", draft).expect("opens the vault to itself first");
    rig.judge();
}

#[test]
fn a_key_that_cannot_be_used_is_named() {
    let key = |change: fn(&mut VaultKey)| with(|vault| change(&mut vault.security.keys[0]));
    for (world, code) in [
        (key(|key| key.kind = "EC".into()), "wrongKeyType"),
        (key(|key| key.size = 1024), "wrongKeySize"),
        (key(|key| key.enabled = false), "keyDisabled"),
    ] {
        let problem = in_the_way(world, wanted());
        assert_eq!((problem.code.as_str(), problem.exit_code()), (code, 12));
        assert!(problem.message.contains("media"), "{problem:?}");
    }
}

#[test]
fn a_retired_service_says_so() {
    let mut world = with_account();
    world.unknowns.media_retired = true;
    let problem = in_the_way(world, wanted());
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("mediaServicesRetired", 3));
    assert!(problem.message.contains("30 June 2024"), "{problem}");
}

#[test]
fn what_cannot_be_known_is_asked_for() {
    let problem = in_the_way(empty(), Wanted { storage: None, ..wanted() });
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("storageAccountMissing", 2));
    let problem = in_the_way(empty(), Wanted { location: None, ..wanted() });
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("locationMissing", 2));
    let other = crate::worlds::id("Microsoft.Storage/storageAccounts", "stother").parse().expect("an id");
    assert_eq!(in_the_way(with_account(), Wanted { storage: Some(other), ..wanted() }).code, "storageNotAttached");
    let nobody = crate::worlds::id("Microsoft.ManagedIdentity/userAssignedIdentities", "nobody").parse().expect("an id");
    let identity = keyroll::domain::customer_key::Identity::User(nobody);
    assert_eq!(in_the_way(with_account(), Wanted { identity, ..wanted() }).code, "noSuchIdentity");
    assert!(vault().contains("kvams1") && Access::Policies.name() == "policies");
}

#[test]
fn a_name_that_somebody_else_has_is_said_to_be_taken() {
    let mut world = empty();
    world
        .storage_accounts
        .push(keyroll::contract::world::StorageAccount::new(&super::rig::storage().replace("/prod/", "/other/")));
    let rig = Rig::new(world);
    let draft = rig.draft(wanted()).expect("reads");
    let problem = rig.carry_out("apply", draft).expect_err("the name is taken");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("storageNameTaken", 12));
    rig.judge();
}
