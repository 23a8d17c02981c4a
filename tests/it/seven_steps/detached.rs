//! A storage account that is detached from its AMS v2 account while it is rolled: what holds no key of it is satisfied.

use keyroll::contract::world::{AttachedStorage, StorageAccount, World};
use keyroll::domain::event::Event;
use keyroll::domain::report::RunStatus;
use keyroll::rotation::Patience;

use super::rig::{Studio, films};
use crate::rig::Rig;
use crate::worlds::second;

/// The films, in a storage account that is not the primary one, so that it can be detached.
fn beside_another() -> World {
    let mut world = films();
    world.storage_accounts.push(StorageAccount::new(&second()));
    let attached = &mut world.media_accounts[0].storage_accounts;
    attached[0].primary = false;
    attached.push(AttachedStorage { id: second(), primary: true, synced: true });
    world
}

/// Detached while the run waits after it gave the account a key.
fn detached() -> Studio {
    let studio = Studio::new(beside_another());
    let plan = studio.plan();
    let begun = studio.rig.run(studio.engine().rotate(Rig::start(plan, Patience::UntilFirstWait)));
    assert_eq!(begun.expect("lives").expect("waits").status, RunStatus::Waiting);
    assert!(studio.rig.heard.events().iter().any(|event| matches!(event, Event::Published { .. })));
    studio.rig.azure.detach(studio.rig.account.as_str());
    studio
}

fn is_gone(studio: &Studio) -> bool {
    studio
        .rig
        .heard
        .events()
        .iter()
        .any(|event| matches!(event, Event::Gone { dependent, .. } if dependent.ends_with("media-v2")))
}

#[test]
fn the_run_goes_on_without_it() {
    let studio = detached();
    let report = studio.resume().expect("lives").expect("rolls");
    assert_eq!((report.status, is_gone(&studio)), (RunStatus::Done, true));
    assert_eq!(studio.rig.azure.audit().own_regenerates().count(), 2);
    studio.leaks_nothing();
}

#[test]
fn the_run_is_pointed_back_without_it() {
    let studio = detached();
    let report = studio.abort().expect("lives").expect("is pointed back");
    assert_eq!((report.status, is_gone(&studio)), (RunStatus::Aborted, true));
    assert_eq!(studio.rig.azure.audit().own_regenerates().count(), 0);
}
