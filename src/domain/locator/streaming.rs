//! What a streaming locator of AMS v3 has beside what every locator has, its content keys above all.

use std::fmt;

use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::seal::Sealed;

/// How far apart two times may be and still be the same: services round what they store (API dossier, trap 15).
pub(super) const TOLERANCE: time::Duration = time::Duration::milliseconds(100);

/// What only streaming locators have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Streaming {
    /// The id that its addresses hold, which a new one may be given.
    pub streaming_locator_id: String,
    /// The content key policy of keys that name none themselves.
    pub default_content_key_policy: Option<String>,
    /// An id for the media in place of the locator's.
    pub alternative_media_id: Option<String>,
    /// The names of its filters.
    pub filters: Vec<String>,
    /// Its content keys.
    pub content_keys: Vec<ContentKey>,
    /// When it was made: a new one under the same name is told from it by that alone.
    pub created: Option<OffsetDateTime>,
}

/// A content key: what a player needs to show the media.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentKey {
    /// Its id, unique in the account.
    pub id: String,
    /// The label of the streaming policy that it is for.
    pub label: Option<String>,
    /// The key itself, where it is known.
    pub value: Option<ContentKeyValue>,
    /// The key as a journal holds it.
    pub sealed: Option<Sealed>,
}

/// The value of a content key in base64, as it travels. Never printed, never serialised, wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct ContentKeyValue(Zeroizing<String>);

impl ContentKeyValue {
    /// Takes a value as the service tells it.
    #[must_use]
    pub fn new(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// The text, for a request body or for sealing. Call it nowhere else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ContentKeyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContentKeyValue")
    }
}

impl Streaming {
    /// The members in which `other` differs, in words. A content key whose value is not known here may have any there.
    pub(super) fn differing(&self, other: &Self) -> Vec<&'static str> {
        let sorted = |filters: &[String]| {
            let mut filters = filters.to_vec();
            filters.sort();
            filters
        };
        let members = [
            ("streaming locator id", self.streaming_locator_id.eq_ignore_ascii_case(&other.streaming_locator_id)),
            ("content key policy", self.default_content_key_policy == other.default_content_key_policy),
            ("alternative media id", self.alternative_media_id == other.alternative_media_id),
            ("filters", sorted(&self.filters) == sorted(&other.filters)),
            ("content keys", self.has_the_keys_of(other)),
        ];
        members.into_iter().filter(|(_, same)| !same).map(|(name, _)| name).collect()
    }

    /// The service lists keys in any order.
    fn has_the_keys_of(&self, other: &Self) -> bool {
        self.content_keys.len() == other.content_keys.len()
            && self.content_keys.iter().all(|key| other.content_keys.iter().any(|its| key.is_fulfilled_by(its)))
    }

    /// Whether `other` was certainly made after this one; nothing where the service did not say.
    #[must_use]
    pub fn is_older_than(&self, other: &Self) -> Option<bool> {
        Some(other.created? > self.created?)
    }

    /// The same with other ids for its content keys, each pair an id and the one that takes its place.
    #[must_use]
    pub fn with_key_ids(&self, chosen: &[(String, String)]) -> Self {
        let mut same = self.clone();
        for key in &mut same.content_keys {
            if let Some((_, new)) = chosen.iter().find(|(old, _)| old.eq_ignore_ascii_case(&key.id)) {
                key.id.clone_from(new);
            }
        }
        same
    }
}

impl ContentKey {
    fn is_fulfilled_by(&self, other: &Self) -> bool {
        self.id.eq_ignore_ascii_case(&other.id)
            && self.label.as_deref().unwrap_or_default() == other.label.as_deref().unwrap_or_default()
            && (self.value.is_none() || self.value == other.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str, value: Option<&str>) -> ContentKey {
        let value = value.map(|value| ContentKeyValue::new(Zeroizing::new(value.to_owned())));
        ContentKey { id: id.into(), label: Some("cencKeyDefault".into()), value, sealed: None }
    }

    fn streaming() -> Streaming {
        Streaming {
            streaming_locator_id: "88888888-0000-4000-8000-00000000000a".into(),
            filters: vec!["a".into(), "b".into()],
            content_keys: vec![key("k1", Some("AA==")), key("k2", Some("BB=="))],
            created: Some(OffsetDateTime::UNIX_EPOCH),
            ..Streaming::default()
        }
    }

    #[test]
    fn every_member_makes_a_difference_and_their_order_makes_none() {
        let one = streaming();
        let changed = |change: fn(&mut Streaming)| {
            let mut other = streaming();
            change(&mut other);
            one.differing(&other)
        };
        assert!(changed(|_| {}).is_empty());
        assert!(changed(|it| it.filters.reverse()).is_empty() && changed(|it| it.content_keys.reverse()).is_empty());
        assert!(changed(|it| it.created = None).is_empty());
        assert!(changed(|it| it.streaming_locator_id.make_ascii_uppercase()).is_empty());
        assert_eq!(changed(|it| it.streaming_locator_id.push('x')), ["streaming locator id"]);
        assert_eq!(changed(|it| it.default_content_key_policy = Some("p".into())), ["content key policy"]);
        assert_eq!(changed(|it| it.alternative_media_id = Some("m".into())), ["alternative media id"]);
        assert_eq!(changed(|it| it.filters.truncate(1)), ["filters"]);
        for change in [
            (|it: &mut Streaming| it.content_keys[0].id.push('x')) as fn(&mut Streaming),
            |it| it.content_keys[0].label = None,
            |it| it.content_keys[0].value = None,
            |it| it.content_keys.truncate(1),
            |it| it.content_keys[1] = key("k2", Some("CC==")),
        ] {
            assert_eq!(changed(change), ["content keys"]);
        }
    }

    #[test]
    fn a_value_that_is_not_known_demands_none() {
        let mut unknown = streaming();
        unknown.content_keys[0].value = None;
        assert!(unknown.differing(&streaming()).is_empty());
    }

    #[test]
    fn values_show_themselves_to_nobody_and_new_ids_take_their_place() {
        assert!(!format!("{:?}", streaming()).contains("AA=="));
        let renamed = streaming().with_key_ids(&[("K1".into(), "k9".into())]);
        assert_eq!(renamed.content_keys.iter().map(|key| key.id.as_str()).collect::<Vec<_>>(), ["k9", "k2"]);
        let later = Streaming { created: Some(OffsetDateTime::UNIX_EPOCH + TOLERANCE), ..streaming() };
        assert_eq!((streaming().is_older_than(&later), later.is_older_than(&streaming())), (Some(true), Some(false)));
        assert_eq!(Streaming::default().is_older_than(&later), None);
    }
}
