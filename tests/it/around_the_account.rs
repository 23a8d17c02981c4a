//! What is read around an account before anything is changed: whether it is there, who may do what, and what is locked.

use std::sync::Arc;

use keyroll::azure::authorization::LockLevel;
use keyroll::azure::client::{Client, ClientOptions, Unobserved};
use keyroll::azure::cloud::Cloud;
use keyroll::contract::world::{Lock, StorageAccount, Subscription, World};
use keyroll::domain::problem::Kind;
use keyroll::domain::resource_id::ResourceId;
use keyroll::sim::simulator::Simulator;
use keyroll::sim::virtual_clock::VirtualClock;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const SUBSCRIPTION: &str = "11111111-2222-3333-4444-555555555555";
const REGENERATE: &str = "Microsoft.Storage/storageAccounts/regeneratekey/action";

fn account() -> ResourceId {
    ResourceId::new(SUBSCRIPTION, "prod", "Microsoft.Storage", "storageAccounts", "stprod")
}

fn world() -> World {
    World {
        subscriptions: vec![Subscription { id: SUBSCRIPTION.into(), name: "Production".into() }],
        storage_accounts: vec![StorageAccount::new(account().as_str())],
        ..World::default()
    }
}

/// A client in this world, and the clock that its calls run on.
fn client(world: World) -> (Client, VirtualClock) {
    let clock = VirtualClock::new(OffsetDateTime::parse(&world.now, &Rfc3339).expect("a time"));
    let azure = Simulator::new(world, Arc::new(clock.steady())).expect("a sound world");
    let client = Client::new(ClientOptions {
        transport: azure.transport(),
        cloud: Cloud::public(),
        credential: Some(azure.credential()),
        clock: Arc::new(clock.clone()),
        observer: Arc::new(Unobserved),
        client_request_id: None,
    });
    (client, clock)
}

#[test]
fn an_account_is_read_alone_and_in_both_lists() {
    let (client, clock) = client(world());
    let run = clock.run(async {
        let alone = client.storage_account(&account()).await.expect("it is there");
        let all = client.storage_accounts(SUBSCRIPTION).await.expect("a list");
        let group = client.storage_accounts_in(SUBSCRIPTION, "prod").await.expect("a list");
        (alone, all, group)
    });
    let (alone, all, group) = run.expect("nothing waits for ever");
    assert_eq!((all, group), (vec![alone.clone()], vec![alone.clone()]));
    assert_eq!(alone.endpoint_suffix().as_deref(), Some("core.windows.net"));
}

#[test]
fn what_is_not_there_is_named() {
    let (client, clock) = client(world());
    let missing = ResourceId::new(SUBSCRIPTION, "prod", "Microsoft.Storage", "storageAccounts", "stnone");
    let problem = clock.run(client.storage_account(&missing)).expect("ends").expect_err("no such account");
    assert_eq!(problem.kind, Kind::NotFound);
    assert!(problem.message.contains("stnone"), "{}", problem.message);
    let foreign = "99999999-2222-3333-4444-555555555555";
    let problem = clock.run(client.subscription(foreign)).expect("ends").expect_err("not signed in there");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("subscriptionNotSignedIn", 3));
    assert!(problem.message.contains(foreign) && !problem.hints.is_empty());
    let own = clock.run(client.subscription(SUBSCRIPTION)).expect("ends").expect("it is there");
    assert_eq!(own.name, "Production");
    assert_eq!(clock.run(client.subscriptions()).expect("ends").expect("a list"), [own]);
    for text in ["", "../x", "a/b", "a b"] {
        let problem = clock.run(client.subscription(text)).expect("ends").expect_err("not an id");
        assert_eq!(problem.code, "subscriptionNotSignedIn");
    }
}

#[test]
fn locks_of_the_group_and_the_subscription_are_seen() {
    let lock = |scope: String, level: &str| Lock { scope, name: level.to_lowercase(), level: level.into() };
    let mut world = world();
    world.locks = vec![
        lock(format!("/subscriptions/{SUBSCRIPTION}"), "CanNotDelete"),
        lock(format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/prod"), "ReadOnly"),
        lock(format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/dev"), "ReadOnly"),
    ];
    let (client, clock) = client(world);
    let locks = clock.run(client.locks(&account())).expect("ends").expect("a list");
    assert_eq!(locks.unseen, None);
    let levels: Vec<LockLevel> = locks.locks.iter().map(|lock| lock.level).collect();
    assert_eq!(levels.len(), 2, "{:?}", locks.locks);
    assert!(levels.contains(&LockLevel::CanNotDelete));
    assert!(locks.read_only().expect("the group's").scope.ends_with("/prod"));
}

#[test]
fn a_missing_permission_is_named() {
    let mut world = world();
    world.caller.missing_actions = vec![REGENERATE.into()];
    let (client, clock) = client(world);
    let granted = clock.run(client.permissions(&account())).expect("ends").expect("a list");
    assert_eq!(granted.missing(&[REGENERATE, "Microsoft.Storage/storageAccounts/read"]), [REGENERATE]);
}
