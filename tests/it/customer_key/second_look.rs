//! A deletion is decided on what is true when it is sent: under the lock, and with every other run in view.

use std::sync::Arc;

use keyroll::contract::world::{Fault, FaultKind};
use keyroll::domain::customer_key::{Event, Step};
use keyroll::domain::problem::Problem;
use keyroll::domain::report::RunStatus;
use keyroll::rotation::Patience;
use keyroll::rotation::customer_key::Start;
use keyroll::rotation::memory::Memory;
use keyroll::rotation::storage::{Lock, Storage};
use keyroll::sim::simulator::Simulator;

use super::rig::{Rig, empty, storage, wanted};
use crate::binary::refused;
use crate::served::{Azure, lonely};
use crate::worlds::id;

/// State whose lock on the storage account is given only at the moment when its contents can no longer be seen.
#[derive(Clone, Debug)]
struct Meanwhile {
    memory: Memory,
    azure: Simulator,
}

impl Storage for Meanwhile {
    fn runs(&self) -> Result<Vec<String>, Problem> {
        self.memory.runs()
    }
    fn read_journal(&self, run: &str) -> Result<Option<Vec<u8>>, Problem> {
        self.memory.read_journal(run)
    }
    fn append(&self, run: &str, line: &str) -> Result<(), Problem> {
        self.memory.append(run, line)
    }
    fn truncate(&self, run: &str, length: u64) -> Result<(), Problem> {
        self.memory.truncate(run, length)
    }
    fn read_plan(&self, run: &str) -> Result<Option<String>, Problem> {
        self.memory.read_plan(run)
    }
    fn write_plan(&self, run: &str, text: &str) -> Result<(), Problem> {
        self.memory.write_plan(run, text)
    }
    fn lock(&self, resource: &str) -> Result<Option<Box<dyn Lock>>, Problem> {
        if resource == storage() {
            self.azure.add_fault(Fault::at("storage.contents", 1, FaultKind::Status { code: 403 }));
        }
        self.memory.lock(resource)
    }
}

fn applied() -> Rig {
    let rig = Rig::new(empty());
    rig.apply(wanted()).expect("applies");
    rig
}

#[test]
fn what_changed_until_the_lock_was_had_is_seen_before_anything_is_deleted() {
    let rig = applied();
    let draft = rig.draft_remove(&["ams1", "stams1"]).expect("reads");
    let mut engine = rig.engine();
    engine.storage = Arc::new(Meanwhile { memory: rig.memory.clone(), azure: rig.azure.clone() });
    let ended = rig.run(engine.begin(Rig::start("remove", draft))).expect("lives");
    assert_eq!(ended.expect_err("it can no longer be looked into").http_status, Some(403));
    assert_eq!(rig.azure.audit().calls_of("storage.delete"), 0);
}

#[test]
fn a_lock_that_somebody_holds_is_waited_for_aloud() {
    let rig = applied();
    let draft = rig.draft_remove(&["ams1", "stams1"]).expect("reads");
    let held = rig.memory.lock(&storage()).expect("tries").expect("is free");
    let start = Start { patience: Patience::UntilFirstWait, ..Rig::start("remove", draft) };
    let report = rig.run(rig.engine().begin(start)).expect("lives").expect("begins");
    assert_eq!(report.status, RunStatus::Waiting);
    let waits = |event: &Event| matches!(event, Event::Waiting { step: Step::DeleteStorage, why, .. } if why.contains("stams1"));
    assert!(rig.heard.events().iter().any(waits), "{:?}", rig.heard.events());
    assert_eq!(rig.azure.audit().calls_of("storage.delete"), 0);
    drop(held);
    let report = rig.run(rig.engine().resume("remove", Vec::new(), Patience::Wait)).expect("lives").expect("goes on");
    assert_eq!(report.status, RunStatus::Done);
    assert_eq!(rig.azure.audit().deleted.len(), 2);
}

#[test]
fn a_storage_account_with_an_unfinished_rotation_stays() {
    let azure = Azure::serve(lonely(), 600);
    let apply = "customer-key apply -g prod -a ams1 --storage-name stams1 --key-vault-name kvams1 --key-name media \
                 --resource-location westeurope --yes";
    assert_eq!(azure.run(apply).code, 0);
    azure.simulator.add_fault(Fault::at("storage.regenerateKey", 1, FaultKind::Status { code: 403 }));
    let rotate = || azure.run("rotate --storage-account stams1 --yes --run-id r1");
    // Keys of a new account are young for ten simulated minutes, which is a second.
    let ended = (0..100).map(|_| rotate()).find(|ended| !ended.stdout.contains("youngSlot")).expect("keys come of age");
    let asked = refused(&ended, 12, "acceptanceNeeded");
    let names: Vec<&str> = asked["accept"].as_array().expect("names").iter().filter_map(|name| name.as_str()).collect();
    let rotated = azure.run(&format!("rotate --storage-account stams1 --yes --run-id r1 --accept {}", names.join(",")));
    assert_ne!(rotated.code, 0, "{rotated:?}");
    let problem = refused(&azure.run("customer-key remove -g prod -a ams1 --delete ams1,stams1 --yes"), 9, "unfinishedRun");
    assert!(problem["message"].as_str().expect("text").contains("r1"), "{problem}");
    assert_eq!(azure.simulator.audit().deleted, Vec::<String>::new());
}

#[test]
fn a_list_of_contents_that_is_refused_is_not_an_empty_one() {
    let rig = applied();
    rig.azure.add_fault(Fault::at("storage.contents", 1, FaultKind::Status { code: 400 }));
    let problem = rig.draft_remove(&["ams1", "stams1"]).expect_err("nobody knows what lies in it");
    assert_eq!(problem.http_status, Some(400), "{problem:?}");
}

#[test]
fn a_storage_account_of_another_media_account_stays() {
    let rig = applied();
    let mut other = wanted();
    other.account = id("Microsoft.Media/mediaservices", "amsother").parse().expect("an id");
    let (client, storage) = (rig.client(), storage().parse().expect("an id"));
    rig.run(client.create_media_account(&other, &storage, "somebody else")).expect("lives").expect("makes it");
    let blockers = rig.draft_remove(&["ams1", "stams1"]).expect("reads").blockers;
    assert_eq!(blockers.first().map(|problem| problem.code.as_str()), Some("storageInUse"), "{blockers:?}");
    assert!(blockers[0].message.contains("amsother"), "{blockers:?}");
}

#[test]
fn a_vault_that_cannot_be_reached_still_has_its_key() {
    let rig = applied();
    let unreachable = Fault { times: 1000, ..Fault::at("key.get", 1, FaultKind::ConnectionRefused) };
    rig.azure.add_fault(unreachable);
    let problem = rig.draft_remove(&["media"]).expect_err("the vault is there");
    assert_eq!(problem.code, "cannotConnect");
}
