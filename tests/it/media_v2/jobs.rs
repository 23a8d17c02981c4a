//! Encoding jobs that are at work while their account is to be given another key.

use std::time::Duration;

use keyroll::contract::world::{JobV2, World};
use keyroll::domain::event::Event;
use keyroll::domain::plan::Options;
use keyroll::domain::report::RunStatus;
use keyroll::rotation::Patience;

use super::{handed, world};
use crate::rig::Rig;

const JOB: &str = "nb:jid:UUID:00000000-0000-4000-8000-000000000001";

fn with(job: JobV2) -> World {
    let mut world = world("key1");
    world.media_v2_accounts[0].jobs.push(job);
    world
}

#[test]
fn jobs_at_work_are_named_in_the_plan_and_have_to_be_accepted() {
    let rig = handed(with(JobV2::at_work(JOB)));
    let plan = rig.plan(&Options::default()).expect("a plan");
    let needed = plan.acceptances.iter().find(|needed| needed.name == "jobs-ams1").expect("named");
    assert!(needed.why.starts_with(&format!("1 job has not finished: {JOB} (processing);")), "{}", needed.why);
    let mut start = Rig::start(plan.clone(), Patience::Wait);
    start.accepted.retain(|name| name != "jobs-ams1");
    let refused = rig.run(rig.engine().rotate(start)).expect("lives").expect_err("not accepted");
    assert_eq!((refused.exit_code(), refused.accept.as_slice()), (12, &["jobs-ams1".to_owned()][..]));
    assert_eq!(rig.azure.audit().calls_of("classic.putKey"), 0);

    let report = rig.run(rig.engine().rotate(Rig::start(plan, Patience::Wait))).expect("lives").expect("rolls");
    assert_eq!(report.status, RunStatus::Done);
    let told = |event: &Event| matches!(event, Event::Published { how, .. } if how.contains(JOB));
    assert_eq!(
        rig.heard.events().iter().filter(|event| told(event)).count(),
        2,
        "the name covers later moves, which tell of them"
    );
}

#[test]
fn a_job_that_finished_is_no_concern() {
    let rig = handed(with(JobV2 { ends_in_minutes: Some(-1), ..JobV2::at_work(JOB) }));
    let plan = rig.plan(&Options::default()).expect("a plan");
    assert!(!plan.acceptances.iter().any(|needed| needed.name.starts_with("jobs-")));
}

#[test]
fn a_job_that_begins_on_the_way_stops_the_run_with_both_keys_alive_until_it_is_accepted_or_over() {
    for accepted in [true, false] {
        // The account is given key1 at once, waits half an hour, and finds the job before it is given key2.
        let rig = handed(with(JobV2 { begins_in_minutes: Some(20), ends_in_minutes: Some(300), ..JobV2::at_work(JOB) }));
        let stopped = rig.rotate(&Options::default()).expect_err("asks");
        assert_eq!((stopped.exit_code(), stopped.accept.as_slice()), (12, &["jobs-ams1".to_owned()][..]), "{stopped}");
        assert_eq!(rig.azure.audit().calls_of("classic.putKey"), 1);
        let names = if accepted { vec!["jobs-ams1".to_owned()] } else { Vec::new() };
        if !accepted {
            let again = rig.run(rig.engine().resume("run", Vec::new(), Patience::Wait)).expect("lives").expect_err("asks again");
            assert_eq!(again.code, "acceptanceNeeded");
            rig.clock.advance(Duration::from_secs(6 * 3600));
        }
        let report = rig.run(rig.engine().resume("run", names, Patience::Wait)).expect("lives").expect("goes on");
        assert_eq!(report.status, RunStatus::Done);
    }
}

#[test]
fn jobs_that_may_not_be_seen_are_accepted_by_the_same_name() {
    use keyroll::contract::world::{Fault, FaultKind};
    let rig = handed(world("key1"));
    rig.azure.add_fault(Fault { times: 9, ..Fault::at("odata.jobs", 1, FaultKind::Status { code: 403 }) });
    let plan = rig.plan(&Options::default()).expect("a plan");
    let needed = plan.acceptances.iter().find(|needed| needed.name == "jobs-ams1").expect("named");
    assert!(needed.why.contains("is not known"), "{}", needed.why);
}
