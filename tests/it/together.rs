//! Several accounts in one request: side by side, with shared waits, and each to its own end.

use std::time::Duration;

use keyroll::contract::world::{Fault, FaultKind, Moment};
use keyroll::domain::event::Event;
use keyroll::domain::plan::{Options, Plan};
use keyroll::domain::report::RunStatus;
use keyroll::rotation::together::Ended;
use keyroll::rotation::{Patience, Start};
use keyroll::sim::holder::HolderKind;
use serde_json::{Value, json};

use crate::binary::{Ended as Answer, refused};
use crate::rig::Rig;
use crate::served::{self, Azure};
use crate::worlds::{second, shared};

const HOUR: Duration = Duration::from_secs(3600);

fn plans(rig: &Rig) -> Vec<Plan> {
    let plan = |account: &str| {
        let id = account.parse().expect("an id");
        rig.run(rig.engine().plan(&id, &rig.scope, &Options::default())).expect("lives").expect("plans")
    };
    vec![plan(rig.account.as_str()), plan(&second())]
}

fn starts(rig: &Rig) -> Vec<Start> {
    let named = |plan: Plan| {
        let run_id = Some(keyroll::rotation::together::member_id("run", plan.account.id.name()));
        Start { run_id, ..Rig::start(plan, Patience::Wait) }
    };
    plans(rig).into_iter().map(named).collect()
}

#[track_caller]
fn all_done(ended: Option<Vec<Ended>>) {
    for one in ended.expect("nobody dies") {
        assert_eq!(one.result.as_ref().map(|report| report.status), Ok(RunStatus::Done), "{}", one.run_id);
    }
}

/// Each slot of each account once, and nobody who is pushed was ever down.
#[track_caller]
fn rolled_once(rig: &Rig) {
    let audit = rig.azure.audit();
    assert_eq!(audit.own_regenerates().count(), 4, "two slots of two accounts");
    assert!(audit.losses.is_empty(), "{:?}", audit.losses);
    let pushed = |kind: HolderKind| matches!(kind, HolderKind::Datastore | HolderKind::Consumer);
    let down: Vec<_> = audit.downtimes.iter().filter(|down| pushed(down.kind)).collect();
    assert!(down.is_empty(), "{down:#?}");
}

#[test]
fn two_accounts_take_hardly_longer_than_one() {
    let alone = Rig::new(shared());
    alone.rotate(&Options::default()).expect("rolls");
    let one = alone.clock.elapsed();

    let rig = Rig::new(shared());
    let ended = rig.run(rig.engine().rotate_together(starts(&rig))).expect("lives").expect("begins");
    all_done(Some(ended));
    let both = rig.clock.elapsed();
    rolled_once(&rig);
    assert!(one > HOUR * 24, "consumers' caches are waited for: {one:?}");
    assert!(both < one + HOUR, "the waits are shared: {both:?} for two, {one:?} for one");
}

#[test]
fn a_crash_at_any_moment_loses_neither() {
    let rig = Rig::new(shared());
    let begin = rig.azure.audit().all_calls();
    all_done(rig.run(async { rig.engine().rotate_together(starts_of(&rig).await).await.expect("begins") }));
    let calls = rig.azure.audit().all_calls() - begin;
    // Every seventh call is enough: each call of one run is tried in `crashes`.
    let mut resumed = 0;
    for nth in (1..=calls).step_by(7) {
        let rig = Rig::new(shared());
        rig.azure.crash_at(nth, if nth % 2 == 0 { Moment::Before } else { Moment::After });
        let first = rig.run(async { rig.engine().rotate_together(starts_of(&rig).await).await.expect("begins") });
        if first.is_some() {
            continue;
        }
        rig.azure.crash_switch().reset();
        rig.azure.forget_crash();
        rig.memory.release_locks();
        let members = rig.engine().members("run").expect("lists");
        if members.is_empty() {
            continue;
        }
        assert_eq!(members.len(), 2, "all are begun before the first changes anything (call {nth})");
        all_done(rig.run(rig.engine().resume_together(members, &[], Patience::Wait)));
        rolled_once(&rig);
        resumed += 1;
    }
    assert!(resumed > 15, "only {resumed} crashes of {calls} calls left something to go on with");
}

/// As [`starts`], within a future that may die.
async fn starts_of(rig: &Rig) -> Vec<Start> {
    let mut starts = Vec::new();
    for account in [rig.account.as_str().to_owned(), second()] {
        let id = account.parse().expect("an id");
        let plan = rig.engine().plan(&id, &rig.scope, &Options::default()).await.expect("plans");
        let run_id = Some(keyroll::rotation::together::member_id("run", plan.account.id.name()));
        starts.push(Start { run_id, ..Rig::start(plan, Patience::Wait) });
    }
    starts
}

#[test]
fn what_speaks_against_one_keeps_all_from_being_begun() {
    let rig = Rig::new(shared());
    let mut starts = starts(&rig);
    starts[1].accepted.clear();
    let problem = rig.run(rig.engine().rotate_together(starts)).expect("lives").expect_err("a name is missing");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("acceptanceNeeded", 12));
    assert_eq!(rig.engine().members("run").expect("lists"), [""; 0]);
    assert_eq!(rig.azure.audit().own_regenerates().count(), 0);
    // And the first account is free.
    rig.rotate(&Options::default()).expect("rolls");
}

#[test]
fn what_stops_one_keeps_no_other() {
    let rig = Rig::new(shared());
    let starts = starts(&rig);
    rig.azure.add_fault(Fault::at("storage.regenerateKey", 2, FaultKind::Status { code: 403 }));
    let ended = rig.run(rig.engine().rotate_together(starts)).expect("lives").expect("begins");
    let (done, stopped): (Vec<_>, Vec<_>) = ended.iter().partition(|one| one.result.is_ok());
    let ([done], [stopped]) = (done.as_slice(), stopped.as_slice()) else { panic!("{ended:?}") };
    assert_eq!(done.result.as_ref().map(|report| report.status), Ok(RunStatus::Done));
    let problem = stopped.result.as_ref().expect_err("it may not");
    assert!(problem.hints.iter().any(|hint| hint.contains(&format!("--run-id {}", stopped.run_id))), "{problem:?}");
    assert_eq!(rig.azure.audit().own_regenerates().count(), 2);
    let members = rig.engine().members("run").expect("lists");
    // What a run does not ask for is not accepted of it.
    let of_another = ["streaming-ams1".to_owned()];
    let ended = rig.run(rig.engine().resume_together(members, &of_another, Patience::Wait)).expect("nobody dies");
    let reports: Vec<_> = ended.iter().filter_map(|one| one.result.as_ref().ok()).collect();
    assert!(reports.iter().all(|report| !report.accepted.contains(&of_another[0])), "{reports:?}");
    all_done(Some(ended));
    rolled_once(&rig);
}

#[test]
fn each_takes_of_the_accepted_names_those_that_it_asked_for() {
    let rig = Rig::new(shared());
    let impatient = |start: Start| Start { patience: Patience::UntilFirstWait, ..start };
    let begun = starts(&rig).into_iter().map(impatient).collect();
    rig.run(rig.engine().rotate_together(begun)).expect("lives").expect("begins");
    let members = rig.engine().members("run").expect("lists");
    let names = ["UNKNOWN-usage-key1", "locators-elsewhere"].map(str::to_owned);
    let ended = rig.run(rig.engine().resume_together(members, &names, Patience::UntilFirstWait)).expect("lives");
    assert!(ended.iter().all(|one| one.result.is_ok()), "{ended:?}");
    let events = rig.heard.events();
    let accepted = events.iter().filter_map(|event| match event {
        Event::Resumed { accepted, .. } => Some(accepted.as_slice()),
        _ => None,
    });
    assert_eq!(accepted.collect::<Vec<_>>(), [&names[..1], &names[..1]], "nobody asked for the other name");
}

/// Two accounts that nothing depends on.
fn two() -> Azure {
    let mut world = served::lonely();
    let id = served::id("Microsoft.Storage/storageAccounts", "stsecond");
    world.storage_accounts.push(keyroll::contract::world::StorageAccount::new(&id));
    Azure::serve(world, 200)
}

const BOTH: &str = "--storage-account stprod --with-account stsecond";

fn accept(plans: &Answer) -> String {
    assert_eq!(plans.code, 0, "{plans:?}");
    let plans = plans.json();
    assert_eq!(plans["schema"], "keyroll.plans/1");
    assert_eq!(plans["plans"].as_array().map(Vec::len), Some(2));
    let names = plans["accept"].as_array().expect("names").iter();
    names.map(|name| name.as_str().expect("a name")).collect::<Vec<_>>().join(",")
}

#[track_caller]
fn states(ended: &Answer) -> Vec<Value> {
    let document = ended.json();
    assert_eq!(document["schema"], "keyroll.runs/1", "{ended:?}");
    let runs = document["runs"].as_array().expect("rows").iter();
    runs.map(|run| json!([run["runId"], run["state"]])).collect()
}

#[test]
fn one_command_rolls_both_and_says_so_again() {
    let azure = two();
    let names = accept(&azure.run(&format!("plan {BOTH}")));
    let line = format!("rotate {BOTH} --accept {names} --yes --run-id chg1");
    let unconfirmed = azure.run(&format!("rotate {BOTH} --accept {names} --run-id chg1"));
    let question = refused(&unconfirmed, 12, "confirmationRequired")["question"].as_str().expect("one question").to_owned();
    assert!(question.contains("key1 of stprod will be") && question.contains("key1 of stsecond will be"), "{question}");
    assert_eq!(azure.regenerates(), 0);

    let first = azure.run(&line);
    let done = vec![json!(["chg1.stprod", "done"]), json!(["chg1.stsecond", "done"])];
    assert_eq!((first.code, states(&first)), (0, done.clone()), "{first:?}");
    assert!(first.stderr.contains("stsecond  "), "each line says whose it is: {}", first.stderr);
    assert_eq!(azure.regenerates(), 4);
    for again in [
        &line[..],
        "status --run-id chg1",
        "resume --run-id chg1",
        "report --run-id chg1",
        "wait --run-id chg1",
        "abort --run-id chg1",
    ] {
        let again = azure.run(again);
        assert_eq!((again.code, states(&again)), (0, done.clone()), "{again:?}");
    }
    assert_eq!(azure.regenerates(), 4, "nothing was changed twice");
    for account in ["stprod", "stsecond"] {
        assert_eq!(azure.run(&format!("report --verify --run-id chg1.{account}")).code, 0);
    }
    refused(&azure.run("report --verify --run-id chg1"), 2, "severalRuns");
    refused(&azure.run("status --manual --run-id chg1"), 2, "severalRuns");
    refused(&azure.run("rotate --storage-account stprod --yes --run-id chg1"), 11, "anotherRequest");
    refused(&azure.run(&format!("rotate {BOTH} --standby-only --yes --run-id chg1")), 11, "anotherRequest");
    azure.leaks_nothing(&[&first.stdout, &first.stderr]);
}

/// Which runs are shown: how far each has come is a matter of the moment.
fn runs(ended: &Answer) -> Vec<Value> {
    states(ended).into_iter().map(|run| run[0].clone()).collect()
}

/// Two accounts whose keys are cached for a day, so that both runs wait.
fn cached() -> Azure {
    let mut world = served::with_secret();
    let id = served::id("Microsoft.Storage/storageAccounts", "stsecond");
    world.storage_accounts.push(keyroll::contract::world::StorageAccount::new(&id));
    world.vaults[0].secrets.push(keyroll::contract::world::Secret::dual_credential("second-key", "key1", &id));
    Azure::serve(world, 200)
}

#[test]
fn one_that_is_broken_or_missing_hides_no_other() {
    let azure = cached();
    let names = accept(&azure.run(&format!("plan {BOTH}")));
    assert_eq!(azure.run(&format!("rotate {BOTH} --accept {names} --yes --no-wait --run-id r")).code, 0);
    let place = azure.place.path("state").join("runs").join("r.stsecond");
    let journal = place.join("journal.jsonl");
    let whole = std::fs::read_to_string(&journal).expect("a journal");
    std::fs::write(&journal, whole.replacen("\"seq\":2", "\"seq\":seven", 1)).expect("is damaged");
    for line in ["status", "report", "wait", "step", "resume --no-wait", "resume --no-wait --accept unknown-usage-key1"] {
        let told = azure.run(&format!("{line} --run-id r"));
        assert_eq!((told.code, runs(&told)), (1, vec![json!("r.stprod")]), "{line}: {told:?}");
        assert!(told.stderr.contains("line 2 of the journal of run r.stsecond"), "{line}: {}", told.stderr);
    }
    std::fs::rename(&place, azure.place.path("aside")).expect("is moved away");
    for line in ["status", "step", "resume --no-wait"] {
        let told = azure.run(&format!("{line} --run-id r"));
        assert_eq!((told.code, runs(&told)), (3, vec![json!("r.stprod")]), "{line}: {told:?}");
        assert!(told.stderr.contains("run r.stsecond belongs to request r"), "{line}: {}", told.stderr);
        assert!(told.stderr.contains("repeat the command"), "{line}: {}", told.stderr);
    }
    // What was never begun needs no way back.
    let back = azure.run("abort --run-id r");
    assert_eq!((back.code, states(&back)), (0, vec![json!(["r.stprod", "aborted"])]), "{back:?}");
}

#[cfg(unix)]
#[test]
fn a_signal_is_told_once_for_all_with_the_way_on_of_all() {
    use std::io::{BufRead as _, BufReader};

    let azure = cached();
    let names = accept(&azure.run(&format!("plan {BOTH}")));
    let mut child = azure.place.spawn(&format!("rotate {BOTH} --yes --run-id s --events --accept {names}"));
    let mut events = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    for _ in 0..2 {
        let reached = events.find(|line| line.as_ref().is_ok_and(|line| line.contains("cached")));
        assert!(reached.is_some(), "both runs come to their wait");
    }
    let killed = std::process::Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status();
    assert!(killed.expect("kill runs").success());
    let last = events.last().expect("a result").expect("text");
    let ended = crate::binary::end_of(child);
    assert_eq!(ended.code, 130, "{ended:?}");
    let shown: Value = serde_json::from_str(&last).expect("JSON");
    let runs: Vec<_> = shown["runs"].as_array().expect("rows").iter().map(|run| run["runId"].clone()).collect();
    assert_eq!(runs, ["s.stprod", "s.stsecond"]);
    assert!(ended.stderr.contains("the 2 runs of s were interrupted"), "{}", ended.stderr);
    let way_on = |line: &str| line.contains("keyroll resume --run-id s ") || line.ends_with("keyroll resume --run-id s");
    assert!(ended.stderr.lines().any(way_on), "{}", ended.stderr);
}

#[test]
fn both_wait_and_are_stepped_and_pointed_back_together() {
    let azure = cached();
    let names = accept(&azure.run(&format!("plan {BOTH}")));
    let waiting = vec![json!(["r.stprod", "waiting"]), json!(["r.stsecond", "waiting"])];
    let begun = azure.run(&format!("rotate {BOTH} --accept {names} --yes --no-wait --run-id r --detailed-exitcode"));
    assert_eq!((begun.code, states(&begun)), (8, waiting.clone()), "{begun:?}");
    let step = azure.run("step --run-id r");
    assert_eq!((step.code, states(&step)), (0, waiting), "{step:?}");
    let back = azure.run("abort --run-id r");
    assert_eq!(
        (back.code, states(&back)),
        (0, vec![json!(["r.stprod", "aborted"]), json!(["r.stsecond", "aborted"])]),
        "{back:?}"
    );
    assert_eq!(azure.regenerates(), 2, "the standby slots");
}

#[test]
fn names_that_cannot_be_are_refused() {
    let azure = two();
    refused(&azure.run("plan --storage-account stprod --with-account STPROD"), 2, "accountNamedTwice");
    refused(&azure.run("plan --storage-account stprod --with-account stnobody"), 3, "noSuchAccount");
    let names = accept(&azure.run(&format!("plan {BOTH}")));
    refused(&azure.run(&format!("rotate {BOTH} --accept {names},windo --yes")), 2, "unknownAcceptance");
    let missing = refused(&azure.run(&format!("rotate {BOTH} --yes")), 12, "acceptanceNeeded");
    assert_eq!(missing["accept"].as_array().map(Vec::len), Some(names.split(',').count()), "{missing}");
    assert!(missing["hints"][0].as_str().is_some_and(|hint| hint.contains("--with-account stsecond")), "{missing}");
    assert!(missing["causes"].to_string().contains("stsecond: unknown-usage-key1"), "{missing}");
    assert_eq!(azure.regenerates(), 0);
    assert!(!azure.place.has_runs());
}
