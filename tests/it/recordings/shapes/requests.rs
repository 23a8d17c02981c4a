//! keyroll's requests beside the recorded ones of the same operation. Method and path are held by the replay itself, which
//! answers nothing else; here are the API versions, which the service must know, and the members of the bodies.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::super::operations::{operation, send};
use super::super::{EXAMPLES, corpus, replay, say, skipped};
use super::shape::Shape;
use super::{differences, hold};

const REQUESTS: &str = include_str!("requests.tsv");

/// Versions that neither a recording nor a specification at hand names, and where they are known from.
const KNOWN_ELSEWHERE: [(&str, &str, &str); 7] = [
    ("locator contentKeyPolicy", "2023-01-01", "specified for the other calls of the same service"),
    ("locator policy", "2023-01-01", "specified for the other calls of the same service"),
    ("locator put", "2023-01-01", "specified, with examples of bodies alone"),
    ("media assets", "2022-08-01", "azure-mgmt-media 10.2.1 sends it"),
    ("media listContainerSas", "2022-08-01", "azure-mgmt-media 10.2.1 sends it"),
    ("batch list", "2024-02-01", "specified for the other calls of the same service"),
    ("secret get version", "7.4", "recorded for other calls of the same service"),
];

/// Operations of which requests were compared when this was written.
const FLOOR: usize = 22;

#[derive(Default)]
struct Requests {
    versions: BTreeSet<String>,
    ours: Shape,
    recorded: Vec<Shape>,
}

/// The versions of which a provider's specification is at hand: the folders of its examples.
fn specified(folder: &Path, provider: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder.join("examples").join(provider)).expect("a provider's folder");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

#[tokio::test]
async fn keyrolls_requests_are_those_that_were_recorded() {
    let Some(folder) = corpus::folder() else { return };
    let recordings = corpus::recordings(&folder);
    let mut all: BTreeMap<&str, Requests> = BTreeMap::new();
    let mut known: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (provider, name, _) in EXAMPLES {
        known.entry(name).or_default().extend(specified(&folder, provider));
    }
    for exchange in &recordings {
        let Some(name) = operation(&exchange.method, &exchange.path) else { continue };
        known.entry(name).or_default().insert(exchange.version.clone());
        if skipped(exchange).is_some() || exchange.status >= 300 {
            continue;
        }
        let (client, bodies, versions) = replay::client_with_versions(exchange);
        send(name, &client, exchange).await.expect("it was replayed before");
        let requests = all.entry(name).or_default();
        requests.versions.extend(versions.lock().expect("lock").iter().cloned());
        requests.recorded.extend(exchange.request.as_ref().map(Shape::of));
        for body in bodies.lock().expect("lock").iter() {
            requests.ours.add(Shape::of(body));
        }
    }
    say(&format!("requests of {} operations held against the recorded ones", all.len()));
    assert!(all.len() >= FLOOR, "only {} operations, {FLOOR} before", all.len());
    let mut actual = BTreeSet::new();
    let mut needed = BTreeSet::new();
    for (name, requests) in &all {
        for version in &requests.versions {
            let known = &known[name];
            if !known.contains(version) {
                let elsewhere = KNOWN_ELSEWHERE.iter().position(|(call, other, _)| call == name && other == version);
                needed
                    .insert(elsewhere.unwrap_or_else(|| panic!("{name}: the service is known to know {known:?}, not {version}")));
            }
        }
        // A body that nobody recorded can be compared with none.
        let recorded = if requests.recorded.is_empty() { vec![Shape::default()] } else { requests.recorded.clone() };
        actual
            .extend(differences(&requests.ours, &recorded).into_iter().map(|(member, side)| format!("{name}\t{member}\t{side}")));
    }
    assert_eq!(needed.len(), KNOWN_ELSEWHERE.len(), "rows of KNOWN_ELSEWHERE that nobody needs");
    hold("requests.tsv", REQUESTS, &actual);
}
