//! What a locator names beside its asset: where it is gone, or nobody may look, the service would refuse to make the locator again,
//! and so it stays where it is.

use keyroll::contract::world::{Fault, FaultKind};
use keyroll::domain::locator::order::Verdict;
use keyroll::domain::locator::report::Standing;
use keyroll::domain::problem::Kind;
use keyroll::domain::report::RunStatus;
use keyroll::rotation::locators::survey::Selection;
use keyroll::sim::simulator::Simulator;

use super::rig::{Rig, world};

/// What somebody does to the account meanwhile.
type Meddling = fn(&Simulator);

/// Which locators are left, and why.
fn left(rig: &Rig) -> Vec<(String, String)> {
    let order = rig.survey(&Selection::default()).expect("looks");
    let why = |verdict: Verdict| match verdict {
        Verdict::Recreate => None,
        Verdict::Leave { why } => Some(why),
    };
    order.items.into_iter().filter_map(|item| Some((item.locator.id, why(item.verdict)?))).collect()
}

#[test]
fn the_service_refuses_what_names_something_that_is_gone() {
    let meddling: [(Meddling, &str); 3] = [
        (|azure| azure.others_delete_content_key_policy("licences"), "Content key policy 'licences' was not found"),
        (|azure| azure.others_delete_filter("mobile"), "Filter 'mobile' was not found"),
        (|azure| azure.others_delete_filter("audio"), "Filter 'audio' was not found"),
    ];
    for (meddle, part) in meddling {
        let rig = Rig::new(world(1, 5));
        let media = rig.by_hand();
        let locator = rig.run(media.complete("loc-4")).expect("lives").expect("reads").expect("is there");
        rig.run(media.delete("loc-4")).expect("lives").expect("deletes");
        meddle(&rig.azure);
        let refused = rig.run(media.create(&locator)).expect("lives").expect_err(part);
        assert!(refused.kind == Kind::NotFound && refused.message.contains(part), "{refused:?}");
    }
}

#[test]
fn what_names_a_policy_or_a_filter_that_is_gone_is_left_before_anything_is_deleted() {
    let mut world = world(2, 5);
    world.media_accounts[0].content_key_policies.clear();
    world.media_accounts[0].asset_filters.remove("film 1");
    for number in [1, 4] {
        world.media_accounts[0].streaming_locators[number].default_content_key_policy_name = None;
    }
    world.media_accounts[0].streaming_locators[9].default_content_key_policy_name = None;
    let rig = Rig::new(world);
    let before = rig.locators();
    let left: Vec<(String, String)> = left(&rig);
    let [(six, policy), (nine, filter)] = left.as_slice() else { panic!("{left:?}") };
    assert_eq!((six.as_str(), policy.as_str()), ("loc-6", "its content key policy licences is gone"));
    assert_eq!((nine.as_str(), filter.as_str()), ("loc-9", "its filter audio is gone"));
    let report = rig.recreate().expect("recreates");
    assert_eq!((report.count(Standing::Restored), report.count(Standing::Left)), (8, 2), "{report:?}");
    assert_eq!(rig.locators(), before);
}

#[test]
fn each_name_is_asked_for_once() {
    let rig = Rig::new(world(3, 15));
    assert_eq!(left(&rig), []);
    assert_eq!((rig.calls("media.contentKeyPolicy"), rig.calls("media.accountFilter")), (1, 2));
    assert_eq!(rig.calls("media.assetFilter"), 3, "of each asset the one that the account does not have");
    assert_eq!((rig.calls("media.streamingPolicy"), rig.calls("media.asset")), (5, 3));
}

#[test]
fn a_sign_in_that_may_not_look_leaves_what_it_cannot_judge_and_says_what_it_lacks() {
    for (action, locators) in [
        ("Microsoft.Media/mediaservices/contentKeyPolicies/read", &["loc-1", "loc-4"][..]),
        ("Microsoft.Media/mediaservices/accountFilters/read", &["loc-4"]),
        ("Microsoft.Media/mediaservices/assets/assetFilters/read", &["loc-4"]),
    ] {
        let mut world = world(1, 5);
        world.caller.missing_actions.push(action.into());
        let rig = Rig::new(world);
        let left = left(&rig);
        assert_eq!(left.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), locators, "{action}");
        assert!(left.iter().all(|(_, why)| why.ends_with(&format!("this sign-in lacks {action}"))), "{left:?}");
        assert_eq!(rig.recreate().expect("recreates").count(Standing::Restored), 5 - locators.len());
    }
}

#[test]
fn what_vanished_while_the_run_stood_still_keeps_its_locator_where_it_is() {
    let meddling: [(Meddling, &str); 2] = [
        (|azure| azure.others_delete_content_key_policy("licences"), "its content key policy licences is gone"),
        (|azure| azure.others_delete_filter("audio"), "its filter audio is gone"),
    ];
    for (meddle, why) in meddling {
        let rig = Rig::new(world(1, 5));
        let before = rig.locators();
        let order = rig.order();
        rig.azure.add_fault(Fault::at("streamingLocator.delete", 1, FaultKind::Status { code: 403 }));
        rig.begin(order).expect("lives").expect_err("stops");
        meddle(&rig.azure);
        let report = rig.resume().expect("lives").expect("recreates the others");
        let line = report.locators.iter().find(|line| line.id == "loc-4").expect("a line");
        assert_eq!((line.standing, line.how.as_str()), (Standing::Left, why));
        assert_eq!(rig.locators(), before);
    }
}

#[test]
fn a_run_that_is_ended_says_what_an_away_locator_misses() {
    let rig = Rig::new(world(1, 5));
    let order = rig.order();
    rig.azure.add_fault(Fault::at("streamingLocator.put", 5, FaultKind::Status { code: 403 }));
    rig.begin(order).expect("lives").expect_err("stops");
    rig.azure.others_delete_filter("mobile");
    let refused = rig.resume().expect("lives").expect_err("it cannot be made");
    assert_eq!((refused.code.as_str(), refused.exit_code()), ("locatorRefused", 42), "{refused:?}");
    let report = rig.abort().expect("lives").expect("ends");
    assert_eq!(report.status, RunStatus::Aborted);
    let problem = report.problem.expect("somebody is told");
    assert_eq!(problem.code, "locatorsLost");
    assert!(problem.to_string().contains("its filter mobile is gone"), "{problem}");
}
