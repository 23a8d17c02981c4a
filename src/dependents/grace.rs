//! Consumers of a vault secret may use the value before for a day: App Service follows a new version within 24 hours.

use time::{Duration, OffsetDateTime};

use crate::azure::key_vault::{Secret, SecretItem, Vault};
use crate::domain::binding::{Grace, Held};
use crate::domain::key::Slot;
use crate::domain::problem::{Kind, Problem};

use super::Scene;
use super::vault_secret::{copies, tagged_slot};

/// How long a consumer may take to see a new version (App Service Key Vault references).
const CACHES: Duration = Duration::hours(24);

/// The slots that consumers may still use although the secret has moved away from them. Versions are read only where the
/// current one is younger than a day.
///
/// # Errors
/// As the reads; a version that cannot be read counts for what its tags say, else for both slots.
pub(super) async fn of(
    scene: &Scene<'_>,
    vault: &Vault,
    name: &str,
    current: &Secret,
    held: &Held,
) -> Result<Vec<Grace>, Problem> {
    let now = scene.now();
    let recent = |created: Option<OffsetDateTime>| created.is_some_and(|created| created + CACHES > now);
    if !recent(current.attributes.created_at()) {
        return Ok(Vec::new());
    }
    let mut versions = scene.client.secret_versions(vault, name).await?;
    // Two versions of the same second: the current one is the newer.
    versions.sort_by_key(|item| item.version != current.version && item.attributes.created == current.attributes.created);
    versions.sort_by_key(|item| std::cmp::Reverse(item.attributes.created));
    let mut graces: Vec<Grace> = Vec::new();
    for pair in versions.windows(2) {
        let (successor, before) = (&pair[0], &pair[1]);
        let Some(created) = successor.attributes.created_at().filter(|created| recent(Some(*created))) else { break };
        for slot in slots(scene, vault, name, before).await? {
            if *held == Held::Slot(slot) {
                continue;
            }
            let until = created + CACHES;
            match graces.iter_mut().find(|grace| grace.slot == slot) {
                Some(grace) => grace.until = grace.until.max(until),
                None => graces.push(Grace { slot, until }),
            }
        }
    }
    graces.sort_by_key(|grace| grace.slot);
    Ok(graces)
}

/// The slots whose current generation an older version holds, or may hold.
async fn slots(scene: &Scene<'_>, vault: &Vault, name: &str, item: &SecretItem) -> Result<Vec<Slot>, Problem> {
    match scene.client.secret(vault, name, &item.version).await {
        Ok(secret) => {
            let copies = copies(scene, &secret)?;
            Ok(match copies.held() {
                _ if copies.has_untraceable() => Slot::BOTH.to_vec(),
                Held::Slot(slot) => vec![slot],
                Held::Both | Held::Unknown => Slot::BOTH.to_vec(),
                Held::Stale | Held::Nothing => Vec::new(),
            })
        }
        // A disabled version cannot be read, but what was read before it was disabled may still be in a cache.
        Err(problem) if problem.http_status.is_some() && !matches!(problem.kind, Kind::Interrupted(_)) => {
            Ok(tagged_slot(&item.tags).map_or_else(|| Slot::BOTH.to_vec(), |slot| vec![slot]))
        }
        Err(problem) => Err(problem),
    }
}
