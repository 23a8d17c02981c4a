//! The exact next command, so that nobody has to put it together.

use std::path::Path;

use crate::domain::plan::Plan;
use crate::domain::problem::Problem;

use super::ask;
use super::exec::AUTH;
use super::global::Global;
use super::roll_options::{RollOptions, ScopeOptions};
use super::session::Session;

/// Where the next command's plan comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source<'a> {
    /// A plan that was kept.
    File(&'a Path),
    /// A fresh one of the same options.
    Options {
        /// What is regenerated.
        roll: &'a RollOptions,
        /// Where dependents are looked for.
        scope: &'a ScopeOptions,
    },
}

/// A command that carries a plan out, every name of the plan accepted.
#[derive(Clone, Copy, Debug)]
pub(super) struct NextCommand<'a> {
    /// `rotate` or `regenerate-key`.
    pub verb: &'a str,
    /// The options that go along.
    pub session: &'a Session,
    /// Its plans.
    pub plans: &'a [Plan],
    /// The accounts that are rolled beside the one of `--storage-account`.
    pub beside: &'a [String],
    /// Where that came from.
    pub source: Source<'a>,
}

impl NextCommand<'_> {
    /// The command as it would be typed.
    #[must_use]
    pub(super) fn text(&self) -> String {
        let global = &self.session.global;
        let mut words = vec![format!("keyroll {}", self.verb)];
        match self.source {
            Source::File(place) => words.push(format!("--plan {}", quoted(&place.display().to_string()))),
            Source::Options { roll, scope } => {
                words.extend(global.resource_group.as_ref().map(|group| format!("-g {}", quoted(group))));
                words.extend(global.storage_account.as_ref().map(|name| format!("--storage-account {}", quoted(name))));
                words.extend(list("--with-account", self.beside));
                words.extend(list("--subscription", &global.subscription));
                words.extend(list("--vault", &scope.vault));
                words.extend(list("--media-v2", &scope.media_v2));
                words.extend(list("--endpoint", &scope.endpoint));
                words.extend(scope.certificate.written());
                words.extend(roll.written());
            }
        }
        words.extend(Some(connection(global)).filter(|options| !options.is_empty()));
        words.extend(global.run_id.as_ref().map(|run| format!("--run-id {}", quoted(run))));
        words.extend(global.change_reference.as_ref().map(|change| format!("--change-reference {}", quoted(change))));
        words.extend(list("--accept", &ask::names(self.plans)));
        words.join(" ")
    }
}

/// The options with which another command finds the same cloud, sign-in and state.
#[must_use]
pub(super) fn connection(global: &Global) -> String {
    let path = |option: &str, place: &Path| format!("{option} {}", quoted(&place.display().to_string()));
    let mut words = Vec::new();
    words.extend(global.cloud.as_ref().map(|cloud| format!("--cloud {}", quoted(cloud))));
    // What a host hands over, only that host can name again.
    words.extend(global.auth.as_ref().filter(|auth| *auth != AUTH).map(|auth| format!("--auth {}", quoted(auth))));
    words.extend(global.ca_bundle.as_ref().map(|bundle| path("--ca-bundle", bundle)));
    words.extend(global.state.as_ref().map(|state| path("--state", state)));
    words.join(" ")
}

/// The problem with commands in its hints that find the same cloud, sign-in and state: what is deeper down knows only the run.
#[must_use]
pub(super) fn reachable(problem: Problem, global: &Global) -> Problem {
    let options = connection(global);
    let hints = problem.hints.iter().map(|hint| with_options(hint, &options)).collect();
    Problem { hints, ..problem }
}

/// The options behind each `--run-id ID` of a hint, unless it names them already.
fn with_options(hint: &str, options: &str) -> String {
    const RUN: &str = "--run-id ";
    if options.is_empty() || hint.contains(options) {
        return hint.to_owned();
    }
    let mut written = String::new();
    let mut rest = hint;
    while let Some(at) = rest.find(RUN) {
        let id = &rest[at + RUN.len()..];
        let end = id.find(char::is_whitespace).unwrap_or(id.len());
        // A sentence may go on, or end, behind a command.
        let end = id[..end].trim_end_matches([',', ';', ':', '.', ')']).len();
        written.push_str(&rest[..at + RUN.len() + end]);
        written.push(' ');
        written.push_str(options);
        rest = &id[end..];
    }
    written + rest
}

fn list(option: &str, values: &[String]) -> Option<String> {
    let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
    (!values.is_empty()).then(|| format!("{option} {}", values.join(",")))
}

/// As a shell takes it: quoted only where that is needed.
pub(super) fn quoted(text: &str) -> String {
    let plain = !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "-_./:=@,+%\\".contains(c));
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_leads_to_the_same_state_and_says_so_once() {
        let options = "--cloud c.json --state /s";
        assert_eq!(
            with_options("go on with keyroll resume --run-id r1, or end it with keyroll abort --run-id r1", options),
            "go on with keyroll resume --run-id r1 --cloud c.json --state /s, or end it with keyroll abort --run-id r1 --cloud c.json --state /s"
        );
        let whole = "run keyroll rotate --cloud c.json --state /s --run-id r1";
        assert_eq!(with_options(whole, options), whole);
        assert_eq!(with_options("add --run-id", options), "add --run-id");
        assert_eq!(with_options("keyroll resume --run-id r1", ""), "keyroll resume --run-id r1");
    }

    #[test]
    fn only_what_a_shell_would_take_apart_is_quoted() {
        assert_eq!(quoted("a/b.json"), "a/b.json");
        assert_eq!(quoted("it's mine; rm"), r"'it'\''s mine; rm'");
        assert_eq!(quoted(""), "''");
    }
}
