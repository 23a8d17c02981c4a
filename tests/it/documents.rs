//! Every document that a story produces is held against its schema.

#[path = "../../src/contract/schema/validation.rs"]
mod validation;

use std::path::Path;
use std::sync::LazyLock;

use keyroll::contract::schema;
use serde_json::{Value, json};
use validation::Validation;

use crate::binary::Place;

static VALIDATION: LazyLock<Validation> = LazyLock::new(|| Validation::of(&schema::ALL));

/// Fails the story whose documents, in this text or its lines, do not fit.
#[track_caller]
pub fn demand(text: &str) {
    VALIDATION.demand(text);
}

/// Fails the story whose document does not fit the schema of this name.
#[track_caller]
pub fn demand_as(name: &str, document: &Value) {
    VALIDATION.check(name, document).unwrap_or_else(|wrong| panic!("{wrong}"));
}

/// Every journal and plan of a state folder, but for those that a story made of another version.
#[track_caller]
pub fn demand_of_state(folder: &Path) {
    let Ok(runs) = std::fs::read_dir(folder.join("runs")) else { return };
    for run in runs {
        let run = run.expect("an entry").path();
        for file in ["journal.jsonl", "plan.json"] {
            let text = std::fs::read_to_string(run.join(file)).unwrap_or_default();
            let own = |text: &str| {
                serde_json::from_str(text).is_ok_and(|value: Value| value["schema"].as_str().is_some_and(|id| id.ends_with("/1")))
            };
            if file == "plan.json" {
                own(&text).then(|| demand(&text));
            } else {
                text.lines().filter(|line| own(line)).for_each(demand);
            }
        }
    }
}

#[test]
fn a_document_with_a_member_too_many_too_few_or_of_another_type_does_not_fit() {
    let problem = json!({
        "schema": "keyroll.problem/1", "code": "c", "kind": "usage", "message": "m", "causes": [], "hints": [], "exitCode": 2
    });
    let wrong = |document: &Value| {
        let mut wrong = Vec::new();
        VALIDATION.documents(document, &mut wrong);
        wrong
    };
    assert_eq!(wrong(&problem), Vec::<String>::new());
    let changes: [(&str, Value); 4] =
        [("secret", json!(1)), ("exitCode", json!("2")), ("hints", json!([3])), ("message", Value::Null)];
    for (member, value) in changes {
        let mut document = problem.clone();
        document[member] = value;
        assert_eq!(wrong(&document).len(), 1, "{member}");
        // Wherever it stands, and however it is wrapped.
        assert_eq!(wrong(&json!({ "line": 1, "problem": document })).len(), 2, "{member}");
    }
    let mut short = problem.clone();
    short.as_object_mut().expect("an object").remove("kind");
    assert_eq!(wrong(&short).len(), 1);
    let told = |schema: &str| wrong(&json!({ "schema": schema }))[0].clone();
    assert!(told("keyroll.unheardOf/1").contains("there is no schema `unheard-of`"));
    let event = json!({
        "schema": "keyroll.event/1", "seq": 1, "time": "2026-11-22T02:05:00Z", "prev": "0", "event": "stepStarted", "step": 1
    });
    assert_eq!(wrong(&event), Vec::<String>::new());
    for (member, value) in [("slot", json!("key1")), ("event", json!("stepBegun")), ("time", json!("soon"))] {
        let mut document = event.clone();
        document[member] = value;
        assert_eq!(wrong(&document).len(), 1, "a {member} that no such event has");
    }
    let frame = json!({ "v": 1, "id": "1", "result": { "schema": "keyroll.keys/1" }, "exitCode": 0 });
    assert_eq!(wrong(&frame).len(), 1, "the document in a frame, too");
    assert_eq!(wrong(&json!({ "v": 1, "id": "1", "resullt": null })).len(), 1);
}

#[test]
fn schemas_are_printed_listed_and_found_by_nearly_their_name() {
    let place = Place::new();
    let listed = place.run("schema").json();
    let names: Vec<&str> = listed.as_array().expect("a list").iter().map(|one| one["name"].as_str().expect("a name")).collect();
    assert_eq!(names, schema::ALL.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    assert!(
        listed.as_array().expect("a list").iter().all(|one| one["describes"].as_str().is_some_and(|text| !text.is_empty())),
        "{listed:#}"
    );
    for name in names {
        let printed = place.run(&format!("schema {name}"));
        assert_eq!((printed.code, printed.stdout.trim_end()), (0, schema::text(name).expect("listed").trim_end()));
        assert!(jsonschema::meta::is_valid(&printed.json()), "{name}");
    }
    let table = place.run("schema -o table");
    assert!(table.stdout.contains("host-frame"), "{table:?}");
    let refused = crate::binary::refused(&place.run("schema evnet"), 3, "unknownSchema");
    assert_eq!(refused["hints"][0], "did you mean `event`?");
    let refused = crate::binary::refused(&place.run("schema something-else-altogether"), 3, "unknownSchema");
    assert!(refused["hints"][0].as_str().expect("text").starts_with("the schemas are "));
}

#[test]
fn the_request_schema_knows_the_options_of_each_command() {
    let request: Value = serde_json::from_str(schema::text("request").expect("there")).expect("JSON");
    let of = |command: &str, arguments: &Value| {
        let mut schema = request.clone();
        schema.as_object_mut().expect("an object").remove("anyOf");
        schema["$ref"] = json!(format!("#/$defs/{command}"));
        jsonschema::is_valid(&schema, arguments)
    };
    assert!(of("rotate", &json!({ "storageAccount": "st", "accept": ["a"], "concurrency": 8, "noWait": true, "settle": "90m" })));
    assert!(of("rotate", &json!({ "accept": "a,b", "plan": null, "output": "json" })));
    for wrong in [
        json!({ "storageAccount": 3 }),
        json!({ "storageAcount": "st" }),
        json!({ "noWait": "yes" }),
        json!({ "output": "xml" }),
        json!({ "input": "-" }),
        json!({ "accept": [1] }),
        json!({ "timeout": "1h" }),
    ] {
        assert!(!of("rotate", &wrong), "{wrong}");
    }
    assert!(of("wait", &json!({ "timeout": "1h" })));
}
