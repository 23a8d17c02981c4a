use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use crate::azure::client::{Client, ClientOptions};
use crate::azure::cloud::Cloud;
use crate::contract;
use crate::dependents::Scope;
use crate::domain::plan::Options;
use crate::domain::problem::Problem;
use crate::domain::report::Report;
use crate::render;
use crate::rotation::memory::Memory;
use crate::rotation::{Engine, Patience, Start};
use crate::sim::demo;
use crate::sim::simulator::Simulator;
use crate::sim::virtual_clock::VirtualClock;

use super::end::{self, End};
use super::session::Session;

/// How long somebody who watches waits in all, at most.
const PATIENCE: Duration = Duration::from_secs(7);

/// Watch a whole roll in time-lapse, on a made-up Azure
///
/// Two media accounts, a workspace with its datastores and two vault secrets; one answer is throttled and one is lost. The real
/// engine does the work, no network is used, and nothing is kept.
///
/// Example: `keyroll demo`
#[derive(Args, Clone, Debug)]
pub(super) struct Demo {}

impl Demo {
    pub(super) async fn run(&self, session: &Session) -> End {
        let world = demo::world();
        let start = contract::time::parse(&world.now).ok_or_else(|| stuck("its world begins at no time"))?;
        let subscriptions = world.subscriptions.iter().map(|subscription| subscription.id.clone()).collect();
        let clock = VirtualClock::new(start);
        if session.printer.bars().is_some() {
            clock.set_pace(pace());
        }
        let azure = Simulator::new(world, Arc::new(clock.steady()))?;
        let client = Client::new(ClientOptions {
            transport: azure.transport(),
            cloud: Cloud::public(),
            credential: Some(azure.credential()),
            clock: Arc::new(clock.clone()),
            observer: session.progress.clone(),
            client_request_id: None,
        });
        let engine = session.engine_over(client, Arc::new(Memory::new()));
        // tokio lets a task that never waits for tokio starve after a while, so that others get their turn. Here is nobody else.
        let roll = tokio::task::unconstrained(async { clock.run(roll(session, engine, subscriptions)) });
        let report = roll.await.ok_or_else(|| stuck("everybody in it waits"))??;
        Ok(end::of_run(session, &report))
    }
}

async fn roll(session: &Session, mut engine: Engine, subscriptions: Vec<String>) -> Result<Report, Problem> {
    engine.identity = engine.client.identity().await?.map(|identity| identity.object_id);
    let scope = Scope { subscriptions, ..Scope::default() };
    let plan = engine.plan(&demo::storage_account().parse()?, &scope, &Options::default()).await?;
    let accepted: Vec<String> = plan.acceptances.iter().map(|needed| needed.name.clone()).collect();
    let say = |line: &str| session.printer.people(line);
    say("A made-up Azure in time-lapse. First the plan:\n");
    let next = "the demonstration carries this plan out, every name accepted";
    say(&render::plan::text(&plan, next, engine.client.clock().now(), session.printer.width()));
    say("\nNow the roll, every name accepted:\n");
    let (run_id, request_digest) = (Some("demo".to_owned()), String::new());
    let report =
        engine.rotate(Start { run_id, plan, request_digest, accepted, change_reference: None, patience: Patience::Wait }).await?;
    session.progress.clear();
    say("");
    Ok(report)
}

/// Shows a long wait longer than a short one, and all of them together no longer than anybody likes to watch.
fn pace() -> impl FnMut(Duration) + Send + 'static {
    let mut left = PATIENCE;
    move |gap: Duration| {
        let wait = Duration::from_secs_f64(gap.as_secs_f64().ln_1p() * 0.012).min(left);
        left -= wait;
        std::thread::sleep(wait);
    }
}

fn stuck(why: &str) -> Problem {
    Problem::failed("demoStuck", "the demonstration cannot go on").because(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_waits_together_stay_within_what_anybody_likes_to_watch() {
        let mut pace = pace();
        let begun = std::time::Instant::now();
        for _ in 0..20 {
            pace(Duration::from_millis(50));
        }
        assert!(begun.elapsed() < Duration::from_secs(1));
    }
}
