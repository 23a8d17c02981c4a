//! A run as it goes: bars on a terminal, plain lines elsewhere; always what is being waited for, and why.

mod locators;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};
use time::OffsetDateTime;

use crate::azure::observer::{Notice, Observer};
use crate::domain::event::{Entry, Event};
use crate::domain::plan::Step;
use crate::domain::streaming::{Before, Sighting};
use crate::domain::text::{shortened, visible};
use crate::rotation::Sink;
use crate::rotation::state::{Progress as StepProgress, RunState, Target};

use super::moment;
use super::printer::Printer;
use super::style::{BAD, CAUTION, GOOD, STRONG, paint};

/// A wait that is worth a line of its own; shorter ones show in the bar, or with what is tried again.
const WORTH_A_LINE: time::Duration = time::Duration::minutes(5);

/// Shows a run to people on stderr.
#[derive(Debug)]
pub struct Progress {
    printer: Printer,
    verbose: bool,
    /// A bar for each run at work.
    bars: Mutex<HashMap<String, ProgressBar>>,
    run: Mutex<Option<String>>,
    /// Whether several accounts are rolled side by side: then each line says whose it is.
    several: AtomicBool,
    /// Why each target of a run was last said to be tried again: the same reason is said once.
    reasons: Mutex<HashMap<(String, u32, String), String>>,
}

impl Progress {
    /// Progress on this printer's stderr. `verbose` tells of each dependent even where there is no terminal.
    #[must_use]
    pub fn new(printer: Printer, verbose: bool) -> Self {
        let (bars, run, reasons) = (Mutex::default(), Mutex::new(None), Mutex::default());
        Self { printer, verbose, bars, run, several: AtomicBool::new(false), reasons }
    }

    /// From now on several runs go side by side.
    pub fn several(&self) {
        self.several.store(true, Ordering::Relaxed);
    }

    /// The run that entries came from, if any came.
    #[must_use]
    pub fn run_id(&self) -> Option<String> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers the run that entries come from.
    pub fn began(&self, run_id: &str) {
        *self.run.lock().unwrap_or_else(PoisonError::into_inner) = Some(run_id.to_owned());
    }

    /// One line for people.
    pub fn say(&self, line: &str) {
        self.printer.people(line);
    }

    /// Takes the bars away, so that the result stands alone.
    pub fn clear(&self) {
        for bar in self.bars.lock().unwrap_or_else(PoisonError::into_inner).values() {
            bar.finish_and_clear();
        }
    }

    fn said_before(&self, run_id: &str, event: &Event) -> bool {
        let Event::Retrying { step, target, why, .. } = event else { return false };
        let mut reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        reasons.insert((run_id.to_owned(), *step, target.clone()), why.clone()).as_ref() == Some(why)
    }

    fn bar(&self, run_id: &str) -> Option<ProgressBar> {
        let shown = self.printer.bars()?;
        let make = || {
            let style = ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
            shown.add(ProgressBar::new_spinner().with_style(style))
        };
        let mut bars = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        Some(bars.entry(run_id.to_owned()).or_insert_with(make).clone())
    }

    /// The line with the account that it is about, where there are several.
    fn whose(&self, state: &RunState, line: String) -> String {
        if !self.several.load(Ordering::Relaxed) {
            return line;
        }
        let account = state.head.account.rsplit('/').next().unwrap_or_default();
        line.lines().map(|line| format!("{}  {line}", paint(STRONG, &visible(account)))).collect::<Vec<_>>().join("\n")
    }
}

impl Sink for Progress {
    fn entry(&self, run_id: &str, entry: &Entry, state: &RunState) {
        *self.run.lock().unwrap_or_else(PoisonError::into_inner) = Some(run_id.to_owned());
        let bar = self.bar(run_id);
        if !self.said_before(run_id, &entry.event)
            && let Some(line) = line(entry, state, bar.is_some(), self.verbose)
        {
            self.printer.people(&self.whose(state, line));
        }
        if let Some(bar) = bar {
            if matches!(entry.event, Event::Finished { .. } | Event::Stopped { .. } | Event::Interrupted { .. }) {
                bar.finish_and_clear();
            } else {
                let width = self.printer.width().map_or(100, usize::from);
                bar.set_message(self.whose(state, current(state, entry.time, width).join("\n")));
            }
        }
    }
}

impl Observer for Progress {
    fn notice(&self, notice: &Notice) {
        self.printer.people(&format!("         {}: {}", visible(&notice.host), visible(&notice.message)));
    }
}

/// The line that an entry is worth, if any. On a watched terminal the bar shows what comes and goes.
fn line(entry: &Entry, state: &RunState, watched: bool, verbose: bool) -> Option<String> {
    let at = moment::within(entry.time, state.started);
    let detail = |what: String| format!("         {what}");
    let named = |id: &str| name(state, id);
    match &entry.event {
        Event::RunStarted(head) => {
            let change = head.change_reference.as_ref().map_or_else(String::new, |change| format!(" · {}", visible(change)));
            Some(paint(STRONG, &format!("run {}{change} · times are UTC", visible(&head.run_id))))
        }
        Event::Resumed { .. } => Some(paint(STRONG, &format!("run {} goes on · times are UTC", visible(&state.head.run_id)))),
        Event::StepStarted { step } if !watched => {
            let step = state.steps.iter().find(|known| known.number == *step)?;
            Some(format!("● {at}  {:<9} {}  {}", step.act, step.slot, visible(&step.why)))
        }
        Event::StepFinished { step, how } => Some(finished(state, *step, how, &at)),
        Event::RegenerateUnknown { slot, .. } => {
            let lost =
                format!("the answer to regenerating {slot} was lost; looking whether it happened before anything is repeated");
            Some(detail(paint(CAUTION, &lost)))
        }
        Event::RegenerateUnseen { slot, until, .. } => {
            Some(detail(format!("{slot} is unchanged so far, looking again at {}", moment::exact(*until))))
        }
        Event::RegenerateNotDone { slot, why, .. } => Some(detail(format!("{slot} was not regenerated: {}", visible(why)))),
        Event::Regenerated { slot, seen_later: true, .. } => {
            Some(detail(format!("{slot} was regenerated after all; it is not sent twice")))
        }
        Event::Rescued { dependent, how, .. } => Some(detail(format!("{}  {}", named(dependent), visible(how)))),
        Event::Gone { dependent, .. } => Some(detail(format!("{}  is gone, nothing holds the key there", named(dependent)))),
        Event::Retrying { target, why, until, .. } if !watched => {
            Some(detail(format!("{}, again at {}", named_once(&named(target), &visible(why)), moment::exact(*until))))
        }
        Event::TargetFailed { target, problem, .. } => {
            Some(detail(format!("{}  {}", named(target), paint(BAD, &problem.to_string()))))
        }
        Event::Waiting { step, until, why } if *until - entry.time >= WORTH_A_LINE => {
            let act = state.steps.iter().find(|known| known.number == *step).map_or("", |step| step.act.name());
            let due = moment::near(*until, entry.time);
            Some(format!("○ {at}  {act:<9} waits until {due}: {}", visible(why)))
        }
        Event::Amended { why, .. } => Some(paint(CAUTION, &format!("! {at}  the run was amended: {}", visible(why)))),
        Event::AbortStarted { .. } => Some(format!("● {at}  pointing back while the old key lives")),
        Event::Told { dependent, how, .. } | Event::Published { dependent, how, .. } | Event::Proven { dependent, how, .. }
            if verbose =>
        {
            Some(detail(format!("{}  {}", named(dependent), visible(how))))
        }
        Event::LocatorsFinished { how, .. } => Some(detail(visible(how))),
        Event::StreamsSeen { dependent, before, unchecked, .. } => {
            Some(detail(seen(state, dependent, before, unchecked.as_deref())))
        }
        Event::StreamsChecked { step, dependent, .. } => {
            let known = state.of(*step).target(dependent).map_or("", |target| &target.how);
            Some(detail(visible(known)))
        }
        Event::Tested { service, how, .. } if verbose => Some(detail(format!("{service}  {}", visible(how)))),
        _ => None,
    }
}

/// What the streaming URLs of a dependent say before anything changes for it.
fn seen(state: &RunState, dependent: &str, before: &Before, unchecked: Option<&str>) -> String {
    let name = name(state, dependent);
    if let Some(why) = unchecked {
        return format!("streaming URLs of {name} cannot be checked: {}", visible(why));
    }
    let (all, answer) = (before.urls.len(), before.urls.iter().filter(|known| known.seen == Sighting::Answers).count());
    format!("{answer} of {all} streaming URLs of {name} answer now; they are asked again after each regenerate")
}

/// `✓ 02:05  stage     key2  only key2 changed       correlation 9c1e…`
fn finished(state: &RunState, number: u32, how: &str, at: &str) -> String {
    let step = state.steps.iter().find(|step| step.number == number);
    let (act, slot) = step.map_or(("", ""), |step| (step.act.name(), step.slot.name()));
    let ids = &state.of(number).correlation_ids;
    let ids = match ids.as_slice() {
        [] => String::new(),
        [one] => format!("  correlation {}", shortened(&visible(one), 9)),
        [first, rest @ ..] => format!("  correlation {} and {} more", shortened(&visible(first), 9), rest.len()),
    };
    format!("{} {at}  {act:<9} {slot}  {}{ids}", paint(GOOD, "✓"), visible(how))
}

/// The bar: the step at work, up to three things that are waited for, and what is still to come.
fn current(state: &RunState, now: OffsetDateTime, width: usize) -> Vec<String> {
    let Some(step) = state.current() else { return Vec::new() };
    let progress = state.of(step.number);
    let mut lines = vec![format!("● {}  {:<9} {}", moment::within(now, state.started), step.act, bar(progress, step, state))];
    let mut held_up: Vec<(&String, &Target)> =
        progress.targets.iter().filter(|(_, target)| target.not_before.is_some_and(|until| until > now)).collect();
    held_up.sort_by_key(|(_, target)| target.not_before);
    // The targets say it better, and a wait that is over says nothing.
    if let Some((until, why)) = progress.waiting.as_ref().filter(|(until, _)| held_up.is_empty() && *until > now) {
        lines.push(format!("         {}, until {}", visible(why), moment::near(*until, now)));
    }
    for (id, target) in held_up.iter().take(3) {
        let until = target.not_before.map_or_else(String::new, moment::exact);
        lines.push(format!("         {}, again at {until}", named_once(&name(state, id), &visible(&target.how))));
    }
    if held_up.len() > 3 {
        lines.push(format!("         and {} more", held_up.len() - 3));
    }
    let ahead = state.steps.iter().filter(|other| other.number > step.number && state.of(other.number).finished.is_none());
    let ahead: Vec<String> = ahead
        .map(|step| {
            if step.floor.is_zero() {
                format!("○ {}", step.act)
            } else {
                format!("○ {} {}", step.act, moment::span(step.floor))
            }
        })
        .collect();
    lines.push(format!("  {}", ahead.join("   ")));
    lines.into_iter().map(|line| shortened(&line, width.saturating_sub(1))).collect()
}

/// `███████░░░ 13/18`, or the slot where there is nothing to count.
fn bar(progress: &StepProgress, step: &Step, state: &RunState) -> String {
    let relevant: Vec<&String> = step.dependents.iter().filter(|id| !state.is_gone(id)).collect();
    if relevant.is_empty() {
        return step.slot.name().to_owned();
    }
    let done = relevant.iter().filter_map(|id| progress.target(id)).filter(|target| settled(target)).count();
    let full = done * 10 / relevant.len();
    format!("{}{} {done}/{}", "█".repeat(full), "░".repeat(10 - full), relevant.len())
}

fn settled(target: &Target) -> bool {
    target.failed.is_none() && (target.certainty.is_some() || target.moved.is_some() || target.has_recreated())
}

/// The name before what is said of it, unless that begins with the name.
fn named_once(name: &str, what: &str) -> String {
    if what.starts_with(name) { what.to_owned() } else { format!("{name}  {what}") }
}

fn name(state: &RunState, id: &str) -> String {
    state.dependent(id).map_or_else(|| visible(id), |dependent| visible(&dependent.name))
}

#[cfg(test)]
#[path = "progress_tests.rs"]
mod tests;
