//! Which key seals what a run has to keep and nobody may read: told with an option, handed over by the host, or beside the state.

use std::path::Path;

use url::Url;

use crate::azure::client::Client;
use crate::domain::locator::seal::{SealKind, SealSource};
use crate::domain::problem::{Kind, Problem};
use crate::rotation::locators::Sealing;
use crate::rotation::seal::{Seal, file};

use super::session::Session;

/// The key for a new run: the secret at this address, else that of the host, else the one beside the state, which is made if there
/// is none.
///
/// # Errors
/// When the one that is meant cannot be used.
pub(super) async fn of_new_run(session: &Session, client: &Client, secret: Option<&str>) -> Result<Sealing, Problem> {
    let seal = match secret {
        Some(address) => in_vault(client, address).await?,
        None if session.secrets().seal_key().is_some() => of_host(session)?,
        None => beside_the_state(session, file::in_folder)?,
    };
    Ok(Sealing::With(Box::new(seal)))
}

/// The key of a run that goes on, from where it was when the run began; none is made. Whoever has it no more is told by the run which
/// locators need it; the others go on.
///
/// # Errors
/// When it is only not to be had at this moment.
pub(super) async fn of_run(session: &Session, client: &Client, source: Option<&SealSource>) -> Result<Sealing, Problem> {
    let Some(source) = source else { return Ok(Sealing::none()) };
    let seal = match (source.kind, &source.place) {
        (SealKind::File, _) => beside_the_state(session, file::made_before),
        (SealKind::Host, _) => of_host(session),
        (SealKind::KeyVault, Some(address)) => in_vault(client, address).await,
        (SealKind::KeyVault, None) => Err(Problem::person("sealKeyMissing", "the journal does not say which secret seals")),
    };
    match seal {
        Ok(seal) => {
            if seal.source().fingerprint != source.fingerprint {
                session.printer.urgent(&format!(
                    "warning: the seal key is {} now, and this run began with {}: what is deleted needs that one, the rest is looked at anew",
                    seal.source().fingerprint,
                    source.fingerprint
                ));
            }
            Ok(Sealing::With(Box::new(seal)))
        }
        // It is there, only not to be had at this moment: nothing is decided without it.
        Err(problem) if is_passing(&problem) => Err(problem),
        Err(problem) => Ok(Sealing::Without(Box::new(problem))),
    }
}

/// Whether a seal key may be had by whoever asks again, or is signed in as somebody else.
fn is_passing(problem: &Problem) -> bool {
    let passing = ["throttled", "serviceFailed", "cannotConnect", "connectionBroken", "unexpectedAnswer"];
    matches!(problem.kind, Kind::Locked | Kind::Permission | Kind::OutcomeUnknown | Kind::Interrupted(_))
        || passing.contains(&problem.code.as_str())
}

fn beside_the_state(session: &Session, key: fn(&Path) -> Result<Seal, Problem>) -> Result<Seal, Problem> {
    let storage = session.storage()?;
    let _lock = storage.lock("seal key")?.ok_or_else(|| {
        Problem::new(Kind::Locked, "sealKeyLocked", "another process is reading or making the seal key at this moment")
            .hint("run the same command again")
    })?;
    key(&session.state_folder()?)
}

fn of_host(session: &Session) -> Result<Seal, Problem> {
    let key = session.secrets().seal_key().ok_or_else(|| {
        Problem::person("sealKeyMissing", "the host that began this run sealed with a key of its own, and none was handed over")
            .hint("hand the same key over as `secrets.sealKey`")
    })?;
    Seal::new(key, SealKind::Host, None)
}

/// Reads a secret. It is never made here: who holds the vault decides who else may read it.
async fn in_vault(client: &Client, address: &str) -> Result<Seal, Problem> {
    let malformed = || {
        Problem::usage("malformedSecretAddress", format!("`{address}` is not the address of a Key Vault secret"))
            .hint("write it as https://VAULT.vault.azure.net/secrets/NAME, with /VERSION where one is meant")
    };
    let url = Url::parse(address).map_err(|_| malformed())?;
    let segments: Vec<&str> = url.path_segments().into_iter().flatten().filter(|segment| !segment.is_empty()).collect();
    let (name, version) = match segments.as_slice() {
        ["secrets", name] => (*name, ""),
        ["secrets", name, version] => (*name, *version),
        _ => return Err(malformed()),
    };
    let vault = client.vault(&format!("{}/", url.origin().ascii_serialization()))?;
    let secret = client.secret(&vault, name, version).await.map_err(|problem| match problem.kind {
        Kind::NotFound => Problem::not_found("noSuchSealKey", format!("vault {} has no secret {name} to seal with", vault.name))
            .because(problem)
            .hint(format!(
                "make it: openssl rand -base64 32 | az keyvault secret set --vault-name {} --name {name} --file /dev/stdin --encoding utf-8",
                vault.name
            )),
        _ => problem,
    })?;
    let place = format!("{}secrets/{name}/{}", vault.url, secret.version);
    Seal::from_base64(&secret.value, SealKind::KeyVault, Some(place)).map_err(|problem| {
        problem.because(format!("secret {name} of vault {}", vault.name)).hint("a seal key is made with openssl rand -base64 32")
    })
}
