//! Ctrl-C and its relatives: SIGINT, SIGTERM, SIGHUP.

use crate::rotation::Cancel;

/// Listens for signals. The first one turns the switch on, so that a patient command ends at a safe place; this returns at the
/// second one, or at the first if the command is not patient: then it has to end where it stands.
pub(super) async fn until_at_once(cancel: &Cancel, patient: bool) -> u8 {
    let Some(mut signals) = Signals::listen() else { return std::future::pending().await };
    loop {
        let signal = signals.next().await;
        if !patient || cancel.signal().is_some() {
            return signal;
        }
        cancel.trigger(signal);
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> Option<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Some(Self {
            interrupt: signal(SignalKind::interrupt()).ok()?,
            terminate: signal(SignalKind::terminate()).ok()?,
            hangup: signal(SignalKind::hangup()).ok()?,
        })
    }

    async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => 2,
            _ = self.terminate.recv() => 15,
            _ = self.hangup.recv() => 1,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> Option<Self> {
        Some(Self)
    }

    async fn next(&mut self) -> u8 {
        match tokio::signal::ctrl_c().await {
            Ok(()) => 2,
            Err(_) => std::future::pending().await,
        }
    }
}
