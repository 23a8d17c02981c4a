use clap::{Args, ValueEnum};
use serde_json::json;

use crate::azure::client::Client;
use crate::cli::end::End;
use crate::cli::next::connection;
use crate::cli::session::Session;
use crate::domain::customer_key::{Access, Identity, KeyId, Wanted};
use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;
use crate::rotation::Patience;
use crate::rotation::customer_key::Draft;

use super::article::Article;
use super::carry_out::{self, Request};
use super::place::Place;

/// Encrypt a media account with a key of yours, and make whatever is missing for that
///
/// Storage account, media account with its identity, vault with soft delete and purge protection, access, RSA key, encryption: each is
/// looked for first, and only what is missing is done, so that it can be run again and stopped anywhere. `--dry-run` shows the steps.
/// The options have the names of the values in Microsoft's article (tenantId is --tenant-id), so that its list can be given as JSON with
/// `--input`. Only the client secret is not among them: signing in is the business of --auth.
///
/// servicePrincipalObjectId, of which the article asks what it is, is the object id of the service principal (enterprise application) in
/// the tenant, not of its app registration: vaults know their users by it. Without it, it is read from the sign-in's token.
/// The vault has to lie in the region of the media account; storage elsewhere works, and costs.
///
/// Asks once if purge protection is turned on, which cannot be undone.
///
/// Example: `keyroll customer-key apply -g prod -a ams1 --storage-name stams1 --key-vault-name kvams1 --key-name media --resource-location westeurope`
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line")]
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct Apply {
    /// Media account, by name or by full resource id
    #[arg(short = 'a', long, value_name = "NAME|ID")]
    account_name: Option<String>,

    /// Its storage account, if the media account is to be made; the same as --storage-account
    #[arg(long, value_name = "NAME|ID")]
    storage_name: Option<String>,

    /// Vault, by name or by full resource id
    #[arg(long, value_name = "NAME|ID")]
    key_vault_name: Option<String>,

    /// Key
    #[arg(long, value_name = "NAME")]
    key_name: Option<String>,

    /// Region of what has to be made. Without it: that of what is there
    #[arg(long, value_name = "REGION")]
    resource_location: Option<String>,

    /// Tenant of a vault that has to be made. Without it: that of the subscription
    #[arg(long, value_name = "ID")]
    tenant_id: Option<String>,

    /// Object id of who makes the key, which the vault opens to. Without it: that of the sign-in
    #[arg(long, value_name = "ID")]
    service_principal_object_id: Option<String>,

    /// Use this user-assigned identity instead of the system-assigned one
    #[arg(long, value_name = "ID")]
    user_identity: Option<String>,

    /// Bits of a key that has to be made
    #[arg(long, value_name = "BITS", default_value = "2048", value_parser = ["2048", "3072", "4096"])]
    key_size: String,

    /// Stay on the version that is newest now, instead of following new ones
    #[arg(long)]
    pin: bool,

    /// How a vault that has to be made decides about access
    #[arg(long, value_name = "HOW", value_enum, default_value_t = VaultAccess::Policies)]
    vault_access: VaultAccess,

    /// Bring a deleted vault or key of this name back
    #[arg(long)]
    recover: bool,

    /// Only show the steps
    #[arg(long)]
    dry_run: bool,

    /// Return at the first wait instead of waiting with the run
    #[arg(long)]
    no_wait: bool,

    #[command(flatten)]
    article: Article,
}

/// How a vault decides about access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum VaultAccess {
    /// Access policies in the vault, as in the article.
    Policies,
    /// Role assignments (RBAC).
    Roles,
}

impl Apply {
    pub(super) async fn run(&self, session: &Session) -> End {
        let vault = required(self.key_vault_name.as_deref(), "keyVaultNameMissing", "vault", "--key-vault-name NAME")?;
        let key = required(self.key_name.as_deref(), "keyNameMissing", "key", "--key-name NAME")?;
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if key.len() > 127 || !key.chars().all(fits) {
            return Err(Problem::usage("malformedKeyName", format!("`{key}` is not the name of a key"))
                .hint("use at most 127 letters, digits and hyphens"));
        }
        let patience = if self.no_wait { Patience::UntilFirstWait } else { Patience::Wait };
        let digest = carry_out::digest("customer-key apply", session, &self.identity());
        if !self.dry_run
            && let Some(end) = carry_out::again(session, &digest, patience).await
        {
            return end;
        }
        let rolling = session.acting_engine().await?;
        let client = &rolling.client;
        let identity = client.identity().await?;
        self.article.check(client.cloud(), identity.as_ref())?;
        let place = Place::of(session, &rolling).await?;
        let account = place.media_account(client, self.account_name.as_deref()).await?;
        let operator = self.service_principal_object_id.clone().or_else(|| identity.map(|identity| identity.object_id));
        let wanted = self.wanted(session, client, &place, (account, vault, key), operator).await?;
        let draft = Draft::of_apply(client, wanted).await?;
        let next = self.next(session);
        let engine = carry_out::engine(session, &rolling);
        carry_out::begin(session, &engine, Request { draft, digest, next, dry_run: self.dry_run, patience }).await
    }

    async fn wanted(
        &self,
        session: &Session,
        client: &Client,
        place: &Place,
        (account, vault, key): (ResourceId, &str, &str),
        operator: Option<String>,
    ) -> Result<Wanted, Problem> {
        let storage = match (self.storage_name.as_deref(), session.global.storage_account.as_deref()) {
            (Some(one), Some(other)) if !one.eq_ignore_ascii_case(other) => {
                let message = format!("--storage-name says {one}, and --storage-account {other}");
                return Err(Problem::usage("twoStorageAccounts", message).hint("they mean the same: give one of them"));
            }
            (one, other) => one.or(other),
        };
        let storage = match storage {
            Some(named) => Some(place.storage_account(client, named, &account).await?),
            None => None,
        };
        let vault = place.vault(client, vault, &account).await?;
        let url = client.cloud().vault_url(vault.name())?;
        let tenant = match &self.tenant_id {
            Some(tenant) => tenant.clone(),
            None => client.subscription(vault.subscription()).await?.tenant_id,
        };
        let identity = match &self.user_identity {
            Some(id) => Identity::User(ResourceId::parse_as(id, "Microsoft.ManagedIdentity/userAssignedIdentities")?),
            None => Identity::System,
        };
        Ok(Wanted {
            account,
            storage,
            location: self.resource_location.clone(),
            identity,
            tenant,
            key: format!("{}/keys/{key}", url.as_str().trim_end_matches('/')).parse::<KeyId>()?,
            vault,
            key_size: self.key_size.parse().unwrap_or(2048),
            pinned: self.pin,
            access: if self.vault_access == VaultAccess::Roles { Access::Roles } else { Access::Policies },
            operator,
            recover: self.recover,
        })
    }

    /// What makes two requests the same one.
    fn identity(&self) -> serde_json::Value {
        json!({
            "account": self.account_name, "storage": self.storage_name, "vault": self.key_vault_name, "key": self.key_name,
            "location": self.resource_location, "tenant": self.tenant_id, "operator": self.service_principal_object_id,
            "identity": self.user_identity, "size": self.key_size, "pin": self.pin, "access": self.vault_access == VaultAccess::Roles,
            "recover": self.recover,
        })
    }

    /// The same command again.
    fn next(&self, session: &Session) -> String {
        let global = &session.global;
        let options = [
            ("-g", &global.resource_group),
            ("-a", &self.account_name),
            ("--storage-account", &global.storage_account),
            ("--storage-name", &self.storage_name),
            ("--key-vault-name", &self.key_vault_name),
            ("--key-name", &self.key_name),
            ("--resource-location", &self.resource_location),
            ("--tenant-id", &self.tenant_id),
            ("--service-principal-object-id", &self.service_principal_object_id),
            ("--user-identity", &self.user_identity),
            ("--run-id", &global.run_id),
        ];
        let mut words = vec!["keyroll customer-key apply".to_owned()];
        words.extend(options.iter().filter_map(|(name, value)| Some(format!("{name} {}", value.as_deref()?))));
        words.extend((self.key_size != "2048").then(|| format!("--key-size {}", self.key_size)));
        words.extend((self.vault_access == VaultAccess::Roles).then(|| "--vault-access roles".to_owned()));
        words.extend(self.pin.then(|| "--pin".to_owned()));
        words.extend(self.recover.then(|| "--recover".to_owned()));
        words.extend(Some(connection(global)).filter(|options| !options.is_empty()));
        words.join(" ")
    }
}

fn required<'a>(value: Option<&'a str>, code: &str, what: &str, option: &str) -> Result<&'a str, Problem> {
    let given = value.map(str::trim).filter(|value| !value.is_empty());
    given.ok_or_else(|| Problem::usage(code, format!("no {what} was named")).hint(format!("add {option}")))
}
