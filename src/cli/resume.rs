use clap::Args;

use crate::rotation::Patience;

use super::carry_out;
use super::certificate::CertificateOptions;
use super::end::End;
use super::locator_runs;
use super::session::Session;
use super::together;

/// Go on with a run that waits, was interrupted or stopped
///
/// Without `--run-id`: the only unfinished run. It never asks again; names that the run met later are accepted with `--accept`.
///
/// Example: `keyroll resume --run-id chg1234`
#[derive(Args, Clone, Debug)]
pub(super) struct Resume {
    /// Return at the first wait instead of waiting with the run
    #[arg(long)]
    no_wait: bool,

    #[command(flatten)]
    certificate: CertificateOptions,
}

impl Resume {
    pub(super) async fn run(&self, session: &Session) -> End {
        let patience = if self.no_wait { Patience::UntilFirstWait } else { Patience::Wait };
        if let Some(runs) = together::named(session)? {
            return together::go_on(session, runs, patience, &self.certificate).await;
        }
        let run = session.pick_run(&session.reader()?)?;
        if locator_runs::is_one(session, &run)? {
            return locator_runs::go_on(session, &run).await;
        }
        carry_out::go_on(session, &run, patience, &self.certificate).await
    }
}
