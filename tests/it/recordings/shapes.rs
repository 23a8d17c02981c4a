//! What we say beside what was recorded: the simulator's answers (members, types, status and the headers of long-running
//! operations) in `shapes/answers.tsv`, keyroll's requests in `shapes/requests.tsv`. Each difference stands there with its
//! reason; nothing else may differ, and no row may be out of date.

mod requests;
mod shape;
mod simulated;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::replay::Exchange;
use super::{corpus, say};
use shape::Shape;

const ANSWERS: &str = include_str!("shapes/answers.tsv");

/// A call that is made to the simulator, and which recorded ones it is held against.
struct Compared {
    name: &'static str,
    method: &'static str,
    /// The path; `*` stands for one segment.
    template: &'static str,
    /// The status of both.
    status: u16,
    /// The first version whose recordings count: before it the answer had another form.
    since: &'static str,
    /// What the segments `*` are in the simulated world.
    names: &'static [&'static str],
    body: &'static str,
}

/// How many recorded answers there were to compare with when this was written.
const FLOOR: usize = 175;

fn is_meant(compared: &Compared, exchange: &Exchange) -> bool {
    let (wanted, given): (Vec<&str>, Vec<&str>) = (compared.template.split('/').collect(), exchange.path.split('/').collect());
    let vault = !compared.template.starts_with("/subscriptions") && !compared.template.starts_with("/providers");
    exchange.method == compared.method
        && exchange.status == compared.status
        && exchange.version.as_str() >= compared.since
        && vault == exchange.host.contains("vault")
        && wanted.len() == given.len()
        && wanted.iter().zip(given).all(|(wanted, given)| *wanted == "*" || wanted.eq_ignore_ascii_case(given))
}

/// The headers whose presence means something.
const HEADERS: [&str; 4] = ["azure-asyncoperation", "location", "retry-after", "x-ms-failure-cause"];

fn shape_of(body: &str, headers: &[(String, String)]) -> Option<Shape> {
    let value = if body.trim().is_empty() { Value::Null } else { serde_json::from_str(body).ok()? };
    let mut shape = Shape::of(&value);
    for header in HEADERS {
        if headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(header)) {
            shape.insert(format!("header {header}"), "header");
        }
    }
    Some(shape)
}

/// The differences of one call, as member and side.
fn differences(ours: &Shape, recorded: &[Shape]) -> BTreeSet<(String, &'static str)> {
    let mut found = BTreeSet::new();
    for (member, kinds) in ours.members() {
        let known: BTreeSet<&str> = recorded.iter().flat_map(|shape| shape.kinds(member)).collect();
        if known.is_empty() {
            found.insert((member.to_owned(), "only ours"));
        } else if !known.contains("null") && !kinds.iter().all(|kind| *kind == "null" || known.contains(kind)) {
            found.insert((member.to_owned(), "of another type"));
        }
    }
    let everywhere = recorded.iter().map(Shape::names).reduce(|all, one| all.intersection(&one).cloned().collect());
    for member in everywhere.unwrap_or_default() {
        // What lies beneath a member that is not there is not told again.
        let parent = member.rsplit_once('.').map_or("", |(parent, _)| parent).trim_end_matches("[]").to_owned();
        let told = !parent.is_empty() && !ours.has(&parent);
        if !ours.has(&member) && !told {
            found.insert((member, "only recorded"));
        }
    }
    found
}

#[test]
fn simulated_answers_have_the_shape_of_recorded_ones() {
    let Some(folder) = corpus::folder() else { return };
    let recordings = corpus::recordings(&folder);
    let mut actual = BTreeSet::new();
    let mut compared_with = 0;
    for compared in &simulated::CALLS {
        let recorded: Vec<Shape> = recordings
            .iter()
            .filter(|exchange| is_meant(compared, exchange) && super::skipped(exchange).is_none())
            .filter_map(|exchange| shape_of(&exchange.answer, &exchange.headers))
            .collect();
        if recorded.is_empty() {
            say(&format!("NONE {}", compared.name));
            continue;
        }
        compared_with += recorded.len();
        let answer = simulated::answer(compared);
        assert_eq!(answer.status, compared.status, "{}: {}", compared.name, answer.body);
        let shape = shape_of(&answer.body, &answer.headers).expect("the simulator answers JSON");
        actual.extend(
            differences(&shape, &recorded).into_iter().map(|(member, side)| format!("{}\t{member}\t{side}", compared.name)),
        );
    }
    say(&format!("{} simulated answers held against {compared_with} recorded ones", simulated::CALLS.len()));
    assert!(compared_with >= FLOOR, "only {compared_with} recorded answers, {FLOOR} before");
    hold("answers.tsv", ANSWERS, &actual);
}

/// Demands that a table tells exactly these differences.
#[track_caller]
fn hold(name: &str, table: &str, actual: &BTreeSet<String>) {
    let mut reasons = BTreeMap::new();
    for line in table.lines().skip(1).filter(|line| !line.is_empty()) {
        let (row, reason) = line.rsplit_once('\t').expect("four columns");
        assert!(reason.len() > 10, "a reason for {row}");
        assert!(reasons.insert(row.to_owned(), reason).is_none(), "{row} is there twice");
    }
    let known: BTreeSet<String> = reasons.into_keys().collect();
    let told = |rows: Vec<&String>| rows.into_iter().fold(String::new(), |text, row| text + row + "\n");
    let new = told(actual.difference(&known).collect());
    assert!(new.is_empty(), "differences without a reason in {name}:\n{new}");
    let gone = told(known.difference(actual).collect());
    assert!(gone.is_empty(), "rows of {name} that do not differ any more:\n{gone}");
}

#[test]
fn differences_are_seen_on_either_side() {
    let shape = |text: &str| Shape::of(&serde_json::from_str(text).expect("JSON"));
    let recorded = [shape(r#"{"a":1,"b":{"c":"x"},"d":[{"e":true}]}"#), shape(r#"{"a":null,"b":{"c":"y"},"f":1}"#)];
    assert!(differences(&shape(r#"{"a":"text","b":{"c":"z"}}"#), &recorded).is_empty(), "a null may be anything");
    let found = differences(&shape(r#"{"b":{"c":1},"g":[]}"#), &recorded);
    let found: Vec<(&str, &str)> = found.iter().map(|(member, side)| (member.as_str(), *side)).collect();
    assert_eq!(found, [("a", "only recorded"), ("b.c", "of another type"), ("g", "only ours")]);
    assert_eq!(differences(&shape("{\"a\":1}"), &recorded).len(), 1, "b, and not b.c as well");
}
