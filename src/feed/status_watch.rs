//! One event whose map somebody looks at: its newest frame, for all who do.
//!
//! Followers are told in parts, one after another: ten thousand who wake at once take all
//! processors for as long as it takes to write to them, and whoever buys then waits. Whoever is
//! told is given the newest frame there is.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::bounds::Bounds;
use super::error::FeedError;
use super::pace::PARTS;
use super::permit::SubscriptionPermit;
use super::status_frame::{StatusFrame, Statuses};

/// See the module's documentation. Its teller runs for as long as somebody holds the watch.
#[derive(Debug)]
pub(super) struct StatusWatch {
    bounds: Bounds,
    shown: RwLock<Shown>,
    parts: Box<[Part]>,
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

/// Followers that are told together.
#[derive(Default, Debug)]
struct Part {
    followers: AtomicUsize,
    /// The number of the frame that they were told of last; 0: of none.
    told: AtomicU64,
    woken: Notify,
}

impl Part {
    fn followers(&self) -> usize {
        self.followers.load(Ordering::Relaxed)
    }

    /// Tells of what is shown by now.
    fn tell(&self, number: u64) {
        self.told.store(number, Ordering::Release);
        self.woken.notify_waiters();
    }
}

impl StatusWatch {
    /// A watch that shows nothing yet and has no teller (see [`super::teller::start`]).
    pub(super) fn new(bounds: Bounds) -> Arc<Self> {
        let shown = RwLock::new(Shown::Nothing);
        let parts = std::iter::repeat_with(Part::default).take(PARTS).collect();
        Arc::new(Self { bounds, shown, parts, teller: OnceLock::new() })
    }

    /// Hands the teller over, which ends with the watch.
    pub(super) fn set_teller(&self, teller: AbortHandle) {
        // It is set once.
        let _ = self.teller.set(teller);
    }

    /// How many look.
    pub(super) fn followers(&self) -> usize {
        self.parts.iter().map(Part::followers).sum()
    }

    /// How many parts there are in which somebody looks.
    pub(super) fn parts(&self) -> usize {
        self.parts.iter().filter(|part| part.followers() > 0).count()
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

    /// Shows a frame, to whoever comes from now on. Those who look already are told part by part.
    pub(super) fn show(&self, frame: Arc<StatusFrame>) {
        self.set_shown(Shown::Frame(frame));
    }

    /// Tells so many parts of the frame that is shown, those first that have waited longest: the
    /// parts come in turn, beginning with `first`. What came of it.
    pub(super) fn tell(&self, frame: &Arc<StatusFrame>, first: usize, most: usize) -> Told {
        let mut told = Told { next: first, parts: 0, followers: 0, bytes: 0, is_all: false };
        for _ in 0..PARTS {
            let part = &self.parts[told.next];
            let (has, followers) = (part.told.load(Ordering::Relaxed), part.followers());
            if has == frame.number() {
                break;
            }
            if followers > 0 {
                if told.parts == most {
                    return told;
                }
                told.parts += 1;
                told.followers += followers;
                let has = (has > 0).then_some(has);
                told.bytes = told.bytes.max(Statuses::of(Arc::clone(frame), has).bytes());
            }
            part.tell(frame.number());
            told.next = (told.next + 1) % PARTS;
        }
        Told { is_all: true, ..told }
    }

    pub(super) fn end(&self) {
        self.set_shown(Shown::End);
        self.parts.iter().for_each(|part| part.tell(u64::MAX));
    }
}

/// What came of telling some.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Told {
    /// Who comes next.
    pub(super) next: usize,
    /// Parts with somebody in them.
    parts: usize,
    pub(super) followers: usize,
    /// What each of them is sent, at the most.
    pub(super) bytes: usize,
    /// Whether everybody has been told of it now.
    pub(super) is_all: bool,
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
    part: usize,
    has: Option<u64>,
    _permit: SubscriptionPermit,
}

impl StatusFollower {
    /// One more, where there are fewest.
    pub(super) fn new(watch: Arc<StatusWatch>, permit: SubscriptionPermit) -> Self {
        let parts = watch.parts.iter().enumerate();
        let part = parts.min_by_key(|(_, part)| part.followers()).map_or(0, |(part, _)| part);
        watch.parts[part].followers.fetch_add(1, Ordering::Relaxed);
        Self { watch, part, has: None, _permit: permit }
    }

    /// The newest frame, once its part is told of another than was given last; at once if none was.
    /// Safe to cancel.
    ///
    /// # Errors
    ///
    /// If there is no such event any more.
    pub async fn next(&mut self) -> Result<Statuses, FeedError> {
        let part = &self.watch.parts[self.part];
        loop {
            // Made before looking, so that what is told after the look wakes us.
            let woken = part.woken.notified();
            let told = part.told.load(Ordering::Acquire);
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

impl Drop for StatusFollower {
    fn drop(&mut self) {
        self.watch.parts[self.part].followers.fetch_sub(1, Ordering::Relaxed);
    }
}
