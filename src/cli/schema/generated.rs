//! The schemas as the types say them: written with `SNAPSHOTS=overwrite`, compared without.

use std::path::PathBuf;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::contract::schema::{self, id};
use crate::contract::{self, cloud, event, host, plan, problem, report, token, world};
use crate::{render, surface};

/// Every schema by its name.
fn all() -> Vec<(&'static str, Value)> {
    vec![
        ("answer", produced::<contract::answer::AnswerDocument>()),
        ("checkup", produced::<render::checkup::CheckupDocument>()),
        ("cloud", read::<cloud::CloudFile>()),
        ("customer-key", produced::<contract::customer_key::order::Document>()),
        ("customer-key-event", produced::<contract::customer_key::event::Line>()),
        ("customer-key-plan", produced::<contract::customer_key::plan::Document>()),
        ("customer-key-report", produced::<contract::customer_key::report::Document>()),
        ("customer-key-show", produced::<contract::customer_key::show::Document>()),
        ("dependents", produced::<render::dependents::SearchDocument>()),
        ("event", produced::<event::Line>()),
        ("host-frame", produced::<host::shape::Frame>()),
        ("host-line", read::<host::shape::HostLine>()),
        ("keys", produced::<render::keys::KeysDocument>()),
        ("locator-event", produced::<contract::locator::event::Line>()),
        ("locator-order", produced::<contract::locator::order::OrderDocument>()),
        ("locator-report", produced::<contract::locator::report::ReportDocument>()),
        ("manual", produced::<render::manual::ManualDocument>()),
        ("notice", produced::<host::shape::NoticeDocument>()),
        ("plan", produced::<plan::PlanDocument>()),
        ("plans", produced::<contract::plans::PlansDocument>()),
        ("problem", produced::<problem::Document>()),
        ("report", produced::<report::ReportDocument>()),
        ("request", surface::request_schema::schema(&super::super::command_tree())),
        ("runs", produced::<render::runs::RunsDocument>()),
        ("served", produced::<contract::served::ServedDocument>()),
        ("surface", produced::<surface::SurfaceDocument>()),
        ("sync", produced::<contract::sync::SyncDocument>()),
        ("tokens", read::<Vec<token::HandedToken>>()),
        ("verification", produced::<contract::verification::VerificationDocument>()),
        ("world", read::<world::World>()),
    ]
}

/// Of a document that this program writes: readers have to take members that a newer one adds.
fn produced<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>().to_value()
}

/// Of a document that others write: a member that nobody knows is a mistake.
fn read<T: JsonSchema>() -> Value {
    let schema = SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<T>().to_value();
    schema::validation::tight(&schema)
}

/// The text of a schema, with the name that its documents call themselves.
fn written(name: &str, mut schema: Value) -> String {
    if name == "tokens" {
        schema["description"] = json!("The file of --auth token-file: access tokens that somebody else obtains and keeps fresh.");
    }
    let own = schema.pointer("/properties/schema/type") == Some(&json!("string"));
    if own {
        schema["properties"]["schema"] = json!({ "const": id(name) });
    }
    schema["title"] = json!(if own { id(name) } else { name.to_owned() });
    serde_json::to_string_pretty(&schema).expect("JSON") + "\n"
}

#[test]
fn schemas_are_what_the_types_say() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let generated = all();
    let names: Vec<&str> = generated.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, schema::ALL.iter().map(|(name, _)| *name).collect::<Vec<_>>(), "both lists, in this order");
    for (name, schema) in generated {
        assert!(
            schema["description"].as_str().is_some_and(|text| !text.is_empty()) || name == "tokens",
            "{name} says what it is"
        );
        let text = written(name, schema);
        let file = folder.join(format!("{name}.json"));
        if std::env::var("SNAPSHOTS").is_ok_and(|mode| mode == "overwrite") {
            std::fs::write(&file, &text).expect("the schema");
        }
        let committed = std::fs::read_to_string(&file).expect("the schema");
        assert!(committed == text, "{} is out of date: run the tests with SNAPSHOTS=overwrite", file.display());
    }
    assert_eq!(std::fs::read_dir(&folder).expect("a folder").count(), schema::ALL.len(), "no schema is left over");
}
