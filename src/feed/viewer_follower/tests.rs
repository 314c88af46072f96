//! Who is woken, and by what.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake};

use futures_util::FutureExt as _;
use tokio::sync::Semaphore;

use super::*;
use crate::domain::EventId;
use crate::feed::batch::{Batch, bytes};
use crate::feed::bounds::Bounds;
use crate::feed::counts::{FeedCounts, StreamKind};
use crate::feed::inboxes::MOST_WAITING;
use crate::feed::sample::changes_of;
use crate::store::changes::LogExtent;

fn watch() -> Arc<Watch> {
    let (newest, pruned) = (Revision(100), Revision::ZERO);
    Watch::new(EventId(1), LogExtent { newest, pruned, seats: 10 }, Bounds::default())
}

fn add(watch: &Watch, changes: Vec<Change>) {
    let charge = watch.bounds().changes.charge_anyway(bytes(&changes));
    watch.add(Batch::new(changes, charge, &watch.bounds().frames).unwrap());
}

/// A follower that is told of no gap any more.
fn follow(watch: &Arc<Watch>, viewer: &str) -> ViewerFollower {
    let permits = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
    let following = FeedCounts::default().follow(StreamKind::MyReservations);
    let permit = SubscriptionPermit { _of_all: permits, _of_strangers: None, following };
    let viewer = ViewerId::new(viewer).unwrap();
    let mut follower = ViewerFollower::new(Arc::clone(watch), viewer, permit);
    assert!(matches!(follower.next().now_or_never(), Some(ViewerStep::Gap)));
    follower.move_to(Revision(100));
    follower
}

/// The revisions that a follower is told of; `None` for a gap.
fn told(follower: &mut ViewerFollower) -> Option<Vec<i64>> {
    match follower.next().now_or_never() {
        None => Some(Vec::new()),
        Some(ViewerStep::Gap) => None,
        Some(ViewerStep::Changes(changes)) => {
            Some(changes.iter().map(|change| change.revision.0).collect())
        }
    }
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_viewer_is_woken_by_changes_of_their_own_and_by_no_others() {
    let watch = watch();
    let mut alice = follow(&watch, "alice");
    let wakes = Arc::new(Wakes::default());
    let waker = Arc::clone(&wakes).into();
    let mut next = pin!(alice.next());
    assert!(next.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    for from in (101..1_101).step_by(10) {
        add(&watch, changes_of("bob", from..=from + 9));
    }
    assert_eq!(wakes.0.load(Ordering::SeqCst), 0, "a hundred batches are nothing to her");
    add(&watch, changes_of("alice", 1_101..=1_102));
    assert_eq!(wakes.0.load(Ordering::SeqCst), 1);
    let step = next.as_mut().poll(&mut Context::from_waker(&waker));
    assert!(matches!(step, Poll::Ready(ViewerStep::Changes(changes)) if changes.len() == 2));
}

#[test]
fn everybody_who_follows_a_viewer_is_told_each_change_once_and_none_that_was_looked_up() {
    let watch = watch();
    let (mut one, mut other) = (follow(&watch, "alice"), follow(&watch, "alice"));
    let mut bob = follow(&watch, "bob");
    add(&watch, changes_of("alice", 101..=103));
    other.move_to(Revision(102));
    assert_eq!(told(&mut one).unwrap(), [101, 102, 103]);
    assert_eq!(told(&mut other).unwrap(), [103]);
    add(&watch, changes_of("bob", 104..=104));
    add(&watch, changes_of("alice", 105..=105));
    drop(other);
    assert_eq!(told(&mut one).unwrap(), [105]);
    assert_eq!(told(&mut bob).unwrap(), [104]);
    assert_eq!(told(&mut one).unwrap(), [0; 0]);
    drop((one, bob));
    assert!(watch.inboxes().is_empty());
}

#[test]
fn who_does_not_read_is_told_of_a_gap_and_takes_up_nothing() {
    let watch = watch();
    let mut alice = follow(&watch, "alice");
    let full = 100 + i64::try_from(MOST_WAITING).unwrap();
    add(&watch, changes_of("alice", 101..=full));
    assert_eq!(alice.inbox.waiting().changes.len(), MOST_WAITING);
    let before = watch.bounds().changes.used();
    add(&watch, changes_of("alice", full + 1..=full + 1));
    assert!(watch.bounds().changes.used() < before, "the inbox was emptied");
    add(&watch, changes_of("alice", full + 2..=full + 2));
    assert_eq!(told(&mut alice), None);
    assert_eq!(told(&mut alice), None, "until it says where it stands");
    alice.move_to(Revision(full + 2));
    add(&watch, changes_of("alice", full + 3..=full + 3));
    assert_eq!(told(&mut alice).unwrap(), [full + 3]);
}

#[test]
fn a_log_that_was_rewound_or_has_a_hole_is_a_gap_for_all() {
    let watch = watch();
    let mut bob = follow(&watch, "bob");
    watch.rewind(Revision(50));
    assert_eq!(told(&mut bob), None);
    bob.move_to(Revision(50));
    add(&watch, changes_of("bob", 51..=51));
    assert_eq!(told(&mut bob).unwrap(), [51]);
    add(&watch, changes_of("alice", 60..=60));
    assert_eq!(told(&mut bob), None);
}
