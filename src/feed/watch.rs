//! One watched event: the newest changes of its log, kept for all who follow.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::batch::{Batch, KEPT_CHANGES, MAX_BATCH_CHANGES, bytes};
use super::bounds::Bounds;
use super::heard::Heard;
use super::inboxes::Inboxes;
use super::parts::Parts;
use super::pieces::{PIECE_CHANGES, Piece, Pieces};
use super::snapshots::{FoundSnapshot, Needed, SharedSnapshot, Snapshots};
use crate::domain::{Change, EventId, Revision};
use crate::pulse::Pulse;
use crate::store::changes::LogExtent;
use crate::store::{Store, StoreError};

/// How long a follower may leave what it could be given, before it counts how far behind it is. A
/// rush makes more changes between two frames than some snapshots are large. Whoever takes each
/// frame in time is told of all of them.
const LATE: Duration = Duration::from_secs(3);

/// Changes that are never too many to be told one by one: what a single frame may have.
const FEW_CHANGES: usize = MAX_BATCH_CHANGES;

/// Seats of a snapshot that take as many bytes as a change does. A page's are 66 and 127 bytes.
const SEATS_A_CHANGE: usize = 2;

/// How much of what would be too far behind may have happened since a snapshot that is given to
/// others: with the changes that go on from there it is a quarter larger.
const RECENT: usize = 4;

/// What a watch has for a follower at some position, if there is anything newer.
pub(super) enum Found {
    /// The next changes.
    Next(Batch),
    /// The position lies before what is kept.
    TooOld,
    /// Further back than a snapshot is large.
    TooFar,
    /// The position is one of a log that is no longer there.
    Rewound,
}

/// One watched event. Its reader runs for as long as somebody holds the watch.
#[derive(Debug)]
pub(super) struct Watch {
    event: EventId,
    bounds: Bounds,
    kept: Mutex<Kept>,
    /// They are told of revisions.
    parts: Parts,
    inboxes: Inboxes,
    pieces: Pieces,
    snapshots: Snapshots,
    /// About how many seats the event has.
    seats: AtomicUsize,
    /// Up to where the log is known to be pruned.
    pruned: AtomicI64,
    heard: Mutex<Heard>,
    /// Apart from the watch, so that the reader can wait without keeping the watch alive.
    woken: Arc<Notify>,
    reader: OnceLock<AbortHandle>,
    looked: Pulse,
}

#[derive(Debug)]
struct Kept {
    /// Consecutive batches: each begins where the one before it ends. With each, since when
    /// followers can have it.
    batches: VecDeque<(Instant, Batch)>,
    /// How many changes they hold.
    count: usize,
    /// The revision before the first of them.
    start: Revision,
    /// How often the log was found shorter than it had been: the database was put back to an
    /// earlier state.
    rewinds: u64,
}

impl Watch {
    /// A watch from the end of the log on, as it was when the caller looked. It has no reader yet
    /// (see [`super::reader::start`]).
    pub(super) fn new(event: EventId, extent: LogExtent, bounds: Bounds) -> Arc<Self> {
        let newest = extent.newest;
        let kept = Kept { batches: VecDeque::new(), count: 0, start: newest, rewinds: 0 };
        Arc::new(Self {
            event,
            bounds,
            kept: Mutex::new(kept),
            parts: Parts::new(newest.0),
            inboxes: Inboxes::default(),
            pieces: Pieces::default(),
            snapshots: Snapshots::default(),
            seats: extent.seats.into(),
            pruned: extent.pruned.0.into(),
            heard: Mutex::new(Heard::at(newest)),
            woken: Arc::default(),
            reader: OnceLock::new(),
            looked: Pulse::default(),
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

    /// Its reader has got something from the database, or was told what is in it.
    pub(super) fn note_look(&self) {
        self.looked.beat();
    }

    /// How long ago that was.
    pub(super) fn looked_ago(&self) -> Duration {
        self.looked.age()
    }

    pub(super) fn event(&self) -> EventId {
        self.event
    }

    /// Of those who follow their own changes.
    pub(super) fn inboxes(&self) -> &Inboxes {
        &self.inboxes
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

    /// Those who follow.
    pub(super) fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Whether it is known that the log has reached a revision.
    pub(super) fn has_reached(&self, revision: Revision) -> bool {
        let heard = self.heard().reached;
        revision <= heard || revision <= self.kept().end()
    }

    /// How many changes are known to be in the log and have not been read.
    pub(super) fn lag(&self) -> i64 {
        let reached = self.heard().reached;
        (reached.0 - self.kept().end().0).max(0)
    }

    /// Up to where the log is known to be pruned.
    pub(super) fn pruned(&self) -> Revision {
        Revision(self.pruned.load(Ordering::Relaxed))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many changes take as many bytes as a snapshot does, if they are not few anyway.
    fn changes_of_a_snapshot(&self) -> usize {
        FEW_CHANGES.max(self.seats.load(Ordering::Relaxed) / SEATS_A_CHANGE)
    }

    /// How often the log was found shorter than it had been.
    pub(super) fn rewinds(&self) -> u64 {
        self.kept().rewinds
    }

    /// The log ends before what was read of it: everybody has to begin anew.
    pub(super) fn rewind(&self, newest: Revision) {
        let mut kept = self.kept();
        *kept =
            Kept { batches: VecDeque::new(), count: 0, start: newest, rewinds: kept.rewinds + 1 };
        drop(kept);
        self.pieces.forget_all();
        self.inboxes.miss();
        self.pruned.store(0, Ordering::Relaxed);
        *self.heard() = Heard::at(newest);
        self.parts.tell_all(newest.0);
    }

    /// What there is after a position, if anything, for a follower that knows of so many rewinds.
    /// One that has come back is too far behind by what it has missed alone; another if it is late
    /// besides.
    pub(super) fn after(
        &self,
        position: Revision,
        rewinds: u64,
        has_come_back: bool,
    ) -> Option<Found> {
        let kept = self.kept();
        if kept.rewinds != rewinds {
            return Some(Found::Rewound);
        }
        let behind = usize::try_from(kept.end().0.saturating_sub(position.0)).unwrap_or(0);
        let is_far = behind > self.changes_of_a_snapshot();
        if position < kept.start {
            return Some(if is_far { Found::TooFar } else { Found::TooOld });
        }
        let next = kept.batches.partition_point(|(_, batch)| batch.to() <= position);
        let (since, batch) = kept.batches.get(next)?;
        let is_late = || has_come_back || since.elapsed() >= LATE;
        Some(if is_far && is_late() { Found::TooFar } else { Found::Next(batch.after(position)) })
    }

    /// What the log has after a position that lies before what is kept.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub(super) async fn piece_after(
        self: &Arc<Self>,
        position: Revision,
        store: &Store,
    ) -> Result<Piece, Arc<StoreError>> {
        let read = |before| Arc::clone(self).read_piece(before, store.clone());
        let piece = self.pieces.after(position, read).await?;
        if let Piece::Missing = piece {
            self.pruned.fetch_max(position.next().0, Ordering::Relaxed);
        }
        Ok(piece)
    }

    async fn read_piece(
        self: Arc<Self>,
        before: Revision,
        store: Store,
    ) -> Result<Piece, StoreError> {
        let most = PIECE_CHANGES;
        // It is never closed.
        let _turn = self.bounds.readings.acquire().await;
        let limit = usize::try_from(most).unwrap_or(usize::MAX);
        let mut changes = store.changes_after(self.event, before, limit).await?;
        // Where the beginning was pruned there are some of the next one.
        changes.retain(|change| change.revision.0 <= before.0 + most);
        let evict = || self.pieces.forget_oldest();
        let Ok(charge) = self.bounds.changes.make_room(bytes(&changes), evict) else {
            return Ok(Piece::NoRoom);
        };
        let batch = Batch::new(changes, charge, &self.bounds.frames);
        Ok(batch.map_or(Piece::Missing, Piece::Changes))
    }

    /// A snapshot at or past a revision; `None` if there is no such event any more.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub(super) async fn snapshot(
        self: &Arc<Self>,
        at_least: Revision,
        store: &Store,
    ) -> Result<FoundSnapshot, Arc<StoreError>> {
        let (end, rewinds) = {
            let kept = self.kept();
            (kept.end().0, kept.rewinds)
        };
        let few = self.changes_of_a_snapshot() / RECENT;
        let recent = Revision(end.saturating_sub(i64::try_from(few).unwrap_or(i64::MAX)));
        let read = || Arc::clone(self).read_snapshot(store.clone());
        self.snapshots.get(Needed { rewinds, at_least, recent }, read).await
    }

    async fn read_snapshot(self: Arc<Self>, store: Store) -> Result<FoundSnapshot, StoreError> {
        let (reader, event) = (store.clone(), self.event);
        let snapshot = store.apart(async move { reader.snapshot(event).await }).await?;
        let Some(snapshot) = snapshot else { return Ok(None) };
        self.seats.store(snapshot.seats.len(), Ordering::Relaxed);
        Ok(Some(Arc::new(SharedSnapshot::new(snapshot, &self.bounds.frames))))
    }

    /// Lets go of what nobody is given any more; and, if all watches keep more than they may, of
    /// half of the changes. Where little happens they are needed least, and nothing else would take
    /// their turn.
    pub(super) fn shrink(&self) {
        self.snapshots.forget_old();
        self.pieces.forget_unused();
        if self.bounds.changes.is_exceeded() {
            let mut kept = self.kept();
            let enough = kept.count / 2;
            self.bounds.changes.settle(|| {
                self.pieces.forget_oldest() || (kept.count > enough && kept.forget_oldest())
            });
        }
    }

    /// Adds what the reader has read: followers are to be told. If it does not follow what is kept
    /// (the log was pruned under the reader), what is kept is forgotten: followers will find that
    /// they are too old, and ask the log themselves.
    pub(super) fn add(&self, batch: Batch) {
        let mut kept = self.kept();
        if batch.from() != kept.end().next() {
            self.inboxes.miss();
            kept.batches.clear();
            kept.count = 0;
            kept.start = Revision(batch.from().0 - 1);
        }
        kept.count += batch.changes().len();
        kept.batches.push_back((Instant::now(), batch.clone()));
        while kept.count > KEPT_CHANGES && kept.forget_oldest() {}
        self.bounds.changes.settle(|| self.pieces.forget_oldest() || kept.forget_oldest());
        drop(kept);
        self.inboxes.tell(batch.changes(), &self.bounds.changes);
    }
}

impl Kept {
    /// The newest revision.
    fn end(&self) -> Revision {
        self.batches.back().map_or(self.start, |(_, batch)| batch.to())
    }

    /// Lets go of the oldest batch; whether there was another.
    fn forget_oldest(&mut self) -> bool {
        if self.batches.len() < 2 {
            return false;
        }
        if let Some((_, oldest)) = self.batches.pop_front() {
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

#[cfg(test)]
mod tests;
