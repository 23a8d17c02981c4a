//! What locators hang on (assets, access policies, the places that an asset has), as the lists of one moment say.

use std::collections::HashMap;

use crate::azure::media_v2::{Listed, MediaV2};
use crate::domain::locator::order::Item;
use crate::domain::locator::{AccessPolicy, Locator, LocatorKind};
use crate::domain::problem::Problem;

/// How many locators an asset takes (Media Services quotas).
const PER_ASSET: usize = 5;

/// Assets and access policies of one account.
#[derive(Clone, Debug, Default)]
pub(super) struct Surroundings {
    policies: HashMap<String, AccessPolicy>,
    /// The assets, each with the bare name of the storage account that it lives in, where the service tells.
    assets: HashMap<String, Option<String>>,
    /// How many locators each asset has.
    on_asset: HashMap<String, usize>,
}

impl Surroundings {
    /// Lists everything anew.
    ///
    /// # Errors
    /// As the lists.
    pub(super) async fn read(media: &MediaV2) -> Result<Self, Problem> {
        Self::around(media, &media.locators().await?.locators).await
    }

    /// Lists what these locators, which are all of the account, hang on.
    ///
    /// # Errors
    /// As the lists.
    pub(super) async fn around(media: &MediaV2, locators: &[Listed]) -> Result<Self, Problem> {
        let policies =
            media.access_policies().await?.into_iter().map(|policy| (policy.id.to_ascii_lowercase(), policy)).collect();
        let assets =
            media.assets_and_accounts().await?.into_iter().map(|(id, account)| (id.to_ascii_lowercase(), account)).collect();
        Ok(Self::new(policies, assets, locators.iter().map(|listed| listed.locator.asset.as_str())))
    }

    fn new<'a>(
        policies: HashMap<String, AccessPolicy>,
        assets: HashMap<String, Option<String>>,
        assets_of_locators: impl Iterator<Item = &'a str>,
    ) -> Self {
        let mut on_asset = HashMap::new();
        for asset in assets_of_locators {
            *on_asset.entry(asset.to_ascii_lowercase()).or_default() += 1;
        }
        Self { policies, assets, on_asset }
    }

    /// The access policy of a locator.
    pub(super) fn policy(&self, locator: &Locator) -> Option<&AccessPolicy> {
        self.policies.get(&locator.policy.to_ascii_lowercase())
    }

    /// The bare name of the storage account that the asset of a locator lives in, where the service tells.
    pub(super) fn storage_account(&self, locator: &Locator) -> Option<&str> {
        self.assets.get(&locator.asset.to_ascii_lowercase())?.as_deref()
    }

    /// Why a locator could not be made again on its asset and with its policy, if so.
    pub(super) fn hindrance(&self, locator: &Locator) -> Option<String> {
        let asset = locator.asset.to_ascii_lowercase();
        if !self.assets.contains_key(&asset) {
            return Some(format!("its asset {} is gone", locator.asset));
        }
        let Some(policy) = self.policy(locator) else { return Some(format!("its access policy {} is gone", locator.policy)) };
        if locator.kind == LocatorKind::OnDemandOrigin && !policy.fits_an_origin() {
            return Some(format!(
                "its access policy {} allows to write or delete, which a new origin locator must not",
                policy.id
            ));
        }
        match self.on_asset.get(&asset) {
            Some(count) if *count > PER_ASSET => {
                Some(format!("its asset has {count} locators, and takes {PER_ASSET} when one is made"))
            }
            _ => None,
        }
    }

    /// The same for what was judged by earlier lists. A policy that this run made for the locator, `made`, is only looked for.
    pub(super) fn hindrance_since(&self, item: &Item, made: Option<&str>) -> Option<String> {
        if let Some(policy) = made {
            return self.hindrance(&Locator { policy: policy.to_owned(), ..item.locator.clone() });
        }
        let same = |policy: &AccessPolicy| policy.duration == item.duration && policy.permissions == item.permissions;
        self.hindrance(&item.locator).or_else(|| {
            let changed = self.policy(&item.locator).is_some_and(|policy| !same(policy));
            changed.then(|| format!("its access policy {} changed since it was looked at", item.locator.policy))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::locator::order::Verdict;
    use crate::domain::locator::tests::locator;

    fn surroundings(policies: &[AccessPolicy], locators: usize) -> Surroundings {
        let policies = policies.iter().map(|policy| (policy.id.to_ascii_lowercase(), policy.clone())).collect();
        Surroundings::new(policies, [("nb:cid:uuid:a".to_owned(), None)].into(), std::iter::repeat_n("nb:cid:UUID:A", locators))
    }

    #[test]
    fn whatever_a_locator_would_miss_is_told() {
        let (origin, sas) = (locator(LocatorKind::OnDemandOrigin), locator(LocatorKind::Sas));
        let reading = AccessPolicy { id: "nb:pid:UUID:P".into(), duration: Duration::from_secs(1), permissions: 1 };
        let writing = AccessPolicy { permissions: 3, ..reading.clone() };
        let sound = surroundings(std::slice::from_ref(&reading), 5);
        assert_eq!(sound.hindrance(&origin), None);
        assert_eq!(surroundings(std::slice::from_ref(&writing), 5).hindrance(&sas), None, "a SAS may write");
        let elsewhere = Locator { asset: "nb:cid:UUID:b".into(), ..origin.clone() };
        for (surroundings, locator, part) in [
            (&sound, &elsewhere, "its asset nb:cid:UUID:b is gone"),
            (&surroundings(&[], 5), &origin, "its access policy nb:pid:UUID:p is gone"),
            (&surroundings(&[writing], 5), &origin, "allows to write"),
            (&surroundings(&[reading], 6), &origin, "has 6 locators"),
        ] {
            let why = surroundings.hindrance(locator).expect(part);
            assert!(why.contains(part), "{why}");
        }
    }

    #[test]
    fn a_policy_that_changed_meanwhile_is_not_relied_on() {
        let was = AccessPolicy { id: "nb:pid:UUID:p".into(), duration: Duration::from_secs(1), permissions: 1 };
        let made = AccessPolicy { id: "nb:pid:UUID:made".into(), ..was.clone() };
        let longer = AccessPolicy { duration: Duration::from_secs(2), ..was.clone() };
        let item = Item {
            locator: locator(LocatorKind::Sas),
            duration: was.duration,
            permissions: was.permissions,
            verdict: Verdict::Recreate,
        };
        let since = |policies: &[AccessPolicy], made| surroundings(policies, 1).hindrance_since(&item, made);
        assert_eq!(since(&[was], None), None);
        assert!(since(&[longer], None).is_some_and(|why| why.contains("changed since")));
        assert_eq!(since(&[made], Some("nb:pid:UUID:made")), None, "its own may be gone");
        assert!(since(&[], Some("nb:pid:UUID:made")).is_some_and(|why| why.contains("nb:pid:UUID:made is gone")));
    }
}
