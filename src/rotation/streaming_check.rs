//! The streaming check: the URLs of locators answer before something that could break them, and answer as before after it.
//!
//! Which URLs there are, [`addresses`] finds out; what comes next for one of them, [`mod@decide`] says, from what was seen alone; this
//! file asks. The check changes nothing, asks without any credential, and never beyond the cloud's streaming domains.
//!
//! ```text
//! let check = StreamingCheck::new(client);
//! let before = check.before(addresses).await;          // journal it: a resume has it
//! …
//! let after = check.after(&before, since, &V2_LOCATOR).await;   // waits on the answers
//! ```

pub mod account;
pub mod addresses;
pub mod decide;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::stream::{self, StreamExt as _};
use time::OffsetDateTime;

use crate::azure::client::Client;
use crate::domain::streaming::{Addresses, After, Baseline, Before, Checked, Sighting, StreamingUrl, Verdict};

use decide::{Asked, Next, Patience, decide};

/// How many URLs are asked at once.
pub const AT_ONCE: usize = 8;
/// How long a host that was silent is believed to be silent still. Shorter than the pace of any [`Patience`], so that it is heard
/// again in each round.
const SILENCE: Duration = Duration::from_secs(15);
/// How often in a row a host is silent before that is believed.
const SILENCES: u32 = 3;
/// How long after a weak moment a URL is asked once more for its baseline.
const ONCE_MORE: Duration = Duration::from_secs(2);

/// The name under which it is accepted that streaming URLs of a dependent answered before and do not now.
#[must_use]
pub fn acceptance_of(dependent: &str) -> String {
    format!("streaming-{dependent}")
}

/// A URL that has to answer again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// What it said before.
    pub before: Baseline,
    /// When what could break it happened.
    pub since: OffsetDateTime,
}

/// Asks streaming URLs.
#[derive(Debug)]
pub struct StreamingCheck {
    client: Client,
    /// Hosts that were silent: a dead one must not cost a wait for each of its thousand URLs.
    hosts: Mutex<HashMap<String, Silence>>,
}

/// A host that was silent, and has said nothing since.
#[derive(Clone, Debug, Default)]
struct Silence {
    silences: u32,
    last: Option<OffsetDateTime>,
    why: String,
}

impl StreamingCheck {
    /// A check over this client.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client, hosts: Mutex::default() }
    }

    /// Asks each URL once.
    pub async fn before(&self, addresses: Addresses) -> Before {
        let Addresses { urls, without, left_out } = addresses;
        let ask = |at: StreamingUrl| async move {
            let seen = self.baseline(&at.url).await;
            Baseline { at, seen }
        };
        let urls = stream::iter(urls).map(ask).buffered(AT_ONCE).collect().await;
        Before { urls, without, left_out }
    }

    /// Asks every URL until it answers as before, or `patience` is used up. `since` is when what could break them happened.
    pub async fn after(&self, before: &Before, since: OffsetDateTime, patience: &Patience) -> After {
        let open = before.urls.iter().map(|known| Open { before: known.clone(), since }).collect();
        let mut urls = Vec::new();
        let told = |checked| {
            urls.push(checked);
            Ok::<(), std::convert::Infallible>(())
        };
        let Ok(()) = self.follow(open, patience, told).await;
        let place = |checked: &Checked| before.urls.iter().position(|known| known.at == checked.at);
        urls.sort_by_cached_key(place);
        After { urls, without: before.without.clone(), left_out: before.left_out }
    }

    /// Asks the URLs that failed once more: each a few times at the pace of `patience`, whose waits are long over. Unless one answers,
    /// it goes on failing, whatever else is heard of it. Gives how many answer.
    pub async fn once_more(&self, after: &mut After, patience: &Patience) -> usize {
        let since = self.client.clock().now() - patience.ceiling;
        let failed = after.failing().map(|checked| Baseline { at: checked.at.clone(), seen: Sighting::Answers });
        let before = Before { urls: failed.collect(), ..Before::default() };
        let mut answer = 0;
        for now in self.after(&before, since, patience).await.urls {
            let Some(checked) = after.urls.iter_mut().find(|checked| checked.at == now.at) else { continue };
            checked.verdict = match now.verdict {
                Verdict::NotChecked { why } => Verdict::Fails { why: format!("is silent: {why}") },
                heard => heard,
            };
            answer += usize::from(checked.verdict == Verdict::Answers);
        }
        answer
    }

    /// Asks every URL until it answers as before, or `patience` is used up, and tells each verdict as it falls: round after round,
    /// [`AT_ONCE`] at once, so that one that fails keeps no other waiting.
    ///
    /// # Errors
    /// What `told` fails with; nothing more is asked then.
    pub async fn follow<E>(
        &self,
        open: Vec<Open>,
        patience: &Patience,
        mut told: impl FnMut(Checked) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut open: Vec<(Open, Option<Asked>)> = open.into_iter().map(|open| (open, None)).collect();
        while !open.is_empty() {
            let now = self.client.clock().now();
            let (mut due, mut waiting, mut earliest) = (Vec::new(), Vec::new(), None::<OffsetDateTime>);
            for (known, asked) in open {
                match decide(&known.before.seen, asked.as_ref(), known.since, now, patience) {
                    Next::Over(verdict) => told(Checked { at: known.before.at, verdict })?,
                    Next::Ask => due.push((known, asked)),
                    Next::Wait(until) => {
                        earliest = Some(earliest.map_or(until, |known| known.min(until)));
                        waiting.push((known, asked));
                    }
                }
            }
            if let (Some(until), true) = (earliest, due.is_empty()) {
                self.client.clock().sleep(Duration::try_from(until - now).unwrap_or_default()).await;
            }
            let ask = |(known, asked): (Open, Option<Asked>)| async move {
                let seen = self.glance(&known.before.at.url).await;
                let times = asked.map_or(0, |asked| asked.times) + 1;
                (known, Some(Asked { seen, at: self.client.clock().now(), times }))
            };
            let mut asking = stream::iter(due).map(ask).buffer_unordered(AT_ONCE);
            while let Some(asked) = asking.next().await {
                waiting.push(asked);
            }
            open = waiting;
        }
        Ok(())
    }

    /// What a URL says before. What may be a moment's weakness is asked once more.
    pub async fn baseline(&self, url: &str) -> Sighting {
        let seen = self.glance(url).await;
        let passing = match &seen {
            Sighting::Answers => false,
            Sighting::Refuses { status, .. } => *status == 429 || *status >= 500,
            Sighting::Silent { .. } => self.client.cloud().streaming_url(url).is_ok() && self.muted(url).is_none(),
        };
        if !passing {
            return seen;
        }
        self.client.clock().sleep(ONCE_MORE).await;
        self.glance(url).await
    }

    /// What a URL says now. One whose host is silent is not asked for a while.
    pub async fn glance(&self, url: &str) -> Sighting {
        if let Err(why) = self.client.cloud().streaming_url(url) {
            return Sighting::Silent { why };
        }
        if let Some(why) = self.muted(url) {
            return Sighting::Silent { why };
        }
        let seen = self.client.glance_at_stream(url).await;
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        match &seen {
            Sighting::Silent { why } => {
                let host = hosts.entry(host_of(url)).or_default();
                (host.silences, host.last, host.why) = (host.silences + 1, Some(self.client.clock().now()), why.clone());
            }
            Sighting::Answers | Sighting::Refuses { .. } => {
                hosts.remove(&host_of(url));
            }
        }
        seen
    }

    /// Why the host of a URL is not asked at the moment, if so.
    fn muted(&self, url: &str) -> Option<String> {
        let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let host = hosts.get(&host_of(url)).filter(|host| host.silences >= SILENCES)?;
        host.last.filter(|at| self.client.clock().now() - *at < SILENCE).map(|_| host.why.clone())
    }
}

fn host_of(url: &str) -> String {
    azure_core::http::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}
