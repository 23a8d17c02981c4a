//! Everything that can be known before anything is deleted: which locators there are, and which of them would come back.

use std::time::Duration;

use time::OffsetDateTime;

use crate::azure::media_v2::MediaV2;
use crate::domain::locator::order::{Item, Order, Verdict};
use crate::domain::locator::{ID_PREFIX, Locator, LocatorKind};
use crate::domain::problem::Problem;

use super::surroundings::Surroundings;

/// Which locators are meant.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Ids, or what follows `nb:lid:UUID:` in them; all if there are none.
    pub locators: Vec<String>,
    /// Ids of assets; all if there are none.
    pub assets: Vec<String>,
    /// Only those of assets that live in this storage account; what does not tell where it lives is taken along.
    pub storage_account: Option<String>,
    /// Only this type.
    pub kind: Option<LocatorKind>,
    /// Only those that expire before.
    pub expires_before: Option<OffsetDateTime>,
    /// Only those that expire after.
    pub expires_after: Option<OffsetDateTime>,
    /// Whether SAS locators are recreated, whose addresses change.
    pub include_sas: bool,
}

impl Selection {
    pub(super) fn names(&self, locator: &Locator) -> bool {
        let named = |wanted: &String| same_id(wanted, &locator.id);
        (self.locators.is_empty() || self.locators.iter().any(named))
            && (self.assets.is_empty() || self.assets.iter().any(|asset| same_id(asset, &locator.asset)))
            && self.kind.is_none_or(|kind| kind == locator.kind)
            && self.expires_before.is_none_or(|time| locator.expires < time)
            && self.expires_after.is_none_or(|time| locator.expires > time)
    }
}

/// Whether an id, or its last part alone, is this one.
pub(super) fn same_id(wanted: &str, id: &str) -> bool {
    wanted.eq_ignore_ascii_case(id) || id.rsplit(':').next().is_some_and(|last| wanted.eq_ignore_ascii_case(last))
}

/// How a run is to go.
#[derive(Clone, Debug)]
pub struct Manner {
    /// The media account, by name or id.
    pub account: String,
    /// The file that old and new addresses of SAS locators go to.
    pub address_file: Option<String>,
    /// On how many assets is worked at once.
    pub concurrency: usize,
}

/// Lists the locators, assets and access policies of an account, and judges every locator that is meant.
///
/// # Errors
/// As the lists; not found, for a locator that was named and is not of this account.
pub async fn survey(media: &MediaV2, selection: &Selection, manner: Manner, now: OffsetDateTime) -> Result<Order, Problem> {
    let listing = media.locators().await?;
    let surroundings = Surroundings::around(media, &listing.locators).await?;
    for wanted in &selection.locators {
        let there = listing.locators.iter().any(|listed| same_id(wanted, &listed.locator.id));
        if !there && !listing.others.iter().any(|(id, _)| same_id(wanted, id)) {
            return Err(Problem::not_found("noSuchLocator", format!("{} has no locator {wanted}", manner.account))
                .hint("list them with keyroll recreate-locators media-v2 --dry-run; a locator of another account cannot be recreated here"));
        }
    }
    let lives_there = |locator: &Locator| {
        let account = surroundings.storage_account(locator);
        selection.storage_account.as_deref().zip(account).is_none_or(|(wanted, account)| wanted.eq_ignore_ascii_case(account))
    };
    let meant = listing
        .locators
        .into_iter()
        .map(|listed| listed.locator)
        .filter(|locator| selection.names(locator) && lives_there(locator));
    let items = meant
        .map(|locator| {
            let why = judge(&locator, selection.include_sas, now).or_else(|| surroundings.hindrance(&locator));
            let verdict = why.map_or(Verdict::Recreate, |why| Verdict::Leave { why });
            let policy = surroundings.policy(&locator);
            let (duration, permissions) = policy.map_or((Duration::ZERO, 0), |policy| (policy.duration, policy.permissions));
            Item { locator, duration, permissions, verdict }
        })
        .collect();
    let Manner { account, address_file, concurrency } = manner;
    Ok(Order { account, endpoint: media.endpoint().to_string(), created: now, address_file, concurrency, items, streams: None })
}

/// Why a locator would not come back as it is whatever it hangs on, if so.
fn judge(locator: &Locator, include_sas: bool, now: OffsetDateTime) -> Option<String> {
    let origin = locator.kind == LocatorKind::OnDemandOrigin;
    let guid = locator
        .id
        .get(ID_PREFIX.len()..)
        .filter(|_| locator.id.to_ascii_lowercase().starts_with(&ID_PREFIX.to_ascii_lowercase()));
    let guid = guid.filter(|guid| guid.len() == 36 && guid.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-'));
    let Some(guid) = guid else { return Some("its id is not one that a new locator can be given".to_owned()) };
    if !origin && !include_sas {
        return Some("it is a SAS, whose address changes: --include-sas recreates it".to_owned());
    }
    if locator.has_expired(now) {
        return Some(format!("it expired on {}, and would not come back", locator.expires.date()));
    }
    let holds_id = |path: &String| path.to_ascii_lowercase().contains(&guid.to_ascii_lowercase());
    if origin && !locator.path.as_ref().is_some_and(holds_id) {
        return Some("its address does not hold its id, and would not come back".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::locator::tests::locator as sample;

    fn sound(kind: LocatorKind) -> Locator {
        let mut locator = sample(kind);
        locator.path = (kind == LocatorKind::OnDemandOrigin).then(|| "http://o/BE245661-2bbd-4fc6-b14f-9cf9a1492e5e/".to_owned());
        locator
    }

    #[test]
    fn whatever_would_not_come_back_is_left_with_its_reason() {
        let now = sound(LocatorKind::Sas).start.expect("a start") + time::Duration::days(1);
        let origin = sound(LocatorKind::OnDemandOrigin);
        let sas = sound(LocatorKind::Sas);
        assert_eq!(judge(&origin, false, now), None);
        assert_eq!(judge(&sas, true, now), None);
        let foreign = Locator { id: "lid-1".into(), ..origin.clone() };
        let moved = Locator { path: Some("http://o/vanity/".into()), ..origin.clone() };
        for (locator, now, part) in [
            (&foreign, now, "its id is not one"),
            (&sas, now, "--include-sas"),
            (&origin, origin.expires, "it expired on"),
            (&moved, now, "does not hold its id"),
        ] {
            let why = judge(locator, false, now).expect(part);
            assert!(why.contains(part), "{why}");
        }
    }

    #[test]
    fn filters_narrow_and_ids_may_be_given_by_their_last_part() {
        let origin = sound(LocatorKind::OnDemandOrigin);
        let all = Selection::default();
        assert!(all.names(&origin));
        assert!(Selection { locators: vec!["BE245661-2bbd-4fc6-b14f-9cf9a1492e5e".into()], ..all.clone() }.names(&origin));
        assert!(!Selection { locators: vec!["2e5e".into()], ..all.clone() }.names(&origin));
        assert!(!Selection { assets: vec!["nb:cid:UUID:b".into()], ..all.clone() }.names(&origin));
        assert!(!Selection { kind: Some(LocatorKind::Sas), ..all.clone() }.names(&origin));
        assert!(!Selection { expires_before: Some(origin.expires), ..all.clone() }.names(&origin));
        assert!(!Selection { expires_after: Some(origin.expires), ..all }.names(&origin));
    }
}
