//! The one question before the first change (promise P12). It names the consequences; `--yes` answers it, and accepts no name.

use crate::domain::key::Slot;
use crate::domain::plan::Plan;
use crate::domain::problem::Problem;
use crate::render::paragraph::hanging;

use super::session::Session;

/// Makes sure that everything that needs acceptance is accepted by name, and that somebody confirmed the rest.
///
/// # Errors
/// Blocked (exit 12): what blocks the plan, the names that are missing with the next command, a missing confirmation.
/// Nothing was changed then.
pub(super) async fn before_the_first_change(session: &Session, plans: &[Plan], next: &str) -> Result<(), Problem> {
    let mut blockers = plans.iter().flat_map(|plan| &plan.blockers);
    if let Some(first) = blockers.next() {
        return Err(blockers.map(|other| other.message.clone()).fold(first.clone(), Problem::because));
    }
    let accept = &session.global.accept;
    if session.host.is_some() && !session.global.yes {
        names_of(plans, accept)?;
        return Err(asked_of_the_host(plans, accept));
    }
    accepted(plans, accept, next)?;
    confirmed(session, &question(plans), next).await
}

/// Makes sure that somebody confirmed what cannot be undone. `next` is the command that asks for it.
///
/// # Errors
/// Blocked (exit 12), with the question for a host.
pub(super) async fn confirmed(session: &Session, question: &str, next: &str) -> Result<(), Problem> {
    if session.global.yes {
        return Ok(());
    }
    if session.host.is_some() || !session.printer.can_ask() {
        let mut problem =
            Problem::blocked("confirmationRequired", "nobody confirmed what cannot be undone, and nothing was changed")
                .because(question.trim_end_matches(". Go on?"))
                .hint(if session.host.is_some() {
                    "ask your user, then send the request again with \"confirmed\":true".to_owned()
                } else {
                    format!("run `{next} --yes` to confirm")
                });
        problem.question = Some(question.to_owned());
        return Err(problem);
    }
    // Elsewhere than on this thread, so that a signal is heard while nobody answers.
    let printer = session.printer.clone();
    let question = hanging("", &format!("{question} [y/N]"), 0, printer.width());
    let asked = tokio::task::spawn_blocking(move || printer.ask(&question)).await;
    let answer = asked.unwrap_or_default();
    if matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Problem::blocked("notConfirmed", "you did not confirm, and nothing was changed"))
}

/// The question and the open names in one, so that a host asks its user once.
fn asked_of_the_host(plans: &[Plan], accept: &[String]) -> Problem {
    let missing = missing(plans, accept);
    let question = question(plans);
    let problem = Problem::blocked("confirmationRequired", "nobody confirmed what cannot be undone, and nothing was changed")
        .because(question.trim_end_matches(". Go on?"));
    let mut problem = missing.why.into_iter().fold(problem, Problem::because);
    let names = if missing.names.is_empty() { "" } else { " and the names of `accept` in its arguments" };
    problem.accept = missing.names;
    problem.question = Some(question);
    problem.hint(format!("ask your user, then send the request again with \"confirmed\":true{names}"))
}

/// The names that the plans need, each once.
#[must_use]
pub(super) fn names(plans: &[Plan]) -> Vec<String> {
    missing(plans, &[]).names
}

/// Refuses names that no plan has: a misspelt one would be found out only at the first change.
///
/// # Errors
/// Usage, with the names that there are.
pub(super) fn names_of(plans: &[Plan], accept: &[String]) -> Result<(), Problem> {
    let names = names(plans);
    let known = |name: &&String| names.iter().any(|needed| needed.eq_ignore_ascii_case(name));
    let strange: Vec<&str> = accept.iter().filter(|name| !known(name)).map(String::as_str).collect();
    if !strange.is_empty() {
        let hint =
            if names.is_empty() { "it needs no --accept".to_owned() } else { format!("its names are {}", names.join(", ")) };
        return Err(Problem::usage("unknownAcceptance", format!("the plan has nothing named {}", strange.join(", "))).hint(hint));
    }
    Ok(())
}

/// `next` is the whole next command with every name of the plan accepted.
fn accepted(plans: &[Plan], accept: &[String], next: &str) -> Result<(), Problem> {
    names_of(plans, accept)?;
    let missing = missing(plans, accept);
    if missing.names.is_empty() {
        return Ok(());
    }
    let message = "the plan has consequences that have to be accepted by name, and nothing was changed";
    let mut problem = missing.why.into_iter().fold(Problem::blocked("acceptanceNeeded", message), Problem::because);
    problem.accept = missing.names;
    Err(problem.hint(format!("if you accept all of that, run `{next}`")))
}

/// What is still to be accepted: each name once, and every reason with the account that it is about where there are several.
struct Missing {
    names: Vec<String>,
    why: Vec<String>,
}

fn missing(plans: &[Plan], accept: &[String]) -> Missing {
    let mut missing = Missing { names: Vec::new(), why: Vec::new() };
    for plan in plans {
        let of = if plans.len() > 1 { format!("{}: ", plan.account.id.name()) } else { String::new() };
        for needed in plan.missing_acceptances(accept) {
            if !missing.names.iter().any(|name| name.eq_ignore_ascii_case(&needed.name)) {
                missing.names.push(needed.name.clone());
            }
            missing.why.push(format!("{of}{}: {}", needed.name, needed.why));
        }
    }
    missing
}

/// `key2 and then key1 of stprod will be regenerated, …. Go on?`
fn question(plans: &[Plan]) -> String {
    let each: Vec<String> = plans.iter().map(consequences).collect();
    format!("{}. Go on?", each.join(". "))
}

fn consequences(plan: &Plan) -> String {
    let slots: Vec<Slot> = plan.steps.iter().filter(|step| step.act.is_irreversible()).map(|step| step.slot).collect();
    let slots: Vec<&str> = slots.iter().map(|slot| slot.name()).collect();
    let name = plan.account.id.name();
    let mut parts = vec![match slots.as_slice() {
        [] => format!("No key of {name} will be regenerated"),
        slots => format!("{} of {name} will be regenerated, which cannot be undone", slots.join(" and then ")),
    }];
    let mut may_fail: Vec<&str> = Vec::new();
    for who in plan.steps.iter().flat_map(|step| &step.may_fail) {
        if !may_fail.contains(&who.as_str()) {
            may_fail.push(who);
        }
    }
    if !may_fail.is_empty() {
        parts.push(format!("meanwhile may fail: {}", may_fail.join("; ")));
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::samples::Any;
    use crate::domain::act::Act;
    use crate::domain::plan::Acceptance;
    use crate::render::printer::{Printer, Wishes};
    use crate::rotation::Cancel;

    fn session(accept: &[&str], yes: bool) -> Session {
        let mut global = super::super::global::Global { quiet: true, yes, ..super::super::global::Global::default() };
        global.accept = accept.iter().map(|name| (*name).to_owned()).collect();
        Session::new(global, Printer::new(Wishes { quiet: true, ..Wishes::default() }), Cancel::new())
    }

    fn plan() -> Plan {
        let mut plan = Any(4).plan();
        plan.blockers.clear();
        plan.acceptances = ["window-ml-a", "unknown-usage-key2"]
            .map(|name| Acceptance { name: name.into(), why: "somebody may fail".into(), act: Act::Stage })
            .to_vec();
        plan
    }

    #[tokio::test]
    async fn yes_accepts_no_name() {
        let problem = before_the_first_change(&session(&["window-ml-a"], true), &[plan()], "keyroll rotate --accept a,b")
            .await
            .expect_err("one is open");
        assert_eq!((problem.code.as_str(), problem.exit_code()), ("acceptanceNeeded", 12));
        assert_eq!(problem.accept, ["unknown-usage-key2"]);
        assert_eq!(problem.causes, ["unknown-usage-key2: somebody may fail"]);
        assert!(problem.hints[0].contains("keyroll rotate --accept a,b"));
    }

    #[tokio::test]
    async fn an_unknown_name_is_refused_and_the_known_ones_are_told() {
        let accept = ["window-ml-a", "unknown-usage-key2", "windo-ml-b"];
        let problem = before_the_first_change(&session(&accept, true), &[plan()], "").await.expect_err("a misspelt name");
        assert_eq!((problem.code.as_str(), problem.exit_code()), ("unknownAcceptance", 2));
        assert!(problem.message.contains("windo-ml-b") && problem.hints[0].contains("window-ml-a"));
    }

    #[tokio::test]
    async fn what_blocks_comes_before_every_name() {
        let mut plan = plan();
        plan.blockers = vec![Problem::blocked("readOnlyLock", "a lock"), Problem::blocked("other", "another thing")];
        let problem = before_the_first_change(&session(&[], true), &[plan], "").await.expect_err("blocked");
        assert_eq!((problem.code.as_str(), problem.causes.as_slice()), ("readOnlyLock", &["another thing".to_owned()][..]));
    }

    #[tokio::test]
    async fn all_names_and_yes_go_on() {
        let accept = ["WINDOW-ml-a", "unknown-usage-key2"];
        before_the_first_change(&session(&accept, true), &[plan()], "").await.expect("goes on");
    }

    #[test]
    fn the_question_names_the_consequences() {
        let mut plan = plan();
        plan.steps.clear();
        assert!(question(&[plan]).starts_with("No key of st will be regenerated"));
    }
}
