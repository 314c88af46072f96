//! Faults injected: a transaction that fails in the middle, a database that is busy, a desk that is
//! full.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use grand_arena::account::{Account, Permit};
use grand_arena::desk::{DeskError, QUEUE_CAPACITY};
use grand_arena::domain::command::{Reserve, SeatSet};
use grand_arena::domain::{Cause, SeatStatus, ViewerId};
use serde_json::json;
use sqlx::AssertSqlSafe;

use crate::harness::client::{CONFIRM, RELEASE, kind};
use crate::harness::{Arena, all_at_once, books, eventually, poll_once};

/// The database refuses to write the order of one seat: nothing of that booking is there, its
/// neighbours in the same batch are not harmed, and the client is not told the database's words.
#[tokio::test(flavor = "multi_thread")]
async fn a_booking_that_fails_in_the_middle_leaves_nothing_and_sinks_nobody_else() {
    let arena = Arena::new().await;
    let event = Arc::new(arena.event(40).await);
    for statement in [
        "CREATE FUNCTION sink() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN IF NEW.seat_id = 13 THEN RAISE EXCEPTION ''the secret word''; END IF; RETURN \
           NEW; END'",
        "CREATE TRIGGER sink BEFORE INSERT ON order_seats FOR EACH ROW EXECUTE FUNCTION sink()",
    ] {
        sqlx::query(statement).execute(&arena.sql).await.unwrap();
    }
    arena.expect_warning("a booking failed");
    let server = arena.server().await;
    for serial in 1..=40 {
        server.client(&format!("viewer-{serial}")).reserve(&event, [serial]).await;
    }
    let answers = all_at_once((1..=40).map(|serial| {
        let client = server.client(&format!("viewer-{serial}"));
        let seats = event.seat_gids([serial]);
        let input = json!({ "eventId": event.gid, "seatIds": seats, "idempotencyKey": "key" });
        async move { (serial, client.send(CONFIRM, json!({ "input": input })).await) }
    }))
    .await;
    for (serial, answer) in answers {
        if serial == 13 {
            assert_eq!(answer["errors"][0]["extensions"]["code"], "INTERNAL", "{answer}");
            assert!(!answer.to_string().contains("secret word"), "{answer}");
        } else {
            assert_eq!(
                answer["data"]["confirmSeats"]["__typename"], "ConfirmSeatsSuccess",
                "{answer}"
            );
        }
    }
    let seats = books::seats(&arena.sql, &event).await;
    for seat in &seats {
        let is_sunk = seat.id == 13;
        let expected = if is_sunk { SeatStatus::Reserved } else { SeatStatus::Confirmed };
        assert_eq!(seat.status, expected, "what was sunk is held as before: {seat:?}");
    }
    assert!(arena.warnings.include("a booking failed"), "the operator hears of it");
    books::check(&arena, &event).await;
}

/// Citus gives no code of its own where it has lost a worker, only these words.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_citus_has_lost_makes_a_booking_unavailable() {
    let arena = Arena::new().await;
    let event = arena.event(2).await;
    const LOSE: &str = "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN RAISE ''failure on connection marked as essential: 10.0.0.7:5432''
              USING ERRCODE = ''XX000''; END';
         CREATE TRIGGER lose BEFORE INSERT ON order_seats FOR EACH ROW EXECUTE FUNCTION lose()";
    sqlx::raw_sql(LOSE).execute(&arena.sql).await.unwrap();
    arena.expect_warning("a booking was given up");
    let server = arena.server().await;
    let alice = server.client("alice");
    alice.reserve(&event, [1]).await;
    let input =
        json!({ "eventId": event.gid, "seatIds": event.seat_gids([1]), "idempotencyKey": "key" });
    let answer = alice.send(CONFIRM, json!({ "input": input })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{answer}");
    books::check(&arena, &event).await;
}

/// Every connection is cut while bookings are under way: clients get an outcome or a code, and
/// repeating the request finds out what became of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_whose_answer_was_lost_is_found_done_or_done_then() {
    let arena = Arena::new().await;
    let event = Arc::new(arena.event(30).await);
    let server = arena.server().await;
    let alice = server.client("alice");
    alice.reserve(&event, 1..=30).await;
    let cuts = Cell::new(0);
    // The commit itself is made slow, so that connections are cut within it.
    for statement in [
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM \
            pg_sleep(0.05); RETURN NULL; END'",
        "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED
           FOR EACH ROW EXECUTE FUNCTION slow()",
    ] {
        sqlx::query(statement).execute(&arena.sql).await.unwrap();
    }
    for serial in 1..=30 {
        let client = alice.clone();
        let id = Arc::clone(&event);
        let (seats, key) = (id.seat_gids([serial]), format!("{serial}"));
        let input = json!({ "eventId": id.gid, "seatIds": seats, "idempotencyKey": key });
        let confirming =
            tokio::spawn(async move { client.send(CONFIRM, json!({ "input": input })).await });
        eventually("a booking commits or is done", async || {
            count_cut(&arena, &cuts).await || confirming.is_finished()
        })
        .await;
        let answer = confirming.await.unwrap();
        let again = alice.confirm(&event, [serial], &serial.to_string()).await;
        assert_eq!(kind(&again), "ConfirmSeatsSuccess", "{answer} then {again}");
        // The server may have had to find out itself; whoever gets an answer hears it once.
        let first = &answer["data"]["confirmSeats"];
        let made = [first, &again].into_iter().filter(|answer| answer["created"] == true).count();
        assert!(made == 1 || first.is_null() && made == 0, "{answer} then {again}");
    }
    let orders: i64 =
        sqlx::query_scalar("SELECT count(*) FROM orders").fetch_one(&arena.sql).await.unwrap();
    assert_eq!(orders, 30, "one order each");
    assert!(cuts.get() > 0, "some commits were cut");
    books::check(&arena, &event).await;
}

/// Somebody holds the event's row: what fits into the queue waits, the rest is refused at once; and
/// nobody who was accepted is forgotten.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_desk_refuses_at_once_and_says_when_to_come_back() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let (desk, _tasks) = arena.desk(2).await;
    let mut lock = arena.sql.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM events WHERE id = $1 FOR UPDATE")
        .bind(event.id.0)
        .execute(&mut *lock)
        .await
        .unwrap();
    let submit = |number: usize| {
        let (desk, id, seat) = (Arc::clone(&desk), event.id, event.seat(1));
        let viewer = ViewerId::new(&format!("viewer-{number}")).unwrap();
        async move {
            desk.submit(
                Account::Viewer(viewer.clone()),
                Permit::default(),
                id,
                Reserve { viewer, seats: SeatSet::new(vec![seat]).unwrap() },
            )
            .await
        }
    };
    // A worker takes one command and waits for the lock; then the queue can only fill up.
    let busy = tokio::spawn(submit(0));
    eventually("a worker waits for the lock", async || arena.waiting_for_locks().await > 0).await;
    let mut accepted = Vec::new();
    for number in 1..=QUEUE_CAPACITY {
        let mut answer = Box::pin(submit(number));
        assert!(poll_once(answer.as_mut()).await.is_pending(), "there is room for {number}");
        accepted.push(answer);
    }
    for number in 0..100 {
        let refused = poll_once(Box::pin(submit(number)).as_mut()).await;
        assert!(matches!(refused, Poll::Ready(Err(DeskError::Overloaded { .. }))), "{refused:?}");
    }
    lock.commit().await.unwrap();

    let mut outcomes = vec![busy.await.unwrap()];
    for answer in accepted {
        outcomes.push(answer.await);
    }
    let won = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Ok(_)))).count();
    let lost = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Err(_)))).count();
    assert_eq!((won, lost), (1, QUEUE_CAPACITY), "everybody who was accepted has an outcome");
    assert!(submit(0).await.is_ok(), "and it works again by itself");
    books::check(&arena, &event).await;
}

/// Cuts the connection of a booking that is committing just now, and counts it; true if there was
/// one.
async fn count_cut(arena: &Arena, cuts: &Cell<i64>) -> bool {
    let cut: i64 = sqlx::query_scalar(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = \
            current_database()
            AND application_name = 'grand-arena bookings' AND query LIKE 'COMMIT%' AND state = \
            'active'",
    )
    .fetch_one(&arena.sql)
    .await
    .unwrap();
    cuts.set(cuts.get() + cut);
    cut > 0
}

/// It is unknown whether a release was committed: it is not decided once more (the seats would no
/// longer be held), and the client is told that it is unknown.
#[tokio::test(flavor = "multi_thread")]
async fn a_release_whose_answer_was_lost_is_never_called_refused() {
    let arena = Arena::new().await;
    let event = Arc::new(arena.event(30).await);
    let slow = format!(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM \
            pg_sleep(0.05); RETURN NULL; END';
         CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON seat_changes DEFERRABLE INITIALLY DEFERRED
           FOR EACH ROW WHEN (NEW.cause = {}) EXECUTE FUNCTION slow()",
        Cause::Released.code()
    );
    sqlx::raw_sql(AssertSqlSafe(slow)).execute(&arena.sql).await.unwrap();
    let server = arena.server().await;
    let alice = server.client("alice");
    alice.reserve(&event, 1..=30).await;
    let cuts = Cell::new(0);
    for serial in 1..=30 {
        let (client, input) =
            (alice.clone(), json!({ "eventId": event.gid, "seatIds": event.seat_gids([serial]) }));
        let releasing =
            tokio::spawn(async move { client.send(RELEASE, json!({ "input": input })).await });
        eventually("a release commits or is done", async || {
            count_cut(&arena, &cuts).await || releasing.is_finished()
        })
        .await;
        let answer = releasing.await.unwrap();
        let released = answer["data"]["releaseSeats"]["__typename"] == "ReleaseSeatsSuccess";
        let unknown = answer["errors"][0]["extensions"]["code"] == "UNAVAILABLE";
        assert!(released || unknown, "{answer}");
    }
    assert!(cuts.get() > 0, "some commits were cut");
    books::check(&arena, &event).await;
}

/// Somebody holds one event's row: that event waits, the others do not.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_held_up_holds_up_no_other() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let mut events = Vec::new();
    for _ in 0..9 {
        events.push(arena.event(10).await);
    }
    let held_up = Arc::new(events.remove(0));
    let mut lock = arena.sql.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM events WHERE id = $1 FOR UPDATE")
        .bind(held_up.id.0)
        .execute(&mut *lock)
        .await
        .unwrap();
    let waiting: Vec<_> = (1..=2)
        .map(|serial| {
            let (client, event) = (server.client("alice"), Arc::clone(&held_up));
            tokio::spawn(async move { client.reserve(&event, [serial]).await })
        })
        .collect();
    eventually("the event's bookings wait", async || arena.waiting_for_locks().await > 0).await;
    for event in &events {
        assert_eq!(kind(&server.client("bob").reserve(event, [1]).await), "ReserveSeatsSuccess");
    }
    assert!(waiting.iter().all(|task| !task.is_finished()), "all of this while the lock was held");
    lock.commit().await.unwrap();
    for task in waiting {
        assert_eq!(kind(&task.await.unwrap()), "ReserveSeatsSuccess");
    }
    books::check_all(&arena).await;
}

/// A connection that books without a pause is put back now and then all the same: only then does
/// PostgreSQL count what it has changed, and autovacuum goes by that.
#[tokio::test(flavor = "multi_thread")]
async fn autovacuum_hears_of_bookings_that_never_pause() {
    let arena = Arena::new().await;
    let event = Arc::new(arena.event(2).await);
    let server = arena.server().await;
    let alice = server.client("alice");
    let (rushing, sale) = (Arc::new(AtomicBool::new(true)), Arc::clone(&event));
    let rush = {
        let rushing = Arc::clone(&rushing);
        tokio::spawn(async move {
            while rushing.load(Ordering::Relaxed) {
                alice.reserve(&sale, [1]).await;
                alice.release(&sale, [1]).await;
            }
        })
    };
    eventually("PostgreSQL has counted the updates", async || {
        let counted: i64 =
            sqlx::query_scalar("SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'seats'")
                .fetch_one(&arena.sql)
                .await
                .unwrap();
        counted > 0
    })
    .await;
    rushing.store(false, Ordering::Relaxed);
    rush.await.unwrap();
    books::check(&arena, &event).await;
}
