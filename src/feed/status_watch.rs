//! One event whose map somebody looks at: its newest frame, for all who do.

use std::sync::{Arc, OnceLock};

use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::bounds::Bounds;
use super::error::FeedError;
use super::permit::SubscriptionPermit;
use super::status_frame::{StatusFrame, Statuses};

/// See the module's documentation. Its teller runs for as long as somebody holds the watch.
#[derive(Debug)]
pub(super) struct StatusWatch {
    bounds: Bounds,
    shown: watch::Sender<Shown>,
    teller: OnceLock<AbortHandle>,
}

/// What there is to be seen.
#[derive(Clone, Debug)]
enum Shown {
    /// Nothing yet.
    Nothing,
    Frame(Arc<StatusFrame>),
    /// There is no such event any more.
    End,
}

impl StatusWatch {
    /// A watch that shows nothing yet and has no teller (see [`super::teller::start`]).
    pub(super) fn new(bounds: Bounds) -> Arc<Self> {
        let shown = watch::Sender::new(Shown::Nothing);
        Arc::new(Self { bounds, shown, teller: OnceLock::new() })
    }

    /// Hands the teller over, which ends with the watch.
    pub(super) fn set_teller(&self, teller: AbortHandle) {
        // It is set once.
        let _ = self.teller.set(teller);
    }

    /// How many look.
    pub(super) fn followers(&self) -> usize {
        self.shown.receiver_count()
    }

    pub(super) fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    pub(super) fn newest(&self) -> Option<Arc<StatusFrame>> {
        match &*self.shown.borrow() {
            Shown::Frame(frame) => Some(Arc::clone(frame)),
            Shown::Nothing | Shown::End => None,
        }
    }

    pub(super) fn show(&self, frame: StatusFrame) {
        self.shown.send_replace(Shown::Frame(Arc::new(frame)));
    }

    pub(super) fn end(&self) {
        self.shown.send_replace(Shown::End);
    }
}

impl Drop for StatusWatch {
    fn drop(&mut self) {
        if let Some(teller) = self.teller.get() {
            teller.abort();
        }
    }
}

/// One who looks at an event's map: the number of the frame that it has. Nobody waits for it, and
/// while it sleeps it costs nothing. Ends its watch when it is the last one.
#[derive(Debug)]
pub struct StatusFollower {
    shown: watch::Receiver<Shown>,
    has: Option<u64>,
    _watch: Arc<StatusWatch>,
    _permit: SubscriptionPermit,
}

impl StatusFollower {
    pub(super) fn new(watch: Arc<StatusWatch>, permit: SubscriptionPermit) -> Self {
        Self { shown: watch.shown.subscribe(), has: None, _watch: watch, _permit: permit }
    }

    /// The newest frame, once it is another than the one that was given last. Safe to cancel.
    ///
    /// # Errors
    ///
    /// If there is no such event any more.
    pub async fn next(&mut self) -> Result<Statuses, FeedError> {
        loop {
            match self.shown.borrow_and_update().clone() {
                Shown::Frame(frame) if self.has != Some(frame.number()) => {
                    let has = self.has.replace(frame.number());
                    return Ok(Statuses::of(frame, has));
                }
                Shown::Frame(_) | Shown::Nothing => {}
                Shown::End => return Err(FeedError::NoSuchEvent),
            }
            // The sender lives in the watch that we hold: it is never gone.
            let _ = self.shown.changed().await;
        }
    }
}
