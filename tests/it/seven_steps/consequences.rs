//! What becomes of locators while a roll is at work on them, and who hears of it before a key dies, or at the end.

use std::sync::Arc;

use keyroll::azure::media_v2::MediaV2;
use keyroll::contract::world::{AccessPolicyV2, Fault, FaultKind, Moment, World};
use keyroll::domain::act::Act;
use keyroll::domain::dependent::Movement;
use keyroll::domain::key::Slot;
use keyroll::domain::locator::Locator;
use keyroll::domain::plan::{Options, Plan};
use keyroll::domain::problem::{Kind, Problem};
use keyroll::domain::report::{Report, RunStatus};
use keyroll::rotation::locators::survey::{Manner, Selection};
use keyroll::rotation::locators::{Engine, Start};
use keyroll::rotation::storage::Storage as _;
use keyroll::rotation::{self, Patience};

use super::rig::{RECREATED, Studio, call_of, died_at, films};
use crate::locators::rig::ENDPOINT;
use crate::rig::Rig;

const OWN_POLICY: &str = "nb:pid:UUID:00000000-0000-4000-8000-00000000000f";

/// The films; one locator has an access policy of its own.
fn with_own_policy() -> World {
    let mut world = films();
    let account = &mut world.media_v2_accounts[0];
    account.policies.push(AccessPolicyV2 { id: OWN_POLICY.into(), ..account.policies[0].clone() });
    account.locators[5].policy = OWN_POLICY.into();
    world
}

fn regenerated(studio: &Studio) -> usize {
    studio.rig.azure.audit().own_regenerates().count()
}

fn accept(studio: &Studio, names: &[&str]) -> Result<Report, Problem> {
    studio.new_process();
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    studio.rig.run(studio.engine().resume("run", names, Patience::Wait)).expect("lives")
}

/// A day later.
fn next_plan(studio: &Studio) -> Plan {
    studio.rig.clock.advance(std::time::Duration::from_secs(86_400));
    studio.rig.memory.release_locks();
    studio.plan()
}

fn converges(plan: &Plan) -> bool {
    plan.steps.iter().any(|step| step.phase == Act::Converge && step.act == Act::Locators)
}

#[test]
fn that_nobody_can_list_them_has_a_name_of_its_own() {
    let mut world = films();
    let account = &mut world.media_v2_accounts[0];
    account.locators[4].policy = "nb:pid:UUID:gone".into();
    account.locators[4].expires_in_hours = Some(24);
    let studio = Studio::new(world);
    let plan = studio.plan();
    assert!(plan.acceptances.iter().any(|needed| needed.name == "locators-media-v2"), "one cannot come back");
    let refuse = |code, times| {
        studio.rig.azure.add_fault(Fault { times, ..Fault::at("odata.locators", 1, FaultKind::Status { code }) });
    };
    refuse(403, 1);
    let asked = studio.rotate(plan).expect("lives").expect_err("only one was accepted");
    assert_eq!(
        (asked.exit_code(), asked.accept.as_slice(), regenerated(&studio)),
        (12, &["unlisted-media-v2".to_owned()][..], 0)
    );
    // A sign-in that fails is no answer, whatever was accepted.
    refuse(401, 2);
    let stopped = accept(&studio, &["unlisted-media-v2"]).expect_err("is not signed in");
    assert_eq!((stopped.exit_code(), regenerated(&studio)), (4, 0), "{stopped}");
    refuse(404, 999);
    let report = accept(&studio, &[]).expect("rolls");
    assert!(report.locators.iter().all(|round| round.recreated == 0 && round.how.contains("could not be listed")));
    assert_eq!((report.status, regenerated(&studio)), (RunStatus::Done, 2));
}

#[test]
fn what_was_to_be_recreated_and_was_left_is_asked_for_before_its_key_dies() {
    // One answer of 404 is looked at again.
    let studio = Studio::new(films());
    let plan = studio.plan();
    studio.rig.azure.add_fault(Fault::at("odata.locator", 2, FaultKind::Status { code: 404 }));
    let report = studio.rotate(plan).expect("lives").expect("rolls");
    assert!(report.locators.iter().all(|round| round.recreated == RECREATED), "{:?}", report.locators);
    assert_eq!(report.problem, None);

    // Its policy goes between the survey and its turn.
    let studio = Studio::new(with_own_policy());
    let plan = studio.plan();
    studio.rig.azure.crash_at(call_of("odata.deleteLocator", RECREATED), Moment::Before);
    assert!(studio.rotate(plan).is_none(), "dies");
    studio.rig.azure.others_delete_access_policy(OWN_POLICY);
    studio.new_process();
    let asked = studio.resume().expect("lives").expect_err("one was left");
    assert_eq!((asked.code.as_str(), asked.exit_code()), ("acceptanceNeeded", 12), "{asked}");
    assert_eq!((asked.accept.as_slice(), regenerated(&studio)), (&["left-media-v2".to_owned()][..], 1), "the old key lives");
    assert!(asked.to_string().contains(OWN_POLICY), "{asked}");
    let again = accept(&studio, &[]).expect_err("nobody accepted it");
    assert_eq!((again.accept, regenerated(&studio)), (asked.accept, 1));
    let report = accept(&studio, &["left-media-v2"]).expect("rolls");
    assert_eq!((report.status, regenerated(&studio)), (RunStatus::Done, 2));
    let problem = report.problem.expect("somebody has to make it anew");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("locatorsLeft", 42), "as recreate-locators answers by itself");
    assert!(report.accepted.iter().any(|name| name == "left-media-v2"), "{:?}", report.accepted);
    studio.leaks_nothing();
}

#[test]
fn a_locator_that_an_abort_cannot_make_again_is_told_with_exit_code_42() {
    let studio = died_at(call_of("odata.deleteLocator", RECREATED), Moment::After);
    let policy = films().media_v2_accounts[0].policies[0].id.clone();
    studio.rig.azure.others_delete_access_policy(&policy);
    let report = studio.abort().expect("lives").expect("is pointed back");
    assert_eq!(report.status, RunStatus::Aborted);
    let problem = report.problem.clone().expect("one is lost");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("locatorsLost", 42), "{problem}");
    assert!(report.locators.iter().any(|round| round.how.contains("1 lost: ")), "{:?}", report.locators);
    assert_eq!(studio.engine().report("run").expect("a report").problem, Some(problem), "and again");
}

#[test]
fn what_editors_publish_on_the_fresh_key_survives_an_abort_and_the_next_roll() {
    let mut studio = died_at(call_of("odata.deleteLocator", 2 * RECREATED - 1), Moment::After);
    let media = MediaV2::at(studio.client(), ENDPOINT).expect("an endpoint");
    let like = studio.rig.run(media.locators()).expect("lives").expect("lists").locators.remove(0).locator;
    let id = "nb:lid:UUID:00000000-0000-4000-bbbb-000000000001";
    let made = Locator { id: id.into(), name: Some("premiere".into()), ..like };
    studio.rig.run(media.create_locator(&made, &made.policy, made.start)).expect("lives").expect("is made");
    assert_eq!(studio.abort().expect("lives").expect("is pointed back").status, RunStatus::Aborted);
    let plan = next_plan(&studio);
    assert!(converges(&plan), "nobody knows which key each of them hangs on: {:?}", plan.steps);
    // What the account holds is known; what its locators hang on is not, and nobody's word tells it.
    studio.rig.scope.media_v2[0].holds = Some(Slot::Key1);
    let problem = studio.rig.plan(&Options::default()).expect_err("locators may hang on the other key");
    assert!(problem.code == "heldOtherwise" && problem.message.contains("left locators of"), "{problem}");
    studio.rig.scope.media_v2[0].holds = None;
    let start = rotation::Start { run_id: Some("again".into()), ..Rig::start(plan, Patience::Wait) };
    let report = studio.rig.run(studio.engine().rotate(start)).expect("lives").expect("rolls");
    assert_eq!((report.status, studio.hang_on().len()), (RunStatus::Done, 1), "{:?}", studio.hang_on());
    let dark: Vec<_> = studio.blackouts().into_iter().filter(|down| down.lasting).collect();
    assert!(dark.is_empty(), "{dark:#?}");
    // A roll that came to its end leaves nothing to converge.
    assert!(!converges(&next_plan(&studio)));
}

#[test]
fn an_account_that_rereads_its_key_has_its_locators_recreated_only_after_a_regenerate() {
    let mut studio = Studio::new(films());
    studio.rig.scope.media_v2[0].movement = Movement::Pull;
    let plan = studio.plan();
    let rounds: Vec<_> = plan.steps.iter().filter(|step| step.act == Act::Locators).map(|step| step.phase).collect();
    assert_eq!(rounds, [Act::Stage, Act::Retire]);
}

#[test]
fn a_part_whose_first_line_never_came_to_the_disk_is_begun_anew() {
    for left_by_the_disk in ["", "{\"schema\":\"keyr", "\0\0\0\0\0\0\0\0"] {
        let studio = died_at(call_of("odata.deleteLocator", 0), Moment::Before);
        let part = studio.heard.runs().remove(0);
        studio.rig.memory.truncate(&part, 0).expect("truncates");
        studio.rig.memory.append(&part, left_by_the_disk).expect("writes");
        let report = studio.resume().expect("lives").unwrap_or_else(|problem| panic!("{left_by_the_disk:?}: {problem}"));
        assert_eq!((report.status, studio.hang_on()), (RunStatus::Done, vec!["stprod key1#1".to_owned()]));
    }
}

#[test]
fn a_run_by_hand_that_is_stopped_is_named_with_its_way_on() {
    let studio = died_at(call_of("odata.locators", 0), Moment::Before);
    let hand = Engine {
        client: studio.client(),
        storage: Arc::new(studio.rig.memory.clone()),
        listener: studio.heard.clone(),
        cancel: studio.cancel.clone(),
        identity: None,
    };
    let rig = &studio.rig;
    let manner = Manner { account: "media-v2".into(), address_file: None, concurrency: 4 };
    let order = rig.run(hand.survey(ENDPOINT, &Selection::default(), manner)).expect("lives").expect("looks");
    rig.azure.add_fault(Fault::at("odata.createLocator", 1, FaultKind::Status { code: 400 }));
    let run_id = Some("by-hand".to_owned());
    let start = Start { run_id, order, request_digest: "by hand".into(), change_reference: None, parent: None };
    rig.run(hand.begin(start)).expect("lives").expect_err("needs a person");
    let listed = rig.azure.audit().calls_of("odata.locators");
    studio.new_process();
    let stopped = studio.resume().expect("lives").expect_err("another run is in the way");
    assert_eq!((stopped.kind, stopped.code.as_str()), (Kind::Locked, "unfinishedRun"), "{stopped}");
    assert!(stopped.hints.iter().any(|hint| hint.contains("keyroll resume --run-id by-hand")), "{:?}", stopped.hints);
    assert!(rig.azure.audit().calls_of("odata.locators") <= listed + 2, "nothing is listed over and over");
    studio.new_process();
    rig.run(hand.resume("by-hand")).expect("lives").expect("ends");
    studio.new_process();
    assert_eq!(studio.resume().expect("lives").expect("rolls").status, RunStatus::Done);
}
