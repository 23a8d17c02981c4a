//! Streaming URLs that fail although their locators are back: asked again on every resume, before anybody has to accept that.

use std::time::Duration;

use keyroll::domain::report::RunStatus;

use super::rig::{RECREATED, Studio, films};

#[test]
fn an_origin_that_is_broken_for_an_hour_needs_no_acceptance_once_it_answers() {
    let mut world = films();
    // The check gives up after ten minutes.
    world.unknowns.locator_ready_seconds = 3600;
    let studio = Studio::new(world);
    let asked = studio.rotate(studio.plan()).expect("lives").expect_err("nothing streams");
    assert_eq!((asked.code.as_str(), asked.exit_code()), ("acceptanceNeeded", 12), "{asked}");
    assert_eq!(asked.accept, ["streaming-media-v2"]);
    let count = |route: &str| studio.rig.azure.audit().calls_of(route);
    assert_eq!((studio.rig.azure.audit().own_regenerates().count(), count("odata.deleteLocator")), (0, RECREATED as u64));

    let questions = count("streaming.get");
    studio.new_process();
    let early = studio.resume().expect("lives").expect_err("it is broken still");
    assert_eq!(early.accept, asked.accept);
    assert!(count("streaming.get") >= questions + RECREATED as u64, "each was asked again");
    assert_eq!(count("odata.deleteLocator"), RECREATED as u64, "nothing is recreated for that");

    // Each of the two rounds before a key dies waits for somebody who comes back later.
    for regenerated in [1, 2] {
        studio.rig.clock.advance(Duration::from_secs(3600));
        studio.new_process();
        let ended = studio.resume().expect("lives");
        assert_eq!(studio.rig.azure.audit().own_regenerates().count(), regenerated, "{ended:?}");
    }
    let report = studio.engine().report("run").expect("a report");
    assert_eq!(report.status, RunStatus::Done);
    // After the last round no key dies, so that nobody is asked: but somebody hears of it.
    let problem = report.problem.clone().expect("the last round does not stream");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("streamsFail", 42), "{problem}");
    for round in &report.locators[..2] {
        assert!(round.how.ends_with("streaming URLs: 6 answer as before; 6 of them failed at first"), "{}", round.how);
    }
    assert_eq!(count("odata.deleteLocator"), 3 * RECREATED as u64);
    assert!(report.accepted.iter().all(|name| !name.starts_with("streaming-")), "{:?}", report.accepted);
    studio.leaks_nothing();
}
