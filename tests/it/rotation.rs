//! A whole roll on a quiet day.

use keyroll::contract::world::{StorageAccount, Subscription, World};
use keyroll::domain::key::Slot;
use keyroll::domain::plan::{Options, Strategy};
use keyroll::domain::report::RunStatus;

use crate::rig::Rig;

const SUBSCRIPTION: &str = "11111111-1111-1111-1111-111111111111";

fn lonely() -> World {
    let account = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/prod/providers/Microsoft.Storage/storageAccounts/stprod");
    let subscription = Subscription { id: SUBSCRIPTION.to_owned(), name: "prod".to_owned() };
    World { subscriptions: vec![subscription], storage_accounts: vec![StorageAccount::new(&account)], ..World::default() }
}

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
