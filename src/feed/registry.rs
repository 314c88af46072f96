//! Which events are watched, and by how many.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::bounds::Bounds;
use super::counts::{FeedCounts, StreamKind};
use super::error::FeedError;
use super::event_watch::{EventFollower, EventWatch};
use super::follower::{Follower, FollowerState};
use super::last_seen::Seen;
use super::lost::Lost;
use super::permit::SubscriptionPermit;
use super::reader;
use super::shared_look_up::{SharedLookUp, shared};
use super::status_watch::{StatusFollower, StatusWatch};
use super::teller;
use super::viewer_follower::ViewerFollower;
use super::vitals::Vitals;
use super::watch::Watch;
use super::woken::Woken;
use crate::domain::{Cause, EventId, LogPoint, Revision, ViewerId};
use crate::memory::{Allowance, Full};
use crate::pace::FrameThreads;
use crate::store::booking::Logged;
use crate::store::changes::LogExtent;
use crate::store::wake_ups::Reached;
use crate::store::{Store, StoreError};

/// Where a new follower begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// With what changes from now on; the caller takes a snapshot and moves the follower there.
    Live,
    /// After this position.
    After(LogPoint),
}

/// One in so many permits is kept for those who are known: who has no token, and so may be anybody,
/// cannot take them all.
const KEPT_FOR_THE_KNOWN: usize = 5;

/// See the module's documentation.
#[derive(Debug)]
pub struct Feed {
    store: Store,
    frame_threads: Arc<FrameThreads>,
    bounds: Bounds,
    watches: Mutex<HashMap<EventId, Weak<Watch>>>,
    status_watches: Mutex<HashMap<EventId, Weak<StatusWatch>>>,
    event_watches: Mutex<HashMap<EventId, Weak<EventWatch>>>,
    /// Those that are looked up just now.
    opening: Mutex<HashMap<EventId, SharedLookUp<Option<Arc<Watch>>>>>,
    permits: Arc<Semaphore>,
    /// What strangers need as well: there are fewer of them.
    permits_for_strangers: Arc<Semaphore>,
    most_followers: usize,
    vitals: Vitals,
    commits: AtomicU64,
    plan_commits: AtomicU64,
    woken: Woken,
    pub(super) counts: FeedCounts,
}

impl Feed {
    /// A feed that serves at most `max_followers` at a time, whose readers run on those threads.
    pub fn new(store: Store, frame_threads: Arc<FrameThreads>, max_followers: usize) -> Arc<Self> {
        let max_followers = max_followers.min(Semaphore::MAX_PERMITS);
        let max_strangers = max_followers - max_followers / KEPT_FOR_THE_KNOWN;
        Arc::new(Self {
            store,
            frame_threads,
            bounds: Bounds::default(),
            watches: Mutex::default(),
            status_watches: Mutex::default(),
            event_watches: Mutex::default(),
            opening: Mutex::default(),
            permits: Arc::new(Semaphore::new(max_followers)),
            permits_for_strangers: Arc::new(Semaphore::new(max_strangers)),
            most_followers: max_followers,
            vitals: Vitals::default(),
            commits: AtomicU64::new(0),
            plan_commits: AtomicU64::new(0),
            woken: Woken::default(),
            counts: FeedCounts::default(),
        })
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// Signs that it lives.
    pub fn vitals(&self) -> &Vitals {
        &self.vitals
    }

    /// How long ago that one of its readers got something from the database which has waited
    /// longest. Each looks once a second.
    pub fn oldest_look(&self) -> Duration {
        let of_logs = looks(&self.watches, Watch::looked_ago);
        of_logs.max(looks(&self.event_watches, EventWatch::looked_ago))
    }

    /// What bounds its memory.
    pub fn allowances(&self) -> [&Arc<Allowance>; 3] {
        [self.bounds.frames.allowance(), &self.bounds.changes, &self.bounds.boards]
    }

    /// How far the reader is behind that is furthest behind what it was told of.
    pub(super) fn lag(&self) -> i64 {
        let watches = self.watches.lock().unwrap_or_else(PoisonError::into_inner);
        watches.values().filter_map(Weak::upgrade).map(|watch| watch.lag()).max().unwrap_or(0)
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
    fn permit(&self, of: StreamKind, is_known: bool) -> Result<SubscriptionPermit, FeedError> {
        let one_of = |permits: &Arc<Semaphore>| {
            Arc::clone(permits).try_acquire_owned().map_err(|_| FeedError::Full)
        };
        let strangers = (!is_known).then(|| one_of(&self.permits_for_strangers)).transpose()?;
        Ok(SubscriptionPermit {
            _of_all: one_of(&self.permits)?,
            _of_strangers: strangers,
            following: self.counts.follow(of),
        })
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
        let permit = self.permit(StreamKind::SeatChanges, is_known)?;
        let watch = self.watch_of(event).await?;
        // Before anything is looked up: what is found out since then is not of this.
        let rewinds = watch.rewinds();
        let state = match start {
            Start::Live => FollowerState::Lost(Lost::NoPosition),
            Start::After(position) => self.standing(&watch, position).await?,
        };
        Ok(Follower::new(self.store.clone(), watch, Some(permit), (state, rewinds)))
    }

    /// How somebody stands who comes with a position.
    async fn standing(
        &self,
        watch: &Watch,
        position: LogPoint,
    ) -> Result<FollowerState, FeedError> {
        let revision = position.revision;
        // Without a mark it may be one of the revisions that were given before. Zero is the same in
        // every history.
        if position.mark.is_none() && revision <= watch.lost_until() {
            return Ok(FollowerState::Lost(Lost::UnknownRevision));
        }
        if revision < watch.pruned() {
            return Ok(FollowerState::Lost(Lost::Pruned));
        }
        if self.is_reached(watch, revision).await? {
            return Ok(FollowerState::Unsettled { position, has_come_back: true });
        }
        Ok(FollowerState::Lost(Lost::UnknownRevision))
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
        let permit = self.permit(StreamKind::SeatStatuses, is_known)?;
        if let Some(watch) = of(&self.status_watches, event) {
            return Ok(StatusFollower::new(watch, permit));
        }
        if self.bounds.boards.is_exceeded() {
            return Err(Full.into());
        }
        let watch = self.watch_of(event).await?;
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
        let follower = {
            let rewinds = watch.rewinds();
            Follower::new(self.store.clone(), watch, None, (nowhere, rewinds))
        };
        let watch = StatusWatch::new(self.bounds.clone());
        teller::start(&watch, self.store.clone(), Arc::clone(&self.frame_threads), follower);
        watches.insert(event, Arc::downgrade(&watch));
        watch
    }

    /// Follows an event itself: what it is now, and what it becomes. It must exist. Whether it is
    /// known who follows decides about the last permits.
    ///
    /// # Errors
    ///
    /// See [`FeedError`].
    pub fn follow_event(&self, event: EventId, is_known: bool) -> Result<EventFollower, FeedError> {
        let permit = self.permit(StreamKind::EventChanges, is_known)?;
        let mut watches = self.event_watches.lock().unwrap_or_else(PoisonError::into_inner);
        let known = watches.get(&event).and_then(Weak::upgrade);
        let watch = known.unwrap_or_else(|| {
            watches.retain(|_, watch| watch.strong_count() > 0);
            let watch = EventWatch::start(event, self.store.clone(), &self.frame_threads);
            watches.insert(event, Arc::downgrade(&watch));
            watch
        });
        Ok(EventFollower::new(watch, permit))
    }

    /// Follows what changes for one viewer in an event, who is known.
    ///
    /// # Errors
    ///
    /// See [`FeedError`].
    pub async fn follow_viewer(
        self: &Arc<Self>,
        event: EventId,
        viewer: ViewerId,
    ) -> Result<ViewerFollower, FeedError> {
        let permit = self.permit(StreamKind::MyReservations, true)?;
        Ok(ViewerFollower::new(self.watch_of(event).await?, viewer, permit))
    }

    /// Whether the log of a watch has reached a revision. In a rush that is known of nearly all.
    async fn is_reached(&self, watch: &Watch, revision: Revision) -> Result<bool, FeedError> {
        if watch.has_reached(revision) {
            return Ok(true);
        }
        let extent = self.store.log_extent(watch.event()).await?;
        Ok(revision <= extent.ok_or(FeedError::NoSuchEvent)?.newest.revision)
    }

    /// The event's watch. If there is none yet, how far its log goes is looked up, once for all who
    /// come at the same time.
    async fn watch_of(self: &Arc<Self>, event: EventId) -> Result<Arc<Watch>, FeedError> {
        if let Some(watch) = self.existing(event) {
            return Ok(watch);
        }
        let look_up = {
            let mut opening = self.opening();
            let under_way = opening.get(&event).filter(|look_up| look_up.peek().is_none());
            under_way.cloned().unwrap_or_else(|| {
                let look_up = shared(Arc::clone(self).look_up_and_watch(event));
                opening.insert(event, look_up.clone());
                look_up
            })
        };
        look_up.await?.ok_or(FeedError::NoSuchEvent)
    }

    async fn look_up_and_watch(
        self: Arc<Self>,
        event: EventId,
    ) -> Result<Option<Arc<Watch>>, StoreError> {
        let extent = self.extent(event).await;
        let watch = extent.map(|extent| extent.map(|extent| self.watch(event, extent)));
        self.opening().remove(&event);
        watch
    }

    /// How far an event's log goes; and how far it has gone in a history that is lost, if this
    /// server has seen more of it than there is.
    async fn extent(&self, event: EventId) -> Result<Option<LogExtent>, StoreError> {
        let seen = self.bounds.last_seen.get(event);
        let Some(mut extent) = self.store.log_extent(event).await? else { return Ok(None) };
        if let Some(Seen { place, furthest }) = seen
            && extent.newest != place
        {
            let is_lost = extent.newest.revision < place.revision
                || extent.newest.contradicts(place)
                || self.store.changes_going_on(event, place, 0).await?.is_err();
            if is_lost {
                let (from, to) = (furthest.0, extent.newest.revision.0);
                tracing::error!(event = event.0, from, to, "the log was rewound");
                extent.lost_until = extent.lost_until.max(furthest);
                self.store.note_lost_history(event, extent.lost_until).await?;
            }
        }
        self.bounds.last_seen.set(event, extent.newest);
        Ok(Some(extent))
    }

    fn opening(&self) -> MutexGuard<'_, HashMap<EventId, SharedLookUp<Option<Arc<Watch>>>>> {
        self.opening.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn existing(&self, event: EventId) -> Option<Arc<Watch>> {
        of(&self.watches, event)
    }

    /// The event's watch; the first to ask starts it, and it ends with its last follower.
    fn watch(&self, event: EventId, extent: LogExtent) -> Arc<Watch> {
        let mut watches = self.watches.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watch) = watches.get(&event).and_then(Weak::upgrade) {
            return watch;
        }
        watches.retain(|_, watch| watch.strong_count() > 0);
        let watch = Watch::new(event, extent, self.bounds.clone());
        let threads = Arc::clone(&self.frame_threads);
        let age = self.counts.age();
        reader::start(&watch, self.store.clone(), (threads, age), extent.newest);
        watches.insert(event, Arc::downgrade(&watch));
        watch
    }

    /// These changes of an event are in its log: told by whoever committed them. And the event
    /// itself has come to a version, if that is above zero.
    pub fn committed(&self, event: EventId, logged: Logged, version: i64) {
        self.commits.fetch_add(1, Ordering::SeqCst);
        self.bounds.last_seen.committed(event, &logged);
        if logged.changes.iter().any(|change| change.cause == Cause::Imported) {
            self.plan_commits.fetch_add(1, Ordering::SeqCst);
        }
        if let Some(watch) = self.existing(event) {
            watch.hear(logged);
        }
        self.reach(event, version);
    }

    /// Something is committed; what it was is not known.
    pub fn committed_unseen(&self) {
        self.commits.fetch_add(1, Ordering::SeqCst);
        self.plan_commits.fetch_add(1, Ordering::SeqCst);
    }

    /// How often what this server has committed may have changed a plan, likewise.
    pub fn plan_commits(&self) -> u64 {
        self.plan_commits.load(Ordering::SeqCst)
    }

    /// How often this server has committed, as far as anybody has been answered: what was read
    /// before this number last grew may lack what a client has just done.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::SeqCst)
    }

    /// Which events have changed since somebody last asked.
    pub fn woken(&self) -> &Woken {
        &self.woken
    }

    pub(super) fn wake(&self, event: EventId, reached: Reached) {
        tracing::trace!(event = event.0, to = reached.revision.0, "heard of changes");
        self.woken.note(event);
        if let Some(watch) = self.existing(event) {
            watch.wake(reached.revision);
        }
        self.reach(event, reached.version);
    }

    fn reach(&self, event: EventId, version: i64) {
        // Most of what is told is of seats.
        if version > 0
            && let Some(watch) = of(&self.event_watches, event)
        {
            watch.reach(version);
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
        let watches = self.event_watches.lock().unwrap_or_else(PoisonError::into_inner);
        watches.values().filter_map(Weak::upgrade).for_each(|watch| watch.wake_to_look());
    }
}

/// The watch of an event, if there is one.
fn of<W>(watches: &Mutex<HashMap<EventId, Weak<W>>>, event: EventId) -> Option<Arc<W>> {
    watches.lock().unwrap_or_else(PoisonError::into_inner).get(&event).and_then(Weak::upgrade)
}

/// The longest that a reader of these has got nothing.
fn looks<W>(watches: &Mutex<HashMap<EventId, Weak<W>>>, of: impl Fn(&W) -> Duration) -> Duration {
    let watches = watches.lock().unwrap_or_else(PoisonError::into_inner);
    watches.values().filter_map(Weak::upgrade).map(|watch| of(&watch)).max().unwrap_or_default()
}
