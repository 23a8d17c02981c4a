use clap::Args;
use time::OffsetDateTime;

use crate::azure::media_v2::management::KeyOf;
use crate::cli::certificate::CertificateOptions;
use crate::cli::connect;
use crate::cli::end::End;
use crate::cli::locator_runs;
use crate::cli::roll_options::ScopeOptions;
use crate::cli::session::Session;
use crate::contract::media_key::MediaKeyDocument;
use crate::domain::key::Slot;
use crate::domain::problem::{Kind, Problem};
use crate::render::moment;
use crate::rotation::locators::engine::lock_of;

/// Hand an AMS v2 account the key of one of its storage accounts
///
/// The key is read from Resource Manager and sent to classic service management, which asks for a management certificate; it is never
/// shown. Nothing tells whether the account uses it: locators that are recreated do. Wait 30 minutes after it before anything else is
/// done with Media Services, so that jobs at work are not disturbed.
///
/// Example: `keyroll sync-keys media-v2 --account-name ams1 --storage-account stprod --key secondary --certificate management.pem`
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct MediaV2 {
    /// Media account, by name
    #[arg(short, long, value_name = "NAME")]
    account_name: Option<String>,

    /// The slot whose key it is given: key1, key2, primary or secondary
    #[arg(long, value_name = "SLOT", value_parser = slot)]
    key: Option<Slot>,

    #[command(flatten)]
    certificate: CertificateOptions,
}

/// How long the account is left alone after it was given a key (AMS v2 article, steps 2 and 6).
const SETTLE: time::Duration = time::Duration::minutes(30);

impl MediaV2 {
    pub(super) async fn run(&self, session: &Session) -> End {
        let named =
            self.account_name.as_deref().filter(|name| !name.trim().is_empty()).ok_or_else(|| {
                Problem::usage("accountNameMissing", "no media account was named").hint("add --account-name NAME")
            })?;
        let media = named.rsplit('/').next().unwrap_or(named);
        let slot = self.key.ok_or_else(|| {
            Problem::usage("keyMissing", "it was not said which key the account is given")
                .hint("add --key primary or --key secondary: the one that is not about to be regenerated")
        })?;
        session.account_option()?;
        let certificate = self.certificate.read(session).await?;
        let engine = session.acting_engine().await?;
        let management = connect::classic_management(session, &certificate)?;
        let (account, _) = session.target(&engine, &ScopeOptions::default()).await?;
        let locks = [account.as_str().to_owned(), lock_of(&media.to_ascii_lowercase())];
        let mut held = Vec::new();
        for name in &locks {
            held.push(engine.storage.lock(name)?.ok_or_else(|| at_work(account.name(), media))?);
        }
        // Asked under the locks: nobody can begin one any more.
        engine.no_unfinished_run(&account, None)?;
        locator_runs::engine(session, engine.clone()).no_unfinished_run(&media.to_ascii_lowercase(), None, None)?;
        let keys = engine.client.list_keys(&account).await?;
        let key = &keys.get(slot).key;
        let of = KeyOf { subscription: account.subscription(), media_account: media, storage_account: account.name() };
        let answer = management.put_key(of, key).await?;
        drop(held);
        let fingerprint = key.fingerprint(&account);
        let settled = engine.client.clock().now() + SETTLE;
        let answered = (answer.status, answer.correlation_id());
        let document = MediaKeyDocument::new(media, &account, (slot, fingerprint), answered, settled);
        session.printer.result(|| text(media, account.name(), slot, settled), || document.text());
        Ok(0)
    }
}

fn text(media: &str, storage: &str, slot: Slot, settled: OffsetDateTime) -> String {
    let until = moment::date(settled);
    format!(
        "{media} was given {slot} of {storage}\nleave it alone until {until}, then: keyroll recreate-locators media-v2 --account-name {media}"
    )
}

fn at_work(storage: &str, media: &str) -> Problem {
    Problem::new(Kind::Locked, "accountLocked", format!("another run is at work on {storage} or on {media}"))
        .hint("see keyroll status; wait for it with keyroll wait")
}

fn slot(text: &str) -> Result<Slot, String> {
    text.parse().map_err(|problem: Problem| problem.hints.join("; "))
}
