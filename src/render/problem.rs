//! Problems as people and programs see them.

use crate::contract;
use crate::domain::problem::{Kind, Problem};

use super::printer::{Format, Printer};
use super::style::{BAD, HINT, paint};

/// Shows a problem: on stderr for people, and as the result on stdout for programs. The exit code is
/// [`Problem::exit_code`].
pub fn show(printer: &Printer, problem: &Problem) {
    if printer.format() == Format::Json || printer.events() {
        printer.result(String::new, || contract::problem::text(problem));
    }
    printer.urgent(&text(problem));
}

/// The sentence, what lies beneath, and the ways out.
#[must_use]
pub fn text(problem: &Problem) -> String {
    let word = if matches!(problem.kind, Kind::Interrupted(_)) { "interrupted" } else { "error" };
    let mut lines = vec![format!("{} {}", paint(BAD, &format!("{word}:")), problem.message)];
    lines.extend(problem.causes.iter().map(|cause| format!("  because {cause}")));
    let ids = [("service code", &problem.service_code), ("correlation id", &problem.correlation_id)];
    let ids: Vec<String> =
        ids.into_iter().filter_map(|(name, value)| value.as_ref().map(|value| format!("{name} {value}"))).collect();
    if !ids.is_empty() {
        lines.push(format!("  {}", ids.join(" · ")));
    }
    lines.extend(problem.hints.iter().map(|hint| format!("{} {hint}", paint(HINT, "hint:"))));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_a_sentence_its_causes_and_the_way_out() {
        let mut problem = Problem::failed("throttled", "management.azure.com did not answer for an hour")
            .because("503 ServerBusy")
            .hint("run the same command again");
        problem.correlation_id = Some("9c1e".into());
        let text = anstream::adapter::strip_str(&text(&problem)).to_string();
        assert_eq!(
            text,
            "error: management.azure.com did not answer for an hour\n  because 503 ServerBusy\n  correlation id 9c1e\nhint: run the same command again"
        );
    }
}
