//! On a good day: everything comes back as it was, its content keys above all.

use keyroll::contract::world::{Fault, FaultKind, StreamingLocator};
use keyroll::domain::locator::event::Deed;
use keyroll::domain::locator::order::{Order, Verdict};
use keyroll::domain::locator::report::Standing;
use keyroll::domain::report::RunStatus;
use keyroll::rotation::locators::survey::Selection;

use super::rig::{Rig, world};

fn verdicts(order: &Order) -> Vec<(String, Option<String>)> {
    let why = |verdict: &Verdict| match verdict {
        Verdict::Recreate => None,
        Verdict::Leave { why } => Some(why.clone()),
    };
    order.items.iter().map(|item| (item.locator.id.clone(), why(&item.verdict))).collect()
}

#[test]
fn every_kind_of_locator_comes_back_with_its_ids_times_filters_and_content_keys() {
    let rig = Rig::new(world(3, 5));
    let before = rig.locators();
    assert!(before.iter().any(|record| record.content_keys.len() == 2));
    let report = rig.recreate().expect("recreates");
    assert_eq!((report.status, report.count(Standing::Restored)), (RunStatus::Done, 15), "{report:?}");
    assert!(report.problem.is_none() && report.locators.iter().all(|line| line.how == "back as it was"), "{report:?}");
    assert_eq!(rig.locators(), before);
    assert_eq!((rig.calls("streamingLocator.delete"), rig.calls("streamingLocator.put")), (15, 15));
    rig.leaks_nothing();
}

#[test]
fn the_order_of_what_is_written_down_and_done_is_that_of_the_promise() {
    let rig = Rig::new(world(1, 2));
    rig.recreate().expect("recreates");
    let deeds = rig.heard.deeds();
    let of = |name: &str| -> Vec<&'static str> {
        let deeds = deeds.iter().filter(|(id, _)| id == name);
        deeds
            .map(|(_, deed)| match deed {
                Deed::Snapshot(_) => "snapshot",
                Deed::DeleteIntent => "deleteIntent",
                Deed::Deleted { .. } => "deleted",
                Deed::CreateIntent => "createIntent",
                Deed::Created => "created",
                Deed::Restored { .. } => "restored",
                other => panic!("{other:?}"),
            })
            .collect()
    };
    for name in ["loc-0", "loc-1"] {
        assert_eq!(of(name), ["snapshot", "deleteIntent", "deleted", "createIntent", "created", "restored"]);
    }
    // One at a time per asset, and the creation directly after the delete.
    let trace = rig.azure.audit().trace;
    let changes: Vec<&str> = trace
        .iter()
        .filter_map(|line| line.split(' ').nth(1))
        .filter(|route| route.ends_with("delete") || route.ends_with("put"))
        .collect();
    assert_eq!(changes, ["streamingLocator.delete", "streamingLocator.put", "streamingLocator.delete", "streamingLocator.put"]);
    // What is made is looked at once, with its keys.
    assert_eq!(rig.calls("streamingLocator.listContentKeys"), 2 + 2 + 2);
}

#[test]
fn what_would_not_come_back_or_serves_nobody_is_left_and_said() {
    let mut world = world(2, 5);
    let media = &mut world.media_accounts[0];
    media.streaming_locators[4].end_time = Some("2026-01-02T00:00:00Z".into());
    media.streaming_locators[5].streaming_policy_name = "gone".into();
    media.streaming_locators[8].content_keys[0].label_reference_in_streaming_policy = "another".into();
    let rig = Rig::new(world);
    let order = rig.survey(&Selection::default()).expect("looks");
    let left: Vec<(String, String)> = verdicts(&order).into_iter().filter_map(|(name, why)| Some((name, why?))).collect();
    let [(four, expired), (five, policy), (eight, label)] = left.as_slice() else { panic!("{left:?}") };
    assert_eq!((four.as_str(), five.as_str(), eight.as_str()), ("loc-4", "loc-5", "loc-8"));
    assert_eq!(expired, "it expired on 2026-01-02, and nobody streams through it");
    assert_eq!(policy, "its streaming policy gone is gone");
    assert!(label.contains("is labelled \"another\", which its streaming policy does not know"), "{label}");
    let before = rig.locators();
    let report = rig.begin(order).expect("lives").expect("recreates");
    assert_eq!((report.count(Standing::Restored), report.count(Standing::Left)), (7, 3));
    assert_eq!(rig.locators(), before);
}

#[test]
fn a_list_is_good_for_names_only() {
    // Whoever believed the list would make the keys anew.
    let rig = Rig::new(world(1, 3));
    let order = rig.survey(&Selection::default()).expect("looks");
    assert_eq!(order.items.iter().map(|item| item.locator.content_keys().len()).collect::<Vec<_>>(), [0, 1, 2]);
    assert!(order.items.iter().all(|item| item.locator.content_keys().iter().all(|key| key.value.is_none())));
    assert_eq!(rig.calls("media.streamingLocators"), 1);
    assert_eq!((rig.calls("streamingLocator.get"), rig.calls("streamingLocator.listContentKeys")), (3, 3));
}

#[test]
fn keys_that_may_not_be_read_keep_their_locator_where_it_is() {
    let rig = Rig::new(world(1, 2));
    rig.azure.add_fault(Fault { times: 99, ..Fault::at("streamingLocator.listContentKeys", 1, FaultKind::Status { code: 403 }) });
    let refused = rig.survey(&Selection::default()).expect_err("a permission is missing");
    assert_eq!(refused.exit_code(), 4, "{refused:?}");
    assert_eq!(rig.calls("streamingLocator.delete"), 0);
}

#[test]
fn filters_narrow() {
    let rig = Rig::new(world(2, 5));
    let of = |selection: Selection| rig.survey(&selection).expect("looks").items.len();
    assert_eq!(of(Selection { locators: vec!["LOC-3".into()], ..Selection::default() }), 1);
    assert_eq!(of(Selection { assets: vec!["film 1".into()], ..Selection::default() }), 5);
    let end = time::OffsetDateTime::UNIX_EPOCH + time::Duration::days(365 * 70);
    assert_eq!(of(Selection { expires_before: Some(end), ..Selection::default() }), 2);
    assert_eq!(of(Selection { expires_after: Some(end), ..Selection::default() }), 8);
    let nobody = rig.survey(&Selection { locators: vec!["loc-99".into()], ..Selection::default() }).expect_err("none");
    assert_eq!((nobody.code.as_str(), nobody.exit_code()), ("noSuchLocator", 3));
}

#[test]
fn a_locator_that_ends_while_it_is_away_comes_back_all_the_same() {
    let mut world = world(1, 1);
    world.media_accounts[0].streaming_locators[0] = StreamingLocator {
        end_time: Some("2026-11-22T02:10:00Z".into()),
        ..world.media_accounts[0].streaming_locators[0].clone()
    };
    world.now = "2026-11-22T02:00:00Z".into();
    let rig = Rig::new(world);
    let before = rig.locators();
    rig.azure.add_fault(Fault::at("streamingLocator.put", 1, FaultKind::Outage { seconds: 1200 }));
    let report = rig.recreate().expect("recreates");
    assert_eq!(report.count(Standing::Restored), 1, "{report:?}");
    assert_eq!(rig.locators(), before);
}

#[test]
fn the_same_run_id_delivered_twice_changes_nothing_twice() {
    let rig = Rig::new(world(1, 3));
    let order = rig.survey(&Selection::default()).expect("looks");
    let first = rig.begin(order.clone()).expect("lives").expect("recreates");
    let again = rig.begin(order).expect("lives").expect("is told again");
    assert_eq!((first, rig.calls("streamingLocator.delete")), (again, 3));
}

#[test]
fn two_runs_at_once_are_one_after_the_other() {
    let rig = Rig::new(world(1, 3));
    let order = rig.survey(&Selection::default()).expect("looks");
    let (one, other) = (rig.engine(), rig.engine());
    let mut second = Rig::start(order.clone());
    second.run_id = Some("other".into());
    let both =
        futures::future::join(one.begin_sealing(Rig::start(order), rig.sealing()), other.begin_sealing(second, rig.sealing()));
    let (first, second) = rig.run(both).expect("lives");
    first.expect("recreates");
    assert_eq!(second.expect_err("locked").exit_code(), 9);
}
