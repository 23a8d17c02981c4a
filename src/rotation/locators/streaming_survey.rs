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
use crate::domain::problem::Problem;

use super::streaming_surroundings::StreamingSurroundings;
use super::survey::{Manner, Selection, same_id};

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
    let mut on_asset = HashMap::new();
    for locator in &listed {
        *on_asset.entry(locator.asset.clone()).or_default() += 1;
    }
    let meant = listed.into_iter().filter(|locator| selection.names(locator));
    let judged: Vec<(Locator, Option<String>)> =
        stream::iter(meant).map(|locator| judged(media, locator, now)).buffered(manner.concurrency.max(1)).try_collect().await?;
    let sound: Vec<&Locator> = judged.iter().filter(|(_, why)| why.is_none()).map(|(locator, _)| locator).collect();
    let surroundings = StreamingSurroundings::read(media, on_asset, &sound, manner.concurrency).await?;
    let item = |(locator, why): (Locator, Option<String>)| {
        let why = why.or_else(|| surroundings.hindrance(&locator));
        let verdict = why.map_or(Verdict::Recreate, |why| Verdict::Leave { why });
        Item { locator, duration: std::time::Duration::ZERO, permissions: 0, verdict }
    };
    let items = judged.into_iter().map(item).collect();
    let Manner { account, address_file, concurrency } = manner;
    let endpoint = media.account().to_string();
    Ok(Order { account, endpoint, created: now, address_file, concurrency, items, streams: None })
}

/// The locator, complete but for the values of its content keys, and why it would not come back whatever it hangs on, if so.
async fn judged(media: &StreamingLocators, listed: Locator, now: OffsetDateTime) -> Result<(Locator, Option<String>), Problem> {
    let (mut locator, why) = match media.complete(&listed.id).await {
        Ok(Some(locator)) => {
            let why = judge(&locator, now);
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
    Ok((locator, why))
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
    use crate::domain::locator::streaming::{ContentKey, ContentKeyValue, Streaming};

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
        let now = premiere().expires - time::Duration::days(1);
        assert_eq!(judge(&premiere(), now), None);
        let changed = |change: fn(&mut Streaming)| {
            let mut locator = premiere();
            change(locator.streaming.as_mut().expect("streams"));
            locator
        };
        for (locator, now, part) in [
            (changed(|it| it.streaming_locator_id = "x".into()), now, "its id is not one"),
            (premiere(), premiere().expires, "it expired on"),
            (changed(|it| it.content_keys[0].value = None), now, "does not tell its content key k1"),
        ] {
            let why = judge(&locator, now).expect(part);
            assert!(why.contains(part), "{why}");
        }
    }
}
