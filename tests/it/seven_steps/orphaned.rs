//! A rotation whose journal or plan is lost while locators are away: the run that recreates them is gone on with by itself.

use keyroll::contract::world::Moment;
use keyroll::domain::report::RunStatus;
use keyroll::rotation::storage::Storage as _;

use super::others::by_hand;
use super::rig::{Studio, call_of, died_at, films};

/// A rotation that lost its journal, or its plan, after it deleted a locator; and the run that has to bring that back.
fn orphaned(lose: &dyn Fn(&Studio)) -> (Studio, String) {
    let studio = died_at(call_of("odata.deleteLocator", 2), Moment::After);
    let part = studio.heard.runs().remove(0);
    let refused = studio.rig.run(by_hand(&studio).resume(&part)).expect("lives").expect_err("its rotation is there");
    assert_eq!(refused.code, "partOfARotation");
    lose(&studio);
    (studio, part)
}

fn lost_journal(studio: &Studio) {
    studio.rig.memory.truncate("run", 0).expect("is cut off");
}

fn lost_plan(studio: &Studio) {
    studio.rig.memory.write_plan("run", "{}").expect("is written over");
}

#[test]
fn what_it_deleted_is_brought_back_by_resume_and_by_abort() {
    let before = Studio::new(films()).locators();
    for lose in [lost_journal, lost_plan] {
        let (studio, part) = orphaned(&lose);
        let report = studio.rig.run(by_hand(&studio).resume(&part)).expect("lives").expect("goes on by itself");
        assert_eq!((report.status, studio.locators()), (RunStatus::Done, before.clone()));
        let (studio, part) = orphaned(&lose);
        let report = studio.rig.run(by_hand(&studio).abort(&part)).expect("lives").expect("is ended by itself");
        assert_eq!((report.status, studio.locators()), (RunStatus::Aborted, before.clone()));
    }
}

#[test]
fn the_same_run_id_is_begun_anew_and_takes_no_part_of_the_lost_one() {
    let (studio, part) = orphaned(&lost_journal);
    let plan = studio.plan();
    let blocked = studio.rotate(plan).expect("lives").expect_err("locators are away");
    assert_eq!(blocked.code, "unfinishedRun");
    assert!(blocked.hints[0].contains(&format!("keyroll resume --run-id {part},")), "{:?}", blocked.hints);
    studio.rig.memory.release_locks();
    studio.rig.run(by_hand(&studio).resume(&part)).expect("lives").expect("goes on by itself");
    studio.rig.clock.advance(std::time::Duration::from_secs(3600));
    let report = studio.rotate(studio.plan()).expect("lives").expect("rolls");
    assert_eq!((report.status, studio.hang_on()), (RunStatus::Done, vec!["stprod key1#1".to_owned()]));
    assert!(report.locators.iter().all(|round| round.run_id != part && round.finished.is_some()), "{:?}", report.locators);
    assert_eq!(studio.locators(), Studio::new(films()).locators());
}
