//! The sync commands as they are typed, over HTTP: spellings, results, bad input, many requests at once.

use keyroll::contract::world::{
    AttachedStorage, BatchAccount, Datastore, MediaAccount, StorageAccount, Subscription, Workspace, World,
};
use serde_json::Value;

use crate::binary::refused;
use crate::served::{Azure, SUBSCRIPTION, id, lonely};

fn storage(name: &str) -> String {
    id("Microsoft.Storage/storageAccounts", name)
}

/// Two media accounts, a workspace, a Batch account over `stprod`; one media account uses `starchive` too.
fn world() -> World {
    let mut world = lonely();
    world.storage_accounts.push(StorageAccount::new(&storage("starchive")));
    let mut live = MediaAccount::new(&id("Microsoft.Media/mediaservices", "ams-live"), &storage("stprod"));
    live.storage_accounts.push(AttachedStorage { id: storage("starchive"), primary: false, synced: true });
    world.media_accounts = vec![live, MediaAccount::new(&id("Microsoft.Media/mediaservices", "ams-b"), &storage("stprod"))];
    let mut workspace = Workspace::new(&id("Microsoft.MachineLearningServices/workspaces", "ml-a"), &storage("stprod"));
    workspace.system_datastores_auth_mode = None;
    workspace.datastores.push(Datastore::new("open", "AzureBlob", &storage("stprod"), "containerName", "open"));
    world.workspaces.push(workspace);
    world.batch_accounts.push(BatchAccount::new(&id("Microsoft.Batch/batchAccounts", "batch-a"), &storage("stprod")));
    world
}

fn outcomes(result: &Value) -> Vec<(String, String, String)> {
    let text = |row: &Value, member: &str| row[member].as_str().unwrap_or_default().to_owned();
    let last = |id: String| id.rsplit('/').next().unwrap_or_default().to_owned();
    let rows = result["rows"].as_array().expect("rows").iter();
    rows.map(|row| (text(row, "name"), last(text(row, "storageAccount")), text(row, "outcome"))).collect()
}

fn expect(result: &Value, rows: &[(&str, &str, &str)]) {
    let rows: Vec<_> = rows.iter().map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect();
    assert_eq!(outcomes(result), rows, "{result:#}");
}

#[test]
fn storage_accounts_are_named_once_often_or_not_at_all() {
    let azure = Azure::serve(world(), 200);
    let all = azure.run("sync-keys media -g prod -a ams-live --always");
    assert_eq!(all.code, 0, "{all:?}");
    assert_eq!((all.json()["schema"].as_str(), all.json()["state"].as_str()), (Some("keyroll.sync/1"), Some("done")));
    expect(&all.json(), &[("ams-live", "stprod", "synced"), ("ams-live", "starchive", "synced")]);
    let far = format!("sync-keys media --account-name AMS-LIVE --storage-account {} --always", storage("starchive"));
    expect(&azure.run(&far).json(), &[("ams-live", "starchive", "synced")]);
    let listed = azure.run("sync-keys media -a ams-live --storage-account stprod,STARCHIVE --always");
    expect(&listed.json(), &[("ams-live", "stprod", "synced"), ("ams-live", "starchive", "synced")]);
    let repeated = azure.run("sync-keys media -a ams-live --storage-account starchive --storage-account stprod --dry-run");
    // Both keys are proven in stprod, where the asset lies; nothing proves the other.
    expect(&repeated.json(), &[("ams-live", "stprod", "current"), ("ams-live", "starchive", "planned")]);
    let group = azure.run("sync-keys media -g prod");
    expect(
        &group.json(),
        &[("ams-b", "stprod", "current"), ("ams-live", "stprod", "current"), ("ams-live", "starchive", "synced")],
    );
    assert_eq!(azure.simulator.audit().tells.len(), 6);
    azure.leaks_nothing(&[&all.stdout, &group.stdout, &all.stderr]);
}

#[test]
fn a_workspace_has_four_spellings_and_they_mean_the_same() {
    let azure = Azure::serve(world(), 200);
    let full = id("Microsoft.MachineLearningServices/workspaces", "ml-a");
    for spelling in ["-n ml-a", "--name ml-a", "-w ml-a", "--workspace-name ml-a", &format!("-n {full}")] {
        let ended = azure.run(&format!("sync-keys ml -g prod {spelling} --dry-run"));
        expect(&ended.json(), &[("ml-a", "stprod", "current"), ("open", "stprod", "skipped")]);
    }
    for member in ["name", "workspaceName"] {
        let input = format!(r#"{{"{member}":"ml-a","noDatastores":true}}"#);
        let ended = azure.place.run_with("sync-keys ml --input -", input.as_bytes());
        expect(&ended.json(), &[("ml-a", "stprod", "current")]);
    }
    let twice = azure.run("sync-keys ml -n ml-a -w ml-a");
    assert_eq!(twice.code, 2, "{twice:?}");
}

#[test]
fn a_table_says_who_was_synced_and_who_not() {
    let azure = Azure::serve(world(), 200);
    let table = azure.run("sync-keys all --storage-account stprod -o table");
    assert_eq!(table.code, 0, "{table:?}");
    for part in ["name", "outcome", "batch-a", "synced", "assumed", "ams-live", "current", "proven", "uses no credentials"] {
        assert!(table.stdout.contains(part), "{part} is missing in {}", table.stdout);
    }
    assert!(table.stdout.contains("not inspected: ") && table.stdout.contains("AKS volumes"), "{}", table.stdout);
    let planned = azure.run("sync-keys batch -n batch-a --dry-run --detailed-exitcode");
    assert_eq!((planned.code, planned.json()["state"].as_str()), (10, Some("planned")), "{planned:?}");
    let synced = azure.run("sync-keys batch -g prod -n batch-a");
    expect(&synced.json(), &[("batch-a", "stprod", "synced")]);
    assert_eq!(synced.json()["rows"][0]["certainty"], "assumed");
}

#[test]
fn the_same_run_delivered_twice_changes_nothing_twice() {
    let azure = Azure::serve(world(), 200);
    let line = "sync-keys batch -n batch-a --run-id nightly --change-reference CHG1";
    let first = azure.run(line);
    let again = azure.run(line);
    assert_eq!((first.code, again.code), (0, 0), "{again:?}");
    expect(&again.json(), &[("batch-a", "stprod", "synced")]);
    assert_eq!(azure.simulator.audit().tells.len(), 1);
    let report = azure.run("report --run-id nightly").json();
    assert_eq!((report["state"].as_str(), report["changeReference"].as_str()), (Some("done"), Some("CHG1")));
    let other = azure.run("sync-keys ml -n ml-a --always --run-id nightly");
    assert_eq!(other.code, 11, "{other:?}");
    assert_eq!(other.json()["rows"][0]["problem"]["code"], "anotherRequest");
}

/// The bugs of the articles, as input: an empty subscription, another provider, another group, an account that is not attached.
#[test]
fn what_the_articles_get_wrong_is_refused_before_anything_is_sent() {
    let azure = Azure::serve(world(), 200);
    let media = "sync-keys media -g prod -a ams-live --storage-account";
    for (line, exit, code) in [
        (
            format!("{media} /subscriptions//resourceGroups/prod/providers/Microsoft.Storage/storageAccounts/stprod"),
            2,
            "malformedResourceId",
        ),
        (
            format!("{media} /subscriptions/{SUBSCRIPTION}/resourceGroups/prod/providers/Microsoft.Media/storageAccounts/stprod"),
            2,
            "wrongResourceType",
        ),
        (
            format!(
                "{media} /subscriptions/{SUBSCRIPTION}/resourceGroups/other/providers/Microsoft.Storage/storageAccounts/stprod"
            ),
            3,
            "notAttached",
        ),
        (format!("{media} stnowhere"), 3, "notAttached"),
        ("sync-keys media -g prod -a nobody".to_owned(), 3, "noSuchResource"),
        ("sync-keys media -a nobody".to_owned(), 3, "noSuchResource"),
        ("sync-keys media -g nowhere".to_owned(), 3, "noMediaAccount"),
        ("sync-keys media".to_owned(), 2, "nameMissing"),
        (format!("sync-keys media -a {}", storage("stprod")), 2, "wrongResourceType"),
        ("sync-keys media -g prod -a a?b".to_owned(), 2, "malformedResourceId"),
        ("sync-keys ml -g prod".to_owned(), 2, "nameMissing"),
        ("sync-keys ml -g prod -n ml-b".to_owned(), 3, "noSuchResource"),
        ("sync-keys ml -g other -n ml-a".to_owned(), 3, "noSuchResource"),
        ("sync-keys ml -n ml-a --storage-account starchive".to_owned(), 2, "anotherStorageAccount"),
        ("sync-keys batch".to_owned(), 2, "nameMissing"),
        ("sync-keys all".to_owned(), 2, "storageAccountMissing"),
        ("sync-keys all --storage-account stnowhere".to_owned(), 3, "noSuchAccount"),
        ("update-datastores -n ml-a --storage-account stnowhere".to_owned(), 3, "noSuchAccount"),
    ] {
        refused(&azure.run(&line), exit, code);
    }
    let audit = azure.simulator.audit();
    assert_eq!((audit.tells.len(), audit.writes.len()), (0, 0));
    assert!(!azure.place.has_runs());
}

#[test]
fn who_has_no_storage_account_has_nothing_to_sync() {
    let mut world = world();
    world.media_accounts[1].storage_accounts.clear();
    world.media_accounts[1].assets.clear();
    world.batch_accounts[0].auto_storage = None;
    world.workspaces[0].storage_account = String::new();
    let azure = Azure::serve(world, 200);
    for line in
        ["sync-keys media -g prod -a ams-b", "sync-keys batch -n batch-a", "sync-keys ml -n ml-a", "update-datastores -w ml-a"]
    {
        refused(&azure.run(line), 3, "noStorageAccount");
    }
    let none = azure.run("update-datastores -w ml-a --storage-account starchive");
    assert_eq!((none.code, none.json()["rows"].as_array().map(Vec::len)), (0, Some(0)), "no datastore uses it: {none:?}");
}

#[test]
fn a_name_that_is_not_unique_is_refused() {
    let mut world = world();
    let other = "22222222-2222-4222-8222-222222222222";
    world.subscriptions.push(Subscription { id: other.into(), name: "other".into() });
    let twin = id("Microsoft.Batch/batchAccounts", "batch-a").replace(SUBSCRIPTION, other);
    world.batch_accounts.push(BatchAccount::new(&twin, &storage("stprod")));
    let azure = Azure::serve(world, 200);
    refused(&azure.run("sync-keys batch -n batch-a"), 2, "ambiguousName");
    refused(&azure.run("sync-keys batch -g prod -n batch-a"), 2, "ambiguousName");
    let one = azure.run(&format!("sync-keys batch -g prod -n batch-a --subscription {SUBSCRIPTION} --dry-run"));
    expect(&one.json(), &[("batch-a", "stprod", "planned")]);
}

#[test]
fn many_requests_are_many_answers_in_order() {
    let azure = Azure::serve(world(), 200);
    let input = concat!(
        r#"{"id":"a","arguments":{"accountName":"ams-live","storageAccount":["stprod"]}}"#,
        "\n",
        r#"{"id":"b","arguments":{"accountName":"nobody"}}"#,
        "\n",
        r#"{"accountName":"ams-b","always":true}"#,
        "\n",
    );
    let ended = azure.place.run_with("sync-keys media -g prod --continue-on-error --input -", input.as_bytes());
    assert_eq!(ended.code, 3, "{ended:?}");
    let lines = ended.json_lines();
    expect(&lines[0]["result"], &[("ams-live", "stprod", "current")]);
    assert_eq!((&lines[1]["id"], &lines[1]["problem"]["code"]), (&"b".into(), &"noSuchResource".into()));
    expect(&lines[2]["result"], &[("ams-b", "stprod", "synced")]);
}
