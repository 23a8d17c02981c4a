//! Key Vault secrets: the value holds a key, a connection string or a SAS; a move is a new version.
//!
//! Tags `CredentialId`, `ProviderAddress` and `ValidityPeriodDays` are those of Microsoft's dual-credential tutorial.

use std::time::Duration;

use async_trait::async_trait;
use url::Url;

use crate::azure::key_vault::{Secret, Vault};
use crate::domain::binding::{Binding, Held};
use crate::domain::dependent::Dependent;
use crate::domain::key::Slot;
use crate::domain::problem::{Kind, Problem};

use super::copies::Copies;
use super::{Adapter, Expected, Moved, Proof, Scene, Verdict, grace, wrong_movement};

pub(super) const PROVIDER_ADDRESS: &str = "ProviderAddress";
const CREDENTIAL_ID: &str = "CredentialId";
const VALIDITY_PERIOD_DAYS: &str = "ValidityPeriodDays";
/// How often a secret that others write meanwhile is read and written again.
const TRIES: usize = 3;
/// Waits before each reading after a write.
const LOOKS: [Duration; 6] = [
    Duration::ZERO,
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(15),
];

#[derive(Debug)]
pub(super) struct VaultSecrets;

/// Where a secret is: its vault and its name, from the URL without version.
pub(super) fn place(scene: &Scene<'_>, id: &str) -> Result<(Vault, String), Problem> {
    let malformed = || Problem::usage("malformedSecretId", format!("`{id}` is not the URL of a secret"));
    let url = Url::parse(id).map_err(|_| malformed())?;
    let mut segments = url.path_segments().ok_or_else(malformed)?;
    let (Some("secrets"), Some(name), None) = (segments.next(), segments.next(), segments.next()) else {
        return Err(malformed());
    };
    let mut root = url.clone();
    root.set_path("/");
    Ok((scene.client.vault(root.as_str())?, name.to_owned()))
}

/// Whether the tags say that the secret belongs to the account of the scene.
pub(super) fn is_tagged(scene: &Scene<'_>, tags: &std::collections::BTreeMap<String, String>) -> bool {
    let address = tag(tags, PROVIDER_ADDRESS).unwrap_or_default();
    address.trim_end_matches('/').eq_ignore_ascii_case(scene.account.id.as_str())
}

fn tag<'t>(tags: &'t std::collections::BTreeMap<String, String>, name: &str) -> Option<&'t str> {
    tags.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// The slot that the tags name. Exactly `key1` or `key2`: the tutorial's own pattern also takes `key12`.
pub(super) fn tagged_slot(tags: &std::collections::BTreeMap<String, String>) -> Option<Slot> {
    let text = tag(tags, CREDENTIAL_ID)?;
    Slot::BOTH.into_iter().find(|slot| slot.name().eq_ignore_ascii_case(text))
}

pub(super) fn copies(scene: &Scene<'_>, secret: &Secret) -> Result<Copies, Problem> {
    Copies::find(&secret.value, scene.account, scene.keys, is_tagged(scene, &secret.tags))
}

/// What a secret holds, its value being read; `graces` are found apart, because they need more calls.
pub(super) fn binding_of(scene: &Scene<'_>, copies: &Copies) -> Binding {
    let held = copies.held();
    let fingerprint = match held {
        Held::Slot(slot) => Some(scene.keys.get(slot).key.fingerprint(&scene.account.id)),
        _ => None,
    };
    let mut binding = Binding::read(held, fingerprint, scene.now());
    if copies.has_untraceable() {
        binding.lasting_signatures = Slot::BOTH.to_vec();
    }
    binding
}

#[async_trait(?Send)]
impl Adapter for VaultSecrets {
    async fn binding(&self, scene: &Scene<'_>, dependent: &Dependent) -> Result<Binding, Problem> {
        let (vault, name) = place(scene, &dependent.id)?;
        let secret = scene.client.secret(&vault, &name, "").await?;
        let mut binding = binding_of(scene, &copies(scene, &secret)?);
        binding.graces = grace::of(scene, &vault, &name, &secret, &binding.held).await?;
        Ok(binding)
    }

    async fn tell(&self, _: &Scene<'_>, dependent: &Dependent) -> Result<Moved, Problem> {
        Err(wrong_movement(dependent, "told to fetch a key: it has to be given one"))
    }

    async fn publish(&self, scene: &Scene<'_>, dependent: &Dependent, slot: Slot) -> Result<Moved, Problem> {
        let (vault, name) = place(scene, &dependent.id)?;
        let mut lost = None;
        for attempt in 0..TRIES {
            let current = scene.client.secret(&vault, &name, "").await?;
            let copies = copies(scene, &current)?;
            if copies.is_empty() {
                return Err(Problem::drift(
                    "secretKeyless",
                    format!("secret {} no longer holds a key of {}", dependent.name, scene.account.id.name()),
                )
                .hint("make a new plan: somebody wrote another value"));
            }
            if copies.are_on(slot) {
                let how = match copies.held() {
                    Held::Nothing => "its SAS cannot be made anew".to_owned(),
                    _ if attempt > 0 => format!("version {} holds {slot}", current.version),
                    _ => format!("already holds {slot}"),
                };
                return Ok(Moved { sent: attempt > 0, how, correlation_id: None });
            }
            let next = next_version(scene, &current, &copies, slot)?;
            let written = scene.client.set_secret(&vault, &name, &next).await;
            let seen = match &written {
                Err(problem) if problem.kind != Kind::OutcomeUnknown => return Err(problem.clone()),
                _ => look(scene, &vault, &name, slot, &current.version).await?,
            };
            match (written, seen) {
                (_, Seen::There(version)) => return Ok(new_version(&version)),
                // A vault may answer the version before for a while; the proof waits for it, another version would not help.
                (Ok(written), Seen::Before) => return Ok(new_version(&written.version)),
                // Another version with the same value does no harm, so it is written again.
                (Err(problem), Seen::Before) => lost = Some(problem),
                (_, Seen::Another) => lost = None,
            }
        }
        Err(lost.unwrap_or_else(|| {
            Problem::drift("secretContended", format!("the value written to secret {} does not stay there", dependent.name))
                .hint("stop whoever else writes this secret, then resume")
        }))
    }

    async fn prove(&self, scene: &Scene<'_>, dependent: &Dependent, expected: Expected) -> Result<Proof, Problem> {
        let (vault, name) = place(scene, &dependent.id)?;
        let secret = scene.client.secret(&vault, &name, "").await?;
        let copies = copies(scene, &secret)?;
        let proof = |verdict, how: String| Ok(Proof { verdict, how });
        let on = Slot::BOTH.into_iter().find(|slot| copies.are_on(*slot) && copies.held() == Held::Slot(*slot));
        match on {
            Some(slot) if expected == Expected::AnyCurrent || expected == Expected::Slot(slot) => {
                proof(Verdict::Proven, format!("the vault answers {slot} in version {}", secret.version))
            }
            _ if copies.held() == Held::Nothing && copies.has_untraceable() => {
                proof(Verdict::Assumed, "its SAS cannot be traced to a key".to_owned())
            }
            _ => proof(Verdict::Pending, "the vault still answers an old key".to_owned()),
        }
    }
}

/// The same secret with every copy moved: content type, tags and times kept, `CredentialId` flipped where the tags are used.
fn next_version(scene: &Scene<'_>, current: &Secret, copies: &Copies, slot: Slot) -> Result<Secret, Problem> {
    let value = copies.moved(&current.value, scene.account, scene.keys, slot)?;
    let mut next = Secret { value, ..current.clone() };
    let names: Vec<String> = next.tags.keys().filter(|name| name.eq_ignore_ascii_case(CREDENTIAL_ID)).cloned().collect();
    for name in &names {
        next.tags.insert(name.clone(), slot.name().to_owned());
    }
    if names.is_empty() && is_tagged(scene, &next.tags) {
        next.tags.insert(CREDENTIAL_ID.to_owned(), slot.name().to_owned());
    }
    if let Some(days) = tag(&next.tags, VALIDITY_PERIOD_DAYS)
        .and_then(|days| days.trim().parse::<i64>().ok())
        .filter(|days| (1..=36_500).contains(days))
    {
        next.attributes.exp = Some(scene.now().unix_timestamp() + days * 24 * 60 * 60);
    }
    Ok(next)
}

fn new_version(version: &str) -> Moved {
    Moved { sent: true, how: format!("new version {version}"), correlation_id: None }
}

/// What a vault answers after a write.
enum Seen {
    /// Our value, in this version.
    There(String),
    /// The version before the write, however often it was asked.
    Before,
    /// A version that somebody else wrote.
    Another,
}

/// Reads back until something else than the version before is there, or long enough to believe that nothing will be.
async fn look(scene: &Scene<'_>, vault: &Vault, name: &str, slot: Slot, before: &str) -> Result<Seen, Problem> {
    for wait in LOOKS {
        if !wait.is_zero() {
            scene.client.clock().sleep(wait).await;
        }
        let secret = scene.client.secret(vault, name, "").await?;
        if copies(scene, &secret)?.are_on(slot) {
            return Ok(Seen::There(secret.version));
        }
        if secret.version != before {
            return Ok(Seen::Another);
        }
    }
    Ok(Seen::Before)
}
