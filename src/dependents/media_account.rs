//! Media Services v3 accounts: they hold keys that nobody can read, and re-read both when told.

use async_trait::async_trait;
use futures::stream::{self, StreamExt as _};
use time::Duration;
use url::Url;
use zeroize::Zeroizing;

use crate::azure::data_plane::Acceptance;
use crate::azure::media::MediaAccount;
use crate::domain::account::Service;
use crate::domain::binding::{Binding, Held, Knowledge};
use crate::domain::dependent::{Dependent, DependentKind, Movement};
use crate::domain::key::Slot;
use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;
use crate::domain::shared_access::{SharedAccess, SignedScope, Signer};

use super::discovery::{CONCURRENCY, Search};
use super::{Adapter, Expected, Moved, Proof, Scene, Verdict, wrong_movement};

/// Long enough for a use of the URL on a machine whose clock is a little off.
const SHORTEST: Duration = Duration::minutes(5);
/// "It may take up to 10 minutes for storage account keys to be fully synced", and a margin.
const PROPAGATION: Duration = Duration::minutes(15);

#[derive(Debug)]
pub(super) struct MediaAccounts;

/// Finds those of these media accounts that the storage account is attached to.
pub(super) async fn find(
    scene: &Scene<'_>,
    accounts: &[MediaAccount],
    found_by: &str,
    search: &mut Search,
) -> Result<(), Problem> {
    for media in accounts.iter().filter(|media| media.unreadable_storage > 0) {
        search.doubtful(media.id.as_str(), "it names a storage account by something that is no resource id");
    }
    let attached = accounts.iter().filter(|media| media.uses(&scene.account.id));
    let dependents = attached.map(|media| async move {
        let mut dependent = Dependent {
            id: media.id.as_str().to_owned(),
            kind: DependentKind::MediaAccount,
            name: media.id.name().to_owned(),
            movement: Movement::Pull,
            form: "both keys".to_owned(),
            found_by: found_by.to_owned(),
            parent: None,
            services: vec![Service::Blob],
            binding: Binding::guessed(Held::Unknown, Knowledge::Unknown, scene.now()),
        };
        if media.uses_identity {
            become_keyless(&mut dependent, scene);
            return (dependent, None);
        }
        // The resource graph may be minutes old, so the account itself is asked.
        match MediaAccounts.binding(scene, &dependent).await {
            Ok(binding) if binding.held == Held::Nothing => become_keyless(&mut dependent, scene),
            Ok(binding) => dependent.binding = binding,
            Err(problem) => return (dependent, Some(problem)),
        }
        (dependent, None)
    });
    let found: Vec<_> = stream::iter(dependents).buffered(CONCURRENCY).collect().await;
    search.take(found, "the account")
}

fn become_keyless(dependent: &mut Dependent, scene: &Scene<'_>) {
    dependent.movement = Movement::NoKey;
    "uses a managed identity".clone_into(&mut dependent.form);
    dependent.binding = Binding::read(Held::Nothing, None, scene.now());
}

#[async_trait(?Send)]
impl Adapter for MediaAccounts {
    async fn binding(&self, scene: &Scene<'_>, dependent: &Dependent) -> Result<Binding, Problem> {
        let media = scene.client.media_account(&dependent.id.parse()?).await?;
        if media.uses_identity || !media.uses(&scene.account.id) {
            return Ok(Binding::read(Held::Nothing, None, scene.now()));
        }
        // Every recorded answer of listContainerSas held two signatures, so it most likely holds both keys.
        Ok(Binding::guessed(Held::Both, Knowledge::Assumed, scene.now()))
    }

    async fn tell(&self, scene: &Scene<'_>, dependent: &Dependent) -> Result<Moved, Problem> {
        let answer = scene.client.sync_storage_keys(&dependent.id.parse()?, &scene.account.id).await?;
        Ok(Moved { sent: true, how: "syncStorageKeys was taken".to_owned(), correlation_id: answer.correlation_id() })
    }

    async fn publish(&self, _: &Scene<'_>, dependent: &Dependent, _: Slot) -> Result<Moved, Problem> {
        Err(wrong_movement(dependent, "given a key: it re-reads both when told"))
    }

    async fn prove(&self, scene: &Scene<'_>, dependent: &Dependent, expected: Expected) -> Result<Proof, Problem> {
        let media: ResourceId = dependent.id.parse()?;
        let account = scene.account.id.name();
        let asset = match scene.client.asset_in(&media, account).await {
            // Accepted by name before the first change; what may not be read can only be assumed.
            Err(problem) if problem.http_status == Some(403) => {
                return Ok(assumed("its assets may not be read (403)".to_owned()));
            }
            asset => asset?,
        };
        let Some(asset) = asset else {
            return Ok(assumed(format!(
                "no asset of {} lies in {account}, so nothing shows which keys it holds",
                dependent.name
            )));
        };
        let urls = scene.client.list_container_sas(&media, &asset.name, scene.now() + SHORTEST).await?;
        let mut slots = Vec::new();
        let (mut old, mut untraceable) = (Vec::new(), Vec::new());
        for url in &urls {
            match SharedAccess::parse(url).map(|signed| signed.signer(account, None, scene.keys)).transpose()? {
                Some(Signer::Slot(slot)) => slots.push(slot),
                Some(Signer::NeitherSlot) => old.push(url),
                _ => untraceable.push(url),
            }
        }
        let all = urls.len();
        if old.len() + untraceable.len() > 0 {
            return unmatched(scene, &asset.name, &old, &untraceable, &slots).await;
        }
        match expected {
            _ if urls.is_empty() => Ok(assumed(format!("listContainerSas of asset {} answered no URL", asset.name))),
            Expected::Slot(slot) if !slots.contains(&slot) => {
                let how = format!("no URL of asset {} is signed with {slot}", asset.name);
                Ok(Proof { verdict: Verdict::Pending, how })
            }
            _ => {
                slots.sort_unstable();
                slots.dedup();
                let names: Vec<&str> = slots.iter().map(|slot| slot.name()).collect();
                let how = format!("{all} URLs of asset {} are signed with the current {}", asset.name, names.join(" and "));
                Ok(Proof { verdict: Verdict::Proven, how })
            }
        }
    }
}

fn assumed(how: String) -> Proof {
    Proof { verdict: Verdict::Assumed, how }
}

/// Some URL matches neither slot: it is signed with an old key, or with something that no one can recompute.
async fn unmatched(
    scene: &Scene<'_>,
    asset: &str,
    old: &[&Zeroizing<String>],
    untraceable: &[&Zeroizing<String>],
    slots: &[Slot],
) -> Result<Proof, Problem> {
    let pending = |how: String| Ok(Proof { verdict: Verdict::Pending, how });
    let all = old.len() + untraceable.len() + slots.len();
    let unmatched = format!("{} of {all} URLs of asset {asset} are signed with a key that is in neither slot", all - slots.len());
    let age = Slot::BOTH.into_iter().filter_map(|slot| scene.keys.get(slot).created).max().map(|created| scene.now() - created);
    let old_enough = |limit: Duration| age.is_none_or(|age| age > limit);
    if let Some(slot) = slots.first() {
        // It holds one current key for certain. What the other URL rests on may never become traceable, so that is
        // waited for only as long as a sync may take.
        let ceiling = Duration::try_from(DependentKind::MediaAccount.proof_ceiling()).unwrap_or(Duration::HOUR);
        let how = format!("{unmatched}, another with the current {slot}");
        return if old_enough(ceiling) { Ok(assumed(how)) } else { pending(how) };
    }
    let Some(url) = old.first().or(untraceable.first()) else { return pending(unmatched) };
    let recomputed = !old.is_empty();
    match use_of(scene, url).await? {
        Use::Works if old_enough(PROPAGATION) => Ok(assumed(format!("{unmatched}, but work"))),
        Use::Works => pending(format!("{unmatched}; they work, but so may the key before")),
        Use::Refused => pending(format!("{unmatched} and refused")),
        Use::Unreachable(why) => pending(format!("{unmatched}, and could not be tried: {why}")),
        Use::Untried(why) if !recomputed => Ok(assumed(format!("the signatures of asset {asset} cannot be traced, and {why}"))),
        Use::Untried(_) => pending(unmatched),
    }
}

/// How the use of a URL ended.
enum Use {
    Works,
    Refused,
    /// Not now: nobody accepted that the service stays untried.
    Unreachable(String),
    /// Neither now nor later.
    Untried(String),
}

/// Uses a URL with one read, where that can tell anything.
async fn use_of(scene: &Scene<'_>, url: &str) -> Result<Use, Problem> {
    let untried = |why: &str| Ok(Use::Untried(why.to_owned()));
    if scene.untested.contains(&Service::Blob) {
        return untried("the blob service cannot be tried from here");
    }
    // A URL from a service is only followed home.
    let Some(url) = Url::parse(url).ok().filter(|url| scene.account.owns_host(url.as_str())) else {
        return untried("their URLs do not lead to the account");
    };
    Ok(match scene.client.accepts_signature(url, SignedScope::Container).await? {
        Acceptance::Accepted => Use::Works,
        Acceptance::Refused => Use::Refused,
        Acceptance::Unreachable { why } => Use::Unreachable(why),
        Acceptance::KeyAccessOff => Use::Untried("the account accepts no keys".to_owned()),
    })
}
