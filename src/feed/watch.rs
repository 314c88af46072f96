//! One watched event: a reader that follows its log, and the newest changes for all who follow.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::LOOK_EVERY;
use super::rendered::Rendered;
use crate::domain::{Change, EventId, Revision};
use crate::store::reads::Snapshot;
use crate::store::{Store, StoreError};

/// Changes read from the log at a time.
const READ_AT_ONCE: i64 = 4096;

/// Changes kept for followers: in a rush of 10,000 a second, a follower may sleep for more than a second before it has
/// to read the log itself. About 150 bytes each, so 2.5 MB for a watched event.
const KEPT_CHANGES: usize = 16_384;

/// Batches follow each other no faster than this: 30 frames a second look live to the eye, and a rush makes them
/// larger instead of more. The first change after a pause is not delayed.
const BATCH_EVERY: Duration = Duration::from_millis(33);

/// Consecutive changes, at least one. Copies share the changes and what was made of them.
#[derive(Clone, Debug)]
pub struct Batch {
    changes: Arc<[Change]>,
    rendered: Arc<Rendered>,
}

impl Batch {
    /// `None` if there is none, or they are not consecutive.
    pub(super) fn new(changes: Vec<Change>) -> Option<Self> {
        let consecutive = changes.windows(2).all(|pair| pair[1].revision == pair[0].revision.next());
        (consecutive && !changes.is_empty()).then(|| Self { changes: changes.into(), rendered: Arc::default() })
    }

    /// The changes, in order.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// What was made of them, for all who are given them.
    pub fn rendered(&self) -> &Rendered {
        &self.rendered
    }

    /// The revision of the first change.
    pub fn from(&self) -> Revision {
        self.changes.first().map(|change| change.revision).unwrap_or_default()
    }

    /// The revision of the last change.
    pub fn to(&self) -> Revision {
        self.changes.last().map(|change| change.revision).unwrap_or_default()
    }

    /// What of it comes after a revision. Shares the changes if that is all of it.
    fn after(&self, position: Revision) -> Self {
        if position < self.from() {
            return self.clone();
        }
        let rest = self.changes.iter().filter(|change| change.revision > position).cloned().collect::<Vec<_>>();
        Self { changes: rest.into(), rendered: Arc::default() }
    }
}

/// A snapshot is handed out for this long before a new one is read: a crowd that arrives together costs four a second.
/// The stream goes on from the snapshot's own revision, so its age changes nothing about what is seen in the end.
const SNAPSHOT_KEPT: Duration = Duration::from_millis(250);

/// A snapshot, and what was made of it.
#[derive(Debug)]
pub struct SharedSnapshot {
    /// The snapshot.
    pub snapshot: Arc<Snapshot>,
    /// What was made of it, for all who are given it.
    pub rendered: Rendered,
}

/// What a watch has for a follower at some position.
pub(super) enum Found {
    /// The next changes.
    Next(Batch),
    /// Nothing newer yet.
    Nothing,
    /// The position lies before what is kept.
    TooOld,
    /// The position is one of a log that is no longer there.
    Rewound,
}

/// One watched event. Its reader runs for as long as somebody holds the watch.
#[derive(Debug)]
pub(super) struct Watch {
    event: EventId,
    kept: Mutex<Kept>,
    head: watch::Sender<Revision>,
    snapshot: tokio::sync::Mutex<Option<(Instant, Arc<SharedSnapshot>)>>,
    reached: Mutex<Revision>,
    /// Apart from the watch, so that the reader can wait without keeping the watch alive.
    woken: Arc<Notify>,
    reader: std::sync::OnceLock<AbortHandle>,
}

#[derive(Debug)]
struct Kept {
    /// Consecutive batches: each begins where the one before it ends.
    batches: VecDeque<Batch>,
    /// How many changes they hold.
    count: usize,
    /// The revision before the first of them.
    start: Revision,
    /// How often the log was found shorter than it had been: the database was put back to an earlier state.
    rewinds: u64,
}

impl Watch {
    /// Starts watching from a revision that the log had reached when the caller looked.
    pub(super) fn start(store: Store, event: EventId, newest: Revision) -> Arc<Self> {
        let woken = Arc::new(Notify::new());
        let watch = Arc::new(Self {
            event,
            kept: Mutex::new(Kept { batches: VecDeque::new(), count: 0, start: newest, rewinds: 0 }),
            head: watch::Sender::new(newest),
            snapshot: tokio::sync::Mutex::default(),
            reached: Mutex::new(newest),
            woken: Arc::clone(&woken),
            reader: std::sync::OnceLock::new(),
        });
        let reader = tokio::spawn(read(Arc::downgrade(&watch), woken, store, newest));
        // Nobody else sets it.
        let _ = watch.reader.set(reader.abort_handle());
        watch
    }

    pub(super) fn event(&self) -> EventId {
        self.event
    }

    /// Somebody says that the log has reached a revision.
    pub(super) fn wake(&self, reached: Revision) {
        let mut known = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        if reached > *known {
            // A wake-up without a revision stays unknown, so that the next one is not taken for old news.
            if reached != Revision::MAX {
                *known = reached;
            }
            self.woken.notify_one();
        }
    }

    /// A receiver that sees the newest revision that followers can be given.
    pub(super) fn head(&self) -> watch::Receiver<Revision> {
        self.head.subscribe()
    }

    /// Whether a follower can go on after this revision with what is at hand.
    pub(super) fn keeps(&self, revision: Revision) -> bool {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let end = kept.batches.back().map_or(kept.start, Batch::to);
        (kept.start..=end).contains(&revision)
    }

    /// How often the log was found shorter than it had been.
    pub(super) fn rewinds(&self) -> u64 {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).rewinds
    }

    /// The log ends before what was read of it: everybody has to begin anew.
    fn rewind(&self, newest: Revision) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Kept { batches: VecDeque::new(), count: 0, start: newest, rewinds: kept.rewinds + 1 };
        drop(kept);
        *self.reached.lock().unwrap_or_else(PoisonError::into_inner) = newest;
        self.head.send_replace(newest);
    }

    /// What there is after a position, for a follower that knows of so many rewinds.
    pub(super) fn after(&self, position: Revision, rewinds: u64) -> Found {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.rewinds != rewinds {
            return Found::Rewound;
        }
        if position < kept.start {
            return Found::TooOld;
        }
        let next = kept.batches.partition_point(|batch| batch.to() <= position);
        kept.batches.get(next).map_or(Found::Nothing, |batch| Found::Next(batch.after(position)))
    }

    /// A snapshot at or past a revision, at most [`SNAPSHOT_KEPT`] old; one is read at a time. `None` if there is no
    /// such event any more.
    pub(super) async fn snapshot(
        &self,
        store: &Store,
        at_least: Revision,
    ) -> Result<Option<Arc<SharedSnapshot>>, StoreError> {
        let mut kept = self.snapshot.lock().await;
        if let Some((read_at, shared)) = &*kept
            && read_at.elapsed() < SNAPSHOT_KEPT
            && shared.snapshot.revision >= at_least
        {
            return Ok(Some(Arc::clone(shared)));
        }
        let read_at = Instant::now();
        let Some(snapshot) = store.snapshot(self.event).await? else { return Ok(None) };
        let shared = Arc::new(SharedSnapshot { snapshot: Arc::new(snapshot), rendered: Rendered::default() });
        *kept = Some((read_at, Arc::clone(&shared)));
        Ok(Some(shared))
    }

    /// Adds what the reader has read. If it does not follow what is kept (the log was pruned under the reader), what
    /// is kept is forgotten: followers will find that they are too old, and ask the log themselves.
    fn add(&self, batch: Batch) {
        let to = batch.to();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let end = kept.batches.back().map_or(kept.start, Batch::to);
        if batch.from() != end.next() {
            kept.batches.clear();
            kept.count = 0;
            kept.start = Revision(batch.from().0 - 1);
        }
        kept.count += batch.changes().len();
        kept.batches.push_back(batch);
        while kept.count > KEPT_CHANGES && kept.batches.len() > 1 {
            if let Some(oldest) = kept.batches.pop_front() {
                kept.count -= oldest.changes().len();
                kept.start = oldest.to();
            }
        }
        drop(kept);
        self.head.send_replace(to);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(reader) = self.reader.get() {
            reader.abort();
        }
    }
}

/// Follows the log until the watch is gone.
async fn read(watch: Weak<Watch>, woken: Arc<Notify>, store: Store, mut position: Revision) {
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = woken.notified() => {}
            _ = look.tick() => {}
        }
        loop {
            let started = Instant::now();
            let Some(watch) = watch.upgrade() else { return };
            match next_batch(&store, watch.event, position).await {
                Ok(Some(batch)) => {
                    position = batch.to();
                    watch.add(batch);
                }
                Ok(None) => {
                    if let Ok(Some(extent)) = store.log_extent(watch.event).await
                        && extent.newest < position
                    {
                        tracing::error!(
                            event = watch.event.0,
                            from = position.0,
                            to = extent.newest.0,
                            "the log was rewound"
                        );
                        position = extent.newest;
                        watch.rewind(position);
                    }
                    break;
                }
                Err(error) => {
                    tracing::warn!(event = watch.event.0, %error, "the change log cannot be read; looking again in a second");
                    break;
                }
            }
            drop(watch);
            tokio::time::sleep_until(started + BATCH_EVERY).await;
        }
    }
}

async fn next_batch(store: &Store, event: EventId, position: Revision) -> Result<Option<Batch>, StoreError> {
    let changes = store.changes_after(event, position, READ_AT_ONCE).await?;
    if changes.is_empty() {
        return Ok(None);
    }
    Batch::new(changes).map(Some).ok_or(StoreError::Corrupt("a change log with a hole in it"))
}
