use clap::Args;

use crate::rotation::Patience;

use super::carry_out;
use super::certificate::CertificateOptions;
use super::customer_key;
use super::end::{self, End};
use super::locator_runs;
use super::session::{Session, unfinished};
use super::together;

/// Point everything back while the old key lives
///
/// Ends the run. Once the old key is being retired there is no way back: then `resume` is the only way. A slot that was regenerated stays so. A run that
/// recreates locators brings back what it deleted, and makes what it moved once more, so that it hangs on the key that the account has now.
///
/// Example: `keyroll abort --run-id chg1234`
#[derive(Args, Clone, Debug)]
pub(super) struct Abort {
    /// Return at the first wait instead of waiting with the run
    #[arg(long)]
    no_wait: bool,

    #[command(flatten)]
    certificate: CertificateOptions,
}

impl Abort {
    pub(super) async fn run(&self, session: &Session) -> End {
        let patience = if self.no_wait { Patience::UntilFirstWait } else { Patience::Wait };
        if let Some(runs) = together::named(session)? {
            return together::abort(session, runs, patience, &self.certificate).await;
        }
        let reader = session.reader()?;
        let run = session.pick_run(&reader)?;
        if locator_runs::is_one(session, &run)? {
            return locator_runs::abort(session, &run).await;
        }
        if let Some(engine) = customer_key::carry_out::of_run(session, &run)? {
            return Ok(customer_key::carry_out::show(session, &engine.abort(&run)?));
        }
        let stored = reader.report(&run)?;
        if !unfinished(&stored) {
            return Ok(end::of_run(session, &stored));
        }
        let engine = session.engine_of_runs(std::slice::from_ref(&stored), &self.certificate).await?;
        let ended = Box::pin(engine.abort(&run, patience)).await;
        carry_out::finish(session, &engine, ended)
    }
}
