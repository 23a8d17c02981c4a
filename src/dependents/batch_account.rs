//! Batch accounts: each holds a key of its auto-storage account that nobody can read, and re-reads it when told. The mounts
//! of its pools hold keys of their own, which this does not cover.

use std::time::Duration;

use async_trait::async_trait;
use futures::stream::{self, StreamExt as _};
use time::OffsetDateTime;

use crate::azure::batch::BatchAccount;
use crate::contract;
use crate::domain::account::Service;
use crate::domain::binding::{Binding, Held, Knowledge};
use crate::domain::dependent::{Dependent, DependentKind, Movement};
use crate::domain::key::Slot;
use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;

use super::discovery::{CONCURRENCY, Search};
use super::{Adapter, Expected, Moved, Proof, Scene, Verdict, wrong_movement};

/// The pauses before each look whether `lastKeySync` moved.
const LOOKS: [Duration; 5] =
    [Duration::ZERO, Duration::from_secs(5), Duration::from_secs(10), Duration::from_secs(20), Duration::from_secs(40)];

#[derive(Debug)]
pub(super) struct BatchAccounts;

/// Finds the Batch accounts whose auto-storage account this is.
pub(super) async fn find(
    scene: &Scene<'_>,
    accounts: &[BatchAccount],
    found_by: &str,
    search: &mut Search,
) -> Result<(), Problem> {
    let using = accounts.iter().filter(|batch| batch.storage_account.as_ref() == Some(&scene.account.id));
    let dependents = using.map(|batch| async move {
        let mut dependent = Dependent {
            id: batch.id.as_str().to_owned(),
            kind: DependentKind::BatchAccount,
            name: batch.id.name().to_owned(),
            movement: Movement::Pull,
            form: "key".to_owned(),
            found_by: found_by.to_owned(),
            parent: None,
            services: vec![Service::Blob],
            binding: Binding::guessed(Held::Unknown, Knowledge::Unknown, scene.now()),
        };
        // The resource graph may be minutes old, so the account itself is asked.
        match BatchAccounts.binding(scene, &dependent).await {
            Ok(binding) if binding.held == Held::Nothing => {
                dependent.movement = Movement::NoKey;
                "uses a managed identity".clone_into(&mut dependent.form);
                dependent.binding = binding;
            }
            Ok(binding) => dependent.binding = binding,
            Err(problem) => return (dependent, Some(problem)),
        }
        (dependent, None)
    });
    let found: Vec<_> = stream::iter(dependents).buffered(CONCURRENCY).collect().await;
    for (dependent, _) in found.iter().filter(|(dependent, _)| dependent.movement == Movement::Pull) {
        search.partial(&dependent.id, "keys in the mounts of its pools were not looked at");
    }
    search.take(found, "the account")
}

#[async_trait(?Send)]
impl Adapter for BatchAccounts {
    async fn binding(&self, scene: &Scene<'_>, dependent: &Dependent) -> Result<Binding, Problem> {
        let batch = scene.client.batch_account(&dependent.id.parse()?).await?;
        if batch.uses_identity || batch.storage_account.as_ref() != Some(&scene.account.id) {
            return Ok(Binding::read(Held::Nothing, None, scene.now()));
        }
        Ok(Binding::guessed(Held::Unknown, Knowledge::Unknown, scene.now()))
    }

    async fn tell(&self, scene: &Scene<'_>, dependent: &Dependent) -> Result<Moved, Problem> {
        let id: ResourceId = dependent.id.parse()?;
        let before = last_key_sync(scene, &id).await?;
        let answer = scene.client.sync_auto_storage_keys(&id).await?;
        let how = match moved(scene, &id, before).await? {
            Seen::Moved(to) => format!("syncAutoStorageKeys was taken and lastKeySync moved to {}", moment(to)),
            Seen::Still(at) => format!("syncAutoStorageKeys was taken, but lastKeySync has not moved from {}", moment(at)),
            Seen::Nothing => "syncAutoStorageKeys was taken".to_owned(),
        };
        Ok(Moved { sent: true, how, correlation_id: answer.correlation_id() })
    }

    async fn publish(&self, _: &Scene<'_>, dependent: &Dependent, _: Slot) -> Result<Moved, Problem> {
        Err(wrong_movement(dependent, "given a key: it re-reads one when told"))
    }

    /// Never more than assumed: the service shows when it last read the keys, and never what it read.
    async fn prove(&self, scene: &Scene<'_>, dependent: &Dependent, _: Expected) -> Result<Proof, Problem> {
        let batch = scene.client.batch_account(&dependent.id.parse()?).await?;
        let youngest = Slot::BOTH.into_iter().filter_map(|slot| scene.keys.get(slot).created.map(|at| (at, slot))).max();
        Ok(match (batch.last_key_sync, youngest) {
            (None, _) => Proof { verdict: Verdict::Assumed, how: "it shows neither a key nor a lastKeySync".to_owned() },
            (Some(synced), Some((created, slot))) if synced < created => {
                Proof { verdict: Verdict::Pending, how: format!("its lastKeySync, {}, is older than {slot}", moment(synced)) }
            }
            (Some(synced), _) => Proof {
                verdict: Verdict::Assumed,
                how: format!("its lastKeySync is {}, younger than both keys; it shows no key", moment(synced)),
            },
        })
    }
}

/// What a Batch account shows after it was told.
enum Seen {
    Moved(OffsetDateTime),
    Still(OffsetDateTime),
    Nothing,
}

/// Looks until `lastKeySync` moved, or long enough to say that it did not. How soon it moves is documented nowhere.
async fn moved(scene: &Scene<'_>, id: &ResourceId, before: Option<OffsetDateTime>) -> Result<Seen, Problem> {
    let mut seen = Seen::Nothing;
    for wait in LOOKS {
        if !wait.is_zero() {
            scene.client.clock().sleep(wait).await;
        }
        seen = match last_key_sync(scene, id).await? {
            None => return Ok(Seen::Nothing),
            Some(after) if before.is_none_or(|before| after > before) => return Ok(Seen::Moved(after)),
            Some(after) => Seen::Still(after),
        };
    }
    Ok(seen)
}

/// When the account last read the keys; nothing where that may not be read.
async fn last_key_sync(scene: &Scene<'_>, id: &ResourceId) -> Result<Option<OffsetDateTime>, Problem> {
    match scene.client.batch_account(id).await {
        Ok(batch) => Ok(batch.last_key_sync),
        Err(problem) if problem.http_status == Some(403) => Ok(None),
        Err(problem) => Err(problem),
    }
}

fn moment(time: OffsetDateTime) -> String {
    contract::time::text(time.replace_nanosecond(0).unwrap_or(time))
}
