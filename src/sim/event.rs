//! What happens by itself, at its own moment.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use crate::contract::world;
use crate::domain::key::Slot;

use super::odata::LocatorRow;
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
    /// A media account re-reads the keys of a storage account (both by position).
    MediaTakes { media: usize, storage: usize },
    /// Its streaming origins take over what it holds.
    OriginTakes { media: usize, storage: usize },
    /// A locator that was to be made late is made.
    LocatorMade { account: usize, locator: Box<LocatorRow> },
    /// A locator that was to be deleted late is deleted.
    LocatorDeleted { account: usize, id: String },
    /// A streaming locator that was to be made late is made.
    StreamingLocatorMade { media: usize, locator: Box<world::StreamingLocator> },
    /// A streaming locator that was to be deleted late is deleted.
    StreamingLocatorDeleted { media: usize, name: String },
    /// A new locator answers on its streaming URL.
    LocatorReady { account: usize, id: String },
    /// The streaming endpoints have forgotten a locator that was deleted.
    LocatorForgotten { account: usize, id: String },
    /// A new streaming locator of v3 answers.
    StreamReady { media: usize, id: String },
    /// The streaming endpoints have forgotten a streaming locator of v3 that was deleted.
    StreamForgotten { media: usize, id: String },
    /// A Batch account re-reads the keys.
    BatchTakes { batch: usize },
    /// A resync is done.
    ResyncEnds { workspace: usize },
    /// A workspace refreshes by itself, as it does about every hour.
    WorkspaceRefresh { workspace: usize },
    /// A consumer's cache of a secret has ended.
    ConsumerReads { vault: usize, secret: usize, consumer: usize },
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
                Event::MediaTakes { media, storage } => self.media_takes(media, storage),
                Event::OriginTakes { media, storage } => self.origin_takes(media, storage),
                Event::LocatorMade { account, locator } => self.make_locator_late(account, *locator),
                Event::LocatorDeleted { account, id } => self.remove_locator(account, &id),
                Event::StreamingLocatorMade { media, locator } => self.make_streaming_locator_late(media, *locator),
                Event::StreamingLocatorDeleted { media, name } => self.remove_streaming_locator(media, &name),
                Event::LocatorReady { account, id } => self.locator_ready(account, &id),
                Event::LocatorForgotten { account, id } => self.locator_forgotten(account, &id),
                Event::StreamReady { media, id } => self.stream_ready(media, &id),
                Event::StreamForgotten { media, id } => self.stream_forgotten(media, &id),
                Event::BatchTakes { batch } => self.batch_takes(batch),
                Event::ResyncEnds { workspace } => self.workspace_takes(workspace),
                Event::WorkspaceRefresh { workspace } => {
                    self.workspace_takes(workspace);
                    if let Some(minutes) = self.world.unknowns.workspace_refresh_minutes {
                        self.events.plan(at + super::media::seconds(minutes.max(1) * 60), Event::WorkspaceRefresh { workspace });
                    }
                }
                Event::ConsumerReads { vault, secret, consumer } => self.consumer_reads(vault, secret, consumer),
            }
        }
        self.now = self.now.max(now);
    }
}
