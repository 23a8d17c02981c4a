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
    roll: RollOptions,

    /// Write the plan to FILE as JSON
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Plan {
    pub(super) async fn run(&self, session: &Session) -> End {
        session.account_option()?;
        let engine = session.certified(session.engine()?, &self.scope).await?;
        let (id, scope) = session.target(&engine, &self.scope).await?;
        let plan = engine.plan(&id, &scope, &self.roll.resolve(&scope)).await?;
        ask::names_of(&plan, &session.global.accept)?;
        let source = match &self.out {
            Some(place) => {
                write(place, &plan)?;
                Source::File(place)
            }
            None => Source::Options { roll: &self.roll, scope: &self.scope },
        };
        let next = NextCommand { verb: "rotate", session, plan: &plan, source }.text();
        let (printer, now) = (&session.printer, engine.client.clock().now());
        printer.result(|| render::plan::text(&plan, &next, now, printer.width()), || contract::plan::text(&plan));
        let code = match plan.blockers.first() {
            Some(blocker) => blocker.exit_code(),
            None if plan.points_of_no_return() > 0 => CHANGES,
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
