use clap::Args;
use serde_json::json;

use crate::domain::act::Act;
use crate::domain::key::Slot;
use crate::domain::plan::{Options, Plan, Strategy};
use crate::domain::problem::Problem;
use crate::rotation::Patience;

use super::carry_out::{self, Order};
use super::end::End;
use super::next::Source;
use super::roll_options::{RollOptions, ScopeOptions, slot};
use super::session::Session;

/// Regenerate one key and prove that only that one changed
///
/// Refused while something is known to hold the key: `rotate --key SLOT` moves that first. What cannot be known has to be accepted
/// by name. Asks once; it cannot be undone.
///
/// Example: `keyroll regenerate-key -g prod --storage-account stprod --key key2 --accept unknown-usage-key2`
#[derive(Args, Clone, Debug)]
pub(super) struct RegenerateKey {
    #[command(flatten)]
    scope: ScopeOptions,

    /// The slot: key1, key2, primary or secondary
    #[arg(long, value_name = "SLOT", value_parser = slot)]
    key: Option<Slot>,

    /// Return at the first wait instead of waiting with the run
    #[arg(long)]
    no_wait: bool,
}

impl RegenerateKey {
    pub(super) async fn run(&self, session: &Session) -> End {
        session.account_option()?;
        let slot = self.key.ok_or_else(|| {
            Problem::usage("keyMissing", "it was not said which key to regenerate").hint("add --key key1 or --key key2")
        })?;
        let patience = if self.no_wait { Patience::UntilFirstWait } else { Patience::Wait };
        let digest = carry_out::digest("regenerate-key", session, &self.scope, &json!({ "key": slot.name() }));
        if let Some(end) = carry_out::again(session, &digest, patience, &self.scope.certificate).await {
            return end;
        }
        let engine = session.certified(session.acting_engine().await?, &self.scope).await?;
        let (id, scope) = session.target(&engine, &self.scope).await?;
        engine.no_unfinished_run(&id, None)?;
        let options = Options { strategy: Strategy::OneSlot(slot), ..Options::default() };
        let plan = engine.plan(&id, &scope, &options).await?;
        unused(&plan, slot)?;
        let roll = RollOptions { key: Some(slot), ..RollOptions::default() };
        let source = Source::Options { roll: &roll, scope: &self.scope };
        let certificate = &self.scope.certificate;
        let plans = vec![plan];
        let order = Order { verb: "regenerate-key", plans, beside: &[], source, digest, patience, certificate };
        carry_out::begin(session, &engine, order).await
    }
}

/// A plan that has to write anything into a dependent is no mere regenerate.
fn unused(plan: &Plan, slot: Slot) -> Result<(), Problem> {
    let moves = plan.steps.iter().filter(|step| matches!(step.act, Act::Converge | Act::Publish));
    let mut names: Vec<&str> = moves
        .flat_map(|step| &step.dependents)
        .filter_map(|id| plan.dependent(id))
        .map(|dependent| dependent.name.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Ok(());
    }
    let shown = names.iter().take(5).copied().collect::<Vec<_>>().join(", ");
    let more = if names.len() > 5 { format!(" and {} more", names.len() - 5) } else { String::new() };
    let name = plan.account.id.name();
    Err(Problem::blocked("keyInUse", format!("{slot} of {name} is held by {shown}{more}, and nothing was changed"))
        .hint(format!("move them first and regenerate then: keyroll rotate --storage-account {} --key {slot}", plan.account.id)))
}
