//! Ctrl-C and its relatives: SIGINT, SIGTERM, SIGHUP.

use crate::rotation::Cancel;

/// Waits for signals. While a run is at work, the first one turns the switch on, so that the run ends at a safe place, and this
/// returns at the second; before that nothing was changed, and this returns at the first: the command ends where it stands.
pub(super) async fn until_at_once(signals: Option<Signals>, cancel: &Cancel, at_work: impl Fn() -> bool) -> u8 {
    let Some(mut signals) = signals else { return std::future::pending().await };
    loop {
        let signal = signals.next().await;
        if !at_work() || cancel.signal().is_some() {
            return signal;
        }
        cancel.trigger(signal);
    }
}

/// The signals that are listened for from the moment this is made.
#[cfg(unix)]
pub(super) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Begins to listen; nothing where the machine refuses that.
    pub(super) fn listen() -> Option<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Some(Self {
            interrupt: signal(SignalKind::interrupt()).ok()?,
            terminate: signal(SignalKind::terminate()).ok()?,
            hangup: signal(SignalKind::hangup()).ok()?,
        })
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => 2,
            _ = self.terminate.recv() => 15,
            _ = self.hangup.recv() => 1,
        }
    }
}

/// Ctrl-C.
#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    /// Begins to listen; nothing where the machine refuses that.
    pub(super) fn listen() -> Option<Self> {
        Some(Self)
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> u8 {
        match tokio::signal::ctrl_c().await {
            Ok(()) => 2,
            Err(_) => std::future::pending().await,
        }
    }
}
