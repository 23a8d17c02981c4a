//! A run that recreates locators as it goes: what is held up or stopped by a line each, the others by number.

use std::sync::PoisonError;

use crate::domain::locator::event::{Deed, Entry, Event};
use crate::domain::streaming::Verdict;
use crate::domain::text::visible;
use crate::render::moment;
use crate::render::style::{BAD, CAUTION, STRONG, paint};
use crate::rotation::locators::Listener;
use crate::rotation::locators::state::{RunState, Stage};

use super::Progress;

/// Where nobody watches, every so many locators are worth a line.
const WORTH_A_LINE: usize = 100;

impl Listener for Progress {
    fn entry(&self, run_id: &str, entry: &Entry, state: &RunState) {
        *self.run.lock().unwrap_or_else(PoisonError::into_inner) = Some(run_id.to_owned());
        if let Some(line) = line(entry, state, self.verbose) {
            self.printer.people(&line);
        }
        let over = matches!(entry.event, Event::Finished { .. } | Event::Stopped { .. } | Event::Interrupted { .. });
        let Event::Locator { deed, .. } = &entry.event else {
            if let Some(bar) = self.bar(run_id).filter(|_| over) {
                bar.finish_and_clear();
            }
            return;
        };
        if let Some(bar) = self.bar(run_id) {
            bar.set_message(format!("● {}  {}", moment::within(entry.time, state.started), standing(state)));
        } else if matches!(deed, Deed::Restored { .. }) && restored(state).is_multiple_of(WORTH_A_LINE) {
            self.printer.people(&format!("● {}  {}", moment::within(entry.time, state.started), standing(state)));
        }
    }
}

fn restored(state: &RunState) -> usize {
    state.locators.values().filter(|progress| progress.stage == Stage::Restored).count()
}

/// `120 back, 3 being recreated`.
fn standing(state: &RunState) -> String {
    let working = state.locators.values().filter(|progress| !progress.is_over() && progress.failed.is_none()).count();
    format!("{} back, {working} being recreated", restored(state))
}

fn line(entry: &Entry, state: &RunState, verbose: bool) -> Option<String> {
    let at = moment::within(entry.time, state.started);
    match &entry.event {
        Event::Started(head) => {
            let change = head.change_reference.as_ref().map_or_else(String::new, |change| format!(" · {}", visible(change)));
            Some(paint(STRONG, &format!("run {}{change} · times are UTC", visible(&head.run_id))))
        }
        Event::Resumed { .. } => Some(paint(STRONG, &format!("run {} goes on · times are UTC", visible(&state.head.run_id)))),
        Event::AbortStarted => Some(format!("● {at}  bringing back what was begun, and beginning nothing")),
        Event::Locator { id, deed } => about(id, deed, verbose).map(|what| format!("         {what}")),
        Event::StreamsAwaited { urls, from } => Some(format!(
            "● {at}  everything is back; asking {urls} streaming URLs from {} on, past all caches",
            moment::exact(*from)
        )),
        Event::Stopped { .. } | Event::Interrupted { .. } | Event::Finished { .. } => None,
    }
}

fn about(id: &str, deed: &Deed, verbose: bool) -> Option<String> {
    let id = visible(id);
    Some(match deed {
        Deed::Unknown { .. } => {
            paint(CAUTION, &format!("{id}  the answer was lost; looking whether it happened before anything is repeated"))
        }
        Deed::Unchanged { until } => {
            format!("{id}  still there after a lost delete, looking again at {}", moment::exact(*until))
        }
        Deed::KeyIdChosen { old, new } => {
            paint(CAUTION, &format!("{id}  the service does not take content key id {old} any more; it gets {new}"))
        }
        Deed::Retrying { why, until } => format!("{id}  {}, again at {}", visible(why), moment::exact(*until)),
        Deed::Left { why } => format!("{id}  left: {}", visible(why)),
        Deed::StreamChecked { url, verdict: verdict @ Verdict::Fails { .. } } => {
            format!("{id}  {}", paint(BAD, &format!("{} {}", visible(url), visible(&verdict.to_string()))))
        }
        Deed::StreamChecked { url, verdict } if verbose => format!("{id}  {} {}", visible(url), visible(&verdict.to_string())),
        Deed::Failed { problem } => format!("{id}  {}", paint(BAD, &problem.to_string())),
        Deed::Restored { how } if verbose => format!("{id}  {}", visible(how)),
        _ => return None,
    })
}
