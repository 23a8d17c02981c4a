//! The search: who holds what and how that is known, and what was not seen.

use keyroll::contract::world::{Fault, FaultKind, Workspace};
use keyroll::dependents::data_plane::services_in_use;
use keyroll::dependents::{Scene, adapter};
use keyroll::domain::account::Service;
use keyroll::domain::dependent::Extent;

use super::stage::{Stage, regenerating_vault, storage, workspace, world};

fn lines(stage: &Stage) -> Vec<String> {
    let found = stage.discover();
    let line = |dependent: &keyroll::domain::dependent::Dependent| {
        let binding = &dependent.binding;
        let words = [
            dependent.name.as_str(),
            dependent.movement.name(),
            binding.held.name(),
            binding.knowledge.name(),
            dependent.form.as_str(),
        ];
        words.join(" | ")
    };
    found.dependents.iter().map(line).collect()
}

const EVERYBODY: [&str; 19] = [
    "media-a | pull | both | assumed | both keys",
    "media-empty | pull | both | assumed | both keys",
    "media-identity | noKey | none | read | uses a managed identity",
    "ml-a | pull | key1 | read | key",
    "ds-china | noKey | none | read | its endpoint core.chinacloudapi.cn is another account's",
    "ds-files | push | key1 | read | key",
    "ds-gen2 | push | key2 | read | key",
    "ds-open | noKey | none | read | uses no credentials",
    "ds-principal | noKey | none | read | uses a service principal",
    "ml-a/ds-raw | push | key1 | read | key",
    "ds-sas | push | key1 | read | SAS",
    "workspaceartifactstore | withParent | key1 | read | key",
    "workspaceblobstore | withParent | key1 | read | key",
    "workspacefilestore | withParent | key1 | read | key",
    "workspaceworkingdirectory | withParent | key1 | read | key",
    "ml-b/ds-raw | push | key1 | read | key",
    "kv-prod/connection | push | key2 | read | connection string",
    "kv-prod/films | push | key1 | read | SAS",
    "kv-prod/storage-key | push | key1 | read | key",
];

#[test]
fn everybody_is_found_with_the_key_that_they_hold() {
    let mut stage = Stage::new(world());
    stage.scope.vaults = vec!["kv-prod".into()];
    assert_eq!(lines(&stage), EVERYBODY);
}

#[test]
fn without_a_named_vault_only_tagged_secrets_are_found() {
    let stage = Stage::new(world());
    let lines = lines(&stage);
    assert!(lines.iter().any(|line| line.starts_with("kv-prod/storage-key")));
    assert!(!lines.iter().any(|line| line.starts_with("kv-prod/connection")));
    assert_eq!(stage.azure.audit().calls_of("secret.get"), 2, "values of untagged secrets are not read");
}

#[test]
fn without_resource_graph_the_plain_lists_find_the_same() {
    let mut world = world();
    world.faults = vec![Fault::sometimes("graph.query", 1.0, 100, FaultKind::Status { code: 400 })];
    let mut stage = Stage::new(world);
    stage.scope.vaults = vec!["kv-prod".into()];
    assert_eq!(lines(&stage), EVERYBODY);
    let found = stage.discover();
    let note = found.not_inspected.iter().find(|item| item.what == "Resource Graph").expect("it is said");
    assert!(note.why.contains("plain lists"), "{}", note.why);
    assert_eq!((note.extent, &note.acceptance), (Extent::Partial, &None));
    assert!(found.dependents.iter().all(|dependent| dependent.found_by != "Resource Graph"));
}

#[test]
fn what_cannot_be_read_is_named_for_acceptance_and_stops_nothing() {
    let stage = Stage::new(world());
    let found = stage.discover();
    let accepted: Vec<&str> = found.not_inspected.iter().filter_map(|item| item.acceptance.as_deref()).collect();
    assert_eq!(accepted, ["unavailable-kv-closed", "unavailable-kv-prod/off"]);
    let closed = found.not_inspected.iter().find(|item| item.what == "kv-closed").expect("named");
    assert!(closed.why.starts_with("403"), "{}", closed.why);
    let off = found.not_inspected.iter().find(|item| item.what == "kv-prod/off").expect("named");
    assert!(off.why.contains("its tag says is key1"), "{}", off.why);
    assert!(found.blockers.is_empty());
}

#[test]
fn a_workspace_whose_datastores_fail_is_named_and_its_key_is_still_read() {
    let mut world = world();
    world.faults = vec![
        Fault::sometimes("datastore.list", 1.0, 100, FaultKind::Status { code: 403 }),
        Fault::sometimes("workspace.listKeys", 1.0, 100, FaultKind::Status { code: 404 }),
    ];
    let stage = Stage::new(world);
    let found = stage.discover();
    let of = |name: &str| found.not_inspected.iter().find(|item| item.what == name).expect("named");
    assert_eq!(of("ml-a").acceptance.as_deref(), Some("unavailable-ml-a"));
    assert!(of("ml-a").why.contains("listKeys") && of("ml-a").why.contains("datastores"), "{}", of("ml-a").why);
    assert_eq!(of("ml-b").acceptance.as_deref(), Some("unavailable-ml-b"));
    let line = lines(&stage).into_iter().find(|line| line.starts_with("ml-a")).expect("still listed");
    assert_eq!(line, "ml-a | pull | unknown | unknown | key");
}

#[test]
fn a_datastore_that_may_not_be_read_is_left_to_the_user() {
    let mut world = world();
    world.faults = vec![Fault::sometimes("datastore.listSecrets", 1.0, 1000, FaultKind::Status { code: 403 })];
    let found = Stage::new(world).discover();
    assert!(found.dependents.iter().all(|dependent| dependent.name != "ds-sas"));
    let missed = found.not_inspected.iter().find(|item| item.what == "ds-sas").expect("named");
    assert_eq!(missed.acceptance.as_deref(), Some("unavailable-ds-sas"));
    assert!(missed.why.contains("403"), "{}", missed.why);
}

#[test]
fn the_projects_of_a_hub_are_moved_with_it() {
    let mut world = world();
    let mut hub = Workspace::new(&workspace("ml-hub"), &storage()).with_system_datastores("key1");
    hub.kind = "Hub".into();
    let mut project = Workspace::new(&workspace("ml-project"), &storage());
    project.kind = "Project".into();
    project.hub = Some(hub.id.clone());
    world.workspaces.extend([hub, project]);
    let stage = Stage::new(world);
    let lines = lines(&stage);
    assert!(lines.contains(&"ml-hub | pull | key1 | read | key".to_owned()), "{lines:?}");
    assert!(lines.contains(&"ml-project | withParent | key1 | read | key".to_owned()), "{lines:?}");
    let project = stage.dependent("ml-project");
    let (account, keys) = stage.account();
    let scene = Scene::new(&stage.client, &account, &keys);
    stage.run(adapter(project.kind).tell(&scene, &project)).expect("the hub is told");
    assert!(stage.azure.audit().tells[0].ends_with("/ml-hub"), "{:?}", stage.azure.audit().tells);
}

#[test]
fn a_vault_that_regenerates_by_itself_forbids_the_roll() {
    let mut world = world();
    world.vaults.push(regenerating_vault());
    let found = Stage::new(world).discover();
    assert_eq!(found.blockers.len(), 1);
    assert_eq!(found.blockers[0].code, "vaultRegenerates");
    assert!(found.blockers[0].message.contains("kv-auto"));
}

#[test]
fn a_vault_outside_the_cloud_gets_no_token() {
    let mut stage = Stage::new(world());
    stage.scope.vaults = vec!["https://kv-prod.vault.azure.net.evil.example/".into()];
    let (account, keys) = stage.account();
    let scene = keyroll::dependents::Scene::new(&stage.client, &account, &keys);
    let problem = stage.run(keyroll::dependents::discover(&scene, &stage.scope)).expect_err("refused");
    assert_eq!(problem.code, "unknownVault");
}

#[test]
fn the_services_that_dependents_use_are_those_to_test() {
    let stage = Stage::new(world());
    let (account, _) = stage.account();
    let found = stage.discover();
    let only_files: Vec<_> = found.dependents.iter().filter(|dependent| dependent.name == "ds-files").cloned().collect();
    assert_eq!(services_in_use(&account, &only_files), [Service::File]);
    assert_eq!(services_in_use(&account, &found.dependents), Service::ALL, "a plain key may be used anywhere");
    assert_eq!(services_in_use(&account, &[]), Service::ALL);
}

#[test]
fn no_secret_is_in_anything_that_a_search_tells() {
    let mut stage = Stage::new(world());
    stage.scope.vaults = vec!["kv-prod".into()];
    let told = format!("{:?}", stage.discover());
    for secret in stage.azure.audit().secrets.iter().filter(|secret| secret.len() > 12) {
        assert!(!told.contains(secret.as_str()));
    }
}
