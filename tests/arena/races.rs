//! Races, forced: with barriers, and with locks held until everybody is known to wait for them.

use std::collections::BTreeMap;
use std::sync::Arc;

use grand_arena::desk::Desk;
use grand_arena::domain::command::{Confirm, Expire, NotHeldReason, Reserve, SeatSet};
use grand_arena::domain::{Cause, ConfirmedBy, IdempotencyKey, SeatId, SeatStatus, ViewerId};
use serde_json::Value;
use sqlx::{Postgres, Transaction};

use crate::harness::client::kind;
use crate::harness::{Arena, Event, all_at_once, books, eventually, poll_once, submit};

/// Holds the event's row, so that nothing can be booked until it is let go.
pub async fn hold_event(arena: &Arena, event: &Event) -> Transaction<'static, Postgres> {
    let mut transaction = arena.sql.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM events WHERE id = $1 FOR UPDATE")
        .bind(event.id.0)
        .execute(&mut *transaction)
        .await
        .unwrap();
    transaction
}

/// Waits until at least `count` transactions of this database wait for a lock.
async fn until_waiting(arena: &Arena, count: i64) {
    eventually("transactions wait for the lock", async || arena.waiting_for_locks().await >= count)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_hundred_who_race_for_one_seat_exactly_one_wins_and_the_others_are_told_why() {
    let arena = Arena::new().await;
    let event = Arc::new(arena.event(10).await);
    let servers = [arena.server().await, arena.server().await];
    let lock = hold_event(&arena, &event).await;
    let race = tokio::spawn(all_at_once((0..200).map(|number| {
        let client = servers[number % 2].client(&format!("viewer-{number}"));
        let event = Arc::clone(&event);
        async move { client.reserve(&event, [7]).await }
    })));
    until_waiting(&arena, 2).await;
    lock.commit().await.unwrap();
    let answers = race.await.unwrap();

    let won = answers.iter().filter(|answer| kind(answer) == "ReserveSeatsSuccess").count();
    let lost = answers
        .iter()
        .filter(|answer| answer["seats"][0]["reason"] == "RESERVED_BY_ANOTHER")
        .count();
    assert_eq!((won, lost), (1, 199));
    assert_eq!(books::check(&arena, &event).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn overlapping_sets_taken_in_opposite_orders_neither_deadlock_nor_split() {
    let arena = Arena::new().await;
    let event = Arc::new(arena.event(40).await);
    let servers = [arena.server().await, arena.server().await];
    for round in 0..5 {
        let first = 1 + round * 8;
        let answers = all_at_once((0..40).map(|number| {
            let client = servers[number % 2].client(&format!("viewer-{round}-{number}"));
            let event = Arc::clone(&event);
            let mut serials: Vec<i32> = (first..first + 8).collect();
            if number % 4 < 2 {
                serials.reverse();
            }
            async move { client.reserve(&event, serials).await }
        }))
        .await;
        let won = answers.iter().filter(|answer| kind(answer) == "ReserveSeatsSuccess").count();
        assert_eq!(won, 1, "one viewer has all eight seats: {answers:?}");
    }
    let seats = books::seats(&arena.sql, &event).await;
    for block in seats.chunks(8) {
        let is_held = |seat: &books::SeatRow| seat.status == SeatStatus::Reserved;
        assert!(
            block.iter().all(|seat| seat.viewer == block[0].viewer && is_held(seat)),
            "{block:?}"
        );
    }
    books::check(&arena, &event).await;
}

/// A batch that stands behind a commit takes its commands when it has the event's row, not before:
/// all that has come until then is one transaction.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_while_a_booking_commits_is_booked_together() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    // A commit takes as long as the test likes.
    for statement in [
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM \
            pg_advisory_xact_lock(1); RETURN NULL; END'",
        "CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON seat_changes DEFERRABLE INITIALLY DEFERRED
           FOR EACH ROW EXECUTE FUNCTION wait()",
    ] {
        sqlx::query(statement).execute(&arena.sql).await.unwrap();
    }
    let mut lock = arena.sql.begin().await.unwrap();
    sqlx::query("SELECT pg_advisory_xact_lock(1)").execute(&mut *lock).await.unwrap();
    let (desk, _tasks) = arena.desk(4).await;
    let reserve = |serial: i32| {
        let (desk, id, seats) =
            (Arc::clone(&desk), event.id, SeatSet::new(vec![event.seat(serial)]).unwrap());
        let viewer = ViewerId::new(&format!("viewer-{serial}")).unwrap();
        Box::pin(async move { submit(&desk, id, Reserve { viewer, seats }).await })
    };
    let mut answers = Vec::new();
    for serial in 1..=20 {
        let mut answer = reserve(serial);
        assert!(poll_once(answer.as_mut()).await.is_pending());
        answers.push(answer);
        // The first one commits, and the second one's batch stands behind it, before the others
        // come.
        until_waiting(&arena, serial.min(2).into()).await;
    }
    lock.commit().await.unwrap();
    for answer in answers {
        answer.await.unwrap().unwrap();
    }
    let transactions = "SELECT count(DISTINCT changed_at) FROM seat_changes WHERE event_id = $1";
    let transactions: i64 =
        sqlx::query_scalar(transactions).bind(event.id.0).fetch_one(&arena.sql).await.unwrap();
    assert_eq!(transactions, 2, "one for the first, and one for all who came after it");
    books::check(&arena, &event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_retries_of_one_confirmation_at_once_make_one_order() {
    let arena = Arena::new().await;
    let event = Arc::new(arena.event(10).await);
    let servers = [arena.server().await, arena.server().await];
    let alice = servers[0].client("alice");
    alice.reserve(&event, [1, 2, 3]).await;
    let lock = hold_event(&arena, &event).await;
    let race = tokio::spawn(all_at_once((0..10).map(|number| {
        let client = servers[number % 2].client("alice");
        let event = Arc::clone(&event);
        async move { client.confirm(&event, [1, 2, 3], "the key").await }
    })));
    until_waiting(&arena, 2).await;
    lock.commit().await.unwrap();
    let answers: Vec<Value> = race.await.unwrap();
    assert!(
        answers.iter().all(|answer| answer["order"]["id"] == answers[0]["order"]["id"]),
        "{answers:?}"
    );
    assert_eq!(answers.iter().filter(|answer| answer["created"] == true).count(), 1);
    books::check(&arena, &event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_who_races_with_himself_stays_within_the_limit() {
    let arena = Arena::new().await;
    let event = Arc::new(arena.event_with(100, |event| event.max_seats_per_viewer = Some(6)).await);
    let servers = [arena.server().await, arena.server().await];
    let answers = all_at_once((0..50).map(|number| {
        let client = servers[number % 2].client("alice");
        let event = Arc::clone(&event);
        let serial = 1 + 2 * i32::try_from(number).unwrap();
        async move { client.reserve(&event, [serial, serial + 1]).await }
    }))
    .await;
    assert_eq!(answers.iter().filter(|answer| kind(answer) == "ReserveSeatsSuccess").count(), 3);
    assert_eq!(answers.iter().filter(|answer| kind(answer) == "SeatLimitExceeded").count(), 47);
    assert_eq!(books::check(&arena, &event).await.len(), 6);
}

/// Two that do not know of each other.
struct Desks {
    first: Arc<Desk>,
    second: Arc<Desk>,
    _tasks: [grand_arena::desk::DeskTasks; 2],
}

async fn desks(arena: &Arena) -> Desks {
    let (first, first_tasks) = arena.desk(2).await;
    let (second, second_tasks) = arena.desk(2).await;
    Desks { first, second, _tasks: [first_tasks, second_tasks] }
}

fn reserve(viewer: &str, seat: SeatId) -> Reserve {
    Reserve { viewer: ViewerId::new(viewer).unwrap(), seats: SeatSet::new(vec![seat]).unwrap() }
}

fn confirm(viewer: &str, seat: SeatId) -> Confirm {
    Confirm {
        viewer: ViewerId::new(viewer).unwrap(),
        asked_by: ConfirmedBy::Buyer,
        seats: SeatSet::new(vec![seat]).unwrap(),
        chosen: BTreeMap::new(),
        key: IdempotencyKey::new(format!("{viewer}'s key")).unwrap(),
        payment_reference: None,
        expected_total: None,
    }
}

/// The race that sold a seat twice where this began: the cleaner lists a hold that has run out;
/// before it acts, the seat is reserved anew and bought.
#[tokio::test]
async fn a_cleaner_with_a_stale_list_takes_nothing_from_anybody() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let desks = desks(&arena).await;
    for serial in [1, 2, 3] {
        submit(&desks.first, event.id, reserve("alice", event.seat(serial)))
            .await
            .unwrap()
            .unwrap();
    }
    arena.lapse(&event).await;
    let stale = arena.store.due_seats(event.id, 1000).await.unwrap();
    assert_eq!(stale, [1, 2, 3].map(|serial| event.seat(serial)));

    submit(&desks.second, event.id, reserve("bob", event.seat(1))).await.unwrap().unwrap();
    submit(&desks.second, event.id, confirm("bob", event.seat(1))).await.unwrap().unwrap();
    submit(&desks.second, event.id, reserve("bob", event.seat(2))).await.unwrap().unwrap();

    let ended = submit(&desks.first, event.id, Expire { seats: stale.clone(), looks_ahead: true })
        .await
        .unwrap();
    assert_eq!(ended, 1, "only the seat that nobody has taken since");
    assert_eq!(
        submit(&desks.first, event.id, Expire { seats: stale, looks_ahead: true }).await.unwrap(),
        0
    );
    let seats = books::seats(&arena.sql, &event).await;
    let now: Vec<_> = seats.iter().map(|seat| (seat.status, seat.viewer.as_deref())).collect();
    assert_eq!(now[0], (SeatStatus::Confirmed, Some("bob")));
    assert_eq!(now[1], (SeatStatus::Reserved, Some("bob")));
    assert_eq!(now[2], (SeatStatus::Available, None));
    books::check(&arena, &event).await;
}

/// Both wait for the event's row when the hold runs out: the clock is read after the lock is held,
/// so the confirmation loses although it was handed in while the hold was good.
#[tokio::test]
async fn a_confirmation_that_waited_past_the_end_of_its_hold_is_refused() {
    let arena = Arena::new().await;
    let event = arena.event_with(10, |event| event.hold_seconds = 1).await;
    let desks = desks(&arena).await;
    submit(&desks.first, event.id, reserve("alice", event.seat(1))).await.unwrap().unwrap();
    let lock = hold_event(&arena, &event).await;
    let late = tokio::spawn({
        let (desk, id, command) =
            (Arc::clone(&desks.first), event.id, confirm("alice", event.seat(1)));
        async move { submit(&desk, id, command).await.unwrap() }
    });
    let cleaner = tokio::spawn({
        let (desk, id, command) = (
            Arc::clone(&desks.second),
            event.id,
            Expire { seats: vec![event.seat(1)], looks_ahead: true },
        );
        async move { submit(&desk, id, command).await.unwrap() }
    });
    until_waiting(&arena, 2).await;
    eventually("the hold has run out", async || {
        !arena.store.due_seats(event.id, 1).await.unwrap().is_empty()
    })
    .await;
    lock.commit().await.unwrap();
    let refused = late.await.unwrap().unwrap_err();
    let reason = grand_arena::domain::command::ConfirmRefusal::NotHeld(vec![(
        event.seat(1),
        NotHeldReason::HoldExpired,
    )]);
    assert_eq!(refused, reason);
    cleaner.await.unwrap();
    let log = books::check(&arena, &event).await;
    let causes: Vec<_> = log.iter().map(|row| row.cause).collect();
    assert_eq!(causes, [Cause::Reserved, Cause::Expired]);
}

/// Expiry and confirmation on the same instant, many times over: whoever is first, the other finds
/// out.
#[tokio::test(flavor = "multi_thread")]
async fn expiry_and_confirmation_on_the_same_instant_agree_on_who_has_the_seat() {
    let arena = Arena::new().await;
    let event = arena.event_with(60, |event| event.hold_seconds = 1).await;
    let desks = desks(&arena).await;
    for serial in 1..=60 {
        submit(&desks.first, event.id, reserve("alice", event.seat(serial)))
            .await
            .unwrap()
            .unwrap();
    }
    let until_due = "SELECT pg_sleep(EXTRACT(epoch FROM min(expires_at) - clock_timestamp()) - \
        0.005) FROM seats
                      WHERE event_id = $1";
    arena.execute(until_due, &event).await;
    let seats: Vec<SeatId> = (1..=60).map(|serial| event.seat(serial)).collect();
    let confirming = all_at_once(seats.clone().into_iter().map(|seat| {
        let desk = Arc::clone(&desks.first);
        let command = Confirm {
            key: IdempotencyKey::new(format!("key {}", seat.serial)).unwrap(),
            ..confirm("alice", seat)
        };
        async move { submit(&desk, seat.event, command).await.unwrap().is_ok() }
    }));
    let expiring = all_at_once(seats.into_iter().map(|seat| {
        let desk = Arc::clone(&desks.second);
        async move {
            submit(&desk, seat.event, Expire { seats: vec![seat], looks_ahead: true })
                .await
                .unwrap()
        }
    }));
    let (confirmed, _) = tokio::join!(confirming, expiring);
    let seats = books::seats(&arena.sql, &event).await;
    for (confirmed, seat) in confirmed.into_iter().zip(&seats) {
        let is_sold = seat.status == SeatStatus::Confirmed;
        assert_eq!(confirmed, is_sold, "what was answered is what is written: {seat:?}");
    }
    books::check(&arena, &event).await;
}
