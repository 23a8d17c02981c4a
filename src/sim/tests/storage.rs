//! Storage accounts, their keys, and the services behind them.

use azure_core::http::Method;

use super::super::audit::{Answer, Author};
use super::{Caller, one_account, storage_id};
use crate::contract::world::{Fault, FaultKind, Lock, Moment, Span, StorageAccount, World};

fn calm() -> World {
    let mut world = one_account();
    world.unknowns.accept_seconds = Span::new(20, 40);
    world.unknowns.refuse_seconds = Span::new(60, 90);
    world
}

#[test]
fn a_regenerate_changes_one_slot_and_says_so_at_once() {
    let caller = Caller::new(calm());
    let before = caller.keys(&storage_id());
    let got = caller.regenerate(&storage_id(), "key2").expect("lives").expect("holds");
    assert_eq!(got.status, 200);
    assert_eq!(got.json()["keys"][0]["value"], before[0]);
    assert_ne!(got.json()["keys"][1]["value"], before[1]);
    assert_eq!(got.json()["keys"][1]["permissions"], "FULL");
    assert!(!got.header("x-ms-correlation-request-id").is_empty());
    let after = caller.keys(&storage_id());
    assert_eq!(got.json()["keys"][1]["value"], after[1]);
    let audit = caller.azure.audit();
    assert_eq!(audit.regenerates.len(), 1);
    assert_eq!((audit.regenerates[0].slots.as_slice(), audit.regenerates[0].answer), (["key2"].as_slice(), Answer::Delivered));
    assert!(
        after.iter().chain(&before).all(|key| audit.secrets.contains(key)),
        "every key that ever was is told for leak searches"
    );
}

#[test]
fn a_new_key_is_accepted_and_the_old_one_refused_only_after_a_while() {
    for service in ["blob", "file", "queue", "table"] {
        let caller = Caller::new(calm());
        let old = caller.keys(&storage_id())[1].clone();
        assert_eq!(caller.probe(service, &old).status, 200, "{service}");
        caller.regenerate(&storage_id(), "key2").expect("lives").expect("holds");
        let new = caller.keys(&storage_id())[1].clone();
        assert_eq!(caller.probe(service, &new).status, 403, "{service}: not yet");
        assert_eq!(caller.probe(service, &old).status, 200, "{service}: still");
        caller.wait(90);
        for _ in 0..3 {
            assert_eq!(caller.probe(service, &new).status, 200, "{service}: on every front end");
            let dead = caller.probe(service, &old);
            assert_eq!((dead.status, dead.header("x-ms-error-code")), (403, "AuthenticationFailed"), "{service}");
        }
    }
}

#[test]
fn a_lost_answer_does_not_mean_that_nothing_happened() {
    let mut world = calm();
    world.faults = vec![
        Fault::at("storage.regenerateKey", 1, FaultKind::ResetAfter),
        Fault::at("storage.regenerateKey", 2, FaultKind::ResetBefore),
        Fault::at("storage.regenerateKey", 3, FaultKind::StatusAfter { code: 503 }),
    ];
    let caller = Caller::new(world);
    let mut seen = vec![caller.keys(&storage_id())];
    for _ in 0..3 {
        let answer = caller.regenerate(&storage_id(), "key1").expect("lives");
        assert!(answer.map_or(true, |got| got.status == 503));
        seen.push(caller.keys(&storage_id()));
    }
    assert_ne!(seen[0], seen[1], "reset after: it happened");
    assert_eq!(seen[1], seen[2], "reset before: it did not");
    assert_ne!(seen[2], seen[3], "a 503 after the change: it happened");
    let audit = caller.azure.audit();
    assert!(audit.regenerates.iter().all(|record| record.answer == Answer::Lost));
    assert_eq!(audit.regenerates.len(), 2);
    assert_eq!(audit.faults["resetAfter × storage.regenerateKey"], 1);
}

#[test]
fn a_lost_answer_may_have_its_effect_minutes_later() {
    let mut world = calm();
    world.unknowns.late_effect_seconds = 120;
    world.faults = vec![Fault::at("storage.regenerateKey", 1, FaultKind::LateEffect)];
    let caller = Caller::new(world);
    let before = caller.keys(&storage_id());
    caller.regenerate(&storage_id(), "key1").expect("lives").expect_err("the answer is lost");
    assert_eq!(caller.keys(&storage_id()), before);
    caller.wait(121);
    assert_ne!(caller.keys(&storage_id())[0], before[0]);
    let record = caller.azure.audit().regenerates[0].clone();
    let effective = record.effective_seconds.expect("it happened");
    assert_eq!(effective - record.arrived_seconds, 120);
}

#[test]
fn stale_answers_last_as_long_as_the_world_says() {
    let mut world = calm();
    world.unknowns.stale_list_keys_seconds = 60;
    let caller = Caller::new(world.clone());
    let before = caller.keys(&storage_id());
    caller.regenerate(&storage_id(), "key1").expect("lives").expect("holds");
    assert_eq!(caller.keys(&storage_id()), before, "stale");
    caller.wait(60);
    assert_ne!(caller.keys(&storage_id()), before);
    world.unknowns.list_keys_flaps = true;
    let caller = Caller::new(world);
    let before = caller.keys(&storage_id());
    caller.regenerate(&storage_id(), "key1").expect("lives").expect("holds");
    let answers: Vec<bool> = (0..4).map(|_| caller.keys(&storage_id()) == before).collect();
    assert_eq!(answers, [false, true, false, true], "one front end knows, the other does not");
}

#[test]
fn the_service_may_change_what_it_was_not_asked_for() {
    let mut world = calm();
    world.faults = vec![
        Fault::at("storage.regenerateKey", 1, FaultKind::WrongSlot),
        Fault::at("storage.regenerateKey", 2, FaultKind::BothSlots),
    ];
    let caller = Caller::new(world);
    let first = caller.keys(&storage_id());
    caller.regenerate(&storage_id(), "key1").expect("lives").expect("holds");
    let second = caller.keys(&storage_id());
    assert_eq!((first[0] == second[0], first[1] == second[1]), (true, false));
    caller.regenerate(&storage_id(), "key1").expect("lives").expect("holds");
    let third = caller.keys(&storage_id());
    assert_eq!((second[0] == third[0], second[1] == third[1]), (false, false));
    let mut world = calm();
    world.faults = vec![Fault::at("storage.regenerateKey", 1, FaultKind::DuplicateDelivery)];
    let caller = Caller::new(world);
    caller.regenerate(&storage_id(), "key1").expect("lives").expect("holds");
    let authors: Vec<Author> = caller.azure.audit().regenerates.iter().map(|record| record.author).collect();
    assert_eq!(authors, [Author::Caller, Author::Network]);
}

#[test]
fn a_crash_ends_the_caller_and_not_the_world() {
    for (moment, changed) in [(Moment::Before, false), (Moment::After, true)] {
        let caller = Caller::new(calm());
        let before = caller.keys(&storage_id());
        caller.azure.crash_at(1, moment);
        assert!(caller.regenerate(&storage_id(), "key1").is_none(), "the caller is dead");
        assert!(caller.try_arm(Method::Get, "/subscriptions", "").is_none(), "and stays dead");
        caller.azure.crash_switch().reset();
        assert_eq!(caller.keys(&storage_id()) != before, changed, "{moment:?}");
    }
}

#[test]
fn doors_that_are_closed_say_why() {
    let mut world = calm();
    world.storage_accounts[0].blocked_services = vec!["file".into()];
    let mut closed = StorageAccount::new(&super::id("Microsoft.Storage/storageAccounts", "stclosed"));
    closed.allow_shared_key_access = Some(false);
    world.storage_accounts.push(closed);
    let caller = Caller::new(world);
    let key = caller.keys(&storage_id())[0].clone();
    assert_eq!(caller.probe("file", &key).header("x-ms-error-code"), "AuthorizationFailure");
    assert_eq!(caller.probe("blob", &key).status, 200);
    let mut world = calm();
    world.storage_accounts[0].allow_shared_key_access = Some(false);
    let caller = Caller::new(world);
    assert_eq!(caller.probe("blob", &key).header("x-ms-error-code"), "KeyBasedAuthenticationNotPermitted");
}

#[test]
fn a_clock_that_is_wrong_by_an_hour_cannot_sign() {
    let mut world = calm();
    world.faults = vec![Fault::at("storage.get", 1, FaultKind::ClockJump { seconds: -3600 })];
    let caller = Caller::new(world);
    let key = caller.keys(&storage_id())[0].clone();
    assert_eq!(caller.probe("blob", &key).status, 200);
    assert_eq!(caller.arm(Method::Get, &format!("{}?api-version=2023-05-01", storage_id()), "").status, 200);
    let refused = caller.probe("blob", &key);
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("date header"), "{}", refused.text);
}

#[test]
fn what_is_not_there_or_not_allowed_is_told_as_resource_manager_tells_it() {
    let caller = Caller::new(calm());
    let storage = storage_id();
    let missing = caller.arm(Method::Get, &storage.replace("stprod", "nobody"), "");
    assert_eq!(
        (missing.status, missing.code().as_str(), missing.header("x-ms-failure-cause")),
        (404, "ResourceNotFound", "gateway")
    );
    assert_eq!(caller.arm(Method::Get, &storage.replace("/prod/", "/other/"), "").code(), "ResourceGroupNotFound");
    assert_eq!(caller.arm(Method::Get, &storage.replace("1111-", "9999-"), "").code(), "SubscriptionNotFound");
    let mut world = calm();
    world.caller.missing_actions = vec!["Microsoft.Storage/storageAccounts/regenerateKey/action".into()];
    world.locks.push(Lock {
        scope: storage.to_uppercase().replace("/SUBSCRIPTIONS", "/subscriptions"),
        name: "l".into(),
        level: "CanNotDelete".into(),
    });
    let caller = Caller::new(world.clone());
    let refused = caller.regenerate(&storage, "key1").expect("lives").expect("holds");
    assert_eq!((refused.status, refused.code().as_str()), (403, "AuthorizationFailed"));
    let permissions =
        caller.arm(Method::Get, &format!("{storage}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01"), "");
    assert_eq!(permissions.json()["value"][0]["notActions"][0], "Microsoft.Storage/storageAccounts/regenerateKey/action");
    let locks = caller.arm(Method::Get, &format!("{storage}/providers/Microsoft.Authorization/locks?api-version=2016-09-01"), "");
    assert_eq!(locks.json()["value"][0]["properties"]["level"], "CanNotDelete");
    world.locks[0].level = "ReadOnly".into();
    world.caller.missing_actions.clear();
    let caller = Caller::new(world);
    let locked = caller.regenerate(&storage, "key1").expect("lives").expect("holds");
    assert_eq!((locked.status, locked.code().as_str()), (409, "ScopeLocked"));
    assert_eq!(caller.arm(Method::Post, &format!("{storage}/listKeys"), "").status, 409, "listKeys is a POST");
}

#[test]
fn a_token_must_be_there_be_for_this_audience_and_be_valid() {
    let caller = Caller::new(calm());
    let url = format!("https://management.azure.com{}", storage_id());
    let ask = |headers: &[(&str, String)]| caller.send(Method::Get, &url, headers, "").expect("lives").expect("holds");
    assert_eq!(ask(&[]).code(), "AuthenticationFailed");
    let vault = caller.token("https://vault.azure.net/.default");
    assert_eq!(ask(&[vault]).code(), "InvalidAuthenticationTokenAudience");
    let good = caller.token("https://management.azure.com/.default");
    assert_eq!(ask(std::slice::from_ref(&good)).status, 200);
    caller.wait(3601);
    let expired = ask(&[good]);
    assert_eq!((expired.status, expired.code().as_str()), (401, "ExpiredAuthenticationToken"));
}

#[test]
fn answers_may_be_cut_wrong_or_enormous() {
    let mut world = calm();
    world.faults = vec![
        Fault::at("storage.get", 1, FaultKind::TruncatedBody),
        Fault::at("storage.get", 2, FaultKind::WrongBody),
        Fault::at("storage.get", 3, FaultKind::HugeError),
        Fault::at("storage.get", 4, FaultKind::Throttle { retry_after: 17 }),
        Fault::at("storage.get", 5, FaultKind::ThrottleInText { seconds: 372 }),
        Fault::at("storage.get", 6, FaultKind::Outage { seconds: 3600 }),
    ];
    let caller = Caller::new(world);
    let ask = || caller.arm(Method::Get, &storage_id(), "");
    let cut = ask();
    assert!(serde_json::from_str::<serde_json::Value>(&cut.text).is_err());
    assert_eq!((ask().text.starts_with("<!DOCTYPE"), ask().text.len() > 1_000_000), (true, true));
    let throttled = ask();
    assert_eq!((throttled.status, throttled.header("retry-after")), (429, "17"));
    let told = ask();
    assert_eq!((told.status, told.header("retry-after"), told.text.contains("after '372' seconds")), (429, "", true));
    assert_eq!((ask().status, ask().status), (503, 503));
    caller.wait(3600);
    assert_eq!(ask().status, 200);
}
