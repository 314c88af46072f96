//! Who keeps seats from others without buying them.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use grand_arena::domain::Cause;
use grand_arena::domain::churn::{DEFAULT_MAX_SEATS_LET_GO, WINDOW};
use grand_arena::domain::command::{Expire, Reserve, ReserveRefusal, SeatSet};
use grand_arena::domain::{SeatId, ViewerId};
use grand_arena::pruner::Pruner;
use grand_arena::store::retention::Retention;
use serde_json::Value;

use crate::harness::books::LogRow;
use crate::harness::client::kind;
use crate::harness::{Arena, Client, Event, all_at_once, books, submit};

const LIMIT: usize = DEFAULT_MAX_SEATS_LET_GO as usize;

/// In how many seconds a refused viewer may come again, rounded up.
fn retry_in(refused: &Value) -> i64 {
    assert_eq!(kind(refused), "HoldsTooFrequent", "{refused}");
    let retry_at: DateTime<Utc> = refused["retryAt"].as_str().unwrap().parse().unwrap();
    (retry_at - grand_arena::clock::wall_clock()).num_seconds() + 1
}

fn is_granted(answer: &Value) -> bool {
    kind(answer) == "ReserveSeatsSuccess"
}

/// Seats that the viewer gets, one request after the other, each given back at once.
async fn gets_and_gives_back(
    [first, second]: &[Client; 2],
    event: &Event,
    seats: std::ops::RangeInclusive<i32>,
) -> usize {
    let mut count = 0;
    while is_granted(&first.reserve(event, seats.clone()).await) {
        assert_eq!(kind(&second.release(event, seats.clone()).await), "ReleaseSeatsSuccess");
        count += seats.clone().count();
        assert!(count <= 10 * LIMIT, "nothing ends it");
    }
    count
}

#[tokio::test]
async fn a_guest_who_gives_seats_back_and_takes_them_again_is_refused_and_others_get_them() {
    let arena = Arena::new().await;
    let event = arena.event(40).await;
    let servers = [arena.server().await, arena.server().await];
    let guest = [servers[0].client("guest"), servers[1].client("guest")];
    let seats = gets_and_gives_back(&guest, &event, 1..=20).await;
    assert_eq!(seats, 80, "the first number of whole requests that is over the limit");

    for (client, serials) in [(&guest[0], 1..=20), (&guest[1], 30..=30)] {
        let refused = client.reserve(&event, serials).await;
        assert!((590..=600).contains(&retry_in(&refused)), "{refused}");
    }
    let buyer = servers[0].client("buyer");
    assert!(is_granted(&buyer.reserve(&event, 1..=20).await), "others do not wait");

    let refused = guest[0].reserve(&event, [30]).await;
    arena.pass(&event, retry_in(&refused) - 30).await;
    assert!((1..=31).contains(&retry_in(&guest[1].reserve(&event, [30]).await)));
    arena.pass(&event, 31).await;
    assert!(is_granted(&guest[1].reserve(&event, [30]).await), "at the time that was told");
    books::check(&arena, &event).await;
}

/// One guest kept 10,000 seats for ever in this way: with a cleaner or without.
#[tokio::test]
async fn a_guest_who_reserves_at_expiry_has_a_seat_three_times_in_a_row() {
    let arena = Arena::new().await;
    let event = arena.event(40).await;
    let server = arena.server().await;
    let (guest, buyer) = (server.client("guest"), server.client("buyer"));
    for _ in 0..3 {
        assert!(is_granted(&guest.reserve(&event, 1..=8).await));
        arena.pass(&event, 300).await;
    }
    let refused = guest.reserve(&event, [8, 9]).await;
    assert!((590..=600).contains(&retry_in(&refused)), "{refused}");
    assert!(is_granted(&guest.reserve(&event, [9]).await), "a seat that the guest has not had");
    assert!(is_granted(&buyer.reserve(&event, [7, 8]).await));
    assert_eq!(kind(&buyer.release(&event, [7]).await), "ReleaseSeatsSuccess");
    assert!(is_granted(&guest.reserve(&event, [7]).await), "somebody else has had it");

    arena.pass(&event, retry_in(&refused)).await;
    assert!(is_granted(&guest.reserve(&event, 1..=6).await), "at the time that was told");
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn a_seat_that_others_ask_for_is_had_three_times_in_a_row_however_short() {
    let arena = Arena::new().await;
    let event = arena.event(40).await;
    let servers = [arena.server().await, arena.server().await];
    let (guest, buyer) = (servers[0].client("guest"), servers[1].client("buyer"));
    for round in 1..=5 {
        let alone = guest.reserve(&event, [1]).await;
        assert!(is_granted(&alone), "a family may change its mind, round {round}");
        assert_eq!(kind(&guest.release(&event, [1]).await), "ReleaseSeatsSuccess");
    }
    for round in 1..=3 {
        assert!(is_granted(&guest.reserve(&event, [2]).await), "round {round}");
        assert_eq!(kind(&buyer.reserve(&event, [2, 3]).await), "SeatsUnavailable");
        assert_eq!(kind(&guest.release(&event, [2]).await), "ReleaseSeatsSuccess");
    }
    let refused = guest.reserve(&event, [2, 5]).await;
    assert!((590..=600).contains(&retry_in(&refused)), "{refused}");
    assert!(is_granted(&buyer.reserve(&event, [2, 3]).await));
    books::check(&arena, &event).await;
}

/// How many seats the viewer has let go by an instant, going by the log.
fn let_go_before(log: &[LogRow], viewer: &str) -> usize {
    let is_let_go = |row: &&LogRow| matches!(row.cause, Cause::Released | Cause::Expired);
    log.iter().filter(|row| row.viewer == viewer).filter(is_let_go).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_who_races_with_himself_over_two_servers_gets_no_seat_beyond_the_limit() {
    let arena = Arena::new().await;
    let event = Arc::new(arena.event(100).await);
    let servers = [arena.server().await, arena.server().await];
    let doings = (0..50_usize).map(|number| {
        let clients = [0, 1].map(|other| servers[(number + other) % 2].client("guest"));
        let event = Arc::clone(&event);
        let seats = i32::try_from(2 * number).unwrap() + 1..=i32::try_from(2 * number).unwrap() + 2;
        async move { gets_and_gives_back(&clients, &event, seats).await }
    });
    let seats: usize = all_at_once(doings).await.iter().sum();
    assert!(seats > LIMIT, "{seats}");
    let log = books::check(&arena, &event).await;
    for (index, row) in log.iter().enumerate().filter(|(_, row)| row.cause == Cause::Reserved) {
        assert!(let_go_before(&log[..index], &row.viewer) <= LIMIT, "{row:?}");
    }
}

/// Whether the cleaner logs the end of a hold, or a booking that meets it, or nobody has yet.
#[tokio::test]
async fn a_hold_that_runs_out_counts_once_from_its_end_on() {
    let arena = Arena::new().await;
    let event = arena.event(100).await;
    let (desk, _tasks) = arena.desk(2).await;
    let (other, _other_tasks) = arena.desk(2).await;
    let seats = |serials: std::ops::RangeInclusive<i32>| -> Vec<SeatId> {
        serials.map(|serial| event.seat(serial)).collect()
    };
    let reserve = |serials| {
        let viewer = ViewerId::new("guest").unwrap();
        Reserve { viewer, seats: SeatSet::new(seats(serials)).unwrap() }
    };
    submit(&desk, event.id, reserve(1..=60)).await.unwrap().unwrap();
    arena.pass(&event, 300 + 5).await;
    // Some of them are logged by a cleaner, one by a booking, the others by nobody.
    let listed = Expire { seats: seats(1..=20), looks_ahead: false };
    assert_eq!(submit(&other, event.id, listed).await.unwrap(), 20);
    submit(&desk, event.id, reserve(21..=21)).await.unwrap().unwrap();
    submit(&desk, event.id, reserve(70..=70)).await.unwrap().unwrap();

    let counted = "SELECT COALESCE(sum(seats), 0) FROM seats_let_go WHERE event_id = $1";
    let counted = sqlx::query_scalar::<_, i64>(counted).bind(event.id.0);
    assert_eq!(counted.fetch_one(&arena.sql).await.unwrap(), 21, "each when it is logged");
    arena.pass(&event, 300).await;
    let refused = submit(&other, event.id, reserve(80..=80)).await.unwrap().unwrap_err();
    let ReserveRefusal::TooFrequent { retry_at } = refused else { panic!("{refused:?}") };
    let from_the_end_of_the_first = retry_at - grand_arena::clock::wall_clock();
    let expected = WINDOW - TimeDelta::seconds(305);
    let off = (expected - from_the_end_of_the_first).abs();
    assert!(off < TimeDelta::seconds(20), "{off}");
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn an_event_may_let_seats_be_taken_and_let_go_for_ever() {
    let arena = Arena::new().await;
    let event = arena.event_with(40, |event| event.max_seats_let_go = None).await;
    let server = arena.server().await;
    let guest = server.client("guest");
    for _ in 0..=LIMIT / 20 + 2 {
        assert!(is_granted(&guest.reserve(&event, 1..=20).await));
        arena.pass(&event, 300).await;
    }
    books::check(&arena, &event).await;
}

#[tokio::test]
async fn what_no_longer_counts_is_removed_and_nothing_else() {
    let arena = Arena::new().await;
    let event = arena.event(40).await;
    let server = arena.server().await;
    let guest = server.client("guest");
    guest.reserve(&event, 1..=8).await;
    guest.release(&event, 1..=8).await;
    let keep = Retention { changes: 1_000_000, age: Duration::from_hours(168) };
    let pruner = Pruner::new(arena.store.clone(), keep);
    // The window, and a hold that may have begun in it.
    for (seconds, rows) in [(895, (1, 8)), (10, (0, 0))] {
        arena.pass(&event, seconds).await;
        pruner.prune_logs().await.unwrap();
        let kept = "SELECT (SELECT count(*) FROM seats_let_go WHERE event_id = $1),
                           (SELECT count(*) FROM seat_runs WHERE event_id = $1)";
        let kept = sqlx::query_as::<_, (i64, i64)>(kept).bind(event.id.0);
        assert_eq!(kept.fetch_one(&arena.sql).await.unwrap(), rows);
    }
    books::check(&arena, &event).await;
}
