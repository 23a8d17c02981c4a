//! The frames of the conversation with a host, on stdout.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};

use tokio::sync::watch;

use crate::azure::observer::{Notice, Observer};
use crate::contract::{self, event, host};
use crate::domain::event::Entry;
use crate::domain::locator;
use crate::rotation::Sink;
use crate::rotation::locators::{self, Listener};
use crate::rotation::state::RunState;

use super::printer::harmless;
use super::progress::Progress;

/// Writes frames, one a line. A thread of its own writes, so that a host that reads slowly holds up no change in Azure.
#[derive(Debug)]
pub struct Frames {
    queue: Mutex<Option<mpsc::Sender<String>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    unread: watch::Receiver<bool>,
}

impl Frames {
    /// Frames on this process's stdout.
    #[must_use]
    pub fn of_stdout() -> Self {
        Self::new(io::stdout())
    }

    /// Frames that are written there.
    #[must_use]
    pub fn new(mut out: impl Write + Send + 'static) -> Self {
        let (queue, frames) = mpsc::channel::<String>();
        let (gone, unread) = watch::channel(false);
        let writer = thread::spawn(move || {
            for mut frame in frames {
                frame.push('\n');
                if out.write_all(frame.as_bytes()).and_then(|()| out.flush()).is_err() {
                    // Whoever listens for that may be gone too.
                    let _ = gone.send(true);
                    return;
                }
            }
        });
        Self { queue: Mutex::new(Some(queue)), writer: Mutex::new(Some(writer)), unread }
    }

    /// Writes a frame, some time soon and after all before it.
    pub fn send(&self, frame: &str) {
        if let Some(queue) = &*self.queue.lock().unwrap_or_else(PoisonError::into_inner) {
            // Fails only when nobody reads any more, which is told by `unread`.
            let _ = queue.send(harmless(frame));
        }
    }

    /// Returns once a frame could not be written, because nobody reads any more; never before.
    pub async fn unread(&self) {
        let mut unread = self.unread.clone();
        if unread.wait_for(|gone| *gone).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Waits until all that was sent is written. Nothing is written after that.
    pub fn end(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = writer.join();
        }
    }
}

/// What happens while one request is carried out, as frames.
#[derive(Debug)]
pub struct HostEvents {
    frames: Arc<Frames>,
    id: String,
    progress: Arc<Progress>,
}

impl HostEvents {
    /// The events of the request with this id. What is told to people goes to `progress` too.
    #[must_use]
    pub fn new(frames: Arc<Frames>, id: String, progress: Arc<Progress>) -> Self {
        Self { frames, id, progress }
    }

    /// Sends one event as it is streamed.
    pub fn send(&self, streamed: &str) {
        self.frames.send(&host::event(Some(&self.id), streamed));
    }
}

impl Sink for HostEvents {
    fn entry(&self, run_id: &str, entry: &Entry, _: &RunState) {
        self.frames.send(&host::event(Some(&self.id), &event::streamed(run_id, entry)));
    }
}

impl Listener for HostEvents {
    fn entry(&self, run_id: &str, entry: &locator::event::Entry, _: &locators::state::RunState) {
        self.frames.send(&host::event(Some(&self.id), &contract::locator::streamed(run_id, entry)));
    }
}

impl Observer for HostEvents {
    fn notice(&self, notice: &Notice) {
        let told = format!("{}: {}", notice.host, notice.message);
        self.frames.send(&host::event(Some(&self.id), &host::notice("notice", "waiting", &told)));
        self.progress.notice(notice);
    }
}
