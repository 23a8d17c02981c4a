use std::path::PathBuf;

use clap::Args;

use crate::contract;
use crate::domain::plan::Plan as Steps;
use crate::domain::problem::Problem;
use crate::render;

use super::ask;
use super::end::{CHANGES, End};
use super::next::{NextCommand, Source};
use super::roll_options::{RollOptions, ScopeOptions};
use super::session::Session;
use super::together::Together;

/// Show what a roll would do, step by step
///
/// Nothing is changed. Each step says why it is there, what it touches, whether it can be undone, and who may fail for how long. The plan names what has to be accepted, what was not inspected, when the old key can be retired, and the
/// exact next command. `--out` keeps it for `rotate --plan`, which carries it out as it is or not at all.
///
/// Example: `keyroll plan -g prod --storage-account stprod --out plan.json`
#[derive(Args, Clone, Debug)]
pub(super) struct Plan {
    #[command(flatten)]
    scope: ScopeOptions,

    #[command(flatten)]
    together: Together,

    #[command(flatten)]
    roll: RollOptions,

    /// Write the plan to FILE as JSON
    #[arg(long, value_name = "FILE", conflicts_with = "with_account")]
    out: Option<PathBuf>,
}

impl Plan {
    pub(super) async fn run(&self, session: &Session) -> End {
        self.roll.check()?;
        session.account_option()?;
        let engine = session.certified(session.engine()?, &self.scope).await?;
        let plans = self.together.plans(session, &engine, &self.scope, &self.roll).await?;
        ask::names_of(&plans, &session.global.accept)?;
        let source = match (&self.out, plans.as_slice()) {
            (Some(place), [plan]) => {
                write(place, plan)?;
                Source::File { place, scope: &self.scope }
            }
            _ => Source::Options { roll: &self.roll, scope: &self.scope },
        };
        let beside = self.together.accounts();
        let next = NextCommand { verb: "rotate", session, plans: &plans, beside, source }.text();
        let (printer, now) = (&session.printer, engine.client.clock().now());
        let one = |plan: &Steps| render::plan::text(plan, &next, now, printer.width());
        printer.result(
            || plans.iter().map(one).collect::<Vec<_>>().join("\n\n"),
            || match plans.as_slice() {
                [plan] => contract::plan::text(plan),
                several => contract::plans::text(several, ask::names(several)),
            },
        );
        let code = match plans.iter().find_map(|plan| plan.blockers.first()) {
            Some(blocker) => blocker.exit_code(),
            None if plans.iter().any(|plan| plan.points_of_no_return() > 0) => CHANGES,
            None => 0,
        };
        Ok(if session.global.detailed_exitcode { code } else { 0 })
    }
}

fn write(place: &std::path::Path, plan: &Steps) -> Result<(), Problem> {
    std::fs::write(place, contract::plan::text(plan) + "\n").map_err(|error| {
        Problem::usage("fileNotWritten", format!("the plan cannot be written to {}", place.display()))
            .because(error)
            .hint("name another file with --out")
    })
}
