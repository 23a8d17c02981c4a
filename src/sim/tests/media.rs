//! Media accounts: what a sync takes, and when origins follow.

use azure_core::http::Method;

use super::super::holder::HolderKind;
use super::{Caller, id, one_account, storage_id};
use crate::contract::world::{ContainerSas, MediaAccount, MediaHolds, Span, World};

const DAY: u64 = 86_400;

fn media_id() -> String {
    id("Microsoft.Media/mediaservices", "amsprod")
}

fn world() -> World {
    let mut world = one_account();
    world.media_accounts = vec![MediaAccount::new(&media_id(), &storage_id())];
    world.unknowns.accept_seconds = Span::new(10, 10);
    world.unknowns.refuse_seconds = Span::new(60, 60);
    world
}

fn sync(caller: &Caller) {
    let body = format!(r#"{{"id":"{}"}}"#, storage_id());
    let got = caller.arm(Method::Post, &format!("{}/syncStorageKeys?api-version=2021-11-01", media_id()), &body);
    assert_eq!((got.status, got.text.as_str()), (200, ""));
}

/// The URLs of `listContainerSas`, and how each one fares.
fn statuses(caller: &Caller) -> Vec<u16> {
    let path = format!("{}/assets/film/listContainerSas?api-version=2021-11-01", media_id());
    let got = caller.arm(Method::Post, &path, r#"{"permissions":"Read"}"#);
    let urls = got.json()["assetContainerSasUrls"].as_array().expect("URLs").clone();
    let texts = urls.iter().map(|url| url.as_str().expect("a URL").to_owned());
    let ask = |url: String| {
        caller.send(Method::Get, &format!("{url}&restype=container&comp=list"), &[], "").expect("lives").expect("holds")
    };
    texts.map(|url| ask(url).status).collect()
}

#[test]
fn the_signed_urls_show_which_keys_a_media_account_holds() {
    let caller = Caller::new(world());
    assert_eq!(statuses(&caller), [200, 200]);
    caller.regenerate(&storage_id(), "key2").expect("lives").expect("holds");
    caller.wait(60);
    assert_eq!(statuses(&caller), [200, 403], "it still signs with the old key2");
    sync(&caller);
    assert_eq!(statuses(&caller), [200, 200]);
    for (holds, sas, expected) in [
        (MediaHolds::Key1, ContainerSas::EachKey, vec![200]),
        (MediaHolds::Both, ContainerSas::FirstKey, vec![200]),
        (MediaHolds::Both, ContainerSas::SecondUnverifiable, vec![200, 403]),
    ] {
        let mut world = world();
        world.unknowns.media_holds = holds;
        world.unknowns.container_sas = sas;
        assert_eq!(statuses(&Caller::new(world)), expected, "{holds:?} {sas:?}");
    }
}

#[test]
fn one_regenerate_without_a_sync_is_survived_and_two_are_not() {
    let caller = Caller::new(world());
    caller.regenerate(&storage_id(), "key2").expect("lives").expect("holds");
    caller.wait(DAY);
    assert_eq!(caller.azure.audit().downtimes, []);
    caller.regenerate(&storage_id(), "key1").expect("lives").expect("holds");
    caller.wait(DAY);
    let downtimes = caller.azure.audit().downtimes;
    let kinds: Vec<HolderKind> = downtimes.iter().map(|down| down.kind).collect();
    assert_eq!(kinds, [HolderKind::MediaAccount, HolderKind::MediaOrigin]);
    assert!(downtimes.iter().all(|down| down.lasting && down.seconds > 86_000));
}

#[test]
fn origins_go_on_with_what_they_cached() {
    let mut world = world();
    world.unknowns.origin_cache_minutes = 60;
    let caller = Caller::new(world);
    caller.regenerate(&storage_id(), "key2").expect("lives").expect("holds");
    caller.wait(60);
    sync(&caller);
    let origin = |caller: &Caller| {
        caller.azure.audit().holders.iter().find(|held| held.kind == HolderKind::MediaOrigin).expect("an origin").current
    };
    assert!(!origin(&caller), "not yet");
    caller.wait(3600);
    assert!(origin(&caller));
    caller.regenerate(&storage_id(), "key1").expect("lives").expect("holds");
    sync(&caller);
    caller.wait(DAY);
    assert_eq!(caller.azure.audit().downtimes, [], "between two syncs an hour apart nobody is down");
}

#[test]
fn a_sync_without_the_wait_before_it_can_take_the_stream_down() {
    let mut world = world();
    world.unknowns.origin_cache_minutes = 60;
    world.seed = 3;
    let caller = Caller::new(world);
    for slot in ["key2", "key1"] {
        caller.regenerate(&storage_id(), slot).expect("lives").expect("holds");
        caller.wait(11);
        sync(&caller);
    }
    caller.wait(DAY);
    let downtimes = caller.azure.audit().downtimes;
    assert!(downtimes.iter().any(|down| down.kind == HolderKind::MediaOrigin && !down.lasting), "{downtimes:?}");
    assert!(!downtimes.iter().any(|down| down.kind == HolderKind::MediaAccount), "the account itself was in time: {downtimes:?}");
}

#[test]
fn a_sync_wants_the_whole_id_of_an_attached_account() {
    let caller = Caller::new(world());
    let path = format!("{}/syncStorageKeys?api-version=2021-11-01", media_id());
    for body in
        [r#"{"id":"stprod"}"#.to_owned(), format!(r#"{{"id":"{}"}}"#, storage_id().replace("stprod", "other")), String::new()]
    {
        assert_eq!(caller.arm(Method::Post, &path, &body).code(), "BadRequest", "{body}");
    }
    let mut managed = world();
    managed.media_accounts[0].storage_authentication = "ManagedIdentity".into();
    let caller = Caller::new(managed);
    assert!(!caller.azure.audit().holders.iter().any(|held| held.kind == HolderKind::MediaAccount), "it holds no key");
}

#[test]
fn lists_come_in_pages_with_the_services_own_link() {
    let mut world = world();
    for at in 0..5 {
        world.media_accounts.push(MediaAccount::new(&id("Microsoft.Media/mediaservices", &format!("ams{at}")), &storage_id()));
    }
    world.unknowns.page_size = 2;
    let caller = Caller::new(world);
    let mut next =
        format!("/subscriptions/{}/providers/Microsoft.Media/mediaservices?api-version=2021-11-01", super::SUBSCRIPTION);
    let mut names = Vec::new();
    loop {
        let page = caller.arm(Method::Get, &next, "").json();
        names.extend(page["value"].as_array().expect("rows").iter().map(|row| row["name"].as_str().expect("a name").to_owned()));
        match page["@odata.nextLink"].as_str() {
            Some(link) => next = link.to_owned(),
            None => break,
        }
    }
    assert_eq!(names, ["amsprod", "ams0", "ams1", "ams2", "ams3", "ams4"]);
}
