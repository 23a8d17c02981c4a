//! Everything that can be known of streaming locators of AMS v3 before one is deleted.
//!
//! The list tells which there are and nothing more: it hides content keys (API dossier, trap 3). Each locator is read by itself,
//! with its keys.

use std::collections::HashMap;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use time::OffsetDateTime;

use crate::azure::streaming_locators::StreamingLocators;
use crate::domain::locator::Locator;
use crate::domain::locator::order::{Item, Order, Verdict};
use crate::domain::locator::streaming::ContentKey;
use crate::domain::problem::Problem;

use super::survey::{Manner, Selection, same_id};

/// How many locators an asset takes (Media Services quotas).
const PER_ASSET: usize = 100;

/// Lists the streaming locators of an account, and reads and judges every one that is meant.
///
/// # Errors
/// As the reads; not found, for a locator that was named and is not of this account.
pub async fn survey(
    media: &StreamingLocators,
    selection: &Selection,
    manner: Manner,
    now: OffsetDateTime,
) -> Result<Order, Problem> {
    let listed = media.list().await?;
    for wanted in &selection.locators {
        if !listed.iter().any(|locator| same_id(wanted, &locator.id)) {
            return Err(Problem::not_found("noSuchLocator", format!("{} has no streaming locator {wanted}", manner.account))
                .hint("list them with keyroll recreate-locators media --dry-run; those of AMS v2 alone are for recreate-locators media-v2"));
        }
    }
    let meant: Vec<&Locator> = listed.iter().filter(|locator| selection.names(locator)).collect();
    let around = &Around::read(media, &listed, &meant, manner.concurrency).await?;
    let items = stream::iter(meant)
        .map(|locator| item(media, locator.clone(), around, now))
        .buffered(manner.concurrency.max(1))
        .try_collect()
        .await?;
    let Manner { account, address_file, concurrency } = manner;
    let endpoint = media.account().to_string();
    Ok(Order { account, endpoint, created: now, address_file, concurrency, items, streams: None })
}

/// What locators hang on, as it was at one moment.
#[derive(Debug)]
pub(super) struct Around {
    /// The labels that each streaming policy needs keys for; nothing where it is gone.
    policies: HashMap<String, Option<Vec<String>>>,
    /// Whether each asset is there.
    assets: HashMap<String, bool>,
    /// How many locators each asset has.
    on_asset: HashMap<String, usize>,
}

impl Around {
    /// Reads what these locators hang on; `listed` are all of the account.
    ///
    /// # Errors
    /// As the reads.
    pub(super) async fn read(
        media: &StreamingLocators,
        listed: &[Locator],
        meant: &[&Locator],
        concurrency: usize,
    ) -> Result<Self, Problem> {
        let each = |name: fn(&Locator) -> &String| {
            let mut names: Vec<String> = meant.iter().map(|locator| name(locator)).cloned().collect();
            names.sort();
            names.dedup();
            names
        };
        let policies = stream::iter(each(|locator| &locator.policy))
            .map(|name| async move { media.policy_labels(&name).await.map(|labels| (name, labels)) })
            .buffered(concurrency.max(1))
            .try_collect()
            .await?;
        let assets = stream::iter(each(|locator| &locator.asset))
            .map(|name| async move { media.has_asset(&name).await.map(|there| (name, there)) })
            .buffered(concurrency.max(1))
            .try_collect()
            .await?;
        let mut on_asset = HashMap::new();
        for locator in listed {
            *on_asset.entry(locator.asset.clone()).or_default() += 1;
        }
        Ok(Self { policies, assets, on_asset })
    }

    /// Why a locator could not be made again on its asset, with its policy and its content keys, if so.
    pub(super) fn hindrance(&self, locator: &Locator) -> Option<String> {
        if self.assets.get(&locator.asset) != Some(&true) {
            return Some(format!("its asset {} is gone", locator.asset));
        }
        let Some(Some(labels)) = self.policies.get(&locator.policy) else {
            return Some(format!("its streaming policy {} is gone", locator.policy));
        };
        if let Some(count) = self.on_asset.get(&locator.asset).filter(|count| **count > PER_ASSET) {
            return Some(format!("its asset has {count} locators, and takes {PER_ASSET} when one is made"));
        }
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

async fn item(media: &StreamingLocators, listed: Locator, around: &Around, now: OffsetDateTime) -> Result<Item, Problem> {
    let (mut locator, why) = match media.complete(&listed.id).await {
        Ok(Some(locator)) => {
            let why = judge(&locator, now).or_else(|| around.hindrance(&locator));
            (locator, why)
        }
        Ok(None) => (listed, Some("it is gone".to_owned())),
        Err(problem) if problem.code == "contentKeysHidden" => (listed, Some(problem.message)),
        Err(problem) => return Err(problem),
    };
    // The values are read again directly before the delete: nothing holds those of all locators at once.
    for key in locator.streaming.iter_mut().flat_map(|streaming| &mut streaming.content_keys) {
        key.value = None;
    }
    let verdict = why.map_or(Verdict::Recreate, |why| Verdict::Leave { why });
    Ok(Item { locator, duration: std::time::Duration::ZERO, permissions: 0, verdict })
}

/// Why a locator would not come back as it is whatever it hangs on, if so.
fn judge(locator: &Locator, now: OffsetDateTime) -> Option<String> {
    let streaming = locator.streaming.as_ref()?;
    let id = &streaming.streaming_locator_id;
    if id.len() != 36 || !id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
        return Some("its id is not one that a new locator can be given".to_owned());
    }
    if locator.has_expired(now) {
        return Some(format!("it expired on {}, and nobody streams through it", locator.expires.date()));
    }
    let hidden = streaming.content_keys.iter().find(|key| key.value.is_none())?;
    Some(format!("the service does not tell its content key {}", hidden.id))
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::domain::locator::LocatorKind;
    use crate::domain::locator::streaming::{ContentKeyValue, Streaming};

    fn premiere() -> Locator {
        let value = Some(ContentKeyValue::new(Zeroizing::new("AA==".into())));
        let streaming = Streaming {
            streaming_locator_id: "88888888-0000-4000-8000-000000000001".into(),
            content_keys: vec![ContentKey { id: "k1".into(), label: Some("cenc".into()), value, sealed: None }],
            ..Streaming::default()
        };
        Locator {
            name: None,
            kind: LocatorKind::Streaming,
            asset: "film".into(),
            policy: "drm".into(),
            path: None,
            streaming: Some(Box::new(streaming)),
            ..crate::domain::locator::tests::locator(LocatorKind::OnDemandOrigin)
        }
    }

    #[test]
    fn whatever_would_not_come_back_is_left_with_its_reason() {
        let around = |labels: Option<&[&str]>, there, on_asset| Around {
            policies: HashMap::from([("drm".to_owned(), labels.map(|labels| labels.iter().map(ToString::to_string).collect()))]),
            assets: HashMap::from([("film".to_owned(), there)]),
            on_asset: HashMap::from([("film".to_owned(), on_asset)]),
        };
        let known = || around(Some(&["cenc"]), true, 100);
        let now = premiere().expires - time::Duration::days(1);
        assert_eq!(judge(&premiere(), now).or_else(|| known().hindrance(&premiere())), None);
        let changed = |change: fn(&mut Streaming)| {
            let mut locator = premiere();
            change(locator.streaming.as_mut().expect("streams"));
            locator
        };
        for (locator, now, around, part) in [
            (changed(|it| it.streaming_locator_id = "x".into()), now, known(), "its id is not one"),
            (premiere(), premiere().expires, known(), "it expired on"),
            (premiere(), now, around(Some(&["cenc"]), false, 1), "its asset film is gone"),
            (premiere(), now, around(None, true, 1), "its streaming policy drm is gone"),
            (premiere(), now, around(Some(&["cenc"]), true, 101), "has 101 locators"),
            (changed(|it| it.content_keys[0].value = None), now, known(), "does not tell its content key k1"),
            (changed(|it| it.content_keys[0].label = None), now, known(), "does not know"),
            (premiere(), now, around(Some(&["cbcs"]), true, 1), "does not know"),
            (premiere(), now, around(Some(&["cenc", "cbcs"]), true, 1), "no content key labelled \"cbcs\""),
            (changed(|it| it.content_keys.clear()), now, known(), "no content key labelled \"cenc\""),
        ] {
            let why = judge(&locator, now).or_else(|| around.hindrance(&locator)).expect(part);
            assert!(why.contains(part), "{why}");
        }
    }
}
