//! A certificate that expires while the rotation waits: told beforehand, and never a key regenerated that nobody could hand over.

use keyroll::azure::media_v2::ClientCertificate;
use keyroll::contract;
use keyroll::domain::report::RunStatus;
use keyroll::render;
use time::Duration;

use super::rig::{Studio, films};
use crate::locators::rig::certificate_until;

/// A studio whose certificate expires so long after the beginning.
fn studio(after: Duration) -> Studio {
    let mut studio = Studio::new(films());
    show(&mut studio, after);
    studio
}

fn show(studio: &mut Studio, after: Duration) {
    let pem = certificate_until(studio.rig.begin() + after);
    studio.certificate = Some(ClientCertificate::read("the client certificate ams.pem", pem.as_bytes(), None).expect("whole"));
}

fn regenerated(studio: &Studio) -> usize {
    studio.rig.azure.audit().own_regenerates().count()
}

#[test]
fn a_plan_warns_of_a_certificate_that_expires_before_the_run_can_be_over() {
    let short = studio(Duration::minutes(90));
    let plan = short.plan();
    assert_eq!((plan.warnings.len(), plan.blockers.len()), (1, 0), "{:?}", plan.warnings);
    let warning = &plan.warnings[0];
    assert!(warning.contains("the client certificate ams.pem expires at 20") && warning.contains("resume with"), "{warning}");
    let shown = render::plan::text(&plan, "keyroll rotate", plan.created, None);
    assert!(shown.contains("ams.pem expires at"), "{shown}");
    let again = contract::plan::parse(&contract::plan::text(&plan)).expect("a plan");
    assert_eq!(again.warnings, plan.warnings);
    assert_eq!(studio(Duration::hours(12)).plan().warnings, [""; 0]);
}

#[test]
fn no_key_is_regenerated_that_could_not_be_handed_over_and_another_certificate_goes_on() {
    // Too short for the first regenerate, and for the second.
    for (minutes, first) in [(50, 0), (100, 1)] {
        let mut studio = studio(Duration::minutes(minutes));
        let problem = studio.rotate(studio.plan()).expect("lives").expect_err("it expires");
        assert_eq!((problem.code.as_str(), problem.exit_code()), ("clientCertificateExpiresTooSoon", 12), "{problem}");
        assert_eq!(regenerated(&studio), first, "{minutes} minutes");
        assert!(
            problem.message.contains("ams.pem expires at") && problem.message.contains("media-v2 can be given key"),
            "{problem}"
        );
        assert!(problem.causes[0].contains("was not regenerated"), "{problem:?}");
        assert!(problem.hints[0].contains("keyroll resume --run-id run --certificate FILE"), "{:?}", problem.hints);
        studio.new_process();
        let calls = studio.rig.azure.audit().own_regenerates().count();
        studio.resume().expect("lives").expect_err("the same certificate is no help");
        assert_eq!(regenerated(&studio), calls);
        studio.new_process();
        show(&mut studio, Duration::days(30));
        let report = studio.resume().expect("lives").expect("goes on");
        assert_eq!((report.status, regenerated(&studio)), (RunStatus::Done, 2));
        assert_eq!(studio.hang_on(), ["stprod key1#1"]);
        studio.leaks_nothing();
    }
}
