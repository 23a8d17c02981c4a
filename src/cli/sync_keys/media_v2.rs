use clap::Args;

use crate::cli::certificate::CertificateOptions;
use crate::cli::end::End;
use crate::cli::media_v2_accounts;
use crate::cli::roll_options::{ScopeOptions, slot};
use crate::cli::session::Session;
use crate::cli::sync_options::SyncOptions;
use crate::dependents::{Chosen, certificate_missing};
use crate::domain::key::Slot;
use crate::domain::media_v2::MediaV2Account;
use crate::domain::problem::{Kind, Problem};
use crate::rotation::Engine;
use crate::rotation::jobs::{self, Jobs};
use crate::rotation::sync::Selection;

/// Hand an AMS v2 account the key of one of its storage accounts
///
/// The key is read from Resource Manager, tried, and sent to classic service management, which asks for a management certificate; it is never
/// shown, and always sent: nothing tells which key the account uses but locators that are recreated. Wait 30 minutes after it before
/// anything else is done with Media Services, so that jobs at work are not disturbed; those that have not finished are named.
///
/// Example: `keyroll sync-keys media-v2 --account-name ams1 --storage-account stprod --key secondary --certificate management.pem`
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct MediaV2 {
    /// Media account, by name or by full resource id
    #[arg(short, long, value_name = "NAME|ID")]
    account_name: Option<String>,

    /// The slot whose key it is given: key1, key2, primary or secondary
    #[arg(long, value_name = "SLOT", value_parser = slot)]
    key: Option<Slot>,

    #[command(flatten)]
    certificate: CertificateOptions,

    #[command(flatten)]
    sync: SyncOptions,
}

impl MediaV2 {
    pub(super) async fn run(&self, session: &Session) -> End {
        let named =
            self.account_name.as_deref().map(str::trim).filter(|name| !name.is_empty()).ok_or_else(|| {
                Problem::usage("accountNameMissing", "no media account was named").hint("add --account-name NAME")
            })?;
        let slot = self.key.ok_or_else(|| {
            Problem::usage("keyMissing", "it was not said which key the account is given")
                .hint("add --key primary or --key secondary: the one that is not about to be regenerated")
        })?;
        session.account_option()?;
        if !self.certificate.given(session) {
            return Err(certificate_missing(MediaV2Account::name_in(named)));
        }
        // What is wrong with the certificate is said before anybody signs in.
        let management = session.management(&self.certificate).await?;
        let engine = self.sync.engine(session).await?;
        let engine = Engine { client: engine.client.with_management(management), ..engine };
        if let Some(management) = engine.client.management() {
            management.check(engine.client.clock().now())?;
        }
        let (account, scope) = session.target(&engine, &ScopeOptions::default()).await?;
        let media = media_v2_accounts::of_name(&engine, named, &account, &scope.subscriptions).await?;
        warn_of_jobs(session, &engine, &media).await?;
        let selection = Selection { account, chosen: Chosen::MediaV2Account(media) };
        self.sync.carry_out(session, &engine, "sync-keys media-v2", &[selection], Some(slot)).await
    }
}

/// A sync asks nothing, so it says what may fail before it sends anything.
async fn warn_of_jobs(session: &Session, engine: &Engine, media: &MediaV2Account) -> Result<(), Problem> {
    let name = MediaV2Account::name_in(&media.id);
    let seen = match jobs::of(&engine.client, media).await {
        Err(problem) if matches!(problem.kind, Kind::Interrupted(_)) => return Err(problem),
        // Classic management asks nobody to sign in, so that no failed sign-in to OData may keep it from being called.
        Err(problem) => Jobs::Unseen(problem.message),
        Ok(seen) => seen,
    };
    if let Some(concern) = seen.concern(name) {
        session.printer.urgent(&format!("warning: {concern}"));
    }
    Ok(())
}
