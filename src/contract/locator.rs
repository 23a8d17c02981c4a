//! Runs that recreate locators, on disk and on the wire: the order (`keyroll.locatorOrder/1`), the journal's lines
//! (`keyroll.locatorEvent/1`) and the report (`keyroll.locatorReport/1`).

pub(crate) mod event;
pub(crate) mod order;
pub(crate) mod report;
pub(crate) mod streaming;

pub use event::{SCHEMA as EVENT_SCHEMA, line, parse, streamed};
pub use order::{document as order_document, parse as parse_order, stored as stored_order};
pub use report::{document as report_document, line as report_line, text as report_text};

use serde::{Deserialize, Serialize};

use crate::contract::name::{Name, Named};
use crate::contract::time::Time;
use crate::domain::locator::{Locator, LocatorKind};

use self::streaming::StreamingDocument;

impl Name for LocatorKind {
    const WHAT: &'static str = "type of locator";

    fn text(&self) -> String {
        self.name().to_owned()
    }

    fn named(text: &str) -> Option<Self> {
        Self::from_name(text)
    }
}

/// A locator as snapshots and orders hold it. The address of a SAS locator is a secret and has no member, nor has the value of a
/// content key.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct LocatorDocument {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(rename = "type")]
    kind: Named<LocatorKind>,
    asset: String,
    policy: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start: Option<Time>,
    expires: Time,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    streaming: Option<StreamingDocument>,
}

impl From<&Locator> for LocatorDocument {
    fn from(locator: &Locator) -> Self {
        Self {
            id: locator.id.clone(),
            name: locator.name.clone(),
            kind: Named(locator.kind),
            asset: locator.asset.clone(),
            policy: locator.policy.clone(),
            start: locator.start.map(Time),
            expires: Time(locator.expires),
            // Of a SAS locator nothing that could be a signature is ever written.
            path: locator.path.clone().filter(|_| locator.kind == LocatorKind::OnDemandOrigin),
            streaming: locator.streaming.as_deref().map(StreamingDocument::from),
        }
    }
}

impl From<LocatorDocument> for Locator {
    fn from(document: LocatorDocument) -> Self {
        Self {
            id: document.id,
            name: document.name,
            kind: document.kind.0,
            asset: document.asset,
            policy: document.policy,
            start: document.start.map(|time| time.0),
            expires: document.expires.0,
            path: document.path,
            streaming: document.streaming.map(|streaming| Box::new(streaming.into())),
        }
    }
}

#[cfg(test)]
mod tests;
