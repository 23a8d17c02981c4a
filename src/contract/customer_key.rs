//! Runs of `customer-key` on disk and on the wire: the order (`keyroll.customerKey/1`), the journal's lines
//! (`keyroll.customerKeyEvent/1`), and the report (`keyroll.customerKeyReport/1`).

pub(crate) mod event;
pub(crate) mod order;
pub(crate) mod plan;
pub(crate) mod report;
pub(crate) mod show;

pub use event::{SCHEMA as EVENT_SCHEMA, line, parse, streamed};
pub use order::{SCHEMA as ORDER_SCHEMA, digest, order, parse_order};
pub use plan::plan_text;
pub use report::{document as report_document, text as report_text};
pub use show::show_text;

use crate::contract::name::Name;
use crate::domain::customer_key::{Outcome, Step, TargetKind};

impl Name for Step {
    const WHAT: &'static str = "step";

    fn text(&self) -> String {
        self.name().to_owned()
    }

    fn named(text: &str) -> Option<Self> {
        Self::from_name(text)
    }
}

impl Name for Outcome {
    const WHAT: &'static str = "outcome";

    fn text(&self) -> String {
        self.name().to_owned()
    }

    fn named(text: &str) -> Option<Self> {
        Self::from_name(text)
    }
}

impl Name for TargetKind {
    const WHAT: &'static str = "kind of resource";

    fn text(&self) -> String {
        self.name().to_owned()
    }

    fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text)
    }
}

#[cfg(test)]
mod tests;
