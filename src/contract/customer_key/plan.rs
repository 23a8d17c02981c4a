//! The steps that an order needs, for programs.

use serde::Serialize;
use serde_json::Value;

use crate::contract::name::Named;
use crate::domain::customer_key::{Order, Planned, Step};

/// The schema of the steps.
const SCHEMA: &str = "keyroll.customerKeyPlan/1";

/// The steps that a `customer-key` order needs.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document<'a> {
    schema: &'static str,
    #[cfg_attr(test, schemars(with = "super::order::Document"))]
    order: Value,
    steps: Vec<StepDocument<'a>>,
    notes: &'a [String],
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct StepDocument<'a> {
    step: Named<Step>,
    touches: &'a str,
    why: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    wait: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    irreversible: Option<&'static str>,
}

/// The steps as JSON text, `schema` first.
#[must_use]
pub fn plan_text(order: &Order, steps: &[Planned], notes: &[String]) -> String {
    let steps = steps.iter().map(describe).collect();
    let document = Document { schema: SCHEMA, order: super::order(order), steps, notes };
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

fn describe(planned: &Planned) -> StepDocument<'_> {
    let Planned { step, touches, why, wait } = planned;
    StepDocument { step: Named(*step), touches, why, wait, irreversible: step.irreversible() }
}
