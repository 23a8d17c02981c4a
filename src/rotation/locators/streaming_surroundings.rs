//! What streaming locators hang on, as it is at one moment: assets, streaming policies, content key policies, filters, and the places
//! that an asset has. Each is asked for once, however many locators name it.

use std::collections::{BTreeSet, HashMap};

use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::azure::streaming_locators::StreamingLocators;
use crate::domain::locator::Locator;
use crate::domain::locator::streaming::ContentKey;
use crate::domain::problem::{Kind, Problem};

/// How many locators an asset takes (Media Services quotas).
const PER_ASSET: usize = 100;
/// What a look at a content key policy takes.
const READS_KEY_POLICIES: &str = "Microsoft.Media/mediaservices/contentKeyPolicies/read";
/// What a look at a filter of the account takes.
const READS_ACCOUNT_FILTERS: &str = "Microsoft.Media/mediaservices/accountFilters/read";
/// What a look at a filter of an asset takes.
const READS_ASSET_FILTERS: &str = "Microsoft.Media/mediaservices/assets/assetFilters/read";

/// What a look for something came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    There,
    Gone,
    /// This sign-in may not look; it would need this action.
    Hidden(&'static str),
}

/// What the streaming locators of one account hang on.
#[derive(Debug, Default)]
pub(super) struct StreamingSurroundings {
    /// The labels that each streaming policy needs keys for; nothing where it is gone.
    policies: HashMap<String, Option<Vec<String>>>,
    /// Whether each asset is there.
    assets: HashMap<String, bool>,
    /// How many locators each asset has.
    on_asset: HashMap<String, usize>,
    key_policies: HashMap<String, Found>,
    account_filters: HashMap<String, Found>,
    /// By asset and name. Only of filters that the account does not have, as far as could be seen.
    asset_filters: HashMap<(String, String), Found>,
}

impl StreamingSurroundings {
    /// Reads what these locators hang on; `on_asset` is how many locators each asset has.
    ///
    /// # Errors
    /// As the reads. Where this sign-in may not look at content key policies or filters, that is no error: what names some is left.
    pub(super) async fn read(
        media: &StreamingLocators,
        on_asset: HashMap<String, usize>,
        meant: &[&Locator],
        concurrency: usize,
    ) -> Result<Self, Problem> {
        let policies = meant.iter().map(|locator| locator.policy.clone());
        let policies = each(policies, concurrency, async |name: &String| media.policy_labels(name).await).await?;
        let assets = meant.iter().map(|locator| locator.asset.clone());
        let assets = each(assets, concurrency, async |name: &String| media.has_asset(name).await).await?;
        let key_policies = meant.iter().filter_map(|locator| locator.streaming.as_ref()?.default_content_key_policy.clone());
        let key_policies = each(key_policies, concurrency, async |name: &String| {
            found(media.has_content_key_policy(name).await, READS_KEY_POLICIES)
        })
        .await?;
        let filters =
            || meant.iter().flat_map(|locator| filters(locator).iter().map(|name| (locator.asset.clone(), name.clone())));
        let account_filters = each(filters().map(|(_, name)| name), concurrency, async |name: &String| {
            found(media.has_account_filter(name).await, READS_ACCOUNT_FILTERS)
        })
        .await?;
        let of_assets = filters().filter(|(_, name)| account_filters.get(name) != Some(&Found::There));
        let asset_filters = each(of_assets, concurrency, async |(asset, name): &(String, String)| {
            found(media.has_asset_filter(asset, name).await, READS_ASSET_FILTERS)
        })
        .await?;
        Ok(Self { policies, assets, on_asset, key_policies, account_filters, asset_filters })
    }

    /// Why a locator could not be made again on its asset, with its policies, filters and content keys, if so.
    pub(super) fn hindrance(&self, locator: &Locator) -> Option<String> {
        self.gone(locator).or_else(|| self.unseen(locator)).or_else(|| self.full(locator)).or_else(|| self.mislabelled(locator))
    }

    /// What a locator names that is certainly not there any more, if something is.
    pub(super) fn gone(&self, locator: &Locator) -> Option<String> {
        if self.assets.get(&locator.asset) != Some(&true) {
            return Some(format!("its asset {} is gone", locator.asset));
        }
        if !matches!(self.policies.get(&locator.policy), Some(Some(_))) {
            return Some(format!("its streaming policy {} is gone", locator.policy));
        }
        if let Some(policy) = key_policy(locator).filter(|policy| self.key_policies.get(*policy) == Some(&Found::Gone)) {
            return Some(format!("its content key policy {policy} is gone"));
        }
        let gone = filters(locator).iter().find(|name| self.filter(&locator.asset, name) == Found::Gone)?;
        Some(format!("its filter {gone} is gone"))
    }

    /// What a locator names that nobody could look for, with the permission that is missing.
    fn unseen(&self, locator: &Locator) -> Option<String> {
        let lacks = |what: String, action: &str| format!("{what} is there cannot be seen: this sign-in lacks {action}");
        if let Some(policy) = key_policy(locator)
            && let Some(Found::Hidden(action)) = self.key_policies.get(policy)
        {
            return Some(lacks(format!("whether its content key policy {policy}"), action));
        }
        filters(locator).iter().find_map(|name| match self.filter(&locator.asset, name) {
            Found::Hidden(action) => Some(lacks(format!("whether its filter {name}"), action)),
            Found::There | Found::Gone => None,
        })
    }

    /// A filter is looked for in the account and then on the asset. Only what is in neither is gone.
    fn filter(&self, asset: &str, name: &str) -> Found {
        let of_account = self.account_filters.get(name).copied().unwrap_or(Found::Gone);
        let of_asset = self.asset_filters.get(&(asset.to_owned(), name.to_owned())).copied().unwrap_or(Found::Gone);
        match (of_account, of_asset) {
            (Found::There, _) | (_, Found::There) => Found::There,
            (Found::Hidden(action), _) | (_, Found::Hidden(action)) => Found::Hidden(action),
            (Found::Gone, Found::Gone) => Found::Gone,
        }
    }

    fn full(&self, locator: &Locator) -> Option<String> {
        let count = self.on_asset.get(&locator.asset).filter(|count| **count > PER_ASSET)?;
        Some(format!("its asset has {count} locators, and takes {PER_ASSET} when one is made"))
    }

    fn mislabelled(&self, locator: &Locator) -> Option<String> {
        let labels = self.policies.get(&locator.policy)?.as_ref()?;
        let keys = locator.content_keys();
        let label = |key: &ContentKey| key.label.clone().unwrap_or_default();
        if let Some(key) = keys.iter().find(|key| !labels.contains(&label(key))) {
            let label = label(key);
            return Some(format!("its content key {} is labelled {label:?}, which its streaming policy does not know", key.id));
        }
        // The service would make one of its own, and no player could show what was encrypted with the old one.
        let missing = labels.iter().find(|wanted| !keys.iter().any(|key| key.label.as_ref() == Some(*wanted)))?;
        Some(format!("it has no content key labelled {missing:?}, which its streaming policy needs"))
    }
}

/// Asks for each of these names once.
async fn each<K, V>(
    names: impl Iterator<Item = K>,
    concurrency: usize,
    ask: impl AsyncFn(&K) -> Result<V, Problem>,
) -> Result<HashMap<K, V>, Problem>
where
    K: Ord + std::hash::Hash,
{
    let names: BTreeSet<K> = names.collect();
    let ask = &ask;
    let asked = stream::iter(names).map(|name| async move { ask(&name).await.map(|told| (name, told)) });
    asked.buffered(concurrency.max(1)).try_collect().await
}

fn found(there: Result<bool, Problem>, action: &'static str) -> Result<Found, Problem> {
    match there {
        Ok(true) => Ok(Found::There),
        Ok(false) => Ok(Found::Gone),
        Err(problem) if problem.kind == Kind::Permission && problem.http_status == Some(403) => Ok(Found::Hidden(action)),
        Err(problem) => Err(problem),
    }
}

fn key_policy(locator: &Locator) -> Option<&str> {
    locator.streaming.as_ref()?.default_content_key_policy.as_deref()
}

fn filters(locator: &Locator) -> &[String] {
    locator.streaming.as_ref().map_or(&[], |streaming| &streaming.filters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::locator::LocatorKind;
    use crate::domain::locator::streaming::Streaming;

    fn premiere() -> Locator {
        let streaming = Streaming {
            default_content_key_policy: Some("licences".into()),
            filters: vec!["mobile".into()],
            content_keys: vec![ContentKey { id: "k1".into(), label: Some("cenc".into()), value: None, sealed: None }],
            ..Streaming::default()
        };
        Locator {
            kind: LocatorKind::Streaming,
            asset: "film".into(),
            policy: "drm".into(),
            path: None,
            streaming: Some(Box::new(streaming)),
            ..crate::domain::locator::tests::locator(LocatorKind::OnDemandOrigin)
        }
    }

    fn sound() -> StreamingSurroundings {
        StreamingSurroundings {
            policies: [("drm".into(), Some(vec!["cenc".into()]))].into(),
            assets: [("film".into(), true)].into(),
            on_asset: [("film".into(), 100)].into(),
            key_policies: [("licences".into(), Found::There)].into(),
            account_filters: [("mobile".into(), Found::There)].into(),
            asset_filters: HashMap::new(),
        }
    }

    /// The account lacks the filter; this is what the look at the asset came to.
    fn on_the_asset(account: Found, asset: Found) -> StreamingSurroundings {
        StreamingSurroundings {
            account_filters: [("mobile".into(), account)].into(),
            asset_filters: [(("film".into(), "mobile".into()), asset)].into(),
            ..sound()
        }
    }

    #[test]
    fn whatever_a_locator_would_miss_is_told() {
        let labels = |labels: &[&str]| StreamingSurroundings {
            policies: [("drm".into(), Some(labels.iter().map(ToString::to_string).collect()))].into(),
            ..sound()
        };
        assert_eq!(sound().hindrance(&premiere()), None);
        assert_eq!(on_the_asset(Found::Gone, Found::There).hindrance(&premiere()), None);
        assert_eq!(on_the_asset(Found::Hidden(READS_ACCOUNT_FILTERS), Found::There).hindrance(&premiere()), None);
        for (surroundings, part) in [
            (StreamingSurroundings { assets: [("film".into(), false)].into(), ..sound() }, "its asset film is gone"),
            (StreamingSurroundings { policies: [("drm".into(), None)].into(), ..sound() }, "its streaming policy drm is gone"),
            (StreamingSurroundings { on_asset: [("film".into(), 101)].into(), ..sound() }, "has 101 locators"),
            (
                StreamingSurroundings { key_policies: [("licences".into(), Found::Gone)].into(), ..sound() },
                "its content key policy licences is gone",
            ),
            (
                StreamingSurroundings {
                    key_policies: [("licences".into(), Found::Hidden(READS_KEY_POLICIES))].into(),
                    ..sound()
                },
                "this sign-in lacks Microsoft.Media/mediaservices/contentKeyPolicies/read",
            ),
            (on_the_asset(Found::Gone, Found::Gone), "its filter mobile is gone"),
            (
                on_the_asset(Found::Hidden(READS_ACCOUNT_FILTERS), Found::Gone),
                "lacks Microsoft.Media/mediaservices/accountFilters/read",
            ),
            (on_the_asset(Found::Gone, Found::Hidden(READS_ASSET_FILTERS)), "mediaservices/assets/assetFilters/read"),
            (labels(&["cbcs"]), "does not know"),
            (labels(&["cenc", "cbcs"]), "no content key labelled \"cbcs\""),
        ] {
            let why = surroundings.hindrance(&premiere()).expect(part);
            assert!(why.contains(part), "{why}");
        }
    }

    #[test]
    fn only_what_is_certain_is_gone() {
        assert!(on_the_asset(Found::Gone, Found::Gone).gone(&premiere()).is_some());
        for unsure in [Found::Hidden(READS_ASSET_FILTERS), Found::There] {
            assert_eq!(on_the_asset(Found::Gone, unsure).gone(&premiere()), None);
        }
    }
}
