use std::time::Duration;

use super::*;
use crate::contract::samples::Any;
use crate::domain::plan::Acceptance;

fn step(number: u32, act: Act, slot: Slot, dependents: &[&str], floor: u64, ceiling: u64, may_fail: &[&str]) -> Step {
    Step {
        number,
        act,
        phase: Act::Stage,
        slot,
        dependents: dependents.iter().map(|id| (*id).to_owned()).collect(),
        why: String::new(),
        floor: Duration::from_secs(floor),
        ceiling: Duration::from_secs(ceiling),
        may_fail: may_fail.iter().map(|who| (*who).to_owned()).collect(),
    }
}

fn plan() -> Plan {
    let mut plan = Any(11).plan();
    let created = crate::contract::time::parse("2026-11-21T04:10:00Z").expect("a time");
    plan.created = created;
    plan.account.key_expiration_days = Some(90);
    plan.active = Slot::Key1;
    plan.active_knowledge = ActiveKnowledge::Read;
    plan.keys.key1.created = Some(created - time::Duration::days(212));
    plan.keys.key2.created = Some(created - time::Duration::days(212));
    plan.services = vec![Service::Blob, Service::Queue];
    plan.untested = vec![Service::File];
    plan.dependents = ["/w/ml-a", "/d/1", "/d/2", "/d/3", "/d/4"]
        .into_iter()
        .map(|id| {
            let mut dependent = Any(1).dependent();
            dependent.id = id.to_owned();
            dependent.name = id[3..].to_owned();
            dependent.kind = if id.starts_with("/w") { DependentKind::Workspace } else { DependentKind::Datastore };
            dependent
        })
        .collect();
    plan.steps = vec![
        step(1, Act::Stage, Slot::Key2, &[], 0, 0, &["ml-a ≤ 15m"]),
        step(2, Act::Test, Slot::Key2, &[], 0, 600, &[]),
        step(3, Act::Publish, Slot::Key2, &["/W/ml-a", "/d/1", "/d/2", "/d/3", "/d/4"], 0, 3_600, &[]),
        step(4, Act::Settle, Slot::Key2, &["/w/ml-a"], 86_400, 86_400, &[]),
        step(5, Act::Retire, Slot::Key1, &[], 0, 0, &[]),
    ];
    plan.blockers.clear();
    plan.missing_permissions.clear();
    plan.not_inspected.clear();
    plan.acceptances = vec![Acceptance { name: "window-ml-a".into(), why: "ml-a may fail for 15m".into(), act: Act::Stage }];
    plan
}

fn shown(plan: &Plan) -> String {
    anstream::adapter::strip_str(&text(plan, "keyroll rotate --accept window-ml-a", plan.created, None)).to_string()
}

#[test]
fn a_plan_looks_as_the_design_draws_it() {
    let expected = "\
st  key1 in use 212d · key2 standby 212d · policy 90d: both overdue
 #  act      touches                         key   wait   undo  may fail
 1  stage !  st                              key2  -      NO    ml-a ≤ 15m
 2  test     blob, queue, file (untested)    key2  ≤ 10m  -     -
 3  publish  ml-a, 4 datastores              key2  ≤ 1h   yes   -
 4  settle   ml-a                            key2  24h    -     -
 5  retire ! st                              key1  -      NO    -
2 points of no return · 5 of 5 dependents written · retire possible from Sun 04:10 UTC
to accept by name:
  window-ml-a  ml-a may fail for 15m
next: keyroll rotate --accept window-ml-a";
    let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = shown(&plan());
    assert_eq!(shown.lines().map(squeeze).collect::<Vec<_>>(), expected.lines().map(squeeze).collect::<Vec<_>>());
}

#[test]
fn what_blocks_is_said_instead_of_the_next_command() {
    let mut plan = plan();
    plan.blockers =
        vec![crate::domain::problem::Problem::blocked("readOnlyLock", "the lock `keep` forbids it").hint("remove the lock")];
    plan.missing_permissions = vec!["Microsoft.Storage/storageAccounts/regenerateKey/action".into()];
    let shown = shown(&plan);
    assert!(shown.contains("blocked: the lock `keep` forbids it\n  hint: remove the lock"), "{shown}");
    assert!(shown.contains("missing permissions: Microsoft.Storage"), "{shown}");
    assert!(!shown.contains("next: keyroll rotate"), "{shown}");
}

#[test]
fn no_plan_drives_the_terminal() {
    for seed in 0..100 {
        let shown = shown(&Any(seed).plan());
        assert!(shown.lines().all(|line| !line.contains(char::is_control)), "{shown:?}");
    }
}
