//! Which keys the runs of a state gave to dependents that show nobody what they hold: their journals are all that is known.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use crate::azure::client::Client;
use crate::dependents::Given;
use crate::domain::account::KeyState;
use crate::domain::event::{Entry, Event};
use crate::domain::key::{Fingerprint, Slot};
use crate::domain::media_v2::MediaV2Account;
use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;

use super::chain::{self, Chained};
use super::inventory::explain_keys;
use super::journal;
use super::kind::RunKind;
use super::storage::Storage;

/// What is known of the key that a dependent was given last.
#[derive(Debug)]
struct Last {
    at: OffsetDateTime,
    slot: Slot,
    /// Nothing, where a key was on its way and nobody knows whether it arrived, or the dependent re-read one of its own choice.
    fingerprint: Option<Fingerprint>,
    /// Whether its locators were made again since. Before that, nobody knows which key they hang on.
    whole: bool,
}

/// What a user said that AMS v2 accounts hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said<'a> {
    /// The accounts, with the slots.
    pub accounts: &'a [MediaV2Account],
    /// The keys that were in them.
    pub keys: &'a KeyState,
    /// When that was so: only what happened since says more.
    pub at: OffsetDateTime,
}

/// The key that each dependent of an account was given last, as far as that is known for certain.
///
/// # Errors
/// When a journal cannot be read.
pub(super) fn given(storage: &dyn Storage, account: &ResourceId, said: Option<Said<'_>>) -> Result<Vec<Given>, Problem> {
    let certain = last_keys(storage, account, said)?
        .into_iter()
        .filter(|(_, last)| last.whole)
        .filter_map(|(dependent, last)| Some(Given { dependent, fingerprint: last.fingerprint? }));
    Ok(certain.collect())
}

/// What is known of the key that each dependent of an account was given last.
fn last_keys(storage: &dyn Storage, account: &ResourceId, said: Option<Said<'_>>) -> Result<BTreeMap<String, Last>, Problem> {
    let mut known: BTreeMap<String, Last> = BTreeMap::new();
    if let Some(Said { accounts, keys, at }) = said {
        for (media, slot) in accounts.iter().filter_map(|media| Some((media, media.holds?))) {
            let fingerprint = Some(keys.get(slot).fingerprint.clone());
            known.insert(media.id.to_ascii_lowercase(), Last { at, slot, fingerprint, whole: true });
        }
    }
    for run in storage.runs()? {
        let bytes = storage.read_journal(&run)?.unwrap_or_default();
        if RunKind::of(&bytes) != RunKind::Rotation {
            continue;
        }
        let of_account = journal::head(&run, &bytes)?.filter(|head| head.account.eq_ignore_ascii_case(account.as_str()));
        if let Some(head) = of_account {
            take(&mut known, head.keys, &journal::read(&run, &bytes)?.entries);
        }
    }
    Ok(known)
}

/// The key that each dependent of an account was given last, where the user says what AMS v2 accounts hold at present.
///
/// # Errors
/// Blocked, where a run of this state gave one of them the other key; and when a journal, or the keys, cannot be read.
pub(super) async fn given_or_said(
    client: &Client,
    storage: &dyn Storage,
    account: &ResourceId,
    accounts: &[MediaV2Account],
) -> Result<Vec<Given>, Problem> {
    let journalled = last_keys(storage, account, None)?;
    if accounts.iter().all(|media| media.holds.is_none()) {
        return given(storage, account, None);
    }
    let keys = client.list_keys(account).await.map_err(|problem| explain_keys(problem, account))?.state(account);
    for (media, slot) in accounts.iter().filter_map(|media| Some((media, media.holds?))) {
        let other = &keys.get(slot.other()).fingerprint;
        let (name, known) = (MediaV2Account::name_in(&media.id), journalled.get(&media.id.to_ascii_lowercase()));
        let otherwise = if known.is_some_and(|last| last.fingerprint.is_some() && !last.whole) {
            // An account has one key, and its locators hang on whichever they were made with.
            format!("a run of this state left locators of {name} on the key before, or may have, whatever {name} itself holds")
        } else if known.is_some_and(|last| last.fingerprint.as_ref() == Some(other)) {
            format!("a run of this state gave {name} {} last, and --media-v2-holds says {slot}", slot.other())
        } else {
            continue;
        };
        return Err(Problem::blocked("heldOtherwise", otherwise)
            .hint("leave --media-v2-holds out: what the journal knows is used, and what nobody knows is given a key first"));
    }
    given(storage, account, Some(Said { accounts, keys: &keys, at: client.clock().now() }))
}

/// When a dependent was last given a key of whatever account, or re-read them, or may have: as far as that is after `since`. What a
/// damaged journal gave counts as given when its last legible line was written.
///
/// # Errors
/// When the state cannot be read.
pub(super) fn last_given(
    storage: &dyn Storage,
    dependent: &str,
    since: OffsetDateTime,
) -> Result<Option<OffsetDateTime>, Problem> {
    let mut last = None;
    for run in storage.runs()? {
        let bytes = storage.read_journal(&run)?.unwrap_or_default();
        if RunKind::of(&bytes) != RunKind::Rotation || chain::last(&bytes).is_some_and(|entry: Entry| entry.time <= since) {
            continue;
        }
        let given = match journal::read(&run, &bytes) {
            Ok(contents) => {
                let gave = contents.entries.iter().filter(|entry| gives(&entry.event, dependent));
                gave.map(|entry| entry.time).max()
            }
            Err(_) => legible(&bytes).map(|entry| entry.time).max(),
        };
        last = last.max(given.filter(|given| *given > since));
    }
    Ok(last)
}

/// Whether a dependent may have been given a key, or have re-read the keys, by what this event tells of.
fn gives(event: &Event, dependent: &str) -> bool {
    match event {
        Event::PublishIntent { dependent: of, .. }
        | Event::Published { dependent: of, .. }
        | Event::TellIntent { dependent: of, .. }
        | Event::Told { dependent: of, .. } => of.eq_ignore_ascii_case(dependent),
        _ => false,
    }
}

/// The lines of a journal that can be read, whatever became of the others.
fn legible(bytes: &[u8]) -> impl Iterator<Item = Entry> {
    let lines = bytes.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
    lines.filter_map(|line| Some(Entry::parse(line).ok()?.0))
}

/// Takes in one journal.
fn take(known: &mut BTreeMap<String, Last>, mut keys: KeyState, entries: &[Entry]) {
    for Entry { time, event, .. } in entries {
        match event {
            Event::Regenerated { after, .. } => keys = after.clone(),
            Event::AbortStarted { keys: now, .. } => keys = now.clone(),
            Event::PublishIntent { dependent, slot, .. } => note(known, dependent, *time, *slot, None),
            Event::Published { dependent, slot, .. } => {
                note(known, dependent, *time, *slot, Some(keys.get(*slot).fingerprint.clone()));
            }
            Event::Rescued { dependent, .. } => {
                if let Some(slot) = known.get(&dependent.to_ascii_lowercase()).map(|last| last.slot) {
                    note(known, dependent, *time, slot, Some(keys.get(slot).fingerprint.clone()));
                }
            }
            Event::LocatorsFinished { dependent, whole, .. } => {
                if let Some(last) = known.get_mut(&dependent.to_ascii_lowercase()).filter(|last| last.at <= *time) {
                    last.whole = *whole;
                }
            }
            Event::TellIntent { dependent, .. } => note(known, dependent, *time, Slot::Key1, None),
            _ => {}
        }
    }
}

fn note(known: &mut BTreeMap<String, Last>, dependent: &str, at: OffsetDateTime, slot: Slot, fingerprint: Option<Fingerprint>) {
    let id = dependent.to_ascii_lowercase();
    if known.get(&id).is_none_or(|last| last.at <= at) {
        known.insert(id, Last { at, slot, fingerprint, whole: false });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract;
    use crate::contract::samples::Any;
    use crate::rotation::memory::Memory;

    fn entries(events: Vec<Event>) -> Vec<Entry> {
        let begin = OffsetDateTime::UNIX_EPOCH;
        let time = |place: u32| begin + time::Duration::seconds(place.into());
        (0..).zip(events).map(|(place, event)| Entry { sequence: place.into(), time: time(place), event }).collect()
    }

    fn intent(slot: Slot) -> Event {
        Event::PublishIntent { step: 1, dependent: "/AMS1".into(), slot }
    }

    fn published(slot: Slot) -> Event {
        Event::Published { step: 1, dependent: "/ams1".into(), slot, sent: true, how: String::new(), correlation_id: None }
    }

    fn journal(memory: &Memory, run: &str, events: Vec<Event>) {
        let mut previous = contract::event::FIRST.to_owned();
        for mut entry in entries(events) {
            entry.sequence += 1;
            let line = entry.line(&previous);
            previous = contract::event::digest(&line);
            memory.append(run, &format!("{line}\n")).expect("writes");
        }
    }

    #[test]
    fn whoever_reread_its_keys_is_left_alone_too_and_a_damaged_journal_stops_nobody() {
        let second = |count: i64| OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(count);
        let told = |dependent: &str| Event::TellIntent { step: 2, dependent: dependent.into() };
        let memory = Memory::new();
        journal(&memory, "a", vec![intent(Slot::Key2), told("/AMS1"), told("/other")]);
        let last = |since| last_given(&memory, "/ams1", second(since)).expect("reads");
        assert_eq!(last(-9), Some(second(1)));
        assert_eq!(last(1), None);

        journal(&memory, "b", vec![told("/other"); 4]);
        let whole = String::from_utf8(memory.read_journal("b").expect("reads").expect("is there")).expect("text");
        memory.truncate("b", 0).expect("truncates");
        // Something overwrote its second line.
        let damaged =
            whole.lines().enumerate().map(|(place, line)| if place == 1 { "????\n".to_owned() } else { format!("{line}\n") });
        memory.append("b", &damaged.collect::<String>()).expect("writes");
        assert_eq!(last(-9), Some(second(3)), "nobody knows whom it gave a key, nor later than that");
        assert_eq!(last(3), None, "but long ago it is nobody's concern");
    }

    #[test]
    fn only_a_key_that_certainly_arrived_and_arrived_last_is_known() {
        let keys = Any(3).plan().keys;
        let told = Event::TellIntent { step: 2, dependent: "/ams1".into() };
        let second = Some(keys.get(Slot::Key2).fingerprint.clone());
        for (events, expected) in [
            (vec![intent(Slot::Key2)], None),
            (vec![intent(Slot::Key2), published(Slot::Key2)], second.clone()),
            (vec![intent(Slot::Key2), published(Slot::Key2), intent(Slot::Key1)], None),
            (vec![intent(Slot::Key2), published(Slot::Key2), told], None),
        ] {
            let mut known = BTreeMap::new();
            take(&mut known, keys.clone(), &entries(events));
            assert_eq!(known.remove("/ams1").and_then(|last| last.fingerprint), expected);
        }
        // A journal that is older than what is known changes nothing.
        let mut known = BTreeMap::new();
        note(&mut known, "/ams1", OffsetDateTime::UNIX_EPOCH + time::Duration::HOUR, Slot::Key2, second.clone());
        take(&mut known, keys, &entries(vec![intent(Slot::Key1), published(Slot::Key1)]));
        assert_eq!(known.remove("/ams1").and_then(|last| last.fingerprint), second);
    }
}
