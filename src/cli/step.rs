use clap::Args;

use crate::rotation::Patience;

use super::carry_out;
use super::certificate::CertificateOptions;
use super::end::End;
use super::locator_runs;
use super::session::Session;
use super::together;

/// Do what is due in a run and return: for schedulers
///
/// It never waits and never asks. Call it as often as you like. While there is nothing to do it answers `"state":"waiting"` and `nextDue`, with exit code 0, or 8
/// with `--detailed-exitcode`.
///
/// Example: `keyroll step --run-id chg1234 --detailed-exitcode`
#[derive(Args, Clone, Debug)]
pub(super) struct Step {
    #[command(flatten)]
    certificate: CertificateOptions,
}

impl Step {
    pub(super) async fn run(&self, session: &Session) -> End {
        if let Some(runs) = together::named(session)? {
            return together::go_on(session, runs, Patience::UntilFirstWait, &self.certificate).await;
        }
        let run = session.pick_run(&session.reader()?)?;
        if locator_runs::is_one(session, &run)? {
            return locator_runs::go_on(session, &run).await;
        }
        carry_out::go_on(session, &run, Patience::UntilFirstWait, &self.certificate).await
    }
}
