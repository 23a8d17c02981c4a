use std::path::PathBuf;

use clap::Args;

use crate::contract;
use crate::contract::verification::{self, VerificationDocument};
use crate::domain::problem::Problem;
use crate::render;
use crate::rotation::Engine;
use crate::rotation::verify::check;

use super::customer_key;
use super::end::End;
use super::locator_runs;
use super::next;
use super::session::Session;
use super::together;

/// Show what a run came to
///
/// What changed, what was proven or assumed, what was not looked at. Without `--run-id`: the newest run. `--verify` checks the journal's hash chain and tells the digest of its last line: whoever
/// noted that before knows that nothing was changed since.
///
/// Example: `keyroll report --run-id chg1234 --html report.html`
#[derive(Args, Clone, Debug)]
pub(super) struct Report {
    /// Check the journal's hash chain instead
    #[arg(long)]
    verify: bool,

    /// Write the report to FILE as one HTML page, too
    #[arg(long, value_name = "FILE", conflicts_with = "verify")]
    html: Option<PathBuf>,
}

impl Report {
    #[expect(clippy::unused_async, reason = "every command is awaited")]
    pub(super) async fn run(&self, session: &Session) -> End {
        let engine = session.reader()?;
        let printer = &session.printer;
        if let Some(runs) = together::named(session)? {
            if self.verify || self.html.is_some() {
                return Err(Problem::usage("severalRuns", "one run at a time is verified or written as a page")
                    .hint(format!("name one of them with --run-id: {}", runs.join(", "))));
            }
            let runs = together::stored(session, &runs)?;
            let all = runs.iter().all(|one| one.result.is_ok());
            let code = together::show(session, runs)?;
            return Ok(if all { 0 } else { code });
        }
        if self.verify {
            let run = match &session.global.run_id {
                Some(run) => run.clone(),
                None => newest(session, &engine)?,
            };
            let found = check(engine.storage.as_ref(), &run)?;
            let torn = if found.torn_bytes > 0 {
                format!("\n{} bytes of a torn line follow; the next command cuts them off", found.torn_bytes)
            } else {
                String::new()
            };
            printer.result(
                || {
                    format!(
                        "run {}: the chain of {} entries holds\nlast digest {}{torn}",
                        found.run_id, found.entries, found.last_digest
                    )
                },
                || {
                    let document = VerificationDocument {
                        schema: verification::SCHEMA,
                        run_id: &found.run_id,
                        entries: found.entries,
                        last_digest: &found.last_digest,
                        torn_bytes: found.torn_bytes,
                    };
                    serde_json::to_string(&document).unwrap_or_default()
                },
            );
            return Ok(0);
        }
        let run = match &session.global.run_id {
            Some(run) => run.clone(),
            None => newest(session, &engine)?,
        };
        if locator_runs::is_one(session, &run)? {
            let report = locator_runs::report(session, &run)?;
            self.write(|| render::html::locators_page(&report))?;
            locator_runs::tell(session, &report);
            return Ok(0);
        }
        if let Some(engine) = customer_key::carry_out::of_run(session, &run)? {
            let _ = customer_key::carry_out::show(session, &engine.report(&run)?);
            return Ok(0);
        }
        let report = engine.report(&run)?;
        self.write(|| render::html::page(&report))?;
        printer.result(
            || render::report::text(&report, &next::connection(&session.global), printer.width()),
            || contract::report::text(&report),
        );
        Ok(0)
    }
}

impl Report {
    /// Writes the page where the user named a file for it.
    ///
    /// # Errors
    /// When it cannot be written.
    fn write(&self, page: impl FnOnce() -> String) -> Result<(), Problem> {
        let Some(place) = &self.html else { return Ok(()) };
        std::fs::write(place, page()).map_err(|error| {
            Problem::usage("fileNotWritten", format!("the report cannot be written to {}", place.display()))
                .because(error)
                .hint("name another file with --html")
        })
    }
}

/// The newest run, of whatever kind; of the account that `--storage-account` names, if it does.
fn newest(session: &Session, engine: &Engine) -> Result<String, Problem> {
    let rotations = engine.runs()?.into_iter().filter(|run| session.concerns(run)).map(|run| (run.started, run.run_id));
    let others = customer_key::carry_out::runs(session, engine)?.into_iter().map(|run| (run.started, run.run_id));
    let locators = locator_runs::all(session)?.into_iter().map(|run| (run.started, run.run_id));
    rotations.chain(others).chain(locators).max().map(|(_, run)| run).ok_or_else(|| {
        Problem::not_found("noRun", "no run was begun in this state folder").hint("name another state folder with --state")
    })
}
