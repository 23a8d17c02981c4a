//! What happens by itself, at its own moment.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use crate::domain::key::Slot;

use super::state::State;

/// Something that is going to happen.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// A regenerate whose answer was lost has its effect.
    Regenerate {
        /// Position of the account.
        account: usize,
        /// The slots that change.
        slots: Vec<Slot>,
        /// Position of its record in the log.
        record: usize,
    },
}

/// The queue of events: by time, and at the same time in the order in which they were planned.
#[derive(Clone, Debug, Default)]
pub(super) struct Events {
    queue: BTreeMap<(OffsetDateTime, u64), Event>,
    planned: u64,
}

impl Events {
    /// Plans an event.
    pub(super) fn plan(&mut self, at: OffsetDateTime, event: Event) {
        self.planned += 1;
        self.queue.insert((at, self.planned), event);
    }

    /// Takes the earliest event that is due.
    fn take_due(&mut self, now: OffsetDateTime) -> Option<(OffsetDateTime, Event)> {
        let first = self.queue.first_entry()?;
        let at = first.key().0;
        (at <= now).then(|| (at, first.remove()))
    }
}

impl State {
    /// Lets everything happen that is due by now. Time never goes back here.
    pub(super) fn advance(&mut self, now: OffsetDateTime) {
        while let Some((at, event)) = self.events.take_due(now) {
            self.now = self.now.max(at);
            match event {
                Event::Regenerate { account, slots, record } => self.change_slots(account, &slots, Some(record)),
            }
        }
        self.now = self.now.max(now);
    }
}
