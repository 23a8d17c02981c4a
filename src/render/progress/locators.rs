//! A run that recreates locators as it goes: what is held up or stopped by a line each, the others by number.

use std::sync::PoisonError;

use crate::domain::locator::event::{Deed, Entry, Event};
use crate::domain::streaming::Verdict;
use crate::domain::text::visible;
use crate::render::moment;
use crate::render::style::{BAD, CAUTION, STRONG, paint};
use crate::rotation::locators::Listener;
use crate::rotation::locators::state::RunState;

use super::Progress;

/// Where nobody watches, every so many locators are worth a line.
const WORTH_A_LINE: usize = 100;

impl Listener for Progress {
    fn entry(&self, run_id: &str, entry: &Entry, state: &RunState) {
        // What is gone on with is the rotation that it is a part of.
        if state.head.parent.is_none() {
            *self.run.lock().unwrap_or_else(PoisonError::into_inner) = Some(run_id.to_owned());
        }
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
        } else if matches!(deed, Deed::Restored { .. }) && state.tally.restored.is_multiple_of(WORTH_A_LINE) {
            self.printer.people(&format!("● {}  {}", moment::within(entry.time, state.started), standing(state)));
        }
    }
}

/// How many of those that are away are named.
const NAMED: usize = 2;

/// `120 back, 3 being recreated, away now: nb:lid:UUID:… and 1 more`.
fn standing(state: &RunState) -> String {
    let named: Vec<String> = state.away.iter().take(NAMED).map(|id| visible(id)).collect();
    let more = match state.away.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let away = if named.is_empty() { String::new() } else { format!(", away now: {}{more}", named.join(", ")) };
    format!("{} back, {} being recreated{away}", state.tally.restored, state.tally.working)
}

fn line(entry: &Entry, state: &RunState, verbose: bool) -> Option<String> {
    let at = moment::within(entry.time, state.started);
    match &entry.event {
        Event::Started(head) if head.parent.is_some() => {
            let (account, run) = (visible(&head.account), visible(&head.run_id));
            Some(format!("         the locators of {account} are made again, in run {run}"))
        }
        Event::Resumed { .. } if state.head.parent.is_some() => None,
        Event::Started(head) => {
            let change = head.change_reference.as_ref().map_or_else(String::new, |change| format!(" · {}", visible(change)));
            Some(paint(STRONG, &format!("run {}{change} · times are UTC", visible(&head.run_id))))
        }
        Event::Resumed { .. } => Some(paint(STRONG, &format!("run {} goes on · times are UTC", visible(&state.head.run_id)))),
        Event::AbortStarted { .. } => Some(format!("● {at}  bringing back what was begun, and beginning nothing")),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::locator::LocatorKind;
    use crate::domain::locator::event::Started;
    use crate::domain::locator::tests::locator;

    fn state(parent: Option<&str>) -> RunState {
        let head = Started {
            run_id: "r-locators-7".into(),
            account: "ams1".into(),
            order_digest: String::new(),
            request_digest: String::new(),
            tool: String::new(),
            identity: None,
            change_reference: None,
            parent: parent.map(str::to_owned),
            seal: None,
        };
        RunState::new(head, time::OffsetDateTime::UNIX_EPOCH)
    }

    fn entry(event: Event) -> Entry {
        Entry { sequence: 1, time: time::OffsetDateTime::UNIX_EPOCH, event }
    }

    #[test]
    fn which_locators_are_away_at_this_moment_is_said() {
        let mut state = state(Some("r"));
        for number in 0..4 {
            let mut locator = locator(LocatorKind::OnDemandOrigin);
            locator.id = format!("nb:lid:UUID:{number}");
            let id = locator.id.clone();
            let mut deeds = vec![Deed::Snapshot(Box::new(locator))];
            if number > 0 {
                deeds.extend([Deed::DeleteIntent, Deed::Deleted { seen_later: false }]);
            }
            for deed in deeds {
                state.apply(&entry(Event::Locator { id: id.clone(), deed }));
            }
        }
        assert_eq!(standing(&state), "0 back, 4 being recreated, away now: nb:lid:UUID:1, nb:lid:UUID:2 and 1 more");
    }

    #[test]
    fn a_part_of_a_rotation_does_not_look_like_another_run() {
        let (part, whole) = (state(Some("r")), state(None));
        let started = |state: &RunState| line(&entry(Event::Started(Box::new(state.head.clone()))), state, false);
        assert_eq!(started(&part).as_deref(), Some("         the locators of ams1 are made again, in run r-locators-7"));
        assert!(started(&whole).is_some_and(|line| line.contains("run r-locators-7 · times are UTC")));
        let resumed = |state: &RunState| line(&entry(Event::Resumed { tool: String::new(), identity: None }), state, false);
        assert!(resumed(&part).is_none() && resumed(&whole).is_some());
    }
}
