use clap::{Args, ValueEnum};
use serde_json::json;
use time::OffsetDateTime;

use crate::cli::end::End;
use crate::cli::locator_runs;
use crate::cli::next::{connection, quoted};
use crate::cli::session::Session;
use crate::contract;
use crate::domain::locator::LocatorKind;
use crate::domain::problem::Problem;
use crate::render;
use crate::rotation::locators::Start;
use crate::rotation::locators::survey::{Manner, Selection};

use super::{address_file_missing, all_that_were_named, moment, text};

/// Recreate the locators of an AMS v2 account after it was given another storage key
///
/// Locators that were made under a key die with it. Each one is written down completely, deleted, and made again with the same id, address,
/// name, start, expiry and policy; whoever streams waits up to 40 seconds. What would not come back as it was (expired, policy or asset
/// gone) is left and listed. SAS locators change their address: they need `--include-sas` and a file for old and new addresses, which are
/// secrets. The streaming URL of each is asked before the delete and again when everything is back, once the endpoints' caches of five
/// minutes cannot answer any more, for up to ten minutes; one that answered before and does not then is told (exit 42), and its locator
/// is back all the same. It can be killed anywhere and goes on with `resume`; no locator is lost. Wait 30 minutes after `sync-keys media-v2`.
///
/// Example: `keyroll recreate-locators media-v2 -g prod --account-name ams1 --dry-run`
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct MediaV2 {
    /// Media account, by name or by full resource id
    #[arg(short, long, value_name = "NAME|ID")]
    account_name: Option<String>,

    /// Address of the account's OData service; without it Resource Manager is asked
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,

    /// Only these locators, by id or by what follows `nb:lid:UUID:` in it
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    locator: Vec<String>,

    /// Only the locators of these assets
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    asset: Vec<String>,

    /// Only locators of this type
    #[arg(long = "type", value_name = "TYPE", value_enum)]
    kind: Option<Kind>,

    /// Only locators that expire before this time (RFC 3339, or a date)
    #[arg(long, value_name = "TIME", value_parser = moment)]
    expires_before: Option<OffsetDateTime>,

    /// Only locators that expire after this time (RFC 3339, or a date)
    #[arg(long, value_name = "TIME", value_parser = moment)]
    expires_after: Option<OffsetDateTime>,

    /// Recreate SAS locators too, whose addresses change; needs --address-file
    #[arg(long)]
    include_sas: bool,

    /// New file for old and new addresses of SAS locators, as JSON Lines; they are secrets
    #[arg(long, value_name = "FILE", requires = "include_sas")]
    address_file: Option<String>,

    /// How many assets are worked on at once; one asset has one locator at a time
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64))]
    concurrency: u8,

    /// Do not ask the streaming URLs before and after
    #[arg(long)]
    no_streaming_check: bool,

    /// Say what would happen to each locator and why, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// The types of locators on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// Streaming
    Origin,
    /// Signed access to the asset's container
    Sas,
}

impl MediaV2 {
    pub(super) async fn run(&self, session: &Session) -> End {
        let named =
            self.account_name.as_deref().filter(|name| !name.trim().is_empty()).ok_or_else(|| {
                Problem::usage("accountNameMissing", "no media account was named").hint("add --account-name NAME")
            })?;
        if self.include_sas && self.address_file.is_none() && !self.dry_run {
            return Err(address_file_missing());
        }
        let digest = self.digest(session, named);
        if !self.dry_run
            && let Some(end) = locator_runs::again(session, &digest).await
        {
            return end;
        }
        let acting = session.acting_engine().await?;
        let engine = locator_runs::engine(session, acting.clone());
        let (account, endpoint) = locator_runs::account(session, &acting, named, self.endpoint.as_deref()).await?;
        if !self.dry_run {
            engine.no_unfinished_run(&account, Some(&endpoint), None)?;
        }
        let concurrency = usize::from(self.concurrency);
        let manner = Manner { account, address_file: self.address_file.clone(), concurrency };
        let mut order = engine.survey(&endpoint, &self.selection(), manner).await?;
        if !self.no_streaming_check {
            order = engine.with_streaming_check(order).await?;
        }
        let width = session.printer.width();
        if self.dry_run || order.recreated().next().is_none() {
            all_that_were_named(&self.locator, &order).or_else(|problem| if self.dry_run { Ok(()) } else { Err(problem) })?;
            session.printer.result(|| render::locators::order(&order, true, width), || text(&order));
            return Ok(0);
        }
        all_that_were_named(&self.locator, &order)?;
        session.printer.people(&render::locators::order(&order, false, width));
        locator_runs::confirm(session, &order, &self.written(session, named)).await?;
        let (run_id, change_reference) = (session.global.run_id.clone(), session.global.change_reference.clone());
        let ended = engine.begin(Start { run_id, order, request_digest: digest, change_reference, parent: None }).await;
        locator_runs::finish(session, ended)
    }

    fn selection(&self) -> Selection {
        Selection {
            locators: self.locator.clone(),
            assets: self.asset.clone(),
            storage_account: None,
            kind: self.kind.map(|kind| match kind {
                Kind::Origin => LocatorKind::OnDemandOrigin,
                Kind::Sas => LocatorKind::Sas,
            }),
            expires_before: self.expires_before,
            expires_after: self.expires_after,
            include_sas: self.include_sas,
        }
    }

    /// The command as it would be typed again.
    fn written(&self, session: &Session, named: &str) -> String {
        let global = &session.global;
        let list = |values: &[String]| values.iter().map(|value| quoted(value)).collect::<Vec<_>>().join(",");
        let mut words = vec!["keyroll recreate-locators media-v2".to_owned(), format!("--account-name {}", quoted(named))];
        let mut add = |option: &str, value: Option<String>| words.extend(value.map(|value| format!("{option} {value}")));
        add("-g", global.resource_group.as_deref().map(quoted));
        add("--subscription", (!global.subscription.is_empty()).then(|| list(&global.subscription)));
        add("--endpoint", self.endpoint.as_deref().map(quoted));
        add("--locator", (!self.locator.is_empty()).then(|| list(&self.locator)));
        add("--asset", (!self.asset.is_empty()).then(|| list(&self.asset)));
        add("--type", self.kind.map(|kind| format!("{kind:?}").to_ascii_lowercase()));
        add("--expires-before", self.expires_before.map(contract::time::text));
        add("--expires-after", self.expires_after.map(contract::time::text));
        add("--address-file", self.address_file.as_deref().map(quoted));
        add("--concurrency", (self.concurrency != 8).then(|| self.concurrency.to_string()));
        add("--run-id", global.run_id.as_deref().map(quoted));
        words.extend(self.include_sas.then(|| "--include-sas".to_owned()));
        words.extend(self.no_streaming_check.then(|| "--no-streaming-check".to_owned()));
        words.extend(Some(connection(global)).filter(|options| !options.is_empty()));
        words.join(" ")
    }

    /// The same for the same request, however often it is delivered.
    fn digest(&self, session: &Session, named: &str) -> String {
        let global = &session.global;
        let request = json!({
            "command": "recreate-locators media-v2", "account": named.to_ascii_lowercase(), "endpoint": self.endpoint,
            "group": global.resource_group, "subscriptions": global.subscription, "cloud": global.cloud,
            "locators": self.locator, "assets": self.asset, "type": self.kind.map(|kind| format!("{kind:?}")),
            "expiresBefore": self.expires_before.map(contract::time::text), "expiresAfter": self.expires_after.map(contract::time::text),
            "includeSas": self.include_sas, "noStreamingCheck": self.no_streaming_check, "addressFile": self.address_file,
        });
        contract::sha256(&contract::canonical(&request))
    }
}
