//! Whether what was recreated streams as before: its URLs are asked before the delete, and again when it is back.
//!
//! Asking before costs a locator one request, and only one that nobody has deleted yet. Asking after waits until everything is back:
//! it keeps no locator from coming back, and none deleted for longer.

use std::collections::HashMap;

use time::OffsetDateTime;

use crate::azure::client::Client;
use crate::domain::locator::event::{Deed, Event};
use crate::domain::locator::order::{Item, Order};
use crate::domain::problem::Problem;
use crate::domain::report::RunStatus;
use crate::domain::streaming::{
    Addresses, After, Baseline, Checked, STORAGE_AUTHENTICATION_FAILED, Sighting, StreamingUrl, Verdict,
};
use crate::rotation::streaming_check::decide::V2_LOCATOR;
use crate::rotation::streaming_check::{Open, StreamingCheck};

use super::perform::Worker;
use super::state::{Progress, RunState, Stage};

/// The code of locators that are back as they were, and do not stream.
pub const STREAMS_FAIL: &str = "streamsFail";

/// How many URLs a problem names.
const NAMED: usize = 5;

/// Where the URLs of each locator stand in an order, and who asks them.
#[derive(Debug)]
pub(super) struct Streams {
    check: StreamingCheck,
    places: HashMap<String, Vec<usize>>,
}

impl Streams {
    /// Those of this order.
    pub(super) fn of(order: &Order, client: Client) -> Self {
        let mut places: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, at) in order.streams.iter().flat_map(|streams| &streams.urls).enumerate() {
            places.entry(at.locator.to_ascii_lowercase()).or_default().push(place);
        }
        Self { check: StreamingCheck::new(client), places }
    }
}

/// A streaming URL of a locator in the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// The URL.
    pub url: String,
    /// What it said before the delete.
    pub seen: Sighting,
    /// What became of it.
    pub verdict: Option<Verdict>,
}

impl Stream {
    /// Takes in a deed, if it is about streams.
    pub(super) fn apply(streams: &mut Vec<Self>, deed: &Deed) -> bool {
        match deed {
            Deed::Streamed { url, seen } => streams.push(Self { url: url.clone(), seen: seen.clone(), verdict: None }),
            Deed::StreamChecked { url, verdict } => {
                if let Some(stream) = streams.iter_mut().find(|stream| stream.url == *url) {
                    stream.verdict = Some(verdict.clone());
                }
            }
            _ => return false,
        }
        true
    }
}

impl Worker {
    /// Writes down what the URLs of a locator say, if it is still as it was found.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub(super) async fn ask_before(&self, item: &Item) -> Result<(), Problem> {
        let id = item.locator.id.as_str();
        let places = self.streams.places.get(&id.to_ascii_lowercase());
        let Some((places, streams)) = places.zip(self.order.streams.as_ref()) else { return Ok(()) };
        let aborting = self.journal.borrow().state.aborting;
        let progress = self.progress(id);
        if aborting || self.halted.get() || !is_as_found(&progress) {
            return Ok(());
        }
        for url in places.iter().skip(progress.streams.len()).map(|place| &streams.urls[*place].url) {
            let seen = self.streams.check.baseline(url).await;
            self.journal.borrow_mut().note(id, Deed::Streamed { url: url.clone(), seen })?;
        }
        Ok(())
    }

    /// Asks the URLs of everything that is back until they answer as before, or nothing more is to be expected.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub(super) async fn ask_after(&self) -> Result<(), Problem> {
        let open = self.open();
        let asked = open.iter().filter(|open| open.before.seen == Sighting::Answers || open.before.seen.is_dead_key());
        let (urls, from) = asked.fold((0, None), |(count, from): (usize, Option<OffsetDateTime>), open| {
            (count + 1, Some(from.map_or(open.since, |from| from.max(open.since))))
        });
        if let Some(from) = from {
            self.journal.borrow_mut().append(Event::StreamsAwaited { urls, from: from + V2_LOCATOR.first })?;
        }
        let told = |checked: Checked| {
            let Checked { at: StreamingUrl { locator, url }, verdict } = checked;
            self.journal.borrow_mut().note(&locator, Deed::StreamChecked { url, verdict })
        };
        self.streams.check.follow(open, &V2_LOCATOR, told).await
    }

    fn open(&self) -> Vec<Open> {
        let journal = self.journal.borrow();
        if journal.state.aborting {
            return Vec::new();
        }
        let mut open = Vec::new();
        for item in self.order.recreated() {
            let progress = journal.state.of(&item.locator.id);
            let Some(since) = progress.restored.filter(|_| progress.stage == Stage::Restored) else { continue };
            for stream in progress.streams.into_iter().filter(|stream| stream.verdict.is_none()) {
                let at = StreamingUrl { locator: item.locator.id.clone(), url: stream.url };
                open.push(Open { before: Baseline { at, seen: stream.seen }, since });
            }
        }
        open
    }
}

/// Nobody may have deleted it: what its URLs say now is what they said before.
fn is_as_found(progress: &Progress) -> bool {
    let early = matches!(progress.stage, Stage::Untouched | Stage::Snapshot | Stage::PolicyIntent(_));
    early && progress.deletes == 0 && !progress.again && progress.failed.is_none()
}

/// How the URLs of what was recreated fared; nothing where that was not to be checked.
pub(super) fn fared(order: &Order, state: &RunState, status: RunStatus) -> Option<After> {
    let Addresses { urls, without, left_out } = order.streams.as_ref()?;
    let over = matches!(status, RunStatus::Done | RunStatus::Aborted);
    let is_back = |locator: &str| state.of(locator).stage == Stage::Restored;
    let checked = |at: &StreamingUrl| {
        let progress = state.of(&at.locator);
        let stream = progress.streams.into_iter().find(|stream| stream.url == at.url);
        let unasked = || Verdict::NotChecked { why: "it was not asked before and after".to_owned() };
        let verdict = stream.and_then(|stream| stream.verdict).or_else(|| over.then(unasked))?;
        (progress.stage == Stage::Restored).then(|| Checked { at: at.clone(), verdict })
    };
    let without = without.iter().filter(|(locator, _)| is_back(locator)).cloned().collect();
    Some(After { urls: urls.iter().filter_map(checked).collect(), without, left_out: *left_out })
}

/// What somebody has to look into: locators that are back as they were, and do not stream.
pub(super) fn failing(streaming: Option<&After>, status: RunStatus) -> Option<Problem> {
    let failing: Vec<&Checked> = streaming.filter(|_| status == RunStatus::Done)?.failing().collect();
    let first = failing.first()?;
    let message = match failing.len() {
        1 => format!("a streaming URL answered before and does not now, although its locator is back: {}", first.at.url),
        several => format!("{several} streaming URLs answered before and do not now, although their locators are back"),
    };
    let named = failing.iter().take(NAMED).map(|checked| format!("{}: it {}", checked.at.url, checked.verdict));
    let problem = named.fold(Problem::person(STREAMS_FAIL, message), Problem::because);
    let more = failing.len().saturating_sub(NAMED);
    let problem = if more == 0 { problem } else { problem.because(format!("{more} more; the report names them")) };
    let is_dead =
        |checked: &&Checked| matches!(&checked.verdict, Verdict::Fails { why } if why.contains(STORAGE_AUTHENTICATION_FAILED));
    let hint = if failing.iter().any(is_dead) {
        "storage refuses the key that the account holds: hand it a key that is valid (keyroll sync-keys media-v2), then recreate"
    } else {
        "ask them again in a few minutes, then look at the streaming endpoint: nothing is left to do for the locators"
    };
    Some(problem.hint(hint))
}
