//! Every generation of every key, and when which front end accepts it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;

use crate::contract::world::Unknowns;
use crate::domain::account::Service;
use crate::domain::key::{Slot, StorageKey};
use crate::domain::resource_id::ResourceId;

use super::random::Random;

/// Names one generation of one slot of one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct GenerationId(usize);

/// One generation.
#[derive(Clone, Debug)]
pub(super) struct Generation {
    /// The account.
    pub account: ResourceId,
    /// The slot.
    pub slot: Slot,
    /// 0 for what the world began with.
    pub number: u32,
    /// The secret.
    pub key: StorageKey,
    /// When the slot was regenerated to it; absent for slots that never were.
    pub created: Option<OffsetDateTime>,
    /// From when on each front end of each service accepts it.
    accepted: Vec<Vec<OffsetDateTime>>,
    /// From when on each front end of each service refuses it, once it is replaced.
    refused: Option<Vec<Vec<OffsetDateTime>>>,
}

/// All generations of a world.
#[derive(Clone, Debug, Default)]
pub(super) struct Keyring {
    all: Vec<Generation>,
}

impl Keyring {
    /// The generation of this name.
    pub(super) fn get(&self, id: GenerationId) -> &Generation {
        &self.all[id.0]
    }

    /// Every generation there ever was.
    pub(super) fn iter(&self) -> impl Iterator<Item = (GenerationId, &Generation)> {
        self.all.iter().enumerate().map(|(position, generation)| (GenerationId(position), generation))
    }

    /// What a slot holds when the world begins, accepted everywhere since ever.
    pub(super) fn begin(
        &mut self,
        account: &ResourceId,
        slot: Slot,
        given: Option<&str>,
        created: Option<OffsetDateTime>,
        seed: u64,
        front_ends: u8,
    ) -> GenerationId {
        let key = given.map_or_else(|| draw_key(seed, account, slot, 0), |text| StorageKey::new(text.to_owned()));
        let ever = vec![vec![OffsetDateTime::UNIX_EPOCH; usize::from(front_ends)]; Service::ALL.len()];
        self.all.push(Generation { account: account.clone(), slot, number: 0, key, created, accepted: ever, refused: None });
        GenerationId(self.all.len() - 1)
    }

    /// Replaces a generation: the next one is accepted, and the old one refused, by each front end from its own moment.
    pub(super) fn replace(
        &mut self,
        old: GenerationId,
        at: OffsetDateTime,
        seed: u64,
        unknowns: &Unknowns,
        random: &mut Random,
    ) -> GenerationId {
        let mut moments = |span: crate::contract::world::Span| -> Vec<Vec<OffsetDateTime>> {
            let mut moment = || at + time::Duration::seconds(random.between(span.min, span.max).try_into().unwrap_or(i64::MAX));
            (0..Service::ALL.len()).map(|_| (0..unknowns.front_ends).map(|_| moment()).collect()).collect()
        };
        let accepted = moments(unknowns.accept_seconds);
        let refused = moments(unknowns.refuse_seconds);
        let (account, slot, number) = {
            let generation = &mut self.all[old.0];
            generation.refused = Some(refused);
            (generation.account.clone(), generation.slot, generation.number + 1)
        };
        let key = draw_key(seed, &account, slot, number);
        self.all.push(Generation { account, slot, number, key, created: Some(at), accepted, refused: None });
        GenerationId(self.all.len() - 1)
    }

    /// The generation whose text stands in `text`, or that signed the SAS in it.
    pub(super) fn find_in(&self, text: &str) -> Option<GenerationId> {
        self.iter().find(|(_, generation)| text.contains(generation.key.expose())).map(|(id, _)| id)
    }
}

impl Generation {
    /// Whether one front end of a service accepts it at a moment.
    pub(super) fn is_accepted(&self, service: Service, front_end: usize, at: OffsetDateTime) -> bool {
        let row = position(service);
        at >= self.accepted[row][front_end] && self.refused.as_ref().is_none_or(|refused| at < refused[row][front_end])
    }

    /// From when until when every front end of these services accepts it; never, when the two cross.
    pub(super) fn usable(&self, services: &[Service]) -> (OffsetDateTime, Option<OffsetDateTime>) {
        let of = |table: &Vec<Vec<OffsetDateTime>>| {
            services.iter().flat_map(|service| table[position(*service)].clone()).collect::<Vec<_>>()
        };
        let from = of(&self.accepted).into_iter().max().unwrap_or(OffsetDateTime::UNIX_EPOCH);
        (from, self.refused.as_ref().and_then(|refused| of(refused).into_iter().min()))
    }

    /// Whether every front end of these services accepts it at a moment.
    pub(super) fn is_usable(&self, services: &[Service], at: OffsetDateTime) -> bool {
        let (from, until) = self.usable(services);
        at >= from && until.is_none_or(|until| at < until)
    }

    /// Whether it is still in its slot.
    pub(super) fn is_current(&self) -> bool {
        self.refused.is_none()
    }
}

fn position(service: Service) -> usize {
    Service::ALL.iter().position(|known| *known == service).unwrap_or_default()
}

/// A key drawn from the seed: the same in every process that builds the same world.
fn draw_key(seed: u64, account: &ResourceId, slot: Slot, number: u32) -> StorageKey {
    let mut random = Random::for_purpose(seed, &format!("key {} {slot} {number}", account.lowercase()));
    StorageKey::new(STANDARD.encode(random.bytes(64)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::world::Span;

    #[test]
    fn each_front_end_changes_at_its_own_moment() {
        let account: ResourceId =
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/st".parse().expect("an id");
        let unknowns = Unknowns { accept_seconds: Span::new(0, 100), refuse_seconds: Span::new(50, 300), ..Unknowns::default() };
        let start = OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_000);
        let mut keyring = Keyring::default();
        let old = keyring.begin(&account, Slot::Key1, None, None, 1, 3);
        assert!(keyring.get(old).is_usable(&Service::ALL, start));
        let new = keyring.replace(old, start, 1, &unknowns, &mut Random::new(9));
        let (from, _) = keyring.get(new).usable(&[Service::Blob]);
        let (_, until) = keyring.get(old).usable(&[Service::Blob]);
        let until = until.expect("the old generation ends");
        assert!(from > start && from <= start + time::Duration::seconds(100));
        assert!(until >= start + time::Duration::seconds(50));
        let accepting = |at| (0..3).filter(|front_end| keyring.get(new).is_accepted(Service::Blob, *front_end, at)).count();
        assert!(accepting(start) < 3, "not everywhere at once");
        assert_eq!(accepting(from), 3);
        assert!(!keyring.get(old).is_current() && keyring.get(new).is_current());
        assert_eq!(keyring.get(new).key.decode().expect("a real key").len(), 64);
        assert_ne!(keyring.get(new).key, keyring.get(old).key);
        assert_eq!(keyring.find_in(&format!("AccountKey={};", keyring.get(old).key.expose())), Some(old));
    }
}
