use std::time::Duration;

use clap::Args;

use crate::rotation::Engine;

use super::customer_key;
use super::end::{self, End};
use super::locator_runs;
use super::session::{Session, unfinished};
use super::together;

/// How often the journal is looked at.
const PERIOD: Duration = Duration::from_secs(2);

/// Wait for a run that another process carries out
///
/// It changes nothing. It returns when the run is over, when nobody carries it on any more, or after `--timeout`.
///
/// Example: `keyroll wait --run-id chg1234 --timeout 2h`
#[derive(Args, Clone, Debug)]
pub(super) struct Wait {
    /// Return after this time even if the run is not over
    #[arg(long, value_name = "DURATION", value_parser = super::roll_options::duration)]
    timeout: Option<Duration>,
}

impl Wait {
    pub(super) async fn run(&self, session: &Session) -> End {
        let engine = session.reader()?;
        if let Some(runs) = together::named(session)? {
            return self.several(session, &engine, &runs).await;
        }
        let run = session.pick_run(&engine)?;
        if locator_runs::is_one(session, &run)? {
            return locator_runs::wait(session, &engine, &run, self.timeout, PERIOD).await;
        }
        let clock = engine.client.clock().clone();
        let begun = clock.now();
        if let Some(ours) = customer_key::carry_out::of_run(session, &run)? {
            loop {
                let report = ours.report(&run)?;
                let over = !customer_key::carry_out::unfinished(&report);
                let late = self.timeout.is_some_and(|timeout| clock.now() - begun >= timeout);
                if over || late || !ours.is_at_work(&report)? {
                    return Ok(customer_key::carry_out::show(session, &report));
                }
                clock.sleep(PERIOD).await;
            }
        }
        loop {
            let report = engine.report(&run)?;
            if !unfinished(&report) {
                return Ok(end::of_run(session, &report));
            }
            if engine.storage.lock(&report.account)?.is_some() {
                // The guard is dropped at once: nobody is at work, and nothing would change by waiting.
                session.printer.people(&format!("nobody carries run {run} on at the moment"));
                return Ok(end::of_run(session, &report));
            }
            if self.timeout.is_some_and(|timeout| clock.now() - begun >= timeout) {
                return Ok(end::of_run(session, &report));
            }
            clock.sleep(PERIOD).await;
        }
    }

    /// Waits until none of several runs goes on.
    async fn several(&self, session: &Session, engine: &Engine, runs: &[String]) -> End {
        let clock = engine.client.clock();
        let begun = clock.now();
        loop {
            let stored = together::stored(session, runs)?;
            let late = self.timeout.is_some_and(|timeout| clock.now() - begun >= timeout);
            let mut at_work = 0;
            let reports = stored.iter().filter_map(|one| one.result.as_ref().ok());
            for report in reports.filter(|report| unfinished(report)) {
                at_work += usize::from(engine.storage.lock(&report.account)?.is_none());
            }
            if at_work == 0 || late {
                return together::show(session, stored);
            }
            clock.sleep(PERIOD).await;
        }
    }
}
