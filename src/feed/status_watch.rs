//! One event whose map somebody looks at: its newest frame, for all who do.
//!
//! Followers are told in parts, one after another. Whoever is told is given the newest frame.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use tokio::task::AbortHandle;

use super::bounds::Bounds;
use super::error::FeedError;
use super::parts::{Parts, Place};
use super::permit::SubscriptionPermit;
use super::status_frame::{StatusFrame, Statuses};

/// See the module's documentation. Its teller runs for as long as somebody holds the watch.
#[derive(Debug)]
pub(super) struct StatusWatch {
    bounds: Bounds,
    shown: RwLock<Shown>,
    /// They are told of the numbers of frames.
    parts: Parts,
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
        let shown = RwLock::new(Shown::Nothing);
        Arc::new(Self { bounds, shown, parts: Parts::new(0), teller: OnceLock::new() })
    }

    /// Hands the teller over, which ends with the watch.
    pub(super) fn set_teller(&self, teller: AbortHandle) {
        // It is set once.
        let _ = self.teller.set(teller);
    }

    /// Those who look.
    pub(super) fn parts(&self) -> &Parts {
        &self.parts
    }

    pub(super) fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    fn shown(&self) -> Shown {
        self.shown.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_shown(&self, shown: Shown) {
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = shown;
    }

    pub(super) fn newest(&self) -> Option<Arc<StatusFrame>> {
        match self.shown() {
            Shown::Frame(frame) => Some(frame),
            Shown::Nothing | Shown::End => None,
        }
    }

    /// Shows a frame, to whoever comes from now on. Those who look already are to be told.
    pub(super) fn show(&self, frame: Arc<StatusFrame>) {
        self.set_shown(Shown::Frame(frame));
    }

    pub(super) fn end(&self) {
        self.set_shown(Shown::End);
        self.parts.tell_all(i64::MAX);
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
    watch: Arc<StatusWatch>,
    place: Place,
    has: Option<i64>,
    _permit: SubscriptionPermit,
}

impl StatusFollower {
    pub(super) fn new(watch: Arc<StatusWatch>, permit: SubscriptionPermit) -> Self {
        Self { place: watch.parts.join(), watch, has: None, _permit: permit }
    }

    /// The newest frame, once it is told of another than was given last; at once if none was. Safe
    /// to cancel.
    ///
    /// # Errors
    ///
    /// If there is no such event any more.
    pub async fn next(&mut self) -> Result<Statuses, FeedError> {
        loop {
            // Made before looking, so that what is told after the look wakes us.
            let woken = self.place.woken();
            let told = self.place.told();
            if self.has.is_none_or(|has| has < told) {
                match self.watch.shown() {
                    Shown::Frame(frame) if self.has.is_none_or(|has| has < frame.number()) => {
                        let has = self.has.replace(frame.number());
                        return Ok(Statuses::of(frame, has));
                    }
                    Shown::Frame(_) | Shown::Nothing => {}
                    Shown::End => return Err(FeedError::NoSuchEvent),
                }
            }
            woken.await;
        }
    }
}
