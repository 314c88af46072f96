//! Which events are watched, and by how many.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Semaphore;

use super::apart::apart;
use super::bounds::Bounds;
use super::error::FeedError;
use super::follower::{Follower, FollowerState, Lost, SubscriptionPermit};
use super::reader;
use super::status_watch::{StatusFollower, StatusWatch};
use super::teller;
use super::watch::Watch;
use crate::domain::{Change, EventId, Revision};
use crate::memory::{Allowance, Full};
use crate::store::{Store, StoreError};

/// Where a new follower begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// With what changes from now on; the caller takes a snapshot and moves the follower there.
    Live,
    /// After this revision.
    After(Revision),
}

/// One in so many permits is kept for those who are known: who has no token, and so may be anybody,
/// cannot take them all.
const KEPT_FOR_THE_KNOWN: usize = 5;

/// See the module's documentation.
#[derive(Debug)]
pub struct Feed {
    store: Store,
    bounds: Bounds,
    watches: Mutex<HashMap<EventId, Weak<Watch>>>,
    status_watches: Mutex<HashMap<EventId, Weak<StatusWatch>>>,
    permits: Arc<Semaphore>,
    /// What strangers need as well: there are fewer of them.
    permits_for_strangers: Arc<Semaphore>,
    most_followers: usize,
    is_listening: AtomicBool,
    commits: AtomicU64,
}

impl Feed {
    /// A feed that serves at most `max_followers` at a time.
    pub fn new(store: Store, max_followers: usize) -> Arc<Self> {
        let max_followers = max_followers.min(Semaphore::MAX_PERMITS);
        let max_strangers = max_followers - max_followers / KEPT_FOR_THE_KNOWN;
        Arc::new(Self {
            store,
            bounds: Bounds::default(),
            watches: Mutex::default(),
            status_watches: Mutex::default(),
            permits: Arc::new(Semaphore::new(max_followers)),
            permits_for_strangers: Arc::new(Semaphore::new(max_strangers)),
            most_followers: max_followers,
            is_listening: false.into(),
            commits: AtomicU64::new(0),
        })
    }

    /// Says whether wake-ups arrive.
    pub(super) fn set_listening(&self, is_listening: bool) {
        self.is_listening.store(is_listening, Ordering::Relaxed);
    }

    /// Sends a wake-up of nothing.
    pub(super) async fn heartbeat(&self) -> Result<(), StoreError> {
        self.store.heartbeat().await
    }

    /// Whether wake-ups arrive. Without them changes are still delivered, up to a second late.
    pub fn is_listening(&self) -> bool {
        self.is_listening.load(Ordering::Relaxed)
    }

    /// What bounds its memory.
    pub fn allowances(&self) -> [&Arc<Allowance>; 3] {
        [self.bounds.frames.allowance(), &self.bounds.changes, &self.bounds.boards]
    }

    /// How many follow now.
    pub fn followers(&self) -> usize {
        self.most_followers - self.permits.available_permits()
    }

    /// How many events are watched now.
    pub fn watches(&self) -> usize {
        let watches = self.watches.lock().unwrap_or_else(PoisonError::into_inner);
        watches.values().filter(|watch| watch.strong_count() > 0).count()
    }

    /// A permit for a follower, who is a stranger or is known.
    fn permit(&self, is_known: bool) -> Result<SubscriptionPermit, FeedError> {
        let of = |permits: &Arc<Semaphore>| {
            Arc::clone(permits).try_acquire_owned().map_err(|_| FeedError::Full)
        };
        let strangers = (!is_known).then(|| of(&self.permits_for_strangers)).transpose()?;
        Ok(SubscriptionPermit { _of_all: of(&self.permits)?, _of_strangers: strangers })
    }

    /// Follows an event's log. Whether it is known who follows decides about the last permits.
    ///
    /// # Errors
    ///
    /// See [`FeedError`]. That `start` lies in the future or was pruned is no error: the follower's
    /// first step says so.
    pub async fn follow(
        self: &Arc<Self>,
        event: EventId,
        start: Start,
        is_known: bool,
    ) -> Result<Follower, FeedError> {
        let permit = self.permit(is_known)?;
        // In a rush nearly everybody comes for an event that is watched already, with a revision
        // that is at hand.
        if let Some(watch) = self.existing(event) {
            let state = match start {
                Start::Live => Some(FollowerState::Lost(Lost::NoPosition)),
                Start::After(revision) => {
                    watch.keeps(revision).then_some(FollowerState::CatchingUp(revision))
                }
            };
            if let Some(state) = state {
                return Ok(Follower::new(self.store.clone(), watch, Some(permit), state));
            }
        }
        let store = self.store.clone();
        let extent = apart(async move { store.log_extent(event).await })
            .await?
            .ok_or(FeedError::NoSuchEvent)?;
        let state = match start {
            Start::Live => FollowerState::Lost(Lost::NoPosition),
            Start::After(revision) if revision > extent.newest => {
                FollowerState::Lost(Lost::UnknownRevision)
            }
            Start::After(revision) if revision < extent.pruned => FollowerState::Lost(Lost::Pruned),
            Start::After(revision) => FollowerState::CatchingUp(revision),
        };
        let watch = self.watch(event, extent.newest);
        Ok(Follower::new(self.store.clone(), watch, Some(permit), state))
    }

    /// Looks at an event's map, as it is now and as it becomes. Whether it is known who looks
    /// decides about the last permits.
    ///
    /// # Errors
    ///
    /// See [`FeedError`].
    pub async fn follow_statuses(
        self: &Arc<Self>,
        event: EventId,
        is_known: bool,
    ) -> Result<StatusFollower, FeedError> {
        let permit = self.permit(is_known)?;
        if let Some(watch) = of(&self.status_watches, event) {
            return Ok(StatusFollower::new(watch, permit));
        }
        if self.bounds.boards.is_exceeded() {
            return Err(Full.into());
        }
        let store = self.store.clone();
        let extent = apart(async move { store.log_extent(event).await })
            .await?
            .ok_or(FeedError::NoSuchEvent)?;
        let watch = self.watch(event, extent.newest);
        Ok(StatusFollower::new(self.status_watch(event, watch), permit))
    }

    /// The watch of the event's map; the first to ask starts it, and it ends with its last
    /// follower.
    fn status_watch(&self, event: EventId, watch: Arc<Watch>) -> Arc<StatusWatch> {
        let mut watches = self.status_watches.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watch) = watches.get(&event).and_then(Weak::upgrade) {
            return watch;
        }
        watches.retain(|_, watch| watch.strong_count() > 0);
        let nowhere = FollowerState::Lost(Lost::NoPosition);
        let follower = Follower::new(self.store.clone(), watch, None, nowhere);
        let watch = StatusWatch::new(self.bounds.clone());
        teller::start(&watch, self.store.clone(), follower);
        watches.insert(event, Arc::downgrade(&watch));
        watch
    }

    fn existing(&self, event: EventId) -> Option<Arc<Watch>> {
        of(&self.watches, event)
    }

    /// The event's watch; the first to ask starts it, and it ends with its last follower.
    fn watch(&self, event: EventId, newest: Revision) -> Arc<Watch> {
        let mut watches = self.watches.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watch) = watches.get(&event).and_then(Weak::upgrade) {
            return watch;
        }
        watches.retain(|_, watch| watch.strong_count() > 0);
        let watch = Watch::new(event, newest, self.bounds.clone());
        reader::start(&watch, self.store.clone(), newest);
        watches.insert(event, Arc::downgrade(&watch));
        watch
    }

    /// These changes of an event, which follow one another, are in its log: told by whoever
    /// committed them.
    pub fn committed(&self, event: EventId, changes: Vec<Change>) {
        self.committed_unseen();
        if let Some(watch) = self.existing(event) {
            watch.hear(changes);
        }
    }

    /// Something is committed; what it was is not known.
    pub fn committed_unseen(&self) {
        self.commits.fetch_add(1, Ordering::SeqCst);
    }

    /// How often this server has committed, as far as anybody has been answered: what was read
    /// before this number last grew may lack what a client has just done.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::SeqCst)
    }

    pub(super) fn wake(&self, event: EventId, reached: Revision) {
        if let Some(watch) = self.existing(event) {
            watch.wake(reached);
        }
    }

    pub(super) fn wake_all(&self) {
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

/// The watch of an event, if there is one.
fn of<W>(watches: &Mutex<HashMap<EventId, Weak<W>>>, event: EventId) -> Option<Arc<W>> {
    watches.lock().unwrap_or_else(PoisonError::into_inner).get(&event).and_then(Weak::upgrade)
}
