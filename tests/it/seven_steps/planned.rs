//! A plan in a file: carried out as it is, however old, or not at all.

use keyroll::domain::act::Act;
use keyroll::domain::plan::Plan;
use keyroll::domain::problem::Problem;
use keyroll::domain::report::RunStatus;

use super::rig::{Studio, films};
use crate::rig::Rig;

fn checked(studio: &Studio, plan: &Plan) -> Result<Plan, Problem> {
    studio.rig.run(studio.engine().check_plan(plan)).expect("nobody dies while planning")
}

#[test]
fn a_plan_whose_steps_somebody_edited_is_refused_and_told_by_its_first_step() {
    let studio = Studio::new(films());
    let plan = studio.plan();
    let edited = |edit: &dyn Fn(&mut Plan)| {
        let mut other = plan.clone();
        edit(&mut other);
        let refused = checked(&studio, &other).expect_err("it is another plan");
        assert_eq!((refused.code.as_str(), refused.exit_code()), ("planOutOfDate", 11));
        refused.message
    };
    let at = |act: Act| plan.steps.iter().position(|step| step.act == act).expect("such a step");
    // Without its locators the account would be retired with all of them on the old key.
    let told = edited(&|other| drop(other.steps.remove(at(Act::Locators))));
    assert!(told.contains("and locators for key") && told.ends_with("is due"), "{told}");
    let told = edited(&|other| other.steps[at(Act::Locators)].dependents.clear());
    assert!(told.contains("locators for key") && told.ends_with("leaves out media-v2, which is due there too"), "{told}");
    let told = edited(&|other| other.steps[at(Act::Stage)].slot = other.active);
    assert!(told.contains("stage of key1 in it, and stage of key2 is due"), "{told}");
    let told = edited(&|other| other.steps[at(Act::Settle)].floor = std::time::Duration::from_secs(60));
    assert!(told.contains("waits 1m, and 30m are due"), "{told}");
    let told = edited(&|other| drop(other.steps.pop()));
    assert!(told.ends_with("is missing in it"), "{told}");
    let told = edited(&|other| other.steps.push(other.steps[0].clone()));
    assert!(told.ends_with("is not due"), "{told}");
    assert_eq!(studio.rig.azure.audit().own_regenerates().count(), 0);
}

#[test]
fn a_plan_of_last_week_is_carried_out_when_nothing_but_time_has_passed() {
    let studio = Studio::new(films());
    let mut plan = studio.plan();
    studio.rig.clock.advance(std::time::Duration::from_secs(7 * 86_400));
    // How it explains itself is nobody's concern.
    plan.steps.iter_mut().for_each(|step| step.why.clear());
    let today = checked(&studio, &plan).expect("holds");
    assert!(today.created > plan.created && today.steps.iter().all(|step| !step.why.is_empty()));
    let report = studio.rig.run(studio.engine().rotate(Rig::start(today, keyroll::rotation::Patience::Wait)));
    assert_eq!(report.expect("lives").expect("rolls").status, RunStatus::Done);
    assert_eq!(studio.hang_on(), ["stprod key1#1"]);
}
