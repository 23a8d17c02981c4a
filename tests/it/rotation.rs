//! A whole roll on a quiet day.

use keyroll::domain::dependent::DependentKind;
use keyroll::domain::event::Certainty;
use keyroll::domain::key::Slot;
use keyroll::domain::plan::{Options, Strategy};
use keyroll::domain::report::RunStatus;

use keyroll::rotation::timing;
use keyroll::sim::holder::HolderKind;

use crate::rig::Rig;
use crate::worlds::{lonely, production};

#[test]
fn an_account_without_dependents_gets_both_keys_new() {
    let rig = Rig::new(lonely());
    let report = rig.rotate(&Options::default()).expect("rolls");
    assert_eq!(report.status, RunStatus::Done);
    assert_eq!(report.regenerated, [Slot::Key2, Slot::Key1]);
    assert_eq!(report.keys_before.changed(&report.keys_after), Slot::BOTH);
    assert_eq!(rig.azure.audit().own_regenerates().count(), 2);
}

#[test]
fn only_the_slot_that_was_asked_for_changes() {
    for slot in Slot::BOTH {
        let rig = Rig::new(lonely());
        let options = Options { strategy: Strategy::OneSlot(slot), ..Options::default() };
        let report = rig.rotate(&options).expect("rolls");
        assert_eq!(report.keys_before.changed(&report.keys_after), [slot]);
    }
}

#[test]
fn everything_moves_and_nothing_is_ever_without_its_key() {
    let rig = Rig::new(production());
    let report = rig.rotate(&Options::default()).expect("rolls");
    assert_eq!(report.status, RunStatus::Done);
    assert_eq!(report.regenerated, [Slot::Key2, Slot::Key1]);
    for name in ["ds-raw", "ds-share", "ds-lake", "ds-sas", "storage-key", "storage-connection", "ml-a"] {
        let dependent = report.dependents.iter().find(|known| known.name.ends_with(name)).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(dependent.certainty, Some(Certainty::Proven), "{name}: {}", dependent.how);
    }
    let audit = rig.azure.audit();
    let stale: Vec<_> = audit.holders.iter().filter(|holder| !holder.current).collect();
    assert!(stale.is_empty(), "{stale:#?}");
    assert!(audit.losses.is_empty(), "{:?}", audit.losses);
    // Nobody can choose the slot of what re-reads keys by itself: it fails within its window, and nothing else fails at all.
    for down in &audit.downtimes {
        assert!(matches!(down.kind, HolderKind::Workspace | HolderKind::SystemDatastore), "{down:?}");
        assert!(u64::try_from(down.seconds).expect("a span") < timing::window(DependentKind::Workspace).as_secs(), "{down:?}");
    }
    assert!(rig.heard.lies().is_empty());
}
