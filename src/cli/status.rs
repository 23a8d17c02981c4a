use clap::Args;

use crate::contract;
use crate::domain::problem::Problem;
use crate::domain::report::RunStatus;
use crate::render;

use super::customer_key;
use super::end::{End, WAITING};
use super::locator_runs;
use super::next;
use super::session::Session;
use super::together;

/// Show where runs stand
///
/// All runs of the state folder, those of one account, or one run with all its steps.
///
/// Example: `keyroll status --storage-account stprod`
#[derive(Args, Clone, Debug)]
pub(super) struct Status {
    /// Show the steps that remain as az commands, for carrying on by hand
    #[arg(long)]
    manual: bool,
}

impl Status {
    #[expect(clippy::unused_async, reason = "every command is awaited")]
    pub(super) async fn run(&self, session: &Session) -> End {
        let engine = session.reader()?;
        let printer = &session.printer;
        let several = together::named(session)?;
        if self.manual {
            if several.is_some() {
                return Err(Problem::usage("severalRuns", "the steps by hand are shown for one run at a time")
                    .hint("name one of them with --run-id; keyroll status lists them"));
            }
            let run = session.pick_run(&engine)?;
            if locator_runs::is_one(session, &run)? {
                return Ok(locator_runs::show(session, &locator_runs::report(session, &run)?));
            }
            let report = engine.report(&run)?;
            printer.result(|| render::manual::text(&report), || render::manual::json(&report));
            return Ok(code(session, &[report]));
        }
        if let Some(runs) = several {
            return together::show(session, together::stored(session, &runs)?);
        }
        if let Some(run) = &session.global.run_id {
            if locator_runs::is_one(session, run)? {
                locator_runs::tell(session, &locator_runs::report(session, run)?);
                return Ok(0);
            }
            if let Some(engine) = customer_key::carry_out::of_run(session, run)? {
                return Ok(customer_key::carry_out::show(session, &engine.report(run)?));
            }
            let report = engine.report(run)?;
            printer.result(
                || render::report::text(&report, &next::connection(&session.global), printer.width()),
                || contract::report::text(&report),
            );
            return Ok(code(session, &[report]));
        }
        let mut runs = engine.runs()?;
        runs.retain(|run| session.concerns(run));
        let locators = locator_runs::all(session)?;
        let now = engine.client.clock().now();
        let others = customer_key::carry_out::runs(session, &engine)?;
        let lines = runs.iter().map(Into::into).chain(others.iter().map(Into::into)).chain(locators.iter().map(Into::into));
        let lines = render::runs::in_order(lines.collect());
        printer.result(|| render::runs::text(&lines, now, printer.width()), || render::runs::json(&lines));
        Ok(code(session, &runs))
    }
}

fn code(session: &Session, runs: &[crate::domain::report::Report]) -> u8 {
    let waiting = runs.iter().any(|run| run.status == RunStatus::Waiting);
    if waiting && session.global.detailed_exitcode { WAITING } else { 0 }
}
