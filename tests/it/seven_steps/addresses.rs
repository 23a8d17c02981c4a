//! SAS locators inside a rotation: every round gives them another address, and one file, for its owner alone, leads from the first to
//! the last. Nothing else ever holds one.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use keyroll::azure::media_v2::MediaV2;
use keyroll::contract;
use keyroll::contract::world::{AttachedStorage, Fault, FaultKind, GivenKey, Moment, StorageAccount, World};
use keyroll::domain::act::Act;
use keyroll::domain::locator::LocatorKind;
use keyroll::domain::plan::{Options, Plan};
use keyroll::domain::report::{Report, RunStatus};
use keyroll::rotation::together::member_id;
use keyroll::rotation::{Patience, Start};
use keyroll::sim::random::Random;
use serde_json::Value;
use tempfile::TempDir;

use super::rig::{RECREATED, Studio, films};
use super::simulation::{fault, number, small};
use crate::locators::rig::{ENDPOINT, world};
use crate::rig::Rig;
use crate::worlds::second;

/// A studio, and the place of the file.
struct Office {
    studio: Studio,
    place: PathBuf,
    _folder: TempDir,
}

impl Office {
    fn new(world: World) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { studio: Studio::new(world), place: folder.path().join("addresses.jsonl"), _folder: folder }
    }

    fn options(&self) -> Options {
        Options { address_file: Some(self.place.to_str().expect("text").to_owned()), ..Options::default() }
    }

    fn plan(&self) -> Plan {
        self.studio.plan_with(self.options())
    }

    /// The addresses that SAS locators have now, by id.
    fn now(&self) -> HashMap<String, String> {
        let media = MediaV2::at(self.studio.client(), ENDPOINT).expect("an endpoint");
        let look = async {
            let mut addresses = HashMap::new();
            for listed in media.locators().await.expect("lists").locators {
                if listed.locator.kind == LocatorKind::Sas {
                    let own = media.locator(&listed.locator.id).await.expect("reads").expect("is there");
                    addresses.insert(listed.locator.id, own.address.expect("an address").to_string());
                }
            }
            addresses
        };
        self.studio.rig.run(look).expect("lives")
    }

    /// Asks until no fault is left that could hit whoever looks afterwards.
    fn use_up_faults(&self, before: &HashMap<String, String>) {
        let media = MediaV2::at(self.studio.client(), ENDPOINT).expect("an endpoint");
        let ask = async {
            for id in before.keys().cycle().take(60) {
                let _ = media.locator(id).await;
            }
        };
        self.studio.rig.run(ask).expect("lives");
        self.studio.new_process();
    }

    fn lines(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.place).expect("the file");
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// Whoever has one of these addresses finds the one that its locator has now.
    #[track_caller]
    fn leads_on_from(&self, before: &HashMap<String, String>, rounds: usize) {
        let now = self.now();
        assert_eq!(now.len(), before.len());
        for (id, first) in before {
            let (mut address, mut turns) = (first.clone(), 0);
            // In their order: under the same key, or under one that an abort went back to, an address may come again.
            for line in self.lines().iter().filter(|line| line["locator"] == id.as_str() && line["new"].is_string()) {
                if line["old"] == address.as_str() {
                    (address, turns) = (line["new"].as_str().expect("text").to_owned(), turns + 1);
                }
            }
            assert!(address == now[id] && turns >= rounds, "{id} was followed {turns} times and not to its end");
        }
    }

    /// What is kept and told is searched for every secret of the world, addresses among them.
    #[track_caller]
    fn leaks_nothing(&self, plan: &Plan, told: &[String]) {
        self.studio.leaks_nothing();
        let heard = format!("{:?} {:?}", self.studio.rig.heard.events(), self.studio.heard.0.lock().expect("no panic"));
        let notices = format!("{:?}", self.studio.rig.heard.notices.lock().expect("no panic"));
        let texts = [heard, notices, contract::plan::text(plan)];
        let secrets = self.studio.rig.azure.audit().secrets;
        let kept = fs::read_to_string(&self.place).expect("the file");
        assert!(secrets.iter().any(|secret| kept.contains(secret)), "there are signatures to be found");
        for text in texts.iter().chain(told) {
            assert!(!text.contains("sig="), "a signature was told");
            assert!(secrets.iter().all(|secret| !text.contains(secret)), "a secret was told");
        }
    }
}

fn sas_names(plan: &Plan) -> Vec<&str> {
    plan.acceptances.iter().map(|needed| needed.name.as_str()).filter(|name| name.starts_with("sas-")).collect()
}

#[cfg(unix)]
fn mode(place: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(place).expect("metadata").permissions().mode() & 0o777
}

fn done(report: Report) -> Report {
    assert_eq!(report.status, RunStatus::Done);
    report
}

#[test]
fn the_first_address_leads_to_the_last_and_nobody_has_to_accept_anything() {
    let office = Office::new(films());
    let plan = office.plan();
    assert_eq!(sas_names(&plan), [""; 0]);
    for round in plan.steps.iter().filter(|step| step.act == Act::Locators) {
        assert!(round.why.contains("7 locators of media-v2 are made again"), "{}", round.why);
        assert!(round.why.contains("of 1 SAS locator written to "), "{}", round.why);
        assert_eq!(round.may_fail[1], "whoever is not given the new address of 1 SAS locator");
    }
    assert!(!office.place.exists(), "a plan makes no file");
    let before = office.now();
    assert_eq!(before.len(), 1);
    let report = done(office.studio.rotate(plan.clone()).expect("lives").expect("rolls"));
    assert!(report.locators.iter().all(|round| round.recreated == RECREATED + 1), "{:?}", report.locators);
    office.leads_on_from(&before, 3);
    #[cfg(unix)]
    assert_eq!(mode(&office.place), 0o600);
    office.leaks_nothing(&plan, &[contract::report::text(&report)]);
}

#[test]
fn a_crash_between_delete_and_create_in_any_round_breaks_no_trail() {
    for (route, moment) in [
        ("odata.deleteLocator", Moment::Before),
        ("odata.deleteLocator", Moment::After),
        ("odata.createLocator", Moment::Before),
        ("odata.createLocator", Moment::After),
    ] {
        for round in 1..=3 {
            let mut world = world(1, 1);
            world.media_v2_accounts[0].locators[0].kind = 1;
            let office = Office::new(world);
            let plan = office.plan();
            let before = office.now();
            office.studio.rig.azure.add_fault(Fault::at(route, round, FaultKind::Crash { moment }));
            let died = office.studio.rotate(plan.clone());
            assert!(died.is_none() || office.studio.rig.azure.crash_switch().is_tripped(), "{route} {round}");
            office.studio.new_process();
            let report = done(office.studio.resume().expect("lives").expect("goes on"));
            assert_eq!(office.studio.rig.azure.audit().own_regenerates().count(), 2);
            office.leads_on_from(&before, 3);
            office.leaks_nothing(&plan, &[contract::report::text(&report)]);
        }
    }
}

#[test]
fn no_seed_breaks_a_trail() {
    let (first, last) = match number("KEYROLL_SEED") {
        Some(seed) => (seed, seed),
        None => (1, number("KEYROLL_SEEDS").map_or(50, |seeds| seeds.min(200))),
    };
    let mut crashes = 0;
    for seed in first..=last {
        let mut random = Random::for_purpose(seed, "addresses");
        let mut world = world(small(&mut random, 2), small(&mut random, 2));
        world.seed = seed;
        world.unknowns.late_effect_seconds = *random.pick(&[0, 5, 60, 240]);
        for locator in &mut world.media_v2_accounts[0].locators {
            locator.kind = if random.chance(0.7) { 1 } else { 2 };
            locator.started_hours_ago = locator.started_hours_ago.filter(|_| random.chance(0.5));
        }
        let office = Office::new(world);
        let (before, plan) = (office.now(), office.plan());
        for _ in 0..random.between(0, 3) {
            office.studio.rig.azure.add_fault(fault(&mut random));
        }
        let mut crashing = random.between(1, 3);
        let mut ended = None;
        for _ in 0..40 {
            if crashing > 0 {
                crashing -= 1;
                let moment = if random.chance(0.5) { Moment::Before } else { Moment::After };
                office.studio.rig.azure.crash_at(random.between(1, 120), moment);
            }
            let outcome = office.studio.rotate(plan.clone());
            let died = office.studio.rig.azure.crash_switch().is_tripped();
            crashes += u32::from(died);
            office.studio.new_process();
            match outcome {
                Some(Ok(report)) if !died => {
                    ended = Some(report);
                    break;
                }
                _ => office.studio.rig.clock.advance(std::time::Duration::from_secs(600)),
            }
        }
        let report = done(ended.unwrap_or_else(|| panic!("seed {seed} came to no end")));
        office.studio.rig.clock.advance(std::time::Duration::from_secs(3600));
        if !before.is_empty() {
            eprintln!("seed {seed}");
            office.use_up_faults(&before);
            office.leads_on_from(&before, 3);
            office.leaks_nothing(&plan, &[contract::report::text(&report)]);
        }
    }
    assert!(first == last || u64::from(crashes) > last / 2, "only {crashes} crashes");
}

#[test]
fn a_file_that_is_gone_or_another_ones_is_told_before_anything_changes_and_goes_on_once_it_is_there() {
    let mut world = world(1, 1);
    world.media_v2_accounts[0].locators[0].kind = 1;
    let office = Office::new(world);
    let plan = office.plan();
    office.studio.rig.azure.add_fault(Fault::at("odata.deleteLocator", 2, FaultKind::Crash { moment: Moment::Before }));
    let _ = office.studio.rotate(plan.clone());
    office.studio.new_process();
    let kept = fs::read(&office.place).expect("the file");
    let calls = office.studio.rig.azure.audit().all_calls();
    let refusals = |what: &str| {
        for ended in [office.studio.resume(), office.studio.abort()] {
            let problem = ended.expect("lives").expect_err(what);
            office.studio.rig.memory.release_locks();
            assert_eq!((problem.code.as_str(), problem.exit_code()), ("addressFileUnusable", 2), "{what}");
            assert!(problem.message.contains(office.place.to_str().expect("text")), "{problem}");
            assert!(problem.causes.iter().any(|why| why.contains("run run writes old and new addresses")), "{problem:?}");
            assert!(problem.hints[0].contains("keyroll resume --run-id run"), "{:?}", problem.hints);
        }
    };
    fs::remove_file(&office.place).expect("lost");
    refusals("gone");
    fs::create_dir(&office.place).expect("a folder in its place");
    refusals("a folder");
    fs::remove_dir(&office.place).expect("mended");
    assert_eq!(office.studio.rig.azure.audit().all_calls(), calls, "nobody was asked anything");
    fs::write(&office.place, kept).expect("put back");
    let before = office.lines()[0]["old"].as_str().expect("an address").to_owned();
    done(office.studio.resume().expect("lives").expect("goes on"));
    let id = office.now().into_keys().next().expect("one");
    office.leads_on_from(&[(id, before)].into(), 3);
    #[cfg(unix)]
    assert_eq!(mode(&office.place), 0o600, "whoever put it back may have let others read it");
}

#[test]
fn nothing_is_written_over_and_nothing_changes_where_the_file_is_somebodys() {
    let office = Office::new(films());
    fs::write(&office.place, "theirs").expect("written");
    let problem = office.studio.rotate(office.plan()).expect("lives").expect_err("it is there");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("addressFileUnusable", 2));
    assert!(problem.hints[0].contains("name a new file with --address-file"), "{:?}", problem.hints);
    assert_eq!(fs::read_to_string(&office.place).expect("text"), "theirs");
    assert_eq!(office.studio.rig.azure.audit().own_regenerates().count(), 0);
    assert_eq!(office.studio.engine().report("run").expect_err("nothing was begun").code, "noSuchRun");
}

#[test]
fn a_sas_that_cannot_come_back_is_still_asked_for() {
    let mut world = films();
    let signed = world.media_v2_accounts[0].locators.iter_mut().find(|locator| locator.kind == 1).expect("a SAS");
    signed.policy = "nb:pid:UUID:gone".into();
    signed.expires_in_hours = Some(24);
    let office = Office::new(world);
    assert_eq!(sas_names(&office.plan()), ["sas-key2", "sas-key1"]);
}

#[test]
fn who_points_back_finds_the_address_that_came_of_it() {
    let office = Office::new(films());
    let before = office.now();
    let plan =
        office.studio.plan_with(Options { retire_after: Some(std::time::Duration::from_secs(86_400)), ..office.options() });
    let start = Rig::start(plan.clone(), Patience::UntilFirstWait);
    let report = office.studio.rig.run(office.studio.engine().rotate(start)).expect("lives").expect("waits");
    assert_eq!(report.status, RunStatus::Waiting);
    for _ in 0..60 {
        office.studio.rig.clock.advance(std::time::Duration::from_secs(300));
        office.studio.rig.memory.release_locks();
        let step = office.studio.engine().resume("run", Vec::new(), Patience::UntilFirstWait).await_in(&office.studio);
        if step.locators.iter().filter(|round| round.finished.is_some()).count() == 2 {
            break;
        }
    }
    office.studio.rig.memory.release_locks();
    let report = office.studio.abort().expect("lives").expect("points back");
    assert_eq!(report.status, RunStatus::Aborted);
    office.leads_on_from(&before, 3);
    office.leaks_nothing(&plan, &[contract::report::text(&report)]);
}

/// A step of a run in virtual time.
trait AwaitIn {
    fn await_in(self, studio: &Studio) -> Report;
}

impl<F: Future<Output = Result<Report, keyroll::domain::problem::Problem>>> AwaitIn for F {
    fn await_in(self, studio: &Studio) -> Report {
        studio.rig.run(self).expect("lives").expect("goes on")
    }
}

#[test]
fn several_accounts_share_one_file() {
    let mut world = films();
    world.storage_accounts.push(StorageAccount::new(&second()));
    world.media_accounts[0].storage_accounts.push(AttachedStorage { id: second(), primary: false, synced: true });
    let account = &mut world.media_v2_accounts[0];
    account.keys.push(GivenKey { storage_account: second(), slot: "key1".into() });
    let elsewhere = account.assets[2].id.clone();
    account.assets[2].storage_account_name = "stsecond".into();
    let signed = account.locators.iter().find(|locator| locator.kind == 1).cloned().expect("a SAS");
    let id = "nb:lid:UUID:00000000-0000-4000-abcd-000000000009".into();
    account.locators.push(keyroll::contract::world::LocatorV2 { id, asset: elsewhere, ..signed });
    let office = Office::new(world);
    let before = office.now();
    assert_eq!(before.len(), 2);
    let studio = &office.studio;
    let starts = async {
        let mut starts = Vec::new();
        for account in [studio.rig.account.as_str().to_owned(), second()] {
            let options = Options { finish_on_original: true, ..office.options() };
            let plan = studio.engine().plan(&account.parse().expect("an id"), &studio.rig.scope, &options).await.expect("plans");
            assert_eq!(sas_names(&plan), [""; 0]);
            let run_id = Some(member_id("run", plan.account.id.name()));
            starts.push(Start { run_id, ..Rig::start(plan, Patience::Wait) });
        }
        starts
    };
    let ended = studio.rig.run(async { studio.engine().rotate_together(starts.await).await.expect("begins") });
    for one in ended.expect("nobody dies") {
        done(one.result.unwrap_or_else(|problem| panic!("{}: {problem:?}", one.run_id)));
    }
    office.leads_on_from(&before, 3);
    studio.leaks_nothing();
}
