//! One watched event: the newest changes of its log, kept for all who follow.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::batch::{Batch, KEPT_CHANGES};
use super::bounds::Bounds;
use super::heard::Heard;
use super::rendered::Rendered;
use crate::domain::{Change, EventId, Revision};
use crate::store::reads::Snapshot;
use crate::store::{Store, StoreError};

/// A snapshot is handed out for this long before a new one is read: a crowd that arrives together
/// costs four a second. The stream goes on from the snapshot's own revision, so its age changes
/// nothing about what is seen in the end.
const SNAPSHOT_KEPT: Duration = Duration::from_millis(250);

/// A snapshot, and what was made of it.
#[derive(Debug)]
pub struct SharedSnapshot {
    /// The snapshot.
    pub snapshot: Arc<Snapshot>,
    /// What was made of it, for all who are given it.
    pub rendered: Arc<Rendered>,
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
    bounds: Bounds,
    kept: Mutex<Kept>,
    head: watch::Sender<Revision>,
    snapshot: tokio::sync::Mutex<Option<(Instant, Arc<SharedSnapshot>)>>,
    heard: Mutex<Heard>,
    /// Apart from the watch, so that the reader can wait without keeping the watch alive.
    woken: Arc<Notify>,
    reader: OnceLock<AbortHandle>,
}

#[derive(Debug)]
struct Kept {
    /// Consecutive batches: each begins where the one before it ends.
    batches: VecDeque<Batch>,
    /// How many changes they hold.
    count: usize,
    /// The revision before the first of them.
    start: Revision,
    /// How often the log was found shorter than it had been: the database was put back to an
    /// earlier state.
    rewinds: u64,
}

impl Watch {
    /// A watch from a revision that the log had reached when the caller looked. It has no reader
    /// yet (see [`super::reader::start`]).
    pub(super) fn new(event: EventId, newest: Revision, bounds: Bounds) -> Arc<Self> {
        let kept = Kept { batches: VecDeque::new(), count: 0, start: newest, rewinds: 0 };
        Arc::new(Self {
            event,
            bounds,
            kept: Mutex::new(kept),
            head: watch::Sender::new(newest),
            snapshot: tokio::sync::Mutex::default(),
            heard: Mutex::new(Heard::at(newest)),
            woken: Arc::default(),
            reader: OnceLock::new(),
        })
    }

    /// Hands the reader over, which ends with the watch.
    pub(super) fn set_reader(&self, reader: AbortHandle) {
        // It is set once.
        let _ = self.reader.set(reader);
    }

    /// What the reader waits for. Apart from the watch, so that it does not keep the watch alive.
    pub(super) fn woken(&self) -> Arc<Notify> {
        Arc::clone(&self.woken)
    }

    pub(super) fn event(&self) -> EventId {
        self.event
    }

    pub(super) fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// Somebody says that the log has reached a revision.
    pub(super) fn wake(&self, reached: Revision) {
        let mut heard = self.heard();
        if reached > heard.reached {
            heard.reached = reached;
            self.woken.notify_one();
        }
    }

    /// Nobody knows what the log has reached.
    pub(super) fn wake_to_look(&self) {
        self.heard().must_look = true;
        self.woken.notify_one();
    }

    /// Whoever has committed them tells of consecutive changes.
    pub(super) fn hear(&self, piece: Vec<Change>) {
        let Some(last) = piece.last().map(|change| change.revision) else { return };
        self.heard().add(piece);
        self.wake(last);
    }

    /// What the reader was told since it last looked.
    pub(super) fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many follow.
    pub(super) fn followers(&self) -> usize {
        self.head.receiver_count()
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
    pub(super) fn rewind(&self, newest: Revision) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        *kept =
            Kept { batches: VecDeque::new(), count: 0, start: newest, rewinds: kept.rewinds + 1 };
        drop(kept);
        *self.heard() = Heard::at(newest);
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

    /// A snapshot at or past a revision, at most [`SNAPSHOT_KEPT`] old; one is read at a time.
    /// `None` if there is no such event any more.
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
        let shared = Arc::new(SharedSnapshot {
            snapshot: Arc::new(snapshot),
            rendered: Rendered::new(&self.bounds.frames),
        });
        *kept = Some((read_at, Arc::clone(&shared)));
        Ok(Some(shared))
    }

    /// Lets go of a snapshot that nobody is given any more; and, if all watches keep more than they
    /// may, of half of the changes. Where little happens they are needed least, and nothing else
    /// would take their turn.
    pub(super) fn shrink(&self) {
        if let Ok(mut snapshot) = self.snapshot.try_lock() {
            snapshot.take_if(|(read_at, _)| read_at.elapsed() >= SNAPSHOT_KEPT);
        }
        if self.bounds.changes.is_exceeded() {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            let enough = kept.count / 2;
            self.bounds.changes.settle(|| kept.count > enough && kept.forget_oldest());
        }
    }

    /// Adds what the reader has read. If it does not follow what is kept (the log was pruned under
    /// the reader), what is kept is forgotten: followers will find that they are too old, and ask
    /// the log themselves.
    pub(super) fn add(&self, batch: Batch) {
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
        while kept.count > KEPT_CHANGES && kept.forget_oldest() {}
        self.bounds.changes.settle(|| kept.forget_oldest());
        drop(kept);
        self.head.send_replace(to);
    }
}

impl Kept {
    /// Lets go of the oldest batch; whether there was another.
    fn forget_oldest(&mut self) -> bool {
        if self.batches.len() < 2 {
            return false;
        }
        if let Some(oldest) = self.batches.pop_front() {
            self.count -= oldest.changes().len();
            self.start = oldest.to();
        }
        true
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(reader) = self.reader.get() {
            reader.abort();
        }
    }
}
