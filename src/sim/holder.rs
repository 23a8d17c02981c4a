//! Who really holds which generation, since when, and when that did not work.

use serde::Serialize;
use time::OffsetDateTime;

use crate::domain::account::Service;

use super::keyring::{GenerationId, Keyring};

/// The kinds of holders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum HolderKind {
    /// A media account's own copy.
    MediaAccount,
    /// An AMS v2 account's own copy: the key that it was handed, or that it read itself.
    MediaV2Account,
    /// What its streaming origins have cached.
    MediaOrigin,
    /// Somebody who streams through a locator, of AMS v2 or v3, all the time.
    Viewer,
    /// A workspace's own copy.
    Workspace,
    /// A datastore that the workspace's service looks after.
    SystemDatastore,
    /// A datastore that users made.
    Datastore,
    /// A Batch account's own copy.
    BatchAccount,
    /// A vault secret. It is kept, not used.
    Secret,
    /// An application that reads a secret and uses what it read.
    Consumer,
    /// An application whose reference names a version, so that it never follows.
    PinnedConsumer,
    /// Somebody outside with a SAS.
    HandedOutSas,
}

impl HolderKind {
    /// Whether somebody writes the key into it, or it reads what was written: it need never fail.
    #[must_use]
    pub fn is_pushed(self) -> bool {
        matches!(self, Self::MediaV2Account | Self::Datastore | Self::Secret | Self::Consumer)
    }

    /// Whether it re-reads the keys when it is told: it may fail within a window.
    #[must_use]
    pub fn is_told(self) -> bool {
        matches!(self, Self::MediaAccount | Self::MediaOrigin | Self::Workspace | Self::SystemDatastore | Self::BatchAccount)
    }
}

/// What somebody holds from one moment on.
#[derive(Clone, Debug)]
struct Holding {
    since: OffsetDateTime,
    generations: Vec<GenerationId>,
    /// It holds something that no account ever knew, and tries to use it.
    broken: bool,
}

/// Somebody who holds generations.
#[derive(Clone, Debug)]
pub(super) struct Holder {
    /// The dependent's id (a resource id, or a secret's URL), with `#name` for what belongs to it.
    pub id: String,
    /// What it is.
    pub kind: HolderKind,
    /// The services that it uses; none for what only keeps the key.
    pub services: Vec<Service>,
    /// When it ends by itself (a SAS).
    pub until: Option<OffsetDateTime>,
    history: Vec<Holding>,
}

/// A time in which a holder's key was not accepted everywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Downtime {
    /// The dependent.
    pub dependent: String,
    /// What it is.
    pub kind: HolderKind,
    /// From when, seconds since the world began.
    pub from_seconds: i64,
    /// How long, in seconds; up to now when it still lasts.
    pub seconds: i64,
    /// Whether it still lasts.
    pub lasting: bool,
}

impl Holder {
    /// Somebody who holds nothing yet.
    pub(super) fn new(id: &str, kind: HolderKind, services: Vec<Service>) -> Self {
        Self { id: id.to_owned(), kind, services, until: None, history: Vec::new() }
    }

    /// From `at` on it holds these generations; whichever works is used.
    pub(super) fn takes(&mut self, at: OffsetDateTime, generations: Vec<GenerationId>) {
        self.history.push(Holding { since: at, generations, broken: false });
    }

    /// From `at` on it holds something useless.
    pub(super) fn takes_rubbish(&mut self, at: OffsetDateTime) {
        self.history.push(Holding { since: at, generations: Vec::new(), broken: true });
    }

    /// What it holds now.
    pub(super) fn holds(&self) -> &[GenerationId] {
        self.history.last().map_or(&[], |holding| &holding.generations)
    }

    /// Whether it holds this generation now.
    pub(super) fn is_holding(&self, id: GenerationId) -> bool {
        self.holds().contains(&id)
    }

    /// Every interval, up to `now`, in which it could not work.
    pub(super) fn downtimes(&self, keyring: &Keyring, start: OffsetDateTime, now: OffsetDateTime) -> Vec<Downtime> {
        let mut down: Vec<(OffsetDateTime, OffsetDateTime)> = Vec::new();
        if self.services.is_empty() {
            return Vec::new();
        }
        let end = self.until.map_or(now, |until| until.min(now));
        for (position, holding) in self.history.iter().enumerate() {
            let until = self.history.get(position + 1).map_or(end, |next| next.since.min(end));
            if holding.generations.is_empty() && !holding.broken {
                continue;
            }
            for gap in gaps(holding.since, until, holding.generations.iter().map(|id| keyring.get(*id).usable(&self.services))) {
                match down.last_mut() {
                    Some(last) if last.1 == gap.0 => last.1 = gap.1,
                    _ => down.push(gap),
                }
            }
        }
        down.into_iter()
            .map(|(from, to)| Downtime {
                dependent: self.id.clone(),
                kind: self.kind,
                from_seconds: (from - start).whole_seconds(),
                seconds: (to - from).whole_seconds(),
                lasting: to == end,
            })
            .collect()
    }
}

/// What of `from..to` none of the intervals covers.
fn gaps(
    from: OffsetDateTime,
    to: OffsetDateTime,
    covers: impl Iterator<Item = (OffsetDateTime, Option<OffsetDateTime>)>,
) -> Vec<(OffsetDateTime, OffsetDateTime)> {
    let mut covers: Vec<_> =
        covers.map(|(begin, end)| (begin, end.unwrap_or(to).min(to))).filter(|(begin, end)| begin < end).collect();
    covers.sort();
    let mut position = from;
    let mut gaps = Vec::new();
    for (begin, end) in covers {
        if begin > position {
            gaps.push((position, begin.min(to)));
        }
        position = position.max(end);
    }
    if position < to {
        gaps.push((position, to));
    }
    gaps.retain(|(begin, end)| begin < end);
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::world::{Span, Unknowns};
    use crate::domain::key::Slot;
    use crate::sim::random::Random;

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_000) + time::Duration::seconds(seconds)
    }

    /// One slot that is regenerated at 100 s: accepted everywhere from 110 s, the old one refused from 160 s.
    fn one_regenerate() -> (Keyring, GenerationId, GenerationId) {
        let account = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/st".parse().expect("an id");
        let mut keyring = Keyring::default();
        let old = keyring.begin(&account, Slot::Key1, None, None, 1, 2);
        let unknowns = Unknowns {
            accept_seconds: Span::new(10, 10),
            refuse_seconds: Span::new(60, 60),
            front_ends: 2,
            ..Unknowns::default()
        };
        let new = keyring.replace(old, at(100), 1, &unknowns, &mut Random::new(1));
        (keyring, old, new)
    }

    fn downs(holder: &Holder, keyring: &Keyring, now: i64) -> Vec<(i64, i64, bool)> {
        holder.downtimes(keyring, at(0), at(now)).iter().map(|down| (down.from_seconds, down.seconds, down.lasting)).collect()
    }

    #[test]
    fn who_moves_in_time_is_never_down() {
        let (keyring, old, new) = one_regenerate();
        let mut holder = Holder::new("d", HolderKind::Datastore, vec![Service::Blob]);
        holder.takes(at(0), vec![old]);
        holder.takes(at(120), vec![new]);
        assert_eq!(downs(&holder, &keyring, 500), []);
    }

    #[test]
    fn who_moves_too_early_or_too_late_is_down() {
        let (keyring, old, new) = one_regenerate();
        let mut early = Holder::new("d", HolderKind::Datastore, vec![Service::Blob]);
        early.takes(at(0), vec![old]);
        early.takes(at(104), vec![new]);
        assert_eq!(downs(&early, &keyring, 500), [(104, 6, false)]);
        let mut late = Holder::new("d", HolderKind::Datastore, vec![Service::Blob]);
        late.takes(at(0), vec![old]);
        assert_eq!(downs(&late, &keyring, 500), [(160, 340, true)]);
        late.takes(at(200), vec![new]);
        assert_eq!(downs(&late, &keyring, 500), [(160, 40, false)]);
    }

    #[test]
    fn who_holds_both_uses_whichever_works() {
        let (keyring, old, new) = one_regenerate();
        let mut holder = Holder::new("m", HolderKind::MediaAccount, vec![Service::Blob]);
        holder.takes(at(0), vec![old, new]);
        assert_eq!(downs(&holder, &keyring, 500), []);
    }

    #[test]
    fn who_only_keeps_a_key_is_never_down_and_rubbish_never_works() {
        let (keyring, old, _) = one_regenerate();
        let mut secret = Holder::new("s", HolderKind::Secret, Vec::new());
        secret.takes(at(0), vec![old]);
        assert_eq!(downs(&secret, &keyring, 500), []);
        let mut broken = Holder::new("c", HolderKind::Consumer, vec![Service::Blob]);
        broken.takes_rubbish(at(10));
        assert_eq!(downs(&broken, &keyring, 500), [(10, 490, true)]);
    }
}
