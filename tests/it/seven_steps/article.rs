//! On a good day: the article's order and its waits, every address as it was, and nobody in the dark for longer than a locator
//! takes to answer.

use keyroll::contract::world::{MediaAccount, World};
use keyroll::domain::act::Act;
use keyroll::domain::event::Event;
use keyroll::domain::key::Slot;
use keyroll::domain::report::{Report, RunStatus};
use keyroll::sim::holder::HolderKind;
use time::{Duration, OffsetDateTime};

use super::rig::{RECREATED, Studio, films};
use crate::worlds::production;

/// What the article speaks of, in the order in which it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Regenerated(Slot),
    Synced(Slot),
    Recreating,
    Recreated,
}

fn deeds(studio: &Studio) -> Vec<(OffsetDateTime, Deed)> {
    let deed = |(time, event): (OffsetDateTime, Event)| {
        let deed = match event {
            Event::Regenerated { slot, .. } => Deed::Regenerated(slot),
            Event::Published { slot, dependent, .. } if dependent.ends_with("/media-v2") => Deed::Synced(slot),
            Event::LocatorsBegun { .. } => Deed::Recreating,
            Event::LocatorsFinished { .. } => Deed::Recreated,
            _ => return None,
        };
        Some((time, deed))
    };
    studio.rig.heard.timed().into_iter().filter_map(deed).collect()
}

/// The seven steps; before them the account, of which nobody knows which key it has, is given the one in use.
const STEPS: [Deed; 8] = [
    Deed::Regenerated(Slot::Key2),
    Deed::Synced(Slot::Key2),
    Deed::Recreating,
    Deed::Recreated,
    Deed::Regenerated(Slot::Key1),
    Deed::Synced(Slot::Key1),
    Deed::Recreating,
    Deed::Recreated,
];

fn rolled(world: World) -> (Studio, Report) {
    let studio = Studio::new(world);
    let plan = studio.plan();
    let report = studio.rotate(plan).expect("nobody dies").expect("rolls");
    assert_eq!(report.status, RunStatus::Done);
    // Until the last of them answers.
    studio.rig.clock.advance(std::time::Duration::from_secs(60));
    (studio, report)
}

fn keeps_the_article(studio: &Studio) {
    let deeds = deeds(studio);
    let first = deeds.iter().position(|(_, deed)| *deed == STEPS[0]).expect("something was regenerated");
    let done: Vec<Deed> = deeds[first..].iter().map(|(_, deed)| *deed).collect();
    assert_eq!(done, STEPS, "{deeds:#?}");
    let before: Vec<Deed> = deeds[..first].iter().map(|(_, deed)| *deed).collect();
    assert_eq!(before, [Deed::Synced(Slot::Key1), Deed::Recreating, Deed::Recreated]);
    // Nothing is done with the account for half an hour after each sync.
    for pair in deeds.windows(2) {
        if let [(synced, Deed::Synced(_)), (next, what)] = pair {
            assert!(*next - *synced >= Duration::minutes(30), "{what:?} {} after the sync", *next - *synced);
        }
    }
}

#[test]
fn the_seven_steps_end_on_the_primary_with_every_address_as_it_was() {
    let before = Studio::new(films()).locators();
    let (studio, report) = rolled(films());
    keeps_the_article(&studio);
    assert_eq!(report.regenerated, [Slot::Key2, Slot::Key1]);
    assert_eq!(studio.locators(), before, "ids, paths, names, types, starts and expiries");
    assert_eq!(studio.hang_on(), ["stprod key1#1"]);
    let regenerates = studio.rig.azure.audit();
    for record in regenerates.own_regenerates() {
        let viewers: Vec<_> = record.holders.iter().filter(|holder| holder.kind == HolderKind::Viewer).collect();
        let alive: Vec<_> = viewers.iter().filter(|viewer| !viewer.dependent.ends_with("abcd-000000000002")).collect();
        assert!(alive.is_empty(), "{:?} was regenerated under {alive:?}", record.slots);
    }
    studio.leaks_nothing();
}

#[test]
fn whoever_streams_waits_only_until_each_new_locator_answers() {
    let (studio, report) = rolled(films());
    let blackouts = studio.blackouts();
    let rounds = report.locators.len();
    assert_eq!(rounds, 3);
    assert_eq!(blackouts.len(), rounds * RECREATED, "one for each locator and round");
    assert!(blackouts.iter().all(|down| down.seconds <= 40 && !down.lasting), "{blackouts:#?}");
    let round = &report.locators[0];
    assert_eq!((round.recreated, round.left, round.slot), (RECREATED, 2, Some(Slot::Key1)));
    assert!(round.how.contains("it expired on") && round.how.contains("--include-sas"), "{}", round.how);
    let runs = studio.heard.runs();
    assert_eq!(runs, report.locators.iter().map(|round| round.run_id.clone()).collect::<Vec<_>>());
    assert!(runs.iter().all(|run| run.starts_with("run-locators-") && studio.heard.restored(run) == RECREATED), "{runs:?}");
}

#[test]
fn what_is_given_a_key_and_what_re_reads_it_share_the_waits() {
    let mut world = production();
    let films = films();
    world.media_accounts.extend(films.media_accounts);
    world.media_v2_accounts = films.media_v2_accounts;
    // Their consumers have their own day to follow, which is not what this is about.
    world.vaults.clear();
    let (studio, report) = rolled(world);
    keeps_the_article(&studio);
    let settles: Vec<_> = report.steps.iter().filter(|step| step.act == Act::Settle).collect();
    // Converge, stage, retire (only what re-reads) and return: each once, whoever takes part.
    let phases: Vec<Act> = settles.iter().map(|step| step.phase).collect();
    assert_eq!(phases, [Act::Converge, Act::Stage, Act::Retire, Act::Return]);
    let stage = settles[1].finished.zip(settles[1].started).map(|(to, from)| to - from).expect("waited");
    assert!(stage <= Duration::minutes(60), "an hour for both, not an hour and a half: {stage}");
    assert_eq!(studio.hang_on(), ["stprod key1#1"]);
    assert!(studio.blackouts().iter().all(|down| down.seconds <= 40));
}

#[test]
fn locators_in_another_storage_account_are_not_touched() {
    let mut world = films();
    let other = crate::worlds::id("Microsoft.Storage/storageAccounts", "stother");
    world.storage_accounts.push(keyroll::contract::world::StorageAccount::new(&other));
    let account = &mut world.media_v2_accounts[0];
    account.keys.push(keyroll::contract::world::GivenKey { storage_account: other, slot: "key2".into() });
    account.assets[2].storage_account_name = "stother".into();
    let (studio, report) = rolled(world);
    assert!(report.locators.iter().all(|round| round.recreated == RECREATED - 2), "{:?}", report.locators);
    assert_eq!(studio.hang_on(), ["stother key2#0", "stprod key1#1"]);
    assert_eq!(studio.blackouts().len(), 3 * (RECREATED - 2));
}

#[test]
fn a_plan_without_the_account_has_nothing_to_do_with_its_locators() {
    let mut world = films();
    world.media_v2_accounts.clear();
    world.media_accounts =
        vec![MediaAccount::new(&crate::worlds::id("Microsoft.Media/mediaservices", "media-a"), &crate::worlds::account())];
    let rig = crate::rig::Rig::new(world);
    let report = rig.rotate(&keyroll::domain::plan::Options::default()).expect("rolls");
    assert!(report.locators.is_empty() && report.steps.iter().any(|step| step.act == Act::Locators));
}
