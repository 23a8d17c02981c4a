//! Time that passes only when everybody waits: a day of a rotation runs in a moment, and always in the same order.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::domain::clock::Clock;

/// A clock whose time is moved by its own driver, [`Self::run`]. Clones show the same time.
#[derive(Clone)]
pub struct VirtualClock {
    shared: Arc<Mutex<Shared>>,
    /// Whether jumps show: the clock of the caller jumps, that of the world does not.
    jumps: bool,
}

struct Shared {
    start: OffsetDateTime,
    elapsed: Duration,
    jump: time::Duration,
    sleepers: BTreeMap<(Duration, u64), Option<Waker>>,
    next: u64,
    pace: Option<Pace>,
}

/// Called with each stretch of virtual time before it is skipped.
type Pace = Box<dyn FnMut(Duration) + Send>;

impl VirtualClock {
    /// A clock that shows `start` until something waits.
    #[must_use]
    pub fn new(start: OffsetDateTime) -> Self {
        let shared =
            Shared { start, elapsed: Duration::ZERO, jump: time::Duration::ZERO, sleepers: BTreeMap::new(), next: 0, pace: None };
        Self { shared: Arc::new(Mutex::new(shared)), jumps: true }
    }

    /// The same timeline without jumps: the clock of the simulated Azure, while its caller's clock may jump.
    #[must_use]
    pub fn steady(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), jumps: false }
    }

    /// Sets what happens before a stretch of virtual time is skipped. A demonstration sleeps a small part of it, or
    /// redraws its screen.
    pub fn set_pace(&self, pace: impl FnMut(Duration) + Send + 'static) {
        self.lock().pace = Some(Box::new(pace));
    }

    /// Makes the time that this clock shows jump, forwards or backwards. Sleepers are not disturbed, as they are not on
    /// a machine whose clock is set.
    pub fn jump(&self, by: time::Duration) {
        let mut shared = self.lock();
        shared.jump = shared.jump.saturating_add(by);
    }

    /// Lets time pass while nobody runs: between two runs of a test.
    pub fn advance(&self, by: Duration) {
        self.lock().elapsed += by;
    }

    /// Virtual time since the clock was made; jumps do not count.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.lock().elapsed
    }

    /// Runs a future to its end, skipping the time in which everything in it waits.
    ///
    /// Returns `None` when nothing can wake the future any more: it waits for something that is not this clock.
    pub fn run<F: Future>(&self, future: F) -> Option<F::Output> {
        self.run_unless(future, || false)
    }

    /// As [`Self::run`], but looks before each step whether the process has died. Then the future is dropped where it
    /// stands, and the answer is `None`.
    pub fn run_unless<F: Future>(&self, future: F, mut crashed: impl FnMut() -> bool) -> Option<F::Output> {
        let mut future = pin!(future);
        let woken = Arc::new(Woken(AtomicBool::new(false)));
        let waker = Waker::from(Arc::clone(&woken));
        let mut context = Context::from_waker(&waker);
        while !crashed() {
            woken.0.store(false, Ordering::Release);
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return Some(output);
            }
            if !woken.0.load(Ordering::Acquire) && !self.wake_earliest() {
                return None;
            }
        }
        None
    }

    /// Skips to the earliest sleeper and wakes it. Of two with the same time the one that came first goes first.
    fn wake_earliest(&self) -> bool {
        let mut shared = self.lock();
        let Some((&(deadline, number), _)) = shared.sleepers.first_key_value() else { return false };
        let gap = deadline.saturating_sub(shared.elapsed);
        if gap > Duration::ZERO
            && let Some(mut pace) = shared.pace.take()
        {
            drop(shared);
            pace(gap);
            shared = self.lock();
            shared.pace.get_or_insert(pace);
        }
        shared.elapsed = shared.elapsed.max(deadline);
        let waker = shared.sleepers.remove(&(deadline, number)).flatten();
        drop(shared);
        if let Some(waker) = waker {
            waker.wake();
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> OffsetDateTime {
        let shared = self.lock();
        let now = shared.start.saturating_add(time::Duration::try_from(shared.elapsed).unwrap_or(time::Duration::MAX));
        if self.jumps { now.saturating_add(shared.jump) } else { now }
    }

    async fn sleep(&self, duration: Duration) {
        Sleep { clock: self.clone(), duration, registered: None }.await;
    }
}

impl fmt::Debug for VirtualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VirtualClock({})", self.now())
    }
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

/// One wait. Its deadline counts from the first poll.
struct Sleep {
    clock: VirtualClock,
    duration: Duration,
    registered: Option<(Duration, u64)>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock.clone();
        let mut shared = clock.lock();
        let key = self.registered.unwrap_or_else(|| {
            shared.next += 1;
            (shared.elapsed.saturating_add(self.duration), shared.next)
        });
        self.registered = Some(key);
        if shared.elapsed >= key.0 {
            shared.sleepers.remove(&key);
            return Poll::Ready(());
        }
        shared.sleepers.insert(key, Some(context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(key) = self.registered {
            self.clock.lock().sleepers.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;
    use futures::future::{Either, pending, select};

    use super::*;

    fn clock() -> VirtualClock {
        VirtualClock::new(OffsetDateTime::UNIX_EPOCH)
    }

    #[test]
    fn a_day_passes_in_a_moment() {
        let clock = clock();
        clock.run(clock.sleep(Duration::from_secs(86_400))).expect("the sleep ends");
        assert_eq!(clock.now(), OffsetDateTime::UNIX_EPOCH + time::Duration::DAY);
    }

    #[test]
    fn work_that_overlaps_takes_as_long_as_its_longest_part() {
        let clock = clock();
        let done = clock.run(
            futures::stream::iter([5_u64, 3, 4, 1])
                .map(|seconds| {
                    let clock = clock.clone();
                    async move {
                        clock.sleep(Duration::from_secs(seconds)).await;
                        seconds
                    }
                })
                .buffer_unordered(2)
                .collect::<Vec<_>>(),
        );
        assert_eq!(
            done.expect("all end"),
            [3, 5, 1, 4],
            "1 begins at 5 s, when 5 frees its place, and ends at 6 s; 4 began at 3 s and ends at 7 s"
        );
    }

    #[test]
    fn a_future_that_nothing_can_wake_ends_the_run() {
        assert_eq!(clock().run(pending::<()>()), None);
    }

    #[test]
    fn an_abandoned_wait_does_not_hold_up_time() {
        let clock = clock();
        clock.run(async {
            let long = clock.sleep(Duration::from_secs(1000));
            let short = clock.sleep(Duration::from_secs(1));
            assert!(matches!(select(long, short).await, Either::Right(_)));
            clock.sleep(Duration::from_secs(1)).await;
        });
        assert_eq!(clock.elapsed(), Duration::from_secs(2));
    }

    #[test]
    fn a_jump_moves_what_is_shown_and_not_what_is_waited_for() {
        let clock = clock();
        let steady = clock.steady();
        clock.run(async {
            clock.jump(time::Duration::hours(-1));
            clock.sleep(Duration::from_secs(60)).await;
        });
        assert_eq!(steady.now(), OffsetDateTime::UNIX_EPOCH + time::Duration::MINUTE);
        assert_eq!(clock.now(), OffsetDateTime::UNIX_EPOCH + time::Duration::MINUTE - time::Duration::HOUR);
    }

    #[test]
    fn a_crash_drops_the_future_between_two_steps() {
        let clock = clock();
        let mut steps = 0;
        let mut done = 0;
        let ended = clock.run_unless(
            async {
                for _ in 0..10 {
                    clock.sleep(Duration::from_secs(1)).await;
                    done += 1;
                }
            },
            || {
                steps += 1;
                steps > 4
            },
        );
        assert_eq!((ended, done), (None, 3));
    }

    #[test]
    fn a_pace_is_told_of_each_stretch_before_it_is_skipped() {
        let clock = clock();
        let told = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&told);
        clock.set_pace(move |gap| log.lock().expect("not poisoned").push(gap.as_secs()));
        clock.run(async {
            clock.sleep(Duration::from_secs(2)).await;
            clock.sleep(Duration::from_secs(3)).await;
        });
        assert_eq!(*told.lock().expect("not poisoned"), [2, 3]);
    }
}
