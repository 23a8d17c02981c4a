//! Each strategy ends where its name says.

use std::time::Duration;

use keyroll::contract::world::World;
use keyroll::domain::act::Act;
use keyroll::domain::key::Slot;
use keyroll::domain::plan::{Options, Strategy};
use keyroll::domain::report::{Report, RunStatus};
use keyroll::sim::holder::HolderKind;

use crate::rig::Rig;
use crate::worlds::{account, production};

fn rolled(world: World, options: &Options) -> (Rig, Report) {
    let rig = Rig::new(world);
    let report = rig.rotate(options).expect("rolls");
    assert_eq!(report.status, RunStatus::Done);
    let needs_key = |kind: HolderKind| matches!(kind, HolderKind::Datastore | HolderKind::Consumer);
    let down: Vec<_> = rig.azure.audit().downtimes.into_iter().filter(|down| needs_key(down.kind)).collect();
    assert!(down.is_empty(), "{down:#?}");
    (rig, report)
}

/// The slots that user datastores and secrets hold in the end, each named once.
fn slots_held(rig: &Rig) -> Vec<&'static str> {
    let pushed = |kind: HolderKind| matches!(kind, HolderKind::Datastore | HolderKind::Secret);
    let held = rig.azure.audit().holders.into_iter().filter(|held| pushed(held.kind) && !held.generations.is_empty());
    let mut slots: Vec<_> =
        held.flat_map(|held| held.generations).map(|text| if text.contains("key1") { "key1" } else { "key2" }).collect();
    slots.sort_unstable();
    slots.dedup();
    slots
}

#[test]
fn both_slots_end_on_the_second_and_on_the_original_when_asked() {
    let (rig, report) = rolled(production(), &Options::default());
    assert_eq!((report.regenerated, slots_held(&rig)), (vec![Slot::Key2, Slot::Key1], vec!["key2"]));
    let (rig, report) = rolled(production(), &Options { finish_on_original: true, ..Options::default() });
    assert_eq!((report.regenerated, slots_held(&rig)), (vec![Slot::Key2, Slot::Key1], vec!["key1"]));
}

#[test]
fn standby_only_moves_everything_and_keeps_the_old_key() {
    let (rig, report) = rolled(production(), &Options { strategy: Strategy::StandbyOnly, ..Options::default() });
    assert_eq!((report.regenerated, slots_held(&rig)), (vec![Slot::Key2], vec!["key2"]));
}

#[test]
fn one_slot_is_left_by_everybody_before_it_changes() {
    let (rig, report) = rolled(production(), &Options { strategy: Strategy::OneSlot(Slot::Key1), ..Options::default() });
    assert_eq!((report.regenerated, slots_held(&rig)), (vec![Slot::Key1], vec!["key2"]));
    let (rig, report) = rolled(production(), &Options { strategy: Strategy::OneSlot(Slot::Key2), ..Options::default() });
    assert_eq!((report.regenerated, slots_held(&rig)), (vec![Slot::Key2], vec!["key1"]));
}

#[test]
fn dependents_on_both_slots_converge_before_anything_is_regenerated() {
    let mut world = production();
    let last = world.workspaces[0].datastores.iter().position(|store| store.name == "ds-lake").expect("is there");
    let moved = world.workspaces[0].datastores[last].clone().with_key("key2", &account());
    world.workspaces[0].datastores[last] = moved;
    let (rig, report) = rolled(world, &Options::default());
    let first = report.steps.iter().find(|step| step.act == Act::Publish).expect("publishes");
    assert_eq!((first.phase, first.slot), (Act::Converge, Slot::Key1));
    assert_eq!(slots_held(&rig), ["key2"]);
}

#[test]
fn until_ends_after_its_act() {
    for (until, regenerated, held) in [
        (Act::Stage, vec![Slot::Key2], "key1"),
        (Act::Prove, vec![Slot::Key2], "key2"),
        (Act::Evidence, vec![Slot::Key2], "key2"),
    ] {
        let (rig, report) = rolled(production(), &Options { until: Some(until), ..Options::default() });
        assert_eq!((report.regenerated, slots_held(&rig)), (regenerated, vec![held]), "{until}");
    }
}

#[test]
fn the_old_key_is_kept_for_as_long_as_was_asked() {
    let week = Duration::from_secs(7 * 24 * 60 * 60);
    let (_, report) = rolled(production(), &Options { retire_after: Some(week), ..Options::default() });
    let finished =
        |act: Act, phase: Act| report.steps.iter().find(|step| (step.act, step.phase) == (act, phase)).expect("is there");
    let proven = finished(Act::Prove, Act::Stage).finished.expect("is done");
    let retired = finished(Act::Retire, Act::Retire).finished.expect("is done");
    assert!(retired - proven >= week, "{proven} {retired}");
}
