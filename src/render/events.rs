//! The journal's events as JSON Lines on stdout, as they happen (`--events`); the result follows as the last line.

use std::sync::Arc;

use crate::contract;
use crate::domain::event::Entry;
use crate::domain::locator;
use crate::rotation::Sink;
use crate::rotation::locators::{self, Listener};
use crate::rotation::state::RunState;

use super::printer::Printer;

/// Writes each entry as one line.
#[derive(Clone, Debug)]
pub struct Events {
    printer: Printer,
}

impl Events {
    /// Events on this printer's stdout.
    #[must_use]
    pub fn new(printer: Printer) -> Self {
        Self { printer }
    }
}

impl Sink for Events {
    fn entry(&self, run_id: &str, entry: &Entry, _: &RunState) {
        self.printer.json_line(&contract::event::streamed(run_id, entry));
    }
}

impl Listener for Events {
    fn entry(&self, run_id: &str, entry: &locator::event::Entry, _: &locators::state::RunState) {
        self.printer.json_line(&contract::locator::streamed(run_id, entry));
    }
}

/// Passes each entry of a run that recreates locators on to several.
#[derive(Clone, Debug)]
pub struct SeveralListeners(pub Vec<Arc<dyn Listener>>);

impl Listener for SeveralListeners {
    fn entry(&self, run_id: &str, entry: &locator::event::Entry, state: &locators::state::RunState) {
        for listener in &self.0 {
            listener.entry(run_id, entry, state);
        }
    }
}

/// Passes each entry on to several.
#[derive(Clone, Debug)]
pub struct Several(pub Vec<Arc<dyn Sink>>);

impl Sink for Several {
    fn entry(&self, run_id: &str, entry: &Entry, state: &RunState) {
        for sink in &self.0 {
            sink.entry(run_id, entry, state);
        }
    }
}
