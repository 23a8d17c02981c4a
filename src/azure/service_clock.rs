//! The time as Azure tells it: the machine's clock, set right by the `Date` of every answer.
//!
//! Graces, windows and signatures are about Azure's time. A machine whose clock is wrong, or jumps in the middle of a run,
//! must not let a key die before its caches had their day.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::{HeaderName, Headers};
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{Context, Request};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::domain::clock::Clock;

use super::call::Effect;

/// Differences up to this are the travel of an answer and the whole seconds of `Date`, not a wrong clock.
const TOLERANCE: time::Duration = time::Duration::seconds(30);

/// A clock that follows the service's.
#[derive(Debug)]
pub(crate) struct ServiceClock {
    machine: Arc<dyn Clock>,
    ahead: Mutex<time::Duration>,
}

impl ServiceClock {
    /// A clock that believes the machine's until an answer tells otherwise.
    pub(crate) fn new(machine: Arc<dyn Clock>) -> Self {
        Self { machine, ahead: Mutex::new(time::Duration::ZERO) }
    }

    /// Takes the time of an answer, if it tells one.
    pub(crate) fn observe(&self, headers: &Headers) {
        let Some(text) = headers.get_optional_str(&HeaderName::from_static("date")) else { return };
        let Ok(told) = OffsetDateTime::parse(text, &Rfc2822) else { return };
        let ahead = told - self.machine.now();
        let known = if ahead.abs() > TOLERANCE { ahead } else { time::Duration::ZERO };
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) = known;
    }
}

/// Shows every answer to the clock, those that are repeated among them.
#[derive(Debug)]
pub(crate) struct DatePolicy(pub(crate) Arc<ServiceClock>);

#[async_trait]
impl Policy for DatePolicy {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let (policy, rest) =
            next.split_first().ok_or_else(|| Error::with_message(ErrorKind::Other, "the pipeline ends in a transport"))?;
        let answer = policy.send(context, request, rest).await?;
        // A stream may come from a cache, with the date of the day that it was put there.
        if context.value::<Effect>() != Some(&Effect::Glance) {
            self.0.observe(answer.headers());
        }
        Ok(answer)
    }
}

#[async_trait]
impl Clock for ServiceClock {
    fn now(&self) -> OffsetDateTime {
        let ahead = *self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        self.machine.now().saturating_add(ahead)
    }

    async fn sleep(&self, duration: Duration) {
        self.machine.sleep(duration).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Stopped;

    #[async_trait]
    impl Clock for Stopped {
        fn now(&self) -> OffsetDateTime {
            OffsetDateTime::from_unix_timestamp(784_111_777).expect("Sun, 06 Nov 1994 08:49:37 GMT")
        }

        async fn sleep(&self, _: Duration) {}
    }

    #[test]
    fn a_wrong_clock_is_set_right_and_a_right_one_left_alone() {
        let clock = ServiceClock::new(Arc::new(Stopped));
        for (date, seconds) in [
            ("Sun, 06 Nov 1994 08:49:40 GMT", 0),
            ("Sun, 06 Nov 1994 10:49:37 GMT", 7200),
            ("nonsense", 7200),
            ("Sun, 06 Nov 1994 08:49:30 GMT", 0),
            ("Sat, 05 Nov 1994 08:49:37 GMT", -86400),
        ] {
            let mut headers = Headers::new();
            headers.insert("date", date.to_owned());
            clock.observe(&headers);
            assert_eq!((clock.now() - Stopped.now()).whole_seconds(), seconds, "{date}");
        }
    }
}
