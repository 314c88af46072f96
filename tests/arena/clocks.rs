//! A database whose clock is put back.

use std::time::Duration;

use chrono::TimeDelta;
use grand_arena::domain::Cause;
use serde_json::json;

use crate::harness::socket::MY_RESERVATIONS;
use crate::harness::{Arena, Event, books, eventually};

/// All that has happened has happened an hour later than it is.
async fn put_the_clock_back(arena: &Arena, event: &Event) {
    arena.pass(event, -3_600).await;
}

#[tokio::test]
async fn a_hold_ends_in_the_time_that_it_had_left_although_the_clock_is_an_hour_back() {
    let arena = Arena::new().await;
    arena.expect_warning("the database's clock was put back");
    let event = arena.event_with(10, |event| event.hold_extension_seconds = 60).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    let mut own = server.socket("alice").await;
    own.subscribe("own", MY_RESERVATIONS, json!({ "event": event.gid })).await;
    own.next("myReservations").await;
    alice.reserve(&event, [1, 2]).await;
    own.next("myReservations").await;
    put_the_clock_back(&arena, &event).await;
    // As many as are held, whenever they were granted.
    server.client("bob").reserve(&event, [3]).await;
    own.next("myReservations").await;

    let log = books::log(&arena.sql, &event).await;
    let causes: Vec<_> = log.iter().map(|row| row.cause).collect();
    let shortened = causes.iter().filter(|cause| **cause == Cause::Extended).count();
    assert_eq!(shortened, 2, "{causes:?}");
    for row in log.iter().filter(|row| row.cause == Cause::Extended) {
        assert_eq!(row.expires_at.unwrap() - row.changed_at, TimeDelta::seconds(300));
    }
    assert_eq!(alice.confirm(&event, [1], "key").await["__typename"], "ConfirmSeatsSuccess");
    // The holds that were shortened are as others: they run out.
    arena.pass(&event, 301).await;
    assert_eq!(alice.status(&event, 2).await, "AVAILABLE");
    books::check_all(&arena).await;
}

#[tokio::test]
async fn a_short_hold_is_over_within_seconds_of_a_clock_that_is_put_back() {
    let arena = Arena::new().await;
    arena.expect_warning("the database's clock was put back");
    let event = arena.event_with(10, |event| event.hold_seconds = 2).await;
    let server = arena.server().await;
    server.client("alice").reserve(&event, [1]).await;
    put_the_clock_back(&arena, &event).await;
    eventually("the hold is over", async || {
        server.stranger().status(&event, 1).await == "AVAILABLE"
    })
    .await;
    books::check_all(&arena).await;
}

/// Terms that are shortened leave what was granted by those before.
#[tokio::test]
async fn a_hold_of_longer_terms_is_left_alone() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    server.client("alice").reserve(&event, [1]).await;
    arena.execute("UPDATE events SET hold_seconds = 30 WHERE id = $1", &event).await;
    assert_eq!(arena.store.events_with_far_holds(10).await.unwrap(), [event.id]);
    assert_eq!(arena.store.far_holds(event.id, 10).await.unwrap(), []);
}

#[tokio::test]
async fn nobody_waits_for_the_turn_of_a_server_that_took_it_by_a_clock_that_was_put_back() {
    let arena = Arena::new().await;
    let time = Duration::from_secs(30);
    let hold = async |holder| arena.store.hold_webhook_lease(holder, time).await.unwrap();
    assert!(hold("dead").await);
    assert!(!hold("alive").await);
    sqlx::query("UPDATE webhook_lease SET until = until + interval '1 hour'")
        .execute(&arena.sql)
        .await
        .unwrap();
    assert!(hold("alive").await);
    assert!(!hold("dead").await);
}
