//! The order as a file: what a run was to do with each locator.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::contract::streaming::AddressesDocument;
use crate::contract::time::{Span, Time};
use crate::contract::{Version, canonical, sha256, version};
use crate::domain::locator::order::{Item, Order, Verdict};
use crate::domain::problem::Problem;
use crate::domain::streaming::Addresses;

use super::LocatorDocument;

/// The schema of an order.
const SCHEMA: &str = "keyroll.locatorOrder/1";

/// What a run is to do with each locator of an account.
#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderDocument {
    schema: String,
    account: String,
    endpoint: String,
    created: Time,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address_file: Option<String>,
    concurrency: usize,
    locators: Vec<ItemDocument>,
    /// The streaming URLs that are asked before and after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    streams: Option<AddressesDocument>,
}

#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct ItemDocument {
    locator: LocatorDocument,
    duration: Span,
    permissions: u32,
    recreate: bool,
    /// Why it is left; absent when it is recreated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

/// The order as a JSON document.
#[must_use]
pub fn document(order: &Order) -> Value {
    let item = |item: &Item| {
        let why = match &item.verdict {
            Verdict::Recreate => None,
            Verdict::Leave { why } => Some(why.clone()),
        };
        let (duration, permissions) = (Span(item.duration), item.permissions);
        ItemDocument { locator: (&item.locator).into(), duration, permissions, recreate: why.is_none(), why }
    };
    let document = OrderDocument {
        schema: SCHEMA.to_owned(),
        account: order.account.clone(),
        endpoint: order.endpoint.clone(),
        created: Time(order.created),
        address_file: order.address_file.clone(),
        concurrency: order.concurrency,
        locators: order.items.iter().map(item).collect(),
        streams: order.streams.as_ref().map(AddressesDocument::from),
    };
    serde_json::to_value(document).unwrap_or_default()
}

/// Reads an order.
///
/// # Errors
/// When it is not one, or one of a newer keyroll.
pub fn parse(text: &str) -> Result<Order, Problem> {
    let damaged = |why: &dyn std::fmt::Display| {
        Problem::failed("orderDamaged", "the order of a run that recreates locators cannot be read").because(why)
    };
    let document: OrderDocument = serde_json::from_str(text).map_err(|error| damaged(&error))?;
    match version(&document.schema, SCHEMA) {
        Version::Same => {}
        Version::Other => {
            return Err(Problem::usage("orderFromTheFuture", format!("the order has the schema {}", document.schema))
                .hint("update keyroll, then run the same command again"));
        }
        Version::Foreign => return Err(damaged(&format!("its schema is `{}`", document.schema))),
    }
    let item = |item: ItemDocument| Item {
        locator: item.locator.into(),
        duration: item.duration.0,
        permissions: item.permissions,
        verdict: if item.recreate { Verdict::Recreate } else { Verdict::Leave { why: item.why.unwrap_or_default() } },
    };
    Ok(Order {
        account: document.account,
        endpoint: document.endpoint,
        created: document.created.0,
        address_file: document.address_file,
        concurrency: document.concurrency,
        items: document.locators.into_iter().map(item).collect(),
        streams: document.streams.map(Addresses::from),
    })
}

/// SHA-256 over an order's JSON with sorted members.
#[must_use]
pub fn digest(document: &Value) -> String {
    sha256(&canonical(document))
}
