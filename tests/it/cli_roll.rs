//! Rolls with the real binary against a simulated Azure in this process, over HTTP.

use serde_json::Value;

use crate::binary::{end_of, refused, text};
use crate::served::{Azure, SUBSCRIPTION, id, lonely, with_secret};

/// The names that a plan wants accepted, as `--accept` takes them.
fn names(plan: &Value) -> String {
    let needed = plan["acceptances"].as_array().expect("names").iter();
    needed.map(|needed| needed["name"].as_str().expect("a name")).collect::<Vec<_>>().join(",")
}

fn accepted(azure: &Azure) -> String {
    let plan = azure.run("plan -g prod --storage-account stprod");
    assert_eq!(plan.code, 0, "{plan:?}");
    names(&plan.json())
}

#[test]
fn a_plan_is_carried_out_once_however_often_it_is_delivered() {
    let azure = Azure::serve(lonely(), 200);
    let plan = azure.run("plan --storage-account stprod --out p.json --detailed-exitcode");
    assert_eq!(plan.code, 10, "{plan:?}");
    assert_eq!(serde_json::from_str::<Value>(&text(&azure.place.path("p.json"))).expect("JSON"), plan.json());
    let line = format!("rotate --plan p.json --accept {} --yes --run-id chg1 --change-reference CHG1234", names(&plan.json()));

    let first = azure.run(&format!("{line} --events"));
    assert_eq!(first.code, 0, "{first:?}");
    let lines = first.json_lines();
    let (report, events) = lines.split_last().expect("a result");
    assert_eq!((report["schema"].as_str(), report["state"].as_str()), (Some("keyroll.report/1"), Some("done")));
    assert_eq!(report["changeReference"], "CHG1234");
    assert_eq!(report["regenerated"], serde_json::json!(["key2", "key1"]));
    assert!(events.iter().all(|event| event["schema"] == "keyroll.event/1" && event["runId"] == "chg1"));
    assert_eq!(events.first().map(|event| &event["event"]), Some(&"runStarted".into()));
    assert_eq!(events.last().map(|event| &event["event"]), Some(&"finished".into()));
    assert_eq!(azure.regenerates(), 2);

    let again = azure.run(&line);
    assert_eq!((again.code, &again.json()), (0, report), "the stored report comes again");
    assert_eq!(azure.run("report").json(), *report);
    assert_eq!(azure.run("report --run-id chg1 --html r.html").code, 0);
    assert!(text(&azure.place.path("r.html")).contains("<h1>stprod · run chg1</h1>"));
    assert_eq!(azure.run("status").json()["runs"][0]["runId"], "chg1");
    let verified = azure.run("report --verify --run-id chg1").json();
    assert_eq!(verified["entries"].as_u64(), Some(events.len() as u64));
    assert_eq!(azure.regenerates(), 2, "and nothing was changed twice");

    let other = azure.run("rotate --storage-account stprod --yes --run-id chg1");
    refused(&other, 11, "anotherRequest");
    let journal = text(&azure.place.path("state/runs/chg1/journal.jsonl"));
    azure.leaks_nothing(&[&first.stdout, &first.stderr, &again.stdout, &plan.stdout, &journal]);
}

#[test]
fn nothing_changes_without_names_confirmation_or_the_right_names() {
    let azure = Azure::serve(lonely(), 200);
    let missing = azure.run("rotate --storage-account stprod --yes");
    let problem = refused(&missing, 12, "acceptanceNeeded");
    let names = accepted(&azure);
    assert_eq!(problem["accept"].as_array().expect("names").len(), names.split(',').count());
    let hint = problem["hints"][0].as_str().expect("text");
    assert!(hint.contains("keyroll rotate --storage-account stprod") && hint.contains(&names), "{hint}");

    let unconfirmed = azure.run(&format!("rotate --storage-account stprod --accept {names}"));
    let problem = refused(&unconfirmed, 12, "confirmationRequired");
    let question = problem["question"].as_str().expect("a question");
    assert!(question.contains("key2 and then key1 of stprod will be regenerated"), "{question}");

    let misspelt = azure.run(&format!("rotate --storage-account stprod --yes --accept {names},window-nobody"));
    refused(&misspelt, 2, "unknownAcceptance");
    assert_eq!(azure.regenerates(), 0);
    assert!(!azure.place.has_runs());
}

#[test]
fn what_cannot_be_found_is_said_to_be_missing() {
    let azure = Azure::serve(lonely(), 200);
    for command in ["list-keys", "dependents", "plan", "rotate --yes"] {
        refused(&azure.run(&format!("{command} --storage-account nobody")), 3, "noSuchAccount");
    }
    assert_eq!(azure.run("plan -g elsewhere --storage-account stprod").code, 3);
    let unseen = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/prod/providers/Microsoft.Storage/storageAccounts/nobody");
    assert_eq!(azure.run(&format!("plan --storage-account {unseen}")).code, 3);
    let foreign = "22222222-2222-4222-8222-222222222222";
    refused(&azure.run(&format!("plan --storage-account stprod --subscription {foreign}")), 3, "subscriptionNotSignedIn");
    refused(&azure.run("plan --storage-account stprod --subscription unheard-of"), 3, "subscriptionNotSignedIn");
    assert_eq!(azure.run("plan --storage-account stprod --subscription prod").code, 0, "a subscription has a name, too");
    assert_eq!(azure.regenerates(), 0);
}

#[test]
fn a_plan_of_another_account_or_of_yesterdays_keys_is_refused() {
    let mut world = lonely();
    world
        .storage_accounts
        .push(keyroll::contract::world::StorageAccount::new(&id("Microsoft.Storage/storageAccounts", "stother")));
    let azure = Azure::serve(world, 200);
    let plan = azure.run("plan --storage-account stprod --out p.json").json();
    refused(&azure.run("plan --storage-account stprod --accept unknown-usage-key3"), 2, "unknownAcceptance");
    let gone = id("Microsoft.Storage/storageAccounts", "stgone");
    let problem = refused(&azure.run(&format!("plan --storage-account {gone}")), 3, "noSuchAccount");
    assert!(problem["message"].as_str().expect("text").starts_with("no storage account named stgone is visible"), "{problem}");
    refused(&azure.run("rotate --plan p.json --storage-account stother --yes"), 2, "planOfAnotherAccount");
    let names = names(&plan);
    let key2 = azure.run("plan --storage-account stprod --key key2").json();
    let regenerated = format!("regenerate-key --storage-account stprod --key key2 --yes --accept {}", self::names(&key2));
    assert_eq!(azure.run(&regenerated).code, 0);
    let stale = refused(&azure.run(&format!("rotate --plan p.json --yes --accept {names}")), 11, "planOutOfDate");
    assert!(stale["message"].as_str().expect("text").contains("key2"), "{stale}");
    assert_eq!(azure.regenerates(), 1);
}

#[test]
fn keys_are_listed_by_age_and_fingerprint_and_never_shown() {
    let azure = Azure::serve(with_secret(), 200);
    let keys = azure.run("list-keys --storage-account stprod");
    assert_eq!(keys.code, 0, "{keys:?}");
    assert!(keys.json()["keys"][1]["fingerprint"].as_str().expect("text").starts_with("1:"));
    let table = azure.run("list-keys --storage-account stprod -o table");
    let dependents = azure.run("dependents --storage-account stprod -vv");
    assert_eq!(dependents.json()["dependents"][0]["binding"]["held"], "key1");
    assert!(dependents.stderr.contains("signing in by token-file="), "{}", dependents.stderr);
    azure.leaks_nothing(&[&keys.stdout, &table.stdout, &table.stderr, &dependents.stdout, &dependents.stderr]);
}

#[test]
fn a_key_in_use_is_not_regenerated_by_itself() {
    let azure = Azure::serve(with_secret(), 200);
    let problem = refused(&azure.run("regenerate-key --storage-account stprod --key primary --yes"), 12, "keyInUse");
    assert!(problem["message"].as_str().expect("text").contains("kv-prod/st-key"), "{problem}");
    assert!(problem["hints"][0].as_str().expect("text").contains("keyroll rotate"), "{problem}");
    assert_eq!(azure.regenerates(), 0);
}

#[test]
fn a_run_that_waits_is_stepped_watched_and_pointed_back() {
    let azure = Azure::serve(with_secret(), 200);
    let line = format!("rotate --storage-account stprod --yes --run-id w1 --no-wait --accept {}", accepted(&azure));
    let mut ended = azure.run(&line);
    for _ in 0..200 {
        assert_eq!(ended.code, 0, "{ended:?}");
        let report = ended.json();
        let table = azure.run("status --run-id w1 -o table").stdout;
        let tested =
            report["steps"].as_array().expect("steps").iter().any(|step| step["act"] == "test" && step["finished"].is_string());
        assert_eq!(table.contains("Both keys work now"), tested, "{table}");
        assert_eq!(report["state"], "waiting", "{report}");
        if report["next"].as_str().expect("text").contains("kv-prod/st-key may use what it cached") {
            break;
        }
        ended = azure.run("step");
    }
    assert!(ended.json()["nextDue"].is_string(), "{ended:?}");
    assert_eq!(azure.run("step --detailed-exitcode").code, 8);
    assert_eq!(azure.run("status --detailed-exitcode").code, 8);
    assert_eq!(azure.run("wait").code, 0, "nobody is at work, so that waiting ends");
    let table = azure.run("status --run-id w1 -o table");
    assert!(table.stdout.contains("Both keys work now. Undo: keyroll abort --run-id w1"), "{}", table.stdout);
    let manual = azure.run("status --manual -o table").stdout;
    assert!(manual.contains("az storage account keys renew") && manual.contains("--key primary"), "{manual}");

    refused(&azure.run(&line.replace("w1", "w2")), 9, "unfinishedRun");
    let aborted = azure.run("abort --run-id w1 --no-wait");
    assert_eq!(aborted.code, 0, "{aborted:?}");
    assert_eq!(azure.run("dependents --storage-account stprod").json()["dependents"][0]["binding"]["held"], "key1");
    assert_eq!(azure.regenerates(), 1);
}

#[test]
fn several_requests_are_answered_line_by_line() {
    let azure = Azure::serve(lonely(), 200);
    let input = b"{\"id\":\"a\",\"arguments\":{\"storageAccount\":\"stprod\"}}\n{\"storageAccount\":\"nobody\"}\n{\"storageAccount\":\"stprod\"}\n";
    let stopped = azure.place.run_with("list-keys --input -", input);
    assert_eq!(stopped.code, 3, "{stopped:?}");
    let lines = stopped.json_lines();
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0]["line"], &lines[0]["id"]), (&1.into(), &"a".into()));
    assert_eq!(lines[0]["result"]["schema"], "keyroll.keys/1");
    assert_eq!(lines[1]["problem"]["code"], "noSuchAccount");
    let all = azure.place.run_with("list-keys --continue-on-error --input -", input);
    assert_eq!((all.code, all.json_lines().len()), (3, 3));
}

#[cfg(unix)]
#[test]
fn a_signal_ends_a_waiting_run_safely_and_it_goes_on_later() {
    use std::io::{BufRead as _, BufReader};

    let azure = Azure::serve(with_secret(), 100);
    let names = accepted(&azure);
    // The run is begun once and resumed twice; what it waits for is said once.
    for (signal, code, moment) in [("INT", 130, "cached"), ("TERM", 143, "resumed"), ("HUP", 129, "resumed")] {
        let mut child =
            azure.place.spawn(&format!("rotate --storage-account stprod --yes --run-id s1 --events --accept {names}"));
        let mut events = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let reached = events.find(|line| line.as_ref().is_ok_and(|line| line.contains(moment)));
        assert!(reached.is_some(), "the run comes to where it is ended");
        let killed = std::process::Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
        assert!(killed.expect("kill runs").success());
        let last = events.last().expect("a result").expect("text");
        let ended = end_of(child);
        assert_eq!(ended.code, code, "{ended:?}");
        let problem: Value = serde_json::from_str(&last).expect("JSON");
        assert_eq!((problem["kind"].as_str(), problem["exitCode"].as_i64()), (Some("interrupted"), Some(i64::from(code))));
        assert!(ended.stderr.contains("keyroll resume --run-id s1"), "{}", ended.stderr);
        assert_eq!(azure.run("report --verify --run-id s1").code, 0, "the journal is intact");
    }
    assert_eq!(azure.regenerates(), 1);
}

#[cfg(unix)]
#[test]
fn a_signal_before_the_run_has_begun_ends_the_command_and_nothing_was_changed() {
    let azure = Azure::serve(lonely(), 1);
    // Planning waits here: every answer of this route is slow.
    let slow = keyroll::contract::world::Fault::at("graph.query", 1, keyroll::contract::world::FaultKind::Slow { seconds: 600 });
    azure.simulator.add_fault(slow);
    let child = azure.place.spawn("rotate --storage-account stprod --yes");
    std::thread::sleep(std::time::Duration::from_millis(700));
    let killed = std::process::Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status();
    assert!(killed.expect("kill runs").success());
    let ended = end_of(child);
    assert_eq!((ended.code, ended.json()["kind"].as_str()), (130, Some("interrupted")), "{ended:?}");
    assert!(!azure.place.has_runs());
    assert_eq!(azure.regenerates(), 0);
}
