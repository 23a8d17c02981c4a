//! Several processes at work at once on one state folder (promises P8 and P11).

use std::collections::BTreeSet;

use keyroll::contract::world::{Fault, FaultKind, StorageAccount};
use keyroll::rotation::storage::Storage as _;
use serde_json::{Value, json};

use crate::binary::{Ended, refused};
use crate::processes::{ServedWorld, until};
use crate::rig::Rig;
use crate::worlds::{lonely, production, second, shared};

/// How fast the worlds' time runs: see `kills`.
const TIMES: u32 = 6000;

/// The slots of each regenerate of an account, in order. Nobody but the binary regenerates anything.
fn regenerated(audit: &Value, account: &str) -> Vec<Value> {
    let records = audit["regenerates"].as_array().expect("rows").iter();
    let own = records.inspect(|record| assert_eq!(record["author"], "caller", "{record}"));
    own.filter(|record| record["account"].as_str().is_some_and(|id| id.ends_with(&format!("/{account}"))))
        .map(|record| record["slots"].clone())
        .collect()
}

fn once_each() -> Vec<Value> {
    vec![json!(["key2"]), json!(["key1"])]
}

/// Waits until everybody has followed, and demands that nobody who is pushed was ever down and no write met another.
#[track_caller]
fn undamaged(azure: &ServedWorld) -> Value {
    let audit = until("everything is current", || {
        let audit = azure.audit();
        audit["holders"].as_array().expect("rows").iter().all(|held| held["current"] == true).then_some(audit)
    });
    let downtimes = audit["downtimes"].as_array().expect("rows").iter();
    let pushed: Vec<&Value> = downtimes.filter(|down| down["kind"] == "datastore" || down["kind"] == "consumer").collect();
    assert!(pushed.is_empty(), "{pushed:#?}");
    assert_eq!((&audit["losses"], &audit["overlappingWrites"]), (&json!([]), &json!([])));
    audit
}

fn locked(ended: &Ended) {
    let code = ended.json()["code"].as_str().expect("a code").to_owned();
    assert!(["accountLocked", "unfinishedRun"].contains(&code.as_str()), "{ended:?}");
    refused(ended, 9, &code);
}

#[test]
fn one_run_that_is_started_several_times_at_once_is_carried_out_once() {
    let azure = ServedWorld::serve(&lonely(), TIMES);
    let rotate = format!("rotate --storage-account stprod --yes --run-id r1 --accept {}", azure.names("stprod"));
    let jobs: Vec<_> = (0..5).map(|_| azure.start(&rotate)).collect();
    let ended: Vec<Ended> = jobs.into_iter().map(crate::processes::Job::end).collect();
    let (done, others): (Vec<&Ended>, Vec<&Ended>) = ended.iter().partition(|ended| ended.code == 0);
    others.into_iter().for_each(locked);
    let reports: BTreeSet<&String> = done.iter().map(|ended| &ended.stdout).collect();
    assert_eq!(reports.len(), 1, "whoever came after the end got the stored report: {reports:?}");
    assert_eq!(azure.run(&rotate).stdout, done[0].stdout);
    assert_eq!(regenerated(&azure.audit(), "stprod"), once_each());
    assert_eq!(azure.run("report --verify --run-id r1").code, 0);
}

#[test]
fn a_plan_that_was_overtaken_by_the_same_run_is_not_asked_about() {
    let azure = ServedWorld::serve(&production(), TIMES);
    let rotate = format!("rotate --storage-account stprod --yes --run-id r1 --accept {}", azure.names("stprod"));
    let queries = |azure: &ServedWorld| azure.audit()["calls"]["graph.query"].as_u64().unwrap_or_default();
    let before = queries(&azure);
    azure.add_fault(&Fault::at("graph.query", 1, FaultKind::Slow { seconds: 36_000 }));
    let overtaken = azure.start(&rotate);
    until("it plans", || (queries(&azure) > before).then_some(()));
    let first = azure.start(&rotate);
    let journal = until("the first run waits", || {
        let journal = azure.journal("r1");
        journal.last().is_some_and(|line| line.contains(r#""event":"waiting""#)).then_some(journal)
    });
    locked(&overtaken.end());
    assert_eq!(azure.journal("r1").len(), journal.len(), "it wrote nothing");
    let first = first.end();
    assert_eq!(first.code, 0, "{first:?}");
    assert_eq!(regenerated(&undamaged(&azure), "stprod"), once_each());
}

#[test]
fn one_run_id_for_two_accounts_at_once_is_a_run_of_one_of_them() {
    let mut world = lonely();
    world.storage_accounts.push(StorageAccount::new(&second()));
    let azure = ServedWorld::serve(&world, TIMES);
    let names = azure.names("stprod");
    for round in 0..4 {
        let begin =
            |account: &str| azure.start(&format!("rotate --storage-account {account} --yes --run-id r{round} --accept {names}"));
        let ended = [begin("stprod"), begin("stsecond")].map(crate::processes::Job::end);
        let mut codes = [ended[0].code, ended[1].code];
        codes.sort_unstable();
        assert!(codes == [0, 9] || codes == [0, 11], "{ended:?}");
        assert_eq!(azure.run(&format!("report --verify --run-id r{round}")).code, 0);
    }
    let audit = azure.audit();
    let all = [regenerated(&audit, "stprod"), regenerated(&audit, "stsecond")].concat();
    assert_eq!(all.len(), 8, "each round rolled one account: {all:?}");
}

#[test]
fn two_accounts_that_share_a_vault_and_a_workspace_are_rolled_at_once() {
    let azure = ServedWorld::serve(&shared(), TIMES);
    let accounts = ["stprod", "stsecond"];
    let lines = accounts.map(|account| {
        format!("rotate --storage-account {account} --yes --run-id of-{account} --accept {}", azure.names(account))
    });
    let ended = lines.map(|line| azure.start(&line)).map(crate::processes::Job::end);
    for (ended, account) in ended.iter().zip(accounts) {
        assert_eq!((ended.code, &ended.json()["state"]), (0, &json!("done")), "{ended:?}");
        assert_eq!(azure.run(&format!("report --verify --run-id of-{account}")).code, 0);
    }
    let audit = undamaged(&azure);
    for account in accounts {
        assert_eq!(regenerated(&audit, account), once_each(), "{account}");
    }
}

#[test]
fn whoever_only_looks_leaves_a_journal_that_is_just_being_begun_alone() {
    let rig = Rig::new(lonely());
    rig.memory.append("another", "{\"schema\":").expect("appends");
    assert_eq!(rig.engine().runs().expect("lists").len(), 0);
    rig.rotate(&keyroll::domain::plan::Options::default()).expect("another run does not matter");
    let left = rig.memory.read_journal("another").expect("reads").expect("is there");
    assert_eq!(left, b"{\"schema\":", "the rest of the line may be on its way");
}
