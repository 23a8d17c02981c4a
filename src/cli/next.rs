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
    File {
        /// Where it is.
        place: &'a Path,
        /// What it needs beside.
        scope: &'a ScopeOptions,
    },
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
            Source::File { place, scope } => {
                words.push(format!("--plan {}", quoted(&place.display().to_string())));
                words.extend(scope.certificate.written());
            }
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

/// The options with which a command goes on with the run that this one is about: the certificate is among them, because no run
/// keeps it.
#[must_use]
pub(super) fn going_on(session: &Session) -> String {
    [connection(&session.global).as_str(), session.certificate()].join(" ").trim().to_owned()
}

/// The problem with commands in its hints that find the same cloud, sign-in and state, and have the certificate that the run needs:
/// what is deeper down knows only the run.
#[must_use]
pub(super) fn reachable(problem: Problem, session: &Session) -> Problem {
    let options = connection(&session.global);
    let hints = problem.hints.iter().map(|hint| {
        let certificate = if hint.contains("--certificate ") { "" } else { session.certificate() };
        with_certificate(&with_options(hint, &options, certificate), certificate)
    });
    let hints = hints.collect();
    Problem { hints, ..problem }
}

/// Commands that take a certificate, of those that hints tell with a run's id.
const GIVE_KEYS: [&str; 5] = ["resume", "abort", "step", "rotate", "regenerate-key"];

/// The options behind each `--run-id ID` of a hint, unless it names them already; those of the certificate behind commands that
/// take it.
fn with_options(hint: &str, options: &str, certificate: &str) -> String {
    const RUN: &str = "--run-id ";
    let options = if hint.contains(options) { "" } else { options };
    let mut written = String::new();
    let mut rest = hint;
    while let Some(at) = rest.find(RUN) {
        let id = &rest[at + RUN.len()..];
        let end = id.find(char::is_whitespace).unwrap_or(id.len());
        // A sentence may go on, or end, behind a command.
        let end = id[..end].trim_end_matches([',', ';', ':', '.', ')']).len();
        written.push_str(&rest[..at + RUN.len() + end]);
        let told = written.rsplit("keyroll ").next().unwrap_or_default();
        let takes = GIVE_KEYS.iter().any(|verb| told.strip_prefix(verb).is_some_and(|rest| rest.starts_with(" -")));
        for more in [options, certificate].into_iter().filter(|more| !more.is_empty() && (*more == options || takes)) {
            written.push(' ');
            written.push_str(more);
        }
        rest = &id[end..];
    }
    written + rest
}

/// The certificate behind the command that hands an account a key, where a hint tells it by its name alone.
fn with_certificate(hint: &str, certificate: &str) -> String {
    const HAND_OVER: &str = "keyroll sync-keys media-v2";
    if certificate.is_empty() {
        return hint.to_owned();
    }
    hint.replace(HAND_OVER, &format!("{HAND_OVER} {certificate}"))
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
        let with_options = |hint, options| with_options(hint, options, "");
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
    fn the_certificate_goes_along_where_it_is_taken() {
        let certificate = "--certificate a.pfx --certificate-password-file p";
        let told = |hint: &str| with_options(hint, "--state /s", certificate);
        assert_eq!(told("keyroll resume --run-id r1."), format!("keyroll resume --run-id r1 --state /s {certificate}."));
        assert_eq!(
            told("see keyroll status --run-id r1, then keyroll abort --run-id r1"),
            format!("see keyroll status --run-id r1 --state /s, then keyroll abort --run-id r1 --state /s {certificate}")
        );
        assert_eq!(told("keyroll wait --run-id r1"), "keyroll wait --run-id r1 --state /s");
        assert_eq!(
            told("keyroll resume --run-id r1 --accept a"),
            format!("keyroll resume --run-id r1 --state /s {certificate} --accept a")
        );
        assert_eq!(
            with_certificate("a key (keyroll sync-keys media-v2)", "--certificate a"),
            "a key (keyroll sync-keys media-v2 --certificate a)"
        );
    }

    #[test]
    fn only_what_a_shell_would_take_apart_is_quoted() {
        assert_eq!(quoted("a/b.json"), "a/b.json");
        assert_eq!(quoted("it's mine; rm"), r"'it'\''s mine; rm'");
        assert_eq!(quoted(""), "''");
    }
}
