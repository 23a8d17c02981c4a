//! Moves and their proofs.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyroll::azure::key_vault::{Secret, SecretAttributes, Vault};
use keyroll::azure::machine_learning::DatastoreSecret;
use keyroll::contract::world::{ContainerSas, Credentials, Fault, FaultKind, SystemDatastores, World};
use keyroll::dependents::{Expected, Moved, Proof, Scene, Verdict, adapter};
use keyroll::domain::account::Service;
use keyroll::domain::binding::{Binding, Held};
use keyroll::domain::dependent::{Dependent, Movement};
use keyroll::domain::key::{Slot, StorageKey};
use keyroll::domain::problem::Problem;

use super::blindfold::Blindfold;
use super::meddler::Meddler;
use super::stage::{Stage, world};

impl Stage {
    fn tell(&self, dependent: &Dependent) -> Result<Moved, Problem> {
        let (account, keys) = self.account();
        let scene = Scene::new(&self.client, &account, &keys);
        self.run(adapter(dependent.kind).tell(&scene, dependent))
    }

    fn publish(&self, dependent: &Dependent, slot: Slot) -> Result<Moved, Problem> {
        let (account, keys) = self.account();
        let scene = Scene::new(&self.client, &account, &keys);
        self.run(adapter(dependent.kind).publish(&scene, dependent, slot))
    }

    fn prove(&self, dependent: &Dependent, expected: Expected) -> Proof {
        let (account, keys) = self.account();
        let scene = Scene::new(&self.client, &account, &keys);
        self.run(adapter(dependent.kind).prove(&scene, dependent, expected)).expect("a proof or none")
    }

    fn binding(&self, dependent: &Dependent) -> Binding {
        let (account, keys) = self.account();
        let scene = Scene::new(&self.client, &account, &keys);
        self.run(adapter(dependent.kind).binding(&scene, dependent)).expect("a binding")
    }

    fn rescue(&self, dependent: &Dependent) -> Option<Moved> {
        let (account, keys) = self.account();
        let scene = Scene::new(&self.client, &account, &keys);
        self.run(adapter(dependent.kind).rescue(&scene, dependent)).expect("rescued or not")
    }
}

fn with_faults(faults: Vec<Fault>) -> World {
    World { faults, ..world() }
}

#[test]
fn every_push_dependent_moves_to_the_new_key_and_proves_it() {
    let mut stage = Stage::new(world());
    stage.scope.vaults = vec!["kv-prod".into()];
    let push: Vec<Dependent> =
        stage.discover().dependents.into_iter().filter(|dependent| dependent.movement == Movement::Push).collect();
    assert_eq!(push.len(), 8);
    stage.regenerate(Slot::Key2);
    stage.propagate();
    for dependent in &push {
        assert_eq!(stage.prove(dependent, Expected::Slot(Slot::Key2)).verdict, Verdict::Pending, "{} before", dependent.name);
        assert!(stage.publish(dependent, Slot::Key2).expect("published").sent, "{}", dependent.name);
        let proof = stage.prove(dependent, Expected::Slot(Slot::Key2));
        assert_eq!(proof.verdict, Verdict::Proven, "{}: {}", dependent.name, proof.how);
        assert_eq!(stage.binding(dependent).held, Held::Slot(Slot::Key2), "{}", dependent.name);
        assert!(!stage.publish(dependent, Slot::Key2).expect("nothing to do").sent, "{} twice", dependent.name);
    }
    let audit = stage.azure.audit();
    assert_eq!(audit.losses, Vec::<String>::new());
    assert_eq!(audit.writes.len(), push.len(), "one write each");
}

#[test]
fn a_datastore_keeps_everything_but_its_credentials() {
    let stage = Stage::new(world());
    let dependent = stage.dependent("ds-gen2");
    let read = || stage.run(stage.client.datastore(&dependent.id.parse().expect("an id"))).expect("the datastore").properties;
    let before = read();
    assert_eq!(before["tags"]["team"], "vision");
    stage.publish(&dependent, Slot::Key1).expect("published");
    assert_eq!(read(), before);
}

#[test]
fn a_datastore_that_somebody_else_writes_meanwhile_ends_with_our_key() {
    for nth in [1, 2] {
        let deploy = FaultKind::OthersDeploy { slot: "key2".into() };
        let stage = Stage::new(with_faults(vec![Fault::at("datastore.put", nth, deploy)]));
        let dependent = stage.dependent("ml-a/ds-raw");
        stage.regenerate(Slot::Key2);
        stage.propagate();
        stage.publish(&dependent, Slot::Key2).expect("published");
        assert_eq!(stage.binding(&dependent).held, Held::Slot(Slot::Key2));
    }
}

#[test]
fn what_others_wrote_in_between_is_kept_and_our_key_comes_in_all_the_same() {
    let old = StorageKey::new(STANDARD.encode([9_u8; 64]));
    let stage = Stage::between(world(), |azure| Arc::new(Meddler::new(azure, old.clone(), 2)));
    let dependent = stage.dependent("ds-gen2");
    let moved = stage.publish(&dependent, Slot::Key1).expect("the third write stays");
    assert!(moved.sent);
    assert_eq!(stage.binding(&dependent).held, Held::Slot(Slot::Key1));
    let now = stage.run(stage.client.datastore(&dependent.id.parse().expect("an id"))).expect("the datastore").properties;
    assert_eq!(now["description"], "theirs");
    assert_eq!(now["tags"]["team"], "vision");
}

#[test]
fn somebody_who_never_stops_writing_is_named() {
    let old = StorageKey::new(STANDARD.encode([9_u8; 64]));
    let stage = Stage::between(world(), |azure| Arc::new(Meddler::new(azure, old.clone(), 100)));
    let problem = stage.publish(&stage.dependent("ds-gen2"), Slot::Key1).expect_err("it does not stay");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("datastoreContended", 11));
}

#[test]
fn a_datastore_that_got_a_key_since_the_plan_is_written() {
    let mut world = world();
    let odd = Credentials { kind: "Sas".into(), secret: Some("sv=2012-02-12&sr=c&sp=rl&sig=bm90aGluZw%3D%3D".into()) };
    let own = world.workspaces[0].datastores.iter_mut().find(|store| store.name == "ds-raw").expect("it is there");
    own.credentials = odd;
    let stage = Stage::new(world);
    let dependent = stage.dependent("ml-a/ds-raw");
    assert_eq!(dependent.binding.lasting_signatures, Slot::BOTH);
    let kept = stage.publish(&dependent, Slot::Key2).expect("nothing to do");
    assert!(!kept.sent && kept.how.contains("cannot be made anew"), "{}", kept.how);
    // Somebody gives it the key that the roll is about to retire.
    let (_, keys) = stage.account();
    let before = stage.run(stage.client.datastore(&dependent.id.parse().expect("an id"))).expect("the datastore");
    let key = DatastoreSecret::AccountKey(keys.get(Slot::Key1).key.clone());
    stage.run(stage.client.put_datastore(&before, &key, true)).expect("written");
    assert_eq!(stage.prove(&dependent, Expected::Slot(Slot::Key2)).verdict, Verdict::Pending);
    assert!(stage.publish(&dependent, Slot::Key2).expect("published").sent);
    assert_eq!(stage.prove(&dependent, Expected::Slot(Slot::Key2)).verdict, Verdict::Proven);
}

#[test]
fn system_datastores_that_kept_a_key_after_their_workspace_took_an_identity_are_written() {
    let mut world = world();
    world.workspaces[0].system_datastores_auth_mode = Some("identity".into());
    let stage = Stage::new(world);
    assert_eq!(stage.dependent("ml-a").movement, Movement::NoKey);
    stage.regenerate(Slot::Key1);
    stage.propagate();
    for name in ["workspaceblobstore", "workspacefilestore", "workspaceartifactstore", "workspaceworkingdirectory"] {
        let store = stage.dependent(name);
        assert_eq!((store.movement, store.binding.held.clone()), (Movement::Push, Held::Stale), "{name}");
        assert!(stage.publish(&store, Slot::Key1).expect("published").sent, "{name}");
        let proof = stage.prove(&store, Expected::Slot(Slot::Key1));
        assert_eq!(proof.verdict, Verdict::Proven, "{name}: {}", proof.how);
    }
}

#[test]
fn a_broken_connection_proves_nothing_and_only_an_accepted_service_is_assumed() {
    let stage = Stage::new(world());
    let dependent = stage.dependent("ds-files");
    stage.azure.add_fault(Fault::sometimes("data.file", 1.0, 1000, FaultKind::ConnectionRefused));
    let proof = stage.prove(&dependent, Expected::Slot(Slot::Key1));
    assert_eq!(proof.verdict, Verdict::Pending, "{}", proof.how);
    let (account, keys) = stage.account();
    let scene = Scene { untested: &[Service::File], ..Scene::new(&stage.client, &account, &keys) };
    let calls = stage.azure.audit().calls_of("data.file");
    let proof = stage.run(adapter(dependent.kind).prove(&scene, &dependent, Expected::Slot(Slot::Key1))).expect("a verdict");
    assert_eq!(proof.verdict, Verdict::Assumed);
    assert_eq!(stage.azure.audit().calls_of("data.file"), calls, "it is not tried again");
}

#[test]
fn a_broken_connection_proves_nothing_of_a_media_account_either() {
    let stage = Stage::between(world(), |azure| Arc::new(Blindfold(azure)));
    let media = stage.dependent("media-a");
    stage.azure.add_fault(Fault::sometimes("data.blob", 1.0, 1000, FaultKind::ConnectionRefused));
    stage.wait(time::Duration::hours(2));
    let proof = stage.prove(&media, Expected::AnyCurrent);
    assert_eq!(proof.verdict, Verdict::Pending, "{}", proof.how);
    let (account, keys) = stage.account();
    let scene = Scene { untested: &[Service::Blob], ..Scene::new(&stage.client, &account, &keys) };
    let proof = stage.run(adapter(media.kind).prove(&scene, &media, Expected::AnyCurrent)).expect("a verdict");
    assert_eq!(proof.verdict, Verdict::Assumed, "{}", proof.how);
}

#[test]
fn a_media_account_is_proven_by_the_signatures_that_it_makes() {
    let stage = Stage::new(world());
    let media = stage.dependent("media-a");
    assert_eq!(stage.prove(&media, Expected::AnyCurrent).verdict, Verdict::Proven);
    stage.regenerate(Slot::Key2);
    stage.propagate();
    let before = stage.prove(&media, Expected::AnyCurrent);
    assert_eq!(before.verdict, Verdict::Pending, "{}", before.how);
    assert!(stage.tell(&media).expect("taken").sent);
    let after = stage.prove(&media, Expected::AnyCurrent);
    assert_eq!(after.verdict, Verdict::Proven, "{}", after.how);
    assert_eq!(stage.azure.audit().tells.len(), 1);
    assert!(stage.publish(&media, Slot::Key1).is_err());
}

#[test]
fn a_media_account_without_an_asset_there_can_only_be_assumed() {
    let stage = Stage::new(world());
    let proof = stage.prove(&stage.dependent("media-empty"), Expected::AnyCurrent);
    assert_eq!(proof.verdict, Verdict::Assumed);
    assert!(proof.how.contains("no asset"), "{}", proof.how);
}

#[test]
fn a_second_signature_that_nobody_can_trace_is_waited_for_and_then_assumed() {
    let mut world = world();
    world.unknowns.container_sas = ContainerSas::SecondUnverifiable;
    let stage = Stage::new(world);
    let media = stage.dependent("media-a");
    stage.regenerate(Slot::Key2);
    stage.propagate();
    stage.tell(&media).expect("taken");
    assert_eq!(stage.prove(&media, Expected::AnyCurrent).verdict, Verdict::Pending);
    stage.wait(time::Duration::hours(1));
    assert_eq!(stage.prove(&media, Expected::AnyCurrent).verdict, Verdict::Assumed);
}

#[test]
fn a_workspace_is_told_and_proven_with_its_system_datastores() {
    let stage = Stage::new(world());
    let ml = stage.dependent("ml-a");
    stage.regenerate(Slot::Key1);
    stage.propagate();
    assert_eq!(stage.prove(&ml, Expected::AnyCurrent).verdict, Verdict::Pending);
    let moved = stage.tell(&ml).expect("resynced");
    assert!(moved.sent);
    let proof = stage.prove(&ml, Expected::AnyCurrent);
    assert_eq!(proof.verdict, Verdict::Proven, "{}", proof.how);
    assert!(stage.rescue(&ml).is_none(), "nothing is left to be rescued");
}

#[test]
fn system_datastores_that_a_resync_leaves_behind_are_rescued() {
    let mut world = world();
    world.unknowns.resync_rewrites = SystemDatastores::None;
    let stage = Stage::new(world);
    let ml = stage.dependent("ml-a");
    stage.regenerate(Slot::Key1);
    stage.propagate();
    stage.tell(&ml).expect("resynced");
    let proof = stage.prove(&ml, Expected::AnyCurrent);
    assert_eq!(proof.verdict, Verdict::Pending);
    assert!(proof.how.contains("workspaceblobstore"), "{}", proof.how);
    let moved = stage.rescue(&ml).expect("four were behind");
    assert!(moved.how.contains("workspacefilestore"), "{}", moved.how);
    assert_eq!(stage.prove(&ml, Expected::AnyCurrent).verdict, Verdict::Proven);
    assert_eq!(stage.azure.audit().losses, Vec::<String>::new());
}

#[test]
fn a_secret_keeps_its_tags_and_type_and_its_consumers_get_a_day() {
    let stage = Stage::new(world());
    let secret = stage.dependent("kv-prod/storage-key");
    assert!(secret.binding.graces.is_empty());
    stage.regenerate(Slot::Key2);
    stage.propagate();
    stage.publish(&secret, Slot::Key2).expect("published");
    let vault = stage.client.vault("kv-prod").expect("a vault");
    let now = stage.run(stage.client.secret(&vault, "storage-key", "")).expect("the secret");
    assert_eq!(now.tags["CredentialId"], "key2");
    assert_eq!(now.tags["ValidityPeriodDays"], "60");
    assert_eq!(now.content_type.as_deref(), Some("text/plain"));
    let created = now.attributes.created.expect("a time");
    assert_eq!(now.attributes.exp, Some(created + 60 * 24 * 60 * 60));
    let binding = stage.binding(&secret);
    assert_eq!(binding.held, Held::Slot(Slot::Key2));
    assert_eq!(binding.graces.len(), 1);
    assert_eq!(binding.graces[0].slot, Slot::Key1);
    assert_eq!(binding.graces[0].until.unix_timestamp(), created + 24 * 60 * 60);
    stage.wait(time::Duration::hours(25));
    assert!(stage.binding(&secret).graces.is_empty());
}

#[test]
fn a_lost_answer_of_a_secret_is_looked_after() {
    for (kind, versions) in [
        (FaultKind::ResetAfter, 1),
        (FaultKind::StatusAfter { code: 503 }, 1),
        (FaultKind::ResetBefore, 1),
        (FaultKind::Status { code: 500 }, 1),
    ] {
        let name = kind.name();
        let stage = Stage::new(with_faults(vec![Fault::at("secret.put", 1, kind)]));
        let secret = stage.dependent("kv-prod/storage-key");
        assert!(stage.publish(&secret, Slot::Key2).expect("published").sent, "{name}");
        assert_eq!(stage.binding(&secret).held, Held::Slot(Slot::Key2), "{name}");
        let written: u64 = stage.azure.audit().secret_versions.values().sum();
        assert_eq!(written, versions, "{name}");
    }
}

#[test]
fn a_vault_that_lags_is_not_written_twice() {
    let mut world = world();
    world.unknowns.secret_lag_seconds = 600;
    let stage = Stage::new(world);
    let secret = stage.dependent("kv-prod/storage-key");
    assert!(stage.publish(&secret, Slot::Key2).expect("published").sent);
    assert_eq!(stage.azure.audit().secret_versions.values().sum::<u64>(), 1);
    stage.wait(time::Duration::minutes(11));
    assert_eq!(stage.prove(&secret, Expected::Slot(Slot::Key2)).verdict, Verdict::Proven);
}

#[test]
fn a_secret_whose_every_answer_is_lost_stays_unknown() {
    let stage = Stage::new(with_faults(vec![Fault::sometimes("secret.put", 1.0, 1000, FaultKind::ResetBefore)]));
    let problem = stage.publish(&stage.dependent("kv-prod/storage-key"), Slot::Key2).expect_err("nothing arrived");
    assert_eq!(problem.code, "outcomeUnknown");
    assert!(!format!("{problem:?}").contains("sig="));
}

#[test]
fn a_deleted_secret_tells_the_way_out() {
    let mut world = world();
    world.vaults[0].secrets.iter_mut().find(|secret| secret.name == "storage-key").expect("the secret").soft_deleted = true;
    let stage = Stage::new(world);
    let vault = Vault { name: "kv-prod".into(), url: "https://kv-prod.vault.azure.net/".parse().expect("a URL") };
    let next = Secret {
        version: String::new(),
        value: "anything".to_owned().into(),
        content_type: None,
        attributes: SecretAttributes::default(),
        tags: BTreeMap::new(),
    };
    let problem = stage.run(stage.client.set_secret(&vault, "storage-key", &next)).expect_err("deleted");
    assert_eq!((problem.code.as_str(), problem.exit_code()), ("secretDeleted", 42));
    assert!(problem.hints[0].contains("recover"), "{:?}", problem.hints);
}

#[test]
fn another_conflict_of_a_vault_is_not_taken_for_a_deleted_secret() {
    let stage = Stage::new(with_faults(vec![Fault::sometimes("secret.put", 1.0, 100, FaultKind::Status { code: 409 })]));
    let secret = stage.dependent("kv-prod/storage-key");
    assert_eq!(stage.publish(&secret, Slot::Key2).expect_err("in conflict").code, "conflict");
}

#[test]
fn each_service_accepts_a_key_and_refuses_the_one_before() {
    let stage = Stage::new(world());
    let (account, old) = stage.account();
    stage.regenerate(Slot::Key2);
    stage.propagate();
    let (_, new) = stage.account();
    for service in Service::ALL {
        use keyroll::azure::data_plane::Acceptance::{Accepted, Refused};
        let accepts = |keys: &keyroll::domain::account::AccountKeys, slot| {
            stage.run(stage.client.accepts(&account, service, &keys.get(slot).key)).expect("a verdict")
        };
        assert_eq!(accepts(&new, Slot::Key2), Accepted, "{service}");
        assert_eq!(accepts(&old, Slot::Key2), Refused, "{service}");
        assert_eq!(accepts(&old, Slot::Key1), Accepted, "{service}");
    }
}
