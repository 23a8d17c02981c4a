//! The streaming URLs of media accounts that re-read the keys: asked before anything changes for them, and compared once the caches of
//! their origins have had their time. Nothing here changes anything, and nothing that keeps a URL from being asked stops a run.

use std::time::Duration;

use futures::stream::{self, StreamExt as _};
use time::OffsetDateTime;

use crate::domain::event::Event;
use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;
use crate::domain::streaming::{Addresses, Baseline, Before, Checked, Verdict};
use crate::rotation::streaming_check::account::of_account;
use crate::rotation::streaming_check::decide::{Asked, KEY, Next, Patience, decide};
use crate::rotation::streaming_check::{AT_ONCE, StreamingCheck};
use crate::rotation::timing;

use super::{Worker, mends};

/// How long a URL that does not answer is asked again at least, however late it is: an origin may have a bad moment of its own.
const BAD_MOMENT: Duration = Duration::from_secs(10 * 60);

impl Worker {
    /// Writes down what the streaming URLs of a dependent say before anything changes for it.
    pub(super) async fn see_streams(&self, step: u32, id: &str) -> Result<(), Problem> {
        let seen = |before, unchecked| Event::StreamsSeen { step, dependent: id.to_owned(), before, unchecked };
        match self.streams_of(id).await {
            Ok(addresses) => {
                let before = StreamingCheck::new(self.client.clone()).before(addresses).await;
                self.note(seen(before, None))
            }
            Err(problem) if mends(&problem) && self.may_wait(step, id) => {
                self.retry(step, id, problem.into(), timing::TRY_AGAIN, timing::PATIENCE)
            }
            Err(problem) => self.note(seen(Before::default(), Some(problem.message))),
        }
    }

    async fn streams_of(&self, id: &str) -> Result<Addresses, Problem> {
        let media: ResourceId = id.parse()?;
        of_account(&self.client, &media, &self.account.id, self.client.clock().now()).await
    }

    /// Whether something that time mends may still be waited for: a baseline is not worth more.
    fn may_wait(&self, step: u32, id: &str) -> bool {
        let since = self.target(step, id).first_try;
        since.is_none_or(|since| self.client.clock().now() - since < BAD_MOMENT)
    }

    /// Asks the streaming URLs of a dependent that have not answered as before in this step, each once, and writes down what is known by
    /// then.
    pub(super) async fn compare_streams(&self, step: u32, id: &str) -> Result<(), Problem> {
        let (name, target) = (self.dependent(id)?.name, self.target(step, id));
        let (all, open, told): (usize, Vec<Baseline>, Option<OffsetDateTime>) = {
            let state = &self.journal.borrow().state;
            let Some(seen) = state.streams_of(id) else { return Ok(()) };
            let open = seen.open(&target.streams).cloned().collect();
            (seen.before.urls.len(), open, state.told.get(&id.to_ascii_lowercase()).copied())
        };
        let begun = target.first_try.unwrap_or_else(|| self.client.clock().now());
        let since = told.unwrap_or(begun);
        let spent = Duration::try_from(begun - since).unwrap_or_default();
        let patience = Patience { ceiling: KEY.ceiling.max(spent + BAD_MOMENT), ..KEY };
        let check = StreamingCheck::new(self.client.clone());
        let times = target.attempts + 1;
        let ask = |known: Baseline| {
            let check = &check;
            async move {
                let asked = if known.seen.is_worth_asking() { Some(check.glance(&known.at.url).await) } else { None };
                (known, asked.map(|seen| Asked { seen, at: self.client.clock().now(), times }))
            }
        };
        let asked: Vec<(Baseline, Option<Asked>)> = stream::iter(open).map(ask).buffered(AT_ONCE).collect().await;
        let now = self.client.clock().now();
        let (mut over, mut waiting) = (Vec::new(), Vec::new());
        for (known, asked) in asked {
            match (decide(&known.seen, asked.as_ref(), since, now, &patience), asked) {
                // What failed goes on failing until it answers.
                (Next::Over(Verdict::NotChecked { why }), Some(_)) if target.failed_streams.contains(&known.at) => {
                    over.push(Checked { at: known.at, verdict: Verdict::Fails { why: format!("is silent: {why}") } });
                }
                (Next::Over(verdict), _) => over.push(Checked { at: known.at, verdict }),
                (_, Some(asked)) => waiting.push((known.at.url, asked)),
                (_, None) => {}
            }
        }
        if !over.is_empty() {
            self.note(Event::StreamsChecked { step, dependent: id.to_owned(), urls: over })?;
        }
        let Some((url, asked)) = waiting.first() else { return Ok(()) };
        let why = format!("{} of {all} streaming URLs of {name} do not answer as before: {url} {}", waiting.len(), asked.seen);
        self.note(Event::Retrying { step, target: id.to_owned(), why, answered: true, until: asked.at + patience.pace })
    }
}
