//! One watched event: a reader that follows its log, and the newest changes for all who follow.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
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
const READ_AT_ONCE: usize = 4096;

/// Changes kept for followers: in a rush of 20,000 a second, a follower may sleep for three seconds
/// before it needs a snapshot, which in a rush is the last thing to have to make. About 150 bytes
/// each, so 10 MB for an event that sells out.
pub const KEPT_CHANGES: usize = 65_536;

/// Batches follow each other no faster than this: 30 frames a second look live to the eye, and a
/// rush makes them larger instead of more. The first change after a pause is not delayed.
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
        let consecutive =
            changes.windows(2).all(|pair| pair[1].revision == pair[0].revision.next());
        (consecutive && !changes.is_empty())
            .then(|| Self { changes: changes.into(), rendered: Arc::default() })
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
        let rest = self
            .changes
            .iter()
            .filter(|change| change.revision > position)
            .cloned()
            .collect::<Vec<_>>();
        Self { changes: rest.into(), rendered: Arc::default() }
    }
}

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
    heard: Mutex<Heard>,
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
    /// How often the log was found shorter than it had been: the database was put back to an
    /// earlier state.
    rewinds: u64,
}

/// What the reader was told since it last looked.
#[derive(Debug, Default)]
struct Heard {
    /// The newest revision that the log is said to have reached.
    reached: Revision,
    /// Whether to look although nobody says that it has reached anything.
    must_look: bool,
    /// Changes that were told, in pieces of consecutive ones, ascending; and how many.
    pieces: VecDeque<Vec<Change>>,
    count: usize,
}

impl Heard {
    /// The told changes that come right after a position, if there are any. What was told of before
    /// it is forgotten.
    fn after(&mut self, position: Revision) -> Vec<Change> {
        let mut next: Vec<Change> = Vec::new();
        let mut position = position;
        while let Some(piece) = self.pieces.pop_front_if(|piece| first(piece) <= position.next()) {
            self.count -= piece.len();
            next.extend(piece.into_iter().skip_while(|change| change.revision <= position));
            position = next.last().map_or(position, |change| change.revision);
        }
        next
    }

    /// How many changes nobody told of lie between a position and the next that was told, if there
    /// is one.
    fn gap_after(&self, position: Revision) -> Option<usize> {
        let next = first(self.pieces.front()?);
        usize::try_from(next.0 - position.next().0).ok().filter(|&gap| gap > 0)
    }
}

fn first(piece: &[Change]) -> Revision {
    piece.first().map(|change| change.revision).unwrap_or_default()
}

impl Watch {
    /// Starts watching from a revision that the log had reached when the caller looked.
    pub(super) fn start(store: Store, event: EventId, newest: Revision) -> Arc<Self> {
        let woken = Arc::new(Notify::new());
        let watch = Arc::new(Self {
            event,
            kept: Mutex::new(Kept {
                batches: VecDeque::new(),
                count: 0,
                start: newest,
                rewinds: 0,
            }),
            head: watch::Sender::new(newest),
            snapshot: tokio::sync::Mutex::default(),
            heard: Mutex::new(Heard { reached: newest, ..Heard::default() }),
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
        {
            let mut heard = self.heard();
            heard.count += piece.len();
            let place = heard.pieces.partition_point(|other| first(other) < first(&piece));
            heard.pieces.insert(place, piece);
            if heard.count > KEPT_CHANGES {
                // The reader is far behind: the log has them all.
                heard.pieces.clear();
                heard.count = 0;
            }
        }
        self.wake(last);
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
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
        *kept =
            Kept { batches: VecDeque::new(), count: 0, start: newest, rewinds: kept.rewinds + 1 };
        drop(kept);
        *self.heard() = Heard { reached: newest, ..Heard::default() };
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
            rendered: Rendered::default(),
        });
        *kept = Some((read_at, Arc::clone(&shared)));
        Ok(Some(shared))
    }

    /// Adds what the reader has read. If it does not follow what is kept (the log was pruned under
    /// the reader), what is kept is forgotten: followers will find that they are too old, and ask
    /// the log themselves.
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
        let is_time_to_look = tokio::select! {
            () = woken.notified() => false,
            _ = look.tick() => true,
        };
        if is_time_to_look && let Some(watch) = watch.upgrade() {
            watch.heard().must_look = true;
        }
        loop {
            let started = Instant::now();
            let Some(watch) = watch.upgrade() else { return };
            match watch.next_batch(&store, position).await {
                Ok(Some(batch)) => {
                    position = batch.to();
                    watch.add(batch);
                }
                Ok(None) => break,
                Err(NoBatch::Rewound(newest)) => {
                    let event = watch.event.0;
                    tracing::error!(event, from = position.0, to = newest.0, "the log was rewound");
                    position = newest;
                    watch.rewind(position);
                    break;
                }
                Err(NoBatch::Unread(error)) => {
                    tracing::warn!(event = watch.event.0, %error, "the change log cannot be read; \
                        looking again in a second");
                    break;
                }
            }
            drop(watch);
            tokio::time::sleep_until(started + BATCH_EVERY).await;
        }
    }
}

/// Why there is no next batch.
enum NoBatch {
    /// The log ends before the reader's position.
    Rewound(Revision),
    Unread(StoreError),
}

impl From<StoreError> for NoBatch {
    fn from(error: StoreError) -> Self {
        Self::Unread(error)
    }
}

impl Watch {
    /// What comes after the reader's position: what was told, and from the log what other servers
    /// have committed before that; if nothing was told, what the log has.
    async fn next_batch(
        &self,
        store: &Store,
        position: Revision,
    ) -> Result<Option<Batch>, NoBatch> {
        let (mut changes, mut end) = (Vec::new(), position);
        while changes.len() < READ_AT_ONCE {
            let gap = {
                let mut heard = self.heard();
                changes.extend(heard.after(end));
                end = changes.last().map_or(position, |change: &Change| change.revision);
                heard.gap_after(end)
            };
            // What lies between has been committed, since revisions are in the order of commits.
            let Some(gap) = gap else { break };
            let missing = store.changes_after(self.event, end, gap.min(READ_AT_ONCE)).await?;
            let Some(last) = missing.last() else { break };
            end = last.revision;
            changes.extend(missing);
        }
        if !changes.is_empty() {
            return Ok(Some(batch(changes)?));
        }
        let (reached, must_look) = {
            let mut heard = self.heard();
            // A look that fails is made up for by the next, within a second.
            (heard.reached, std::mem::take(&mut heard.must_look))
        };
        if reached <= position && !must_look {
            return Ok(None);
        }
        let changes = store.changes_after(self.event, position, READ_AT_ONCE).await?;
        if !changes.is_empty() {
            // There may be more.
            self.heard().must_look |= must_look;
            return Ok(Some(batch(changes)?));
        }
        if must_look
            && let Some(extent) = store.log_extent(self.event).await?
            && extent.newest < position
        {
            return Err(NoBatch::Rewound(extent.newest));
        }
        Ok(None)
    }
}

fn batch(changes: Vec<Change>) -> Result<Batch, StoreError> {
    Batch::new(changes).ok_or(StoreError::Corrupt("a change log with a hole in it"))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::{Cause, SeatId, ViewerId};

    fn piece(revisions: std::ops::RangeInclusive<i64>) -> Vec<Change> {
        let change = |revision| Change {
            revision: Revision(revision),
            seat: SeatId { event: EventId(1), serial: 1 },
            cause: Cause::Released,
            viewer: ViewerId::new("alice").unwrap(),
            expires_at: None,
            order: None,
            changed_at: DateTime::UNIX_EPOCH,
        };
        revisions.map(change).collect()
    }

    fn heard(pieces: impl IntoIterator<Item = Vec<Change>>) -> Heard {
        let pieces = VecDeque::from_iter(pieces);
        Heard { count: pieces.iter().map(Vec::len).sum(), pieces, ..Heard::default() }
    }

    fn revisions(changes: &[Change]) -> Vec<i64> {
        changes.iter().map(|change| change.revision.0).collect()
    }

    #[test]
    fn what_was_told_is_taken_as_far_as_it_goes_on_from_a_position_and_no_further() {
        let mut told = heard([piece(1..=3), piece(4..=5), piece(7..=8)]);
        assert_eq!(revisions(&told.after(Revision(2))), [3, 4, 5]);
        assert!(told.after(Revision(5)).is_empty(), "6 was not told");
        assert_eq!((told.count, told.gap_after(Revision(5))), (2, Some(1)));
        assert_eq!(revisions(&told.after(Revision(6))), [7, 8]);
        assert_eq!((told.count, told.pieces.len(), told.gap_after(Revision(8))), (0, 0, None));
    }

    #[test]
    fn what_has_been_read_meanwhile_is_forgotten() {
        let mut told = heard([piece(1..=3), piece(4..=5)]);
        assert!(told.after(Revision(9)).is_empty());
        assert_eq!((told.count, told.pieces.len()), (0, 0));
    }
}
