use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use crate::contract;
use crate::domain::plan::Plan;
use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;
use crate::rotation::{Engine, Patience};

use super::carry_out::{self, Order};
use super::end::End;
use super::next::Source;
use super::roll_options::{RollOptions, ScopeOptions};
use super::session::Session;
use super::together::{self, Together};

/// Roll the keys of an account without breaking what depends on them
///
/// Finds what depends on the keys, moves it to the fresh one, proves that it works, and only then retires the old one. Makes a fresh plan, or takes the one of `--plan` as it is or not at all. Asks once, with the consequences named. It can be
/// stopped, killed or throttled anywhere and goes on with `resume`. The same `--run-id`, delivered twice, changes nothing twice.
///
/// Example: `keyroll rotate --plan plan.json --accept unknown-usage-key2,window-ml-a --run-id chg1234`
#[derive(Args, Clone, Debug)]
pub(super) struct Rotate {
    #[command(flatten)]
    scope: ScopeOptions,

    #[command(flatten)]
    together: Together,

    #[command(flatten)]
    roll: RollOptions,

    /// Carry out this plan as it is, or not at all: a file of `plan --out`, or the plan's JSON itself
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["vault", "media_v2", "with_account", "key", "standby_only", "finish_on", "until", "retire_after", "settle", "concurrency", "include_sas", "address_file", "media_v2_holds"]
    )]
    plan: Option<String>,

    /// Return at the first wait instead of waiting with the run
    #[arg(long)]
    no_wait: bool,
}

impl Rotate {
    pub(super) async fn run(&self, session: &Session) -> End {
        self.roll.check()?;
        let given = self.plan.as_deref().map(read_plan).transpose()?;
        match &given {
            Some(plan) => same_account(session, &plan.account.id)?,
            None => {
                session.account_option()?;
            }
        }
        let patience = if self.no_wait { Patience::UntilFirstWait } else { Patience::Wait };
        let digest = self.digest(session, given.as_ref());
        let beside = self.together.accounts();
        let certificate = &self.scope.certificate;
        let again = match beside {
            [] => carry_out::again(session, &digest, patience, certificate).await,
            _ => together::again(session, beside, &digest, patience, certificate).await,
        };
        if let Some(end) = again {
            return end;
        }
        let engine = session.acting_engine().await?;
        let handed = given.as_ref().map_or(!self.scope.media_v2.is_empty(), |plan| !plan.media_v2.is_empty());
        let engine = session.with_management(engine, certificate, handed).await?;
        let file = self.plan.as_deref().filter(|text| !is_json(text)).map(PathBuf::from);
        let (plans, source) = match given {
            Some(plan) => {
                engine.no_unfinished_run(&plan.account.id, None)?;
                let options = Source::Options { roll: &self.roll, scope: &self.scope };
                (
                    vec![engine.check_plan(&plan).await?],
                    file.as_deref().map_or(options, |place| Source::File { place, scope: &self.scope }),
                )
            }
            None => (self.fresh(session, &engine).await?, Source::Options { roll: &self.roll, scope: &self.scope }),
        };
        carry_out::begin(session, &engine, Order { verb: "rotate", plans, beside, source, digest, patience, certificate }).await
    }

    async fn fresh(&self, session: &Session, engine: &Engine) -> Result<Vec<Plan>, Problem> {
        if self.together.accounts().is_empty() {
            let (id, _) = session.target(engine, &ScopeOptions::default()).await?;
            engine.no_unfinished_run(&id, None)?;
        }
        self.together.plans(session, engine, &self.scope, &self.roll).await
    }

    fn digest(&self, session: &Session, plan: Option<&Plan>) -> String {
        let plan = plan.map(|plan| contract::plan::digest(&contract::plan::document(plan)));
        carry_out::digest(
            "rotate",
            session,
            &self.scope,
            &json!({ "roll": self.roll.identity(), "plan": plan, "beside": self.together.identity() }),
        )
    }
}

/// A plan from a file, or from the text itself.
fn read_plan(given: &str) -> Result<Plan, Problem> {
    if is_json(given) {
        return contract::plan::parse(given);
    }
    let text = Session::read_text(Path::new(given))?;
    contract::plan::parse(&text).map_err(|problem| problem.because(format!("the file is {given}")))
}

fn is_json(given: &str) -> bool {
    serde_json::from_str::<Value>(given).is_ok_and(|value| value.is_object())
}

/// A plan is of one account; another one named beside it is a mistake.
fn same_account(session: &Session, id: &ResourceId) -> Result<(), Problem> {
    let Some(named) = &session.global.storage_account else { return Ok(()) };
    let same = if named.contains('/') {
        ResourceId::parse_as(named, "Microsoft.Storage/storageAccounts")? == *id
    } else {
        named.eq_ignore_ascii_case(id.name())
    };
    if same {
        return Ok(());
    }
    Err(Problem::usage("planOfAnotherAccount", format!("the plan is of {}, not of {named}", id.name()))
        .hint("leave --storage-account out, or make a plan of that account"))
}
