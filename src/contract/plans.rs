//! Several plans of one request, as JSON: what `plan --with-account` answers.

use serde::Serialize;

use crate::domain::plan::Plan;

use super::plan::PlanDocument;

/// The schema of several plans.
const SCHEMA: &str = "keyroll.plans/1";

/// A plan for each account, in the order in which they were named.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlansDocument {
    schema: &'static str,
    plans: Vec<PlanDocument>,
    /// Every name that one of them needs, each once.
    accept: Vec<String>,
}

/// The plans as JSON text, `schema` first. `accept` are the names that they need.
#[must_use]
pub fn text(plans: &[Plan], accept: Vec<String>) -> String {
    let document = PlansDocument { schema: SCHEMA, plans: plans.iter().map(PlanDocument::from).collect(), accept };
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::contract::plan;
    use crate::contract::samples::Any;
    use crate::contract::schema::demand;

    #[test]
    fn several_plans_are_this_json() {
        let plans = [Any(1).plan(), Any(2).plan()];
        let text = text(&plans, vec!["window-ml-a".into()]);
        demand(&text);
        let whole: Value = serde_json::from_str(&text).expect("JSON");
        let each: Vec<Value> = plans.iter().map(plan::document).collect();
        assert_eq!(whole, json!({ "schema": "keyroll.plans/1", "plans": each, "accept": ["window-ml-a"] }));
    }
}
