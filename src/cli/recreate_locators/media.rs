use clap::Args;
use serde_json::json;
use time::OffsetDateTime;

use crate::cli::end::End;
use crate::cli::next::{connection, quoted};
use crate::cli::session::Session;
use crate::cli::{locator_runs, seal_keys};
use crate::contract;
use crate::domain::problem::Problem;
use crate::render;
use crate::rotation::locators::survey::{Manner, Selection};
use crate::rotation::locators::{Sealing, Start};

use super::{all_that_were_named, moment, text};

/// Recreate the streaming locators of an AMS v3 account, which a roll does not need
///
/// After a roll `sync-keys media` is enough: streaming locators hang on no key. For where they have to be made again all the same,
/// each one is read with its content keys, written down, deleted, and made again with the same name, streaming locator id, asset,
/// policies, times, filters and content keys; whoever streams waits meanwhile. Content keys are written down sealed, with a key in
/// the state folder (`seal.key`, for its owner alone), of the host, or in a Key Vault; that they open again is tried before the
/// delete. Streaming URLs are asked before, and again when everything is back. What would not come back, because something that it
/// names is gone or cannot be seen (asset, streaming policy, content key policy, filter), or has expired and serves nobody, is left
/// and listed. Where the service refuses the id of a content key, the locator comes back with the same key under another id, and the
/// command ends with 42. It can be killed anywhere
/// and goes on with `resume`.
///
/// Example: `keyroll recreate-locators media -g prod --account-name ams1 --dry-run`
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct Media {
    /// Media account, by name or by full resource id
    #[arg(short, long, value_name = "NAME|ID")]
    account_name: Option<String>,

    /// Only these locators, by name
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    locator: Vec<String>,

    /// Only the locators of these assets, by name
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    asset: Vec<String>,

    /// Only locators that expire before this time (RFC 3339, or a date)
    #[arg(long, value_name = "TIME", value_parser = moment)]
    expires_before: Option<OffsetDateTime>,

    /// Only locators that expire after this time (RFC 3339, or a date)
    #[arg(long, value_name = "TIME", value_parser = moment)]
    expires_after: Option<OffsetDateTime>,

    /// Key Vault secret whose value, the base64 of 32 bytes, seals content keys; without it `seal.key` in the state folder
    #[arg(long, value_name = "URL")]
    seal_key_secret: Option<String>,

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

impl Media {
    pub(super) async fn run(&self, session: &Session) -> End {
        let named =
            self.account_name.as_deref().filter(|name| !name.trim().is_empty()).ok_or_else(|| {
                Problem::usage("accountNameMissing", "no media account was named").hint("add --account-name NAME")
            })?;
        let digest = self.digest(session, named);
        if !self.dry_run
            && let Some(end) = locator_runs::again(session, &digest).await
        {
            return end;
        }
        let acting = session.acting_engine().await?;
        let engine = locator_runs::engine(session, acting.clone());
        let id = locator_runs::media_account(session, &acting, named).await?;
        let account = id.name().to_ascii_lowercase();
        if !self.dry_run {
            engine.no_unfinished_run(&account, None, None)?;
        }
        let manner = Manner { account, address_file: None, concurrency: usize::from(self.concurrency) };
        let mut order = engine.survey_streaming(&id, &self.selection(), manner).await?;
        if !self.no_streaming_check {
            order = engine.with_streaming_check(order).await?;
        }
        let width = session.printer.width();
        if self.dry_run {
            session.printer.result(|| render::locators::order(&order, true, width), || text(&order));
            return Ok(0);
        }
        all_that_were_named(&self.locator, &order)?;
        if order.recreated().next().is_none() {
            session.printer.result(|| render::locators::order(&order, true, width), || text(&order));
            return Ok(0);
        }
        engine.may_make_again(&id).await?;
        session.printer.people(&render::locators::order(&order, false, width));
        locator_runs::confirm(session, &order, &self.written(session, named)).await?;
        let has_keys = order.recreated().any(|item| !item.locator.content_keys().is_empty());
        let sealing = if has_keys {
            seal_keys::of_new_run(session, &engine.client, self.seal_key_secret.as_deref()).await?
        } else {
            Sealing::none()
        };
        let (run_id, change_reference) = (session.global.run_id.clone(), session.global.change_reference.clone());
        let start = Start { run_id, order, request_digest: digest, change_reference, parent: None };
        locator_runs::finish(session, engine.begin_sealing(start, sealing).await)
    }

    fn selection(&self) -> Selection {
        Selection {
            locators: self.locator.clone(),
            assets: self.asset.clone(),
            expires_before: self.expires_before,
            expires_after: self.expires_after,
            ..Selection::default()
        }
    }

    /// The command as it would be typed again.
    fn written(&self, session: &Session, named: &str) -> String {
        let global = &session.global;
        let list = |values: &[String]| values.iter().map(|value| quoted(value)).collect::<Vec<_>>().join(",");
        let mut words = vec!["keyroll recreate-locators media".to_owned(), format!("--account-name {}", quoted(named))];
        let mut add = |option: &str, value: Option<String>| words.extend(value.map(|value| format!("{option} {value}")));
        add("-g", global.resource_group.as_deref().map(quoted));
        add("--subscription", (!global.subscription.is_empty()).then(|| list(&global.subscription)));
        add("--locator", (!self.locator.is_empty()).then(|| list(&self.locator)));
        add("--asset", (!self.asset.is_empty()).then(|| list(&self.asset)));
        add("--expires-before", self.expires_before.map(contract::time::text));
        add("--expires-after", self.expires_after.map(contract::time::text));
        add("--seal-key-secret", self.seal_key_secret.as_deref().map(quoted));
        add("--concurrency", (self.concurrency != 8).then(|| self.concurrency.to_string()));
        add("--run-id", global.run_id.as_deref().map(quoted));
        words.extend(self.no_streaming_check.then(|| "--no-streaming-check".to_owned()));
        words.extend(Some(connection(global)).filter(|options| !options.is_empty()));
        words.join(" ")
    }

    /// The same for the same request, however often it is delivered.
    fn digest(&self, session: &Session, named: &str) -> String {
        let global = &session.global;
        let request = json!({
            "command": "recreate-locators media", "account": named.to_ascii_lowercase(),
            "group": global.resource_group, "subscriptions": global.subscription, "cloud": global.cloud,
            "locators": self.locator, "assets": self.asset, "sealKeySecret": self.seal_key_secret,
            "noStreamingCheck": self.no_streaming_check,
            "expiresBefore": self.expires_before.map(contract::time::text), "expiresAfter": self.expires_after.map(contract::time::text),
        });
        contract::sha256(&contract::canonical(&request))
    }
}
