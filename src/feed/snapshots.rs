//! The snapshots of a watched event, each read once for all who need one at about the same time.
//!
//! One is read at a time. The reading goes on although whoever began it is gone. One that has
//! failed has failed for all who waited for it; the next who asks begins another.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use strum::EnumCount as _;
use tokio::time::Instant;

use super::lost::Lost;
use super::rendered::{Frames, Rendered};
use super::shared_look_up::{SharedLookUp, shared};
use crate::domain::Revision;
use crate::store::StoreError;
use crate::store::reads::Snapshot;

/// A snapshot is handed out for this long before a new one is read, however much changes: a crowd
/// that arrives together costs four a second. The stream goes on from the snapshot's own revision,
/// so its age changes nothing about what is seen in the end.
const KEPT_IN_A_RUSH: Duration = Duration::from_millis(250);

/// And for this long if little changes meanwhile: that a hold has run out is told as late as that
/// on any way.
const KEPT: Duration = Duration::from_secs(1);

/// A snapshot, and what was made of it.
#[derive(Debug)]
pub struct SharedSnapshot {
    /// The snapshot.
    pub snapshot: Arc<Snapshot>,
    /// A frame says why it was sent.
    rendered: [Arc<Rendered>; Lost::COUNT],
}

impl SharedSnapshot {
    pub(super) fn new(snapshot: Snapshot, frames: &Arc<Frames>) -> Self {
        let rendered = std::array::from_fn(|_| Rendered::new(frames));
        Self { snapshot: Arc::new(snapshot), rendered }
    }

    /// What was made of it, for all who are given it for the same reason.
    pub fn rendered(&self, why: Lost) -> &Arc<Rendered> {
        &self.rendered[why as usize]
    }
}

/// What a snapshot has to be for whoever asks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Needed {
    /// Of a log that was put back so often.
    pub(super) rewinds: u64,
    /// At this revision, or later.
    pub(super) at_least: Revision,
    /// At this revision, or later, unless it was read just now.
    pub(super) recent: Revision,
}

/// What a reading finds: nothing if there is no such event any more.
pub(super) type FoundSnapshot = Option<Arc<SharedSnapshot>>;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Snapshots(Mutex<Option<Kept>>);

#[derive(Debug)]
struct Kept {
    began_at: Instant,
    rewinds: u64,
    reading: SharedLookUp<FoundSnapshot>,
}

impl Kept {
    /// Whether it is, or may turn out to be, what is needed.
    fn may_serve(&self, needed: Needed) -> bool {
        let serves = match self.reading.peek() {
            None => true,
            Some(Ok(Some(shared))) => {
                let (revision, age) = (shared.snapshot.end.revision, self.began_at.elapsed());
                let is_new = age < KEPT_IN_A_RUSH || (age < KEPT && revision >= needed.recent);
                is_new && revision >= needed.at_least
            }
            Some(_) => false,
        };
        serves && self.rewinds == needed.rewinds
    }
}

impl Snapshots {
    /// A snapshot, which `read` reads if there is none.
    ///
    /// # Errors
    ///
    /// If it could not be read.
    pub(super) async fn get<R>(
        &self,
        needed: Needed,
        read: impl Fn() -> R,
    ) -> Result<FoundSnapshot, Arc<StoreError>>
    where
        R: Future<Output = Result<FoundSnapshot, StoreError>> + Send + 'static,
    {
        loop {
            let (reading, is_new) = self.reading(needed, &read);
            let found = reading.await?;
            let is_late =
                |shared: &Arc<SharedSnapshot>| shared.snapshot.end.revision < needed.at_least;
            // It may have been read before the log had got so far.
            if is_new || !found.as_ref().is_some_and(is_late) {
                return Ok(found);
            }
        }
    }

    /// The reading to wait for, and whether it begins just now.
    fn reading<R>(
        &self,
        needed: Needed,
        read: impl Fn() -> R,
    ) -> (SharedLookUp<FoundSnapshot>, bool)
    where
        R: Future<Output = Result<FoundSnapshot, StoreError>> + Send + 'static,
    {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = kept.as_ref().filter(|kept| kept.may_serve(needed)) {
            return (kept.reading.clone(), false);
        }
        let (began_at, reading) = (Instant::now(), shared(read()));
        *kept = Some(Kept { began_at, rewinds: needed.rewinds, reading: reading.clone() });
        (reading, true)
    }

    /// Lets go of it.
    pub(super) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Lets go of one that nobody is given any more.
    pub(super) fn forget_old(&self) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.take_if(|kept| kept.reading.peek().is_some() && kept.began_at.elapsed() >= KEPT);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use futures_util::future::join_all;

    use super::*;
    use crate::domain::LogPoint;

    const NEEDED: Needed = Needed { rewinds: 0, at_least: Revision::ZERO, recent: Revision::ZERO };

    /// Reads snapshots, each at a revision one higher than the one before.
    #[derive(Default)]
    struct Reader {
        snapshots: Snapshots,
        readings: Arc<AtomicI64>,
    }

    impl Reader {
        async fn get(&self, needed: Needed) -> Arc<SharedSnapshot> {
            let read = || {
                let readings = Arc::clone(&self.readings);
                async move {
                    let revision = Revision(readings.fetch_add(1, Ordering::SeqCst) + 1);
                    let snapshot =
                        Snapshot { end: LogPoint::unmarked(revision), seats: Vec::new() };
                    Ok(Some(Arc::new(SharedSnapshot::new(snapshot, &Arc::default()))))
                }
            };
            self.snapshots.get(needed, read).await.unwrap().unwrap()
        }

        async fn revision(&self, needed: Needed) -> i64 {
            self.get(needed).await.snapshot.end.revision.0
        }

        /// Lets a while pass since the snapshot was read.
        fn pass(&self, time: Duration) {
            if let Some(kept) = &mut *self.snapshots.0.lock().unwrap() {
                kept.began_at -= time;
            }
        }
    }

    #[tokio::test]
    async fn a_snapshot_is_read_once_for_all_and_rendered_once_for_each_reason() {
        let reader = Reader::default();
        let given = join_all((0..3_000).map(|_| reader.get(NEEDED))).await;
        assert_eq!(reader.readings.load(Ordering::SeqCst), 1);
        assert!(given.iter().all(|shared| Arc::ptr_eq(shared, &given[0])));
        let made = AtomicI64::new(0);
        for shared in &given {
            for why in [Lost::NoPosition, Lost::Lagged] {
                let make = || {
                    made.fetch_add(1, Ordering::SeqCst);
                    Ok::<_, crate::memory::Full>(vec![why as u8])
                };
                let frame = shared.rendered(why).form(1, make).unwrap();
                assert_eq!(&frame.plain()[..], [why as u8]);
            }
        }
        assert_eq!(made.into_inner(), 2);
    }

    #[tokio::test]
    async fn nobody_is_taken_back_or_given_what_is_old_or_of_another_log() {
        let reader = Reader::default();
        assert_eq!(reader.revision(NEEDED).await, 1);
        assert_eq!(reader.revision(Needed { at_least: Revision(2), ..NEEDED }).await, 2);
        assert_eq!(reader.revision(Needed { rewinds: 1, ..NEEDED }).await, 3);
        let in_a_rush = Needed { rewinds: 1, recent: Revision(9), ..NEEDED };
        assert_eq!(reader.revision(in_a_rush).await, 3, "it was read just now");
        reader.pass(KEPT_IN_A_RUSH);
        assert_eq!(reader.revision(Needed { rewinds: 1, ..NEEDED }).await, 3, "little happens");
        assert_eq!(reader.revision(in_a_rush).await, 4);
        reader.pass(KEPT);
        assert_eq!(reader.revision(Needed { rewinds: 1, ..NEEDED }).await, 5);
        reader.snapshots.forget_old();
        assert!(reader.snapshots.0.lock().unwrap().is_some());
        reader.pass(KEPT);
        reader.snapshots.forget_old();
        assert!(reader.snapshots.0.lock().unwrap().is_none());
    }
}
