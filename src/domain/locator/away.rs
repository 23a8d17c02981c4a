//! How long a locator was away: deleted, and not made again yet, as the journal tells it.

use std::time::Duration;

use time::OffsetDateTime;

use super::event::Deed;

/// When a locator was away last; whoever looked it up in that time did not find it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Away {
    /// When its delete was about to be sent; nothing when it never was away.
    pub since: Option<OffsetDateTime>,
    /// When it was known to be back.
    pub until: Option<OffsetDateTime>,
}

impl Away {
    /// Takes in a deed. `deletes` is how many deletes of the locator may have happened by then.
    pub fn apply(&mut self, deed: &Deed, now: OffsetDateTime, deletes: u32) {
        match deed {
            Deed::DeleteIntent => *self = Self { since: Some(now), until: None },
            Deed::CreateIntent => self.until = None,
            Deed::Created | Deed::Restored { .. } => self.until = self.until.or(self.since.map(|_| now)),
            // It was there all the time.
            Deed::Snapshot(_) | Deed::Left { .. } if self.until.is_none() => self.since = None,
            Deed::NotDone { .. } if deletes == 0 => *self = Self::default(),
            _ => {}
        }
    }

    /// How long, if it was away and is back.
    #[must_use]
    pub fn lasted(&self) -> Option<Duration> {
        Duration::try_from(self.until? - self.since?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(deeds: &[(i64, Deed, u32)]) -> Away {
        let mut away = Away::default();
        for (second, deed, deletes) in deeds {
            away.apply(deed, OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(*second), *deletes);
        }
        away
    }

    #[test]
    fn it_counts_from_the_delete_until_it_is_known_to_be_back() {
        let away = after(&[(1, Deed::DeleteIntent, 1), (2, Deed::Deleted { seen_later: false }, 1)]);
        assert!(away.since.is_some() && away.lasted().is_none(), "{away:?}");
        let rest = [(3, Deed::CreateIntent, 1), (5, Deed::Created, 1), (6, Deed::Restored { how: String::new() }, 1)];
        let back = after(&[&[(1, Deed::DeleteIntent, 1)], rest.as_slice()].concat());
        assert_eq!(back.lasted(), Some(Duration::from_secs(4)));
        let unheard =
            after(&[(1, Deed::DeleteIntent, 1), (3, Deed::CreateIntent, 1), (9, Deed::Restored { how: String::new() }, 1)]);
        assert_eq!(unheard.lasted(), Some(Duration::from_secs(8)), "the answer to its creation was lost");
    }

    #[test]
    fn a_delete_that_did_not_happen_takes_nothing_away() {
        let refused = Deed::NotDone { why: "403".into() };
        assert_eq!(after(&[(1, Deed::DeleteIntent, 1), (2, refused.clone(), 0)]), Away::default());
        assert_eq!(after(&[(1, Deed::DeleteIntent, 1), (700, Deed::Left { why: "there".into() }, 1)]), Away::default());
        let conflict = after(&[(1, Deed::DeleteIntent, 1), (2, Deed::CreateIntent, 1), (3, refused, 1)]);
        assert!(conflict.since.is_some(), "its creation was refused, it is away");
    }
}
