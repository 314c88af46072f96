//! The change log's retention, and followers who fall behind.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use grand_arena::desk::Desk;
use grand_arena::domain::command::{Release, Reserve, SeatSet};
use grand_arena::domain::{LogPoint, Revision, ViewerId};
use grand_arena::feed::{Follower, KEPT_CHANGES, Lost, Start, Step};
use grand_arena::memory::Full;
use grand_arena::pruner::Pruner;
use grand_arena::store::retention::Retention;
use serde_json::json;

use crate::harness::{Arena, Event, books, eventually, poll_once, submit};

const HOUR: Duration = Duration::from_hours(1);

/// An event whose seats one viewer may take and let go for ever.
async fn log_event(arena: &Arena, seats: usize) -> Event {
    arena.event_with(seats, |event| event.max_seats_let_go = None).await
}

/// Reserves and releases the event's seats until the log has grown by about `changes`.
async fn churn(desk: &Desk, event: &Event, changes: usize) {
    let viewer = ViewerId::new("churner").unwrap();
    let all = (1..=i32::try_from(event.seats).unwrap()).map(|serial| event.seat(serial)).collect();
    let seats = SeatSet::new(all).unwrap();
    for _ in 0..changes.div_ceil(2 * event.seats) {
        submit(desk, event.id, Reserve { viewer: viewer.clone(), seats: seats.clone() })
            .await
            .unwrap()
            .unwrap();
        submit(desk, event.id, Release { viewer: viewer.clone(), seats: seats.clone() })
            .await
            .unwrap()
            .unwrap();
    }
}

#[tokio::test]
async fn the_log_keeps_the_newest_changes_and_the_younger_ones_and_never_has_a_hole() {
    let arena = Arena::new().await;
    let (event, other) = (log_event(&arena, 100).await, log_event(&arena, 100).await);
    let (desk, _tasks) = arena.desk(2).await;
    churn(&desk, &event, 12_000).await;
    churn(&desk, &other, 400).await;
    let revisions = async |event| {
        books::log(&arena.sql, event).await.iter().map(|row| row.revision).collect::<Vec<_>>()
    };

    Pruner::new(arena.store.clone(), Retention { changes: 500, age: HOUR })
        .prune_logs()
        .await
        .unwrap();
    assert_eq!(
        revisions(&event).await,
        (11_501..=12_000).collect::<Vec<_>>(),
        "by number, in several batches"
    );
    assert_eq!(revisions(&other).await.len(), 400, "each event has its own bound");

    arena
        .execute(
            "UPDATE seat_changes SET changed_at = changed_at - interval '2 hours' WHERE \
        event_id = $1 AND revision <= 11700",
            &event,
        )
        .await;
    // One that is younger than those after it (a clock that stepped back) makes no hole.
    arena
        .execute(
            "UPDATE seat_changes SET changed_at = changed_at + interval '2 hours' WHERE \
        event_id = $1 AND revision = 11600",
            &event,
        )
        .await;
    Pruner::new(arena.store.clone(), Retention { changes: 500, age: HOUR })
        .prune_logs()
        .await
        .unwrap();
    assert_eq!(revisions(&event).await, (11_701..=12_000).collect::<Vec<_>>(), "by age");

    let server = arena.server().await;
    let mut socket = server.socket("anybody").await;
    socket.seat_changes(&event, Some(11_000)).await;
    let frame = socket.next_changes().await;
    assert_eq!((&frame["reason"], &frame["revision"]), (&json!("LOG_PRUNED"), &json!(12_000)));
    books::check_all(&arena).await;
}

/// Reads until a revision; the changes in between must be consecutive.
async fn read_to(follower: &mut Follower, mut position: i64, end: i64) {
    while position < end {
        let Step::Changes(batch) = follower.next().await.unwrap() else {
            panic!("lost at {position}")
        };
        assert_eq!(batch.from().0, position + 1);
        position = batch.to().0;
    }
}

/// A follower that does not read costs nothing but its permit: what is kept for it is bounded, and
/// when it wakes up it is told that it has fallen behind. Who reads is not held up.
#[tokio::test]
async fn a_follower_that_slept_too_long_is_told_so_and_goes_on_from_a_snapshot() {
    let arena = Arena::new().await;
    let event = log_event(&arena, 100).await;
    let (desk, _tasks) = arena.desk(2).await;
    let feed = arena.feed(10);
    let mut sleeper = feed.follow(event.id, Start::After(LogPoint::ZERO), true).await.unwrap();
    let mut reader = feed.follow(event.id, Start::After(LogPoint::ZERO), true).await.unwrap();
    churn(&desk, &event, 200).await;
    read_to(&mut sleeper, 0, 200).await;
    read_to(&mut reader, 0, 200).await;

    let more = KEPT_CHANGES.next_multiple_of(200) + 1000;
    let end = 200 + i64::try_from(more).unwrap();
    tokio::join!(churn(&desk, &event, more), read_to(&mut reader, 200, end));
    let step = sleeper.next().await.unwrap();
    assert!(matches!(step, Step::Lost(Lost::Lagged)), "{step:?}");
    assert_eq!(sleeper.snapshot().await.unwrap().snapshot.end.revision.0, end);
    churn(&desk, &event, 200).await;
    read_to(&mut sleeper, end, end + 200).await;
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn a_watch_ends_with_its_last_follower_and_permits_are_given_back() {
    let arena = Arena::new().await;
    let event = log_event(&arena, 10).await;
    let feed = arena.feed(2);
    for _ in 0..5 {
        let first = feed.follow(event.id, Start::Live, true).await.unwrap();
        let _second = feed.follow(event.id, Start::Live, true).await.unwrap();
        assert!(feed.follow(event.id, Start::Live, true).await.is_err(), "both permits are taken");
        assert_eq!((feed.followers(), feed.watches()), (2, 1));
        drop(first);
        assert_eq!((feed.followers(), feed.watches()), (1, 1));
    }
    assert_eq!(feed.followers(), 0);
    // Its reader may be looking at the log just now.
    eventually("the watch has ended", async || feed.watches() == 0).await;
}

/// The database was put back to an earlier state under a running server: nobody is left with a
/// future that never was.
#[tokio::test]
async fn a_log_that_was_rewound_makes_everybody_begin_anew() {
    let arena = Arena::new().await;
    arena.expect_warning("the log was rewound");
    let event = log_event(&arena, 100).await;
    let (desk, _tasks) = arena.desk(2).await;
    let feed = arena.feed(10);
    let mut follower = feed.follow(event.id, Start::After(LogPoint::ZERO), true).await.unwrap();
    churn(&desk, &event, 400).await;
    read_to(&mut follower, 0, 400).await;
    arena.execute("DELETE FROM seat_changes WHERE event_id = $1 AND revision > 200", &event).await;
    arena.execute("UPDATE events SET revision = 200 WHERE id = $1", &event).await;
    let step = follower.next().await.unwrap();
    assert!(matches!(step, Step::Lost(Lost::UnknownRevision)), "{step:?}");
    assert_eq!(follower.snapshot().await.unwrap().snapshot.end.revision.0, 200);
    churn(&desk, &event, 200).await;
    read_to(&mut follower, 200, 400).await;
    books::check(&arena, &event).await;
}

/// After a restart everybody comes back at once, from here and there.
#[tokio::test]
async fn a_herd_that_comes_back_has_the_log_read_once_and_each_frame_made_once() {
    let arena = Arena::new().await;
    let event = log_event(&arena, 100).await;
    let (desk, _tasks) = arena.desk(2).await;
    churn(&desk, &event, 4_000).await;
    let feed = arena.feed(200);
    let (made, needed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let (before, began) = (arena.store.statements(), Instant::now());
    let catch_up = async |from: i64| {
        let start = Start::After(LogPoint::unmarked(Revision(from)));
        let mut follower = feed.follow(event.id, start, true).await.unwrap();
        let mut position = from;
        while position < 4_000 {
            let Step::Changes(batch) = follower.next().await.unwrap() else {
                panic!("lost at {position}")
            };
            assert_eq!(batch.from().0, position + 1);
            position = batch.to().0;
            needed.fetch_add(batch.changes().len(), Ordering::Relaxed);
            let make = || {
                made.fetch_add(batch.changes().len(), Ordering::Relaxed);
                Ok::<_, Full>(vec![0; 100])
            };
            batch.rendered().form(0, make).unwrap();
        }
        follower
    };
    let mut rng = fastrand::Rng::with_seed(16);
    let positions: Vec<i64> = (0..200).map(|_| rng.i64(0..4_000)).collect();
    let followers = join_all(positions.into_iter().map(catch_up)).await;

    let statements = arena.store.statements() - before;
    let (made, needed) = (made.into_inner(), needed.into_inner());
    println!("{statements} statements; {made} changes encoded for {needed} delivered");
    // How far the log goes; eight pieces. The watch looks every second whether there is more, and
    // the desk tells of its last commit.
    let looks = 2 * (began.elapsed().as_secs() + 2);
    assert!(statements <= 1 + 8 + looks, "{statements} statements");
    assert!(made < 4_000 * 8, "{made} changes were encoded for {needed}");
    drop(followers);
    books::check(&arena, &event).await;
}

/// Every revision in order, or told so.
#[tokio::test]
async fn who_comes_back_gets_every_change_unless_a_snapshot_says_the_same_in_less() {
    let arena = Arena::new().await;
    let event = log_event(&arena, 100).await;
    let (desk, _tasks) = arena.desk(2).await;
    churn(&desk, &event, 6_000).await;
    let server = arena.server().await;
    let mut far = server.socket("anybody").await;
    far.seat_changes(&event, Some(1_000)).await;
    let frame = far.next_changes().await;
    assert_eq!((&frame["reason"], &frame["revision"]), (&json!("CLIENT_LAGGED"), &json!(6_000)));

    let mut position = 2_345;
    let mut near = server.socket("anybody").await;
    near.seat_changes(&event, Some(position)).await;
    while position < 6_000 {
        let frame = near.next_changes().await;
        for change in frame["changes"].as_array().unwrap() {
            position += 1;
            assert_eq!(change["revision"], position);
        }
        assert_eq!(frame["toRevision"], position);
    }
    server.client("alice").reserve(&event, [1]).await;
    for socket in [&mut far, &mut near] {
        assert_eq!(socket.next_changes().await["toRevision"], 6_001, "and both go on");
    }
    books::check(&arena, &event).await;
}

/// Followers whose sockets cannot write are not polled: in the middle of a look-up they keep
/// nothing that others need.
#[tokio::test]
async fn followers_that_are_left_in_the_middle_of_a_look_up_hold_up_nobody() {
    let arena = Arena::new().await;
    let event = log_event(&arena, 100).await;
    let (desk, _tasks) = arena.desk(2).await;
    churn(&desk, &event, 400).await;
    let feed = arena.feed(20);
    let mut reader = feed.follow(event.id, Start::Live, true).await.unwrap();
    assert!(matches!(reader.next().await.unwrap(), Step::Lost(Lost::NoPosition)));

    // More than there are connections for looking up.
    let (mut catching_up, mut looking) = (Vec::new(), Vec::new());
    for _ in 0..6 {
        catching_up.push(feed.follow(event.id, Start::After(LogPoint::ZERO), true).await.unwrap());
        looking.push(feed.follow(event.id, Start::Live, true).await.unwrap());
    }
    let mut left: Vec<_> =
        catching_up.iter_mut().map(|follower| Box::pin(follower.next())).collect();
    for step in &mut left {
        assert!(poll_once(step.as_mut()).await.is_pending());
    }
    let mut left: Vec<_> =
        looking.iter_mut().map(|follower| Box::pin(follower.snapshot())).collect();
    for snapshot in &mut left {
        assert!(poll_once(snapshot.as_mut()).await.is_pending());
    }
    let snapshot = tokio::time::timeout(Duration::from_secs(4), reader.snapshot()).await;
    assert_eq!(snapshot.expect("nobody is in the way").unwrap().snapshot.end.revision.0, 400);
    churn(&desk, &event, 200).await;
    tokio::time::timeout(Duration::from_secs(4), read_to(&mut reader, 400, 600))
        .await
        .expect("nobody is in the way");
    books::check(&arena, &event).await;
}
