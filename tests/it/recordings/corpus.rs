//! The recorded exchanges and the specifications' examples, read from outside the project.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::replay::{Exchange, decoded};

/// Where the corpus is: `KEYROLL_CORPUS`, or beside the repository. Without it the test says so and is skipped, except in
/// CI, where that is a failure.
pub(crate) fn folder() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/api");
    let folder = std::env::var_os("KEYROLL_CORPUS").map_or_else(beside, PathBuf::from);
    if folder.join("recordings.jsonl").is_file() {
        return Some(folder);
    }
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "no recordings in {}; set KEYROLL_CORPUS", folder.display());
    super::say(&format!("SKIPPED: no recordings in {}; set KEYROLL_CORPUS to replay them", folder.display()));
    None
}

/// All exchanges, each with those that follow it in its own recording.
pub(crate) fn recordings(folder: &Path) -> Vec<Exchange> {
    let text = std::fs::read_to_string(folder.join("recordings.jsonl")).expect("the recordings can be read");
    let mut by_source: BTreeMap<String, Vec<(u64, Exchange)>> = BTreeMap::new();
    for line in text.lines() {
        let record: Value = serde_json::from_str(line).expect("every line is JSON");
        let member = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
        let Ok(url) = url::Url::parse(&member("u")) else { continue };
        let headers = record["h"].as_object().into_iter().flatten();
        let exchange = Exchange {
            source: format!("{}#{}", member("src"), record["i"]),
            method: member("m"),
            // Some recordings have a doubled slash that the real path does not have.
            path: decoded(&url.path().replace("//", "/")),
            host: url.host_str().unwrap_or_default().to_owned(),
            version: member("v"),
            status: record["s"].as_u64().and_then(|status| u16::try_from(status).ok()).expect("a status"),
            headers: headers.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect(),
            request: serde_json::from_str(&unwrapped(&member("rq"))).ok(),
            answer: if record["rs"].is_object() { record["rs"].to_string() } else { unwrapped(&member("rs")) },
            following: Vec::new(),
        };
        by_source.entry(member("src")).or_default().push((record["i"].as_u64().expect("an order"), exchange));
    }
    let mut all = Vec::new();
    for (_, mut exchanges) in by_source {
        exchanges.sort_by_key(|(order, _)| *order);
        let plain: Vec<Exchange> = exchanges.into_iter().map(|(_, exchange)| exchange).collect();
        for (position, exchange) in plain.iter().enumerate() {
            all.push(Exchange { following: plain[position + 1..].to_vec(), ..exchange.clone() });
        }
    }
    all
}

/// Some recorders wrote Python's `b'…'` around a body, and around that again: it is taken off as often as it is there.
pub(crate) fn unwrapped(text: &str) -> String {
    let mut text = text.to_owned();
    while let Some(inner) = text.strip_prefix("b'").and_then(|rest| rest.strip_suffix('\'')) {
        text = inner.replace("\\'", "'").replace("\\\\", "\\");
    }
    text
}

/// The answers of one specification example file, as (status, body).
pub(crate) fn example_answers(file: &Path) -> Vec<(u16, Value)> {
    let text = std::fs::read_to_string(file).expect("an example can be read");
    let example: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).expect("an example is JSON");
    let responses = example["responses"].as_object().cloned().unwrap_or_default();
    responses.into_iter().filter_map(|(status, answer)| Some((status.parse().ok()?, answer["body"].clone()))).collect()
}

/// All example files of this name beneath a provider's folder, in order.
pub(crate) fn example_files(folder: &Path, provider: &str, names: &[&str]) -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("the examples can be read") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let mut found = Vec::new();
    walk(&folder.join("examples").join(provider), &mut found);
    let is_wanted =
        |path: &PathBuf| names.iter().any(|name| path.to_string_lossy().replace('\\', "/").ends_with(&format!("/{name}.json")));
    found.retain(is_wanted);
    found.sort();
    found
}
