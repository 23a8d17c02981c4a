//! Locators of AMS v2 and v3: what makes one, when two are the same, and what they hang on.

pub mod away;
pub mod event;
pub mod order;
pub mod report;
pub mod seal;
pub mod streaming;

use std::time::Duration;

use time::OffsetDateTime;

use self::streaming::{Streaming, TOLERANCE};

/// What begins the id of every locator of AMS v2.
pub const ID_PREFIX: &str = "nb:lid:UUID:";

/// The kinds of locators: of AMS v2 the two that its `Type` tells apart, and those of AMS v3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LocatorKind {
    /// A signed address of the asset's container (1). Its path and signature change whenever it is made.
    Sas,
    /// A streaming address at the origin (2). Its path holds the locator's id and nothing else.
    OnDemandOrigin,
    /// A streaming locator of AMS v3. Its paths hold its streaming locator id.
    Streaming,
}

impl LocatorKind {
    /// The name in contracts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sas => "sas",
            Self::OnDemandOrigin => "onDemandOrigin",
            Self::Streaming => "streaming",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Sas, Self::OnDemandOrigin, Self::Streaming].into_iter().find(|kind| kind.name() == name)
    }
}

/// A locator, complete enough to be made again. The address of a SAS locator is a secret and not in here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locator {
    /// `nb:lid:UUID:…`; of AMS v3 its name.
    pub id: String,
    /// Its name, where it has one beside its id.
    pub name: Option<String>,
    /// What it is.
    pub kind: LocatorKind,
    /// The id of its asset; of AMS v3 the asset's name.
    pub asset: String,
    /// The id of its access policy; of AMS v3 the name of its streaming policy.
    pub policy: String,
    /// From when it works; from its creation, if that is not said.
    pub start: Option<OffsetDateTime>,
    /// Until when it works.
    pub expires: OffsetDateTime,
    /// The streaming address of an origin locator.
    pub path: Option<String>,
    /// What only a streaming locator of AMS v3 has.
    pub streaming: Option<Box<Streaming>>,
}

/// How two locators of one id differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Not at all.
    None,
    /// Only in start or expiry, which can be put right.
    Times,
    /// In these members.
    Members(Vec<&'static str>),
}

impl Locator {
    /// How `other` differs from this one. Of a SAS locator, address and signature change by nature and are not compared; one
    /// without a start is made again with the start that gives it the same expiry.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Difference {
        let members = [
            ("id", self.id.eq_ignore_ascii_case(&other.id)),
            ("name", self.name.as_deref().unwrap_or_default() == other.name.as_deref().unwrap_or_default()),
            ("type", self.kind == other.kind),
            ("asset", self.asset.eq_ignore_ascii_case(&other.asset)),
            ("policy", self.policy.eq_ignore_ascii_case(&other.policy)),
            ("path", self.kind == LocatorKind::Sas || self.path == other.path),
        ];
        let mut different: Vec<&'static str> = members.into_iter().filter(|(_, same)| !same).map(|(name, _)| name).collect();
        if let (Some(mine), Some(its)) = (&self.streaming, &other.streaming) {
            different.extend(mine.differing(its));
        }
        if !different.is_empty() {
            return Difference::Members(different);
        }
        let starts_alike = match (self.start, other.start) {
            (None, None) => true,
            (None, Some(_)) => self.kind == LocatorKind::Sas,
            (Some(one), Some(two)) => near(one, two),
            (Some(_), None) => false,
        };
        if starts_alike && near(self.expires, other.expires) { Difference::None } else { Difference::Times }
    }

    /// Its content keys; none but for streaming locators that need them.
    #[must_use]
    pub fn content_keys(&self) -> &[streaming::ContentKey] {
        self.streaming.as_ref().map_or(&[], |streaming| &streaming.content_keys)
    }

    /// Whether it works until the end of the year 9999, which the service writes for "for ever" with more or fewer digits. Another
    /// time in that year is one that somebody chose.
    #[must_use]
    pub fn is_for_ever(&self) -> bool {
        let end = time::Date::MAX.with_time(time::Time::MAX).assume_utc();
        end - self.expires < time::Duration::SECOND
    }

    /// Whether its expiry lies in the past.
    #[must_use]
    pub fn has_expired(&self, now: OffsetDateTime) -> bool {
        self.expires <= now
    }

    /// Whether a policy of this duration gives another expiry than it has. Without a start, the service counts from the
    /// creation, so that a new one never has the same.
    #[must_use]
    pub fn is_moved_by(&self, duration: Duration) -> bool {
        let given = self.start.and_then(|start| start.checked_add(time::Duration::try_from(duration).ok()?));
        given.is_none_or(|given| !near(given, self.expires))
    }
}

fn near(one: OffsetDateTime, two: OffsetDateTime) -> bool {
    (one - two).abs() <= TOLERANCE
}

/// An access policy: how long, and what for.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessPolicy {
    /// `nb:pid:UUID:…`.
    pub id: String,
    /// How long a locator with it works, from its start.
    pub duration: Duration,
    /// 1 read, 2 write, 4 delete, 8 list, added up.
    pub permissions: u32,
}

impl AccessPolicy {
    /// Whether an origin locator may be made with it: it must not allow to write or delete.
    #[must_use]
    pub fn fits_an_origin(&self) -> bool {
        self.permissions & (2 | 4) == 0
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn locator(kind: LocatorKind) -> Locator {
        let start = OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_000);
        Locator {
            id: format!("{ID_PREFIX}be245661-2bbd-4fc6-b14f-9cf9a1492e5e"),
            name: Some("film".into()),
            kind,
            asset: "nb:cid:UUID:a".into(),
            policy: "nb:pid:UUID:p".into(),
            start: Some(start),
            expires: start + time::Duration::days(30),
            path: (kind == LocatorKind::OnDemandOrigin).then(|| "http://o/be245661/".into()),
            streaming: None,
        }
    }

    #[test]
    fn every_member_makes_a_difference_and_rounded_times_make_none() {
        let one = locator(LocatorKind::OnDemandOrigin);
        let changed = |change: fn(&mut Locator)| {
            let mut other = one.clone();
            change(&mut other);
            one.difference(&other)
        };
        assert_eq!(changed(|_| {}), Difference::None);
        assert_eq!(changed(|other| other.id.make_ascii_uppercase()), Difference::None);
        assert_eq!(changed(|other| other.expires += time::Duration::milliseconds(3)), Difference::None);
        assert_eq!(changed(|other| other.expires += time::Duration::seconds(1)), Difference::Times);
        assert_eq!(changed(|other| other.start = None), Difference::Times);
        assert_eq!(changed(|other| other.name = None), Difference::Members(vec!["name"]));
        assert_eq!(changed(|other| other.asset.push('x')), Difference::Members(vec!["asset"]));
        assert_eq!(changed(|other| other.policy.push('x')), Difference::Members(vec!["policy"]));
        assert_eq!(changed(|other| other.path = None), Difference::Members(vec!["path"]));
        let other_kind = |other: &mut Locator| (other.kind, other.path) = (LocatorKind::Sas, None);
        assert_eq!(changed(other_kind), Difference::Members(vec!["type", "path"]));
    }

    #[test]
    fn the_address_of_a_sas_makes_no_difference() {
        let one = locator(LocatorKind::Sas);
        let other = Locator { path: Some("https://elsewhere".into()), ..one.clone() };
        assert_eq!(one.difference(&other), Difference::None);
    }

    #[test]
    fn a_policy_that_gives_another_expiry_is_seen() {
        let one = locator(LocatorKind::OnDemandOrigin);
        assert!(!one.is_moved_by(Duration::from_secs(30 * 86_400)));
        assert!(one.is_moved_by(Duration::from_secs(31 * 86_400)));
        assert!(Locator { start: None, ..one }.is_moved_by(Duration::from_secs(30 * 86_400)));
    }

    #[test]
    fn an_origin_only_reads() {
        let policy = |permissions| AccessPolicy { id: String::new(), duration: Duration::ZERO, permissions };
        assert!(policy(1).fits_an_origin() && policy(9).fits_an_origin());
        assert!(!policy(3).fits_an_origin() && !policy(5).fits_an_origin());
    }
}
