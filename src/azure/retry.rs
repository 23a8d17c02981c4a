//! The retry policy: what may be repeated, after how long, and who is told.
//!
//! `azure_core`'s own repeats POSTs, sleeps on wall time and honours a `Retry-After` of any length. Ours asks the call's
//! [`Effect`]:
//!
//! | what came back | `Read`, `Idempotent` | `Once` |
//! | --- | --- | --- |
//! | 429 | repeated | repeated: it was refused, not done |
//! | cannot resolve or connect | repeated | repeated: nothing was sent |
//! | 408, 5xx, broken connection | repeated | returned: nobody knows |
//! | certificate refused | returned | returned |
//!
//! A `Glance` is never repeated.
//!
//! At most [`ATTEMPTS`] times and [`LONGEST_SUM`] of waiting. A single wait is at most [`LONGEST_WAIT`]: a service that
//! asks for more is asked again earlier, and when the sum is used up the problem says when to come back.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{AsyncRawResponse, Context, Request, Url};

use crate::domain::clock::Clock;

use super::call::Effect;
use super::error::{is_certificate_error, may_have_happened};
use super::observer::{Notice, Observer};
use super::retry_after;

/// How often a call is sent at most.
pub(crate) const ATTEMPTS: u32 = 6;
/// The longest single wait.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(5 * 60);
/// The longest sum of waits of one call.
pub(crate) const LONGEST_SUM: Duration = Duration::from_secs(10 * 60);
/// The first wait where the service names none; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// Repeats what may be repeated.
#[derive(Debug)]
pub(crate) struct RetryPolicy {
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
}

impl RetryPolicy {
    pub(crate) fn new(clock: Arc<dyn Clock>, observer: Arc<dyn Observer>) -> Self {
        Self { clock, observer }
    }

    /// Decides about one try. A response whose body had to be read comes back whole.
    async fn judge(&self, outcome: PolicyResult, effect: Effect) -> (PolicyResult, Option<Fault>) {
        let repeatable = effect != Effect::Once;
        match outcome {
            Ok(response) => {
                let status = u16::from(response.status());
                let reason = match status {
                    429 => Reason::Throttled,
                    _ if may_have_happened(status) && repeatable => Reason::Unavailable(status),
                    _ => return (Ok(response), None),
                };
                let (status, headers, body) = response.deconstruct();
                match body.collect().await {
                    Ok(body) => {
                        let demanded = retry_after::demanded(&headers, &body, self.clock.now());
                        (Ok(AsyncRawResponse::from_bytes(status, headers, body)), Some(Fault { reason, demanded }))
                    }
                    Err(error) => (Err(error), Some(Fault { reason, demanded: None })),
                }
            }
            Err(error) => {
                let reason = match error.kind() {
                    _ if is_certificate_error(&error) => None,
                    ErrorKind::Connection => Some(Reason::NoConnection),
                    ErrorKind::Io if repeatable => Some(Reason::Broken),
                    _ => None,
                };
                (Err(error), reason.map(|reason| Fault { reason, demanded: None }))
            }
        }
    }
}

#[async_trait]
impl Policy for RetryPolicy {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        // Only the calls of our own client carry an effect; the others ask for tokens, which may be asked for twice.
        let effect = context.value::<Effect>().copied().unwrap_or(Effect::Read);
        if effect == Effect::Glance {
            return next[0].send(context, request, &next[1..]).await;
        }
        let mut waited = Duration::ZERO;
        let mut attempt = 1;
        loop {
            let outcome = next[0].send(context, request, &next[1..]).await;
            let (outcome, fault) = self.judge(outcome, effect).await;
            let Some(fault) = fault else { return outcome };
            let wait = fault.wait(attempt, request.url());
            if attempt == ATTEMPTS || waited + wait > LONGEST_SUM {
                return outcome;
            }
            self.observer.notice(&fault.notice(request.url(), wait));
            self.clock.sleep(wait).await;
            waited += wait;
            attempt += 1;
        }
    }
}

/// Why a try is repeated, and how long the service wants us to wait.
struct Fault {
    reason: Reason,
    demanded: Option<Duration>,
}

enum Reason {
    Throttled,
    Unavailable(u16),
    NoConnection,
    Broken,
}

impl Fault {
    fn wait(&self, attempt: u32, url: &Url) -> Duration {
        // A demanded wait of nothing would be no wait at all.
        self.demanded.map_or_else(|| back_off(attempt, url), |wait| wait.max(FIRST_WAIT)).min(LONGEST_WAIT)
    }

    fn notice(&self, url: &Url, wait: Duration) -> Notice {
        let seconds = wait.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX);
        let message = match self.reason {
            Reason::Throttled => format!("throttled, continuing in {seconds} s"),
            Reason::Unavailable(status) => format!("answered {status}, trying again in {seconds} s"),
            Reason::NoConnection => format!("no connection, trying again in {seconds} s"),
            Reason::Broken => format!("connection broken, trying again in {seconds} s"),
        };
        Notice { message, host: url.host_str().unwrap_or_default().to_owned(), seconds }
    }
}

/// One second, doubled with each attempt, and spread by a fifth to either side so that calls that failed together do
/// not return together. The spread comes from the URL's path, not from chance: a simulated run repeats exactly.
fn back_off(attempt: u32, url: &Url) -> Duration {
    let hash =
        url.path().bytes().fold(u64::from(attempt), |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let percent = 80 + u32::try_from((hash >> 32) % 41).unwrap_or_default();
    FIRST_WAIT * 2_u32.pow(attempt - 1) * percent / 100
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_back_off_doubles_and_is_spread_without_chance() {
        let path = |n: u32| Url::parse(&format!("https://a.example/{n}?secret")).expect("URL");
        for attempt in 1..ATTEMPTS {
            let base = f64::from(2_u32.pow(attempt - 1));
            let waits: Vec<f64> = (0..100).map(|n| back_off(attempt, &path(n)).as_secs_f64() / base).collect();
            assert!(waits.iter().all(|wait| (0.8..=1.2).contains(wait)), "{waits:?}");
            assert!(waits.iter().any(|wait| *wait < 0.9) && waits.iter().any(|wait| *wait > 1.1), "{waits:?}");
            assert_eq!(back_off(attempt, &path(1)), back_off(attempt, &path(1)));
        }
    }
}
