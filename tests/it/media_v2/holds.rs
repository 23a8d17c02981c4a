//! What an account holds, said by somebody who knows: nothing has to be given to it before the first key is regenerated.

use std::time::Duration;

use keyroll::contract::world::{Fault, FaultKind, Moment};
use keyroll::domain::act::Act;
use keyroll::domain::binding::Held;
use keyroll::domain::event::Event;
use keyroll::domain::key::Slot;
use keyroll::domain::plan::Options;
use keyroll::domain::report::RunStatus;
use keyroll::rotation::Patience;
use keyroll::sim::holder::HolderKind;

use super::{handed, media, world};
use crate::rig::Rig;

/// Somebody who says that the account holds this slot.
fn said(truly: &str, slot: Slot) -> Rig {
    let mut rig = handed(world(truly));
    rig.scope.media_v2[0].holds = Some(slot);
    rig
}

fn seven_steps() -> Options {
    Options { finish_on_original: true, ..Options::default() }
}

fn given(rig: &Rig) -> Vec<Slot> {
    let slot = |event: Event| match event {
        Event::Published { slot, .. } => Some(slot),
        _ => None,
    };
    rig.heard.events().into_iter().filter_map(slot).collect()
}

/// Nobody lost a key while it was in use.
fn safe(rig: &Rig) {
    let audit = rig.azure.audit();
    assert_eq!(audit.own_regenerates().count(), 2);
    for record in &audit.regenerates {
        let streaming = |kind| matches!(kind, HolderKind::MediaV2Account | HolderKind::Viewer);
        assert!(record.holders.iter().all(|holder| !streaming(holder.kind)), "{record:?}");
    }
}

#[test]
fn the_roll_begins_with_the_first_step_of_the_article_whichever_slot_it_is() {
    for (truly, slot) in [("key1", Slot::Key1), ("key2", Slot::Key2)] {
        let rig = said(truly, slot);
        let plan = rig.plan(&seven_steps()).expect("a plan");
        assert_eq!(plan.dependent(&media()).map(|it| &it.binding.held), Some(&Held::Slot(slot)));
        assert!(plan.steps.iter().all(|step| step.phase != Act::Converge), "{:?}", plan.steps);
        assert_eq!(plan.active, slot);
        assert!(
            plan.warnings[0].contains(&format!("that ams1 holds {slot} is what --media-v2-holds says")),
            "{:?}",
            plan.warnings
        );
        let report = rig.rotate(&seven_steps()).expect("rolls");
        assert_eq!((report.status, given(&rig)), (RunStatus::Done, vec![slot.other(), slot]));
        safe(&rig);
    }
}

#[test]
fn what_the_run_gives_it_says_more_than_what_was_said_before_wherever_it_is_interrupted() {
    for call in 1..=2 {
        for moment in [Moment::Before, Moment::After] {
            let rig = said("key1", Slot::Key1);
            let plan = rig.plan(&seven_steps()).expect("a plan");
            rig.azure.add_fault(Fault::at("classic.putKey", call, FaultKind::Crash { moment }));
            let died = rig.run(rig.engine().rotate(Rig::start(plan, Patience::Wait)));
            assert!(died.is_none() || rig.azure.crash_switch().is_tripped(), "call {call}");
            rig.azure.crash_switch().reset();
            rig.memory.release_locks();
            rig.clock.advance(Duration::from_secs(3600));
            let report = rig.run(rig.engine().resume("run", Vec::new(), Patience::Wait)).expect("lives").expect("goes on");
            assert_eq!(report.status, RunStatus::Done);
            safe(&rig);
        }
    }
}

#[test]
fn who_contradicts_the_journal_is_stopped_before_anything_changes() {
    let mut rig = handed(world("key1"));
    rig.rotate(&seven_steps()).expect("rolls");
    rig.clock.advance(Duration::from_secs(3600));
    rig.scope.media_v2[0].holds = Some(Slot::Key2);
    let problem = rig.plan(&seven_steps()).expect_err("it was given key1");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("heldOtherwise", 12));
    assert!(problem.message.contains("gave ams1 key1 last") && problem.message.contains("says key2"), "{problem}");
    rig.scope.media_v2[0].holds = Some(Slot::Key1);
    let plan = rig.plan(&seven_steps()).expect("they agree");
    assert!(plan.steps.iter().all(|step| step.phase != Act::Converge));
}
