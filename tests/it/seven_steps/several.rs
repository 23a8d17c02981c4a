//! One AMS v2 account with two storage accounts, both rolled by one request: the procedure for each, and the waits shared.

use keyroll::contract::world::{AttachedStorage, GivenKey, StorageAccount, World};
use keyroll::domain::event::Event;
use keyroll::domain::plan::Options;
use keyroll::domain::report::RunStatus;
use keyroll::rotation::together::member_id;
use keyroll::rotation::{Patience, Start};
use time::Duration;

use super::rig::{RECREATED, Studio, films};
use crate::rig::Rig;
use crate::worlds::second;

/// The films, one asset of three in a second storage account, whose new keys take longer to be accepted.
fn two_accounts() -> World {
    let mut world = films();
    world.storage_accounts.push(StorageAccount::new(&second()));
    world.media_accounts[0].storage_accounts.push(AttachedStorage { id: second(), primary: false, synced: true });
    let account = &mut world.media_v2_accounts[0];
    account.keys.push(GivenKey { storage_account: second(), slot: "key1".into() });
    account.assets[2].storage_account_name = "stsecond".into();
    world
}

async fn starts(studio: &Studio) -> Vec<Start> {
    let mut starts = Vec::new();
    for account in [studio.rig.account.as_str().to_owned(), second()] {
        let options = Options { finish_on_original: true, ..Options::default() };
        let id = account.parse().expect("an id");
        let plan = studio.engine().plan(&id, &studio.rig.scope, &options).await.expect("plans");
        let run_id = Some(member_id("run", plan.account.id.name()));
        starts.push(Start { run_id, ..Rig::start(plan, Patience::Wait) });
    }
    starts
}

#[test]
fn both_come_to_the_end_of_the_procedure_and_the_account_is_left_alone_after_each_key() {
    let before = Studio::new(two_accounts()).locators();
    let studio = Studio::new(two_accounts());
    let ended = studio.rig.run(async { studio.engine().rotate_together(starts(&studio).await).await.expect("begins") });
    for one in ended.expect("nobody dies") {
        let report = one.result.unwrap_or_else(|problem| panic!("{}: {problem:?}", one.run_id));
        assert_eq!(report.status, RunStatus::Done);
        let own = if one.run_id.ends_with("stsecond") { 2 } else { RECREATED - 2 };
        assert!(report.locators.iter().all(|round| round.recreated == own), "{}: {:?}", one.run_id, report.locators);
    }
    studio.rig.clock.advance(std::time::Duration::from_secs(60));
    assert_eq!(studio.locators(), before);
    assert_eq!(studio.hang_on(), ["stprod key1#1", "stsecond key1#1"]);
    assert_eq!(studio.rig.azure.audit().own_regenerates().count(), 4);
    assert!(studio.blackouts().iter().all(|down| down.seconds <= 40 && !down.lasting), "{:#?}", studio.blackouts());

    let (mut given, mut rounds) = (None, 0);
    for (time, event) in studio.rig.heard.timed() {
        match event {
            Event::Published { dependent, .. } if dependent.ends_with("/media-v2") => given = Some(time),
            Event::LocatorsBegun { .. } => {
                let given = given.expect("a key first");
                assert!(time - given >= Duration::minutes(30), "{} after a key", time - given);
                rounds += 1;
            }
            _ => {}
        }
    }
    assert_eq!(rounds, 6, "three for each account");
    studio.leaks_nothing();
}
