//! The feed: the change logs of the events that somebody watches, as they grow.
//!
//! For each watched event a reader follows the log and keeps the newest changes in memory; any
//! number of [`Follower`]s read from it, each at its own position. A follower that is further back
//! than the watch reaches reads the log itself. Nobody waits for anybody: there is no queue between
//! the reader and its followers, so a slow follower costs nothing but its own place.
//!
//! What this server has committed itself it need not read: the desk tells it ([`Feed::committed`]).
//! That is a short cut and not the truth either; whenever it does not continue what a reader has,
//! the reader turns to the log.
//!
//! Invariants: a follower is given every revision in order, or told that it has [`Lost`] its place.
//! NOTIFY is a wake-up, never the truth: readers look at the log every second whether or not they
//! hear anything, and after the listening connection was lost they listen first and then look.
//!
//! What is handed out to many is shared, and so is what they make of it (see [`Rendered`]): a batch
//! becomes a frame once, not once for each subscriber.
//!
//! Deliberately absent: what any of it looks like to a client. That is for whoever follows.

mod follower;
mod listen;
mod rendered;
mod watch;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use self::follower::Standing;
pub use self::follower::{Follower, Lost, Step};
pub use self::rendered::Rendered;
use self::watch::Watch;
pub use self::watch::{Batch, KEPT_CHANGES, SharedSnapshot};
use crate::domain::{Change, EventId, Revision};
use crate::store::{Store, StoreError};

/// Why an event cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// There is no such event.
    #[error("there is no such event")]
    NoSuchEvent,
    /// As many follow as this server is set to serve.
    #[error("too many subscriptions are open on this server")]
    Full,
    /// The log could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where a new follower begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// With what changes from now on; the caller takes a snapshot and moves the follower there.
    Live,
    /// After this revision.
    After(Revision),
}

/// See the module's documentation.
#[derive(Debug)]
pub struct Feed {
    store: Store,
    watches: Mutex<HashMap<EventId, Weak<Watch>>>,
    places: Arc<Semaphore>,
    place_count: usize,
    is_listening: std::sync::atomic::AtomicBool,
}

impl Feed {
    /// A feed that serves at most `max_followers` at a time.
    pub fn new(store: Store, max_followers: usize) -> Arc<Self> {
        let max_followers = max_followers.min(Semaphore::MAX_PERMITS);
        Arc::new(Self {
            store,
            watches: Mutex::default(),
            places: Arc::new(Semaphore::new(max_followers)),
            place_count: max_followers,
            is_listening: false.into(),
        })
    }

    /// Listens for wake-ups until told to stop; reconnects for as long as it takes.
    pub async fn run(self: Arc<Self>, listen_url: String, stop: CancellationToken) {
        let listening =
            async { tokio::join!(listen::listen(&self, &listen_url), listen::beat(&self)) };
        stop.run_until_cancelled(listening).await;
    }

    /// Whether wake-ups arrive. Without them changes are still delivered, up to a second late.
    pub fn is_listening(&self) -> bool {
        self.is_listening.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// How many follow now.
    pub fn followers(&self) -> usize {
        self.place_count - self.places.available_permits()
    }

    /// How many events are watched now.
    pub fn watches(&self) -> usize {
        let watches = self.watches.lock().unwrap_or_else(PoisonError::into_inner);
        watches.values().filter(|watch| watch.strong_count() > 0).count()
    }

    /// Follows an event's log.
    ///
    /// # Errors
    ///
    /// See [`FeedError`]. That `start` lies in the future or was pruned is no error: the follower's
    /// first step says so.
    pub async fn follow(
        self: &Arc<Self>,
        event: EventId,
        start: Start,
    ) -> Result<Follower, FeedError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| FeedError::Full)?;
        // In a rush nearly everybody comes for an event that is watched already, with a revision
        // that is at hand.
        if let Some(watch) = self.existing(event) {
            let standing = match start {
                Start::Live => Some(Standing::Lost(Lost::NoPosition)),
                Start::After(revision) => {
                    watch.keeps(revision).then_some(Standing::CatchingUp(revision))
                }
            };
            if let Some(standing) = standing {
                return Ok(Follower::new(self.store.clone(), watch, place, standing));
            }
        }
        let store = self.store.clone();
        let extent = apart(async move { store.log_extent(event).await })
            .await?
            .ok_or(FeedError::NoSuchEvent)?;
        let standing = match start {
            Start::Live => Standing::Lost(Lost::NoPosition),
            Start::After(revision) if revision > extent.newest => {
                Standing::Lost(Lost::UnknownRevision)
            }
            Start::After(revision) if revision < extent.pruned => Standing::Lost(Lost::Pruned),
            Start::After(revision) => Standing::CatchingUp(revision),
        };
        Ok(Follower::new(self.store.clone(), self.watch(event, extent.newest), place, standing))
    }

    fn existing(&self, event: EventId) -> Option<Arc<Watch>> {
        self.watches
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&event)
            .and_then(Weak::upgrade)
    }

    /// The event's watch; the first to ask starts it, and it ends with its last follower.
    fn watch(&self, event: EventId, newest: Revision) -> Arc<Watch> {
        let mut watches = self.watches.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watch) = watches.get(&event).and_then(Weak::upgrade) {
            return watch;
        }
        watches.retain(|_, watch| watch.strong_count() > 0);
        let watch = Watch::start(self.store.clone(), event, newest);
        watches.insert(event, Arc::downgrade(&watch));
        watch
    }

    /// These changes of an event, which follow one another, are in its log: told by whoever
    /// committed them.
    pub fn committed(&self, event: EventId, changes: Vec<Change>) {
        if let Some(watch) = self.existing(event) {
            watch.hear(changes);
        }
    }

    fn wake(&self, event: EventId, reached: Revision) {
        if let Some(watch) = self.existing(event) {
            watch.wake(reached);
        }
    }

    fn wake_all(&self) {
        let watches: Vec<_> = self
            .watches
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .filter_map(Weak::upgrade)
            .collect();
        for watch in watches {
            watch.wake_to_look();
        }
    }
}

/// Looks something up in a task of its own. A follower is polled by the socket it serves, and a
/// socket that cannot write does not poll: what others wait for (a connection, a lock) must not be
/// in its hands meanwhile.
pub(crate) async fn apart<T: Send + 'static>(
    look_up: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::spawn(look_up).await.unwrap_or(Err(StoreError::Interrupted))
}

/// A follower's place among those this server serves; given back when dropped.
type Place = OwnedSemaphorePermit;

/// How often readers look at the log although nothing woke them: what a lost wake-up costs at most.
const LOOK_EVERY: Duration = Duration::from_secs(1);
