//! Rolls with an AMS v2 account: found or named, bound or not, crashed, aborted, refused.

use std::time::Duration;

use keyroll::azure::client::ClientOptions;
use keyroll::azure::cloud::Cloud;
use keyroll::azure::media_v2::ClientCertificate;
use keyroll::azure::media_v2::management::Management;
use keyroll::contract::world::{Fault, FaultKind, Moment};
use keyroll::domain::act::Act;
use keyroll::domain::binding::{Held, Knowledge};
use keyroll::domain::dependent::{DependentKind, Movement};
use keyroll::domain::event::{Certainty, Event};
use keyroll::domain::key::Slot;
use keyroll::domain::plan::{Options, Plan};
use keyroll::domain::report::RunStatus;
use keyroll::rotation::{Engine, Patience};
use keyroll::sim::holder::HolderKind;

use super::{handed, media, world};
use crate::locators::rig::certificate;
use crate::rig::Rig;

const SEVEN_STEPS: Options = Options {
    strategy: keyroll::domain::plan::Strategy::BothSlots,
    finish_on_original: true,
    until: None,
    retire_after: None,
    settle: None,
    concurrency: 4,
    address_file: None,
};

/// What the account itself holds, as the simulation knows it.
fn held(rig: &Rig) -> Vec<String> {
    let audit = rig.azure.audit();
    let own = audit.holders.into_iter().find(|holder| holder.kind == HolderKind::MediaV2Account);
    own.expect("the account").generations
}

/// The slots in the order in which the account was given them.
fn given(rig: &Rig) -> Vec<Slot> {
    let slot = |event: Event| match event {
        Event::Published { slot, .. } => Some(slot),
        _ => None,
    };
    rig.heard.events().into_iter().filter_map(slot).collect()
}

fn acts(plan: &Plan) -> Vec<(Act, Act, Slot)> {
    plan.steps.iter().map(|step| (step.act, step.phase, step.slot)).collect()
}

#[test]
fn the_plan_is_the_seven_steps_of_the_article_once_the_slot_is_known() {
    let rig = handed(world("key1"));
    rig.rotate(&SEVEN_STEPS).expect("rolls");
    rig.clock.advance(Duration::from_secs(3600));
    let plan = rig.plan(&SEVEN_STEPS).expect("a plan");
    let known = plan.dependent(&media()).expect("named");
    assert_eq!((&known.binding.held, known.binding.knowledge), (&Held::Slot(Slot::Key1), Knowledge::Assumed));
    let changing = |(act, ..): &(Act, Act, Slot)| !matches!(act, Act::Test | Act::Prove | Act::Evidence);
    assert_eq!(
        acts(&plan).into_iter().filter(changing).map(|(act, _, slot)| (act, slot)).collect::<Vec<_>>(),
        [
            (Act::Stage, Slot::Key2),
            (Act::Publish, Slot::Key2),
            (Act::Settle, Slot::Key2),
            (Act::Locators, Slot::Key2),
            (Act::Retire, Slot::Key1),
            (Act::Publish, Slot::Key1),
            (Act::Settle, Slot::Key1),
            (Act::Locators, Slot::Key1),
        ]
    );
    let waits: Vec<Duration> = plan.steps.iter().filter(|step| step.act == Act::Settle).map(|step| step.floor).collect();
    assert_eq!(waits, [Duration::from_secs(1800); 2]);
}

#[test]
fn an_account_of_which_nothing_is_known_is_given_the_key_in_use_before_anything_is_regenerated() {
    for slot in ["key1", "key2"] {
        let rig = handed(world(slot));
        let plan = rig.plan(&SEVEN_STEPS).expect("a plan");
        let known = plan.dependent(&media()).expect("named");
        assert_eq!((known.kind, known.movement), (DependentKind::MediaV2Account, Movement::Push));
        assert_eq!(known.binding.held, Held::Unknown);
        assert_eq!(plan.steps[1].phase, Act::Converge, "{:?}", acts(&plan));
        let names: Vec<&str> = plan.acceptances.iter().map(|needed| needed.name.as_str()).collect();
        assert_eq!(names, ["unknown-usage-key2", "unknown-usage-key1"]);
        let report = rig.rotate(&SEVEN_STEPS).expect("rolls");
        assert_eq!(report.status, RunStatus::Done);
        assert_eq!(given(&rig), [Slot::Key1, Slot::Key2, Slot::Key1]);
        assert_eq!(held(&rig), ["stprod key1#1"]);
        let audit = rig.azure.audit();
        assert!(audit.regenerates.iter().all(|record| record.holders.iter().all(|it| it.kind != HolderKind::MediaV2Account)));
        let down: Vec<_> = audit.downtimes.iter().filter(|down| down.kind == HolderKind::MediaV2Account).collect();
        assert!(down.is_empty(), "{down:?}");
        let proofs = rig.heard.events().into_iter().filter_map(|event| match event {
            Event::Proven { certainty, how, .. } => Some((certainty, how)),
            _ => None,
        });
        for (certainty, how) in proofs {
            assert_eq!(certainty, Certainty::Assumed, "the answer to a PUT proves nothing");
            assert!(how.contains("locators"), "{how}");
        }
    }
}

#[test]
fn without_a_certificate_the_account_is_told_as_one_of_media_services_v3_and_needs_a_window() {
    let mut rig = Rig::new(world("key1"));
    rig.name_media_v2(false);
    let plan = rig.plan(&Options::default()).expect("a plan");
    let media: Vec<_> = plan.dependents.iter().filter(|dependent| dependent.id == media()).collect();
    assert_eq!(media.len(), 1, "found and named, it is one dependent");
    assert_eq!((media[0].kind, media[0].movement), (DependentKind::MediaV2Account, Movement::Pull));
    assert!(plan.acceptances.iter().any(|needed| needed.name == "window-ams1"));
    let report = rig.rotate(&Options::default()).expect("rolls");
    assert_eq!(report.status, RunStatus::Done);
    assert_eq!((rig.azure.audit().calls_of("media.syncStorageKeys"), rig.azure.audit().calls_of("classic.putKey")), (5, 0));
}

#[test]
fn an_account_that_is_not_named_stays_one_of_media_services_v3() {
    let rig = Rig::new(world("key1"));
    let plan = rig.plan(&Options::default()).expect("a plan");
    assert_eq!(plan.dependent(&media()).expect("found").kind, DependentKind::MediaAccount);
}

#[test]
fn one_that_does_not_use_the_storage_account_blocks_the_plan() {
    let mut world = world("key1");
    world.media_accounts[0].storage_accounts.clear();
    world.media_accounts[0].assets.clear();
    let rig = handed(world);
    let plan = rig.plan(&Options::default()).expect("a plan");
    assert_eq!(plan.blockers[0].code, "storageNotAttached");
}

#[test]
fn an_address_that_nobody_knows_blocks_the_plan() {
    let mut rig = handed(world("key1"));
    rig.scope.media_v2[0].endpoint = None;
    let plan = rig.plan(&Options::default()).expect("a plan");
    assert_eq!(plan.blockers[0].code, "noMediaEndpoint");
}

/// An engine whose certificate is valid until the first day of this year.
fn until(rig: &Rig, year: i32) -> Engine {
    let client = rig.client();
    let certificate = ClientCertificate::read("the client certificate", certificate(year).as_bytes(), None).expect("whole");
    let options = ClientOptions {
        transport: rig.azure.transport(),
        cloud: Cloud::public(),
        credential: None,
        clock: client.clock().clone(),
        observer: rig.heard.clone(),
        client_request_id: None,
    };
    let management = Management::with_certificate(options, &certificate, Vec::new()).expect("usable");
    let engine = rig.engine();
    Engine { client: client.with_management(management), ..engine }
}

#[test]
fn an_expired_certificate_is_told_before_the_first_change() {
    let rig = handed(world("key1"));
    let engine = until(&rig, 2021);
    let plan = rig.run(engine.plan(&rig.account, &rig.scope, &SEVEN_STEPS)).expect("lives").expect("a plan");
    assert_eq!(plan.blockers[0].code, "clientCertificateExpired");
    let refused = rig.run(engine.rotate(Rig::start(plan, Patience::Wait))).expect("lives").expect_err("refused");
    assert_eq!((refused.code.as_str(), refused.exit_code()), ("clientCertificateExpired", 4));
    assert_eq!(rig.azure.audit().own_regenerates().count(), 0);
}

#[test]
fn who_goes_on_without_the_certificate_is_told_so_before_anything_changes() {
    let mut rig = handed(world("key1"));
    let plan = rig.plan(&SEVEN_STEPS).expect("a plan");
    let report = rig.run(rig.engine().rotate(Rig::start(plan.clone(), Patience::UntilFirstWait))).expect("lives").expect("waits");
    assert_eq!(report.status, RunStatus::Waiting);
    rig.certificate = false;
    rig.clock.advance(Duration::from_secs(3600));
    let before = rig.heard.events().len();
    for ended in [
        rig.run(rig.engine().resume("run", Vec::new(), Patience::Wait)).expect("lives"),
        rig.run(rig.engine().abort("run", Patience::Wait)).expect("lives"),
        rig.run(rig.engine().rotate(Rig::start(plan.clone(), Patience::Wait))).expect("lives"),
    ] {
        let problem = ended.expect_err("refused");
        assert_eq!((problem.code.as_str(), problem.exit_code()), ("certificateMissing", 2));
        assert!(problem.causes[0].contains("keeps no certificate"), "{problem:?}");
    }
    assert_eq!(rig.heard.events().len(), before, "nothing was written down, either");
    rig.certificate = true;
    let report = rig.run(rig.engine().resume("run", Vec::new(), Patience::Wait)).expect("lives").expect("goes on");
    assert_eq!(report.status, RunStatus::Done);
    assert!(held(&rig) == ["stprod key1#1"]);
}

#[test]
fn a_crash_around_the_call_that_hands_over_a_key_changes_nothing_of_the_end() {
    for call in 1..=3 {
        for moment in [Moment::Before, Moment::After] {
            let rig = handed(world("key2"));
            let plan = rig.plan(&SEVEN_STEPS).expect("a plan");
            rig.azure.add_fault(Fault::at("classic.putKey", call, FaultKind::Crash { moment }));
            let died = rig.run(rig.engine().rotate(Rig::start(plan, Patience::Wait)));
            assert!(died.is_none() || rig.azure.crash_switch().is_tripped(), "call {call}");
            rig.azure.crash_switch().reset();
            rig.memory.release_locks();
            let report = rig.run(rig.engine().resume("run", Vec::new(), Patience::Wait)).expect("lives").expect("goes on");
            assert_eq!(report.status, RunStatus::Done);
            assert_eq!(held(&rig), ["stprod key1#1"]);
            assert_eq!(rig.azure.audit().own_regenerates().count(), 2);
        }
    }
}

#[test]
fn a_key_whose_arrival_is_not_known_is_no_knowledge_for_the_next_roll() {
    let rig = handed(world("key1"));
    rig.rotate(&SEVEN_STEPS).expect("rolls");
    // Somebody renews the key elsewhere: what the account holds then, nobody here knows.
    rig.clock.advance(Duration::from_secs(3600));
    rig.azure.add_fault(Fault::at("storage.get", 1, FaultKind::OthersRegenerate { slot: "key1".into() }));
    let _ = rig.plan(&SEVEN_STEPS);
    let plan = rig.plan(&SEVEN_STEPS).expect("a plan");
    assert_eq!(plan.dependent(&media()).expect("named").binding.held, Held::Unknown);
}
