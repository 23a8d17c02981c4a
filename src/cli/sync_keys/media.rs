use clap::Args;

use crate::azure::media::MediaAccount;
use crate::cli::end::End;
use crate::cli::session::Session;
use crate::cli::sync_options::{SyncOptions, is_account, named, subscriptions_for};
use crate::dependents::Chosen;
use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;
use crate::rotation::Engine;
use crate::rotation::sync::Selection;
use crate::rotation::sync::named::media_accounts_of;

/// Make a media account read the keys of its storage accounts again
///
/// One, several or all storage accounts of a Media Services v3 account; without `-a` every media account of the group. Nothing is
/// sent where a current key is proven. An account that uses a managed identity holds no key and is skipped.
///
/// Example: `keyroll sync-keys media -g prod -a ams-live --storage-account stprod,starchive`
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct Media {
    /// Media account, by name or by full resource id; without it every media account of the group
    #[arg(short = 'a', long, value_name = "NAME|ID")]
    account_name: Option<String>,

    /// Storage accounts of the media account, by name or by full resource id; repeat it or separate with commas. Without it: all of them
    #[arg(long, value_name = "NAME|ID", value_delimiter = ',')]
    storage_account: Vec<String>,

    #[command(flatten)]
    sync: SyncOptions,
}

impl Media {
    pub(super) async fn run(&self, session: &Session) -> End {
        let wanted: Vec<&str> = self.storage_account.iter().map(|name| name.trim()).filter(|name| !name.is_empty()).collect();
        for id in wanted.iter().filter(|name| name.contains('/')) {
            ResourceId::parse_as(id, "Microsoft.Storage/storageAccounts")?;
        }
        let engine = self.sync.engine(session).await?;
        let accounts = self.accounts(session, &engine).await?;
        let selections = selections(&accounts, &wanted)?;
        self.sync.carry_out(session, &engine, "sync-keys media", &selections, None).await
    }

    async fn accounts(&self, session: &Session, engine: &Engine) -> Result<Vec<MediaAccount>, Problem> {
        if let Some(name) = &self.account_name {
            let (name, subscriptions) = subscriptions_for(session, engine, Some(name), "media account").await?;
            return Ok(vec![named(session, &name, &subscriptions).media_account(&engine.client).await?]);
        }
        let Some(group) = &session.global.resource_group else {
            return Err(Problem::usage("nameMissing", "neither a media account nor a group was named")
                .hint("add -a NAME, or -g GROUP for every media account of a group"));
        };
        media_accounts_of(&engine.client, group, &session.subscriptions(engine).await?).await
    }
}

/// Each storage account with the media accounts that use it, as far as it is wanted.
fn selections(accounts: &[MediaAccount], wanted: &[&str]) -> Result<Vec<Selection>, Problem> {
    let mut chosen: Vec<(ResourceId, Vec<MediaAccount>)> = Vec::new();
    for media in accounts {
        for storage in &media.storage_accounts {
            let is_wanted = wanted.is_empty() || wanted.iter().any(|written| is_account(written, storage) == Ok(true));
            match chosen.iter_mut().find(|(known, _)| known == storage) {
                _ if !is_wanted => {}
                Some((_, users)) => users.push(media.clone()),
                None => chosen.push((storage.clone(), vec![media.clone()])),
            }
        }
    }
    let names = || accounts.iter().map(|media| media.id.name()).collect::<Vec<_>>().join(", ");
    let attached = accounts.iter().flat_map(|media| &media.storage_accounts);
    for written in wanted {
        if !chosen.iter().any(|(known, _)| is_account(written, known) == Ok(true)) {
            let mut known: Vec<&str> = attached.clone().map(ResourceId::name).collect();
            known.sort_unstable();
            known.dedup();
            return Err(Problem::not_found("notAttached", format!("{} has no storage account {written}", names()))
                .hint(format!("its storage accounts are {}", if known.is_empty() { "none".to_owned() } else { known.join(", ") }))
                .hint("a full id has to be of the same subscription and group"));
        }
    }
    if let Some(media) = accounts.iter().find(|media| wanted.is_empty() && media.unreadable_storage > 0) {
        return Err(Problem::failed(
            "unexpectedAnswer",
            format!("{} names a storage account by something that is no resource id", media.id.name()),
        )
        .hint(
            "name the storage accounts that you mean with --storage-account, after looking at the media account in the portal",
        ));
    }
    if chosen.is_empty() {
        return Err(Problem::not_found(
            "noStorageAccount",
            format!("{} has no storage account, so there is no key to sync", names()),
        )
        .hint("attach a storage account to it first"));
    }
    Ok(chosen.into_iter().map(|(account, users)| Selection { account, chosen: Chosen::MediaAccounts(users) }).collect())
}
