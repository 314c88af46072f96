//! Pieces of a log in memory, whose readings are counted.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use futures_util::future::join_all;
use tokio::sync::Semaphore;

use super::*;
use crate::feed::batch::bytes;
use crate::feed::sample::changes;
use crate::memory::Allowance;

/// A log that can be looked at by those who have permission.
#[derive(Debug)]
struct Log {
    pruned: AtomicI64,
    newest: AtomicI64,
    readings: AtomicUsize,
    gate: Semaphore,
    is_broken: AtomicUsize,
    allowance: Arc<Allowance>,
}

impl Log {
    fn new(newest: i64) -> Arc<Self> {
        Arc::new(Self {
            pruned: AtomicI64::new(0),
            newest: newest.into(),
            readings: AtomicUsize::new(0),
            gate: Semaphore::new(0),
            is_broken: AtomicUsize::new(0),
            allowance: Allowance::new("changes", usize::MAX),
        })
    }

    /// The same, open to everybody.
    fn open(newest: i64) -> Arc<Self> {
        let log = Self::new(newest);
        log.gate.add_permits(Semaphore::MAX_PERMITS);
        log
    }

    async fn read(self: Arc<Self>, before: Revision) -> Result<Piece, StoreError> {
        self.readings.fetch_add(1, Ordering::SeqCst);
        let _turn = self.gate.acquire().await;
        if self.is_broken.load(Ordering::SeqCst) > 0 {
            return Err(StoreError::Busy);
        }
        let from = before.0.max(self.pruned.load(Ordering::SeqCst)) + 1;
        let to = (before.0 + PIECE_CHANGES).min(self.newest.load(Ordering::SeqCst));
        let changes = changes(from..=to);
        let charge = self.allowance.charge_anyway(bytes(&changes));
        let batch = Batch::new(changes, charge, &Arc::default());
        Ok(batch.map_or(Piece::Missing, Piece::Changes))
    }

    fn readings(&self) -> usize {
        self.readings.load(Ordering::SeqCst)
    }
}

async fn after(pieces: &Pieces, log: &Arc<Log>, position: i64) -> Result<Piece, Arc<StoreError>> {
    pieces.after(Revision(position), |before| Arc::clone(log).read(before)).await
}

/// The changes after a position.
async fn next(pieces: &Pieces, log: &Arc<Log>, position: i64) -> Batch {
    match after(pieces, log, position).await.unwrap() {
        Piece::Changes(batch) => batch,
        other => panic!("{other:?}"),
    }
}

/// Everything after a position, to the end of the log.
async fn catch_up(pieces: &Pieces, log: &Arc<Log>, from: i64) -> Vec<Batch> {
    let (mut given, mut position) = (Vec::new(), from);
    while position < log.newest.load(Ordering::SeqCst) {
        let batch = next(pieces, log, position).await;
        assert_eq!(batch.from().0, position + 1);
        position = batch.to().0;
        given.push(batch);
    }
    given
}

#[tokio::test]
async fn thousands_who_come_back_from_anywhere_have_each_piece_read_once() {
    let (pieces, log) = (Pieces::default(), Log::open(20_000));
    let mut rng = fastrand::Rng::with_seed(16);
    let positions: Vec<i64> = (0..2_000).map(|_| rng.i64(0..20_000)).collect();
    let given = join_all(positions.iter().map(|&from| catch_up(&pieces, &log, from))).await;
    assert!(log.readings() <= 20_000_usize.div_ceil(512), "{} readings", log.readings());

    // Encoded is each part once, however many are given it.
    let (mut made, mut encoded) = (std::collections::HashSet::new(), 0);
    for batch in given.iter().flatten() {
        if made.insert(Arc::as_ptr(batch.rendered())) {
            encoded += batch.changes().len();
        }
    }
    let needed: usize = given.iter().flatten().map(|batch| batch.changes().len()).sum();
    assert!(encoded < 20_000 * 7, "{encoded} of {needed}");

    // Whole pieces are the same for those who came from different ones.
    let whole = |batches: &[Batch]| Arc::as_ptr(batches.last().unwrap().rendered());
    let early: Vec<_> = given.iter().filter(|batches| batches[0].from().0 < 19_000).collect();
    assert!(early.iter().all(|batches| whole(batches) == whole(early[0])));
}

#[tokio::test]
async fn a_reading_goes_on_although_whoever_began_it_is_gone() {
    let (pieces, log) = (Pieces::default(), Log::new(1_000));
    let mut leaving = Box::pin(after(&pieces, &log, 3));
    assert!(futures_util::poll!(&mut leaving).is_pending());
    drop(leaving);
    let mut staying = Box::pin(after(&pieces, &log, 4));
    assert!(futures_util::poll!(&mut staying).is_pending());
    log.gate.add_permits(1);
    assert!(matches!(staying.await.unwrap(), Piece::Changes(_)));
    assert_eq!(log.readings(), 1);
}

#[tokio::test]
async fn a_reading_that_failed_has_failed_for_all_who_waited_and_the_next_begins_anew() {
    let (pieces, log) = (Pieces::default(), Log::new(1_000));
    log.is_broken.store(1, Ordering::SeqCst);
    let mut waiting: Vec<_> = (0..50).map(|from| Box::pin(after(&pieces, &log, from))).collect();
    for asked in &mut waiting {
        assert!(futures_util::poll!(asked).is_pending());
    }
    log.gate.add_permits(1);
    for asked in waiting {
        assert!(matches!(asked.await.map_err(|error| error.is_transient()), Err(true)));
    }
    assert_eq!(log.readings(), 1);
    log.is_broken.store(0, Ordering::SeqCst);
    assert_eq!(next(&pieces, &log, 49).await.from().0, 50);
    assert_eq!(log.readings(), 2);
}

#[tokio::test]
async fn the_last_piece_is_read_again_by_who_needs_what_has_come_since() {
    let (pieces, log) = (Pieces::default(), Log::open(600));
    assert_eq!(next(&pieces, &log, 512).await.to().0, 600);
    log.newest.store(700, Ordering::SeqCst);
    assert_eq!(next(&pieces, &log, 512).await.to().0, 600, "it is at hand");
    assert_eq!(next(&pieces, &log, 600).await.from().0, 601);
    assert_eq!(log.readings(), 2);
    assert_eq!(next(&pieces, &log, 512).await.to().0, 700);
    assert_eq!(log.readings(), 2);
    assert!(matches!(after(&pieces, &log, 700).await.unwrap(), Piece::Missing), "there is no more");
}

#[tokio::test]
async fn what_was_pruned_is_missing_and_what_comes_after_it_is_not() {
    let (pieces, log) = (Pieces::default(), Log::open(600));
    log.pruned.store(100, Ordering::SeqCst);
    assert!(matches!(after(&pieces, &log, 99).await.unwrap(), Piece::Missing));
    assert_eq!(next(&pieces, &log, 100).await.from().0, 101);
    assert_eq!(log.readings(), 1);
    log.pruned.store(600, Ordering::SeqCst);
    assert!(matches!(after(&pieces, &log, 599).await.unwrap(), Piece::Missing));
}

#[tokio::test]
async fn the_piece_that_was_asked_for_longest_ago_goes_first_and_none_that_is_being_read() {
    let (pieces, log) = (Pieces::default(), Log::new(2_000));
    let mut waiting = Box::pin(after(&pieces, &log, 0));
    assert!(futures_util::poll!(&mut waiting).is_pending());
    assert!(!pieces.forget_oldest(), "it is waited for");
    log.gate.add_permits(1);
    drop(waiting.await);
    for position in [512, 0] {
        drop(next(&pieces, &log, position).await);
    }
    assert!(pieces.forget_oldest());
    assert_eq!(log.readings(), 2);
    drop(next(&pieces, &log, 0).await);
    assert_eq!(log.readings(), 2, "it was asked for last");
    drop(next(&pieces, &log, 512).await);
    assert_eq!(log.readings(), 3);
    pieces.forget_unused();
    assert!(log.allowance.used() > 0, "somebody has just asked for it");
    assert!(pieces.forget_oldest() && pieces.forget_oldest() && !pieces.forget_oldest());
    assert_eq!(log.allowance.used(), 0);
}
