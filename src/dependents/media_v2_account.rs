//! AMS v2 accounts: each holds one key of a storage account, which nobody can read, and which classic service management hands
//! it for a client certificate. Without one, the call of Media Services v3 makes it re-read a key of its own choice.

use async_trait::async_trait;

use crate::azure::media_v2::management::KeyOf;
use crate::domain::account::Service;
use crate::domain::binding::{Binding, Held, Knowledge};
use crate::domain::dependent::{Dependent, DependentKind, Movement};
use crate::domain::key::Slot;
use crate::domain::media_v2::MediaV2Account;
use crate::domain::problem::{Kind, Problem};

use super::discovery::Search;
use super::{Adapter, Expected, Moved, Proof, Scene, Verdict, wrong_movement};

/// The code of the problem of an account that was named and holds no key of the storage account.
pub const NOT_ATTACHED: &str = "storageNotAttached";

/// How these are found.
const FOUND_BY: &str = "name";

#[derive(Debug)]
pub(super) struct MediaV2Accounts;

/// Takes the accounts that the user named. One that the search found as an account of Media Services v3 becomes this one
/// dependent.
///
/// # Errors
/// When an account cannot be read: whoever named it wants it moved.
pub(super) async fn find(scene: &Scene<'_>, accounts: &[MediaV2Account], search: &mut Search) -> Result<(), Problem> {
    for named in accounts {
        let mut dependent = Dependent {
            id: named.id.clone(),
            kind: DependentKind::MediaV2Account,
            name: MediaV2Account::name_in(&named.id).to_owned(),
            movement: named.movement,
            form: "key".to_owned(),
            found_by: FOUND_BY.to_owned(),
            parent: None,
            services: vec![Service::Blob],
            binding: Binding::guessed(Held::Unknown, Knowledge::Unknown, scene.now()),
        };
        dependent.binding = MediaV2Accounts.binding(scene, &dependent).await?;
        if dependent.binding.held == Held::Nothing {
            search.blockers.push(not_attached(scene, &dependent));
            continue;
        }
        if named.movement == Movement::Pull && MediaV2Account::is_classic(&named.id) {
            search.blockers.push(certificate_missing(&dependent.name));
            continue;
        }
        search.dependents.retain(|known| !known.is(&named.id));
        search.dependents.push(dependent);
    }
    Ok(())
}

fn not_attached(scene: &Scene<'_>, dependent: &Dependent) -> Problem {
    let storage = scene.account.id.name();
    Problem::blocked(NOT_ATTACHED, format!("{} holds no key of {storage}", dependent.name))
        .hint(format!("leave it out of --media-v2: {storage} is not attached to it, or it uses a managed identity"))
}

#[async_trait(?Send)]
impl Adapter for MediaV2Accounts {
    /// What it was given last, as far as finished runs of this state tell; the account itself shows nothing.
    async fn binding(&self, scene: &Scene<'_>, dependent: &Dependent) -> Result<Binding, Problem> {
        if !MediaV2Account::is_classic(&dependent.id) {
            let media = scene.client.media_account(&dependent.id.parse()?).await?;
            if media.uses_identity || !media.uses(&scene.account.id) {
                return Ok(Binding::read(Held::Nothing, None, scene.now()));
            }
        }
        let unknown = Binding::guessed(Held::Unknown, Knowledge::Unknown, scene.now());
        if dependent.movement == Movement::Pull {
            return Ok(unknown);
        }
        let given = scene.given.iter().find(|given| dependent.is(&given.dependent));
        let slot = given.and_then(|given| {
            let fits = |slot: &Slot| scene.keys.get(*slot).key.fingerprint(&scene.account.id) == given.fingerprint;
            Slot::BOTH.into_iter().find(fits)
        });
        // A key that is in neither slot any more says nothing: whoever renewed it gave the account another one.
        Ok(match (slot, given) {
            (Some(slot), Some(given)) => Binding {
                fingerprint: Some(given.fingerprint.clone()),
                ..Binding::guessed(Held::Slot(slot), Knowledge::Assumed, scene.now())
            },
            _ => unknown,
        })
    }

    async fn tell(&self, scene: &Scene<'_>, dependent: &Dependent) -> Result<Moved, Problem> {
        let answer = scene.client.sync_storage_keys(&dependent.id.parse()?, &scene.account.id).await?;
        Ok(Moved { sent: true, how: "syncStorageKeys was taken".to_owned(), correlation_id: answer.correlation_id() })
    }

    /// Always sends: nothing shows what it holds.
    async fn publish(&self, scene: &Scene<'_>, dependent: &Dependent, slot: Slot) -> Result<Moved, Problem> {
        if dependent.movement != Movement::Push {
            return Err(wrong_movement(dependent, "given a key without a client certificate"));
        }
        let management = scene.client.management().ok_or_else(|| certificate_missing(&dependent.name))?;
        let of = KeyOf {
            subscription: MediaV2Account::subscription_in(&dependent.id),
            media_account: MediaV2Account::name_in(&dependent.id),
            storage_account: scene.account.id.name(),
        };
        let answer = management.put_key(of, &scene.keys.get(slot).key).await?;
        let how = format!("classic service management took {slot} ({})", answer.status);
        Ok(Moved { sent: true, how, correlation_id: answer.correlation_id() })
    }

    /// Never more than assumed: the answer to the PUT says nothing. Locators that are made under the key, and their streaming
    /// URLs once the old key is refused, show it.
    async fn prove(&self, _: &Scene<'_>, _: &Dependent, _: Expected) -> Result<Proof, Problem> {
        Ok(Proof { verdict: Verdict::Assumed, how: "nothing but its locators shows which key it uses".to_owned() })
    }
}

/// The problem of a key that cannot be handed over.
#[must_use]
pub fn certificate_missing(account: &str) -> Problem {
    Problem::new(
        Kind::Usage,
        "certificateMissing",
        format!("classic service management, which gives {account} its key, asks for a certificate, and none was named"),
    )
    .hint("add --certificate FILE: a management certificate of the subscription and its private key, as PEM")
    .hint("a host hands it over as `clientCertificate` in `secrets`")
}
