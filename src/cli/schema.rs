use clap::Args;

use crate::contract::schema;
use crate::domain::problem::Problem;
use crate::domain::text::shortened;
use crate::render;

use super::end::End;
use super::session::Session;

#[cfg(test)]
mod generated;

/// Print the JSON Schema of a document; without a name, list them all
///
/// Every document that keyroll writes (plan, report, event, problem, …) and reads (request, world, cloud, tokens, and the lines
/// of a host).
///
/// Example: `keyroll schema plan > plan.schema.json`
#[derive(Args, Clone, Debug)]
pub(super) struct Schema {
    /// The document: plan, event, request, …
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

impl Schema {
    #[expect(clippy::unused_async, reason = "every command is awaited")]
    pub(super) async fn run(&self, session: &Session) -> End {
        let printer = &session.printer;
        let Some(name) = &self.name else {
            printer.result(|| render::schemas::text(printer.width()), render::schemas::json);
            return Ok(0);
        };
        let text = schema::text(name).ok_or_else(|| unknown(name))?;
        printer.raw(text.trim_end());
        Ok(0)
    }
}

fn unknown(name: &str) -> Problem {
    let near = schema::ALL.iter().map(|(known, _)| (*known, distance(name, known))).min_by_key(|(_, distance)| *distance);
    let problem = Problem::not_found("unknownSchema", format!("there is no schema `{}`", shortened(name, 80)));
    let names: Vec<&str> = schema::ALL.iter().map(|(known, _)| *known).collect();
    let all = format!("the schemas are {}", names.join(", "));
    match near.filter(|(known, distance)| *distance * 2 < known.len()) {
        Some((known, _)) => problem.hint(format!("did you mean `{known}`?")).hint(all),
        None => problem.hint(all),
    }
}

/// How many letters have to be put in, taken out or changed (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (place, letter) in one.chars().take(80).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], place + 1);
        for (column, known) in other.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *known);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}
